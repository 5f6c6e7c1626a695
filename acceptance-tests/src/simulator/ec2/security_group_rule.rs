//! Rules of security groups: authorize, revoke, modify, describe (rule 56).

use std::collections::BTreeMap;

use crate::simulator::buckets::{MUTATING, READING};
use crate::simulator::clock::Moment;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::lookup;
use crate::simulator::ec2::rule::{check_peer, read_permissions, read_replacement};
use crate::simulator::ec2::state::security_group::{Rule, SecurityGroup};
use crate::simulator::ec2::tags;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Pair, Shelves, walk_pairs};
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::rules;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::state::Region;
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("AuthorizeSecurityGroupIngress", MUTATING, |session, params| authorize(session, params, false)),
    mutation("AuthorizeSecurityGroupEgress", MUTATING, |session, params| authorize(session, params, true)),
    mutation("RevokeSecurityGroupIngress", MUTATING, |session, params| revoke(session, params, false)),
    mutation("RevokeSecurityGroupEgress", MUTATING, |session, params| revoke(session, params, true)),
    mutation("ModifySecurityGroupRules", MUTATING, modify_security_group_rules),
    mutation("UpdateSecurityGroupRuleDescriptionsIngress", MUTATING, |session, params| {
        update_descriptions(session, params, false)
    }),
    mutation("UpdateSecurityGroupRuleDescriptionsEgress", MUTATING, |session, params| {
        update_descriptions(session, params, true)
    }),
    reading("DescribeSecurityGroupRules", READING, describe_security_group_rules),
];

fn duplicate(rule: &Rule) -> ApiError {
    ApiError::bad("InvalidPermission.Duplicate", format!("the specified rule \"{}\" already exists", rule.words()))
}

fn rule_not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidSecurityGroupRuleId.NotFound", format!("The security group rule ID '{id}' does not exist"))
}

/// Writes `securityGroupRuleSet` of some rules.
fn rule_set(session: &mut Session<'_>, group_id: &str, rules: &[Rule]) -> Xml {
    let (owner, region) = (session.caller.account.clone(), session.caller.region.clone());
    let ec2 = &session.region().ec2;
    let items =
        rules.iter().map(|rule| rule.describe(group_id, &owner, &region).join(tags::tag_set(ec2.tags.get(&rule.id))));
    Xml::new().set("securityGroupRuleSet", items)
}

/// Puts the rules of a group in place of those it had.
fn store(session: &mut Session<'_>, group_id: &str, rules: BTreeMap<String, Rule>) {
    let ec2 = &mut session.region().ec2;
    if let Some(group) = ec2.security_groups.get_mut(group_id) {
        for gone in group.rules.keys().filter(|id| !rules.contains_key(*id)) {
            ec2.tags.remove(gone);
        }
        group.rules = rules;
    }
}

/// Adds all rules or none.
fn authorize(session: &mut Session<'_>, params: &Params, egress: bool) -> Result<Xml, ApiError> {
    let group = lookup::security_group(session, params.need("GroupId")?)?;
    let wanted = read_permissions(params, egress)?;
    let new_tags = tags::specification(session, params, "security-group-rule")?;
    if wanted.is_empty() {
        return Err(ApiError::missing("IpPermissions"));
    }
    let exact = session.holds(rules::Rule::RulesAreExact);
    // Source: moto's tests that were run against AWS.
    if let Some(twice) =
        wanted.iter().enumerate().find(|(at, rule)| wanted.iter().take(*at).any(|other| other.same(rule)))
    {
        let words = twice.1.words();
        return Err(ApiError::bad(
            "InvalidParameterValue",
            format!("The same permission must not appear multiple times: {words}"),
        ));
    }
    let mut rules = group.rules.clone();
    let mut added = Vec::new();
    for mut rule in wanted {
        let name = session.caller.region.clone();
        check_peer(&session.region().ec2, (&group.vpc_id, &name), &rule)?;
        if exact && rules.values().any(|known| known.same(&rule)) {
            return Err(duplicate(&rule));
        }
        rule.id = session.new_id("sgr", 17);
        rules.insert(rule.id.clone(), rule.clone());
        added.push(rule);
    }
    let limit = session.readings().rules_per_security_group;
    if rules.values().filter(|rule| rule.egress == egress).count() > limit {
        return Err(ApiError::bad(
            "RulesPerSecurityGroupLimitExceeded",
            "The maximum number of rules per security group has been reached.",
        ));
    }
    store(session, &group.id, rules);
    for rule in &added {
        session.region().ec2.tags.insert(rule.id.clone(), new_tags.clone());
    }
    let set = rule_set(session, &group.id, &added);
    Ok(Xml::new().text("return", true).join(set))
}

