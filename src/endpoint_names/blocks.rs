//! What a configuration writes about the names of an endpoint: private hosted zones and records in them.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::schema::{Constraint, Count, Rule, formats};
use crate::value::{Attr, Path};

crate::attributes! {
    /// A private hosted zone with own records that lead to the endpoint.
    pub struct DnsBlock {
        /// Existing private hosted zone. Exactly one of `zone_id` and `zone_name`. The endpoint's VPC is associated with it unless it is already.
        optional zone_id: String => [Rule::Results, Rule::Unique(ONE_BLOCK), Rule::Is(&formats::HOSTED_ZONE_ID), Rule::Canonical(formats::bare_zone_id)],
        /// Name of a private hosted zone that this resource makes.
        optional zone_name: String => [Rule::Results, Rule::Unique(ONE_BLOCK), Rule::Is(&formats::ZONE_NAME), Rule::Canonical(formats::without_dot)],
        /// Further VPCs that see the zone, of this account and Region. Associations that others made are left alone. Traffic needs a way to the endpoint's VPC, such as peering.
        optional vpc_ids: BTreeSet<String> => [Rule::Results, Rule::Is(&formats::VPC_ID)],
        /// Name of the provider's `peer_account` that owns `zone_id`. It authorizes each association, and takes the authorization back when it has served.
        optional peer_account: String => [Rule::Results],
        /// One record. Never written over a record that this resource did not make.
        set record: RecordBlock,
    }
    constraints [
        Constraint {
            count: Count::ExactlyOne,
            of: &["zone_id", "zone_name"],
            summary: "One zone for the records",
            advice: "Write zone_id for a private zone that exists, and zone_name for one that this resource makes.",
        },
        Constraint {
            count: Count::AllBeside("peer_account"),
            of: &["zone_id"],
            summary: "No zone of the peer",
            advice: "It says which account owns an existing zone; a zone of zone_name is made in the endpoint's account.",
        },
        Constraint {
            count: Count::AtLeastOne,
            of: &["record"],
            summary: "No record",
            advice: "A dns block without records does nothing. Write for example record { name = \"orders\" }, or record { \
                     name = \"@\" } for the zone itself.",
        },
    ]
}

crate::attributes! {
    /// One record.
    pub struct RecordBlock {
        /// Name relative to the zone; `@` is the zone itself, `*` a wildcard.
        required name: String => [Rule::Key, Rule::Results, Rule::Is(&formats::RECORD_NAME)],
        /// One record for each zone of the endpoint instead of one for all: `<name>.<zone id>`, leading to the network interface in that zone. Not across Regions.
        optional zonal: bool = false => [Rule::Key, Rule::Results],
        /// Seconds to live of a CNAME; without it the record is an alias, which has none.
        optional ttl_seconds: i64 => [Rule::Range(0, 2_147_483_647)],
        /// Whether an alias answers only while the endpoint is healthy.
        optional evaluate_target_health: bool = false,
    }
}

impl DnsBlock {
    /// The zone as the names of its links tell it: the name of one that the resource makes, else its id. `None` while
    /// that is not known.
    pub fn zone(&self) -> Option<&str> {
        self.zone_name.known().or(self.zone_id.known()).map(String::as_str)
    }

    /// Whether the resource makes the zone. Exactly one of name and id is written.
    pub fn manages_zone(&self) -> bool {
        self.zone_name.is_set()
    }

    /// Whether it is not known yet which zone it is, or which VPCs see it.
    fn is_open(&self) -> bool {
        self.vpc_ids.is_unknown() || self.zone().is_none()
    }
}

/// What to write instead of two blocks of one zone.
const ONE_BLOCK: &str = "Write one dns block with all records of the zone.";

/// The zones that are known, each with its block.
pub fn zones(dns: &Attr<Vec<DnsBlock>>) -> impl Iterator<Item = (&str, &DnsBlock)> {
    let blocks = dns.known().map(Vec::as_slice).unwrap_or_default();
    blocks.iter().filter_map(|block| Some((block.zone()?, block)))
}

/// Whether it is not known yet which zones there are, or which VPCs see them.
pub fn has_open_zones(dns: &Attr<Vec<DnsBlock>>) -> bool {
    dns.is_unknown() || dns.known().is_some_and(|blocks| blocks.iter().any(DnsBlock::is_open))
}

/// The provider's peers that own zones, as far as they are known.
pub fn peers(dns: &Attr<Vec<DnsBlock>>) -> BTreeSet<String> {
    dns.known().into_iter().flatten().filter_map(|dns| dns.peer_account.known().cloned()).collect()
}

/// Rules across the attributes of a block. Unknown values pass.
pub fn check(dns: &DnsBlock, found: &mut Diagnostics) {
    let place = Path::attribute("dns");
    let records = dns.record.known().map(Vec::as_slice).unwrap_or_default();
    let mut names = BTreeSet::new();
    for record in records {
        let Attr::Known(name) = &record.name else { continue };
        let is_zonal = record.zonal == Attr::Known(true);
        if !names.insert((name, is_zonal)) {
            let kind = if is_zonal { "zonal record" } else { "record" };
            let detail = format!("Two {kind} blocks are named {name:?}.");
            found.push(Diagnostic::error("Record named twice", detail).at(place.child("record")));
        }
        if name == "@" && !is_zonal && record.ttl_seconds.is_given() {
            let detail = "A zone's own name cannot be a CNAME; leave ttl_seconds out, which makes it an alias.";
            found.push(Diagnostic::error("CNAME at the zone itself", detail).at(place.child("record")));
        }
        if record.ttl_seconds.is_given() && record.evaluate_target_health == Attr::Known(true) {
            let detail = format!("Record {name:?} is a CNAME, which evaluates no health; leave out one of the two.");
            found.push(Diagnostic::error("Health of a CNAME", detail).at(place.child("record")));
        }
    }
}
