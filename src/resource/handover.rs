//! What AWS allows only once moves last, where a resource is made before the one that it replaces is destroyed.
//!
//! Core tells nobody that it replaces, nor in which order. So a creation that finds such a thing held by a resource of
//! its type and name begins without it, takes nothing away, and stays in mind as the successor. The destruction of that
//! other resource, which only this run can ask for in this process, is the sign: it lets the thing go, or passes it on
//! as it is, the successor takes it, and only then the rest is removed. The successor's state already says so, because core has
//! saved it by then; should the destruction never come, the next refresh reads otherwise, and the plan shows it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use super::Resource;
use super::access::Access;
use super::composite::{Composite, Preflight};
use super::kind::{Config, Of, look};
use super::message::Verb;
use super::server::BoxFuture;
use super::state::Stored;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Chain, Entry, Failure, Limits, LinkName, Record, Retry, Run, Step, converge, preview, remove};
use crate::value::{Attr, Value};

/// What a resource of the same type and name holds, of which AWS allows only one.
pub struct Handover<Wanted> {
    /// The uid of the resource that holds it.
    pub uid: String,
    /// The configuration without it, with which the new resource begins.
    pub beginning: Wanted,
    /// The links that the other one gives up, and that the new one makes anew.
    pub links: Vec<LinkName>,
    /// Links whose objects, and those of what belongs to them, pass from one to the other as they are.
    pub objects: Vec<LinkName>,
    /// Tells people what happens when.
    pub warning: Diagnostic,
    /// From what the new resource has made to what it then takes over or finds; none where it cannot take it, because
    /// it does not work yet. Objects that pass are as they are now, or as little of them as is known.
    pub planned_states: PlannedStates,
}

/// States by link.
pub type PlannedStates = Box<dyn FnOnce(&Record) -> Option<Vec<(LinkName, Json)>> + Send + Sync>;

/// States of resources by their uids, as far as this process has seen them.
pub(super) type Seen = Mutex<BTreeMap<String, Value>>;

/// By the uid of the resource that is to be destroyed.
pub(super) type Successors<C> = Mutex<BTreeMap<String, Successor<C>>>;

/// A resource that was made and waits for what the other one holds.
pub(super) struct Successor<C> {
    client: Arc<C>,
    config: Config,
    resource: String,
    uid: String,
    record: Record,
    links: Vec<LinkName>,
    objects: Vec<LinkName>,
}

/// What is written by hand for a composite of which AWS allows something only once.
///
/// [`Composite::handovers`] names it.
pub trait Handovers: Composite {
    /// What a resource of the same name holds of which AWS allows only one, so that a creation with this
    /// configuration has to begin without it. Asked where something stands in the way of the creation.
    fn handover<'a>(
        client: &'a Self::Client,
        config: &'a Self::Config,
        resource: &'a str,
    ) -> impl Future<Output = Result<Option<Handover<Self::Config>>, Failure>> + Send + 'a;

    /// Takes out of the record of a resource that is to be removed what another one has taken over.
    fn forget_taken_over(record: &mut Record, uid: &str);
}

/// The [`Handovers`] of a composite of any type.
pub struct AnyHandovers<C>(pub(super) Arc<dyn HandsOver<C>>);

impl<C: 'static> AnyHandovers<C> {
    /// Those of this type.
    pub fn of<K: Handovers<Client = C>>() -> Self {
        Self(Arc::new(Of::<K>::new()))
    }
}

/// The functions of [`Handovers`] under the same names, for a caller that does not know the type.
pub(super) trait HandsOver<C>: Send + Sync {
    fn handover<'a>(
        &'a self,
        client: &'a C,
        config: &'a Config,
        resource: &'a str,
    ) -> BoxFuture<'a, Result<Option<Handover<Config>>, Failure>>;
    fn forget_taken_over(&self, record: &mut Record, uid: &str);
}

impl<K: Handovers> HandsOver<K::Client> for Of<K> {
    fn handover<'a>(
        &'a self,
        client: &'a K::Client,
        config: &'a Config,
        resource: &'a str,
    ) -> BoxFuture<'a, Result<Option<Handover<Config>>, Failure>> {
        look::<K, _, _>(config, move |config| async move {
            Ok(K::handover(client, config, resource).await?.map(|handover| handover.beginning_with(Config::new)))
        })
    }

    fn forget_taken_over(&self, record: &mut Record, uid: &str) {
        K::forget_taken_over(record, uid);
    }
}

impl<Wanted> Handover<Wanted> {
    /// The same with its configuration written in another way.
    pub(super) fn beginning_with<T>(self, write: impl FnOnce(Wanted) -> T) -> Handover<T> {
        let Self { uid, beginning, links, objects, warning, planned_states } = self;
        Handover { uid, beginning: write(beginning), links, objects, warning, planned_states }
    }
}

impl<C: Access> Resource<C> {
    /// What must exist for a resource of this uid.
    pub(super) fn chain_of(&self, config: &Config, uid: Option<&str>) -> Chain<C> {
        let Some(uid) = uid else { return self.kind.chain(config) };
        let mut owned = config.clone();
        self.kind.own(&mut owned, uid);
        self.kind.chain(&owned)
    }

    /// Looks right before the first write. What stands in the way of a creation may be held by another resource that hands it over: then the creation
    /// begins without it, which is looked at in its turn.
    pub(super) async fn look_for_room(
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
    pub(super) async fn find_handover(
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
    pub(super) fn await_handover(
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
    pub(super) fn has_seen(&self, uid: &str) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).contains_key(uid)
    }

    /// Keeps in mind what a resource holds.
    pub(super) fn keep_in_mind(&self, state: &Value) {
        if let Ok(Stored { uid: Some(uid), .. }) = Stored::read(state) {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(uid, state.clone());
        }
    }

    /// Hands over to the successor of a resource that is about to be removed, if there is one. What could not be handed
    /// over stays in the record.
    pub(super) async fn hand_over(&self, run: &Run<C>, record: &mut Record) -> Diagnostics {
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
        let heirs_run = Run {
            client: successor.client,
            catalogue: Arc::clone(&self.catalogue),
            resource: successor.resource,
            uid: successor.uid,
            resumed: true,
            lead_tag: None,
            progress: None,
            stale_until: None,
            limits: run.limits.clone(),
            rounds: run.rounds.clone(),
        };
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
