//! Many connections at once: made, planned and removed as core does it, with every call of each stretch.
//!
//! Shared by the test of the counts (`budget.rs`) and by `cargo bench --bench scale`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::audit::Call;
use acceptance_tests::simulator::settings::Settings;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use privatelink::diagnostic::Diagnostics;
use serde_json::{Value as Json, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::core::{Action, Plan, Terraform, UNKNOWN, consumer_block, objects, service_block, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Endpoints that a VPC may have.
const IN_A_VPC: usize = 50;
/// What lies between two runs of Terraform: whatever was on its way has arrived.
const BETWEEN_RUNS: Duration = Duration::from_mins(20);

/// Where the consumers' own names are written.
#[allow(dead_code, reason = "the tests need one of them, the benchmark all")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// They have none.
    None,
    /// In so many private zones that others made, neighbours in the same one.
    Shared(usize),
    /// In a zone that each consumer makes.
    Own,
}

/// How many connections there are, and how Terraform asks for them.
#[derive(Debug, Clone)]
pub struct Shape {
    pub services: usize,
    pub consumers: usize,
    pub names: Names,
    /// Whether the services are made in the same run, so that their names are not known in the plan.
    pub services_are_new: bool,
    /// Resources that core handles at a time.
    pub parallelism: usize,
    /// What lies between two resources that core asks for, on a slow machine.
    pub think: Duration,
    pub seed: u64,
    pub settings: Settings,
    /// Whether what one resource has read may serve others.
    pub views: bool,
}

impl Shape {
    /// The provider of the services' account, in a process of its own.
    async fn owner(&self, land: &Landscape) -> Terraform {
        Terraform::with_views(&land.world, self.views, service_block()).await
    }

    /// The provider of the consumers' account, in a process of its own.
    async fn user(&self, land: &Landscape) -> Terraform {
        Terraform::with_views(&land.world, self.views, consumer_block()).await
    }
}

/// What a run has shown.
#[derive(Debug)]
pub struct Recorded {
    pub stretches: Vec<Stretch>,
    /// The states that a plan without changes confirmed, by name.
    #[allow(dead_code, reason = "the tests compare them, the benchmark does not")]
    pub states: BTreeMap<String, Json>,
}

/// A stretch of a run.
#[derive(Debug)]
pub struct Stretch {
    pub what: &'static str,
    /// On the simulator's clock.
    pub seconds: f64,
    /// Of this process, with the simulator in it; printed by the benchmark.
    #[allow(dead_code, reason = "the tests assert nothing that depends on the machine")]
    pub cpu: f64,
    pub calls: Vec<Call>,
}

/// One resource: its own address; the provider process is that of all.
struct Member {
    terraform: Terraform,
    resource_type: &'static str,
    name: String,
    config: Json,
    /// The configuration as far as it is known when everything is planned.
    planned: Json,
    plan: Option<Plan>,
}

/// What is done with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Core plans everything, and then carries the plans out with another process of the provider.
    Plan,
    CarryOut,
    PlanAgain,
    Destroy,
}

impl Member {
    async fn act(&mut self, act: Act) -> Diagnostics {
        let (kind, name) = (self.resource_type, self.name.clone());
        match act {
            Act::Plan => {
                let plan = self.terraform.plan(kind, &name, &self.planned).await;
                assert_eq!(plan.action, Action::Create);
                self.plan.insert(plan).diagnostics.clone()
            }
            Act::CarryOut => {
                let plan = self.plan.take().unwrap();
                self.terraform.carry_out(kind, &name, &self.config, plan).await
            }
            Act::PlanAgain => {
                let plan = self.terraform.plan(kind, &name, &self.config).await;
                let difference = self.terraform.difference(&name, &plan.planned);
                assert_eq!(plan.action, Action::NoOp, "{name}: {difference}");
                plan.diagnostics
            }
            Act::Destroy => self.terraform.destroy(&name).await,
        }
    }
}

/// All of them, so many at a time as core does; nobody may be told of anything.
async fn together(members: Vec<Member>, act: Act, shape: &Shape) -> Vec<Member> {
    let turns = Arc::new(Semaphore::new(shape.parallelism));
    let mut running = JoinSet::new();
    for (place, mut member) in members.into_iter().enumerate() {
        let (turns, think) = (Arc::clone(&turns), shape.think);
        running.spawn(async move {
            let _turn = turns.acquire_owned().await.unwrap();
            tokio::time::sleep(think).await;
            let found = member.act(act).await;
            assert_eq!(texts(&found), [""; 0], "{act:?} of {}", member.name);
            (place, member)
        });
    }
    let mut ended = BTreeMap::new();
    while let Some(end) = running.join_next().await {
        let (place, member) = end.unwrap();
        ended.insert(place, member);
    }
    ended.into_values().collect()
}

