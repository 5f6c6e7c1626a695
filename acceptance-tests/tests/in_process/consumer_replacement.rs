//! A consumer that is made before the one that it replaces is destroyed, and what AWS allows only once.

use acceptance_tests::simulator::faults::{Fault, Strike};
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass, says};
use crate::core::{Action, texts};
use crate::landscape::CONSUMER;

/// The one that is replaced, as core keeps it: beside its successor.
pub(crate) const DEPOSED: &str = "orders (deposed)";
const MODIFY: &str = "ModifyVpcEndpoint";

/// A working consumer with private DNS, set aside for its successor; and the configuration of both.
pub(crate) async fn deposed(seed: u64, arguments: Json) -> (Setting, Json) {
    let mut setting = Setting::with(seed, json!({"acceptance_required": false})).await;
    let group = setting.id("application_security_group_id");
    let config = setting.config(json!({
        "private_dns_enabled": true,
        "ingress": [{"port": 443, "security_group_id": group}],
    }));
    let config = merged(&config, &arguments);
    setting.apply(&config).await;
    pass(600).await;
    let named = config["private_dns_enabled"] == json!(true);
    assert_eq!(setting.land.reach("orders.example.dev")["reached"], json!(named));
    setting.user.rename(ORDERS, DEPOSED);
    (setting, config)
}

impl Setting {
    /// Whether AWS says that private DNS of an endpoint is on.
    async fn answers(&self, id: &str) -> bool {
        let seen = self.ec2(USER).describe_vpc_endpoints().vpc_endpoint_ids(id).send().await.unwrap();
        seen.vpc_endpoints()[0].private_dns_enabled() == Some(true)
    }

    pub(crate) fn id_of(&self, name: &str) -> String {
        self.user.state(name)["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn the_new_endpoint_works_before_the_name_moves_and_the_old_one_goes() {
    let (mut setting, config) = deposed(251, json!({})).await;
    let old = setting.id_of(DEPOSED);
    let found = setting.try_apply(&config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let words = [old.as_str(), "orders.example.dev", "until it is destroyed", "create_before_destroy"];
    assert!(says(&found, "Warning [private_dns_enabled] Private DNS moves last", &words), "{:#?}", texts(&found));
    let new = setting.id_of(ORDERS);
    assert_eq!((setting.answers(&old).await, setting.answers(&new).await), (true, false), "nothing was taken away");
    assert_eq!(setting.state()["private_dns_names"], json!(["orders.example.dev"]), "as it will be");
    assert_eq!(setting.land.reach("orders.example.dev")["reached"], json!(true));

    setting.forget_calls();
    let found = setting.user.destroy(DEPOSED).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let calls = setting.world_changes();
    let first = |operation: &str| calls.iter().position(|call| call == operation);
    let last = calls.iter().rposition(|call| call == MODIFY);
    assert!(first(MODIFY) < last && last < first("DeleteVpcEndpoints"), "off, on, and then away: {calls:?}");
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    assert!(setting.answers(&new).await);
    pass(600).await;
    assert_eq!(setting.land.reach("orders.example.dev")["reached"], json!(true));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_destroyed_the_other_one_keeps_its_name_and_the_next_plan_says_so() {
    let (mut setting, config) = deposed(252, json!({})).await;
    let (old, before) = (setting.id_of(DEPOSED), setting.user.state(DEPOSED));
    let found = setting.try_apply(&config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let plan = setting.plan(&config).await;
    assert_eq!(plan.action, Action::Update, "the promise was not kept");
    assert!(setting.differing(&plan).contains("private_dns_enabled"), "{:?}", setting.differing(&plan));
    let found = setting.try_apply(&config).await;
    assert!(says(&found, "Error [private_dns_enabled] Private DNS name in use", &[&old]), "{:#?}", texts(&found));
    setting.user.refresh(DEPOSED).await;
    assert_eq!(setting.user.state(DEPOSED)["private_dns_names"], before["private_dns_names"]);
    assert!(setting.answers(&old).await);
    // Another provider process destroys it later: the next apply of this one takes the name.
    setting.user.provider = setting.land.consumer_side().await.provider;
    let found = setting.user.destroy(DEPOSED).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.apply(&config).await;
    assert_eq!(setting.state()["private_dns_names"], json!(["orders.example.dev"]));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_handover_that_fails_keeps_the_old_one_and_the_next_apply_ends_it() {
    let (mut setting, config) = deposed(253, json!({})).await;
    let found = setting.try_apply(&config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let (old, new) = (setting.id_of(DEPOSED), setting.id_of(ORDERS));
    // Off works, on does not.
    setting.land.world.set_faults(vec![Fault::at(MODIFY, 2, Strike::Refuse).times(50)]);
    let found = setting.user.destroy(DEPOSED).await;
    assert!(found.has_errors(), "{:#?}", texts(&found));
    assert!(says(&found, "Error", &["private", "AccessDenied"]), "{:#?}", texts(&found));
    assert!(setting.user.has(DEPOSED), "it is still in the state");
    assert_eq!((setting.answers(&old).await, setting.answers(&new).await), (false, false));
    setting.land.world.set_faults(Vec::new());
    let found = setting.user.destroy(DEPOSED).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.apply(&config).await;
    assert!(setting.answers(&new).await);
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_successor_that_waits_for_acceptance_takes_the_name_when_it_is_accepted() {
    let mut setting = Setting::named(254).await;
    let accepted = setting.config(json!({"private_dns_enabled": true, "accept": {"peer_account": "service"}}));
    setting.apply(&accepted).await;
    setting.user.rename(ORDERS, DEPOSED);
    let waits = setting.config(json!({"private_dns_enabled": true}));
    let found = setting.try_apply(&waits).await;
    assert!(!found.has_errors() && says(&found, "Warning", &["needs attention"]), "{:#?}", texts(&found));
    assert_eq!(setting.state()["private_dns_names"], json!([]), "nothing is promised");
    let found = setting.user.destroy(DEPOSED).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let endpoint = setting.id_of(ORDERS);
    setting.accept(&endpoint).await;
    setting.catch_up().await;
    setting.apply(&waits).await;
    assert_eq!(setting.state()["private_dns_names"], json!(["orders.example.dev"]));
    setting.destroy().await;
}
