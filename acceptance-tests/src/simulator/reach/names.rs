//! What a name means inside one VPC: private zones, hidden zones, AWS's own names, and the public DNS.
//!
//! The most specific zone that the VPC sees decides; if it has no record for the name, the name does not exist. Private zones and
//! hidden zones need both DNS attributes of the VPC.

use crate::simulator::clock::Moment;
use crate::simulator::ec2::privatelink::endpoint::dns::{answers, canonical, lies_within};
use crate::simulator::ec2::privatelink::endpoint::{Endpoint, Placement};
use crate::simulator::ec2::privatelink::find;
use crate::simulator::route53::lookup::{answer_in, private_zone_deciding, public_zone_deciding};
use crate::simulator::route53::names::plain;
use crate::simulator::route53::zone::{RecordData, Zone};
use crate::simulator::state::State;

use super::groups::Client;

const DEPTH: usize = 8;

/// The end of a name: an endpoint's interfaces.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    /// How it was found.
    pub(super) steps: Vec<String>,
    /// The endpoint.
    pub(super) endpoint: &'a Endpoint,
    /// The places whose addresses were answered.
    pub(super) placements: Vec<&'a Placement>,
}

/// Resolves a name as the client's VPC does.
pub(super) fn resolve<'a>(
    state: &'a State,
    client: &Client<'a>,
    name: &str,
    now: Moment,
) -> Result<Answer<'a>, String> {
    if !client.vpc.dns_support {
        return Err(format!("{} has enableDnsSupport off: it has no resolver", client.vpc.id));
    }
    let mut search = Search { state, client, now, steps: Vec::new() };
    let (endpoint, placements) = search.resolve(&canonical(name), DEPTH)?;
    Ok(Answer { steps: search.steps, endpoint, placements })
}

type Found<'a> = Result<(&'a Endpoint, Vec<&'a Placement>), String>;

struct Search<'s, 'a> {
    state: &'a State,
    client: &'s Client<'a>,
    now: Moment,
    steps: Vec<String>,
}

impl<'a> Search<'_, 'a> {
    fn resolve(&mut self, name: &str, depth: usize) -> Found<'a> {
        if depth == 0 {
            return Err(format!("the names behind {name} go in a circle"));
        }
        let vpc = self.client.vpc;
        let sees_private = vpc.dns_support && vpc.dns_hostnames;
        let private = private_zone_deciding(self.state, &vpc.id, name, self.now).filter(|_| sees_private);
        let hidden = self.hidden_zone(name).filter(|_| sees_private);
        match (private, hidden) {
            (private, Some((zone_name, endpoint, exact)))
                if private.is_none_or(|zone| plain(&zone.name).len() < zone_name.len()) =>
            {
                if !exact {
                    return Err(format!("the hidden zone {zone_name} of {} has no record {name}", endpoint.id));
                }
                self.steps.push(format!("{name} is the private name of {}", endpoint.id));
                Ok((endpoint, endpoint.placements.iter().collect()))
            }
            (Some(zone), _) => self.ask(zone, name, depth),
            (None, _) if name.ends_with(".vpce.amazonaws.com") => self.public_endpoint_name(name),
            (None, _) => match public_zone_deciding(self.state, name, self.now) {
                Some(zone) => self.ask(zone, name, depth),
                None => Err(format!("no zone that {} sees holds {name}", vpc.id)),
            },
        }
    }

    /// Finds the hidden zone that decides about a name: its name, its endpoint, and whether it answers.
    fn hidden_zone(&self, name: &str) -> Option<(String, &'a Endpoint, bool)> {
        let zones = find::hidden_zones(self.state);
        let own = zones.filter(|zone| zone.vpc_id == self.client.vpc.id && zone.resolves(self.now));
        own.flat_map(|zone| zone.names.iter().map(move |own| (zone, canonical(own))))
            .filter_map(|(zone, own)| {
                let endpoint = find::endpoint(self.state, &zone.endpoint_id)?;
                match own.strip_prefix("*.") {
                    Some(parent) => {
                        (name != parent && lies_within(name, parent)).then(|| (own.clone(), endpoint, true))
                    }
                    None => lies_within(name, &own).then(|| (own.clone(), endpoint, name == own)),
                }
            })
            .max_by_key(|(own, _, _)| own.len())
    }

    fn public_endpoint_name(&mut self, name: &str) -> Found<'a> {
        let endpoint = find::endpoint_named(self.state, name, self.now)
            .ok_or_else(|| format!("{name} is no endpoint's name (yet)"))?;
        let zonal = endpoint.placements.iter().find(|placement| answers(&endpoint.zonal_name(placement), name));
        self.steps.push(format!("{name} is {}", endpoint.id));
        Ok((endpoint, zonal.map_or_else(|| endpoint.placements.iter().collect(), |placement| vec![placement])))
    }

    fn ask(&mut self, zone: &Zone, name: &str, depth: usize) -> Found<'a> {
        let kind = if zone.private { "private" } else { "public" };
        let answer = ["A", "AAAA", "CNAME"].iter().find_map(|kind| answer_in(zone, name, kind, self.now));
        let Some((key, data)) = answer else {
            return Err(format!("the {kind} zone {} ({}) has no record {name}", plain(&zone.name), zone.id));
        };
        match data {
            RecordData::Alias { dns_name, .. } => {
                let target = plain(&dns_name);
                self.steps.push(format!("{name} is an alias of {target} in {}", zone.id));
                // An alias is looked up by Route 53, not by the VPC's resolver.
                if target.ends_with(".vpce.amazonaws.com") {
                    self.public_endpoint_name(&target)
                } else {
                    self.resolve(&target, depth - 1)
                }
            }
            RecordData::Values { values, .. } if key.record_type == "CNAME" => {
                let target = values.first().map(|value| canonical(value)).unwrap_or_default();
                self.steps.push(format!("{name} is {target} in {}", zone.id));
                self.resolve(&target, depth - 1)
            }
            RecordData::Values { values, .. } => self.by_address(name, &values),
        }
    }

    fn by_address(&mut self, name: &str, values: &[String]) -> Found<'a> {
        let has = |placement: &Placement| {
            let own = [placement.ipv4.map(|ip| ip.to_string()), placement.ipv6.map(|ip| ip.to_string())];
            own.iter().flatten().any(|own| values.contains(own))
        };
        let vpc_id = &self.client.vpc.id;
        let found = find::endpoints(self.state)
            .filter(|endpoint| endpoint.vpc_id == *vpc_id && endpoint.state.at(self.now).exists())
            .find(|endpoint| endpoint.placements.iter().any(has))
            .ok_or_else(|| format!("{name} has the addresses {}, which are no endpoint's", values.join(", ")))?;
        self.steps.push(format!("{name} is {}", values.join(", ")));
        Ok((found, found.placements.iter().filter(|placement| has(placement)).collect()))
    }
}
