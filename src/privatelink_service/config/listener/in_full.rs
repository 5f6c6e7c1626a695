//! A listener with every default that depends on its protocol and on the kind of its targets.

use std::collections::BTreeMap;

use super::ListenerBlock;
use crate::links::target_group::defaults::{self, Kind};
use crate::links::target_group::{LEAST_COUNT, OFF};
use crate::schema::Attributes as _;
use crate::value::{Attr, Path, Value, sort_set};

/// Fills what is null; what depends on something unknown stays null.
pub(super) fn listener(value: &Value) -> Value {
    let (Ok(block), Some(entries)) = (ListenerBlock::decode(value, &Path::root()), value.as_map()) else {
        return value.clone();
    };
    let mut full = entries.clone();
    let number = |port: &Attr<i64>| port.known().map(|port| Value::from(*port));
    fill(&mut full, "target_port", number(&block.port));
    fill(&mut full, "target_protocol", block.spoken_to_targets().map(Value::from));
    fill(&mut full, "target_type", block.kind_of_targets().map(Value::from));
    fill(&mut full, "manage_targets", manages(&block).map(Value::from));
    if let Some(kind) = block.defaults() {
        fill(&mut full, "connection_termination", Some(Value::from(kind.connection_termination())));
        fill(&mut full, "preserve_client_ip", Some(Value::from(kind.preserve_client_ip())));
        let check = full.get("health_check").cloned().unwrap_or_default();
        full.insert("health_check".to_owned(), health_check(kind, &check));
    }
    let health = full.get("target_group_health").cloned().unwrap_or_default();
    full.insert("target_group_health".to_owned(), target_group_health(&health));
    if let (Some(Value::List(targets)), Some(port)) = (full.get("target"), full.get("target_port")) {
        let target = |target: &Value| {
            let mut target = target.as_map().cloned().unwrap_or_default();
            fill(&mut target, "port", Some(port.clone()));
            Value::Map(target)
        };
        let targets = sort_set(targets.iter().map(target).collect());
        full.insert("target".to_owned(), Value::List(targets));
    }
    Value::Map(full)
}

/// Whether the resource registers the targets; `None` while it is not known.
fn manages(block: &ListenerBlock) -> Option<bool> {
    let ids = block.target_ids.is_given();
    match block.manage_targets {
        Attr::Known(manages) => Some(manages),
        Attr::Unknown | Attr::Given => None,
        Attr::Null if ids || block.names_targets() => Some(true),
        Attr::Null if block.target_ids.is_unknown() || block.target.is_unknown() => None,
        Attr::Null => Some(false),
    }
}

fn health_check(kind: Kind, check: &Value) -> Value {
    if check.is_unknown() {
        return check.clone();
    }
    let mut full = check.as_map().cloned().unwrap_or_default();
    fill(&mut full, "protocol", Some(Value::from(kind.health_check_protocol())));
    fill(&mut full, "port", Some(Value::from(defaults::HEALTH_CHECK_PORT)));
    for (name, usual) in [
        ("interval", defaults::HEALTH_CHECK_INTERVAL),
        ("healthy_threshold", defaults::HEALTHY_THRESHOLD),
        ("unhealthy_threshold", defaults::UNHEALTHY_THRESHOLD),
    ] {
        fill(&mut full, name, Some(Value::from(i64::from(usual))));
    }
    let protocol = full.get("protocol").and_then(Value::as_str).map(str::to_owned);
    if let Some(protocol) = protocol {
        fill(&mut full, "timeout", Some(Value::from(i64::from(defaults::health_check_timeout(&protocol)))));
        let is_http = protocol.starts_with("HTTP");
        fill(&mut full, "path", is_http.then(|| Value::from(defaults::HEALTH_CHECK_PATH)));
        fill(&mut full, "matcher", is_http.then(|| Value::from(defaults::HEALTH_CHECK_MATCHER)));
    }
    // A block that lacks an entry and one with a null there mean the same.
    for name in ["path", "matcher"] {
        full.entry(name.to_owned()).or_insert(Value::Null);
    }
    Value::Map(full)
}

fn target_group_health(health: &Value) -> Value {
    if health.is_unknown() {
        return health.clone();
    }
    let mut full = health.as_map().cloned().unwrap_or_default();
    for name in ["dns_failover", "unhealthy_state_routing"] {
        let least = full.get(name).cloned().unwrap_or_default();
        if least.is_unknown() {
            continue;
        }
        let mut least = least.as_map().cloned().unwrap_or_default();
        fill(&mut least, "minimum_healthy_targets_count", Some(Value::from(LEAST_COUNT)));
        fill(&mut least, "minimum_healthy_targets_percentage", Some(Value::from(OFF)));
        full.insert(name.to_owned(), Value::Map(least));
    }
    Value::Map(full)
}

fn fill(entries: &mut BTreeMap<String, Value>, name: &str, usual: Option<Value>) {
    let is_null = entries.get(name).is_none_or(Value::is_null);
    if let (true, Some(usual)) = (is_null, usual) {
        entries.insert(name.to_owned(), usual);
    }
}
