//! Connections that keep AWS from changing or deleting a service: which end by themselves.

use std::collections::BTreeSet;

use crate::aws::connections::{Connection, is, is_live};
use crate::engine::{Class, Failure};

/// AWS's code.
pub(super) const CODE: &str = "ExistingVpcEndpointConnections";

/// Judges AWS's refusal by the connections that there are.
///
/// Waiting helps while one of them is being deleted, and where none is live any more (they were
/// rejected or deleted a moment ago and AWS lags behind). Else only a person can help: the failure
/// is final and names them.
pub(super) fn judge(failure: Failure, connections: &BTreeSet<Connection>) -> Failure {
    let name = |one: &Connection| format!("{} of account {} ({})", one.endpoint_id, one.owner, one.state);
    let names: Vec<String> = live(connections).map(name).collect();
    if names.is_empty() || connections.iter().any(|one| is(&one.state, "deleting")) {
        return Failure { class: Class::InUse, ..failure };
    }
    let message = format!("{} Connected: {}", failure.message, names.join(", "));
    Failure { class: Class::Invalid, message, ..failure }.advise(
        "Delete these endpoints in their accounts, or reject their connections, then apply again; force_destroy = true \
         rejects them on destroy",
    )
}

/// Those that keep a service.
pub(super) fn live(connections: &BTreeSet<Connection>) -> impl Iterator<Item = &Connection> {
    connections.iter().filter(|one| is_live(&one.state))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(id: &str, state: &str) -> Connection {
        Connection {
            endpoint_id: id.into(),
            owner: "222222222222".into(),
            state: state.into(),
            region: "eu-west-1".into(),
        }
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
            let connections = states.iter().map(|state| connection("vpce-1", state)).collect();
            let failure = Failure::new(Class::InUse, "Service has existing active VPC Endpoint connections!");
            assert_eq!(judge(failure, &connections).class, expected, "{states:?}");
        }
    }

    #[test]
    fn a_final_refusal_names_endpoints_accounts_and_states() {
        let connections = [connection("vpce-1", "available"), connection("vpce-2", "rejected")].into();
        let failure = judge(Failure::new(Class::InUse, "Refused."), &connections);
        assert_eq!(failure.message, "Refused. Connected: vpce-1 of account 222222222222 (available)");
        assert!(failure.advice.is_some());
    }
}
