//! Own names: who sees them, in whose zone they stand, for which zones, and what is in their way.

use aws_sdk_route53::types as route53;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, merged, pass, says, zone_of};
use crate::core::{ask_world, texts};

const RECORDS: &str = "ChangeResourceRecordSets";
const ASSOCIATE: &str = "AssociateVPCWithHostedZone";
const DISASSOCIATE: &str = "DisassociateVPCFromHostedZone";
const AUTHORIZE: &str = "CreateVPCAssociationAuthorization";
const WITHDRAW: &str = "DeleteVPCAssociationAuthorization";
const MODIFY: &str = "ModifyVpcEndpoint";

impl Setting {
    /// Where a packet from another VPC ends.
    fn from(&self, vpc_id: &str, name: &str) -> Json {
        let question = json!({"account": USER, "vpc_id": vpc_id, "name": name, "port": 443, "ip": "10.99.0.7"});
        ask_world(&self.land.world, "reach", &question)["broken_at"].clone()
    }

    /// A private zone of the service's account that only its own VPC sees.
    async fn far_zone(&self, name: &str) -> String {
        let client = self.route53(OWNER);
        let call = client.create_hosted_zone().name(name).caller_reference(name);
        let call = call.vpc(vpc(&self.id("provider_vpc_id")));
        let config = route53::HostedZoneConfig::builder().private_zone(true).build();
        let made = call.hosted_zone_config(config).send().await.unwrap();
        pass(90).await;
        made.hosted_zone().unwrap().id().trim_start_matches("/hostedzone/").to_owned()
    }

