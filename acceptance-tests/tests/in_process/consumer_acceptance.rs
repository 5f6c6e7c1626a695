//! Who accepts, and what a consumer does until then and after.

use privatelink::value::Path;
use serde_json::{Value as Json, json};

use crate::announced;
use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, merged, pass, says};
use crate::core::{Action, Terraform, ask_world, objects, texts};
use crate::landscape::CONSUMER;

fn with_dns() -> Json {
    json!({"private_dns_enabled": true, "dns": [{"zone_name": "orders.internal", "record": [{"name": "@"}]}]})
}

#[tokio::test(start_paused = true)]
async fn the_own_account_needs_no_permission_and_accepts_its_own_connection() {
    let mut setting = Setting::with(21, json!({"allowed_principals": [], "private_dns": null})).await;
    setting.user = Terraform::service_only(&setting.land.world).await;
    let config = setting.config(json!({"subnet_ids": setting.land.ids["provider_subnet_ids"], "accept": {}}));
    let plan = setting.user.plan_only(CONSUMER, ORDERS, &config).await;
    assert_eq!(texts(&plan.diagnostics), Vec::<String>::new());
    let found = setting.apply(&config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    setting.catch_up().await;
    assert_eq!(setting.state()["state"], json!("available"));
    let question = json!({
        "account": OWNER, "vpc_id": setting.id("provider_vpc_id"), "name": setting.state()["dns_name"], "port": 443,
        "ip": "10.10.1.200",
    });
    pass(600).await;
    let answer = ask_world(&setting.land.world, "reach", &question);
    assert_eq!(answer["reached"], json!(true), "{answer:#}");
    // From the other account's VPC there is no way.
    setting.destroy_behind(Some("endpoint")).await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_accepts_and_the_same_apply_finishes_dns() {
    let mut setting = Setting::named(22).await;
    let config = merged(&setting.config(with_dns()), &json!({"accept": {"peer_account": "service"}}));
    let found = setting.apply(&config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    let state = setting.state();
    assert_eq!(state["state"], json!("available"));
    assert_eq!(state["private_dns_names"], json!(["orders.example.dev"]));
    assert_eq!(state["records"]["orders.internal"], state["dns_name"]);
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn while_nobody_accepts_the_plan_is_empty_and_afterwards_one_step_finishes() {
    let mut setting = Setting::named(23).await;
    let config = setting.config(with_dns());
    let found = setting.apply(&config).await;
    let endpoint = setting.state()["id"].as_str().unwrap().to_owned();
    let service = setting.service["id"].as_str().unwrap().to_owned();
    let command = format!("accept-vpc-endpoint-connections --service-id {service} --vpc-endpoint-ids {endpoint}");
    assert!(says(&found, "Warning", &[&command, USER, "private_dns", "records"]), "{:#?}", texts(&found));
    let state = setting.state();
    assert_eq!(state["state"], json!("pendingAcceptance"));
    assert_eq!(state["private_dns_enabled"], json!(true), "the configured value is kept");
    assert_eq!(state["dns"][0]["zone_name"], json!("orders.internal"));
    assert_eq!(state["private_dns_names"], json!([]));
    assert_eq!(state["records"], json!({}));

    setting.accept(&endpoint).await;
    let plan = setting.plan(&config).await;
    assert_eq!(plan.action, Action::Update, "{:#?}", texts(&plan.diagnostics));
    setting.catch_up().await;
    assert_eq!(setting.state()["state"], json!("available"));
    setting.forget_calls();
    let found = setting.apply(&config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    let mut changes = setting.changes();
    changes.sort();
    assert_eq!(changes, ["ChangeResourceRecordSets", "ModifyVpcEndpoint"]);
    assert_eq!(setting.state()["id"], json!(endpoint));
    assert_eq!(setting.state()["private_dns_names"], json!(["orders.example.dev"]));
    assert_eq!(setting.state()["records"]["orders.internal"], setting.state()["dns_name"]);
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn without_dns_an_acceptance_later_is_seen_and_changes_nothing_else() {
    let mut setting = Setting::closed(24).await;
    let config = setting.config(json!({}));
    let found = setting.apply(&config).await;
    assert!(says(&found, "Warning", &["needs attention"]), "{:#?}", texts(&found));
    let endpoint = setting.state()["id"].as_str().unwrap().to_owned();
    setting.accept(&endpoint).await;
    setting.forget_calls();
    setting.apply(&config).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    setting.catch_up().await;
    assert_eq!(setting.state()["state"], json!("available"));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_accept_block_added_later_accepts() {
    let mut setting = Setting::named(25).await;
    let config = setting.config(with_dns());
    setting.apply(&config).await;
    let accepting = merged(&config, &json!({"accept": {"peer_account": "service"}}));
    let expected = ["AcceptVpcEndpointConnections", "ModifyVpcEndpoint", "ChangeResourceRecordSets"];
    setting.update("accept added", &accepting, &expected).await;
    setting.catch_up().await;
    assert_eq!(setting.state()["state"], json!("available"));
    // Removing the block rejects nobody.
    setting.update("accept removed", &config, &[]).await;
    setting.catch_up().await;
    assert_eq!(setting.state()["state"], json!("available"));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_person_ends_with_a_warning_and_the_next_apply_carries_on() {
    let mut setting = Setting::named(26).await;
    let patient = json!({"wait_for_acceptance": true, "timeouts": {"create": "4m", "update": "4m"}});
    let config = merged(&setting.config(with_dns()), &patient);
    let before = tokio::time::Instant::now();
    let found = setting.try_apply(&config).await;
    assert!(before.elapsed().as_secs() < 10 * 60, "{:?}", before.elapsed());
    let service = setting.service["id"].as_str().unwrap().to_owned();
    assert!(!found.has_errors() && says(&found, "Warning", &["must accept", &service]), "{:#?}", texts(&found));
    assert_eq!(setting.state()["state"], json!("pendingAcceptance"));
    let endpoint = setting.state()["id"].as_str().unwrap().to_owned();
    // Who asked to wait gets a plan that waits on; nothing that others use becomes unknown by it.
    let plan = setting.plan(&config).await;
    assert_eq!(plan.action, Action::Update);
    let open = [
        "network_interfaces",
        "private_dns_names",
        "record.endpoint",
        "record.private_dns",
        "record.records.orders.internal",
        "records",
        "state",
        "zonal_dns_names",
    ];
    assert_eq!(setting.differing(&plan), open.map(str::to_owned).into());
    let found = setting.try_apply(&config).await;
    assert!(!found.has_errors() && says(&found, "Warning", &["must accept", &service]), "{:#?}", texts(&found));
    setting.accept(&endpoint).await;
    setting.update("accepted meanwhile", &config, &["ModifyVpcEndpoint", "ChangeResourceRecordSets"]).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_acceptance_while_the_apply_waits_is_taken_up_by_it() {
    let mut setting = Setting::named(27).await;
    let config = merged(&setting.config(with_dns()), &json!({"wait_for_acceptance": true}));
    let decide = Decision::of(&setting, true);
    let (found, ()) = tokio::join!(setting.user.try_apply(CONSUMER, ORDERS, &config), decide.take());
    assert!(found.is_empty(), "{:#?}", texts(&found));
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    assert_eq!(setting.state()["private_dns_names"], json!(["orders.example.dev"]));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_while_the_apply_waits_is_an_error_that_names_the_account() {
    let mut setting = Setting::named(28).await;
    let config = merged(&setting.config(with_dns()), &json!({"wait_for_acceptance": true}));
    let decide = Decision::of(&setting, false);
    let before = tokio::time::Instant::now();
    let (found, ()) = tokio::join!(setting.user.try_apply(CONSUMER, ORDERS, &config), decide.take());
    assert!(before.elapsed().as_secs() < 10 * 60, "it waited on for {:?}", before.elapsed());
    let service = setting.service["id"].as_str().unwrap().to_owned();
    assert!(says(&found, "Error", &["rejected", USER, &service]), "{:#?}", texts(&found));
    assert!(setting.state()["id"].is_string(), "the endpoint is not forgotten");
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_later_is_a_warning_and_no_change() {
    let mut setting = Setting::named(29).await;
    let config = merged(&setting.config(with_dns()), &json!({"accept": {"peer_account": "service"}}));
    setting.apply(&config).await;
    let endpoint = setting.state()["id"].as_str().unwrap().to_owned();
    setting.reject(&endpoint).await;
    setting.forget_calls();
    let plan = setting.plan(&config).await;
    assert_eq!(setting.state()["state"], json!("rejected"));
    assert_eq!(plan.action, Action::NoOp, "{:?}", setting.differing(&plan));
    assert!(says(&plan.diagnostics, "Warning", &["rejected", &endpoint, USER]), "{:#?}", texts(&plan.diagnostics));
    setting.apply(&config).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    setting.destroy_behind(Some("connection")).await;
}

#[tokio::test(start_paused = true)]
async fn what_failed_or_expired_is_replaced_through_its_state() {
    for (seed, word) in [(30, "failed"), (31, "expired")] {
        let mut setting = Setting::closed(seed).await;
        let config = setting.config(json!({"accept": {"peer_account": "service"}}));
        setting.apply(&config).await;
        let first = setting.state()["id"].as_str().unwrap().to_owned();
        setting.set("endpoint", &first, json!({"state": word}));
        pass(60).await;
        let plan = setting.plan(&config).await;
        assert_eq!(
            plan.action,
            Action::Replace,
            "{word}: {:?} {:#?}",
            setting.differing(&plan),
            texts(&plan.diagnostics)
        );
        assert_eq!(plan.replaced_by, [Path::attribute("state")], "{word}");
        let found = setting.apply(&config).await;
        assert!(!found.has_errors(), "{word}: {:#?}", texts(&found));
        assert_ne!(setting.state()["id"], json!(first), "{word}");
        assert_eq!(setting.state()["state"], json!("available"), "{word}");
        setting.destroy().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_deleted_behind_terraform_is_made_anew_and_leaves_nothing() {
    let mut setting = Setting::named(32).await;
    let config = merged(&setting.config(with_dns()), &json!({"accept": {"peer_account": "service"}}));
    setting.apply(&config).await;
    let first = setting.state()["id"].as_str().unwrap().to_owned();
    setting.ec2(USER).delete_vpc_endpoints().vpc_endpoint_ids(&first).send().await.unwrap();
    pass(900).await;
    let plan = setting.plan(&config).await;
    assert!(matches!(plan.action, Action::Replace | Action::Create), "{:?}", plan.action);
    setting.apply(&config).await;
    assert_ne!(setting.state()["id"], json!(first));
    assert_eq!(setting.state()["private_dns_names"], json!(["orders.example.dev"]));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn leaving_while_nobody_accepted_leaves_nothing() {
    let mut setting = Setting::closed(33).await;
    let config = setting.config(json!({"dns": [{"zone_name": "orders.internal", "record": [{"name": "@"}]}]}));
    setting.apply(&config).await;
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert!(objects(&setting.land.world).get(USER).is_none());
}

/// What the service's owner decides as soon as a connection waits.
struct Decision {
    client: aws_sdk_ec2::Client,
    service_id: String,
    accepts: bool,
}

impl Decision {
    fn of(setting: &Setting, accepts: bool) -> Self {
        let service_id = setting.service["id"].as_str().unwrap().to_owned();
        Self { client: setting.ec2(OWNER), service_id, accepts }
    }

    async fn take(self) {
        let filter = aws_sdk_ec2::types::Filter::builder().name("service-id").values(&self.service_id).build();
        let endpoint = loop {
            pass(20).await;
            let seen = self.client.describe_vpc_endpoint_connections().filters(filter.clone()).send().await.unwrap();
            if let Some(one) = seen.vpc_endpoint_connections().first() {
                break one.vpc_endpoint_id().unwrap().to_owned();
            }
        };
        pass(60).await;
        let _by_hand = announced::Apply::begin();
        if self.accepts {
            let call = self.client.accept_vpc_endpoint_connections().service_id(&self.service_id);
            call.vpc_endpoint_ids(endpoint).send().await.unwrap();
        } else {
            let call = self.client.reject_vpc_endpoint_connections().service_id(&self.service_id);
            call.vpc_endpoint_ids(endpoint).send().await.unwrap();
        }
    }
}
