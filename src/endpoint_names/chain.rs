//! The links of an endpoint's names: private DNS, hosted zones, the VPCs that see them, records.
//!
//! Private DNS and records wait until the endpoint works: switched on earlier they would lead clients to an endpoint
//! that answers nobody.

use serde::de::DeserializeOwned;

use super::blocks::{DnsBlock, zones};
use super::record_names::wanted_records;
use crate::aws::{Aws, Tags};
use crate::engine::{Catalogue, Chain, Edge, Handle, LinkName};
use crate::links::existing_zone::{self, ExistingZone};
use crate::links::hosted_zone::{self, HostedZone};
use crate::links::private_dns::{self, PrivateDns};
use crate::links::private_name::{self, PrivateName};
use crate::links::profile_association::{self, ProfileAssociation};
use crate::links::records::Records;
use crate::links::zone_association::{self, ZoneAssociation};
use crate::links::{endpoint, network};
use crate::schema::service_name::is_s3;
use crate::value::Attr;

/// The interface endpoint, made or given.
pub const ENDPOINT: &str = "endpoint";
/// The service's private name, which its owner must have proved.
pub const PRIVATE_NAME: &str = "private_name";
/// Private DNS of the endpoint.
pub const PRIVATE_DNS: &str = "private_dns";
/// The endpoint's private names in a Route 53 Profile.
pub const PROFILE_ASSOCIATION: &str = "profile_association";
/// A managed private zone, by its name.
pub const HOSTED_ZONE: &str = "hosted_zone";
/// A private zone that somebody else manages, by its id.
pub const EXISTING_ZONE: &str = "existing_zone";
/// A VPC that sees a zone: under the zone's key the endpoint's, else see [`further`].
pub const ZONE_ASSOCIATION: &str = "zone_association";
/// The own records of a zone, by the zone's key.
pub const RECORDS: &str = "records";

/// A link of a zone, whose key is [`DnsBlock::zone`].
pub fn of_zone(kind: &str, zone: &str) -> LinkName {
    LinkName::keyed(kind, zone)
}

/// A further VPC that sees a zone.
pub fn further(zone: &str, vpc_id: &str) -> LinkName {
    LinkName::keyed(ZONE_ASSOCIATION, zone).below(vpc_id)
}

/// The state of a link that lies in the endpoint's VPC.
pub trait InVpc: DeserializeOwned + 'static {
    /// Returns the VPC, `vpc-…`.
    fn vpc_id(&self) -> &str;
}

impl InVpc for network::State {
    fn vpc_id(&self) -> &str {
        &self.vpc_id
    }
}

impl InVpc for endpoint::State {
    fn vpc_id(&self) -> &str {
        &self.vpc_id
    }
}

/// Where names lead to.
pub struct Target<V> {
    /// The endpoint.
    pub endpoint: Handle<endpoint::State>,
    /// What tells its VPC. Zones and associations are made as soon as this edge allows.
    pub vpc: Edge<V>,
}

/// Whose zones they are.
#[derive(Debug, Clone)]
pub struct ZoneOwner {
    /// The composite's name, which the owner tags tell.
    pub name: Attr<String>,
    /// The composite's uid, where it is known.
    pub uid: Option<String>,
    /// Region of the endpoint and its VPC.
    pub region: Attr<String>,
    /// Tags of managed zones; `None` while they are not known.
    pub tags: Option<Tags>,
}

/// Adds every zone that is known, with the VPCs that see it and its records.
pub fn add_zones<V: InVpc>(chain: &mut Chain<Aws>, owner: &ZoneOwner, target: &Target<V>, dns: &Attr<Vec<DnsBlock>>) {
    for (zone, dns) in zones(dns) {
        add_zone(chain, owner, target, zone, dns);
    }
}

/// Adds private DNS, behind the endpoint and the service's name, and behind it the Route 53 Profile that takes the names to further VPCs,
/// where there is one. `inbound_resolver_only` matters to S3 alone.
pub fn add_private_dns(
    chain: &mut Chain<Aws>,
    endpoint: &Handle<endpoint::State>,
    name: &Handle<private_name::State>,
    inbound_resolver_only: Attr<bool>,
    profile_id: &Attr<String>,
) {
    let on = chain.link(PRIVATE_DNS, PrivateDns, (endpoint.ready(), name.ready()), move |(endpoint, name)| {
        let only = inbound_resolver_only.settled()?.unwrap_or_default();
        Some(private_dns::Spec {
            endpoint_id: endpoint.id.clone(),
            names: name.names.clone(),
            inbound_resolver_only: is_s3(&endpoint.service_name).then_some(only),
        })
    });
    if profile_id.is_null() {
        return;
    }
    let profile_id = profile_id.clone();
    chain.link(PROFILE_ASSOCIATION, ProfileAssociation, (endpoint.ready(), vec![on.first()]), move |(endpoint, ())| {
        Some(profile_association::Spec {
            profile_id: profile_id.clone().settled()??,
            resource_arn: endpoint.arn.clone()?,
        })
    });
}

