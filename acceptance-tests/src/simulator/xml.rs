//! The XML of answers.
//!
//! [`Xml`] is a fragment that operations build, written as it grows: pages are long, and a tree of them would cost more than what
//! they tell. quick-xml escapes. Envelopes are in `envelope.rs`.

use std::fmt::{Display, Write as _};

use quick_xml::escape::escape;

use super::params::Params;

/// Holds a list of elements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Xml {
    body: String,
}

#[expect(clippy::needless_pass_by_value, reason = "a fragment is built to be given away")]
impl Xml {
    /// Starts an empty fragment.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `<name>value</name>`.
    #[must_use]
    pub fn text(mut self, name: &str, value: impl Display) -> Self {
        let value = value.to_string();
        for part in ["<", name, ">"] {
            self.body.push_str(part);
        }
        self.push_escaped(&value);
        for part in ["</", name, ">"] {
            self.body.push_str(part);
        }
        self
    }

    /// Most values need no escaping, and looking for each character alone is fast in a debug build too.
    fn push_escaped(&mut self, value: &str) {
        if ['<', '>', '&', '"', '\''].iter().any(|special| value.contains(*special)) {
            self.body.push_str(&escape(value));
        } else {
            self.body.push_str(value);
        }
    }

    /// Adds `<name>value</name>` if there is a value.
    #[must_use]
    pub fn optional(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds `<name>…</name>` around a fragment.
    #[must_use]
    pub fn element(self, name: &str, children: Self) -> Self {
        self.enclosed(name, name, &children.body)
    }

    /// Adds an EC2 list of structures: `<name><item>…</item></name>`, `<name/>` when empty.
    #[must_use]
    pub fn set(self, name: &str, items: impl IntoIterator<Item = Self>) -> Self {
        self.list(name, "item", items)
    }

    /// Adds an EC2 list of texts: `<name><item>text</item></name>`.
    #[must_use]
    pub fn text_set<T: Display>(self, name: &str, items: impl IntoIterator<Item = T>) -> Self {
        self.text_list(name, "item", items)
    }

    /// Adds an ELBv2 list of structures: `<name><member>…</member></name>`.
    #[must_use]
    pub fn members(self, name: &str, items: impl IntoIterator<Item = Self>) -> Self {
        self.list(name, "member", items)
    }

    /// Adds an ELBv2 list of texts: `<name><member>text</member></name>`.
    #[must_use]
    pub fn text_members<T: Display>(self, name: &str, items: impl IntoIterator<Item = T>) -> Self {
        self.text_list(name, "member", items)
    }

    /// Adds a list of structures with element names of its own.
    #[must_use]
    pub fn list(self, name: &str, item: &str, items: impl IntoIterator<Item = Self>) -> Self {
        self.around(name, items, |list, content| list.element(item, content))
    }

    /// Adds a list of texts with element names of its own.
    #[must_use]
    pub fn text_list<T: Display>(self, name: &str, item: &str, items: impl IntoIterator<Item = T>) -> Self {
        self.around(name, items, |list, content| list.text(item, content))
    }

    /// Adds all elements of another fragment.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.body.push_str(&other.body);
        self
    }

    /// Puts the fragment into a root element with attributes.
    #[must_use]
    pub fn root(self, name: &str, attributes: &[(&str, &str)]) -> Self {
        let mut tag = name.to_owned();
        for (key, value) in attributes {
            // Writing into memory cannot fail.
            let _written = write!(tag, " {key}=\"{}\"", escape(*value));
        }
        Self::new().enclosed(&tag, name, &self.body)
    }

    /// Reads the elements back as a tree.
    pub fn tree(&self) -> Params {
        let mut tree = Params::default();
        // Our own writing can be read.
        let read = tree.insert_xml(&format!("<answer>{}</answer>", self.body));
        if read.is_ok() { tree } else { Params::default() }
    }

    /// Reads the texts at a path of element names, `item` included: `groupSet/item/groupId`.
    pub fn texts_at(&self, path: &str) -> Vec<String> {
        let tree = self.tree();
        let mut nodes = vec![&tree];
        for name in path.split('/') {
            nodes = nodes.into_iter().flat_map(|node| node.repeated(name)).collect();
        }
        nodes.into_iter().filter_map(|node| node.value().map(str::to_owned)).collect()
    }

    /// Writes the document with its XML declaration.
    pub fn document(&self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", self.body)
    }

    fn enclosed(mut self, tag: &str, name: &str, inner: &str) -> Self {
        let parts: &[&str] =
            if inner.is_empty() { &["<", tag, "/>"] } else { &["<", tag, ">", inner, "</", name, ">"] };
        for part in parts {
            self.body.push_str(part);
        }
        self
    }

    fn around<T>(mut self, name: &str, items: impl IntoIterator<Item = T>, add: impl Fn(Self, T) -> Self) -> Self {
        let start = self.body.len();
        for part in ["<", name, ">"] {
            self.body.push_str(part);
        }
        let inside = self.body.len();
        let mut list = items.into_iter().fold(self, add);
        if list.body.len() == inside {
            list.body.truncate(start);
            return list.enclosed(name, name, "");
        }
        for part in ["</", name, ">"] {
            list.body.push_str(part);
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_path() {
        let group = |id: &str| Xml::new().text("groupId", id);
        let xml = Xml::new().text("a", "&1").set("groupSet", [group("sg-1"), group("sg-2")]).set("none", []);
        assert_eq!(xml.texts_at("groupSet/item/groupId"), ["sg-1", "sg-2"]);
        assert_eq!(xml.texts_at("a"), ["&1"]);
        assert!(xml.texts_at("none/item").is_empty() && xml.texts_at("groupSet/item/b").is_empty());
    }

    #[test]
    fn values_are_escaped_and_empty_sets_stay() {
        let xml = Xml::new()
            .text("value", "a<b & \"c\"")
            .set("tagSet", [])
            .text_set("ids", ["x", "y"])
            .root("R", &[("xmlns", "urn:x")]);
        assert_eq!(
            xml.document(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R xmlns=\"urn:x\"><value>a&lt;b &amp; &quot;c&quot;</value><tagSet/>\
             <ids><item>x</item><item>y</item></ids></R>"
        );
    }
}
