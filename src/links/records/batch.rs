//! What one change of a composite's records sends, and how it gives way to other resources of the run.
//!
//! A record that leads to another endpoint is that one's. Where its resource has said in this run that it gives the name
//! up, the record leaves in the batch that makes ours; where it may be left for now, its resource changes it for both. See
//! `aws::names_in_transit`.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_route53::types::{ChangeAction, ResourceRecordSet};

use super::flatten::{expand, record};
use super::{RecordSpec, State, leads_to, plain};
use crate::aws::zone_change::{Found, Step};
use crate::aws::{Account, HeldName};
use crate::engine::Result;
use crate::gather::Gather as _;

type Records = BTreeMap<String, RecordSpec>;

/// One batch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Batch {
    zone_id: String,
    /// The endpoint that the own records are to lead to.
    endpoint_id: Option<String>,
    /// The one that they led to before.
    former: Option<String>,
    wanted: Records,
    have: Records,
    /// Records of others that leave in this batch.
    taken: Found,
    /// Names of those that keep theirs for now.
    left: BTreeSet<String>,
    /// What others want in the place of what goes.
    handed: Vec<(HeldName, Vec<ResourceRecordSet>)>,
}

impl Batch {
    /// A change from what is recorded to what is wanted; `None` for what is to be removed altogether.
    pub(super) fn new(account: &Account, wanted: &Records, state: &State) -> Self {
        let endpoint_id = leads_to(wanted).or_else(|| state.endpoint_id.clone());
        let stays = |key: &String, record: &RecordSpec| wanted.contains_key(key) || !state.leads_elsewhere(record);
        let have: Records = state.records.iter().filter(|(key, record)| stays(key, record)).map(owned).collect();
        account
            .names_in_transit()
            .end_waiting(&state.zone_id, &state.left.values().map(|record| plain(&record.name)).collect());
        let mut batch = Self {
            zone_id: state.zone_id.clone(),
            endpoint_id,
            former: state.endpoint_id.clone(),
            wanted: wanted.clone(),
            have,
            taken: Found::new(),
            left: BTreeSet::new(),
            handed: Vec::new(),
        };
        batch.hand_over(account);
        batch
    }

    /// Notes what others of this run want in the place of names that this batch gives up altogether.
    fn hand_over(&mut self, account: &Account) {
        let Some(former) = self.former.clone() else { return };
        let names = |records: &Records| -> BTreeSet<String> { records.values().map(|one| plain(&one.name)).collect() };
        for name in names(&self.have).difference(&names(&self.wanted)) {
            let held = HeldName::new(&self.zone_id, name, &former);
            let sets = account.names_in_transit().wanted_after(&held);
            if !sets.is_empty() {
                self.handed.push((held, sets));
            }
        }
    }

    /// Leaves out what others want; whether there was anything.
    pub(super) fn hand_over_nothing(&mut self) -> bool {
        !std::mem::take(&mut self.handed).is_empty()
    }

    /// Deletions first, because a name changes its type, or its owner, by leaving as one and coming as another.
    pub(super) fn steps(&self) -> Result<Vec<Step>> {
        let mut steps = Vec::new();
        for (_, record) in self.have.iter().filter(|(key, _)| !self.wanted.contains_key(*key)) {
            steps.push((ChangeAction::Delete, expand(record)?));
        }
        steps.extend(self.taken.values().map(|set| (ChangeAction::Delete, set.clone())));
        for (key, record) in self.wanted.iter().filter(|(_, record)| !self.left.contains(&plain(&record.name))) {
            match self.have.get(key) {
                Some(same) if same == record => {}
                Some(_) => steps.push((ChangeAction::Upsert, expand(record)?)),
                None => steps.push((ChangeAction::Create, expand(record)?)),
            }
        }
        let handed = self.handed.iter().flat_map(|(_, sets)| sets);
        steps.extend(handed.map(|set| (ChangeAction::Create, set.clone())));
        Ok(steps)
    }

