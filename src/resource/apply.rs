//! Apply: create, update and destroy are one run of the engine each, and always return what exists.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use super::access::Access;
use super::composite::Preflight;
use super::decoded::Config;
use super::memory;
use super::message::{Subject, Verb, diagnostics, look_failed, mark_failed};
use super::objections::{self, Applied};
use super::plan::overlay;
use super::plan_note::PlanNote;
use super::recoverable::Recoverable;
use super::replacement::Predecessor;
use super::run_tag::{self, Before, Creation, Update};
use super::state::{RECORD, Stored, null_unknowns, vacated};
use super::timeouts::timeout;
use super::{ApplyRequest, ApplyResponse, Resource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{
    Chain, Deadline, Failure, Limits, Orphan, Outcome, Record, Retired, Run, View, clear, converge, make_way, preview,
    remove,
};
use crate::gather::Gather as _;
use crate::schema::{Block, Presence};
use crate::value::Value;

/// What a creation or an update starts from.
struct Prepared<C> {
    stored: Stored,
    recorded: Option<Config>,
    config: Config,
    client: Arc<C>,
}

impl<C: Access> Resource<C> {
    /// Makes the plan true. See [`super::ResourceServer::apply`].
    pub(super) async fn change(&self, request: ApplyRequest) -> ApplyResponse {
        let ApplyRequest { prior, planned, config, private } = request;
        let note = PlanNote::read(&private);
        let (state, diagnostics) = if planned.is_null() {
            self.destroy(&prior, &note).await
        } else {
            let (state, found) = self.create_or_update(&prior, &planned).await;
            let found = if prior.is_null() { self.removed.corrected(&self.name_of(&planned), found) } else { found };
            (state, found)
        };
        self.keep_in_mind(&state);
        let is_done = !planned.is_null() && !diagnostics.has_errors();
        self.note_birth(&state, prior.is_null() && is_done).await;
        if prior.is_null() && is_done {
            self.remember_made(&planned);
            self.removed.forget(&self.name_of(&planned));
        }
        let applied = if is_done { Some(Applied::of(&self.block(), &config)) } else { note.applied };
        let client = if state.is_null() { None } else { self.client(&state).await.ok() };
        let private = memory::written(client.and_then(|client| client.now()), applied.as_ref());
        ApplyResponse { state, private, diagnostics }
    }

    /// Reads what an apply starts from, and refuses what must not be applied, before the first write.
    async fn prepare(&self, prior: &Value, planned: &Value) -> Result<Prepared<C>, Diagnostics> {
        let stored = Stored::read(prior)?;
        let recorded = if prior.is_null() { None } else { Some(self.decode(prior)?) };
        self.check_keys(planned)?;
        let mut config = self.decode(planned)?;
        self.kind.derive(&mut config);
        self.objections.take(&objections::key(prior, &self.kind.name(&config)), planned)?;
        let client = self.client(planned).await?;
        self.check_accounts(&client, &stored.record, &self.kind.name(&config)).await?;
        Ok(Prepared { stored, recorded, config, client })
    }

    /// Marks that an update begins which may leave what nothing recorded leads to; `None` where it cannot.
    async fn begin_update(
        &self,
        (client, limits): (&Arc<C>, &Limits),
        (planned, config): (&Value, &Config),
        chain: &Chain<C>,
        (kept, before): (&Record, &Record),
    ) -> Result<Option<Update<C>>, Diagnostics> {
        let Some(recovery) = &self.recovery else { return Ok(None) };
        // A creation is marked here only where an object that was there before carries the tag.
        if before.is_empty() && recovery.tagging(config).bearer.is_none() {
            return Ok(None);
        }
        let may_leave = |record: &Record| run_tag::leaves_orphans(recovery.kinds(), &preview(chain, record));
        if !may_leave(kept) {
            return Ok(None);
        }
        // With all that a plan foresees: what is only looked at makes nothing.
        let mut foreseen = kept.clone();
        self.foresee(planned.get("region"), config, &mut foreseen).await?;
        if !may_leave(&foreseen) {
            return Ok(None);
        }
        let update = Update::read(recovery, client, limits, before, config).await;
        let update = update.map_err(|failure| look_failed(self.noun(), &failure))?;
        if let Some(update) = &update {
            update.begin().await.map_err(|failure| mark_failed(self.noun(), &failure))?;
        }
        Ok(update)
    }

    async fn create_or_update(&self, prior: &Value, planned: &Value) -> (Value, Diagnostics) {
        let Prepared { stored, recorded, mut config, client } = match self.prepare(prior, planned).await {
            Ok(prepared) => prepared,
            Err(diagnostics) => return (prior.clone(), diagnostics),
        };
        self.kind.announce(&client, &stored.record, Some(&config));
        let known_uid = stored.uid.clone();
        let (chain, recorded_before) = (self.chain_of(&config, known_uid.as_deref()), stored.record.clone());
        let kept = stored.aligned(|record, imported| self.kind.align(&config, record, imported));
        let kept = kept.without_released(&chain, self.facts.settings);
        let verb = if prior.is_null() { Verb::Create } else { Verb::Update };
        let name = self.kind.name(&config);
        let resource = format!("{}/{name}", self.noun());
        let limits = self.limits(timeout(planned, if verb == Verb::Create { "create" } else { "update" }));
        // Where an object that was there before carries the tag, a creation is tagged as an update is.
        let leads = |recovery: &&Arc<dyn Recoverable<C>>| recovery.tagging(&config).bearer.is_none();
        let recovery = self.recovery.as_ref().filter(leads).filter(|_| verb == Verb::Create);
        let creation = recovery.map(|recovery| Creation::new(recovery, &client, &limits, &config, &resource));
        let mut before = match &creation {
            Some(creation) => creation.look(&config, &self.claims, |uid| self.has_seen(uid)).await,
            None => Before::default(),
        };
        let taken = before.taken.take();
        let (mut diagnostics, handover) = if let Some(taken) = &taken {
            // What an interrupted run of this resource left would look like somebody else's in the way, so nothing else is
            // looked at; but it may have been a successor.
            let handover = self.find_handover(&client, &config, &resource, &limits).await;
            (Diagnostics::new(), handover.filter(|handover| handover.uid != taken.uid))
        } else {
            let check = Preflight {
                config: Some(&config),
                prior: recorded.as_ref(),
                record: &kept.record,
                planning: false,
                replacing: false,
                limits: limits.clone(),
            };
            self.look_for_room(&client, check, &resource).await
        };
        let chain = handover.as_ref().map_or(chain, |handover| self.kind.chain(&handover.beginning));
        if diagnostics.has_errors() {
            return (prior.clone(), diagnostics);
        }
        let records = (&kept.record, &recorded_before);
        let update = match self.begin_update((&client, &limits), (planned, &config), &chain, records).await {
            Ok(update) => update,
            Err(diagnostics) => return (prior.clone(), diagnostics),
        };
        let uid = known_uid.or_else(|| taken.as_ref().map(|taken| taken.uid.clone()));
        let uid = uid.or_else(|| self.kind.uid(&config)).unwrap_or_else(|| client.mint_uid());
        if verb == Verb::Create {
            run_tag::claim(&self.claims, &uid);
        }
        let (progress, made) = watch::channel(Record::default());
        let run = Run {
            resumed: verb == Verb::Update || taken.is_some(),
            lead_tag: creation.as_ref().map(Creation::lead_tag),
            progress: Some(progress),
            ..self.run(client, resource, uid.clone(), limits)
        };
        if let Some(taken) = taken {
            diagnostics.push(taken.warning);
        }
        let (mut outcome, found) = match (&creation, &update) {
            (Some(creation), _) => Self::create_tagged(creation, made, &run, &chain, kept.record).await,
            (None, Some(update)) => self.update_tagged(update, &config, &run, &chain, kept.record).await,
            (None, None) => (converge(&run, &chain, kept.record).await, Diagnostics::new()),
        };
        diagnostics.extend(found);
        if let Some(creation) = &creation {
            diagnostics.extend(creation.tell(&config, before, &self.claims).await);
        }
        diagnostics.extend(self.explain(&outcome, &name, verb));
        if outcome.record.is_empty() && prior.is_null() && diagnostics.has_errors() {
            return (Value::Null, diagnostics);
        }
        if let Some(handover) = handover.filter(|_| !diagnostics.has_errors())
            && let Some(told) = self.await_handover(handover, &run, config.clone(), &mut outcome.record)
        {
            diagnostics.push(told);
        }
        self.kind.outputs(&View::of(&outcome.record), &mut config);
        if !diagnostics.has_errors() {
            diagnostics.extend(run.limits.over(self.kind.look_back(&run.client, &config)).await);
        }
        let stored = Stored { record: outcome.record, uid: Some(uid), ..Stored::default() };
        (self.state_after(planned, &config, &stored, diagnostics.has_errors()), diagnostics)
    }

    /// The planned values with what exists now. After a failure what is not there yet is null.
    fn state_after(&self, planned: &Value, config: &Config, stored: &Stored, has_failed: bool) -> Value {
        let block = self.block();
        let base = without_results(&block, planned);
        let mut state = overlay(&block, &base, &config.encode());
        if has_failed {
            state.remove(RECORD);
        } else {
            state.insert(RECORD.to_owned(), vacated(planned.get(RECORD)));
        }
        stored.write(&mut state);
        for value in state.values_mut() {
            null_unknowns(value);
        }
        Value::Map(state)
    }

    /// Converges while the tag of the creation is kept, and says in it that the creation has ended.
    async fn create_tagged(
        creation: &Creation<C>,
        made: watch::Receiver<Record>,
        run: &Run<C>,
        chain: &Chain<C>,
        record: Record,
    ) -> (Outcome, Diagnostics) {
        let (done, is_done) = oneshot::channel();
        let work = async {
            let outcome = converge(run, chain, record).await;
            drop(done);
            outcome
        };
        let (outcome, mut found) = tokio::join!(work, creation.keep(&run.rounds, made, is_done));
        found.extend(creation.end(&outcome.record).await);
        (outcome, found)
    }

    /// Converges while the tag of the update is kept, and then removes what an interrupted one made and nobody wants.
    async fn update_tagged(
        &self,
        update: &Update<C>,
        config: &Config,
        run: &Run<C>,
        chain: &Chain<C>,
        mut record: Record,
    ) -> (Outcome, Diagnostics) {
        let (done, is_done) = oneshot::channel();
        let work = async {
            let mut found = self.clear_the_way(update, config, run, &mut record).await;
            let mut outcome = converge(run, chain, record).await;
            let mut is_clean = outcome.succeeded();
            if update.is_interrupted() && is_clean {
                match update.orphans(&run.uid, &mut outcome.record).await {
                    Ok(orphans) if orphans.is_empty() => {}
                    Ok(orphans) => {
                        found.push(run_tag::removed(self.noun(), &orphans));
                        // They were in no state, so their generations are not remembered either: the plan knew of none.
                        let last = outcome.record.last.clone();
                        let cleared = clear(run, std::mem::take(&mut outcome.record)).await;
                        outcome.record = Record { last, ..cleared.record };
                        outcome.problems.extend(cleared.problems);
                        outcome.report.left_over.extend(cleared.report.left_over);
                    }
                    Err(failure) => {
                        found.push(look_failed(self.noun(), &failure));
                        is_clean = false;
                    }
                }
            }
            drop(done);
            (outcome, found, is_clean)
        };
        let ((outcome, mut found, is_clean), lapsed) = tokio::join!(work, update.keep(&run.rounds, is_done));
        found.extend(lapsed);
        found.extend(update.end(&outcome.record, is_clean).await);
        (outcome, found)
    }

    /// Removes what an interrupted run left and what keeps AWS from making what is wanted now. What fails here is tried again, and told, with
    /// everything else that it left.
    async fn clear_the_way(
        &self,
        update: &Update<C>,
        config: &Config,
        run: &Run<C>,
        record: &mut Record,
    ) -> Diagnostics {
        let mut seen = record.clone();
        let Some(recovery) = self.recovery.as_ref().filter(|_| update.is_interrupted()) else {
            return Diagnostics::new();
        };
        let Ok(mut orphans) = update.orphans(&run.uid, &mut seen).await else { return Diagnostics::new() };
        orphans.retain(|orphan| recovery.stands_in_the_way(orphan, config));
        if orphans.is_empty() {
            return Diagnostics::new();
        }
        let stands = |old: &mut Retired| orphans.iter().any(|one| one.link == old.link && one.state == old.state);
        let retired = seen.retired.extract_if(.., stands).collect();
        let outcome = clear(run, Record { retired, ..Record::default() }).await;
        record.retired.extend(outcome.record.retired);
        record.uncertain_creates.extend(outcome.record.uncertain_creates);
        run_tag::removed(self.noun(), &orphans).into()
    }

    async fn destroy(&self, prior: &Value, note: &PlanNote) -> (Value, Diagnostics) {
        let prepared = async {
            let stored = Stored::read(prior)?;
            let config = self.decode(prior)?;
            let client = self.client(prior).await?;
            self.check_accounts(&client, &stored.record, &self.kind.name(&config)).await?;
            Ok::<_, Diagnostics>((stored, config, client))
        };
        let (stored, config, client) = match prepared.await {
            Ok(prepared) => prepared,
            Err(diagnostics) => return (prior.clone(), diagnostics),
        };
        let limits = self.limits(timeout(prior, "delete"));
        let predecessor = Predecessor { stored, config };
        let successor = note.successor();
        if let Some(successor) = &successor
            && let Err(diagnostics) = self.look_ahead(successor, &predecessor, &limits).await
        {
            return (prior.clone(), diagnostics);
        }
        let Predecessor { mut stored, config } = predecessor;
        let coming = successor.as_ref().and_then(|successor| self.decode(successor).ok());
        self.kind.announce(&client, &stored.record, coming.as_ref());
        let check = Preflight {
            config: None,
            prior: Some(&config),
            record: &stored.record,
            planning: false,
            replacing: successor.is_some(),
            limits: limits.clone(),
        };
        let mut diagnostics = self.last_look(&client, check).await;
        if diagnostics.has_errors() {
            return (prior.clone(), diagnostics);
        }
        let uid = stored.uid.clone().unwrap_or_default();
        match self.orphans(&client, &limits, &uid, &config, &mut stored.record).await {
            Ok(orphans) if orphans.is_empty() => {}
            Ok(orphans) => diagnostics.push(run_tag::removed(self.noun(), &orphans)),
            Err(failure) => return refused(self.noun(), prior, &failure),
        }
        if let Some(heir) = self.births.heir(&uid, note.written()) {
            self.kind.forget_shared(&mut stored.record, &heir);
        }
        let name = self.kind.name(&config);
        let run = self.run(client, format!("{}/{name}", self.noun()), uid, limits);
        diagnostics.extend(self.hand_over(&run, &mut stored.record).await);
        if diagnostics.has_errors() {
            return (self.state_of(prior, &stored), diagnostics);
        }
        if let Some(handovers) = &self.handovers {
            handovers.forget_taken_over(&mut stored.record, &run.uid);
        }
        if let Some(successor) = &successor {
            self.removed.note(&self.name_of(successor));
        }
        self.remove_followers(&run, &mut stored.record).await;
        let record = std::mem::take(&mut stored.record);
        let outcome = match &successor {
            Some(_) => make_way(&run, record).await,
            None => remove(&run, record).await,
        };
        diagnostics.extend(self.explain(&outcome, &name, Verb::Delete));
        if outcome.record.is_empty() {
            return (Value::Null, diagnostics);
        }
        (self.state_of(prior, &Stored { record: outcome.record, ..stored }), diagnostics)
    }

    /// What an update left that was interrupted after the state was saved last, retired in the record.
    async fn orphans(
        &self,
        client: &Arc<C>,
        limits: &Limits,
        uid: &str,
        config: &Config,
        record: &mut Record,
    ) -> Result<Vec<Orphan>, Failure> {
        let Some(recovery) = &self.recovery else { return Ok(Vec::new()) };
        match Update::read(recovery, client, limits, record, config).await? {
            Some(update) if update.is_interrupted() => update.orphans(uid, record).await,
            _ => Ok(Vec::new()),
        }
    }

    /// Removes what only the anchor leads to, before that goes: a kill in between leaves nothing that cannot be found. What
    /// fails here is tried again, and told, with everything else.
    async fn remove_followers(&self, run: &Run<C>, record: &mut Record) {
        let Some(recovery) = &self.recovery else { return };
        let kinds = recovery.kinds().found_through_anchor;
        let is_follower = |old: &mut Retired| kinds.contains(&old.link.kind());
        let retired = record.retired.extract_if(.., is_follower).collect();
        let outcome = clear(run, Record { retired, ..Record::default() }).await;
        record.retired.extend(outcome.record.retired);
        record.uncertain_creates.extend(outcome.record.uncertain_creates);
    }

    /// A state whose outputs and record are those of `record`, and whose configuration is that of `state`.
    fn state_of(&self, state: &Value, stored: &Stored) -> Value {
        let Ok(mut config) = self.decode(state) else { return state.clone() };
        self.kind.outputs(&View::of(&stored.record), &mut config);
        let encoded = config.encode();
        let mut entries = state.as_map().cloned().unwrap_or_default();
        for attribute in self.block().attributes {
            let kept = matches!(attribute.name, "tags_all" | "region" | RECORD);
            if attribute.presence == Presence::Computed && !kept {
                entries.insert(attribute.name.to_owned(), encoded.get(attribute.name).clone());
            }
        }
        stored.write(&mut entries);
        for value in entries.values_mut() {
            null_unknowns(value);
        }
        Value::Map(entries)
    }

    /// The name of a resource by what is planned of it.
    pub(super) fn name_of(&self, planned: &Value) -> String {
        self.decode(planned).map_or_else(
            |_| String::new(),
            |mut config| {
                self.kind.derive(&mut config);
                self.kind.name(&config)
            },
        )
    }

    pub(super) async fn client(&self, state: &Value) -> Result<Arc<C>, Diagnostic> {
        let region = state.get("region").as_str().map(str::to_owned).or_else(|| self.connection.region());
        match region {
            Some(region) => self.connection.client(&region).await,
            None => Err(Diagnostic::error(
                "No Region",
                "Set region in the provider block or AWS_REGION in the environment.",
            )),
        }
    }

    pub(super) fn limits(&self, timeout: Duration) -> Limits {
        Limits { deadline: Deadline::after(timeout), stop: self.connection.stop(), speed: self.connection.speed() }
    }

    pub(super) fn explain(&self, outcome: &Outcome, name: &str, verb: Verb) -> Diagnostics {
        let block = self.block();
        let has_attribute = |name: &str| block.attribute(name).is_some() || block.nested(name).is_some();
        diagnostics(outcome, Subject { noun: self.noun(), name, verb, has_attribute: &has_attribute })
    }
}

/// What was planned, with everything open that the run has filled.
fn without_results(block: &Block, planned: &Value) -> BTreeMap<String, Value> {
    let planned = planned.as_map().cloned().unwrap_or_default();
    let open = |name: &String, value| {
        let computed = block.attribute(name).is_some_and(|attribute| attribute.presence == Presence::Computed);
        if computed && name != "tags_all" && name != "region" { Value::UNKNOWN } else { value }
    };
    planned.into_iter().map(|(name, value)| (name.clone(), open(&name, value))).gather()
}

/// The end of an apply that could not look, before its first write.
fn refused(noun: &str, prior: &Value, failure: &Failure) -> (Value, Diagnostics) {
    (prior.clone(), look_failed(noun, failure).into())
}
