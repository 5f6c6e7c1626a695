//! What the rules work with: clients, objects of their own, and the broom.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};

/// Key of the tag on everything that is made.
pub(crate) const TAG: &str = "privatelink-simulator:conformance";

/// Clients, and what was made with them.
pub(crate) struct Scene {
    pub(crate) ec2: aws_sdk_ec2::Client,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) route53: aws_sdk_route53::Client,
    /// A second of the endpoint's clock.
    pub(crate) second: Duration,
    pub(crate) region: String,
    made: Vec<Made>,
    vpc: Option<String>,
    balancer: Option<String>,
}

/// Something to be swept.
#[derive(Debug, Clone)]
pub(crate) enum Made {
    Vpc(String),
    Subnet(String),
    Group(String),
    Endpoint(String),
    Service(String),
    Zone(String),
    TargetGroup(String),
    Balancer(String),
}

/// How often the broom goes over what is still held.
const SWEEPS: u32 = 40;

impl Scene {
    pub(crate) fn new(config: &SdkConfig, second: Duration) -> Self {
        Self {
            ec2: aws_sdk_ec2::Client::new(config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(config),
            route53: aws_sdk_route53::Client::new(config),
            second,
            region: config.region().map(|region| region.as_ref().to_owned()).unwrap_or_default(),
            made: Vec::new(),
            vpc: None,
            balancer: None,
        }
    }

    /// Notes what is to be swept.
    pub(crate) fn note(&mut self, made: Made) {
        self.made.push(made);
    }

    /// Lets time of the endpoint pass.
    pub(crate) async fn pass(&self, seconds: u32) {
        tokio::time::sleep(self.second * seconds).await;
    }

    pub(crate) fn tags(kind: ResourceType) -> TagSpecification {
        let tag = Tag::builder().key(TAG).value("yes").build();
        TagSpecification::builder().resource_type(kind).tags(tag).build()
    }

    /// Gives a VPC with three subnets, made once.
    pub(crate) async fn vpc(&mut self) -> Result<String, String> {
        if let Some(vpc) = &self.vpc {
            return Ok(vpc.clone());
        }
        let call = self.ec2.create_vpc().cidr_block("10.213.0.0/16").tag_specifications(Self::tags(ResourceType::Vpc));
        let made = call.send().await.map_err(|error| format!("no VPC: {error:?}"))?;
        let id = made.vpc().and_then(|vpc| vpc.vpc_id()).ok_or("a VPC without id")?.to_owned();
        self.note(Made::Vpc(id.clone()));
        self.pass(15).await;
        self.vpc = Some(id.clone());
        Ok(id)
    }

    /// Makes a subnet in that VPC; gives its id.
    pub(crate) async fn subnet(&mut self, zone: usize, cidr: &str) -> Result<String, String> {
        let vpc = self.vpc().await?;
        let zones = self.ec2.describe_availability_zones().send().await.map_err(|error| format!("{error:?}"))?;
        let name = zones.availability_zones().get(zone).and_then(|zone| zone.zone_name()).ok_or("too few zones")?;
        let call = self.ec2.create_subnet().vpc_id(&vpc).cidr_block(cidr).availability_zone(name);
        let made = call.send().await.map_err(|error| format!("no subnet: {error:?}"))?;
        let id = made.subnet().and_then(|subnet| subnet.subnet_id()).ok_or("a subnet without id")?.to_owned();
        self.note(Made::Subnet(id.clone()));
        Ok(id)
    }

    /// Makes a security group in that VPC.
    pub(crate) async fn group(&mut self, name: &str) -> Result<String, String> {
        let vpc = self.vpc().await?;
        let call = self.ec2.create_security_group().vpc_id(&vpc).group_name(name).description("conformance");
        let made = call.send().await.map_err(|error| format!("no group: {error:?}"))?;
        let id = made.group_id().ok_or("a group without id")?.to_owned();
        self.note(Made::Group(id.clone()));
        self.pass(31).await;
        Ok(id)
    }

    /// Makes a private zone that this VPC sees.
    pub(crate) async fn zone(&mut self, name: &str, reference: &str) -> Result<String, String> {
        let vpc = aws_sdk_route53::types::Vpc::builder().vpc_id(self.vpc().await?);
        let vpc = vpc.vpc_region(self.region.as_str().into()).build();
        let call = self.route53.create_hosted_zone().name(name).caller_reference(reference).vpc(vpc);
        let made = call.send().await.map_err(|error| format!("no zone: {error:?}"))?;
        let id = made.hosted_zone().map(|zone| zone.id().trim_start_matches("/hostedzone/").to_owned());
        let id = id.ok_or("a zone without id")?;
        self.note(Made::Zone(id.clone()));
        Ok(id)
    }

    /// Gives an active network load balancer in two subnets, made once.
    pub(crate) async fn balancer(&mut self) -> Result<String, String> {
        if let Some(arn) = &self.balancer {
            return Ok(arn.clone());
        }
        let subnets = vec![self.subnet(0, "10.213.100.0/24").await?, self.subnet(1, "10.213.101.0/24").await?];
        let call = self.elb.create_load_balancer().name("conformance").set_subnets(Some(subnets));
        let call = call.r#type("network".into()).scheme("internal".into());
        let made = call.send().await.map_err(|error| format!("no load balancer: {error:?}"))?;
        let arn = made.load_balancers().first().and_then(|one| one.load_balancer_arn()).ok_or("no ARN")?.to_owned();
        self.note(Made::Balancer(arn.clone()));
        self.balancer = Some(arn.clone());
        for _ in 0..60 {
            self.pass(15).await;
            let seen = self.elb.describe_load_balancers().load_balancer_arns(&arn).send().await;
            let state = seen.ok().and_then(|seen| seen.load_balancers().first()?.state()?.code().cloned());
            if state.is_some_and(|state| state.as_str() == "active") {
                return Ok(arn);
            }
        }
        Err("the load balancer is not active in a quarter of an hour".to_owned())
    }

    /// Deletes everything, last first and again until nothing holds it; gives what stayed.
    pub(crate) async fn sweep(&mut self) -> Vec<String> {
        for _ in 0..SWEEPS {
            let mut left = Vec::new();
            for made in std::mem::take(&mut self.made).into_iter().rev() {
                if !self.delete(&made).await {
                    left.push(made);
                }
            }
            left.reverse();
            self.made = left;
            if self.made.is_empty() {
                break;
            }
            self.pass(30).await;
        }
        self.made.iter().map(|made| format!("{made:?}")).collect()
    }

    async fn delete(&self, made: &Made) -> bool {
        let (ec2, elb) = (&self.ec2, &self.elb);
        match made {
            Made::Vpc(id) => gone(ec2.delete_vpc().vpc_id(id).send().await.err().map(|e| super::rules::code_of(&e))),
            Made::Subnet(id) => {
                gone(ec2.delete_subnet().subnet_id(id).send().await.err().map(|e| super::rules::code_of(&e)))
            }
            Made::Group(id) => {
                gone(ec2.delete_security_group().group_id(id).send().await.err().map(|e| super::rules::code_of(&e)))
            }
            Made::Endpoint(id) => gone(
                ec2.delete_vpc_endpoints().vpc_endpoint_ids(id).send().await.err().map(|e| super::rules::code_of(&e)),
            ),
            Made::Service(id) => {
                let answer = ec2.delete_vpc_endpoint_service_configurations().service_ids(id).send().await;
                answer.is_ok_and(|answer| answer.unsuccessful().is_empty())
            }
            Made::TargetGroup(arn) => elb.delete_target_group().target_group_arn(arn).send().await.is_ok(),
            Made::Balancer(arn) => elb.delete_load_balancer().load_balancer_arn(arn).send().await.is_ok(),
            Made::Zone(id) => {
                gone(self.route53.delete_hosted_zone().id(id).send().await.err().map(|e| super::rules::code_of(&e)))
            }
        }
    }
}

/// Tells whether something is gone: deleted now or before.
fn gone(refused: Option<String>) -> bool {
    refused.is_none_or(|code| code.contains("NotFound") || code.starts_with("NoSuch"))
}
