//! From where consumers may come, and who is told of them: Regions, address families, notifications.

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::settings::Settings;
use serde_json::json;

use crate::core::{objects, texts};
use crate::landscape::{Landscape, SERVICE};
use crate::service_bench::{Bench, NAME};

const TOPIC: &str = "arn:aws:sns:us-east-1:111111111111:connections";
const OTHER: &str = "arn:aws:sns:us-east-1:111111111111:audit";

#[tokio::test(start_paused = true)]
async fn regions_are_opened_and_closed_and_the_own_one_may_be_written() {
    let mut bench = Bench::made(141, |config, _| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["supported_regions"] = json!(["us-west-2"]);
    })
    .await;
    let told = [
        bench.change("another one", |config, _| config["supported_regions"] = json!(["us-west-2", "eu-west-1"])).await,
        bench
            .change("the own one too", |config, _| {
                config["supported_regions"] = json!(["us-west-2", "eu-west-1", "us-east-1"]);
            })
            .await,
        bench.change("one less", |config, _| config["supported_regions"] = json!(["eu-west-1"])).await,
        bench.change("the closed one again", |config, _| config["supported_regions"] = json!(["us-west-2"])).await,
        bench.change("none", |config, _| config["supported_regions"] = json!([])).await,
    ];
    insta::assert_snapshot!(told.concat());
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn without_the_permission_for_regions_the_action_is_named() {
    let mut settings = Settings::default();
    settings.readings.multi_region_allowed = false;
    let land = Landscape::of(World::new(142, settings, 1.0));
    let mut owner = land.service_side().await;
    let mut config = land.service();
    config.as_object_mut().unwrap().remove("private_dns");
    config["supported_regions"] = json!(["us-west-2"]);
    let found = owner.try_apply(SERVICE, "api", &config).await;
    let told = texts(&found).join("\n");
    assert!(found.has_errors() && told.contains("vpce:AllowMultiRegion"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn ipv6_comes_after_the_load_balancer_has_both_families() {
    let mut bench = Bench::empty(143).await;
    let (subnets, _) = bench.subnets_of_both_families().await;
    bench.config.as_object_mut().unwrap().remove("private_dns");
    bench.config["subnet_ids"] = json!(subnets);
    bench.config["listener"] = json!([{"name": "https", "port": 443, "target_type": "ip"}]);
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let before = bench.state()["load_balancers"].clone();
    let mut told = bench
        .change("both families", |config, _| {
            config["load_balancer"] = json!({"ip_address_type": "dualstack"});
            config["supported_ip_address_types"] = json!(["ipv4", "ipv6"]);
        })
        .await;
    told += &bench
        .change("one family of the service", |config, _| {
            config.as_object_mut().unwrap().remove("supported_ip_address_types");
        })
        .await;
    told += &bench
        .change("one family of the load balancer too", |config, _| {
            config.as_object_mut().unwrap().remove("load_balancer");
        })
        .await;
    told += &bench
        .change("both families again", |config, _| {
            config["load_balancer"] = json!({"ip_address_type": "dualstack"});
            config["supported_ip_address_types"] = json!(["ipv4", "ipv6"]);
        })
        .await;
    let arn = before[0]["arn"].as_str().unwrap();
    let sent = bench.elbv2().set_ip_address_type().load_balancer_arn(arn).ip_address_type("ipv4".into()).send().await;
    assert!(sent.is_err(), "a service with IPv6 keeps both families of its load balancer");
    let kept = bench.config.clone();
    bench.config.as_object_mut().unwrap().remove("supported_ip_address_types");
    bench.config.as_object_mut().unwrap().remove("load_balancer");
    let plan = bench.plan().await;
    let words = texts(&plan.diagnostics);
    assert_eq!(words.len(), 1, "{words:#?}");
    assert!(words[0].starts_with("Error [load_balancer] One family in two steps"), "{}", words[0]);
    bench.config = kept;
    insta::assert_snapshot!(told);
    assert_eq!(bench.state()["load_balancers"], before, "in place");
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn datagrams_go_over_both_families_with_prefixes_for_source_nat() {
    let mut bench = Bench::empty(149).await;
    let (subnets, _) = bench.subnets_of_both_families().await;
    let both = json!({"ip_address_type": "dualstack", "enable_prefix_for_ipv6_source_nat": "on"});
    bench.config.as_object_mut().unwrap().remove("private_dns");
    bench.config["subnet_ids"] = json!(subnets);
    bench.config["load_balancer"] = both.clone();
    bench.config["listener"] = json!([{"name": "dns", "port": 53, "protocol": "UDP", "target_type": "instance"}]);
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    let before = bench.state()["load_balancers"].clone();
    let mut told = bench
        .change("one family", |config, _| {
            config.as_object_mut().unwrap().remove("load_balancer");
        })
        .await;
    told += &bench.change("both families again", |config, _| config["load_balancer"] = both).await;
    let id = bench.state()["id"].as_str().unwrap().to_owned();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    let stream = json!([{"name": "dns", "port": 53, "target_type": "instance"}]);
    bench.config["listener"] = stream.clone();
    bench.config["load_balancer"] = json!({"ip_address_type": "dualstack"});
    let words = texts(&bench.plan().await.diagnostics).join("\n");
    assert!(words.contains("Error [load_balancer] Prefixes in two steps"), "{words}");
    bench.config = config;
    told += &bench.change("a stream", |config, _| config["listener"] = stream).await;
    told += &bench
        .change("no prefixes", |config, _| config["load_balancer"] = json!({"ip_address_type": "dualstack"}))
        .await;
    insta::assert_snapshot!(told);
    assert_eq!(bench.state()["load_balancers"], before, "in place");
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn ipv6_addresses_are_targets_of_a_group_of_their_own() {
    let mut bench = Bench::empty(145).await;
    let (subnets, base) = bench.subnets_of_both_families().await;
    bench.config.as_object_mut().unwrap().remove("private_dns");
    bench.config["subnet_ids"] = json!(subnets);
    bench.config["load_balancer"] = json!({"ip_address_type": "dualstack"});
    bench.config["listener"] = json!([{"name": "https", "port": 443, "target_ids": ["10.40.0.20"]}]);
    let config = bench.config.clone();
    bench.terraform.apply(SERVICE, NAME, &config).await;
    // AWS shows addresses in their shortest spelling.
    let long = format!("{base}0:0:0:0:20").to_uppercase();
    let told = bench.change("IPv6", |config, _| config["listener"][0]["target_ids"] = json!([long])).await;
    assert!(told.contains("calls: CreateTargetGroup, RegisterTargets, "), "{told}");
    assert_eq!(bench.state()["listener"][0]["target_ids"], json!([long]), "as it is written");
    let arn = bench.link("target_group.https")["arn"].as_str().unwrap().to_owned();
    let seen = bench.elbv2().describe_target_groups().target_group_arns(&arn).send().await.unwrap();
    assert_eq!(seen.target_groups()[0].ip_address_type().unwrap().as_str(), "ipv6");
    let two = json!([format!("{base}0::20"), format!("{base}1::20")]);
    let told = bench.change("one more", |config, _| config["listener"][0]["target_ids"] = two).await;
    assert!(told.contains("calls: RegisterTargets\n"), "in the same group: {told}");
    let told = bench
        .change("no targets of ours", |config, _| {
            config["listener"] = json!([{"name": "https", "port": 443, "target_type": "ip"}]);
        })
        .await;
    assert!(!told.contains("CreateTargetGroup"), "the family stays: {told}");
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn topics_are_told_of_connections() {
    let mut bench = Bench::made(144, |config, _| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["connection_notification"] =
            json!([{"connection_notification_arn": TOPIC, "connection_events": ["Accept", "Reject"]}]);
    })
    .await;
    let service = bench.state();
    bench.set("topic", OTHER, &json!({"exists": true}));
    let mut told = [
        bench
            .change("all events", |config, _| {
                config["connection_notification"] = json!([{"connection_notification_arn": TOPIC}]);
            })
            .await,
        bench
            .change("a second topic", |config, _| {
                config["connection_notification"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({"connection_notification_arn": OTHER, "connection_events": ["Delete"]}));
            })
            .await,
    ]
    .concat();
    told += &bench
        .change("one less", |config, _| {
            config["connection_notification"].as_array_mut().unwrap().remove(0);
        })
        .await;
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, service["id"].as_str().unwrap()).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_a_notification_is_named_and_healed() {
    let mut bench = Bench::made(146, |config, _| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["connection_notification"] =
            json!([{"connection_notification_arn": TOPIC, "connection_events": ["Accept", "Reject"]}]);
    })
    .await;
    bench.set("topic", OTHER, &json!({"exists": true}));
    let link = format!("notification.{TOPIC}");
    let id = |bench: &Bench| bench.link(&link)["id"].as_str().unwrap().to_owned();
    let modify =
        |bench: &Bench| bench.ec2().modify_vpc_endpoint_connection_notification().connection_notification_id(id(bench));
    modify(&bench).connection_events("Connect").send().await.unwrap();
    let told = bench.heal("other events").await;
    let calls = format!("links: {link}\n  calls: ModifyVpcEndpointConnectionNotification\n");
    let phrase = format!("  - notification {TOPIC}: events: add Accept, Reject, remove Connect\n");
    assert_eq!(told, format!("other events\n  {calls}{phrase}"));
    modify(&bench).connection_notification_arn(OTHER).send().await.unwrap();
    let told = bench.heal("another topic").await;
    assert!(told.starts_with(&format!("another topic\n  {calls}  - notification {TOPIC}: ")), "{told}");
    let gone = bench.ec2().delete_vpc_endpoint_connection_notifications().connection_notification_ids(id(&bench));
    assert!(gone.send().await.unwrap().unsuccessful().is_empty());
    let told = bench.heal("the notification is gone").await;
    let phrase = format!("  - notification {TOPIC}: create\n");
    assert!(told.ends_with(&format!("  calls: CreateVpcEndpointConnectionNotification\n{phrase}")), "{told}");
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_refuses_is_named_with_what_it_needs() {
    let mut bench = Bench::plain(145).await;
    bench.set("topic", TOPIC, &json!({"publishes": false}));
    bench.config["connection_notification"] = json!([{"connection_notification_arn": TOPIC}]);
    let config = bench.config.clone();
    let found = bench.terraform.try_apply(SERVICE, NAME, &config).await;
    let told = texts(&found).join("\n");
    assert!(found.has_errors() && told.contains("vpce.amazonaws.com the action SNS:Publish"), "{told}");
    assert!(told.contains("Error [connection_notification] Cannot create the notification"), "{told}");
    bench.set("topic", TOPIC, &json!({"publishes": true}));
    bench.terraform.apply(SERVICE, NAME, &config).await;
    bench.destroy().await;
    assert_eq!(objects(&bench.land.world), json!({}));
}
