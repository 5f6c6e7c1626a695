//! Calls of a listener, against scripted answers.

mod translating {
    use std::collections::{BTreeMap, BTreeSet};

    use aws_sdk_elasticloadbalancingv2::types::{
        Action, Certificate, ForwardActionConfig, Listener as Described,
        MutualAuthenticationAttributes as MutualAuthentication, ProtocolEnum, TargetGroupTuple,
    };

    use super::super::calls::{NO_TRUST, flatten, forward, groups_of, same_port, verification};
    use super::super::diff::LOAD_BALANCER;
    use super::super::{
        CLIENT_TRUST, ClientTrust, DEFAULT_IDLE_TIMEOUT, DEFAULT_SSL_POLICY, IDLE_TIMEOUT, Listener, NO_ALPN, PORT,
        Spec, State, TARGET_GROUP, WEIGHTS,
    };
    use crate::aws::Tags;
    use crate::engine::{Change, Compare as _};

    fn spec(protocol: &str) -> Spec {
        Spec {
            load_balancer_arn: "lb".into(),
            port: 443,
            protocol: protocol.into(),
            target_group_arn: "tg".into(),
            certificate_arn: (protocol == "TLS").then(|| "cert".into()),
            further_certificates: BTreeSet::new(),
            ssl_policy: None,
            alpn_policy: None,
            tcp_idle_timeout_seconds: None,
            weight: None,
            weighted_target_groups: BTreeMap::new(),
            client_trust: None,
            base_name: "orders".into(),
            tags: Tags::new(),
        }
    }

    fn described(protocol: ProtocolEnum) -> aws_sdk_elasticloadbalancingv2::types::builders::ListenerBuilder {
        Described::builder()
            .listener_arn("arn")
            .load_balancer_arn("lb")
            .port(443)
            .protocol(protocol)
            .default_actions(forward(&State { target_group_arn: "tg".into(), ..State::default() }))
    }

    #[test]
    fn what_aws_describes_of_a_spec_is_no_change() {
        assert_eq!(Listener.diff(&spec("TCP"), &flatten(&described(ProtocolEnum::Tcp).build(), "tg")), Change::None);
        let tls = described(ProtocolEnum::Tls)
            .certificates(Certificate::builder().certificate_arn("cert").build())
            .ssl_policy(DEFAULT_SSL_POLICY)
            .alpn_policy(NO_ALPN);
        assert_eq!(Listener.diff(&spec("TLS"), &flatten(&tls.build(), "tg")), Change::None);
    }

    fn tuple(arn: &str, weight: Option<i32>) -> TargetGroupTuple {
        TargetGroupTuple::builder().target_group_arn(arn).set_weight(weight).build()
    }

    fn weighted(groups: Vec<TargetGroupTuple>) -> Described {
        let config = ForwardActionConfig::builder().set_target_groups(Some(groups)).build();
        Described::builder()
            .protocol(ProtocolEnum::Tcp)
            .port(443)
            .load_balancer_arn("lb")
            .default_actions(Action::builder().forward_config(config).build())
            .build()
    }

    #[test]
    fn the_group_is_read_from_either_form_of_the_action() {
        for weight in [None, Some(7)] {
            let state = flatten(&weighted(vec![tuple("tg", weight)]), "");
            assert_eq!((state.target_group_arn.as_str(), state.weight), ("tg", None), "one gets everything");
        }
        assert_eq!(groups_of(&Action::builder().build()), []);
        assert_eq!(flatten(&Described::builder().build(), "tg").target_group_arn, "");
    }

    #[test]
    fn weights_are_read_around_the_own_group_in_any_order_and_change_in_place() {
        let others = BTreeMap::from([("blue".to_owned(), 10), ("green".to_owned(), 0)]);
        let wanted = Spec { weight: Some(90), weighted_target_groups: others, ..spec("TCP") };
        let groups = || vec![tuple("green", Some(0)), tuple("tg", Some(90)), tuple("blue", Some(10))];
        let told = |listener: &Described| State {
            tcp_idle_timeout_seconds: Some(DEFAULT_IDLE_TIMEOUT),
            ..flatten(listener, "tg")
        };
        let state = told(&weighted(groups()));
        assert_eq!(Listener.diff(&wanted, &state), Change::None);
        assert_eq!(
            flatten(&weighted(groups()), "gone").target_group_arn,
            "green",
            "the first one where ours is not there"
        );
        let shifted = Spec { weight: Some(10), ..wanted.clone() };
        assert_eq!(Listener.diff(&shifted, &state), Change::Update(vec![WEIGHTS]));
        assert_eq!(Listener.describe(&shifted, Some(&state)), ["weight of its own target group 10 instead of 90"]);
        assert_eq!(Listener.diff(&spec("TCP"), &state), Change::Update(vec![WEIGHTS]));
        assert_eq!(Listener.diff(&spec("TCP"), &Listener.forecast(&spec("TCP"), &state)), Change::None);
        assert_eq!(
            Listener.describe(&wanted, Some(&told(&described(ProtocolEnum::Tcp).build()))),
            ["weight of its own target group 90", "weight of target group blue 10", "weight of target group green 0"]
        );
        let alone = Spec { weight: Some(5), ..spec("TCP") };
        assert_eq!(
            Listener.diff(&alone, &flatten(&described(ProtocolEnum::Tcp).build(), "tg")),
            Change::None,
            "of no meaning"
        );
    }

