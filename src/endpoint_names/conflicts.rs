//! What stands in the way of names, looked at before a change: VPCs without DNS, zones and records of others.

use std::collections::BTreeSet;

use super::blocks::DnsBlock;
use super::chain::{HOSTED_ZONE, of_zone};
use crate::aws::lookups::SeenZone;
use crate::aws::{Account, Aws, is_not_found};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Class, Record, Result, View};
use crate::gather::Gather as _;
use crate::links::{existing_zone, hosted_zone};
use crate::value::{Attr, Path};

/// What is looked at, and for whom.
pub struct Conflicts<'a> {
    /// Access.
    pub client: &'a Aws,
    /// Zones of own records that are wanted.
    pub dns: &'a [DnsBlock],
    /// Private DNS, where it is wanted on.
    pub private_dns: Option<PrivateNames<'a>>,
    /// Region of the endpoint and of its service, where both are known.
    pub regions: Option<(&'a str, &'a str)>,
    /// VPC of the endpoint.
    pub vpc_id: &'a str,
    /// Whose names they are to be.
    pub holder: NameHolder<'a>,
    /// What exists.
    pub record: &'a Record,
    /// True in the plan, where other resources of the run may still cure what is missing.
    pub planning: bool,
    /// Whether to look at everything, rather than at what another resource of the run may have changed since the plan.
    pub is_whole: bool,
}

/// Private DNS that is wanted on.
#[derive(Debug, Clone)]
pub struct PrivateNames<'a> {
    /// The service, where it is known.
    pub service: &'a str,
    /// Its private names, as far as they are known.
    pub names: BTreeSet<String>,
    /// Whether the VPC itself is to keep using AWS's gateway endpoint.
    pub inbound_resolver_only: bool,
}

/// The resource that is to hold the names.
#[derive(Debug, Clone, Default)]
pub struct NameHolder<'a> {
    /// Its type and name in owner tags: `consumer/orders`.
    pub resource: String,
    /// Its uid, where it is known.
    pub uid: Option<String>,
    /// Whether it is to be created.
    pub is_new: bool,
    /// Its endpoint, where there is one.
    pub endpoint_id: Option<&'a str>,
    /// The DNS names of that endpoint.
    pub dns_names: BTreeSet<&'a str>,
}

/// A zone of own records, as far as it is known which one it is.
struct Wanted<'a> {
    dns: &'a DnsBlock,
    /// Its name.
    name: String,
    /// The zone, where it exists and somebody else manages it.
    given: Option<existing_zone::State>,
}

/// Looks. Before the first write only at what another resource of the run may have changed since the plan.
pub async fn preflight(conflicts: &Conflicts<'_>, found: &mut Diagnostics) -> Result<()> {
    let private_dns = conflicts.private_dns.is_some();
    if !private_dns && conflicts.dns.is_empty() {
        return Ok(());
    }
    let mut wanted = Vec::new();
    for dns in conflicts.dns {
        let given = conflicts.given_zone(dns, found).await?;
        let name = given.as_ref().map(|zone| &zone.name).or(dns.zone_name.known()).cloned();
        wanted.extend(name.map(|name| Wanted { dns, name, given }));
    }
    if conflicts.is_whole {
        conflicts.zonal_names(found);
        conflicts.vpc_attributes(private_dns, found).await?;
        zones_of_one_name(&wanted, found);
    }
    if let Some(private_dns) = conflicts.private_dns.as_ref().filter(|names| names.inbound_resolver_only) {
        conflicts.gateway_endpoint(private_dns.service, found).await?;
    }
    for zone in &wanted {
        if let Some(existing) = zone.given.clone().or_else(|| conflicts.managed_zone(zone.dns)) {
            conflicts.records(zone.dns, &existing, found).await?;
        }
    }
    if !private_dns && wanted.is_empty() {
        return Ok(());
    }
    let seen = conflicts.own()?.zones_of_vpc_now(conflicts.vpc_id).await?;
    if let Some(private_dns) = &conflicts.private_dns {
        conflicts.private_names(private_dns, &wanted, &seen, found).await?;
    }
    for zone in &wanted {
        conflicts.zone_of_that_name(zone, &seen, found).await?;
    }
    Ok(())
}

