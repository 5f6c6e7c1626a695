//! Import: from the endpoint to its group, its rules, its zone and records.

use super::chain::{ENDPOINT, NETWORK, NOTIFICATION, PRIVATE_DNS, PRIVATE_NAME};
use super::config::ConsumerConfig;
use super::hand_made_group;
use crate::aws::{Aws, tags};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::endpoint_names::discover::{find_profile, find_zones};
use crate::engine::{Failure, Link, LinkName, Observed, Record};
use crate::gather::Gather as _;
use crate::links::endpoint::{self, Endpoint};
use crate::links::{network, notification, private_dns, private_name};
use crate::resource::{Discovered, Undiscovered};
use crate::schema::formats;

/// Walks from the endpoint `id`.
pub(super) async fn discover(client: &Aws, id: &str) -> Result<Discovered<ConsumerConfig>, Undiscovered> {
    if !(formats::ENDPOINT_ID.holds)(id) {
        let detail = format!(
            "{id:?} is not {}. Import a consumer by its endpoint: terraform import ADDRESS {} (with @REGION for another \
             Region than the provider's).",
            formats::ENDPOINT_ID.what,
            formats::ENDPOINT_ID.example
        );
        return Err(Diagnostic::error("Invalid import id", detail).into());
    }
    walk(client, id).await?.ok_or_else(|| {
        let detail = format!("There is no interface endpoint {id} in {} for these credentials.", client.region());
        Undiscovered::Absent(Diagnostic::error(format!("Cannot import {id}"), detail))
    })
}

async fn walk(client: &Aws, id: &str) -> Result<Option<Discovered<ConsumerConfig>>, Failure> {
    let account = client.account(None)?;
    let seed = endpoint::State { id: id.to_owned(), ..endpoint::State::default() };
    let endpoint = match Endpoint.read(client, &seed).await? {
        Observed::Ready(state) | Observed::Pending { state, .. } | Observed::Failed { state, .. } => state,
        Observed::Absent => return Ok(None),
    };
    let uid = account.ec2_tags(id).await?.remove(tags::UID);
    let mut record = Record::default();
    let network = network::State {
        vpc_id: endpoint.vpc_id.clone(),
        subnets: endpoint.subnet_ids.iter().map(|id| (id.clone(), network::Subnet::default())).gather(),
        ..network::State::default()
    };
    record.note_found(NETWORK, &network);
    let mut notes = Diagnostics::new();
    if let Some(uid) = &uid {
        let mut groups = endpoint.security_group_ids.iter();
        // A group without this uid was given to an endpoint of ours.
        if let (Some(group), None) = (groups.next(), groups.next())
            && account.ec2_tags(group).await?.get(tags::UID) == Some(uid)
        {
            hand_made_group::note(account, group, &endpoint.vpc_id, &mut record).await?;
        }
    } else if let Some(told) = hand_made_group::find(account, &endpoint, &mut record).await? {
        notes.push(told);
    }
    if endpoint.private_dns_enabled {
        let on = private_dns::State { endpoint_id: id.to_owned(), ..private_dns::State::default() };
        record.note_found(PRIVATE_DNS, &on);
        let own = |region: &String| region != client.region();
        let name = private_name::State {
            service_name: endpoint.service_name.clone(),
            service_region: endpoint.service_region.clone().filter(own),
            proved: true,
            ..Default::default()
        };
        record.note_found(PRIVATE_NAME, &name);
        find_profile(account, &endpoint, &mut record).await;
    }
    for state in notification::of_endpoint(account, id).await? {
        record.note_found(LinkName::keyed(NOTIFICATION, &state.topic_arn), &state);
    }
    if let Some(dns_name) = &endpoint.dns_name {
        find_zones(client, &endpoint, dns_name, uid.as_deref(), &mut record).await?;
    }
    record.note_found(ENDPOINT, &endpoint);
    Ok(Some(Discovered { record, config: ConsumerConfig::default(), uid, notes }))
}
