//! What a change of a service's configuration costs: which links the plan names, which calls are made.
//!
//! The endpoint service keeps its id and name throughout. After each change two plans are empty.

use serde_json::json;

use crate::core::Terraform;
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

#[tokio::test(start_paused = true)]
async fn settings_of_the_endpoint_service_change_in_place() {
    let mut bench = Bench::plain(11).await;
    let told = [
        bench.change("acceptance off", |config, _| config["acceptance_required"] = json!(false)).await,
        bench.change("acceptance back to its default", |config, _| config["acceptance_required"] = json!(null)).await,
        bench
            .change("a principal is added, another spelled as its root", |config, ids| {
                let root = format!("arn:aws:iam::{}:root", ids["consumer_account_id"].as_str().unwrap());
                config["allowed_principals"] = json!([root, "333333333333"]);
            })
            .await,
        bench
            .change("a principal is removed", |config, _| config["allowed_principals"] = json!(["333333333333"]))
            .await,
        bench.change("nobody", |config, _| config["allowed_principals"] = json!([])).await,
        bench.change("everybody", |config, _| config["allowed_principals"] = json!(["*"])).await,
        bench
            .change("a service of AWS", |config, _| config["allowed_principals"] = json!(["appflow.amazonaws.com"]))
            .await,
        bench.change("nobody, by default", |config, _| config["allowed_principals"] = json!(null)).await,
        bench
            .change("a tag is changed, one added", |config, _| config["tags"] = json!({"team": "x", "cost": "7"}))
            .await,
        bench.change("a tag is removed", |config, _| config["tags"] = json!({"team": "x"})).await,
        bench.change("no tags", |config, _| config["tags"] = json!(null)).await,
        bench.change("another name", |config, _| config["name"] = json!("orders-next")).await,
        bench.change("timeouts", |config, _| config["timeouts"] = json!({"update": "20m"})).await,
    ];
    insta::assert_snapshot!(told.concat());
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn default_tags_of_the_provider_reach_every_object() {
    let mut bench = Bench::plain(12).await;
    let service = bench.state();
    let block = json!({"access_key": "111111111111", "default_tags": {"tags": {"owner": "platform", "team": "all"}}});
    let mut terraform = Terraform::configured(&bench.land.world, block).await;
    let found = terraform.import(SERVICE, NAME, service["id"].as_str().unwrap()).await;
    assert!(!found.has_errors(), "{found:#?}");
    bench.terraform = terraform;
    let told = bench.change("default tags", |_, _| {}).await;
    insta::assert_snapshot!(told);
    assert_eq!(bench.state()["tags_all"], json!({"owner": "platform", "team": "orders"}));
    for link in ["load_balancer", "target_group.https", "listener.https", "endpoint_service"] {
        assert_eq!(bench.link(link)["tags"], json!({"owner": "platform", "team": "orders"}), "{link}");
    }
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn settings_and_zones_of_the_load_balancer_change_in_place() {
    let mut bench = Bench::made(13, |config, ids| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["subnet_ids"] = json!([ids["provider_subnet_ids"][0], ids["provider_subnet_ids"][1]]);
    })
    .await;
    let told = [
        bench
            .change("cross zone and protection on", |config, _| {
                config["load_balancer"] =
                    json!({"enable_cross_zone_load_balancing": true, "enable_deletion_protection": true});
            })
            .await,
        bench
            .change("protection off", |config, _| {
                config["load_balancer"] = json!({"enable_cross_zone_load_balancing": true});
            })
            .await,
        bench
            .change("the block is left out", |config, _| {
                config.as_object_mut().unwrap().remove("load_balancer");
            })
            .await,
        bench.change("a zone more", |config, ids| config["subnet_ids"] = ids["provider_subnet_ids"].clone()).await,
    ];
    insta::assert_snapshot!(told.concat());
    let state = bench.state();
    assert_eq!(state["availability_zone_ids"], json!(["use1-az1", "use1-az2", "use1-az4"]));
    assert_eq!(state["availability_zones"].as_array().unwrap().len(), 3);
    let told = bench
        .change("a zone less", |config, ids| {
            config["subnet_ids"] = json!([ids["provider_subnet_ids"][0], ids["provider_subnet_ids"][2]]);
        })
        .await;
    insta::assert_snapshot!("a_zone_less", told);
    assert_eq!(bench.state()["availability_zone_ids"], json!(["use1-az1", "use1-az4"]));
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn listeners_groups_and_targets_change_behind_a_living_service() {
    let mut bench = Bench::plain(14).await;
    let instances = bench.land.ids["provider_instance_ids"].clone();
    let told = [
        bench.change("another port", |config, _| config["listener"][0]["port"] = json!(8443)).await,
        bench.change("another target port", |config, _| config["listener"][0]["target_port"] = json!(9443)).await,
        bench
            .change("a health check by HTTP", |config, _| {
                config["listener"][0]["health_check"] =
                    json!({"protocol": "HTTP", "path": "/ready", "interval": 10, "healthy_threshold": 2});
            })
            .await,
        bench
            .change("the health check's default", |config, _| {
                config["listener"][0].as_object_mut().unwrap().remove("health_check");
            })
            .await,
        bench
            .change("a shorter deregistration", |config, _| config["listener"][0]["deregistration_delay"] = json!(30))
            .await,
        bench
            .change("a target less", |config, _| {
                config["listener"][0]["target_ids"] = json!([instances[0], instances[1]])
            })
            .await,
        bench
            .change("a target exchanged", |config, _| {
                config["listener"][0]["target_ids"] = json!([instances[0], instances[2]]);
            })
            .await,
        bench
            .change("a target on a port of its own", |config, _| {
                config["listener"][0]["target_ids"] = json!([instances[0]]);
                config["listener"][0]["target"] = json!([{"id": instances[1], "port": 7443}]);
            })
            .await,
        bench
            .change("that port changed", |config, _| {
                config["listener"][0]["target"] = json!([{"id": instances[1], "port": 7444}]);
            })
            .await,
        bench
            .change("no target block", |config, _| {
                config["listener"][0].as_object_mut().unwrap().remove("target");
            })
            .await,
        bench
            .change("a second listener", |config, _| {
                config["listener"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"name": "metrics", "port": 9090, "target_type": "ip", "target_ids": ["10.10.1.77"]}));
            })
            .await,
        bench
            .change("its targets are somebody else's to register", |config, _| {
                config["listener"][1] = json!({"name": "metrics", "port": 9090, "target_type": "ip"});
            })
            .await,
        bench
            .change("its kind of targets", |config, _| {
                config["listener"][1] = json!({"name": "metrics", "port": 9090, "target_type": "instance"});
            })
            .await,
        bench
            .change("the first listener is removed", |config, _| {
                config["listener"].as_array_mut().unwrap().remove(0);
            })
            .await,
    ];
    insta::assert_snapshot!(told.concat());
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_private_name_is_set_renamed_and_removed() {
    let mut bench = Bench::plain(15).await;
    let zone = bench.land.ids["public_zone_id"].clone();
    let told = [
        bench
            .change("a private name", |config, _| {
                config["private_dns"] = json!({"name": "orders.example.dev", "hosted_zone_id": zone});
            })
            .await,
        bench.change("another name", |config, _| config["private_dns"]["name"] = json!("*.next.example.dev")).await,
        bench
            .change("the record is published elsewhere", |config, _| {
                config["private_dns"] = json!({"name": "*.next.example.dev"});
            })
            .await,
        bench
            .change("no private name", |config, _| {
                config.as_object_mut().unwrap().remove("private_dns");
            })
            .await,
    ];
    insta::assert_snapshot!(told.concat());
    let left = crate::core::objects(&bench.land.world);
    assert!(!left.to_string().contains("record_set"), "{left:#}");
    bench.destroy().await;
}
