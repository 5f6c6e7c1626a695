//! The VPC endpoint service: what consumers connect to, in front of one or more load balancers.
//!
//! Allowed principals are the link `permissions`, the check of a private name is `dns_verification`.

mod calls;
mod compare;
mod connected;
mod flatten;
#[cfg(test)]
mod tests;

pub use calls::of_uid;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::aws::Aws;
use crate::engine::{Change, Failure, Field, Link, Observed, Owner, Pace, Words};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct EndpointService;

/// A wanted endpoint service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Network Load Balancers that it stands in front of, at least one.
    pub load_balancer_arns: BTreeSet<String>,
    /// Whether its owner must accept each connection.
    pub acceptance_required: bool,
    /// The name that consumers may use inside their VPCs, lower case; a leading `*.` is allowed.
    pub private_dns_name: Option<String>,
    /// `ipv4`, `ipv6` or both.
    pub supported_ip_address_types: BTreeSet<String>,
    /// Further Regions from which consumers may connect; the service's own may be listed or not.
    pub supported_regions: BTreeSet<String>,
    /// Zones in which consumers may connect.
    pub zones: Zones,
    /// Whether a destroy rejects its connections first.
    pub force_destroy: bool,
    /// The composite's name, which its tags tell.
    #[serde(default)]
    pub base_name: String,
    /// Tags of the person, without the owner's.
    pub tags: BTreeMap<String, String>,
}

/// Zones in which a service can be reached.
///
/// AWS takes them from the load balancers when these are bound, and afterwards only when it is asked to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Zones {
    /// Whatever AWS has.
    #[default]
    Any,
    /// Those of load balancers whose zones are about to change.
    Changing,
    /// These, by their names in this account.
    Exactly(BTreeSet<String>),
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// `vpce-svc-…`.
    pub id: String,
    /// ARN of the service; `None` only where the account is not known yet.
    pub arn: Option<String>,
    /// `com.amazonaws.vpce.<region>.<id>`.
    pub service_name: String,
    /// AWS's word: `Pending`, `Available`, `Failed`.
    pub service_state: String,
    /// Network Load Balancers attached.
    pub load_balancer_arns: BTreeSet<String>,
    /// Whether its owner must accept each connection.
    pub acceptance_required: bool,
    /// The private name.
    pub private_dns_name: Option<String>,
    /// The TXT record that proves the name, full name included.
    pub private_dns_record: Option<PrivateDnsRecord>,
    /// AWS's word on the private name: `pendingVerification`, `verified`, `failed`.
    pub private_dns_state: Option<String>,
    /// `ipv4`, `ipv6` or both.
    pub supported_ip_address_types: BTreeSet<String>,
    /// Further Regions, without the service's own and without those that were removed.
    pub supported_regions: BTreeSet<String>,
    /// Zone names in which it can be reached; `None` in a forecast that changes load balancers.
    pub availability_zones: Option<BTreeSet<String>>,
    /// The same zones by id.
    pub availability_zone_ids: Option<BTreeSet<String>>,
    /// DNS names under which endpoints of this service get theirs.
    pub base_endpoint_dns_names: BTreeSet<String>,
    /// Whether a destroy rejects its connections first; ours to remember, AWS knows nothing of it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force_destroy: bool,
    /// The composite's name in the owner tags; none where it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// Tags of the person, without the owner's.
    pub tags: BTreeMap<String, String>,
}

/// The record that proves the ownership of a private name, ready to publish.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PrivateDnsRecord {
    /// Full name, without a dot at the end: `<label>.<private name>`, for `*.x` it is `<label>.x`.
    pub name: String,
    /// `TXT`.
    #[serde(rename = "type")]
    pub record_type: String,
    /// The text, without quotes.
    pub value: String,
}

impl Link for EndpointService {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const LOOKS_ARE_SHARED: bool = true;
    const WORDS: Words = &[
        ("load_balancer_arns", "load balancers"),
        ("private_dns_record", ""),
        ("private_dns_state", ""),
        ("availability_zones", ""),
        ("availability_zone_ids", ""),
        ("base_endpoint_dns_names", ""),
        ("private_dns_name", "private DNS name"),
        ("supported_ip_address_types", "IP address types"),
        ("supported_regions", "further Regions"),
    ];

    fn pace(&self) -> Pace {
        // Available at once; the record of a private name and a deletion take seconds.
        Pace { ready: Some(Duration::from_secs(4)), gone: Some(Duration::from_secs(10)), retry: Duration::from_secs(2) }
    }

    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        let found = calls::find(aws.account(None)?, owner).await?;
        Ok(found.map(|found| State { force_destroy: spec.force_destroy, ..found }))
    }

    async fn find_again(&self, aws: &Aws, owner: &Owner, _state: &State) -> Result<Option<State>, Failure> {
        calls::find(aws.account(None)?, owner).await
    }

    /// A service that is being deleted is pending, because its load balancers stay bound until it is
    /// gone; [`Link::diff`] asks for a new resource where somebody else deletes it.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let account = aws.account(None)?;
        let Some(service) = account.vpc_endpoint_service(&state.id).await? else { return Ok(Observed::Absent) };
        let seen = State { force_destroy: state.force_destroy, ..calls::state(account, &service).await? };
        Ok(flatten::observe(state, seen, &flatten::opening_regions(&service)))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        compare::diff(spec, state)
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        compare::forecast(spec, state)
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        let made = calls::create(aws.account(None)?, owner, spec).await?;
        Ok(State { force_destroy: spec.force_destroy, named: Some(spec.base_name.clone()), ..made })
    }

    async fn update(
        &self,
        aws: &Aws,
        owner: &Owner,
        spec: &Spec,
        state: &State,
        fields: &[Field],
    ) -> Result<State, Failure> {
        let account = aws.account(None)?;
        let own_calls = [compare::TAGS, compare::ZONES, compare::FORCE];
        if fields.iter().any(|field| !own_calls.contains(field)) {
            calls::modify(account, spec, state, fields).await?;
        }
        if fields.contains(&compare::TAGS) {
            account.retag(&state.id, owner, &spec.tags, &state.tags).await?;
        }
        // Last, because it is tried until AWS has the zones; everything before it may be said again.
        if let (true, Zones::Exactly(zones)) = (fields.contains(&compare::ZONES), &spec.zones) {
            calls::refresh_zones(account, &state.id, zones).await?;
        }
        Ok(compare::forecast(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        let account = aws.account(None)?;
        if state.force_destroy {
            calls::disconnect(account, &state.id).await?;
        }
        calls::delete(account, &state.id).await
    }
}
