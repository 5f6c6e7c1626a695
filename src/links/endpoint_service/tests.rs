mod deciding {
    use std::collections::BTreeSet;

    use super::super::diff::{SERVICE_STATE, own_region, private_dns_record};
    use super::super::{
        ACCEPTANCE, ADDRESS_TYPES, EndpointService, FORCE, LOAD_BALANCERS, PRIVATE_NAME, PrivateDnsRecord, REGIONS,
        Spec, State, TAGS, ZONES, Zones,
    };
    use crate::engine::{Change, Compare as _, Field};

    type Edit = fn(&mut Spec);

    fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
        items.map(str::to_owned).into()
    }

    fn spec() -> Spec {
        Spec {
            load_balancer_arns: set(["arn:a"]),
            acceptance_required: true,
            private_dns_name: Some("orders.example.dev".into()),
            supported_ip_address_types: set(["ipv4"]),
            supported_regions: set(["eu-west-1", "us-east-1"]),
            zones: Zones::Any,
            force_destroy: false,
            base_name: "orders".into(),
            tags: [("Team".to_owned(), "orders".to_owned())].into(),
        }
    }

    fn state() -> State {
        State {
            id: "vpce-svc-01".into(),
            arn: Some("arn:service".into()),
            service_name: "com.amazonaws.vpce.eu-west-1.vpce-svc-01".into(),
            service_state: "Available".into(),
            load_balancer_arns: set(["arn:a"]),
            acceptance_required: true,
            private_dns_name: Some("orders.example.dev".into()),
            private_dns_record: Some(PrivateDnsRecord::default()),
            private_dns_state: Some("verified".into()),
            supported_ip_address_types: set(["ipv4"]),
            supported_regions: set(["us-east-1"]),
            availability_zones: Some(set(["eu-west-1a"])),
            availability_zone_ids: Some(set(["euw1-az1"])),
            base_endpoint_dns_names: set(["vpce-svc-01.eu-west-1.vpce.amazonaws.com"]),
            force_destroy: false,
            named: Some("orders".into()),
            tags: [("Team".to_owned(), "orders".to_owned())].into(),
        }
    }

    #[test]
    fn what_was_made_as_wanted_shows_no_difference() {
        assert_eq!(EndpointService.diff(&spec(), &state()), Change::None);
    }

    #[test]
    fn every_setting_is_compared_and_changed_in_place() {
        let table: [(Field, Edit); 7] = [
            (LOAD_BALANCERS, |spec| spec.load_balancer_arns = set(["arn:b"])),
            (ACCEPTANCE, |spec| spec.acceptance_required = false),
            (PRIVATE_NAME, |spec| spec.private_dns_name = None),
            (ADDRESS_TYPES, |spec| spec.supported_ip_address_types = set(["ipv4", "ipv6"])),
            (REGIONS, |spec| spec.supported_regions = set([])),
            (TAGS, |spec| spec.tags.clear()),
            (FORCE, |spec| spec.force_destroy = true),
        ];
        for (field, edit) in table {
            let mut spec = spec();
            edit(&mut spec);
            assert_eq!(EndpointService.diff(&spec, &state()), Change::Update(vec![field]));
            let next = EndpointService.forecast(&spec, &state());
            assert_eq!(EndpointService.diff(&spec, &next), Change::None, "a forecast of {field} is as wanted");
            assert_eq!((&next.id, &next.service_name), (&state().id, &state().service_name));
        }
    }

    #[test]
    fn several_differences_are_one_update() {
        let mut spec = spec();
        spec.acceptance_required = false;
        spec.tags.clear();
        assert_eq!(EndpointService.diff(&spec, &state()), Change::Update(vec![ACCEPTANCE, TAGS]));
    }

    #[test]
    fn zones_of_the_load_balancers_are_taken_over_where_they_differ() {
        let wants = |zones: Zones| Spec { zones, ..spec() };
        let same = wants(Zones::Exactly(set(["eu-west-1a"])));
        assert_eq!(EndpointService.diff(&same, &state()), Change::None);
        assert_eq!(EndpointService.forecast(&same, &state()), state());
        for zones in [Zones::Changing, Zones::Exactly(set(["eu-west-1a", "eu-west-1b"]))] {
            let wanted = wants(zones);
            assert_eq!(EndpointService.diff(&wanted, &state()), Change::Update(vec![ZONES]));
            let next = EndpointService.forecast(&wanted, &state());
            assert_eq!((&next.availability_zones, &next.availability_zone_ids), (&None, &None));
            assert_eq!(EndpointService.diff(&wanted, &next), Change::None);
        }
        // Load balancers that are bound anew bring their zones.
        let moved = Spec { load_balancer_arns: set(["arn:b"]), ..wants(Zones::Changing) };
        assert_eq!(EndpointService.diff(&moved, &state()), Change::Update(vec![LOAD_BALANCERS]));
    }

    #[test]
    fn a_service_that_failed_or_is_leaving_needs_a_new_resource() {
        for word in ["Failed", "failed", "Deleting"] {
            let state = State { service_state: word.into(), ..state() };
            assert_eq!(EndpointService.diff(&spec(), &state), Change::ReplaceAll(vec![SERVICE_STATE]), "{word}");
        }
    }

    #[test]
    fn a_forecast_leaves_open_what_only_aws_can_fill() {
        let same = EndpointService.forecast(&Spec { acceptance_required: false, ..spec() }, &state());
        assert!(same.private_dns_record.is_some() && same.availability_zones.is_some());
        assert_eq!(same.private_dns_state.as_deref(), Some("verified"));

        let renamed =
            EndpointService.forecast(&Spec { private_dns_name: Some("new.example.dev".into()), ..spec() }, &state());
        assert_eq!((renamed.private_dns_record, renamed.private_dns_state), (None, None));

        let moved = EndpointService.forecast(&Spec { load_balancer_arns: set(["arn:b"]), ..spec() }, &state());
        assert_eq!((moved.availability_zones, moved.availability_zone_ids), (None, None));

        let waiting = State { private_dns_state: Some("pendingVerification".into()), ..state() };
        assert_eq!(
            EndpointService.forecast(&Spec { acceptance_required: false, ..spec() }, &waiting).private_dns_state,
            None
        );
    }

    #[test]
    fn the_record_is_ready_to_publish() {
        let table = [
            ("orders.example.dev", "_abc", "_abc.orders.example.dev"),
            ("*.example.dev", "_abc", "_abc.example.dev"),
            ("orders.example.dev", "_abc.orders.example.dev", "_abc.orders.example.dev"),
        ];
        for (private_name, label, expected) in table {
            let record = private_dns_record(private_name, label, "TXT", "vpce:token");
            assert_eq!((record.name.as_str(), record.value.as_str()), (expected, "vpce:token"), "{private_name}");
        }
    }

    #[test]
    fn the_region_stands_in_the_service_name() {
        assert_eq!(own_region("com.amazonaws.vpce.eu-west-1.vpce-svc-01"), Some("eu-west-1"));
        assert_eq!(own_region(""), None);
    }
}

