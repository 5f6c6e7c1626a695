//! Zones of the load balancer in which a listener has no target: a warning of the plan that makes them so, and no call.

use acceptance_tests::simulator::World;
use serde_json::{Value as Json, json};

use crate::core::texts;
use crate::landscape::{Landscape, SERVICE};
use crate::service_bench::{Bench, NAME};

/// A service without a private name that is not made yet, where pages are whole: the calls of two plans compare.
async fn bench(seed: u64) -> Bench {
    let land = Landscape::of(World::typical(seed));
    let (terraform, mut config) = (land.service_side().await, land.service());
    config.as_object_mut().unwrap().remove("private_dns");
    Bench { land, terraform, config }
}

/// What is registered, with its zone.
async fn registered(bench: &Bench) -> Vec<(String, String)> {
    let group = bench.state()["listeners"]["https"]["target_group_arn"].as_str().unwrap().to_owned();
    let health = bench.elbv2().describe_target_health().target_group_arn(group).send().await.unwrap();
    let targets = health.target_health_descriptions().iter().filter_map(|one| one.target());
    let pair = |target: &aws_sdk_elasticloadbalancingv2::types::TargetDescription| {
        (target.id().unwrap().to_owned(), target.availability_zone().unwrap_or_default().to_owned())
    };
    let mut all: Vec<_> = targets.map(pair).collect();
    all.sort();
    all
}

#[tokio::test(start_paused = true)]
async fn addresses_outside_of_the_vpc_are_registered_for_all_zones_and_change_in_place() {
    let mut bench = bench(183).await;
    bench.config["listener"][0]["target_ids"] = json!(["10.10.1.77"]);
    bench.config["listener"][0]["target"] = json!([{"id": "192.168.7.7", "availability_zone": "all"}]);
    let config = bench.config.clone();
    let found = bench.terraform.apply(SERVICE, NAME, &config).await;
    assert_eq!(texts(&found), [""; 0], "one of no zone serves all");
    let all = registered(&bench).await;
    assert!(all.contains(&("192.168.7.7".to_owned(), "all".to_owned())), "{all:?}");
    assert_eq!(all.len(), 2, "{all:?}");
    let told = bench
        .change("another one", |config, _| {
            config["listener"][0]["target"] = json!([{"id": "192.168.7.8", "availability_zone": "all"}]);
        })
        .await;
    assert!(told.contains("links: targets.https\n") && told.contains("RegisterTargets"), "{told}");
    tokio::time::sleep(std::time::Duration::from_secs(900)).await;
    let ids: Vec<String> = registered(&bench).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["10.10.1.77", "192.168.7.8"]);
    bench.destroy().await;
}

/// What a plan warns of, and the calls that it makes, without those of a refresh.
async fn planned(bench: &Bench) -> (Vec<String>, Vec<String>) {
    let mark = bench.mark();
    let plan = bench.terraform.plan_only(SERVICE, NAME, &bench.config).await;
    assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
    let calls = bench.land.world.calls()[mark..].iter().map(|call| call.operation.clone()).collect();
    (texts(&plan.diagnostics), calls)
}

/// The same while the answers of an earlier plan do not hold any more.
async fn planned_later(bench: &Bench) -> (Vec<String>, Vec<String>) {
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    planned(bench).await
}

#[tokio::test(start_paused = true)]
async fn fewer_targets_than_zones_are_a_warning_of_the_plan_that_leaves_one_without() {
    let mut bench = bench(181).await;
    let instances = bench.land.ids["provider_instance_ids"].clone();
    let (told, usual) = planned(&bench).await;
    assert_eq!(told, [""; 0]);
    bench.config["listener"][0]["target_ids"] = json!([instances[0], instances[1]]);
    let (told, calls) = planned_later(&bench).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    let subnets: Vec<&str> =
        bench.land.ids["provider_subnet_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert!(
        told[0].starts_with("Warning [listener] Zone without a target\nListener \"https\" has too few"),
        "{}",
        told[0]
    );
    assert!(subnets.iter().all(|subnet| told[0].contains(subnet)), "{}", told[0]);
    assert!(told[0].contains("enable_cross_zone_load_balancing = true"), "{}", told[0]);
    assert_eq!(calls, usual, "the warning costs no call");

    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    bench.config["tags"] = json!({"team": "shop"});
    assert_eq!(planned_later(&bench).await.0, [""; 0], "another change does not say it again");
    bench.config["load_balancer"] = json!({"enable_cross_zone_load_balancing": true});
    assert_eq!(planned_later(&bench).await.0, [""; 0], "every zone reaches every target");
    let kept = bench.config.clone();
    bench.change("across zones", |_, _| {}).await;
    bench.config["load_balancer"] = json!(null);
    let (told, calls) = planned_later(&bench).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(!calls.iter().any(|call| call.starts_with("DescribeSubnets")), "{calls:?}");
    bench.config = kept;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn addresses_tell_the_zones_that_have_none() {
    let mut bench = bench(182).await;
    let subnets: Vec<String> = bench.land.ids["provider_subnet_ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().into())
        .collect();
    let described = bench.ec2().describe_subnets().set_subnet_ids(Some(subnets.clone())).send().await.unwrap();
    let zone = |id: &str| {
        let found = described.subnets().iter().find(|subnet| subnet.subnet_id() == Some(id)).unwrap();
        (found.availability_zone().unwrap().to_owned(), found.availability_zone_id().unwrap().to_owned())
    };
    let (_, usual) = planned(&bench).await;
    let of_the_first = |bench: &mut Bench, blocks: Json| {
        bench.config["listener"][0]["target_ids"] = json!(["10.10.1.77", "10.10.1.78", "10.10.2.77"]);
        bench.config["listener"][0]["target"] = blocks;
    };
    of_the_first(&mut bench, json!([]));
    let (told, calls) = planned_later(&bench).await;
    let third = format!("has no target in {} ({})", zone(&subnets[2]).1, subnets[2]);
    assert!(told.len() == 1 && told[0].contains(&third), "{third}: {told:#?}");
    assert_eq!(usual, ["DescribeSubnets", "DescribeNetworkInterfaces"]);
    assert_eq!(calls, ["DescribeSubnets", "DescribeVpcs"], "the subnets are looked at anyway");

    // A target outside of them counts for the zone that is written, and one of no zone for all.
    for (zone, count) in [(zone(&subnets[2]).0, 0), (zone(&subnets[1]).0, 1), ("all".to_owned(), 0)] {
        of_the_first(&mut bench, json!([{"id": "10.99.0.7", "availability_zone": zone}]));
        assert_eq!(planned_later(&bench).await.0.len(), count, "{zone}");
    }
    bench.config["listener"][0]["target"] = json!([]);
    bench.config["listener"][0]["manage_targets"] = json!(false);
    bench.config["listener"][0]["target_ids"] = json!(null);
    bench.config["listener"][0]["target_type"] = json!("ip");
    assert_eq!(planned_later(&bench).await.0, [""; 0], "who registers them knows where they stand");
}
