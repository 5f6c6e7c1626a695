//! What messages say: who must act, with the command; which permission is missing, and whose; what exists after a failure.

use acceptance_tests::simulator::faults::{Fault, Strike};
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, pass, says};
use crate::core::{Action, Terraform, texts, value_of};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

fn denied(operation: &str) -> Vec<Fault> {
    vec![Fault::at(operation, 1, Strike::Refuse).code("UnauthorizedOperation").times(u64::MAX)]
}

/// A denial names the action as IAM spells it, and whose credentials lack it.
#[tokio::test(start_paused = true)]
async fn a_denial_names_the_action_the_account_and_the_peer() {
    let own = format!("for the credentials of account {USER}");
    let peer = format!("for the credentials of account {OWNER} (peer_account \"service\")");
    for (seed, operation, action, whose) in [
        (691, "CreateVpcEndpoint", "ec2:CreateVpcEndpoint", &own),
        (692, "ChangeResourceRecordSets", "route53:ChangeResourceRecordSets", &own),
        (693, "AcceptVpcEndpointConnections", "ec2:AcceptVpcEndpointConnections", &peer),
    ] {
        let mut setting = Setting::closed(seed).await;
        let config = setting.config(json!({
            "accept": {"peer_account": "service"},
            "dns": [{"zone_name": "orders.internal", "record": [{"name": "api"}]}],
        }));
        setting.land.world.set_faults(denied(operation));
        let found = setting.try_apply(&config).await;
        let words = [&format!("allow {action} {whose}"), "iam-policy.json", "Request ID"];
        assert!(says(&found, "Error", &words), "{operation}: {:#?}", texts(&found));
        setting.land.world.set_faults(Vec::new());
        let found = setting.user.destroy(ORDERS).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        setting.destroy().await;
    }
    let mut bench = Bench::empty(694).await;
    bench.land.world.set_faults(denied("CreateTargetGroup"));
    let config = bench.config.clone();
    let found = bench.terraform.try_apply(SERVICE, NAME, &config).await;
    let words = format!("allow elasticloadbalancing:CreateTargetGroup for the credentials of account {OWNER}");
    assert!(says(&found, "Error", &[&words]), "{:#?}", texts(&found));
    bench.land.world.set_faults(Vec::new());
    bench.destroy().await;
}

