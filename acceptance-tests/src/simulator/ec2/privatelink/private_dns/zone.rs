//! Hidden zones: what makes a private name resolve inside one VPC.
//!
//! AWS keeps a zone of its own in the consumer's VPC, named like the private name, from the moment private DNS is switched on until
//! the endpoint's interfaces are gone and a little longer. It occupies (VPC, name): another endpoint or a private hosted zone with the
//! same name conflicts, both ways. Parent and child names do not conflict. The gates that ask are in `private_dns/gates.rs`.

use crate::simulator::clock::Moment;
use crate::simulator::ec2::privatelink::endpoint::dns::canonical;

/// The hidden zones of one endpoint, from one switching on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenZone {
    /// The endpoint.
    pub endpoint_id: String,
    /// The VPC in which the names are taken over.
    pub vpc_id: String,
    /// Id of the zone; random for each endpoint, unlike the public ones.
    pub zone_id: String,
    /// The names.
    pub names: Vec<String>,
    /// From then on the endpoint's DNS entries list the names.
    pub shown_at: Moment,
    /// From then on the names resolve.
    pub resolves_from: Moment,
    /// Until then the names are occupied; [`Moment::NEVER`] while private DNS is on.
    pub released_at: Moment,
    /// Until then the names resolve.
    pub resolves_until: Moment,
}

impl HiddenZone {
    /// Tells whether the zone occupies a name in a VPC.
    pub fn occupies(&self, vpc_id: &str, name: &str, now: Moment) -> bool {
        now < self.released_at
            && self.vpc_id == vpc_id
            && self.names.iter().any(|own| canonical(own) == canonical(name))
    }

    /// Ends the resolving at `resolves_until` and the occupation at `released_at`, for good.
    pub fn close(&mut self, resolves_until: Moment, released_at: Moment) {
        self.resolves_until = self.resolves_until.min(resolves_until);
        self.released_at = self.released_at.min(released_at);
    }

    /// Tells whether names resolve through the zone.
    pub fn resolves(&self, now: Moment) -> bool {
        self.resolves_from <= now && now < self.resolves_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_occupies_its_name_in_its_vpc_until_it_is_released() {
        let zone = HiddenZone {
            endpoint_id: "vpce-1".into(),
            vpc_id: "vpc-1".into(),
            zone_id: "Z1".into(),
            names: vec!["api.example.dev".into()],
            shown_at: Moment(5),
            resolves_from: Moment(10),
            released_at: Moment(100),
            resolves_until: Moment(50),
        };
        assert!(zone.occupies("vpc-1", "API.example.dev.", Moment(0)));
        assert!(zone.occupies("vpc-1", "api.example.dev", Moment(99)));
        assert!(!zone.occupies("vpc-1", "api.example.dev", Moment(100)));
        assert!(!zone.occupies("vpc-2", "api.example.dev", Moment(0)));
        assert!(!zone.occupies("vpc-1", "example.dev", Moment(0)));
        assert!(!zone.resolves(Moment(9)) && zone.resolves(Moment(10)) && !zone.resolves(Moment(50)));
    }
}
