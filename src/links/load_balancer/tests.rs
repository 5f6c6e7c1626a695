//! Calls of a load balancer, against scripted answers.

mod comparing {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::{
        ADDRESSES, ATTRIBUTES, Attributes, ENFORCEMENT, GROUPS, LoadBalancer, SUBNETS, Spec, State, TAGS,
    };
    use crate::aws::Tags;
    use crate::engine::{Change, Compare as _};

    fn set(items: &[&str]) -> BTreeSet<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    fn spec() -> Spec {
        Spec {
            base_name: "orders-api".into(),
            subnet_ids: set(&["subnet-a", "subnet-b"]),
            addresses: BTreeMap::new(),
            ipv6_addresses: BTreeMap::new(),
            security_groups: set(&["sg-1"]),
            enforces_on_private_link: true,
            ip_address_type: "ipv4".into(),
            source_nat_prefix: false,
            attributes: Attributes { cross_zone: true, ..Attributes::default() },
            tags: Tags::from([("Team".into(), "orders".into())]),
        }
    }

    fn state() -> State {
        let zones = Some(set(&["eu-west-1a", "eu-west-1b"]));
        let born = State { arn: "arn".into(), availability_zones: zones, ..State::default() };
        let mut made = LoadBalancer.forecast(&spec(), &born);
        made.availability_zones = born.availability_zones;
        made
    }

    #[test]
    fn what_came_of_a_spec_shows_no_change() {
        assert_eq!(LoadBalancer.diff(&spec(), &state()), Change::None);
        let renamed = Spec { base_name: "other".into(), ..spec() };
        assert_eq!(LoadBalancer.diff(&renamed, &state()), Change::Update(vec![TAGS]), "its tags tell the name");
        assert_eq!(LoadBalancer.diff(&renamed, &LoadBalancer.forecast(&renamed, &state())), Change::None);
        let imported = State { named: None, ..state() };
        assert_eq!(LoadBalancer.diff(&renamed, &imported), Change::None, "nothing to correct");
    }

    #[test]
    fn settings_change_in_place_and_together() {
        let wanted = Spec {
            subnet_ids: set(&["subnet-a", "subnet-c"]),
            security_groups: set(&["sg-2"]),
            enforces_on_private_link: false,
            attributes: Attributes { deletion_protection: true, ..Attributes::default() },
            tags: Tags::new(),
            ..spec()
        };
        assert_eq!(
            LoadBalancer.diff(&wanted, &state()),
            Change::Update(vec![SUBNETS, GROUPS, ENFORCEMENT, ATTRIBUTES, TAGS])
        );
        assert_eq!(LoadBalancer.diff(&wanted, &LoadBalancer.forecast(&wanted, &state())), Change::None);
    }

    #[test]
    fn first_and_last_security_groups_ask_for_a_new_load_balancer() {
        let without = Spec { security_groups: set(&[]), ..spec() };
        assert_eq!(LoadBalancer.diff(&without, &state()), Change::Replace(vec![GROUPS]));
        let bare = State { security_groups: set(&[]), ..state() };
        assert_eq!(LoadBalancer.diff(&spec(), &bare), Change::Replace(vec![GROUPS]));
    }

    #[test]
    fn an_address_comes_with_its_subnet_and_another_one_asks_for_a_new_load_balancer() {
        let fixed = |subnet: &str, address: &str| BTreeMap::from([(subnet.to_owned(), address.to_owned())]);
        let pinned = Spec { addresses: fixed("subnet-a", "10.0.0.9"), ..spec() };
        assert_eq!(LoadBalancer.diff(&pinned, &state()), Change::Replace(vec![ADDRESSES]));
        let new = Spec {
            subnet_ids: set(&["subnet-a", "subnet-b", "subnet-c"]),
            addresses: fixed("subnet-c", "10.0.2.9"),
            ..spec()
        };
        assert_eq!(LoadBalancer.diff(&new, &state()), Change::Update(vec![SUBNETS]));
        let made = LoadBalancer.forecast(&new, &state());
        assert_eq!(made.addresses, fixed("subnet-c", "10.0.2.9"));
        let open = Spec { addresses: BTreeMap::new(), ..new };
        assert_eq!(LoadBalancer.diff(&open, &made), Change::None, "AWS cannot be asked to choose another");
        assert_eq!(LoadBalancer.forecast(&open, &made), made);
    }

    #[test]
    fn an_address_of_ipv6_comes_with_a_subnet_of_a_load_balancer_of_both_families() {
        let fixed = |subnet: &str| BTreeMap::from([(subnet.to_owned(), "2001:db8::9".to_owned())]);
        let grown = |subnet: &str, kind: &str| Spec {
            subnet_ids: set(&["subnet-a", "subnet-b", subnet]),
            ipv6_addresses: fixed(subnet),
            ip_address_type: kind.to_owned(),
            ..spec()
        };
        assert_eq!(LoadBalancer.diff(&grown("subnet-c", "dualstack"), &state()), Change::Replace(vec![ADDRESSES]));
        let both = State { ip_address_type: "dualstack".to_owned(), ..state() };
        assert_eq!(LoadBalancer.diff(&grown("subnet-a", "dualstack"), &both), Change::Replace(vec![ADDRESSES]));
        let wanted = grown("subnet-c", "dualstack");
        assert_eq!(LoadBalancer.diff(&wanted, &both), Change::Update(vec![SUBNETS]));
        let made = LoadBalancer.forecast(&wanted, &both);
        assert_eq!((made.ipv6_addresses.clone(), LoadBalancer.diff(&wanted, &made)), (fixed("subnet-c"), Change::None));
        let open = Spec { ipv6_addresses: BTreeMap::new(), ..wanted };
        assert_eq!(LoadBalancer.diff(&open, &made), Change::None, "AWS cannot be asked to choose another");
    }

    #[test]
    fn without_groups_there_is_nothing_to_enforce() {
        let bare = Spec { security_groups: set(&[]), ..spec() };
        let state = LoadBalancer.forecast(&bare, &State::default());
        assert_eq!(LoadBalancer.diff(&Spec { enforces_on_private_link: false, ..bare }, &state), Change::None);
    }

    #[test]
    fn a_forecast_leaves_zones_to_aws_only_when_subnets_change() {
        let moved = Spec { subnet_ids: set(&["subnet-c"]), ..spec() };
        assert_eq!(LoadBalancer.forecast(&moved, &state()).availability_zones, None);
        assert_eq!(LoadBalancer.forecast(&spec(), &state()), state());
    }

    #[test]
    fn a_state_of_an_earlier_release_can_be_read() {
        let state: State = serde_json::from_str(r#"{"arn":"arn","later":1}"#).unwrap();
        assert_eq!(state.arn, "arn");
    }
}

mod calling {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::{Attributes, LoadBalancer, Spec, State};
    use crate::aws::testing::{Answer, Script, refusal, reply};
    use crate::aws::{Tags, names, tags};
    use crate::engine::{Change, Class, Compare as _, Link as _, Observed, Owner};

    const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/orders/1234567890abcdef";

    fn owner() -> Owner {
        Owner {
            resource: "service/orders".into(),
            uid: "u-1".into(),
            link: "load_balancer".into(),
            generation: 0,
            run_tags: std::collections::BTreeMap::new(),
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
        let Observed::Pending { state, status } = LoadBalancer.poll(&script.aws().await, &known).await.unwrap() else {
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
}
