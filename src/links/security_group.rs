//! The managed security group of an endpoint. Its rules are the link `security_group_rules`.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_ec2::types as ec2;
use serde::{Deserialize, Serialize};

use crate::aws::Operation::Ec2;
use crate::aws::Pages as _;
use crate::aws::{Account, Aws, is_not_found, names, tags};
use crate::engine::{Change, Class, Failure, Field, Link, Observed, Orphan, Owner, Pace};
use crate::links::attributes::update;

const TAGS: Field = "tags";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct SecurityGroup;

/// A wanted group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Beginning of the group's name; a short hash of the owner follows. A change renames nothing.
    pub base_name: String,
    /// Shown in AWS's console. Used at creation only.
    pub description: String,
    /// The VPC.
    pub vpc_id: String,
    /// Tags of the person, without the owner's.
    pub tags: BTreeMap<String, String>,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// `sg-…`.
    pub id: String,
    /// ARN, where AWS gave it.
    pub arn: Option<String>,
    /// The group's name.
    pub name: String,
    /// What it says of itself; none in records of a time that did not ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The VPC.
    pub vpc_id: String,
    /// The composite's name in the owner tags; none where it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// Tags of the person, without the owner's.
    pub tags: BTreeMap<String, String>,
}

impl Link for SecurityGroup {
    type Client = Aws;
    type Spec = Spec;
    type State = State;

