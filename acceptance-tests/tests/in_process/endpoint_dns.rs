//! `privatelink_endpoint_dns`: names of an endpoint that somebody else accepts after its id was told.

use acceptance_tests::simulator::faults::{Fault, Strike};
use aws_sdk_route53::types::ChangeAction;
use serde_json::{Value as Json, json};

use crate::announced;
use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, merged, pass, says};
use crate::core::{Action, UNKNOWN, objects, texts};
use crate::crash;
use crate::landscape::CONSUMER;

/// The resource type.
pub(crate) const ENDPOINT_DNS: &str = "privatelink_endpoint_dns";
/// Its address in the state.
pub(crate) const NAMES: &str = "names";

/// A consumer that waits for its acceptance, and names that it does not have.
pub(crate) struct Vendor {
    pub(crate) setting: Setting,
    consumer: Json,
}

impl Vendor {
    /// A service with a private name, whose owner decides.
    async fn new(seed: u64) -> Self {
        let mut setting = Setting::named(seed).await;
        let consumer = setting.config(json!({}));
        let found = setting.try_apply(&consumer).await;
        assert!(says(&found, "Warning", &["must accept"]), "{:#?}", texts(&found));
        Self { setting, consumer }
    }

    /// The same once more, in a world that goes on by itself.
    pub(crate) async fn fork(&self) -> Self {
        let at = self.setting.land.world.now();
        Self { setting: self.setting.fork(at).await, consumer: self.consumer.clone() }
    }

    /// The same after the owner's decision.
    pub(crate) async fn accepted(seed: u64) -> Self {
        let vendor = Self::new(seed).await;
        vendor.setting.accept(&vendor.endpoint_id()).await;
        vendor
    }

