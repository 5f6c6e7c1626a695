//! Whose the network interfaces at an address are.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::Filter;

use crate::aws::client::Account;
use crate::aws::operation::Operation::Ec2;
use crate::aws::pages::Pages as _;
use crate::engine::Failure;

/// What a network interface says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterfaceAt {
    /// Its VPC: addresses are known by it.
    pub vpc_id: String,
    /// What its maker has written, such as `ELB net/orders/0123456789abcdef`.
    pub description: String,
}

impl Account {
    /// The network interfaces that have an IPv4 address, first or further, in any VPC; looked for together with the addresses that others
    /// ask for now.
    pub async fn descriptions_at(&self, address: &str) -> Result<Vec<InterfaceAt>, Failure> {
        let account = self.clone();
        let fetch = move |addresses: Vec<String>| {
            let account = account.clone();
            async move { account.interfaces_by_address(addresses).await }
        };
        Ok(self.reads().interface_owners.get(address, fetch).await?.unwrap_or_default())
    }

    async fn interfaces_by_address(
        &self,
        addresses: Vec<String>,
    ) -> Result<BTreeMap<String, Vec<InterfaceAt>>, Failure> {
        let filter = Filter::builder().name("private-ip-address").set_values(Some(addresses)).build();
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
            let addresses: BTreeSet<&str> = interface.private_ip_address().into_iter().chain(further).collect();
            for address in addresses {
                found.entry(address.to_owned()).or_default().push(one.clone());
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
                     {further}</privateIpAddress></item></privateIpAddressesSet></item>"
                )
            };
            let both = [interface("vpc-1", "a task", "10.0.0.2"), interface("vpc-2", "", "10.0.0.3")].concat();
            ec2_reply(sent, &format!("<networkInterfaceSet>{both}</networkInterfaceSet>"))
        });
        let aws = script.aws().await;
        let account = aws.account(None).unwrap();
        let (first, second) = tokio::join!(account.descriptions_at("10.0.0.1"), account.descriptions_at("10.0.0.2"));
        let at = |vpc: &str, description: &str| InterfaceAt { vpc_id: vpc.into(), description: description.into() };
        assert_eq!(first.unwrap(), [at("vpc-1", "a task"), at("vpc-2", "")]);
        assert_eq!(second.unwrap(), [at("vpc-1", "a task")]);
        assert_eq!(script.sent().len(), 1);
    }
}
