//! Ids of a state, and those that a world has given the same objects.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value as Json;

/// The world's ids by the state's.
#[derive(Default)]
pub(super) struct Ids(BTreeMap<String, String>);

/// Stands for what has been replaced.
const REPLACED: char = '\0';

impl Ids {
    /// An id of the state is this one in the world.
    pub(super) fn put(&mut self, old: &str, new: &str) {
        let before = self.0.insert(old.to_owned(), new.to_owned());
        assert!(before.as_deref().is_none_or(|before| before == new), "{old} is {before:?} and {new}");
    }

    /// The last part of an ARN, which makes it the ARN of one object.
    pub(super) fn put_arn(&mut self, old: &str, new: &str) {
        let last = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
        self.put(&last(old), &last(new));
    }

    pub(super) fn has(&self, old: &str) -> bool {
        self.0.contains_key(old)
    }

    /// Whether it is an id of the world.
    pub(super) fn gave(&self, new: &str) -> bool {
        self.0.values().any(|one| one == new)
    }

    /// A value with the world's ids.
    pub(super) fn within(&self, value: &Json) -> Json {
        serde_json::from_str(&self.replaced(&value.to_string(), ToOwned::to_owned)).unwrap()
    }

    /// What looks like an id in a text, and belongs to nothing that the world has.
    pub(super) fn unknown(&self, text: &str) -> Vec<String> {
        let rest = self.replaced(text, |_| REPLACED.to_string());
        let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == REPLACED;
        rest.split(|letter| !is_of_word(letter)).filter(|word| is_id(word)).map(str::to_owned).collect()
    }

    /// Longer ones first, so that none is taken for its beginning.
    fn replaced(&self, text: &str, by: impl Fn(&str) -> String) -> String {
        let mut all: Vec<(&String, &String)> = self.0.iter().collect();
        all.sort_by_key(|(old, _)| Reverse(old.len()));
        let (mut out, mut rest) = (String::new(), text);
        while let Some(letter) = rest.chars().next() {
            if let Some((old, new)) = all.iter().find(|(old, _)| rest.starts_with(old.as_str())) {
                out.push_str(&by(new));
                rest = &rest[old.len()..];
            } else {
                out.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
        out
    }
}

fn is_id(word: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let is_of_ec2 = word.rsplit_once('-').is_some_and(|(_, hash)| hash.len() == 17 && is_hex(hash));
    let is_of_balancers = word.len() == 16 && is_hex(word);
    let is_zone = word.len() > 12 && word.starts_with('Z') && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_of_ec2 || is_of_balancers || is_zone
}
