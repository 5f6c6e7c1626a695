//! Calls of an endpoint's private DNS.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types as ec2;

use super::{PrivateDns, Spec, State};
use crate::aws::Operation::Ec2;
use crate::aws::lookups::SeenZone;
use crate::aws::{Account, Aws, if_present};
use crate::engine::{Class, Compare as _, Failure, Field, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;

pub(super) const ATTRIBUTE: &str = "private_dns_enabled";

type Modify = aws_sdk_ec2::operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder;

/// AWS's words for a name that something else in the VPC has.
const CONFLICT: &str = "conflicting dns domain";

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
        CONFLICT,
        "Another endpoint, or a private hosted zone of the same name, answers for this name in the VPC. Remove it there, \
         or set private_dns_enabled = false; if it was removed a moment ago, apply again in some minutes",
    ),
    (
        "privatednsonlyforinboundresolverendpoint",
        "The VPC needs AWS's gateway endpoint for this service (aws_vpc_endpoint with vpc_endpoint_type = \"Gateway\"); else \
         leave private_dns_only_for_inbound_resolver_endpoint out",
    ),
];

impl Link for PrivateDns {
    type Client = Aws;
    const LOOKS_ARE_SHARED: bool = true;

    fn pace(&self) -> Pace {
        Pace {
            ready: Some(Duration::from_secs(32)),
            gone: Some(Duration::from_secs(32)),
            retry: Duration::from_secs(2),
        }
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let found = aws.account(None)?.vpc_endpoint(&spec.endpoint_id).await?;
        Ok(found.filter(is_on).map(|endpoint| flatten(&endpoint, &spec.names)))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let found = aws.account(None)?.vpc_endpoint(&state.endpoint_id).await?;
        Ok(observe(found.as_ref(), state.private_dns_names.as_ref().unwrap_or(&BTreeSet::new())))
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(None)?;
        if let Err(failure) = switch_on(account, spec).await {
            let is_freed = may_be_a_conflict(&failure) && is_being_freed(account, &spec.endpoint_id).await?;
            return Err(if is_freed { being_freed(failure) } else { explain(failure) });
        }
        Ok(State {
            endpoint_id: spec.endpoint_id.clone(),
            private_dns_names: Some(spec.names.clone()),
            inbound_resolver_only: spec.inbound_resolver_only,
        })
    }

    async fn update(&self, aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        switch_on(aws.account(None)?, spec).await.map_err(explain)?;
        Ok(self.forecast(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(None)?;
        // The endpoint's own update may have done it.
        if !account.vpc_endpoint(&state.endpoint_id).await?.is_some_and(|endpoint| is_on(&endpoint)) {
            return Ok(());
        }
        if_present(send(account, modify(account, &state.endpoint_id).private_dns_enabled(false)).await).map(|_| ())
    }
}

/// Whether a refusal may be for a name that something else in the VPC has. AWS's words only spare the wait for what
/// waiting cannot cure.
fn may_be_a_conflict(failure: &Failure) -> bool {
    failure.code == "InvalidParameter" && gate(failure).is_none_or(|(mark, _)| *mark == CONFLICT)
}

/// Whether a refused name is on its way to being free: everything else that AWS asks for is in place, and nobody in
/// the VPC holds the name who could keep it. AWS frees the name of an endpoint some minutes after it went, and may do
/// so between the refusal and this look, so that a hidden zone that is still seen proves no more than one that is not.
async fn is_being_freed(account: &Account, endpoint_id: &str) -> Result<bool> {
    let Some(endpoint) = account.vpc_endpoint(endpoint_id).await? else { return Ok(false) };
    let works = endpoint.state().is_some_and(|word| word.as_str().eq_ignore_ascii_case("available"));
    let (vpc_id, service) = (endpoint.vpc_id().unwrap_or_default(), endpoint.service_name().unwrap_or_default());
    let Some(service_detail) = account.service_detail_now(service, endpoint.service_region()).await? else {
        return Ok(false);
    };
    if !works || !service_detail.is_proved() || account.vpc_dns_attributes(vpc_id).await? != (true, true) {
        return Ok(false);
    }
    let zones = account.zones_of_vpc_now(vpc_id).await?;
    let is_named =
        |zone: &SeenZone| service_detail.private_dns_names.iter().any(|name| name.eq_ignore_ascii_case(&zone.name));
    if zones.iter().any(|zone| !zone.is_hidden() && is_named(zone)) {
        return Ok(false);
    }
    for name in &service_detail.private_dns_names {
        if !account.other_endpoints_answering_to(vpc_id, name, service, Some(endpoint_id)).await?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn being_freed(failure: Failure) -> Failure {
    let failure = Failure { class: Class::Busy, ..failure };
    let advice = "No endpoint and no zone in the VPC has the name any more, but AWS has not freed it yet; apply again in \
                  some minutes";
    failure.advise(advice).about(ATTRIBUTE)
}

fn modify(account: &Account, endpoint_id: &str) -> Modify {
    account.ec2().modify_vpc_endpoint().vpc_endpoint_id(endpoint_id)
}

/// AWS takes what is not said about inbound resolver endpoints for true, and then wants a gateway endpoint:
/// terraform-provider-aws#31117, #42413. So it is always said.
async fn switch_on(account: &Account, spec: &Spec) -> Result<()> {
    let options = spec.inbound_resolver_only.map(|only| {
        ec2::DnsOptionsSpecification::builder().private_dns_only_for_inbound_resolver_endpoint(only).build()
    });
    send(account, modify(account, &spec.endpoint_id).private_dns_enabled(true).set_dns_options(options)).await
}

async fn send(account: &Account, call: Modify) -> Result<()> {
    account.call(Ec2("ModifyVpcEndpoint"), call.send()).await.map(|_| ())
}

pub(super) fn observe(found: Option<&ec2::VpcEndpoint>, known: &BTreeSet<String>) -> Observed<State> {
    let Some(endpoint) = found.filter(|endpoint| is_on(endpoint)) else { return Observed::Absent };
    let state = flatten(endpoint, known);
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

/// Names without the endpoint's id in front are private ones; while none is listed, those that are known.
fn flatten(endpoint: &ec2::VpcEndpoint, known: &BTreeSet<String>) -> State {
    let id = endpoint.vpc_endpoint_id().unwrap_or_default();
    let names = endpoint.dns_entries().iter().filter_map(|entry| entry.dns_name());
    let private = names.filter(|name| !name.trim_start_matches("*.").starts_with(id));
    let listed: BTreeSet<String> = private.map(str::to_owned).gather();
    let names = if listed.is_empty() { known.clone() } else { listed };
    let options = endpoint.dns_options();
    State {
        endpoint_id: id.to_owned(),
        private_dns_names: Some(names),
        inbound_resolver_only: options.and_then(ec2::DnsOptions::private_dns_only_for_inbound_resolver_endpoint),
    }
}

/// The gate that AWS's words name.
fn gate(failure: &Failure) -> Option<&'static (&'static str, &'static str)> {
    let words = failure.message.to_ascii_lowercase();
    GATES.iter().find(|(mark, _)| words.contains(mark))
}

pub(super) fn explain(failure: Failure) -> Failure {
    if failure.code != "InvalidParameter" {
        return failure;
    }
    let advice = gate(&failure).map_or(
        "Private DNS needs a VPC with both DNS attributes on, a service whose private name is verified, an accepted \
         connection, and no other zone of that name in the VPC",
        |(_, advice)| *advice,
    );
    failure.advise(advice).about(ATTRIBUTE)
}
