//! States of hashicorp/aws that become a service's or a consumer's: what a move gives is what an import of the same id gives, and
//! what cannot be moved is refused with what to do.
//!
//! Shapes of the stored states: the schemas of hashicorp/aws 4.50.0 and 6.25.0 as in the typed bindings of PyPI's
//! `cdktf-cdktf-provider-aws` 12.0.0 and 21.22.1 (`vpc_endpoint`, `vpc_endpoint_service`), and states that 5.46 wrote. The schema version is 0
//! in the schemas of 5.46 and in the sources before and after it; the bindings name none, so that 0 is inferred for 4 and 6.

use aws_sdk_ec2::types as ec2;
use privatelink::resource::MovedState;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, merged, pass, says};
use crate::core::{Action, Terraform, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};
use crate::service_bench::{Bench, NAME};
use crate::service_import::{by_hand, whole};

const FROM_CONSUMER: &str = "aws_vpc_endpoint";
const FROM_SERVICE: &str = "aws_vpc_endpoint_service";
const TERRAFORM: &str = "registry.terraform.io/hashicorp/aws";

/// What hashicorp/aws stores besides, by its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V4,
    V5,
    V6,
}

fn moved(type_name: &str, state: Json) -> MovedState {
    let taken_by = match type_name {
        FROM_CONSUMER => Some(CONSUMER),
        FROM_SERVICE => Some(SERVICE),
        _ => None,
    };
    MovedState { provider: TERRAFORM.to_owned(), type_name: type_name.to_owned(), version: 0, state, taken_by }
}

/// A stored `aws_vpc_endpoint`.
fn endpoint_state(version: Version, id: &str, region: &str) -> Json {
    let dns_options = match version {
        Version::V4 => json!([{"dns_record_ip_type": "ipv4"}]),
        _ => json!([{"dns_record_ip_type": "ipv4", "private_dns_only_for_inbound_resolver_endpoint": false}]),
    };
    let state = json!({
        "arn": format!("arn:aws:ec2:{region}:{USER}:vpc-endpoint/{id}"), "auto_accept": null, "cidr_blocks": [],
        "dns_entry": [{"dns_name": "stale.example", "hosted_zone_id": "Z0000000000000"}], "dns_options": dns_options, "id": id,
        "ip_address_type": "ipv4", "network_interface_ids": ["eni-0123456789abcdef0"], "owner_id": USER, "policy": "",
        "prefix_list_id": null, "private_dns_enabled": false, "requester_managed": false, "route_table_ids": [],
        "security_group_ids": ["sg-0123456789abcdef0"], "service_name": "stale", "state": "pendingAcceptance",
        "subnet_ids": ["subnet-0123456789abcdef0"], "tags": null, "tags_all": {"Owner": "network"}, "timeouts": null,
        "vpc_endpoint_type": "Interface", "vpc_id": "vpc-0123456789abcdef0",
    });
    if version != Version::V6 {
        return state;
    }
    let newer = json!({
        "region": region, "resource_configuration_arn": "", "service_network_arn": "", "service_region": "us-east-1",
        "subnet_configuration": [{"ipv4": "10.20.1.9", "ipv6": "", "subnet_id": "subnet-0123456789abcdef0"}],
    });
    merged(&state, &newer)
}

/// A stored `aws_vpc_endpoint_service`.
fn service_state(version: Version, id: &str, balancer: &str) -> Json {
    let state = json!({
        "acceptance_required": true, "allowed_principals": [], "arn":
        format!("arn:aws:ec2:us-east-1:{OWNER}:vpc-endpoint-service/{id}"), "availability_zones": ["us-east-1b"],
        "base_endpoint_dns_names": [format!("{id}.us-east-1.vpce.amazonaws.com")], "gateway_load_balancer_arns": null, "id": id,
        "manages_vpc_endpoints": false, "network_load_balancer_arns": [balancer], "private_dns_name": "shop.example.dev",
        "private_dns_name_configuration": [{"name": "_x", "state": "pendingVerification", "type": "TXT", "value": "vpce:x"}],
        "service_name": "stale", "service_type": "Interface", "state": "Available", "supported_ip_address_types": ["ipv4"],
        "tags": {"Name": "orders"}, "tags_all": {"Name": "orders"}, "timeouts": null,
    });
    if version == Version::V6 {
        merged(&state, &json!({"region": "us-east-1", "supported_regions": ["us-east-1"]}))
    } else {
        state
    }
}

