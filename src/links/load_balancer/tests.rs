//! Calls of a load balancer, against scripted answers.

use super::*;
use crate::aws::testing::{Answer, Script, refusal, reply};
use crate::aws::{names, tags};
use crate::engine::{Class, Link as _, Observed, Owner};

const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/orders/1234567890abcdef";

fn owner() -> Owner {
    Owner {
        resource: "service/orders".into(),
        uid: "u-1".into(),
        link: "load_balancer".into(),
        generation: 0,
        run_tag: None,
    }
}

fn spec() -> Spec {
    Spec {
        base_name: "orders".into(),
        subnet_ids: ["subnet-a".to_owned()].into(),
        addresses: BTreeMap::new(),
        ipv6_addresses: BTreeMap::new(),
        security_groups: BTreeSet::new(),
        enforces_on_private_link: true,
        ip_address_type: "ipv4".into(),
        source_nat_prefix: false,
        attributes: Attributes { cross_zone: true, ..Attributes::default() },
        tags: Tags::new(),
    }
}

fn described(action: &str, status: &str) -> Answer {
    let zone = "<AvailabilityZones><member><ZoneName>eu-west-1a</ZoneName><SubnetId>subnet-a</SubnetId></member>\
                </AvailabilityZones>";
    reply(
        action,
        &format!(
            "<LoadBalancers><member><LoadBalancerArn>{ARN}</LoadBalancerArn><LoadBalancerName>orders</LoadBalancerName>\
             <IpAddressType>ipv4</IpAddressType><VpcId>vpc-1</VpcId>{zone}<State><Code>{status}</Code></State></member>\
             </LoadBalancers>"
        ),
    )
}

fn carried(tags: &Tags) -> Answer {
    let pairs = tags.iter().map(|(key, value)| format!("<member><Key>{key}</Key><Value>{value}</Value></member>"));
    let tags: String = pairs.collect();
    let one = format!("<member><ResourceArn>{ARN}</ResourceArn><Tags>{tags}</Tags></member>");
    reply("DescribeTags", &format!("<TagDescriptions>{one}</TagDescriptions>"))
}

/// An AWS with this load balancer.
fn existing(status: &'static str, tags: Tags) -> Script {
    Script::new(move |sent| match sent.what.as_str() {
        action @ ("CreateLoadBalancer" | "DescribeLoadBalancers") => described(action, status),
        "DescribeTags" => carried(&tags),
        "DescribeLoadBalancerAttributes" => reply(
            "DescribeLoadBalancerAttributes",
            "<Attributes><member><Key>load_balancing.cross_zone.enabled</Key><Value>true</Value></member></Attributes>",
        ),
        action => reply(action, ""),
    })
}

#[tokio::test(start_paused = true)]
async fn a_new_one_is_internal_tagged_and_gets_only_attributes_that_differ() {
    let script = existing("provisioning", Tags::new());
    let state = LoadBalancer.create(&script.aws().await, &owner(), &spec()).await.unwrap();
    assert_eq!(script.calls(), ["CreateLoadBalancer", "ModifyLoadBalancerAttributes"]);
    let sent = script.sent();
    for part in ["Scheme=internal", "Type=network", "privatelink%3Auid", &names::object_name("orders", &owner())] {
        assert!(sent[0].body.contains(part), "{part} in {}", sent[0].body);
    }
    assert!(!sent[0].body.contains("SecurityGroups"));
    assert!(sent[1].body.contains("cross_zone") && !sent[1].body.contains("deletion_protection"));
    assert_eq!(LoadBalancer.diff(&spec(), &state), Change::None);
}

#[tokio::test(start_paused = true)]
async fn an_existing_one_of_a_stranger_is_not_adopted() {
    let script = existing("active", Tags::from([("Team".into(), "other".into())]));
    let failure = LoadBalancer.create(&script.aws().await, &owner(), &spec()).await.unwrap_err();
    assert_eq!(failure.class, Class::Taken);
    assert_eq!(script.calls(), ["CreateLoadBalancer", "DescribeTags"]);
}

