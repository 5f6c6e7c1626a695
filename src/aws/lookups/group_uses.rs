//! Who uses a security group: network interfaces, and rules of other groups.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, IpPermission, SecurityGroup};
use futures_util::future::try_join;

use crate::aws::client::Account;
use crate::aws::operation::Operation::Ec2;
use crate::aws::pages::Pages as _;
use crate::aws::seen::GroupUses;
use crate::engine::Result;

fn filter(name: &str, values: &[String]) -> Filter {
    Filter::builder().name(name).set_values(Some(values.to_vec())).build()
}

impl Account {
    /// Returns who uses a security group, looked for together with the groups that others ask for now.
    pub async fn uses_of_group(&self, id: &str) -> Result<GroupUses> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move { account.uses_of_groups(&ids).await }
        };
        Ok(self.reads().group_uses.get(id, fetch).await?.unwrap_or_default())
    }

    async fn uses_of_groups(&self, ids: &[String]) -> Result<BTreeMap<String, GroupUses>> {
        let mut uses: BTreeMap<String, GroupUses> = BTreeMap::new();
        // An account may hide the interfaces of managed services from lists: they use the group all the same.
        let pages = self.ec2().describe_network_interfaces().filters(filter("group-id", ids));
        let pages = pages.include_managed_resources(true).all();
        for interface in self.call(Ec2("DescribeNetworkInterfaces"), pages).await? {
            let Some(used_by) = interface.network_interface_id() else { continue };
            for group in interface.groups().iter().filter_map(|group| group.group_id()) {
                uses.entry(group.to_owned()).or_default().interfaces.insert(used_by.to_owned());
            }
        }
        let naming = |filter_name| {
            let pages = self.ec2().describe_security_groups().filters(filter(filter_name, ids)).all();
            self.call(Ec2("DescribeSecurityGroups"), pages)
        };
        let (inward, outward) =
            try_join(naming("ip-permission.group-id"), naming("egress.ip-permission.group-id")).await?;
        for naming in inward.iter().chain(&outward) {
            let Some(own) = naming.group_id() else { continue };
            for named in named_by(naming).filter(|named| *named != own) {
                uses.entry(named.to_owned()).or_default().groups.insert(own.to_owned());
            }
        }
        Ok(uses)
    }
}

/// The groups in the rules of a group.
fn named_by(group: &SecurityGroup) -> impl Iterator<Item = &str> {
    let rules = group.ip_permissions().iter().chain(group.ip_permissions_egress());
    rules.flat_map(IpPermission::user_id_group_pairs).filter_map(|pair| pair.group_id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{Script, ec2_reply};

    #[tokio::test(start_paused = true)]
    async fn whoever_has_a_group_or_names_it_uses_it_and_managed_interfaces_are_asked_for_too() {
        let script = Script::new(|sent| {
            let item = |id: &&str| format!("<item><groupId>{id}</groupId></item>");
            let groups = |ids: &[&str]| ids.iter().map(item).collect::<Vec<_>>().concat();
            match sent.what.as_str() {
                "DescribeNetworkInterfaces" if sent.body.contains("IncludeManagedResources=true") => ec2_reply(
                    sent,
                    &format!(
                        "<networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId><groupSet>{}</groupSet></item>\
                         </networkInterfaceSet>",
                        groups(&["sg-1", "sg-2"])
                    ),
                ),
                "DescribeNetworkInterfaces" => ec2_reply(sent, "<networkInterfaceSet/>"),
                _ if sent.body.contains("egress.ip-permission") => ec2_reply(sent, "<securityGroupInfo/>"),
                _ => ec2_reply(
                    sent,
                    &format!(
                        "<securityGroupInfo><item><groupId>sg-9</groupId><ipPermissions><item><ipProtocol>tcp</ipProtocol>\
                         <groups>{}</groups></item></ipPermissions></item></securityGroupInfo>",
                        groups(&["sg-1", "sg-9"])
                    ),
                ),
            }
        });
        let aws = script.aws().await;
        let uses = aws.account(None).unwrap().uses_of_group("sg-1").await.unwrap();
        assert_eq!(uses, GroupUses { interfaces: ["eni-1".to_owned()].into(), groups: ["sg-9".to_owned()].into() });
    }
}
