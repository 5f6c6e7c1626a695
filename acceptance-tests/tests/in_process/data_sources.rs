//! Data sources through their requests: what each side sees, and what a question without an answer gets.

use crate::core_rules::assert_state_valid;
use privatelink::diagnostic::Diagnostics;
use privatelink::protocol::value::to_json;
use privatelink::resource::ProviderServer as _;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, pass};
use crate::core::{Terraform, texts, value_of};
use crate::landscape::CONSUMER;

/// Reads a data source as core does: checks, then reads, and holds the result against the schema and the arguments.
pub(crate) async fn data(side: &Terraform, name: &str, config: &Json) -> Result<Json, Diagnostics> {
    let source = &side.provider.data_sources()[name];
    let schema = source.schema();
    let config = value_of(&schema, config);
    let found = source.validate(&config);
    if found.has_errors() {
        return Err(found);
    }
    let state = source.read(&config).await?;
    let breaches = assert_state_valid(&schema, &state);
    assert!(breaches.is_empty(), "{breaches:#?}");
    for (argument, value) in config.as_map().unwrap() {
        assert!(value.is_null() || state.get(argument) == value, "{argument} is {:?}", state.get(argument));
    }
    Ok(to_json(&schema.block, &state).unwrap())
}

async fn refused(side: &Terraform, name: &str, config: &Json) -> String {
    texts(&data(side, name, config).await.unwrap_err()).join("\n")
}

#[tokio::test(start_paused = true)]
async fn a_consumer_sees_a_service_before_it_connects_and_its_owner_sees_more() {
    let setting = Setting::named(401).await;
    let name = setting.service["service_name"].clone();
    let seen = data(&setting.user, "privatelink_service", &json!({"service_name": name})).await.unwrap();
    assert_eq!(seen["owner"], json!(OWNER));
    assert_eq!(seen["service_id"], setting.service["id"]);
    assert_eq!(seen["availability_zone_ids"], setting.service["availability_zone_ids"]);
    assert_eq!(seen["private_dns_names"], json!([{"name": "orders.example.dev", "state": "verified"}]));
    assert_eq!((&seen["acceptance_required"], &seen["service_type"]), (&json!(true), &json!("Interface")));
    assert_eq!((&seen["region"], &seen["service_region"]), (&json!("us-east-1"), &json!("us-east-1")));
    for owners in ["load_balancers", "allowed_principals", "state", "supported_regions"] {
        assert_eq!(seen[owners], Json::Null, "{owners}");
    }
    assert_eq!(setting.land.world.calls().iter().filter(|call| call.mutating).count(), 0);

    let id = json!({"service_id": setting.service["id"]});
    let own = data(&setting.owner, "privatelink_service", &id).await.unwrap();
    assert_eq!(own["service_name"], name);
    assert_eq!(own["state"], json!("Available"));
    assert_eq!(own["allowed_principals"], json!([format!("arn:aws:iam::{USER}:root")]));
    assert_eq!(own["load_balancers"].as_array().unwrap().len(), 1);
    assert_eq!(own["tags"]["team"], json!("orders"));
    assert!(own["tags"].as_object().unwrap().keys().all(|key| !key.starts_with("privatelink:")), "{}", own["tags"]);
    let through = json!({"service_id": setting.service["id"], "peer_account": "service"});
    let through = data(&setting.user, "privatelink_service", &through).await.unwrap();
    assert_eq!(through["allowed_principals"], own["allowed_principals"], "through the peer's eyes");
}

#[tokio::test(start_paused = true)]
async fn a_service_of_aws_has_a_policy_and_names() {
    let setting = Setting::bare(402).await;
    let name = "com.amazonaws.us-east-1.sqs";
    let seen = data(&setting.user, "privatelink_service", &json!({"service_name": name})).await.unwrap();
    assert_eq!((&seen["owner"], &seen["policy_supported"]), (&json!("amazon"), &json!(true)));
    assert_eq!(seen["private_dns_names"][0]["name"], json!("sqs.us-east-1.amazonaws.com"));
}

