//! Import of chains that were made by hand: found whole, shown as they are, and left alone where nothing describes
//! them.

use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    Action as Forward, ActionTypeEnum, LoadBalancerSchemeEnum, LoadBalancerTypeEnum, ProtocolEnum, Tag,
    TargetDescription, TargetTypeEnum,
};
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};
use serde_json::{Value as Json, json};

use crate::core::{Action, objects, texts};
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

/// What somebody made with the AWS CLI: two listeners, a private name with its record, no tag of ours.
pub(crate) struct ByHand {
    pub(crate) service: String,
    pub(crate) balancer: String,
    groups: [String; 2],
}

async fn group(bench: &Bench, name: &str, port: i32, targets: &[Json]) -> String {
    let vpc = bench.land.ids["provider_vpc_id"].as_str().unwrap();
    let made = bench.elbv2().create_target_group().name(name).protocol(ProtocolEnum::Tcp).port(port).vpc_id(vpc);
    let made = made.target_type(TargetTypeEnum::Instance).send().await.unwrap();
    let arn = made.target_groups()[0].target_group_arn().unwrap().to_owned();
    tokio::time::sleep(Duration::from_secs(30)).await;
    let targets = targets.iter().map(|id| TargetDescription::builder().id(id.as_str().unwrap()).build()).collect();
    bench.elbv2().register_targets().target_group_arn(&arn).set_targets(Some(targets)).send().await.unwrap();
    arn
}

pub(crate) async fn by_hand(bench: &Bench) -> ByHand {
    let (elbv2, ec2) = (bench.elbv2(), bench.ec2());
    let strings = |ids: &Json| ids.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    let made = elbv2
        .create_load_balancer()
        .name("shop-nlb")
        .r#type(LoadBalancerTypeEnum::Network)
        .scheme(LoadBalancerSchemeEnum::Internal)
        .set_subnets(Some(strings(&bench.land.ids["provider_subnet_ids"])))
        .tags(Tag::builder().key("team").value("orders").build());
    let balancer = made.send().await.unwrap().load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    let targets = bench.land.ids["provider_instance_ids"].as_array().unwrap().clone();
    let groups =
        [group(bench, "shop-web", 8443, &targets).await, group(bench, "shop-metrics", 9100, &targets[..1]).await];
    for (port, group) in [(443, &groups[0]), (9090, &groups[1])] {
        let forward = Forward::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build();
        let made = elbv2.create_listener().load_balancer_arn(&balancer).protocol(ProtocolEnum::Tcp).port(port);
        made.default_actions(forward).send().await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(600)).await;
    let made = ec2
        .create_vpc_endpoint_service_configuration()
        .network_load_balancer_arns(&balancer)
        .private_dns_name("shop.example.dev")
        .acceptance_required(false);
    let service = made.send().await.unwrap().service_configuration.unwrap().service_id.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let permit = ec2.modify_vpc_endpoint_service_permissions().service_id(&service);
    permit.add_allowed_principals("arn:aws:iam::222222222222:root").send().await.unwrap();
    let seen = ec2.describe_vpc_endpoint_service_configurations().service_ids(&service).send().await.unwrap();
    let proof = seen.service_configurations()[0].private_dns_name_configuration().unwrap().clone();
    let value = ResourceRecord::builder().value(format!("\"{}\"", proof.value().unwrap())).build().unwrap();
    let name = format!("{}.shop.example.dev", proof.name().unwrap());
    let set = ResourceRecordSet::builder().name(name).r#type(RrType::Txt).ttl(300).resource_records(value);
    let change = Change::builder().action(ChangeAction::Create).resource_record_set(set.build().unwrap());
    let batch = ChangeBatch::builder().changes(change.build().unwrap()).build().unwrap();
    let zone = bench.land.ids["public_zone_id"].as_str().unwrap();
    bench.route53().change_resource_record_sets().hosted_zone_id(zone).change_batch(batch).send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(600)).await;
    ec2.start_vpc_endpoint_service_private_dns_verification().service_id(&service).send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1800)).await;
    ByHand { service, balancer, groups }
}

/// The configuration that describes all of it.
pub(crate) fn whole(bench: &Bench) -> Json {
    let ids = &bench.land.ids;
    json!({
        "name": "shop-nlb",
        "subnet_ids": ids["provider_subnet_ids"],
        "acceptance_required": false,
        "allowed_principals": ["222222222222"],
        "listener": [
            {"name": "tcp-443", "port": 443, "target_port": 8443, "target_ids": ids["provider_instance_ids"]},
            {"name": "tcp-9090", "port": 9090, "target_port": 9100, "target_ids": [ids["provider_instance_ids"][0]]},
        ],
        "private_dns": {"name": "shop.example.dev", "hosted_zone_id": ids["public_zone_id"]},
    })
}

