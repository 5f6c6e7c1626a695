//! CloudWatch in the simulator: what is sent shows after a while, under AWS's own sets of dimensions, in all three protocols.

#![expect(clippy::float_cmp, reason = "whole numbers of bytes and connections")]

use acceptance_tests::simulator::control::control;
use acceptance_tests::simulator::request::WireRequest;
use acceptance_tests::simulator::rules::Rule;
use acceptance_tests::simulator::world::Reply;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy};
use aws_smithy_types::DateTime;
use serde_json::{Value, json};

use super::land::{CONSUMER, Land, PROVIDER, code};
use super::reach::Finished;

const ENDPOINTS: &str = "AWS/PrivateLinkEndpoints";
const SERVICES: &str = "AWS/PrivateLinkServices";
const BALANCERS: &str = "AWS/NetworkELB";

fn query(id: &str, (namespace, name, stat): (&str, &str, &str), dimensions: &[(&str, &str)]) -> MetricDataQuery {
    let dimensions = dimensions.iter().map(|(name, value)| Dimension::builder().name(*name).value(*value).build());
    let metric = Metric::builder().namespace(namespace).metric_name(name).set_dimensions(Some(dimensions.collect()));
    let stat = MetricStat::builder().metric(metric.build()).period(60).stat(stat).build();
    MetricDataQuery::builder().id(id).metric_stat(stat).build()
}

fn seconds(land: &Land) -> i64 {
    land.world.now().unix_seconds()
}

/// Asks for the last two hours.
async fn ask(land: &Land, account: &str, queries: Vec<MetricDataQuery>) -> Vec<MetricDataResult> {
    let call = land.cloudwatch(account).get_metric_data().set_metric_data_queries(Some(queries));
    let call = call.start_time(DateTime::from_secs(seconds(land) - 7200)).end_time(DateTime::from_secs(seconds(land)));
    let answer = call.scan_by(ScanBy::TimestampAscending).send().await.unwrap();
    answer.metric_data_results.unwrap()
}

/// The sum of one metric over the last two hours.
async fn sum(land: &Land, account: &str, (namespace, name): (&str, &str), dimensions: &[(&str, &str)]) -> f64 {
    let found = ask(land, account, vec![query("a", (namespace, name, "Sum"), dimensions)]).await;
    found[0].values().iter().sum()
}

