//! Parts of a connection that something else manages. A configuration that described them would contend with whoever does, so that they
//! are given by their ARNs or ids, and stay.

use futures_util::future::try_join_all;

use super::held::Held;
use super::registrars;
use crate::aws::{Account, Tags, tags};
use crate::engine::Failure;
use crate::privatelink_service::given::{Others, Parts};

/// Resource types that describe a load balancer, a target group, one of its targets, and a security group.
const BALANCERS: [&str; 2] = ["aws_lb", "aws_alb"];
const GROUPS: [&str; 2] = ["aws_lb_target_group", "aws_alb_target_group"];
const SECURITY_GROUPS: [&str; 1] = ["aws_security_group"];
const ATTACHMENTS: [&str; 2] = ["aws_lb_target_group_attachment", "aws_alb_target_group_attachment"];

/// Tags of load balancers by which their makers know them, and who that is. *Source:* AWS Load Balancer Controller, "AWS resource tags";
/// Kubernetes, the cloud provider of AWS; Elastic Beanstalk, "Tagging resources".
const MAKERS: [(&str, &str); 3] = [
    ("elbv2.k8s.aws/cluster", "the AWS Load Balancer Controller of the cluster"),
    ("kubernetes.io/service-name", "Kubernetes, for the service"),
    ("elasticbeanstalk:environment-name", "Elastic Beanstalk, for the environment"),
];
/// The stack that an object is of. *Source:* AWS CloudFormation, "Resource tags".
const STACK: &str = "aws:cloudformation:stack-name";

/// What of a service is theirs, and why, a sentence for each. `held` is the configuration that is taken over, where one is.
pub(super) async fn share(
    account: &Account,
    service_id: &str,
    parts: &Parts,
    held: Option<&[Held]>,
) -> Result<(Others, Vec<String>), Failure> {
    let Some(balancer) = &parts.load_balancer else { return Ok((Others::default(), Vec::new())) };
    let why = match held {
        // Nothing of it can be described: a load balancer that is managed has listeners.
        _ if parts.target_groups.is_empty() => "has no listener".to_owned(),
        Some(held) if managed(held, &BALANCERS).any(|one| one.text("arn") == Some(balancer)) => {
            return Ok(beside(held, parts));
        }
        Some(_) => "is not in the state".to_owned(),
        None => match maker(account, balancer, service_id).await? {
            Some(why) => why,
            None => return registered(account, parts).await,
        },
    };
    let told = format!("the load balancer {} {why}: it is given by its ARN, and stays as it is", called(balancer));
    Ok((Others { load_balancer: true, ..Others::default() }, vec![told]))
}

/// Targets that somebody else registers, as far as they tell.
async fn registered(account: &Account, parts: &Parts) -> Result<(Others, Vec<String>), Failure> {
    let asked = parts.targets.iter().map(async |(group, targets)| {
        let by = registrars::of_targets(account, targets.vpc_id.as_deref(), &targets.ids).await?;
        Ok::<_, Failure>((group, by))
    });
    let (mut others, mut why) = (Others::default(), Vec::new());
    for (group, by) in try_join_all(asked).await? {
        if let Some(by) = by {
            why.push(format!("{by} registers the targets of {}: they are left to it", called(group)));
            others.targets.insert(group.clone());
        }
    }
    Ok((others, why))
}

/// The security group of an endpoint that the state does not have, and why it is given: whoever has it goes on with it.
pub(super) fn group<'a>(held: &[Held], id: &'a str) -> Option<(&'a str, String)> {
    let is_held = managed(held, &SECURITY_GROUPS).any(|one| one.text("id") == Some(id));
    let told = || format!("the security group {id} is not in the state: it is given by its id, and stays as it is");
    (!is_held).then(|| (id, told()))
}

/// Why a record that leads to an endpoint is left to somebody else: the state does not have it.
pub(super) fn record(zone_id: &str, key: &str) -> String {
    format!("the record {key} in the zone {zone_id} is not in the state: it is left out, and stays as it is")
}

