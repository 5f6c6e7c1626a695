//! Ctrl-C and deadlines in the middle of a creation: an early return, a complete state, and a next
//! apply that goes on.

use std::time::Duration;

use privatelink::resource::ProviderServer;
use serde_json::json;
use tokio::time::Instant;

use crate::core::{objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Longest single call of a strict world, and the end of what it started.
const SOON: Duration = Duration::from_secs(15);

#[tokio::test(start_paused = true)]
async fn a_stopped_creation_returns_soon_and_the_next_apply_goes_on() {
    for seconds in [0, 3, 60, 150, 200] {
        let land = Landscape::strict(5);
        let mut owner = land.service_side().await;
        let provider = owner.provider.clone();
        let config = land.service();
        let stopping = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            provider.stop();
            Instant::now()
        };
        let (found, stopped) = tokio::join!(owner.try_apply(SERVICE, "api", &config), stopping);
        assert!(stopped.elapsed() < SOON, "stopped after {seconds} s, it took {:?} more", stopped.elapsed());
        assert!(found.has_errors(), "stopped after {seconds} s: {:#?}", texts(&found));
        // A creation is tainted: nothing may promise that a plain apply goes on.
        for text in texts(&found) {
            assert!(!text.contains("goes on from here") && !text.contains("Tried for"), "{text}");
        }
        if owner.has("api") {
            assert!(owner.is_tainted("api"));
            owner.untaint("api");
        } else {
            assert_eq!(objects(&land.world), json!({}), "stopped after {seconds} s");
        }
        // Terraform starts the provider anew.
        owner.provider = land.service_side().await.provider;
        let before = owner.has("api").then(|| owner.state("api")["record"]["owner_uid"].clone());
        // No more is expected than two empty plans: what the stopped run recorded of a verification that it did not begin
        // goes with the first refresh.
        let found = owner.try_apply(SERVICE, "api", &config).await;
        assert!(!found.has_errors(), "stopped after {seconds} s: {:#?}", texts(&found));
        owner.expect_empty(SERVICE, "api", &config).await;
        if let Some(before) = before {
            assert_eq!(owner.state("api")["record"]["owner_uid"], before, "what was made was thrown away");
        }
        let found = owner.destroy("api").await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        assert_eq!(objects(&land.world), json!({}), "stopped after {seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_waits_for_its_service_to_show_stops_at_once() {
    let land = Landscape::strict(7);
    let mut user = land.consumer_side().await;
    let provider = user.provider.clone();
    let config = json!({
        "service_name": "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
        "subnet_ids": land.ids["consumer_subnet_ids"],
    });
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        provider.stop();
        Instant::now()
    };
    let (found, stopped) = tokio::join!(user.try_apply(CONSUMER, "orders", &config), stopping);
    assert!(found.has_errors() && stopped.elapsed() < SOON, "it took {:?} more", stopped.elapsed());
    assert_eq!(objects(&land.world), json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_consumer_goes_on_too() {
    for seconds in [1, 8, 25, 70] {
        let land = Landscape::strict(6);
        let mut owner = land.service_side().await;
        let found = owner.try_apply(SERVICE, "api", &land.service()).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        let mut user = land.consumer_side().await;
        let provider = user.provider.clone();
        let config = land.consumer(&owner.state("api"));
        let stopping = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            provider.stop();
            Instant::now()
        };
        let (found, stopped) = tokio::join!(user.try_apply(CONSUMER, "orders", &config), stopping);
        assert!(stopped.elapsed() < SOON, "stopped after {seconds} s, it took {:?} more", stopped.elapsed());
        assert!(found.has_errors(), "stopped after {seconds} s: {:#?}", texts(&found));
        if user.has("orders") {
            user.untaint("orders");
        }
        user.provider = land.consumer_side().await.provider;
        user.apply(CONSUMER, "orders", &config).await;
        for (side, name) in [(&mut user, "orders"), (&mut owner, "api")] {
            let found = side.destroy(name).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        assert_eq!(objects(&land.world), json!({}), "stopped after {seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_keeps_what_exists_and_the_next_apply_finishes() {
    let land = Landscape::strict(5);
    let mut owner = land.service_side().await;
    let mut hurried = land.service();
    hurried["timeouts"] = json!({"create": "1m"});
    let start = Instant::now();
    let found = owner.try_apply(SERVICE, "api", &hurried).await;
    assert!(start.elapsed() < Duration::from_secs(60) + SOON, "{:?}", start.elapsed());
    let told = texts(&found);
    assert!(found.has_errors() && told.iter().any(|text| text.contains("timeout reached")), "{told:#?}");
    assert!(told.iter().any(|text| text.contains("raise the resource's timeouts")), "{told:#?}");
    assert!(told.iter().any(|text| text.contains("Not reached: ") && text.contains("endpoint_service")), "{told:#?}");
    let uid = owner.state("api")["record"]["owner_uid"].clone();
    owner.untaint("api");
    // What is left now is an update, which has a timeout of its own.
    owner.apply(SERVICE, "api", &hurried).await;
    assert_eq!(owner.state("api")["record"]["owner_uid"], uid);
    let found = owner.destroy("api").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(objects(&land.world), json!({}));
}
