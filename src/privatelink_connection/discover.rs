//! What an import finds: a decision that was taken.

use super::chain::CONNECTION;
use super::config::ConnectionConfig;
use crate::aws::Aws;
use crate::diagnostic::Diagnostic;
use crate::engine::{Link as _, Observed, Record};
use crate::links::connection::{self, Connection};
use crate::resource::{Discovered, ImportId, Undiscovered};
use crate::schema::formats;
use crate::value::Attr;

/// Finds the connection `vpce-svc-…/vpce-…`.
pub(super) async fn discover(client: &Aws, id: &str) -> Result<Discovered<ConnectionConfig>, Undiscovered> {
    let Some((service_id, endpoint_id)) = ImportId::pair(id) else {
        let detail = format!(
            "{id:?} is not the id of a service and the id of an endpoint with a slash between them. Import a connection by \
             both: terraform import ADDRESS {}/{} (with @REGION for another Region than the provider's).",
            formats::SERVICE_ID.example,
            formats::ENDPOINT_ID.example
        );
        return Err(Diagnostic::error("Invalid import id", detail).into());
    };
    let seed = connection::State {
        service_id: service_id.to_owned(),
        service_region: Some(client.region().to_owned()),
        endpoint_id: endpoint_id.to_owned(),
        rejects: true,
        service_owner: client.account(None)?.id().await?,
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
        ..ConnectionConfig::default()
    };
    Ok(Discovered { record, config, uid: None })
}

/// Why there is no acceptance to import.
async fn nothing(client: &Aws, asked: &connection::State) -> Diagnostic {
    let (service, endpoint) = (&asked.service_id, &asked.endpoint_id);
    let word = match client.account(None) {
        Ok(account) => account.connection_state(service, endpoint).await.ok().flatten(),
        Err(_) => None,
    };
    let detail = match word {
        Some(word) => format!(
            "The connection of {endpoint} to {service} is {word}: there is no acceptance to import. Write the resource \
             without an import; its first apply accepts the endpoint."
        ),
        None => format!(
            "The endpoint service {service} shows no connection of {endpoint} to these credentials in {}.",
            client.region()
        ),
    };
    Diagnostic::error(format!("Cannot import {service}/{endpoint}"), detail)
}
