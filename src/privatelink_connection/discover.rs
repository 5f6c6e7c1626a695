//! What an import finds: a decision that was taken.

use super::chain::CONNECTION;
use super::config::ConnectionConfig;
use crate::aws::Aws;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Link as _, Observed, Record};
use crate::links::connection::{self, Connection};
use crate::preflight::peers::check_peer;
use crate::resource::{Discovered, ImportId, Undiscovered};
use crate::schema::formats;
use crate::value::{Attr, Path};

/// Finds the connection `vpce-svc-…/vpce-…`, in the account of the provider or of a peer.
pub(super) async fn discover(client: &Aws, id: ImportId<'_>) -> Result<Discovered<ConnectionConfig>, Undiscovered> {
    let Some((service_id, endpoint_id)) = id.pair() else {
        let detail = format!(
            "{:?} is not the id of a service and the id of an endpoint with a slash between them. Import a connection by \
             both: terraform import ADDRESS {}/{} (with @REGION for another Region than the provider's, and with @NAME of \
             the peer_account that owns the service).",
            id.anchor,
            formats::SERVICE_ID.example,
            formats::ENDPOINT_ID.example
        );
        return Err(Diagnostic::error("Invalid import id", detail).into());
    };
    let mut found = Diagnostics::new();
    if let Some(peer) = id.peer
        && !check_peer(client, peer, Path::root(), &mut found).await
    {
        return Err(Undiscovered::Nothing(found));
    }
    let account = client.account(id.peer)?;
    let seed = connection::State {
        account: id.peer.map(str::to_owned),
        service_id: service_id.to_owned(),
        service_region: Some(client.region().to_owned()),
        endpoint_id: endpoint_id.to_owned(),
        rejects: true,
        service_owner: account.id().await?,
        ..connection::State::default()
    };
    let state = match Connection.read(client, &seed).await {
        Ok(Observed::Ready(state)) if state.is_over() => {
            return Err(Undiscovered::Absent(nothing(client, &seed).await));
        }
        Ok(Observed::Ready(state) | Observed::Pending { state, .. } | Observed::Failed { state, .. }) => state,
        Ok(Observed::Absent) => return Err(Undiscovered::Absent(nothing(client, &seed).await)),
        Err(failure) => return Err(failure.into()),
    };
    let mut record = Record::default();
    record.note_found(CONNECTION, &state);
    let config = ConnectionConfig {
        service_id: Attr::Known(state.service_id),
        endpoint_id: Attr::Known(state.endpoint_id),
        peer_account: state.account.into(),
        ..ConnectionConfig::default()
    };
    Ok(Discovered { record, config, uid: None, notes: Diagnostics::new() })
}

/// Why there is no acceptance to import.
async fn nothing(client: &Aws, asked: &connection::State) -> Diagnostic {
    let (service, endpoint) = (&asked.service_id, &asked.endpoint_id);
    let peer = asked.account.as_deref();
    let word = match client.account(peer) {
        Ok(account) => account.connection_state(service, endpoint).await.ok().flatten(),
        Err(_) => None,
    };
    let whose = peer.map_or("these credentials".to_owned(), |peer| format!("the credentials of peer_account {peer:?}"));
    let detail = match word {
        Some(word) => format!(
            "The connection of {endpoint} to {service} is {word}: there is no acceptance to import. Write the resource \
             without an import; its first apply accepts the endpoint."
        ),
        None => format!(
            "The endpoint service {service} shows no connection of {endpoint} to {whose} in {}. Where a peer_account owns \
             the service, its name stands at the end of the id: {service}/{endpoint}@NAME.",
            client.region()
        ),
    };
    Diagnostic::error(format!("Cannot import {service}/{endpoint}"), detail)
}
