//! What AWS allows only once moves last, where a resource is made before the one that it replaces is destroyed.
//!
//! Core tells nobody that it replaces, nor in which order. So a creation that finds such a thing held by a resource of
//! its type and name begins without it, takes nothing away, and stays in mind as the heir. The destruction of that
//! other resource, which only this run can ask for in this process, is the sign: it lets the thing go, the heir takes
//! it, and only then the rest is removed. The heir's state already says so, because core has saved it by then; should
//! the destruction never come, the next refresh reads otherwise, and the plan shows it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use super::Resource;
use super::composite::{Composite, Preflight};
use super::message::Verb;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Entry, Limits, LinkName, Patience, Record, Run, converge, remove};

/// What a resource of the same type and name holds, of which AWS allows only one.
pub struct Estate<Config> {
    /// The uid of the resource that holds it.
    pub uid: String,
    /// The configuration without it, with which the new resource begins.
    pub beginning: Config,
    /// The links that move.
    pub links: Vec<LinkName>,
    /// Tells people what happens when.
    pub warning: Diagnostic,
    /// From what the new resource has made to what will be when the links have moved; none where it cannot take
    /// them, because it does not work yet.
    pub promise: Promise,
}

/// States by link.
pub type Promise = Box<dyn FnOnce(&Record) -> Option<Vec<(LinkName, Json)>> + Send + Sync>;

/// By the uid of the resource that is to be destroyed.
pub(super) type Heirs<K> = Mutex<BTreeMap<String, Heir<K>>>;

/// A resource that was made and waits for what the other one holds.
pub(super) struct Heir<K: Composite> {
    client: Arc<K::Client>,
    config: K::Config,
    resource: String,
    uid: String,
    record: Record,
    links: Vec<LinkName>,
}

impl<K: Composite> Resource<K> {
    /// Looks right before the first write. What stands in the way of a creation may be an estate: then the creation
    /// begins without it, which is looked at in its turn.
    pub(super) async fn look_for_room(
        &self,
        client: &Arc<K::Client>,
        check: Preflight<'_, K::Config>,
        resource: &str,
    ) -> (Diagnostics, Option<Estate<K::Config>>) {
        let Preflight { config, prior, record, planning, ref limits } = check;
        let limits = limits.clone();
        let found = self.last_look(client, check).await;
        let (true, None, Some(config)) = (found.has_errors(), prior, config) else { return (found, None) };
        let Some(estate) = self.estate(client, config, resource, &limits).await else { return (found, None) };
        let check = Preflight { config: Some(&estate.beginning), prior, record, planning, limits };
        (self.last_look(client, check).await, Some(estate))
    }

    /// One that cannot be looked for is none: what stands in the way is told then.
    async fn estate(
        &self,
        client: &Arc<K::Client>,
        config: &K::Config,
        resource: &str,
        limits: &Limits,
    ) -> Option<Estate<K::Config>> {
        let mut patience = Patience::looking(limits);
        loop {
            match K::estate(client, config, resource).await {
                Ok(estate) => return estate,
                Err(failure) => patience.again(failure).await.ok()?,
            }
        }
    }

    /// Keeps a new resource in mind, and completes its record with what it is promised.
    pub(super) fn await_estate(
        &self,
        estate: Estate<K::Config>,
        run: &Run<K::Client>,
        config: K::Config,
        record: &mut Record,
    ) -> Option<Diagnostic> {
        let promise = (estate.promise)(record)?;
        let heir = Heir {
            client: Arc::clone(&run.client),
            config,
            resource: run.resource.clone(),
            uid: run.uid.clone(),
            record: record.clone(),
            links: estate.links,
        };
        self.heirs.lock().unwrap_or_else(PoisonError::into_inner).insert(estate.uid, heir);
        let entries = promise.into_iter().map(|(link, state)| (link, Entry { state, generation: 0, settled: true }));
        record.links.extend(entries);
        Some(estate.warning)
    }

    /// Hands over to the heir of a resource that is about to be removed, if there is one. What could not be handed
    /// over stays in the record.
    pub(super) async fn hand_over(&self, run: &Run<K::Client>, record: &mut Record) -> Diagnostics {
        let heir = self.heirs.lock().unwrap_or_else(PoisonError::into_inner).remove(&run.uid);
        let Some(heir) = heir else { return Diagnostics::new() };
        let mut leaving = Record::default();
        for link in &heir.links {
            leaving.links.extend(record.links.remove_entry(link));
        }
        let name = K::name(&heir.config);
        let outcome = remove(run, leaving).await;
        record.links.extend(outcome.record.links.clone());
        let mut found = Self::explain(&outcome, &name, Verb::Delete);
        if found.has_errors() {
            return found;
        }
        let heirs_run = Run {
            client: heir.client,
            catalogue: Arc::clone(&self.catalogue),
            resource: heir.resource,
            uid: heir.uid,
            resumed: true,
            lease: None,
            witness: None,
            limits: run.limits.clone(),
        };
        let outcome = converge(&heirs_run, &K::chain(&heir.config), heir.record).await;
        found.extend(Self::explain(&outcome, &name, Verb::Update));
        found
    }
}
