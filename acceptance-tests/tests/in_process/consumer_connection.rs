//! `privatelink_connection`: the service's owner accepts one endpoint, and rejects it by destroying.

use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::value::Path;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{OWNER, Setting, USER, merged, pass, says};
use crate::core::{Action, Terraform, texts};
use crate::drift_matrix;
use crate::rules::Tried;

const CONNECTION: &str = "privatelink_connection";
const SHOP: &str = "shop";

/// A consumer that waits for acceptance, with private DNS and a record to come.
async fn waiting(seed: u64) -> (Setting, Json, Json) {
    let mut setting = Setting::named(seed).await;
    let consumer = setting.config(json!({
        "ingress": [{"port": 443, "security_group_id": setting.id("application_security_group_id")}],
        "private_dns_enabled": true,
        "dns": [{"zone_name": "orders.internal", "record": [{"name": "api"}]}],
    }));
    let found = setting.apply(&consumer).await;
    assert!(says(&found, "Warning", &["needs attention"]), "{:#?}", texts(&found));
    let connection = json!({"service_id": setting.service["id"], "endpoint_id": setting.state()["id"]});
    setting.forget_calls();
    (setting, consumer, connection)
}

#[tokio::test(start_paused = true)]
async fn creating_accepts_and_destroying_rejects() {
    let (mut setting, consumer, connection) = waiting(201).await;
    let found = setting.owner.apply(CONNECTION, SHOP, &connection).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert_eq!(setting.changes(), ["AcceptVpcEndpointConnections"]);
    let (state, endpoint) = (setting.owner.state(SHOP), setting.state());
    let id = format!("{}/{}", setting.service["id"].as_str().unwrap(), endpoint["id"].as_str().unwrap());
    assert_eq!((&state["id"], &state["state"]), (&json!(id), &json!("available")));
    assert_eq!((&state["owner_id"], &state["endpoint_region"]), (&json!(USER), &json!("us-east-1")));
    assert!(state["connection_id"].as_str().unwrap().starts_with("vpce-con-"), "{state:#}");

    // What the consumer kept back comes now.
    pass(60).await;
    setting.catch_up().await;
    let found = setting.apply(&consumer).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    pass(600).await;
    for name in ["orders.example.dev", "api.orders.internal"] {
        let answer = setting.land.reach(name);
        assert_eq!(answer["reached"], json!(true), "{answer:#}");
    }
    setting.owner.expect_empty(CONNECTION, SHOP, &connection).await;

    setting.forget_calls();
    let found = setting.owner.destroy(SHOP).await;
    assert!(!found.has_errors() && says(&found, "Warning", &["rejects", USER]), "{:#?}", texts(&found));
    assert_eq!(setting.changes(), ["RejectVpcEndpointConnections"]);
    pass(120).await;
    let answer = setting.land.reach("api.orders.internal");
    assert_eq!(answer["broken_at"], json!("connection"), "{answer:#}");
    let plan = setting.plan(&consumer).await;
    assert_eq!(plan.action, Action::NoOp);
    assert!(says(&plan.diagnostics, "Warning", &["rejected"]), "{:#?}", texts(&plan.diagnostics));
    setting.destroy_behind(Some("connection")).await;
}

#[tokio::test(start_paused = true)]
async fn an_accepted_connection_is_imported_and_plans_empty() {
    let (mut setting, _, connection) = waiting(202).await;
    let endpoint = connection["endpoint_id"].as_str().unwrap().to_owned();
    let id = format!("{}/{endpoint}", connection["service_id"].as_str().unwrap());
    let found = setting.owner.import(CONNECTION, SHOP, &id).await;
    assert!(says(&found, "Error", &["pendingAcceptance", "first apply accepts"]), "{:#?}", texts(&found));
    setting.accept(&endpoint).await;
    for wrong in ["vpce-svc-1/vpce-2", &endpoint] {
        let found = setting.owner.import(CONNECTION, SHOP, wrong).await;
        assert!(says(&found, "Error [] Invalid import id", &[wrong, "slash"]), "{:#?}", texts(&found));
    }
    setting.forget_calls();
    let found = setting.owner.import(CONNECTION, SHOP, &format!("{id}@us-east-1")).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    // The first apply that describes it makes it ours, and makes no call.
    setting.owner.apply(CONNECTION, SHOP, &connection).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    assert_eq!(setting.owner.state(SHOP)["state"], json!("available"));
    let found = setting.owner.destroy(SHOP).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(setting.changes(), ["RejectVpcEndpointConnections"]);
    setting.destroy_behind(Some("connection")).await;
}

