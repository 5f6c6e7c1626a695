//! What must exist for the names of a given endpoint, what each object needs, and how each is taken down.

use super::config::EndpointDnsConfig;
use crate::aws::Aws;
pub use crate::endpoint_names::chain::{ENDPOINT, HOSTED_ZONE, PRIVATE_DNS, PRIVATE_NAME};
use crate::endpoint_names::chain::{
    EXISTING_ZONE, PROFILE_ASSOCIATION, RECORDS, Target, ZONE_ASSOCIATION, ZoneOwner, add_kinds, add_private_dns,
    add_zones,
};
use crate::engine::{Catalogue, Chain};
use crate::links::endpoint::{self, GivenEndpoint, GivenSpec};
use crate::links::private_dns::PrivateDns;
use crate::links::private_dns_claim::{self, PrivateDnsClaim};
use crate::links::private_name::{self, PrivateName};
use crate::value::Attr;

/// The word to the consumer that it leaves private DNS alone.
pub const PRIVATE_DNS_CLAIM: &str = "private_dns_claim";

/// Everything that the configuration asks for. Nothing is made before the endpoint works: a zone without records would
/// hide the public names of a vendor that has not accepted yet.
pub fn chain(config: &EndpointDnsConfig) -> Chain<Aws> {
    let mut chain = Chain::new();
    let endpoint_id = config.endpoint_id.clone();
    let endpoint = chain
        .link(ENDPOINT, GivenEndpoint, (), move |()| Some(GivenSpec { endpoint_id: endpoint_id.clone().settled()?? }));
    if config.private_dns_enabled == Attr::Known(true) {
        let claim = chain.link(PRIVATE_DNS_CLAIM, PrivateDnsClaim, (endpoint.ready(),), |(endpoint,)| {
            let is_of_a_consumer = endpoint.named.is_some();
            Some(private_dns_claim::Spec { endpoint_id: endpoint.id.clone(), is_of_a_consumer })
        });
        let region = config.region.clone();
        let parents = (endpoint.ready(), vec![claim.first()]);
        let name =
            chain.link(PRIVATE_NAME, PrivateName, parents, move |(endpoint, ())| private_name_of(endpoint, &region));
        let only = config.private_dns_only_for_inbound_resolver_endpoint;
        add_private_dns(&mut chain, &endpoint, &name, only, &config.route53_profile_id);
    }
    let owner = ZoneOwner {
        name: config.endpoint_id.clone(),
        uid: config.memory.owner_uid().map(str::to_owned),
        region: config.region.clone(),
        tags: config.tags_all.clone().settled().map(Option::unwrap_or_default),
    };
    let vpc = endpoint.ready();
    add_zones(&mut chain, &owner, &Target { endpoint, vpc }, &config.dns);
    chain
}

fn private_name_of(endpoint: &endpoint::State, region: &Attr<String>) -> Option<private_name::Spec> {
    let own = region.clone().settled()?;
    Some(private_name::Spec {
        service_name: endpoint.service_name.clone(),
        service_region: endpoint.service_region.clone().filter(|region| Some(region) != own.as_ref()),
    })
}

/// Every kind of link, and what must be gone before it. The endpoint stays, so private DNS is switched off.
pub fn catalogue() -> Catalogue<Aws> {
    let mut catalogue = Catalogue::new();
    let names =
        [RECORDS, HOSTED_ZONE, EXISTING_ZONE, ZONE_ASSOCIATION, PROFILE_ASSOCIATION, PRIVATE_DNS, PRIVATE_DNS_CLAIM];
    catalogue.kind(ENDPOINT, GivenEndpoint).anchor().after(&names).released();
    catalogue.kind(PRIVATE_DNS, PrivateDns).after(&[PROFILE_ASSOCIATION]);
    catalogue.kind(PRIVATE_DNS_CLAIM, PrivateDnsClaim).after(&[PRIVATE_DNS]);
    add_kinds(&mut catalogue);
    catalogue
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_contradicts_itself_nowhere() {
        assert_eq!(catalogue().defects(), Vec::<String>::new());
    }
}
