//! What was managed and is written as somebody else's now: it is let go, never deleted.
//!
//! An ARN that moves from a managed object to an argument that takes existing ones says so.

use std::collections::BTreeSet;

use super::kinds::{CAPACITY, CERTIFICATES, LISTENER, LOAD_BALANCER, TARGET_GROUP, TARGETS};
use crate::engine::{LinkName, Record, View};
use crate::gather::Gather as _;
use crate::links::{load_balancer, target_group};
use crate::privatelink_service::config::ServiceConfig;

/// Takes such objects out of the record.
pub(super) fn release(config: &ServiceConfig, record: &mut Record) {
    let view = View::of(record);
    let balancer = view.state::<load_balancer::State>(LOAD_BALANCER);
    let given = config.load_balancer_arns.known();
    if let (Some(balancer), Some(given)) = (balancer.known(), given)
        && given.contains(&balancer.arn)
    {
        let on_it = [LOAD_BALANCER, CAPACITY, LISTENER, CERTIFICATES, TARGET_GROUP, TARGETS];
        let kept = |name: &LinkName| !on_it.contains(&name.kind());
        let all: Vec<LinkName> = record.links.keys().filter(|name| !kept(name)).cloned().collect();
        let_go(record, &all);
        return;
    }
    for (name, block) in config.listeners().unwrap_or_default() {
        let group = LinkName::keyed(TARGET_GROUP, &name);
        let state = view.state::<target_group::State>(group.as_str());
        let weighted = block.weighted_target_group.known().into_iter().flatten().filter_map(|group| group.arn.known());
        let given: BTreeSet<&String> = block.target_group_arn.known().into_iter().chain(weighted).gather();
        if state.known().is_some_and(|state| given.contains(&state.arn)) {
            let_go(record, &[group, LinkName::keyed(TARGETS, &name)]);
        }
    }
}

/// Forgets objects, and keeps their names from being used again: they live on.
fn let_go(record: &mut Record, names: &[LinkName]) {
    for name in names {
        if let Some(entry) = record.links.remove(name) {
            record.pass_over(name, entry.generation);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::Entry;
    use crate::privatelink_service::chain::ENDPOINT_SERVICE;
    use crate::privatelink_service::config::ListenerBlock;
    use crate::value::Attr;

    fn record() -> Record {
        let mut record = Record::default();
        for (name, state) in [
            (LinkName::from(ENDPOINT_SERVICE), json!({"id": "vpce-svc-01"})),
            (LinkName::from(LOAD_BALANCER), json!({"arn": "lb"})),
            (LinkName::keyed(LISTENER, "https"), json!({"arn": "l"})),
            (LinkName::keyed(TARGET_GROUP, "https"), json!({"arn": "tg"})),
            (LinkName::keyed(TARGETS, "https"), json!({"target_group_arn": "tg"})),
        ] {
            record.links.insert(name, Entry { state, generation: 2, settled: true });
        }
        record
    }

    fn names(record: &Record) -> Vec<&str> {
        record.links.keys().map(LinkName::as_str).collect()
    }

    #[test]
    fn a_load_balancer_that_is_given_now_takes_everything_on_it_along() {
        let mut kept = record();
        let given = |arn: &str| ServiceConfig {
            load_balancer_arns: Attr::Known(BTreeSet::from([arn.to_owned()])),
            ..ServiceConfig::default()
        };
        release(&given("other"), &mut kept);
        assert_eq!(kept.links.len(), 5, "another one leaves ours to be deleted");
        release(&given("lb"), &mut kept);
        assert_eq!(names(&kept), ["endpoint_service"]);
        assert_eq!(kept.last.get(&LinkName::from(LOAD_BALANCER)), Some(&2), "its name stays in use");
    }

    #[test]
    fn a_target_group_that_is_given_now_is_let_go_with_its_targets() {
        let mut kept = record();
        let listener = ListenerBlock {
            name: Attr::Known("https".into()),
            target_group_arn: Attr::Known("tg".into()),
            ..ListenerBlock::default()
        };
        let config = ServiceConfig { listener: Attr::Known(vec![listener]), ..ServiceConfig::default() };
        release(&config, &mut kept);
        assert_eq!(names(&kept), ["endpoint_service", "listener.https", "load_balancer"]);
    }
}
