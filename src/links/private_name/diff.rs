//! What differs between a service's private name, as consumers see it as wanted and as it is, and what that means.

use super::{PrivateName, Spec, State};
use crate::engine::{Change, Compare, Field, Gate};

const SERVICE: Field = "service_name";

impl Compare for PrivateName {
    type Spec = Spec;
    type State = State;
    const IS_LOOK: bool = true;

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.service_name == state.service_name && spec.service_region == state.service_region {
            Change::None
        } else {
            Change::Replace(vec![SERVICE])
        }
    }

    fn forecast(&self, _spec: &Spec, state: &State) -> State {
        state.clone()
    }

    fn gate(&self, _spec: &Spec, state: &State) -> Gate {
        if state.proved { Gate::Open } else { Gate::Closed { reason: reason(state), wait: false } }
    }
}

/// Who must do what before private DNS can be switched on.
fn reason(state: &State) -> String {
    let service = &state.service_name;
    match (state.names.first(), state.verification.as_deref()) {
        (Some(name), word) => format!(
            "the owner of {service} must verify ownership of {name} (now {}): the administrator of its public DNS publishes \
             the TXT record of private_dns_record, and {} makes AWS look for it. After that apply again",
            word.unwrap_or("not verified"),
            verification_command(service)
        ),
        (None, _) => format!(
            "{service} has no private DNS name: its owner sets one (private_dns of privatelink_service) and verifies it. \
             After that apply again; or leave private_dns_enabled out and write a dns block for names of your own"
        ),
    }
}

/// What the service owner types to have the record looked for.
fn verification_command(service_name: &str) -> String {
    let service_id = service_name.rsplit('.').next().unwrap_or_default();
    format!("\"aws ec2 start-vpc-endpoint-service-private-dns-verification --service-id {service_id}\"")
}
