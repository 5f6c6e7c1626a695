//! What the given subnets say: their VPC, their zones, the VPC's address blocks. Looks only.
//!
//! Nothing here is ours, so nothing is ever changed. Other subnets are an update, which looks at
//! them; whether they lie in another VPC cannot be known before that look. A forecast therefore
//! keeps the VPC, and an update that finds another one fails before anything is touched: the plan
//! promised to change the endpoint in place, which AWS cannot do across VPCs. Being only a view, it
//! goes with what is built on it: a catalogue says `goes_with("endpoint")`.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::engine::Field;
use crate::gather::Gather as _;

const SUBNETS: Field = "subnet_ids";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Network;

/// The subnets to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Subnets of one VPC, at most one in each zone.
    pub subnet_ids: BTreeSet<String>,
}

/// What they say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Their VPC.
    pub vpc_id: String,
    /// By subnet id.
    pub subnets: BTreeMap<String, Subnet>,
    /// Zone ids of subnets that a plan looked at before they are among the others; a subnet never changes its zone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub foreseen: BTreeMap<String, String>,
    /// IPv4 blocks of the VPC.
    pub cidr_blocks: BTreeSet<String>,
    /// IPv6 blocks of the VPC.
    pub ipv6_cidr_blocks: BTreeSet<String>,
}

/// One subnet. Fields are `None` in a forecast with a subnet not looked at yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Subnet {
    /// Zone name in this account, such as `eu-west-1a`.
    pub availability_zone: Option<String>,
    /// Zone id, the same in every account, such as `euw1-az1`.
    pub availability_zone_id: Option<String>,
    /// IPv4 block; IPv6-only subnets have none.
    pub cidr_block: Option<String>,
}

impl State {
    /// Zone ids of the subnets, as far as they are known.
    pub fn zones(&self) -> BTreeMap<String, String> {
        let zone = |(id, subnet): (&String, &Subnet)| Some((id.clone(), subnet.availability_zone_id.clone()?));
        self.subnets.iter().filter_map(zone).gather()
    }
}
