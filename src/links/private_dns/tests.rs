use std::collections::BTreeSet;

use aws_sdk_ec2::types as ec2;

use super::calls::{ATTRIBUTE, explain, observe};
use super::diff::INBOUND_RESOLVER_ONLY;
use super::{PrivateDns, Spec, State};
use crate::aws::testing::{Answer, Script, ec2_reply};
use crate::engine::{Change, Class, Compare as _, Failure, Link as _, Observed, Owner};

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
        assert!(failure.advice.as_deref().unwrap_or_default().contains(expected), "{message}: {:?}", failure.advice);
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
            run_tags: std::collections::BTreeMap::new(),
        };
        let spec = Spec { endpoint_id: "vpce-01".into(), ..Spec::default() };
        let failure = PrivateDns.create(&script.aws().await, &owner, &spec).await.unwrap_err();
        assert_eq!(failure.class, class, "{zones} {others} {words}: {failure:?}");
        assert_eq!(failure.attribute, Some(ATTRIBUTE));
    }
}
