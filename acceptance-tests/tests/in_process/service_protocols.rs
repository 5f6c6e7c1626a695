//! Listeners of every protocol, their target groups' settings, and groups that are somebody else's.

use aws_sdk_elasticloadbalancingv2::types::{ListenerAttribute, ProtocolEnum, TargetDescription};
use serde_json::{Value as Json, json};

use crate::core::{Action, texts};
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:111111111111:certificate/01234567-89ab-cdef-0123-456789abcdef";
const NEXT: &str = "arn:aws:acm:us-east-1:111111111111:certificate/11111111-89ab-cdef-0123-456789abcdef";

async fn with(seed: u64, listeners: impl FnOnce(&Json) -> Json) -> Bench {
    Bench::made(seed, |config, ids| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["listener"] = listeners(&ids["provider_instance_ids"]);
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn every_protocol_is_listened_on_and_read_back() {
    let mut bench = with(101, |targets| {
        json!([
            {"name": "tcp", "port": 80, "target_port": 8080, "target_ids": targets},
            {"name": "tls", "port": 443, "protocol": "TLS", "certificate_arn": CERTIFICATE,
             "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "alpn_policy": "HTTP2Preferred",
             "target_port": 8080, "target_ids": targets},
            {"name": "tls-through", "port": 8443, "protocol": "TLS", "certificate_arn": CERTIFICATE,
             "target_protocol": "TLS", "target_ids": targets},
            {"name": "udp", "port": 514, "protocol": "UDP", "target_ids": targets},
            {"name": "dns", "port": 53, "protocol": "TCP_UDP", "target_ids": targets},
            {"name": "tcp-both", "port": 54, "target_protocol": "TCP_UDP", "target_ids": targets},
        ])
    })
    .await;
    let protocols = |kind: &str| {
        ["tcp", "tls", "tls-through", "udp", "dns", "tcp-both"]
            .map(|name| bench.link(&format!("{kind}.{name}"))["protocol"].clone())
    };
    assert_eq!(protocols("listener"), ["TCP", "TLS", "TLS", "UDP", "TCP_UDP", "TCP"]);
    assert_eq!(protocols("target_group"), ["TCP", "TCP", "TLS", "UDP", "TCP_UDP", "TCP_UDP"]);
    // What was made is read back without its state: nothing is only remembered.
    let service = bench.state();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, service["id"].as_str().unwrap()).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn settings_of_listeners_change_in_place_and_touch_no_other() {
    let mut bench = with(102, |targets| {
        json!([
            {"name": "tls", "port": 443, "protocol": "TLS", "certificate_arn": CERTIFICATE, "target_ids": targets},
            {"name": "tcp", "port": 80, "target_ids": targets},
        ])
    })
    .await;
    let before = bench.state()["listeners"].clone();
    let told = [
        bench.change("another certificate", |config, _| config["listener"][0]["certificate_arn"] = json!(NEXT)).await,
        bench
            .change("policies", |config, _| {
                config["listener"][0]["ssl_policy"] = json!("ELBSecurityPolicy-TLS13-1-2-2021-06");
                config["listener"][0]["alpn_policy"] = json!("HTTP2Only");
            })
            .await,
        bench
            .change("policies by default", |config, _| {
                config["listener"][0].as_object_mut().unwrap().remove("ssl_policy");
                config["listener"][0]["alpn_policy"] = json!("None");
            })
            .await,
        bench
            .change("a longer idle timeout", |config, _| config["listener"][1]["tcp_idle_timeout_seconds"] = json!(600))
            .await,
        bench
            .change("the usual idle timeout", |config, _| {
                config["listener"][1].as_object_mut().unwrap().remove("tcp_idle_timeout_seconds");
            })
            .await,
    ];
    assert_eq!(bench.state()["listeners"], before, "in place");
    let told = told.concat()
        + &bench
            .change("TLS from now on", |config, _| {
                config["listener"][1]["protocol"] = json!("TLS");
                config["listener"][1]["certificate_arn"] = json!(CERTIFICATE);
            })
            .await
        + &bench
            .change("datagrams from now on", |config, ids| {
                config["listener"][1] =
                    json!({"name": "tcp", "port": 80, "protocol": "UDP", "target_ids": ids["provider_instance_ids"]});
            })
            .await;
    insta::assert_snapshot!(told);
    assert_eq!(bench.state()["listeners"]["tcp"]["arn"], before["tcp"]["arn"], "the listener stays");
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn every_setting_of_a_target_group_changes_in_place() {
    let mut bench = with(103, |targets| json!([{"name": "https", "port": 443, "target_ids": targets}])).await;
    let before = bench.state()["listeners"].clone();
    let mut told = String::new();
    for (attribute, value) in [
        ("deregistration_delay", json!(15)),
        ("connection_termination", json!(true)),
        ("preserve_client_ip", json!(false)),
        ("proxy_protocol_v2", json!(true)),
        ("stickiness", json!(true)),
        ("target_cross_zone", json!("true")),
        ("unhealthy_connection_termination", json!(false)),
        ("unhealthy_draining_interval", json!(900)),
        ("target_group_health", json!({"dns_failover": {"minimum_healthy_targets_count": "off"}})),
        (
            "target_group_health",
            json!({"unhealthy_state_routing": {
                "minimum_healthy_targets_count": "2", "minimum_healthy_targets_percentage": "50",
            }}),
        ),
    ] {
        told += &bench.change(attribute, |config, _| config["listener"][0][attribute] = value).await;
    }
    for (attribute, value) in [
        ("protocol", json!("HTTPS")),
        ("port", json!("8443")),
        ("path", json!("/ready")),
        ("matcher", json!("200-204")),
        ("interval", json!(15)),
        ("timeout", json!(5)),
        ("healthy_threshold", json!(3)),
        ("unhealthy_threshold", json!(4)),
    ] {
        let edit = |config: &mut Json, _: &Json| config["listener"][0]["health_check"][attribute] = value;
        told += &bench.change(&format!("health check: {attribute}"), edit).await;
    }
    told += &bench
        .change("everything by default", |config, ids| {
            config["listener"] = json!([{"name": "https", "port": 443, "target_ids": ids["provider_instance_ids"]}]);
        })
        .await;
    insta::assert_snapshot!(told);
    assert_eq!(bench.state()["listeners"], before, "all in place");
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_timeout_that_somebody_changed_is_seen_and_set_back() {
    let mut bench = with(104, |targets| json!([{"name": "https", "port": 443, "target_ids": targets}])).await;
    let arn = bench.link("listener.https")["arn"].as_str().unwrap().to_owned();
    let attribute = ListenerAttribute::builder().key("tcp.idle_timeout.seconds").value("900").build();
    bench.elbv2().modify_listener_attributes().listener_arn(&arn).attributes(attribute).send().await.unwrap();
    let told = bench.heal("the idle timeout is changed").await;
    assert!(
        told.starts_with("the idle timeout is changed\n  links: listener.https\n  calls: ModifyListenerAttributes\n"),
        "{told}"
    );
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn targets_that_something_else_registers_stay() {
    let mut bench = with(105, |_| json!([{"name": "https", "port": 443, "target_type": "instance"}])).await;
    let group = bench.state()["listeners"]["https"]["target_group_arn"].as_str().unwrap().to_owned();
    let target = TargetDescription::builder().id(bench.land.ids["provider_instance_ids"][0].as_str().unwrap()).build();
    bench.elbv2().register_targets().target_group_arn(&group).targets(target).send().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(300)).await;
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    let told = bench
        .change("they are this resource's to register", |config, ids| {
            config["listener"][0]["target_ids"] = json!([ids["provider_instance_ids"][1]]);
        })
        .await
        + &bench.change("none by name", |config, _| config["listener"][0]["target_ids"] = json!([])).await;
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_target_group_of_somebody_else_is_used_and_never_changed() {
    let mut bench = Bench::empty(106).await;
    let vpc = bench.land.ids["provider_vpc_id"].as_str().unwrap();
    let made = bench.elbv2().create_target_group().name("theirs").protocol(ProtocolEnum::Tcp).port(8080).vpc_id(vpc);
    let theirs = made.send().await.unwrap().target_groups()[0].target_group_arn().unwrap().to_owned();
    bench.config.as_object_mut().unwrap().remove("private_dns");
    bench.config["listener"] = json!([{"name": "https", "port": 443, "target_group_arn": theirs}]);
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    assert_eq!(bench.state()["listeners"]["https"]["target_group_arn"], json!(theirs));
    let told = bench
        .change("one of our own", |config, ids| {
            config["listener"] = json!([{"name": "https", "port": 443, "target_ids": ids["provider_instance_ids"]}]);
        })
        .await;
    let ours = bench.state()["listeners"]["https"]["target_group_arn"].as_str().unwrap().to_owned();
    // Its ARN moves to the argument that takes existing ones: it is let go, with its targets.
    let told = told
        + &bench
            .change("ours is somebody else's from now on", |config, _| {
                config["listener"] = json!([{"name": "https", "port": 443, "target_group_arn": ours}]);
            })
            .await
        + &bench
            .change("another one of our own", |config, ids| {
                config["listener"] =
                    json!([{"name": "https", "port": 443, "target_ids": ids["provider_instance_ids"]}]);
            })
            .await;
    insta::assert_snapshot!(told);
    assert_ne!(bench.state()["listeners"]["https"]["target_group_arn"], json!(ours));
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let left = bench.elbv2().describe_target_groups().send().await.unwrap();
    let mut left: Vec<&str> = left.target_groups().iter().map(|group| group.target_group_arn().unwrap()).collect();
    left.sort_unstable();
    let mut expected = [theirs.as_str(), ours.as_str()];
    expected.sort_unstable();
    assert_eq!(left, expected, "only what is not ours is left");
}

#[tokio::test(start_paused = true)]
async fn a_target_of_another_kind_is_refused_until_the_kind_is_written() {
    let mut bench = with(107, |targets| json!([{"name": "https", "port": 443, "target_ids": targets}])).await;
    bench.config["listener"][0]["target_ids"] = json!(["10.10.1.77"]);
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics).join("\n");
    assert!(plan.diagnostics.has_errors() && told.contains("write target_type = \"ip\""), "{told}");
    let told =
        bench.change("the kind is written", |config, _| config["listener"][0]["target_type"] = json!("ip")).await;
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn targets_that_are_not_known_yet_leave_the_group_as_it_is() {
    let mut bench = with(108, |targets| json!([{"name": "https", "port": 443, "target_ids": targets}])).await;
    let before = bench.state()["listeners"].clone();
    let mut config = bench.config.clone();
    config["listener"][0]["target_ids"] = json!([bench.land.ids["provider_instance_ids"][0], crate::core::UNKNOWN]);
    let plan = bench.terraform.plan(SERVICE, NAME, &config).await;
    assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
    assert_eq!(plan.action, Action::Update);
    assert_eq!(bench.links_of(&plan), "targets.https");
    assert!(plan.planned.get("listeners").is_wholly_known(), "{before:#}");
    bench.destroy().await;
}
