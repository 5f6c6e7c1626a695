//! A service beside others: arguments that name what something else manages, in place of those that would describe it.
//!
//! Of a load balancer that is given by its ARN, a target group that is given by its own, and targets that something else registers nothing
//! is changed or deleted. See `load_balancer_arns`, `target_group_arn` and `manage_targets`.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{EXISTING_LOAD_BALANCERS, LOAD_BALANCER, TARGET_GROUP, TARGETS};
use super::config::{ListenerBlock, ServiceConfig};
use crate::aws::Aws;
use crate::diagnostic::Diagnostics;
use crate::engine::{Link as _, LinkName, Observed, Record, Result};
use crate::gather::Gather as _;
use crate::links::existing_load_balancers::{self, ExistingLoadBalancers};
use crate::links::{target_group, targets};
use crate::schema::{Attributes as _, Count, without};
use crate::value::{Attr, Path, Value};

/// What something else manages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Others {
    /// The load balancer, with its listeners, groups and targets.
    pub load_balancer: bool,
    /// Target groups, by ARN.
    pub target_groups: BTreeSet<String>,
    /// Groups whose targets it registers, by ARN.
    pub targets: BTreeSet<String>,
}

/// ARNs of what a service consists of, as its state records them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// The load balancer that would be managed; none where the ones there are are given.
    pub load_balancer: Option<String>,
    /// Target groups by the names of their listeners.
    pub target_groups: BTreeMap<String, String>,
    /// VPCs of target groups, and the ids of what is registered with them, by ARN of the group.
    pub targets: BTreeMap<String, Targets>,
}

/// What is registered with a target group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Targets {
    /// VPC of the group.
    pub vpc_id: Option<String>,
    /// Instances, addresses or load balancers.
    pub ids: BTreeSet<String>,
}

impl Parts {
    /// What a state records.
    pub fn of(record: &Record) -> Self {
        let mut parts = Self::default();
        for (name, entry) in &record.links {
            match (name.kind(), name.key()) {
                (LOAD_BALANCER, _) => parts.load_balancer = entry.id(),
                (TARGETS, _) => {
                    let Some(targets::State { target_group_arn, targets, .. }) = entry.read() else { continue };
                    parts
                        .targets
                        .entry(target_group_arn)
                        .or_default()
                        .ids
                        .extend(targets.into_iter().map(|one| one.id));
                }
                (TARGET_GROUP, Some(listener)) => {
                    let Some(target_group::State { arn, vpc_id, .. }) = entry.read() else { continue };
                    parts.targets.entry(arn.clone()).or_default().vpc_id = Some(vpc_id).filter(|id| !id.is_empty());
                    parts.target_groups.insert(listener.to_owned(), arn);
                }
                _ => {}
            }
        }
        parts
    }
}

/// The configuration that leaves to others what is theirs.
///
/// # Errors
/// A configuration that is none of a service.
pub fn beside(config: &Value, parts: &Parts, others: &Others) -> Result<Value, Diagnostics> {
    let mut config = ServiceConfig::decode(config, &Path::root())?;
    if let (true, Some(arn)) = (others.load_balancer, &parts.load_balancer) {
        config.load_balancer_arns = Attr::Known(BTreeSet::from([arn.clone()]));
        (config.subnet_ids, config.subnet_mapping) = (Attr::Null, Attr::Null);
        (config.listener, config.load_balancer) = (Attr::Null, Attr::Null);
        return Ok(config.encode());
    }
    let Attr::Known(listeners) = &mut config.listener else { return Ok(config.encode()) };
    for listener in listeners {
        let Some(group) = parts.target_groups.get(listener.label()) else { continue };
        if others.target_groups.contains(group) {
            *listener = to_group(listener, group.clone())?;
        } else if others.targets.contains(group) {
            leave_targets(listener);
        }
    }
    Ok(config.encode())
}

