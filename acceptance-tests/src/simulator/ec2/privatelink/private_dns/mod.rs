//! Proving a private name: the TXT pair, and the checks that AWS makes of it.
//!
//! A pair is minted when the name is set. StartVpcEndpointServicePrivateDnsVerification brings a check forward; without it AWS comes
//! by much later. What counts is the record in the public DNS at the moment of the check, so [`PrivateName::check`] must be called as
//! soon as the moment has passed, before anything else can change the DNS: [`super::settle`] does, ahead of every call.
//! Which names count is `private_dns/name.rs`; what the consumer's VPC sees is `private_dns/zone.rs`.

pub mod gates;
pub mod name;
pub mod proof;
pub mod zone;

pub use proof::{ATTEMPTS, PrivateName, RECHECK, RETRY, Verification};

use crate::simulator::durations::VERIFICATION;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::answer::done;
use super::find::own_service;

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
    use crate::simulator::clock::Moment;

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
