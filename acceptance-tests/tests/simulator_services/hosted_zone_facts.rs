//! Hosted zones: what AWS keeps for itself, and how it answers old clients.

use acceptance_tests::simulator::request::WireRequest;

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