#[tokio::test(start_paused = true)]
async fn ours_is_found_with_all_it_has_and_a_strangers_is_not() {
    let ours = existing("active", tags::all(&owner(), &Tags::from([("Team".into(), "orders".into())])));
    let found = LoadBalancer.find(&ours.aws().await, &owner(), &spec()).await.unwrap().unwrap();
    assert!(found.attributes.cross_zone);
    assert_eq!(found.tags, Tags::from([("Team".into(), "orders".into())]));
    let strangers = existing("active", Tags::new());
    assert_eq!(LoadBalancer.find(&strangers.aws().await, &owner(), &spec()).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_create_that_fails_half_way_asks_the_engine_to_look_for_what_it_made() {
    let script = Script::new(|sent| match sent.what.as_str() {
        "CreateLoadBalancer" => described("CreateLoadBalancer", "provisioning"),
        _ => refusal(403, "AccessDenied"),
    });
    let failure = LoadBalancer.create(&script.aws().await, &owner(), &spec()).await.unwrap_err();
    assert_eq!((failure.class, failure.code.as_str()), (Class::Lost, "AccessDenied"));
}

#[tokio::test(start_paused = true)]
async fn polls_of_one_that_is_not_ready_make_one_call() {
    let script = existing("provisioning", Tags::new());
    let known = State { arn: ARN.into(), attributes: spec().attributes, ..State::default() };
    let Observed::Pending { state, status } = LoadBalancer.look(&script.aws().await, &known).await.unwrap() else {
        panic!("it is provisioning");
    };
    assert_eq!((status.as_str(), state.attributes.cross_zone), ("provisioning", true));
    assert_eq!(script.calls(), ["DescribeLoadBalancers"]);
}

#[tokio::test(start_paused = true)]
async fn status_decides_between_ready_failed_and_absent() {
    let known = State { arn: ARN.into(), ..State::default() };
    for (status, ready) in [("active", true), ("active_impaired", true), ("failed", false)] {
        let read = LoadBalancer.read(&existing(status, Tags::new()).aws().await, &known).await.unwrap();
        assert_eq!(matches!(read, Observed::Ready(_)), ready, "{status}");
        assert_eq!(matches!(read, Observed::Failed { .. }), !ready, "{status}");
    }
    let gone = Script::new(|sent| match sent.what.as_str() {
        "DescribeNetworkInterfaces" => crate::aws::testing::ec2_reply(sent, "<networkInterfaceSet/>"),
        _ => refusal(400, "LoadBalancerNotFound"),
    });
    assert_eq!(LoadBalancer.read(&gone.aws().await, &known).await.unwrap(), Observed::Absent);
    LoadBalancer.delete(&gone.aws().await, &known).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn deletion_protection_is_named_before_any_call() {
    let script = Script::new(|_| Answer::Lost);
    let attributes = Attributes { deletion_protection: true, ..Attributes::default() };
    let known = State { arn: ARN.into(), attributes, ..State::default() };
    let failure = LoadBalancer.delete(&script.aws().await, &known).await.unwrap_err();
    assert_eq!(failure.class, Class::Invalid);
    assert!(script.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_bound_one_is_in_use() {
    let script = Script::new(|_| refusal(400, "ResourceInUse"));
    let known = State { arn: ARN.into(), ..State::default() };
    assert_eq!(LoadBalancer.delete(&script.aws().await, &known).await.unwrap_err().class, Class::InUse);
}

#[tokio::test(start_paused = true)]
async fn fixed_addresses_and_the_switch_of_enforcement_go_where_aws_takes_them() {
    let script = existing("provisioning", Tags::new());
    let wanted = Spec {
        addresses: [("subnet-a".to_owned(), "10.0.0.9".to_owned())].into(),
        security_groups: ["sg-1".to_owned()].into(),
        enforces_on_private_link: false,
        attributes: Attributes::default(),
        ..spec()
    };
    LoadBalancer.create(&script.aws().await, &owner(), &wanted).await.unwrap();
    assert_eq!(script.calls(), ["CreateLoadBalancer", "SetSecurityGroups"]);
    let sent = script.sent();
    assert!(sent[0].body.contains("SubnetMappings.member.1.PrivateIPv4Address=10.0.0.9"), "{}", sent[0].body);
    assert!(!sent[0].body.contains("Subnets.member"), "{}", sent[0].body);
    assert!(sent[1].body.contains("OnPrivateLinkTraffic=off") && sent[1].body.contains("sg-1"), "{}", sent[1].body);
}
