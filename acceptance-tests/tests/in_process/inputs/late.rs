//! What AWS would refuse after minutes is refused by a look at plan: sources of rules, and targets in other places.

use std::time::Duration;

use privatelink::diagnostic::Diagnostics;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{Setting, says};
use crate::core::{Action, ask_world, texts};
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

const GONE_GROUP: &str = "sg-0123456789abcdef0";
const GONE_LIST: &str = "pl-0123456789abcdef0";
const SHARED_LIST: &str = "pl-0fedcba9876543210";

#[tokio::test(start_paused = true)]
async fn sources_of_rules_that_do_not_exist_are_refused_at_plan() {
    let mut setting = Setting::open(681).await;
    let list = format!("{}/us-east-1/{SHARED_LIST}", crate::consumer_setting::USER);
    setting.set("prefix_list", &list, json!({"exists": true}));
    let good = json!([
        {"port": 443, "security_group_id": setting.id("application_security_group_id")},
        {"port": 443, "prefix_list_id": SHARED_LIST},
        {"port": 443, "prefix_list_id": "pl-63a5400a"},
    ]);
    let with = |more: Json| {
        let mut rules = good.as_array().unwrap().clone();
        rules.extend(more.as_array().unwrap().iter().cloned());
        json!({"ingress": rules})
    };
    let wrong = [
        (json!({"port": 80, "security_group_id": GONE_GROUP}), "Security group not found", GONE_GROUP),
        (json!({"port": 80, "prefix_list_id": GONE_LIST}), "Prefix list not found", GONE_LIST),
    ];
    let refused = |found: &Diagnostics, summary: &str, id: &str| {
        let begins = format!("Error [ingress] {summary}");
        assert!(says(found, &begins, &[id, "us-east-1"]), "{:#?}", texts(found));
        assert_eq!(found.iter().count(), 1, "one cause, one diagnostic: {:#?}", texts(found));
    };
    for (rule, summary, id) in &wrong {
        let plan = setting.plan(&setting.config(with(json!([rule])))).await;
        refused(&plan.diagnostics, summary, id);
    }
    let config = setting.config(with(json!([])));
    setting.apply(&config).await;
    // The same in an update, where sources that are recorded cost no look.
    let looks = |setting: &Setting| {
        let calls = ask_world(&setting.land.world, "calls", &Json::Null);
        calls.as_array().unwrap().iter().filter(|call| call["operation"] == json!("DescribeManagedPrefixLists")).count()
    };
    setting.forget_calls();
    let described = setting.config(json!({"ingress": good, "name": "another"}));
    assert_eq!(setting.plan(&described).await.action, Action::Update);
    assert_eq!(looks(&setting), 0);
    for (rule, summary, id) in &wrong {
        let plan = setting.plan(&setting.config(with(json!([rule])))).await;
        refused(&plan.diagnostics, summary, id);
    }
    assert!(looks(&setting) > 0);
    setting.destroy().await;
}

impl Bench {
    /// A listener with these targets in place of the usual one.
    fn listening(&self, listener: Json) -> Json {
        let mut config = self.config.clone();
        config.as_object_mut().unwrap().remove("private_dns");
        let mut whole = json!({"name": "https", "port": 443});
        whole.as_object_mut().unwrap().extend(listener.as_object().unwrap().clone());
        config["listener"] = json!([whole]);
        config
    }
}

#[tokio::test(start_paused = true)]
async fn targets_outside_of_the_vpc_are_refused_at_plan_with_what_to_write() {
    let mut bench = Bench::empty(682).await;
    let ec2 = bench.ec2();
    let pass = || tokio::time::sleep(Duration::from_secs(60));
    let vpc = ec2.create_vpc().cidr_block("10.77.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    pass().await;
    let subnet = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.77.1.0/24").availability_zone_id("use1-az1");
    let subnet = subnet.send().await.unwrap().subnet.unwrap().subnet_id.unwrap();
    pass().await;
    let run = ec2.run_instances().image_id("ami-1").subnet_id(&subnet).min_count(1).max_count(1);
    let stranger = run.send().await.unwrap().instances()[0].instance_id().unwrap().to_owned();
    pass().await;
    let gone = "i-0123456789abcdef0";
    let all = "availability_zone = \"all\"";
    let wrong = [
        (
            json!({"target_ids": ["10.10.1.20", "10.99.0.1"]}),
            "Target outside of the VPC",
            vec!["10.99.0.1 (listener \"https\")", all],
        ),
        (json!({"target": [{"id": "172.16.9.9"}]}), "Target outside of the VPC", vec!["172.16.9.9", "vpc-", all]),
        (
            json!({"target_ids": ["203.0.113.9"]}),
            "Target that no load balancer reaches",
            vec!["203.0.113.9", "100.64.0.0/10"],
        ),
        (json!({"target_ids": [gone]}), "Target not found", vec![gone, "us-east-1"]),
        (json!({"target_ids": [stranger]}), "Target of another VPC", vec![&stranger, "vpc-", all]),
    ];
    for (listener, summary, words) in &wrong {
        let plan = bench.plan_of(&bench.listening(listener.clone())).await;
        let begins = format!("Error [listener] {summary}");
        assert!(says(&plan.diagnostics, &begins, words), "{listener}: {:#?}", texts(&plan.diagnostics));
        let errors = plan.diagnostics.iter().filter(|one| one.is_error()).count();
        assert_eq!(errors, 1, "one cause, one diagnostic: {:#?}", texts(&plan.diagnostics));
    }
    // What the message proposes is right.
    let right = json!({"target_ids": ["10.10.1.20"], "target": [{"id": "10.99.0.1", "availability_zone": "all"}]});
    bench.config = bench.listening(right);
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    // And in an update.
    tokio::time::sleep(Duration::from_secs(60)).await;
    for (listener, summary, words) in &wrong[..3] {
        let plan = bench.plan_of(&bench.listening(listener.clone())).await;
        let begins = format!("Error [listener] {summary}");
        assert!(says(&plan.diagnostics, &begins, words), "{listener}: {:#?}", texts(&plan.diagnostics));
    }
    bench.destroy().await;
}
