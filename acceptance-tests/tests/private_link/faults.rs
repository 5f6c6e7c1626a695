//! The menu of faults: each row provoked twice, by a script from Rust and over the control routes, with what the caller meets.

use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::control::control;
use acceptance_tests::simulator::settings::Settings;
use aws_sdk_ec2::error::SdkError;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::land::{CONSUMER, Land, Service, code, item_codes};

/// A way to provoke a fault.
#[derive(Debug, Clone, Copy)]
enum Door {
    Script,
    Route,
}

const DOORS: [Door; 2] = [Door::Script, Door::Route];

impl Door {
    fn faults(self, land: &Land, script: &Value) {
        match self {
            Self::Script => land.world.set_faults(serde_json::from_value(script.clone()).unwrap()),
            Self::Route => route(land, "faults", script),
        }
    }

    fn force(self, land: &Land, kind: &str, id: &str, set: &Value) {
        match self {
            Self::Script => land.force(kind, id, set),
            Self::Route => route(land, "set", &json!({"kind": kind, "id": id, "set": set})),
        }
    }
}

#[track_caller]
fn route(land: &Land, name: &str, body: &Value) {
    let reply = control(&land.world, "POST", name, body.to_string().as_bytes());
    assert_eq!(reply.status, 200, "{}", reply.body);
}

