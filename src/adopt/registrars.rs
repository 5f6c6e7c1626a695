//! Who registers the targets of a group: Auto Scaling, Amazon ECS and Kubernetes take them in and out as they grow and shrink, so that a
//! list of them would be wrong by tomorrow. Their instances and network interfaces tell.

use std::collections::BTreeSet;
use std::net::IpAddr;

use futures_util::future::try_join_all;

use crate::aws::Account;
use crate::engine::Failure;

/// The tag of the instances of an Auto Scaling group. *Source:* Amazon EC2 Auto Scaling, "Tag Auto Scaling groups and instances".
const SCALING_GROUP: &str = "aws:autoscaling:groupName";
/// How the descriptions of network interfaces of tasks and of pods begin, and whose they are. *Source:* Amazon ECS, "Allocate a network
/// interface for an Amazon ECS task"; the Amazon VPC CNI plugin for Kubernetes, `awsutils`.
const OF_TASKS_AND_PODS: [(&str, &str); 2] = [("arn:aws", "Amazon ECS"), ("aws-K8S-", "Kubernetes")];
/// The part of an ARN that tells ECS from others.
const ECS: &str = ":ecs:";

/// Who registers these targets of a group; none where nobody is known to. All are asked for in one call of each kind.
pub(super) async fn of_targets(
    account: &Account,
    vpc_id: Option<&str>,
    targets: &BTreeSet<String>,
) -> Result<Option<String>, Failure> {
    let found = try_join_all(targets.iter().map(|id| of_target(account, vpc_id, id))).await?;
    Ok(found.into_iter().flatten().next())
}

async fn of_target(account: &Account, vpc_id: Option<&str>, id: &str) -> Result<Option<String>, Failure> {
    if id.starts_with("i-") {
        let tags = account.ec2_tags(id).await?;
        return Ok(tags.get(SCALING_GROUP).map(|group| format!("the Auto Scaling group {group}")));
    }
    let Ok(address) = id.parse::<IpAddr>() else { return Ok(None) };
    let all = account.descriptions_at(address).await?;
    let mut here = all.iter().filter(|one| vpc_id.is_none_or(|vpc_id| one.vpc_id == vpc_id));
    Ok(here.find_map(|one| by_description(&one.description)).map(str::to_owned))
}

fn by_description(description: &str) -> Option<&'static str> {
    let is_of = |(begin, _): &&(&str, &str)| {
        description.starts_with(begin) && (*begin != "arn:aws" || description.contains(ECS))
    };
    OF_TASKS_AND_PODS.iter().find(is_of).map(|(_, owner)| *owner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{Script, ec2_reply};

    #[tokio::test(start_paused = true)]
    async fn targets_of_either_family_tell_who_registers_them() {
        let script = Script::new(|sent| {
            let task = "<description>arn:aws:ecs:us-east-1:111111111111:attachment/0c2f3d5e</description>";
            let addresses = "<ipv6AddressesSet><item><ipv6Address>2001:db8::7</ipv6Address></item></ipv6AddressesSet>";
            let item = format!(
                "<item><vpcId>vpc-1</vpcId>{task}<privateIpAddress>10.0.0.1</privateIpAddress>{addresses}</item>"
            );
            ec2_reply(sent, &format!("<networkInterfaceSet>{item}</networkInterfaceSet>"))
        });
        let aws = script.aws().await;
        let account = aws.account(None).unwrap();
        for (target, vpc_id, owner) in [
            ("10.0.0.1", "vpc-1", Some("Amazon ECS")),
            ("2001:db8::7", "vpc-1", Some("Amazon ECS")),
            ("2001:0DB8:0:0::0007", "vpc-1", Some("Amazon ECS")),
            ("2001:db8::8", "vpc-1", None),
            ("2001:db8::7", "vpc-2", None),
        ] {
            let targets = [target.to_owned()].into();
            let found = of_targets(account, Some(vpc_id), &targets).await.unwrap();
            assert_eq!(found.as_deref(), owner, "{target}");
        }
    }

    #[test]
    fn interfaces_of_tasks_and_pods_are_known_by_their_descriptions() {
        for (description, owner) in [
            ("arn:aws:ecs:us-east-1:111111111111:attachment/0c2f3d5e-1b1a-4c0d-9e0f-6a1d2b3c4d5e", Some("Amazon ECS")),
            ("arn:aws-cn:ecs:cn-north-1:111111111111:attachment/0c2f3d5e", Some("Amazon ECS")),
            ("aws-K8S-i-0123456789abcdef0", Some("Kubernetes")),
            ("arn:aws:lambda:us-east-1:111111111111:function:orders", None),
            ("ELB net/orders/0123456789abcdef", None),
            ("", None),
        ] {
            assert_eq!(by_description(description), owner, "{description}");
        }
    }
}
