//! What differs between an endpoint's private DNS as wanted and as it is, and what that means.

use super::{PrivateDns, Spec, State};
use crate::engine::{Change, Compare, Field};

pub(super) const INBOUND_RESOLVER_ONLY: Field = "private_dns_only_for_inbound_resolver_endpoint";

impl Compare for PrivateDns {
    type Spec = Spec;
    type State = State;

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        if state.is_some_and(|state| state.is_for_others(spec)) {
            return vec![match spec.inbound_resolver_only {
                Some(true) => "only for inbound resolver endpoints instead of the whole VPC".to_owned(),
                _ => "for the whole VPC instead of only inbound resolver endpoints".to_owned(),
            }];
        }
        let names = spec.names.iter().cloned().collect::<Vec<_>>().join(", ");
        vec![if names.is_empty() { "switch on".to_owned() } else { format!("switch on for {names}") }]
    }

    fn describe_removal(&self, _state: &State) -> Vec<String> {
        vec!["switch off".to_owned()]
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.endpoint_id != state.endpoint_id {
            return Change::Replace(vec!["endpoint_id"]);
        }
        Change::of(&[(INBOUND_RESOLVER_ONLY, state.is_for_others(spec))])
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State {
            endpoint_id: spec.endpoint_id.clone(),
            inbound_resolver_only: spec.inbound_resolver_only.or(state.inbound_resolver_only),
            ..state.clone()
        }
    }
}
