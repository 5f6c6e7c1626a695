//! Zones and associations that several consumers, or others, use: what one of them leaves is there for the rest.

use aws_sdk_route53::types::{ChangeAction, HostedZoneConfig, Vpc, VpcRegion};
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass, says, zone_of};
use crate::core::texts;
use crate::landscape::CONSUMER;

const SECOND: &str = "billing";

impl Setting {
    /// A private zone that only another VPC sees.
    async fn zone_elsewhere(&self, name: &str) -> String {
        let elsewhere = self.vpc("10.31.0.0/16").await;
        let vpc = Vpc::builder().vpc_id(elsewhere).vpc_region(VpcRegion::UsEast1).build();
        let private = HostedZoneConfig::builder().private_zone(true).build();
        let call = self.route53(USER).create_hosted_zone().name(name).caller_reference(name).vpc(vpc);
        let made = call.hosted_zone_config(private).send().await.unwrap();
        pass(90).await;
        made.hosted_zone().unwrap().id().trim_start_matches("/hostedzone/").to_owned()
    }

    pub(crate) fn sharing(&self, name: &str, dns: Json) -> Json {
        let group = self.id("application_security_group_id");
        self.config(json!({"name": name, "ingress": [{"port": 443, "security_group_id": group}], "dns": [dns]}))
    }

    async fn vpcs_of(&self, zone: &str) -> usize {
        self.route53(USER).get_hosted_zone().id(zone).send().await.unwrap().vpcs().len()
    }

    async fn replace(&mut self, name: &str, config: &Json) {
        let plan = self.user.plan_replace(CONSUMER, name, config).await;
        assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
        let found = self.user.carry_out(CONSUMER, name, config, plan).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        self.user.expect_empty(CONSUMER, name, config).await;
    }

    pub(crate) fn resolves(&self, name: &str) {
        let answer = self.land.reach(name);
        assert_eq!(answer["reached"], json!(true), "{name}: {answer:#}");
    }

    pub(crate) async fn goes(&mut self, name: &str) {
        let found = self.user.destroy(name).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        pass(600).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_association_stays_for_the_other_consumers_of_the_vpc_and_the_last_one_takes_it_away() {
    let mut setting = Setting::open(360).await;
    let zone = setting.zone_elsewhere("shop.internal").await;
    let of = |name: &str| json!({"zone_id": zone, "record": [{"name": name}]});
    let (first, second) = (setting.sharing("orders", of("orders")), setting.sharing("billing", of("billing")));
    setting.apply(&first).await;
    setting.user.apply(CONSUMER, SECOND, &second).await;
    pass(600).await;
    // The one that made the association is replaced, and then it leaves.
    setting.replace(ORDERS, &first).await;
    assert_eq!(setting.vpcs_of(&zone).await, 2);
    pass(600).await;
    setting.resolves("billing.shop.internal");
    setting.resolves("orders.shop.internal");
    setting.goes(ORDERS).await;
    setting.resolves("billing.shop.internal");
    setting.user.expect_empty(CONSUMER, SECOND, &second).await;
    // Another process ends it.
    setting.user.provider = setting.land.consumer_side().await.provider;
    setting.goes(SECOND).await;
    assert_eq!(setting.vpcs_of(&zone).await, 1, "the one that was made went with the last who needed it");
    setting.route53(USER).delete_hosted_zone().id(&zone).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_managed_zone_with_a_record_of_others_passes_to_a_replacement_and_stays_in_the_state_after_a_destroy() {
    let mut setting = Setting::open(361).await;
    let config = setting.sharing("orders", json!({"zone_name": "orders.internal", "record": [{"name": "api"}]}));
    setting.apply(&config).await;
    let zone = zone_of(&setting.state()).as_str().unwrap().to_owned();
    setting.foreign_record(USER, &zone, "db.orders.internal", ChangeAction::Create).await;
    setting.replace(ORDERS, &config).await;
    assert_eq!(zone_of(&setting.state()), json!(zone), "the zone was never away");
    pass(600).await;
    setting.resolves("api.orders.internal");
    // A record of others where ours would be is told before anything goes.
    let wanted = merged(&config, &json!({"dns": [{"zone_name": "orders.internal", "record": [{"name": "db"}]}]}));
    let plan = setting.user.plan_replace(CONSUMER, ORDERS, &wanted).await;
    assert!(says(&plan.diagnostics, "Error [dns] Record exists", &["db.orders.internal"]), "{:#?}", plan.diagnostics);

    let found = setting.user.destroy(ORDERS).await;
    let words = [zone.as_str(), "db.orders.internal A"];
    assert!(says(&found, "Warning [dns] Zone with records of others", &words), "{:#?}", texts(&found));
    assert!(says(&found, "Error", &["did not make", "db.orders.internal A", &zone]), "{:#?}", texts(&found));
    // The state remembers it, until nothing of others is in it.
    setting.foreign_record(USER, &zone, "db.orders.internal", ChangeAction::Delete).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn another_zone_name_is_made_before_the_old_zone_goes_and_a_second_consumer_in_it_keeps_its_names() {
    let mut setting = Setting::open(362).await;
    let named = |zone: &str| json!({"zone_name": zone, "record": [{"name": "api"}]});
    let config = setting.sharing("orders", named("old.internal"));
    setting.apply(&config).await;
    let zone = zone_of(&setting.state()).as_str().unwrap().to_owned();
    let second = setting.sharing("billing", json!({"zone_id": zone, "record": [{"name": "billing"}]}));
    setting.user.apply(CONSUMER, SECOND, &second).await;
    let moved = merged(&config, &json!({"dns": [named("new.internal")]}));
    setting.forget_calls();
    let found = setting.try_apply(&moved).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert!(says(&found, "Warning", &["stays for others", "billing.old.internal"]), "{:#?}", texts(&found));
    let calls = setting.world_changes();
    let place = |operation: &str| calls.iter().position(|call| call == operation);
    assert!(place("CreateHostedZone") < place("DeleteHostedZone"), "{calls:?}");
    setting.user.expect_empty(CONSUMER, ORDERS, &moved).await;
    pass(600).await;
    setting.resolves("api.new.internal");
    setting.resolves("billing.old.internal");
    setting.goes(SECOND).await;
    setting.route53(USER).delete_hosted_zone().id(&zone).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_further_vpc_that_is_gone_stops_no_plan() {
    let mut setting = Setting::bare(406).await;
    let further = setting.vpc("10.60.0.0/16").await;
    let config = |vpc_ids: Json| {
        json!({
            "service_name": "com.amazonaws.us-east-1.sqs",
            "subnet_ids": setting.subnets([0]),
            "dns": [{"zone_name": "queue.internal", "vpc_ids": vpc_ids, "record": [{"name": "@"}]}],
        })
    };
    let (both, one) = (config(json!([further])), config(json!([])));
    setting.apply(&both).await;
    pass(600).await;
    setting.ec2(USER).delete_vpc().vpc_id(&further).send().await.unwrap();
    pass(900).await;
    let found = setting.user.refresh(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = setting.try_apply(&one).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}
