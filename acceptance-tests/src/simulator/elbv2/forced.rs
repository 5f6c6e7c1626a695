//! What `/_simulator/set` does to load balancing: changes behind everyone's back.

use serde_json::{Map, Value};

use crate::simulator::clock::Moment;

use super::state::{ElbState, LoadBalancerState, TargetKey};

/// Forces a load balancer's state (`{"state": "failed"}`), removes it (`{"removed": true}`), adds tags that only AWS
/// itself sets (`{"tags": {"aws:x": "y"}}`), or gives it the other scheme, which takes an internet gateway to be made
/// (`{"scheme": "internet-facing"}`).
pub fn load_balancer(elb: &mut ElbState, now: Moment, arn: &str, fields: &Map<String, Value>) -> Result<(), String> {
    let balancer = elb.load_balancers.get_mut(arn).ok_or_else(|| format!("no load balancer {arn}"))?;
    for (field, value) in fields {
        match (field.as_str(), value) {
            ("state", Value::String(code)) => {
                let state = LoadBalancerState::from_code(code)
                    .ok_or_else(|| format!("'{code}' is no state of a load balancer"))?;
                balancer.state.set(now, state);
            }
            ("removed", Value::Bool(true)) => {
                balancer.deleted = Some(now);
                balancer.exists.set(now, false);
                for listener in elb.listeners.values_mut().filter(|listener| listener.load_balancer == arn) {
                    listener.exists.set(now, false);
                    listener.released = now;
                }
            }
            ("scheme", Value::String(word)) if ["internal", "internet-facing"].contains(&word.as_str()) => {
                balancer.scheme.clone_from(word);
            }
            ("tags", Value::Object(added)) => {
                let mut tags = balancer.tags.at(now).clone();
                tags.extend(
                    added.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())),
                );
                balancer.tags.set(now, tags);
            }
            _ => return Err(format!("a load balancer takes state, removed, scheme and tags, not {field}: {value}")),
        }
    }
    Ok(())
}

/// Lets a load balancer fail at the moment at which it would become active.
pub fn doom(elb: &mut ElbState, now: Moment, arn: &str) {
    if let Some(balancer) = elb.load_balancers.get_mut(arn) {
        let at = balancer.state.when(now, |state| state.is_active()).unwrap_or(now);
        balancer.state.schedule(at, LoadBalancerState::Failed);
    }
}

/// Removes a listener (`{"removed": true}`).
pub fn listener(elb: &mut ElbState, now: Moment, arn: &str, fields: &Map<String, Value>) -> Result<(), String> {
    let listener = elb.listeners.get_mut(arn).ok_or_else(|| format!("no listener {arn}"))?;
    only_removed("a listener", fields)?;
    listener.exists.set(now, false);
    listener.released = now;
    Ok(())
}

/// Forces a target's health: the id is `<target group ARN>/<target>` or `<target group ARN>/<target>:<port>`, the fields are
/// `{"state": "unhealthy", "reason": "Target.FailedHealthChecks"}`; the state null lets it go its own way again.
pub fn target(elb: &mut ElbState, now: Moment, id: &str, fields: &Map<String, Value>) -> Result<(), String> {
    // The target may be an ARN itself.
    let split = |arn: &str| id.strip_prefix(arn).and_then(|rest| rest.strip_prefix('/')).map(ToOwned::to_owned);
    let found = elb.target_groups.iter_mut().find_map(|(arn, group)| split(arn).map(|target| (arn, group, target)));
    let (arn, group, target) = found.ok_or_else(|| format!("'{id}' is not <target group ARN>/<target>"))?;
    let is_meant = |(name, port): &TargetKey| *name == target || format!("{name}:{port}") == target;
    let mut state = None;
    let mut reason = None;
    for (field, value) in fields {
        match (field.as_str(), value) {
            ("state", Value::Null) => state = None,
            ("state", Value::String(word))
                if matches!(word.as_str(), "initial" | "healthy" | "unhealthy" | "unused") =>
            {
                state = Some(word.clone());
            }
            ("reason", Value::String(word)) => reason = Some(word.clone()),
            _ => return Err(format!("a target takes state and reason, not {field}: {value}")),
        }
    }
    let mut found = false;
    for (_, target) in group.targets.iter_mut().filter(|(key, _)| is_meant(key)) {
        target.forced.set(now, state.clone().map(|state| (state, reason.clone())));
        found = true;
    }
    if found { Ok(()) } else { Err(format!("no target {target} in {arn}")) }
}

/// Removes a target group with its targets (`{"removed": true}`).
pub fn target_group(elb: &mut ElbState, now: Moment, arn: &str, fields: &Map<String, Value>) -> Result<(), String> {
    let group = elb.target_groups.get_mut(arn).ok_or_else(|| format!("no target group {arn}"))?;
    only_removed("a target group", fields)?;
    group.exists.set(now, false);
    Ok(())
}

fn only_removed(what: &str, fields: &Map<String, Value>) -> Result<(), String> {
    if fields.len() == 1 && fields.get("removed") == Some(&Value::Bool(true)) {
        Ok(())
    } else {
        Err(format!("{what} takes removed: true"))
    }
}
