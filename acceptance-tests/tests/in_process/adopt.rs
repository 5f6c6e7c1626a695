//! `adopt` over an account: what it takes, what it leaves alone and why, and what it costs.

use std::collections::BTreeMap;
use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::audit::Call;
use acceptance_tests::simulator::faults::{Fault, Strike};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ec2::types::VpcEndpointType;
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use privatelink::adopt::{Adopted, Side, Wanted, files, of_account};
use privatelink::value::Value;
use serde_json::json;

use crate::core::{Terraform, texts};
use crate::fleet;
use crate::landscape::{CONSUMER, Landscape, SERVICE};
use crate::service_bench::Bench;
use crate::service_import::by_hand;

const SQS: &str = "com.amazonaws.us-east-1.sqs";

fn side(terraform: &Terraform, account: &str) -> Side {
    Side {
        provider: terraform.provider.clone(),
        alias: None,
        config: Value::Null,
        region: "us-east-1".to_owned(),
        account_id: Some(account.to_owned()),
    }
}

/// All of an account, and the text that is printed of it.
async fn adopted(terraform: &Terraform, account: &str, wanted: &Wanted) -> (Adopted, String) {
    let mut sides = [side(terraform, account)];
    let adopted = of_account(&mut sides, wanted).await;
    let texts: Vec<String> = files(&adopted, &sides).iter().map(|file| file.body.render()).collect();
    (adopted, texts.join("\n"))
}

/// Why something was left alone.
fn why<'a>(adopted: &'a Adopted, id: &str) -> &'a str {
    let left = adopted.left.iter().find(|one| one.what.starts_with(id));
    left.map_or_else(|| panic!("{id} was not left alone: {:#?}", adopted.left), |one| one.why.as_str())
}

/// The SDK as the consumer's account.
fn consumer(land: &Landscape) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("222222222222", "x", None, None, "test")))
        .http_client(land.world.http_client())
        .build()
}

#[tokio::test(start_paused = true)]
async fn a_service_made_by_hand_is_written_with_what_differs_from_the_defaults() {
    let bench = Bench::empty(481).await;
    let made = by_hand(&bench).await;
    let (found, text) = adopted(&bench.terraform, "111111111111", &Wanted::default()).await;
    assert_eq!(found.chains.len(), 1, "{:#?}", found.left);
    assert_eq!(found.chains[0].id, made.service);
    // Somebody tagged the load balancer alone: no argument can say that, so that the file does.
    assert_eq!(found.chains[0].changes, ["load balancer: owner tags: name shop-nlb", "load balancer: remove tag team"]);
    insta::assert_snapshot!(without_ids(&text));

    // A filter that leaves nothing is no whole answer.
    let elsewhere = Wanted { vpc_id: Some("vpc-0123456789abcdef0".to_owned()), ..Wanted::default() };
    let (none, text) = adopted(&bench.terraform, "111111111111", &elsewhere).await;
    assert!(!none.is_whole() && text.contains("# Nothing was found that this provider could manage."), "{text}");
    let here = Wanted { vpc_id: bench.land.ids["provider_vpc_id"].as_str().map(str::to_owned), ..Wanted::default() };
    assert_eq!(adopted(&bench.terraform, "111111111111", &here).await.0.chains.len(), 1);
}

/// Ids that a world draws, by their kind.
fn without_ids(text: &str) -> String {
    let mut told = String::new();
    for part in text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-') {
        let (word, end) = part.split_at(part.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric()).len());
        let is_hex = |hash: &str| hash.len() == 17 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        match word.rsplit_once('-') {
            Some((kind, hash)) if is_hex(hash) => told += &format!("{kind}-*{end}"),
            _ if word.len() > 12 && word.starts_with('Z') => told += &format!("Z*{end}"),
            _ => told += part,
        }
    }
    told
}

