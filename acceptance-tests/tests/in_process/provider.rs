//! The provider block: what it takes, what it refuses, whose credentials it uses, and what it never
//! shows.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use acceptance_tests::simulator::World;
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};
use privatelink::diagnostic::Diagnostics;
use privatelink::protocol::value::from_json;
use privatelink::provider::Provider;
use privatelink::resource::ProviderServer;
use privatelink::value::Value;
use serde_json::{Value as Json, json};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::core::{Action, Terraform, UNKNOWN, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

fn block(provider: &Provider, json: &Json) -> Value {
    fn mark(value: &mut Value) {
        match value {
            Value::String(text) if text == UNKNOWN => *value = Value::UNKNOWN,
            Value::List(items) => items.iter_mut().for_each(mark),
            Value::Map(entries) => entries.values_mut().for_each(mark),
            _ => {}
        }
    }
    let mut value = from_json(&provider.schema().block, json).unwrap();
    mark(&mut value);
    value
}

async fn configure(terraform: &Terraform, json: &Json) -> Diagnostics {
    let provider = &terraform.provider;
    provider.configure("1.11.4", &block(provider, json)).await
}

/// A block that names every attribute, with marked secrets.
fn whole() -> Json {
    json!({
        "region": "us-east-1",
        "profile": null,
        "shared_config_files": [],
        "shared_credentials_files": [],
        "access_key": "111111111111",
        "secret_key": "hush-secret-key",
        "token": "hush-token",
        "allowed_account_ids": ["111111111111"],
        "max_retries": 3,
        "retry_mode": "adaptive",
        "http_proxy": "http://proxy.example.dev:3128",
        "https_proxy": "http://proxy.example.dev:3128",
        "no_proxy": "localhost",
        "use_embedded_ca_certificates": true,
        "insecure": false,
        "use_fips_endpoint": false,
        "use_dualstack_endpoint": false,
        "skip_credentials_validation": false,
        "skip_requesting_account_id": false,
        "skip_region_validation": false,
        "assume_role": [{
            "role_arn": "arn:aws:iam::111111111111:role/deploy",
            "session_name": "ci",
            "external_id": "hush-external-id",
            "duration": "30m",
            "policy": "{}",
            "policy_arns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "source_identity": "somebody",
            "tags": {"team": "orders"},
            "transitive_tag_keys": ["team"],
        }],
        "default_tags": {"tags": {"env": "dev"}},
        "ignore_tags": {"keys": ["Cost"], "key_prefixes": ["k8s/"]},
        "endpoints": [{"cloudwatch": "http://localhost:1", "sns": "http://localhost:1", "route53profiles": "http://localhost:1"}],
        "peer_account": [{
            "name": "service",
            "region": "us-east-1",
            "access_key": "222222222222",
            "secret_key": "hush-peer-secret",
            "token": "hush-peer-token",
            "assume_role": [{"role_arn": "arn:aws:iam::111111111111:role/accept", "external_id": "hush-peer-id"}],
        }],
    })
}

#[tokio::test(start_paused = true)]
async fn every_attribute_of_the_block_is_understood() {
    let world = World::strict(1);
    let terraform = Terraform::configured(&world, whole()).await;
    let calls: Vec<_> = world.calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(calls, ["AssumeRole", "GetCallerIdentity"]);
    let names: Vec<&str> = terraform.provider.schema().block.attributes.iter().map(|one| one.name).collect();
    let other_ways = ["forbidden_account_ids", "custom_ca_bundle"];
    for name in names {
        assert!(whole().get(name).is_some() || other_ways.contains(&name), "{name} is not tried");
    }
}

#[test]
fn a_bad_value_is_refused_at_its_place_with_what_to_write() {
    let provider = Provider::new();
    for (json, path, words) in [
        (json!({"allowed_account_ids": ["1"]}), "allowed_account_ids", "111111111111"),
        (json!({"forbidden_account_ids": ["abc"]}), "forbidden_account_ids", "111111111111"),
        (
            json!({"allowed_account_ids": ["111111111111"], "forbidden_account_ids": ["222222222222"]}),
            "forbidden_account_ids",
            "exclude each other",
        ),
        (json!({"max_retries": -1}), "max_retries", "0"),
        (json!({"retry_mode": "eager"}), "retry_mode", "standard"),
        (json!({"access_key": "111111111111"}), "secret_key", "belong together"),
        (json!({"secret_key": "hush"}), "access_key", "belong together"),
        (json!({"assume_role": [{"role_arn": "deploy"}]}), "assume_role[0].role_arn", "arn:"),
        (
            json!({"assume_role": [{"role_arn": "arn:aws:iam::111111111111:role/r", "duration": "soon"}]}),
            "assume_role[0].duration",
            "15m",
        ),
        (
            json!({"assume_role_with_web_identity": {"role_arn": "arn:aws:iam::111111111111:user/u"}}),
            "assume_role_with_web_identity.role_arn",
            "role",
        ),
        (json!({"default_tags": {"tags": {"privatelink:uid": "x"}}}), "default_tags.tags", "privatelink:"),
        (
            json!({"peer_account": [{"name": "a", "region": "us-east-1"}, {"name": "a", "region": "us-west-2"}]}),
            "peer_account",
            "tell them apart",
        ),
    ] {
        let found = provider.validate(&block(&provider, &json));
        assert!(found.has_errors(), "{json}");
        let told = texts(&found).join("\n");
        assert!(told.contains(&format!("[{path}")), "{json} should point at {path}: {told}");
        assert!(told.contains(words), "{json} should say {words}: {told}");
        assert!(!told.contains("hush"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_are_not_known_yet_let_a_plan_pass_and_the_apply_use_them() {
    let land = Landscape::strict(2);
    let mut owner = land.service_side().await;
    let before = land.world.calls().len();
    let unknown = json!({"region": "us-east-1", "access_key": "111111111111", "secret_key": UNKNOWN});
    assert!(!owner.provider.validate(&block(&owner.provider, &unknown)).has_errors());
    let found = configure(&owner, &unknown).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let mut config = land.service();
    config.as_object_mut().unwrap().remove("private_dns");
    let plan = owner.plan(SERVICE, "api", &config).await;
    assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
    assert_eq!(plan.action, Action::Create);
    assert_eq!(land.world.calls().len(), before, "a plan without credentials asked AWS");
    // The second process of the run knows them.
    let known = json!({"region": "us-east-1", "access_key": "111111111111", "secret_key": "x"});
    let found = configure(&owner, &known).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = owner.carry_out(SERVICE, "api", &config, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    owner.expect_empty(SERVICE, "api", &config).await;
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_not_allowed_is_refused_before_anything_else() {
    let world = World::strict(3);
    let terraform = Terraform::configured(&world, json!({"access_key": "111111111111"})).await;
    for (list, refused) in [
        (json!({"allowed_account_ids": ["111111111111"]}), None),
        (json!({"allowed_account_ids": ["222222222222"]}), Some("allowed_account_ids")),
        (json!({"forbidden_account_ids": ["222222222222"]}), None),
        (json!({"forbidden_account_ids": ["111111111111"]}), Some("forbidden_account_ids")),
    ] {
        let mut json = json!({"region": "us-east-1", "access_key": "111111111111", "secret_key": "x"});
        json.as_object_mut().unwrap().extend(list.as_object().unwrap().clone());
        // A skipped proof of the credentials does not open the gate.
        json["skip_credentials_validation"] = json!(true);
        let told = texts(&configure(&terraform, &json).await);
        match refused {
            None => assert_eq!(told, [""; 0], "{list}"),
            Some(path) => {
                assert!(told[0].contains(&format!("[{path}]")) && told[0].contains("111111111111"), "{told:#?}");
                let (_, server) = terraform.server(SERVICE);
                let answer = server.import("vpce-svc-0123456789abcdef0".to_owned()).await;
                assert!(answer.diagnostics.has_errors(), "the refused configuration was used");
            }
        }
    }
    assert!(world.calls().iter().all(|call| call.operation == "GetCallerIdentity"));
}

#[tokio::test(start_paused = true)]
async fn roles_are_assumed_one_after_another() {
    let world = World::strict(4);
    let terraform = Terraform::configured(&world, json!({"access_key": "333333333333"})).await;
    let chain = json!({
        "region": "us-east-1", "access_key": "333333333333", "secret_key": "x",
        "allowed_account_ids": ["111111111111"],
        "assume_role": [
            {"role_arn": "arn:aws:iam::222222222222:role/hub"},
            {"role_arn": "arn:aws:iam::111111111111:role/team/spoke", "session_name": "ci"},
        ],
    });
    let before = world.calls().len();
    let found = configure(&terraform, &chain).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let calls: Vec<_> =
        world.calls().split_off(before).into_iter().map(|call| (call.account, call.operation)).collect();
    let expected =
        [("333333333333", "AssumeRole"), ("222222222222", "AssumeRole"), ("111111111111", "GetCallerIdentity")];
    assert_eq!(calls, expected.map(|(account, operation)| (account.to_owned(), operation.to_owned())));

    let mut long = chain;
    long["assume_role"][1]["duration"] = json!("2h");
    let told = texts(&configure(&terraform, &long).await);
    assert!(told[0].contains("role chaining"), "{told:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_s_role_is_assumed_with_the_provider_s_own_credentials() {
    let land = Landscape::strict(5);
    let mut owner = land.service_side().await;
    let found = owner.try_apply(SERVICE, "api", &land.service()).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let peer = json!([{"name": "service", "assume_role": [{"role_arn": "arn:aws:iam::111111111111:role/accept"}]}]);
    let mut user =
        Terraform::configured(&land.world, json!({"access_key": "222222222222", "peer_account": peer})).await;
    let config = land.consumer(&owner.state("api"));
    user.apply(CONSUMER, "orders", &config).await;
    assert_eq!(user.state("orders")["state"], json!("available"));
    let assumed: Vec<_> = land.world.calls().into_iter().filter(|call| call.operation == "AssumeRole").collect();
    assert!(assumed.iter().all(|call| call.account == "222222222222") && !assumed.is_empty(), "{assumed:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_skips_together_make_configure_call_nobody() {
    let world = World::strict(6);
    let skips = json!({
        "access_key": "111111111111",
        "skip_credentials_validation": true,
        "skip_requesting_account_id": true,
        "skip_region_validation": true,
        "region": "mars",
    });
    let terraform = Terraform::configured(&world, skips).await;
    assert_eq!(world.calls(), []);
    let strict = json!({"region": "mars", "access_key": "111111111111", "secret_key": "x"});
    let told = texts(&configure(&terraform, &strict).await);
    assert!(told[0].contains("[region]") && told[0].contains("mars"), "{told:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_last_configure_wins() {
    let land = Landscape::strict(7);
    let user = land.consumer_side().await;
    let json = json!({"region": "us-east-1", "access_key": "111111111111", "secret_key": "x"});
    let found = configure(&user, &json).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let plan = user.plan_only(SERVICE, "api", &land.service()).await;
    assert!(!plan.diagnostics.has_errors(), "the subnets are the other account's: {:#?}", texts(&plan.diagnostics));
}

#[tokio::test(start_paused = true)]
async fn default_tags_are_merged_and_ignored_tags_left_alone() {
    let land = Landscape::strict(8);
    let with = |defaults: Json| {
        json!({
            "region": "us-east-1", "access_key": "111111111111", "secret_key": "x",
            "default_tags": {"tags": defaults},
            "ignore_tags": {"keys": ["Cost"], "key_prefixes": ["k8s/"]},
        })
    };
    let mut owner = Terraform::configured(&land.world, with(json!({"team": "platform", "env": "dev"}))).await;
    let mut config = land.service();
    config.as_object_mut().unwrap().remove("private_dns");
    owner.apply(SERVICE, "api", &config).await;
    let state = owner.state("api");
    assert_eq!(state["tags"], json!({"team": "orders"}));
    assert_eq!(state["tags_all"], json!({"team": "orders", "env": "dev"}));

    let service_id = state["id"].as_str().unwrap().to_owned();
    tag(&land.world, &service_id, &[("Cost", "7"), ("k8s/owner", "x")]).await;
    owner.expect_empty(SERVICE, "api", &config).await;

    let found = configure(&owner, &with(json!({"env": "prod"}))).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let plan = owner.plan(SERVICE, "api", &config).await;
    assert_eq!(plan.action, Action::Update);
    owner.apply(SERVICE, "api", &config).await;
    assert_eq!(owner.state("api")["tags_all"], json!({"team": "orders", "env": "prod"}));
    let kept = tags_of(&land.world, &service_id).await;
    assert!(kept.contains(&("Cost".to_owned(), "7".to_owned())), "{kept:?}");
    assert!(kept.contains(&("k8s/owner".to_owned(), "x".to_owned())), "{kept:?}");
    let found = owner.destroy("api").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(objects(&land.world), json!({}));
}

/// Somebody else with the AWS CLI.
fn ec2(world: &World) -> aws_sdk_ec2::Client {
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("111111111111", "x", None, None, "test"))
        .http_client(world.http_client());
    aws_sdk_ec2::Client::from_conf(config.build())
}

async fn tag(world: &World, id: &str, tags: &[(&str, &str)]) {
    let tags = tags.iter().map(|(key, value)| aws_sdk_ec2::types::Tag::builder().key(*key).value(*value).build());
    ec2(world).create_tags().resources(id).set_tags(Some(tags.collect())).send().await.unwrap();
}

async fn tags_of(world: &World, id: &str) -> Vec<(String, String)> {
    let filter = aws_sdk_ec2::types::Filter::builder().name("resource-id").values(id).build();
    let found = ec2(world).describe_tags().filters(filter).into_paginator().items().send();
    let found = found.collect::<Result<Vec<_>, _>>().await.unwrap();
    found.into_iter().map(|tag| (tag.key.unwrap(), tag.value.unwrap_or_default())).collect()
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn secrets_of_the_block_are_in_no_log_diagnostic_or_state() {
    let lines = Lines::default();
    let out = lines.clone();
    // What the binary writes at most: everything of ours, warnings of the libraries.
    let targets = Targets::new().with_target("privatelink", LevelFilter::TRACE).with_default(LevelFilter::WARN);
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || out.clone()).with_filter(targets);
    // For all tests of this process: what the others do must not show a secret either.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();

    let land = Landscape::strict(9);
    let mut told = String::new();
    let mut owner = Terraform::configured(&land.world, whole()).await;
    told.push_str(&texts(&owner.try_apply(SERVICE, "api", &land.service()).await).join("\n"));
    told.push_str(&owner.state("api").to_string());
    let mut broken = whole();
    broken["assume_role"][0]["role_arn"] = json!("arn:aws:iam::111111111111:role/x");
    broken["assume_role"][0]["duration"] = json!("5s");
    let refused = configure(&owner, &broken).await;
    assert!(refused.has_errors());
    told.push_str(&texts(&refused).join("\n"));
    told.push_str(&format!("{:?}", owner.provider));
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("CreateVpcEndpointServiceConfiguration"), "the log holds only: {log}");
    for (place, text) in [("log", &log), ("message or state", &told)] {
        if let Some(at) = text.find("hush") {
            panic!("a secret in a {place}: {}", &text[at.saturating_sub(200)..(at + 40).min(text.len())]);
        }
    }
}
