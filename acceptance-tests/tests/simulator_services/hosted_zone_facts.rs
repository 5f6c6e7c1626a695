//! Hosted zones: what AWS keeps for itself, and how it answers old clients.

use acceptance_tests::simulator::request::WireRequest;
use aws_sdk_route53::types::{Vpc, VpcRegion};

use crate::support::{CONSUMER, PROVIDER, Scene, code, message, pass, route53};
use crate::wire::{send, signed};

#[tokio::test(start_paused = true)]
async fn domains_of_documentation_are_no_public_zones() {
    let scene = Scene::calm();
    let create = |name: &str| scene.route53.create_hosted_zone().name(name).caller_reference(name).send();
    for name in ["example.com", "a.example.net", "b.a.example.org"] {
        assert_eq!(message(create(name).await), format!("{name} is reserved by AWS!"));
        assert_eq!(code(create(name).await), "InvalidDomainName");
    }
    create("badexample.com").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_vpc_that_is_gone_or_foreign_lists_no_zones() {
    let scene = Scene::calm();
    let list = |vpc: &str| {
        let call = scene.route53.list_hosted_zones_by_vpc().vpc_id(vpc);
        call.vpc_region(aws_sdk_route53::types::VpcRegion::UsEast1).send()
    };
    for vpc in ["vpc-0123456789abcdef0".to_owned(), scene.id("consumer_vpc_id")] {
        let refused = list(&vpc).await;
        assert!(message(refused).ends_with("is not owned by you."));
        assert_eq!(code(list(&vpc).await), "AccessDenied");
    }
    list(&scene.vpc()).await.unwrap();
}

/// Terraform deletes a VPC before it takes it out of the zone.
#[tokio::test(start_paused = true)]
async fn a_vpc_that_is_gone_can_be_taken_out_of_its_zone_once() {
    let scene = Scene::calm();
    let vpc = |id: &str| Vpc::builder().vpc_region(VpcRegion::UsEast1).vpc_id(id).build();
    let gone = scene.ec2.create_vpc().cidr_block("10.77.0.0/16").send().await.unwrap();
    let gone = gone.vpc.unwrap().vpc_id.unwrap();
    let made = scene.route53.create_hosted_zone().name("two.internal").caller_reference("two").vpc(vpc(&scene.vpc()));
    let zone = made.send().await.unwrap().hosted_zone.unwrap().id;
    pass(120).await;
    scene.route53.associate_vpc_with_hosted_zone().hosted_zone_id(&zone).vpc(vpc(&gone)).send().await.unwrap();
    pass(120).await;
    scene.ec2.delete_vpc().vpc_id(&gone).send().await.unwrap();
    let leave = || scene.route53.disassociate_vpc_from_hosted_zone().hosted_zone_id(&zone).vpc(vpc(&gone)).send();
    leave().await.unwrap();
    pass(120).await;
    assert_eq!(code(leave().await), "InvalidVPCId");
}

#[tokio::test(start_paused = true)]
async fn no_zone_is_signed_and_private_ones_cannot_be() {
    let scene = Scene::calm();
    let read = |zone: String| scene.route53.get_dnssec().hosted_zone_id(zone).send();
    let seen = read(scene.id("public_zone_id")).await.unwrap();
    assert_eq!(seen.status().and_then(|status| status.serve_signature()), Some("NOT_SIGNING"));
    assert!(seen.key_signing_keys().is_empty());
    let vpc = Vpc::builder().vpc_region(VpcRegion::UsEast1).vpc_id(scene.vpc()).build();
    let made = scene.route53.create_hosted_zone().name("own.internal").caller_reference("own").vpc(vpc);
    let zone = made.send().await.unwrap().hosted_zone.unwrap().id;
    assert!(message(read(zone).await).contains("Operation is unsupported for private"));
}

#[tokio::test(start_paused = true)]
async fn signatures_for_another_region_reach_route_53_all_the_same() {
    let scene = Scene::calm();
    let request = WireRequest {
        method: "GET".to_owned(),
        path: "/2013-04-01/hostedzone".to_owned(),
        authorization: signed(PROVIDER, "us-west-2", "route53"),
        ..WireRequest::default()
    };
    let answer = send(&scene.world, request).await;
    assert_eq!((answer.status, answer.all("Name")), (200, vec!["example.dev.".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn an_alias_may_say_dualstack() {
    use aws_sdk_route53::types::{AliasTarget, Change, ChangeAction, ChangeBatch, ResourceRecordSet, RrType};
    let scene = Scene::calm();
    let arn = scene.active_balancer("front").await;
    let seen = scene.elb.describe_load_balancers().load_balancer_arns(&arn).send().await.unwrap();
    let balancer = &seen.load_balancers()[0];
    let (name, zone) = (balancer.dns_name().unwrap(), balancer.canonical_hosted_zone_id().unwrap());
    let alias = AliasTarget::builder().dns_name(format!("dualstack.{name}")).hosted_zone_id(zone);
    let alias = alias.evaluate_target_health(true).build().unwrap();
    let set = ResourceRecordSet::builder().name("a.example.dev").r#type(RrType::A).alias_target(alias).build().unwrap();
    let change = Change::builder().action(ChangeAction::Create).resource_record_set(set).build().unwrap();
    let batch = ChangeBatch::builder().changes(change).build().unwrap();
    let call = scene.route53.change_resource_record_sets().hosted_zone_id(scene.id("public_zone_id"));
    call.change_batch(batch).send().await.unwrap();
    pass(4).await;
    let foreign = route53(&scene.world, CONSUMER).list_hosted_zones().send().await.unwrap();
    assert!(foreign.hosted_zones().is_empty());
}