    /// Gives way to what stands where wanted records are to be, as far as its owners say; whether they all do.
    pub(super) fn give_way(&mut self, account: &Account, in_the_way: &Found) -> Result<bool> {
        (self.taken, self.left) = (Found::new(), BTreeSet::new());
        for (key, set) in in_the_way {
            let found = record(set);
            let Some(endpoint_id) = found.endpoint().filter(|id| self.endpoint_id.as_deref() != Some(*id)) else {
                return Ok(false);
            };
            let held = HeldName::new(&self.zone_id, &found.name, endpoint_id);
            if account.names_in_transit().is_given_up(&held) == Some(true) {
                self.taken.insert(key.clone(), set.clone());
                continue;
            }
            let coming = self.wanted.values().filter(|record| plain(&record.name) == held.name).map(expand);
            if !account.names_in_transit().leave(&held, coming.collect::<Result<_, _>>()?) {
                return Ok(false);
            }
            self.left.insert(held.name);
        }
        // What leaves with a name that stays with its holder is not this batch's.
        let left = &self.left;
        self.taken.retain(|key, _| !left.contains(&plain(&key.name)));
        Ok(true)
    }

    /// Leaves alone what went, or went to another endpoint, since it was recorded; `shown` is what the zone has now.
    pub(super) fn let_go(&mut self, shown: &Records) {
        let own: BTreeSet<&str> = self.endpoint_id.iter().chain(&self.former).map(String::as_str).gather();
        let is_own = |record: &RecordSpec| own.is_empty() || record.endpoint().is_none_or(|id| own.contains(id));
        let wanted = &self.wanted;
        self.have.retain(|key, _| wanted.contains_key(key) || shown.get(key).is_some_and(is_own));
    }

    /// Whether the zone has what this batch begins with, as far as a list tells.
    pub(super) fn agrees_with(&self, shown: &Records) -> bool {
        self.have.iter().all(|(key, record)| shown.get(key) == Some(record))
    }

    /// Ends the transit of what this batch has passed on.
    pub(super) fn end(&self, account: &Account) {
        for (held, _) in &self.handed {
            account.names_in_transit().end(held);
        }
        for set in self.taken.values() {
            if let Some(endpoint_id) = record(set).endpoint() {
                account.names_in_transit().end(&HeldName::new(&self.zone_id, set.name(), endpoint_id));
            }
        }
    }

    /// What exists after it.
    pub(super) fn state(self, account: Option<String>, change_id: Option<String>) -> State {
        let is_left = |record: &RecordSpec| self.left.contains(&plain(&record.name));
        let (left, records) = self.wanted.into_iter().partition(|(_, record)| is_left(record));
        State { account, zone_id: self.zone_id, endpoint_id: self.endpoint_id, records, left, change_id }
    }
}

fn owned((key, record): (&String, &RecordSpec)) -> (String, RecordSpec) {
    (key.clone(), record.clone())
}

#[cfg(test)]
mod tests {
    use super::super::RecordValue;
    use super::super::diff::canonical;
    use super::*;

    fn cname(name: &str, value: &str) -> RecordSpec {
        let value = RecordValue::Cname { value: value.into(), ttl_seconds: 60 };
        RecordSpec { name: name.into(), kind: "CNAME".into(), value }
    }

    fn alias(name: &str, target: &str) -> RecordSpec {
        let value = RecordValue::Alias {
            dns_name: target.into(),
            zone_id: "Z38GZ743OKFT7T".into(),
            evaluate_target_health: false,
        };
        RecordSpec { name: name.into(), kind: "A".into(), value }
    }

    fn map(records: &[RecordSpec]) -> Records {
        canonical(&records.iter().map(|record| (record.key(), record.clone())).collect())
    }

