//! A replacement looks at everything that could stop the creation before its first delete, whatever it is for.

use acceptance_tests::simulator::faults::{Fault, Strike};
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, merged, pass, says};
use crate::core::{Action, objects, texts};
use crate::landscape::CONSUMER;

const SQS: &str = "com.amazonaws.us-east-1.sqs";

impl Setting {
    /// Takes the consumer's account from those that see the service.
    async fn close_to_consumers(&self) {
        let id = self.service["id"].as_str().unwrap();
        let root = format!("arn:aws:iam::{USER}:root");
        let call = self.ec2(OWNER).modify_vpc_endpoint_service_permissions().service_id(id);
        call.remove_allowed_principals(root).send().await.unwrap();
        pass(120).await;
    }

    /// Expects that an apply changed nothing and that the endpoint still works.
    fn expect_untouched(&self, before: &Json, endpoint: &str) {
        assert_eq!(objects(&self.land.world), *before);
        assert_eq!(self.state()["id"], json!(endpoint));
        assert_eq!(self.world_changes(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_aws_does_not_know_and_a_region_that_contradicts_its_name_end_in_the_plan() {
    let mut setting = Setting::bare(340).await;
    let config = json!({"service_name": SQS, "subnet_ids": setting.subnets([0, 1])});
    setting.apply(&config).await;
    let (before, endpoint) = (objects(&setting.land.world), setting.state()["id"].as_str().unwrap().to_owned());
    setting.forget_calls();
    let table = [
        (json!({"service_name": "com.amazonaws.us-east-1.sqss"}), "service_name", "AWS has no service"),
        (json!({"service_region": "eu-west-1"}), "service_region", "is a service of us-east-1"),
        (
            json!({"service_name": "com.amazonaws.eu-west-1.sqs", "service_region": "us-east-1"}),
            "service_region",
            "got",
        ),
    ];
    for (wrong, path, words) in table {
        let wrong = merged(&config, &wrong);
        let plan = setting.plan(&wrong).await;
        let beginning = format!("Error [{path}]");
        assert!(says(&plan.diagnostics, &beginning, &[words]), "{wrong}: {:#?}", texts(&plan.diagnostics));
        let found = setting.try_apply(&wrong).await;
        assert!(found.has_errors());
    }
    setting.expect_untouched(&before, &endpoint);
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_destroyed_for_a_creation_that_cannot_succeed_whatever_it_is_for() {
    for (seed, cause) in [(341, "argument"), (342, "-replace"), (343, "tainted"), (344, "failed"), (345, "expired")] {
        let mut setting = Setting::open(seed).await;
        let mut config =
            setting.config(json!({"dns": [{"zone_name": "orders.internal", "record": [{"name": "api"}]}]}));
        setting.apply(&config).await;
        let endpoint = setting.state()["id"].as_str().unwrap().to_owned();
        let mut plan = None;
        match cause {
            "argument" => {
                let other = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";
                config = merged(&config, &json!({"service_name": other}));
            }
            "tainted" => {
                setting.close_to_consumers().await;
                setting.user.taint(ORDERS);
            }
            "-replace" => {
                // It goes between plan and apply.
                plan = Some(setting.user.plan_replace(CONSUMER, ORDERS, &config).await);
                setting.close_to_consumers().await;
            }
            word => {
                setting.set("endpoint", &endpoint, json!({"state": word}));
                setting.close_to_consumers().await;
                // One copy of AWS may still show what was.
                setting.user.refresh(ORDERS).await;
            }
        }
        let before = objects(&setting.land.world);
        setting.forget_calls();
        let plan = match plan {
            Some(plan) => plan,
            None => setting.plan(&config).await,
        };
        let now = setting.state()["state"].clone();
        assert_eq!(plan.action, Action::Replace, "{cause} {now}: {:#?}", texts(&plan.diagnostics));
        assert!(!plan.diagnostics.has_errors(), "{cause}: {:#?}", texts(&plan.diagnostics));
        // Another process carries a saved plan out: it knows what the plan handed on.
        setting.user.provider = setting.land.consumer_side().await.provider;
        let found = setting.user.carry_out(CONSUMER, ORDERS, &config, plan).await;
        let words = ["does not exist", "Nothing was changed"];
        let told = says(&found, "Error [service_name] Endpoint service not visible", &words);
        assert!(told, "{cause}: {:#?}", texts(&found));
        setting.expect_untouched(&before, &endpoint);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_replacement_holds_itself_stands_in_nobody_s_way() {
    let mut setting = Setting::with(346, json!({"acceptance_required": false})).await;
    let group = setting.id("application_security_group_id");
    let config = setting.config(json!({
        "private_dns_enabled": true,
        "ingress": [{"port": 443, "security_group_id": group}],
        "dns": [{"zone_name": "orders.internal", "record": [{"name": "@"}, {"name": "db", "zonal": true}]}],
    }));
    setting.apply(&config).await;
    let before = setting.state()["id"].clone();
    let plan = setting.user.plan_replace(CONSUMER, ORDERS, &config).await;
    assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
    let found = setting.user.carry_out(CONSUMER, ORDERS, &config, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_ne!(setting.state()["id"], before);
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    pass(600).await;
    for name in ["orders.internal", "orders.example.dev"] {
        assert_eq!(setting.land.reach(name)["reached"], json!(true), "{name}");
    }
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_acceptance_that_is_denied_ends_the_wait_for_it_at_once_and_is_told_once() {
    for (seed, operation) in [(347, "AcceptVpcEndpointConnections"), (348, "DescribeVpcEndpointConnections")] {
        let mut setting = Setting::named(seed).await;
        let config = setting.config(json!({
            "accept": {"peer_account": "service"},
            "dns": [{"zone_name": "orders.internal", "record": [{"name": "api"}]}],
        }));
        setting.land.world.set_faults(vec![Fault::at(operation, 1, Strike::Refuse).times(5000)]);
        let begun = tokio::time::Instant::now();
        let found = setting.try_apply(&config).await;
        assert!(begun.elapsed().as_secs() < 180, "{operation}: {:?}", begun.elapsed());
        assert_eq!(found.iter().count(), 1, "{operation}: {:#?}", texts(&found));
        assert!(says(&found, "Error", &["connection", operation, "AccessDenied"]), "{:#?}", texts(&found));
        assert!(says(&found, "Error", &["Not reached: records"]), "{:#?}", texts(&found));
        setting.land.world.set_faults(Vec::new());
        setting.apply(&config).await;
        setting.destroy().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_acceptance_with_the_credentials_of_another_account_is_refused_by_the_plan() {
    let mut setting = Setting::closed(349).await;
    let config = setting.config(json!({"accept": {}}));
    let plan = setting.plan(&config).await;
    let words = [OWNER, USER, "peer_account"];
    let told = says(&plan.diagnostics, "Error [accept] Connection that another account accepts", &words);
    assert!(told, "{:#?}", texts(&plan.diagnostics));
    let pending = setting.config(json!({}));
    setting.apply(&pending).await;
    // Added to an endpoint that exists, too.
    let plan = setting.plan(&config).await;
    assert!(says(&plan.diagnostics, "Error [accept]", &words), "{:#?}", texts(&plan.diagnostics));
    setting.apply(&setting.config(json!({"accept": {"peer_account": "service"}}))).await;
    setting.destroy().await;
}
