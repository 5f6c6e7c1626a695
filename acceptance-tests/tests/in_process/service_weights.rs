//! A listener's own target group beside groups that somebody else manages, each with its weight.

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, ForwardActionConfig, ProtocolEnum, TargetGroupTuple,
};
use serde_json::{Value as Json, json};

use crate::core::texts;
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

/// A target group of somebody else.
async fn group(bench: &Bench, name: &str) -> String {
    let vpc = bench.land.ids["provider_vpc_id"].as_str().unwrap();
    let made = bench.elbv2().create_target_group().name(name).protocol(ProtocolEnum::Tcp).port(443).vpc_id(vpc);
    let arn = made.send().await.unwrap().target_groups()[0].target_group_arn().unwrap().to_owned();
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    arn
}

fn forward(groups: &[(&str, i32)]) -> Action {
    let tuple =
        |(arn, weight): &(&str, i32)| TargetGroupTuple::builder().target_group_arn(*arn).weight(*weight).build();
    let config = ForwardActionConfig::builder().set_target_groups(Some(groups.iter().map(tuple).collect())).build();
    Action::builder().r#type(ActionTypeEnum::Forward).forward_config(config).build()
}

#[tokio::test(start_paused = true)]
async fn weights_change_in_place_and_groups_of_others_stay() {
    let mut bench = Bench::plain(174).await;
    let (blue, green) = (group(&bench, "blue").await, group(&bench, "green").await);
    let before = bench.state()["listeners"].clone();
    let set = |own: Json, others: Json| {
        move |config: &mut Json, _: &Json| {
            config["listener"][0]["weight"] = own;
            config["listener"][0]["weighted_target_group"] = others;
        }
    };
    let tenth = json!([{"arn": blue, "weight": 10}]);
    let mut told = bench.change("a tenth for another", set(json!(90), tenth.clone())).await;
    let both = json!([{"arn": blue}, {"arn": green, "weight": 2}]);
    told += &bench.change("a quarter each, half for a third", set(Json::Null, both.clone())).await;
    let id = bench.state()["id"].as_str().unwrap().to_owned();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    told += &bench.change("nothing new for the own one", set(json!(0), both)).await;
    told += &bench.change("a tenth again", set(json!(90), tenth)).await;

    let (listener, own) = (&before["https"]["arn"], before["https"]["target_group_arn"].as_str().unwrap().to_owned());
    let listener = listener.as_str().unwrap().to_owned();
    let elbv2 = bench.elbv2();
    let modify = |action: Action| elbv2.modify_listener().listener_arn(&listener).default_actions(action).send();
    modify(forward(&[(&blue, 90), (&own, 10)])).await.unwrap();
    told += &bench.heal("weights are shifted").await;
    modify(forward(&[(&green, 5), (&blue, 10), (&own, 90)])).await.unwrap();
    told += &bench.heal("another group is added").await;
    modify(forward(&[(&blue, 10)])).await.unwrap();
    told += &bench.heal("the own group is left out").await;

    told += &bench.change("the own one alone", set(Json::Null, json!([]))).await;
    insta::assert_snapshot!(told);
    assert_eq!(bench.state()["listeners"], before, "in place");
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    for arn in [blue, green] {
        elbv2.delete_target_group().target_group_arn(arn).send().await.unwrap();
    }
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_service_is_born_with_weights_around_a_given_group() {
    let mut bench = Bench::empty(175).await;
    let (blue, green) = (group(&bench, "blue").await, group(&bench, "green").await);
    bench.config.as_object_mut().unwrap().remove("private_dns");
    bench.config["listener"] = json!([{
        "name": "https", "port": 443, "target_group_arn": blue, "weight": 3, "weighted_target_group": [{"arn": green}],
    }]);
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let link = bench.link("listener.https");
    assert_eq!((&link["weight"], &link["weighted_target_groups"]), (&json!(3), &json!({green.clone(): 1})));
    let told = bench.change("the other way round", |config, _| {
        config["listener"][0]["target_group_arn"] = json!(green);
        config["listener"][0]["weighted_target_group"] = json!([{"arn": blue}]);
    });
    let told = told.await;
    assert!(told.contains("\n  links: listener.https\n  calls: ModifyListener\n"), "{told}");
    assert!(told.contains("listener https: forward to target group green instead of blue\n"), "{told}");
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let left = bench.elbv2().describe_target_groups().send().await.unwrap();
    assert_eq!(left.target_groups().len(), 2, "they are somebody else's");
}
