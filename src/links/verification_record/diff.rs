//! What differs between a verification record as wanted and as it is, and what that means.

use super::{Spec, State, VerificationRecord};
use crate::aws::RecordKey;
use crate::engine::{Change, Compare, Field, Words};

const ACCOUNT: Field = "account";
const ZONE: Field = "zone_id";
const NAME: Field = "name";
const VALUE: Field = "value";

impl Compare for VerificationRecord {
    type Spec = Spec;
    type State = State;
    const WORDS: Words = &[("change_id", "")];

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        match state {
            None => vec![format!("create TXT {} = {:?}", spec.name, spec.value)],
            Some(state) if (&state.name, &state.value) != (&spec.name, &spec.value) => {
                vec![format!("TXT {} = {:?} instead of {} = {:?}", spec.name, spec.value, state.name, state.value)]
            }
            Some(state) if state.zone_id != spec.zone_id => {
                vec![format!("zone {} instead of {}", spec.zone_id, state.zone_id)]
            }
            Some(_) => vec!["read with other credentials".to_owned()],
        }
    }

    /// A TTL that others' values under the name brought along is theirs, so it is no change of ours.
    fn diff(&self, spec: &Spec, state: &State) -> Change {
        let fixed = [
            (ZONE, spec.zone_id != state.zone_id),
            (NAME, plain(&spec.name) != state.name),
            (VALUE, spec.value != state.value),
        ];
        match Change::of(&fixed) {
            Change::Update(fields) => Change::Replace(fields),
            _ => Change::of(&[(ACCOUNT, spec.account != state.account)]),
        }
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State { account: spec.account.clone(), change_id: None, ..state.clone() }
    }
}

/// A name as it is shown: lower case, no dot at the end.
pub(super) fn plain(name: &str) -> String {
    RecordKey::new(name, "TXT").name
}
