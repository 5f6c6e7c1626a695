//! Two resources of one type and name in two states: neither takes the other's objects, dead or alive.

use std::collections::BTreeMap;
use std::time::Duration;

use acceptance_tests::simulator::faults::{Fault, Strike};
use aws_sdk_elasticloadbalancingv2::types::TagDescription;
use privatelink::diagnostic::Diagnostics;
use privatelink::resource::ProviderServer as _;
use serde_json::{Value as Json, json};

use crate::consumer_setting::says;
use crate::core::{Terraform, objects, texts};
use crate::landscape::{Landscape, SERVICE};
use crate::skewed::skewed;

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
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert!(says(&found, "Warning", &["chain of the same configuration exists"]), "{:#?}", texts(&found));
    assert!(start.elapsed() < Duration::from_secs(600), "nobody watches a creation that has ended");
    assert_eq!(count(&land), (2, 2));
    assert_ne!(first.state("api")["id"], second.state("api")["id"]);
    assert!(!second.destroy("api").await.has_errors());
    first.expect_empty(SERVICE, "api", &config).await;
    assert!(!first.destroy("api").await.has_errors());
    assert_eq!(objects(&land.world), json!({}));
}

/// What two machines differ by, in seconds: the first's clock, then the second's.
const SKEWS: [(i64, i64); 6] = [(0, 0), (0, 45), (0, -45), (600, -600), (-600, 600), (0, 86_400)];

/// The service's side on a machine from which AWS's time looks wrong by so many seconds.
async fn side(land: &Landscape, seconds: i64) -> Terraform {
    let door = skewed(land.world.http_client(), seconds);
    Terraform::through(&land.world, door, json!({"access_key": "111111111111"})).await
}

#[tokio::test(start_paused = true)]
async fn a_run_that_lives_keeps_what_it_makes_whatever_the_clocks_say() {
    for (here, there) in SKEWS {
        let land = Landscape::strict(42);
        let config = land.service();
        let (mut first, mut second) = (side(&land, here).await, side(&land, there).await);
        let (one, other) = tokio::join!(first.try_apply(SERVICE, "api", &config), async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            second.try_apply(SERVICE, "api", &plain(&land)).await
        });
        let named = |found: &Diagnostics| says(found, "Warning", &["chain of the same configuration exists"]);
        assert!(!one.has_errors() && !other.has_errors(), "{here} {there}: {:#?} {:#?}", texts(&one), texts(&other));
        assert!(!named(&one) && !named(&other), "{here} {there}: neither had ended when the other began");
        assert_eq!(count(&land), (2, 2), "{here} {there}");
        assert_ne!(
            first.state("api")["record"]["owner_uid"],
            second.state("api")["record"]["owner_uid"],
            "{here} {there}"
        );
        assert!(!second.destroy("api").await.has_errors(), "{here} {there}");
        first.expect_empty(SERVICE, "api", &config).await;
        assert!(!first.destroy("api").await.has_errors(), "{here} {there}");
        assert_eq!(objects(&land.world), json!({}), "{here} {there}");
    }
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
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(count(&land), (1, 2));
    for side in [&mut first, &mut second] {
        let found = side.destroy("api").await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }
    assert_eq!(objects(&land.world), json!({}));
}