/// Whoever must act next finds the command to type.
#[tokio::test(start_paused = true)]
async fn whoever_must_act_next_is_named_with_the_command() {
    let mut setting = Setting::closed(695).await;
    let config = setting.config(json!({"wait_for_acceptance": false}));
    let service = setting.service["id"].as_str().unwrap().to_owned();
    let found = setting.try_apply(&config).await;
    let endpoint = setting.state()["id"].as_str().unwrap().to_owned();
    let accept =
        format!("aws ec2 accept-vpc-endpoint-connections --service-id {service} --vpc-endpoint-ids {endpoint}");
    assert!(says(&found, "Warning", &["must accept", &accept]), "{:#?}", texts(&found));
    setting.accept(&endpoint).await;
    setting.apply(&config).await;
    // The consumers of a service that is to go.
    let found = setting.owner.destroy("api").await;
    let words = [
        format!("aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {endpoint}"),
        format!("aws ec2 reject-vpc-endpoint-connections --service-id {service} --vpc-endpoint-ids {endpoint}"),
        format!("{endpoint} of account {USER}"),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert!(says(&found, "Error [] Consumers are connected", &words), "{:#?}", texts(&found));
    setting.reject(&endpoint).await;
    let plan = setting.plan(&config).await;
    assert!(says(&plan.diagnostics, "Warning", &["rejected", &accept]), "{:#?}", texts(&plan.diagnostics));
    // A service that does not let this account in.
    let mut stranger = Terraform::configured(&setting.land.world, json!({"access_key": OWNER})).await;
    let hidden = json!({
        "service_name": "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
        "subnet_ids": setting.land.ids["provider_subnet_ids"],
    });
    let plan = stranger.plan(CONSUMER, ORDERS, &hidden).await;
    let words = ["modify-vpc-endpoint-service-permissions", &format!("arn:aws:iam::{OWNER}:root")];
    assert!(says(&plan.diagnostics, "Warning [service_name]", &words), "{:#?}", texts(&plan.diagnostics));
    setting.destroy_behind(Some("connection")).await;
}

/// After the first half of a replacement something was changed.
#[tokio::test(start_paused = true)]
async fn a_creation_that_fails_after_a_removal_does_not_say_that_nothing_was_changed() {
    let mut gone = 0;
    for nth in 1..=5 {
        let mut setting = Setting::open(700 + nth).await;
        let config = setting.config(json!({}));
        setting.apply(&config).await;
        let plan = setting.user.plan_replace(CONSUMER, ORDERS, &config).await;
        assert_eq!(plan.action, Action::Replace);
        pass(300).await;
        let fault = Fault::at("DescribeSubnets", nth, Strike::Refuse).code("UnauthorizedOperation");
        setting.land.world.set_faults(vec![fault.times(u64::MAX)]);
        let found = setting.user.carry_out(CONSUMER, ORDERS, &config, plan).await;
        if found.has_errors() && !setting.user.has(ORDERS) {
            gone += 1;
            assert!(!says(&found, "Error", &["Nothing was changed"]), "{:#?}", texts(&found));
            assert!(says(&found, "Error", &["was removed before in this run"]), "{:#?}", texts(&found));
        }
        setting.land.world.set_faults(Vec::new());
        setting.destroy().await;
    }
    assert!(gone > 0, "no fault struck between the two halves");
}

/// What stands against a creation tells how to destroy the rest, because core plans the creation before that too.
#[tokio::test(start_paused = true)]
async fn a_resource_that_was_never_made_says_how_to_destroy_the_others() {
    let setting = Setting::open(711).await;
    let gone = setting.config(json!({"subnet_ids": ["subnet-0123456789abcdef0"]}));
    let plan = setting.user.plan_only(CONSUMER, "never", &gone).await;
    let words = ["subnet-0123456789abcdef0", "terraform destroy -refresh=false"];
    assert!(says(&plan.diagnostics, "Error [subnet_ids]", &words), "{:#?}", texts(&plan.diagnostics));
    setting.destroy().await;
}

/// The rule before the value, and whose value it is.
#[tokio::test(start_paused = true)]
async fn a_broken_rule_is_told_once_and_in_one_form() {
    let bench = Bench::empty(712).await;
    let (_, server) = bench.terraform.server(SERVICE);
    let told = |listener: Json| {
        let mut config = bench.config.clone();
        config["listener"] = json!([listener]);
        let found = server.validate(&value_of(&server.schema(), &config));
        texts(&found)
    };
    let targets = bench.land.ids["provider_instance_ids"].clone();
    for (port, expected) in [
        (json!(0), "port must be between 1 and 65535, got 0 (listener \"https\")."),
        (json!(443.5), "port must be a whole number between 1 and 65535, got 443.5 (listener \"https\")."),
    ] {
        let found = told(json!({"name": "https", "port": port, "target_ids": targets}));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].ends_with(expected), "{found:#?}");
    }
    let found = told(json!({"name": "a_b", "port": 443, "target_ids": targets}));
    assert!(found[0].contains("name must be 1–16 small letters") && found[0].contains("got \"a_b\""), "{found:#?}");
    let found = told(json!({"name": "https", "port": 443, "protocol": "ICMP", "target_ids": targets}));
    let words = "protocol must be one of \"TCP\", \"TLS\", \"UDP\", \"TCP_UDP\", got \"ICMP\" (listener \"https\").";
    assert!(found.iter().any(|text| text.ends_with(words)), "{found:#?}");
}
