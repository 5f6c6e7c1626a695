//! The way from one set of subnets to another, where AWS refuses to exchange two of one zone at once.

use crate::gather::Gather as _;
use std::collections::{BTreeMap, BTreeSet};

type Subnets = BTreeSet<String>;

/// The sets to go through, the wanted one last; none where there is no way.
///
/// `zones` tells each subnet's zone. *Source:* SetSubnets answers that a zone "is already associated
/// with the load balancer" when a call names another subnet of it.
pub fn steps(have: &Subnets, wanted: &Subnets, zones: &BTreeMap<String, String>) -> Option<Vec<Subnets>> {
    let zone = |subnet: &String| zones.get(subnet).filter(|zone| !zone.is_empty());
    let leaving: Subnets = have.difference(wanted).cloned().gather();
    let arriving: Subnets = wanted.difference(have).cloned().gather();
    let exchanged: BTreeSet<&String> =
        leaving.iter().filter_map(zone).filter(|old| arriving.iter().any(|new| zone(new) == Some(old))).gather();
    if exchanged.is_empty() {
        return Some(vec![wanted.clone()]);
    }
    let is_exchanged = |subnet: &String| zone(subnet).is_some_and(|zone| exchanged.contains(zone));
    // First without the exchanged zones, then with them.
    let between: Subnets = wanted.iter().filter(|subnet| !is_exchanged(subnet)).cloned().gather();
    if !between.is_empty() {
        return Some(vec![between, wanted.clone()]);
    }
    // All are exchanged, and one must always stay: the last old one goes when the first new one is there.
    let (last, rest) = exchanged.iter().next_back().zip(Some(exchanged.len() - 1))?;
    if rest == 0 {
        return None;
    }
    let in_last = |subnet: &&String| zone(subnet) == Some(*last);
    let old_last: Subnets = have.iter().filter(in_last).cloned().gather();
    let new_others: Subnets = wanted.iter().filter(|subnet| !in_last(subnet)).cloned().gather();
    let both = old_last.union(&new_others).cloned().gather();
    Some(vec![old_last, both, new_others, wanted.clone()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a1` is subnet 1 of zone a.
    fn ways(have: &[&str], wanted: &[&str]) -> Option<Vec<Vec<String>>> {
        let set = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Subnets>();
        let zones = have.iter().chain(wanted).map(|id| ((*id).to_owned(), id[..1].to_owned())).collect();
        let steps = steps(&set(have), &set(wanted), &zones)?;
        // No step may hold two subnets of a zone, be empty, or exchange within a zone.
        let mut before = set(have);
        for step in &steps {
            let in_zones: BTreeSet<_> = step.iter().map(|id| &id[..1]).collect();
            assert!(!step.is_empty() && in_zones.len() == step.len(), "{step:?}");
            for new in step.difference(&before) {
                assert!(!before.iter().any(|old| old[..1] == new[..1]), "{before:?} to {step:?}");
            }
            before.clone_from(step);
        }
        assert_eq!(before, set(wanted));
        Some(steps.into_iter().map(|step| step.into_iter().collect()).collect())
    }

    #[test]
    fn zones_come_and_go_in_one_call() {
        assert_eq!(ways(&["a1", "b1"], &["a1", "c1"]).unwrap().len(), 1);
        assert_eq!(ways(&["a1"], &["a1", "b1", "c1"]).unwrap().len(), 1);
        assert_eq!(ways(&["a1", "b1"], &["b1"]).unwrap().len(), 1);
    }

    #[test]
    fn a_subnet_is_exchanged_within_its_zone_in_two_calls() {
        assert_eq!(ways(&["a1", "b1"], &["a1", "b2"]).unwrap(), [vec!["a1"], vec!["a1", "b2"]]);
        assert_eq!(ways(&["a1", "b1"], &["b2", "c1"]).unwrap(), [vec!["c1"], vec!["b2", "c1"]]);
    }

    #[test]
    fn all_subnets_are_exchanged_without_ever_having_none() {
        assert_eq!(ways(&["a1", "b1"], &["a2", "b2"]).unwrap().len(), 4);
        assert_eq!(ways(&["a1", "b1", "c1"], &["a2", "b2", "c2"]).unwrap().len(), 4);
        assert_eq!(ways(&["a1", "b1", "c1"], &["a2", "b2"]).unwrap().len(), 4);
    }

    #[test]
    fn the_only_subnet_cannot_be_exchanged() {
        assert_eq!(ways(&["a1"], &["a2"]), None);
    }
}