mod calling {
    use std::collections::BTreeSet;

    use super::super::{ACCEPTANCE, EndpointService, LOAD_BALANCERS, PRIVATE_NAME, Spec, State};
    use crate::aws::testing::{Answer, Script, Sent, ec2_refusal, ec2_reply};
    use crate::engine::{Class, Link as _, Owner};

    const ID: &str = "vpce-svc-0a1b2c3d4e5f60718";

    fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
        items.map(str::to_owned).into()
    }

    fn spec() -> Spec {
        Spec {
            load_balancer_arns: set(["arn:nlb-a"]),
            acceptance_required: true,
            supported_ip_address_types: set(["ipv4"]),
            ..Spec::default()
        }
    }

    fn state() -> State {
        State {
            id: ID.into(),
            service_name: format!("com.amazonaws.vpce.eu-west-1.{ID}"),
            service_state: "Available".into(),
            load_balancer_arns: set(["arn:nlb-a"]),
            acceptance_required: true,
            supported_ip_address_types: set(["ipv4"]),
            private_dns_name: Some("orders.example.dev".into()),
            ..State::default()
        }
    }

    fn owner() -> Owner {
        Owner {
            resource: "service/orders".into(),
            uid: "u-1".into(),
            link: "endpoint_service".into(),
            generation: 0,
            run_tags: std::collections::BTreeMap::new(),
        }
    }

    fn refused(code: &str) -> Answer {
        ec2_refusal(400, code)
    }

    fn services(sent: &Sent, word: &str, tags: &str) -> Answer {
        ec2_reply(
            sent,
            &format!(
                "<serviceConfigurationSet><item><serviceId>{ID}</serviceId><serviceState>{word}</serviceState>\
         <networkLoadBalancerArnSet><item>arn:nlb-a</item></networkLoadBalancerArnSet><tagSet>{tags}</tagSet></item>\
         </serviceConfigurationSet>"
            ),
        )
    }

    /// The account's id, which ARNs need.
    fn identity() -> Answer {
        Answer::Reply(
        200,
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111111111111</Account></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>"
            .into(),
    )
    }

    #[tokio::test(start_paused = true)]
    async fn all_settings_change_in_one_call_and_a_name_is_removed_by_saying_so() {
        let script = Script::new(|sent| ec2_reply(sent, "<return>true</return>"));
        let wanted = Spec { load_balancer_arns: set(["arn:nlb-b"]), acceptance_required: false, ..spec() };
        let fields = [LOAD_BALANCERS, ACCEPTANCE, PRIVATE_NAME];
        EndpointService.update(&script.aws().await, &owner(), &wanted, &state(), &fields).await.unwrap();
        // A load balancer that leaves goes in a call of its own, after the new one came.
        assert_eq!(script.calls(), ["ModifyVpcEndpointServiceConfiguration"; 2]);
        let bodies = script.sent();
        for expected in
            ["AddNetworkLoadBalancerArn.1=arn%3Anlb-b", "AcceptanceRequired=false", "RemovePrivateDnsName=true"]
        {
            assert!(bodies[0].body.contains(expected), "{expected} in {}", bodies[0].body);
            assert!(!bodies[1].body.contains(expected), "{expected} in {}", bodies[1].body);
        }
        let leaving = "RemoveNetworkLoadBalancerArn.1=arn%3Anlb-a";
        assert!(!bodies[0].body.contains(leaving) && bodies[1].body.contains(leaving), "{leaving}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_load_balancer_that_serves_already_is_adopted_waited_for_or_taken() {
        let ours = "<item><key>privatelink:uid</key><value>u-1</value></item>\
                <item><key>privatelink:link</key><value>endpoint_service</value></item>";
        for (word, tags, expected) in [
            ("Available", ours, Ok(ID)),
            ("Available", "", Err(Class::Taken)),
            ("Deleting", ours, Err(Class::Busy)),
            ("Deleted", "", Err(Class::Invalid)),
        ] {
            let script = Script::new(move |sent| match sent.what.as_str() {
                "CreateVpcEndpointServiceConfiguration" => refused("InvalidParameter"),
                "GetCallerIdentity" => identity(),
                _ => services(sent, word, tags),
            });
            let made = EndpointService.create(&script.aws().await, &owner(), &spec()).await;
            assert_eq!(
                made.as_ref().map(|state| state.id.as_str()).map_err(|failure| failure.class),
                expected,
                "{word}"
            );
            if let Err(failure) = made
                && failure.class == Class::Taken
            {
                assert!(failure.message.contains(ID), "{}", failure.message);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_delete_that_connections_forbid_names_them() {
        let script = Script::new(|sent| match sent.what.as_str() {
            "DeleteVpcEndpointServiceConfigurations" => ec2_reply(
                sent,
                &format!(
                    "<unsuccessful><item><resourceId>{ID}</resourceId><error><code>ExistingVpcEndpointConnections</code>\
             <message>Service has existing active VPC Endpoint connections!</message></error></item></unsuccessful>"
                ),
            ),
            _ => ec2_reply(
                sent,
                &format!(
                    "<vpcEndpointConnectionSet><item><serviceId>{ID}</serviceId><vpcEndpointId>vpce-1</vpcEndpointId>\
                 <vpcEndpointOwner>222222222222</vpcEndpointOwner><vpcEndpointState>available</vpcEndpointState></item>\
                 </vpcEndpointConnectionSet>"
                ),
            ),
        });
        let failure = EndpointService.delete(&script.aws().await, &state()).await.unwrap_err();
        assert_eq!(failure.class, Class::Invalid);
        assert!(failure.message.contains("vpce-1 of account 222222222222 (available)"), "{}", failure.message);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_gone_is_deleted() {
        let script = Script::new(|sent| {
            ec2_reply(
                sent,
                &format!(
                    "<unsuccessful><item><resourceId>{ID}</resourceId><error><code>InvalidVpcEndpointService.NotFound</code>\
             <message>gone</message></error></item></unsuccessful>"
                ),
            )
        });
        assert_eq!(EndpointService.delete(&script.aws().await, &state()).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_service_carries_name_token_and_tags_in_its_create_call() {
        let script = Script::new(|sent| match sent.what.as_str() {
            "GetCallerIdentity" => identity(),
            _ => ec2_reply(
                sent,
                &format!(
                    "<serviceConfiguration><serviceId>{ID}</serviceId><serviceState>Available</serviceState>\
             </serviceConfiguration>"
                ),
            ),
        });
        let wanted = Spec { private_dns_name: Some("orders.example.dev".into()), ..spec() };
        let made = EndpointService.create(&script.aws().await, &owner(), &wanted).await.unwrap();
        assert_eq!(
            made.arn.as_deref(),
            Some(&*format!("arn:aws:ec2:eu-west-1:111111111111:vpc-endpoint-service/{ID}"))
        );
        let body = &script.sent()[0].body;
        for expected in ["PrivateDnsName=orders.example.dev", "ClientToken=", "ResourceType=vpc-endpoint-service"] {
            assert!(body.contains(expected), "{expected} in {body}");
        }
    }
}
