//! What Route 53 asks of PrivateLink: the hidden zones that endpoints keep in VPCs, and the names endpoints have.

use crate::simulator::clock::Moment;
use crate::simulator::ec2::privatelink::endpoint::dns;
use crate::simulator::ec2::privatelink::find;
use crate::simulator::state::State;

use super::names;

/// Names a hidden zone, as ListHostedZonesByVPC shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenZone {
    /// Id without `/hostedzone/`.
    pub id: String,
    /// Normalised name.
    pub name: String,
}

/// Gives the id of the hidden zone that occupies a normalised name in a VPC.
pub fn occupying(state: &State, vpc_id: &str, name: &str, now: Moment) -> Option<String> {
    in_vpc(state, vpc_id, now).into_iter().find(|zone| zone.name == name).map(|zone| zone.id)
}

/// Lists the hidden zones in a VPC.
pub fn in_vpc(state: &State, vpc_id: &str, now: Moment) -> Vec<HiddenZone> {
    find::zones_in(state, vpc_id, now)
        .flat_map(|zone| {
            let names = zone.names.iter().filter_map(|name| names::normalise(name).ok());
            names.map(|name| HiddenZone { id: zone.zone_id.clone(), name })
        })
        .collect()
}

/// Tells whether an endpoint has this name, in the zone of that id; `None` when the zone is none of PrivateLink's.
pub fn endpoint_name_exists(state: &State, zone_id: &str, name: &str, now: Moment) -> Option<bool> {
    let region = dns::region_of_zone(zone_id)?;
    let named = find::endpoint_named(state, &names::plain(name), now);
    Some(named.is_some_and(|endpoint| endpoint.service_region == region))
}
