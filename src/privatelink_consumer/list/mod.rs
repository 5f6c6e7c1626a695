//! Lists the interface endpoints of an account, for `terraform query`.

use std::collections::{BTreeMap, BTreeSet};

use super::Consumer;
use crate::aws::lookups::EndpointSeen;
use crate::aws::{Aws, tags};
use crate::engine::Result;
use crate::resource::{Found, Listed};
use crate::schema::{Rule, formats};
use crate::value::Attr;

/// AWS's words for endpoints that stay.
const STATES: &[&str] = &["available", "expired", "failed", "partial", "pending", "pendingAcceptance", "rejected"];

crate::attributes! {
    /// Lists the interface endpoints of the account that a `privatelink_consumer` can manage. Endpoints that a service of AWS made for itself are
    /// left out.
    pub struct Filters {
        /// Region of the endpoints; the provider's by default.
        optional region: String => [Rule::Is(&formats::REGION)],
        /// Only endpoints in this VPC.
        optional vpc_id: String => [Rule::Is(&formats::VPC_ID)],
        /// Only endpoints of this service, by its name.
        optional service_name: String,
        /// Only endpoints in these states; by default all but those that are being deleted.
        optional states: BTreeSet<String> => [Rule::OneOf(STATES)],
        /// Only endpoints that carry all of these tags.
        optional tags: BTreeMap<String, String>,
    }
}

impl Listed for Consumer {
    type Filters = Filters;

    async fn list(client: &Aws, filters: &Filters) -> Result<Vec<Found>> {
        let text = |value: &'_ Attr<String>| value.known().cloned();
        let (vpc_id, service_name) = (text(&filters.vpc_id), text(&filters.service_name));
        let endpoints = client.account(None)?.endpoints_seen(vpc_id.as_deref(), service_name.as_deref()).await?;
        let is_meant = |one: &EndpointSeen| {
            one.is_interface
                && !one.is_requester_managed
                && one.stays()
                && filters.states.known().is_none_or(|states| states.contains(&one.state))
                && tags::carries(&one.tags, filters.tags.known())
        };
        let found = endpoints.into_iter().filter(is_meant).map(|endpoint| {
            let name = endpoint.tags.get("Name").filter(|name| !name.is_empty()).cloned();
            Found {
                name: name.unwrap_or(endpoint.service_name),
                id: endpoint.id,
                account_id: Some(endpoint.owner).filter(|owner| !owner.is_empty()),
            }
        });
        Ok(found.collect())
    }
}
