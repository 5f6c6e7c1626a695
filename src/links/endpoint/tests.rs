use std::collections::BTreeSet;

use super::{Endpoint, Spec, State, compare};
use crate::aws::testing::{Answer, Script, Sent, ec2_refusal, ec2_reply};
use crate::engine::{Class, Link, Observed, Owner};

const ID: &str = "vpce-0a1b2c3d4e5f60718";

fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
    items.map(str::to_owned).into()
}

fn spec() -> Spec {
    Spec {
        service_name: "com.amazonaws.vpce.eu-west-1.vpce-svc-01".into(),
        service_region: Some("eu-west-1".into()),
        vpc_id: "vpc-1".into(),
        subnet_ids: set(["subnet-a"]),
        security_group_ids: set(["sg-1"]),
        ip_address_type: "ipv4".into(),
        tags: [("Name".to_owned(), "orders".to_owned())].into(),
        ..Spec::default()
    }
}

fn owner() -> Owner {
    Owner {
        resource: "consumer/orders".into(),
        uid: "u-1".into(),
        link: "endpoint".into(),
        generation: 0,
        run_tag: None,
    }
}

fn state(word: &str) -> State {
    State {
        id: ID.into(),
        state: Some(word.into()),
        vpc_id: "vpc-1".into(),
        subnet_ids: set(["subnet-a"]),
        security_group_ids: set(["sg-1"]),
        ip_address_type: "ipv4".into(),
        network_interface_ids: set(["eni-1"]),
        ..State::default()
    }
}

fn refused(code: &str) -> Answer {
    ec2_refusal(400, code)
}

fn unsuccessful(sent: &Sent, code: &str) -> Answer {
    let error = format!("<error><code>{code}</code><message>AWS's words</message></error>");
    ec2_reply(sent, &format!("<unsuccessful><item><resourceId>{ID}</resourceId>{error}</item></unsuccessful>"))
}

fn shown(word: &str, more: &str) -> String {
    format!(
        "<vpcEndpointSet><item><vpcEndpointId>{ID}</vpcEndpointId><state>{word}</state>{more}</item></vpcEndpointSet>"
    )
}

