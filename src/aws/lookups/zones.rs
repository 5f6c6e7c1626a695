//! Hosted zones, and what their records say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_route53::types::{AliasTarget, ResourceRecord, VpcRegion};

use crate::aws::client::Account;
use crate::aws::error::if_present;
use crate::aws::operation::Operation::Route53;
use crate::aws::record_key::{RecordKey, bare_id};
use crate::aws::seen::{SeenZone, ZoneTargets};
use crate::aws::ttl_cache::LATELY;
use crate::engine::{Class, Reading, Result};
use crate::gather::Gather as _;

impl Account {
    /// Every private zone that a VPC sees, whoever owns it, AWS's hidden ones included.
    pub async fn zones_of_vpc(&self, vpc_id: &str, vpc_region: &str) -> Result<Vec<SeenZone>> {
        let known = self
            .reads()
            .cache
            .zones_of_vpcs
            .get(vpc_id, async { self.zones_that_a_vpc_sees(vpc_id, vpc_region).await.map(Some) });
        known.await.map(Option::unwrap_or_default)
    }

    /// The same as it is now: endpoints and zones of this run may have come and gone.
    pub async fn zones_of_vpc_now(&self, vpc_id: &str) -> Result<Vec<SeenZone>> {
        let account = self.clone();
        let fetch = move |vpcs: Vec<String>| {
            let account = account.clone();
            async move {
                let mut found = Vec::new();
                for vpc_id in vpcs {
                    let zones = account.zones_that_a_vpc_sees(&vpc_id, account.region()).await?;
                    found.push((vpc_id, zones));
                }
                Ok(found)
            }
        };
        Ok(self.reads().zones_of_vpcs.get_unlisted(vpc_id, fetch).await?.unwrap_or_default())
    }

    pub(in crate::aws) async fn zones_that_a_vpc_sees(&self, vpc_id: &str, vpc_region: &str) -> Result<Vec<SeenZone>> {
        let (mut zones, mut token) = (Vec::new(), None);
        loop {
            let sent = self
                .route53()
                .list_hosted_zones_by_vpc()
                .vpc_id(vpc_id)
                .vpc_region(VpcRegion::from(vpc_region))
                .set_next_token(token)
                .send();
            let reply = match self.call(Route53("ListHostedZonesByVPC"), sent).await {
                Err(failure) if failure.class == Class::Denied && self.is_vpc_gone(vpc_id, vpc_region).await => {
                    return Ok(Vec::new());
                }
                reply => reply?,
            };
            zones.extend(reply.hosted_zone_summaries().iter().map(|zone| {
                let owner = zone.owner();
                SeenZone {
                    zone_id: bare_id(zone.hosted_zone_id()).to_owned(),
                    name: zone.name().trim_end_matches('.').replace("\\052", "*"),
                    owner: owner
                        .and_then(|owner| owner.owning_account().or(owner.owning_service()))
                        .unwrap_or_default()
                        .to_owned(),
                }
            }));
            token = reply.next_token;
            if token.is_none() {
                return Ok(zones);
            }
        }
    }

    /// Whether a VPC does not exist. AWS refuses to list the zones of such a one in the words for a missing permission.
    /// *Source:* hashicorp/aws, `TestAccRoute53ZoneAssociation_*`.
    pub async fn is_vpc_gone(&self, vpc_id: &str, vpc_region: &str) -> bool {
        vpc_region == self.region() && matches!(self.vpc(vpc_id).await, Ok(None))
    }

    /// Names and types of the records of a zone that are aliases of one of these names or CNAMEs to it.
    pub async fn records_leading_to(
        &self,
        zone_id: &str,
        dns_names: &BTreeSet<String>,
    ) -> Result<Vec<(String, String)>> {
        Ok(leading_to(&self.records_in(zone_id).await?, dns_names))
    }

    /// The same; within a look ([`crate::engine::Reader`]) by the records of a moment ago, so that many endpoints with names in one
    /// zone cost its pages once.
    pub async fn records_leading_to_lately(
        &self,
        zone_id: &str,
        dns_names: &BTreeSet<String>,
    ) -> Result<Vec<(String, String)>> {
        if Reading::at_work().is_none() {
            return self.records_leading_to(zone_id, dns_names).await;
        }
        let ask = async { self.records_in(zone_id).await.map(Arc::new).map(Some) };
        let records = self.reads().cache.zone_targets.get(zone_id, ask).await?.unwrap_or_default();
        Ok(leading_to(&records, dns_names))
    }

