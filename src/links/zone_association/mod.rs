//! A VPC that sees a private hosted zone, beside the one that the zone was made for.
//!
//! The VPC is of the provider's account; the zone may be a peer's, who then authorizes the association
//! first. The authorization is taken back as soon as it has served. An association that was there before
//! belongs to whoever made it, and stays.
//!
//! One that was made serves every name of the zone in that VPC, also those of other endpoints. While there are any, it
//! stays when its maker leaves, and passes to one of them: the last one takes it away. See `shared`.

mod calls;
mod diff;
mod shared;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::engine::Field;

const VPC: Field = "vpc_id";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZoneAssociation;

/// The zone, and the VPC that is to see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Name of the peer account that owns the zone; `None` is the provider's own.
    pub account: Option<String>,
    /// The zone.
    pub zone_id: String,
    /// The VPC, of the provider's own account.
    pub vpc_id: String,
    /// Its Region.
    pub vpc_region: String,
    /// Whether it is another VPC than the endpoint's.
    #[serde(default)]
    pub is_further: bool,
}

/// A VPC that sees the zone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Name of the peer account that owns the zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The zone.
    pub zone_id: String,
    /// The VPC.
    pub vpc_id: String,
    /// Its Region.
    pub vpc_region: String,
    /// Whether it is another VPC than the endpoint's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_further: bool,
    /// Whether this resource made it; only then it is taken away.
    pub made: bool,
    /// The composite's uid, by which others are told from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Whether the peer's authorization has served and is still to be taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub authorized: bool,
    /// The change that name servers do not know yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_id: Option<String>,
}

fn unmade(spec: &Spec) -> State {
    State {
        account: spec.account.clone(),
        zone_id: spec.zone_id.clone(),
        vpc_id: spec.vpc_id.clone(),
        vpc_region: spec.vpc_region.clone(),
        is_further: spec.is_further,
        ..State::default()
    }
}
