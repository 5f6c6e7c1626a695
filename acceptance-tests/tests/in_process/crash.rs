//! The provider's process is killed at a call: core keeps the state that it had before.
//!
//! After a killed update the next apply finds by its own uid what the dead run made. After a killed
//! creation the state is empty: the next apply finds the dead run's lease, waits it out, and goes on under
//! the dead run's uid.

use std::collections::BTreeMap;

use acceptance_tests::simulator::faults::{Fault, Strike};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use crate::consumer_setting::Setting;
use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Applies, and kills the provider at the call; whether it came that far.
async fn killed(
    terraform: &Terraform,
    resource_type: &'static str,
    name: &'static str,
    config: &Json,
    fault: Fault,
) -> bool {
    let world = terraform.world.clone();
    let (mut running, config) = (terraform.clone(), config.clone());
    let mut process = JoinSet::new();
    let handle = process.spawn(async move { running.try_apply(resource_type, name, &config).await.has_errors() });
    world.on_kill(Box::new(move |_| handle.abort()));
    world.set_faults(vec![fault]);
    let end = process.join_next().await.unwrap();
    world.set_faults(Vec::new());
    end.is_err_and(|end| end.is_cancelled())
}

/// Two listeners more, and other settings: objects to be made, changed and removed.
fn grown(land: &Landscape) -> Json {
    let mut config = land.service();
    config["tags"]["changed"] = json!("yes");
    config["listener"] = json!([
        {"name": "https", "port": 443, "target_port": 8443, "target_ids": land.ids["provider_instance_ids"]},
        {"name": "admin", "port": 9443, "target_ids": land.ids["provider_instance_ids"]},
    ]);
    config
}