    /// Interfaces let go of a group that their endpoint left some seconds later.
    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(5), ..Pace::AT_ONCE }
    }

    async fn find(&self, aws: &Aws, owner: &Owner, _spec: &Spec) -> Result<Option<State>, Failure> {
        let account = aws.account(None)?;
        let found = groups(account, tags::filters(owner)).await?;
        Ok(found.iter().find(|group| is_ours(group, owner)).map(|group| flatten(account, group)))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let account = aws.account(None)?;
        let found = account.security_group(&state.id).await?;
        Ok(found.map_or(Observed::Absent, |group| Observed::Ready(flatten(account, &group))))
    }

    /// A group's name and description are fixed at birth and mean nothing to traffic, so they are
    /// not compared.
    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.vpc_id != state.vpc_id {
            return Change::Replace(vec!["vpc_id"]);
        }
        update(&[(TAGS, spec.tags != state.tags || tags::is_outdated(state.named.as_ref(), &spec.base_name))])
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State {
            named: tags::named(state.named.as_ref(), &spec.base_name, spec.tags != state.tags),
            tags: spec.tags.clone(),
            ..state.clone()
        }
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State, Failure> {
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
        match account.call(Ec2("CreateSecurityGroup"), sent).await {
            Ok(reply) => Ok(State {
                id: reply.group_id.ok_or_else(|| Failure::new(Class::Lost, "AWS's reply names no security group"))?,
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

    async fn update(
        &self,
        aws: &Aws,
        owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        aws.account(None)?.retag(&state.id, owner, &spec.tags, &state.tags).await?;
        Ok(self.forecast(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
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
async fn of_our_name(
    account: &Account,
    owner: &Owner,
    spec: &Spec,
    name: &str,
    failure: Failure,
) -> Result<State, Failure> {
    let filter = |key: &str, value: &str| ec2::Filter::builder().name(key).values(value).build();
    let found = groups(account, vec![filter("group-name", name), filter("vpc-id", &spec.vpc_id)]).await?;
    match found.iter().find(|group| is_ours(group, owner)) {
        Some(group) => Ok(flatten(account, group)),
        None => Err(Failure { class: Class::Taken, ..failure }
            .advise("Rename or remove the other group of this name, which carries no tags of this resource")),
    }
}

async fn groups(account: &Account, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::SecurityGroup>, Failure> {
    let pages = account.ec2().describe_security_groups().set_filters(Some(filters));
    account.call(Ec2("DescribeSecurityGroups"), pages.all()).await
}

/// All groups of this uid, whatever link and generation they were made for.
pub async fn of_uid(account: &Account, uid: &str) -> Result<Vec<Orphan>, Failure> {
    let filter = ec2::Filter::builder().name(format!("tag:{}", tags::UID)).values(uid).build();
    let orphans = groups(account, vec![filter]).await?.into_iter().filter_map(|group| {
        let (link, generation) = tags::place(&tags::from_ec2(group.tags()), uid)?;
        let state = serde_json::to_value(flatten(account, &group)).ok()?;
        Some(Orphan { link, generation: Some(generation), state })
    });
    Ok(orphans.collect())
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

fn tell(refused: Failure, state: &State, interfaces: &[String], groups: &[String]) -> Failure {
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
async fn holders(account: &Account, id: &str) -> Result<(Vec<String>, Vec<String>), Failure> {
    let filter = |name: &str| ec2::Filter::builder().name(name).values(id).build();
    let pages = account.ec2().describe_network_interfaces().filters(filter("group-id"));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            base_name: "orders".into(),
            description: "Clients of orders".into(),
            vpc_id: "vpc-1".into(),
            tags: [("Name".to_owned(), "orders".to_owned())].into(),
        }
    }

    fn state() -> State {
        State {
            id: "sg-1".into(),
            arn: None,
            name: "orders-1f0c9a2b".into(),
            description: Some(spec().description),
            vpc_id: "vpc-1".into(),
            named: Some("orders".into()),
            tags: spec().tags,
        }
    }

    #[test]
    fn a_group_is_replaced_only_when_the_vpc_changes() {
        assert_eq!(SecurityGroup.diff(&spec(), &state()), Change::None);
        let described = Spec { description: "Other".into(), ..spec() };
        assert_eq!(SecurityGroup.diff(&described, &state()), Change::None);
        let moved = Spec { vpc_id: "vpc-2".into(), ..spec() };
        assert_eq!(SecurityGroup.diff(&moved, &state()), Change::Replace(vec!["vpc_id"]));
        let tagged = Spec { tags: BTreeMap::new(), ..spec() };
        assert_eq!(SecurityGroup.diff(&tagged, &state()), Change::Update(vec![TAGS]));
        assert_eq!(SecurityGroup.diff(&tagged, &SecurityGroup.forecast(&tagged, &state())), Change::None);
    }

    #[test]
    fn another_name_is_an_update_of_tags_that_name_the_old_one() {
        let renamed = Spec { base_name: "other".into(), ..spec() };
        assert_eq!(SecurityGroup.diff(&renamed, &state()), Change::Update(vec![TAGS]));
        assert_eq!(SecurityGroup.diff(&renamed, &SecurityGroup.forecast(&renamed, &state())), Change::None);
        let imported = State { named: None, ..state() };
        assert_eq!(SecurityGroup.diff(&renamed, &imported), Change::None, "nothing to correct");
    }

    #[test]
    fn a_state_with_missing_keys_can_still_be_read() {
        let state: State = serde_json::from_str(r#"{"id":"sg-1"}"#).unwrap();
        assert_eq!(state.id, "sg-1");
    }

    #[test]
    fn a_group_that_rules_name_is_told_with_them_and_not_tried_until_the_deadline() {
        let refused = || Failure::new(Class::InUse, "resource sg-1 has a dependent object");
        let state = State { id: "sg-1".into(), name: "orders".into(), ..State::default() };
        let (eni, group) = (["eni-1 (VPC Endpoint Interface vpce-1)".to_owned()], ["sg-2 (app)".to_owned()]);
        assert_eq!(tell(refused(), &state, &[], &[]), refused());
        let named = tell(refused(), &state, &[], &group);
        assert_eq!(named.class, Class::Taken);
        assert!(named.advice.unwrap().contains("sg-2 (app)"));
        let used = tell(refused(), &state, &eni, &[]);
        assert_eq!(used.class, Class::InUse, "interfaces go by themselves");
        assert!(used.advice.unwrap().contains("eni-1"));
        let both = tell(refused(), &state, &eni, &group);
        assert_eq!(both.class, Class::InUse);
        assert!(both.advice.is_some_and(|advice| advice.contains("eni-1") && advice.contains("sg-2")));
    }
}