async fn offered() -> (Land, Service) {
    let land = Land::calm();
    let service = land.service(false).await;
    (land, service)
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_lost_after_the_effect() {
    for door in DOORS {
        let (land, service) = offered().await;
        door.faults(&land, &json!([{"operation": "CreateVpcEndpoint", "do": "lose_reply"}]));
        let made = land.new_endpoint(&service).send().await;
        assert!(matches!(made, Err(SdkError::DispatchFailure(_))), "{door:?}");
        assert_eq!(land.consumer.describe_vpc_endpoints().send().await.unwrap().vpc_endpoints().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_is_unavailable_several_times() {
    for door in DOORS {
        let (land, service) = offered().await;
        door.faults(&land, &json!([{"operation": "CreateVpcEndpoint", "do": "unavailable", "times": 3}]));
        for _ in 0..3 {
            assert_eq!(code(land.new_endpoint(&service).send().await), "Unavailable", "{door:?}");
        }
        land.new_endpoint(&service).send().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_throttles_lasts_its_time() {
    for door in DOORS {
        let (land, service) = offered().await;
        door.faults(&land, &json!([{"operation": "**", "do": "throttle", "for_ms": 60_000}]));
        assert_eq!(code(land.elb.describe_load_balancers().send().await), "Throttling", "{door:?}");
        land.pass(59).await;
        assert_eq!(code(land.new_endpoint(&service).send().await), "RequestLimitExceeded");
        land.pass(1).await;
        land.new_endpoint(&service).send().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_organization_is_throttled_while_own_buckets_are_full() {
    for door in DOORS {
        let (land, service) = offered().await;
        let script = json!([{"operation": "*VpcEndpoint*", "do": "throttle", "times": 2, "account": CONSUMER}]);
        door.faults(&land, &script);
        for _ in 0..2 {
            assert_eq!(code(land.new_endpoint(&service).send().await), "RequestLimitExceeded", "{door:?}");
        }
        land.consumer.describe_vpcs().send().await.unwrap();
        land.new_endpoint(&service).send().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_ends_as_failed() {
    for door in DOORS {
        let land = Land::calm();
        door.faults(&land, &json!([{"operation": "CreateLoadBalancer", "do": "fail"}]));
        let arn = land.new_load_balancer("front", 1, &[]).await;
        let state = || async {
            let read = land.elb.describe_load_balancers().load_balancer_arns(&arn).send().await.unwrap();
            read.load_balancers()[0].state().unwrap().code().unwrap().as_str().to_owned()
        };
        assert_eq!(state().await, "provisioning", "{door:?}");
        land.pass(601).await;
        assert_eq!(state().await, "failed");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_ends_as_failed_with_a_reason() {
    for door in DOORS {
        let (land, service) = offered().await;
        door.faults(&land, &json!([{"operation": "CreateVpcEndpoint", "do": "fail"}]));
        let endpoint = land.endpoint(&service).await;
        let read = land.described(&endpoint).await;
        assert_eq!(read.state.unwrap().as_str(), "failed", "{door:?}");
        assert!(read.last_error.unwrap().message.unwrap().contains("could not be set up"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_stays_pending_for_ten_minutes_more() {
    for door in DOORS {
        let (land, service) = offered().await;
        door.faults(&land, &json!([{"operation": "CreateVpcEndpoint", "do": "stall", "ms": 600_000}]));
        let made = land.new_endpoint(&service).send().await.unwrap().vpc_endpoint.unwrap();
        let endpoint = made.vpc_endpoint_id.unwrap();
        land.pass(599).await;
        assert_eq!(land.state(&endpoint).await, "pending", "{door:?}");
        land.pass(602).await;
        assert_eq!(land.state(&endpoint).await, "available");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_when_nobody_accepts_and_is_rejected_during_the_wait() {
    for door in DOORS {
        let land = Land::calm();
        let service = land.service(true).await;
        let endpoint = land.endpoint(&service).await;
        let script = json!([{"operation": "DescribeVpcEndpoints", "nth": 3, "do": "set", "kind": "endpoint",
            "set": {"state": "rejected"}}]);
        door.faults(&land, &script);
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(land.state(&endpoint).await);
        }
        assert_eq!(seen, ["pendingAcceptance", "pendingAcceptance", "rejected", "rejected"], "{door:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_verification_fails_and_then_does_not() {
    for door in DOORS {
        let (land, service) = offered().await;
        land.verified_name(&service, "api.example.dev").await;
        for state in ["failed", "verified"] {
            door.force(&land, "endpoint_service", &service.id, &json!({"verification": state}));
            let read = land.configuration(&service.id).await.private_dns_name_configuration.unwrap();
            assert_eq!(read.state.unwrap().as_str(), state, "{door:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn records_are_lost_and_aliases_changed_behind_everyones_back() {
    use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
    for door in DOORS {
        let land = Land::calm();
        let value = ResourceRecord::builder().value("\"vpce:proof\"").build().unwrap();
        let record = ResourceRecordSet::builder().name("_l.example.dev").r#type(RrType::Txt).ttl(60);
        let record = record.resource_records(value).build().unwrap();
        let change = Change::builder().action(ChangeAction::Create).resource_record_set(record).build().unwrap();
        let batch = ChangeBatch::builder().changes(change).build().unwrap();
        let call = land.provider_dns.change_resource_record_sets().hosted_zone_id(&land.public_zone);
        call.change_batch(batch).send().await.unwrap();
        let own = || async {
            let read = land.provider_dns.list_resource_record_sets().hosted_zone_id(&land.public_zone).send().await;
            read.unwrap().resource_record_sets.into_iter().find(|record| record.name.starts_with("_l."))
        };
        let id = format!("{}/_l.example.dev/TXT", land.public_zone);
        door.force(&land, "record_set", &id, &json!({"alias": {"zone_id": "Z0", "dns_name": "elsewhere.example.dev"}}));
        let alias = own().await.unwrap().alias_target.unwrap();
        assert_eq!(alias.dns_name, "elsewhere.example.dev.", "{door:?}");
        door.force(&land, "record_set", &id, &json!({"removed": true}));
        assert!(own().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn interfaces_take_a_quarter_of_an_hour_more_to_go() {
    for door in DOORS {
        let (land, service) = offered().await;
        let endpoint = land.endpoint(&service).await;
        door.faults(&land, &json!([{"operation": "DeleteVpcEndpoints", "do": "stall", "ms": 900_000}]));
        assert!(land.delete_endpoint(&endpoint).await.is_empty());
        let left = || async {
            let filter = aws_sdk_ec2::types::Filter::builder().name("interface-type").values("vpc_endpoint").build();
            let read = land.consumer.describe_network_interfaces().filters(filter).send().await.unwrap();
            read.network_interfaces().len()
        };
        land.pass(899).await;
        assert_eq!(left().await, 3, "{door:?}");
        land.pass(902).await;
        assert_eq!(left().await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn one_read_misses_what_is_there() {
    for door in DOORS {
        let (land, service) = offered().await;
        let endpoint = land.endpoint(&service).await;
        door.faults(&land, &json!([{"operation": "DescribeVpcEndpoints", "do": "miss", "times": 2}]));
        assert!(land.consumer.describe_vpc_endpoints().send().await.unwrap().vpc_endpoints().is_empty(), "{door:?}");
        let named = land.consumer.describe_vpc_endpoints().vpc_endpoint_ids(&endpoint).send().await;
        assert_eq!(code(named), "InvalidVpcEndpointId.NotFound");
        assert_eq!(land.state(&endpoint).await, "available");
    }
}

#[tokio::test(start_paused = true)]
async fn principals_and_rules_change_behind_everyones_back() {
    for door in DOORS {
        let (land, service) = offered().await;
        let principal = format!("arn:aws:iam::{CONSUMER}:root");
        door.force(&land, "endpoint_service", &service.id, &json!({"removed_principal": principal}));
        assert_eq!(code(land.new_endpoint(&service).send().await), "InvalidServiceName", "{door:?}");
        let rules = || async {
            let read = land.consumer.describe_security_groups().group_ids(&land.application_group).send().await;
            read.unwrap().security_groups()[0].ip_permissions().to_vec()
        };
        assert!(rules().await.is_empty());
        let ingress = json!({"ingress": {"cidr": "10.0.0.0/8", "port": 22}});
        door.force(&land, "security_group", &land.application_group, &ingress);
        assert_eq!(rules().await[0].from_port(), Some(22));
        door.force(&land, "security_group", &land.application_group, &json!({"ingress": null}));
        assert!(rules().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_kill_falls_before_or_after_the_effect() {
    for door in DOORS {
        let (land, service) = offered().await;
        let killed = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let seen = killed.clone();
        land.world.on_kill(Box::new(move |_| {
            seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }));
        let count = || async { land.consumer.describe_vpc_endpoints().send().await.unwrap().vpc_endpoints().len() };
        for (when, there) in [("before", 0), ("after", 1)] {
            door.faults(&land, &json!([{"operation": "CreateVpcEndpoint", "do": "kill", "when": when}]));
            assert!(matches!(land.new_endpoint(&service).send().await, Err(SdkError::DispatchFailure(_))));
            assert_eq!(count().await, there, "{door:?}");
        }
        assert_eq!(killed.load(std::sync::atomic::Ordering::SeqCst), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_expire_in_the_middle() {
    for door in DOORS {
        let (land, service) = offered().await;
        for expired in ["RequestExpired", "ExpiredToken", "AuthFailure"] {
            door.faults(&land, &json!([{"operation": "**", "do": "refuse", "code": expired, "status": 403}]));
            let refused = land.new_endpoint(&service).send().await.unwrap_err();
            assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403, "{door:?}");
            assert_eq!(code(Err::<(), _>(refused)), expired);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_item_of_a_call_fails_and_the_others_do_not() {
    for door in DOORS {
        let (land, service) = offered().await;
        let (first, second) = (land.endpoint(&service).await, land.endpoint(&service).await);
        let script = json!([{"operation": "DeleteVpcEndpoints", "do": "fail_items", "code": "RequestLimitExceeded"}]);
        door.faults(&land, &script);
        let call = land.consumer.delete_vpc_endpoints().vpc_endpoint_ids(&first).vpc_endpoint_ids(&second);
        let items = call.send().await.unwrap().unsuccessful.unwrap_or_default();
        assert_eq!(item_codes(&items), ["RequestLimitExceeded"], "{door:?}");
        assert_eq!((land.state(&first).await.as_str(), land.state(&second).await.as_str()), ("available", "deleting"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_network_is_slow_by_chance_and_drops_one_call_in_a_hundred() {
    for door in DOORS {
        let land = Land::in_world(World::new(1, Settings::calm(), 1.0));
        door.faults(&land, &json!([{"operation": "**", "do": "bad_network", "ms": 5000, "times": 1000}]));
        let (mut dropped, start) = (0, Instant::now());
        for _ in 0..1000 {
            dropped += usize::from(land.consumer.describe_vpcs().send().await.is_err());
        }
        assert!((3..25).contains(&dropped), "{dropped} of a thousand, {door:?}");
        let mean = start.elapsed() / 1000;
        assert!((Duration::from_millis(2300)..Duration::from_millis(2900)).contains(&mean), "{mean:?}");
    }
}
