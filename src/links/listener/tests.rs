//! Calls of a listener, against scripted answers.

use super::*;
use crate::aws::tags;
use crate::aws::testing::{Script, refusal, reply};
use crate::engine::{Class, Link as _, Observed, Owner};

const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/net/orders/1/2";

fn owner() -> Owner {
    Owner {
        resource: "service/orders".into(),
        uid: "u-1".into(),
        link: "listener.https".into(),
        generation: 0,
        run_tag: None,
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
            let one =
                format!("<member><ResourceArn>{ARN}</ResourceArn><Tags>{}</Tags></member>", pairs.collect::<String>());
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
    assert_eq!(script.calls(), ["CreateListener", "DescribeListeners", "DescribeListenerAttributes", "DescribeTags"]);
}

#[tokio::test(start_paused = true)]
async fn an_idle_timeout_is_read_where_the_protocol_has_one() {
    let script = taken_by(tags::of_owner(&owner()));
    let known = State { arn: ARN.into(), ..State::default() };
    let Observed::Ready(state) = Listener.read(&script.aws().await, &known).await.unwrap() else { panic!("not ready") };
    assert!(script.calls().contains(&"DescribeListenerAttributes".to_owned()));
    assert_eq!(state.tcp_idle_timeout_seconds, Some(DEFAULT_IDLE_TIMEOUT));
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_leaves_tcp_leaves_its_idle_timeout_behind() {
    let script = taken_by(Tags::new());
    let slow = Spec { tcp_idle_timeout_seconds: Some(600), ..spec() };
    let state = State { arn: ARN.into(), ..forecast(&slow, &State::default()) };
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
    let state = State { arn: ARN.into(), ..forecast(&spec(), &State::default()) };
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
    let state = State { arn: ARN.into(), displaced: true, ..forecast(&spec(), &State::default()) };
    let moved = Spec { port: spec().port + 1, ..spec() };
    assert_eq!(diff(&moved, &state), Change::BreakFirst(vec!["port"]));
    assert_eq!(diff(&spec(), &state), Change::None);
}

#[tokio::test(start_paused = true)]
async fn a_forward_configuration_is_sent_with_weights_alone_and_goes_with_them() {
    let script = taken_by(Tags::new());
    let weighted =
        Spec { weight: Some(90), weighted_target_groups: BTreeMap::from([("green".to_owned(), 10)]), ..spec() };
    let plain = State { arn: ARN.into(), ..forecast(&spec(), &State::default()) };
    let shared = State { arn: ARN.into(), ..forecast(&weighted, &State::default()) };
    Listener.update(&script.aws().await, &owner(), &weighted, &plain, &[WEIGHTS]).await.unwrap();
    Listener.update(&script.aws().await, &owner(), &spec(), &shared, &[WEIGHTS]).await.unwrap();
    let sent = script.sent();
    assert_eq!(script.calls(), ["ModifyListener", "ModifyListener"]);
    assert!(
        sent[0].body.contains("ForwardConfig") && !sent[0].body.contains("DefaultActions.member.1.TargetGroupArn"),
        "{}",
        sent[0].body
    );
    assert!(sent[1].body.contains("TargetGroupArn=tg") && !sent[1].body.contains("ForwardConfig"), "{}", sent[1].body);
}

#[tokio::test(start_paused = true)]
async fn that_clients_are_not_verified_any_more_has_to_be_said() {
    let script = taken_by(Tags::new());
    let trust = ClientTrust { trust_store_arn: "store".into(), ignores_expiry: false };
    let tls = Spec { protocol: "TLS".into(), certificate_arn: Some("cert".into()), ..spec() };
    let verified = Spec { client_trust: Some(trust), ..tls.clone() };
    let state = State { arn: ARN.into(), ..forecast(&verified, &State::default()) };
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
    let before = State { arn: ARN.into(), ..forecast(&tls, &State::default()) };
    let wanted = Spec { certificate_arn: Some("new".into()), ..tls };
    Listener.update(&script.aws().await, &owner(), &wanted, &before, &[CERTIFICATE]).await.unwrap();
    assert_eq!(script.calls(), ["ModifyListener"]);
    let kept = Spec { further_certificates: ["old".to_owned()].into(), ..wanted };
    Listener.update(&script.aws().await, &owner(), &kept, &before, &[CERTIFICATE]).await.unwrap();
    assert_eq!(script.calls(), ["ModifyListener", "AddListenerCertificates", "ModifyListener"]);
    let body = &script.sent()[1].body;
    assert!(body.contains("CertificateArn=old"), "{body}");
}
