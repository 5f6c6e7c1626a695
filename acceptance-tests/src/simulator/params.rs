//! The parameters of a call as a tree, and the record of which of them were read.
//!
//! EC2 and ELBv2 send flat form fields (`Filter.1.Value.2`, `Tags.member.1.Key`), Route 53 sends paths, query strings and XML;
//! all become the same tree. What an operation never reads is unknown to the simulator, and the call is refused for it.

use std::cell::Cell;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

use super::error::ApiError;

/// Deepest nesting a request may have; AWS's own shapes stay below ten.
const MAX_DEPTH: usize = 24;

/// Holds a value, children, or both.
#[derive(Debug, Clone, Default)]
pub struct Params {
    path: String,
    value: Option<String>,
    children: Vec<(String, Params)>,
    read: Cell<bool>,
}

// === building ===

impl Params {
    /// Reads the fields of the query protocol.
    pub fn from_form(fields: impl Iterator<Item = (String, String)>) -> Result<Self, ApiError> {
        let mut root = Self::default();
        for (name, value) in fields {
            let parts: Vec<&str> = name.split('.').collect();
            if parts.len() > MAX_DEPTH || parts.iter().any(|part| part.is_empty()) {
                return Err(ApiError::bad(
                    "MalformedQueryString",
                    format!("The parameter name '{name}' is malformed."),
                ));
            }
            let mut node = &mut root;
            for part in parts {
                node = node.child(part);
            }
            if node.value.replace(value).is_some() {
                return Err(ApiError::bad("InvalidParameterValue", format!("The parameter '{name}' is given twice.")));
            }
        }
        Ok(root)
    }

    /// Adds a field of a path or a query string.
    pub fn insert(&mut self, name: &str, value: impl Into<String>) {
        self.child(name).value = Some(value.into());
    }

    /// Adds the children of the root element of an XML body.
    pub fn insert_xml(&mut self, body: &str) -> Result<(), ApiError> {
        let malformed = |why: String| ApiError::bad("InvalidInput", format!("Invalid XML ; {why}"));
        let mut reader = Reader::from_str(body);
        let mut stack: Vec<Self> = Vec::new();
        loop {
            let event = reader.read_event().map_err(|error| malformed(error.to_string()))?;
            match event {
                Event::Start(start) if stack.len() < MAX_DEPTH => stack.push(Self::from_start(&start)),
                Event::Start(_) => return Err(malformed("nested too deeply".to_owned())),
                Event::Empty(start) => {
                    let node = Self::from_start(&start);
                    self.close(&mut stack, node);
                }
                Event::Text(text) => push_text(&mut stack, &text.xml10_content()),
                Event::CData(text) => push_text(&mut stack, &text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().map_err(|error| malformed(error.to_string()))?;
                    let name = reference.xml10_content();
                    match (character, resolve_predefined_entity(&name)) {
                        (Some(character), _) => push_text(&mut stack, character.encode_utf8(&mut [0; 4])),
                        (None, Some(text)) => push_text(&mut stack, text),
                        (None, None) => return Err(malformed(format!("unknown entity '{name}'"))),
                    }
                }
                Event::End(_) => {
                    let Some(node) = stack.pop() else {
                        return Err(malformed("unexpected end".to_owned()));
                    };
                    self.close(&mut stack, node);
                }
                Event::Eof if stack.is_empty() => return Ok(()),
                Event::Eof => return Err(malformed("unexpected end of the document".to_owned())),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    fn from_start(start: &BytesStart<'_>) -> Self {
        Self { path: start.local_name().as_ref().to_owned(), value: Some(String::new()), ..Self::default() }
    }

    /// Hangs a finished element below its parent; the root's children become ours.
    fn close(&mut self, stack: &mut [Self], mut node: Self) {
        let name = node.path.clone();
        if !node.children.is_empty() {
            // Blank text between elements is layout.
            node.value = node.value.filter(|text| !text.trim().is_empty());
        }
        match stack.last_mut() {
            Some(parent) => parent.children.push((name, node)),
            None => {
                for (child, mut content) in node.children {
                    content.rename("");
                    self.children.push((child, content));
                }
            }
        }
    }

    /// Gives every node of an XML tree its path, for messages.
    fn rename(&mut self, above: &str) {
        if !above.is_empty() {
            self.path = format!("{above}.{}", self.path);
        }
        let path = self.path.clone();
        for (_, child) in &mut self.children {
            child.rename(&path);
        }
    }

    fn child(&mut self, name: &str) -> &mut Self {
        let found = self.children.iter().position(|(known, _)| known == name);
        let at = found.unwrap_or_else(|| {
            let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
            self.children.push((name.to_owned(), Self { path, ..Self::default() }));
            self.children.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the position was found or pushed just above")]
        &mut self.children[at].1
    }
}

fn push_text(stack: &mut [Params], text: &str) {
    if let Some(value) = stack.last_mut().and_then(|node| node.value.as_mut()) {
        value.push_str(text);
    }
}

// === reading ===

impl Params {
    fn get(&self, name: &str) -> Option<&Self> {
        let found = self.children.iter().find(|(known, _)| known == name).map(|(_, node)| node);
        if let Some(node) = found {
            node.read.set(true);
        }
        found
    }

    /// Gives the full name of this node, `Filter.1` for example.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Gives the value of this node itself.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Reads a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|node| node.value.as_deref())
    }

    /// Reads a text that must be there (EC2's `MissingParameter`).
    pub fn need(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).filter(|text| !text.is_empty()).ok_or_else(|| ApiError::missing(&self.name_of(name)))
    }

    /// Reads `true` or `false`.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.text(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(ApiError::invalid_value(&self.name_of(name), other)),
        }
    }

    /// Reads a whole number.
    pub fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.text(name)
            .map(|text| text.parse().map_err(|_| ApiError::invalid_value(&self.name_of(name), text)))
            .transpose()
    }

