//! Which listener of the configuration a recorded one is, where its name or port changed.
//!
//! Listeners are matched by name. A new name on a recorded port is a rename: the objects stay, with the
//! AWS names and tags that they were born with. Ports that listeners exchange are given up before they
//! are taken, because AWS changes one listener at a time and refuses a port that is in use.

use std::collections::BTreeMap;

use super::kinds::{CERTIFICATES, LISTENER, TARGET_GROUP, TARGETS};
use crate::engine::{LinkName, Record};
use crate::gather::Gather as _;
use crate::links::listener;
use crate::privatelink_service::config::ServiceConfig;

/// Renames, then marks exchanged ports.
pub(super) fn align(config: &ServiceConfig, record: &mut Record) -> Vec<(LinkName, LinkName)> {
    let Some(blocks) = config.listeners() else { return Vec::new() };
    let wanted: BTreeMap<String, i64> =
        blocks.into_iter().filter_map(|(name, block)| Some((name, *block.port.known()?))).gather();
    let moves = renames(&wanted, &recorded(record));
    for (old, new) in &moves {
        let born = record.links.get(old).map(|entry| entry.generation);
        record.rename(old, new);
        // A name of AWS is made from link and generation, and a renamed group keeps the one it was born
        // with: a listener that takes the old name again passes over it.
        if let (TARGET_GROUP, Some(generation)) = (old.kind(), born) {
            record.pass_over(old, generation);
        }
    }
    for name in exchanged(&wanted, &recorded(record)) {
        if let Some(entry) = record.links.get_mut(&LinkName::keyed(LISTENER, &name))
            && let Some(state) = entry.read::<listener::State>()
        {
            entry.state = serde_json::to_value(listener::State { displaced: true, ..state }).unwrap_or_default();
        }
    }
    moves
}

/// Recorded listeners and their ports.
fn recorded(record: &Record) -> BTreeMap<String, i64> {
    let listeners = record.links.iter().filter(|(link, _)| link.kind() == LISTENER);
    listeners
        .filter_map(|(link, entry)| {
            let state: listener::State = entry.read()?;
            Some((link.key()?.to_owned(), i64::from(state.port)))
        })
        .gather()
}

fn renames(wanted: &BTreeMap<String, i64>, recorded: &BTreeMap<String, i64>) -> Vec<(LinkName, LinkName)> {
    let mut moves = Vec::new();
    for (old, port) in recorded.iter().filter(|(old, _)| !wanted.contains_key(*old)) {
        let heir = wanted.iter().find(|(new, wants)| *wants == port && !recorded.contains_key(*new));
        if let Some((new, _)) = heir {
            let kinds = [LISTENER, TARGET_GROUP, TARGETS, CERTIFICATES];
            moves.extend(kinds.map(|kind| (LinkName::keyed(kind, old), LinkName::keyed(kind, new))));
        }
    }
    moves
}

/// Listeners that move in a circle: each takes the port that another one of them leaves.
fn exchanged(wanted: &BTreeMap<String, i64>, recorded: &BTreeMap<String, i64>) -> Vec<String> {
    let moving = |name: &str| -> Option<i64> {
        let (from, to) = (recorded.get(name)?, wanted.get(name)?);
        (from != to).then_some(*to)
    };
    let holder = |port: i64| recorded.iter().find(|(_, held)| **held == port).map(|(name, _)| name.as_str());
    let returns = |start: &str| {
        let mut name = start;
        for _ in 0..recorded.len() {
            match moving(name).and_then(holder) {
                Some(next) if next == start => return true,
                Some(next) => name = next,
                None => return false,
            }
        }
        false
    };
    recorded.keys().filter(|name| returns(name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(listeners: &[(&str, i64)]) -> BTreeMap<String, i64> {
        listeners.iter().map(|(name, port)| ((*name).to_owned(), *port)).collect()
    }

    #[test]
    fn a_new_name_on_a_recorded_port_is_a_rename() {
        let moved = renames(&ports(&[("web", 443), ("b", 80)]), &ports(&[("https", 443), ("b", 80)]));
        let told: Vec<String> = moved.iter().map(|(old, new)| format!("{old} {new}")).collect();
        assert_eq!(
            told,
            [
                "listener.https listener.web",
                "target_group.https target_group.web",
                "targets.https targets.web",
                "additional_certificates.https additional_certificates.web",
            ]
        );
    }

    #[test]
    fn a_name_that_stays_or_is_taken_is_no_rename() {
        for (wanted, recorded) in [
            (ports(&[("a", 80)]), ports(&[("a", 443)])),
            (ports(&[("b", 443)]), ports(&[("a", 80)])),
            (ports(&[("b", 443)]), ports(&[("a", 443), ("b", 80)])),
        ] {
            assert_eq!(renames(&wanted, &recorded), [], "{wanted:?} {recorded:?}");
        }
    }

    #[test]
    fn only_ports_that_go_round_are_exchanged() {
        let have = ports(&[("a", 1), ("b", 2), ("c", 3)]);
        assert_eq!(exchanged(&ports(&[("a", 2), ("b", 1), ("c", 3)]), &have), ["a", "b"]);
        assert_eq!(exchanged(&ports(&[("a", 2), ("b", 3), ("c", 1)]), &have), ["a", "b", "c"]);
        assert_eq!(exchanged(&ports(&[("a", 2), ("b", 3), ("c", 4)]), &have), [""; 0]);
        assert_eq!(exchanged(&ports(&[("a", 2), ("b", 2), ("c", 3)]), &have), [""; 0]);
        assert_eq!(exchanged(&ports(&[("a", 2), ("c", 3)]), &have), [""; 0]);
    }
}
