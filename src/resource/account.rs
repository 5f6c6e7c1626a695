//! Whose objects a state names, and whether the credentials of this run are theirs.
//!
//! With credentials of another account every read finds nothing, so a refresh would forget what still exists, and a
//! destroy would end without having removed it. The account stands in the ARNs that are recorded.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::Resource;
use super::access::Access;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{LinkName, Record};
use crate::gather::Gather as _;

/// What a recorded state says of the account that its object is in: each kind of object says some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Place {
    /// The peer whose credentials see the object.
    account: Option<String>,
    arn: Option<String>,
    /// A connection has no ARN, and belongs to the service's owner.
    service_owner: Option<String>,
    connection_id: Option<String>,
    endpoint_id: Option<String>,
    /// Nor has a zone of a peer, or a record in it.
    owner_id: Option<String>,
    zone_id: Option<String>,
}

impl Place {
    fn of(state: &Json) -> Self {
        Self::deserialize(state).unwrap_or_default()
    }

    fn holder(self) -> Option<Holder> {
        let of_arn = self.arn.and_then(|arn| Some((arn.split(':').nth(4)?.to_owned(), arn)));
        let of_service = self.service_owner.zip(self.connection_id.or(self.endpoint_id));
        let of_zone = self.owner_id.zip(self.zone_id.map(|zone_id| format!("hosted zone {zone_id}")));
        let (account_id, object) = of_arn.or(of_service).or(of_zone)?;
        let is_id = account_id.len() == 12 && account_id.bytes().all(|digit| digit.is_ascii_digit());
        is_id.then_some(Holder { account_id, object })
    }
}

/// An account by its id, and an object of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Holder {
    account_id: String,
    object: String,
}

impl<C: Access> Resource<C> {
    /// Refuses credentials of another account than the one that the recorded objects are of, the provider's own and those
    /// of peers alike. Where an account is not known, nothing is refused.
    pub(super) async fn check_accounts(&self, client: &C, record: &Record, name: &str) -> Result<(), Diagnostics> {
        let mut found = Diagnostics::new();
        for (peer, holder) in holders(record) {
            let id = match client.account_id(peer.as_deref()).await {
                Ok(Some(id)) => id,
                Ok(None) => continue,
                Err(failure) => {
                    tracing::debug!(%failure, "whose credentials these are is not known");
                    continue;
                }
            };
            if id != holder.account_id {
                found.push(refusal(self.noun(), name, peer.as_deref(), &holder, &id));
            }
        }
        if found.has_errors() { Err(found) } else { Ok(()) }
    }
}

fn refusal(noun: &str, name: &str, peer: Option<&str>, holder: &Holder, id: &str) -> Diagnostic {
    let Holder { account_id, object } = holder;
    let (whose, where_to) = match peer {
        None => ("The credentials of this run".to_owned(), "profile, assume_role or the environment".to_owned()),
        Some(peer) => (format!("The credentials of peer_account {peer:?}"), format!("the peer_account {peer:?}")),
    };
    let detail = format!(
        "{object} of the {noun} {name:?} is in account {account_id}. {whose} are of account {id}, which sees nothing of \
         it: a refresh would forget what still exists.\n\nNothing was changed.\nWhat to do: use credentials of account \
         {account_id} ({where_to}). If the {noun} is to be in account {id} from now on, destroy it with the credentials of \
         {account_id} first; or remove it from this state with \"terraform state rm\", which leaves its objects where they \
         are, and apply again."
    );
    Diagnostic::error(format!("Credentials of another account: {id} instead of {account_id}"), detail)
}

/// The account of the anchor: as its own entry tells it, or other objects that the same credentials see.
pub(super) fn of_anchor(record: &Record, anchor: &str) -> Option<String> {
    let place = record.links.get(&LinkName::from(anchor)).map(|entry| Place::of(&entry.state)).unwrap_or_default();
    let peer = place.account.clone();
    let holder = place.holder().or_else(|| holders(record).remove(&peer));
    holder.map(|holder| holder.account_id)
}

/// The account of each set of credentials, as the recorded objects tell it, by the peer's name.
fn holders(record: &Record) -> BTreeMap<Option<String>, Holder> {
    let live = record.links.values().map(|entry| &entry.state);
    let states = live.chain(record.retired.iter().map(|old| &old.state));
    let places = states.map(Place::of);
    places.filter_map(|place| Some((place.account.clone(), place.holder()?))).gather()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::Entry;

    #[test]
    fn accounts_stand_in_arns_and_beside_connections() {
        let mut record = Record::default();
        let states = [
            ("security_group", json!({"id": "sg-1", "arn": "arn:aws:ec2:us-east-1:222222222222:security-group/sg-1"})),
            ("zone", json!({"zone_id": "Z1", "account": "dns"})),
            ("connection", json!({"account": "service", "service_owner": "111111111111", "endpoint_id": "vpce-1"})),
            ("names", json!({"account": "names", "owner_id": "333333333333", "zone_id": "Z2"})),
            ("other", json!({"arn": "not an arn"})),
        ];
        for (link, state) in states {
            record.links.insert(link.into(), Entry { state, generation: 0, settled: true });
        }
        let ids: BTreeMap<_, _> =
            holders(&record).into_iter().map(|(peer, holder)| (peer, holder.account_id)).collect();
        let expected = [(None, "222222222222"), (Some("names"), "333333333333"), (Some("service"), "111111111111")];
        assert_eq!(ids, expected.map(|(peer, id)| (peer.map(str::to_owned), id.to_owned())).into());
    }

    #[test]
    fn both_accounts_and_both_ways_on_are_told() {
        let holder = Holder { account_id: "1".repeat(12), object: "vpce-1".into() };
        let told = refusal("consumer", "orders", None, &holder, "222222222222");
        for words in ["111111111111", "222222222222", "vpce-1", "Nothing was changed", "state rm"] {
            assert!(told.detail.contains(words), "{}", told.detail);
        }
        assert!(refusal("consumer", "orders", Some("dns"), &holder, "2").detail.contains("peer_account \"dns\""));
    }
}
