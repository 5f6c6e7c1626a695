//! Zones and records of a consumer that is made before the one that it replaces is destroyed.

use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::resource::ProviderServer as _;
use serde_json::{Value as Json, json};

use crate::consumer_replacement::{DEPOSED, deposed};
use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass, says, zone_of};
use crate::core::{Action, objects, texts};
use crate::landscape::CONSUMER;

const NAME: &str = "api.orders.internal";
const RECORDS: &str = "ChangeResourceRecordSets";

fn managed() -> Json {
    json!({"zone_name": "orders.internal", "record": [{"name": "@"}, {"name": "api"}, {"name": "*", "zonal": true}]})
}

impl Setting {
    fn answers_at(&self, name: &str) {
        let answer = self.land.reach(name);
        assert_eq!(answer["reached"], json!(true), "{name}: {answer:#}");
    }

    /// Creates the successor, and expects the warning.
    async fn succeed(&mut self, config: &Json, warning: &str, words: &[&str]) {
        let found = self.try_apply(config).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        assert!(says(&found, warning, words), "{:#?}", texts(&found));
    }

    async fn gone(&mut self, name: &str) {
        let found = self.user.destroy(name).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }

    /// Another process of the provider, which remembers nothing.
    async fn restart(&mut self) {
        self.user.provider = self.land.consumer_side().await.provider;
    }

    fn zone_of(&self, name: &str) -> String {
        zone_of(&self.user.state(name)).as_str().unwrap().to_owned()
    }
}

/// Whether every record leads to the endpoint with this DNS name or to its interfaces.
fn lead_to(state: &Json, endpoint: &str) -> bool {
    let records = state["records"].as_object().unwrap();
    !records.is_empty() && records.values().all(|target| target.as_str().unwrap().starts_with(endpoint))
}

