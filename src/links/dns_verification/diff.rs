//! What differs between a DNS verification as wanted and as it is, and what that means.

use super::{DnsVerification, FAILED, Spec, State, VERIFIED, is};
use crate::engine::{Change, Compare, Gate};

impl Compare for DnsVerification {
    type Spec = Spec;
    type State = State;

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let again = if state.is_some_and(|state| state.name == spec.name) { " again" } else { "" };
        vec![format!("start the verification of {}{again}", spec.name)]
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.service_id != state.service_id {
            return Change::Replace(vec!["service_id"]);
        }
        if spec.name != state.name {
            return Change::Update(vec!["name"]);
        }
        if is(state, FAILED) || state.lost { Change::Update(vec!["state"]) } else { Change::None }
    }

    fn forecast(&self, spec: &Spec, _state: &State) -> State {
        State { service_id: spec.service_id.clone(), name: spec.name.clone(), state: None, lost: false }
    }

    fn gate(&self, spec: &Spec, state: &State) -> Gate {
        let name = &state.name;
        if is(state, FAILED) || state.lost {
            let word = if state.lost { "no longer finds" } else { "did not find" };
            return Gate::Closed {
                reason: format!(
                    "AWS {word} the TXT record that verifies the private DNS name {name}. The administrator of its public \
                     DNS publishes it with the name and value of private_dns_record; then apply again, or type {}: that \
                     starts the verification anew. Until then consumers cannot switch the name on",
                    command(state)
                ),
                wait: false,
            };
        }
        if is(state, VERIFIED) {
            return Gate::Open;
        }
        Gate::Closed {
            reason: format!(
                "the private DNS name {name} is not verified yet. The administrator of its public DNS publishes the TXT \
                 record of private_dns_record; AWS looks for it from time to time, and at once after {}. Until then \
                 consumers cannot switch the name on",
                command(state)
            ),
            wait: spec.wait,
        }
    }
}

/// What makes AWS look for the record.
fn command(state: &State) -> String {
    format!("\"aws ec2 start-vpc-endpoint-service-private-dns-verification --service-id {}\"", state.service_id)
}