/// Removes all named rules or none; outside a default VPC an unknown one is an error.
fn revoke(session: &mut Session<'_>, params: &Params, egress: bool) -> Result<Xml, ApiError> {
    let group = lookup::security_group(session, params.need("GroupId")?)?;
    let ids = params.texts("SecurityGroupRuleId");
    let exact = read_permissions(params, egress)?;
    if ids.is_empty() == exact.is_empty() {
        return Err(ApiError::combination("Specify either SecurityGroupRuleId or IpPermissions."));
    }
    let mut rules = group.rules.clone();
    let mut revoked = Vec::new();
    for id in ids {
        match rules.remove(&id) {
            Some(rule) if rule.egress == egress => revoked.push(rule),
            _ => return Err(rule_not_found(&id)),
        }
    }
    for rule in exact {
        let id = rules.values().find(|known| known.same(&rule)).map(|known| known.id.clone());
        let found = id.and_then(|id| rules.remove(&id));
        revoked.push(found.ok_or_else(|| {
            ApiError::bad("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
        })?);
    }
    store(session, &group.id, rules);
    let items = revoked.iter().map(|rule| {
        Xml::new()
            .text("securityGroupRuleId", &rule.id)
            .text("groupId", &group.id)
            .text("isEgress", rule.egress)
            .text("ipProtocol", &rule.protocol)
            .text("fromPort", rule.from_port)
            .text("toPort", rule.to_port)
    });
    Ok(Xml::new().text("return", true).set("revokedSecurityGroupRuleSet", items))
}

/// Replaces rules whole; direction stays.
fn modify_security_group_rules(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let group = lookup::security_group(session, params.need("GroupId")?)?;
    let updates = params.structures("SecurityGroupRule");
    if updates.is_empty() {
        return Err(ApiError::missing("SecurityGroupRule"));
    }
    let mut rules = group.rules.clone();
    for update in updates {
        let id = update.need("SecurityGroupRuleId")?;
        let Some(known) = rules.get(id) else {
            return Err(rule_not_found(id));
        };
        let wanted = update.structure("SecurityGroupRule").ok_or_else(|| ApiError::missing("SecurityGroupRule"))?;
        let mut rule = read_replacement(wanted, known.egress)?;
        id.clone_into(&mut rule.id);
        let name = session.caller.region.clone();
        check_peer(&session.region().ec2, (&group.vpc_id, &name), &rule)?;
        if rules.values().any(|other| other.id != rule.id && other.same(&rule)) {
            return Err(duplicate(&rule));
        }
        rules.insert(rule.id.clone(), rule);
    }
    store(session, &group.id, rules);
    Ok(Xml::new().text("return", true))
}

/// Changes descriptions of rules named by id or by what they are.
fn update_descriptions(session: &mut Session<'_>, params: &Params, egress: bool) -> Result<Xml, ApiError> {
    let group = lookup::security_group(session, params.need("GroupId")?)?;
    let mut rules = group.rules.clone();
    let by_id = params.structures("SecurityGroupRuleDescription");
    let exact = read_permissions(params, egress)?;
    if by_id.is_empty() == exact.is_empty() {
        return Err(ApiError::combination("Specify either SecurityGroupRuleDescription or IpPermissions."));
    }
    for item in by_id {
        let id = item.need("SecurityGroupRuleId")?;
        let rule = rules.get_mut(id).filter(|rule| rule.egress == egress).ok_or_else(|| rule_not_found(id))?;
        rule.description = item.text("Description").filter(|text| !text.is_empty()).map(str::to_owned);
    }
    for wanted in exact {
        let rule = rules.values_mut().find(|rule| rule.same(&wanted)).ok_or_else(|| {
            ApiError::bad("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
        })?;
        rule.description = wanted.description;
    }
    store(session, &group.id, rules);
    Ok(Xml::new().text("return", true))
}

fn describe_security_group_rules(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("SecurityGroupRuleId");
    let filters = Filters::read(params, &["group-id", "security-group-rule-id"])?;
    if let Some(id) = filters.values("group-id").into_iter().flatten().find(|id| !lookup::is_group_id(id)) {
        return Err(lookup::malformed_group_id(id));
    }
    let (owner, region) = (session.caller.account.clone(), session.caller.region.clone());
    let ask = session.ask(params, PageSizes::Strict, !ids.is_empty())?;
    let (Shelves { region: Region { ec2, .. }, .. }, mut desk) = session.desk();
    let key = |id: &String| {
        let group = ec2.security_groups.values().find(|group| group.rules.contains_key(id));
        group.map_or_else(|| id.clone(), |group| format!("{}/{id}", group.id))
    };
    let keys: Vec<String> = ids.iter().map(key).collect();
    let passes = |pair: &Pair<'_, SecurityGroup, Rule>, _: Moment| {
        let value = |name: &str| if name == "group-id" { pair.outer } else { pair.inner };
        filters.pass(ec2.tags.get(pair.inner), |name| vec![value(name).to_owned()])
    };
    let write = |pair: &Pair<'_, SecurityGroup, Rule>, _: Moment| {
        pair.object.describe(pair.outer, &owner, &region).join(tags::tag_set(ec2.tags.get(pair.inner)))
    };
    let listing = Listing {
        walk: &|range| walk_pairs(&ec2.security_groups, |group| &group.rules, range),
        sight: Some(|pair| pair.outer),
        changed: |_, _| None,
        shows: &|_, _| true,
        passes: &passes,
        write: &write,
        absent: Some(&|key| rule_not_found(key.rsplit('/').next().unwrap_or(key))),
    };
    let page = desk.list(&ask, &keys, &listing)?;
    Ok(Xml::new().set("securityGroupRuleSet", page.items).optional("nextToken", page.next))
}
