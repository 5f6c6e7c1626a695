//! What differs between records as wanted and as it is, and what that means.

use std::collections::BTreeMap;

use super::{RecordSpec, Records, Spec, State, leads_to};
use crate::engine::{Change, Compare, Field, Words};
use crate::gather::Gather as _;

const ACCOUNT: Field = "account";
const ZONE: Field = "zone_id";
const RECORDS: Field = "records";

impl Compare for Records {
    type Spec = Spec;
    type State = State;
    const WORDS: Words = &[("change_id", "")];

    /// Names every record that is created, changed or removed.
    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let wanted = canonical(&spec.records);
        let empty = BTreeMap::new();
        let before = state.map_or(&empty, |state| &state.records);
        let waiting = state.map_or(&empty, |state| &state.left);
        let mut phrases: Vec<String> = Vec::new();
        for (key, record) in &wanted {
            match before.get(key) {
                None if waiting.get(key) == Some(record) => {}
                None => phrases.push(format!("create {key} {}", record.in_words())),
                Some(old) if old != record => {
                    phrases.push(format!("{key} {} instead of {}", record.in_words(), old.in_words()));
                }
                Some(_) => {}
            }
        }
        for (key, record) in before.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
            match record.endpoint().filter(|_| state.is_some_and(|state| state.leads_elsewhere(record))) {
                Some(endpoint_id) => phrases.push(format!("leave {key} to {endpoint_id}")),
                None => phrases.push(format!("remove {key}")),
            }
        }
        if let Some(state) = state.filter(|state| state.account != spec.account) {
            let whose = |account: &Option<String>| account.clone().unwrap_or_else(|| "the provider".to_owned());
            phrases.push(format!("credentials of {} instead of {}", whose(&spec.account), whose(&state.account)));
        }
        phrases
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        state.records.keys().map(|key| format!("remove {key}")).collect()
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.zone_id != state.zone_id {
            return Change::Replace(vec![ZONE]);
        }
        Change::of(&[(ACCOUNT, spec.account != state.account), (RECORDS, canonical(&spec.records) != state.all())])
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let records = canonical(&spec.records);
        State {
            account: spec.account.clone(),
            zone_id: state.zone_id.clone(),
            endpoint_id: leads_to(&records).or_else(|| state.endpoint_id.clone()),
            records,
            ..State::default()
        }
    }
}

pub(super) fn canonical(records: &BTreeMap<String, RecordSpec>) -> BTreeMap<String, RecordSpec> {
    records.values().map(|record| (record.key(), record.canonical())).gather()
}