    #[test]
    fn clients_are_verified_over_tls_alone() {
        let trust = ClientTrust { trust_store_arn: "store".into(), ignores_expiry: false };
        let wanted = Spec { client_trust: Some(trust.clone()), ..spec("TLS") };
        let state = Listener.forecast(&wanted, &State::default());
        let shown = verification(&state);
        let read = flatten(&described(ProtocolEnum::Tls).set_mutual_authentication(shown).build(), "tg");
        assert_eq!((read.trust_store_arn.as_deref(), read.ignores_client_expiry), (Some("store"), false));
        let off = MutualAuthentication::builder().mode(NO_TRUST).build();
        let read = flatten(&described(ProtocolEnum::Tls).mutual_authentication(off).build(), "tg");
        assert_eq!(read.trust_store_arn, None);
        let lenient = ClientTrust { ignores_expiry: true, ..trust };
        assert_eq!(
            Listener.diff(&Spec { client_trust: Some(lenient.clone()), ..spec("TLS") }, &state),
            Change::Update(vec![CLIENT_TRUST])
        );
        assert_eq!(
            Listener.forecast(&Spec { client_trust: Some(lenient), ..spec("TCP") }, &state).trust_store_arn,
            None
        );
    }

    #[test]
    fn settings_change_in_place_and_another_load_balancer_asks_for_a_new_listener() {
        let state = flatten(&described(ProtocolEnum::Tcp).build(), "tg");
        let moved = Spec { port: 8443, target_group_arn: "tg2".into(), ..spec("TCP") };
        assert_eq!(Listener.diff(&moved, &state), Change::Update(vec![PORT, TARGET_GROUP]));
        assert_eq!(Listener.diff(&moved, &Listener.forecast(&moved, &state)), Change::None);
        let other = Spec { load_balancer_arn: "lb2".into(), ..spec("TCP") };
        assert_eq!(Listener.diff(&other, &state), Change::Replace(vec![LOAD_BALANCER]));
    }

    #[test]
    fn an_idle_timeout_goes_back_to_the_default_and_a_written_default_is_no_change() {
        let state = flatten(&described(ProtocolEnum::Tcp).build(), "tg");
        let written = Spec { tcp_idle_timeout_seconds: Some(350), ..spec("TCP") };
        assert_eq!(Listener.diff(&written, &state), Change::None);
        let set = State { tcp_idle_timeout_seconds: Some(600), ..state };
        assert_eq!(Listener.diff(&spec("TCP"), &set), Change::Update(vec![IDLE_TIMEOUT]));
        assert_eq!(Listener.forecast(&spec("TCP"), &set).tcp_idle_timeout_seconds, Some(350));
    }

    #[test]
    fn settings_of_tls_are_not_wanted_of_others() {
        let odd = Spec { ssl_policy: Some("p".into()), alpn_policy: Some("HTTP2Only".into()), ..spec("TCP") };
        assert_eq!(Listener.diff(&odd, &flatten(&described(ProtocolEnum::Tcp).build(), "tg")), Change::None);
    }

    #[test]
    fn ports_of_tcp_and_udp_do_not_collide() {
        let tcp = described(ProtocolEnum::Tcp).build();
        assert!(same_port(&tcp, &spec("TLS")) && same_port(&tcp, &spec("TCP_UDP")));
        assert!(!same_port(&tcp, &spec("UDP")));
        assert!(!same_port(&tcp, &Spec { port: 80, ..spec("TCP") }));
    }
}

mod calling {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::{
        CERTIFICATE, CLIENT_TRUST, ClientTrust, DEFAULT_IDLE_TIMEOUT, Listener, PROTOCOL, Spec, State, WEIGHTS,
    };
    use crate::aws::testing::{Script, refusal, reply};
    use crate::aws::{Tags, tags};
    use crate::engine::{Change, Class, Compare as _, Link as _, Observed, Owner};

