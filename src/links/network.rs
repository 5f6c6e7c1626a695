//! What the given subnets say: their VPC, their zones, the VPC's address blocks. Looks only.
//!
//! Nothing here is ours, so nothing is ever changed. Other subnets are an update, which looks at
//! them; whether they lie in another VPC cannot be known before that look. A forecast therefore
//! keeps the VPC, and an update that finds another one fails before anything is touched: the plan
//! promised to change the endpoint in place, which AWS cannot do across VPCs. Being only a view, it
//! goes with what is built on it: a catalogue says `goes_with("endpoint")`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ec2::types as ec2;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Aws};
use crate::engine::{Change, Class, Failure, Field, Limits, Link, Observed, Owner, Pace};
use crate::gather::Gather as _;

const SUBNETS: Field = "subnet_ids";

/// After each of these pauses one more read must miss a subnet or a VPC: one reply may come from a copy that lags
/// behind.
const DOUBTED: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Network;

/// The subnets to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Subnets of one VPC, at most one in each zone.
    pub subnet_ids: BTreeSet<String>,
}

/// What they say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Their VPC.
    pub vpc_id: String,
    /// By subnet id.
    pub subnets: BTreeMap<String, Subnet>,
    /// Zone ids of subnets that a plan looked at before they are among the others; a subnet never changes its zone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub foreseen: BTreeMap<String, String>,
    /// IPv4 blocks of the VPC.
    pub cidr_blocks: BTreeSet<String>,
    /// IPv6 blocks of the VPC.
    pub ipv6_cidr_blocks: BTreeSet<String>,
}

/// One subnet. Fields are `None` in a forecast with a subnet not looked at yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Subnet {
    /// Zone name in this account, such as `eu-west-1a`.
    pub availability_zone: Option<String>,
    /// Zone id, the same in every account, such as `euw1-az1`.
    pub availability_zone_id: Option<String>,
    /// IPv4 block; IPv6-only subnets have none.
    pub cidr_block: Option<String>,
}

impl State {
    /// Zone ids of the subnets, as far as they are known.
    pub fn zones(&self) -> BTreeMap<String, String> {
        let zone = |(id, subnet): (&String, &Subnet)| Some((id.clone(), subnet.availability_zone_id.clone()?));
        self.subnets.iter().filter_map(zone).gather()
    }
}

impl Link for Network {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const IS_LOOK: bool = true;

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        look(aws.account(None)?, &spec.subnet_ids).await.map(Some)
    }

    /// What a subnet says never changes, so those known are not asked for again; the VPC may have got another
    /// address block. An import knows the subnets by their ids alone.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let account = aws.account(None)?;
        // The engine reads again what is absent.
        let Some(vpc) = account.vpc(&state.vpc_id).await? else { return Ok(Observed::Absent) };
        if !state.subnets.is_empty() && state.subnets.values().all(|subnet| subnet.availability_zone_id.is_some()) {
            return Ok(Observed::Ready(State { subnets: state.subnets.clone(), ..flatten(&vpc, &[]) }));
        }
        let ids: BTreeSet<String> = state.subnets.keys().cloned().collect();
        let found = all_subnets(account, &ids).await?;
        Ok(if found.is_empty() { Observed::Absent } else { Observed::Ready(flatten(&vpc, &found)) })
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.subnet_ids.iter().eq(state.subnets.keys()) { Change::None } else { Change::Update(vec![SUBNETS]) }
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let subnet = |id: &String| {
            let foreseen = || Subnet { availability_zone_id: state.foreseen.get(id).cloned(), ..Subnet::default() };
            (id.clone(), state.subnets.get(id).cloned().unwrap_or_else(foreseen))
        };
        State { subnets: spec.subnet_ids.iter().map(subnet).gather(), ..state.clone() }
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        look(aws.account(None)?, &spec.subnet_ids).await
    }

    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        let found = look(aws.account(None)?, &spec.subnet_ids).await?;
        if found.vpc_id == state.vpc_id { Ok(found) } else { Err(moved(&state.vpc_id, &found.vpc_id)) }
    }

    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<(), Failure> {
        Ok(())
    }
}

