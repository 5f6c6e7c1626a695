//! Security groups that were made by hand with their endpoint: the resource's own where nothing else uses them, else given.

use acceptance_tests::simulator::faults::{Fault, Strike};
use aws_sdk_ec2::types as ec2;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass, says};
use crate::core::{Action, objects, texts};
use crate::landscape::CONSUMER;

/// An endpoint made by hand in two subnets, with these groups; AWS gives it the default group of the VPC where there are none.
async fn endpoint(setting: &Setting, groups: &[&str]) -> String {
    let subnets = setting.subnets([0, 1]);
    let subnets = subnets.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    let call = setting.ec2(USER).create_vpc_endpoint().vpc_endpoint_type(ec2::VpcEndpointType::Interface);
    let call =
        call.vpc_id(setting.id("consumer_vpc_id")).service_name(setting.service["service_name"].as_str().unwrap());
    let groups = (!groups.is_empty()).then(|| groups.iter().map(|id| (*id).to_owned()).collect());
    let call = call.set_subnet_ids(Some(subnets)).set_security_group_ids(groups).private_dns_enabled(false);
    let made = call.send().await.unwrap();
    pass(900).await;
    made.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap().to_owned()
}

/// Lets something into a group, as a person does it in the console.
async fn allow(setting: &Setting, group: &str, (from, to): (i32, i32), block: &str, description: &str) {
    let range = ec2::IpRange::builder().cidr_ip(block).description(description).build();
    let rule = ec2::IpPermission::builder().ip_protocol("tcp").from_port(from).to_port(to).ip_ranges(range).build();
    setting.ec2(USER).authorize_security_group_ingress().group_id(group).ip_permissions(rule).send().await.unwrap();
    pass(60).await;
}

/// What a group of its own lets out instead of everything.
async fn let_out(setting: &Setting, group: &str, rule: Option<ec2::IpPermission>) {
    let range = ec2::IpRange::builder().cidr_ip("0.0.0.0/0").build();
    let all = ec2::IpPermission::builder().ip_protocol("-1").ip_ranges(range).build();
    setting.ec2(USER).revoke_security_group_egress().group_id(group).ip_permissions(all).send().await.unwrap();
    if let Some(rule) = rule {
        setting.ec2(USER).authorize_security_group_egress().group_id(group).ip_permissions(rule).send().await.unwrap();
    }
    pass(60).await;
}

/// A group with two rules, and the configuration that describes it with its endpoint.
async fn described(setting: &Setting) -> (String, Json) {
    let group = setting.group("orders").await;
    allow(setting, &group, (443, 443), "10.20.0.0/16", "the shop").await;
    allow(setting, &group, (8000, 8010), "10.20.1.0/24", "the office").await;
    let ingress = json!([
        {"port": 443, "cidr_ipv4": "10.20.0.0/16", "description": "the shop"},
        {"from_port": 8000, "to_port": 8010, "cidr_ipv4": "10.20.1.0/24", "description": "the office"},
    ]);
    (group, setting.config(json!({"subnet_ids": setting.subnets([0, 1]), "ingress": ingress})))
}

async fn exists(setting: &Setting, group: &str) -> bool {
    // One read may miss it.
    for _ in 0..4 {
        pass(60).await;
        let filter = ec2::Filter::builder().name("group-id").values(group).build();
        let seen = setting.ec2(USER).describe_security_groups().filters(filter).send().await.unwrap();
        if !seen.security_groups().is_empty() {
            return true;
        }
    }
    false
}

