//! The two-account landscape: what a provider and a consumer have before any chain is made.
//!
//! It is there at once: no lag, instances running, so that a test starts with its own first call.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::caller::{Caller, Service};
use super::clock::Moment;
use super::ec2::zones::zones;
use super::ec2::{cidr_block, instance, security_group, subnet, vpc};
use super::session::{Session, Struck};
use super::state::State;
use super::timed::Timed;
use super::{rng, route53, sns};

/// Account that offers services.
pub const PROVIDER: &str = "111111111111";
/// Account that consumes them.
pub const CONSUMER: &str = "222222222222";
/// Region of both.
pub const REGION: &str = "us-east-1";
/// Public zone of the provider.
pub const DOMAIN: &str = "example.dev";

/// Makes the landscape and gives its ids, a flat object that serves as `terraform.tfvars.json`.
pub fn create(state: &mut State, now: Moment) -> Result<Value, String> {
    let before: BTreeSet<String> = state.objects(now).into_iter().map(|object| object.id).collect();
    let (provider_vpc, provider_subnets) = network(state, now, PROVIDER, "10.10")?;
    let (consumer_vpc, consumer_subnets) = network(state, now, CONSUMER, "10.20")?;
    let mut instances = Vec::new();
    let mut provider = session(state, now, PROVIDER);
    let targets = security_group::create(&mut provider, "targets", "targets", &provider_vpc, false);
    let inside = cidr_block::read("cidrBlock", "10.10.0.0/16").map_err(|error| error.message)?;
    security_group::open_to(&mut provider, &targets, inside);
    for id in &provider_subnets {
        let groups = vec![targets.clone()];
        let made = instance::run(&mut provider, id, groups).map_err(|error| error.message)?;
        if let Some(instance) = provider.region().ec2.instances.get_mut(&made.id) {
            instance.state = Timed::new("running");
        }
        // No replica lags behind what was there before the test.
        provider.state.sights.forget(&made.interface_id);
        instances.push(made.id);
    }
    let topic = format!("arn:aws:sns:{REGION}:{PROVIDER}:connections");
    let topics = &mut state.region_mut(PROVIDER, REGION).sns.topics;
    topics.insert(topic.clone(), sns::open(&topic, PROVIDER));
    let zone =
        route53::create_public_zone(state, PROVIDER, DOMAIN, now).map_err(|error| format!("{DOMAIN}: {error:?}"))?;
    let mut consumer = session(state, now, CONSUMER);
    let group = security_group::create(&mut consumer, "application", "application", &consumer_vpc, false);
    let made = state.objects(now).into_iter().map(|object| object.id).filter(|id| !before.contains(id));
    let made: Vec<String> = made.collect();
    state.landscape.extend(made);
    Ok(json!({
        "provider_account_id": PROVIDER,
        "provider_vpc_id": provider_vpc,
        "provider_subnet_ids": provider_subnets,
        "provider_instance_ids": instances,
        "public_zone_id": zone,
        "topic_arn": topic,
        "consumer_account_id": CONSUMER,
        "consumer_vpc_id": consumer_vpc,
        "consumer_subnet_ids": consumer_subnets,
        "application_security_group_id": group,
        "region": REGION,
        "domain": DOMAIN,
    }))
}

/// Makes a VPC with both DNS attributes and a subnet in each of the zones 1, 2 and 4.
fn network(state: &mut State, now: Moment, account: &str, prefix: &str) -> Result<(String, Vec<String>), String> {
    let zones = zones(state.seed, account, REGION);
    let mut session = session(state, now, account);
    let block = cidr_block::read("cidrBlock", &format!("{prefix}.0.0/16")).map_err(|error| error.message)?;
    let id = vpc::create(&mut session, block, false).id;
    if let Some(vpc) = session.region().ec2.vpcs.get_mut(&id) {
        vpc.dns_hostnames = true;
    }
    let mut subnets = Vec::new();
    for (number, zone_id) in ["use1-az1", "use1-az2", "use1-az4"].into_iter().enumerate() {
        let Some(zone) = zones.iter().find(|zone| zone.id == zone_id) else {
            return Err(format!("{REGION} has no zone {zone_id}"));
        };
        let cidr = format!("{prefix}.{}.0/24", number + 1);
        let block = cidr_block::read("subnetCidrBlock", &cidr).map_err(|error| error.message)?;
        subnets.push(subnet::create(&mut session, &id, zone.clone(), block, None).id);
    }
    Ok((id, subnets))
}

/// Makes a session for calls that the landscape makes by itself, with a stream of its own.
fn session<'a>(state: &'a mut State, now: Moment, account: &str) -> Session<'a> {
    let key = (account.to_owned(), "landscape".to_owned());
    let count = state.counts.entry(key).or_default();
    *count += 1;
    let rng = rng::stream(state.seed, &[account, "landscape"], *count);
    Session {
        state,
        caller: Caller::of(account, REGION, Service::Ec2),
        now,
        rng,
        operation: "landscape",
        mutating: true,
        reply_status: None,
        reply_headers: Vec::new(),
        struck: Struck::default(),
    }
}