    fn batch(wanted: &[RecordSpec], have: &[RecordSpec]) -> Batch {
        Batch {
            zone_id: "Z1".into(),
            endpoint_id: None,
            former: None,
            wanted: map(wanted),
            have: map(have),
            taken: Found::new(),
            left: BTreeSet::new(),
            handed: Vec::new(),
        }
    }

    fn actions(batch: &Batch) -> Vec<String> {
        let steps = batch.steps().unwrap();
        let words = steps.iter().map(|(action, set)| {
            let target = set.alias_target().map(|alias| alias.dns_name().to_owned());
            let target = target.unwrap_or_else(|| set.resource_records()[0].value().to_owned());
            format!("{} {} {} {target}", action.as_str(), set.name(), set.r#type().as_str())
        });
        words.collect()
    }

    #[test]
    fn the_first_write_creates_and_never_overwrites() {
        let batch = batch(&[alias("a.example.dev", "x"), cname("b.example.dev", "y")], &[]);
        assert_eq!(actions(&batch), ["CREATE a.example.dev A x", "CREATE b.example.dev CNAME y"]);
    }

    #[test]
    fn an_update_touches_only_what_differs_and_deletes_first() {
        let have = [alias("a.example.dev", "x"), alias("b.example.dev", "x"), alias("c.example.dev", "x")];
        let wanted = [alias("a.example.dev", "x"), alias("b.example.dev", "y"), cname("c.example.dev", "x")];
        let expected = ["DELETE c.example.dev A x", "UPSERT b.example.dev A y", "CREATE c.example.dev CNAME x"];
        assert_eq!(actions(&batch(&wanted, &have)), expected);
    }

    #[test]
    fn names_pass_in_one_batch_in_which_all_that_goes_goes_first() {
        let mut batch = batch(&[cname("a.example.dev", "own")], &[cname("b.example.dev", "own")]);
        let theirs = cname("a.example.dev", "vpce-0b.vpce-svc-01.us-east-1.vpce.amazonaws.com");
        let found = (crate::aws::RecordKey::new(&theirs.name, "CNAME"), expand(&theirs).unwrap());
        batch.taken = Found::from([found]);
        batch.handed = vec![(
            HeldName::new("Z1", "b.example.dev", "vpce-0a"),
            vec![expand(&cname("b.example.dev", "next")).unwrap()],
        )];
        let expected = [
            "DELETE b.example.dev CNAME own",
            "DELETE a.example.dev CNAME vpce-0b.vpce-svc-01.us-east-1.vpce.amazonaws.com",
            "CREATE a.example.dev CNAME own",
            "CREATE b.example.dev CNAME next",
        ];
        assert_eq!(actions(&batch), expected);
        assert!(batch.hand_over_nothing() && !batch.hand_over_nothing());
        assert_eq!(actions(&batch), expected[..3]);
    }

    #[test]
    fn what_was_left_is_not_made_and_stays_in_mind() {
        let mut batch = batch(&[cname("a.example.dev", "own"), cname("b.example.dev", "own")], &[]);
        batch.left.insert("b.example.dev".to_owned());
        assert_eq!(actions(&batch), ["CREATE a.example.dev CNAME own"]);
        let state = batch.state(None, None);
        assert_eq!((state.records.len(), state.left.len(), state.all().len()), (1, 1, 2));
    }

    #[test]
    fn what_leads_to_another_endpoint_by_now_is_not_deleted() {
        let to = |name: &str, endpoint: &str| {
            cname(name, &format!("{endpoint}-abcd1234.vpce-svc-01.us-east-1.vpce.amazonaws.com"))
        };
        let mut batch = batch(&[], &[to("a.example.dev", "vpce-0a"), to("b.example.dev", "vpce-0a")]);
        batch.former = Some("vpce-0a".to_owned());
        batch.let_go(&map(&[to("a.example.dev", "vpce-0b"), to("b.example.dev", "vpce-0a")]));
        assert_eq!(batch.have, map(&[to("b.example.dev", "vpce-0a")]));
    }
}