    pub(crate) fn endpoint_id(&self) -> String {
        self.setting.state()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn names(&self, arguments: Json) -> Json {
        merged(&json!({"endpoint_id": self.endpoint_id()}), &arguments)
    }

    pub(crate) async fn apply(&mut self, config: &Json) {
        self.setting.user.apply(ENDPOINT_DNS, NAMES, config).await;
        pass(300).await;
        self.setting.user.expect_empty(ENDPOINT_DNS, NAMES, config).await;
        self.setting.user.expect_empty(CONSUMER, ORDERS, &self.consumer).await;
    }

    fn state(&self) -> Json {
        self.setting.user.state(NAMES)
    }

    /// Destroys the names, then both sides, and expects that nothing is left.
    async fn destroy(mut self) {
        let found = self.setting.user.destroy(NAMES).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        pass(120).await;
        self.setting.user.expect_empty(CONSUMER, ORDERS, &self.consumer).await;
        self.setting.destroy().await;
    }
}

fn both(zone: &str, name: &str) -> Json {
    json!({
        "private_dns_enabled": true,
        "dns": [
            {"zone_id": zone, "record": [{"name": name}]},
            {"zone_name": "vendor.internal", "record": [{"name": "@"}, {"name": "*", "zonal": true}]},
        ],
    })
}

#[tokio::test(start_paused = true)]
async fn names_are_given_changed_and_taken_away_and_the_consumer_leaves_them_alone() {
    let mut vendor = Vendor::accepted(700).await;
    let zone = vendor.setting.zone(USER, "shop.internal").await;
    let config = vendor.names(both(&zone, "orders"));
    vendor.apply(&config).await;
    let state = vendor.state();
    assert_eq!(state["id"], json!(vendor.endpoint_id()));
    assert_eq!(state["private_dns_names"], json!(["orders.example.dev"]));
    assert_eq!(state["zone_ids"]["shop.internal"], json!(zone));
    for name in ["orders.example.dev", "orders.shop.internal", "vendor.internal"] {
        vendor.setting.resolves(name);
    }
    // In place, each alone.
    let changed = merged(&vendor.names(both(&zone, "billing")), &json!({"tags": {"team": "shop"}}));
    vendor.setting.forget_calls();
    vendor.apply(&changed).await;
    vendor.setting.resolves("billing.shop.internal");
    let mut calls = vendor.setting.changes();
    calls.sort();
    assert_eq!(calls, ["ChangeResourceRecordSets", "ChangeTagsForResource"]);
    let fewer = merged(&changed, &json!({"private_dns_enabled": null}));
    vendor.apply(&fewer).await;
    let off = vendor.setting.land.reach("orders.example.dev");
    assert_eq!(off["reached"], json!(false), "{off:#}");
    vendor.setting.resolves("billing.shop.internal");
    let found = vendor.setting.user.destroy(NAMES).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    vendor.setting.route53(USER).delete_hosted_zone().id(&zone).send().await.unwrap();
    vendor.setting.user.expect_empty(CONSUMER, ORDERS, &vendor.consumer).await;
    vendor.setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn one_apply_waits_for_the_acceptance_that_another_resource_brings() {
    let mut vendor = Vendor::new(701).await;
    let config = vendor.names(json!({"private_dns_enabled": true, "dns": [
        {"zone_name": "vendor.internal", "record": [{"name": "@"}]},
    ]}));
    let plan = vendor.setting.user.plan(ENDPOINT_DNS, NAMES, &config).await;
    assert_eq!((plan.action, plan.diagnostics.has_errors()), (Action::Create, false));
    vendor.setting.forget_calls();
    let id = vendor.endpoint_id();
    let Vendor { setting, .. } = &mut vendor;
    let client = setting.ec2(OWNER);
    let service_id = setting.service["id"].as_str().unwrap().to_owned();
    let decision = async {
        pass(240).await;
        let _by_hand = announced::Apply::begin();
        client.accept_vpc_endpoint_connections().service_id(service_id).vpc_endpoint_ids(id).send().await.unwrap();
    };
    let (found, ()) = tokio::join!(setting.user.carry_out(ENDPOINT_DNS, NAMES, &config, plan), decision);
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let calls = setting.changes();
    assert_eq!(calls.first().map(String::as_str), Some("AcceptVpcEndpointConnections"), "nothing before it: {calls:?}");
    setting.user.expect_empty(ENDPOINT_DNS, NAMES, &config).await;
    vendor.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_acceptance_that_does_not_come_is_a_warning_and_the_next_apply_carries_on() {
    let mut vendor = Vendor::new(702).await;
    let dns = json!([{"zone_name": "vendor.internal", "record": [{"name": "@"}]}]);
    let config = vendor.names(json!({"dns": dns, "timeouts": {"create": "2m"}}));
    vendor.setting.forget_calls();
    let found = vendor.setting.user.try_apply(ENDPOINT_DNS, NAMES, &config).await;
    let id = vendor.endpoint_id();
    assert!(!found.has_errors() && says(&found, "Warning", &["must accept", &id]), "{:#?}", texts(&found));
    assert_eq!(vendor.setting.changes(), Vec::<String>::new(), "no zone hides the vendor's public names");
    vendor.setting.accept(&id).await;
    vendor.apply(&config).await;
    vendor.setting.resolves("vendor.internal");
    vendor.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn drift_by_hand_is_told_and_put_back() {
    let mut vendor = Vendor::accepted(703).await;
    let config = vendor.names(json!({"private_dns_enabled": true, "dns": [
        {"zone_name": "vendor.internal", "record": [{"name": "@"}]},
    ]}));
    vendor.apply(&config).await;
    let (ec2, id) = (vendor.setting.ec2(USER), vendor.endpoint_id());
    // Switched off.
    let off = ec2.modify_vpc_endpoint().vpc_endpoint_id(&id).private_dns_enabled(false);
    off.send().await.unwrap();
    pass(120).await;
    let plan = vendor.setting.user.plan(ENDPOINT_DNS, NAMES, &config).await;
    let told = format!("{:?}", plan.planned.get("changes"));
    assert!(plan.action == Action::Update && told.contains("switch on for orders.example.dev"), "{told}");
    vendor.apply(&config).await;
    vendor.setting.resolves("orders.example.dev");
    // The tag that keeps the consumer from switching it off.
    let key = aws_sdk_ec2::types::Tag::builder().key("privatelink:private-dns").build();
    ec2.delete_tags().resources(&id).tags(key).send().await.unwrap();
    pass(120).await;
    let plan = vendor.setting.user.plan(ENDPOINT_DNS, NAMES, &config).await;
    let told = format!("{:?}", plan.planned.get("changes"));
    assert!(plan.action == Action::Update && told.contains("tag the endpoint"), "{told}");
    vendor.apply(&config).await;
    // A record.
    let zone = vendor.state()["zone_ids"]["vendor.internal"].as_str().unwrap().to_owned();
    let route53 = vendor.setting.route53(USER);
    let sets = route53.list_resource_record_sets().hosted_zone_id(&zone).send().await.unwrap();
    let alias = sets.resource_record_sets().iter().find(|set| set.alias_target().is_some()).unwrap().clone();
    let change = aws_sdk_route53::types::Change::builder().action(ChangeAction::Delete).resource_record_set(alias);
    let batch = aws_sdk_route53::types::ChangeBatch::builder().changes(change.build().unwrap()).build().unwrap();
    route53.change_resource_record_sets().hosted_zone_id(&zone).change_batch(batch).send().await.unwrap();
    pass(120).await;
    let plan = vendor.setting.user.plan(ENDPOINT_DNS, NAMES, &config).await;
    assert_eq!(plan.action, Action::Update);
    vendor.apply(&config).await;
    vendor.setting.resolves("vendor.internal");
    vendor.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn private_dns_that_a_person_switched_on_is_still_drift_of_a_consumer() {
    let mut vendor = Vendor::accepted(704).await;
    let id = vendor.endpoint_id();
    let on = vendor.setting.ec2(USER).modify_vpc_endpoint().vpc_endpoint_id(&id).private_dns_enabled(true);
    on.send().await.unwrap();
    pass(300).await;
    let config = vendor.consumer.clone();
    let plan = vendor.setting.plan(&config).await;
    assert_eq!(plan.action, Action::Update);
    let found = vendor.setting.user.carry_out(CONSUMER, ORDERS, &config, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    vendor.setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    vendor.setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn names_of_an_endpoint_are_imported_by_its_id() {
    let mut vendor = Vendor::accepted(705).await;
    let config = vendor.names(json!({"private_dns_enabled": true, "dns": [
        {"zone_name": "vendor.internal", "record": [{"name": "@"}, {"name": "db", "ttl_seconds": 60}]},
    ]}));
    vendor.apply(&config).await;
    let (before, id) = (vendor.state(), vendor.endpoint_id());
    vendor.setting.user.forget(NAMES);
    let found = vendor.setting.user.import(ENDPOINT_DNS, NAMES, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    vendor.setting.user.expect_empty(ENDPOINT_DNS, NAMES, &config).await;
    let results = ["id", "vpc_id", "zone_ids", "records", "private_dns_names"];
    for result in results {
        assert_eq!(vendor.state()[result], before[result], "{result}");
    }
    vendor.destroy().await;
}

/// Of two imports each finds its own: none wants to take away what the other has.
#[tokio::test(start_paused = true)]
async fn a_consumer_that_is_imported_leaves_names_of_their_own_resource_alone() {
    let mut vendor = Vendor::accepted(713).await;
    let zone = vendor.setting.zone(USER, "shop.internal").await;
    let config = vendor.names(both(&zone, "orders"));
    vendor.apply(&config).await;
    let id = vendor.endpoint_id();
    vendor.setting.user.forget(NAMES);
    vendor.setting.user.forget(ORDERS);
    for (kind, name) in [(CONSUMER, ORDERS), (ENDPOINT_DNS, NAMES)] {
        let found = vendor.setting.user.import(kind, name, &id).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }
    let consumer = vendor.setting.state();
    assert_eq!((&consumer["private_dns_enabled"], &consumer["dns"]), (&json!(false), &json!([])), "{consumer:#}");
    vendor.setting.user.expect_empty(ENDPOINT_DNS, NAMES, &config).await;
    vendor.setting.forget_calls();
    vendor.setting.user.apply(CONSUMER, ORDERS, &vendor.consumer.clone()).await;
    assert_eq!(vendor.setting.changes(), Vec::<String>::new());
    let found = vendor.setting.user.destroy(NAMES).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    vendor.setting.route53(USER).delete_hosted_zone().id(&zone).send().await.unwrap();
    vendor.setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_import_of_an_endpoint_without_names_says_so() {
    let mut vendor = Vendor::accepted(706).await;
    let id = vendor.endpoint_id();
    let found = vendor.setting.user.import(ENDPOINT_DNS, NAMES, &id).await;
    assert!(says(&found, "Error", &[&id, "has no names besides AWS's own"]), "{:#?}", texts(&found));
    let found = vendor.setting.user.import(ENDPOINT_DNS, NAMES, "vpce-svc-0123456789abcdef0").await;
    assert!(says(&found, "Error [] Invalid import id", &["vpce-0"]), "{:#?}", texts(&found));
    vendor.setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_of_others_gets_names_and_no_tag() {
    let mut setting = Setting::bare(707).await;
    let made =
        setting.ec2(USER).create_vpc_endpoint().vpc_endpoint_type(aws_sdk_ec2::types::VpcEndpointType::Interface);
    let made = made.vpc_id(setting.id("consumer_vpc_id")).service_name("com.amazonaws.us-east-1.sqs");
    let subnet = setting.subnets([0])[0].as_str().unwrap().to_owned();
    let made = made.subnet_ids(subnet).private_dns_enabled(false).send().await.unwrap();
    let id = made.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap().to_owned();
    pass(300).await;
    let config = json!({"endpoint_id": id, "private_dns_enabled": true});
    setting.user.apply(ENDPOINT_DNS, NAMES, &config).await;
    let seen = setting.ec2(USER).describe_vpc_endpoints().vpc_endpoint_ids(&id).send().await.unwrap();
    let endpoint = seen.vpc_endpoints().first().unwrap();
    assert_eq!((endpoint.private_dns_enabled(), endpoint.tags().len()), (Some(true), 0));
    let found = setting.user.destroy(NAMES).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.ec2(USER).delete_vpc_endpoints().vpc_endpoint_ids(&id).send().await.unwrap();
    pass(600).await;
    assert_eq!(objects(&setting.land.world), json!({}));
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_told_with_its_path() {
    let vendor = Vendor::accepted(708).await;
    let id = vendor.endpoint_id();
    let zone = vendor.setting.zone(USER, "shop.internal").await;
    vendor.setting.foreign_record(USER, &zone, "taken.shop.internal", ChangeAction::Create).await;
    let record = json!([{"name": "@"}]);
    let table: [(Json, &str, &[&str]); 11] = [
        (json!({"endpoint_id": null, "private_dns_enabled": true}), "Error [endpoint_id]", &["required"]),
        (
            json!({"endpoint_id": "vpce-svc-0123456789abcdef0", "private_dns_enabled": true}),
            "Error [endpoint_id]",
            &["vpce-0"],
        ),
        (json!({}), "Error [dns] No names", &["private_dns_enabled = true"]),
        (json!({"dns": []}), "Error [dns] No names", &["remove the resource"]),
        (
            json!({"dns": [{"zone_name": "a.internal", "zone_id": zone, "record": record}]}),
            "Error [dns.zone_name]",
            &["zone_id"],
        ),
        (
            json!({"dns": [{"zone_id": zone, "record": [{"name": "taken"}]}]}),
            "Error [dns] Record exists",
            &["taken.shop.internal"],
        ),
        (
            json!({"private_dns_enabled": true, "dns": [{"zone_name": "orders.example.dev", "record": record}]}),
            "Error [dns] Two zones of one name",
            &["orders.example.dev"],
        ),
        (
            json!({"private_dns_enabled": true, "private_dns_only_for_inbound_resolver_endpoint": true}),
            "Error [private_dns_only_for_inbound_resolver_endpoint]",
            &[&id, "S3"],
        ),
        (
            json!({"route53_profile_id": "rp-0123456789abcdef", "dns": [{"zone_id": zone, "record": record}]}),
            "Error [route53_profile_id] Profile without private DNS",
            &["private_dns_enabled = true"],
        ),
        (
            json!({"private_dns_enabled": true, "route53_profile_id": "orders"}),
            "Error [route53_profile_id]",
            &["rp-0123456789abcdef"],
        ),
        (
            json!({"endpoint_id": "vpce-0aaaaaaaaaaaaaaaa", "private_dns_enabled": true}),
            "Warning [endpoint_id] Endpoint not visible",
            &["vpce-0aaaaaaaaaaaaaaaa"],
        ),
    ];
    for (arguments, beginning, words) in table {
        let config = vendor.names(arguments.clone());
        let found = vendor.setting.user.plan_only(ENDPOINT_DNS, NAMES, &config).await.diagnostics;
        assert!(says(&found, beginning, words), "{arguments}: {:#?}", texts(&found));
    }
    // What a plan could not know is refused before the first write.
    let missing = json!({"endpoint_id": "vpce-0aaaaaaaaaaaaaaaa", "private_dns_enabled": true});
    let mut user = vendor.setting.user.clone();
    let found = user.try_apply(ENDPOINT_DNS, NAMES, &missing).await;
    assert!(
        says(&found, "Error", &["There is no endpoint vpce-0aaaaaaaaaaaaaaaa", "222222222222"]),
        "{:#?}",
        texts(&found)
    );
    assert!(!user.has(NAMES));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_endpoint_gets_no_names() {
    let vendor = Vendor::new(709).await;
    vendor.setting.reject(&vendor.endpoint_id()).await;
    let config = vendor.names(json!({"private_dns_enabled": true}));
    let found = vendor.setting.user.plan_only(ENDPOINT_DNS, NAMES, &config).await.diagnostics;
    assert!(says(&found, "Error [endpoint_id] Endpoint that does not work", &["rejected"]), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn a_module_may_not_know_anything_yet() {
    let setting = Setting::bare(710).await;
    for config in [
        json!({"endpoint_id": UNKNOWN, "private_dns_enabled": true}),
        json!({"endpoint_id": UNKNOWN, "dns": [{"zone_id": UNKNOWN, "record": [{"name": UNKNOWN}]}]}),
    ] {
        let plan = setting.user.plan_only(ENDPOINT_DNS, NAMES, &config).await;
        assert!(plan.action == Action::Create && !plan.diagnostics.has_errors(), "{config}: {:#?}", plan.diagnostics);
    }
}

/// What a run is that meets a fault.
#[derive(Debug, Clone, Copy)]
enum Verb {
    Create,
    Update,
    Destroy,
}

/// Every call of a run fails once in each way, or is the last of its process; the next run completes what was meant, and
/// nothing is left in the end.
async fn survives(verb: Verb) {
    let base = json!({"private_dns_enabled": true, "dns": [
        {"zone_name": "vendor.internal", "record": [{"name": "@"}]},
    ]});
    // Another zone, other records in the one that stays, and private DNS goes.
    let changed = json!({"dns": [
        {"zone_name": "vendor.internal", "record": [{"name": "db"}, {"name": "*", "ttl_seconds": 60}]},
        {"zone_name": "second.internal", "record": [{"name": "@"}]},
    ]});
    let mut runs = 0;
    for strike in [Strike::Refuse, Strike::LoseReply, Strike::Kill] {
        for call in 1.. {
            let mut vendor = Vendor::accepted(711).await;
            let (base, changed) = (vendor.names(base.clone()), vendor.names(changed.clone()));
            let wanted = if matches!(verb, Verb::Update) { &changed } else { &base };
            if !matches!(verb, Verb::Create) {
                vendor.setting.user.apply(ENDPOINT_DNS, NAMES, &base).await;
            }
            let fault = Fault::at("*", call, strike);
            let case = format!("{verb:?}: {strike:?} at call {call}");
            if strike == Strike::Kill {
                let died = match verb {
                    Verb::Destroy => crash::killed_destroy(&vendor.setting.user, NAMES, fault).await,
                    _ => crash::killed(&vendor.setting.user, ENDPOINT_DNS, NAMES, wanted, fault).await,
                };
                if !died {
                    break;
                }
                vendor.setting.user.provider = vendor.setting.land.consumer_side().await.provider;
            } else {
                let before = vendor.setting.land.world.calls().len();
                vendor.setting.land.world.set_faults(vec![fault]);
                let found = match verb {
                    Verb::Destroy => vendor.setting.user.destroy(NAMES).await,
                    _ => vendor.setting.user.try_apply(ENDPOINT_DNS, NAMES, wanted).await,
                };
                vendor.setting.land.world.set_faults(Vec::new());
                if ((vendor.setting.land.world.calls().len() - before) as u64) < call {
                    break;
                }
                assert!(!found.has_errors() || strike == Strike::Refuse, "{case}: {:#?}", texts(&found));
            }
            runs += 1;
            pass(300).await;
            if !matches!(verb, Verb::Destroy) {
                let found = vendor.setting.user.try_apply(ENDPOINT_DNS, NAMES, wanted).await;
                assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
                pass(300).await;
                vendor.setting.user.expect_empty(ENDPOINT_DNS, NAMES, wanted).await;
                let name = if matches!(verb, Verb::Update) { "second.internal" } else { "vendor.internal" };
                vendor.setting.resolves(name);
            }
            vendor.destroy().await;
        }
    }
    assert!(runs >= 20, "{verb:?}: only {runs} runs");
}

#[tokio::test(start_paused = true)]
async fn a_creation_survives_every_failure_of_every_call() {
    survives(Verb::Create).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_survives_every_failure_of_every_call() {
    survives(Verb::Update).await;
}

#[tokio::test(start_paused = true)]
async fn a_destruction_survives_every_failure_of_every_call() {
    survives(Verb::Destroy).await;
}

/// From the consumer's blocks to this resource in one run: the consumer's change comes first, because of the id.
/// One replica of AWS shows the endpoint and the next one does not yet: it was made in the same run.
#[tokio::test(start_paused = true)]
async fn a_creation_does_not_believe_one_look_that_misses_the_endpoint() {
    for nth in 1..=4 {
        let mut vendor = Vendor::accepted(9_180 + nth).await;
        let config = vendor.names(json!({"dns": [{"zone_name": "vendor.internal", "record": [{"name": "@"}]}]}));
        let fault = Fault::at("DescribeVpcEndpoints", nth, Strike::Miss);
        vendor.setting.land.world.set_faults(vec![fault]);
        vendor.apply(&config).await;
        vendor.setting.land.world.set_faults(Vec::new());
        vendor.destroy().await;
    }
}

#[tokio::test(start_paused = true)]
async fn names_move_here_from_the_consumer_that_had_them() {
    let mut vendor = Vendor::accepted(714).await;
    let zone = vendor.setting.zone(USER, "shop.internal").await;
    let dns = json!([
        {"zone_id": zone, "record": [{"name": "orders"}]},
        {"zone_name": "vendor.internal", "record": [{"name": "@"}]},
    ]);
    let before = merged(&vendor.consumer, &json!({"private_dns_enabled": true, "dns": dns}));
    vendor.setting.apply(&before).await;
    let (consumer, names) = (vendor.consumer.clone(), vendor.names(json!({"private_dns_enabled": true, "dns": dns})));
    let first = vendor.setting.plan(&consumer).await;
    let second = vendor.setting.user.plan(ENDPOINT_DNS, NAMES, &names).await;
    assert!(!second.diagnostics.has_errors(), "{:#?}", texts(&second.diagnostics));
    let found = vendor.setting.user.carry_out(CONSUMER, ORDERS, &consumer, first).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = vendor.setting.user.carry_out(ENDPOINT_DNS, NAMES, &names, second).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    vendor.apply(&names).await;
    for name in ["orders.example.dev", "orders.shop.internal", "vendor.internal"] {
        vendor.setting.resolves(name);
    }
    let found = vendor.setting.user.destroy(NAMES).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    vendor.setting.route53(USER).delete_hosted_zone().id(&zone).send().await.unwrap();
    vendor.setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_gone_takes_its_names_along() {
    let mut vendor = Vendor::accepted(713).await;
    let config = vendor.names(json!({"private_dns_enabled": true, "dns": [
        {"zone_name": "vendor.internal", "record": [{"name": "@"}]},
    ]}));
    vendor.apply(&config).await;
    vendor.setting.ec2(USER).delete_vpc_endpoints().vpc_endpoint_ids(vendor.endpoint_id()).send().await.unwrap();
    pass(900).await;
    let found = vendor.setting.user.destroy(NAMES).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = vendor.setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = vendor.setting.owner.destroy("api").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(objects(&vendor.setting.land.world), json!({}));
}
