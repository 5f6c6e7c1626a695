//! Calls of given subnets.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ec2::types as ec2;
use futures_util::future::try_join_all;

use super::{Network, SUBNETS, Spec, State, Subnet};
use crate::aws::lookups::subnets_by;
use crate::aws::{Account, Aws};
use crate::engine::{Class, Failure, Field, Limits, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;

/// After each of these pauses one more read must miss a subnet or a VPC: one reply may come from a copy that lags
/// behind.
const DOUBTED: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

impl Link for Network {
    type Client = Aws;

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        describe_subnets(aws.account(None)?, &spec.subnet_ids).await.map(Some)
    }

    /// What a subnet says never changes, so those known are not asked for again; the VPC may have got another
    /// address block. An import knows the subnets by their ids alone.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(None)?;
        // The engine reads again what is absent.
        let Some(vpc) = account.vpc(&state.vpc_id).await? else { return Ok(Observed::Absent) };
        if !state.subnets.is_empty() && state.subnets.values().all(|subnet| subnet.availability_zone_id.is_some()) {
            return Ok(Observed::Ready(State { subnets: state.subnets.clone(), ..flatten(&vpc, &[]) }));
        }
        let ids: BTreeSet<String> = state.subnets.keys().cloned().gather();
        let found = all_subnets(account, &ids).await?;
        Ok(if found.is_empty() { Observed::Absent } else { Observed::Ready(flatten(&vpc, &found)) })
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        describe_subnets(aws.account(None)?, &spec.subnet_ids).await
    }

    async fn update(&self, aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        let found = describe_subnets(aws.account(None)?, &spec.subnet_ids).await?;
        if found.vpc_id == state.vpc_id { Ok(found) } else { Err(moved(&state.vpc_id, &found.vpc_id)) }
    }

    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<()> {
        Ok(())
    }
}

async fn describe_subnets(account: &Account, ids: &BTreeSet<String>) -> Result<State> {
    let found = all_subnets(account, ids).await?;
    let place = if found.len() < ids.len() { account.whereabouts().await } else { String::new() };
    let vpc_id = check(ids, &found, &place)?;
    let mut vpc = account.vpc(&vpc_id).await?;
    for pause in DOUBTED {
        if vpc.is_some() || Limits::sleep(pause).await.is_err() {
            break;
        }
        vpc = account.vpc(&vpc_id).await?;
    }
    match vpc {
        Some(vpc) => Ok(flatten(&vpc, &found)),
        None => Err(Failure::new(Class::NotYetVisible, format!("AWS does not show the VPC {vpc_id}")).about(SUBNETS)),
    }
}

/// The subnets, asked for again while one is missing.
async fn all_subnets(account: &Account, ids: &BTreeSet<String>) -> Result<Vec<ec2::Subnet>> {
    let mut found = subnets(account, ids).await?;
    for pause in DOUBTED {
        if found.len() == ids.len() || Limits::sleep(pause).await.is_err() {
            break;
        }
        found = subnets(account, ids).await?;
    }
    Ok(found)
}

async fn subnets(account: &Account, ids: &BTreeSet<String>) -> Result<Vec<ec2::Subnet>> {
    let found = try_join_all(ids.iter().map(|id| account.subnet(id))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// The one VPC of the subnets, where all exist, lie in one VPC, and no two share a zone.
pub(super) fn check(ids: &BTreeSet<String>, found: &[ec2::Subnet], place: &str) -> Result<String> {
    let invalid = |words: String| Failure::new(Class::Invalid, words).about(SUBNETS);
    let known: BTreeSet<&str> = found.iter().filter_map(ec2::Subnet::subnet_id).gather();
    let missing: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !known.contains(id)).collect();
    if !missing.is_empty() {
        return Err(invalid(format!("There is no subnet {} in {place}", missing.join(", "))).advise(
            "Check the ids, the Region and the credentials: \"aws ec2 describe-subnets\" lists what they see",
        ));
    }
    let by = |key: fn(&ec2::Subnet) -> Option<&str>| {
        subnets_by(found.iter().filter_map(|one| key(one).zip(one.subnet_id())))
    };
    let vpcs = by(ec2::Subnet::vpc_id);
    if vpcs.len() > 1 {
        return Err(invalid(format!("The subnets lie in several VPCs: {}", listed(&vpcs)))
            .advise("Give subnets of one VPC, at most one in each zone"));
    }
    let mut zones = by(|subnet| subnet.availability_zone_id().or(subnet.availability_zone()));
    zones.retain(|_, subnets| subnets.len() > 1);
    if !zones.is_empty() {
        return Err(invalid(format!("Several subnets share a zone: {}", listed(&zones)))
            .advise("Give at most one subnet for each zone"));
    }
    let vpc = vpcs.into_keys().next();
    vpc.map(str::to_owned).ok_or_else(|| invalid("No subnet is given".into()))
}

/// `vpc-1 (subnet-a, subnet-b), vpc-2 (subnet-c)`
fn listed(groups: &BTreeMap<&str, Vec<&str>>) -> String {
    let group = |(key, ids): (&&str, &Vec<&str>)| format!("{key} ({})", ids.join(", "));
    groups.iter().map(group).collect::<Vec<_>>().join(", ")
}

fn moved(from: &str, to: &str) -> Failure {
    Failure::new(Class::Invalid, format!("The subnets lie in {to}, but the endpoint is in {from} and cannot move"))
        .advise("Apply with -replace on this resource to make the endpoint anew in the other VPC")
        .about(SUBNETS)
}

pub(super) fn flatten(vpc: &ec2::Vpc, subnets: &[ec2::Subnet]) -> State {
    let is_associated = |state: Option<&ec2::VpcCidrBlockState>| {
        let word = state.and_then(ec2::VpcCidrBlockState::state).map_or("associated", |word| word.as_str());
        word.eq_ignore_ascii_case("associated")
    };
    let blocks = vpc.cidr_block_association_set().iter().filter(|one| is_associated(one.cidr_block_state()));
    let blocks6 = vpc.ipv6_cidr_block_association_set().iter().filter(|one| is_associated(one.ipv6_cidr_block_state()));
    let subnet = |subnet: &ec2::Subnet| {
        let state = Subnet {
            availability_zone: subnet.availability_zone().map(str::to_owned),
            availability_zone_id: subnet.availability_zone_id().map(str::to_owned),
            cidr_block: subnet.cidr_block().filter(|block| !block.is_empty()).map(str::to_owned),
        };
        subnet.subnet_id().map(|id| (id.to_owned(), state))
    };
    State {
        vpc_id: vpc.vpc_id().unwrap_or_default().to_owned(),
        subnets: subnets.iter().filter_map(subnet).gather(),
        foreseen: BTreeMap::new(),
        // The first block stands beside the list, and in it too.
        cidr_blocks: blocks.filter_map(|one| one.cidr_block()).chain(vpc.cidr_block()).map(str::to_owned).gather(),
        ipv6_cidr_blocks: blocks6.filter_map(|one| one.ipv6_cidr_block()).map(str::to_owned).gather(),
    }
}
