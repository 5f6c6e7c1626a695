//! Lets the two halves of a replacement know of each other, through a plan's private bytes.
//!
//! Core plans a replacement twice, first from what exists and then from nothing, and hands the second plan what the
//! first one left. The apply that destroys receives what the second one left, in whatever process it runs, and so does
//! the destruction of a tainted object, which is planned from nothing alone. So the second plan looks at AWS with both in
//! mind, and the destruction looks at the whole creation that follows before its first delete: nothing is
//! destroyed for a creation that cannot succeed.
//!
//! These notes are no memory: they end with the apply. What a state holds says something else ([`super::memory`]), of which
//! each plan passes on what was applied last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::access::Access;
use super::composite::Preflight;
use super::kind::Config;
use super::objections::Applied;
use super::state::Stored;
use super::{PlanRequest, Resource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Limits, Record};
use crate::gather::Gather as _;
use crate::schema::Presence;
use crate::value::Value;

/// What a refused apply says of the resource.
const NOTHING: &str = "Nothing was changed.";
/// What it says where the resource before it is gone.
const REPLACED: &str =
    "The resource that this one replaces was removed before in this run; of the new one nothing was made.";

/// What a plan hands on.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct PlanNote {
    /// The uid of the resource that the plan began with.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<String>,
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

/// The resource that a replacement removes.
pub(super) struct Predecessor {
    pub(super) stored: Stored,
    pub(super) config: Config,
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

/// Names of resources whose predecessor this process removed: the creation that follows may not say that nothing was
/// changed.
#[derive(Debug, Default)]
pub(super) struct Removed(Mutex<BTreeSet<String>>);

impl Removed {
    /// Notes a removal.
    pub(super) fn note(&self, successor: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(successor.to_owned());
    }

    /// Forgets a removal, whose creation has succeeded.
    pub(super) fn forget(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Corrects what a creation, or the plan right before it, says that came after a removal.
    pub(super) fn corrected(&self, name: &str, found: Diagnostics) -> Diagnostics {
        if !self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(name) {
            return found;
        }
        let mut corrected = Diagnostics::new();
        for diagnostic in found {
            let detail = diagnostic.detail.replace(NOTHING, REPLACED);
            corrected.push(Diagnostic { detail, ..diagnostic });
        }
        corrected
    }
}

/// What this process created, by uids that follow from the configuration: a replacement on one and the same object has the uid of the
/// resource that it replaces.
#[derive(Debug, Default)]
pub(super) struct Births(Mutex<BTreeMap<String, Birth>>);

#[derive(Debug)]
struct Birth {
    /// In AWS's time.
    at: Timestamp,
    record: Record,
}

impl Births {
    /// The record of the resource of this uid that was created after a state was written. Whatever comes next for the uid is no longer the
    /// destruction that follows that creation.
    pub(super) fn heir(&self, uid: &str, written: Option<Timestamp>) -> Option<Record> {
        let birth = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid)?;
        written.is_some_and(|written| written < birth.at).then_some(birth.record)
    }

    fn note(&self, uid: String, birth: Option<Birth>) {
        let mut births = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match birth {
            Some(birth) => births.insert(uid, birth),
            None => births.remove(&uid),
        };
    }
}

impl<C: Access> Resource<C> {
    /// Takes note of a state that an apply returns, where its uid follows from the configuration.
    pub(super) async fn note_birth(&self, state: &Value, is_new: bool) {
        let Ok(config) = self.decode(state) else { return };
        let Some(uid) = self.kind.uid(&config) else { return };
        let at = match self.client(state).await {
            Ok(client) => client.now(),
            Err(_) => None,
        };
        let record = Stored::read(state).ok().map(|stored| stored.record);
        let birth = at.zip(record).filter(|_| is_new).map(|(at, record)| Birth { at, record });
        self.births.note(uid, birth);
    }

    /// The resource that a plan from nothing is to replace, where this process has seen its state.
    pub(super) fn predecessor(&self, request: &PlanRequest) -> Option<Predecessor> {
        let note = PlanNote::read(&request.private);
        let uid = note.replaces.filter(|_| request.prior.is_null())?;
        let state = self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&uid).cloned()?;
        let config = self.decode(&state).ok()?;
        Some(Predecessor { stored: Stored::read(&state).ok()?, config })
    }

    /// Looks in a plan at what stands against the removal of one resource and the creation of another in its place.
    pub(super) async fn plan_replacement(
        &self,
        predecessor: &Predecessor,
        (planned, config): (&Value, &Config),
        limits: &Limits,
    ) -> Diagnostics {
        let whole = Preflight {
            config: Some(config),
            prior: Some(&predecessor.config),
            record: &predecessor.stored.record,
            planning: true,
            replacing: true,
            limits: limits.clone(),
        };
        let mut found = self.preflight(planned.get("region"), whole).await;
        let leaving = Preflight {
            config: None,
            prior: Some(&predecessor.config),
            record: &predecessor.stored.record,
            planning: true,
            replacing: true,
            limits: limits.clone(),
        };
        let region = predecessor.config.encode();
        found.extend(self.preflight(region.get("region"), leaving).await);
        found
    }

    /// Looks right before the first delete of a replacement at the creation that follows it.
    pub(super) async fn look_ahead(
        &self,
        successor: &Value,
        predecessor: &Predecessor,
        limits: &Limits,
    ) -> Result<(), Diagnostics> {
        if self.has_made(successor) {
            return Ok(());
        }
        let mut config = self.decode(successor)?;
        self.kind.derive(&mut config);
        let client = self.client(successor).await?;
        let whole = Preflight {
            config: Some(&config),
            prior: Some(&predecessor.config),
            record: &predecessor.stored.record,
            planning: false,
            replacing: true,
            limits: limits.clone(),
        };
        let found = self.last_look(&client, whole).await;
        // The creation repeats the warnings.
        if found.has_errors() { Err(found) } else { Ok(()) }
    }

    /// Takes note of what a creation has made, by which the destruction after it knows the order of the two halves.
    pub(super) fn remember_made(&self, planned: &Value) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(planned.clone());
    }

    /// Whether the creation came first (`create_before_destroy`): it was looked at in its turn.
    fn has_made(&self, successor: &Value) -> bool {
        let block = self.block();
        let settings = block.attributes.iter().filter(|attribute| attribute.presence != Presence::Computed);
        let settings: Vec<_> = settings.collect();
        self.made.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|made| {
            settings.iter().all(|attribute| {
                let planned = successor.get(attribute.name);
                !planned.is_wholly_known() || planned.same(made.get(attribute.name), &attribute.ty)
            })
        })
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
