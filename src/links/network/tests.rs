use std::collections::BTreeSet;

use aws_sdk_ec2::types as ec2;

use super::calls::{check, flatten};
use super::{Network, SUBNETS, Spec, State, Subnet};
use crate::engine::{Change, Class, Compare as _};

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
        let failure = check(&ids(["subnet-a", "subnet-b"]), found, "account 222222222222 in us-east-1").unwrap_err();
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
        subnets: [("subnet-a".to_owned(), Subnet { availability_zone_id: Some("az1".into()), ..Subnet::default() })]
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
