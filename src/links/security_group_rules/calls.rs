//! The calls that add, describe and remove rules, and our form of what AWS shows.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types as ec2;

use super::diff::steps;
use super::rule::{Rule, Source};
use super::{DESCRIBE, Existing, SecurityGroupRules, Spec, State};
use crate::aws::Operation::Ec2;
use crate::aws::{Account, Aws, Tags, is_not_found, tags};
use crate::engine::{Class, Compare as _, Field, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;

const AUTHORIZE: &str = "AuthorizeSecurityGroupIngress";
const REVOKE: &str = "RevokeSecurityGroupIngress";

/// So many rules are exchanged at a time in a group that is full: each waits for the others of its step.
const STEP: usize = 10;

impl Link for SecurityGroupRules {
    type Client = Aws;

    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(2), ..Pace::AT_ONCE }
    }

    /// Rules are found by their group, which is ours.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let found = describe_rules(aws.account(None)?, &spec.group_id).await?;
        Ok((!found.ingress.is_empty() || spec.ingress.is_empty()).then_some(found))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let found = describe_rules(aws.account(None)?, &state.group_id).await?;
        Ok(observe(state, found))
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        let none = State { group_id: spec.group_id.clone(), ..State::default() };
        apply(aws.account(None)?, spec, &none).await
    }

    async fn update(&self, aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        apply(aws.account(None)?, spec, state).await
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let all: Vec<Existing> = state.ingress.iter().cloned().collect();
        revoke(aws.account(None)?, &state.group_id, &all).await
    }
}

pub(super) fn observe(recorded: &State, found: State) -> Observed<State> {
    if found.ingress.is_empty() && !recorded.ingress.is_empty() { Observed::Absent } else { Observed::Ready(found) }
}

pub(super) async fn describe_rules(account: &Account, group_id: &str) -> Result<State> {
    let found = account.security_group_rules(group_id).await?;
    let of_user = |found: Existing| Existing { tags: found.tags.map(|tags| account.user_tags(tags)), ..found };
    Ok(State { group_id: group_id.to_owned(), ingress: found.iter().filter_map(flatten).map(of_user).gather() })
}

/// The inbound rules of any group, and the ids of those whose source is of a kind that this provider does not know.
pub async fn of_group(account: &Account, group_id: &str) -> Result<(BTreeSet<Rule>, Vec<String>)> {
    let (mut known, mut strange) = (BTreeSet::new(), Vec::new());
    for rule in account.security_group_rules(group_id).await?.iter().filter(|rule| rule.is_egress() != Some(true)) {
        match flatten(rule) {
            Some(existing) => {
                known.insert(existing.rule);
            }
            None => strange.push(rule.security_group_rule_id().unwrap_or_default().to_owned()),
        }
    }
    Ok((known, strange))
}

/// Makes what exists what is wanted: adds before it removes, so that nobody is shut out in between.
///
/// A group has a limit on its rules, and a set may fit where both at once do not. Then they are exchanged in steps, as
/// many at a time as there is room for.
pub(super) async fn apply(account: &Account, spec: &Spec, state: &State) -> Result<State> {
    let mut state = state.clone();
    let mut most = usize::MAX;
    loop {
        let change = steps(spec, &state);
        if change.add.is_empty() {
            describe(account, &state.group_id, &change.describe).await?;
            revoke(account, &state.group_id, &change.remove).await?;
            let have = change.retag.into_iter().filter_map(|existing| Some((existing.id?, existing.tags?))).gather();
            account.retag_parts(&have, &spec.tags).await?;
            return Ok(SecurityGroupRules.forecast(spec, &state));
        }
        let now: Vec<Rule> = change.add.iter().take(most).cloned().collect();
        match authorize(account, &state.group_id, &now, &spec.tags).await {
            Ok(added) => {
                state.ingress.extend(added);
                let left = change.add.len() - now.len();
                if left > 0 {
                    give_up(account, &mut state, &change.remove, now.len().min(left)).await?;
                }
            }
            // One rule that exists refuses all: an attempt whose reply was lost, or a stranger's rule.
            Err(failure) if failure.code == "InvalidPermission.Duplicate" => {
                state = describe_rules(account, &state.group_id).await?;
                if steps(spec, &state).add.len() == change.add.len() {
                    return Err(failure);
                }
            }
            Err(failure) if failure.class != Class::LimitExceeded || change.remove.is_empty() => return Err(failure),
            Err(_) if now.len() > 1 => most = now.len().div_ceil(2),
            // There is no room at all.
            Err(_) => {
                most = STEP;
                give_up(account, &mut state, &change.remove, STEP.min(change.add.len())).await?;
            }
        }
    }
}

/// Makes room by removing so many of the rules that are to go.
async fn give_up(account: &Account, state: &mut State, leaving: &[Existing], count: usize) -> Result<()> {
    let now: Vec<Existing> = leaving.iter().take(count).cloned().collect();
    revoke(account, &state.group_id, &now).await?;
    state.ingress.retain(|existing| !now.contains(existing));
    Ok(())
}