async fn import(setting: &mut Setting, id: &str) -> Vec<String> {
    setting.forget_calls();
    let found = setting.user.import(CONSUMER, ORDERS, id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(setting.world_changes(), Vec::<String>::new(), "an import only looks");
    texts(&found)
}

#[tokio::test(start_paused = true)]
async fn a_group_that_nothing_else_uses_becomes_a_part_and_goes_with_the_endpoint() {
    let mut setting = Setting::open(1301).await;
    let (group, config) = described(&setting).await;
    let id = endpoint(&setting, &[&group]).await;
    assert_eq!(import(&mut setting, &id).await, [""; 0]);
    let state = setting.state();
    assert_eq!((&state["security_group_id"], &state["security_group_ids"]), (&json!(group), &json!(null)));
    assert_eq!(state["ingress"].as_array().unwrap().len(), 2, "{:#}", state["ingress"]);
    setting.apply(&config).await;
    assert_eq!(setting.changes(), Vec::<String>::new(), "it is as it is described");

    // From here on it is like one of ours: drift of a rule, tags, and another rule.
    allow(&setting, &group, (22, 22), "0.0.0.0/0", "by hand").await;
    setting.update("a rule by hand", &config, &["RevokeSecurityGroupIngress"]).await;
    let tagged = merged(&config, &json!({"tags": {"team": "shop"}}));
    let plan = setting.plan(&tagged).await;
    let told = format!("{:?}", plan.planned.get("changes"));
    assert!(told.contains("security group: add tag") && told.contains("team"), "{told}");
    setting.carry_out("tagged", &tagged, plan, &["CreateTags", "CreateTags", "CreateTags"]).await;
    let fewer = merged(&tagged, &json!({"ingress": [{"port": 443, "cidr_ipv4": "10.20.0.0/16"}]}));
    let calls = ["RevokeSecurityGroupIngress", "UpdateSecurityGroupRuleDescriptionsIngress"];
    setting.update("one rule", &fewer, &calls).await;

    // Once more, now by its owner tags.
    setting.user.forget(ORDERS);
    assert_eq!(import(&mut setting, &id).await, [""; 0]);
    assert_eq!(setting.state()["security_group_id"], json!(group));
    setting.apply(&fewer).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_group_that_the_configuration_gives_is_let_go_by_the_first_apply() {
    let mut setting = Setting::open(1302).await;
    let (group, config) = described(&setting).await;
    let id = endpoint(&setting, &[&group]).await;
    assert_eq!(import(&mut setting, &id).await, [""; 0]);
    let given = merged(&config, &json!({"ingress": null, "security_group_ids": [group]}));
    let plan = setting.plan(&given).await;
    let told = plan.planned.get("changes").as_list().map_or(0, <[_]>::len);
    assert_eq!(told, 0, "{:?}", plan.planned.get("changes"));
    setting.forget_calls();
    setting.user.carry_out(CONSUMER, ORDERS, &given, plan).await;
    setting.user.expect_empty(CONSUMER, ORDERS, &given).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    assert_eq!(setting.state()["security_group_id"], json!(null));
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert!(exists(&setting, &group).await);
    setting.ec2(USER).delete_security_group().group_id(&group).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_group_that_lets_nothing_out_is_imported_as_such() {
    let mut setting = Setting::open(1303).await;
    let (group, config) = described(&setting).await;
    let_out(&setting, &group, None).await;
    let id = endpoint(&setting, &[&group]).await;
    assert_eq!(import(&mut setting, &id).await, [""; 0]);
    assert_eq!(setting.state()["egress"], json!("none"));
    setting.apply(&merged(&config, &json!({"egress": "none"}))).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    setting.update("let out", &config, &["AuthorizeSecurityGroupEgress"]).await;
    setting.destroy().await;
}

/// Imports and expects the group as a given one, under a configuration that then plans empty, and that a destroy leaves.
async fn stays_given(setting: &mut Setting, id: &str, groups: &[&str]) -> Vec<String> {
    let told = import(setting, id).await;
    let mut sorted: Vec<&str> = groups.to_vec();
    sorted.sort_unstable();
    assert_eq!(setting.state()["security_group_ids"], json!(sorted));
    assert_eq!(setting.state()["security_group_id"], json!(null));
    let config = setting.config(json!({"subnet_ids": setting.subnets([0, 1]), "security_group_ids": groups}));
    let plan = setting.plan(&config).await;
    assert_eq!(plan.action, Action::NoOp, "{:?}", setting.differing(&plan));
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    let found = setting.user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(600).await;
    for group in groups {
        assert!(exists(setting, group).await, "{group}");
    }
    told
}

async fn remove_groups(setting: &Setting, groups: &[&str]) {
    for group in groups {
        setting.ec2(USER).delete_security_group().group_id(*group).send().await.unwrap();
        pass(60).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_that_others_use_stays_given_without_a_word() {
    let mut setting = Setting::open(1304).await;
    // Of another endpoint, too.
    let (group, _) = described(&setting).await;
    let (id, other) = (endpoint(&setting, &[&group]).await, endpoint(&setting, &[&group]).await);
    assert_eq!(stays_given(&mut setting, &id, &[&group]).await, [""; 0]);
    setting.ec2(USER).delete_vpc_endpoints().vpc_endpoint_ids(other).send().await.unwrap();
    pass(900).await;
    // Of a rule in another group.
    let second = setting.group("clients").await;
    for is_egress in [false, true] {
        let pair = ec2::UserIdGroupPair::builder().group_id(&group).build();
        let rule = ec2::IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443);
        let rule = rule.user_id_group_pairs(pair).build();
        let client = setting.ec2(USER);
        if is_egress {
            let call = client.authorize_security_group_egress().group_id(&second).ip_permissions(rule.clone());
            call.send().await.unwrap();
        } else {
            let call = client.authorize_security_group_ingress().group_id(&second).ip_permissions(rule.clone());
            call.send().await.unwrap();
        }
        pass(60).await;
        let id = endpoint(&setting, &[&group]).await;
        assert_eq!(stays_given(&mut setting, &id, &[&group]).await, [""; 0], "egress: {is_egress}");
        if is_egress {
            let call = client.revoke_security_group_egress().group_id(&second).ip_permissions(rule);
            call.send().await.unwrap();
        } else {
            let call = client.revoke_security_group_ingress().group_id(&second).ip_permissions(rule);
            call.send().await.unwrap();
        }
    }
    // One of two.
    let id = endpoint(&setting, &[&group, &second]).await;
    assert_eq!(stays_given(&mut setting, &id, &[&group, &second]).await, [""; 0]);
    remove_groups(&setting, &[&group, &second]).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn the_default_group_and_one_of_another_vpc_stay_given() {
    let mut setting = Setting::open(1305).await;
    let filters = ["vpc-id", "group-name"].into_iter().zip([setting.id("consumer_vpc_id"), "default".to_owned()]);
    let filters = filters.map(|(name, value)| ec2::Filter::builder().name(name).values(value).build()).collect();
    let seen = setting.ec2(USER).describe_security_groups().set_filters(Some(filters)).send().await.unwrap();
    let default = seen.security_groups()[0].group_id().unwrap().to_owned();
    let id = endpoint(&setting, &[]).await;
    assert_eq!(stays_given(&mut setting, &id, &[&default]).await, [""; 0]);

    let vpc = setting.vpc("10.33.0.0/16").await;
    let call = setting.ec2(USER).create_security_group().group_name("far").description("far").vpc_id(&vpc);
    let far = call.send().await.unwrap().group_id.unwrap();
    pass(60).await;
    let here = setting.id("consumer_vpc_id");
    setting.ec2(USER).associate_security_group_vpc().group_id(&far).vpc_id(&here).send().await.unwrap();
    pass(60).await;
    let id = endpoint(&setting, &[&far]).await;
    assert_eq!(stays_given(&mut setting, &id, &[&far]).await, [""; 0]);
    setting.ec2(USER).disassociate_security_group_vpc().group_id(&far).vpc_id(&here).send().await.unwrap();
    pass(60).await;
    remove_groups(&setting, &[&far]).await;
    setting.ec2(USER).delete_vpc().vpc_id(vpc).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn what_no_argument_can_say_keeps_the_group_given_and_is_told() {
    let mut setting = Setting::open(1306).await;
    let (group, _) = described(&setting).await;
    let range = ec2::IpRange::builder().cidr_ip("10.20.0.0/16").build();
    let rule = ec2::IpPermission::builder().ip_protocol("tcp").from_port(5432).to_port(5432).ip_ranges(range).build();
    let_out(&setting, &group, Some(rule)).await;
    let id = endpoint(&setting, &[&group]).await;
    let told = stays_given(&mut setting, &id, &[&group]).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    let expected = format!(
        "Warning [security_group_ids] The security group stays a given one\n{group} lets out what no argument can say (tcp \
         5432 to 10.20.0.0/16); egress says \"all\" or \"none\". It is imported as a given group"
    );
    assert!(told[0].starts_with(&expected), "{}", told[0]);
    remove_groups(&setting, &[&group]).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn credentials_that_may_not_look_take_nothing_over() {
    let mut setting = Setting::open(1307).await;
    let (group, _) = described(&setting).await;
    let id = endpoint(&setting, &[&group]).await;
    let denied =
        |operation: &str| vec![Fault::at(operation, 1, Strike::Refuse).code("UnauthorizedOperation").times(99)];
    // The interfaces of an endpoint are read anyway.
    setting.land.world.set_faults(denied("DescribeNetworkInterfaces"));
    let found = setting.user.import(CONSUMER, ORDERS, &id).await;
    assert!(says(&found, "Error", &["ec2:DescribeNetworkInterfaces"]), "{:#?}", texts(&found));
    assert!(!setting.user.has(ORDERS));
    setting.land.world.set_faults(denied("DescribeSecurityGroups"));
    let told = import(&mut setting, &id).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    for words in [&group, "may be used by others", "UnauthorizedOperation", "ec2:DescribeSecurityGroups"] {
        assert!(told[0].contains(words), "{words}: {}", told[0]);
    }
    assert_eq!(setting.state()["security_group_ids"], json!([group]));
    setting.land.world.set_faults(Vec::new());
    setting.ec2(USER).delete_vpc_endpoints().vpc_endpoint_ids(id).send().await.unwrap();
    pass(900).await;
    setting.user.forget(ORDERS);
    remove_groups(&setting, &[&group]).await;
    let found = setting.owner.destroy("api").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(objects(&setting.land.world), json!({}));
}
