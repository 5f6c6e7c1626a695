//! Private DNS of an endpoint, switched on when everything before it is in place.
//!
//! What exists is the switch being on. Each of AWS's gates answers `InvalidParameter`; only the
//! advice looks at AWS's words, the class never does.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types as ec2;
use serde::{Deserialize, Serialize};

use crate::aws::Operation::Ec2;
use crate::aws::{Account, Aws, is_not_found};
use crate::engine::{Change, Class, Failure, Field, Link, Observed, Owner, Pace};
use crate::gather::Gather as _;

const ATTRIBUTE: &str = "private_dns_enabled";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrivateDns;

/// Private DNS wanted on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint, `vpce-…`.
    pub endpoint_id: String,
}

/// Private DNS that is on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint.
    pub endpoint_id: String,
    /// Names that now resolve to it inside the VPC; empty until AWS shows them, never `None` in what is read.
    pub private_dns_names: Option<BTreeSet<String>>,
}

impl Link for PrivateDns {
    type Client = Aws;
    type Spec = Spec;
    type State = State;

    fn pace(&self) -> Pace {
        Pace {
            ready: Some(Duration::from_secs(32)),
            gone: Some(Duration::from_secs(32)),
            retry: Duration::from_secs(2),
        }
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        let found = aws.account(None)?.vpc_endpoint(&spec.endpoint_id).await?;
        Ok(found.filter(is_on).map(|endpoint| flatten(&endpoint)))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let found = aws.account(None)?.vpc_endpoint(&state.endpoint_id).await?;
        Ok(observe(found.as_ref()))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.endpoint_id == state.endpoint_id { Change::None } else { Change::Replace(vec!["endpoint_id"]) }
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State { endpoint_id: spec.endpoint_id.clone(), ..state.clone() }
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        let account = aws.account(None)?;
        if let Err(failure) = switch(account, &spec.endpoint_id, true).await {
            let is_left = failure.code == "InvalidParameter" && lingers(account, &spec.endpoint_id).await?;
            return Err(if is_left { left_behind(failure) } else { explain(failure) });
        }
        Ok(State { endpoint_id: spec.endpoint_id.clone(), private_dns_names: Some(BTreeSet::new()) })
    }

