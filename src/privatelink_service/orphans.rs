//! What a interrupted update of a service may have made and no state names: load balancers, target groups, listeners,
//! notifications, and the TXT record of a private name.

use std::collections::BTreeSet;

use serde_json::json;

use super::Service;
use super::chain::{ENDPOINT_SERVICE, LISTENER, LOAD_BALANCER, NOTIFICATION, TARGET_GROUP, VERIFICATION_RECORD};
use super::config::ServiceConfig;
use crate::aws::{Account, Aws, RecordKey};
use crate::engine::{Entry, Link as _, Observed, Orphan, Result, TaggedLead};
use crate::gather::Gather as _;
use crate::links::endpoint_service::{self, EndpointService};
use crate::links::{notification, verification_record};
use crate::resource::{Composite as _, OrphanKinds, Recovery, Search, Tagging};

impl Recovery for Service {
    /// Targets go with their group, principals with their service.
    const ORPHANS: OrphanKinds = OrphanKinds {
        all: &[ENDPOINT_SERVICE, LOAD_BALANCER, TARGET_GROUP, LISTENER, NOTIFICATION, VERIFICATION_RECORD],
        created_on_update: &[],
        found_through_anchor: &[VERIFICATION_RECORD],
    };

    fn tagging(config: &ServiceConfig) -> Tagging {
        let subnets = config.subnets().unwrap_or_default();
        let given = config.load_balancer_arns.known().cloned().unwrap_or_default();
        Tagging {
            lead: if config.has_given_load_balancers() { ENDPOINT_SERVICE } else { LOAD_BALANCER },
            purpose: subnets.into_iter().chain(given).collect(),
            hints: hints(config),
            bearer: None,
        }
    }

    async fn begun(client: &Aws, config: &ServiceConfig, resource: &str) -> Result<Vec<TaggedLead>> {
        let account = client.account(None)?;
        if config.has_given_load_balancers() {
            return account.tagged_objects(resource).await;
        }
        account.tagged_load_balancers(&Self::name(config), resource).await
    }

    async fn anchor_of(client: &Aws, uid: &str) -> Result<Option<String>> {
        client.account(None)?.ec2_object_of(uid, "vpc-endpoint-service").await
    }

    /// Looks for all of them.
    async fn orphans(client: &Aws, search: &Search<'_>) -> Result<Vec<Orphan>> {
        let account = client.account(None)?;
        let names: BTreeSet<String> = search.hints("n").into_iter().map(str::to_owned).gather();
        let names = Some(&names).filter(|_| !search.exhaustive);
        let (balancers, groups) = tokio::try_join!(
            account.load_balancers_of(search.uid, names),
            account.target_groups_of(search.uid, names)
        )?;
        let mut found = Vec::new();
        for one in groups {
            let state = json!({"arn": one.object.target_group_arn(), "name": one.object.target_group_name()});
            found.push(Orphan { link: one.link, generation: Some(one.generation), state });
        }
        for one in balancers {
            let arn = one.object.load_balancer_arn().unwrap_or_default();
            for listener in account.owned_listeners(search.uid, arn).await? {
                let state = json!({"arn": listener.object.listener_arn(), "load_balancer_arn": arn});
                found.push(Orphan { link: listener.link, generation: Some(listener.generation), state });
            }
            let state = json!({"arn": arn, "name": one.object.load_balancer_name()});
            found.push(Orphan { link: one.link, generation: Some(one.generation), state });
        }
        if !search.has(ENDPOINT_SERVICE) {
            // One that nobody saw for a while may have been taken for gone.
            found.extend(endpoint_service::of_uid(account, search.uid).await?);
        }
        if let Some(service_id) = search.record.links.get(&ENDPOINT_SERVICE.into()).and_then(Entry::id) {
            found.extend(notifications(account, search, &service_id).await?);
            found.extend(txt_records(client, search, service_id).await?);
        }
        Ok(found)
    }
}

/// How names in AWS begin, topics that are told, and the zone of the TXT record with its peer.
fn hints(config: &ServiceConfig) -> Vec<String> {
    let name = config.name.known().map(|name| format!("n:{name}"));
    let zone = config.private_dns.known().and_then(|private_dns| {
        let zone = private_dns.hosted_zone_id.known()?;
        Some(format!("z:{zone}@{}", private_dns.peer_account.known().map_or("", String::as_str)))
    });
    let topics = config.notifications().unwrap_or_default().into_iter().map(|(topic, _)| format!("t:{topic}"));
    name.into_iter().chain(zone).chain(topics).collect()
}

/// Those of our service on a topic that the interrupted run was to tell.
async fn notifications(account: &Account, search: &Search<'_>, service_id: &str) -> Result<Vec<Orphan>> {
    let topics = search.hints("t");
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let there = notification::of_service(account, service_id).await?;
    Ok(notification::strays(there, NOTIFICATION, &topics, &search.record.states(NOTIFICATION)?))
}

/// The value that AWS wants of this service is its own, so whoever published it did so for us.
async fn txt_records(client: &Aws, search: &Search<'_>, service_id: String) -> Result<Vec<Orphan>> {
    let seed = endpoint_service::State { id: service_id, ..Default::default() };
    let service = match EndpointService.read(client, &seed).await? {
        Observed::Ready(state) | Observed::Pending { state, .. } | Observed::Failed { state, .. } => state,
        Observed::Absent => return Ok(Vec::new()),
    };
    let Some(wanted) = service.private_dns_record else { return Ok(Vec::new()) };
    let key = RecordKey::new(&wanted.name, "TXT");
    let mut found = Vec::new();
    for word in search.hints("z") {
        let (zone_id, peer) = word.split_once('@').unwrap_or((word, ""));
        let account_name = (!peer.is_empty()).then(|| peer.to_owned());
        let is_recorded = search
            .record
            .states::<verification_record::State>(VERIFICATION_RECORD)?
            .iter()
            .any(|state| state.zone_id == zone_id && state.value == wanted.value);
        let account = client.account(account_name.as_deref())?;
        let says = account.what_records_say(zone_id, &BTreeSet::from([key.clone()])).await?;
        let is_there = says.get(&key).is_some_and(|values| values.contains(&wanted.value));
        if is_there && !is_recorded {
            let state = verification_record::State {
                account: account_name,
                zone_id: zone_id.to_owned(),
                name: key.name.clone(),
                value: wanted.value.clone(),
                ..verification_record::State::default()
            };
            found.push(Orphan::untagged(VERIFICATION_RECORD, &state));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privatelink_service::config::PrivateDnsBlock;
    use crate::value::Attr;

    #[test]
    fn the_hints_name_what_tags_do_not_tell() {
        let private_dns = PrivateDnsBlock {
            hosted_zone_id: Attr::Known("Z1".into()),
            peer_account: Attr::Known("dns".into()),
            ..PrivateDnsBlock::default()
        };
        let config = ServiceConfig {
            name: Attr::Known("api".into()),
            private_dns: Attr::Known(private_dns),
            ..ServiceConfig::default()
        };
        assert_eq!(hints(&config), ["n:api", "z:Z1@dns"]);
        assert_eq!(hints(&ServiceConfig::default()), Vec::<String>::new());
    }
}
