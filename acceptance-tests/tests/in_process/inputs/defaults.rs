//! A default that is written is never a change, whatever it depends on.

use std::collections::BTreeSet;

use privatelink::schema::meaning;
use privatelink::value::Value;
use serde_json::json;

use super::samples::places;
use super::unknown::{at, rich, with};
use crate::consumer_setting::{ORDERS, Setting, zone_of};
use crate::core::{Action, Terraform, ask, texts, value_of};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

/// Writes each default that the configuration leaves out, one at a time and all together. Tells which ones there were.
async fn walk(terraform: &Terraform, resource_type: &str, name: &str, config: &Value) -> BTreeSet<String> {
    let (_, server) = terraform.server(resource_type);
    let schema = server.schema();
    let full = meaning(&schema.block, config);
    let prior = terraform.value(name);
    let (mut written, mut all) = (BTreeSet::new(), config.clone());
    for place in places(&schema.block) {
        let (Some(before), Some(usual)) = (at(config, &place.steps), at(&full, &place.steps)) else { continue };
        if !before.is_null() || usual.is_null() {
            continue;
        }
        let title = place.path().to_string();
        let explicit = with(config, &place.steps, usual).unwrap();
        if server.validate(&explicit).has_errors() {
            // A setting of another protocol is left out, whatever it says.
            assert!(["listener.alpn_policy"].contains(&title.as_str()), "{title} = {usual:?}");
            continue;
        }
        let plan = ask(&*server, &schema, &prior, &explicit).await.unwrap();
        assert_eq!(plan.action, Action::NoOp, "{title} = {usual:?}: {}", terraform.difference(name, &plan.planned));
        all = with(&all, &place.steps, usual).unwrap();
        written.insert(title);
    }
    let plan = ask(&*server, &schema, &prior, &all).await.unwrap();
    assert_eq!(plan.action, Action::NoOp, "all together: {}", terraform.difference(name, &plan.planned));
    written
}

