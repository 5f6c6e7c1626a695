//! Fifty consumers and ten services at once, in accounts whose request limits others half use up: everything is made
//! and removed without an error, in little more than the time that the limits and AWS's own waits take.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::audit::Call;
use acceptance_tests::simulator::settings::Settings;
use privatelink::diagnostic::Diagnostics;
use serde_json::{Value as Json, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::core::{Action, Terraform, UNKNOWN, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

const SERVICES: usize = 10;
const CONSUMERS: usize = 50;

/// One resource of the crowd: its own address, the state and the provider process of all.
struct Member {
    terraform: Terraform,
    resource_type: &'static str,
    name: String,
    config: Json,
}

/// What is done with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Apply,
    Refresh,
    Destroy,
}

impl Member {
    async fn act(&mut self, act: Act) -> Diagnostics {
        match act {
            Act::Apply => {
                // In one configuration the service's name is not known when the consumers are planned.
                let mut open = self.config.clone();
                if self.resource_type == CONSUMER {
                    open["service_name"] = json!(UNKNOWN);
                }
                let plan = self.terraform.plan(self.resource_type, &self.name, &open).await;
                self.terraform.carry_out(self.resource_type, &self.name, &self.config, plan).await
            }
            Act::Destroy => self.terraform.destroy(&self.name).await,
            Act::Refresh => {
                let plan = self.terraform.plan(self.resource_type, &self.name, &self.config).await;
                let difference = self.terraform.difference(&self.name, &plan.planned);
                assert_eq!(plan.action, Action::NoOp, "{}: {difference}", self.name);
                plan.diagnostics
            }
        }
    }
}

/// All of them, so many at a time as core does; nobody may be told of anything.
async fn together(members: Vec<Member>, act: Act, parallelism: usize) -> Vec<Member> {
    let turns = Arc::new(Semaphore::new(parallelism));
    let mut running = JoinSet::new();
    for (place, mut member) in members.into_iter().enumerate() {
        let turns = Arc::clone(&turns);
        running.spawn(async move {
            let _turn = turns.acquire_owned().await.unwrap();
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

fn service(land: &Landscape, number: usize) -> Json {
    let mut config = land.service();
    config.as_object_mut().unwrap().remove("private_dns");
    config["name"] = json!(format!("orders-{number}"));
    config
}

fn consumer(land: &Landscape, service: &Json, number: usize) -> Json {
    let mut config = land.consumer(service);
    config["name"] = json!(format!("shop-{number}"));
    config["private_dns_enabled"] = json!(false);
    config["dns"][0]["zone_name"] = json!(format!("orders-{number}.internal"));
    config
}

/// What a crowd took: by stretch its time in seconds and its calls.
struct Course {
    stretches: Vec<(&'static str, f64, Vec<Call>)>,
}

async fn run(settings: Settings, parallelism: usize) -> Course {
    let land = Landscape::of(World::new(3, settings, 1.0));
    let (owner, user) = (land.service_side().await, land.consumer_side().await);
    let mut course = Course { stretches: Vec::new() };
    let mut seen = land.world.calls().len();
    let mut start = Instant::now();
    let mut note = |what: &'static str| {
        let calls = land.world.calls();
        course.stretches.push((what, start.elapsed().as_secs_f64(), calls[seen..].to_vec()));
        (seen, start) = (calls.len(), Instant::now());
    };
    let member = |terraform: &Terraform, resource_type, name: String, config| Member {
        terraform: terraform.clone(),
        resource_type,
        name,
        config,
    };
    let services = (0..SERVICES).map(|n| member(&owner, SERVICE, format!("api{n}"), service(&land, n))).collect();
    let services = together(services, Act::Apply, parallelism).await;
    note("services applied");
    let consumers = (0..CONSUMERS).map(|n| {
        let api = &services[n % SERVICES];
        member(&user, CONSUMER, format!("shop{n}"), consumer(&land, &api.terraform.state(&api.name), n))
    });
    let consumers = together(consumers.collect(), Act::Apply, parallelism).await;
    note("consumers applied");
    tokio::time::sleep(Duration::from_secs(1200)).await;
    start = Instant::now();
    let mut note = |what: &'static str| {
        let calls = land.world.calls();
        course.stretches.push((what, start.elapsed().as_secs_f64(), calls[seen..].to_vec()));
        (seen, start) = (calls.len(), Instant::now());
    };
    let consumers = together(consumers, Act::Refresh, parallelism).await;
    note("consumers planned without a change");
    together(consumers, Act::Destroy, parallelism).await;
    note("consumers destroyed");
    together(services, Act::Destroy, parallelism).await;
    note("services destroyed");
    assert_eq!(objects(&land.world), json!({}));
    course
}

/// Capacity and refill of what is left of the bucket that a call draws from, as AWS documents them.
fn bucket(call: &Call) -> (String, f64, f64) {
    let (name, capacity, refill) = match (call.service.as_str(), call.operation.as_str()) {
        ("route53", _) => ("Route 53", 5.0, 5.0),
        ("elasticloadbalancing", "CreateLoadBalancer" | "SetSubnets") => ("ELB resource-intensive", 10.0, 0.2),
        ("elasticloadbalancing", "RegisterTargets" | "DeregisterTargets") => ("ELB registration", 20.0, 4.0),
        ("elasticloadbalancing", _) if call.mutating => ("ELB mutating", 20.0, 3.0),
        ("elasticloadbalancing", _) => ("ELB reading", 40.0, 10.0),
        (_, name @ ("CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints")) => (name, 4.0, 0.3),
        (_, name) if name.contains("VpcEndpointServiceConfiguration") && call.mutating => (name, 10.0, 1.0),
        (_, name @ "AcceptVpcEndpointConnections") => (name, 10.0, 1.0),
        (_, name @ ("CreateTags" | "DeleteTags")) => (name, 100.0, 10.0),
        (_, name) if call.mutating => (name, 50.0, 5.0),
        (_, name) => (name, 100.0, 20.0),
    };
    (format!("{} {name}", call.account), capacity / 2.0, refill / 2.0)
}

/// The longest time that one bucket needs for the calls that AWS let pass, and which bucket that is.
fn dictated(calls: &[Call]) -> (f64, String) {
    let mut drawn: BTreeMap<String, (f64, f64, f64)> = BTreeMap::new();
    for call in calls.iter().filter(|call| !call.throttled && call.service != "sts") {
        let (name, capacity, refill) = bucket(call);
        drawn.entry(name).or_insert((0.0, capacity, refill)).0 += 1.0;
    }
    let times = drawn.into_iter().map(|(name, (calls, capacity, refill))| ((calls - capacity).max(0.0) / refill, name));
    times.max_by(|one, other| one.0.total_cmp(&other.0)).unwrap_or_default()
}

fn table(calls: &[Call]) -> String {
    let mut counts: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    for call in calls {
        *counts.entry((&call.operation, call.throttled)).or_default() += 1;
    }
    counts.into_iter().fold(String::new(), |mut text, ((operation, throttled), count)| {
        let _ = write!(text, "{count} {operation}{}, ", if throttled { " throttled" } else { "" });
        text
    })
}

async fn expect_little_more_than_the_limits(parallelism: usize) {
    let waits = run(Settings { buckets: false, ..Settings::default() }, parallelism).await;
    let course = run(Settings::crowded(), parallelism).await;
    let mut late = BTreeSet::new();
    println!("parallelism {parallelism}");
    for ((what, alone, _), (_, took, calls)) in waits.stretches.iter().zip(&course.stretches) {
        let (dictated, name) = dictated(calls);
        let throttled = calls.iter().filter(|call| call.throttled).count();
        println!(
            "{what}: {took:.0} s; AWS's waits alone {alone:.0} s, limits alone {dictated:.0} s ({name}); {} calls, of them \
             {throttled} throttled: {}",
            calls.len(),
            table(calls)
        );
        if *took > 1.2 * (alone + dictated) {
            late.insert(*what);
        }
    }
    assert!(late.is_empty(), "later than a fifth over waits and limits: {late:?}");
}

#[tokio::test(start_paused = true)]
#[ignore = "takes a minute or two: cargo test --test in_process crowd:: -- --ignored --nocapture"]
async fn a_crowd_in_a_busy_account_is_served_ten_at_a_time() {
    expect_little_more_than_the_limits(10).await;
}

#[tokio::test(start_paused = true)]
async fn a_crowd_in_a_busy_account_is_served_all_at_once() {
    expect_little_more_than_the_limits(60).await;
}