/// Two blocks whose zones turn out to have one name, of which a VPC sees one.
fn zones_of_one_name(wanted: &[Wanted<'_>], found: &mut Diagnostics) {
    let mut names = BTreeSet::new();
    for zone in wanted {
        let name = zone.name.trim_end_matches('.').to_ascii_lowercase();
        if !names.insert(name.clone()) {
            let detail = format!(
                "Two dns blocks are about zones of the name {name}, and AWS lets a VPC see one zone of a name. Write one \
                 block with all records of the zone."
            );
            found.push(Diagnostic::error("Two zones of one name", detail).at(Path::attribute("dns")));
        }
    }
}

impl Conflicts<'_> {
    pub(super) fn own(&self) -> Result<&Account> {
        self.client.account(None)
    }

    /// A zone that somebody else manages: it exists and is private.
    async fn given_zone(&self, dns: &DnsBlock, found: &mut Diagnostics) -> Result<Option<existing_zone::State>> {
        let (Attr::Known(zone_id), false) = (&dns.zone_id, dns.peer_account.is_unknown()) else { return Ok(None) };
        let wanted = existing_zone::Spec { account: dns.peer_account.known().cloned(), zone_id: zone_id.clone() };
        if self.client.account(wanted.account.as_deref()).is_err() {
            return Ok(None);
        }
        match existing_zone::describe_zone(self.client, &wanted).await {
            Ok(zone) => Ok(Some(zone)),
            Err(failure) if failure.class == Class::Invalid => {
                let detail = format!("{}. {}", failure.message, failure.advice.unwrap_or_default());
                let summary = "Zone that cannot hold the records";
                let path = Path::attribute("dns");
                found.push(if self.planning {
                    let detail = format!("{detail}\n\nThe apply looks again before it writes anything.");
                    Diagnostic::warning(summary, detail).at(path)
                } else {
                    Diagnostic::error(summary, format!("{detail}\n\nNothing was changed.")).at(path)
                });
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// The managed zone that exists, where it is the one that is wanted.
    fn managed_zone(&self, dns: &DnsBlock) -> Option<existing_zone::State> {
        let link = of_zone(HOSTED_ZONE, dns.zone_name.known()?);
        let zone: Attr<hosted_zone::State> = View::of(self.record).state(link.as_str());
        let zone = zone.known()?;
        let (zone_id, name) = (zone.zone_id.clone(), zone.name.clone());
        Some(existing_zone::State { zone_id, name, ..existing_zone::State::default() })
    }

    /// Zonal records of an endpoint that has no zonal names.
    fn zonal_names(&self, found: &mut Diagnostics) {
        let mut blocks = self.dns.iter().filter_map(|dns| dns.record.known()).flatten();
        let is_zonal = blocks.any(|block| block.zonal == Attr::Known(true));
        let Some((own, of_service)) = self.regions else { return };
        if is_zonal && own != of_service {
            let detail = format!(
                "The endpoint is in {own} and its service in {of_service}; across Regions AWS gives an endpoint no zonal \
                 names. Leave zonal out."
            );
            found.push(Diagnostic::error("No zonal names across Regions", detail).at(Path::attribute("dns")));
        }
    }

    /// VPC attributes without which no private name resolves.
    async fn vpc_attributes(&self, private_dns: bool, found: &mut Diagnostics) -> Result<()> {
        let further = self.dns.iter().filter_map(|dns| dns.vpc_ids.known()).flatten();
        let all: BTreeSet<&str> = further.map(String::as_str).chain([self.vpc_id]).gather();
        for vpc_id in all {
            let is_own = vpc_id == self.vpc_id;
            let path = Path::attribute(if is_own && private_dns { "private_dns_enabled" } else { "dns" });
            let (support, hostnames) = match self.own()?.vpc_dns_attributes(vpc_id).await {
                Ok(attributes) => attributes,
                Err(failure) if is_not_found(&failure) && !is_own => {
                    let place = self.own()?.whereabouts().await;
                    let detail = format!(
                        "There is no VPC {vpc_id} in {place}. Correct vpc_ids; VPCs of other accounts and Regions are \
                         associated with the zone by their owners."
                    );
                    found.push(Diagnostic::error("VPC not found", detail).at(path));
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            let off: Vec<&str> = [("enable_dns_support", support), ("enable_dns_hostnames", hostnames)]
                .iter()
                .filter(|(_, on)| !on)
                .map(|(name, _)| *name)
                .collect();
            if !off.is_empty() {
                let detail = format!(
                    "{vpc_id} has {} switched off; without it no private name resolves there. Set it to true on the VPC.",
                    off.join(" and ")
                );
                found.push(Diagnostic::error("VPC without DNS", detail).at(path));
            }
        }
        Ok(())
    }

    /// AWS's gateway endpoint of the service, without which private names cannot be left to it.
    async fn gateway_endpoint(&self, service: &str, found: &mut Diagnostics) -> Result<()> {
        let endpoints = self.own()?.endpoints_of_vpc(self.vpc_id).await?;
        if endpoints.iter().any(|one| !one.is_interface && one.service_name == service && one.stays()) {
            return Ok(());
        }
        let argument = "private_dns_only_for_inbound_resolver_endpoint";
        let detail = format!(
            "{argument} leaves names of {service} inside {} to AWS's gateway endpoint, and there is none. Make one \
             (aws_vpc_endpoint with vpc_endpoint_type = \"Gateway\") that this resource depends on, or leave the argument \
             out: then private DNS answers to the whole VPC.",
            self.vpc_id
        );
        let summary = "No gateway endpoint in the VPC";
        found.push(if self.planning {
            let detail = format!("{detail}\n\nThe apply looks again before it writes anything.");
            Diagnostic::warning(summary, detail).at(Path::attribute(argument))
        } else {
            Diagnostic::error(summary, format!("{detail}\n\nNothing was changed.")).at(Path::attribute(argument))
        });
        Ok(())
    }

    /// The service's private names: AWS takes them over only where no other zone has them.
    async fn private_names(
        &self,
        private_dns: &PrivateNames<'_>,
        wanted: &[Wanted<'_>],
        seen: &[SeenZone],
        found: &mut Diagnostics,
    ) -> Result<()> {
        let path = || Path::attribute("private_dns_enabled");
        for name in &private_dns.names {
            let zone = seen.iter().find(|zone| zone.name.eq_ignore_ascii_case(name));
            if wanted.iter().any(|zone| zone.name == *name) {
                if self.is_whole {
                    let detail = format!(
                        "private_dns_enabled makes a hidden zone {name} in the VPC, and dns makes one of the same name; \
                         AWS takes one of them. Leave one of the two arguments out."
                    );
                    found.push(Diagnostic::error("Two zones of one name", detail).at(Path::attribute("dns")));
                }
                continue;
            }
            let Some(zone) = zone else { continue };
            if zone.is_hidden() {
                found.extend(self.hidden_zone(private_dns.service, name).await?);
            } else if self.is_whole {
                let detail = format!(
                    "{} already sees the private zone {} ({name}) of {}; AWS refuses private DNS beside it. Remove the \
                     zone's association with the VPC, or leave private_dns_enabled out and write records in that zone \
                     with dns.",
                    self.vpc_id, zone.zone_id, zone.owner
                );
                found.push(Diagnostic::error("Conflicting private zone", detail).at(path()));
            }
        }
        Ok(())
    }

    /// The hidden zone of an endpoint: no matter where it is this one's own, or of one that is leaving.
    async fn hidden_zone(&self, service: &str, name: &str) -> Result<Diagnostics> {
        let own = self.holder.endpoint_id;
        let others = self.own()?.other_endpoints_answering_to(self.vpc_id, name, service, own).await?;
        if others.is_empty() {
            return Ok(Diagnostics::new());
        }
        let (others, vpc_id, path) = (others.join(", "), self.vpc_id, Path::attribute("private_dns_enabled"));
        let found = if self.planning {
            let detail = format!(
                "{others} in {vpc_id} already answers to {name}, and AWS allows one endpoint to. That is right if this \
                 plan replaces or removes it: with create_before_destroy the name moves when it is destroyed. Else leave \
                 private_dns_enabled out, or switch it off there."
            );
            Diagnostic::warning("Private DNS name in use", detail)
        } else {
            let detail = format!(
                "{others} in {vpc_id} already answers to {name}, and AWS allows one endpoint to. Switch private DNS off \
                 there, or leave private_dns_enabled out here. With create_before_destroy the name moves only from a \
                 consumer with the same name argument; any other one has to go first.\n\nNothing was changed."
            );
            Diagnostic::error("Private DNS name in use", detail)
        };
        Ok(found.at(path).into())
    }

    /// A VPC sees one zone of a name.
    async fn zone_of_that_name(&self, wanted: &Wanted<'_>, seen: &[SeenZone], found: &mut Diagnostics) -> Result<()> {
        let (name, given) = (wanted.name.as_str(), wanted.given.as_ref());
        let managed = self.managed_zone(wanted.dns);
        let own = given.or(managed.as_ref()).map(|zone| &zone.zone_id);
        let other = seen.iter().find(|zone| zone.name.eq_ignore_ascii_case(name) && own != Some(&zone.zone_id));
        let Some(other) = other else { return Ok(()) };
        if !other.is_hidden() && self.is_of_this_resource(&other.zone_id).await? {
            return Ok(());
        }
        // The creation takes it over.
        if given.is_none()
            && own.is_none()
            && !other.is_hidden()
            && hosted_zone::is_left_behind(self.own()?, &other.zone_id, &self.holder.resource, None).await?
        {
            let (zone_id, name) = (other.zone_id.clone(), other.name.clone());
            let zone = existing_zone::State { zone_id, name, ..existing_zone::State::default() };
            return self.records(wanted.dns, &zone, found).await;
        }
        let (whose, advice) = if other.is_hidden() {
            ("of an endpoint with private DNS".to_owned(), "Leave private DNS off there, or choose another zone_name.")
        } else {
            (format!("{} of {}", other.zone_id, other.owner), "Use it with zone_id, or choose another zone_name.")
        };
        if !self.planning {
            // What an endpoint left behind goes by itself, and a given zone may be associated already.
            if given.is_none() && !other.is_hidden() && own.is_none() {
                let detail = format!(
                    "{} already sees another private zone {name}, {whose}, and AWS allows one of a name. {advice} With \
                     create_before_destroy a zone passes only from a consumer with the same name argument; from any other \
                     one leave create_before_destroy out.\n\nNothing was changed.",
                    self.vpc_id
                );
                found.push(Diagnostic::error("Zone name in use", detail).at(Path::attribute("dns")));
            }
            return Ok(());
        }
        let detail = format!(
            "{} already sees another private zone {name}, {whose}. AWS allows one of a name, so the apply ends before it \
             writes anything unless this plan replaces or removes that one. {advice}",
            self.vpc_id
        );
        found.push(Diagnostic::warning("Zone name in use", detail).at(Path::attribute("dns")));
        Ok(())
    }

    /// Whether an apply of this resource made a zone and was killed before it was recorded.
    async fn is_of_this_resource(&self, zone_id: &str) -> Result<bool> {
        let Some(uid) = self.holder.uid.as_deref() else { return Ok(false) };
        // A zone has its reference from the beginning, its tags a call later.
        match self.own()?.hosted_zone(zone_id).await {
            Ok(zone) => Ok(zone.is_some_and(|(zone, _)| zone.caller_reference().contains(uid))),
            // Somebody else's.
            Err(failure) if failure.class == Class::Denied => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}