    /// The VPCs that see a zone.
    async fn viewers(&self, account: &str, zone: &str) -> Vec<String> {
        let found = self.route53(account).get_hosted_zone().id(zone).send().await.unwrap();
        let mut ids: Vec<String> = found.vpcs().iter().map(|vpc| vpc.vpc_id().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }

    /// Authorizations that are still open.
    async fn authorizations(&self, zone: &str) -> usize {
        let call = self.route53(OWNER).list_vpc_association_authorizations().hosted_zone_id(zone);
        call.send().await.unwrap().vpcs().len()
    }

    async fn write(&self, account: &str, zone: &str, action: route53::ChangeAction, name: &str, value: &str) {
        let set = route53::ResourceRecordSet::builder().name(name).r#type(route53::RrType::Cname).ttl(60);
        let record = route53::ResourceRecord::builder().value(value).build().unwrap();
        let set = set.resource_records(record).build().unwrap();
        let change = route53::Change::builder().action(action).resource_record_set(set).build().unwrap();
        let batch = route53::ChangeBatch::builder().changes(change).build().unwrap();
        let call = self.route53(account).change_resource_record_sets().hosted_zone_id(zone);
        call.change_batch(batch).send().await.unwrap();
        pass(90).await;
    }
}

fn vpc(id: &str) -> route53::Vpc {
    route53::Vpc::builder().vpc_id(id).vpc_region(route53::VpcRegion::UsEast1).build()
}

#[tokio::test(start_paused = true)]
async fn further_vpcs_see_the_managed_zone_and_those_of_others_are_left_alone() {
    let mut setting = Setting::open(211).await;
    let (ours, theirs) = (setting.vpc("10.31.0.0/16").await, setting.vpc("10.32.0.0/16").await);
    let dns = |vpc_ids: Json| json!({"dns": [{"zone_name": "orders.internal", "vpc_ids": vpc_ids, "record": [{"name": "api"}]}]});
    let alone = setting.config(dns(Json::Null));
    setting.apply(&alone).await;
    let zone = zone_of(&setting.state()).as_str().unwrap().to_owned();
    let by_hand = setting.route53(USER).associate_vpc_with_hosted_zone().hosted_zone_id(&zone).vpc(vpc(&theirs));
    by_hand.send().await.unwrap();
    pass(90).await;
    setting.user.expect_empty(crate::landscape::CONSUMER, ORDERS, &alone).await;

    let shared = setting.config(dns(json!([ours])));
    setting.update("a VPC added", &shared, &[ASSOCIATE]).await;
    pass(120).await;
    assert_eq!(setting.land.reach("api.orders.internal")["reached"], json!(true));
    assert_eq!(
        setting.from(&ours, "api.orders.internal"),
        json!("endpoint"),
        "the name resolves, the VPCs are not peered"
    );

    // Taken away by hand, it is named and put back.
    let call = setting.route53(USER).disassociate_vpc_from_hosted_zone().hosted_zone_id(&zone).vpc(vpc(&ours));
    call.send().await.unwrap();
    pass(120).await;
    let plan = setting.plan(&shared).await;
    let differing = setting.differing(&plan);
    assert!(differing.contains("dns"), "{differing:?}");
    assert!(
        differing.iter().any(|name| name == &format!("record.zone_association.orders.internal/{ours}")),
        "{differing:?}"
    );
    setting.carry_out("a further VPC is dissociated", &shared, plan, &[ASSOCIATE]).await;

    setting.update("the VPC removed", &alone, &[DISASSOCIATE]).await;
    pass(120).await;
    assert_eq!(setting.from(&ours, "api.orders.internal"), json!("dns"));
    assert!(setting.viewers(USER, &zone).await.contains(&theirs), "what others associated stays");
    setting.update("and added again", &shared, &[ASSOCIATE]).await;
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    for vpc in [ours, theirs] {
        setting.ec2(USER).delete_vpc().vpc_id(vpc).send().await.unwrap();
    }
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_peers_zone_is_authorized_associated_used_and_given_back() {
    let mut setting = Setting::open(212).await;
    let further = setting.vpc("10.31.0.0/16").await;
    let zone = setting.far_zone("partner.internal").await;
    let home = setting.viewers(OWNER, &zone).await;
    let without = setting.config(json!({}));
    setting.apply(&without).await;
    let dns = json!({"zone_id": zone, "peer_account": "service", "vpc_ids": [further], "record": [{"name": "orders"}]});
    let config = setting.config(json!({"dns": [dns]}));
    let twice = [AUTHORIZE, AUTHORIZE, ASSOCIATE, ASSOCIATE, WITHDRAW, WITHDRAW, RECORDS];
    setting.forget_calls();
    let found = setting.apply(&config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let mut changes = setting.changes();
    changes.sort();
    changes.dedup();
    let mut expected = twice.to_vec();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(changes, expected);
    pass(120).await;
    assert_eq!(setting.land.reach("orders.partner.internal")["reached"], json!(true));
    assert_eq!(setting.from(&further, "orders.partner.internal"), json!("endpoint"));
    assert_eq!(setting.viewers(OWNER, &zone).await.len(), home.len() + 2);
    assert_eq!(setting.authorizations(&zone).await, 0, "no authorization outlives its use");

    setting.update("dns removed", &without, &[RECORDS, DISASSOCIATE, DISASSOCIATE]).await;
    pass(120).await;
    assert_eq!(setting.viewers(OWNER, &zone).await, home);
    let found = setting.apply(&config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(120).await;
    assert_eq!((setting.viewers(OWNER, &zone).await, setting.authorizations(&zone).await), (home, 0));
    setting.route53(OWNER).delete_hosted_zone().id(&zone).send().await.unwrap();
    setting.ec2(USER).delete_vpc().vpc_id(further).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_association_that_was_there_before_stays() {
    let mut setting = Setting::open(213).await;
    let zone = setting.zone(OWNER, "partner.internal").await;
    let before = setting.viewers(OWNER, &zone).await;
    let dns = json!({"zone_id": zone, "peer_account": "service", "record": [{"name": "orders"}]});
    let config = setting.config(json!({"dns": [dns]}));
    setting.forget_calls();
    setting.apply(&config).await;
    assert!(!setting.changes().iter().any(|call| call.contains("VPC")), "{:?}", setting.changes());
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(setting.viewers(OWNER, &zone).await, before);
    setting.route53(OWNER).delete_hosted_zone().id(&zone).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn zonal_names_lead_to_one_zone_each_and_follow_the_subnets() {
    let mut setting = Setting::open(214).await;
    let dns = |records: Json| json!({"zone_name": "kafka.example", "record": records});
    let both = json!([{"name": "*"}, {"name": "*", "zonal": true}]);
    let config = |setting: &Setting, subnets: Json, records: Json| {
        setting.config(json!({"subnet_ids": subnets, "dns": [dns(records)]}))
    };
    let two = config(&setting, setting.subnets([0, 1]), both.clone());
    setting.apply(&two).await;
    let state = setting.state();
    assert_eq!(state["records"]["*.kafka.example"], state["dns_name"]);
    assert_eq!(state["records"]["*.use1-az2.kafka.example"], state["zonal_dns_names"]["use1-az2"]);
    assert_eq!(state["records"].as_object().unwrap().len(), 3, "{state:#}");
    pass(120).await;
    for name in ["lkc-1.kafka.example", "b0.use1-az1.kafka.example", "b1.use1-az2.kafka.example"] {
        let answer = setting.land.reach(name);
        assert_eq!(answer["reached"], json!(true), "{answer:#}");
        let places = answer["hops"].as_array().unwrap().iter().filter(|hop| hop["at"] == json!("endpoint")).count();
        assert_eq!(places, if name.starts_with('b') { 1 } else { 2 }, "{name}: {answer:#}");
    }
    let three = config(&setting, setting.subnets([0, 1, 2]), both.clone());
    setting.update("a subnet added", &three, &[MODIFY, RECORDS]).await;
    assert!(setting.state()["records"]["*.use1-az4.kafka.example"].is_string());
    let other = config(&setting, setting.subnets([1, 2]), both);
    setting.update("a subnet removed", &other, &[MODIFY, RECORDS]).await;
    assert!(setting.state()["records"]["*.use1-az1.kafka.example"].is_null());
    let apex = json!([{"name": "*"}, {"name": "@", "zonal": true, "ttl_seconds": 60}]);
    let cnames = config(&setting, setting.subnets([1, 2]), apex);
    setting.update("CNAMEs by zone", &cnames, &[RECORDS]).await;
    assert_eq!(setting.state()["records"]["use1-az4.kafka.example"], setting.state()["zonal_dns_names"]["use1-az4"]);
    let one = config(&setting, setting.subnets([1, 2]), json!([{"name": "*"}]));
    setting.update("without zonal ones", &one, &[RECORDS]).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn records_of_others_are_told_at_plan_and_never_written_over() {
    let mut setting = Setting::open(215).await;
    let zone = setting.zone(USER, "shop.internal").await;
    setting.write(USER, &zone, route53::ChangeAction::Create, "orders.shop.internal", "elsewhere.example.dev").await;
    let config = setting.config(json!({"dns": [{"zone_id": zone, "record": [{"name": "orders"}, {"name": "api"}]}]}));
    let plan = setting.plan(&config).await;
    let words = ["orders.shop.internal CNAME", "elsewhere.example.dev", &zone];
    assert!(says(&plan.diagnostics, "Error [dns] Record exists", &words), "{:#?}", texts(&plan.diagnostics));

    // One that leads to another endpoint may be about to go; if it does not, nothing is written.
    let delete = route53::ChangeAction::Delete;
    setting.write(USER, &zone, delete, "orders.shop.internal", "elsewhere.example.dev").await;
    let old = "vpce-0123456789abcdef0-abcd1234.vpce-svc-0123456789abcdef0.us-east-1.vpce.amazonaws.com";
    setting.write(USER, &zone, route53::ChangeAction::Create, "orders.shop.internal", old).await;
    let found = setting.try_apply(&config).await;
    assert!(says(&found, "Warning [dns] Record that may stand in the way", &[old]), "{:#?}", texts(&found));
    let words = ["never written over", "Nothing was changed"];
    assert!(says(&found, "Error [dns] Record exists", &words), "{:#?}", texts(&found));
    assert!(!setting.user.has(ORDERS), "it is told before the first write");
    setting.write(USER, &zone, route53::ChangeAction::Delete, "orders.shop.internal", old).await;
    setting.apply(&config).await;
    assert_eq!(setting.state()["records"].as_object().unwrap().len(), 2);
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(120).await;
    setting.route53(USER).delete_hosted_zone().id(&zone).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_managed_zone_with_records_of_others_is_kept_and_told() {
    let mut setting = Setting::open(216).await;
    let config = setting.config(json!({"dns": [{"zone_name": "orders.internal", "record": [{"name": "api"}]}]}));
    setting.apply(&config).await;
    let zone = zone_of(&setting.state()).as_str().unwrap().to_owned();
    setting.write(USER, &zone, route53::ChangeAction::Create, "theirs.orders.internal", "a.example.dev").await;
    let found = setting.user.destroy(ORDERS).await;
    assert!(
        says(&found, "Error", &["HostedZoneNotEmpty", &zone, "did not make", "theirs.orders.internal"]),
        "{:#?}",
        texts(&found)
    );
    assert!(setting.user.has(ORDERS), "what is left stays in the state");
    setting.write(USER, &zone, route53::ChangeAction::Delete, "theirs.orders.internal", "a.example.dev").await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_names_is_told_before_anything_is_made() {
    let mut setting = Setting::open(217).await;
    let dark = setting.ec2(USER).create_vpc().cidr_block("10.33.0.0/16").send().await.unwrap();
    let dark = dark.vpc.unwrap().vpc_id.unwrap();
    let zone = setting.zone(USER, "shop.internal").await;
    pass(60).await;
    let base = json!({"zone_name": "a.internal", "record": [{"name": "@"}]});
    let two = json!([{"name": "*", "zonal": true}, {"name": "*", "zonal": true, "ttl_seconds": 60}]);
    let table: [(Json, &str, &[&str]); 5] = [
        (
            json!({"vpc_ids": ["vpc-0123456789abcdef0"]}),
            "Error [dns] VPC not found",
            &["vpc-0123456789abcdef0", "vpc_ids"],
        ),
        (json!({"vpc_ids": [dark]}), "Error [dns] VPC without DNS", &[&dark, "enable_dns_hostnames"]),
        (json!({"vpc_ids": ["sg-1"]}), "Error [dns.vpc_ids] Invalid dns.vpc_ids", &["a VPC id"]),
        (json!({"record": two}), "Error [dns.record] Record named twice", &["zonal"]),
        (json!({"zone_name": "shop.internal"}), "Warning [dns] Zone name in use", &[&zone, USER]),
    ];
    for (wrong, beginning, words) in table {
        let config = setting.config(json!({"dns": [merged(&base, &wrong)]}));
        let plan = setting.plan(&config).await;
        assert!(says(&plan.diagnostics, beginning, words), "{wrong}: {:#?}", texts(&plan.diagnostics));
    }
}

#[tokio::test(start_paused = true)]
async fn private_dns_moves_from_one_endpoint_to_another_once_aws_has_freed_the_name() {
    let mut setting = Setting::with(218, json!({"acceptance_required": false})).await;
    let on = setting.config(json!({"private_dns_enabled": true}));
    let off = setting.config(json!({"private_dns_enabled": false}));
    let second = merged(&on, &json!({"name": "second"}));
    setting.apply(&on).await;
    // While the first one answers, the plan warns and the apply writes nothing.
    let first = setting.state()["id"].as_str().unwrap().to_owned();
    setting.forget_calls();
    let found = setting.user.try_apply(crate::landscape::CONSUMER, "second", &second).await;
    let summary = "[private_dns_enabled] Private DNS name in use";
    for (severity, words) in
        [("Warning", [first.as_str(), "replaces or removes it"]), ("Error", [&first, "Nothing was changed"])]
    {
        assert!(says(&found, &format!("{severity} {summary}"), &words), "{:#?}", texts(&found));
    }
    assert_eq!(setting.changes(), Vec::<String>::new());
    let asleep = merged(&off, &json!({"name": "second"}));
    setting.user.apply(crate::landscape::CONSUMER, "second", &asleep).await;
    let found = setting.user.try_apply(crate::landscape::CONSUMER, "second", &second).await;
    assert!(says(&found, &format!("Error {summary}"), &[&first]), "an endpoint that exists is no excuse: {found:#?}");

    // Right after the first one has left, AWS still holds the name: it is waited for.
    let found = setting.try_apply(&off).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = setting.user.try_apply(crate::landscape::CONSUMER, "second", &second).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.user.expect_empty(crate::landscape::CONSUMER, "second", &second).await;
    assert_eq!(setting.user.state("second")["private_dns_names"], json!(["orders.example.dev"]));
    let found = setting.user.destroy("second").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.destroy().await;
}
