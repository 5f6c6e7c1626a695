//! Where a service stands: its Region, its subnets and the addresses in them.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::core::{Action, objects, texts};
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

/// A subnet of the service's VPC, in the zone of its first one.
async fn subnet(bench: &Bench, block: &str) -> String {
    let ec2 = bench.ec2();
    let first = bench.land.ids["provider_subnet_ids"][0].as_str().unwrap();
    let described = ec2.describe_subnets().subnet_ids(first).send().await.unwrap();
    let zone = described.subnets()[0].availability_zone().unwrap();
    let vpc = bench.land.ids["provider_vpc_id"].as_str().unwrap();
    let made = ec2.create_subnet().vpc_id(vpc).cidr_block(block).availability_zone(zone).send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    made.subnet.unwrap().subnet_id.unwrap()
}

fn without_private_dns(bench: &mut Bench) {
    bench.config.as_object_mut().unwrap().remove("private_dns");
}

#[tokio::test(start_paused = true)]
async fn a_service_stands_in_a_region_of_its_own() {
    let mut bench = Bench::empty(161).await;
    let ec2 = aws_sdk_ec2::Client::new(&bench.sdk_in("eu-west-1"));
    let vpc = ec2.create_vpc().cidr_block("10.50.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let made = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.50.1.0/24").availability_zone("eu-west-1a");
    let subnet = made.send().await.unwrap().subnet.unwrap().subnet_id.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let before = objects(&bench.land.world);
    without_private_dns(&mut bench);
    bench.config["region"] = json!("eu-west-1");
    bench.config["subnet_ids"] = json!([subnet]);
    bench.config["listener"][0]["target_ids"] = json!(["10.50.1.10"]);
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let state = bench.state();
    assert!(state["service_name"].as_str().unwrap().starts_with("com.amazonaws.vpce.eu-west-1."), "{state:#}");
    let told = bench.change("another port", |config, _| config["listener"][0]["port"] = json!(8443)).await;
    assert!(told.contains("ModifyListener"), "{told}");

    let id = state["id"].as_str().unwrap().to_owned();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, &id).await;
    assert!(texts(&found)[0].contains("us-east-1"), "it is not looked for elsewhere: {:#?}", texts(&found));
    let found = bench.terraform.import(SERVICE, NAME, &format!("{id}@eu-west-1")).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;

    let mut elsewhere = bench.config.clone();
    elsewhere["region"] = json!(null);
    elsewhere["subnet_ids"] = bench.land.ids["provider_subnet_ids"].clone();
    elsewhere["listener"][0]["target_ids"] = bench.land.ids["provider_instance_ids"].clone();
    let plan = bench.terraform.plan(SERVICE, NAME, &elsewhere).await;
    let by: Vec<String> = plan.replaced_by.iter().map(ToString::to_string).collect();
    assert_eq!((plan.action, by), (Action::Replace, vec!["region".to_owned()]));
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(objects(&bench.land.world), before);
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_is_nearly_full_is_named_in_the_plan() {
    let mut bench = Bench::empty(162).await;
    // Eleven addresses are for users; instances take four of them.
    let small = subnet(&bench, "10.10.200.0/28").await;
    let run = bench.ec2().run_instances().image_id("ami-0123456789abcdef0").min_count(4).max_count(4);
    run.subnet_id(&small).send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    without_private_dns(&mut bench);
    bench.config["subnet_ids"] = json!([small]);
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("Warning [subnet_ids] Subnet nearly full"), "{}", told[0]);
    assert!(told[0].contains(&format!("{small} has 7 free addresses, and AWS wants 8")), "{}", told[0]);
    let config = bench.config.clone();
    let found = bench.terraform.try_apply(SERVICE, NAME, &config).await;
    let told = texts(&found).join("\n");
    assert!(found.has_errors() && told.contains("InvalidSubnet") && told.contains(&small), "{told}");
    assert!(told.contains("Error [subnet_ids] Cannot create the load balancer"), "{told}");
    // A fixed address is all that it takes there.
    bench.config.as_object_mut().unwrap().remove("subnet_ids");
    bench.config["subnet_mapping"] = json!([{"subnet_id": small, "private_ipv4_address": "10.10.200.13"}]);
    let plan = bench.plan().await;
    assert!(plan.diagnostics.is_empty(), "{:#?}", texts(&plan.diagnostics));
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn a_subnet_is_exchanged_within_its_zone_unless_it_is_the_only_one() {
    let mut bench = Bench::made(163, |config, ids| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["subnet_ids"] = json!([ids["provider_subnet_ids"][0]]);
    })
    .await;
    let other = subnet(&bench, "10.10.200.0/24").await;
    let kept = bench.config["subnet_ids"].clone();
    bench.config["subnet_ids"] = json!([other]);
    let mark = bench.mark();
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("Error [subnet_ids] Exchange of the only subnet"), "{}", told[0]);
    assert!(told[0].contains(kept[0].as_str().unwrap()) && told[0].contains(&other), "{}", told[0]);
    assert_eq!(bench.calls_since(mark), "none");
    bench.config["subnet_ids"] = kept;
    let mut told = bench
        .change("a subnet of another zone first", |config, ids| {
            config["subnet_ids"] = json!([ids["provider_subnet_ids"][0], ids["provider_subnet_ids"][1]]);
        })
        .await;
    told += &bench
        .change("then the exchange", |config, ids| {
            config["subnet_ids"] = json!([other, ids["provider_subnet_ids"][1]]);
        })
        .await;
    insta::assert_snapshot!(told);
    assert_eq!(bench.state()["availability_zone_ids"], json!(["use1-az1", "use1-az2"]));
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn addresses_of_ipv6_are_fixed_at_birth_as_well() {
    let mut bench = Bench::empty(164).await;
    let (subnets, base) = bench.subnets_of_both_families().await;
    without_private_dns(&mut bench);
    bench.config.as_object_mut().unwrap().remove("subnet_ids");
    bench.config["load_balancer"] = json!({"ip_address_type": "dualstack"});
    bench.config["supported_ip_address_types"] = json!(["ipv4", "ipv6"]);
    bench.config["listener"] = json!([{"name": "https", "port": 443, "target_type": "ip"}]);
    // Written in full, as people copy it; AWS shortens it.
    let long = format!("{base}0:0000:0000:0000:0050");
    let fixed = json!({"subnet_id": subnets[0], "private_ipv4_address": "10.40.0.50", "ipv6_address": long});
    bench.config["subnet_mapping"] = json!([fixed, {"subnet_id": subnets[1]}]);
    let sent = bench.elbv2().create_load_balancer().name("single").r#type("network".into()).scheme("internal".into());
    let pinned = aws_sdk_elasticloadbalancingv2::types::SubnetMapping::builder().subnet_id(&subnets[0]);
    let sent = sent.subnet_mappings(pinned.ipv6_address(format!("{base}0::50")).build()).send().await;
    assert!(sent.is_err(), "an address of IPv6 needs both families");
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let balancer = bench.link("load_balancer");
    assert_eq!(balancer["ipv6_addresses"], json!({subnets[0].clone(): format!("{base}0::50")}));
    let id = bench.state()["id"].as_str().unwrap().to_owned();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(bench.state()["subnet_mapping"].as_array().unwrap().len(), 2);
    // AWS tells the address in its short form; the long one is what is written.
    let told = bench.change("as it is written", |_, _| {}).await;
    assert!(told.ends_with("calls: none\n"), "{told}");
    bench.config["subnet_mapping"][0]["ipv6_address"] = json!("2001:db8::50");
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics).join("\n");
    assert!(told.contains("Error [subnet_mapping] Address outside the subnet"), "{told}");
    let told = bench
        .change("another one", |config, _| {
            config["subnet_mapping"][0] = json!({"subnet_id": subnets[0], "ipv6_address": format!("{base}0::51")});
        })
        .await;
    assert!(told.contains("CreateLoadBalancer") && told.contains("DeleteLoadBalancer"), "{told}");
    assert_eq!(bench.link("load_balancer")["ipv6_addresses"], json!({subnets[0].clone(): format!("{base}0::51")}));
    assert_eq!(bench.state()["id"], Json::from(id));
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn a_new_service_is_planned_with_few_looks_and_unknown_values_with_fewer() {
    let mut bench = Bench::empty(165).await;
    let mark = bench.mark();
    let looked = |bench: &Bench, mark: usize| {
        let mut calls: Vec<String> =
            bench.land.world.calls().into_iter().skip(mark).map(|call| call.operation).collect();
        calls.sort();
        calls
    };
    let plan = bench.plan().await;
    assert!(plan.diagnostics.is_empty(), "{:#?}", texts(&plan.diagnostics));
    let mut calls = looked(&bench, mark);
    assert!(calls.len() <= 6, "{calls:?}");
    // One read may miss an instance.
    calls.dedup();
    assert_eq!(calls, ["DescribeNetworkInterfaces", "DescribeSubnets", "GetHostedZone"]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    bench.config["subnet_ids"] = json!([crate::core::UNKNOWN]);
    bench.config["private_dns"]["hosted_zone_id"] = json!(crate::core::UNKNOWN);
    let mark = bench.mark();
    let plan = bench.plan().await;
    assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
    assert_eq!(looked(&bench, mark), [""; 0]);
}
