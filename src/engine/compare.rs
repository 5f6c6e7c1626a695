//! What differs between an object as wanted and as it is, and what must happen to it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use serde_json::{Map, Value as Json};

use super::words::{self, Field, Words};

/// The pure half of a link: what differs between an object as wanted and as it is, what that means, and in which words.
///
/// Plan and apply decide by it, so that the two cannot disagree. It asks nobody: the same from the same spec and state.
///
/// # Guarantees expected of an implementation
///
/// `diff` of a spec and the state that came of it is [`Change::None`], and so is `diff` of a spec and its `forecast`.
pub trait Compare: Send + Sync + 'static {
    /// What is wanted, parents' ids included. Recorded where a creation's outcome is not known.
    type Spec: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What exists: ids and every managed setting. Saved in Terraform's state as JSON, so it holds
    /// nothing that changes by itself (no counters, no health, no times).
    type State: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Words for fields of the state, where a plan names them; an empty one hides what AWS alone tells.
    const WORDS: Words = &[];
    /// What a change is called, by the field of the state that it changes; several fields may be one setting.
    const FIELDS: Fields = &[];
    /// Whether the object is managed elsewhere and only looked at, so that no step of its changes anything in AWS.
    const IS_LOOK: bool = false;

    /// Compares. As it stands for whatever only a new object can take; the rest is [`Compare::in_place`].
    fn diff(&self, spec: &Self::Spec, state: &Self::State) -> Change {
        self.in_place(spec, state)
    }

    /// Returns one update of everything that the forecast changes, so that no setting can be forgotten: one that
    /// [`Compare::FIELDS`] does not name is [`UNNAMED`]. What AWS alone tells, which has empty words, is no change.
    fn in_place(&self, spec: &Self::Spec, state: &Self::State) -> Change {
        Change::between(&json(state), &json(&self.forecast(spec, state)), Self::FIELDS, Self::WORDS)
    }

    /// The state after an update in place to `spec`: settings from `spec`, ids kept, and `None` in
    /// those fields that only AWS can fill anew. Used by plan for the objects behind this one
    /// and for outputs, so a field that apply then fills differently is a defect.
    fn forecast(&self, spec: &Self::Spec, state: &Self::State) -> Self::State;

    /// The state that a refresh has seen, with what only the recorded one can tell.
    fn recalled(&self, _recorded: &Self::State, seen: Self::State) -> Self::State {
        seen
    }

    /// Says what a run does to have the object as `spec` wants it, one phrase for each setting; `state` is `None` where it
    /// makes it.
    fn describe(&self, spec: &Self::Spec, state: Option<&Self::State>) -> Vec<String> {
        let Some(state) = state else { return vec!["create".to_owned()] };
        words::differences(&json(state), &json(&self.forecast(spec, state)), Self::WORDS)
    }

    /// Says what the object's removal does.
    fn describe_removal(&self, _state: &Self::State) -> Vec<String> {
        vec!["remove".to_owned()]
    }

    /// Whether what stands behind this object may go on, or waits for a person.
    fn gate(&self, _spec: &Self::Spec, _state: &Self::State) -> Gate {
        Gate::Open
    }
}

/// Names of changes by the field of the state.
pub type Fields = &'static [(&'static str, Field)];

/// A changed setting that no name was given.
pub const UNNAMED: Field = "settings";

fn json(state: &impl Serialize) -> Json {
    serde_json::to_value(state).unwrap_or_default()
}

/// What must happen to an existing object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// One update with these fields.
    Update(Vec<Field>),
    /// A new object beside the old one, then the old one's removal.
    Replace(Vec<Field>),
    /// The old object's removal, then a new one: AWS allows only one at a time.
    BreakFirst(Vec<Field>),
    /// The whole resource anew: the anchor itself cannot change so.
    ReplaceAll(Vec<Field>),
}

impl Change {
    /// Returns one update of the fields that differ.
    pub fn of(fields: &[(Field, bool)]) -> Self {
        let changed: Vec<Field> = fields.iter().filter(|(_, differs)| *differs).map(|(field, _)| *field).collect();
        if changed.is_empty() { Self::None } else { Self::Update(changed) }
    }

    fn between(before: &Json, after: &Json, fields: Fields, words: Words) -> Self {
        let none = Map::new();
        let (old, new) = (before.as_object().unwrap_or(&none), after.as_object().unwrap_or(&none));
        let differs = |field: &str| old.get(field).unwrap_or(&Json::Null) != new.get(field).unwrap_or(&Json::Null);
        let mut changed: Vec<Field> = Vec::new();
        for (_, name) in fields.iter().filter(|(field, _)| differs(field)) {
            if !changed.contains(name) {
                changed.push(name);
            }
        }
        let is_hidden = |field: &str| words.iter().any(|(known, word)| *known == field && word.is_empty());
        let is_named = |field: &str| fields.iter().any(|(known, _)| *known == field);
        if old.keys().chain(new.keys()).any(|field| !is_named(field) && !is_hidden(field) && differs(field)) {
            changed.push(UNNAMED);
        }
        if changed.is_empty() { Self::None } else { Self::Update(changed) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_that_differs_is_a_change_and_what_aws_alone_tells_is_none() {
        const FIELDS: Fields = &[("port", "port"), ("weight", "weights"), ("others", "weights")];
        const WORDS: Words = &[("change_id", "")];
        let before = json!({"port": 1, "weight": 1, "others": [], "change_id": "C1", "named": "a"});
        let between = |after: Json| Change::between(&before, &after, FIELDS, WORDS);
        assert_eq!(between(before.clone()), Change::None);
        let hidden = json!({"port": 1, "weight": 1, "others": [], "named": "a"});
        assert_eq!(between(hidden), Change::None);
        let several = json!({"port": 2, "weight": 2, "others": ["b"], "named": "a"});
        assert_eq!(between(several), Change::Update(vec!["port", "weights"]), "one name once");
        let forgotten = json!({"port": 1, "weight": 1, "others": [], "named": "b"});
        assert_eq!(between(forgotten), Change::Update(vec![UNNAMED]));
    }
}

/// Whether the links behind an object may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// They may, as soon as the object is ready.
    Open,
    /// A person must act first.
    Closed {
        /// Who must do what, in a sentence; shown as a warning when the run ends here.
        reason: String,
        /// Whether to wait for it until the deadline, or to end the run at once.
        wait: bool,
    },
}