impl Finished {
    /// Sends from the application; says whether it arrived.
    fn send(&self, bytes: u64, connections: u64) -> Value {
        let request = json!({
            "account": CONSUMER, "vpc_id": self.land.vpc, "name": "api.example.dev", "port": 443,
            "security_group_ids": [self.land.application_group], "bytes": bytes, "connections": connections,
        });
        let reply = control(&self.land.world, "POST", "send", request.to_string().as_bytes());
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    fn whole(&self) -> [(&str, &str); 4] {
        [
            ("Endpoint Type", "Interface"),
            ("Service Name", &self.service.name),
            ("VPC Endpoint Id", &self.endpoint),
            ("VPC Id", &self.land.vpc),
        ]
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_shows_some_minutes_later_under_whole_sets_of_dimensions() {
    let chain = Finished::new().await;
    let (land, whole) = (&chain.land, chain.whole());
    let bytes = (ENDPOINTS, "BytesProcessed");
    assert_eq!(sum(land, CONSUMER, bytes, &whole).await, 0.0, "empty before");
    let sent = chain.send(9000, 3);
    assert_eq!((&sent["reached"], &sent["bytes"]), (&json!(true), &json!(9000)), "{sent}");
    land.pass(59).await;
    assert_eq!(sum(land, CONSUMER, bytes, &whole).await, 0.0, "AWS takes its time");
    land.pass(420).await;
    assert_eq!(sum(land, CONSUMER, bytes, &whole).await, 9000.0);
    assert_eq!(sum(land, CONSUMER, (ENDPOINTS, "NewConnections"), &whole).await, 3.0);
    for subnet in &land.subnets {
        let part: Vec<_> = whole.into_iter().chain([("Subnet Id", subnet.as_str())]).collect();
        assert_eq!(sum(land, CONSUMER, bytes, &part).await, 3000.0, "{subnet}");
    }
    let service = [("Service Id", chain.service.id.as_str())];
    assert_eq!(sum(land, PROVIDER, (SERVICES, "BytesProcessed"), &service).await, 9000.0);
    let by_endpoint = [service[0], ("VPC Endpoint Id", chain.endpoint.as_str())];
    assert_eq!(sum(land, PROVIDER, (SERVICES, "BytesProcessed"), &by_endpoint).await, 9000.0);
    let by_balancer = [service[0], ("Load Balancer Arn", chain.service.load_balancer.as_str())];
    assert_eq!(sum(land, PROVIDER, (SERVICES, "BytesProcessed"), &by_balancer).await, 9000.0);
    let zone = chain.zone_name().await;
    assert_eq!(sum(land, PROVIDER, (SERVICES, "BytesProcessed"), &[service[0], ("Az", &zone)]).await, 3000.0);
    // Neither a part of a set, nor somebody else's, nor a name of another spelling has data, and none of it is an error.
    for (account, namespace, dimensions) in [
        (CONSUMER, ENDPOINTS, vec![("VPC Endpoint Id", chain.endpoint.as_str())]),
        (CONSUMER, ENDPOINTS, vec![("VPC_Endpoint_Id", chain.endpoint.as_str())]),
        (CONSUMER, ENDPOINTS, Vec::new()),
        (PROVIDER, ENDPOINTS, whole.to_vec()),
        (CONSUMER, SERVICES, service.to_vec()),
    ] {
        assert_eq!(sum(land, account, (namespace, "BytesProcessed"), &dimensions).await, 0.0, "{dimensions:?}");
    }
}

impl Finished {
    /// A zone of the load balancer, as its owner calls it.
    async fn zone_name(&self) -> String {
        let call = self.land.elb.describe_load_balancers().load_balancer_arns(&self.service.load_balancer);
        let found = call.send().await.unwrap();
        found.load_balancers()[0].availability_zones()[0].zone_name().unwrap().to_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_arrive_is_dropped_or_reset_where_it_ends() {
    let chain = Finished::new().await;
    let (land, whole) = (&chain.land, chain.whole());
    for instance in &land.instances {
        land.force("target", &format!("{}/{instance}", chain.target_group), &json!({"state": "unhealthy"}));
    }
    let sent = chain.send(9000, 3);
    assert_eq!((&sent["broken_at"], &sent["bytes"]), (&json!("target"), &json!(0)), "{sent}");
    land.pass(480).await;
    assert_eq!(sum(land, CONSUMER, (ENDPOINTS, "BytesProcessed"), &whole).await, 0.0);
    assert_eq!(sum(land, CONSUMER, (ENDPOINTS, "PacketsDropped"), &whole).await, 3.0);
    let balancer = chain.service.load_balancer.split_once(":loadbalancer/").unwrap().1;
    let group = format!("targetgroup/{}", chain.target_group.split_once(":targetgroup/").unwrap().1);
    let health =
        |name| query("h", (BALANCERS, name, "Maximum"), &[("LoadBalancer", balancer), ("TargetGroup", &group)]);
    let found = ask(land, PROVIDER, vec![health("UnHealthyHostCount")]).await;
    assert_eq!(found[0].values().last(), Some(&3.0), "{found:?}");
    let found = ask(land, PROVIDER, vec![health("HealthyHostCount")]).await;
    assert!(found[0].values().contains(&3.0) && found[0].values().last() == Some(&0.0), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_counted_every_five_minutes_and_data_come_in_pages() {
    let chain = Finished::new().await;
    let land = &chain.land;
    land.pass(3600).await;
    let service = [("Service Id", chain.service.id.as_str())];
    let queries = vec![query("count", (SERVICES, "EndpointsCount", "Maximum"), &service)];
    let whole = ask(land, PROVIDER, queries.clone()).await;
    let times: Vec<i64> = whole[0].timestamps().iter().map(DateTime::secs).collect();
    assert!(times.len() >= 10 && times.windows(2).all(|two| two[1] - two[0] == 300), "{times:?}");
    assert!(whole[0].values().iter().all(|count| *count == 1.0), "{whole:?}");
    let call = |token: Option<String>| {
        let call = land.cloudwatch(PROVIDER).get_metric_data().set_metric_data_queries(Some(queries.clone()));
        let call = call.start_time(DateTime::from_secs(times[0])).end_time(DateTime::from_secs(times[9]));
        call.max_datapoints(4).scan_by(ScanBy::TimestampAscending).set_next_token(token).send()
    };
    let (mut paged, mut token, mut words) = (Vec::new(), None, Vec::new());
    loop {
        let page = call(token).await.unwrap();
        let result = &page.metric_data_results()[0];
        paged.extend(result.timestamps().iter().map(DateTime::secs));
        words.push(result.status_code().unwrap().as_str().to_owned());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(
        (paged, words),
        (times[..9].to_vec(), ["PartialData", "PartialData", "Complete"].map(Into::into).into())
    );
    assert_eq!(code(call(Some("x".to_owned())).await), "InvalidNextToken");
}

#[tokio::test(start_paused = true)]
async fn questions_that_cloudwatch_does_not_understand_are_refused() {
    let land = Land::calm();
    let good = |id: &str| query(id, (SERVICES, "BytesProcessed", "Sum"), &[("Service Id", "vpce-svc-1")]);
    let ask = |queries: Vec<MetricDataQuery>, (start, end): (i64, i64)| {
        let call = land.cloudwatch(PROVIDER).get_metric_data().set_metric_data_queries(Some(queries));
        let from = seconds(&land);
        call.start_time(DateTime::from_secs(from + start)).end_time(DateTime::from_secs(from + end)).send()
    };
    let many = |count: usize| (0..count).map(|index| good(&format!("m{index}"))).collect::<Vec<_>>();
    assert_eq!(ask(many(500), (-60, 0)).await.unwrap().metric_data_results().len(), 500);
    for (queries, times) in [
        (many(501), (-60, 0)),
        (vec![good("a"), good("a")], (-60, 0)),
        (vec![good("A")], (-60, 0)),
        (vec![good("a")], (0, 0)),
        (vec![query("a", (SERVICES, "BytesProcessed", "Most"), &[])], (-60, 0)),
    ] {
        assert_eq!(code(ask(queries, times).await), "ValidationError");
    }
    assert_eq!(code(ask(Vec::new(), (-60, 0)).await), "MissingParameter");
    assert_eq!(code(ask(vec![query("a", ("AWS/Other", "X", "Sum"), &[])], (-60, 0)).await), "NotSimulated");
}

#[tokio::test(start_paused = true)]
async fn the_query_protocol_and_json_are_answered_in_their_own_form() {
    let land = Land::calm();
    let scope = format!("Credential={PROVIDER}/20260101/us-east-1/monitoring/aws4_request, Signature=0");
    let serve = async |path: &str, target: &str, body: String| {
        let request = WireRequest {
            method: "POST".to_owned(),
            path: path.to_owned(),
            authorization: format!("AWS4-HMAC-SHA256 {scope}"),
            target: target.to_owned(),
            body: body.into(),
            ..WireRequest::default()
        };
        match land.world.serve(request).await {
            Reply::Answer(answer) => (answer.status, answer.text()),
            other => panic!("{other:?}"),
        }
    };
    let form = "Action=GetMetricData&Version=2010-08-01&StartTime=2026-01-01T00:00:00Z&EndTime=2026-01-01T01:00:00Z\
                &MetricDataQueries.member.1.Id=a&MetricDataQueries.member.1.MetricStat.Period=60\
                &MetricDataQueries.member.1.MetricStat.Stat=Sum\
                &MetricDataQueries.member.1.MetricStat.Metric.MetricName=BytesProcessed\
                &MetricDataQueries.member.1.MetricStat.Metric.Namespace=AWS/PrivateLinkServices";
    let (status, body) = serve("/", "", form.to_owned()).await;
    assert!(status == 200 && body.contains("<GetMetricDataResult><MetricDataResults><member><Id>a</Id>"), "{body}");
    let metric = json!({"Namespace": SERVICES, "MetricName": "BytesProcessed"});
    let query = json!({"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}});
    let json = json!({"StartTime": 1_767_225_600, "EndTime": 1_767_229_200, "MetricDataQueries": [query]});
    let target = "GraniteServiceVersion20100801.GetMetricData";
    let (status, body) = serve("/", target, json.to_string()).await;
    let read: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &read["MetricDataResults"][0]["Id"]), (200, &json!("a")), "{body}");
    assert_eq!(read["MetricDataResults"][0]["Values"], json!([]), "{body}");
    let (status, body) = serve("/", target, "{\"StartTime\": 5, \"EndTime\": 1}".to_owned()).await;
    assert!(status == 400 && body.contains("ValidationError"), "{body}");
    assert_eq!(serve("/", target, "{".to_owned()).await.0, 400);
}

#[tokio::test(start_paused = true)]
async fn without_the_rule_that_transitions_take_time_data_are_there_at_once() {
    let chain = Finished::new().await;
    chain.land.world.lock().off.insert(Rule::TransitionsTakeTime);
    chain.send(10, 1);
    chain.land.pass(1).await;
    assert_eq!(sum(&chain.land, CONSUMER, (ENDPOINTS, "BytesProcessed"), &chain.whole()).await, 10.0);
}
