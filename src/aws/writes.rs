//! When this process wrote last, and where: what was asked for before that is no answer any more.
//!
//! One book for all accounts and Regions of a provider, because an acceptance in one account changes an endpoint of another. It
//! knows services and single hosted zones, not objects: a read too many costs little, and nothing can be left out by mistake.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::operation::{Kind, Operation, Service};

/// What a write may change, and what a read may show of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Domain {
    /// Everything of EC2.
    Ec2,
    /// Everything of Elastic Load Balancing.
    Elbv2,
    /// Hosted zones: which there are, who sees them, their tags.
    Zones,
    /// The records of a hosted zone.
    Records(String),
    /// Associations of Route 53 Profiles.
    Profiles,
    /// What endpoint services offer.
    Services,
    /// VPCs and subnets, which no call of this provider changes.
    Networks,
}

/// The last writes.
#[derive(Debug, Default)]
pub(super) struct Writes {
    last: Mutex<BTreeMap<Domain, Instant>>,
    without_views: bool,
}

impl Writes {
    /// The same, where no view may serve: every reader reads for itself.
    pub(super) fn without_views() -> Self {
        Self { without_views: true, ..Self::default() }
    }

    /// Whether what one reader has seen may serve others at all.
    pub(super) fn have_views(&self) -> bool {
        !self.without_views
    }

    /// Notes a write that begins or ends now.
    pub(super) fn note(&self, domain: Domain) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).insert(domain, Instant::now());
    }

    /// Notes a call that begins or ends now, where it writes. Changes of records are noted by their zone, where that is known.
    pub(super) fn note_call(&self, operation: Operation) {
        if operation.kind() == Kind::Read || operation.name() == "ChangeResourceRecordSets" {
            return;
        }
        match operation.service() {
            Service::Ec2 => {
                self.note(Domain::Ec2);
                match operation.name() {
                    name if name.contains("VpcEndpointService") => self.note(Domain::Services),
                    // With the endpoint's private DNS comes and goes a hidden zone.
                    "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => self.note(Domain::Zones),
                    _ => {}
                }
            }
            Service::Elbv2 => self.note(Domain::Elbv2),
            Service::Route53 => self.note(Domain::Zones),
            Service::Route53Profiles => self.note(Domain::Profiles),
            Service::CloudWatch | Service::Sts => {}
        }
    }

    /// Whether nothing was written since this moment; a write of the same moment counts as later.
    pub(super) fn none_since(&self, domain: &Domain, moment: Instant) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).get(domain).copied();
        last.is_none_or(|last| last < moment)
    }
}
