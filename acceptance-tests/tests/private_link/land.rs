//! The landscape with SDK clients of both accounts, and the steps that most tests begin with. Clients never retry.

use std::fmt::Debug;
use std::time::Duration;

use acceptance_tests::simulator::{World, landscape};
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::types::{ServiceConfiguration, UnsuccessfulItem, VpcEndpoint, VpcEndpointType};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, LoadBalancerSchemeEnum, LoadBalancerTypeEnum, ProtocolEnum, TargetDescription,
    TargetTypeEnum,
};
use serde_json::{Value, json};

pub(crate) const PROVIDER: &str = "111111111111";
pub(crate) const CONSUMER: &str = "222222222222";

macro_rules! client {
    ($sdk:ident, $world:expr, $account:expr, $region:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new($region))
                .credentials_provider(Credentials::new($account, "secret", None, None, "tests"))
                .retry_config(RetryConfig::disabled())
                .http_client($world.http_client())
                .build(),
        )
    };
}

/// The two accounts before any chain is made.
pub(crate) struct Land {
    pub(crate) world: World,
    pub(crate) provider: aws_sdk_ec2::Client,
    pub(crate) consumer: aws_sdk_ec2::Client,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) provider_dns: aws_sdk_route53::Client,
    pub(crate) consumer_dns: aws_sdk_route53::Client,
    pub(crate) provider_vpc: String,
    pub(crate) provider_subnets: Vec<String>,
    pub(crate) instances: Vec<String>,
    pub(crate) public_zone: String,
    pub(crate) vpc: String,
    pub(crate) subnets: Vec<String>,
    pub(crate) application_group: String,
}

/// A service as most tests need it.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) load_balancer: String,
}

impl Land {
    /// Makes the landscape in a world without lag, disorder and buckets.
    pub(crate) fn calm() -> Self {
        Self::in_world(World::calm(1))
    }

    pub(crate) fn in_world(world: World) -> Self {
        let now = world.now();
        let made = landscape::create(&mut world.lock(), now).unwrap();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let list = |name: &str| -> Vec<String> {
            made[name].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
        };
        Self {
            provider: client!(aws_sdk_ec2, world, PROVIDER, "us-east-1"),
            consumer: client!(aws_sdk_ec2, world, CONSUMER, "us-east-1"),
            elb: client!(aws_sdk_elasticloadbalancingv2, world, PROVIDER, "us-east-1"),
            provider_dns: client!(aws_sdk_route53, world, PROVIDER, "us-east-1"),
            consumer_dns: client!(aws_sdk_route53, world, CONSUMER, "us-east-1"),
            provider_vpc: text("provider_vpc_id"),
            provider_subnets: list("provider_subnet_ids"),
            instances: list("provider_instance_ids"),
            public_zone: text("public_zone_id"),
            vpc: text("consumer_vpc_id"),
            subnets: list("consumer_subnet_ids"),
            application_group: text("application_security_group_id"),
            world,
        }
    }

    /// Makes an EC2 client of an account in a Region.
    pub(crate) fn ec2_in(&self, account: &str, region: &'static str) -> aws_sdk_ec2::Client {
        client!(aws_sdk_ec2, self.world, account, region)
    }

    /// Makes a CloudWatch client of an account.
    pub(crate) fn cloudwatch(&self, account: &str) -> aws_sdk_cloudwatch::Client {
        client!(aws_sdk_cloudwatch, self.world, account, "us-east-1")
    }

    /// Lets simulated time pass.
    pub(crate) async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    /// Forces a state, as `/_simulator/set` does.
    pub(crate) fn force(&self, kind: &str, id: &str, set: &Value) {
        let now = self.world.now();
        self.world.lock().force(now, kind, id, set.as_object().unwrap()).unwrap();
    }

    // === provider's side ===

    /// Makes a load balancer over the first `zones` provider subnets; it is not active yet.
    pub(crate) async fn new_load_balancer(&self, name: &str, zones: usize, groups: &[String]) -> String {
        let call = self.elb.create_load_balancer().name(name).r#type(LoadBalancerTypeEnum::Network);
        let call = call.scheme(LoadBalancerSchemeEnum::Internal);
        let call = call.set_subnets(Some(self.provider_subnets.iter().take(zones).cloned().collect()));
        let call = call.set_security_groups((!groups.is_empty()).then(|| groups.to_vec()));
        let made = call.send().await.unwrap();
        made.load_balancers()[0].load_balancer_arn().unwrap().to_owned()
    }

    /// Makes a load balancer and waits until it is active.
    pub(crate) async fn load_balancer(&self, name: &str, zones: usize) -> String {
        let arn = self.new_load_balancer(name, zones, &[]).await;
        self.pass(601).await;
        arn
    }

    /// Makes a target group with an instance per zone and a TCP listener on 443 in front of it, healthy.
    pub(crate) async fn backend(&self, load_balancer: &str, name: &str, instances: &[String]) -> (String, String) {
        let call = self.elb.create_target_group().name(name).protocol(ProtocolEnum::Tcp).port(443);
        let made = call.vpc_id(&self.provider_vpc).target_type(TargetTypeEnum::Instance).send().await.unwrap();
        let group = made.target_groups()[0].target_group_arn().unwrap().to_owned();
        let targets = instances.iter().map(|id| TargetDescription::builder().id(id).build()).collect();
        self.elb.register_targets().target_group_arn(&group).set_targets(Some(targets)).send().await.unwrap();
        let forward = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(&group).build();
        let call = self.elb.create_listener().load_balancer_arn(load_balancer).port(443).protocol(ProtocolEnum::Tcp);
        let made = call.default_actions(forward).send().await.unwrap();
        let listener = made.listeners()[0].listener_arn().unwrap().to_owned();
        self.pass(400).await;
        (group, listener)
    }