/// The same in another process of the provider, some time later.
async fn restarted(mut members: Vec<Member>, land: &Landscape, shape: &Shape) -> Vec<Member> {
    tokio::time::sleep(BETWEEN_RUNS).await;
    let (owner, user) = (shape.owner(land).await, shape.user(land).await);
    for member in &mut members {
        let fresh = if member.resource_type == SERVICE { &owner } else { &user };
        member.terraform.provider = fresh.provider.clone();
    }
    members
}

/// What is there before the consumers: VPCs with three subnets each, and zones that all these VPCs see.
pub struct Ground {
    vpcs: Vec<String>,
    subnets: Vec<Vec<String>>,
    pub zones: Vec<String>,
}

impl Ground {
    /// VPC and subnets of a consumer.
    #[allow(dead_code, reason = "the tests make endpoints by hand, the benchmark does not")]
    pub fn place(&self, number: usize) -> (&str, &[String]) {
        (&self.vpcs[number / IN_A_VPC], &self.subnets[number / IN_A_VPC])
    }
}

/// The ground for so many consumers whose names are in so many zones.
#[allow(dead_code, reason = "the tests make endpoints by hand, the benchmark does not")]
pub async fn consumers_ground(land: &Landscape, consumers: usize, zones: usize) -> Ground {
    let shape = Shape {
        services: 0,
        consumers,
        names: Names::Shared(zones),
        services_are_new: false,
        parallelism: 10,
        think: Duration::ZERO,
        seed: 0,
        settings: Settings::typical(),
        views: true,
    };
    ground(land, &shape).await
}

async fn ground(land: &Landscape, shape: &Shape) -> Ground {
    let owner = Credentials::new("222222222222", "x", None, None, "test");
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(owner))
        .http_client(land.world.http_client())
        .build();
    let (ec2, route53) = (aws_sdk_ec2::Client::new(&config), aws_sdk_route53::Client::new(&config));
    let (mut subnets, mut vpcs) = (Vec::new(), Vec::new());
    for number in 0..shape.consumers.div_ceil(IN_A_VPC).max(1) {
        let vpc = ec2.create_vpc().cidr_block(format!("10.{}.0.0/16", 30 + number)).send().await.unwrap();
        let vpc = vpc.vpc.unwrap().vpc_id.unwrap();
        let on = aws_sdk_ec2::types::AttributeBooleanValue::builder().value(true).build();
        tokio::time::sleep(Duration::from_secs(60)).await;
        ec2.modify_vpc_attribute().vpc_id(&vpc).enable_dns_hostnames(on).send().await.unwrap();
        let mut of_vpc = Vec::new();
        for (place, zone) in ["use1-az1", "use1-az2", "use1-az4"].into_iter().enumerate() {
            let block = format!("10.{}.{place}.0/24", 30 + number);
            let made = ec2.create_subnet().vpc_id(&vpc).cidr_block(block).availability_zone_id(zone).send().await;
            of_vpc.push(made.unwrap().subnet.unwrap().subnet_id.unwrap());
        }
        subnets.push(of_vpc);
        vpcs.push(vpc);
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    let mut zones = Vec::new();
    let count = if let Names::Shared(count) = shape.names { count } else { 0 };
    for number in 0..count {
        let vpc = |id: &String| {
            let region = aws_sdk_route53::types::VpcRegion::from("us-east-1");
            aws_sdk_route53::types::Vpc::builder().vpc_id(id).vpc_region(region).build()
        };
        let private = aws_sdk_route53::types::HostedZoneConfig::builder().private_zone(true).build();
        let made = route53
            .create_hosted_zone()
            .name(format!("zone-{number}.internal"))
            .caller_reference(format!("zone-{number}"))
            .hosted_zone_config(private)
            .vpc(vpc(&vpcs[0]))
            .send()
            .await
            .unwrap();
        let id = made.hosted_zone.unwrap().id;
        for further in &vpcs[1..] {
            tokio::time::sleep(Duration::from_secs(120)).await;
            route53.associate_vpc_with_hosted_zone().hosted_zone_id(&id).vpc(vpc(further)).send().await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        zones.push(id.rsplit('/').next().unwrap().to_owned());
    }
    tokio::time::sleep(BETWEEN_RUNS).await;
    Ground { vpcs, subnets, zones }
}

fn service(land: &Landscape, number: usize) -> Json {
    let mut config = land.service();
    config.as_object_mut().unwrap().remove("private_dns");
    config["name"] = json!(format!("orders-{number}"));
    config["acceptance_required"] = json!(false);
    config
}

fn consumer(ground: &Ground, service: &Json, shape: &Shape, number: usize) -> Json {
    let mut config = json!({
        "service_name": service["service_name"],
        "name": format!("shop-{number}"),
        "subnet_ids": ground.subnets[number / IN_A_VPC],
        "ingress": [{"port": 443, "cidr_ipv4": "10.0.0.0/8"}],
        "tags": {"team": "shop"},
    });
    match shape.names {
        Names::None => {}
        Names::Shared(count) => {
            // Neighbours write into the same zone, as the modules of one team do.
            let zone = &ground.zones[number * count / shape.consumers];
            config["dns"] = json!([{"zone_id": zone, "record": [{"name": format!("shop-{number}")}]}]);
        }
        Names::Own => {
            config["dns"] = json!([{"zone_name": format!("shop-{number}.internal"), "record": [{"name": "@"}]}]);
        }
    }
    config
}

/// Counts calls and time since it was asked last.
struct Watch<'a> {
    land: &'a Landscape,
    seen: usize,
    since: Instant,
    cpu: f64,
    stretches: Vec<Stretch>,
}

