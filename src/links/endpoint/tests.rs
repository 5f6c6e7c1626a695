mod translating {

    use super::super::calls::{Verdict, explain, judge, reason, stuck};
    use super::super::{Spec, State};
    use crate::engine::{Class, Failure};

    fn refused(class: Class, code: &str) -> Failure {
        Failure { code: code.into(), ..Failure::new(class, "no") }
    }

    #[test]
    fn refusals_point_at_the_attribute_at_fault() {
        let table = [
            ("InvalidServiceName", Some("service_name")),
            ("DuplicateSubnetsInSameZone", Some("subnet_ids")),
            ("InvalidSubnetID.NotFound", Some("subnet_ids")),
            ("InvalidSubnetId.Malformed", Some("subnet_ids")),
            ("InsufficientFreeAddressesInSubnet", Some("subnet_ids")),
            ("SecurityGroupsPerInterfaceLimitExceeded", Some("security_group_ids")),
            ("InvalidPolicyDocument", Some("policy")),
            ("VpcEndpointLimitExceeded", None),
        ];
        for (code, expected) in table {
            assert_eq!(explain(refused(Class::Invalid, code), &Spec::default()).attribute, expected, "{code}");
        }
    }

    #[test]
    fn a_change_of_what_waits_for_a_person_is_not_tried_again() {
        let table = [
            ("pendingAcceptance", "IncorrectState", Class::Invalid),
            ("rejected", "IncorrectState", Class::Invalid),
            ("available", "IncorrectState", Class::Busy),
            ("pendingAcceptance", "OperationInProgress", Class::Busy),
        ];
        for (word, code, expected) in table {
            let state = State { state: Some(word.into()), ..State::default() };
            assert_eq!(stuck(refused(Class::Busy, code), &state).class, expected, "{word} {code}");
        }
    }

    #[test]
    fn a_reason_names_endpoint_account_and_service() {
        let state = State {
            id: "vpce-01".into(),
            owner_id: Some("222222222222".into()),
            service_name: "com.amazonaws.vpce.eu-west-1.vpce-svc-01".into(),
            ..State::default()
        };
        let in_state = |word: &str| State { state: Some(word.to_owned()), ..state.clone() };
        for word in ["rejected", "Rejected", "expired"] {
            let reason = reason(&in_state(word), "");
            for part in ["vpce-01", "222222222222", "vpce-svc-01"] {
                assert!(reason.contains(part), "{reason}");
            }
        }
        assert!(reason(&in_state("failed"), "no room").ends_with("failed: no room"));
        assert!(reason(&in_state("failed"), "").ends_with("AWS gave no reason"));
    }

    #[test]
    fn a_rejection_ends_a_wait_at_once_and_is_lived_with_afterwards() {
        let state = |word: Option<&str>| State { state: word.map(str::to_owned), ..State::default() };
        let table = [
            (Some("pendingAcceptance"), "rejected", Verdict::Broken),
            (Some("pending"), "rejected", Verdict::Broken),
            (None, "rejected", Verdict::Broken),
            (Some("rejected"), "rejected", Verdict::Settled),
            (Some("available"), "Rejected", Verdict::Settled),
            (Some("pending"), "PendingAcceptance", Verdict::Settled),
            (Some("pending"), "available", Verdict::Ready),
            (Some("available"), "pending", Verdict::Moving("pending".into())),
            (Some("available"), "partial", Verdict::Moving("partial".into())),
            (Some("available"), "failed", Verdict::Broken),
            (Some("pendingAcceptance"), "expired", Verdict::Broken),
            (Some("available"), "deleting", Verdict::Leaving("deleting".into())),
            (Some("available"), "deleted", Verdict::Gone),
        ];
        for (recorded, seen, expected) in table {
            assert_eq!(judge(&state(recorded), &state(Some(seen))), expected, "{recorded:?} {seen}");
        }
    }
}

mod deciding {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::diff::word;
    use super::super::{
        ADDRESS_TYPE, ADDRESSES, Addresses, Endpoint, GROUPS, NetworkInterface, POLICY, PRIVATE_DNS, RECORD_TYPE,
        SUBNETS, Spec, State, TAGS,
    };
    use crate::engine::{Change, Compare as _, Field};

    type Edit = fn(&mut Spec);

    fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
        items.map(str::to_owned).into()
    }

    fn spec() -> Spec {
        Spec {
            service_name: "com.amazonaws.vpce.eu-west-1.vpce-svc-01".into(),
            service_region: Some("eu-west-1".into()),
            vpc_id: "vpc-1".into(),
            subnet_ids: set(["subnet-a", "subnet-b"]),
            addresses: BTreeMap::new(),
            security_group_ids: set(["sg-1"]),
            ip_address_type: "ipv4".into(),
            base_name: "orders".into(),
            tags: [("Name".to_owned(), "orders".to_owned())].into(),
            ..Spec::default()
        }
    }

    fn state() -> State {
        let subnet_id = spec().subnet_ids.first().cloned().unwrap_or_default();
        let interface = NetworkInterface { subnet_id, ..NetworkInterface::default() };
        State {
            id: "vpce-01".into(),
            arn: Some("arn:endpoint".into()),
            state: Some("available".into()),
            vpc_id: "vpc-1".into(),
            owner_id: Some("222222222222".into()),
            service_name: spec().service_name,
            service_region: Some("eu-west-1".into()),
            subnet_ids: spec().subnet_ids,
            security_group_ids: spec().security_group_ids,
            ip_address_type: "ipv4".into(),
            dns_record_ip_type: Some("ipv4".into()),
            dns_name: Some("vpce-01-x.example".into()),
            hosted_zone_id: Some("Z1".into()),
            zonal_dns_names: Some(BTreeMap::new()),
            network_interfaces: Some([("euw1-az1".to_owned(), interface)].into()),
            named: Some("orders".into()),
            tags: spec().tags,
            ..State::default()
        }
    }

    #[test]
    fn what_was_made_as_wanted_shows_no_difference() {
        assert_eq!(Endpoint.diff(&spec(), &state()), Change::None);
        let silent = State { service_region: None, dns_record_ip_type: None, ..state() };
        assert_eq!(Endpoint.diff(&spec(), &silent), Change::None, "AWS may leave out Region and record type");
        assert_eq!(Endpoint.diff(&Spec { service_region: None, ..spec() }, &state()), Change::None);
    }

    #[test]
    fn every_setting_that_aws_changes_in_place_is_one_field_of_an_update() {
        let table: [(Field, Edit); 6] = [
            (SUBNETS, |spec| spec.subnet_ids = set(["subnet-c"])),
            (GROUPS, |spec| spec.security_group_ids = set(["sg-2"])),
            (RECORD_TYPE, |spec| spec.dns_record_ip_type = Some("service-defined".into())),
            (POLICY, |spec| spec.policy = Some(r#"{"Statement":[]}"#.into())),
            (TAGS, |spec| spec.tags.clear()),
            (ADDRESS_TYPE, |spec| {
                spec.ip_address_type = "dualstack".into();
                spec.dns_record_ip_type = Some("ipv4".into());
            }),
        ];
        for (field, edit) in table {
            let mut spec = spec();
            edit(&mut spec);
            assert_eq!(Endpoint.diff(&spec, &state()), Change::Update(vec![field]));
            let next = Endpoint.forecast(&spec, &state());
            assert_eq!(Endpoint.diff(&spec, &next), Change::None, "a forecast of {field} is as wanted");
            assert_eq!((next.id, next.dns_name), (state().id, state().dns_name));
        }
    }

    #[test]
    fn a_fixed_address_differs_only_from_one_that_was_seen() {
        let pinned = |ipv4: &str, ipv6: &str| {
            let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let addresses = Addresses { ipv4: text(ipv4), ipv6: text(ipv6) };
            Spec { addresses: [("subnet-a".to_owned(), addresses)].into(), ..spec() }
        };
        let interface = NetworkInterface {
            id: "eni-1".into(),
            subnet_id: "subnet-a".into(),
            ipv4: Some("10.0.0.7".into()),
            ipv6: Some("2001:db8::7".into()),
        };
        let state = State { network_interfaces: Some([("az1".to_owned(), interface)].into()), ..state() };
        assert_eq!(Endpoint.diff(&pinned("10.0.0.7", "2001:DB8:0::7"), &state), Change::None);
        for other in [pinned("10.0.0.8", ""), pinned("", "2001:db8::8")] {
            assert_eq!(Endpoint.diff(&other, &state), Change::Update(vec![ADDRESSES]));
            let next = Endpoint.forecast(&other, &state);
            assert_eq!(Endpoint.diff(&other, &next), Change::None);
            let interface = &next.network_interfaces.unwrap()["az1"];
            assert_eq!((interface.id.as_str(), interface.subnet_id.as_str()), ("", "subnet-a"), "it is made anew");
        }
        let unseen = State { network_interfaces: Some(BTreeMap::new()), ..state.clone() };
        assert_eq!(Endpoint.diff(&pinned("10.0.0.8", ""), &unseen), Change::None);
        let leaving = Spec { subnet_ids: set(["subnet-b"]), ..pinned("10.0.0.8", "") };
        assert_eq!(Endpoint.diff(&leaving, &state), Change::Update(vec![SUBNETS]));
    }

    #[test]
    fn what_an_endpoint_is_born_with_needs_a_new_resource() {
        let table: [(Field, Edit); 3] = [
            ("service_name", |spec| spec.service_name = "com.amazonaws.vpce.eu-west-1.vpce-svc-02".into()),
            ("service_region", |spec| spec.service_region = Some("us-east-1".into())),
            ("vpc_id", |spec| spec.vpc_id = "vpc-2".into()),
        ];
        for (field, edit) in table {
            let mut spec = spec();
            edit(&mut spec);
            spec.tags.clear();
            assert_eq!(Endpoint.diff(&spec, &state()), Change::ReplaceAll(vec![field]));
        }
    }

    #[test]
    fn an_endpoint_that_will_never_work_needs_a_new_resource_but_a_rejected_one_does_not() {
        for word in ["failed", "Failed", "expired", "deleting"] {
            let state = State { state: Some(word.into()), ..state() };
            assert_eq!(Endpoint.diff(&spec(), &state), Change::ReplaceAll(vec!["state"]), "{word}");
        }
        for word in ["rejected", "pendingAcceptance", "pending"] {
            let state = State { state: Some(word.into()), ..state() };
            assert_eq!(Endpoint.diff(&spec(), &state), Change::None, "{word}");
        }
    }

    #[test]
    fn private_dns_that_nobody_wants_is_switched_off_and_else_left_to_its_own_link() {
        let on = State { private_dns_enabled: true, ..state() };
        assert_eq!(Endpoint.diff(&spec(), &on), Change::None);
        let without = Spec { without_private_dns: true, ..spec() };
        assert_eq!(Endpoint.diff(&without, &on), Change::Update(vec![PRIVATE_DNS]));
        assert_eq!(Endpoint.diff(&without, &Endpoint.forecast(&without, &on)), Change::None);
        assert_eq!(Endpoint.diff(&without, &state()), Change::None);
    }

    #[test]
    fn a_default_name_is_given_at_birth_and_never_pressed_upon_an_endpoint_without_one() {
        let named = |name: &str| BTreeMap::from([("Name".to_owned(), name.to_owned())]);
        let spec = Spec { tags: named("vpce-svc-01"), is_default_name: true, ..spec() };
        let found = |tags: BTreeMap<String, String>| State { tags, ..state() };
        assert_eq!(Endpoint.diff(&spec, &found(BTreeMap::new())), Change::None);
        assert_eq!(Endpoint.diff(&spec, &found(named("else"))), Change::Update(vec![TAGS]));
        let chosen = Spec { is_default_name: false, ..spec };
        assert_eq!(Endpoint.diff(&chosen, &found(BTreeMap::new())), Change::Update(vec![TAGS]));
    }

    #[test]
    fn another_name_is_an_update_of_tags_that_name_the_old_one() {
        let renamed = Spec { base_name: "shop".into(), ..spec() };
        assert_eq!(Endpoint.diff(&renamed, &state()), Change::Update(vec![TAGS]));
        assert_eq!(Endpoint.diff(&renamed, &Endpoint.forecast(&renamed, &state())), Change::None);
        assert_eq!(
            Endpoint.diff(&renamed, &State { named: None, ..state() }),
            Change::None,
            "imported: nothing to correct"
        );
    }

    #[test]
    fn policies_are_compared_by_meaning() {
        const FULL: &str = r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;
        const ONE: &str = r#"{"Statement":[{"Action":["a","b"],"Effect":"Allow"}]}"#;
        const REORDERED: &str = r#"{"Statement":{"Effect":"Allow","Action":["b","a"]}}"#;
        let table = [
            (None, None, true),
            (Some(FULL), None, true),
            (Some(ONE), Some(REORDERED), true),
            (Some(ONE), None, false),
            (None, Some(ONE), false),
            (Some(FULL), Some(ONE), false),
        ];
        for (wanted, found, same) in table {
            let spec = Spec { policy: wanted.map(str::to_owned), ..spec() };
            let state = State { policy: found.map(str::to_owned), ..state() };
            let expected = if same { Change::None } else { Change::Update(vec![POLICY]) };
            assert_eq!(Endpoint.diff(&spec, &state), expected, "{wanted:?} {found:?}");
            assert_eq!(Endpoint.diff(&spec, &Endpoint.forecast(&spec, &state)), Change::None);
        }
    }

    #[test]
    fn a_forecast_leaves_open_what_only_aws_can_fill() {
        let tagged = Endpoint.forecast(&Spec { tags: BTreeMap::new(), ..spec() }, &state());
        assert!(tagged.network_interfaces.is_some() && tagged.state.as_deref() == Some("available"));
        let moved = Endpoint.forecast(&Spec { subnet_ids: set(["subnet-c"]), ..spec() }, &state());
        assert_eq!((moved.network_interfaces, moved.zonal_dns_names), (None, None));
        let waiting = State { state: Some("pendingAcceptance".into()), ..state() };
        let waiting = Endpoint.forecast(&Spec { tags: BTreeMap::new(), ..spec() }, &waiting);
        assert_eq!((waiting.state, waiting.network_interfaces), (None, None), "it may be accepted meanwhile");
    }

    #[test]
    fn a_subnet_that_comes_or_goes_changes_its_own_zone() {
        let interface = |subnet: &str| NetworkInterface {
            id: format!("eni-of-{subnet}"),
            subnet_id: subnet.into(),
            ..NetworkInterface::default()
        };
        let state = State {
            network_interfaces: Some(
                [("az1", "subnet-a"), ("az2", "subnet-b")].map(|(zone, id)| (zone.into(), interface(id))).into(),
            ),
            zonal_dns_names: Some(
                [("az1", "one"), ("az2", "two")].map(|(zone, name)| (zone.into(), name.into())).into(),
            ),
            ..state()
        };
        let of = |subnets: BTreeSet<String>, zones: &[(&str, &str)]| {
            let zones = zones.iter().map(|(id, zone)| ((*id).to_owned(), (*zone).to_owned())).collect();
            let next = Endpoint.forecast(&Spec { subnet_ids: subnets, zones, ..spec() }, &state);
            let ids = next.network_interfaces.map(|found| {
                found.into_iter().map(|(zone, interface)| format!("{zone} {}", interface.id)).collect::<Vec<_>>()
            });
            let names = next.zonal_dns_names.map(|found| found.into_values().collect::<Vec<_>>());
            (ids.unwrap_or_default(), names.unwrap_or_default())
        };
        let text = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        assert_eq!(of(set(["subnet-b"]), &[]), (text(&["az2 eni-of-subnet-b"]), text(&["two"])), "one goes");
        assert_eq!(
            of(set(["subnet-a", "subnet-b", "subnet-c"]), &[("subnet-c", "az3")]),
            (text(&["az1 eni-of-subnet-a", "az2 eni-of-subnet-b", "az3 "]), text(&["one", "two", ""])),
            "one comes"
        );
        assert_eq!(
            of(set(["subnet-a", "subnet-d"]), &[("subnet-d", "az2")]),
            (text(&["az1 eni-of-subnet-a", "az2 "]), text(&["one", ""])),
            "another one of the same zone"
        );
        assert_eq!(of(set(["subnet-a", "subnet-c"]), &[]), (Vec::new(), Vec::new()), "in a zone that is not known");
    }

    #[test]
    fn states_get_one_spelling() {
        for (found, expected) in [("PendingAcceptance", "pendingAcceptance"), ("available", "available"), ("", "")] {
            assert_eq!(word(found), expected);
        }
    }
}

mod calling {
    use std::collections::BTreeSet;

    use super::super::diff::differences;
    use super::super::{Endpoint, GROUPS, POLICY, SUBNETS, Spec, State, TAGS};
    use crate::aws::testing::{Answer, Script, Sent, ec2_refusal, ec2_reply};
    use crate::engine::{Class, Link as _, Observed, Owner};

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
            run_tags: std::collections::BTreeMap::new(),
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
        let fields = differences(&wanted, &state("available"));
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
            ("available", vec![GROUPS], true),
            ("available", vec![GROUPS, TAGS], true),
            ("available", vec![GROUPS, SUBNETS], false),
            ("available", vec![POLICY], false),
            ("pending", vec![GROUPS], false),
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
        let fields = [SUBNETS, POLICY];
        let failure =
            Endpoint.update(&script.aws().await, &owner(), &wanted, &state("available"), &fields).await.unwrap_err();
        assert_eq!(failure.class, Class::Busy);
        assert_eq!(script.calls(), ["DescribeVpcEndpoints", "ModifyVpcEndpoint"]);
        let body = &script.sent()[1].body;
        assert!(body.contains("PolicyDocument=") && !body.contains("SubnetId"), "{body}");
    }
}