    /// Makes a usable service over all zones that admits the consumer.
    pub(crate) async fn service(&self, acceptance_required: bool) -> Service {
        let load_balancer = self.load_balancer("front", 3).await;
        self.service_of(load_balancer, acceptance_required).await
    }

    pub(crate) async fn service_of(&self, load_balancer: String, acceptance_required: bool) -> Service {
        let call = self.provider.create_vpc_endpoint_service_configuration().acceptance_required(acceptance_required);
        let made = call.network_load_balancer_arns(&load_balancer).send().await.unwrap();
        let made = made.service_configuration.unwrap();
        let service = Service { id: made.service_id.unwrap(), name: made.service_name.unwrap(), load_balancer };
        self.permit(&service.id, &format!("arn:aws:iam::{CONSUMER}:root")).await;
        self.pass(300).await;
        service
    }

    pub(crate) async fn permit(&self, service_id: &str, principal: &str) {
        let call = self.provider.modify_vpc_endpoint_service_permissions().service_id(service_id);
        call.add_allowed_principals(principal).send().await.unwrap();
    }

    /// Gives a service a private name that counts as verified.
    pub(crate) async fn verified_name(&self, service: &Service, name: &str) {
        let call = self.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
        call.private_dns_name(name).send().await.unwrap();
        self.force("endpoint_service", &service.id, &json!({"verification": "verified"}));
    }

    pub(crate) async fn configuration(&self, service_id: &str) -> ServiceConfiguration {
        let call = self.provider.describe_vpc_endpoint_service_configurations().service_ids(service_id);
        call.send().await.unwrap().service_configurations.unwrap().remove(0)
    }

    pub(crate) async fn accept(&self, service: &Service, endpoint: &str) -> Vec<UnsuccessfulItem> {
        let call = self.provider.accept_vpc_endpoint_connections().service_id(&service.id).vpc_endpoint_ids(endpoint);
        call.send().await.unwrap().unsuccessful.unwrap_or_default()
    }

    pub(crate) async fn reject(&self, service: &Service, endpoint: &str) -> Vec<UnsuccessfulItem> {
        let call = self.provider.reject_vpc_endpoint_connections().service_id(&service.id).vpc_endpoint_ids(endpoint);
        call.send().await.unwrap().unsuccessful.unwrap_or_default()
    }

    pub(crate) async fn delete_service(&self, id: &str) -> Vec<UnsuccessfulItem> {
        let call = self.provider.delete_vpc_endpoint_service_configurations().service_ids(id);
        call.send().await.unwrap().unsuccessful.unwrap_or_default()
    }

    // === consumer's side ===

    /// Begins a CreateVpcEndpoint of type Interface in the consumer's VPC, private DNS off.
    pub(crate) fn new_endpoint(
        &self,
        service: &Service,
    ) -> aws_sdk_ec2::operation::create_vpc_endpoint::builders::CreateVpcEndpointFluentBuilder {
        let call = self.consumer.create_vpc_endpoint().vpc_endpoint_type(VpcEndpointType::Interface);
        call.vpc_id(&self.vpc).service_name(&service.name).private_dns_enabled(false)
    }

    /// Makes an endpoint in all consumer subnets; an automatically accepted one is available afterwards.
    pub(crate) async fn endpoint(&self, service: &Service) -> String {
        let made = self.new_endpoint(service).set_subnet_ids(Some(self.subnets.clone())).send().await.unwrap();
        self.pass(601).await;
        made.vpc_endpoint.unwrap().vpc_endpoint_id.unwrap()
    }

    pub(crate) async fn described(&self, endpoint: &str) -> VpcEndpoint {
        let call = self.consumer.describe_vpc_endpoints().vpc_endpoint_ids(endpoint);
        call.send().await.unwrap().vpc_endpoints.unwrap().remove(0)
    }

    pub(crate) async fn state(&self, endpoint: &str) -> String {
        self.described(endpoint).await.state.unwrap().as_str().to_owned()
    }

    pub(crate) async fn delete_endpoint(&self, id: &str) -> Vec<UnsuccessfulItem> {
        let call = self.consumer.delete_vpc_endpoints().vpc_endpoint_ids(id);
        call.send().await.unwrap().unsuccessful.unwrap_or_default()
    }
}

/// Returns AWS's code of a refused call.
pub(crate) fn code<T: Debug, E: ProvideErrorMetadata + Debug, R: Debug>(result: Result<T, SdkError<E, R>>) -> String {
    refused(result).0
}

/// Returns AWS's code and words of a refused call.
pub(crate) fn refused<T: Debug, E: ProvideErrorMetadata + Debug, R: Debug>(
    result: Result<T, SdkError<E, R>>,
) -> (String, String) {
    let error = result.unwrap_err();
    let error = error.as_service_error().unwrap();
    (error.code().unwrap().to_owned(), error.message().unwrap_or_default().to_owned())
}

/// Returns the codes of the items of an `unsuccessful` list.
pub(crate) fn item_codes(items: &[UnsuccessfulItem]) -> Vec<String> {
    items.iter().map(|item| item.error().unwrap().code().unwrap().to_owned()).collect()
}
