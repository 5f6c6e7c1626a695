//! Answers older than the last write, and answers that miss what is there: neither is drift, and nothing is forgotten.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use acceptance_tests::simulator::faults::{Fault, Strike};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use tokio::time::Instant;

use crate::consumer_setting::{ORDERS, Setting, merged, pass};
use crate::core::{Action, Terraform, consumer_block, objects, texts};
use crate::landscape::{CONSUMER, SERVICE};

/// What a replica that lags behind remembers.
#[derive(Debug, Default)]
struct Memory {
    /// Replies by request, as long as the replica keeps up.
    replies: BTreeMap<Vec<u8>, Vec<u8>>,
    keeps_up: bool,
    /// Until when it answers what it remembers.
    lags_until: Option<Instant>,
}

#[derive(Debug, Clone)]
struct Replica<D> {
    door: D,
    memory: Arc<Mutex<Memory>>,
}

impl HttpClient for Replica<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let door = self.door.http_connector(settings, parts);
        SharedHttpConnector::new(Replica { door, memory: Arc::clone(&self.memory) })
    }
}

impl HttpConnector for Replica<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let asked = request.body().bytes().unwrap_or_default().to_vec();
        let (answer, memory) = (self.door.call(request), Arc::clone(&self.memory));
        HttpConnectorFuture::new(async move {
            let response = answer.await?;
            let mut memory = memory.lock().unwrap();
            let is_read = asked.starts_with(b"Action=DescribeVpcEndpoints");
            if memory.keeps_up && is_read {
                memory.replies.insert(asked.clone(), response.body().bytes().unwrap().to_vec());
            }
            let lags = memory.lags_until.is_some_and(|until| Instant::now() < until);
            let Some(old) = memory.replies.get(&asked).filter(|_| lags) else { return Ok(response) };
            let mut told = HttpResponse::new(StatusCode::try_from(200_u16).unwrap(), SdkBody::from(old.clone()));
            told.headers_mut().insert("date", response.headers().get("date").unwrap().to_owned());
            Ok(told)
        })
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_older_than_the_last_write_is_read_again_until_it_agrees() {
    let mut setting = Setting::named(83).await;
    let memory: Arc<Mutex<Memory>> = Arc::default();
    let replica = Replica { door: setting.land.world.http_client(), memory: Arc::clone(&memory) };
    let mut user = Terraform::through(&setting.land.world, SharedHttpClient::new(replica), consumer_block()).await;
    let config = setting.config(json!({"accept": {"peer_account": "service"}, "private_dns_enabled": false}));
    let found = user.try_apply(CONSUMER, ORDERS, &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(300).await;
    memory.lock().unwrap().keeps_up = true;
    user.expect_empty(CONSUMER, ORDERS, &config).await;
    memory.lock().unwrap().keeps_up = false;
    let wanted = merged(&config, &json!({"private_dns_enabled": true}));
    let found = user.try_apply(CONSUMER, ORDERS, &wanted).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let start = Instant::now();
    memory.lock().unwrap().lags_until = Some(start + Duration::from_secs(40));
    // Another process plans, as core does.
    let plan = user.plan(CONSUMER, ORDERS, &wanted).await;
    assert_eq!(plan.action, Action::NoOp, "{}", user.difference(ORDERS, &plan.planned));
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    // Drift that is there when the window has passed is drift.
    memory.lock().unwrap().lags_until = Some(Instant::now() + Duration::from_hours(1));
    pass(60).await;
    let plan = user.plan(CONSUMER, ORDERS, &wanted).await;
    assert_eq!(plan.action, Action::Update);
    memory.lock().unwrap().lags_until = None;
    setting.user = user;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn what_aws_does_not_show_by_its_id_is_gone_only_when_its_uid_is_not_found_either() {
    let mut setting = Setting::closed(84).await;
    let config = setting.config(json!({"accept": {"peer_account": "service"}}));
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    pass(120).await;
    let service = merged(&setting.land.service(), &json!({"private_dns": null}));
    for (operation, is_service) in [("DescribeVpcEndpoints", false), ("DescribeVpcEndpointServiceConfigurations", true)]
    {
        setting.land.world.set_faults(vec![Fault::at(operation, 1, Strike::Miss).times(4)]);
        let (side, kind, name, config) = if is_service {
            (&mut setting.owner, SERVICE, "api", &service)
        } else {
            (&mut setting.user, CONSUMER, ORDERS, &config)
        };
        let plan = side.plan(kind, name, config).await;
        assert_eq!(plan.action, Action::NoOp, "{operation}: {}", side.difference(name, &plan.planned));
    }
    setting.land.world.set_faults(Vec::new());
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_was_taken_for_gone_is_found_by_its_uid_when_the_rest_goes() {
    let mut setting = Setting::closed(85).await;
    let operation = "DescribeVpcEndpointServiceConfigurations";
    setting.land.world.set_faults(vec![Fault::at(operation, 1, Strike::Miss).times(12)]);
    let found = setting.owner.refresh("api").await;
    setting.land.world.set_faults(Vec::new());
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert!(setting.owner.state("api")["links"].get("endpoint_service").is_none(), "the fault was too short");
    let found = setting.owner.destroy("api").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(objects(&setting.land.world), json!({}));
}
