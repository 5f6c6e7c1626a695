//! What is looked at before a decision: whether there is something to decide.

use super::chain::CONNECTION;
use super::config::ConnectionConfig;
use crate::aws::{Account, Aws};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Result, View};
use crate::links::connection;
use crate::preflight::peers::check_peer;
use crate::resource::Preflight;
use crate::value::{Attr, Path};

/// Looks before a plan; what it says may change until the apply, which asks AWS itself.
pub(super) async fn preflight(
    client: &Aws,
    check: &Preflight<'_, ConnectionConfig>,
    found: &mut Diagnostics,
) -> Result<()> {
    let Some(config) = check.config else {
        found.extend(leaving(check));
        return Ok(());
    };
    if let Attr::Known(peer) = &config.peer_account
        && !check_peer(client, peer, Path::attribute("peer_account"), found).await
    {
        return Ok(());
    }
    let (Attr::Known(service_id), Attr::Known(endpoint_id), true) =
        (&config.service_id, &config.endpoint_id, check.is_whole() && (check.replacing || check.prior.is_none()))
    else {
        return Ok(());
    };
    let state = account(client, config)?.connection_state(service_id, endpoint_id).await?;
    if let Some(complaint) = complaint(service_id, endpoint_id, state.as_deref()) {
        found.push(complaint);
    }
    Ok(())
}

/// Warns before traffic ends.
fn leaving(check: &Preflight<'_, ConnectionConfig>) -> Diagnostics {
    match View::of(check.record).state::<connection::State>(CONNECTION) {
        Attr::Known(connection) if check.planning && !connection.is_over() => {
            let detail = format!(
                "Destroying this resource rejects the endpoint {} of account {}: its traffic to {} ends, and only a new \
                 endpoint can ask again.",
                connection.endpoint_id,
                connection.endpoint_owner.as_deref().unwrap_or("(unknown)"),
                connection.service_id
            );
            Diagnostic::warning("A connection will be rejected", detail).into()
        }
        _ => Diagnostics::new(),
    }
}

/// What stands against an acceptance, by AWS's word on the connection.
fn complaint(service_id: &str, endpoint_id: &str, state: Option<&str>) -> Option<Diagnostic> {
    let path = Path::attribute("endpoint_id");
    match state.map(str::to_ascii_lowercase).as_deref() {
        None => {
            let detail = format!(
                "The endpoint service {service_id} shows no connection of {endpoint_id} to these credentials. Check both \
                 ids, the Region, and peer_account where another account owns the service.\n\nThe apply looks again."
            );
            Some(Diagnostic::warning("Connection not visible yet", detail).at(path))
        }
        Some("rejected") => {
            let detail = format!(
                "The connection of {endpoint_id} to {service_id} was rejected. The apply tries to accept it; AWS does not \
                 promise that this is possible. If it is refused, the endpoint's owner makes a new one."
            );
            Some(Diagnostic::warning("Connection was rejected", detail).at(path))
        }
        Some(word @ ("deleting" | "deleted" | "failed" | "expired")) => {
            let detail = format!(
                "The connection of {endpoint_id} to {service_id} is {word} and cannot be accepted. Use the id of an \
                 endpoint that exists."
            );
            Some(Diagnostic::error("Nothing to accept", detail).at(path))
        }
        Some(_) => None,
    }
}

fn account(client: &Aws, config: &ConnectionConfig) -> Result<Account> {
    client.account_in(config.peer_account.known().map(String::as_str), client.region())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Severity;

    #[test]
    fn every_state_of_a_connection_has_its_answer() {
        let table = [
            (None, Some(Severity::Warning), "shows no connection"),
            (Some("pendingAcceptance"), None, ""),
            (Some("pending"), None, ""),
            (Some("available"), None, ""),
            (Some("rejected"), Some(Severity::Warning), "was rejected"),
            (Some("expired"), Some(Severity::Error), "is expired"),
            (Some("Failed"), Some(Severity::Error), "is failed"),
            (Some("deleting"), Some(Severity::Error), "is deleting"),
        ];
        for (state, severity, words) in table {
            let found = complaint("vpce-svc-1", "vpce-1", state);
            assert_eq!(found.as_ref().map(|found| found.severity), severity, "{state:?}");
            assert!(found.is_none_or(|found| found.detail.contains(words)), "{state:?}");
        }
    }
}