#[tokio::test(start_paused = true)]
async fn a_killed_update_is_carried_on_by_its_uid() {
    let mut kills = 0;
    for call in 1..40 {
        let land = Landscape::strict(8);
        let mut owner = land.service_side().await;
        let found = owner.try_apply(SERVICE, "api", &land.service()).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        let fault = Fault::at("*", call, Strike::Kill);
        let fault = if call % 3 == 0 { fault.before() } else { fault };
        let config = grown(&land);
        if !killed(&owner, SERVICE, "api", &config, fault).await {
            break;
        }
        kills += 1;
        owner.provider = land.service_side().await.provider;
        owner.apply(SERVICE, "api", &config).await;
        let made = objects(&land.world)["111111111111"]["us-east-1"].clone();
        for (kind, count) in [("load_balancer", 1), ("target_group", 2), ("listener", 2), ("endpoint_service", 1)] {
            assert_eq!(made[kind].as_array().map_or(0, Vec::len), count, "killed at {call}: {made:#}");
        }
        let found = owner.destroy("api").await;
        assert!(!found.has_errors(), "killed at {call}: {:#?}", texts(&found));
        assert_eq!(objects(&land.world), json!({}), "killed at {call}");
    }
    assert!(kills >= 5, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn a_killed_update_of_a_consumer_is_carried_on_by_its_uid() {
    let mut kills = 0;
    for call in 1..40 {
        let land = Landscape::strict(9);
        let mut owner = land.service_side().await;
        let found = owner.try_apply(SERVICE, "api", &land.service()).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        let mut user = land.consumer_side().await;
        let full = land.consumer(&owner.state("api"));
        let mut bare = full.clone();
        bare.as_object_mut().unwrap().remove("dns");
        bare["private_dns_enabled"] = json!(false);
        let found = user.try_apply(CONSUMER, "orders", &bare).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        if !killed(&user, CONSUMER, "orders", &full, Fault::at("*", call, Strike::Kill)).await {
            break;
        }
        kills += 1;
        user.provider = land.consumer_side().await.provider;
        let found = user.try_apply(CONSUMER, "orders", &full).await;
        assert!(!found.has_errors(), "killed at {call}: {:#?}", texts(&found));
        // What a dead run wrote a moment ago is not yet in every read of Route 53.
        tokio::time::sleep(std::time::Duration::from_secs(120)).await;
        user.expect_empty(CONSUMER, "orders", &full).await;
        let zones = objects(&land.world)["222222222222"]["global"]["hosted_zone"].clone();
        assert_eq!(zones.as_array().map_or(0, Vec::len), 1, "killed at {call}: {zones:#}");
        for (side, name) in [(&mut user, "orders"), (&mut owner, "api")] {
            let found = side.destroy(name).await;
            assert!(!found.has_errors(), "killed at {call}: {:#?}", texts(&found));
        }
        assert_eq!(objects(&land.world), json!({}), "killed at {call}");
    }
    assert!(kills >= 3, "only {kills} calls could be killed");
}

/// What a killed creation of this side comes to: every call, cut before it is sent and after its effect.
async fn expect_taken_up(seed: u64, resource_type: &'static str, name: &'static str) -> usize {
    let (mut kills, mut gaps) = (0, 0);
    for call in 1..60 {
        for before in [false, true] {
            let land = Landscape::strict(seed);
            let mut owner = land.service_side().await;
            let mut user = land.consumer_side().await;
            let mut config = land.service();
            if resource_type == CONSUMER {
                let found = owner.try_apply(SERVICE, "api", &config).await;
                assert!(!found.has_errors(), "{:#?}", texts(&found));
                config = land.consumer(&owner.state("api"));
            }
            let side = if resource_type == CONSUMER { &mut user } else { &mut owner };
            let fault = Fault::at("*", call, Strike::Kill);
            let fault = if before { fault.before() } else { fault };
            let case = format!("killed {} call {call}", if before { "before" } else { "after" });
            if !killed(side, resource_type, name, &config, fault).await {
                continue;
            }
            let last = land.world.calls().pop().map(|call| call.operation).unwrap_or_default();
            if ["RemoveTags", "DeleteTags"].contains(&last.as_str()) {
                // The gap that `resource::lease` tells of: the lease is off, and core has not saved the state.
                gaps += 1;
                continue;
            }
            kills += 1;
            assert!(!side.has(name), "{case}");
            // Nobody starts a new process sooner than AWS shows what the old one made.
            tokio::time::sleep(std::time::Duration::from_secs(30)).await;
            let fresh = if resource_type == CONSUMER { land.consumer_side().await } else { land.service_side().await };
            side.provider = fresh.provider;
            let found = side.try_apply(resource_type, name, &config).await;
            assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
            // What a dead run wrote a moment ago is not yet in every read.
            tokio::time::sleep(std::time::Duration::from_secs(120)).await;
            side.expect_empty(resource_type, name, &config).await;
            if resource_type == CONSUMER {
                let found = user.destroy("orders").await;
                assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
            }
            let found = owner.destroy("api").await;
            assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
            assert_eq!(objects(&land.world), json!({}), "{case}");
        }
    }
    assert!(gaps <= 2, "{gaps}");
    kills
}

#[tokio::test(start_paused = true)]
async fn a_killed_creation_of_a_service_is_taken_up_by_the_next_apply() {
    let kills = expect_taken_up(8, SERVICE, "api").await;
    assert!(kills >= 20, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn a_killed_creation_of_a_consumer_is_taken_up_by_the_next_apply() {
    let kills = expect_taken_up(9, CONSUMER, "orders").await;
    assert!(kills >= 20, "only {kills} calls could be killed");
}

/// The uids on everything that is left, a line for each object.
async fn marks(setting: &Setting) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (account, regions) in objects(&setting.land.world).as_object().unwrap() {
        for kinds in regions.as_object().unwrap().values() {
            for (kind, ids) in kinds.as_object().unwrap() {
                for id in ids.as_array().unwrap() {
                    let id = id.as_str().unwrap();
                    let mark = match kind.as_str() {
                        "target_group" => {
                            let reply = setting.elb(account).describe_tags().resource_arns(id).send().await.unwrap();
                            let tags = reply.tag_descriptions()[0].tags().to_vec();
                            tags.into_iter().find(|tag| tag.key() == Some("privatelink:uid")).unwrap().value.unwrap()
                        }
                        "security_group" | "security_group_rule" => {
                            let ec2 = setting.ec2(account);
                            let mut group = id.to_owned();
                            if kind == "security_group_rule" {
                                let rules = ec2.describe_security_group_rules().security_group_rule_ids(id).send();
                                let rules = rules.await.unwrap().security_group_rules.unwrap();
                                rules[0].group_id().unwrap().clone_into(&mut group);
                            }
                            let reply = ec2.describe_security_groups().group_ids(group).send();
                            let tags = reply.await.unwrap().security_groups()[0].tags().to_vec();
                            tags.into_iter().find(|tag| tag.key() == Some("privatelink:uid")).unwrap().value.unwrap()
                        }
                        // Tags come a call after the zone, its reference with it: privatelink/UID/….
                        "hosted_zone" | "record_set" => {
                            let zone = id.split('/').next().unwrap();
                            let reply = setting.route53(account).get_hosted_zone().id(zone).send().await.unwrap();
                            let reference = reply.hosted_zone().unwrap().caller_reference().to_owned();
                            reference.split('/').nth(1).unwrap_or_default().to_owned()
                        }
                        _ => String::new(),
                    };
                    found.push((format!("{kind} {id}"), mark));
                }
            }
        }
    }
    found
}

/// A destroy removes what the state names. What a dead update made is in no state, and to look for it would cost
/// every destroy its calls: it is left and bears the uid. An apply before the destroy would have taken it up.
async fn expect_only_marked_remains(seed: u64, resource_type: &'static str) -> BTreeMap<String, usize> {
    let mut remains = BTreeMap::new();
    for call in 1..40 {
        for before in [false, true] {
            let mut setting = Setting::bare(seed).await;
            let mut changed = grown(&setting.land);
            let mut config = setting.land.service();
            config.as_object_mut().unwrap().remove("private_dns");
            setting.owner.try_apply(SERVICE, "api", &config).await;
            let name = if resource_type == CONSUMER { "orders" } else { "api" };
            if resource_type == CONSUMER {
                changed = setting.land.consumer(&setting.owner.state("api"));
                config = changed.clone();
                let entries = config.as_object_mut().unwrap();
                entries.remove("dns");
                entries.remove("ingress");
                entries.insert(
                    "security_group_ids".to_owned(),
                    json!([setting.land.ids["application_security_group_id"]]),
                );
                setting.user.try_apply(CONSUMER, "orders", &config).await;
            }
            let side = if resource_type == CONSUMER { &mut setting.user } else { &mut setting.owner };
            let uid = side.state(name)["owner_uid"].clone();
            let fault = Fault::at("*", call, Strike::Kill);
            let fault = if before { fault.before() } else { fault };
            let case = format!("killed {} call {call}", if before { "before" } else { "after" });
            if !killed(side, resource_type, name, &changed, fault).await {
                continue;
            }
            let land = &setting.land;
            let fresh = if resource_type == CONSUMER { land.consumer_side().await } else { land.service_side().await };
            side.provider = fresh.provider;
            side.refresh(name).await;
            if resource_type == CONSUMER {
                let found = setting.user.destroy("orders").await;
                assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
            }
            let found = setting.owner.destroy("api").await;
            assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
            for (object, mark) in marks(&setting).await {
                let kind = object.split(' ').next().unwrap().to_owned();
                // A record bears nothing, and the zone of a public name is the user's own.
                let is_public = object.contains(setting.land.ids["public_zone_id"].as_str().unwrap());
                assert!(is_public || json!(mark) == uid, "{case}: {object}");
                *remains.entry(if is_public { "public record".to_owned() } else { kind }).or_default() += 1;
            }
        }
    }
    remains
}

#[tokio::test(start_paused = true)]
async fn a_destroy_after_a_killed_update_leaves_only_new_objects_that_bear_its_uid() {
    let remains = expect_only_marked_remains(8, SERVICE).await;
    assert_eq!(remains.keys().collect::<Vec<_>>(), ["public record", "target_group"], "{remains:?}");
    let remains = expect_only_marked_remains(9, CONSUMER).await;
    assert_eq!(
        remains.keys().collect::<Vec<_>>(),
        ["hosted_zone", "record_set", "security_group", "security_group_rule"],
        "{remains:?}"
    );
}