impl Watch<'_> {
    fn restart(&mut self) {
        (self.seen, self.since, self.cpu) = (self.land.world.calls().len(), Instant::now(), cpu_seconds());
    }

    fn note(&mut self, what: &'static str) {
        let calls = self.land.world.calls()[self.seen..].to_vec();
        let (seconds, cpu) = (self.since.elapsed().as_secs_f64(), cpu_seconds() - self.cpu);
        self.stretches.push(Stretch { what, seconds, cpu, calls });
        self.restart();
    }
}

/// Seconds of CPU that this process has used; none where the system does not say.
fn cpu_seconds() -> f64 {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return 0.0 };
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}

/// Plans, makes, plans and removes the services and the consumers.
pub async fn run(shape: &Shape) -> Recorded {
    let land = Landscape::of(World::new(shape.seed, shape.settings.clone(), 1.0));
    let ground = ground(&land, shape).await;
    let (owner, user) = (shape.owner(&land).await, shape.user(&land).await);
    let mut watch = Watch { land: &land, seen: 0, since: Instant::now(), cpu: 0.0, stretches: Vec::new() };
    let member = |terraform: &Terraform, resource_type, name: String, config: Json, planned: Json| Member {
        terraform: terraform.clone(),
        resource_type,
        name,
        config,
        planned,
        plan: None,
    };
    let services = (0..shape.services).map(|n| {
        let config = service(&land, n);
        member(&owner, SERVICE, format!("api{n}"), config.clone(), config)
    });
    watch.restart();
    let services = together(services.collect(), Act::Plan, shape).await;
    watch.note("services: plan of all new");
    let services = restarted(services, &land, shape).await;
    watch.restart();
    let services = together(services, Act::CarryOut, shape).await;
    watch.note("services: apply");
    let services = restarted(services, &land, shape).await;
    watch.restart();
    let services = together(services, Act::PlanAgain, shape).await;
    watch.note("services: plan without changes");
    let consumers = (0..shape.consumers).map(|n| {
        let api = &services[n % services.len()];
        let config = consumer(&ground, &api.terraform.state(&api.name), shape, n);
        let mut planned = config.clone();
        if shape.services_are_new {
            // In one configuration the service's name is not known when the consumers are planned.
            planned["service_name"] = json!(UNKNOWN);
        }
        member(&user, CONSUMER, format!("shop{n}"), config, planned)
    });
    let consumers: Vec<Member> = consumers.collect();
    tokio::time::sleep(BETWEEN_RUNS).await;
    watch.restart();
    let consumers = together(consumers, Act::Plan, shape).await;
    watch.note("consumers: plan of all new");
    let consumers = restarted(consumers, &land, shape).await;
    watch.restart();
    let consumers = together(consumers, Act::CarryOut, shape).await;
    watch.note("consumers: apply");
    let consumers = restarted(consumers, &land, shape).await;
    watch.restart();
    let consumers = together(consumers, Act::PlanAgain, shape).await;
    watch.note("consumers: plan without changes");
    let all = services.iter().chain(&consumers);
    let states = all.map(|member| (member.name.clone(), member.terraform.state(&member.name))).collect();
    let consumers = restarted(consumers, &land, shape).await;
    watch.restart();
    together(consumers, Act::Destroy, shape).await;
    watch.note("consumers: destroy");
    let services = restarted(services, &land, shape).await;
    watch.restart();
    together(services, Act::Destroy, shape).await;
    watch.note("services: destroy");
    let mut left = objects(&land.world);
    forget_ground(&mut left);
    assert_eq!(left, json!({}));
    Recorded { stretches: watch.stretches, states }
}

/// Takes out of a list of objects what the consumers stood on.
fn forget_ground(left: &mut Json) {
    if let Json::Object(entries) = left {
        for kind in ["vpc", "subnet", "security_group", "hosted_zone"] {
            entries.remove(kind);
        }
        entries.values_mut().for_each(forget_ground);
        entries.retain(|_, value| !matches!(value, Json::Object(inner) if inner.is_empty()) && *value != json!([]));
    }
}

/// How often each operation was called, the most frequent first.
pub fn counts(calls: &[Call]) -> String {
    let mut counts: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for call in calls {
        *counts.entry((&call.operation, call.throttled)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    counts.into_iter().fold(String::new(), |mut text, ((operation, throttled), count)| {
        let _ = write!(text, "{count} {operation}{}, ", if throttled { " throttled" } else { "" });
        text
    })
}
