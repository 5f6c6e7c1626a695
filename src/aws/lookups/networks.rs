//! VPCs and subnets.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use aws_sdk_ec2::types::{Filter, VpcAttributeName};

use crate::aws::client::Account;
use crate::aws::error::is_not_found;
use crate::aws::operation::Operation::Ec2;
use crate::aws::pages::Pages as _;
use crate::aws::tags::Tags;
use crate::aws::ttl_cache::{HOLDS, LATELY};
use crate::engine::{Limits, Result};
use crate::gather::Gather as _;

/// After each of these pauses one more read must miss a VPC.
const DOUBTED: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(6)];

/// The addresses of a subnet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubnetCapacity {
    /// Its IPv4 block; subnets of IPv6 only have none.
    pub ipv4: Option<ipnet::Ipv4Net>,
    /// Its IPv6 blocks.
    pub ipv6: Vec<ipnet::Ipv6Net>,
    /// How many IPv4 addresses are free.
    pub free: Option<i32>,
    /// Its zone by the name that it has in this account.
    pub zone: String,
    /// The same by id.
    pub zone_id: String,
}

/// Subnets by what they lie in, such as their VPC: pairs of that and the subnet.
pub fn subnets_by<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (place, subnet) in pairs {
        groups.entry(place).or_default().push(subnet);
    }
    groups
}

impl SubnetCapacity {
    /// Whether an address lies in one of the blocks.
    pub fn holds(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.ipv4.is_some_and(|block| block.contains(&address)),
            IpAddr::V6(address) => self.ipv6.iter().any(|block| block.contains(&address)),
        }
    }

    /// Whether AWS leaves an address of the IPv4 block to others than itself.
    pub fn leaves_to_users(&self, address: Ipv4Addr) -> bool {
        self.ipv4.is_some_and(|block| {
            let (first, last) = (u32::from(block.network()), u32::from(block.broadcast()));
            block.contains(&address) && u32::from(address) >= first.saturating_add(4) && u32::from(address) < last
        })
    }
}

impl Account {
    /// Whether names of private zones resolve in a VPC: its attributes `enableDnsSupport` and
    /// `enableDnsHostnames`, of which AWS tells one for each call.
    pub async fn vpc_dns_attributes(&self, vpc_id: &str) -> Result<(bool, bool)> {
        // What is switched off may be switched on at any time.
        let holds = |age, on: &(bool, bool)| age < if *on == (true, true) { LATELY } else { HOLDS };
        let ask = async { self.find_vpc_dns_attributes(vpc_id).await.map(Some) };
        let known = self.reads().cache.vpc_dns_attributes.get_while(vpc_id, holds, ask);
        known.await.map(Option::unwrap_or_default)
    }

    /// Asks again where AWS does not know the VPC: one reply may come from a copy that lags behind.
    async fn find_vpc_dns_attributes(&self, vpc_id: &str) -> Result<(bool, bool)> {
        let mut answer = self.ask_for_vpc_dns_attributes(vpc_id).await;
        for pause in DOUBTED {
            let is_missed = answer.as_ref().is_err_and(is_not_found);
            if !is_missed || Limits::sleep(pause).await.is_err() {
                break;
            }
            answer = self.ask_for_vpc_dns_attributes(vpc_id).await;
        }
        answer
    }

    async fn ask_for_vpc_dns_attributes(&self, vpc_id: &str) -> Result<(bool, bool)> {
        let one = |attribute: VpcAttributeName| {
            let sent = self.ec2().describe_vpc_attribute().vpc_id(vpc_id).attribute(attribute).send();
            self.call(Ec2("DescribeVpcAttribute"), sent)
        };
        let (support, hostnames) =
            tokio::try_join!(one(VpcAttributeName::EnableDnsSupport), one(VpcAttributeName::EnableDnsHostnames))?;
        let value = |value: Option<&aws_sdk_ec2::types::AttributeBooleanValue>| {
            value.and_then(aws_sdk_ec2::types::AttributeBooleanValue::value).unwrap_or(false)
        };
        Ok((value(support.enable_dns_support()), value(hostnames.enable_dns_hostnames())))
    }

    /// All tags of an object of EC2, ours too.
    pub async fn ec2_tags(&self, id: &str) -> Result<Tags> {
        let account = self.clone();
        let fetch = move |ids| {
            let account = account.clone();
            async move {
                let filter = Filter::builder().name("resource-id").set_values(Some(ids)).build();
                let pages = account.ec2().describe_tags().filters(filter).all();
                let found = account.call(Ec2("DescribeTags"), pages).await?;
                let mut by_id: BTreeMap<String, Tags> = BTreeMap::new();
                for tag in found {
                    if let (Some(id), Some(key)) = (tag.resource_id, tag.key) {
                        by_id.entry(id).or_default().insert(key, tag.value.unwrap_or_default());
                    }
                }
                Ok(by_id)
            }
        };
        Ok(self.reads().ec2_tags.get(id, fetch).await?.unwrap_or_default())
    }

