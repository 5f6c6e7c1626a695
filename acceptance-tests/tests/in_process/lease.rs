//! Two resources of one type and name in two states: neither takes the other's objects, dead or alive.

use std::time::Duration;

use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::resource::ProviderServer as _;
use serde_json::{Value as Json, json};

use crate::core::{objects, texts};
use crate::landscape::{Landscape, SERVICE};

/// So many services and load balancers there are.
fn count(land: &Landscape) -> (usize, usize) {
    let made = objects(&land.world)["111111111111"]["us-east-1"].clone();
    let count = |kind: &str| made[kind].as_array().map_or(0, Vec::len);
    (count("endpoint_service"), count("load_balancer"))
}

fn plain(land: &Landscape) -> Json {
    let mut config = land.service();
    config.as_object_mut().unwrap().remove("private_dns");
    config
}

#[tokio::test(start_paused = true)]
async fn a_resource_of_the_same_name_in_another_state_is_left_alone() {
    let land = Landscape::strict(41);
    let config = plain(&land);
    let (mut first, mut second) = (land.service_side().await, land.service_side().await);
    first.apply(SERVICE, "api", &config).await;
    let start = tokio::time::Instant::now();
    let found = second.try_apply(SERVICE, "api", &config).await;
    assert_eq!(texts(&found), [""; 0]);
    assert!(start.elapsed() < Duration::from_secs(600), "nobody waits for a lease that was given up");
    assert_eq!(count(&land), (2, 2));
    assert_ne!(first.state("api")["id"], second.state("api")["id"]);
    assert!(!second.destroy("api").await.has_errors());
    first.expect_empty(SERVICE, "api", &config).await;
    assert!(!first.destroy("api").await.has_errors());
    assert_eq!(objects(&land.world), json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_lives_keeps_what_it_makes() {
    let land = Landscape::strict(42);
    let config = land.service();
    let (mut first, mut second) = (land.service_side().await, land.service_side().await);
    let (one, other) = tokio::join!(first.try_apply(SERVICE, "api", &config), async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        second.try_apply(SERVICE, "api", &plain(&land)).await
    });
    assert_eq!((texts(&one), texts(&other)), (Vec::new(), Vec::new()));
    assert_eq!(count(&land), (2, 2));
    assert_ne!(first.state("api")["id"], second.state("api")["id"]);
    assert!(!second.destroy("api").await.has_errors());
    first.expect_empty(SERVICE, "api", &config).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_creation_recorded_is_not_taken_by_another_state() {
    let land = Landscape::strict(43);
    let config = plain(&land);
    let (mut first, mut second) = (land.service_side().await, land.service_side().await);
    land.world.set_faults(vec![
        Fault::at("CreateVpcEndpointServiceConfiguration", 1, Strike::Refuse).code("UnauthorizedOperation"),
    ]);
    let found = first.try_apply(SERVICE, "api", &config).await;
    assert!(found.has_errors());
    land.world.set_faults(Vec::new());
    tokio::time::sleep(Duration::from_secs(600)).await;
    let found = second.try_apply(SERVICE, "api", &config).await;
    assert_eq!(texts(&found), [""; 0]);
    assert_eq!(count(&land), (1, 2));
    for side in [&mut first, &mut second] {
        let found = side.destroy("api").await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }
    assert_eq!(objects(&land.world), json!({}));
}

#[tokio::test(start_paused = true)]
async fn what_a_creation_made_whose_host_died_is_taken_up_by_the_next() {
    for seconds in [20, 200] {
        let land = Landscape::strict(44);
        let config = land.service();
        let mut orphaned = land.service_side().await;
        let provider = orphaned.provider.clone();
        let dying = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            provider.abandon();
        };
        let (found, ()) = tokio::join!(orphaned.try_apply(SERVICE, "api", &config), dying);
        assert!(found.has_errors(), "dead after {seconds} s: {:#?}", texts(&found));
        assert_eq!(count(&land), (0, 1), "dead after {seconds} s");

        // Nobody saved what it returned. The provider ends after it, some seconds later somebody tries again.
        drop(orphaned);
        tokio::time::sleep(Duration::from_secs(30)).await;
        let mut next = land.service_side().await;
        let found = next.try_apply(SERVICE, "api", &config).await;
        assert!(!found.has_errors(), "dead after {seconds} s: {:#?}", texts(&found));
        assert_eq!(count(&land), (1, 1), "dead after {seconds} s");
        assert!(!next.destroy("api").await.has_errors());
        assert_eq!(objects(&land.world), json!({}), "dead after {seconds} s");
    }
}
