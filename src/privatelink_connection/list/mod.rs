//! Lists the accepted connections of an account's services, for `terraform query`.

use std::collections::{BTreeMap, BTreeSet};

use super::Decision;
use crate::aws::lookups::ServiceConnection;
use crate::aws::{Aws, tags};
use crate::engine::Result;
use crate::resource::{Found, Listed};
use crate::schema::{Rule, formats};

/// AWS's words for connections that were accepted: the others are no decision that a resource could hold.
const STATES: &[&str] = &["available", "partial", "pending"];

crate::attributes! {
    /// Lists the connections to the account's endpoint services that were accepted, each of which a `privatelink_connection` can manage. Who waits to
    /// be accepted is in the data source `privatelink_connections`.
    pub struct Filters {
        /// Region of the services; the provider's by default.
        optional region: String => [Rule::Is(&formats::REGION)],
        /// Only connections to this endpoint service.
        optional service_id: String => [Rule::Is(&formats::SERVICE_ID)],
        /// Only connections of these accounts.
        optional owners: BTreeSet<String> => [Rule::Is(&formats::ACCOUNT_ID)],
        /// Only connections in these states.
        optional states: BTreeSet<String> => [Rule::OneOf(STATES)],
        /// Only connections that carry all of these tags, which are those of the service's owner.
        optional tags: BTreeMap<String, String>,
    }
}

impl Listed for Decision {
    type Filters = Filters;

    async fn list(client: &Aws, filters: &Filters) -> Result<Vec<Found>> {
        let account = client.account(None)?;
        let own = account.id().await?;
        let is_meant = |one: &ServiceConnection| {
            STATES.contains(&one.state.as_str())
                && filters.states.known().is_none_or(|states| states.contains(&one.state))
                && filters.owners.known().is_none_or(|owners| owners.contains(&one.owner))
                && tags::carries(&one.tags, filters.tags.known())
        };
        let connections = account.connections_of_services(filters.service_id.known().map(String::as_str)).await?;
        let found = connections.into_iter().filter(is_meant).map(|one| Found {
            name: format!("{} of account {}", one.endpoint_id, one.owner),
            id: format!("{}/{}", one.service_id, one.endpoint_id),
            account_id: own.clone(),
        });
        Ok(found.collect())
    }
}
