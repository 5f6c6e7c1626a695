//! Calls of the rule that a new group has.

use std::time::Duration;

use aws_sdk_ec2::types as ec2;

use super::{NoEgress, Spec, State};
use crate::aws::Operation::Ec2;
use crate::aws::{Account, Aws, is_not_found};
use crate::engine::{Field, Link, Observed, Owner, Pace, Result};

const REVOKE: &str = "RevokeSecurityGroupEgress";
const AUTHORIZE: &str = "AuthorizeSecurityGroupEgress";

/// AWS's code for a rule that a group does not have.
const NO_RULE: &str = "InvalidPermission.NotFound";

impl Link for NoEgress {
    type Client = Aws;

    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(2), ..Pace::AT_ONCE }
    }

    /// Never: that AWS shows no rule may mean that the group is new. Taking the rules away once more costs nothing.
    async fn find(&self, _aws: &Aws, _owner: &Owner, _spec: &Spec) -> Result<Option<State>> {
        Ok(None)
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let is_shut = is_shut(aws.account(None)?, &state.group_id).await?;
        Ok(if is_shut { Observed::Ready(state.clone()) } else { Observed::Absent })
    }

    /// Takes away what AWS shows, and the rules that each group is born with even where AWS does not show them: of a new
    /// group a read may miss them.
    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(None)?;
        let shown = shown(account, &spec.group_id).await?;
        let ids: Vec<String> =
            shown.iter().filter_map(|rule| rule.security_group_rule_id().map(str::to_owned)).collect();
        let revoke = || account.ec2().revoke_security_group_egress().group_id(&spec.group_id);
        if !ids.is_empty() {
            account.call(Ec2(REVOKE), revoke().set_security_group_rule_ids(Some(ids)).send()).await?;
        }
        for family in families(spec.has_ipv6).filter(|family| !shown.iter().any(|rule| family.is(rule))) {
            match account.call(Ec2(REVOKE), revoke().ip_permissions(family.permission()).send()).await {
                Ok(_) => {}
                // Gone already. A group that AWS does not show yet has another code, and is waited for.
                Err(failure) if failure.code == NO_RULE => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(shut(spec))
    }

    async fn update(
        &self,
        _aws: &Aws,
        _owner: &Owner,
        _spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State> {
        Ok(state.clone())
    }

    /// Gives the group back what AWS gave it; one that is gone needs nothing.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(None)?;
        let all = families(state.has_ipv6).map(Family::permission).collect();
        let sent =
            account.ec2().authorize_security_group_egress().group_id(&state.group_id).set_ip_permissions(Some(all));
        match account.call(Ec2(AUTHORIZE), sent.send()).await {
            Ok(_) => Ok(()),
            // Somebody was first.
            Err(failure) if is_not_found(&failure) || failure.code == "InvalidPermission.Duplicate" => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

/// The rule for everything of one address family, with which AWS makes a group.
#[derive(Debug, Clone, Copy)]
enum Family {
    Ipv4,
    Ipv6,
}

/// Those that a group has from birth.
fn families(has_ipv6: bool) -> impl Iterator<Item = Family> {
    [Family::Ipv4, Family::Ipv6].into_iter().filter(move |family| has_ipv6 || matches!(family, Family::Ipv4))
}

impl Family {
    fn permission(self) -> ec2::IpPermission {
        let all = ec2::IpPermission::builder().ip_protocol("-1");
        match self {
            Self::Ipv4 => all.ip_ranges(ec2::IpRange::builder().cidr_ip("0.0.0.0/0").build()),
            Self::Ipv6 => all.ipv6_ranges(ec2::Ipv6Range::builder().cidr_ipv6("::/0").build()),
        }
        .build()
    }

    /// Whether a rule is this one.
    fn is(self, rule: &ec2::SecurityGroupRule) -> bool {
        rule.ip_protocol() == Some("-1")
            && match self {
                Self::Ipv4 => rule.cidr_ipv4() == Some("0.0.0.0/0"),
                Self::Ipv6 => rule.cidr_ipv6() == Some("::/0"),
            }
    }
}

fn shut(spec: &Spec) -> State {
    State { group_id: spec.group_id.clone(), has_ipv6: spec.has_ipv6 }
}

/// Whether AWS shows no rule that lets something out of a group.
pub async fn is_shut(account: &Account, group_id: &str) -> Result<bool> {
    Ok(shown(account, group_id).await?.is_empty())
}

/// What a group lets out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Everything, by the rules that AWS gives each new group.
    All,
    /// Nothing.
    Nothing,
    /// What these rules say, in words.
    Chosen(Vec<String>),
}

/// Returns what any group lets out.
pub async fn outgoing(account: &Account, group_id: &str) -> Result<Outgoing> {
    Ok(summed_up(&shown(account, group_id).await?))
}

pub(super) fn summed_up(rules: &[ec2::SecurityGroupRule]) -> Outgoing {
    let mut chosen = rules.iter().filter(|rule| !families(true).any(|family| family.is(rule))).peekable();
    let lets_all_out = rules.iter().any(|rule| Family::Ipv4.is(rule));
    match (rules.is_empty(), lets_all_out && chosen.peek().is_none()) {
        (true, _) => Outgoing::Nothing,
        (false, true) => Outgoing::All,
        (false, false) => Outgoing::Chosen(rules.iter().map(in_words).collect()),
    }
}

/// `tcp 443 to 10.0.0.0/16`
fn in_words(rule: &ec2::SecurityGroupRule) -> String {
    let group = rule.referenced_group_info().and_then(|group| group.group_id());
    let to = [rule.cidr_ipv4(), rule.cidr_ipv6(), rule.prefix_list_id(), group].into_iter().flatten().next();
    let protocol = rule.ip_protocol().filter(|protocol| *protocol != "-1").unwrap_or("all protocols");
    let ports = match (rule.from_port(), rule.to_port()) {
        (Some(from), Some(to)) if from == to && from >= 0 => format!(" {from}"),
        (Some(from), Some(to)) if from >= 0 => format!(" {from}-{to}"),
        _ => String::new(),
    };
    format!("{protocol}{ports} to {}", to.unwrap_or("elsewhere"))
}

/// The rules that let something out of a group, as AWS shows them.
async fn shown(account: &Account, group_id: &str) -> Result<Vec<ec2::SecurityGroupRule>> {
    let mut found = account.security_group_rules(group_id).await?;
    found.retain(|rule| rule.is_egress() == Some(true));
    Ok(found)
}