async fn imported(bench: &mut Bench, made: &ByHand) {
    let mark = bench.mark();
    let found = bench.terraform.import(SERVICE, NAME, &made.service).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert_eq!(bench.calls_since(mark), "none", "an import only looks");
}

#[tokio::test(start_paused = true)]
async fn a_chain_made_by_hand_is_found_whole_and_planned_as_it_is() {
    let mut bench = Bench::empty(181).await;
    let made = by_hand(&bench).await;
    imported(&mut bench, &made).await;
    let state = bench.state();
    assert_eq!(state["load_balancers"][0]["arn"], json!(made.balancer));
    assert_eq!(state["listeners"]["tcp-443"]["target_group_arn"], json!(made.groups[0]));
    assert_eq!(state["listeners"]["tcp-9090"]["target_group_arn"], json!(made.groups[1]));
    assert_eq!((&state["private_dns_state"], &state["name"]), (&json!("verified"), &json!("shop-nlb")));

    let before = objects(&bench.land.world);
    bench.config = whole(&bench);
    let plan = bench.plan().await;
    // Somebody tagged the load balancer and nothing else: `tags_all` tells the service's, which has none.
    let changes = plan.planned.get("changes").as_list().unwrap();
    let told = ["load balancer: owner tags: name shop-nlb".into(), "load balancer: remove tag team".into()];
    assert_eq!(changes, told, "{changes:#?}");
    let told = bench.change("the load balancer's tag goes", |_, _| {}).await;
    insta::assert_snapshot!(told);
    assert_eq!(ids(&objects(&bench.land.world)), ids(&before), "each piece is adopted as it is");

    let told = bench.change("tags and another port", |config, _| {
        config["tags"] = json!({"team": "orders"});
        config["listener"][0]["port"] = json!(8443);
    });
    insta::assert_snapshot!("imported_and_changed", told.await);
    assert_eq!(bench.state()["listeners"]["tcp-443"]["target_group_arn"], json!(made.groups[0]));
    bench.destroy().await;
}

/// Kinds and ids, without what objects carry.
fn ids(objects: &Json) -> Json {
    objects["111111111111"]["us-east-1"].clone()
}

#[tokio::test(start_paused = true)]
async fn what_a_configuration_leaves_out_of_an_import_is_let_go() {
    let mut bench = Bench::empty(182).await;
    let made = by_hand(&bench).await;
    imported(&mut bench, &made).await;
    let before = objects(&bench.land.world);
    bench.config = whole(&bench);
    bench.config["listener"].as_array_mut().unwrap().pop();
    bench.config["private_dns"].as_object_mut().unwrap().remove("hosted_zone_id");
    let plan = bench.plan().await;
    assert_eq!(plan.action, Action::Update, "{:#?}", texts(&plan.diagnostics));
    let told = bench.change("one listener, and the record is nobody's", |_, _| {}).await;
    insta::assert_snapshot!(told);
    let after = objects(&bench.land.world);
    assert_eq!(ids(&after), ids(&before), "the second listener and its group stay");
    assert_eq!(after["111111111111"]["global"], before["111111111111"]["global"], "so does the record");
    assert_eq!(bench.state()["listeners"].as_object().unwrap().len(), 1);

    // The load balancer takes its listeners along, as AWS does it; group and record stay to the end.
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let left = bench.elbv2().describe_target_groups().send().await.unwrap();
    let left: Vec<&str> = left.target_groups().iter().map(|group| group.target_group_arn().unwrap()).collect();
    assert_eq!(left, [made.groups[1].as_str()]);
    let left = objects(&bench.land.world);
    assert_eq!(left["111111111111"]["global"], before["111111111111"]["global"]);
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_that_faces_the_internet_is_found_as_a_given_one_and_stays() {
    let mut bench = Bench::empty(183).await;
    let made = by_hand(&bench).await;
    bench.set("load_balancer", &made.balancer, &json!({"scheme": "internet-facing"}));
    imported(&mut bench, &made).await;
    assert_eq!(bench.state()["load_balancer_arns"], json!([made.balancer]));
    assert_eq!(bench.state()["listener"], json!([]), "nothing of it is managed");
    let mut config = whole(&bench);
    config["name"] = json!("imported");
    config["load_balancer_arns"] = json!([made.balancer]);
    for managed in ["subnet_ids", "listener"] {
        config.as_object_mut().unwrap().remove(managed);
    }
    bench.config = config.clone();
    let plan = bench.plan().await;
    assert_eq!(plan.action, Action::NoOp, "{}", bench.terraform.difference(NAME, &plan.planned));
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let left = bench.elbv2().describe_load_balancers().load_balancer_arns(&made.balancer).send().await.unwrap();
    assert_eq!(left.load_balancers().len(), 1);
}
