//! The diagnosis against the simulator's `reach`, with which it shares no code: for each hop that `reach` can break one test breaks it and
//! both name it, and over random worlds the two never contradict each other.

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::settings::Settings;
use aws_sdk_ec2::types as ec2;
use aws_sdk_elasticloadbalancingv2::types as elb;
use privatelink::diagnosis::HOPS;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, merged, pass, zone_of};
use crate::core::ask_world;
use crate::data_sources::data;
use crate::landscape::{CONSUMER, Landscape, SERVICE};

const NAME: &str = "api.orders.internal";
const DIAGNOSIS: &str = "privatelink_diagnosis";

/// The whole chain, over which `NAME` is reached. Nothing lags: `reach` sees what is, so the diagnosis has to.
async fn chain(seed: u64) -> Setting {
    finished(nothing(seed).await, json!({})).await
}

/// A world without a service.
async fn nothing(seed: u64) -> Setting {
    let land = Landscape::of(World::new(seed, Settings::calm(), 1.0));
    let owner = land.service_side().await;
    let user = land.consumer_side().await;
    Setting { land, owner, user, service: Json::Null }
}

/// Both sides, with these arguments of the service over the usual ones.
async fn finished(mut setting: Setting, service: Json) -> Setting {
    let service = merged(&setting.land.service(), &service);
    setting.owner.apply(SERVICE, "api", &service).await;
    setting.service = setting.owner.state("api");
    pass(120).await;
    let config = setting.land.consumer(&setting.service);
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    pass(900).await;
    setting.forget_calls();
    setting
}

fn question(setting: &Setting, more: Json) -> Json {
    let whole = json!({
        "endpoint_id": setting.state()["id"],
        "name": NAME,
        "security_group_ids": [setting.id("application_security_group_id")],
        "peer_account": "service",
    });
    merged(&whole, &more)
}

async fn diagnosis(setting: &Setting, more: Json) -> Json {
    data(&setting.user, DIAGNOSIS, &question(setting, more)).await.unwrap()
}

/// Both name the hop, and the diagnosis says what to do.
async fn both(setting: &Setting, name: &str, hop: &str) -> Json {
    let way = setting.land.reach(name);
    assert_eq!(way["broken_at"], json!(hop), "{way:#}");
    let found = diagnosis(setting, json!({"name": name})).await;
    let report = found["report"].as_str().unwrap();
    assert_eq!((&found["broken_at"], &found["reachable"]), (&json!(hop), &json!(false)), "{report}");
    let broken = found["hops"].as_array().unwrap().iter().find(|one| one["state"] == json!("broken")).unwrap();
    assert!(broken["advice"].as_str().unwrap().ends_with('.'), "{broken}");
    found
}

#[tokio::test(start_paused = true)]
async fn the_whole_way_is_walked_in_about_twenty_calls_that_change_nothing() {
    let setting = chain(501).await;
    for name in [NAME, "orders.internal", "orders.example.dev"] {
        assert_eq!(setting.land.reach(name)["reached"], json!(true), "{name}");
        setting.forget_calls();
        let found = diagnosis(&setting, json!({"name": name})).await;
        let report = found["report"].as_str().unwrap();
        assert_eq!((&found["reachable"], &found["broken_at"]), (&json!(true), &Json::Null), "{report}");
        let calls = setting.land.world.calls();
        let names: Vec<&str> = calls.iter().map(|call| call.operation.as_str()).collect();
        assert!(names.len() <= 24 && calls.iter().all(|call| !call.mutating), "{} calls: {names:?}", names.len());
        assert!(report.lines().all(|line| line.chars().count() <= 80), "{report}");
        assert!(report.contains("Reachable"), "{report}");
        assert!(found["mermaid"].as_str().unwrap().contains("client --> hop_dns --> hop_endpoint"), "{found:#}");
    }
    // Without a name, that of a client: the private one.
    let found = diagnosis(&setting, json!({"name": null})).await;
    assert_eq!(found["hops"][0]["object"], json!("orders.example.dev"));
    assert_eq!(found["reachable"], json!(true));
}

