use aws_sdk_route53::types::{HostedZoneConfig, HostedZoneLimitType, Tag, TagResourceType};

use crate::support::{CONSUMER, Scene, code, pass, route53};

/// Makes a public zone and gives its id without prefix.
pub(crate) async fn public_zone(client: &aws_sdk_route53::Client, name: &str, reference: &str) -> String {
    let made = client.create_hosted_zone().name(name).caller_reference(reference).send().await.unwrap();
    made.hosted_zone().unwrap().id().trim_start_matches("/hostedzone/").to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_public_zone_has_name_servers_and_is_pending_at_first() {
    let scene = Scene::calm();
    let made = scene.route53.create_hosted_zone().name("Orders.example").caller_reference("1").send().await.unwrap();
    let zone = made.hosted_zone().unwrap();
    assert!(zone.id().starts_with("/hostedzone/Z"));
    assert_eq!(zone.name(), "orders.example.");
    assert_eq!(zone.resource_record_set_count(), Some(2));
    assert!(!zone.config().unwrap().private_zone());
    assert_eq!(made.delegation_set().unwrap().name_servers().len(), 4);
    assert!(made.location().ends_with(zone.id()));
    let change = made.change_info().unwrap();
    assert!(change.id().starts_with("/change/C"));
    assert_eq!(change.status().as_str(), "PENDING");
    let status = async || {
        let seen = scene.route53.get_change().id(change.id()).send().await.unwrap();
        seen.change_info().unwrap().status().as_str().to_owned()
    };
    pass(10).await;
    assert_eq!(status().await, "PENDING");
    pass(600).await;
    assert_eq!(status().await, "INSYNC");
    assert_eq!(code(scene.route53.get_change().id("C0NOBODY").send().await), "NoSuchChange");
    let seen = scene.route53.get_hosted_zone().id(zone.id()).send().await.unwrap();
    assert_eq!(seen.delegation_set().unwrap().name_servers().len(), 4);
    assert!(seen.vpcs().is_empty());
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_caller_reference_is_used_up_for_ever() {
    let scene = Scene::calm();
    let zone = public_zone(&scene.route53, "orders.example", "once").await;
    let again = || scene.route53.create_hosted_zone().name("orders.example").caller_reference("once").send();
    assert_eq!(code(again().await), "HostedZoneAlreadyExists");
    scene.route53.delete_hosted_zone().id(&zone).send().await.unwrap();
    assert_eq!(code(again().await), "HostedZoneAlreadyExists");
    // References are an account's own.
    public_zone(&route53(&scene.world, CONSUMER), "orders.example", "once").await;
}

#[tokio::test(start_paused = true)]
async fn names_of_zones_are_checked() {
    let scene = Scene::calm();
    for name in ["*.example.dev", "a..example", "bad name"] {
        let made = scene.route53.create_hosted_zone().name(name).caller_reference(name).send().await;
        assert_eq!(code(made), "InvalidDomainName", "{name}");
    }
    let private = HostedZoneConfig::builder().private_zone(true).build();
    let call = scene.route53.create_hosted_zone().name("orders.internal").caller_reference("p");
    assert_eq!(code(call.hosted_zone_config(private).send().await), "InvalidInput");
}

#[tokio::test(start_paused = true)]
async fn a_zone_of_another_account_is_denied_and_none_is_not_found() {
    let scene = Scene::calm();
    let zone = public_zone(&scene.route53, "orders.example", "1").await;
    let consumer = route53(&scene.world, CONSUMER);
    assert_eq!(code(consumer.get_hosted_zone().id(&zone).send().await), "AccessDenied");
    assert_eq!(code(consumer.get_hosted_zone().id("Z0NOBODY").send().await), "NoSuchHostedZone");
    scene.route53.delete_hosted_zone().id(&zone).send().await.unwrap();
    assert_eq!(code(scene.route53.delete_hosted_zone().id(&zone).send().await), "NoSuchHostedZone");
}

#[tokio::test(start_paused = true)]
async fn lists_follow_the_labels_and_go_on_where_they_stopped() {
    let scene = Scene::calm();
    for name in ["b.example", "a.example", "c.a.example"] {
        public_zone(&scene.route53, name, name).await;
    }
    let by_name = |start: &str| scene.route53.list_hosted_zones_by_name().dns_name(start).max_items(2).send();
    let page = by_name("a.example").await.unwrap();
    let names: Vec<&str> = page.hosted_zones().iter().map(aws_sdk_route53::types::HostedZone::name).collect();
    assert_eq!(names, ["a.example.", "c.a.example."]);
    assert!(page.is_truncated());
    assert_eq!(page.next_dns_name(), Some("b.example."));
    // It starts there; it does not look for it.
    let later = by_name("aa.example").await.unwrap();
    assert_eq!(later.hosted_zones()[0].name(), "b.example.");
    let all = scene.route53.list_hosted_zones().max_items(1).into_paginator().items().send();
    assert_eq!(all.collect::<Result<Vec<_>, _>>().await.unwrap().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn tags_of_a_zone_come_and_go_ten_at_a_time() {
    let scene = Scene::calm();
    let zone = public_zone(&scene.route53, "orders.example", "1").await;
    let change =
        || scene.route53.change_tags_for_resource().resource_type(TagResourceType::Hostedzone).resource_id(&zone);
    let tag = |key: &str| Tag::builder().key(key).value("v").build();
    change().add_tags(tag("owner")).add_tags(tag("part")).send().await.unwrap();
    change().remove_tag_keys("part").send().await.unwrap();
    let many: Vec<Tag> = (0..11).map(|number| tag(&format!("k{number}"))).collect();
    assert_eq!(code(change().set_add_tags(Some(many)).send().await), "InvalidInput");
    let list = scene.route53.list_tags_for_resource().resource_type(TagResourceType::Hostedzone).resource_id(&zone);
    let seen = list.send().await.unwrap();
    assert_eq!(seen.resource_tag_set().unwrap().tags(), [tag("owner")]);
    let list = scene.route53.list_tags_for_resources().resource_type(TagResourceType::Hostedzone);
    let seen = list.clone().resource_ids(&zone).send().await.unwrap();
    assert_eq!(seen.resource_tag_sets().len(), 1);
    assert_eq!(code(list.resource_ids("Z0NOBODY").send().await), "NoSuchHostedZone");
}

#[tokio::test(start_paused = true)]
async fn limits_of_a_zone_can_be_asked_for() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let limit = |kind| scene.route53.get_hosted_zone_limit().hosted_zone_id(&zone).r#type(kind).send();
    let records = limit(HostedZoneLimitType::MaxRrsetsByZone).await.unwrap();
    assert_eq!((records.count(), records.limit().unwrap().value()), (2, 10_000));
    assert_eq!(code(limit(HostedZoneLimitType::MaxVpcsAssociatedByZone).await), "HostedZoneNotPrivate");
}

#[tokio::test(start_paused = true)]
async fn the_landscapes_zone_is_no_leak_and_others_are() {
    let scene = Scene::calm();
    assert!(scene.objects("hosted_zone").is_empty());
    let zone = public_zone(&scene.route53, "orders.example", "1").await;
    assert_eq!(scene.objects("hosted_zone"), [zone]);
    assert!(scene.objects("record_set").is_empty());
}
