//! Private DNS of a consumer that is replaced: AWS allows one endpoint of a VPC to answer to a name, so it moves last.

use std::collections::BTreeSet;

use serde_json::to_value;

use super::chain::{ENDPOINT, PRIVATE_DNS, PRIVATE_NAME};
use super::config::ConsumerConfig;
use crate::aws::{Aws, tags};
use crate::diagnostic::Diagnostic;
use crate::engine::{Failure, LinkName, Record, View};
use crate::links::subnets::Places;
use crate::links::{endpoint, private_dns, private_name};
use crate::resource::Estate;
use crate::value::{Attr, Path};

/// The private names, where the one endpoint that answers to them belongs to a consumer of the same name.
pub(super) async fn estate(
    client: &Aws,
    config: &ConsumerConfig,
    resource: &str,
) -> Result<Option<Estate<ConsumerConfig>>, Failure> {
    let (Attr::Known(true), Attr::Known(service), Attr::Known(subnet_ids)) =
        (&config.private_dns_enabled, &config.service_name, config.subnets())
    else {
        return Ok(None);
    };
    let account = client.account(None)?;
    let places = Places::of(account, &subnet_ids).await?;
    let region = config.service_region.known().map(String::as_str);
    let vpcs = places.by_vpc();
    let (Some(vpc_id), Some(offer)) = (vpcs.keys().next(), account.offer(service, region).await?) else {
        return Ok(None);
    };
    let mut holders = BTreeSet::new();
    for name in &offer.private_dns_names {
        holders.extend(account.other_endpoints_answering_to(vpc_id, name, service, None).await?);
    }
    let (Some(holder), true, true) = (holders.first(), holders.len() == 1, offer.is_proved()) else { return Ok(None) };
    let mut carried = account.ec2_tags(holder).await?;
    let is_of_that_name = carried.get(tags::RESOURCE).map(String::as_str) == Some(resource);
    let Some(uid) = carried.remove(tags::UID).filter(|_| is_of_that_name && !carried.contains_key(tags::LEASE)) else {
        return Ok(None);
    };
    let names: Vec<&str> = offer.private_dns_names.iter().map(String::as_str).collect();
    let detail = format!(
        "{holder} in {vpc_id} belongs to a consumer of the same name and still answers to {}, which AWS allows one endpoint \
         to. It keeps the name until it is destroyed: next in this apply, where create_before_destroy replaces it, and then \
         the name moves here before anything of it is removed. Where nothing in this apply destroys it, the next plan shows \
         that private DNS is off here.",
        names.join(", ")
    );
    let proved = private_name::State {
        service_name: service.clone(),
        service_region: region
            .filter(|region| Some(*region) != config.region.known().map(String::as_str))
            .map(str::to_owned),
        names: offer.private_dns_names.clone(),
        verification: offer.private_dns_state.clone(),
        proved: true,
    };
    Ok(Some(Estate {
        uid,
        beginning: ConsumerConfig { private_dns_enabled: Attr::Known(false), ..config.clone() },
        links: vec![LinkName::from(PRIVATE_DNS)],
        warning: Diagnostic::warning("Private DNS moves last", detail).at(Path::attribute("private_dns_enabled")),
        promise: Box::new(move |record: &Record| {
            let endpoint = View::of(record).state::<endpoint::State>(ENDPOINT);
            let works = |endpoint: &&endpoint::State| {
                endpoint.state.as_ref().is_some_and(|word| word.eq_ignore_ascii_case("available"))
            };
            let endpoint_id = endpoint.known().filter(works)?.id.clone();
            let private_dns_names = Some(proved.names.clone());
            let on = private_dns::State { endpoint_id, private_dns_names };
            Some(vec![
                (LinkName::from(PRIVATE_NAME), to_value(&proved).ok()?),
                (LinkName::from(PRIVATE_DNS), to_value(on).ok()?),
            ])
        }),
    }))
}
