//! Lists the endpoint services of an account, for `terraform query`.

use std::collections::{BTreeMap, BTreeSet};

use super::Service;
use crate::aws::lookups::OwnService;
use crate::aws::{Aws, tags};
use crate::engine::Result;
use crate::resource::{Found, Listed};
use crate::schema::{Rule, formats};
use crate::value::Attr;

/// The type of services that are AWS PrivateLink's.
const INTERFACE: &str = "Interface";
/// AWS's words for services that stay.
const STATES: &[&str] = &["Available", "Failed", "Pending"];

crate::attributes! {
    /// Lists the endpoint services of the account that a `privatelink_service` can manage: those in front of network load balancers.
    pub struct Filters {
        /// Region of the services; the provider's by default.
        optional region: String => [Rule::Is(&formats::REGION)],
        /// Only services with a load balancer in this VPC.
        optional vpc_id: String => [Rule::Is(&formats::VPC_ID)],
        /// Only services in these states; by default all but those that are being deleted.
        optional states: BTreeSet<String> => [Rule::OneOf(STATES)],
        /// Only services that carry all of these tags.
        optional tags: BTreeMap<String, String>,
    }
}

impl Listed for Service {
    type Filters = Filters;

    async fn list(client: &Aws, filters: &Filters) -> Result<Vec<Found>> {
        let account = client.account(None)?;
        let own = account.id().await?;
        let is_in_state = |word: &str, state: &str| word.eq_ignore_ascii_case(state);
        let is_meant = |one: &OwnService| {
            let stays = STATES.iter().any(|word| is_in_state(word, &one.state));
            let is_wanted = |states: &BTreeSet<String>| states.iter().any(|word| is_in_state(word, &one.state));
            one.service_type == INTERFACE
                && stays
                && filters.states.known().is_none_or(is_wanted)
                && tags::carries(&one.tags, filters.tags.known())
        };
        let mut services = account.own_services().await?;
        services.retain(is_meant);
        if let Attr::Known(vpc_id) = &filters.vpc_id {
            services = account.services_in_vpc(services, vpc_id).await?;
        }
        let found = services.into_iter().map(|service| {
            let account_id = own.clone().or_else(|| service.account_of_load_balancers());
            Found { name: service.display_name(), id: service.id, account_id }
        });
        Ok(found.collect())
    }
}