    const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/net/orders/1/2";

    fn owner() -> Owner {
        Owner {
            resource: "service/orders".into(),
            uid: "u-1".into(),
            link: "listener.https".into(),
            generation: 0,
            run_tags: std::collections::BTreeMap::new(),
        }
    }

    fn spec() -> Spec {
        Spec {
            load_balancer_arn: "lb".into(),
            port: 443,
            protocol: "TCP".into(),
            target_group_arn: "tg".into(),
            certificate_arn: None,
            further_certificates: BTreeSet::new(),
            ssl_policy: None,
            alpn_policy: None,
            tcp_idle_timeout_seconds: None,
            weight: None,
            weighted_target_groups: BTreeMap::new(),
            client_trust: None,
            base_name: "orders".into(),
            tags: Tags::new(),
        }
    }

    /// An AWS whose port is taken by a listener with these tags.
    fn taken_by(tags: Tags) -> Script {
        Script::new(move |sent| match sent.what.as_str() {
            "CreateListener" => refusal(400, "DuplicateListener"),
            "DescribeListeners" => reply(
                "DescribeListeners",
                &format!(
                    "<Listeners><member><ListenerArn>{ARN}</ListenerArn><LoadBalancerArn>lb</LoadBalancerArn>\
                 <Port>443</Port><Protocol>TCP</Protocol><DefaultActions><member><Type>forward</Type>\
                 <TargetGroupArn>tg</TargetGroupArn></member></DefaultActions></member></Listeners>"
                ),
            ),
            "DescribeTags" => {
                let pairs =
                    tags.iter().map(|(key, value)| format!("<member><Key>{key}</Key><Value>{value}</Value></member>"));
                let one = format!(
                    "<member><ResourceArn>{ARN}</ResourceArn><Tags>{}</Tags></member>",
                    pairs.collect::<String>()
                );
                reply("DescribeTags", &format!("<TagDescriptions>{one}</TagDescriptions>"))
            }
            action => reply(action, ""),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_duplicate_of_ours_is_taken_up() {
        let script = taken_by(tags::of_owner(&owner()));
        let state = Listener.create(&script.aws().await, &owner(), &spec()).await.unwrap();
        assert_eq!(state.arn, ARN);
        assert_eq!(Listener.diff(&spec(), &state), Change::None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_duplicate_of_a_stranger_is_named_and_left_alone() {
        let script = taken_by(Tags::new());
        let failure = Listener.create(&script.aws().await, &owner(), &spec()).await.unwrap_err();
        assert_eq!(failure.class, Class::Taken);
        assert!(failure.message.contains("TCP 443"), "{failure}");
        assert_eq!(
            script.calls(),
            ["CreateListener", "DescribeListeners", "DescribeListenerAttributes", "DescribeTags"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_timeout_is_read_where_the_protocol_has_one() {
        let script = taken_by(tags::of_owner(&owner()));
        let known = State { arn: ARN.into(), ..State::default() };
        let Observed::Ready(state) = Listener.read(&script.aws().await, &known).await.unwrap() else {
            panic!("not ready")
        };
        assert!(script.calls().contains(&"DescribeListenerAttributes".to_owned()));
        assert_eq!(state.tcp_idle_timeout_seconds, Some(DEFAULT_IDLE_TIMEOUT));
    }

    #[tokio::test(start_paused = true)]
    async fn a_listener_that_leaves_tcp_leaves_its_idle_timeout_behind() {
        let script = taken_by(Tags::new());
        let slow = Spec { tcp_idle_timeout_seconds: Some(600), ..spec() };
        let state = State { arn: ARN.into(), ..Listener.forecast(&slow, &State::default()) };
        let wanted = Spec { protocol: "UDP".into(), ..spec() };
        let Change::Update(fields) = Listener.diff(&wanted, &state) else { panic!("it changes in place") };
        let after = Listener.update(&script.aws().await, &owner(), &wanted, &state, &fields).await.unwrap();
        assert_eq!(script.calls(), ["ModifyListener"]);
        assert_eq!(Listener.diff(&wanted, &after), Change::None);
        let back = Listener.diff(&slow, &after);
        assert_eq!(back, Change::Update(vec!["protocol", "tcp_idle_timeout_seconds"]));
    }

    #[tokio::test(start_paused = true)]
    async fn all_changed_settings_are_one_call() {
        let script = taken_by(Tags::new());
        let state = State { arn: ARN.into(), ..Listener.forecast(&spec(), &State::default()) };
        let wanted = Spec { port: 8443, target_group_arn: "tg2".into(), ..spec() };
        let Change::Update(fields) = Listener.diff(&wanted, &state) else { panic!("it changes in place") };
        Listener.update(&script.aws().await, &owner(), &wanted, &state, &fields).await.unwrap();
        assert_eq!(script.calls(), ["ModifyListener"]);
        assert!(script.sent()[0].body.contains("Port=8443"));
    }

    #[tokio::test(start_paused = true)]
    async fn deleting_what_is_gone_succeeds() {
        let script = Script::new(|_| refusal(400, "ListenerNotFound"));
        Listener.delete(&script.aws().await, &State::default()).await.unwrap();
    }

    #[test]
    fn a_listener_whose_port_is_exchanged_goes_first() {
        let state = State { arn: ARN.into(), displaced: true, ..Listener.forecast(&spec(), &State::default()) };
        let moved = Spec { port: spec().port + 1, ..spec() };
        assert_eq!(Listener.diff(&moved, &state), Change::BreakFirst(vec!["port"]));
        assert_eq!(Listener.diff(&spec(), &state), Change::None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_forward_configuration_is_sent_with_weights_alone_and_goes_with_them() {
        let script = taken_by(Tags::new());
        let weighted =
            Spec { weight: Some(90), weighted_target_groups: BTreeMap::from([("green".to_owned(), 10)]), ..spec() };
        let plain = State { arn: ARN.into(), ..Listener.forecast(&spec(), &State::default()) };
        let shared = State { arn: ARN.into(), ..Listener.forecast(&weighted, &State::default()) };
        Listener.update(&script.aws().await, &owner(), &weighted, &plain, &[WEIGHTS]).await.unwrap();
        Listener.update(&script.aws().await, &owner(), &spec(), &shared, &[WEIGHTS]).await.unwrap();
        let sent = script.sent();
        assert_eq!(script.calls(), ["ModifyListener", "ModifyListener"]);
        assert!(
            sent[0].body.contains("ForwardConfig") && !sent[0].body.contains("DefaultActions.member.1.TargetGroupArn"),
            "{}",
            sent[0].body
        );
        assert!(
            sent[1].body.contains("TargetGroupArn=tg") && !sent[1].body.contains("ForwardConfig"),
            "{}",
            sent[1].body
        );
    }

    #[tokio::test(start_paused = true)]
    async fn that_clients_are_not_verified_any_more_has_to_be_said() {
        let script = taken_by(Tags::new());
        let trust = ClientTrust { trust_store_arn: "store".into(), ignores_expiry: false };
        let tls = Spec { protocol: "TLS".into(), certificate_arn: Some("cert".into()), ..spec() };
        let verified = Spec { client_trust: Some(trust), ..tls.clone() };
        let state = State { arn: ARN.into(), ..Listener.forecast(&verified, &State::default()) };
        Listener.update(&script.aws().await, &owner(), &tls, &state, &[CLIENT_TRUST]).await.unwrap();
        Listener.update(&script.aws().await, &owner(), &spec(), &state, &[PROTOCOL]).await.unwrap();
        let sent = script.sent();
        assert!(sent[0].body.contains("MutualAuthentication.Mode=off"), "{}", sent[0].body);
        assert!(!sent[1].body.contains("MutualAuthentication"), "TCP has none: {}", sent[1].body);
    }

    #[tokio::test(start_paused = true)]
    async fn a_default_certificate_that_becomes_a_further_one_is_in_the_list_before_another_takes_over() {
        let script = Script::new(|sent| reply(&sent.what, ""));
        let tls = Spec { protocol: "TLS".into(), certificate_arn: Some("old".into()), ..spec() };
        let before = State { arn: ARN.into(), ..Listener.forecast(&tls, &State::default()) };
        let wanted = Spec { certificate_arn: Some("new".into()), ..tls };
        Listener.update(&script.aws().await, &owner(), &wanted, &before, &[CERTIFICATE]).await.unwrap();
        assert_eq!(script.calls(), ["ModifyListener"]);
        let kept = Spec { further_certificates: ["old".to_owned()].into(), ..wanted };
        Listener.update(&script.aws().await, &owner(), &kept, &before, &[CERTIFICATE]).await.unwrap();
        assert_eq!(script.calls(), ["ModifyListener", "AddListenerCertificates", "ModifyListener"]);
        let body = &script.sent()[1].body;
        assert!(body.contains("CertificateArn=old"), "{body}");
    }
}
