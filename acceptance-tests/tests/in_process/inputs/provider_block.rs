//! Unknown values of the provider block make unknown only what depends on them.

use privatelink::resource::ProviderServer;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, Setting};
use crate::core::{Action, Terraform, UNKNOWN, texts, value_of};
use crate::landscape::{CONSUMER, SERVICE};
use crate::service_bench::{Bench, NAME};

async fn configure(terraform: &Terraform, block: &Json) {
    let config = value_of(&terraform.provider.schema(), block);
    let found = terraform.provider.validate(&config);
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let found = terraform.provider.configure("1.11.4", &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

fn owner(over: &Json) -> Json {
    let mut block = json!({"region": "us-east-1", "access_key": "111111111111", "secret_key": "x"});
    block.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
    block
}

#[tokio::test(start_paused = true)]
async fn an_unknown_default_tag_makes_unknown_the_tags_and_nothing_else() {
    let mut bench = Bench::plain(621).await;
    let config = bench.config.clone();
    configure(&bench.terraform, &owner(&json!({"default_tags": {"tags": {"stage": UNKNOWN}}}))).await;
    for refreshes in [false, true] {
        let plan = if refreshes {
            bench.terraform.plan(SERVICE, NAME, &config).await
        } else {
            bench.terraform.plan_only(SERVICE, NAME, &config).await
        };
        assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
        assert_eq!(plan.action, Action::Update, "{:?}", plan.replaced_by);
        assert!(plan.planned.get("tags_all").is_unknown());
        let state = bench.state();
        for name in ["region", "id", "service_name"] {
            assert_eq!(plan.planned.get(name).as_str(), state[name].as_str(), "{name}");
        }
        assert_eq!(state["tags"], json!({"team": "orders"}), "a refresh makes no tag the resource's own");
    }
    let plan = bench.plan().await;
    configure(&bench.terraform, &owner(&json!({"default_tags": {"tags": {"stage": "live"}}}))).await;
    let found = bench.terraform.carry_out(SERVICE, NAME, &config, plan).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    assert_eq!(bench.state()["tags_all"], json!({"team": "orders", "stage": "live"}));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_region_matters_to_resources_that_write_none_and_replaces_nothing() {
    let mut bench = Bench::made(622, |config, _| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["region"] = json!("us-east-1");
    })
    .await;
    let config = bench.config.clone();
    configure(&bench.terraform, &owner(&json!({"region": UNKNOWN}))).await;
    let calls = bench.mark();
    let plan = bench.terraform.plan(SERVICE, NAME, &config).await;
    assert_eq!((plan.action, texts(&plan.diagnostics)), (Action::NoOp, Vec::new()), "its own Region is written");
    assert!(bench.mark() > calls, "and AWS was asked there");
    let mut elsewhere = config.clone();
    elsewhere.as_object_mut().unwrap().remove("region");
    let plan = bench.terraform.plan_only(SERVICE, NAME, &elsewhere).await;
    assert_eq!(plan.action, Action::NoOp, "what exists stays where it is");
    let made = bench.terraform.plan_only(SERVICE, "another", &elsewhere).await;
    assert_eq!(made.action, Action::Create, "{:#?}", texts(&made.diagnostics));
    assert!(made.planned.get("region").is_unknown());
    configure(&bench.terraform, &owner(&json!({}))).await;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn unknown_credentials_keep_what_is_known_and_say_so() {
    let mut bench = Bench::plain(623).await;
    let config = bench.config.clone();
    for open in [
        json!({"secret_key": UNKNOWN}),
        json!({"endpoints": [{"sts": UNKNOWN}]}),
        json!({"assume_role": [{"role_arn": UNKNOWN}]}),
    ] {
        configure(&bench.terraform, &owner(&open)).await;
        let calls = bench.mark();
        let plan = bench.terraform.plan(SERVICE, NAME, &config).await;
        let told = texts(&plan.diagnostics);
        assert_eq!(plan.action, Action::NoOp, "{open}: {told:#?}");
        assert!(told.len() == 1 && told[0].starts_with("Warning [] Not refreshed"), "{open}: {told:#?}");
        assert_eq!(bench.mark(), calls, "{open}");
    }
    configure(&bench.terraform, &owner(&json!({}))).await;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_peer_matters_to_those_who_use_it() {
    let mut setting = Setting::closed(624).await;
    let config = setting.config(json!({"accept": {"peer_account": "service"}}));
    setting.apply(&config).await;
    let user = |peers: Json| json!({"region": "us-east-1", "access_key": "222222222222", "secret_key": "x", "peer_account": peers});
    let peer = |name: &str, key: &str| json!({"name": name, "access_key": "111111111111", "secret_key": key});
    configure(&setting.user, &user(json!([peer("service", UNKNOWN)]))).await;
    let plan = setting.plan(&config).await;
    let told = texts(&plan.diagnostics);
    assert_eq!(plan.action, Action::NoOp, "{told:#?}");
    assert!(told.len() == 1 && told[0].contains("Not refreshed"), "{told:#?}");
    // Another peer is nothing to it.
    configure(&setting.user, &user(json!([peer("service", "x"), peer("dns", UNKNOWN)]))).await;
    let plan = setting.plan(&config).await;
    assert_eq!((plan.action, texts(&plan.diagnostics)), (Action::NoOp, Vec::new()));
    // A name that is not there is still told, unless it may come.
    let mut typo = config.clone();
    typo["accept"]["peer_account"] = json!("servise");
    let plan = setting.user.plan_only(CONSUMER, "another", &typo).await;
    assert!(texts(&plan.diagnostics).join("\n").contains("Unknown peer account"), "{:#?}", texts(&plan.diagnostics));
    configure(&setting.user, &user(json!([peer("service", "x"), peer(UNKNOWN, "x")]))).await;
    let plan = setting.user.plan_only(CONSUMER, "another", &typo).await;
    assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
    assert!(setting.user.has(ORDERS));
    configure(&setting.user, &user(json!([peer("service", "x")]))).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_no_url_is_refused_at_once() {
    let bench = Bench::empty(625).await;
    let provider = &bench.terraform.provider;
    for address in ["localhost:4566", "ec2", "", "ftp://localhost", "http://"] {
        let config = value_of(&provider.schema(), &owner(&json!({"endpoints": [{"ec2": address}]})));
        let told = texts(&provider.validate(&config));
        assert!(told.len() == 1 && told[0].starts_with("Error [endpoints.ec2]"), "{address:?}: {told:#?}");
        assert!(told[0].contains("http://localhost:4566"), "{told:#?}");
    }
}
