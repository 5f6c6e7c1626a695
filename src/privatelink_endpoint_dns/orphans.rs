//! What an interrupted run of the names may have made and no state names, and the run tag that leads to it.
//!
//! The endpoint carries the tag, where a `privatelink_consumer` made it: under keys of its own, beside the consumer's. Endpoints of
//! others carry none, for whoever manages them would take it away.

use super::EndpointDns;
use super::config::EndpointDnsConfig;
use crate::aws::Aws;
use crate::endpoint_names::chain::{HOSTED_ZONE, PROFILE_ASSOCIATION, RECORDS};
use crate::endpoint_names::orphans::{self as names, Lost};
use crate::engine::{Orphan, Result, RunKeys, TaggedLead};
use crate::resource::{Bearer, OrphanKinds, Recovery, Search, Tagging};

/// The keys of the tag.
const KEYS: RunKeys = RunKeys { tag: "privatelink:run-of-names", mark: "privatelink:run-of-names-mark" };

impl Recovery for EndpointDns {
    /// Associations go with a managed zone, and stay with one that is given. An update of records makes and removes single ones.
    const ORPHANS: OrphanKinds = OrphanKinds {
        all: &[HOSTED_ZONE, RECORDS, PROFILE_ASSOCIATION],
        created_on_update: &[RECORDS],
        found_through_anchor: &[],
    };

    fn tagging(config: &EndpointDnsConfig) -> Tagging {
        Tagging {
            hints: names::hints(&config.dns, &config.route53_profile_id),
            bearer: config.endpoint_id.known().map(|id| Bearer { id: id.clone(), keys: KEYS }),
            ..Tagging::default()
        }
    }

    async fn begun(_client: &Aws, _config: &EndpointDnsConfig, _resource: &str) -> Result<Vec<TaggedLead>> {
        Ok(Vec::new())
    }

    async fn anchor_of(_client: &Aws, _uid: &str) -> Result<Option<String>> {
        Ok(None)
    }

    fn stands_in_the_way(orphan: &Orphan, config: &EndpointDnsConfig) -> bool {
        names::stands_in_the_way(orphan, &config.route53_profile_id)
    }

    /// Looks for what the hints name, and no further: another resource may have names of the same endpoint.
    async fn orphans(client: &Aws, search: &Search<'_>) -> Result<Vec<Orphan>> {
        let Search { uid, record, hints, .. } = *search;
        names::orphans(client, Lost { uid, record, hints, exhaustive: false }).await
    }
}