    async fn update(
        &self,
        _aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        // `diff` knows no update: it is on or it is not there.
        Ok(self.forecast(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        let account = aws.account(None)?;
        // The endpoint's own update may have done it.
        if !account.vpc_endpoint(&state.endpoint_id).await?.is_some_and(|endpoint| is_on(&endpoint)) {
            return Ok(());
        }
        match switch(account, &state.endpoint_id, false).await {
            Err(failure) if is_not_found(&failure) => Ok(()),
            done => done,
        }
    }
}

/// Whether a name is held only by what an endpoint has left behind: AWS frees it some minutes later.
async fn lingers(account: &Account, endpoint_id: &str) -> Result<bool, Failure> {
    let Some(endpoint) = account.vpc_endpoint(endpoint_id).await? else { return Ok(false) };
    let (vpc_id, service) = (endpoint.vpc_id().unwrap_or_default(), endpoint.service_name().unwrap_or_default());
    let Some(offer) = account.offer(service, endpoint.service_region()).await? else { return Ok(false) };
    let zones = account.zones_of_vpc_now(vpc_id).await?;
    let hidden = zones.iter().filter(|zone| zone.is_hidden() && offer.private_dns_names.contains(&zone.name));
    let mut lingers = false;
    for zone in hidden {
        let held = account.other_endpoints_answering_to(vpc_id, &zone.name, service, Some(endpoint_id)).await?;
        if !held.is_empty() {
            return Ok(false);
        }
        lingers = true;
    }
    Ok(lingers)
}

fn left_behind(failure: Failure) -> Failure {
    let failure = Failure { class: Class::Busy, ..failure };
    let advice = "No endpoint answers to the name any more, but AWS has not freed it yet; apply again in some minutes";
    failure.advise(advice).about(ATTRIBUTE)
}

async fn switch(account: &Account, endpoint_id: &str, on: bool) -> Result<(), Failure> {
    let sent = account.ec2().modify_vpc_endpoint().vpc_endpoint_id(endpoint_id).private_dns_enabled(on).send();
    account.call(Ec2("ModifyVpcEndpoint"), sent).await.map(|_| ())
}

fn observe(found: Option<&ec2::VpcEndpoint>) -> Observed<State> {
    let Some(endpoint) = found.filter(|endpoint| is_on(endpoint)) else { return Observed::Absent };
    let state = flatten(endpoint);
    match endpoint.state().map_or("", |state| state.as_str()) {
        word if ["deleting", "deleted"].iter().any(|gone| word.eq_ignore_ascii_case(gone)) => Observed::Absent,
        word if word.eq_ignore_ascii_case("pending") => Observed::Pending { state, status: "pending".into() },
        // Rejected, failed, expired: the endpoint says so itself.
        _ => Observed::Ready(state),
    }
}

fn is_on(endpoint: &ec2::VpcEndpoint) -> bool {
    endpoint.private_dns_enabled() == Some(true)
}

/// Names without the endpoint's id in front are private ones.
fn flatten(endpoint: &ec2::VpcEndpoint) -> State {
    let id = endpoint.vpc_endpoint_id().unwrap_or_default();
    let names = endpoint.dns_entries().iter().filter_map(|entry| entry.dns_name());
    let private = names.filter(|name| !name.trim_start_matches("*.").starts_with(id));
    State { endpoint_id: id.to_owned(), private_dns_names: Some(private.map(str::to_owned).gather()) }
}

/// What to do about each gate, by AWS's words, in the order in which AWS looks.
const GATES: &[(&str, &str)] = &[
    (
        "enablednssupport",
        "Switch on enableDnsSupport and enableDnsHostnames of the VPC (aws_vpc: enable_dns_support and \
         enable_dns_hostnames), then apply again",
    ),
    (
        "does not provide a private dns name",
        "The service has no private DNS name: its owner sets one (private_dns in privatelink_service). Else set \
         private_dns_enabled = false, and write a dns block for names of your own",
    ),
    (
        "has not verified",
        "The service's owner must verify the private DNS name: publish the TXT record of private_dns_record in public \
         DNS and wait until private_dns_state is verified, then apply again",
    ),
    (
        "accepted by the owner",
        "The service's owner must accept the connection first (accept, in this resource or in privatelink_service), \
         then apply again",
    ),
    (
        "conflicting dns domain",
        "Another endpoint, or a private hosted zone of the same name, answers for this name in the VPC. Remove it there, \
         or set private_dns_enabled = false; if it was removed a moment ago, apply again in some minutes",
    ),
    (
        "privatednsonlyforinboundresolverendpoint",
        "The VPC needs a gateway endpoint for this service, or private DNS for more than inbound resolver endpoints",
    ),
];

fn explain(failure: Failure) -> Failure {
    if failure.code != "InvalidParameter" {
        return failure;
    }
    let words = failure.message.to_ascii_lowercase();
    let advice = GATES.iter().find(|(mark, _)| words.contains(mark)).map_or(
        "Private DNS needs a VPC with both DNS attributes on, a service whose private name is verified, an accepted \
         connection, and no other zone of that name in the VPC",
        |(_, advice)| *advice,
    );
    failure.advise(advice).about(ATTRIBUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(on: bool, word: &str) -> ec2::VpcEndpoint {
        let entry = |name: &str| ec2::DnsEntry::builder().dns_name(name).build();
        ec2::VpcEndpoint::builder()
            .vpc_endpoint_id("vpce-01")
            .private_dns_enabled(on)
            .state(word.into())
            .dns_entries(entry("vpce-01-abcd1234.vpce-svc-01.eu-west-1.vpce.amazonaws.com"))
            .dns_entries(entry("orders.example.dev"))
            .build()
    }

    #[test]
    fn what_exists_is_the_switch_being_on() {
        assert_eq!(observe(None), Observed::Absent);
        assert_eq!(observe(Some(&endpoint(false, "available"))), Observed::Absent);
        assert_eq!(observe(Some(&endpoint(true, "deleting"))), Observed::Absent);
        assert!(matches!(observe(Some(&endpoint(true, "Pending"))), Observed::Pending { .. }));
        let Observed::Ready(state) = observe(Some(&endpoint(true, "available"))) else { panic!("not ready") };
        assert_eq!(state.private_dns_names, Some(["orders.example.dev".to_owned()].into()));
        assert_eq!(PrivateDns.diff(&Spec { endpoint_id: "vpce-01".into() }, &state), Change::None);
        let other = Spec { endpoint_id: "vpce-02".into() };
        assert_eq!(PrivateDns.diff(&other, &state), Change::Replace(vec!["endpoint_id"]));
    }

    #[test]
    fn every_gate_has_its_advice() {
        let table = [
            (
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true",
                "enable_dns_hostnames",
            ),
            (
                "Private DNS can't be enabled because the service x does not provide a private DNS name.",
                "has no private DNS name",
            ),
            (
                "Private DNS can't be enabled because the service x has not verified the private DNS name.",
                "private_dns_record",
            ),
            (
                "Private DNS can only be enabled after the endpoint connection is accepted by the owner of x",
                "accept the connection",
            ),
            (
                "private-dns-enabled cannot be set because there is already a conflicting DNS domain for x in the VPC y",
                "hosted zone",
            ),
            ("To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC …", "gateway endpoint"),
            ("Something new", "both DNS attributes"),
        ];
        for (message, expected) in table {
            let mut failure = Failure::new(Class::Invalid, message);
            failure.code = "InvalidParameter".into();
            let failure = explain(failure);
            assert!(
                failure.advice.as_deref().unwrap_or_default().contains(expected),
                "{message}: {:?}",
                failure.advice
            );
            assert_eq!(failure.attribute, Some(ATTRIBUTE));
        }
        assert_eq!(explain(Failure::new(Class::Busy, "later")).advice, None, "other codes are left alone");
    }
}