#[tokio::test(start_paused = true)]
async fn what_is_no_connection_or_is_managed_is_left_alone_with_the_reason() {
    let land = Landscape::strict(482);
    let mut owner = land.service_side().await;
    let mut user = land.consumer_side().await;
    let config = land.service();
    let found = owner.apply(SERVICE, "api", &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let managed = owner.state("api")["id"].as_str().unwrap().to_owned();
    let config = json!({"service_name": SQS, "subnet_ids": land.ids["consumer_subnet_ids"]});
    let found = user.apply(CONSUMER, "queue", &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let queue = user.state("queue")["id"].as_str().unwrap().to_owned();
    let ec2 = aws_sdk_ec2::Client::new(&consumer(&land));
    let vpc = land.ids["consumer_vpc_id"].as_str().unwrap();
    let gateway = ec2
        .create_vpc_endpoint()
        .vpc_endpoint_type(VpcEndpointType::Gateway)
        .vpc_id(vpc)
        .service_name("com.amazonaws.us-east-1.s3")
        .send()
        .await
        .unwrap();
    let gateway = gateway.vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    tokio::time::sleep(Duration::from_secs(600)).await;

    let (found, _) = adopted(&owner, "111111111111", &Wanted::default()).await;
    assert!(why(&found, &managed).contains("is managed by this provider already, as \"service/orders-api\""));
    assert!(why(&found, &managed).contains(&format!("terraform import ADDRESS {managed}")));
    let (found, text) = adopted(&user, "222222222222", &Wanted::default()).await;
    assert!(found.chains.is_empty());
    assert!(why(&found, &queue).contains("is managed by this provider already"), "{text}");
    assert!(why(&found, &gateway).contains("of type Gateway; keep it with hashicorp/aws"), "{text}");
    assert!(text.contains("# Left alone:\n# - vpce-") && !text.contains("see to it"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn names_of_a_resource_of_their_own_are_no_part_of_the_consumer() {
    let land = Landscape::strict(485);
    let mut user = land.consumer_side().await;
    let ec2 = aws_sdk_ec2::Client::new(&consumer(&land));
    let made = ec2.create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Interface).service_name(SQS);
    let made = made.vpc_id(land.ids["consumer_vpc_id"].as_str().unwrap()).private_dns_enabled(false);
    let made = made.subnet_ids(land.ids["consumer_subnet_ids"][0].as_str().unwrap()).send().await.unwrap();
    let id = made.vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    tokio::time::sleep(Duration::from_secs(600)).await;
    let config = json!({"endpoint_id": id, "dns": [{"zone_name": "queue.internal", "record": [{"name": "@"}]}]});
    let found = user.apply("privatelink_endpoint_dns", "names", &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    tokio::time::sleep(Duration::from_secs(600)).await;

    let (found, text) = adopted(&user, "222222222222", &Wanted::default()).await;
    assert_eq!(found.chains.len(), 1, "{text}");
    assert!(found.chains[0].changes.is_empty() && !text.contains("dns {"), "{text}");
    let why = why(&found, &format!("names of {id} (queue.internal)"));
    assert!(
        why.contains("privatelink_endpoint_dns already") && why.ends_with(&format!("import ADDRESS {id}")),
        "{why}"
    );
    assert!(found.is_whole(), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_may_not_be_read_is_named_with_the_action_and_the_rest_is_written() {
    let bench = Bench::empty(483).await;
    by_hand(&bench).await;
    let denied =
        |operation: &str| vec![Fault::at(operation, 1, Strike::Refuse).code("UnauthorizedOperation").times(99)];
    bench.land.world.set_faults(denied("DescribeVpcEndpoints"));
    let (found, text) = adopted(&bench.terraform, "111111111111", &Wanted::default()).await;
    assert_eq!(found.chains.len(), 1, "{text}");
    assert!(why(&found, "endpoints").contains("allow ec2:DescribeVpcEndpoints"), "{text}");
    assert!(
        !found.is_whole() && text.contains("# Not adopted, see to it:\n# - endpoints: could not be listed"),
        "{text}"
    );

    // A part of a chain that cannot be read: the chain is named with what to allow, nothing half is written.
    bench.land.world.set_faults(denied("DescribeListeners"));
    let (found, text) = adopted(&bench.terraform, "111111111111", &Wanted::default()).await;
    assert!(found.chains.is_empty() && !found.is_whole(), "{text}");
    assert!(why(&found, "vpce-svc-").contains("allow elasticloadbalancing:DescribeListeners"), "{text}");
    bench.land.world.set_faults(Vec::new());
}

/// How often each operation was called.
fn counts(calls: &[Call]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for call in calls {
        assert!(!call.mutating, "{call:?}");
        *counts.entry(call.operation.as_str()).or_default() += 1;
    }
    counts
}

/// The name of each endpoint by its id.
async fn all_endpoints(ec2: &aws_sdk_ec2::Client) -> BTreeMap<String, String> {
    let mut pages = ec2.describe_vpc_endpoints().into_paginator().items().send();
    let mut found = BTreeMap::new();
    while let Some(endpoint) = pages.next().await {
        let endpoint = endpoint.unwrap();
        let name = endpoint.dns_entries()[0].dns_name().unwrap().to_owned();
        found.insert(endpoint.vpc_endpoint_id().unwrap().to_owned(), name);
    }
    found
}

/// Endpoints made by hand, with a name each in one of two shared zones, and the calls that it takes to adopt them.
async fn calls_for(endpoints: usize) -> BTreeMap<String, usize> {
    const ZONES: usize = 2;
    let land = Landscape::of(World::typical(484));
    let ground = fleet::consumers_ground(&land, endpoints, ZONES).await;
    let config = consumer(&land);
    let (ec2, route53) = (aws_sdk_ec2::Client::new(&config), aws_sdk_route53::Client::new(&config));
    let mut ids = Vec::new();
    for number in 0..endpoints {
        // One token for such a write comes in three seconds.
        tokio::time::sleep(Duration::from_secs(4)).await;
        let (vpc_id, subnets) = ground.place(number);
        let made = ec2
            .create_vpc_endpoint()
            .vpc_endpoint_type(VpcEndpointType::Interface)
            .vpc_id(vpc_id)
            .service_name(SQS)
            .set_subnet_ids(Some(subnets.to_vec()))
            .private_dns_enabled(false)
            .send()
            .await
            .unwrap();
        ids.push(made.vpc_endpoint.unwrap().vpc_endpoint_id.unwrap());
    }
    tokio::time::sleep(Duration::from_secs(1200)).await;
    let targets: BTreeMap<String, String> = all_endpoints(&ec2).await;
    for (zone, zone_id) in ground.zones.iter().enumerate() {
        let of_zone = ids.iter().enumerate().filter(|(number, _)| number * ZONES / endpoints == zone);
        let changes = of_zone.map(|(number, id)| {
            let value = ResourceRecord::builder().value(&targets[id]).build().unwrap();
            let set = ResourceRecordSet::builder()
                .name(format!("shop-{number}.zone-{zone}.internal"))
                .r#type(RrType::Cname)
                .ttl(60)
                .resource_records(value);
            Change::builder().action(ChangeAction::Create).resource_record_set(set.build().unwrap()).build().unwrap()
        });
        let batch = ChangeBatch::builder().set_changes(Some(changes.collect())).build().unwrap();
        route53.change_resource_record_sets().hosted_zone_id(zone_id).change_batch(batch).send().await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1200)).await;
    let user = land.consumer_side().await;
    let mark = land.world.calls().len();
    let (found, text) = adopted(&user, "222222222222", &Wanted::default()).await;
    let calls = land.world.calls()[mark..].to_vec();
    assert_eq!(found.chains.len(), endpoints, "{:#?}", found.left);
    assert!(found.chains.iter().all(|chain| chain.changes.is_empty()), "{:#?}", found.chains[0].changes);
    assert_eq!(text.matches("  dns {").count(), endpoints, "each has its record");
    assert!(calls.iter().all(|call| !call.throttled), "{:#?}", counts(&calls));
    let counts = counts(&calls);
    println!("{endpoints} endpoints: {} calls: {counts:?}", calls.len());
    counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

#[tokio::test(start_paused = true)]
async fn five_hundred_endpoints_cost_pages_and_no_call_each() {
    let few = calls_for(20).await;
    let many = calls_for(500).await;
    let total: usize = many.values().sum();
    assert!(total <= 50, "{total}: {many:?}");
    for (operation, count) in &many {
        let before = few.get(operation).copied().unwrap_or_default();
        assert!(*count <= before + 10, "{operation} follows the endpoints: {before} for 20, {count} for 500");
    }
}
