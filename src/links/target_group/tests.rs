use aws_sdk_elasticloadbalancingv2::types::{Matcher, ProtocolEnum, TargetGroup as Described, TargetTypeEnum};

use super::calls::{DELAY_KEY, STICKINESS_KEY, STICKINESS_TYPE_KEY, attributes, born, flatten};
use super::diff::{FAMILY, LOAD_BALANCER, PORT, VPC};
use super::{DELAY, FAILOVER, Failover, STICKINESS, Spec, State, TargetGroup, WantedHealthCheck};
use crate::aws::Tags;
use crate::engine::{Change, Compare as _};

pub(super) fn spec() -> Spec {
    Spec {
        base_name: "orders-https".into(),
        protocol: "TCP".into(),
        port: 443,
        vpc_id: "vpc-1".into(),
        load_balancer_arn: "lb-1".into(),
        target_type: Some("instance".into()),
        is_ipv6: Some(false),
        health_check: WantedHealthCheck::default(),
        deregistration_delay: None,
        connection_termination: None,
        preserve_client_ip: None,
        proxy_protocol_v2: None,
        stickiness: None,
        failover: Failover::default(),
        tags: Tags::new(),
    }
}

fn made(spec: &Spec) -> State {
    TargetGroup.forecast(spec, &State { arn: "arn".into(), name: "name".into(), ..State::default() })
}

#[test]
fn what_came_of_a_spec_shows_no_change() {
    for (protocol, kind) in [("TCP", "instance"), ("TCP", "ip"), ("UDP", "ip"), ("TLS", "ip"), ("TCP", "alb")] {
        let spec = Spec { protocol: protocol.into(), target_type: Some(kind.into()), ..spec() };
        assert_eq!(TargetGroup.diff(&spec, &made(&spec)), Change::None, "{protocol} {kind}");
    }
}

#[test]
fn a_default_written_out_is_no_change() {
    let written = Spec {
        health_check: WantedHealthCheck {
            protocol: Some("TCP".into()),
            port: Some("traffic-port".into()),
            interval: Some(30),
            timeout: Some(10),
            healthy_threshold: Some(5),
            unhealthy_threshold: Some(2),
            ..WantedHealthCheck::default()
        },
        deregistration_delay: Some(300),
        connection_termination: Some(false),
        preserve_client_ip: Some(true),
        proxy_protocol_v2: Some(false),
        stickiness: Some(false),
        ..spec()
    };
    assert_eq!(TargetGroup.diff(&written, &made(&spec())), Change::None);
}

#[test]
fn a_changed_setting_goes_back_to_its_default_when_it_is_no_longer_written() {
    let failover = Failover { unhealthy_draining_interval: 60, ..Failover::default() };
    let state = made(&Spec { deregistration_delay: Some(10), stickiness: Some(true), failover, ..spec() });
    assert_eq!(TargetGroup.diff(&spec(), &state), Change::Update(vec![DELAY, STICKINESS, FAILOVER]));
}

#[test]
fn what_is_fixed_at_birth_asks_for_a_new_group() {
    let state = made(&spec());
    let moved = Spec { port: 8443, vpc_id: "vpc-2".into(), deregistration_delay: Some(1), ..spec() };
    assert_eq!(TargetGroup.diff(&moved, &state), Change::Replace(vec![PORT, VPC]));
}

#[test]
fn a_group_serves_one_load_balancer_and_a_free_one_serves_any() {
    let moved = Spec { load_balancer_arn: "lb-2".into(), ..spec() };
    assert_eq!(TargetGroup.diff(&moved, &made(&spec())), Change::Replace(vec![LOAD_BALANCER]));
    let free = State { load_balancer_arn: None, ..made(&spec()) };
    assert_eq!(TargetGroup.diff(&moved, &free), Change::Update(vec![LOAD_BALANCER]), "its listener will say so");
    assert_eq!(TargetGroup.diff(&moved, &TargetGroup.forecast(&moved, &free)), Change::None);
}

#[test]
fn a_kind_that_is_not_known_yet_keeps_what_is_there() {
    let state = made(&Spec { target_type: Some("ip".into()), ..spec() });
    let open = Spec { target_type: None, ..spec() };
    assert_eq!(TargetGroup.diff(&open, &state), Change::None);
    assert_eq!(TargetGroup.forecast(&open, &state), state);
}

