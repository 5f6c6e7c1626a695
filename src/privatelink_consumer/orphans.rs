//! What an interrupted update of a consumer may have made and no state names: security groups, managed zones, notifications, its
//! place in a Route 53 Profile, and records that lead to its endpoint.

use super::Consumer;
use super::chain::{ENDPOINT, HOSTED_ZONE, NOTIFICATION, PROFILE_ASSOCIATION, RECORDS, SECURITY_GROUP};
use super::config::ConsumerConfig;
use crate::aws::Aws;
use crate::endpoint_names::orphans::{self as names, Lost};
use crate::engine::{Orphan, Result, TaggedLead, View};
use crate::links::{endpoint, notification, security_group};
use crate::resource::{OrphanKinds, Recovery, Search, Tagging};

impl Recovery for Consumer {
    /// Rules go with their group, private DNS with the endpoint, associations with a managed zone. An update of records makes
    /// and removes single ones.
    const ORPHANS: OrphanKinds = OrphanKinds {
        all: &[ENDPOINT, SECURITY_GROUP, HOSTED_ZONE, RECORDS, NOTIFICATION, PROFILE_ASSOCIATION],
        created_on_update: &[RECORDS],
        found_through_anchor: &[],
    };

    /// A sibling differs in its subnets, and with them in its VPC, or in its service.
    fn tagging(config: &ConsumerConfig) -> Tagging {
        let service =
            [&config.service_name, &config.service_region].map(|one| one.known().cloned().unwrap_or_default());
        let subnets = config.subnets().known().cloned().unwrap_or_default();
        Tagging {
            lead: if config.manages_group() { SECURITY_GROUP } else { ENDPOINT },
            purpose: service.into_iter().chain(subnets).collect(),
            hints: hints(config),
            bearer: None,
        }
    }

    async fn begun(client: &Aws, _config: &ConsumerConfig, resource: &str) -> Result<Vec<TaggedLead>> {
        client.account(None)?.tagged_objects(resource).await
    }

    async fn anchor_of(client: &Aws, uid: &str) -> Result<Option<String>> {
        client.account(None)?.ec2_object_of(uid, "vpc-endpoint").await
    }

    fn stands_in_the_way(orphan: &Orphan, config: &ConsumerConfig) -> bool {
        names::stands_in_the_way(orphan, &config.route53_profile_id)
    }

    /// Looks for all of them.
    async fn orphans(client: &Aws, search: &Search<'_>) -> Result<Vec<Orphan>> {
        let account = client.account(None)?;
        let mut found = security_group::of_uid(account, search.uid).await?;
        if !search.has(ENDPOINT) {
            // One that nobody saw for a while may have been taken for gone.
            found.extend(endpoint::of_uid(account, search.uid).await?);
        }
        let Search { uid, record, hints, exhaustive } = *search;
        let topics = search.hints("t");
        let endpoint = View::of(record).state::<endpoint::State>(ENDPOINT);
        if let (Some(endpoint), false) = (endpoint.known(), topics.is_empty()) {
            let there = notification::of_endpoint(account, &endpoint.id).await?;
            found.extend(notification::strays(there, NOTIFICATION, &topics, &search.record.states(NOTIFICATION)?));
        }
        found.extend(names::orphans(client, Lost { uid, record, hints, exhaustive }).await?);
        Ok(found)
    }
}

/// Those of the names, and topics that are told.
fn hints(config: &ConsumerConfig) -> Vec<String> {
    let topics = notification::by_topic(&config.connection_notification).unwrap_or_default();
    let topics = topics.into_iter().map(|(topic, _)| format!("t:{topic}"));
    names::hints(&config.dns, &config.route53_profile_id).into_iter().chain(topics).collect()
}