    /// Tells whether a parameter was sent at all.
    pub fn has(&self, name: &str) -> bool {
        self.children.iter().any(|(known, _)| known == name)
    }

    /// Gives the keys of the tags that a call sets or removes, for the audit: they do not count as read.
    pub fn tag_keys(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (name, node) in &self.children {
            let is_key = (name == "Key" && node.path.contains("Tag")) || node.path.contains("TagKeys");
            found.extend(node.value.clone().filter(|_| is_key));
            found.extend(node.tag_keys());
        }
        found
    }

    /// Lists the children with their names, without counting them as read.
    pub fn children(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.children.iter().map(|(name, node)| (name.as_str(), node))
    }

    /// Reads a structure.
    pub fn structure(&self, name: &str) -> Option<&Self> {
        self.get(name)
    }

    /// Reads a list of structures of the query protocol: `Name.1.…` or `Name.member.1.…`, in numeric order.
    pub fn structures(&self, name: &str) -> Vec<&Self> {
        let Some(list) = self.get(name) else {
            return Vec::new();
        };
        let list = list.get("member").unwrap_or(list);
        let mut items: Vec<(u32, &Self)> =
            list.children.iter().filter_map(|(index, node)| index.parse().ok().map(|index| (index, node))).collect();
        items.sort_by_key(|(index, _)| *index);
        for (_, node) in &items {
            node.read.set(true);
        }
        items.into_iter().map(|(_, node)| node).collect()
    }