/// Looks at load balancers that become given ones, so that a plan knows what stands behind the service: the same as before, as often as not.
pub(super) async fn foresee(client: &Aws, config: &ServiceConfig, record: &mut Record) -> Result<()> {
    let Attr::Known(arns) = &config.load_balancer_arns else { return Ok(()) };
    if record.links.contains_key(&LinkName::from(EXISTING_LOAD_BALANCERS)) {
        return Ok(());
    }
    let load_balancers = arns.iter().map(|arn| (arn.clone(), existing_load_balancers::Seen::default())).gather();
    let asked = existing_load_balancers::State { load_balancers };
    if let Observed::Ready(seen) = ExistingLoadBalancers.read(client, &asked).await?
        && seen.load_balancers.len() == arns.len()
    {
        record.note_found(EXISTING_LOAD_BALANCERS, &seen);
    }
    Ok(())
}

/// The listener without anything that is ruled out beside a given group.
fn to_group(listener: &ListenerBlock, group: String) -> Result<ListenerBlock, Diagnostics> {
    let block = ListenerBlock::block();
    let ruled_out = block.constraints.iter().filter(|one| matches!(one.count, Count::NoneBeside("target_group_arn")));
    let rest = without(&listener.encode(), ruled_out.flat_map(|one| one.of.iter().copied()));
    let rest = ListenerBlock::decode(&rest, &Path::root())?;
    Ok(ListenerBlock { target_group_arn: Attr::Known(group), ..rest })
}

/// Targets stay as others register them; of what kind they are must be said then.
fn leave_targets(listener: &mut ListenerBlock) {
    listener.target_type = listener.kind_of_targets().into();
    (listener.target_ids, listener.target, listener.manage_targets) = (Attr::Null, Attr::Null, Attr::Null);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BALANCER: &str = "arn:balancer";
    const GROUP: &str = "arn:group";

    fn known<T>(value: T) -> Attr<T> {
        Attr::Known(value)
    }

    fn config() -> Value {
        let listener = ListenerBlock {
            name: known("https".to_owned()),
            port: known(443),
            certificate_arn: known("arn:certificate".to_owned()),
            target_ids: known(BTreeSet::from(["i-0123456789abcdef0".to_owned()])),
            stickiness: known(true),
            ..ListenerBlock::default()
        };
        let config = ServiceConfig {
            name: known("orders".to_owned()),
            subnet_ids: known(BTreeSet::from(["subnet-01".to_owned()])),
            listener: known(vec![listener]),
            ..ServiceConfig::default()
        };
        config.encode()
    }

    fn with(others: &Others) -> ServiceConfig {
        let mut record = Record::default();
        record.note_found("load_balancer", &json!({"arn": BALANCER}));
        record.note_found("target_group.https", &json!({"arn": GROUP}));
        record.note_found("listener.https", &json!({"arn": "arn:listener"}));
        let written = beside(&config(), &Parts::of(&record), others).unwrap();
        ServiceConfig::decode(&written, &Path::root()).unwrap()
    }

    #[test]
    fn what_is_given_is_named_and_not_described() {
        let balancer = with(&Others { load_balancer: true, ..Others::default() });
        assert_eq!(balancer.load_balancer_arns, known(BTreeSet::from([BALANCER.to_owned()])));
        assert!(balancer.subnet_ids.is_null() && balancer.listener.known().is_none_or(Vec::is_empty), "{balancer:?}");

        let group = with(&Others { target_groups: [GROUP.to_owned()].into(), ..Others::default() });
        let listener = &group.listener.known().unwrap()[0];
        assert_eq!((&listener.target_group_arn, &listener.port), (&known(GROUP.to_owned()), &known(443)));
        assert!(listener.certificate_arn.is_given() && listener.stickiness.is_null() && listener.target_ids.is_null());

        let targets = with(&Others { targets: [GROUP.to_owned()].into(), ..Others::default() });
        let listener = &targets.listener.known().unwrap()[0];
        assert_eq!((&listener.target_type, &listener.stickiness), (&known("instance".to_owned()), &known(true)));
        assert!(listener.target_ids.is_null() && listener.manage_targets.is_null());
        assert_eq!(with(&Others::default()).encode(), config());
    }
}
