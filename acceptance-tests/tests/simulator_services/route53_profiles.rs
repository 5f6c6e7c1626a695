//! Route 53 Profiles: which endpoints they take, and in which states an association is.

use aws_sdk_ec2::types::{DnsOptionsSpecification, VpcEndpointType};

use crate::support::{CONSUMER, PROVIDER, Scene, code, config, ec2, pass};

async fn endpoint(scene: &Scene, private_dns: bool) -> String {
    let call = ec2(&scene.world, CONSUMER).create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Interface);
    let call = call.vpc_id(scene.id("consumer_vpc_id")).service_name("com.amazonaws.us-east-1.sqs");
    let call = call.subnet_ids(&scene.list("consumer_subnet_ids")[0]).private_dns_enabled(private_dns);
    let made = call.dns_options(DnsOptionsSpecification::builder().build()).send().await.unwrap();
    let id = made.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap().to_owned();
    pass(900).await;
    format!("arn:aws:ec2:us-east-1:{CONSUMER}:vpc-endpoint/{id}")
}

#[tokio::test(start_paused = true)]
async fn a_profile_takes_endpoints_with_private_dns_once_and_lets_them_go() {
    let scene = Scene::calm();
    let client = aws_sdk_route53profiles::Client::new(&config(&scene.world, CONSUMER));
    let create = client.create_profile().name("hub").client_token("a").send().await.unwrap();
    let profile = create.profile().unwrap().id().unwrap().to_owned();
    let associate = |arn: &str| {
        let call = client.associate_resource_to_profile().profile_id(&profile).resource_arn(arn);
        call.name("sqs").send()
    };
    let arn = endpoint(&scene, true).await;
    assert_eq!(code(associate(&arn.replace("vpce-0", "vpce-1")).await), "ResourceNotFoundException");
    assert_eq!(code(associate(&arn.replace(CONSUMER, PROVIDER)).await), "ResourceNotFoundException");
    let nobody = client.associate_resource_to_profile().profile_id("rp-1").resource_arn(&arn).name("sqs").send().await;
    assert_eq!(code(nobody), "ResourceNotFoundException");
    let named = client.associate_resource_to_profile().profile_id(&profile).resource_arn(&arn).name("1").send().await;
    assert_eq!(code(named), "InvalidParameterException");

    let made = associate(&arn).await.unwrap();
    let made = made.profile_resource_association().unwrap();
    assert_eq!(made.status().unwrap().as_str(), "CREATING");
    assert!(made.resource_properties().unwrap().contains("com.amazonaws.us-east-1.sqs"), "{made:?}");
    assert_eq!(code(associate(&arn).await), "ConflictException");
    let take = || client.disassociate_resource_from_profile().profile_id(&profile).resource_arn(&arn).send();
    assert_eq!(code(take().await), "ConflictException");
    pass(200).await;
    let id = made.id().unwrap();
    let seen = client.get_profile_resource_association().profile_resource_association_id(id).send().await.unwrap();
    assert_eq!(seen.profile_resource_association().unwrap().status().unwrap().as_str(), "COMPLETE");
    let list = client.list_profile_resource_associations().profile_id(&profile).max_results(1).send().await.unwrap();
    assert_eq!(list.profile_resource_associations()[0].resource_arn(), Some(arn.as_str()));
    assert_eq!(code(client.delete_profile().profile_id(&profile).send().await), "ConflictException");

    let other = aws_sdk_route53profiles::Client::new(&config(&scene.world, PROVIDER));
    let mine = client.list_profiles().max_results(1).send().await.unwrap();
    let summary = &mine.profile_summaries()[0];
    assert_eq!((summary.id(), summary.name()), (Some(profile.as_str()), Some("hub")));
    assert_eq!(summary.share_status().unwrap().as_str(), "NOT_SHARED");
    assert_eq!(other.list_profiles().send().await.unwrap().profile_summaries().len(), 0);
    let foreign = other.list_profile_resource_associations().profile_id(&profile).send().await;
    assert_eq!(code(foreign), "ResourceNotFoundException");
    let going = take().await.unwrap();
    assert_eq!(going.profile_resource_association().unwrap().status().unwrap().as_str(), "DELETING");
    assert_eq!(code(take().await), "ConflictException");
    pass(200).await;
    assert_eq!(code(take().await), "ResourceNotFoundException");
    client.delete_profile().profile_id(&profile).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_without_private_dns_has_nothing_for_a_profile() {
    let scene = Scene::calm();
    let client = aws_sdk_route53profiles::Client::new(&config(&scene.world, CONSUMER));
    let create = client.create_profile().name("hub").client_token("a").send().await.unwrap();
    let profile = create.profile().unwrap().id().unwrap().to_owned();
    let arn = endpoint(&scene, false).await;
    let refused =
        client.associate_resource_to_profile().profile_id(&profile).resource_arn(&arn).name("sqs").send().await;
    assert_eq!(code(refused), "InvalidParameterException");
}
