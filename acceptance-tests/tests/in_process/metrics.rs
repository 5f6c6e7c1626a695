//! The data source `privatelink_metrics` and `metric_dimensions`: what is sent shows, parts add up, and questions are joined.

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::clock::Moment;
use acceptance_tests::simulator::settings::Settings;
use futures_util::future::join_all;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, Setting, merged, pass};
use crate::core::{ask_world, texts};
use crate::data_sources::data;
use crate::landscape::{CONSUMER, Landscape, SERVICE};

const METRICS: &str = "privatelink_metrics";
const NAME: &str = "api.orders.internal";

/// The whole chain, over which `NAME` is reached.
async fn chain(seed: u64) -> Setting {
    let land = Landscape::of(World::new(seed, Settings::calm(), 1.0));
    let mut owner = land.service_side().await;
    owner.apply(SERVICE, "api", &land.service()).await;
    let service = owner.state("api");
    let user = land.consumer_side().await;
    let mut setting = Setting { land, owner, user, service };
    pass(120).await;
    let config = setting.land.consumer(&setting.service);
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    pass(900).await;
    setting.forget_calls();
    setting
}

/// Sends from the application; it must arrive.
fn send(setting: &Setting, bytes: u64) {
    let request = json!({
        "account": setting.land.ids["consumer_account_id"],
        "vpc_id": setting.land.ids["consumer_vpc_id"],
        "name": NAME,
        "port": 443,
        "security_group_ids": [setting.land.ids["application_security_group_id"]],
        "bytes": bytes,
        "connections": 3,
    });
    let sent = ask_world(&setting.land.world, "send", &request);
    assert_eq!(sent["reached"], json!(true), "{sent}");
}

fn calls(setting: &Setting, operation: &str) -> usize {
    setting.land.world.calls().iter().filter(|call| call.operation == operation).count()
}