/// Adds the kinds of an endpoint's names, and what must be gone before each.
///
/// Records leave before the endpoint that they lead to, their zone after them; a profile lets go of the names before they end. What was only looked at is forgotten.
pub fn add_kinds(catalogue: &mut Catalogue<Aws>) {
    catalogue.kind(PRIVATE_NAME, PrivateName).released();
    catalogue.kind(PROFILE_ASSOCIATION, ProfileAssociation);
    catalogue.kind(RECORDS, Records);
    catalogue.kind(HOSTED_ZONE, HostedZone).after(&[RECORDS]);
    catalogue.kind(EXISTING_ZONE, ExistingZone).after(&[RECORDS, ZONE_ASSOCIATION]).released();
    catalogue.kind(ZONE_ASSOCIATION, ZoneAssociation).after(&[RECORDS]).goes_with(HOSTED_ZONE).shared();
}

/// A zone with the VPCs that see it and its records.
fn add_zone<V: InVpc>(chain: &mut Chain<Aws>, owner: &ZoneOwner, target: &Target<V>, zone: &str, dns: &DnsBlock) {
    let Target { endpoint, vpc } = target;
    let wanted = wanted_records(dns);
    let records = of_zone(RECORDS, zone);
    let further_vpcs = dns.vpc_ids.known().into_iter().flatten().cloned();
    if dns.manages_zone() {
        let parents = (vpc.clone(), vec![endpoint.first()]);
        let made = chain.link(of_zone(HOSTED_ZONE, zone), HostedZone, parents, wanted_zone(owner, dns));
        chain.link(records, Records, (endpoint.ready(), made.ready()), move |(endpoint, zone)| {
            wanted(endpoint, None, &zone.zone_id, &zone.name)
        });
        for vpc_id in further_vpcs {
            let region = owner.region.clone();
            chain.link(further(zone, &vpc_id), ZoneAssociation, (made.ready(),), move |(zone,)| {
                association(None, &zone.zone_id, &vpc_id, &region, true)
            });
        }
        return;
    }
    let given = chain.link(of_zone(EXISTING_ZONE, zone), ExistingZone, (), wanted_existing_zone(dns));
    let region = owner.region.clone();
    // Nothing is made before what carries the run tag.
    let parents = (given.exists(), vpc.clone(), vec![endpoint.first()]);
    chain.link(of_zone(ZONE_ASSOCIATION, zone), ZoneAssociation, parents, move |(zone, vpc, ())| {
        association(zone.account.clone(), &zone.zone_id, vpc.vpc_id(), &region, false)
    });
    for vpc_id in further_vpcs {
        let region = owner.region.clone();
        let parents = (given.exists(), vpc.clone(), vec![endpoint.first()]);
        chain.link(further(zone, &vpc_id), ZoneAssociation, parents, move |(zone, _, ())| {
            association(zone.account.clone(), &zone.zone_id, &vpc_id, &region, true)
        });
    }
    chain.link(records, Records, (endpoint.ready(), given.exists()), move |(endpoint, zone)| {
        wanted(endpoint, zone.account.clone(), &zone.zone_id, &zone.name)
    });
}

fn wanted_zone<V: InVpc>(
    owner: &ZoneOwner,
    dns: &DnsBlock,
) -> impl Fn(&(V, ())) -> Option<hosted_zone::Spec> + Send + Sync + 'static {
    let (owner, zone_name) = (owner.clone(), dns.zone_name.clone());
    move |(vpc, ())| {
        Some(hosted_zone::Spec {
            name: zone_name.clone().settled()??,
            vpc_id: vpc.vpc_id().to_owned(),
            vpc_region: owner.region.clone().settled()??,
            base_name: owner.name.clone().settled()??,
            uid: owner.uid.clone(),
            tags: owner.tags.clone()?,
        })
    }
}

fn wanted_existing_zone(dns: &DnsBlock) -> impl Fn(&()) -> Option<existing_zone::Spec> + Send + Sync + 'static {
    let dns = dns.clone();
    move |&()| {
        Some(existing_zone::Spec {
            account: dns.peer_account.clone().settled()?,
            zone_id: dns.zone_id.clone().settled()??,
        })
    }
}

fn association(
    account: Option<String>,
    zone_id: &str,
    vpc_id: &str,
    region: &Attr<String>,
    is_further: bool,
) -> Option<zone_association::Spec> {
    let (zone_id, vpc_id) = (zone_id.to_owned(), vpc_id.to_owned());
    Some(zone_association::Spec { account, zone_id, vpc_id, vpc_region: region.clone().settled()??, is_further })
}
