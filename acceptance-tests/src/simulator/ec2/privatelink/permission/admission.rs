//! Whom a service admits.

use crate::simulator::caller::Caller;
use crate::simulator::clock::Moment;
use crate::simulator::ec2::privatelink::endpoint_service::EndpointService;
use crate::simulator::rules::Rule;
use crate::simulator::state::State;

use super::entry::Permission;
use super::principal::admits;

/// Says what a world asks of callers.
#[derive(Debug, Clone, Copy)]
pub struct Admission {
    is_checked: bool,
    settles: bool,
}

impl Admission {
    /// Reads it off a world's rules.
    pub fn of(state: &State) -> Self {
        Self { is_checked: state.holds(Rule::CallerIsAdmitted), settles: state.holds(Rule::FreshThingsSettle) }
    }

    /// Tells whether a service admits a caller at a moment. A principal just removed counts no more: the stricter reading.
    pub fn admits(self, service: &EndpointService, caller: &Caller, now: Moment) -> bool {
        let now = if self.settles { now } else { Moment::NEVER };
        !self.is_checked || is_admitted(service, &caller.account, &caller.principal, now)
    }
}

/// Tells whether a service admits somebody at a moment: everybody of its owner's account, and whom its permissions name.
pub fn is_admitted(service: &EndpointService, account: &str, principal: &str, now: Moment) -> bool {
    let named = |one: &Permission| one.visible_at <= now && admits(&one.principal, account, principal);
    service.owner == account || service.permissions.iter().any(named)
}