#[tokio::test(start_paused = true)]
async fn series_follow_the_traffic_and_parts_add_up_to_the_whole() {
    let setting = chain(701).await;
    let of_endpoint = json!({"endpoint_id": setting.state()["id"], "per_zone": true});
    let before = data(&setting.user, METRICS, &of_endpoint).await.unwrap();
    assert_eq!((&before["series"]["BytesProcessed"], &before["sum"]), (&json!([]), &json!({})), "no data is not zero");
    send(&setting, 9000);
    pass(600).await;
    send(&setting, 3000);
    pass(600).await;
    let found = data(&setting.user, METRICS, &of_endpoint).await.unwrap();
    assert_eq!(found["sum"]["BytesProcessed"], json!(12000));
    assert_eq!(
        (&found["average"]["BytesProcessed"], &found["maximum"]["BytesProcessed"]),
        (&json!(6000), &json!(9000))
    );
    assert_eq!(found["sum"]["PacketsDropped"], json!(0));
    let series = found["series"]["BytesProcessed"].as_array().unwrap();
    assert_eq!(series.len(), 2, "{series:?}");
    assert!(series[0]["time"].as_str().unwrap() < series[1]["time"].as_str().unwrap(), "{series:?}");
    for subnet in setting.land.ids["consumer_subnet_ids"].as_array().unwrap() {
        let key = format!("BytesProcessed/{}", subnet.as_str().unwrap());
        assert_eq!(found["sum"][&key], json!(4000), "{key}");
    }
    assert_eq!(found["namespace"], json!("AWS/PrivateLinkEndpoints"));
    assert_eq!(found["dimensions"], setting.state()["metric_dimensions"]["AWS/PrivateLinkEndpoints"]);

    let of_service = json!({"service_id": setting.service["id"], "per_zone": true, "per_endpoint": true});
    let found = data(&setting.owner, METRICS, &of_service).await.unwrap();
    assert_eq!((&found["sum"]["BytesProcessed"], &found["maximum"]["EndpointsCount"]), (&json!(12000), &json!(1)));
    let endpoint = format!("NewConnections/{}", setting.state()["id"].as_str().unwrap());
    assert_eq!(found["sum"][&endpoint], json!(6));
    let zones = setting.service["availability_zones"].as_array().unwrap();
    let parts: i64 = zones
        .iter()
        .map(|zone| found["sum"][format!("BytesProcessed/{}", zone.as_str().unwrap())].as_i64().unwrap())
        .sum();
    assert_eq!((zones.len(), parts), (3, 12000));
    assert_eq!(found["dimensions"], setting.owner.state("api")["metric_dimensions"]["AWS/PrivateLinkServices"]);
    // Through the eyes of the other side's credentials, and over a time before anything was sent.
    let through = merged(&of_service, &json!({"peer_account": "service", "start": "1h", "end": "40m"}));
    let found = data(&setting.user, METRICS, &through).await.unwrap();
    assert_eq!(found["sum"].get("BytesProcessed"), None, "{found}");
    let through = merged(&of_service, &json!({"peer_account": "service", "statistic": "Average", "period": 3600}));
    let found = data(&setting.user, METRICS, &through).await.unwrap();
    assert_eq!(found["series"]["BytesProcessed"].as_array().unwrap().len(), 1, "{found}");
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_at_the_same_time_is_one_call_of_up_to_five_hundred_queries() {
    let setting = chain(702).await;
    send(&setting, 900);
    pass(600).await;
    setting.forget_calls();
    let statistics = ["Sum", "Average", "Minimum", "Maximum", "SampleCount"];
    let asked = statistics.map(|statistic| json!({"endpoint_id": setting.state()["id"], "statistic": statistic}));
    let found = join_all(asked.iter().map(|config| data(&setting.user, METRICS, config))).await;
    assert_eq!(calls(&setting, "GetMetricData"), 1);
    let bytes: Vec<Json> = found.into_iter().map(|one| one.unwrap()["sum"]["BytesProcessed"].clone()).collect();
    assert_eq!(bytes, [900, 300, 300, 300, 3].map(|value| json!(value)));
    // The same question twice is one query, another time another call.
    setting.forget_calls();
    let other = merged(&asked[0], &json!({"start": "2h"}));
    join_all([&asked[0], &asked[0], &other].map(|config| data(&setting.user, METRICS, config))).await;
    assert_eq!(calls(&setting, "GetMetricData"), 2);
}

/// AWS takes no more in a call; every answer still comes to whoever asked.
#[tokio::test(start_paused = true)]
async fn more_than_five_hundred_queries_are_as_many_calls_as_they_need() {
    let setting = chain(704).await;
    send(&setting, 900);
    pass(600).await;
    setting.forget_calls();
    // Whole hours, so that every period divides the stretch of time and all can share a call.
    let hour = setting.land.world.now().unix_seconds() / 3600 * 3600;
    let [start, end] = [hour - 3600, hour + 3600].map(|seconds| Moment::of_unix_seconds(seconds).iso());
    let mut asked = Vec::new();
    for minutes in [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60] {
        for statistic in ["Sum", "Average", "Minimum", "Maximum", "SampleCount"] {
            let how = json!({"statistic": statistic, "period": minutes * 60, "per_zone": true});
            let when = json!({"endpoint_id": setting.state()["id"], "start": start, "end": end});
            asked.push(merged(&how, &when));
        }
    }
    let found = join_all(asked.iter().map(|config| data(&setting.user, METRICS, config))).await;
    let queries: usize = found.iter().map(|one| one.as_ref().unwrap()["series"].as_object().unwrap().len()).sum();
    assert!(queries > 500, "{queries}");
    assert_eq!(calls(&setting, "GetMetricData"), queries.div_ceil(500));
    for (config, one) in asked.iter().zip(&found) {
        let sum = &one.as_ref().unwrap()["sum"]["BytesProcessed"];
        let expected = match config["statistic"].as_str().unwrap() {
            "Sum" => 900,
            "SampleCount" => 3,
            _ => 300,
        };
        assert_eq!(sum, &json!(expected), "{config}");
    }
}

#[tokio::test(start_paused = true)]
async fn pages_are_read_to_their_end_in_a_strict_world() {
    let setting = Setting::open(703).await;
    pass(3600).await;
    let config = json!({"service_id": setting.service["id"], "metrics": ["EndpointsCount"], "start": "1h"});
    let found = data(&setting.owner, METRICS, &config).await.unwrap();
    assert_eq!(found["series"], json!({"EndpointsCount": []}), "nobody is connected");
    let mut setting = setting;
    let consumer = setting.config(json!({}));
    setting.user.apply(CONSUMER, ORDERS, &consumer).await;
    pass(3 * 3600).await;
    let config = merged(&config, &json!({"start": "2h", "statistic": "Maximum"}));
    let found = data(&setting.owner, METRICS, &config).await.unwrap();
    let series = found["series"]["EndpointsCount"].as_array().unwrap();
    assert!(series.len() >= 23 && series.iter().all(|one| one["value"] == json!(1)), "{series:?}");
}

#[tokio::test(start_paused = true)]
async fn dimensions_are_whole_sets_in_awss_spelling_and_known_where_the_objects_are() {
    let mut setting = chain(704).await;
    let state = setting.state();
    let whole = json!({
        "Endpoint Type": "Interface",
        "Service Name": setting.service["service_name"],
        "VPC Endpoint Id": state["id"],
        "VPC Id": setting.land.ids["consumer_vpc_id"],
    });
    let dimensions = state["metric_dimensions"].as_object().unwrap();
    assert_eq!((dimensions.len(), &dimensions["AWS/PrivateLinkEndpoints"]), (4, &whole));
    for subnet in setting.land.ids["consumer_subnet_ids"].as_array().unwrap() {
        let key = format!("AWS/PrivateLinkEndpoints/{}", subnet.as_str().unwrap());
        assert_eq!(dimensions[&key], merged(&whole, &json!({"Subnet Id": subnet})));
    }
    let service = setting.owner.state("api");
    let arn = service["load_balancers"][0]["arn"].as_str().unwrap();
    let balancer = arn.split_once(":loadbalancer/").unwrap().1;
    let group = service["listeners"]["https"]["target_group_arn"].as_str().unwrap();
    let group = group.rsplit_once(':').unwrap().1;
    assert_eq!(
        service["metric_dimensions"],
        json!({
            "AWS/PrivateLinkServices": {"Service Id": service["id"]},
            "AWS/NetworkELB": {"LoadBalancer": balancer},
            "AWS/NetworkELB/https": {"LoadBalancer": balancer, "TargetGroup": group},
        })
    );
    // One subnet less is one set less, known in the plan.
    let fewer = setting.land.ids["consumer_subnet_ids"].as_array().unwrap()[..2].to_vec();
    let config = merged(&setting.land.consumer(&setting.service), &json!({"subnet_ids": fewer}));
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    assert_eq!(setting.state()["metric_dimensions"].as_object().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_measured_is_told_at_its_argument() {
    let setting = Setting::open(705).await;
    let id = setting.service["id"].clone();
    let unknown = "vpce-0123456789abcdef0";
    for (config, path, words) in [
        (json!({}), "[endpoint_id]", "Write endpoint_id or service_id"),
        (json!({"endpoint_id": unknown, "service_id": id}), "[endpoint_id]", "exclude each other"),
        (json!({"endpoint_id": "x"}), "[endpoint_id]", "vpce-0123456789abcdef0"),
        (json!({"endpoint_id": unknown}), "[endpoint_id]", "peer_account"),
        (json!({"service_id": id}), "[service_id]", "to its owner only"),
        (json!({"service_id": id, "metrics": ["PacketsDropped"]}), "[metrics]", "EndpointsCount"),
        (json!({"service_id": id, "period": 90}), "[period]", "multiple of 60"),
        (json!({"service_id": id, "start": "yesterday"}), "[start]", "6h"),
        (json!({"service_id": id, "statistic": "Most"}), "[statistic]", "Average"),
        (json!({"endpoint_id": unknown, "per_endpoint": true}), "[per_endpoint]", "service_id"),
    ] {
        let told = texts(&data(&setting.user, METRICS, &config).await.unwrap_err()).join("\n");
        assert!(told.contains(path) && told.contains(words), "{config}: {told}");
    }
    let backwards = json!({"service_id": id, "start": "5m", "end": "2h"});
    let told = texts(&data(&setting.owner, METRICS, &backwards).await.unwrap_err()).join("\n");
    assert!(told.contains("[start]") && told.contains("before end"), "{told}");
    let body = json!([{"operation": "GetMetricData", "do": "refuse"}]);
    setting.user.control("faults", &body);
    let told = texts(&data(&setting.owner, METRICS, &json!({"service_id": id})).await.unwrap_err()).join("\n");
    for words in ["AccessDenied", "cloudwatch:GetMetricData", "Request ID"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    setting.user.control("faults", &json!([{"operation": "GetMetricData", "do": "throttle", "times": 2}]));
    data(&setting.owner, METRICS, &json!({"service_id": id})).await.unwrap();
}