async fn look(account: &Account, ids: &BTreeSet<String>) -> Result<State, Failure> {
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
async fn all_subnets(account: &Account, ids: &BTreeSet<String>) -> Result<Vec<ec2::Subnet>, Failure> {
    let mut found = subnets(account, ids).await?;
    for pause in DOUBTED {
        if found.len() == ids.len() || Limits::sleep(pause).await.is_err() {
            break;
        }
        found = subnets(account, ids).await?;
    }
    Ok(found)
}

async fn subnets(account: &Account, ids: &BTreeSet<String>) -> Result<Vec<ec2::Subnet>, Failure> {
    let found = try_join_all(ids.iter().map(|id| account.subnet(id))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// The one VPC of the subnets, where all exist, lie in one VPC, and no two share a zone.
fn check(ids: &BTreeSet<String>, found: &[ec2::Subnet], place: &str) -> Result<String, Failure> {
    let invalid = |words: String| Failure::new(Class::Invalid, words).about(SUBNETS);
    let known: BTreeSet<&str> = found.iter().filter_map(ec2::Subnet::subnet_id).gather();
    let missing: Vec<&str> = ids.iter().map(String::as_str).filter(|id| !known.contains(id)).collect();
    if !missing.is_empty() {
        return Err(invalid(format!("There is no subnet {} in {place}", missing.join(", "))).advise(
            "Check the ids, the Region and the credentials: \"aws ec2 describe-subnets\" lists what they see",
        ));
    }
    let vpcs = grouped(found, ec2::Subnet::vpc_id);
    if vpcs.len() > 1 {
        return Err(invalid(format!("The subnets lie in several VPCs: {}", listed(&vpcs)))
            .advise("Give subnets of one VPC, at most one in each zone"));
    }
    let mut zones = grouped(found, |subnet| subnet.availability_zone_id().or(subnet.availability_zone()));
    zones.retain(|_, subnets| subnets.len() > 1);
    if !zones.is_empty() {
        return Err(invalid(format!("Several subnets share a zone: {}", listed(&zones)))
            .advise("Give at most one subnet for each zone"));
    }
    let vpc = vpcs.into_keys().next();
    vpc.map(str::to_owned).ok_or_else(|| invalid("No subnet is given".into()))
}

fn grouped<'a>(
    subnets: &'a [ec2::Subnet],
    key: impl Fn(&'a ec2::Subnet) -> Option<&'a str>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for subnet in subnets {
        if let Some((key, id)) = key(subnet).zip(subnet.subnet_id()) {
            groups.entry(key).or_default().insert(id);
        }
    }
    groups
}

/// `vpc-1 (subnet-a, subnet-b), vpc-2 (subnet-c)`
fn listed(groups: &BTreeMap<&str, BTreeSet<&str>>) -> String {
    let group = |(key, ids): (&&str, &BTreeSet<&str>)| {
        format!("{key} ({})", ids.iter().copied().collect::<Vec<_>>().join(", "))
    };
    groups.iter().map(group).collect::<Vec<_>>().join(", ")
}

fn moved(from: &str, to: &str) -> Failure {
    Failure::new(Class::Invalid, format!("The subnets lie in {to}, but the endpoint is in {from} and cannot move"))
        .advise("Apply with -replace on this resource to make the endpoint anew in the other VPC")
        .about(SUBNETS)
}

fn flatten(vpc: &ec2::Vpc, subnets: &[ec2::Subnet]) -> State {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ids<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
        items.map(str::to_owned).into()
    }

    fn subnet(id: &str, vpc: &str, zone_id: &str) -> ec2::Subnet {
        ec2::Subnet::builder()
            .subnet_id(id)
            .vpc_id(vpc)
            .availability_zone(format!("name-of-{zone_id}"))
            .availability_zone_id(zone_id)
            .cidr_block("10.0.1.0/24")
            .build()
    }

    #[test]
    fn subnets_of_one_vpc_in_different_zones_are_right() {
        let found = [subnet("subnet-a", "vpc-1", "az1"), subnet("subnet-b", "vpc-1", "az2")];
        assert_eq!(check(&ids(["subnet-a", "subnet-b"]), &found, ""), Ok("vpc-1".to_owned()));
    }

    #[test]
    fn what_is_wrong_with_subnets_is_named() {
        let table: [(&[ec2::Subnet], &[&str]); 3] = [
            (&[subnet("subnet-a", "vpc-1", "az1")], &["no subnet subnet-b in account 222222222222 in us-east-1"]),
            (
                &[subnet("subnet-a", "vpc-1", "az1"), subnet("subnet-b", "vpc-2", "az2")],
                &["vpc-1 (subnet-a)", "vpc-2 (subnet-b)"],
            ),
            (&[subnet("subnet-a", "vpc-1", "az1"), subnet("subnet-b", "vpc-1", "az1")], &["az1 (subnet-a, subnet-b)"]),
        ];
        for (found, expected) in table {
            let failure =
                check(&ids(["subnet-a", "subnet-b"]), found, "account 222222222222 in us-east-1").unwrap_err();
            assert_eq!((failure.class, failure.attribute), (Class::Invalid, Some("subnet_ids")));
            for words in expected {
                assert!(failure.message.contains(words), "{}", failure.message);
            }
        }
        assert_eq!(check(&ids([]), &[], "").unwrap_err().class, Class::Invalid);
    }

    #[test]
    fn other_subnets_are_looked_at_and_their_zones_unknown_until_then() {
        let state = State {
            vpc_id: "vpc-1".into(),
            subnets: [(
                "subnet-a".to_owned(),
                Subnet { availability_zone_id: Some("az1".into()), ..Subnet::default() },
            )]
            .into(),
            ..State::default()
        };
        assert_eq!(Network.diff(&Spec { subnet_ids: ids(["subnet-a"]) }, &state), Change::None);
        let wider = Spec { subnet_ids: ids(["subnet-a", "subnet-b"]) };
        assert_eq!(Network.diff(&wider, &state), Change::Update(vec![SUBNETS]));
        let next = Network.forecast(&wider, &state);
        assert_eq!(Network.diff(&wider, &next), Change::None);
        assert_eq!(next.subnets["subnet-a"].availability_zone_id.as_deref(), Some("az1"));
        assert_eq!(next.subnets["subnet-b"], Subnet::default());
        assert_eq!(next.vpc_id, "vpc-1");
    }

    #[test]
    fn only_blocks_that_the_vpc_really_has_are_listed() {
        let block = |cidr: &str, word: &str| {
            let state = ec2::VpcCidrBlockState::builder().state(word.into()).build();
            ec2::VpcCidrBlockAssociation::builder().cidr_block(cidr).cidr_block_state(state).build()
        };
        let vpc = ec2::Vpc::builder()
            .vpc_id("vpc-1")
            .cidr_block("10.0.0.0/16")
            .cidr_block_association_set(block("10.0.0.0/16", "associated"))
            .cidr_block_association_set(block("10.1.0.0/16", "associated"))
            .cidr_block_association_set(block("10.2.0.0/16", "disassociated"))
            .build();
        let state = flatten(&vpc, &[subnet("subnet-a", "vpc-1", "az1")]);
        assert_eq!(state.cidr_blocks, ids(["10.0.0.0/16", "10.1.0.0/16"]));
        assert_eq!(state.subnets["subnet-a"].availability_zone.as_deref(), Some("name-of-az1"));
    }
}