async fn authorize(account: &Account, group_id: &str, rules: &[Rule], wanted: &Tags) -> Result<Vec<Existing>> {
    let permissions = rules.iter().map(expand).collect();
    // AWS refuses a specification without tags.
    let carried = (!wanted.is_empty()).then(|| {
        let kind = ec2::ResourceType::SecurityGroupRule;
        vec![ec2::TagSpecification::builder().resource_type(kind).set_tags(Some(tags::to_ec2(wanted))).build()]
    });
    let sent = account
        .ec2()
        .authorize_security_group_ingress()
        .group_id(group_id)
        .set_ip_permissions(Some(permissions))
        .set_tag_specifications(carried)
        .send();
    let reply = account.call(Ec2(AUTHORIZE), sent).await?;
    let mut made: BTreeSet<Existing> = reply.security_group_rules().iter().filter_map(flatten).gather();
    // AWS may answer without the rules.
    for rule in rules {
        if !made.iter().any(|existing| existing.rule.identity() == rule.identity()) {
            made.insert(Existing { rule: rule.clone(), id: None, tags: None });
        }
    }
    Ok(made.into_iter().map(|existing| Existing { tags: Some(wanted.clone()), ..existing }).collect())
}

async fn describe(account: &Account, group_id: &str, rules: &[Existing]) -> Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    let mut call = account.ec2().update_security_group_rule_descriptions_ingress().group_id(group_id);
    for existing in rules {
        call = match &existing.id {
            // Without a description it is removed.
            Some(id) => call.security_group_rule_descriptions(
                ec2::SecurityGroupRuleDescription::builder()
                    .security_group_rule_id(id)
                    .set_description(existing.rule.description.clone())
                    .build(),
            ),
            None => call.ip_permissions(expand(&existing.rule)),
        };
    }
    account.call(Ec2(DESCRIBE), call.send()).await.map(|_| ())
}

/// Removes rules in one call. Where one of them is gone already AWS removes none, so the others are
/// then removed by what is really there.
pub(super) async fn revoke(account: &Account, group_id: &str, rules: &[Existing]) -> Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    match revoke_once(account, group_id, rules).await {
        Err(failure) if is_not_found(&failure) => {
            let present = describe_rules(account, group_id).await?.ingress;
            let known =
                |existing: &&Existing| rules.iter().any(|rule| rule.rule.identity() == existing.rule.identity());
            let rest: Vec<Existing> = present.iter().filter(known).cloned().collect();
            if rest.is_empty() { Ok(()) } else { revoke_once(account, group_id, &rest).await }
        }
        done => done,
    }
}

async fn revoke_once(account: &Account, group_id: &str, rules: &[Existing]) -> Result<()> {
    let ids: Option<Vec<String>> = rules.iter().map(|existing| existing.id.clone()).collect();
    let call = account.ec2().revoke_security_group_ingress().group_id(group_id);
    let call = match ids {
        Some(ids) => call.set_security_group_rule_ids(Some(ids)),
        None => call.set_ip_permissions(Some(rules.iter().map(|existing| expand(&existing.rule)).collect())),
    };
    account.call(Ec2(REVOKE), call.send()).await.map(|_| ())
}

/// One rule as AWS shows it; none for egress, and for a source that this provider does not know.
pub(super) fn flatten(rule: &ec2::SecurityGroupRule) -> Option<Existing> {
    if rule.is_egress() == Some(true) {
        return None;
    }
    let source = match (rule.cidr_ipv4(), rule.cidr_ipv6(), rule.prefix_list_id(), rule.referenced_group_info()) {
        (Some(block), ..) => Source::CidrIpv4(block.to_owned()),
        (_, Some(block), ..) => Source::CidrIpv6(block.to_owned()),
        (_, _, Some(id), _) => Source::PrefixList(id.to_owned()),
        (_, _, _, Some(group)) => Source::SecurityGroup(referenced(group, rule.group_owner_id())?),
        _ => return None,
    };
    let description = rule.description().map(str::to_owned);
    Some(Existing {
        rule: Rule::new(rule.ip_protocol()?, rule.from_port(), rule.to_port(), source, description),
        id: rule.security_group_rule_id().map(str::to_owned),
        tags: Some(tags::from_ec2(rule.tags())),
    })
}

/// The id of a group in a rule, with its account where that is another one.
fn referenced(group: &ec2::ReferencedSecurityGroup, owner: Option<&str>) -> Option<String> {
    let id = group.group_id()?;
    Some(match group.user_id().zip(owner) {
        Some((account, owner)) if account != owner => format!("{account}/{id}"),
        _ => id.to_owned(),
    })
}

/// One rule as AWS takes it.
pub(super) fn expand(rule: &Rule) -> ec2::IpPermission {
    let description = rule.description.clone();
    let permission = ec2::IpPermission::builder()
        .ip_protocol(&rule.protocol)
        .set_from_port(rule.from_port)
        .set_to_port(rule.to_port);
    match &rule.source {
        Source::CidrIpv4(block) => {
            permission.ip_ranges(ec2::IpRange::builder().cidr_ip(block).set_description(description).build())
        }
        Source::CidrIpv6(block) => {
            permission.ipv6_ranges(ec2::Ipv6Range::builder().cidr_ipv6(block).set_description(description).build())
        }
        Source::PrefixList(id) => permission
            .prefix_list_ids(ec2::PrefixListId::builder().prefix_list_id(id).set_description(description).build()),
        Source::SecurityGroup(group) => {
            let (account, id) =
                group.split_once('/').map_or((None, group.as_str()), |(account, id)| (Some(account), id));
            let pair = ec2::UserIdGroupPair::builder().group_id(id).set_description(description);
            permission.user_id_group_pairs(pair.set_user_id(account.map(str::to_owned)).build())
        }
    }
    .build()
}
