//! The service's private names, which one endpoint of a VPC answers to.

use std::collections::BTreeSet;

use serde_json::to_value;

use super::part::{Part, Place};
use crate::engine::{LinkName, Result};
use crate::links::{endpoint, private_dns, private_name};
use crate::privatelink_consumer::chain::{PRIVATE_DNS, PRIVATE_NAME};
use crate::value::Attr;

/// The names, where the one endpoint that answers to them is of a consumer of the same name.
pub(super) async fn part(place: &Place<'_>) -> Result<Option<Part>> {
    let (config, vpc_id) = (place.config, place.vpc_id);
    let (Attr::Known(true), Attr::Known(service)) = (&config.private_dns_enabled, &config.service_name) else {
        return Ok(None);
    };
    let account = place.client.account(None)?;
    let region = config.service_region.known().map(String::as_str);
    let Some(service_detail) = account.service_detail(service, region).await? else { return Ok(None) };
    let mut holders = BTreeSet::new();
    for name in &service_detail.private_dns_names {
        holders.extend(account.other_endpoints_answering_to(vpc_id, name, service, None).await?);
    }
    let (Some(holder), true, true) = (holders.first(), holders.len() == 1, service_detail.is_proved()) else {
        return Ok(None);
    };
    let Some(uid) = place.uid_of(&account.ec2_tags(holder).await?) else { return Ok(None) };
    let names: Vec<&str> = service_detail.private_dns_names.iter().map(String::as_str).collect();
    let words = format!(
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
        names: service_detail.private_dns_names.clone(),
        verification: service_detail.private_dns_state.clone(),
        proved: true,
    };
    let inbound_resolver_only = config.inbound_resolver_only().flatten();
    Ok(Some(Part {
        uid,
        words,
        links: vec![LinkName::from(PRIVATE_DNS)],
        objects: Vec::new(),
        states: Box::new(move |endpoint: &endpoint::State| {
            let private_dns_names = Some(proved.names.clone());
            let endpoint_id = endpoint.id.clone();
            let on = private_dns::State { endpoint_id, private_dns_names, inbound_resolver_only };
            Some(vec![
                (LinkName::from(PRIVATE_NAME), to_value(&proved).ok()?),
                (LinkName::from(PRIVATE_DNS), to_value(on).ok()?),
            ])
        }),
    }))
}
