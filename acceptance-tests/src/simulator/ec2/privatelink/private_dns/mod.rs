//! Proving a private name: the TXT pair, and the checks that AWS makes of it.
//!
//! A pair is minted when the name is set. StartVpcEndpointServicePrivateDnsVerification brings a check forward; without it AWS comes
//! by much later. What counts is the record in the public DNS at the moment of the check, so [`PrivateName::check`] must be called as
//! soon as the moment has passed, before anything else can change the DNS: [`super::settle`] does, ahead of every call.
//! Which names count is `private_dns/name.rs`; what the consumer's VPC sees is `private_dns/zone.rs`.

pub mod gates;
pub mod name;
pub mod zone;

use std::time::Duration;

use crate::simulator::clock::Moment;
use crate::simulator::durations::VERIFICATION;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use self::name::proof_names;
use super::answer::done;
use super::find::own_service;

/// Time from a check without the record to the next one. *Assumed.*
pub const RETRY: Duration = Duration::from_mins(10);
/// Checks without the record that make a name fail. *Assumed.*
pub const ATTEMPTS: u32 = 3;
/// Time between the checks of a verified name. Source: PrivateLink guide, "re-checked daily".
pub const RECHECK: Duration = Duration::from_hours(24);

/// State of the proof, as both Describe calls spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Not proven, or proven no longer.
    Pending,
    /// Proven.
    Verified,
    /// Looked for in vain too often; a new start is possible.
    Failed,
}

impl Verification {
    /// Writes the state as AWS does.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pendingVerification",
            Self::Verified => "verified",
            Self::Failed => "failed",
        }
    }

    /// Reads a state as `/_simulator/set` gives it.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Verified, Self::Failed].into_iter().find(|state| state.name().eq_ignore_ascii_case(text))
    }
}

/// A service's private name with the pair that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateName {
    /// The name, lower case.
    pub name: String,
    /// Label of the TXT record: `_` and 20 characters.
    pub label: String,
    /// Value of the TXT record: `vpce:` and 20 characters.
    pub value: String,
    /// Where the proof stands.
    pub state: Verification,
    /// When AWS looks next.
    pub next_check: Moment,
    pub(super) missed: u32,
}

impl PrivateName {
    /// Sets a name; `next_check` is when AWS looks without being asked.
    pub fn new(name: String, label: String, value: String, next_check: Moment) -> Self {
        Self { name, label, value, state: Verification::Pending, next_check, missed: 0 }
    }

    /// Asks for a check, not later than the one that is due anyway.
    pub fn start(&mut self, check: Moment) {
        self.next_check = self.next_check.min(check);
        self.missed = 0;
        if self.state == Verification::Failed {
            self.state = Verification::Pending;
        }
    }

    /// Makes every check that has become due; `lookup` tells the TXT values of a name in the public DNS.
    pub fn check(&mut self, now: Moment, lookup: impl Fn(&str, Moment) -> Vec<String>) {
        while self.next_check <= now {
            let at = self.next_check;
            let proven = proof_names(&self.name, &self.label).iter().any(|name| lookup(name, at).contains(&self.value));
            self.record(proven, at);
        }
    }

    fn record(&mut self, proven: bool, at: Moment) {
        if proven {
            self.missed = 0;
            self.state = Verification::Verified;
            self.next_check = at.after(RECHECK);
            return;
        }
        self.missed += 1;
        self.state = if self.missed >= ATTEMPTS { Verification::Failed } else { Verification::Pending };
        // A failed name is left alone until somebody starts again.
        self.next_check = if self.state == Verification::Failed { Moment::NEVER } else { at.after(RETRY) };
    }
}

/// Brings the next check of a service's private name forward.
pub fn start_verification(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("ServiceId")?.to_owned();
    let check = session.later(VERIFICATION);
    match &mut own_service(session, &id)?.private_name {
        Some(name) => name.start(check),
        None => return Err(ApiError::invalid(format!("The service {id} does not have a private DNS name."))),
    }
    session.region().ec2.privatelink.set_alarm_of_service(&id);
    Ok(done())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> PrivateName {
        PrivateName::new("api.example.dev".into(), "_l".into(), "vpce:v".into(), Moment(1_000_000))
    }

    fn record(at: &'static str, value: &'static str) -> impl Fn(&str, Moment) -> Vec<String> {
        move |name, _| if name == at { vec![value.to_owned()] } else { Vec::new() }
    }

    #[test]
    fn a_started_check_verifies_when_the_record_is_there() {
        let mut name = name();
        name.start(Moment(500));
        name.check(Moment(499), record("_l.api.example.dev", "vpce:v"));
        assert_eq!(name.state, Verification::Pending);
        name.check(Moment(500), record("_l.example.dev", "vpce:v"));
        assert_eq!(name.state, Verification::Verified);
    }

    #[test]
    fn a_value_in_other_case_is_no_proof_and_the_name_fails_in_the_end() {
        let mut name = name();
        name.start(Moment(0));
        name.check(Moment(0).after(RETRY * 3), record("_l.api.example.dev", "vpce:V"));
        assert_eq!(name.state, Verification::Failed);
        name.start(Moment(5_000_000));
        assert_eq!(name.state, Verification::Pending);
        name.check(Moment(5_000_000), record("api.example.dev", "vpce:v"));
        assert_eq!(name.state, Verification::Verified);
    }

    #[test]
    fn a_verified_name_that_loses_its_record_falls_back() {
        let mut name = name();
        name.start(Moment(0));
        name.check(Moment(0), record("_l.api.example.dev", "vpce:v"));
        name.check(Moment(0).after(RECHECK), |_, _| Vec::new());
        assert_eq!(name.state, Verification::Pending);
    }
}
