//! The attributes of an instance of a state. Each is read by who makes the object, and what nobody has read must say nothing: a setting
//! that the world would not get fails by its name.

use serde_json::{Map, Value as Json};

/// Attributes that are not read yet.
pub(super) struct Attributes {
    /// The address of the instance, for messages.
    pub(super) address: String,
    rest: Map<String, Json>,
}

impl Attributes {
    pub(super) fn new(address: &str, values: &Json) -> Self {
        let rest = values.as_object().unwrap_or_else(|| panic!("{address} has no attributes")).clone();
        Self { address: address.to_owned(), rest }
    }

    /// A text, a number or a flag as AWS is told it; none where the state does not have it.
    pub(super) fn maybe(&mut self, name: &str) -> Option<String> {
        match self.rest.remove(name).unwrap_or_default() {
            Json::String(text) if !text.is_empty() => Some(text),
            Json::Number(number) => Some(number.to_string()),
            Json::Bool(flag) => Some(flag.to_string()),
            Json::Null | Json::String(_) => None,
            other => panic!("{}: {name} is {other}", self.address),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> String {
        self.maybe(name).unwrap_or_else(|| panic!("{} has no {name}", self.address))
    }

    pub(super) fn is_set(&mut self, name: &str) -> bool {
        self.maybe(name).as_deref() == Some("true")
    }

    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        let all = self.rest.remove(name).unwrap_or_default();
        let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().map(|one| one.as_str().unwrap_or_else(|| panic!("{}: {name}", self.address)).to_owned()).collect()
    }

    /// Nested blocks.
    pub(super) fn blocks(&mut self, name: &str) -> Vec<Self> {
        let all = self.rest.remove(name).unwrap_or_default();
        let all = all.as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter().map(|one| Self::new(&format!("{}: {name}", self.address), one)).collect()
    }

    /// All tags, those of the provider block among them.
    pub(super) fn tags(&mut self) -> Vec<(String, String)> {
        self.results(&["tags"]);
        let all = self.rest.remove("tags_all").unwrap_or_default();
        let all = all.as_object().into_iter().flatten();
        all.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    }

    /// What AWS, or hashicorp/aws by itself, says of an object.
    pub(super) fn results(&mut self, names: &[&str]) {
        for name in names {
            self.rest.remove(*name);
        }
    }

    /// Nothing that says something is left.
    pub(super) fn end(self) {
        let left: Vec<_> = self.rest.iter().filter(|(_, value)| !says_nothing(value)).collect();
        assert!(left.is_empty(), "{}: the world does not get {left:?}", self.address);
    }
}

fn says_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Bool(flag) => !flag,
        Json::Number(number) => number.as_i64() == Some(0),
        Json::String(text) => text.is_empty(),
        Json::Array(all) => all.iter().all(says_nothing),
        Json::Object(all) => all.values().all(says_nothing),
    }
}
