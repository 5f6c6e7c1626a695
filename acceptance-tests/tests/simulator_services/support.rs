//! Clients of a world in this process, without retries, and the objects most tests start from.

use std::time::Duration;

use acceptance_tests::simulator::{World, landscape};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, LoadBalancerSchemeEnum, LoadBalancerTypeEnum, ProtocolEnum, TargetDescription,
};
use aws_sdk_route53::error::SdkError;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use serde_json::Value;

/// Account that offers services.
pub(crate) const PROVIDER: &str = "111111111111";
/// Account that consumes them.
pub(crate) const CONSUMER: &str = "222222222222";

/// Gives the configuration of a caller with this access key.
pub(crate) fn config(world: &World, key: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(key, "secret", None, None, "tests")))
        .retry_config(RetryConfig::disabled())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .http_client(world.http_client())
        .build()
}

pub(crate) fn elb(world: &World, key: &str) -> aws_sdk_elasticloadbalancingv2::Client {
    aws_sdk_elasticloadbalancingv2::Client::new(&config(world, key))
}

pub(crate) fn route53(world: &World, key: &str) -> aws_sdk_route53::Client {
    aws_sdk_route53::Client::new(&config(world, key))
}

pub(crate) fn ec2(world: &World, key: &str) -> aws_sdk_ec2::Client {
    aws_sdk_ec2::Client::new(&config(world, key))
}

pub(crate) fn sts(world: &World, key: &str) -> aws_sdk_sts::Client {
    aws_sdk_sts::Client::new(&config(world, key))
}

/// Gives AWS's code of a refusal.
pub(crate) fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E>>,
) -> String {
    match result.unwrap_err() {
        SdkError::ServiceError(error) => error.err().code().unwrap_or_default().to_owned(),
        other => panic!("no answer: {other:?}"),
    }
}

/// Gives AWS's words of a refusal.
pub(crate) fn message<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug>(
    result: Result<T, SdkError<E>>,
) -> String {
    match result.unwrap_err() {
        SdkError::ServiceError(error) => error.err().message().unwrap_or_default().to_owned(),
        other => panic!("no answer: {other:?}"),
    }
}

/// Lets simulated time pass.
pub(crate) async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// A world with the landscape, and a provider's clients in it.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) ids: Value,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) route53: aws_sdk_route53::Client,
}

impl Scene {
    /// Without lag, disorder and buckets: for tests of one rule.
    pub(crate) fn calm() -> Self {
        Self::of(World::calm(1))
    }

    pub(crate) fn of(world: World) -> Self {
        let now = world.now();
        let ids = landscape::create(&mut world.lock(), now).unwrap();
        let (elb, ec2, route53) = (elb(&world, PROVIDER), ec2(&world, PROVIDER), route53(&world, PROVIDER));
        Self { world, ids, elb, ec2, route53 }
    }

    pub(crate) fn id(&self, name: &str) -> String {
        self.ids[name].as_str().unwrap().to_owned()
    }

    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.ids[name].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn vpc(&self) -> String {
        self.id("provider_vpc_id")
    }

    pub(crate) fn subnet(&self, number: usize) -> String {
        self.list("provider_subnet_ids")[number].clone()
    }

    pub(crate) fn instance(&self, number: usize) -> String {
        self.list("provider_instance_ids")[number].clone()
    }

    /// Starts the request for an internal network load balancer in the first two subnets.
    pub(crate) fn balancer_call(
        &self,
        name: &str,
    ) -> aws_sdk_elasticloadbalancingv2::operation::create_load_balancer::builders::CreateLoadBalancerFluentBuilder
    {
        self.bare_balancer_call(name).subnets(self.subnet(0)).subnets(self.subnet(1))
    }

    pub(crate) fn bare_balancer_call(
        &self,
        name: &str,
    ) -> aws_sdk_elasticloadbalancingv2::operation::create_load_balancer::builders::CreateLoadBalancerFluentBuilder
    {
        let call = self.elb.create_load_balancer().name(name);
        call.r#type(LoadBalancerTypeEnum::Network).scheme(LoadBalancerSchemeEnum::Internal)
    }

    pub(crate) async fn balancer(&self, name: &str) -> String {
        let made = self.balancer_call(name).send().await.unwrap();
        made.load_balancers()[0].load_balancer_arn().unwrap().to_owned()
    }

    /// A load balancer that is active.
    pub(crate) async fn active_balancer(&self, name: &str) -> String {
        let arn = self.balancer(name).await;
        pass(601).await;
        arn
    }

    pub(crate) fn group_call(
        &self,
        name: &str,
    ) -> aws_sdk_elasticloadbalancingv2::operation::create_target_group::builders::CreateTargetGroupFluentBuilder {
        self.elb.create_target_group().name(name).protocol(ProtocolEnum::Tcp).port(443).vpc_id(self.vpc())
    }

    pub(crate) async fn group(&self, name: &str) -> String {
        let made = self.group_call(name).send().await.unwrap();
        made.target_groups()[0].target_group_arn().unwrap().to_owned()
    }

    pub(crate) fn listener_call(
        &self,
        balancer: &str,
        port: i32,
        group: &str,
    ) -> aws_sdk_elasticloadbalancingv2::operation::create_listener::builders::CreateListenerFluentBuilder {
        let call = self.elb.create_listener().load_balancer_arn(balancer);
        call.protocol(ProtocolEnum::Tcp).port(port).default_actions(forward(group))
    }

    pub(crate) async fn listener(&self, balancer: &str, port: i32, group: &str) -> String {
        let made = self.listener_call(balancer, port, group).send().await.unwrap();
        made.listeners()[0].listener_arn().unwrap().to_owned()
    }

    pub(crate) async fn register(&self, group: &str, id: &str) {
        self.elb.register_targets().target_group_arn(group).targets(target(id)).send().await.unwrap();
    }

    /// Health of the only target, as state and reason.
    pub(crate) async fn health(&self, group: &str) -> (String, String) {
        let seen = self.elb.describe_target_health().target_group_arn(group).send().await.unwrap();
        let health = seen.target_health_descriptions()[0].target_health().unwrap();
        let reason = health.reason().map(|reason| reason.as_str().to_owned()).unwrap_or_default();
        (health.state().unwrap().as_str().to_owned(), reason)
    }

    /// Live objects of a kind, of any account.
    pub(crate) fn objects(&self, kind: &str) -> Vec<String> {
        let now = self.world.now();
        let objects = self.world.lock().objects(now);
        objects.into_iter().filter(|object| object.kind == kind).map(|object| object.id).collect()
    }

    /// Forces a state as the control route does.
    pub(crate) fn force(&self, kind: &str, id: &str, fields: &Value) {
        let now = self.world.now();
        self.world.lock().force(now, kind, id, fields.as_object().unwrap()).unwrap();
    }
}

pub(crate) fn forward(group: &str) -> Action {
    Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build()
}

pub(crate) fn target(id: &str) -> TargetDescription {
    TargetDescription::builder().id(id).build()
}
