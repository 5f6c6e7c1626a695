//! What a plan hands on to the next call for the same resource, through its private bytes.
//!
//! These notes are no memory: they end with the apply. What a state holds says something else ([`super::memory`]), of which
//! each plan passes on what was applied last.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::objections::Applied;
use super::state::Stored;
use crate::gather::Gather as _;
use crate::value::Value;

/// What a plan hands on.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PlanNote {
    /// The uid of the resource that the plan began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replaces: Option<String>,
    /// Whether that plan has looked at removal and creation already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    has_looked: bool,
    /// What a plan that began with nothing will make.
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<Json>,
    /// What was applied last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) applied: Option<Applied>,
    /// In a plan to destroy: when the state was written, in AWS's time, as the state's private bytes say.
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<String>,
}

impl PlanNote {
    /// Reads private bytes; those of another release or of nobody say nothing.
    pub(super) fn read(private: &[u8]) -> Self {
        serde_json::from_slice(private).unwrap_or_default()
    }

    /// Of a plan that begins with `prior`.
    pub(super) fn replacing(prior: &Value, has_looked: bool) -> Self {
        let replaces = Stored::read(prior).ok().and_then(|stored| stored.uid);
        Self { replaces, has_looked, ..Self::default() }
    }

    /// Of a plan to destroy what a state with these notes says.
    pub(super) fn destroying(state: &Self) -> Self {
        Self { written: state.written.clone(), ..Self::default() }
    }

    /// When the state was written that is destroyed.
    pub(super) fn written(&self) -> Option<Timestamp> {
        self.written.as_ref()?.parse().ok()
    }

    /// Of a plan that begins with nothing.
    pub(super) fn making(planned: &Value) -> Self {
        Self { successor: Some(pack(planned)), ..Self::default() }
    }

    /// The private bytes; none where there is nothing to say.
    pub(super) fn write(&self) -> Vec<u8> {
        match serde_json::to_vec(self) {
            Ok(bytes) if bytes != b"{}" => bytes,
            _ => Vec::new(),
        }
    }

    /// What the creation that follows a destruction will make; none where nothing follows.
    pub(super) fn successor(&self) -> Option<Value> {
        self.successor.as_ref().map(unpack)
    }

    /// Whether the first plan of a replacement has looked at everything.
    pub(super) fn has_looked(&self) -> bool {
        self.has_looked
    }
}

/// A value as JSON in which unknown ones and numbers keep what they are.
fn pack(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Unknown(_) => json!({"unknown": true}),
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(number) => json!({"number": number.to_string()}),
        Value::String(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(pack).collect()),
        Value::Map(entries) => {
            let entries: serde_json::Map<String, Json> =
                entries.iter().map(|(key, value)| (key.clone(), pack(value))).collect();
            json!({"map": entries})
        }
    }
}

fn unpack(json: &Json) -> Value {
    match json {
        Json::Null | Json::Number(_) => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(unpack).collect()),
        Json::Object(tagged) => match (tagged.get("map"), tagged.get("number")) {
            (Some(Json::Object(entries)), _) => {
                let entries: BTreeMap<String, Value> =
                    entries.iter().map(|(key, value)| (key.clone(), unpack(value))).gather();
                Value::Map(entries)
            }
            (_, Some(Json::String(number))) => number.parse().map_or(Value::Null, Value::Number),
            _ => Value::UNKNOWN,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planned_value_comes_back_as_it_went() {
        let map = [
            ("service_name", Value::UNKNOWN),
            ("name", Value::from("orders")),
            ("wait", Value::from(true)),
            ("port", Value::from(443)),
            ("policy", Value::Null),
            ("tags", Value::Map([("map".to_owned(), Value::from("number"))].into())),
            ("subnets", Value::List(vec![Value::from("subnet-1"), Value::UNKNOWN])),
        ];
        let planned = Value::Map(map.map(|(key, value)| (key.to_owned(), value)).into());
        let bytes = PlanNote::making(&planned).write();
        assert_eq!(PlanNote::read(&bytes).successor(), Some(planned));
    }

    #[test]
    fn bytes_of_another_release_say_nothing() {
        for bytes in [b"".as_slice(), b"{", b"[]", br#"{"schema_version":"1"}"#, b"\xff"] {
            let note = PlanNote::read(bytes);
            assert!(note.successor().is_none() && note.replaces.is_none() && !note.has_looked);
        }
    }
}
