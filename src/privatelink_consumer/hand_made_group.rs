//! The security group of an endpoint that was made by hand: the resource's own from its import on where nothing else uses it and
//! arguments can say its rules, else a given one.

use crate::aws::lookups::GroupUses;
use crate::aws::{Account, tags};
use crate::diagnostic::Diagnostic;
use crate::engine::{Class, Failure, Record};
use crate::links::security_group_egress::Outgoing;
use crate::links::security_group_rules::{Rule, Source};
use crate::links::{endpoint, security_group, security_group_egress, security_group_rules};
use crate::value::Path;

use super::chain::{SECURITY_GROUP, SECURITY_GROUP_EGRESS, SECURITY_GROUP_RULES};

/// What AWS calls the group that each VPC has from birth.
const DEFAULT: &str = "default";
/// How tags of AWS's own begin, such as those that CloudFormation writes.
const OF_AWS: &str = "aws:";

/// What a group is to an endpoint.
enum Verdict {
    /// Its own.
    Own,
    /// One of others, or of others too.
    Shared,
    /// Its own, with something that no argument can say, as the rest of a sentence that begins with the group.
    Unwritable(String),
}

/// Notes the endpoint's group in `record` where it is the endpoint's own. Tells why it stays given where nothing else uses it, or nobody
/// may look.
pub(super) async fn find(
    account: &Account,
    endpoint: &endpoint::State,
    record: &mut Record,
) -> Result<Option<Diagnostic>, Failure> {
    let mut groups = endpoint.security_group_ids.iter();
    let (Some(group_id), None) = (groups.next(), groups.next()) else { return Ok(None) };
    match verdict(account, endpoint, group_id).await {
        Ok(Verdict::Own) => {
            note(account, group_id, &endpoint.vpc_id, record).await?;
            Ok(None)
        }
        Ok(Verdict::Shared) => Ok(None),
        Ok(Verdict::Unwritable(why)) => Ok(Some(stays_given(group_id, &why))),
        Err(failure) if failure.class == Class::Denied => {
            let advice = failure.advice.as_deref().map(|advice| format!("; {advice}")).unwrap_or_default();
            let why = format!("may be used by others, which these credentials may not look for: {failure}{advice}");
            Ok(Some(stays_given(group_id, &why)))
        }
        Err(failure) => Err(failure),
    }
}

/// Notes a group of the resource's own, with its rules.
pub(super) async fn note(account: &Account, group_id: &str, vpc_id: &str, record: &mut Record) -> Result<(), Failure> {
    let group_id = group_id.to_owned();
    record.note_found(SECURITY_GROUP, &security_group::State { id: group_id.clone(), ..Default::default() });
    let rules = security_group_rules::State { group_id: group_id.clone(), ..Default::default() };
    record.note_found(SECURITY_GROUP_RULES, &rules);
    if security_group_egress::is_shut(account, &group_id).await? {
        let has_ipv6 = account.has_ipv6(vpc_id).await?;
        record.note_found(SECURITY_GROUP_EGRESS, &security_group_egress::State { group_id, has_ipv6 });
    }
    Ok(())
}

async fn verdict(account: &Account, endpoint: &endpoint::State, group_id: &str) -> Result<Verdict, Failure> {
    let Some(group) = account.security_group(group_id).await? else { return Ok(Verdict::Shared) };
    let carried = tags::from_ec2(group.tags());
    let is_of_another_account =
        group.owner_id().zip(endpoint.owner_id.as_deref()).is_some_and(|(its, ours)| its != ours);
    if group.group_name() == Some(DEFAULT)
        || group.vpc_id() != Some(&endpoint.vpc_id)
        || is_of_another_account
        || carried.contains_key(tags::UID)
    {
        return Ok(Verdict::Shared);
    }
    let GroupUses { interfaces, groups } = account.uses_of_group(group_id).await?;
    if !groups.is_empty() || !interfaces.is_subset(&endpoint.network_interface_ids) {
        return Ok(Verdict::Shared);
    }
    if let Some(tag) = carried.keys().find(|key| key.starts_with(OF_AWS)) {
        return Ok(Verdict::Unwritable(format!("carries the tag {tag}: another tool manages it")));
    }
    if let Outgoing::Chosen(rules) = security_group_egress::outgoing(account, group_id).await? {
        let rules = rules.join(", ");
        let why = format!("lets out what no argument can say ({rules}); egress says \"all\" or \"none\"");
        return Ok(Verdict::Unwritable(why));
    }
    let (rules, strange) = security_group_rules::of_group(account, group_id).await?;
    let foreign = rules.iter().filter(|rule| is_foreign(rule)).map(Rule::in_words);
    let unwritable: Vec<String> = foreign.chain(strange).collect();
    if !unwritable.is_empty() {
        let why = format!("lets in what no argument can say ({})", unwritable.join(", "));
        return Ok(Verdict::Unwritable(why));
    }
    Ok(Verdict::Own)
}

/// Whether a rule names a group of another account, which `security_group_id` does not take.
fn is_foreign(rule: &Rule) -> bool {
    matches!(&rule.source, Source::SecurityGroup(id) if id.contains('/'))
}

fn stays_given(group_id: &str, why: &str) -> Diagnostic {
    let detail = format!(
        "{group_id} {why}. It is imported as a given group, security_group_ids, whose rules this resource never changes.\n\n\
         What to do: nothing, or take away what stands in the way and import the endpoint again; the group is then part of \
         this resource, with ingress and egress."
    );
    Diagnostic::warning("The security group stays a given one", detail).at(Path::attribute("security_group_ids"))
}