    /// Reads a list of texts of the query protocol: `Name.1` or `Name.member.1`.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.structures(name).into_iter().filter_map(|node| node.value.clone()).collect()
    }

    /// Reads a list of XML elements: every `<item>` inside `<name>`.
    pub fn elements(&self, name: &str, item: &str) -> Vec<&Self> {
        self.get(name).map_or_else(Vec::new, |list| list.repeated(item))
    }

    /// Reads every child of one name, as XML lists without a wrapper have.
    pub fn repeated(&self, item: &str) -> Vec<&Self> {
        let found: Vec<&Self> = self.children.iter().filter(|(known, _)| known == item).map(|(_, node)| node).collect();
        for node in &found {
            node.read.set(true);
        }
        found
    }

    /// Marks everything below as read, for parameters that are accepted and have no effect here.
    pub fn accept(&self) {
        self.read.set(true);
        for (_, child) in &self.children {
            child.accept();
        }
    }

    /// Marks one parameter and everything below it as read.
    pub fn ignore(&self, name: &str) {
        if let Some(node) = self.get(name) {
            node.accept();
        }
    }

    /// Lists what nothing has read, in full names.
    pub fn unread(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.collect_unread(&mut names);
        names
    }

    fn collect_unread(&self, names: &mut Vec<String>) {
        for (_, child) in &self.children {
            if child.read.get() {
                child.collect_unread(names);
            } else {
                names.push(child.path.clone());
            }
        }
    }

    /// Writes the tree in one line, without the named parameters: what makes two calls the same call.
    pub fn fingerprint(&self, without: &[&str]) -> String {
        let mut lines = Vec::new();
        self.collect_values(&mut lines);
        lines.retain(|(path, _)| !without.contains(&path.as_str()));
        lines.sort();
        let lines: Vec<String> = lines.iter().map(|(path, value)| format!("{path}={value:?}")).collect();
        lines.join("&")
    }

    fn collect_values(&self, lines: &mut Vec<(String, String)>) {
        if let Some(value) = &self.value {
            lines.push((self.path.clone(), value.clone()));
        }
        for (_, child) in &self.children {
            child.collect_values(lines);
        }
    }

    fn name_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Params {
        Params::from_form(form_urlencoded::parse(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn keys_of_tags_are_told_without_being_read_and_keys_of_attributes_are_not() {
        let params =
            form("Tags.member.1.Key=a&Tags.member.1.Value=v&TagSpecification.1.Tag.1.Key=b&TagKeys.member.1=c");
        assert_eq!(params.tag_keys(), ["a", "b", "c"]);
        assert_eq!(params.unread(), ["Tags", "TagSpecification", "TagKeys"]);
        let attributes = form("Attributes.member.1.Key=k&Attributes.member.1.Value=v");
        assert_eq!(attributes.tag_keys(), [""; 0]);
    }

    #[test]
    fn lists_come_in_numeric_order_with_or_without_member() {
        let params = form("Id.2=b&Id.10=c&Id.1=a&Tags.member.1.Key=k&Tags.member.1.Value=v&Empty=");
        assert_eq!(params.texts("Id"), ["a", "b", "c"]);
        let tags = params.structures("Tags");
        assert_eq!((tags[0].text("Key"), tags[0].text("Value")), (Some("k"), Some("v")));
        assert!(params.texts("Empty").is_empty());
        assert!(params.unread().is_empty());
    }

    #[test]
    fn what_was_never_read_is_named_in_full() {
        let params = form("VpcId=x&Filter.1.Name=a&Filter.1.Value.1=b&Bogus=1");
        params.text("VpcId");
        params.structures("Filter")[0].text("Name");
        assert_eq!(params.unread(), ["Filter.1.Value", "Bogus"]);
    }

    #[test]
    fn xml_bodies_become_the_same_tree() {
        let mut params = Params::default();
        params.insert("Id", "Z1");
        params
            .insert_xml(
                "<?xml version=\"1.0\"?><R xmlns=\"u\"><Batch>\n <Changes><Change><Name>a&amp;b&#46;c</Name></Change>\
                 <Change><Name/></Change></Changes></Batch></R>",
            )
            .unwrap();
        let batch = params.structure("Batch").unwrap();
        let changes = batch.elements("Changes", "Change");
        assert_eq!(changes[0].text("Name"), Some("a&b.c"));
        assert_eq!(changes[1].text("Name"), Some(""));
        assert_eq!(params.unread(), ["Id"]);
        assert!(Params::default().insert_xml("<R><A></R>").is_err());
    }

    #[test]
    fn malformed_names_and_doubles_are_refused() {
        for text in ["A..B=1", ".=1", "A=1&A=2"] {
            assert!(Params::from_form(form_urlencoded::parse(text.as_bytes()).into_owned()).is_err(), "{text}");
        }
    }
}
