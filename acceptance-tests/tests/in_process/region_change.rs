//! Another Region, written in the resource or come with the provider's: the whole resource is replaced.

use privatelink::value::Path;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass};
use crate::core::{Action, Plan, Terraform, objects, texts};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

const HERE: &str = "us-east-1";
const THERE: &str = "eu-west-1";

/// A VPC with a subnet in the other Region.
pub(crate) async fn network(ec2: &aws_sdk_ec2::Client) -> (String, String) {
    let made = ec2.create_vpc().cidr_block("10.80.0.0/16").send().await.unwrap();
    let vpc = made.vpc.unwrap().vpc_id.unwrap();
    pass(60).await;
    let call = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.80.1.0/24").availability_zone_id("euw1-az1");
    let subnet = call.send().await.unwrap().subnet.unwrap().subnet_id.unwrap();
    pass(60).await;
    (vpc, subnet)
}

pub(crate) async fn remove(ec2: &aws_sdk_ec2::Client, (vpc, subnet): (String, String)) {
    pass(900).await;
    ec2.delete_subnet().subnet_id(subnet).send().await.unwrap();
    ec2.delete_vpc().vpc_id(vpc).send().await.unwrap();
}

fn expect_replacement(title: &str, plan: &Plan) {
    assert!(!plan.diagnostics.has_errors(), "{title}: {:#?}", texts(&plan.diagnostics));
    assert_eq!(
        (plan.action, plan.replaced_by.as_slice()),
        (Action::Replace, [Path::attribute("region")].as_slice()),
        "{title}"
    );
    assert_eq!(plan.planned.get("region").as_str(), Some(THERE), "{title}");
    for result in ["id", "arn"] {
        assert!(plan.planned.get(result).is_unknown(), "{title}: {result}");
    }
}

/// The ids of what exists of a kind, in one Region.
fn of_region(all: &Json, account: &str, region: &str, kind: &str) -> usize {
    all[account][region][kind].as_array().map_or(0, Vec::len)
}

#[tokio::test(start_paused = true)]
async fn another_region_of_resource_or_provider_replaces_a_service() {
    let mut bench = Bench::plain(201).await;
    let ec2 = aws_sdk_ec2::Client::new(&bench.sdk_in(THERE));
    let place = network(&ec2).await;
    let config = bench.config.clone();
    // The own Region, written, is no change; neither is it where the provider moves and the resource stays.
    let here = merged(&config, &json!({"region": HERE}));
    bench.terraform.expect_empty(SERVICE, NAME, &here).await;
    let block = json!({"access_key": "111111111111", "region": THERE});
    let mut moved = Terraform::configured(&bench.land.world, block).await;
    moved.take_over(&bench.terraform);
    moved.expect_empty(SERVICE, NAME, &here).await;

    let listener = json!([{"name": "https", "port": 443, "target_ids": ["10.80.1.10"]}]);
    let there = merged(&config, &json!({"subnet_ids": [place.1], "listener": listener}));
    let written = merged(&there, &json!({"region": THERE}));
    expect_replacement("written", &bench.terraform.plan(SERVICE, NAME, &written).await);
    let plan = moved.plan(SERVICE, NAME, &there).await;
    expect_replacement("the provider's", &plan);
    let found = moved.carry_out(SERVICE, NAME, &there, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    moved.expect_empty(SERVICE, NAME, &there).await;
    let all = objects(&bench.land.world);
    let services = [HERE, THERE].map(|region| of_region(&all, "111111111111", region, "endpoint_service"));
    assert_eq!(services, [0, 1], "{all:#}");
    let found = moved.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    remove(&ec2, place).await;
    assert_eq!(objects(&bench.land.world), json!({}));
}

#[tokio::test(start_paused = true)]
async fn another_region_of_resource_or_provider_replaces_a_consumer() {
    let mut setting = Setting::bare(202).await;
    let ec2 = setting.ec2_in(USER, THERE);
    let place = network(&ec2).await;
    let config = json!({"service_name": "com.amazonaws.us-east-1.sqs", "subnet_ids": setting.subnets([0])});
    setting.apply(&config).await;
    let here = merged(&config, &json!({"region": HERE}));
    setting.user.expect_empty(CONSUMER, ORDERS, &here).await;
    let block = json!({"access_key": USER, "region": THERE});
    let mut moved = Terraform::configured(&setting.land.world, block).await;
    moved.take_over(&setting.user);
    moved.expect_empty(CONSUMER, ORDERS, &here).await;

    // The same service, of the other Region then: its name is an argument of its own that replaces.
    let there = json!({"service_name": "com.amazonaws.eu-west-1.sqs", "subnet_ids": [place.1]});
    let plan = moved.plan(CONSUMER, ORDERS, &there).await;
    assert_eq!(plan.action, Action::Replace, "{:#?}", texts(&plan.diagnostics));
    assert!(plan.replaced_by.contains(&Path::attribute("region")), "{:?}", plan.replaced_by);
    assert!(plan.replaced_by.contains(&Path::attribute("service_name")), "{:?}", plan.replaced_by);
    let found = moved.carry_out(CONSUMER, ORDERS, &there, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    moved.expect_empty(CONSUMER, ORDERS, &there).await;
    let all = objects(&setting.land.world);
    assert_eq!([HERE, THERE].map(|region| of_region(&all, USER, region, "endpoint")), [0, 1], "{all:#}");
    let found = moved.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    remove(&ec2, place).await;
    assert_eq!(objects(&setting.land.world), json!({}));
}