#[tokio::test(start_paused = true)]
async fn a_default_of_a_service_that_is_written_is_no_change() {
    let mut bench = Bench::empty(651).await;
    let ids = bench.land.ids.clone();
    rich(&mut bench.config, &ids);
    bench.config["listener"][0].as_object_mut().unwrap().remove("stickiness");
    let json = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &json).await;
    let config = value_of(&bench.terraform.server(SERVICE).1.schema(), &json);
    let written = walk(&bench.terraform, SERVICE, NAME, &config).await;
    for name in [
        "acceptance_required",
        "supported_ip_address_types",
        "load_balancer.ip_address_type",
        "private_dns.wait_for_verification",
        "timeouts.delete",
        "connection_notification.connection_events",
        "listener.protocol",
        "listener.target_port",
        "listener.target_protocol",
        "listener.target_type",
        "listener.manage_targets",
        "listener.connection_termination",
        "listener.preserve_client_ip",
        "listener.stickiness",
        "listener.target_cross_zone",
        "listener.unhealthy_connection_termination",
        "listener.unhealthy_draining_interval",
        "load_balancer.secondary_ips_auto_assigned_per_subnet",
        "load_balancer.enable_zonal_shift",
        "listener.health_check.port",
        "listener.health_check.matcher",
        "listener.health_check.timeout",
    ] {
        assert!(written.contains(name), "{name} is not among {written:#?}");
    }
    // An empty block is one more way to write the defaults.
    let mut empty = json.clone();
    empty["listener"][0].as_object_mut().unwrap().remove("health_check");
    bench.terraform.apply(SERVICE, NAME, &empty).await;
    empty["listener"][0]["health_check"] = json!({});
    empty["listener"][0]["target_group_health"] = json!({"dns_failover": {}});
    let plan = bench.plan_of(&empty).await;
    assert_eq!(plan.action, Action::NoOp, "{}", bench.terraform.difference(NAME, &plan.planned));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn defaults_by_protocol_and_kind_of_targets_are_no_changes_either() {
    let mut bench = Bench::made(652, |config, _| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["listener"] = json!([{
            "name": "dns", "port": 53, "protocol": "UDP", "target_ids": ["10.10.1.20"], "target": [{"id": "10.10.1.21"}],
        }]);
    })
    .await;
    let mut explicit = bench.config.clone();
    explicit["listener"] = json!([{
        "name": "dns", "port": 53, "protocol": "UDP", "target_ids": ["10.10.1.20"],
        "target": [{"id": "10.10.1.21", "port": 53}],
        "target_port": 53, "target_protocol": "UDP", "target_type": "ip", "manage_targets": true,
        "connection_termination": true, "preserve_client_ip": true, "deregistration_delay": 300,
        "target_cross_zone": "use_load_balancer_configuration", "unhealthy_connection_termination": true,
        "unhealthy_draining_interval": 0,
        "target_group_health": {
            "dns_failover": {"minimum_healthy_targets_count": "1", "minimum_healthy_targets_percentage": "off"},
            "unhealthy_state_routing": {"minimum_healthy_targets_count": "1"},
        },
        "health_check": {"protocol": "TCP", "port": "traffic-port", "interval": 30, "timeout": 10,
                         "healthy_threshold": 5, "unhealthy_threshold": 2},
    }]);
    let plan = bench.plan_of(&explicit).await;
    assert_eq!(plan.action, Action::NoOp, "{}", bench.terraform.difference(NAME, &plan.planned));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_empty_set_of_targets_is_managed() {
    let mut bench = Bench::plain(653).await;
    bench.config["listener"][0]["target_type"] = json!("instance");
    bench.config["listener"][0]["target_ids"] = json!([]);
    let config = bench.config.clone();
    let mark = bench.mark();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    assert_eq!(bench.calls_since(mark), "DeregisterTargets");
    let group = bench.state()["listeners"]["https"]["target_group_arn"].as_str().unwrap().to_owned();
    let target = aws_sdk_elasticloadbalancingv2::types::TargetDescription::builder()
        .id(bench.land.ids["provider_instance_ids"][0].as_str().unwrap())
        .build();
    bench.elbv2().register_targets().target_group_arn(&group).targets(target).send().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    let healed = bench.heal("a target that somebody registered").await;
    assert!(healed.contains("DeregisterTargets"), "{healed}");
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_default_of_a_consumer_that_is_written_is_no_change() {
    let mut setting = Setting::open(654).await;
    let json = setting.config(json!({
        "ingress": [{"port": 443, "cidr_ipv4": "10.20.0.0/16"}],
        "dns": [{"zone_name": "orders.internal", "record": [{"name": "api"}]}],
        "timeouts": {"create": "20m"},
    }));
    setting.apply(&json).await;
    let config = value_of(&setting.user.server(CONSUMER).1.schema(), &json);
    let written = walk(&setting.user, CONSUMER, ORDERS, &config).await;
    for name in ["ingress.protocol", "dns.record.zonal", "timeouts.update", "private_dns_enabled", "ip_address_type"] {
        assert!(written.contains(name), "{name} is not among {written:#?}");
    }
    for (name, value) in [("wait_for_acceptance", json!(false)), ("dns_record_ip_type", json!("ipv4"))] {
        let mut explicit = json.clone();
        explicit[name] = value;
        let plan = setting.plan(&explicit).await;
        assert_eq!(plan.action, Action::NoOp, "{name}: {}", setting.user.difference(ORDERS, &plan.planned));
    }
    // Other spellings of the same.
    let mut spelled = json.clone();
    spelled["dns"][0]["zone_name"] = json!("orders.internal.");
    spelled["ingress"][0]["protocol"] = json!("6");
    let plan = setting.plan(&spelled).await;
    assert_eq!(plan.action, Action::NoOp, "{}", setting.user.difference(ORDERS, &plan.planned));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_zone_id_may_carry_its_path_and_a_rule_any_protocol() {
    let mut setting = Setting::open(655).await;
    let zone = setting.zone(crate::consumer_setting::USER, "shop.internal").await;
    let json = setting.config(json!({
        "dns": [{"zone_id": format!("/hostedzone/{zone}"), "record": [{"name": "api"}]}],
        "ingress": [
            {"port": 443, "cidr_ipv4": "10.20.0.0/16"},
            {"protocol": "icmp", "from_port": 8, "to_port": -1, "cidr_ipv4": "10.20.0.0/16"},
            {"protocol": "icmpv6", "cidr_ipv6": "2001:db8::/64"},
            {"protocol": "50", "cidr_ipv4": "10.20.0.0/16"},
            {"protocol": "17", "port": 53, "cidr_ipv4": "10.20.0.0/16"},
        ],
    }));
    setting.apply(&json).await;
    assert_eq!(zone_of(&setting.state()), json!(zone));
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    crate::consumer_setting::pass(120).await;
    setting.route53(crate::consumer_setting::USER).delete_hosted_zone().id(&zone).send().await.unwrap();
    setting.destroy().await;
}