/// An interface endpoint as hashicorp/aws makes one, with the application's security group.
async fn endpoint(setting: &Setting) -> String {
    let subnets = setting.land.ids["consumer_subnet_ids"].as_array().unwrap();
    let tag = ec2::Tag::builder().key("Owner").value("network").build();
    let tags = ec2::TagSpecification::builder().resource_type(ec2::ResourceType::VpcEndpoint).tags(tag).build();
    let call = setting.ec2(USER).create_vpc_endpoint().vpc_endpoint_type(ec2::VpcEndpointType::Interface);
    let call =
        call.vpc_id(setting.id("consumer_vpc_id")).service_name(setting.service["service_name"].as_str().unwrap());
    let call = call.set_subnet_ids(Some(subnets.iter().map(|id| id.as_str().unwrap().to_owned()).collect()));
    let call = call.security_group_ids(setting.id("application_security_group_id")).private_dns_enabled(false);
    let made = call.tag_specifications(tags).send().await.unwrap();
    pass(900).await;
    made.vpc_endpoint.unwrap().vpc_endpoint_id.unwrap()
}

/// The configuration that describes it.
fn described(setting: &Setting) -> Json {
    let groups = json!([setting.land.ids["application_security_group_id"]]);
    setting.config(json!({"security_group_ids": groups, "tags": {"Owner": "network"}}))
}

/// A state without what is drawn anew for each import.
fn lasting(mut state: Json) -> Json {
    state["record"].as_object_mut().unwrap().remove("owner_uid");
    state
}

