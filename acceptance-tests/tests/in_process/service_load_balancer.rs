//! The managed load balancer: settings in place, and a new one behind the living service where AWS cannot
//! change the old one.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::core::{Action, Terraform, objects, texts};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

/// A security group in the service's VPC.
async fn group(bench: &Bench, name: &str) -> String {
    let vpc = bench.land.ids["provider_vpc_id"].as_str().unwrap();
    let made = bench.ec2().create_security_group().group_name(name).description(name).vpc_id(vpc);
    let id = made.send().await.unwrap().group_id.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    id
}

fn balancer(bench: &Bench) -> String {
    bench.state()["load_balancers"][0]["arn"].as_str().unwrap().to_owned()
}

async fn connect(bench: &Bench) -> Terraform {
    let mut user = bench.land.consumer_side().await;
    let config = json!({
        "service_name": bench.state()["service_name"],
        "subnet_ids": bench.land.ids["consumer_subnet_ids"],
        "accept": {"peer_account": "service"},
    });
    user.apply(CONSUMER, "orders", &config).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    user
}

#[tokio::test(start_paused = true)]
async fn every_attribute_changes_in_place_and_only_what_differs_is_sent() {
    let mut bench = Bench::plain(131).await;
    let before = balancer(&bench);
    let set = |settings: Json| move |config: &mut Json, _: &Json| config["load_balancer"] = settings;
    let logs = json!({"bucket": "our-logs", "prefix": "orders", "enabled": true});
    let told = [
        bench.change("affinity", set(json!({"dns_record_client_routing_policy": "availability_zone_affinity"}))).await,
        bench.change("zonal shift", set(json!({"enable_zonal_shift": true}))).await,
        bench.change("logs", set(json!({"access_logs": logs}))).await,
        bench.change("logs without prefix", set(json!({"access_logs": {"bucket": "our-logs", "enabled": true}}))).await,
        bench.change("logs off", set(json!({"access_logs": {"bucket": "our-logs"}}))).await,
        bench
            .change("everything by default", |config, _| {
                config.as_object_mut().unwrap().remove("load_balancer");
            })
            .await,
    ];
    insta::assert_snapshot!(told.concat());
    assert_eq!(balancer(&bench), before);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn secondary_addresses_are_added_in_place_and_a_plan_refuses_to_take_them_away() {
    let mut bench = Bench::plain(147).await;
    let before = balancer(&bench);
    let set = |count: Json| json!({"secondary_ips_auto_assigned_per_subnet": count});
    let told = bench.change("more", |config, _| config["load_balancer"] = set(json!(2))).await;
    assert!(told.contains("  calls: ModifyLoadBalancerAttributes\n"), "{told}");
    assert!(told.contains("load balancer: secondary ips 2 instead of 0"), "{told}");
    for fewer in [json!(1), Json::Null] {
        bench.config["load_balancer"] = set(fewer);
        let plan = bench.plan().await;
        let told = texts(&plan.diagnostics).join("\n");
        assert!(told.starts_with("Error [load_balancer] Fewer secondary addresses"), "{told}");
        assert!(told.contains("Write secondary_ips_auto_assigned_per_subnet = 2"), "{told}");
    }
    bench.config["load_balancer"] = set(json!(2));
    assert_eq!(bench.plan().await.action, Action::NoOp);
    assert_eq!(balancer(&bench), before);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn capacity_is_reserved_in_place_and_given_back() {
    const PROVISIONED: Duration = Duration::from_secs(4 * 3600);
    let mut bench = Bench::plain(148).await;
    let before = balancer(&bench);
    let asked =
        |bench: &Bench| bench.land.world.calls().iter().any(|call| call.operation.contains("CapacityReservation"));
    assert!(!asked(&bench), "nobody asks where nothing is written");
    let reserve = |units: u32| {
        move |config: &mut Json, _: &Json| {
            config["load_balancer"] = json!({"minimum_load_balancer_capacity": {"capacity_units": units}});
        }
    };
    let mut told = bench.change("reserved", reserve(2750)).await;
    tokio::time::sleep(PROVISIONED).await;
    told += &bench.change("more", reserve(5500)).await;
    tokio::time::sleep(PROVISIONED).await;
    told += &bench.change("less", reserve(2750)).await;
    tokio::time::sleep(PROVISIONED).await;
    let id = bench.state()["id"].as_str().unwrap().to_owned();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    let modify = || bench.elbv2().modify_capacity_reservation().load_balancer_arn(&before);
    let more = aws_sdk_elasticloadbalancingv2::types::MinimumLoadBalancerCapacity::builder().capacity_units(5500);
    modify().minimum_load_balancer_capacity(more.build()).send().await.unwrap();
    tokio::time::sleep(PROVISIONED).await;
    told += &bench.heal("more is reserved by hand").await;
    let reset = bench.elbv2().modify_capacity_reservation().load_balancer_arn(&before);
    reset.reset_capacity_reservation(true).send().await.unwrap();
    told += &bench.heal("the reservation is gone").await;
    let kept = bench.config.clone();
    bench.config.as_object_mut().unwrap().remove("load_balancer");
    bench.config["listener"][0]["protocol"] = json!("TLS");
    bench.config["listener"][0]["certificate_arn"] = json!("arn:aws:acm:us-east-1:111111111111:certificate/x");
    let words = texts(&bench.plan().await.diagnostics).join("\n");
    assert!(words.contains("Error [load_balancer] Reserved capacity in two steps"), "{words}");
    bench.config = kept;
    told += &bench
        .change("nothing", |config, _| {
            config.as_object_mut().unwrap().remove("load_balancer");
        })
        .await;
    insta::assert_snapshot!(told);
    assert_eq!(balancer(&bench), before);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn security_groups_change_in_place_and_the_first_and_last_take_a_new_load_balancer() {
    let mut bench = Bench::plain(132).await;
    let (one, other) = (group(&bench, "one").await, group(&bench, "other").await);
    let names = |bench: &Bench| ["id", "service_name", "arn"].map(|name| bench.state()[name].clone());
    let (service, bare) = (names(&bench), balancer(&bench));
    bench.config["load_balancer"] = json!({"security_groups": [one]});
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics);
    assert!(told[0].starts_with("Warning [load_balancer] A new load balancer behind the service"), "{told:#?}");
    let mut told = bench.change("groups for the first time", |_, _| {}).await;
    let guarded = balancer(&bench);
    assert_ne!(guarded, bare);
    told +=
        &bench.change("another group", |config, _| config["load_balancer"] = json!({"security_groups": [other]})).await;
    told += &bench
        .change("rules not for endpoints", |config, _| {
            config["load_balancer"]["enforce_security_group_inbound_rules_on_private_link_traffic"] = json!("off");
        })
        .await;
    told += &bench
        .change("rules for everybody", |config, _| {
            config["load_balancer"]["enforce_security_group_inbound_rules_on_private_link_traffic"] = json!("on");
        })
        .await;
    assert_eq!(balancer(&bench), guarded, "in place");
    told += &bench
        .change("no groups any more", |config, _| {
            config.as_object_mut().unwrap().remove("load_balancer");
        })
        .await;
    assert_ne!(balancer(&bench), guarded);
    insta::assert_snapshot!(told);
    assert_eq!(names(&bench), service, "consumers hold these");
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    tokio::time::sleep(Duration::from_secs(900)).await;
    for id in [one, other] {
        bench.ec2().delete_security_group().group_id(id).send().await.unwrap();
    }
    assert_eq!(objects(&bench.land.world), json!({}));
}

#[tokio::test(start_paused = true)]
async fn addresses_are_fixed_at_birth_and_another_one_takes_a_new_load_balancer() {
    let mut bench = Bench::made(133, |config, ids| {
        config.as_object_mut().unwrap().remove("private_dns");
        config.as_object_mut().unwrap().remove("subnet_ids");
        config["subnet_mapping"] = json!([
            {"subnet_id": ids["provider_subnet_ids"][0], "private_ipv4_address": "10.10.1.50"},
            {"subnet_id": ids["provider_subnet_ids"][1]},
        ]);
    })
    .await;
    let before = balancer(&bench);
    let mut told = bench
        .change("a zone more, fixed", |config, ids| {
            let block = json!({"subnet_id": ids["provider_subnet_ids"][2], "private_ipv4_address": "10.10.3.50"});
            config["subnet_mapping"].as_array_mut().unwrap().push(block);
        })
        .await;
    assert_eq!(balancer(&bench), before, "in place");
    let id = bench.state()["id"].as_str().unwrap().to_owned();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    // The new one stands beside the old one for a while, which keeps its addresses.
    bench.config["subnet_mapping"][0]["private_ipv4_address"] = json!("10.10.1.60");
    let plan = bench.plan().await;
    let words = texts(&plan.diagnostics).join("\n");
    assert!(plan.diagnostics.has_errors() && words.contains("holds 10.10.3.50 in"), "{words}");
    told += &bench
        .change("other addresses", |config, _| {
            config["subnet_mapping"][2]["private_ipv4_address"] = json!("10.10.3.60");
        })
        .await;
    assert_ne!(balancer(&bench), before);
    told += &bench
        .change("addresses do not matter any more", |config, ids| {
            config.as_object_mut().unwrap().remove("subnet_mapping");
            config["subnet_ids"] = ids["provider_subnet_ids"].clone();
        })
        .await;
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn while_consumers_are_connected_a_new_load_balancer_is_refused_before_the_first_write() {
    let mut bench = Bench::plain(134).await;
    let mut user = connect(&bench).await;
    let endpoint = user.state("orders")["id"].as_str().unwrap().to_owned();
    let one = group(&bench, "one").await;
    let before = objects(&bench.land.world);
    let mut config = bench.config.clone();
    config["load_balancer"] = json!({"security_groups": [one]});
    let mark = bench.mark();
    let found = bench.terraform.try_apply(SERVICE, NAME, &config).await;
    let told = texts(&found).join("\n");
    assert!(found.has_errors() && told.contains("Error [load_balancer] Consumers are connected"), "{told}");
    assert!(told.contains(&format!("{endpoint} of account 222222222222 (available)")), "{told}");
    assert_eq!(bench.calls_since(mark), "none");
    assert_eq!(objects(&bench.land.world), before);
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    let found = user.destroy("orders").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    bench.ec2().delete_security_group().group_id(one).send().await.unwrap();
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn consumers_that_attach_in_between_keep_both_and_the_next_apply_carries_on() {
    let mut bench = Bench::made(135, |config, _| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["acceptance_required"] = json!(false);
    })
    .await;
    let id = bench.state()["id"].clone();
    let one = group(&bench, "one").await;
    bench.config["load_balancer"] = json!({"security_groups": [one]});
    let config = bench.config.clone();
    let mut user = bench.land.consumer_side().await;
    let consumer = json!({
        "service_name": bench.state()["service_name"],
        "subnet_ids": bench.land.ids["consumer_subnet_ids"],
    });
    let attach = async {
        tokio::time::sleep(Duration::from_secs(40)).await;
        let found = user.try_apply(CONSUMER, "orders", &consumer).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    };
    let (found, ()) = tokio::join!(bench.terraform.try_apply(SERVICE, NAME, &config), attach);
    let told = texts(&found).join("\n");
    let endpoint = user.state("orders")["id"].as_str().unwrap().to_owned();
    assert!(found.has_errors() && told.contains(&endpoint), "{told}");
    assert!(!bench.terraform.is_tainted(NAME));
    let service = id.as_str().unwrap();
    let seen = bench.ec2().describe_vpc_endpoint_service_configurations().service_ids(service).send().await.unwrap();
    assert_eq!(seen.service_configurations()[0].network_load_balancer_arns().len(), 2, "both stay attached");
    // Its groups were given without a rule.
    user.ends_at = Some("load_balancer_security_group");
    let found = user.destroy("orders").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    tokio::time::sleep(Duration::from_secs(60)).await;
    bench.terraform.apply(SERVICE, NAME, &config).await;
    assert_eq!(bench.state()["id"], id);
    assert_eq!(bench.state()["load_balancers"].as_array().unwrap().len(), 1);
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    tokio::time::sleep(Duration::from_secs(900)).await;
    bench.ec2().delete_security_group().group_id(one).send().await.unwrap();
    assert_eq!(objects(&bench.land.world), json!({}));
}