#[test]
fn another_family_asks_for_a_new_group_and_one_that_is_not_known_keeps_what_is_there() {
    let of = |is_ipv6| Spec { target_type: Some("ip".into()), is_ipv6, ..spec() };
    let state = made(&of(Some(true)));
    assert_eq!(TargetGroup.diff(&of(Some(true)), &state), Change::None);
    assert_eq!(TargetGroup.diff(&of(Some(false)), &state), Change::Replace(vec![FAMILY]));
    assert_eq!(TargetGroup.diff(&of(None), &state), Change::None);
    assert_eq!(TargetGroup.forecast(&of(None), &state), state);
    assert!(!made(&of(None)).is_ipv6, "AWS's default");
}

#[test]
fn client_addresses_are_kept_by_default_except_for_addresses_behind_tcp() {
    assert!(made(&spec()).preserve_client_ip);
    assert!(!made(&Spec { target_type: Some("ip".into()), ..spec() }).preserve_client_ip);
    let datagrams = Spec { target_type: Some("ip".into()), protocol: "UDP".into(), ..spec() };
    assert!(made(&datagrams).preserve_client_ip && made(&datagrams).connection_termination);
}

#[test]
fn paths_and_codes_belong_to_http_only() {
    let check = WantedHealthCheck { path: Some("/ready".into()), ..WantedHealthCheck::default() };
    let over_tcp = made(&Spec { health_check: check.clone(), ..spec() }).health_check;
    assert_eq!((over_tcp.path, over_tcp.matcher, over_tcp.timeout), (None, None, 10));
    let check = WantedHealthCheck { protocol: Some("HTTP".into()), ..check };
    let over_http = made(&Spec { health_check: check, ..spec() }).health_check;
    assert_eq!((over_http.path.as_deref(), over_http.timeout), (Some("/ready"), 6));
}

fn described(check: &str) -> Described {
    let http = check.starts_with("HTTP");
    Described::builder()
        .target_group_arn("arn")
        .target_group_name("orders-https-12345678")
        .protocol(ProtocolEnum::Tcp)
        .port(443)
        .vpc_id("vpc-1")
        .target_type(TargetTypeEnum::Instance)
        .health_check_protocol(ProtocolEnum::from(check))
        .health_check_port("traffic-port")
        .health_check_interval_seconds(30)
        .health_check_timeout_seconds(if check == "HTTP" { 6 } else { 10 })
        .healthy_threshold_count(5)
        .unhealthy_threshold_count(2)
        .set_health_check_path(http.then(|| "/".to_owned()))
        .set_matcher(http.then(|| Matcher::builder().http_code("200-399").build()))
        .build()
}

#[test]
fn aws_defaults_read_back_are_no_change() {
    for check in ["TCP", "HTTP", "HTTPS"] {
        let wanted = Spec {
            health_check: WantedHealthCheck { protocol: Some(check.into()), ..WantedHealthCheck::default() },
            ..spec()
        };
        let read = flatten(&described(check));
        let expected = TargetGroup.forecast(&wanted, &read);
        assert_eq!(read.health_check, expected.health_check, "{check}");
    }
}

#[test]
fn attributes_at_their_defaults_are_not_sent() {
    assert_eq!(attributes(&TargetGroup.forecast(&spec(), &State::default()), Some(&born(&spec()))), []);
    let wanted = Spec { stickiness: Some(true), proxy_protocol_v2: Some(false), ..spec() };
    let sent = attributes(&TargetGroup.forecast(&wanted, &State::default()), Some(&born(&wanted)));
    assert_eq!(sent, [(STICKINESS_KEY, "true".to_owned()), (STICKINESS_TYPE_KEY, "source_ip".to_owned())]);
}

#[test]
fn only_what_differs_is_sent_in_an_update() {
    let have = TargetGroup.forecast(&spec(), &State::default());
    let wanted = Spec { deregistration_delay: Some(15), ..spec() };
    assert_eq!(attributes(&TargetGroup.forecast(&wanted, &have), Some(&have)), [(DELAY_KEY, "15".to_owned())]);
}