/// The service's owner is a peer of the provider block: its name stands in the id, or its account in the identity.
#[tokio::test(start_paused = true)]
async fn a_connection_is_imported_through_the_peer_that_owns_the_service() {
    let (mut setting, _, connection) = waiting(208).await;
    let endpoint = connection["endpoint_id"].as_str().unwrap().to_owned();
    let service = connection["service_id"].as_str().unwrap().to_owned();
    let id = format!("{service}/{endpoint}");
    setting.accept(&endpoint).await;
    let found = setting.user.import(CONNECTION, SHOP, &id).await;
    assert!(says(&found, "Error", &["these credentials", &format!("{id}@NAME")]), "{:#?}", texts(&found));
    let found = setting.user.import(CONNECTION, SHOP, &format!("{id}@nobody")).await;
    assert!(says(&found, "Error [] Unknown peer account", &["\"nobody\"", "Use one of service"]), "{found:#?}");
    for wrong in ["@Ireland@service", "@us-east-1@", "@"] {
        let found = setting.user.import(CONNECTION, SHOP, &format!("{id}{wrong}")).await;
        assert!(says(&found, "Error [] Invalid import id", &["is not an AWS Region"]), "{wrong}: {found:#?}");
    }
    // A consumer is of the provider's own account.
    let found = setting.user.import("privatelink_consumer", "again", &format!("{endpoint}@service")).await;
    assert!(says(&found, "Error [] Invalid import id", &["\"service\" is not an AWS Region"]), "{found:#?}");

    let through_peer = merged(&connection, &json!({"peer_account": "service"}));
    setting.forget_calls();
    for place in ["@service", "@us-east-1@service"] {
        let found = setting.user.import(CONNECTION, SHOP, &format!("{id}{place}")).await;
        assert!(found.is_empty(), "{place}: {:#?}", texts(&found));
        assert_eq!(setting.user.state(SHOP)["peer_account"], json!("service"), "{place}");
    }
    let known = |setting: &Setting| {
        let mut state = setting.user.state(SHOP);
        state.as_object_mut().unwrap().remove("record");
        state
    };
    let by_id = known(&setting);
    let identity = json!({"id": id, "region": null, "account_id": OWNER});
    let found = setting.user.import_identified(CONNECTION, SHOP, &identity).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert_eq!(known(&setting), by_id);
    let found = setting
        .user
        .import_identified(CONNECTION, "nobodys", &json!({"id": id, "region": null, "account_id": "333333333333"}))
        .await;
    assert!(says(&found, "Error", &["Cannot import", "333333333333"]), "{:#?}", texts(&found));
    setting.user.apply(CONNECTION, SHOP, &through_peer).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    let found = setting.user.destroy(SHOP).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(setting.changes(), ["RejectVpcEndpointConnections"]);
    setting.destroy_behind(Some("connection")).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_rejected_behind_terraform_is_planned_anew_and_aws_has_the_last_word() {
    let (mut setting, _, connection) = waiting(203).await;
    setting.owner.apply(CONNECTION, SHOP, &connection).await;
    setting.reject(connection["endpoint_id"].as_str().unwrap()).await;
    let plan = setting.owner.plan(CONNECTION, SHOP, &connection).await;
    assert_eq!(plan.action, Action::Create);
    assert!(says(&plan.diagnostics, "Warning", &["was rejected"]), "{:#?}", texts(&plan.diagnostics));
    let before = tokio::time::Instant::now();
    let found = setting.owner.carry_out(CONNECTION, SHOP, &connection, plan).await;
    assert!(says(&found, "Error", &["IncorrectState", "does not take that back"]), "{:#?}", texts(&found));
    assert!(before.elapsed().as_secs() < 120, "it was tried for {:?}", before.elapsed());
    assert!(!setting.owner.has(SHOP), "nothing exists, so nothing is recorded");
    // Where AWS lets it be accepted after all, the same apply heals it.
    setting.land.world.lock().settings.readings.accept_after_reject = true;
    setting.owner.apply(CONNECTION, SHOP, &connection).await;
    assert_eq!(setting.owner.state(SHOP)["state"], json!("available"));
    let found = setting.owner.destroy(SHOP).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.destroy_behind(Some("connection")).await;
}

#[tokio::test(start_paused = true)]
async fn tags_belong_to_the_connection_change_in_place_and_drift_is_healed() {
    let (mut setting, _, connection) = waiting(207).await;
    let tagged = merged(&connection, &json!({"tags": {"customer": "shop", "tier": "1"}}));
    setting.land.world.set_faults(vec![Fault::at("CreateTags", 1, Strike::Refuse).times(9)]);
    let found = setting.owner.try_apply(CONNECTION, SHOP, &tagged).await;
    assert!(found.has_errors() && !setting.owner.has(SHOP), "{:#?}", texts(&found));
    setting.land.world.set_faults(Vec::new());
    setting.forget_calls();
    setting.owner.apply(CONNECTION, SHOP, &tagged).await;
    assert_eq!(
        setting.changes(),
        ["CreateTags", "AcceptVpcEndpointConnections"],
        "nothing is accepted without its tags"
    );
    let id = setting.owner.state(SHOP)["connection_id"].as_str().unwrap().to_owned();
    assert_eq!(setting.owner.state(SHOP)["tags_all"], json!({"customer": "shop", "tier": "1"}));

    let other = merged(&connection, &json!({"tags": {"customer": "web"}}));
    setting.forget_calls();
    let plan = setting.owner.plan(CONNECTION, SHOP, &other).await;
    assert_eq!(plan.action, Action::Update, "{:#?}", texts(&plan.diagnostics));
    let found = setting.owner.carry_out(CONNECTION, SHOP, &other, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(setting.changes(), ["CreateTags", "DeleteTags"]);
    setting.owner.expect_empty(CONNECTION, SHOP, &other).await;

    let strange = aws_sdk_ec2::types::Tag::builder().key("customer").value("else").build();
    setting.ec2(OWNER).create_tags().resources(&id).tags(strange).send().await.unwrap();
    pass(300).await;
    let plan = setting.owner.plan(CONNECTION, SHOP, &other).await;
    assert_eq!(plan.action, Action::Update);
    drift_matrix::expect_row(&setting.owner, SHOP, "tags of a decided connection", &plan);
    setting.owner.apply(CONNECTION, SHOP, &other).await;

    setting.owner.forget(SHOP);
    let both =
        format!("{}/{}", connection["service_id"].as_str().unwrap(), connection["endpoint_id"].as_str().unwrap());
    let found = setting.owner.import(CONNECTION, SHOP, &both).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(setting.owner.state(SHOP)["tags"], json!({"customer": "web"}));
    let plan = setting.owner.plan_only(CONNECTION, SHOP, &merged(&connection, &json!({"tags": {"aws:x": "1"}}))).await;
    assert!(says(&plan.diagnostics, "Error [tags]", &["belongs to AWS"]), "{:#?}", texts(&plan.diagnostics));
    setting.owner.apply(CONNECTION, SHOP, &other).await;
    let found = setting.owner.destroy(SHOP).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.destroy_behind(Some("connection")).await;
}

#[tokio::test(start_paused = true)]
async fn another_endpoint_is_another_connection_and_one_that_left_is_gone() {
    let (mut setting, _, connection) = waiting(204).await;
    setting.owner.apply(CONNECTION, SHOP, &connection).await;
    let second = setting.config(json!({"name": "second", "default_ingress": false}));
    let found = setting.user.try_apply(crate::landscape::CONSUMER, "second", &second).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let other = merged(&connection, &json!({"endpoint_id": setting.user.state("second")["id"]}));
    let plan = setting.owner.plan(CONNECTION, SHOP, &other).await;
    assert_eq!((plan.action, plan.replaced_by.clone()), (Action::Replace, vec![Path::attribute("endpoint_id")]));
    setting.forget_calls();
    let found = setting.owner.carry_out(CONNECTION, SHOP, &other, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(setting.changes(), ["RejectVpcEndpointConnections", "AcceptVpcEndpointConnections"]);
    let found = setting.user.destroy("second").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let plan = setting.owner.plan(CONNECTION, SHOP, &other).await;
    assert_eq!(plan.action, Action::NoOp, "a consumer who left stops no plan of the owner");
    let words = ["was deleted", "Remove this resource"];
    assert!(says(&plan.diagnostics, "Warning", &words), "{:#?}", texts(&plan.diagnostics));
    // Written anew it is refused: nothing can accept it.
    let plan = setting.owner.plan_only(CONNECTION, "anew", &other).await;
    let words = ["cannot be accepted", "endpoint that exists"];
    assert!(says(&plan.diagnostics, "", &words), "{:#?}", texts(&plan.diagnostics));
    setting.forget_calls();
    let found = setting.owner.destroy(SHOP).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert_eq!(setting.changes(), Vec::<String>::new());
    setting.destroy_behind(Some("connection")).await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_decides_with_its_own_credentials() {
    let (mut setting, _, connection) = waiting(205).await;
    let by_peer = merged(&connection, &json!({"peer_account": "service", "timeouts": {"create": "10m"}}));
    setting.user.apply(CONNECTION, SHOP, &by_peer).await;
    assert_eq!(setting.user.state(SHOP)["state"], json!("available"));
    let nobody = merged(&connection, &json!({"peer_account": "nobody"}));
    let plan = setting.user.plan_only(CONNECTION, "other", &nobody).await;
    assert!(
        says(&plan.diagnostics, "Error [peer_account] Unknown peer", &["nobody"]),
        "{:#?}",
        texts(&plan.diagnostics)
    );
    let found = setting.user.destroy(SHOP).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.destroy_behind(Some("connection")).await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_accepted_is_told_at_plan() {
    let (mut setting, _, connection) = waiting(206).await;
    let mut tried = Tried::new(&setting.owner, CONNECTION);
    for wrong in [
        json!({"service_id": "vpce-svc-1"}),
        json!({"endpoint_id": "vpce-1"}),
        json!({"region": "Virginia"}),
        json!({"tags": {"privatelink:uid": "1"}}),
        json!({"timeouts": {"create": "1", "update": "1", "delete": "1"}}),
    ] {
        let plan = setting.owner.plan_only(CONNECTION, SHOP, &merged(&connection, &wrong)).await;
        assert!(plan.diagnostics.has_errors(), "{wrong}");
        tried.take(&plan.diagnostics);
    }
    tried.expect_all();
    for (wrong, beginning) in [
        (
            json!({"service_id": "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0"}),
            "Error [service_id] Invalid",
        ),
        (json!({"endpoint_id": "vpce-svc-0123456789abcdef0"}), "Error [endpoint_id] Invalid"),
        (json!({"endpoint_id": "vpce-0123456789abcdef0"}), "Warning [endpoint_id] Connection not visible yet"),
    ] {
        let plan = setting.owner.plan(CONNECTION, SHOP, &merged(&connection, &wrong)).await;
        assert!(says(&plan.diagnostics, beginning, &[]), "{wrong}: {:#?}", texts(&plan.diagnostics));
    }
    let unseen = merged(&connection, &json!({"endpoint_id": "vpce-0123456789abcdef0", "timeouts": {"create": "1m"}}));
    let found = setting.owner.try_apply(CONNECTION, SHOP, &unseen).await;
    assert!(says(&found, "Error", &["does not show a connection"]), "{:#?}", texts(&found));
    assert!(!setting.owner.has(SHOP));
    // Somebody else's service shows nothing to these credentials.
    let mut stranger = Terraform::configured(&setting.land.world, json!({"access_key": USER})).await;
    let plan = stranger.plan(CONNECTION, SHOP, &connection).await;
    assert!(says(&plan.diagnostics, "Warning", &["not visible"]), "{:#?}", texts(&plan.diagnostics));
    assert_ne!(OWNER, USER);
    setting.user.destroy(crate::consumer_setting::ORDERS).await;
}