/// Groups and targets that the state does not have.
fn beside(held: &[Held], parts: &Parts) -> (Others, Vec<String>) {
    let (mut others, mut why) = (Others::default(), Vec::new());
    for group in parts.target_groups.values() {
        let named = |one: &Held, attribute| one.text(attribute) == Some(group);
        if !managed(held, &GROUPS).any(|one| named(one, "arn")) {
            why.push(format!("the target group {} is not in the state: it is given by its ARN", called(group)));
            others.target_groups.insert(group.clone());
        } else if !managed(held, &ATTACHMENTS).any(|one| named(one, "target_group_arn")) {
            why.push(format!(
                "the state registers no targets of {}: whoever does, such as an autoscaling group, goes on",
                called(group)
            ));
            others.targets.insert(group.clone());
        }
    }
    (others, why)
}

fn managed<'a>(held: &'a [Held], type_names: &'a [&str]) -> impl Iterator<Item = &'a Held> {
    held.iter().filter(|one| !one.is_data && type_names.contains(&one.type_name.as_str()))
}

/// Who made a load balancer and goes on with it, by its tags.
async fn maker(account: &Account, arn: &str, service_id: &str) -> Result<Option<String>, Failure> {
    let Some(own) = account.elbv2_tags(arn).await? else { return Ok(None) };
    let of_service = account.ec2_tags(service_id).await?;
    Ok(made_by(&own, &of_service))
}

fn made_by(own: &Tags, of_service: &Tags) -> Option<String> {
    let by_others = MAKERS.iter().find_map(|(key, maker)| Some(format!("is managed by {maker} {}", own.get(*key)?)));
    // Who has both has the whole chain.
    let apart = |key: &str| own.get(key).filter(|value| of_service.get(key) != Some(*value));
    by_others.or_else(|| apart(STACK).map(|stack| format!("is of the CloudFormation stack {stack}"))).or_else(|| {
        apart(tags::UID)?;
        Some(format!("is managed by this provider already, as {:?}", own.get(tags::RESOURCE)?))
    })
}

/// The name in an ARN of Elastic Load Balancing.
fn called(arn: &str) -> &str {
    arn.rsplit('/').nth(1).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tagged(all: &[(&str, &str)]) -> Tags {
        all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn makers_are_known_by_their_tags() {
        for (own, of_service, words) in [
            (vec![("team", "orders")], vec![], None),
            (vec![("elbv2.k8s.aws/cluster", "prod")], vec![], Some("Controller of the cluster prod")),
            (vec![("kubernetes.io/service-name", "shop/api")], vec![], Some("for the service shop/api")),
            (vec![(STACK, "net")], vec![], Some("CloudFormation stack net")),
            (vec![(STACK, "net")], vec![(STACK, "net")], None),
            (vec![(tags::UID, "a"), (tags::RESOURCE, "service/x")], vec![], Some("already, as \"service/x\"")),
            (vec![(tags::UID, "a"), (tags::RESOURCE, "service/x")], vec![(tags::UID, "a")], None),
        ] {
            let told = made_by(&tagged(&own), &tagged(&of_service));
            assert_eq!(told.is_some(), words.is_some(), "{own:?}: {told:?}");
            assert!(told.unwrap_or_default().contains(words.unwrap_or_default()), "{own:?}");
        }
    }

    #[test]
    fn a_state_tells_what_it_has_of_a_chain() {
        let held = |type_name: &str, values: serde_json::Value| Held {
            type_name: type_name.to_owned(),
            values,
            ..Held::default()
        };
        let groups = [("https", "g/own/1"), ("tls", "g/asg/1"), ("udp", "g/other/1")];
        let groups = groups.map(|(name, arn)| (name.to_owned(), arn.to_owned())).into();
        let parts = Parts { load_balancer: Some("arn:lb".into()), target_groups: groups, ..Parts::default() };
        let all = [
            held("aws_alb", json!({"arn": "arn:lb"})),
            held("aws_lb_target_group", json!({"arn": "g/own/1"})),
            held("aws_alb_target_group", json!({"arn": "g/asg/1"})),
            held("aws_lb_target_group_attachment", json!({"target_group_arn": "g/own/1"})),
            Held { is_data: true, ..held("aws_lb_target_group", json!({"arn": "g/other/1"})) },
        ];
        let (others, why) = beside(&all, &parts);
        assert_eq!((others.target_groups, others.targets), (["g/other/1".into()].into(), ["g/asg/1".into()].into()));
        assert!(why[1].contains("group other is not in") && why[0].contains("no targets of asg"), "{why:?}");
    }
}