/// Expects that a move gives what an import gives, without a write.
async fn is_imported(terraform: &mut Terraform, (kind, name): (&str, &str), id: &str, moved: &[MovedState]) {
    let mark = terraform.world.calls().len();
    let found = terraform.import(kind, name, id).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    let imported = lasting(terraform.state(name));
    for moved in moved {
        terraform.forget(name);
        let found = terraform.move_here(kind, name, moved).await;
        assert!(found.is_empty(), "{moved:?}: {:#?}", texts(&found));
        assert_eq!(lasting(terraform.state(name)), imported, "{moved:?}");
    }
    let calls = terraform.world.calls().split_off(mark);
    let writes: Vec<&str> = calls.iter().filter(|call| call.mutating).map(|call| call.operation.as_str()).collect();
    assert_eq!(writes, [""; 0], "a move only looks");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_of_each_version_becomes_the_consumer_that_an_import_finds() {
    let mut setting = Setting::open(421).await;
    let id = endpoint(&setting).await;
    let here = "us-east-1";
    let mut states: Vec<MovedState> = [Version::V4, Version::V5, Version::V6]
        .map(|version| moved(FROM_CONSUMER, endpoint_state(version, &id, here)))
        .into();
    // A state of long ago, or one that was edited: the provider's Region is the only one there is.
    states.push(moved(FROM_CONSUMER, json!({"id": id})));
    for address in ["registry.opentofu.org/hashicorp/aws", "aws"] {
        let of_tofu = moved(FROM_CONSUMER, endpoint_state(Version::V5, &id, here));
        states.push(MovedState { provider: address.to_owned(), ..of_tofu });
    }
    is_imported(&mut setting.user, (CONSUMER, ORDERS), &id, &states).await;

    let config = described(&setting);
    let plan = setting.plan(&config).await;
    assert!(!plan.diagnostics.has_errors(), "{:#?}", texts(&plan.diagnostics));
    assert!(matches!(plan.action, Action::NoOp | Action::Update), "{:?} {:?}", plan.action, plan.replaced_by);
    assert_eq!(plan.planned.get("id").as_str(), Some(id.as_str()));
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    assert_eq!(setting.state()["id"], json!(id));
    // The application's group has no rule that lets anybody in.
    setting.destroy_behind(Some("endpoint_security_group")).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_of_each_version_becomes_the_service_that_an_import_finds() {
    let mut bench = Bench::empty(422).await;
    let made = by_hand(&bench).await;
    let states = [Version::V4, Version::V5, Version::V6]
        .map(|version| moved(FROM_SERVICE, service_state(version, &made.service, &made.balancer)));
    is_imported(&mut bench.terraform, (SERVICE, NAME), &made.service, &states).await;
    bench.config = whole(&bench);
    let plan = bench.plan().await;
    assert_eq!(plan.action, Action::Update, "{:?} {:#?}", plan.replaced_by, texts(&plan.diagnostics));
    assert_eq!(plan.planned.get("id").as_str(), Some(made.service.as_str()));
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    assert_eq!(bench.state()["id"], json!(made.service));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_load_balancer_stays_elsewhere_is_moved_alone() {
    let mut bench = Bench::empty(423).await;
    let made = by_hand(&bench).await;
    let state = moved(FROM_SERVICE, service_state(Version::V5, &made.service, &made.balancer));
    let found = bench.terraform.move_here(SERVICE, NAME, &state).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    let config = json!({
        "name": "shop-nlb", "load_balancer_arns": [made.balancer], "acceptance_required": false,
        "allowed_principals": ["222222222222"], "private_dns": {"name": "shop.example.dev"},
    });
    let before = objects(&bench.land.world);
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let kinds =
        |all: &Json| ["load_balancer", "listener", "target_group"].map(|kind| all[OWNER]["us-east-1"][kind].clone());
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let after = objects(&bench.land.world);
    assert_eq!(kinds(&after), kinds(&before), "what hashicorp/aws still manages is left alone");
    assert!(after[OWNER]["us-east-1"]["endpoint_service"].is_null(), "{after:#}");
}

#[tokio::test(start_paused = true)]
async fn the_region_is_that_of_the_object_and_not_the_provider_s() {
    let mut setting = Setting::open(424).await;
    let id = endpoint(&setting).await;
    let elsewhere = json!({"access_key": USER, "region": "eu-west-1"});
    let mut user = Terraform::configured(&setting.land.world, elsewhere).await;
    for version in [Version::V5, Version::V6] {
        let found =
            user.move_here(CONSUMER, ORDERS, &moved(FROM_CONSUMER, endpoint_state(version, &id, "us-east-1"))).await;
        assert!(found.is_empty(), "{version:?}: {:#?}", texts(&found));
        assert_eq!((&user.state(ORDERS)["region"], &user.state(ORDERS)["id"]), (&json!("us-east-1"), &json!(id)));
    }
    // The attribute counts where both are there.
    let written = merged(&endpoint_state(Version::V6, &id, "us-east-1"), &json!({"region": "eu-central-1"}));
    let found = setting.user.move_here(CONSUMER, ORDERS, &moved(FROM_CONSUMER, written)).await;
    assert!(says(&found, "Error", &["eu-central-1", &id, "aws_vpc_endpoint", "moved block"]), "{:#?}", texts(&found));
    let found = user.destroy(ORDERS).await;
    assert!(!found.has_errors(), "what was moved and never applied is destroyed like an import: {:#?}", texts(&found));
    setting.user.forget(ORDERS);
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_gone_or_of_another_account_is_an_error_and_no_new_one() {
    let mut setting = Setting::open(425).await;
    let id = endpoint(&setting).await;
    let state = moved(FROM_CONSUMER, endpoint_state(Version::V5, &id, "us-east-1"));
    let advice = ["aws_vpc_endpoint", "terraform state rm", "credentials of that account"];
    let found = setting.owner.move_here(CONSUMER, ORDERS, &state).await;
    assert!(says(&found, "Error", &advice) && says(&found, "Error", &[&id]), "{:#?}", texts(&found));
    setting.owner.forget(ORDERS);

    setting.ec2(USER).delete_vpc_endpoints().vpc_endpoint_ids(&id).send().await.unwrap();
    pass(1200).await;
    let found = setting.user.move_here(CONSUMER, ORDERS, &state).await;
    assert!(says(&found, "Error", &advice), "{:#?}", texts(&found));
    // Nor does a plan without a refresh make a second one.
    let config = described(&setting);
    let plan = setting.user.plan_only(CONSUMER, ORDERS, &config).await;
    assert!(says(&plan.diagnostics, "Error [record] Incomplete state", &["moved", "-refresh=false"]), "{plan:#?}");
    assert_eq!(setting.user.value(ORDERS).get("id").as_str(), Some(id.as_str()), "the state still names it");
    setting.user.forget(ORDERS);
    setting.destroy().await;
}

/// What one asks for and what the answer must say.
struct Refusal {
    to: &'static str,
    from: MovedState,
    summary: &'static str,
    words: &'static [&'static str],
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_moved_is_refused_with_what_to_do() {
    let land = Landscape::strict(426);
    let user = land.consumer_side().await;
    const ID: &str = "vpce-0123456789abcdef0";
    let service = "vpce-svc-0123456789abcdef0";
    let endpoint = |over: Json| moved(FROM_CONSUMER, merged(&endpoint_state(Version::V5, ID, "us-east-1"), &over));
    let of_service = |over: Json| moved(FROM_SERVICE, merged(&service_state(Version::V5, service, "arn:aws:x"), &over));
    let by = |provider: &str| MovedState { provider: provider.to_owned(), ..endpoint(json!({})) };
    let imports: &[&str] = &["Nothing was changed", "removed {", "destroy = false", "import {"];
    let both: &[&str] =
        &["from = aws_vpc_endpoint.NAME", "to = privatelink_consumer.NAME", "id = \"vpce-0123456789abcdef0\""];
    let keeps: &[&str] = &["Nothing was changed", "remove the moved block", ID];
    let other = "Cannot move from another provider";
    let version = "Cannot move from an unknown schema version";
    let wrong = "Cannot move from another resource type";
    let this = "Cannot move this aws_vpc_endpoint";
    let no_id = "Cannot move without an id";
    let refusals = [
        Refusal { to: CONSUMER, from: by("registry.terraform.io/fork/aws"), summary: other, words: both },
        Refusal { to: CONSUMER, from: by("registry.terraform.io/hashicorp/awscc"), summary: other, words: imports },
        Refusal { to: CONSUMER, from: by(""), summary: other, words: imports },
        Refusal { to: CONSUMER, from: MovedState { version: 1, ..endpoint(json!({})) }, summary: version, words: both },
        Refusal {
            to: CONSUMER,
            from: MovedState { version: -1, ..endpoint(json!({})) },
            summary: version,
            words: imports,
        },
        Refusal {
            to: CONSUMER,
            from: of_service(json!({})),
            summary: wrong,
            words: &["move it to a privatelink_service"],
        },
        Refusal {
            to: SERVICE,
            from: endpoint(json!({})),
            summary: wrong,
            words: &["move it to a privatelink_consumer"],
        },
        Refusal {
            to: SERVICE,
            from: moved("aws_lb", json!({"id": "arn:aws:x"})),
            summary: wrong,
            words: &["aws_vpc_endpoint_service only", "id = \"arn:aws:x\""],
        },
        Refusal {
            to: "privatelink_connection",
            from: endpoint(json!({})),
            summary: wrong,
            words: &["no other resource type"],
        },
        Refusal { to: CONSUMER, from: endpoint(json!({"vpc_endpoint_type": "Gateway"})), summary: this, words: keeps },
        Refusal {
            to: CONSUMER,
            from: endpoint(json!({"vpc_endpoint_type": "GatewayLoadBalancer"})),
            summary: this,
            words: keeps,
        },
        Refusal {
            to: CONSUMER,
            from: endpoint(json!({"vpc_endpoint_type": "Resource"})),
            summary: this,
            words: &["of type Resource"],
        },
        Refusal {
            to: SERVICE,
            from: of_service(json!({"service_type": "GatewayLoadBalancer"})),
            summary: "Cannot move this aws_vpc_endpoint_service",
            words: &["gateway load balancers"],
        },
        Refusal {
            to: SERVICE,
            from: of_service(json!({"gateway_load_balancer_arns": ["arn:aws:x"]})),
            summary: "Cannot move this aws_vpc_endpoint_service",
            words: &["keep the aws_vpc_endpoint_service"],
        },
        Refusal { to: CONSUMER, from: endpoint(json!({"id": null})), summary: no_id, words: imports },
        Refusal { to: CONSUMER, from: endpoint(json!({"id": ""})), summary: no_id, words: imports },
        Refusal { to: CONSUMER, from: endpoint(json!({"id": service})), summary: no_id, words: imports },
        Refusal {
            to: SERVICE,
            from: of_service(json!({"id": 7})),
            summary: no_id,
            words: &["to = privatelink_service.NAME"],
        },
    ];
    for Refusal { to, from, summary, words } in refusals {
        let refused = user.server(to).1.take_over(&from).unwrap_err();
        assert_eq!(refused.summary, summary, "{from:?}");
        for word in words {
            assert!(refused.detail.contains(word), "{word}: {}", refused.detail);
        }
    }
    // Every call of Configure aside.
    assert!(land.world.calls().iter().all(|call| !call.mutating));
}
