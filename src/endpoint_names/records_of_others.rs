//! Records of others where ours are to stand, looked at before a change: they are never written over, and pass where their
//! resource gives them up in the same run.

use std::collections::BTreeSet;
use std::time::Duration;

use super::blocks::DnsBlock;
use super::chain::RECORDS;
use super::conflicts::Conflicts;
use super::record_names::full_name;
use crate::aws::{Account, HeldName, RecordKey, tags};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Class, Result, View};
use crate::gather::Gather as _;
use crate::links::{endpoint, existing_zone, records};
use crate::value::{Attr, Path};

/// Last part of the names of all endpoints.
const ENDPOINTS: &str = ".vpce.amazonaws.com";
/// For so long the holder of a name is listened to, which may be planned or applied beside.
const HEARD_WITHIN: Duration = Duration::from_secs(2);

impl Conflicts<'_> {
    /// Records of others where ours are to stand: they are never written over.
    pub(super) async fn records(
        &self,
        dns: &DnsBlock,
        zone: &existing_zone::State,
        found: &mut Diagnostics,
    ) -> Result<()> {
        let view = View::of(self.record);
        let links = self.record.links.keys().filter(|link| link.kind() == RECORDS);
        let recorded = links.filter_map(|link| view.state::<records::State>(link.as_str()).known().cloned());
        let ours: BTreeSet<String> = recorded
            .filter(|recorded| recorded.zone_id == zone.zone_id)
            .flat_map(|recorded| recorded.records.into_values().map(|record| record.name))
            .gather();
        let blocks = dns.record.known().into_iter().flatten();
        let names = blocks.filter(|block| block.zonal != Attr::Known(true)).filter_map(|block| block.name.known());
        let names: BTreeSet<String> = names.map(|name| full_name(name, &zone.name)).gather();
        let keys = names.iter().filter(|name| !ours.contains(*name));
        let keys: BTreeSet<RecordKey> =
            keys.flat_map(|name| ["A", "AAAA", "CNAME"].map(|kind| RecordKey::new(name, kind))).gather();
        if keys.is_empty() {
            return Ok(());
        }
        let account = self.client.account(zone.account.as_deref())?;
        for (key, says) in account.what_records_say(&zone.zone_id, &keys).await? {
            if self.holder.dns_names.contains(says.as_str()) {
                // Of an apply that was killed; this one takes it up.
                continue;
            }
            found.extend(self.record_of_another(account, &zone.zone_id, &key, &says).await?);
        }
        Ok(())
    }

    /// What to say of a record that another resource has: nothing where that one gives it up in this run.
    async fn record_of_another(
        &self,
        account: &Account,
        zone_id: &str,
        key: &RecordKey,
        says: &str,
    ) -> Result<Diagnostics> {
        let held = endpoint::id_in(says).map(|endpoint_id| HeldName::new(zone_id, &key.name, endpoint_id));
        let word = match &held {
            Some(held) => account.names_in_transit().hear(held, HEARD_WITHIN).await,
            None => None,
        };
        if word == Some(true) {
            return Ok(Diagnostics::new());
        }
        let (name, kind, path) = (&key.name, &key.kind, Path::attribute("dns"));
        if !self.planning {
            if let (Some(held), None) = (held, word)
                && let Some(holder) = self.other_consumer(&held.endpoint_id).await?
            {
                let detail = format!(
                    "Zone {zone_id} has {name} {kind} already, which leads to {} of {holder}. It stays there until that \
                     consumer gives the name up, and leads here from that very change on: next in this apply, where its \
                     configuration no longer has the name or it is destroyed. Where nothing in this apply gives the name up, \
                     the next plan shows that the record is missing here.",
                    held.endpoint_id
                );
                account.names_in_transit().let_leave(held);
                return Ok(Diagnostic::warning("Record moves last", detail).at(path).into());
            }
            let detail = format!(
                "Zone {zone_id} has {name} {kind} already, which says {says}. Records of others are never written over: \
                 remove it, or choose another name. A record passes from one consumer to another where one run takes it \
                 out of the first and into the second. With create_before_destroy records pass only from a consumer with \
                 the same name argument; from any other one leave create_before_destroy out.\n\nNothing was changed."
            );
            return Ok(Diagnostic::error("Record exists", detail).at(path).into());
        }
        let told = if says.ends_with(ENDPOINTS) {
            let detail = format!(
                "Zone {zone_id} has {name} {kind} already, which leads to {says}. That is right if this plan replaces or \
                 removes it, or takes the name out of the consumer that has it; else the apply does not touch it, because \
                 records of others are never written over."
            );
            Diagnostic::warning("Record that may stand in the way", detail).at(path)
        } else {
            let detail = format!(
                "Zone {zone_id} has {name} {kind} already, which says {says}. Records of others are never written over: \
                 remove it, or choose another name."
            );
            Diagnostic::error("Record exists", detail).at(path)
        };
        Ok(told.into())
    }

    /// The consumer of this provider that an endpoint is of, in words. None for one of a stranger, and for the one that this
    /// creation may be about to replace (`resource::handover`).
    async fn other_consumer(&self, endpoint_id: &str) -> Result<Option<String>> {
        let carried = match self.own()?.ec2_tags(endpoint_id).await {
            Ok(carried) => carried,
            Err(failure) if failure.class == Class::Denied => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let is_in_creation = tags::is_in_creation(&carried);
        let Some(holder) = carried.get(tags::RESOURCE).filter(|_| carried.contains_key(tags::UID)) else {
            return Ok(None);
        };
        let may_be_replaced = self.holder.is_new && *holder == self.holder.resource;
        Ok((!is_in_creation && !may_be_replaced).then(|| holder.replacen('/', " ", 1)))
    }
}
