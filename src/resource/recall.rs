//! A state that lost parts of the provider's memory, by an edit or an older build: what AWS knows is asked for again.
//!
//! The id of the anchor leads to everything else, as in an import, and its owner tags hold the uid. Without this a
//! refresh would take a resource without a record for one that is gone, and the next apply would make a second one.

use std::sync::Arc;

use super::access::Access;
use super::composite::Discovered;
use super::message::look_failed;
use super::state::Stored;
use super::timeouts::READ_TIMEOUT;
use super::{ImportId, Resource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{LinkName, Retry};
use crate::value::{Path, Value};

/// The key of the owner tag that holds the uid.
const UID_TAG: &str = "privatelink:uid";

/// Returns the id of an anchor that a state names and whose entry its record has lost. One that is gone leaves its
/// generation in the record.
fn lost_anchor<'a>(state: &'a Value, stored: &Stored, anchor: &str) -> Option<&'a str> {
    let anchor = LinkName::from(anchor);
    let record = &stored.record;
    let known = record.links.contains_key(&anchor)
        || record.last.contains_key(&anchor)
        || record.retired.iter().any(|old| old.link == anchor)
        || record.uncertain_creates.iter().any(|uncertain| uncertain.link == anchor);
    state.get("id").as_str().filter(|_| !known)
}

/// Refuses a state whose record does not hold the object that its id names: a plan would make everything again.
pub(super) fn check_record(state: &Value, stored: &Stored, anchor: &str) -> Result<(), Diagnostic> {
    let Some(id) = lost_anchor(state, stored, anchor) else { return Ok(()) };
    let detail = format!(
        "The state names {id}, and its record does not hold it: the state was edited, written by another build, or has \
         just been moved from another resource type. Nothing was changed. Plan with a refresh (without -refresh=false), which finds again what belongs to {id}."
    );
    Err(Diagnostic::error("Incomplete state", detail).at(Path::attribute(super::state::RECORD)))
}

impl<C: Access> Resource<C> {
    /// Completes what a state says exists.
    pub(super) async fn recall(&self, state: &Value, stored: &mut Stored) -> Result<(), Diagnostics> {
        if let Some(anchor) = lost_anchor(state, stored, self.facts.anchor) {
            let client = self.client(state).await?;
            let peers = if self.facts.held_by_peers { self.kind.peers(&self.decode(state)?) } else { Vec::new() };
            let Discovered { record, uid, .. } = self
                .discover(&client, ImportId { peer: peers.first().map(String::as_str), ..ImportId::own(anchor, None) })
                .await?;
            // What carries other owner tags, or none, is not ours until an apply describes it.
            let is_ours = uid.is_some() && (stored.uid.is_none() || stored.uid == uid);
            for (link, entry) in record.links {
                if !stored.record.links.contains_key(&link) {
                    if !is_ours {
                        stored.imported.insert(link.clone());
                    }
                    stored.record.links.insert(link, entry);
                }
            }
            stored.uid = stored.uid.take().or(uid);
        } else if stored.uid.is_none()
            && let Ok(config) = self.decode(state)
            && let Some(uid) = self.kind.uid(&config)
        {
            // Its anchor may carry another composite's.
            stored.uid = Some(uid);
        } else if self.recovery.is_some()
            && stored.uid.is_none()
            && let Some(anchor) = stored.record.links.get(&LinkName::from(self.facts.anchor))
            && let Some(id) = anchor.id()
        {
            let client = self.client(state).await?;
            stored.uid = self.uid_of(&client, &id).await?;
        }
        Ok(())
    }

    async fn uid_of(&self, client: &Arc<C>, id: &str) -> Result<Option<String>, Diagnostics> {
        let limits = self.limits(READ_TIMEOUT);
        let mut retry = Retry::reading(&limits);
        loop {
            match limits.over(client.tags(id)).await {
                Ok(tags) => return Ok(tags.get(UID_TAG).cloned()),
                Err(failure) => {
                    retry.again(failure).await.map_err(|failure| look_failed(self.noun(), &failure))?;
                }
            }
        }
    }
}
