//! Reads of Route 53. All of an account's calls share five a second, so a zone is read in few.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_route53::types::{ChangeStatus, HostedZone, HostedZoneConfig, ResourceRecordSet, RrType, TagResourceType};
use tokio::time::Instant;

use super::ZoneWithVpcs;
use crate::aws::client::Account;
use crate::aws::error::{if_present, is_not_found};
use crate::aws::operation::Operation::Route53;
use crate::aws::record_key::{RecordKey, bare_id, plain_name};
use crate::aws::seen::SeenZone;
use crate::aws::tags::{self, Tags};
use crate::aws::ttl_cache::LATELY;
use crate::aws::views::{Known, Page};
use crate::aws::writes::Domain;
use crate::engine::{Reading, Result};
use crate::gather::Gather as _;

/// Records in one page, where several are wanted.
const PAGE: i32 = 100;
/// Records in one page, at most.
const WHOLE_PAGE: i32 = 300;

/// A zone as a list tells of it, with the one VPC that the list is of.
fn shown_in_a_list(zone: SeenZone, region: &str, vpc_id: &str) -> Option<(String, ZoneWithVpcs)> {
    let private = HostedZoneConfig::builder().private_zone(true).build();
    let shown =
        HostedZone::builder().id(&zone.zone_id).name(zone.name).caller_reference("").config(private).build().ok()?;
    Some((zone.zone_id, (shown, BTreeSet::from([(region.to_owned(), vpc_id.to_owned())]))))
}

/// How long a change that is on its way is taken to be so.
const PENDING_HOLDS: Duration = Duration::from_secs(4);

/// Order of names in a zone: label by label from the right.
fn in_zone_order(key: &RecordKey) -> Vec<String> {
    key.name.rsplit('.').map(str::to_owned).collect()
}

impl Account {
    /// A hosted zone with the VPCs that see it, as pairs of Region and id.
    pub async fn hosted_zone(&self, zone_id: &str) -> Result<Option<(HostedZone, BTreeSet<(String, String)>)>> {
        self.hosted_zone_seen_from(zone_id, None).await
    }