#[tokio::test(start_paused = true)]
async fn connections_are_listed_with_who_they_are_and_chosen_by_state_and_owner() {
    let mut setting = Setting::closed(403).await;
    let config = setting.config(json!({}));
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    pass(60).await;
    let endpoint = setting.state()["id"].clone();
    let service_id = setting.service["id"].clone();
    let ask = |more: Json| {
        let mut config = json!({"service_id": service_id});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let found = data(&setting.owner, "privatelink_connections", &ask(json!({}))).await.unwrap();
    let one = &found["connections"][0];
    assert_eq!((&one["endpoint_id"], &one["owner"]), (&endpoint, &json!(USER)));
    assert_eq!((&one["state"], &one["region"]), (&json!("pendingAcceptance"), &json!("us-east-1")));
    assert!(one["connection_id"].as_str().unwrap().starts_with("vpce-con-"), "{one}");
    assert!(one["created_at"].as_str().unwrap().contains('T'), "{one}");
    assert_eq!(found["endpoint_ids"], json!([endpoint]));
    for (chosen, count) in [
        (json!({"states": ["pendingAcceptance"]}), 1),
        (json!({"states": ["available"]}), 0),
        (json!({"owners": [USER]}), 1),
        (json!({"owners": [OWNER]}), 0),
    ] {
        let found = data(&setting.owner, "privatelink_connections", &ask(chosen.clone())).await.unwrap();
        assert_eq!(found["connections"].as_array().unwrap().len(), count, "{chosen}");
    }
    let through = ask(json!({"peer_account": "service"}));
    assert_eq!(
        data(&setting.user, "privatelink_connections", &through).await.unwrap()["endpoint_ids"],
        json!([endpoint])
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_seen_is_an_error_at_the_argument_that_names_it() {
    let setting = Setting::open(404).await;
    let nowhere = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";
    for (name, config, path, words) in [
        ("privatelink_service", json!({"service_name": nowhere}), "[service_name]", "not allowed this account"),
        ("privatelink_service", json!({"service_id": "vpce-svc-0123456789abcdef0"}), "[service_id]", "not allowed"),
        ("privatelink_service", json!({}), "[service_name]", "Write service_name or service_id"),
        (
            "privatelink_service",
            json!({"service_name": nowhere, "service_id": "vpce-svc-0123456789abcdef0"}),
            "[service_name]",
            "exclude each other",
        ),
        ("privatelink_service", json!({"service_id": "svc-1"}), "[service_id]", "vpce-svc-0123456789abcdef0"),
        (
            "privatelink_service",
            json!({"service_name": nowhere, "peer_account": "x"}),
            "[peer_account]",
            "peer_account",
        ),
        (
            "privatelink_connections",
            json!({"service_id": setting.service["id"]}),
            "[service_id]",
            "only its owner sees",
        ),
        (
            "privatelink_connections",
            json!({"service_id": setting.service["id"], "states": ["waiting"]}),
            "[states]",
            "pendingAcceptance",
        ),
    ] {
        let told = refused(&setting.user, name, &config).await;
        assert!(told.contains(path) && told.contains(words), "{config}: {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_aws_refuses_is_told_with_its_words_and_one_that_it_throttles_is_made_again() {
    let setting = Setting::open(405).await;
    let config = json!({"service_id": setting.service["id"]});
    let fault = |strike: &str, times: u64| {
        let body = json!([{"operation": "DescribeVpcEndpointConnections", "do": strike, "times": times}]);
        setting.user.control("faults", &body);
    };
    fault("refuse", 1);
    let told = refused(&setting.owner, "privatelink_connections", &config).await;
    for words in ["Cannot read privatelink_connections", "AccessDenied", "Request ID", "What to do"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    fault("throttle", 2);
    let found = data(&setting.owner, "privatelink_connections", &config).await.unwrap();
    assert_eq!(found["connections"], json!([]));
}
