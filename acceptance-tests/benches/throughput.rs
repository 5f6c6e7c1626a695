//! What the simulator costs: calls a second on one core, and memory with ten thousand objects.
//!
//! `cargo bench --bench throughput` prints the figures of a release build. Machines differ and are shared, so
//! nothing is asserted; compare runs of one machine.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a benchmark"
)]

use std::io::Write as _;
use std::time::Instant;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::control::control;
use acceptance_tests::simulator::request::WireRequest;
use acceptance_tests::simulator::world::Reply;

/// Objects to hold.
const OBJECTS: usize = 10_000;
/// VPCs that they are spread over, because AWS limits groups for each.
const VPCS: usize = 10;
/// Reads of one object.
const READS: usize = 1000;
/// Reads of a hundred objects.
const LISTS: usize = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run());
}

async fn run() {
    let world = World::calm(1);
    control(&world, "POST", "landscape", b"{}");
    let empty = resident();
    let mut vpcs = Vec::new();
    for index in 0..VPCS {
        let body = format!("Action=CreateVpc&CidrBlock=10.{}.0.0/16", index + 100);
        vpcs.push(field(&ask(&world, &body).await, "vpcId"));
    }

    let start = Instant::now();
    let mut groups = Vec::new();
    for index in 0..OBJECTS {
        let vpc = &vpcs[index % VPCS];
        let body = format!("Action=CreateSecurityGroup&GroupName=group-{index}&GroupDescription=bench&VpcId={vpc}");
        groups.push(field(&ask(&world, &body).await, "groupId"));
    }
    tell("creates a second", OBJECTS, start);
    let held = resident().saturating_sub(empty);

    let start = Instant::now();
    for index in 0..READS {
        let group = &groups[(index * 7919) % OBJECTS];
        ask(&world, &format!("Action=DescribeSecurityGroups&GroupId.1={group}")).await;
    }
    tell("reads of one in ten thousand a second", READS, start);

    let start = Instant::now();
    for _ in 0..LISTS {
        ask(&world, "Action=DescribeSecurityGroups&MaxResults=100").await;
    }
    tell("pages of a hundred a second", LISTS, start);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:<40}{:>8} MB", "ten thousand objects hold", held / 1_000_000).unwrap();
}

fn tell(what: &str, calls: usize, start: Instant) {
    let rate = f64::from(u32::try_from(calls).unwrap()) / start.elapsed().as_secs_f64();
    writeln!(std::io::stdout().lock(), "{what:<40}{rate:>8.0}").unwrap();
}

/// One call of EC2, answered.
async fn ask(world: &World, body: &str) -> String {
    let scope =
        "AWS4-HMAC-SHA256 Credential=222222222222/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0";
    let request = WireRequest {
        method: "POST".into(),
        path: "/".into(),
        authorization: scope.into(),
        body: format!("{body}&Version=2016-11-15").into(),
        ..WireRequest::default()
    };
    match world.serve(request).await {
        Reply::Answer(answer) if answer.status == 200 => answer.body,
        Reply::Answer(answer) => panic!("{body}: {}", answer.body),
        _ => panic!("{body}: no answer"),
    }
}

fn field(answer: &str, name: &str) -> String {
    let (_, rest) = answer.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name} in {answer}"));
    rest.split('<').next().unwrap().to_owned()
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}
