//! Private DNS of an endpoint, switched on when everything before it is in place.
//!
//! What exists is the switch being on. Each of AWS's gates answers `InvalidParameter`; the class
//! comes from what a look at the VPC finds, AWS's words choose the advice.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types as ec2;
use serde::{Deserialize, Serialize};

use crate::aws::Operation::Ec2;
use crate::aws::lookups::SeenZone;
use crate::aws::{Account, Aws, is_not_found};
use crate::engine::{Change, Class, Failure, Field, Link, Observed, Owner, Pace};
use crate::gather::Gather as _;

const ATTRIBUTE: &str = "private_dns_enabled";
const INBOUND_RESOLVER_ONLY: Field = "private_dns_only_for_inbound_resolver_endpoint";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrivateDns;

/// Private DNS wanted on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The endpoint, `vpce-…`.
    pub endpoint_id: String,
    /// The names that the service offers: AWS lists them with the endpoint some time after it took them.
    #[serde(default)]
    pub names: BTreeSet<String>,
    /// Whether the names of S3 answer to inbound endpoints of Route 53 Resolver alone; `None` for services without that choice,
    /// for which AWS refuses the parameter.
    #[serde(default)]
    pub inbound_resolver_only: Option<bool>,
}

/// Private DNS that is on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The endpoint.
    pub endpoint_id: String,
    /// Names that now resolve to it inside the VPC; empty until AWS shows them, never `None` in what is read.
    pub private_dns_names: Option<BTreeSet<String>>,
    /// Whether they answer to inbound resolver endpoints alone; `None` where AWS does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound_resolver_only: Option<bool>,
}