    /// The same of a zone that this VPC should see, a pair of Region and id: whoever confirms no more than that may find it in the
    /// list of the zones that the VPC sees.
    pub async fn hosted_zone_seen_from(
        &self,
        zone_id: &str,
        vpc: Option<(&str, &str)>,
    ) -> Result<Option<(HostedZone, BTreeSet<(String, String)>)>> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let mut found = Vec::new();
                for id in ids {
                    found.extend(account.hosted_zone_now(&id).await?.map(|zone| (id, zone)));
                }
                Ok(found)
            }
        };
        // One page of a VPC shows a hundred zones that it sees; of each no more than that it does.
        let list = vpc.map(|(region, vpc_id)| {
            move || async move {
                let seen = self.zones_that_a_vpc_sees(vpc_id, region).await?;
                Ok(seen.into_iter().filter_map(|zone| shown_in_a_list(zone, region, vpc_id)).collect())
            }
        });
        let name = vpc.map(|(region, vpc_id)| format!("{region} {vpc_id}")).unwrap_or_default();
        self.reads().hosted_zones.get_or_list(zone_id, fetch, &name, list).await
    }

    async fn hosted_zone_now(&self, zone_id: &str) -> Result<Option<ZoneWithVpcs>> {
        let sent = self.route53().get_hosted_zone().id(zone_id).send();
        let Some(reply) = if_present(self.call(Route53("GetHostedZone"), sent).await)? else { return Ok(None) };
        let vpcs = reply.vpcs().iter().filter_map(|vpc| {
            let region = vpc.vpc_region().map(|region| region.as_str().to_owned());
            Some((region?, vpc.vpc_id()?.to_owned()))
        });
        let vpcs = vpcs.gather();
        Ok(reply.hosted_zone.map(|zone| (zone, vpcs)))
    }

    /// Whether a VPC of a Region has been seen to see a zone in the last minutes, in which this process changed no zone.
    pub async fn is_known_to_see(&self, zone_id: &str, vpc: (String, String)) -> Result<bool> {
        let key = format!("{zone_id} {} {}", vpc.0, vpc.1);
        let holds = |age: Duration, (): &()| {
            let asked = Instant::now().checked_sub(age);
            age < LATELY && asked.is_none_or(|asked| self.writes().none_since(&Domain::Zones, asked))
        };
        let ask = async {
            let found = self.hosted_zone(zone_id).await?;
            Ok(found.is_some_and(|(_, vpcs)| vpcs.contains(&vpc)).then_some(()))
        };
        Ok(self.reads().cache.sights.get_while(&key, holds, ask).await?.is_some())
    }

    /// The account's hosted zones of exactly this name, or all of them.
    pub async fn hosted_zones(&self, name: Option<&str>) -> Result<Vec<HostedZone>> {
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
    pub async fn hosted_zone_tags(&self, zone_id: &str) -> Result<Option<Tags>> {
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
        self.reads().zone_tags.get_unlisted(bare_id(zone_id), fetch).await
    }

    /// Those of the wanted records that exist; none where the zone does not.
    pub async fn records(
        &self,
        zone_id: &str,
        wanted: &BTreeSet<RecordKey>,
    ) -> Result<Option<BTreeMap<RecordKey, ResourceRecordSet>>> {
        match Reading::at_work() {
            Some(reading) => self.records_on_pages(zone_id, wanted, &reading).await,
            None => self.records_now(zone_id, wanted).await,
        }
    }

    /// The same from pages that others have read, and from whole pages where there are none.
    async fn records_on_pages(
        &self,
        zone_id: &str,
        wanted: &BTreeSet<RecordKey>,
        reading: &Reading,
    ) -> Result<Option<BTreeMap<RecordKey, ResourceRecordSet>>> {
        let views = &self.reads().zone_records;
        let _turn = views.turn(zone_id).await;
        let Known { mut found, mut open } = views.known(zone_id, wanted, reading);
        while let Some(first) = open.iter().min_by_key(|key| in_zone_order(key)).cloned() {
            // Most zones are one page. The first reader knows nothing of that, and asks from what it wants on.
            let from = (!views.has_any(zone_id) || views.has_beginning(zone_id)).then_some(first.name.as_str());
            let asked = Instant::now();
            let sent = self
                .route53()
                .list_resource_record_sets()
                .hosted_zone_id(zone_id)
                .set_start_record_name(from.map(str::to_owned))
                .max_items(WHOLE_PAGE)
                .send();
            let Some(reply) = if_present(self.call(Route53("ListResourceRecordSets"), sent).await)? else {
                return Ok(None);
            };
            let next = reply.next_record_name.filter(|_| reply.is_truncated);
            let page = Page::new(asked, from, next.as_deref(), reply.resource_record_sets, reading);
            // What was asked for by its name is on the page or nowhere.
            for key in open.clone() {
                if page.tells(&key) || (key == first && from.is_some()) {
                    found.extend(page.record(&key).map(|record| (key.clone(), record.clone())));
                    open.remove(&key);
                }
            }
            views.keep(zone_id, page);
        }
        Ok(Some(found))
    }

    async fn records_now(
        &self,
        zone_id: &str,
        wanted: &BTreeSet<RecordKey>,
    ) -> Result<Option<BTreeMap<RecordKey, ResourceRecordSet>>> {
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
            let Some(reply) = if_present(self.call(Route53("ListResourceRecordSets"), sent).await)? else {
                return Ok(None);
            };
            let page = reply.resource_record_sets;
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

    /// Whether a change has reached all name servers. Many wait for one change: an answer serves them for a moment, and for good
    /// where it is that the change has.
    pub async fn is_in_sync(&self, change_id: &str) -> Result<bool> {
        let ask = async {
            let sent = self.route53().get_change().id(bare_id(change_id)).send();
            match self.call(Route53("GetChange"), sent).await {
                Ok(reply) => Ok(Some(reply.change_info.is_none_or(|change| change.status == ChangeStatus::Insync))),
                // AWS forgets old changes, which are done then.
                Err(failure) if is_not_found(&failure) => Ok(Some(true)),
                Err(failure) => Err(failure),
            }
        };
        let holds = |age, in_sync: &bool| *in_sync || age < self.scaled(PENDING_HOLDS);
        Ok(self.reads().cache.changes.get_while(bare_id(change_id), holds, ask).await?.unwrap_or_default())
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
