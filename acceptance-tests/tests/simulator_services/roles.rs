use acceptance_tests::simulator::World;
use serde_json::json;

use crate::support::{Scene, code, ec2, pass, sts};

const ROLE: &str = "arn:aws:iam::333333333333:role/team/deploy";

async fn assume(world: &World, key: &str) -> aws_sdk_sts::types::Credentials {
    let call = sts(world, key).assume_role().role_arn(ROLE).role_session_name("run-1");
    call.send().await.unwrap().credentials().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_key_of_twelve_digits_is_that_accounts_user() {
    let world = World::calm(1);
    let who = sts(&world, "111111111111").get_caller_identity().send().await.unwrap();
    assert_eq!(who.account(), Some("111111111111"));
    assert_eq!(who.arn(), Some("arn:aws:iam::111111111111:user/terraform"));
    assert!(who.user_id().unwrap().starts_with("AIDA"));
    let who = sts(&world, "AKIAEXAMPLE").get_caller_identity().send().await.unwrap();
    assert_eq!(who.account(), Some("123456789012"));
}

#[tokio::test(start_paused = true)]
async fn keys_of_a_role_act_in_the_roles_account() {
    let world = World::calm(1);
    let keys = assume(&world, "111111111111").await;
    assert!(keys.access_key_id().starts_with("ASIA"));
    let who = sts(&world, keys.access_key_id()).get_caller_identity().send().await.unwrap();
    assert_eq!(who.account(), Some("333333333333"));
    assert_eq!(who.arn(), Some("arn:aws:sts::333333333333:assumed-role/deploy/run-1"));
    assert!(who.user_id().unwrap().ends_with(":run-1"));
    let made = ec2(&world, keys.access_key_id()).create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
    let vpc = made.vpc().unwrap().vpc_id().unwrap().to_owned();
    assert!(world.lock().region("333333333333", "us-east-1").unwrap().ec2.vpcs.contains_key(&vpc));
}

#[tokio::test(start_paused = true)]
async fn keys_of_a_role_expire() {
    let world = World::calm(1);
    let keys = assume(&world, "111111111111").await;
    pass(3599).await;
    let client = sts(&world, keys.access_key_id());
    client.get_caller_identity().send().await.unwrap();
    pass(2).await;
    assert_eq!(code(client.get_caller_identity().send().await), "ExpiredToken");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_gone_or_wants_an_external_id_is_denied() {
    let scene = Scene::calm();
    let client = sts(&scene.world, "111111111111");
    let call = || client.assume_role().role_arn(ROLE).role_session_name("run-1");
    scene.force("role", ROLE, &json!({"external_id": "secret"}));
    assert_eq!(code(call().send().await), "AccessDenied");
    assert_eq!(code(call().external_id("wrong").send().await), "AccessDenied");
    call().external_id("secret").send().await.unwrap();
    scene.force("role", ROLE, &json!({"external_id": null}));
    call().send().await.unwrap();
    scene.force("principal", ROLE, &json!({"exists": false}));
    assert_eq!(code(call().send().await), "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn role_session_and_duration_are_checked() {
    let world = World::calm(1);
    let client = sts(&world, "111111111111");
    let call = || client.assume_role().role_arn(ROLE).role_session_name("run-1");
    assert_eq!(code(call().role_arn("arn:aws:iam::333333333333:user/u").send().await), "ValidationError");
    assert_eq!(code(call().role_session_name("a b").send().await), "ValidationError");
    assert_eq!(code(call().duration_seconds(899).send().await), "ValidationError");
    assert_eq!(code(call().policy("{").send().await), "MalformedPolicyDocument");
    call().duration_seconds(43_200).send().await.unwrap();
    // A role assumed by a role lives an hour at most.
    let keys = assume(&world, "111111111111").await;
    let chained = sts(&world, keys.access_key_id()).assume_role().role_arn(ROLE).role_session_name("run-2");
    assert_eq!(code(chained.clone().duration_seconds(7200).send().await), "ValidationError");
    chained.send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_web_identity_needs_no_key() {
    let world = World::calm(1);
    let client = sts(&world, "111111111111");
    let call = |token: &str| {
        client
            .assume_role_with_web_identity()
            .role_arn(ROLE)
            .role_session_name("run-1")
            .web_identity_token(token)
            .send()
    };
    assert_eq!(code(call("nonsense").await), "InvalidIdentityToken");
    let keys = call("header.claims.signature").await.unwrap().credentials().unwrap().clone();
    let who = sts(&world, keys.access_key_id()).get_caller_identity().send().await.unwrap();
    assert_eq!(who.account(), Some("333333333333"));
    // The call carried no signature: the account is told by the role.
    assert_eq!(world.calls().last().unwrap().account, "333333333333");
    assert_eq!(world.calls()[1].account, "333333333333");
}