impl Link for PrivateDns {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const LOOKS_ARE_SHARED: bool = true;

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        if state.is_some_and(|state| state.is_for_others(spec)) {
            return vec![match spec.inbound_resolver_only {
                Some(true) => "only for inbound resolver endpoints instead of the whole VPC".to_owned(),
                _ => "for the whole VPC instead of only inbound resolver endpoints".to_owned(),
            }];
        }
        let names = spec.names.iter().cloned().collect::<Vec<_>>().join(", ");
        vec![if names.is_empty() { "switch on".to_owned() } else { format!("switch on for {names}") }]
    }

    fn describe_removal(&self, _state: &State) -> Vec<String> {
        vec!["switch off".to_owned()]
    }

    fn pace(&self) -> Pace {
        Pace {
            ready: Some(Duration::from_secs(32)),
            gone: Some(Duration::from_secs(32)),
            retry: Duration::from_secs(2),
        }
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        let found = aws.account(None)?.vpc_endpoint(&spec.endpoint_id).await?;
        Ok(found.filter(is_on).map(|endpoint| flatten(&endpoint, &spec.names)))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let found = aws.account(None)?.vpc_endpoint(&state.endpoint_id).await?;
        Ok(observe(found.as_ref(), state.private_dns_names.as_ref().unwrap_or(&BTreeSet::new())))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        match (spec.endpoint_id == state.endpoint_id, state.is_for_others(spec)) {
            (false, _) => Change::Replace(vec!["endpoint_id"]),
            (true, true) => Change::Update(vec![INBOUND_RESOLVER_ONLY]),
            (true, false) => Change::None,
        }
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State {
            endpoint_id: spec.endpoint_id.clone(),
            inbound_resolver_only: spec.inbound_resolver_only.or(state.inbound_resolver_only),
            ..state.clone()
        }
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
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

    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        switch_on(aws.account(None)?, spec).await.map_err(explain)?;
        Ok(self.forecast(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        let account = aws.account(None)?;
        // The endpoint's own update may have done it.
        if !account.vpc_endpoint(&state.endpoint_id).await?.is_some_and(|endpoint| is_on(&endpoint)) {
            return Ok(());
        }
        match send(account, modify(account, &state.endpoint_id).private_dns_enabled(false)).await {
            Err(failure) if is_not_found(&failure) => Ok(()),
            done => done,
        }
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
async fn is_being_freed(account: &Account, endpoint_id: &str) -> Result<bool, Failure> {
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

impl State {
    /// Whether the names answer to others than wanted.
    fn is_for_others(&self, spec: &Spec) -> bool {
        let seen = spec.inbound_resolver_only.zip(self.inbound_resolver_only);
        seen.is_some_and(|(wanted, found)| wanted != found)
    }
}

type Modify = aws_sdk_ec2::operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder;

fn modify(account: &Account, endpoint_id: &str) -> Modify {
    account.ec2().modify_vpc_endpoint().vpc_endpoint_id(endpoint_id)
}

/// AWS takes what is not said about inbound resolver endpoints for true, and then wants a gateway endpoint:
/// terraform-provider-aws#31117, #42413. So it is always said.
async fn switch_on(account: &Account, spec: &Spec) -> Result<(), Failure> {
    let options = spec.inbound_resolver_only.map(|only| {
        ec2::DnsOptionsSpecification::builder().private_dns_only_for_inbound_resolver_endpoint(only).build()
    });
    send(account, modify(account, &spec.endpoint_id).private_dns_enabled(true).set_dns_options(options)).await
}

async fn send(account: &Account, call: Modify) -> Result<(), Failure> {
    account.call(Ec2("ModifyVpcEndpoint"), call.send()).await.map(|_| ())
}

fn observe(found: Option<&ec2::VpcEndpoint>, known: &BTreeSet<String>) -> Observed<State> {
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

/// The gate that AWS's words name.
fn gate(failure: &Failure) -> Option<&'static (&'static str, &'static str)> {
    let words = failure.message.to_ascii_lowercase();
    GATES.iter().find(|(mark, _)| words.contains(mark))
}

fn explain(failure: Failure) -> Failure {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{Answer, Script, ec2_reply};

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
        let none = BTreeSet::new();
        assert_eq!(observe(None, &none), Observed::Absent);
        assert_eq!(observe(Some(&endpoint(false, "available")), &none), Observed::Absent);
        assert_eq!(observe(Some(&endpoint(true, "deleting")), &none), Observed::Absent);
        assert!(matches!(observe(Some(&endpoint(true, "Pending")), &none), Observed::Pending { .. }));
        let Observed::Ready(state) = observe(Some(&endpoint(true, "available")), &none) else { panic!("not ready") };
        assert_eq!(state.private_dns_names, Some(["orders.example.dev".to_owned()].into()));
        assert_eq!(PrivateDns.diff(&Spec { endpoint_id: "vpce-01".into(), ..Spec::default() }, &state), Change::None);
        let other = Spec { endpoint_id: "vpce-02".into(), ..Spec::default() };
        assert_eq!(PrivateDns.diff(&other, &state), Change::Replace(vec!["endpoint_id"]));
    }

    #[test]
    fn who_is_answered_is_changed_in_place_where_aws_says_it() {
        let spec = |only| Spec { endpoint_id: "vpce-01".into(), inbound_resolver_only: only, ..Spec::default() };
        let state = |only| State { endpoint_id: "vpce-01".into(), inbound_resolver_only: only, ..State::default() };
        for (wanted, found, differs) in [
            (None, None, false),
            (None, Some(false), false),
            (Some(false), None, false),
            (Some(false), Some(false), false),
            (Some(false), Some(true), true),
            (Some(true), Some(false), true),
        ] {
            let (spec, state) = (spec(wanted), state(found));
            let expected = if differs { Change::Update(vec![INBOUND_RESOLVER_ONLY]) } else { Change::None };
            assert_eq!(PrivateDns.diff(&spec, &state), expected, "{wanted:?} {found:?}");
            assert_eq!(PrivateDns.diff(&spec, &PrivateDns.forecast(&spec, &state)), Change::None);
        }
        let words = PrivateDns.describe(&spec(Some(true)), Some(&state(Some(false))));
        assert_eq!(words, ["only for inbound resolver endpoints instead of the whole VPC"]);
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

    /// AWS as it answers while one endpoint asks for a name: what else the VPC sees, and the words of the refusal.
    fn refusing(zones: &'static str, others: &'static str, words: &'static str) -> Script {
        Script::new(move |sent| match sent.what.as_str() {
            "ModifyVpcEndpoint" => Answer::Reply(
                400,
                format!(
                    "<Response><Errors><Error><Code>InvalidParameter</Code><Message>{words}</Message></Error></Errors>\
                     <RequestID>r-1</RequestID></Response>"
                ),
            ),
            "DescribeVpcEndpoints" => {
                let own = "<item><vpcEndpointId>vpce-01</vpcEndpointId><vpcId>vpc-1</vpcId><serviceName>s</serviceName>\
                           <state>available</state><privateDnsEnabled>false</privateDnsEnabled></item>";
                // Who asks for one by its id gets that one.
                let others = if sent.body.contains("vpce-01") { "" } else { others };
                ec2_reply(sent, &format!("<vpcEndpointSet>{own}{others}</vpcEndpointSet>"))
            }
            "DescribeVpcEndpointServices" => ec2_reply(
                sent,
                "<serviceDetailSet><item><serviceName>s</serviceName><privateDnsName>orders.example.dev</privateDnsName>\
                 <privateDnsNameVerificationState>verified</privateDnsNameVerificationState></item></serviceDetailSet>",
            ),
            "DescribeVpcAttribute" => ec2_reply(
                sent,
                "<enableDnsSupport><value>true</value></enableDnsSupport>\
                 <enableDnsHostnames><value>true</value></enableDnsHostnames>",
            ),
            _ => Answer::Reply(
                200,
                format!(
                    "<ListHostedZonesByVPCResponse><HostedZoneSummaries>{zones}</HostedZoneSummaries>\
                     <MaxItems>100</MaxItems></ListHostedZonesByVPCResponse>"
                ),
            ),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_that_nobody_holds_any_more_is_busy_and_one_that_is_held_is_refused() {
        const CONFLICTS: &str = "private-dns-enabled cannot be set because there is already a conflicting DNS domain";
        let zone = "<HostedZoneSummary><HostedZoneId>Z1</HostedZoneId><Name>orders.example.dev.</Name>";
        let hidden = "<HostedZoneSummary><HostedZoneId>Z1</HostedZoneId><Name>orders.example.dev.</Name><Owner>\
                      <OwningService>vpce.amazonaws.com</OwningService></Owner></HostedZoneSummary>";
        let by_hand = "<HostedZoneSummary><HostedZoneId>Z1</HostedZoneId><Name>orders.example.dev.</Name><Owner>\
                       <OwningAccount>111111111111</OwningAccount></Owner></HostedZoneSummary>";
        assert!(hidden.starts_with(zone) && by_hand.starts_with(zone));
        let other = "<item><vpcEndpointId>vpce-02</vpcEndpointId><vpcId>vpc-1</vpcId><serviceName>s</serviceName>\
                     <state>available</state><privateDnsEnabled>true</privateDnsEnabled></item>";
        let table = [
            ("", "", CONFLICTS, Class::Busy),
            (hidden, "", CONFLICTS, Class::Busy),
            ("", "", "new words for it", Class::Busy),
            (hidden, other, CONFLICTS, Class::Invalid),
            (by_hand, "", CONFLICTS, Class::Invalid),
            ("", "", "the service s has not verified the private DNS name", Class::Invalid),
        ];
        for (zones, others, words, class) in table {
            let script = refusing(zones, others, words);
            let owner = Owner {
                resource: "consumer/orders".into(),
                uid: "u".into(),
                link: "private_dns".into(),
                generation: 0,
                run_tag: None,
            };
            let spec = Spec { endpoint_id: "vpce-01".into(), ..Spec::default() };
            let failure = PrivateDns.create(&script.aws().await, &owner, &spec).await.unwrap_err();
            assert_eq!(failure.class, class, "{zones} {others} {words}: {failure:?}");
            assert_eq!(failure.attribute, Some(ATTRIBUTE));
        }
    }
}