fn parameters(sent: &Sent) -> BTreeSet<String> {
    sent.body.split('&').map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn a_new_endpoint_is_an_interface_without_private_dns_and_tagged_from_birth() {
    let made =
        format!("<vpcEndpoint><vpcEndpointId>{ID}</vpcEndpointId><state>pendingAcceptance</state></vpcEndpoint>");
    let script = Script::new(move |sent| ec2_reply(sent, &made));
    let made = Endpoint.create(&script.aws().await, &owner(), &spec()).await.unwrap();
    assert_eq!((made.id.as_str(), made.state.as_deref()), (ID, Some("pendingAcceptance")));
    assert_eq!((made.zonal_dns_names, made.network_interfaces), (Some([].into()), Some([].into())));
    let sent = script.sent();
    assert_eq!(sent.len(), 1);
    let parameters = parameters(&sent[0]);
    for expected in [
        "Action=CreateVpcEndpoint",
        "VpcEndpointType=Interface",
        "PrivateDnsEnabled=false",
        "SubnetId.1=subnet-a",
        "SecurityGroupId.1=sg-1",
        "DnsOptions.DnsRecordIpType=ipv4",
        "TagSpecification.1.ResourceType=vpc-endpoint",
        "TagSpecification.1.Tag.2.Key=privatelink%3Alink",
    ] {
        assert!(parameters.contains(expected), "{expected} in {parameters:?}");
    }
    assert!(sent[0].body.contains("&ClientToken="));
    assert!(!sent[0].body.contains("ServiceRegion"), "its own Region is not another one");
}

#[tokio::test(start_paused = true)]
async fn a_repeated_create_carries_the_same_token() {
    let script = Script::new(|_| refused("Unavailable"));
    let aws = script.aws().await;
    for _ in 0..2 {
        assert_eq!(Endpoint.create(&aws, &owner(), &spec()).await.unwrap_err().class, Class::Unavailable);
    }
    let bodies: BTreeSet<String> = script.sent().into_iter().map(|sent| sent.body).collect();
    assert_eq!(bodies.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_delete_looks_into_the_list_of_what_aws_refused() {
    for (answer, expected) in [
        (unsuccessful as fn(&Sent, &str) -> Answer, "InvalidVpcEndpoint.NotFound"),
        (|_, code| refused(code), "InvalidVpcEndpointId.NotFound"),
    ] {
        let script = Script::new(move |sent| answer(sent, expected));
        assert_eq!(Endpoint.delete(&script.aws().await, &state("available")).await, Ok(()), "{expected}");
    }
    let script = Script::new(|sent| unsuccessful(sent, "UnauthorizedOperation"));
    let failure = Endpoint.delete(&script.aws().await, &state("available")).await.unwrap_err();
    assert_eq!((failure.class, failure.operation.as_str()), (Class::Denied, "DeleteVpcEndpoints"));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_gone_only_with_its_network_interfaces() {
    for (word, interface, is_gone) in [
        (Some("deleting"), true, false),
        (Some("deleted"), true, false),
        (Some("deleted"), false, true),
        (None, true, false),
        (None, false, true),
    ] {
        let script = Script::new(move |sent| match (sent.what.as_str(), word) {
            ("DescribeVpcEndpoints", Some(word)) => ec2_reply(sent, &shown(word, "")),
            ("DescribeNetworkInterfaces", _) if interface => ec2_reply(
                sent,
                "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId></item></networkInterfaceSet>",
            ),
            _ => ec2_reply(sent, ""),
        });
        match Endpoint.read(&script.aws().await, &state("available")).await.unwrap() {
            Observed::Absent => assert!(is_gone, "{word:?} {interface}"),
            Observed::Pending { state, .. } => {
                assert!(!is_gone, "{word:?} {interface}");
                assert_eq!(state.network_interface_ids, set(["eni-1"]), "what is waited for is kept");
            }
            other => panic!("{word:?} {interface}: {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_available_endpoint_is_ready_when_its_names_and_interfaces_show() {
    let names = format!(
        "<subnetIdSet><item>subnet-a</item></subnetIdSet><networkInterfaceIdSet><item>eni-1</item></networkInterfaceIdSet>\
         <dnsEntrySet><item><dnsName>{ID}-abcd1234.vpce-svc-01.eu-west-1.vpce.amazonaws.com</dnsName>\
         <hostedZoneId>Z1</hostedZoneId></item></dnsEntrySet>"
    );
    for visible in [false, true] {
        let names = names.clone();
        let script = Script::new(move |sent| match sent.what.as_str() {
            "DescribeVpcEndpoints" => ec2_reply(sent, &shown("available", &names)),
            // An older answer, without the zone's id.
            "DescribeNetworkInterfaces" if visible => ec2_reply(
                sent,
                "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><subnetId>subnet-a</subnetId>\
                 <availabilityZone>eu-west-1a</availabilityZone><privateIpAddress>10.0.0.7</privateIpAddress></item>\
                 </networkInterfaceSet>",
            ),
            "DescribeSubnets" => ec2_reply(
                sent,
                "<subnetSet><item><subnetId>subnet-a</subnetId><availabilityZoneId>euw1-az3</availabilityZoneId></item>\
                 </subnetSet>",
            ),
            _ => ec2_reply(sent, ""),
        });
        match (visible, Endpoint.read(&script.aws().await, &state("pending")).await.unwrap()) {
            (false, Observed::Pending { state, .. }) => assert_eq!(state.network_interfaces, Some([].into())),
            (true, Observed::Ready(state)) => {
                assert_eq!(state.network_interfaces.unwrap()["euw1-az3"].ipv4.as_deref(), Some("10.0.0.7"));
                assert_eq!(state.hosted_zone_id.as_deref(), Some("Z1"));
            }
            (_, other) => panic!("{visible}: {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn subnets_groups_and_records_change_in_one_call() {
    let script = Script::new(|sent| ec2_reply(sent, "<return>true</return>"));
    let wanted = Spec {
        subnet_ids: set(["subnet-b"]),
        security_group_ids: set(["sg-1", "sg-2"]),
        ip_address_type: "dualstack".into(),
        tags: [].into(),
        ..spec()
    };
    let fields = compare::differences(&wanted, &state("available"));
    Endpoint.update(&script.aws().await, &owner(), &wanted, &state("available"), &fields).await.unwrap();
    assert_eq!(script.calls(), ["ModifyVpcEndpoint"]);
    let parameters = parameters(&script.sent()[0]);
    for expected in [
        "AddSubnetId.1=subnet-b",
        "RemoveSubnetId.1=subnet-a",
        "AddSecurityGroupId.1=sg-2",
        "IpAddressType=dualstack",
        "DnsOptions.DnsRecordIpType=dualstack",
    ] {
        assert!(parameters.contains(expected), "{expected} in {parameters:?}");
    }
}

#[test]
fn groups_and_tags_of_an_endpoint_that_works_change_without_a_wait() {
    for (word, fields, works) in [
        ("available", vec![compare::GROUPS], true),
        ("available", vec![compare::GROUPS, compare::TAGS], true),
        ("available", vec![compare::GROUPS, compare::SUBNETS], false),
        ("available", vec![compare::POLICY], false),
        ("pending", vec![compare::GROUPS], false),
    ] {
        assert_eq!(Endpoint.works_throughout(&state(word), &fields), works, "{word} {fields:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_has_its_own_call_and_what_is_done_is_not_asked_for_again() {
    // The first call took effect; the endpoint shows the new subnet and is busy with it.
    let script = Script::new(|sent| match sent.what.as_str() {
        "DescribeVpcEndpoints" => ec2_reply(
            sent,
            &shown(
                "pending",
                "<vpcId>vpc-1</vpcId><subnetIdSet><item>subnet-b</item></subnetIdSet><groupSet><item><groupId>sg-1</groupId>\
             </item></groupSet><ipAddressType>ipv4</ipAddressType>",
            ),
        ),
        _ => refused("OperationInProgress"),
    });
    let wanted = Spec { subnet_ids: set(["subnet-b"]), policy: Some(r#"{"Statement":[]}"#.into()), ..spec() };
    let fields = [compare::SUBNETS, compare::POLICY];
    let failure =
        Endpoint.update(&script.aws().await, &owner(), &wanted, &state("available"), &fields).await.unwrap_err();
    assert_eq!(failure.class, Class::Busy);
    assert_eq!(script.calls(), ["DescribeVpcEndpoints", "ModifyVpcEndpoint"]);
    let body = &script.sent()[1].body;
    assert!(body.contains("PolicyDocument=") && !body.contains("SubnetId"), "{body}");
}