#[tokio::test(start_paused = true)]
async fn each_side_alone_says_who_sees_the_rest() {
    let setting = chain(502).await;
    let consumer = diagnosis(&setting, json!({"peer_account": null})).await;
    assert_eq!((&consumer["reachable"], &consumer["broken_at"]), (&Json::Null, &Json::Null), "{}", consumer["report"]);
    let text = consumer["report"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&format!("service's owner (account {OWNER})")) && text.contains("Not known"), "{text}");
    let state_of = |found: &Json, hop: &str| {
        found["hops"].as_array().unwrap().iter().find(|one| one["hop"] == json!(hop)).unwrap()["state"].clone()
    };
    assert_eq!(state_of(&consumer, "connection"), json!("ok"));
    assert_eq!(state_of(&consumer, "target"), json!("unknown"));

    let config = json!({"endpoint_id": setting.state()["id"], "service_id": setting.service["id"]});
    let owner = data(&setting.owner, DIAGNOSIS, &config).await.unwrap();
    let text = owner["report"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&format!("consumer (account {USER})")), "{text}");
    assert_eq!((state_of(&owner, "dns"), state_of(&owner, "target")), (json!("unknown"), json!("ok")), "{text}");
    let alone = data(&setting.owner, DIAGNOSIS, &json!({"service_id": setting.service["id"]})).await.unwrap();
    assert_eq!((&alone["reachable"], state_of(&alone, "listener")), (&Json::Null, json!("ok")), "{}", alone["report"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_without_a_record_ends_both_at_dns() {
    let setting = chain(503).await;
    let zone = zone_of(&setting.state()).as_str().unwrap().to_owned();
    setting.set("record_set", &format!("{zone}/{NAME}/A"), json!({"removed": true}));
    both(&setting, NAME, "dns").await;
    both(&setting, "x.orders.example.dev", "dns").await;
}

#[tokio::test(start_paused = true)]
async fn without_private_dns_both_end_at_dns_and_the_switch_is_named() {
    let setting = chain(504).await;
    let id = setting.state()["id"].as_str().unwrap().to_owned();
    let call = setting.ec2(USER).modify_vpc_endpoint().vpc_endpoint_id(id).private_dns_enabled(false);
    call.send().await.unwrap();
    pass(600).await;
    let found = both(&setting, "orders.example.dev", "dns").await;
    assert!(found["report"].as_str().unwrap().contains("private_dns_enabled"), "{}", found["report"]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_goes_ends_both_there_or_before() {
    let setting = chain(505).await;
    let id = setting.state()["id"].as_str().unwrap().to_owned();
    setting.ec2(USER).delete_vpc_endpoints().vpc_endpoint_ids(id).send().await.unwrap();
    pass(60).await;
    let way = setting.land.reach(NAME);
    assert_eq!(way["reached"], json!(false));
    let found = diagnosis(&setting, json!({})).await;
    assert_eq!(found["reachable"], json!(false), "{}", found["report"]);
    assert!(["dns", "endpoint"].contains(&found["broken_at"].as_str().unwrap()), "{}", found["report"]);
}

#[tokio::test(start_paused = true)]
async fn without_the_rule_both_end_at_the_endpoint_s_group() {
    let setting = chain(506).await;
    revoke(&setting).await;
    both(&setting, NAME, "endpoint_security_group").await;
}

async fn revoke(setting: &Setting) {
    let group = setting.state()["security_group_id"].as_str().unwrap().to_owned();
    let pair = ec2::UserIdGroupPair::builder().group_id(setting.id("application_security_group_id")).build();
    let rule = ec2::IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443).user_id_group_pairs(pair);
    let call = setting.ec2(USER).revoke_security_group_ingress().group_id(group).ip_permissions(rule.build());
    call.send().await.unwrap();
    pass(60).await;
}

#[tokio::test(start_paused = true)]
async fn a_rejected_connection_ends_both_there() {
    let setting = chain(507).await;
    setting.reject(setting.state()["id"].as_str().unwrap()).await;
    both(&setting, NAME, "connection").await;
}

#[tokio::test(start_paused = true)]
async fn without_the_service_both_end_there() {
    let setting = chain(508).await;
    setting.set("endpoint_service", setting.service["id"].as_str().unwrap(), json!({"state": "Deleted"}));
    pass(60).await;
    both(&setting, NAME, "service").await;
}

#[tokio::test(start_paused = true)]
async fn without_the_load_balancer_both_end_there() {
    let setting = chain(509).await;
    let arn = setting.service["load_balancers"][0]["arn"].as_str().unwrap().to_owned();
    setting.set("load_balancer", &arn, json!({"state": "failed"}));
    both(&setting, NAME, "load_balancer").await;
}

#[tokio::test(start_paused = true)]
async fn the_load_balancer_s_own_groups_end_both_where_they_are_enforced() {
    let setting = nothing(510).await;
    let made = setting.ec2(OWNER).create_security_group().group_name("front").description("front");
    let group = made.vpc_id(setting.id("provider_vpc_id")).send().await.unwrap().group_id.unwrap();
    pass(60).await;
    let setting = finished(setting, json!({"load_balancer": {"security_groups": [group]}})).await;
    both(&setting, NAME, "load_balancer_security_group").await;
}

#[tokio::test(start_paused = true)]
async fn without_the_listener_both_end_there() {
    let setting = chain(511).await;
    let arn = setting.service["listeners"]["https"]["arn"].as_str().unwrap().to_owned();
    setting.elb(OWNER).delete_listener().listener_arn(arn).send().await.unwrap();
    pass(60).await;
    both(&setting, NAME, "listener").await;
}

#[tokio::test(start_paused = true)]
async fn unhealthy_targets_end_both_there_with_aws_s_reason() {
    let setting = chain(512).await;
    for number in 0..3 {
        unhealthy(&setting, number);
    }
    let found = both(&setting, NAME, "target").await;
    let report = found["report"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(report.contains("Target.FailedHealthChecks") && report.contains("health check asks"), "{report}");
}

fn unhealthy(setting: &Setting, number: usize) {
    let group = setting.service["listeners"]["https"]["target_group_arn"].as_str().unwrap();
    let target = setting.land.ids["provider_instance_ids"][number].as_str().unwrap();
    let state = json!({"state": "unhealthy", "reason": "Target.FailedHealthChecks"});
    setting.set("target", &format!("{group}/{target}"), state);
}

#[tokio::test(start_paused = true)]
async fn a_zone_without_a_healthy_target_ends_both_unless_zones_are_crossed() {
    let setting = chain(513).await;
    unhealthy(&setting, 1);
    let found = both(&setting, NAME, "target").await;
    assert!(found["report"].as_str().unwrap().contains("cross-zone"), "{}", found["report"]);
    cross_zone(&setting).await;
    assert_eq!(setting.land.reach(NAME)["reached"], json!(true));
    assert_eq!(diagnosis(&setting, json!({})).await["reachable"], json!(true));
}

async fn cross_zone(setting: &Setting) {
    let arn = setting.service["load_balancers"][0]["arn"].as_str().unwrap();
    let on = elb::LoadBalancerAttribute::builder().key("load_balancing.cross_zone.enabled").value("true").build();
    let call = setting.elb(OWNER).modify_load_balancer_attributes().load_balancer_arn(arn).attributes(on);
    call.send().await.unwrap();
    pass(60).await;
}

#[tokio::test(start_paused = true)]
async fn targets_that_shut_the_load_balancer_out_end_both_at_their_groups() {
    let setting = chain(514).await;
    shut_targets(&setting).await;
    both(&setting, NAME, "target_security_group").await;
}

async fn shut_targets(setting: &Setting) {
    let by_name = ec2::Filter::builder().name("group-name").values("targets").build();
    let groups = setting.ec2(OWNER).describe_security_groups().filters(by_name).send().await.unwrap();
    let id = groups.security_groups()[0].group_id().unwrap().to_owned();
    let of = ec2::Filter::builder().name("group-id").values(&id).build();
    let rules = setting.ec2(OWNER).describe_security_group_rules().filters(of).send().await.unwrap();
    let inbound = rules.security_group_rules().iter().filter(|rule| rule.is_egress() == Some(false));
    let ids: Vec<String> = inbound.map(|rule| rule.security_group_rule_id().unwrap().to_owned()).collect();
    let call = setting.ec2(OWNER).revoke_security_group_ingress().group_id(id);
    call.set_security_group_rule_ids(Some(ids)).send().await.unwrap();
    pass(60).await;
}

#[tokio::test(start_paused = true)]
async fn what_an_operation_is_not_allowed_for_is_an_error_and_names_it() {
    let setting = chain(515).await;
    let fault = json!([{"operation": "DescribeVpcEndpoints", "do": "refuse", "times": 9}]);
    ask_world(&setting.land.world, "faults", &fault);
    let told = data(&setting.user, DIAGNOSIS, &question(&setting, json!({}))).await.unwrap_err();
    let told = crate::core::texts(&told).join("\n");
    assert!(told.contains("DescribeVpcEndpoints") && told.contains("AccessDenied"), "{told}");
    for (config, words) in [
        (json!({}), "Write endpoint_id"),
        (json!({"endpoint_id": "vpce-1"}), "vpce-0123456789abcdef0"),
        (json!({"endpoint_id": setting.state()["id"], "source_ip": "10.0.0"}), "10.0.1.5"),
        (json!({"endpoint_id": setting.state()["id"], "port": 0}), "65535"),
        (json!({"endpoint_id": setting.state()["id"], "name": "not a name"}), "orders.example.dev"),
    ] {
        let told = crate::core::texts(&data(&setting.user, DIAGNOSIS, &config).await.unwrap_err()).join("\n");
        assert!(told.contains(words), "{config}: {told}");
    }
}

/// One thing that goes wrong; the number chooses.
async fn breaks(setting: &Setting, number: u8) {
    match number {
        0 => revoke(setting).await,
        1 => unhealthy(setting, 0),
        2 => unhealthy(setting, 2),
        3 => cross_zone(setting).await,
        4 => shut_targets(setting).await,
        5 => {
            let arn = setting.service["load_balancers"][0]["arn"].as_str().unwrap().to_owned();
            setting.set("load_balancer", &arn, json!({"state": "failed"}));
        }
        6 => {
            let arn = setting.service["listeners"]["https"]["arn"].as_str().unwrap().to_owned();
            setting.elb(OWNER).delete_listener().listener_arn(arn).send().await.unwrap();
        }
        7 => setting.reject(setting.state()["id"].as_str().unwrap()).await,
        8 => {
            let zone = zone_of(&setting.state()).as_str().unwrap().to_owned();
            setting.set("record_set", &format!("{zone}/{NAME}/A"), json!({"removed": true}));
        }
        _ => {
            let id = setting.state()["id"].as_str().unwrap().to_owned();
            let call = setting.ec2(USER).modify_vpc_endpoint().vpc_endpoint_id(id);
            call.private_dns_enabled(false).send().await.unwrap();
        }
    }
}

fn rank(hop: &str) -> usize {
    HOPS.iter().position(|name| *name == hop).unwrap()
}

/// Holds one question against `reach`: reachable only where that says yes, broken only where it says no, at the same hop or before it.
async fn agree(setting: &Setting, what: &str, more: Json) {
    let asked = question(setting, more);
    let mut request = json!({
        "account": USER,
        "vpc_id": setting.id("consumer_vpc_id"),
        "name": asked["name"],
        "port": asked.get("port").cloned().unwrap_or(json!(443)),
        "security_group_ids": asked["security_group_ids"],
    });
    if let Some(ip) = asked.get("source_ip") {
        request["ip"] = ip.clone();
    }
    let way = ask_world(&setting.land.world, "reach", &request);
    let found = data(&setting.user, DIAGNOSIS, &asked).await.unwrap();
    let context = format!("{what}\n{asked}\n{way:#}\n{}", found["report"].as_str().unwrap());
    if way["reached"] == json!(true) {
        assert_ne!(found["reachable"], json!(false), "{context}");
        return;
    }
    assert_ne!(found["reachable"], json!(true), "{context}");
    let first = found["hops"].as_array().unwrap().iter().find(|hop| hop["state"] != json!("ok")).unwrap();
    assert!(rank(first["hop"].as_str().unwrap()) <= rank(way["broken_at"].as_str().unwrap()), "{context}");
}

#[tokio::test(start_paused = true)]
async fn over_random_worlds_the_two_never_contradict_each_other() {
    for seed in 0..12 {
        let setting = chain(520 + seed).await;
        let mut rng = fastrand::Rng::with_seed(seed);
        let stranger = setting.group("stranger").await;
        // In an order in which AWS takes all of it: a failed load balancer and a rejected endpoint cannot be changed any more.
        let mut order = vec![3, 9, 0, 1, 2, 4, 8, 6, 7, 5];
        let wanted = rng.usize(0..4);
        while order.len() > wanted {
            order.remove(rng.usize(0..order.len()));
        }
        let broken: Vec<u8> = order;
        for number in &broken {
            breaks(&setting, *number).await;
            pass(300).await;
        }
        pass(600).await;
        let what = format!("seed {seed}, broken {broken:?}");
        let names = [NAME, "orders.internal", "orders.example.dev", "nowhere.example.dev", "x.api.orders.internal"];
        let regional = setting.state()["dns_name"].as_str().unwrap_or_default().to_owned();
        for name in names.into_iter().chain([regional.as_str()]).filter(|name| !name.is_empty()) {
            agree(&setting, &what, json!({"name": name})).await;
        }
        agree(&setting, &what, json!({"port": 8443})).await;
        agree(&setting, &what, json!({"security_group_ids": [stranger]})).await;
        agree(&setting, &what, json!({"security_group_ids": [], "source_ip": "10.20.1.7"})).await;
    }
}
