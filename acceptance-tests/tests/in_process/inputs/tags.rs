//! Tags on everything that can carry them: what is named is written, what is not named goes in the open, and no key is copied
//! from one object to another.

use aws_sdk_ec2::types as ec2;
use aws_sdk_elasticloadbalancingv2::types as elbv2;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{OWNER, Setting, USER, merged, pass, zone_of};
use crate::core::{Action, Plan, texts};
use crate::drift_matrix;
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

fn map(tags: &[ec2::Tag]) -> Json {
    tags.iter().map(|tag| (tag.key().unwrap().to_owned(), json!(tag.value()))).collect()
}

fn tag(key: &str, value: &str) -> ec2::Tag {
    ec2::Tag::builder().key(key).value(value).build()
}

fn changes(plan: &Plan) -> Vec<String> {
    plan.planned.get("changes").as_list().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

impl Setting {
    /// Ids and tags of the rules that let traffic in.
    async fn rules(&self) -> Vec<(String, Json)> {
        let filter = ec2::Filter::builder().name("group-id");
        let filter = filter.values(self.state()["security_group_id"].as_str().unwrap()).build();
        let found = self.ec2(USER).describe_security_group_rules().filters(filter).send().await.unwrap();
        let inbound = found.security_group_rules().iter().filter(|rule| rule.is_egress() != Some(true));
        inbound.map(|rule| (rule.security_group_rule_id().unwrap().to_owned(), map(rule.tags()))).collect()
    }

    /// Tags of the permissions of the service.
    async fn permissions(&self) -> Vec<(String, Json)> {
        let call = || self.ec2(OWNER).describe_vpc_endpoint_service_permissions();
        let ask = || call().service_id(self.service["id"].as_str().unwrap()).send();
        // One read of a new object may miss it.
        let mut found = ask().await.unwrap();
        while found.allowed_principals().is_empty() {
            found = ask().await.unwrap();
        }
        let one = |one: &ec2::AllowedPrincipal| (one.service_permission_id().unwrap().to_owned(), map(one.tags()));
        found.allowed_principals().iter().map(one).collect()
    }

    /// Tags of the connections of the service.
    async fn connections(&self) -> Vec<(String, Json)> {
        let mut found = self.ec2(OWNER).describe_vpc_endpoint_connections().send().await.unwrap();
        while found.vpc_endpoint_connections().is_empty() {
            found = self.ec2(OWNER).describe_vpc_endpoint_connections().send().await.unwrap();
        }
        let one =
            |one: &ec2::VpcEndpointConnection| (one.vpc_endpoint_connection_id().unwrap().to_owned(), map(one.tags()));
        found.vpc_endpoint_connections().iter().map(one).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn rules_carry_the_tags_and_are_healed() {
    let mut setting = Setting::open(661).await;
    let config = setting.config(json!({
        "tags": {"team": "shop"},
        "ingress": [{"port": 443, "cidr_ipv4": "10.20.0.0/16"}, {"port": 80, "cidr_ipv4": "10.20.0.0/16"}],
    }));
    setting.apply(&config).await;
    pass(60).await;
    let rules = setting.rules().await;
    assert_eq!(rules.iter().map(|(_, tags)| tags.clone()).collect::<Vec<_>>(), vec![json!({"team": "shop"}); 2]);
    setting.ec2(USER).create_tags().resources(&rules[0].0).tags(tag("team", "else")).send().await.unwrap();
    setting.ec2(USER).create_tags().resources(&rules[1].0).tags(tag("intruder", "1")).send().await.unwrap();
    pass(300).await;
    let plan = setting.plan(&config).await;
    assert_eq!(setting.state()["tags_all"], json!({"team": "else", "intruder": "1"}), "what one object carries shows");
    assert_eq!(setting.state()["tags"], json!({"team": "shop"}), "and is no wish");
    let told = changes(&plan);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].starts_with("security group rules: remove tag intruder on tcp "), "{told:#?}");
    assert!(told[1].starts_with("security group rules: tag team = shop instead of else on tcp "), "{told:#?}");
    setting.carry_out("tags of rules", &config, plan, &["CreateTags", "DeleteTags"]).await;
    let other = merged(&config, &json!({"tags": {"team": "web"}}));
    let plan = setting.plan(&other).await;
    assert!(changes(&plan).contains(&"security group rules: tag team = web instead of shop on 2 rules".to_owned()));
    let found = setting.user.carry_out(CONSUMER, "orders", &other, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(60).await;
    assert!(setting.rules().await.iter().all(|(_, tags)| *tags == json!({"team": "web"})));
    setting.destroy().await;
}

/// As many tags as are allowed, on everything, from birth through a run that says that it goes on, to a new generation.
#[tokio::test(start_paused = true)]
async fn the_most_tags_that_are_allowed_fit_beside_the_providers_own() {
    let tags = |value: &str| -> Json { (0..43).map(|at| (format!("key-{at}"), json!(value))).collect() };
    let over = json!({"tags": tags("a"), "private_dns": null});
    let mut setting = Setting::with(665, over.clone()).await;
    let service = merged(&setting.land.service(), &over);
    let accept = json!({"accept": {"peer_account": "service"}, "tags": tags("a")});
    let config = merged(&setting.land.consumer(&setting.service), &accept);
    setting.apply(&config).await;
    setting.owner.apply(SERVICE, "api", &merged(&service, &json!({"tags": tags("b")}))).await;
    setting.apply(&merged(&config, &json!({"tags": tags("b")}))).await;
    // A managed group that comes back is one of a second generation.
    let given = merged(
        &config,
        &json!({
            "tags": tags("b"), "ingress": null, "security_group_ids": [setting.id("application_security_group_id")],
        }),
    );
    setting.apply(&given).await;
    setting.apply(&config).await;
    setting.user.expect_empty(CONSUMER, "orders", &config).await;
    setting.destroy().await;
}

/// A consumer's own acceptance tags the connection in the account of the service, and nothing of anybody else's there.
#[tokio::test(start_paused = true)]
async fn a_connection_that_a_consumer_accepts_carries_the_consumers_tags() {
    let mut setting = Setting::closed(663).await;
    let accept = json!({"accept": {"peer_account": "service"}, "tags": {"team": "shop", "tier": "1"}});
    let config = setting.config(accept.clone());
    setting.apply(&config).await;
    pass(60).await;
    let connections = setting.connections().await;
    assert!(connections.len() == 1 && connections[0].1 == json!({"team": "shop", "tier": "1"}), "{connections:#?}");
    // A tag of the service's owner stays, also when the consumer's own change.
    let id = connections[0].0.clone();
    setting.ec2(OWNER).create_tags().resources(&id).tags(tag("cost", "7")).send().await.unwrap();
    pass(300).await;
    setting.user.expect_empty(CONSUMER, "orders", &config).await;
    let other = merged(&setting.config(accept), &json!({"tags": {"team": "web", "tier": null}}));
    let plan = setting.plan(&other).await;
    let told = changes(&plan);
    for line in ["connection: tag team = web instead of shop", "connection: remove tag tier"] {
        assert!(told.contains(&line.to_owned()), "{told:#?}");
    }
    let found = setting.user.carry_out(CONSUMER, "orders", &other, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(60).await;
    assert_eq!(setting.connections().await[0].1, json!({"team": "web", "cost": "7"}));
    setting.user.expect_empty(CONSUMER, "orders", &other).await;
    setting.destroy().await;
}

/// Who finds the connection accepted adds its tags, and keeps those of other keys.
#[tokio::test(start_paused = true)]
async fn a_connection_that_somebody_else_accepted_keeps_its_other_tags() {
    let mut setting = Setting::closed(664).await;
    let waiting = setting.config(json!({"wait_for_acceptance": false, "tags": {"team": "shop"}}));
    setting.try_apply(&waiting).await;
    let endpoint = setting.state()["id"].as_str().unwrap().to_owned();
    setting.accept(&endpoint).await;
    pass(600).await;
    let id = setting.connections().await[0].0.clone();
    setting.ec2(OWNER).create_tags().resources(&id).tags(tag("customer", "shop")).send().await.unwrap();
    let config = setting.config(json!({"accept": {"peer_account": "service"}, "tags": {"team": "shop"}}));
    setting.apply(&config).await;
    let other = merged(&config, &json!({"tags": {"team": "web"}}));
    setting.apply(&other).await;
    pass(60).await;
    assert_eq!(setting.connections().await, [(id, json!({"customer": "shop", "team": "web"}))]);
    setting.user.expect_empty(CONSUMER, "orders", &other).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn permissions_and_accepted_connections_carry_the_services_tags() {
    let accept = json!({"private_dns": null, "accept": [{"account_ids": [USER]}], "tags": {"team": "orders"}});
    let mut setting = Setting::with(662, accept.clone()).await;
    let service = merged(&setting.land.service(), &accept);
    let wanted = json!({"team": "orders"});
    let permissions = setting.permissions().await;
    assert!(permissions.len() == 1 && permissions[0].1 == wanted, "{permissions:#?}");
    let config = setting.config(json!({"wait_for_acceptance": false}));
    setting.try_apply(&config).await;
    pass(60).await;
    // The acceptance comes with the owner's next apply, and with it the tags.
    setting.owner.apply(SERVICE, "api", &service).await;
    pass(600).await;
    let connections = setting.connections().await;
    assert!(connections.len() == 1 && connections[0].1 == wanted, "{connections:#?}");
    // Drift of both.
    let ids = [permissions[0].0.clone(), connections[0].0.clone()];
    let client = setting.ec2(OWNER);
    client.create_tags().set_resources(Some(ids.to_vec())).tags(tag("team", "else")).send().await.unwrap();
    pass(300).await;
    let plan = setting.owner.plan(SERVICE, "api", &service).await;
    assert_eq!(plan.action, Action::Update);
    drift_matrix::expect_row(&setting.owner, "api", "tags of a permission and a connection", &plan);
    let told = changes(&plan);
    assert!(
        told.iter().any(|line| line.starts_with("permissions: tag team = orders instead of else on arn:")),
        "{told:#?}"
    );
    assert!(
        told.iter().any(|line| line.starts_with("connections: tag team = orders instead of else on vpce-")),
        "{told:#?}"
    );
    assert_eq!(setting.owner.state("api")["tags_all"], json!({"team": "else"}));
    let found = setting.owner.carry_out(SERVICE, "api", &service, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    setting.owner.expect_empty(SERVICE, "api", &service).await;
    // Other tags reach both, and none at all too.
    for tags in [json!({"team": "web", "tier": "1"}), json!(null)] {
        let other = merged(&service, &json!({"tags": tags}));
        setting.owner.apply(SERVICE, "api", &other).await;
        pass(120).await;
        let expected = if tags.is_null() { json!({}) } else { tags };
        for (id, found) in setting.permissions().await.into_iter().chain(setting.connections().await) {
            assert_eq!(found, expected, "{id}");
        }
    }
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_foreign_tag_is_copied_to_no_other_object() {
    let mut bench = Bench::plain(663).await;
    let client = bench.elbv2();
    let (balancer, group) = (bench.link("load_balancer"), bench.link("target_group.https"));
    let arns = [&balancer, &group].map(|state| state["arn"].as_str().unwrap().to_owned());
    let service = bench.state()["id"].as_str().unwrap().to_owned();
    let foreign = elbv2::Tag::builder().key("intruder").value("1").build();
    for on_service in [false, true] {
        if on_service {
            bench.ec2().create_tags().resources(&service).tags(tag("intruder", "1")).send().await.unwrap();
        } else {
            client.add_tags().resource_arns(&arns[0]).tags(foreign.clone()).send().await.unwrap();
        }
        pass(300).await;
        let found = bench.terraform.refresh(NAME).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        assert_eq!(bench.state()["tags_all"], json!({"team": "orders", "intruder": "1"}));
        // What core makes of ignore_changes = [tags].
        let mut config = bench.config.clone();
        config["tags"] = bench.state()["tags"].clone();
        let plan = bench.plan_of(&config).await;
        let told = changes(&plan);
        assert_eq!(told.len(), 1, "{told:#?}");
        assert!(told[0].ends_with(": remove tag intruder"), "{told:#?}");
        bench.terraform.apply(SERVICE, NAME, &config).await;
        let described = client.describe_tags().set_resource_arns(Some(arns.to_vec())).send().await.unwrap();
        let keys =
            described.tag_descriptions().iter().flat_map(elbv2::TagDescription::tags).filter_map(|tag| tag.key());
        assert!(keys.into_iter().all(|key| key != "intruder"));
    }
    bench.destroy().await;
}

/// Each of the tags that say whose an object is, on each object that carries them.
#[tokio::test(start_paused = true)]
async fn an_owner_tag_that_was_removed_is_told_and_written_again() {
    let keys = ["privatelink:resource", "privatelink:uid", "privatelink:link"];
    let mut bench = Bench::plain(664).await;
    for link in ["load_balancer", "target_group.https", "listener.https", "endpoint_service"] {
        let state = bench.link(link);
        for key in keys {
            if link == "endpoint_service" {
                let key = ec2::Tag::builder().key(key).build();
                bench.ec2().delete_tags().resources(state["id"].as_str().unwrap()).tags(key).send().await.unwrap();
            } else {
                let arn = state["arn"].as_str().unwrap();
                bench.elbv2().remove_tags().resource_arns(arn).tag_keys(key).send().await.unwrap();
            }
            pass(300).await;
            let plan = bench.plan().await;
            let object = link.replace(['_', '.'], " ");
            let line = format!("{object}: owner tags: name orders-api");
            assert_eq!(changes(&plan), [line], "{link} {key}");
            let config = bench.config.clone();
            bench.terraform.apply(SERVICE, NAME, &config).await;
        }
    }
    bench.destroy().await;

    let mut setting = Setting::open(665).await;
    let dns = json!({"zone_name": "orders.internal", "record": [{"name": "api"}]});
    let config = setting.config(json!({"name": "shop", "dns": [dns]}));
    setting.apply(&config).await;
    for (link, attribute) in
        [("endpoint", "id"), ("security group", "security_group_id"), ("hosted zone orders.internal", "zone_ids")]
    {
        let found =
            if attribute == "zone_ids" { zone_of(&setting.state()) } else { setting.state()[attribute].clone() };
        let id = found.as_str().unwrap().to_owned();
        for key in keys {
            if attribute == "zone_ids" {
                let call = setting.route53(USER).change_tags_for_resource().resource_type("hostedzone".into());
                call.resource_id(&id).remove_tag_keys(key).send().await.unwrap();
            } else {
                let key = ec2::Tag::builder().key(key).build();
                setting.ec2(USER).delete_tags().resources(&id).tags(key).send().await.unwrap();
            }
            pass(300).await;
            let plan = setting.plan(&config).await;
            let told = changes(&plan);
            assert!(told.contains(&format!("{link}: owner tags: name shop")), "{link} {key}: {told:#?}");
            let words = format!("{link}: owner tags: ");
            assert!(told.iter().all(|line| line.starts_with(&words)), "{link} {key}: {told:#?}");
            let found = setting.user.carry_out(CONSUMER, "orders", &config, plan).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
            pass(120).await;
            setting.user.expect_empty(CONSUMER, "orders", &config).await;
        }
    }
    setting.destroy().await;
}
