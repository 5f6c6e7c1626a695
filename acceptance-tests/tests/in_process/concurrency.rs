//! Two runs at once on the same objects, from two states: each ends, nothing is twice, the next apply heals.

use serde_json::{Value as Json, json};

use crate::consumer_setting::pass;
use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

fn kinds(land: &Landscape, account: &str, kind: &str) -> usize {
    objects(&land.world)[account]["us-east-1"][kind].as_array().map_or(0, Vec::len)
}

/// Refreshes and applies until nothing is left to do; AWS may take a while to agree with itself.
async fn heals(terraform: &mut Terraform, kind: &str, name: &str, config: &Json) {
    for _ in 0..3 {
        pass(300).await;
        let found = terraform.try_apply(kind, name, config).await;
        if !found.has_errors() {
            terraform.expect_empty(kind, name, config).await;
            return;
        }
    }
    let found = terraform.try_apply(kind, name, config).await;
    panic!("it does not heal: {:#?}", texts(&found));
}

fn explains_itself(found: &privatelink::diagnostic::Diagnostics) {
    for text in texts(found).iter().filter(|text| text.starts_with("Error")) {
        assert!(text.contains("What to do: ") || text.contains("Cannot"), "{text}");
        assert!(!text.contains("bug in the provider"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_updates_at_once_of_one_service_from_two_states_end_and_heal() {
    for seed in 311..317 {
        let land = Landscape::strict(seed);
        let mut first = land.service_side().await;
        let config = land.service();
        first.apply(SERVICE, "api", &config).await;
        let mut second = land.service_side().await;
        second.take_over(&first);

        let mut one = config.clone();
        one["listener"][0]["port"] = json!(8443);
        one["allowed_principals"] = json!(["222222222222", "333333333333"]);
        one["tags"] = json!({"team": "one"});
        let mut other = config.clone();
        other["listener"] = json!([
            {"name": "https", "port": 443, "target_ids": [land.ids["provider_instance_ids"][0]]},
            {"name": "web", "port": 80, "target_ids": land.ids["provider_instance_ids"]},
        ]);
        other["acceptance_required"] = json!(false);
        other["tags"] = json!({"team": "other"});
        let (found, others) =
            tokio::join!(first.try_apply(SERVICE, "api", &one), second.try_apply(SERVICE, "api", &other));
        explains_itself(&found);
        explains_itself(&others);
        assert_eq!(kinds(&land, "111111111111", "endpoint_service"), 1);
        assert_eq!(kinds(&land, "111111111111", "load_balancer"), 1);

        // Whoever applies next, alone, has the last word; it sees what its state names.
        heals(&mut first, SERVICE, "api", &one).await;
        assert_eq!(kinds(&land, "111111111111", "endpoint_service"), 1);
        // The other's own additions are in the other's state, and go by it.
        heals(&mut second, SERVICE, "api", &other).await;
        let found = second.destroy("api").await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        pass(600).await;
        let found = first.destroy("api").await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        assert_eq!(objects(&land.world), json!({}), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_beside_a_destroy_from_another_state_ends_and_leaves_nothing() {
    for seed in 321..325 {
        let land = Landscape::strict(seed);
        let mut first = land.service_side().await;
        let mut config = land.service();
        first.apply(SERVICE, "api", &config).await;
        let mut second = land.service_side().await;
        second.take_over(&first);
        config["listener"][0]["port"] = json!(8443);
        config["tags"] = json!({"team": "one"});
        // What the destroy takes away meanwhile, the update puts back although its plan did not see that.
        first.has_rival = true;
        let (found, others) = tokio::join!(first.try_apply(SERVICE, "api", &config), second.destroy("api"));
        first.has_rival = false;
        explains_itself(&found);
        explains_itself(&others);
        for side in [&mut first, &mut second] {
            for _ in 0..3 {
                pass(300).await;
                let found = side.destroy("api").await;
                explains_itself(&found);
            }
            assert!(!side.has("api"));
        }
        assert_eq!(objects(&land.world), json!({}), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_updates_at_once_of_one_consumer_from_two_states_end_and_heal() {
    for seed in 331..335 {
        let land = Landscape::strict(seed);
        let mut owner = land.service_side().await;
        owner.apply(SERVICE, "api", &land.service()).await;
        pass(120).await;
        let mut first = land.consumer_side().await;
        let config = land.consumer(&owner.state("api"));
        first.apply(CONSUMER, "orders", &config).await;
        let mut second = land.consumer_side().await;
        second.take_over(&first);
        let mut one = config.clone();
        one["dns"][0]["record"] = json!([{"name": "@"}, {"name": "web"}]);
        one["subnet_ids"] = json!([land.ids["consumer_subnet_ids"][0], land.ids["consumer_subnet_ids"][1]]);
        let mut other = config.clone();
        other["ingress"] = json!([{"port": 443, "cidr_ipv4": "10.0.0.0/8"}]);
        other["private_dns_enabled"] = json!(false);
        (first.has_rival, second.has_rival) = (true, true);
        let (found, others) =
            tokio::join!(first.try_apply(CONSUMER, "orders", &one), second.try_apply(CONSUMER, "orders", &other));
        (first.has_rival, second.has_rival) = (false, false);
        explains_itself(&found);
        explains_itself(&others);
        assert_eq!(kinds(&land, "222222222222", "endpoint"), 1);
        heals(&mut first, CONSUMER, "orders", &one).await;
        heals(&mut second, CONSUMER, "orders", &other).await;
        // Records that only the other state names hold the zone for as long as they are there.
        for _ in 0..2 {
            for side in [&mut second, &mut first] {
                pass(600).await;
                let found = side.destroy("orders").await;
                explains_itself(&found);
                let told = texts(&found).join("\n");
                assert!(!found.has_errors() || told.contains("HostedZoneNotEmpty"), "{told}");
            }
        }
        let found = owner.destroy("api").await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        assert_eq!(objects(&land.world), json!({}), "seed {seed}");
    }
}