#[tokio::test(start_paused = true)]
async fn zone_and_records_pass_to_the_new_one_with_private_dns_and_no_name_is_ever_lost() {
    let (mut setting, config) = deposed(255, json!({"dns": [managed()]})).await;
    let zone = setting.zone_of(DEPOSED);
    setting.answers_at(NAME);
    let words =
        [zone.as_str(), "orders.internal", "orders.example.dev", "until it is destroyed", "create_before_destroy"];
    setting.succeed(&config, "Warning [private_dns_enabled] Private DNS and records move last", &words).await;
    let (old, new) = (setting.id_of(DEPOSED), setting.id_of(ORDERS));
    let promised = setting.state();
    assert_eq!(zone_of(&promised), json!(zone), "as it will be");
    assert!(lead_to(&promised, &new), "{:#}", promised["records"]);
    pass(600).await;
    setting.answers_at(NAME);

    setting.forget_calls();
    setting.gone(DEPOSED).await;
    let calls = setting.world_changes();
    let first = |operation: &str| calls.iter().position(|call| call == operation);
    assert!(first(RECORDS).is_some() && first(RECORDS) < first("DeleteVpcEndpoints"), "{calls:?}");
    assert_eq!(calls.iter().filter(|call| *call == RECORDS).count(), 1, "in one batch: {calls:?}");
    assert_eq!((first("DeleteHostedZone"), first("CreateHostedZone")), (None, None), "{calls:?}");
    setting.answers_at(NAME);
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    assert_eq!((&zone_of(&setting.state()), &setting.state()["records"]), (&json!(zone), &promised["records"]));
    assert!(!setting.state()["records"].to_string().contains(&old));
    pass(600).await;
    setting.answers_at(NAME);
    setting.answers_at("orders.example.dev");
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_zone_passes_with_the_vpcs_that_see_it_and_what_is_not_wanted_any_more_goes() {
    let mut setting = Setting::open(256).await;
    let further = setting.vpc("10.31.0.0/16").await;
    let config =
        |records: Json, vpcs: Json| json!({"zone_name": "orders.internal", "vpc_ids": vpcs, "record": records});
    let group = setting.id("application_security_group_id");
    let ingress = json!([{"port": 443, "security_group_id": group}]);
    let two = json!([{"name": "api"}, {"name": "old"}]);
    let before = setting.config(json!({"ingress": ingress, "dns": [config(two, json!([further]))]}));
    setting.apply(&before).await;
    pass(600).await;
    let zone = setting.zone_of(ORDERS);
    setting.user.rename(ORDERS, DEPOSED);
    let other = json!([{"name": "api"}, {"name": "new", "ttl_seconds": 60}]);
    let after = setting.config(json!({"ingress": ingress, "dns": [config(other, json!([further]))]}));
    setting.succeed(&after, "Warning [dns] Records move last", &[&zone, "until that one is destroyed"]).await;
    setting.answers_at(NAME);
    setting.forget_calls();
    setting.gone(DEPOSED).await;
    let calls = setting.world_changes();
    assert!(
        !calls.iter().any(|call| call.contains("VPCWithHostedZone") || call.contains("VPCFromHostedZone")),
        "{calls:?}"
    );
    setting.user.expect_empty(CONSUMER, ORDERS, &after).await;
    setting.user.expect_empty(CONSUMER, ORDERS, &after).await;
    assert_eq!(setting.zone_of(ORDERS), zone);
    pass(600).await;
    setting.answers_at(NAME);
    setting.answers_at("new.orders.internal");
    assert_eq!(setting.land.reach("old.orders.internal")["reached"], json!(false));
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn records_in_a_given_zone_pass_and_so_does_the_association_that_was_made_for_them() {
    let mut setting = Setting::open(257).await;
    let zone = setting.zone(USER, "shop.internal").await;
    let further = setting.vpc("10.31.0.0/16").await;
    let group = setting.id("application_security_group_id");
    let dns = json!({"zone_id": zone, "vpc_ids": [further], "record": [{"name": "orders"}]});
    let config = setting.config(json!({"ingress": [{"port": 443, "security_group_id": group}], "dns": [dns]}));
    setting.apply(&config).await;
    pass(600).await;
    setting.user.rename(ORDERS, DEPOSED);
    let old = setting.id_of(DEPOSED);
    setting.succeed(&config, "Warning [dns] Records move last", &["orders.shop.internal", &zone, &old]).await;
    assert!(lead_to(&setting.state(), &setting.id_of(ORDERS)));
    setting.answers_at("orders.shop.internal");
    setting.forget_calls();
    setting.gone(DEPOSED).await;
    let calls = setting.world_changes();
    assert_eq!(calls.iter().filter(|call| *call == RECORDS).count(), 1, "{calls:?}");
    assert!(!calls.iter().any(|call| call.contains("HostedZone")), "{calls:?}");
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    pass(600).await;
    setting.answers_at("orders.shop.internal");
    setting.gone(ORDERS).await;
    pass(120).await;
    let seen = setting.route53(USER).get_hosted_zone().id(&zone).send().await.unwrap();
    assert_eq!(seen.vpcs().len(), 1, "the association that was made is taken back, the one by hand stays");
    setting.route53(USER).delete_hosted_zone().id(&zone).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_handover_of_records_that_fails_keeps_the_old_endpoint_and_the_next_apply_ends_it() {
    let (mut setting, config) = deposed(258, json!({"dns": [managed()], "private_dns_enabled": false})).await;
    let zone = setting.zone_of(DEPOSED);
    setting.succeed(&config, "Warning [dns] Records move last", &[&zone]).await;
    setting.land.world.set_faults(vec![Fault::at(RECORDS, 1, Strike::Refuse).times(50)]);
    let found = setting.user.destroy(DEPOSED).await;
    assert!(says(&found, "Error", &["AccessDenied"]), "{:#?}", texts(&found));
    assert!(setting.user.has(DEPOSED), "it is still in the state");
    pass(600).await;
    setting.answers_at(NAME);
    setting.land.world.set_faults(Vec::new());
    // What core asks for next: the newer one is updated, and then the older one is destroyed.
    setting.restart().await;
    setting.user.refresh(DEPOSED).await;
    setting.apply(&config).await;
    setting.gone(DEPOSED).await;
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    assert_eq!(setting.zone_of(ORDERS), zone);
    setting.answers_at(NAME);
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn another_process_that_updates_the_new_one_first_takes_the_zone_and_the_old_one_leaves_it() {
    for (seed, late) in [(259, false), (260, true)] {
        let (mut setting, config) = deposed(seed, json!({"dns": [managed()], "private_dns_enabled": false})).await;
        let zone = setting.zone_of(DEPOSED);
        setting.succeed(&config, "Warning [dns] Records move last", &[&zone]).await;
        setting.restart().await;
        if !late {
            setting.user.refresh(DEPOSED).await;
        }
        let plan = setting.plan(&config).await;
        assert_eq!(plan.action, Action::Update, "the promise was not kept");
        assert!(setting.differing(&plan).contains("records"), "{:?}", setting.differing(&plan));
        setting.apply(&config).await;
        if late {
            // It sees what leads to the new endpoint by now, and that the zone is not its own any more.
            pass(120).await;
            setting.user.refresh(DEPOSED).await;
        }
        setting.gone(DEPOSED).await;
        setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
        assert_eq!(setting.zone_of(ORDERS), zone);
        setting.answers_at(NAME);
        setting.destroy().await;
    }
}

#[tokio::test(start_paused = true)]
async fn another_process_that_destroys_the_old_one_first_takes_its_zone_away_and_the_next_apply_heals() {
    let (mut setting, config) = deposed(261, json!({"dns": [managed()]})).await;
    let zone = setting.zone_of(DEPOSED);
    setting.succeed(&config, "Warning [private_dns_enabled] Private DNS and records", &[&zone]).await;
    setting.restart().await;
    setting.gone(DEPOSED).await;
    pass(120).await;
    setting.apply(&config).await;
    pass(600).await;
    setting.answers_at(NAME);
    setting.answers_at("orders.example.dev");
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn records_in_a_given_zone_are_left_alone_by_an_old_one_that_another_process_destroys() {
    for (seed, late) in [(262, false), (263, true)] {
        let mut setting = Setting::open(seed).await;
        let zone = setting.zone(USER, "shop.internal").await;
        let group = setting.id("application_security_group_id");
        let dns = json!({"zone_id": zone, "record": [{"name": "orders"}]});
        let config = setting.config(json!({"ingress": [{"port": 443, "security_group_id": group}], "dns": [dns]}));
        setting.apply(&config).await;
        pass(600).await;
        setting.user.rename(ORDERS, DEPOSED);
        // Not even the provider that makes the new one has seen the old one.
        setting.restart().await;
        setting.succeed(&config, "Warning [dns] Records move last", &[&zone]).await;
        setting.restart().await;
        if !late {
            setting.user.refresh(DEPOSED).await;
        }
        setting.apply(&config).await;
        if late {
            pass(120).await;
            setting.user.refresh(DEPOSED).await;
        }
        setting.gone(DEPOSED).await;
        setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
        pass(600).await;
        setting.answers_at("orders.shop.internal");
        setting.gone(ORDERS).await;
        pass(120).await;
        setting.route53(USER).delete_hosted_zone().id(&zone).send().await.unwrap();
        setting.destroy().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_zone_of_another_name_argument_or_of_somebody_else_does_not_pass() {
    let dns = managed();
    let (mut setting, config) = deposed(264, json!({"dns": [dns], "private_dns_enabled": false})).await;
    let before = objects(&setting.land.world);
    let renamed = merged(&config, &json!({"name": "other"}));
    let found = setting.try_apply(&renamed).await;
    let words = ["orders.internal", "same name argument", "leave create_before_destroy out", "Nothing was changed"];
    assert!(says(&found, "Error [dns] Zone name in use", &words), "{:#?}", texts(&found));
    assert!(!setting.user.has(ORDERS));
    assert_eq!(objects(&setting.land.world), before);
    let by_hand = setting.zone(USER, "shop.internal").await;
    let theirs = json!({"zone_name": "shop.internal", "record": [{"name": "api"}]});
    let found = setting.try_apply(&merged(&config, &json!({"dns": [theirs]}))).await;
    assert!(says(&found, "Error [dns] Zone name in use", &[&by_hand]), "{:#?}", texts(&found));
    assert!(!setting.user.has(ORDERS));
    setting.route53(USER).delete_hosted_zone().id(&by_hand).send().await.unwrap();
    setting.user.rename(DEPOSED, ORDERS);
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_successor_whose_creation_was_killed_is_carried_on_and_takes_zone_and_name() {
    let (mut setting, config) = deposed(265, json!({"dns": [managed()]})).await;
    let zone = setting.zone_of(DEPOSED);
    let provider = setting.user.provider.clone();
    let dying = async {
        pass(40).await;
        provider.abandon();
    };
    let (found, ()) = tokio::join!(setting.user.try_apply(CONSUMER, ORDERS, &config), dying);
    assert!(found.has_errors(), "{:#?}", texts(&found));
    // Nobody saved what it returned.
    setting.user.forget(ORDERS);
    setting.restart().await;
    pass(30).await;
    setting.succeed(&config, "Warning [private_dns_enabled] Private DNS and records", &[&zone]).await;
    setting.gone(DEPOSED).await;
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    assert_eq!(setting.zone_of(ORDERS), zone);
    pass(600).await;
    setting.answers_at(NAME);
    setting.answers_at("orders.example.dev");
    setting.destroy().await;
}
