//! Security groups that somebody else manages, looked at in the plan that brings them.

use acceptance_tests::simulator::World;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass};
use crate::core::{Action, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};
use crate::service_bench::{Bench, NAME};

/// Looks of a plan at groups, of calls since then.
fn looks(setting: &Setting, mark: usize) -> usize {
    setting.land.world.calls()[mark..].iter().filter(|call| call.operation == "DescribeSecurityGroups").count()
}

#[tokio::test(start_paused = true)]
async fn a_consumer_s_groups_exist_and_those_of_another_vpc_are_told() {
    let mut setting = Setting::open(191).await;
    let own = setting.group("own").await;
    let made = setting.ec2(USER).create_vpc().cidr_block("10.30.0.0/16").send().await.unwrap();
    let vpc = made.vpc.unwrap().vpc_id.unwrap();
    pass(60).await;
    let call = setting.ec2(USER).create_security_group().group_name("far").description("far").vpc_id(&vpc);
    let far = call.send().await.unwrap().group_id.unwrap();
    pass(60).await;
    let config = |groups: Json| setting.config(json!({"security_group_ids": groups}));
    let (good, strange) = (config(json!([own])), config(json!([own, "sg-0123456789abcdef0"])));
    let elsewhere = config(json!([own, far]));

    let plan = setting.plan(&strange).await;
    let told = texts(&plan.diagnostics);
    assert_eq!(told.len(), 1, "{told:#?}");
    let expected = "Error [security_group_ids] Security group not found\nThere is no security group sg-0123456789abcdef0 in \
                    account 222222222222 in us-east-1.";
    assert!(told[0].starts_with(expected), "{}", told[0]);
    let plan = setting.plan(&elsewhere).await;
    let told = texts(&plan.diagnostics);
    assert_eq!(told.len(), 1, "{told:#?}");
    let expected =
        format!("Warning [security_group_ids] Security group of another VPC\n{far} lies in {vpc}, and the subnets");
    assert!(told[0].starts_with(&expected) && told[0].contains("AssociateSecurityGroupVpc"), "{}", told[0]);

    setting.apply(&good).await;
    let mark = setting.land.world.calls().len();
    let tagged = merged(&good, &json!({"tags": {"team": "shop"}}));
    let plan = setting.user.plan_only(CONSUMER, ORDERS, &tagged).await;
    assert_eq!((texts(&plan.diagnostics), looks(&setting, mark)), (Vec::new(), 0), "known groups are not asked for");
    let plan = setting.user.plan_only(CONSUMER, ORDERS, &strange).await;
    assert!(plan.diagnostics.has_errors() && looks(&setting, mark) > 0);

    let here = setting.id("consumer_vpc_id");
    setting.ec2(USER).associate_security_group_vpc().group_id(&far).vpc_id(&here).send().await.unwrap();
    pass(60).await;
    setting.apply(&elsewhere).await;
    assert_eq!(setting.state()["security_group_ids"], json!(sorted(&[&own, &far])));
    setting.user.destroy(ORDERS).await;
    pass(1200).await;
    setting.ec2(USER).disassociate_security_group_vpc().group_id(&far).vpc_id(&here).send().await.unwrap();
    pass(60).await;
    for group in [far, own] {
        setting.ec2(USER).delete_security_group().group_id(group).send().await.unwrap();
    }
    setting.ec2(USER).delete_vpc().vpc_id(vpc).send().await.unwrap();
    setting.destroy().await;
}

fn sorted(ids: &[&str]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    ids.sort();
    ids
}

#[tokio::test(start_paused = true)]
async fn all_that_a_plan_of_a_new_service_looks_at_takes_six_calls_at_most() {
    let land = Landscape::of(World::typical(192));
    let (terraform, mut config) = (land.service_side().await, land.service());
    let bench = Bench { land, terraform, config: config.clone() };
    let call = bench.ec2().create_security_group().group_name("front").description("front");
    let vpc = bench.land.ids["provider_vpc_id"].as_str().unwrap();
    let group = call.vpc_id(vpc).send().await.unwrap().group_id.unwrap();
    pass(60).await;
    let calls = async |config: &Json| {
        pass(60).await;
        let mark = bench.mark();
        let plan = bench.terraform.plan_only(SERVICE, NAME, config).await;
        assert_eq!((plan.action, texts(&plan.diagnostics)), (Action::Create, Vec::new()));
        let mut calls: Vec<String> =
            bench.land.world.calls()[mark..].iter().map(|call| call.operation.clone()).collect();
        calls.sort();
        calls
    };
    let looked_at = ["DescribeNetworkInterfaces", "DescribeSubnets", "GetHostedZone"];
    assert_eq!(calls(&config).await, looked_at, "what is not written is not looked at");
    config["load_balancer"] = json!({"security_groups": [group]});
    config["listener"][0]["protocol"] = json!("TLS");
    config["listener"][0]["certificate_arn"] = json!("arn:aws:acm:us-east-1:111111111111:certificate/0");
    config["listener"][0]["target_ids"] = json!(["10.10.1.7", "10.10.2.7", "10.10.3.7"]);
    let all = calls(&config).await;
    assert!(all.len() <= 6, "{all:?}");
    let looked_at = all.iter().filter(|call| *call == "DescribeSecurityGroups").count();
    assert_eq!(looked_at, 1, "{all:?}");
    config["load_balancer"] = json!({"security_groups": [crate::core::UNKNOWN]});
    assert!(!calls(&config).await.contains(&"DescribeSecurityGroups".to_owned()), "unknown ones are not asked for");
}