#[tokio::test(start_paused = true)]
async fn what_a_creation_made_whose_host_died_is_taken_over_whatever_the_clocks_say() {
    for (here, there) in SKEWS {
        for seconds in [20, 200] {
            let case = format!("clocks {here} and {there}, dead after {seconds} s");
            let land = Landscape::strict(44);
            let config = land.service();
            let mut orphaned = side(&land, here).await;
            let provider = orphaned.provider.clone();
            let dying = async {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                provider.abandon();
            };
            let (found, ()) = tokio::join!(orphaned.try_apply(SERVICE, "api", &config), dying);
            assert!(found.has_errors(), "{case}: {:#?}", texts(&found));
            assert_eq!(count(&land), (0, 1), "{case}");

            // Nobody saved what it returned. The provider ends after it, some seconds later somebody tries again.
            drop(orphaned);
            tokio::time::sleep(Duration::from_secs(30)).await;
            let mut next = side(&land, there).await;
            let start = tokio::time::Instant::now();
            let found = next.try_apply(SERVICE, "api", &config).await;
            assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
            assert!(says(&found, "Warning", &["Carrying on an interrupted creation"]), "{case}");
            assert!(start.elapsed() > Duration::from_secs(180), "{case}: it was not watched for its term");
            assert_eq!(count(&land), (1, 1), "{case}");
            assert!(!next.destroy("api").await.has_errors(), "{case}");
            assert_eq!(objects(&land.world), json!({}), "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn times_in_the_tag_are_those_of_aws() {
    let land = Landscape::strict(46);
    let mut owner = land.service_side().await;
    owner.apply(SERVICE, "api", &plain(&land)).await;
    let tags = elb_tags(&land, &owner.state("api")).await;
    let words: Vec<&str> = tags["privatelink:run-mark"].split(' ').collect();
    assert_eq!(words[0], "created");
    // The world's time, whatever the day is on which the test runs.
    assert!(words[1].starts_with("2026-01-01T00:"), "{words:?}");
    assert!(!owner.destroy("api").await.has_errors());
}

/// All tags of the load balancer.
async fn elb_tags(land: &Landscape, state: &Json) -> BTreeMap<String, String> {
    let arn = state["links"]["load_balancer"].as_str().unwrap();
    let config = aws_sdk_elasticloadbalancingv2::Config::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("us-east-1"))
        .credentials_provider(aws_credential_types::Credentials::new("111111111111", "x", None, None, "test"))
        .http_client(land.world.http_client());
    let client = aws_sdk_elasticloadbalancingv2::Client::from_conf(config.build());
    let found = client.describe_tags().resource_arns(arn).send().await.unwrap();
    let tags = found.tag_descriptions().iter().flat_map(TagDescription::tags);
    tags.map(|tag| (tag.key().unwrap().to_owned(), tag.value().unwrap_or_default().to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn one_interrupted_creation_is_taken_over_by_one_of_two_that_come_at_once() {
    let land = Landscape::strict(45);
    let config = plain(&land);
    let mut orphaned = land.service_side().await;
    let provider = orphaned.provider.clone();
    let dying = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        provider.abandon();
    };
    let (found, ()) = tokio::join!(orphaned.try_apply(SERVICE, "api", &config), dying);
    assert!(found.has_errors());
    drop(orphaned);
    tokio::time::sleep(Duration::from_secs(30)).await;
    let (mut first, mut second) = (land.service_side().await, land.service_side().await);
    let (one, other) =
        tokio::join!(first.try_apply(SERVICE, "api", &config), second.try_apply(SERVICE, "api", &config));
    assert!(!one.has_errors() && !other.has_errors(), "{:#?} {:#?}", texts(&one), texts(&other));
    let carried = [&one, &other].map(|found| says(found, "Warning", &["Carrying on an interrupted creation"]));
    assert_ne!(carried[0], carried[1], "{:#?} {:#?}", texts(&one), texts(&other));
    assert_ne!(first.state("api")["record"]["owner_uid"], second.state("api")["record"]["owner_uid"]);
    assert_eq!(count(&land), (2, 2));
    for side in [&mut first, &mut second] {
        assert!(!side.destroy("api").await.has_errors());
    }
    assert_eq!(objects(&land.world), json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_chain_whose_state_was_not_saved_is_named_with_its_import_command() {
    let land = Landscape::strict(47);
    let config = plain(&land);
    let mut owner = land.service_side().await;
    owner.apply(SERVICE, "api", &config).await;
    let id = owner.state("api")["id"].as_str().unwrap().to_owned();
    // The disk was full.
    owner.forget("api");
    owner.provider = land.service_side().await.provider;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let mut other = config.clone();
    other["subnet_ids"] = json!([config["subnet_ids"][0], config["subnet_ids"][1]]);
    let found = owner.try_apply(SERVICE, "other", &other).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert!(!says(&found, "Warning", &["exactly this configuration"]), "another one: {:#?}", texts(&found));
    let found = owner.try_apply(SERVICE, "again", &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let command = format!("terraform import privatelink_service.NAME {id}");
    assert!(says(&found, "Warning", &["exactly this configuration", &command]), "{:#?}", texts(&found));
    for name in ["again", "other"] {
        assert!(!owner.destroy(name).await.has_errors());
    }
    let found = owner.import(SERVICE, "api", &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = owner.try_apply(SERVICE, "api", &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert!(!owner.destroy("api").await.has_errors());
    assert_eq!(objects(&land.world), json!({}));
}
