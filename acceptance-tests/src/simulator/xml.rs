//! The XML of answers, and of Route 53's requests.
//!
//! [`Xml`] is a fragment that operations build; quick-xml writes and escapes it. Envelopes are in `envelope.rs`.

use std::fmt::Display;

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

/// Holds a list of elements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Xml {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    name: String,
    attributes: Vec<(String, String)>,
    text: Option<String>,
    children: Xml,
}

impl Xml {
    /// Starts an empty fragment.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `<name>value</name>`.
    #[must_use]
    pub fn text(self, name: &str, value: impl Display) -> Self {
        self.node(name, Some(value.to_string()), Self::new())
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
        self.node(name, None, children)
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
        let children = items.into_iter().fold(Self::new(), |list, content| list.element(item, content));
        self.element(name, children)
    }

    /// Adds a list of texts with element names of its own.
    #[must_use]
    pub fn text_list<T: Display>(self, name: &str, item: &str, items: impl IntoIterator<Item = T>) -> Self {
        let children = items.into_iter().fold(Self::new(), |list, content| list.text(item, content));
        self.element(name, children)
    }

    /// Adds all elements of another fragment.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        self.nodes.extend(other.nodes);
        self
    }

    /// Puts the fragment into a root element with attributes.
    #[must_use]
    pub fn root(self, name: &str, attributes: &[(&str, &str)]) -> Self {
        Self {
            nodes: vec![Node {
                name: name.to_owned(),
                attributes: attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
                text: None,
                children: self,
            }],
        }
    }

    /// Writes the document with its XML declaration.
    pub fn document(&self) -> String {
        let mut writer = Writer::new(Vec::new());
        // Writing into memory cannot fail; a cut answer would fail every test that reads it.
        let _written = self.write(&mut writer);
        let body = String::from_utf8_lossy(&writer.into_inner()).into_owned();
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}")
    }

    fn node(mut self, name: &str, text: Option<String>, children: Self) -> Self {
        self.nodes.push(Node { name: name.to_owned(), attributes: Vec::new(), text, children });
        self
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        for node in &self.nodes {
            let mut start = BytesStart::new(node.name.as_str());
            for (key, value) in &node.attributes {
                start.push_attribute((key.as_str(), value.as_str()));
            }
            if node.text.is_none() && node.children.nodes.is_empty() {
                writer.write_event(Event::Empty(start))?;
                continue;
            }
            writer.write_event(Event::Start(start))?;
            if let Some(text) = &node.text {
                writer.write_event(Event::Text(BytesText::new(text)))?;
            }
            node.children.write(writer)?;
            writer.write_event(Event::End(BytesEnd::new(node.name.as_str())))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
