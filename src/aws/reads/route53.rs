//! Reads of Route 53. All of an account's calls share five a second, so a zone is read in few.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::types::{ChangeStatus, HostedZone, ResourceRecordSet, RrType, TagResourceType};

use crate::aws::client::Account;
use crate::aws::error::is_not_found;
use crate::aws::operation::Operation::Route53;
use crate::aws::tags::{self, Tags};
use crate::engine::Failure;
use crate::gather::Gather as _;

/// Records in one page, where several are wanted.
const PAGE: i32 = 100;

/// Name and type of a record: what is unique in a zone.
///
/// The name is in the form that people write: lower case, no dot at the end, `*` as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordKey {
    /// The full name.
    pub name: String,
    /// `A`, `CNAME`, `TXT`, …
    pub kind: String,
}

impl RecordKey {
    /// A key from any of AWS's spellings.
    pub fn new(name: &str, kind: &str) -> Self {
        Self { name: plain_name(name), kind: kind.to_owned() }
    }

    fn of(set: &ResourceRecordSet) -> Self {
        Self::new(set.name(), set.r#type().as_str())
    }
}

/// `\052.example.dev.` is `*.example.dev`.
fn plain_name(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*").to_ascii_lowercase()
}

/// An id without the path that AWS puts before it.
pub fn bare_id(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Order of names in a zone: label by label from the right.
fn in_zone_order(key: &RecordKey) -> Vec<String> {
    key.name.rsplit('.').map(str::to_owned).collect()
}

impl Account {
    /// A hosted zone with the VPCs that see it, as pairs of Region and id.
    pub async fn hosted_zone(
        &self,
        zone_id: &str,
    ) -> Result<Option<(HostedZone, BTreeSet<(String, String)>)>, Failure> {
        let sent = self.route53().get_hosted_zone().id(zone_id).send();
        let reply = match self.call(Route53("GetHostedZone"), sent).await {
            Ok(reply) => reply,
            Err(failure) if is_not_found(&failure) => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let vpcs = reply.vpcs().iter().filter_map(|vpc| {
            let region = vpc.vpc_region().map(|region| region.as_str().to_owned());
            Some((region?, vpc.vpc_id()?.to_owned()))
        });
        let vpcs = vpcs.gather();
        Ok(reply.hosted_zone.map(|zone| (zone, vpcs)))
    }

    /// The account's hosted zones of exactly this name, or all of them.
    pub async fn hosted_zones(&self, name: Option<&str>) -> Result<Vec<HostedZone>, Failure> {
        let is_wanted = |zone: &HostedZone| name.is_none_or(|name| plain_name(zone.name()) == plain_name(name));
        let (mut found, mut start) = (Vec::new(), (name.map(str::to_owned), None));
        loop {
            let sent =
                self.route53().list_hosted_zones_by_name().set_dns_name(start.0).set_hosted_zone_id(start.1).send();
            let reply = self.call(Route53("ListHostedZonesByName"), sent).await?;
            let before = found.len();
            let zones = reply.hosted_zones.len();
            found.extend(reply.hosted_zones.into_iter().filter(is_wanted));
            // Sorted by name: a page that ends with another one has shown all of ours.
            let all_ours = found.len() - before == zones && zones > 0;
            match reply.next_dns_name {
                Some(next) if reply.is_truncated && all_ours => start = (Some(next), reply.next_hosted_zone_id),
                _ => return Ok(found),
            }
        }
    }

    /// All tags of a hosted zone, ours too.
    pub async fn hosted_zone_tags(&self, zone_id: &str) -> Result<Option<Tags>, Failure> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let sent = account
                    .route53()
                    .list_tags_for_resources()
                    .resource_type(TagResourceType::Hostedzone)
                    .set_resource_ids(Some(ids))
                    .send();
                let reply = account.call(Route53("ListTagsForResources"), sent).await?;
                let by_id = reply.resource_tag_sets().iter().filter_map(|set| {
                    set.resource_id().map(|id| (bare_id(id).to_owned(), tags::from_route53(set.tags())))
                });
                Ok(by_id.collect::<Vec<_>>())
            }
        };
        self.reads().zone_tags.get(bare_id(zone_id), fetch).await
    }

    /// Those of the wanted records that exist; none where the zone does not.
    pub async fn records(
        &self,
        zone_id: &str,
        wanted: &BTreeSet<RecordKey>,
    ) -> Result<Option<BTreeMap<RecordKey, ResourceRecordSet>>, Failure> {
        let mut found = BTreeMap::new();
        let mut open: Vec<RecordKey> = wanted.iter().cloned().collect();
        // From the back, because the next one to ask for is popped.
        open.sort_by_key(|key| std::cmp::Reverse((in_zone_order(key), key.kind.clone())));
        while let Some(key) = open.pop() {
            let sent = self
                .route53()
                .list_resource_record_sets()
                .hosted_zone_id(zone_id)
                .start_record_name(&key.name)
                .start_record_type(RrType::from(key.kind.as_str()))
                .max_items(if open.is_empty() { 1 } else { PAGE })
                .send();
            let page = match self.call(Route53("ListResourceRecordSets"), sent).await {
                Ok(reply) => reply.resource_record_sets,
                Err(failure) if is_not_found(&failure) => return Ok(None),
                Err(failure) => return Err(failure),
            };
            // The page starts at the wanted record or, where that is absent, at the one behind it;
            // it often holds the others too, which are then not asked for again.
            for set in page {
                let key = RecordKey::of(&set);
                if wanted.contains(&key) {
                    open.retain(|other| *other != key);
                    found.insert(key, set);
                }
            }
        }
        Ok(Some(found))
    }

    /// Whether a change has reached all name servers.
    pub async fn is_in_sync(&self, change_id: &str) -> Result<bool, Failure> {
        let sent = self.route53().get_change().id(bare_id(change_id)).send();
        match self.call(Route53("GetChange"), sent).await {
            Ok(reply) => Ok(reply.change_info.is_none_or(|change| change.status == ChangeStatus::Insync)),
            // AWS forgets old changes, which are done then.
            Err(failure) if is_not_found(&failure) => Ok(true),
            Err(failure) => Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_one_key_in_every_spelling_of_its_name() {
        let key = RecordKey::new("*.api.example.dev", "A");
        assert_eq!(RecordKey::new("\\052.API.example.dev.", "A"), key);
        assert_ne!(RecordKey::new("*.api.example.dev", "AAAA"), key);
    }

    #[test]
    fn ids_lose_their_path() {
        assert_eq!(bare_id("/hostedzone/Z1"), "Z1");
        assert_eq!(bare_id("/change/C1"), "C1");
        assert_eq!(bare_id("Z1"), "Z1");
    }
}
