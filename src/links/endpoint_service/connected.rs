//! Connections that keep AWS from changing or deleting a service: which end by themselves.

use aws_sdk_ec2::types::VpcEndpointConnection;

use super::compare::is;
use crate::engine::{Class, Failure};

/// AWS's code.
pub(super) const CODE: &str = "ExistingVpcEndpointConnections";

/// Judges AWS's refusal by the connections that there are.
///
/// Waiting helps while one of them is being deleted, and where none is live any more (they were
/// rejected or deleted a moment ago and AWS lags behind). Else only a person can help: the failure
/// is final and names them.
pub(super) fn judge(failure: Failure, connections: &[VpcEndpointConnection]) -> Failure {
    let state = |connection: &VpcEndpointConnection| {
        connection.vpc_endpoint_state().map(|state| state.as_str().to_owned()).unwrap_or_default()
    };
    let live: Vec<_> = connections
        .iter()
        .filter(|connection| {
            let state = state(connection);
            ["pendingAcceptance", "pending", "available", "partial"].iter().any(|word| is(&state, word))
        })
        .collect();
    if live.is_empty() || connections.iter().any(|connection| is(&state(connection), "deleting")) {
        return Failure { class: Class::InUse, ..failure };
    }
    let names: Vec<String> = live
        .iter()
        .map(|connection| {
            format!(
                "{} of account {} ({})",
                connection.vpc_endpoint_id().unwrap_or_default(),
                connection.vpc_endpoint_owner().unwrap_or_default(),
                state(connection)
            )
        })
        .collect();
    let message = format!("{} Connected: {}", failure.message, names.join(", "));
    Failure { class: Class::Invalid, message, ..failure }.advise(
        "Delete these endpoints in their accounts, or reject their connections, then apply again; force_destroy = true \
         rejects them on destroy",
    )
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::State;

    use super::*;

    fn connection(id: &str, state: &str) -> VpcEndpointConnection {
        VpcEndpointConnection::builder()
            .vpc_endpoint_id(id)
            .vpc_endpoint_owner("222222222222")
            .vpc_endpoint_state(State::from(state))
            .build()
    }

    #[test]
    fn waiting_is_only_for_connections_that_end_by_themselves() {
        let table: [(&[&str], Class); 7] = [
            (&[], Class::InUse),
            (&["deleting"], Class::InUse),
            (&["rejected", "deleted", "failed"], Class::InUse),
            (&["available", "deleting"], Class::InUse),
            (&["available"], Class::Invalid),
            (&["PendingAcceptance", "rejected"], Class::Invalid),
            (&["pending"], Class::Invalid),
        ];
        for (states, expected) in table {
            let connections: Vec<_> = states.iter().map(|state| connection("vpce-1", state)).collect();
            let failure = Failure::new(Class::InUse, "Service has existing active VPC Endpoint connections!");
            assert_eq!(judge(failure, &connections).class, expected, "{states:?}");
        }
    }

    #[test]
    fn a_final_refusal_names_endpoints_accounts_and_states() {
        let connections = [connection("vpce-1", "available"), connection("vpce-2", "rejected")];
        let failure = judge(Failure::new(Class::InUse, "Refused."), &connections);
        assert_eq!(failure.message, "Refused. Connected: vpce-1 of account 222222222222 (available)");
        assert!(failure.advice.is_some());
    }
}
