use acceptance_tests::simulator::World;
use acceptance_tests::simulator::clock::Moment;
use acceptance_tests::simulator::ec2::privatelink::private_dns::zone::HiddenZone;
use acceptance_tests::simulator::route53::lookup::private_zone_deciding;
use aws_sdk_route53::types::{Vpc, VpcRegion};

use crate::support::{CONSUMER, Scene, code, message, pass, route53};

fn vpc(id: &str) -> Vpc {
    Vpc::builder().vpc_id(id).vpc_region(VpcRegion::UsEast1).build()
}

async fn private_zone(client: &aws_sdk_route53::Client, name: &str, reference: &str, vpc_id: &str) -> String {
    let call = client.create_hosted_zone().name(name).caller_reference(reference).vpc(vpc(vpc_id));
    call.send().await.unwrap().hosted_zone().unwrap().id().trim_start_matches("/hostedzone/").to_owned()
}

async fn second_vpc(scene: &Scene) -> String {
    let made = scene.ec2.create_vpc().cidr_block("10.50.0.0/16").send().await.unwrap();
    made.vpc().unwrap().vpc_id().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_private_zone_needs_a_vpc_of_the_account() {
    let scene = Scene::calm();
    let create = |vpc_id: &str| {
        scene.route53.create_hosted_zone().name("orders.internal").caller_reference("1").vpc(vpc(vpc_id)).send()
    };
    assert_eq!(code(create("vpc-00000000000000000").await), "InvalidVPCId");
    assert_eq!(code(create(&scene.id("consumer_vpc_id")).await), "InvalidVPCId");
    let made = create(&scene.vpc()).await.unwrap();
    assert!(made.hosted_zone().unwrap().config().unwrap().private_zone());
    // The model requires the element; AWS leaves it out and the SDK puts an empty one in.
    assert!(made.delegation_set().unwrap().name_servers().is_empty());
    let seen = scene.route53.get_hosted_zone().id(made.hosted_zone().unwrap().id()).send().await.unwrap();
    assert_eq!(seen.vpcs(), [vpc(&scene.vpc())]);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn one_vpc_has_one_zone_of_a_name() {
    let scene = Scene::calm();
    let zone = private_zone(&scene.route53, "orders.internal", "1", &scene.vpc()).await;
    let create = |name: &str, reference: &str| {
        scene.route53.create_hosted_zone().name(name).caller_reference(reference).vpc(vpc(&scene.vpc())).send()
    };
    assert_eq!(
        message(create("orders.internal", "2").await),
        format!(
            "The VPC {} in region us-east-1 has already been associated with the hosted zone {zone} with the same domain name.",
            scene.vpc()
        )
    );
    // A refused reference is not used up; parents and children do not conflict.
    create("a.orders.internal", "2").await.unwrap();
    let other = private_zone(&scene.route53, "orders.internal", "3", &second_vpc(&scene).await).await;
    let associate = scene.route53.associate_vpc_with_hosted_zone().hosted_zone_id(&other).vpc(vpc(&scene.vpc()));
    assert_eq!(code(associate.send().await), "ConflictingDomainExists");
    let again = scene.route53.associate_vpc_with_hosted_zone().hosted_zone_id(&zone).vpc(vpc(&scene.vpc()));
    assert_eq!(code(again.send().await), "ConflictingDomainExists");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_name_an_endpoint_took_over_conflicts() {
    let scene = Scene::calm();
    let hidden = HiddenZone {
        endpoint_id: "vpce-00000000000000001".to_owned(),
        vpc_id: scene.vpc(),
        shown_at: Moment(0),
        zone_id: "Z0HIDDEN".to_owned(),
        names: vec!["api.example.dev".to_owned()],
        resolves_from: Moment(0),
        released_at: scene.world.now().after(std::time::Duration::from_secs(100)),
        resolves_until: Moment::NEVER,
    };
    scene
        .world
        .lock()
        .region_mut("111111111111", "us-east-1")
        .ec2
        .privatelink
        .hidden_zones
        .entry(hidden.endpoint_id.clone())
        .or_default()
        .push(hidden);
    let create = |name: &str, reference: &str| {
        scene.route53.create_hosted_zone().name(name).caller_reference(reference).vpc(vpc(&scene.vpc())).send()
    };
    assert_eq!(code(create("api.example.dev", "1").await), "ConflictingDomainExists");
    create("example.dev", "2").await.unwrap();
    let list = scene.route53.list_hosted_zones_by_vpc().vpc_id(scene.vpc()).vpc_region(VpcRegion::UsEast1);
    let seen = list.send().await.unwrap();
    let hidden = seen.hosted_zone_summaries().iter().find(|zone| zone.name() == "api.example.dev.").unwrap();
    assert_eq!(hidden.owner().unwrap().owning_service(), Some("vpce.amazonaws.com"));
    assert_eq!(hidden.owner().unwrap().owning_account(), None);
    pass(101).await;
    create("api.example.dev", "3").await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn the_last_vpc_stays_and_public_zones_have_none() {
    let scene = Scene::calm();
    let zone = private_zone(&scene.route53, "orders.internal", "1", &scene.vpc()).await;
    let second = second_vpc(&scene).await;
    let leave = |id: &str| scene.route53.disassociate_vpc_from_hosted_zone().hosted_zone_id(&zone).vpc(vpc(id)).send();
    assert_eq!(code(leave(&scene.vpc()).await), "LastVPCAssociation");
    assert_eq!(code(leave(&second).await), "VPCAssociationNotFound");
    let join = scene.route53.associate_vpc_with_hosted_zone().hosted_zone_id(&zone).vpc(vpc(&second));
    join.send().await.unwrap();
    leave(&scene.vpc()).await.unwrap();
    let public = scene.id("public_zone_id");
    let join = scene.route53.associate_vpc_with_hosted_zone().hosted_zone_id(public).vpc(vpc(&second));
    assert_eq!(code(join.send().await), "PublicZoneVPCAssociation");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn the_vpcs_account_associates_and_the_zones_account_allows_it_first() {
    let scene = Scene::calm();
    let consumer = route53(&scene.world, CONSUMER);
    let theirs = scene.id("consumer_vpc_id");
    let zone = private_zone(&scene.route53, "orders.internal", "1", &scene.vpc()).await;
    let associate = |client: &aws_sdk_route53::Client| {
        client.associate_vpc_with_hosted_zone().hosted_zone_id(&zone).vpc(vpc(&theirs)).send()
    };
    let refused = associate(&consumer).await;
    assert_eq!(message(refused), format!("The VPC: {theirs} has not authorized to associate with your hosted zone."));
    let authorize =
        || scene.route53.create_vpc_association_authorization().hosted_zone_id(&zone).vpc(vpc(&theirs)).send();
    authorize().await.unwrap();
    authorize().await.unwrap();
    let listed = scene.route53.list_vpc_association_authorizations().hosted_zone_id(&zone).send().await.unwrap();
    assert_eq!(listed.vpcs(), [vpc(&theirs)]);
    // The zone's account still cannot do it in the other's place.
    assert_eq!(code(associate(&scene.route53).await), "NotAuthorizedException");
    associate(&consumer).await.unwrap();
    let revoke = || scene.route53.delete_vpc_association_authorization().hosted_zone_id(&zone).vpc(vpc(&theirs)).send();
    revoke().await.unwrap();
    assert_eq!(code(revoke().await), "VPCAssociationAuthorizationNotFound");
    let seen = consumer.list_hosted_zones_by_vpc().vpc_id(&theirs).vpc_region(VpcRegion::UsEast1).send().await.unwrap();
    let summary = &seen.hosted_zone_summaries()[0];
    assert_eq!((summary.hosted_zone_id(), summary.name()), (zone.as_str(), "orders.internal."));
    assert_eq!(summary.owner().unwrap().owning_account(), Some("111111111111"));
    // Resolvers ask the zone once the association is in sync.
    let decides = || {
        private_zone_deciding(&scene.world.lock(), &theirs, "a.orders.internal", scene.world.now())
            .map(|zone| zone.id.clone())
    };
    assert_eq!(decides(), None);
    pass(601).await;
    assert_eq!(decides(), Some(zone));
}

#[tokio::test(start_paused = true)]
async fn an_authorization_takes_a_moment_to_arrive() {
    let scene = Scene::of(World::strict(4));
    let consumer = route53(&scene.world, CONSUMER);
    let theirs = scene.id("consumer_vpc_id");
    let zone = private_zone(&scene.route53, "orders.internal", "1", &scene.vpc()).await;
    pass(1).await;
    scene.route53.create_vpc_association_authorization().hosted_zone_id(&zone).vpc(vpc(&theirs)).send().await.unwrap();
    let associate = || consumer.associate_vpc_with_hosted_zone().hosted_zone_id(&zone).vpc(vpc(&theirs)).send();
    assert_eq!(code(associate().await), "NotAuthorizedException");
    pass(11).await;
    associate().await.unwrap();
}
