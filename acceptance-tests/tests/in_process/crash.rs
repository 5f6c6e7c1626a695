//! The provider's process is killed at a call: core keeps the state that it had before.
//!
//! After a killed update the next apply finds by its own uid what the dead run made. After a killed
//! creation the state is empty: the next apply makes a chain of its own and leaves the dead run's
//! objects alone; their owner tags name them.

use acceptance_tests::simulator::faults::{Fault, Strike};
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

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

#[tokio::test(start_paused = true)]
async fn a_killed_creation_neither_blocks_the_next_apply_nor_is_touched_by_it() {
    for call in [1, 3, 5, 7] {
        let land = Landscape::strict(8);
        let mut owner = land.service_side().await;
        let config = land.service();
        assert!(killed(&owner, SERVICE, "api", &config, Fault::at("*", call, Strike::Kill)).await);
        assert!(!owner.has("api"));
        let left = objects(&land.world)["111111111111"]["us-east-1"].clone();
        assert_ne!(left, Json::Null, "killed at {call}");
        owner.provider = land.service_side().await.provider;
        owner.apply(SERVICE, "api", &config).await;
        let found = owner.destroy("api").await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        assert_eq!(objects(&land.world)["111111111111"]["us-east-1"], left, "killed at {call}");
    }
}
