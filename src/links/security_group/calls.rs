//! Calls of a security group.

use std::time::Duration;

use aws_sdk_ec2::types as ec2;

use super::{SecurityGroup, Spec, State};
use crate::aws::Operation::{self, Ec2};
use crate::aws::creations::missing;
use crate::aws::{Account, Aws, Pages as _, is_not_found, names, tags};
use crate::engine::{Class, Compare as _, Failure, Field, Link, Observed, Orphan, Owner, Pace, Result};

const CREATE: Operation = Ec2("CreateSecurityGroup");

impl Link for SecurityGroup {
    type Client = Aws;

    /// Interfaces let go of a group that their endpoint left some seconds later.
    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(5), ..Pace::AT_ONCE }
    }

    async fn find(&self, aws: &Aws, owner: &Owner, _spec: &Spec) -> Result<Option<State>> {
        let account = aws.account(None)?;
        let found = groups(account, tags::filters(owner)).await?;
        Ok(found.iter().find(|group| is_ours(group, owner)).map(|group| flatten(account, group)))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(None)?;
        let found = account.security_group(&state.id).await?;
        Ok(found.map_or(Observed::Absent, |group| Observed::Ready(flatten(account, &group))))
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(None)?;
        let name = names::object_name(&spec.base_name, owner);
        let sent = account
            .ec2()
            .create_security_group()
            .group_name(&name)
            .description(&spec.description)
            .vpc_id(&spec.vpc_id)
            .tag_specifications(tags::specification(ec2::ResourceType::SecurityGroup, owner, &spec.tags))
            .send();
        match account.call(CREATE, sent).await {
            Ok(reply) => Ok(State {
                id: reply.group_id.ok_or_else(|| missing(CREATE, "security group"))?,
                arn: reply.security_group_arn,
                name,
                description: Some(spec.description.clone()),
                vpc_id: spec.vpc_id.clone(),
                named: Some(spec.base_name.clone()),
                tags: spec.tags.clone(),
            }),
            Err(failure) if failure.code == "InvalidGroup.Duplicate" => {
                of_our_name(account, owner, spec, &name, failure).await
            }
            Err(failure) => Err(failure),
        }
    }

    async fn update(&self, aws: &Aws, owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        aws.account(None)?.retag(&state.id, owner, &spec.tags, &state.tags).await?;
        Ok(self.forecast(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(None)?;
        let sent = account.ec2().delete_security_group().group_id(&state.id).send();
        match account.call(Ec2("DeleteSecurityGroup"), sent).await {
            Err(failure) if is_not_found(&failure) => Ok(()),
            Err(failure) if failure.class == Class::InUse => Err(held(account, failure, state).await),
            done => done.map(|_| ()),
        }
    }
}

/// The group that has our name already: ours of a lost reply, or somebody else's.
async fn of_our_name(account: &Account, owner: &Owner, spec: &Spec, name: &str, failure: Failure) -> Result<State> {
    let filter = |key: &str, value: &str| ec2::Filter::builder().name(key).values(value).build();
    let found = groups(account, vec![filter("group-name", name), filter("vpc-id", &spec.vpc_id)]).await?;
    match found.iter().find(|group| is_ours(group, owner)) {
        Some(group) => Ok(flatten(account, group)),
        None => Err(Failure { class: Class::Taken, ..failure }
            .advise("Rename or remove the other group of this name, which carries no tags of this resource")),
    }
}

async fn groups(account: &Account, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::SecurityGroup>> {
    let pages = account.ec2().describe_security_groups().set_filters(Some(filters));
    account.call(Ec2("DescribeSecurityGroups"), pages.all()).await
}

/// All groups of this uid, whatever link and generation they were made for.
pub async fn of_uid(account: &Account, uid: &str) -> Result<Vec<Orphan>> {
    let found = groups(account, vec![tags::of_uid(uid)]).await?;
    Ok(found.iter().filter_map(|group| tags::orphan(group.tags(), uid, &flatten(account, group))).collect())
}

fn is_ours(group: &ec2::SecurityGroup, owner: &Owner) -> bool {
    tags::is_owned(&tags::from_ec2(group.tags()), owner)
}

fn flatten(account: &Account, group: &ec2::SecurityGroup) -> State {
    let carried = tags::from_ec2(group.tags());
    State {
        id: group.group_id().unwrap_or_default().to_owned(),
        arn: group.security_group_arn().map(str::to_owned),
        name: group.group_name().unwrap_or_default().to_owned(),
        description: group.description().map(str::to_owned),
        vpc_id: group.vpc_id().unwrap_or_default().to_owned(),
        named: tags::name_of(&carried),
        tags: account.user_tags(carried),
    }
}

/// Why a group cannot go: network interfaces, which AWS releases in its own time or somebody must, or rules
/// of other groups, for which nobody waits.
async fn held(account: &Account, refused: Failure, state: &State) -> Failure {
    // The refusal itself says more than a look that failed after it.
    let Ok((interfaces, groups)) = holders(account, &state.id).await else { return refused };
    tell(refused, state, &interfaces, &groups)
}

pub(super) fn tell(refused: Failure, state: &State, interfaces: &[String], groups: &[String]) -> Failure {
    let (id, name) = (&state.id, &state.name);
    match (interfaces, groups) {
        ([], []) => refused,
        ([], groups) => Failure { class: Class::Taken, ..refused }.advise(format!(
            "Rules of {} name the group {id} ({name}), and AWS keeps it as long as they do. Remove those rules, then apply \
             again",
            groups.join(", ")
        )),
        (interfaces, []) => refused
            .advise(format!("Network interfaces still use the group {id} ({name}): {}", interfaces.join(", "))),
        (interfaces, groups) => refused.advise(format!(
            "Network interfaces still use the group {id} ({name}): {}; and rules of {} name it. Remove those rules, then \
             apply again",
            interfaces.join(", "),
            groups.join(", ")
        )),
    }
}

/// Interfaces that use the group, and other groups whose rules name it.
async fn holders(account: &Account, id: &str) -> Result<(Vec<String>, Vec<String>)> {
    let filter = |name: &str| ec2::Filter::builder().name(name).values(id).build();
    // Hidden ones of managed services hold it, too.
    let pages = account.ec2().describe_network_interfaces().filters(filter("group-id")).include_managed_resources(true);
    let interfaces = pages.all();
    let interfaces = account.call(Ec2("DescribeNetworkInterfaces"), interfaces).await?;
    let interfaces = interfaces.iter().filter_map(|interface| {
        let description = interface.description().filter(|text| !text.is_empty());
        let told = description.map(|text| format!(" ({text})")).unwrap_or_default();
        Some(format!("{}{told}", interface.network_interface_id()?))
    });
    let mut groups = std::collections::BTreeSet::new();
    for way in ["ip-permission.group-id", "egress.ip-permission.group-id"] {
        let pages = account.ec2().describe_security_groups().filters(filter(way));
        let found = pages.all();
        let found = account.call(Ec2("DescribeSecurityGroups"), found).await?;
        let others = found.iter().filter(|group| group.group_id() != Some(id));
        groups.extend(
            others.filter_map(|group| {
                Some(format!("{} ({})", group.group_id()?, group.group_name().unwrap_or_default()))
            }),
        );
    }
    Ok((interfaces.collect(), groups.into_iter().collect()))
}
