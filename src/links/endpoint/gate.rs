//! Who must accept the connection, and whether the run waits for it. Pure.

use super::{Acceptance, State, is};
use crate::engine::Gate;

pub(super) fn gate(acceptance: Acceptance, state: &State) -> Gate {
    let (endpoint, service) = (&state.id, &state.service_name);
    if is(state, "rejected") {
        return Gate::Closed {
            reason: format!(
                "the owner of {service} rejected the connection of the endpoint {endpoint} of account {}; it carries \
                 no traffic. The service owner can try to accept it: {}. Where AWS refuses that, a new endpoint asks \
                 again (terraform apply -replace), or this resource goes",
                state.owner_id.as_deref().unwrap_or("(unknown)"),
                acceptance_command(state)
            ),
            wait: false,
        };
    }
    if !is(state, "pendingAcceptance") {
        return Gate::Open;
    }
    match acceptance {
        Acceptance::Await => Gate::Closed {
            reason: format!("the connection of the endpoint {endpoint} to {service} was not accepted in time"),
            wait: true,
        },
        Acceptance::WaitForPerson => Gate::Closed { reason: acceptance_reason(state), wait: true },
        Acceptance::Leave => Gate::Closed { reason: acceptance_reason(state), wait: false },
    }
}

/// Who must accept what, and how.
fn acceptance_reason(state: &State) -> String {
    let (endpoint, service) = (&state.id, &state.service_name);
    let account = state.owner_id.as_deref().map(|id| format!(" of account {id}")).unwrap_or_default();
    format!(
        "the owner of {service} must accept the connection of the endpoint {endpoint}{account}: {}, or an accept block in \
         the owner's privatelink_service. After that apply again",
        acceptance_command(state)
    )
}

/// What the service owner types to accept.
fn acceptance_command(state: &State) -> String {
    let service_id = state.service_name.rsplit('.').next().unwrap_or_default();
    let region = state.service_region.as_deref().map(|region| format!(" --region {region}")).unwrap_or_default();
    format!(
        "\"aws ec2 accept-vpc-endpoint-connections --service-id {service_id} --vpc-endpoint-ids {}{region}\"",
        state.id
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            id: "vpce-01".into(),
            owner_id: Some("222222222222".into()),
            service_name: "com.amazonaws.vpce.eu-west-1.vpce-svc-01".into(),
            service_region: Some("eu-west-1".into()),
            ..State::default()
        }
    }

    #[test]
    fn the_gate_follows_the_state_and_who_accepts() {
        let table = [
            ("pendingAcceptance", Acceptance::Leave, Some(false)),
            ("PendingAcceptance", Acceptance::WaitForPerson, Some(true)),
            ("pendingAcceptance", Acceptance::Await, Some(true)),
            ("available", Acceptance::Leave, None),
            ("pending", Acceptance::WaitForPerson, None),
            ("rejected", Acceptance::WaitForPerson, Some(false)),
        ];
        for (word, acceptance, expected) in table {
            let state = State { state: Some(word.into()), ..state() };
            match (gate(acceptance, &state), expected) {
                (Gate::Open, None) => {}
                (Gate::Closed { reason, wait }, Some(expected)) => {
                    assert_eq!(wait, expected, "{word} {acceptance:?}");
                    assert!(reason.contains("vpce-01") && reason.contains("vpce-svc-01"), "{reason}");
                    assert!(reason.contains("222222222222") || acceptance == Acceptance::Await, "{reason}");
                }
                (gate, _) => panic!("{word} {acceptance:?}: {gate:?}"),
            }
        }
    }

    #[test]
    fn the_reason_of_a_closed_gate_holds_the_command_to_type() {
        let state = State { state: Some("pendingAcceptance".into()), ..state() };
        let command = "aws ec2 accept-vpc-endpoint-connections --service-id vpce-svc-01 --vpc-endpoint-ids vpce-01 \
                       --region eu-west-1";
        for word in ["pendingAcceptance", "rejected"] {
            let state = State { state: Some(word.into()), ..state.clone() };
            let Gate::Closed { reason, .. } = gate(Acceptance::Leave, &state) else { panic!("open") };
            assert!(reason.contains(command), "{reason}");
        }
    }
}