    /// Objects of EC2 that carry a tag of this key. That none did within the last half minute is known without a call, unless this
    /// process has written such a tag ([`Account::forget_bearers_of_tag`]).
    pub async fn bearers_of_tag(&self, key: &str) -> Result<BTreeSet<String>> {
        let account = self.clone();
        let fetch = move |keys: Vec<String>| {
            let account = account.clone();
            async move {
                let filter = Filter::builder().name("key").set_values(Some(keys.clone())).build();
                let pages = account.ec2().describe_tags().filters(filter).all();
                let mut by_key: BTreeMap<String, BTreeSet<String>> =
                    keys.into_iter().map(|key| (key, BTreeSet::new())).gather();
                for tag in account.call(Ec2("DescribeTags"), pages).await? {
                    if let (Some(id), Some(key)) = (tag.resource_id, tag.key) {
                        by_key.entry(key).or_default().insert(id);
                    }
                }
                Ok(by_key)
            }
        };
        let reads = self.reads();
        let holds = |age, bearers: &BTreeSet<String>| bearers.is_empty() && age < HOLDS;
        let found = reads.cache.bearers.get_while(key, holds, reads.bearers.get(key, fetch)).await?;
        Ok(found.unwrap_or_default())
    }

    /// Takes note that this process writes or removes a tag of this key.
    pub fn forget_bearers_of_tag(&self, key: &str) {
        self.reads().cache.bearers.forget(key);
    }

    /// Whether the account could use a prefix list within the last half minute: its own, AWS's, and those that are shared
    /// with it. `None` where there is none.
    pub async fn prefix_list(&self, id: &str) -> Result<Option<()>> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move {
                let filter = Filter::builder().name("prefix-list-id").set_values(Some(ids)).build();
                let pages = account.ec2().describe_managed_prefix_lists().filters(filter).all();
                let found = account.call(Ec2("DescribeManagedPrefixLists"), pages).await?;
                Ok(found.into_iter().filter_map(|list| Some((list.prefix_list_id?, ()))).collect::<Vec<_>>())
            }
        };
        let reads = self.reads();
        reads.cache.prefix_lists.get(id, reads.prefix_lists.get(id, fetch)).await
    }

    /// The VPC of a security group that others manage, as it was within the last half minute; `None` where there is no
    /// such group.
    pub async fn vpc_of_group(&self, id: &str) -> Result<Option<String>> {
        let ask = async { Ok(self.security_group(id).await?.map(|group| group.vpc_id.unwrap_or_default())) };
        self.reads().cache.vpcs_of_groups.get(id, ask).await
    }

    /// Where the associations of security groups with a further VPC stand, in AWS's words (`associating`, `associated`, …); groups
    /// without one are left out.
    pub async fn groups_associated_with(
        &self,
        vpc_id: &str,
        group_ids: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>> {
        let filter = |name: &str, values: Vec<String>| {
            aws_sdk_ec2::types::Filter::builder().name(name).set_values(Some(values)).build()
        };
        let pages = self.ec2().describe_security_group_vpc_associations();
        let pages = pages.filters(filter("group-id", group_ids.iter().cloned().collect()));
        let pages = pages.filters(filter("vpc-id", vec![vpc_id.to_owned()])).all();
        let found = self.call(Ec2("DescribeSecurityGroupVpcAssociations"), pages).await?;
        let words = found.into_iter().filter_map(|one| Some((one.group_id?, one.state?.as_str().to_owned())));
        Ok(words.collect())
    }

    /// What a subnet has room for, as it is now. `None` where it does not exist.
    pub async fn subnet_capacity(&self, subnet_id: &str) -> Result<Option<SubnetCapacity>> {
        let Some(subnet) = self.subnet(subnet_id).await? else { return Ok(None) };
        let is_there = |block: &&aws_sdk_ec2::types::SubnetIpv6CidrBlockAssociation| {
            let word = block.ipv6_cidr_block_state().and_then(|state| state.state());
            word.is_none_or(|word| word.as_str().eq_ignore_ascii_case("associated"))
        };
        let blocks = subnet.ipv6_cidr_block_association_set().iter().filter(is_there);
        Ok(Some(SubnetCapacity {
            ipv4: subnet.cidr_block().and_then(|block| block.parse().ok()),
            ipv6: blocks.filter_map(|block| block.ipv6_cidr_block()?.parse().ok()).collect(),
            free: subnet.available_ip_address_count(),
            zone: subnet.availability_zone().unwrap_or_default().to_owned(),
            zone_id: subnet.availability_zone_id().unwrap_or_default().to_owned(),
        }))
    }

    /// Where a subnet is: its VPC and its zone id. `None` where it does not exist.
    pub async fn place_of_subnet(&self, subnet_id: &str) -> Result<Option<(String, String)>> {
        let Some(subnet) = self.subnet(subnet_id).await? else { return Ok(None) };
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Ok(Some((text(subnet.vpc_id()), text(subnet.availability_zone_id()))))
    }
}
