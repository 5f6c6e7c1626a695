//! An application load balancer as the one target of a listener.

use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, LoadBalancerSchemeEnum, LoadBalancerTypeEnum, ProtocolEnum,
};
use serde_json::{Value as Json, json};

use crate::core::texts;
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

/// Somebody's application load balancer, without a listener.
async fn application(bench: &Bench, name: &str) -> String {
    let subnets = bench.land.ids["provider_subnet_ids"].as_array().unwrap();
    let subnets = subnets.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    let made = bench.elbv2().create_load_balancer().name(name).r#type(LoadBalancerTypeEnum::Application);
    let made = made.scheme(LoadBalancerSchemeEnum::Internal).set_subnets(Some(subnets)).send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(300)).await;
    made.load_balancers()[0].load_balancer_arn().unwrap().to_owned()
}

async fn listen(bench: &Bench, application: &str, port: i32) {
    let answer = FixedResponseActionConfig::builder().status_code("200").build();
    let action = Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(answer).build();
    let made = bench.elbv2().create_listener().load_balancer_arn(application).protocol(ProtocolEnum::Http).port(port);
    made.default_actions(action).send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
}

fn without_private_dns(config: &mut Json) {
    config.as_object_mut().unwrap().remove("private_dns");
}

#[tokio::test(start_paused = true)]
async fn an_application_load_balancer_is_a_target_that_is_checked_by_http() {
    let mut bench = Bench::empty(191).await;
    let (web, next) = (application(&bench, "web").await, application(&bench, "next").await);
    for (one, port) in [(&web, 80), (&web, 8080), (&next, 8080)] {
        listen(&bench, one, port).await;
    }
    without_private_dns(&mut bench.config);
    bench.config["listener"] = json!([{"name": "http", "port": 80, "target_ids": [web]}]);
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let group = bench.link("target_group.http");
    assert_eq!((&group["target_type"], &group["health_check"]["protocol"]), (&json!("alb"), &json!("HTTP")));

    let id = bench.state()["id"].as_str().unwrap().to_owned();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;

    let told = [
        bench
            .change("a health check of its own", |config, _| {
                config["listener"][0]["health_check"] = json!({"path": "/ready", "matcher": "200", "interval": 10});
            })
            .await,
        bench
            .change("by HTTPS", |config, _| config["listener"][0]["health_check"] = json!({"protocol": "HTTPS"}))
            .await,
        bench.change("another port", |config, _| config["listener"][0]["target_port"] = json!(8080)).await,
        bench.change("another one", |config, _| config["listener"][0]["target_ids"] = json!([next])).await,
        bench
            .change("instances in its place", |config, ids| {
                config["listener"][0] = json!({
                    "name": "http", "port": 80, "target_port": 8080, "target_type": "instance",
                    "target_ids": ids["provider_instance_ids"],
                });
            })
            .await,
    ];
    insta::assert_snapshot!(told.concat());
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    // Nothing of this resource holds them any more.
    for arn in [web, next] {
        bench.elbv2().delete_load_balancer().load_balancer_arn(arn).send().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_listen_on_the_port_is_refused_with_what_it_lacks() {
    let mut bench = Bench::empty(192).await;
    let web = application(&bench, "web").await;
    without_private_dns(&mut bench.config);
    bench.config["listener"] = json!([{"name": "http", "port": 80, "target_ids": [web]}]);
    let config = bench.config.clone();
    let found = bench.terraform.try_apply(SERVICE, NAME, &config).await;
    let told = texts(&found).join("\n");
    assert!(found.has_errors() && told.contains("Error [listener] Cannot create the targets \"http\""), "{told}");
    assert!(told.contains("a listener on target_port") && told.contains("depends_on"), "{told}");
    listen(&bench, &web, 80).await;
    bench.terraform.untaint(NAME);
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}