    /// What those of the wanted records say that exist: a name, or their values.
    pub async fn what_records_say(
        &self,
        zone_id: &str,
        wanted: &BTreeSet<RecordKey>,
    ) -> Result<BTreeMap<RecordKey, String>> {
        let found = self.records(zone_id, wanted).await?.unwrap_or_default();
        let says = found.into_iter().map(|(key, set)| {
            let values = set.resource_records().iter().map(ResourceRecord::value);
            let all: Vec<&str> = set.alias_target().map(AliasTarget::dns_name).into_iter().chain(values).collect();
            (key, all.join(", ").trim_end_matches('.').to_owned())
        });
        Ok(says.gather())
    }

    /// All records of a zone but those that every zone has, with the name that each leads to, where it leads to one.
    pub async fn records_in(&self, zone_id: &str) -> Result<ZoneTargets> {
        let pages = self.route53().list_resource_record_sets().hosted_zone_id(zone_id);
        let (mut found, mut start) = (BTreeMap::new(), None::<(String, Option<aws_sdk_route53::types::RrType>)>);
        loop {
            let mut request = pages.clone();
            if let Some((name, kind)) = start {
                request = request.start_record_name(name).set_start_record_type(kind);
            }
            let Some(reply) = if_present(self.call(Route53("ListResourceRecordSets"), request.send()).await)? else {
                return Ok(found);
            };
            let others =
                reply.resource_record_sets.iter().filter(|set| !["NS", "SOA"].contains(&set.r#type().as_str()));
            found.extend(others.map(|set| {
                let cname = set.resource_records().first().filter(|_| set.r#type().as_str() == "CNAME");
                let target = set.alias_target().map(AliasTarget::dns_name).or(cname.map(ResourceRecord::value));
                let target = target.map(|name| RecordKey::new(name, "").name);
                (RecordKey::new(set.name(), set.r#type().as_str()), target)
            }));
            match reply.next_record_name {
                Some(name) if reply.is_truncated => start = Some((name, reply.next_record_type)),
                _ => return Ok(found),
            }
        }
    }

    /// Ids of the account's public zones of exactly this name.
    pub async fn public_zones_named(&self, name: &str) -> Result<Vec<String>> {
        let zones = self.hosted_zones(Some(name)).await?;
        let is_private = |zone: &aws_sdk_route53::types::HostedZone| {
            zone.config().is_some_and(aws_sdk_route53::types::HostedZoneConfig::private_zone)
        };
        Ok(zones.iter().filter(|zone| !is_private(zone)).map(|zone| bare_id(zone.id()).to_owned()).collect())
    }

    /// Name of a hosted zone without the dot at the end, and whether it is private: neither ever changes.
    pub async fn zone_name(&self, zone_id: &str) -> Result<Option<(String, bool)>> {
        let ask = async {
            Ok(self.hosted_zone(zone_id).await?.map(|(zone, _)| {
                let is_private = zone.config().is_some_and(aws_sdk_route53::types::HostedZoneConfig::private_zone);
                (zone.name().trim_end_matches('.').to_owned(), is_private)
            }))
        };
        self.reads().cache.zone_names.get_while(zone_id, |age, _| age < LATELY, ask).await
    }
}

fn leading_to(records: &ZoneTargets, dns_names: &BTreeSet<String>) -> Vec<(String, String)> {
    let leads = |name: &str| dns_names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
    let found = records.iter().filter(|(_, target)| target.as_deref().is_some_and(leads));
    found.map(|(key, _)| (key.name.clone(), key.kind.clone())).collect()
}

#[cfg(test)]
mod tests {
    use crate::aws::testing::{Script, ec2_reply, refusal};
    use crate::engine::Class;

    #[tokio::test(start_paused = true)]
    async fn a_vpc_that_is_gone_sees_no_zones_and_a_missing_permission_is_told() {
        for (vpcs, is_gone) in [("", true), ("<item><vpcId>vpc-1</vpcId></item>", false)] {
            let script = Script::new(move |sent| match sent.what.as_str() {
                "DescribeVpcs" => ec2_reply(sent, &format!("<vpcSet>{vpcs}</vpcSet>")),
                _ => refusal(403, "AccessDenied"),
            });
            let aws = script.aws().await;
            match aws.account(None).unwrap().zones_of_vpc_now("vpc-1").await {
                Ok(zones) => assert!(is_gone && zones.is_empty(), "{zones:?}"),
                Err(failure) => assert!(!is_gone && failure.class == Class::Denied, "{failure:?}"),
            }
        }
    }
}
