//! The handover itself: a successor begins without what is held, is kept in mind, and takes it when its predecessor goes.

use std::sync::{Arc, PoisonError};

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Chain, Entry, Limits, LinkName, Record, Retry, Run, Step, converge, preview, remove};
use crate::resource::Resource;
use crate::resource::access::Access;
use crate::resource::composite::Preflight;
use crate::resource::decoded::Config;
use crate::resource::hands_over::{Handover, Successor};
use crate::resource::message::Verb;
use crate::resource::state::Stored;
use crate::value::{Attr, Value};

impl<C: Access> Resource<C> {
    /// What must exist for a resource of this uid.
    pub(in crate::resource) fn chain_of(&self, config: &Config, uid: Option<&str>) -> Chain<C> {
        let Some(uid) = uid else { return self.kind.chain(config) };
        let mut owned = config.clone();
        self.kind.own(&mut owned, uid);
        self.kind.chain(&owned)
    }

    /// Looks right before the first write. What stands in the way of a creation may be held by another resource that hands it over: then the creation
    /// begins without it, which is looked at in its turn.
    pub(in crate::resource) async fn look_for_room(
        &self,
        client: &Arc<C>,
        check: Preflight<'_, Config>,
        resource: &str,
    ) -> (Diagnostics, Option<Handover<Config>>) {
        let Preflight { config, prior, record, planning, replacing, ref limits } = check;
        let limits = limits.clone();
        let found = self.last_look(client, check).await;
        let (true, None, Some(config)) = (found.has_errors(), prior, config) else { return (found, None) };
        let Some(handover) = self.find_handover(client, config, resource, &limits).await else { return (found, None) };
        let check = Preflight { config: Some(&handover.beginning), prior, record, planning, replacing, limits };
        (self.last_look(client, check).await, Some(handover))
    }

    /// One that cannot be looked for is none: what stands in the way is told then.
    pub(in crate::resource) async fn find_handover(
        &self,
        client: &Arc<C>,
        config: &Config,
        resource: &str,
        limits: &Limits,
    ) -> Option<Handover<Config>> {
        let handovers = self.handovers.as_ref()?;
        let mut retry = Retry::reading(limits);
        loop {
            match handovers.handover(client, config, resource).await {
                Ok(handover) => return handover,
                Err(failure) => retry.again(failure).await.ok()?,
            }
        }
    }

    /// Keeps a new resource in mind, and completes its record with what it is planned_record.
    pub(in crate::resource) fn await_handover(
        &self,
        handover: Handover<Config>,
        run: &Run<C>,
        config: Config,
        record: &mut Record,
    ) -> Option<Diagnostic> {
        let uid = Some(run.uid.as_str());
        let planned_record =
            self.planned_record(&handover.uid, &handover.objects, (handover.planned_states)(record)?, record);
        let planned_record = foreseen(&self.chain_of(&config, uid), record, planned_record)?;
        let successor = Successor {
            client: Arc::clone(&run.client),
            config,
            resource: run.resource.clone(),
            uid: run.uid.clone(),
            record: record.clone(),
            links: handover.links,
            objects: handover.objects,
        };
        self.successors.lock().unwrap_or_else(PoisonError::into_inner).insert(handover.uid, successor);
        record.links.extend(planned_record);
        Some(handover.warning)
    }

    /// The record of a new resource when the objects have passed and before anything is done about them: the other
    /// one's own entries where this process has seen them.
    fn planned_record(
        &self,
        uid: &str,
        objects: &[LinkName],
        states: Vec<(LinkName, Json)>,
        record: &Record,
    ) -> Record {
        let mut ahead = record.clone();
        let fresh = states.into_iter().map(|(link, state)| (link, Entry { state, generation: 0, settled: true }));
        ahead.links.extend(fresh);
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.get(uid).and_then(|state| Stored::read(state).ok()).unwrap_or_default();
        let entries = seen.record.links.iter();
        let passing = entries.filter(|(link, _)| passes(link, objects));
        ahead.links.extend(passing.map(|(link, entry)| (link.clone(), Entry { settled: true, ..entry.clone() })));
        ahead
    }

    /// Whether a state that this process has seen names this uid.
    pub(in crate::resource) fn has_seen(&self, uid: &str) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).contains_key(uid)
    }

    /// Keeps in mind what a resource holds.
    pub(in crate::resource) fn keep_in_mind(&self, state: &Value) {
        if let Ok(Stored { uid: Some(uid), .. }) = Stored::read(state) {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(uid, state.clone());
        }
    }

    /// Hands over to the successor of a resource that is about to be removed, if there is one. What could not be handed
    /// over stays in the record.
    pub(in crate::resource) async fn hand_over(&self, run: &Run<C>, record: &mut Record) -> Diagnostics {
        let successor = self.successors.lock().unwrap_or_else(PoisonError::into_inner).remove(&run.uid);
        let Some(mut successor) = successor else { return Diagnostics::new() };
        let mut leaving = Record::default();
        for link in &successor.links {
            leaving.links.extend(record.links.remove_entry(link));
        }
        let name = self.kind.name(&successor.config);
        let outcome = remove(run, leaving).await;
        record.links.extend(outcome.record.links.clone());
        let mut found = self.explain(&outcome, &name, Verb::Delete);
        if found.has_errors() {
            return found;
        }
        let passing = record.links.extract_if(.., |link, _| passes(link, &successor.objects));
        successor.record.links.extend(passing);
        let chain = self.chain_of(&successor.config, Some(&successor.uid));
        let heirs_run = self.run(successor.client, successor.resource, successor.uid, run.limits.clone());
        let heirs_run = Run { resumed: true, ..heirs_run };
        let outcome = converge(&heirs_run, &chain, successor.record).await;
        found.extend(self.explain(&outcome, &name, Verb::Update));
        found
    }
}

/// Whether the object of a link passes with one of these.
fn passes(link: &LinkName, objects: &[LinkName]) -> bool {
    objects.iter().any(|passing| link.is_at_or_below(passing))
}

/// What the handover will add to a record, as the engine foresees it; none where it cannot be told.
fn foreseen<C: Send + Sync + 'static>(
    chain: &Chain<C>,
    record: &Record,
    mut ahead: Record,
) -> Option<Vec<(LinkName, Entry)>> {
    let outlook = preview(chain, &ahead);
    let mut added = Vec::new();
    for (link, step) in &outlook.steps {
        if record.links.contains_key(link) || *step == Step::Delete {
            continue;
        }
        let (Step::Keep | Step::Update(_), Attr::Known(state)) = (step, outlook.view.json(link)) else { return None };
        let entry = ahead.links.remove(link)?;
        added.push((link.clone(), Entry { state: state.clone(), ..entry }));
    }
    Some(added)
}
