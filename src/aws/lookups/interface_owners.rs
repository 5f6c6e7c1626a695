//! Whose the network interfaces at an address are.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use aws_sdk_ec2::types::Filter;
use futures_util::future::try_join_all;

use crate::aws::client::Account;
use crate::aws::operation::Operation::Ec2;
use crate::aws::pages::Pages as _;
use crate::aws::seen::InterfaceAt;
use crate::engine::Result;
use crate::gather::Gather as _;

/// EC2's filters of interfaces by address.
const OF_V4: &str = "private-ip-address";
const OF_V6: &str = "ipv6-addresses.ipv6-address";

impl Account {
    /// The network interfaces that have an address, first or further, in any VPC; looked for together with the addresses that others ask
    /// for now.
    pub async fn descriptions_at(&self, address: IpAddr) -> Result<Vec<InterfaceAt>> {
        let account = self.clone();
        let fetch = move |addresses: Vec<String>| {
            let account = account.clone();
            async move { account.interfaces_by_address(addresses).await }
        };
        Ok(self.reads().interface_owners.get(&address.to_string(), fetch).await?.unwrap_or_default())
    }

    /// Each family has a filter of its own, and so a call.
    async fn interfaces_by_address(&self, addresses: Vec<String>) -> Result<BTreeMap<String, Vec<InterfaceAt>>> {
        let (of_v6, of_v4): (Vec<String>, Vec<String>) = addresses.into_iter().partition(|one| one.contains(':'));
        let calls = [(OF_V4, of_v4), (OF_V6, of_v6)].into_iter().filter(|(_, addresses)| !addresses.is_empty());
        let found = try_join_all(calls.map(|(filter, addresses)| self.interfaces_with(filter, addresses))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn interfaces_with(
        &self,
        filter: &str,
        addresses: Vec<String>,
    ) -> Result<BTreeMap<String, Vec<InterfaceAt>>> {
        let filter = Filter::builder().name(filter).set_values(Some(addresses.clone())).build();
        let pages = self.ec2().describe_network_interfaces().filters(filter);
        // An account may hide the interfaces of managed services from lists.
        let pages = pages.include_managed_resources(true).all();
        let mut found: BTreeMap<String, Vec<InterfaceAt>> = BTreeMap::new();
        for interface in self.call(Ec2("DescribeNetworkInterfaces"), pages).await? {
            let one = InterfaceAt {
                vpc_id: interface.vpc_id().unwrap_or_default().to_owned(),
                description: interface.description().unwrap_or_default().to_owned(),
            };
            let further = interface.private_ip_addresses().iter().filter_map(|one| one.private_ip_address());
            let of_v6 = interface.ipv6_addresses().iter().filter_map(|one| one.ipv6_address());
            let own = interface.private_ip_address().into_iter().chain(further).chain(of_v6);
            let own: BTreeSet<String> = own.filter_map(|text| Some(text.parse::<IpAddr>().ok()?.to_string())).gather();
            for address in own.into_iter().filter(|address| addresses.contains(address)) {
                found.entry(address).or_default().push(one.clone());
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{Script, ec2_reply};

    #[tokio::test(start_paused = true)]
    async fn addresses_are_asked_for_at_once_and_every_vpc_answers_for_itself() {
        let script = Script::new(|sent| {
            let interface = |vpc: &str, description: &str, further: &str| {
                format!(
                    "<item><vpcId>{vpc}</vpcId><description>{description}</description><privateIpAddress>10.0.0.1</privateIpAddress>\
                     <privateIpAddressesSet><item><privateIpAddress>10.0.0.1</privateIpAddress></item><item><privateIpAddress>\
                     {further}</privateIpAddress></item></privateIpAddressesSet><ipv6AddressesSet><item><ipv6Address>2001:DB8::0:7\
                     </ipv6Address></item></ipv6AddressesSet></item>"
                )
            };
            let both = [interface("vpc-1", "a task", "10.0.0.2"), interface("vpc-2", "", "10.0.0.3")].concat();
            ec2_reply(sent, &format!("<networkInterfaceSet>{both}</networkInterfaceSet>"))
        });
        let aws = script.aws().await;
        let account = aws.account(None).unwrap();
        let at = |address: &str| account.descriptions_at(address.parse().unwrap());
        let (first, second) = tokio::join!(at("10.0.0.1"), at("10.0.0.2"));
        let one = |vpc: &str, description: &str| InterfaceAt { vpc_id: vpc.into(), description: description.into() };
        assert_eq!(first.unwrap(), [one("vpc-1", "a task"), one("vpc-2", "")]);
        assert_eq!(second.unwrap(), [one("vpc-1", "a task")]);
        assert_eq!(script.sent().len(), 1);

        // An address of either family, in another spelling than AWS's.
        let (first, second) = tokio::join!(at("10.0.0.2"), at("2001:0db8:0::7"));
        assert_eq!(first.unwrap(), [one("vpc-1", "a task")]);
        assert_eq!(second.unwrap(), [one("vpc-1", "a task"), one("vpc-2", "")]);
        assert_eq!(script.sent().len(), 3);
    }
}
