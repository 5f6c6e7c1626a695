//! Plan: from configuration and state to what will be, by the engine's preview.

use std::collections::BTreeMap;

use super::access::Access;
use super::composite::Preflight;
use super::decoded::Config;
use super::look::PLANNING;
use super::message::Verb;
use super::plan_note::PlanNote;
use super::recall::check_record;
use super::replacement::Predecessor;
use super::state::{CHANGES, LINKS, OWNER_UID, RECORD, RETIRED, Stored, id_of, show_links, vacancies};
use super::{PlanRequest, PlanResponse, Resource, assume, defaults, tags};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{
    Catalogue, Chain, LinkName, Outcome, Preview, Record, Report, Step, changes, preview, preview_assuming,
    preview_expected,
};
use crate::schema::{self, Presence, Rule};
use crate::value::{Attr, Path, Value};

impl<C: Access> Resource<C> {
    /// Predicts the next apply. See [`super::ResourceServer::plan`].
    pub(super) async fn predict(&self, request: PlanRequest) -> PlanResponse {
        let (prior, proposed) = (request.prior.clone(), request.proposed.clone());
        let known = PlanNote::read(&request.private);
        let (planned, requires_replace, diagnostics) = match self.try_predict(request).await {
            Ok(prediction) => prediction,
            Err(diagnostics) => (proposed.clone(), Vec::new(), diagnostics),
        };
        // Core plans once more between the two halves of a replacement.
        let is_creation = prior.is_null() && !planned.is_null();
        let diagnostics =
            if is_creation { self.removed.corrected(&self.name_of(&planned), diagnostics) } else { diagnostics };
        let mut note = match (prior.is_null(), proposed.is_null()) {
            (_, true) => PlanNote::destroying(&known),
            (true, _) => PlanNote::making(&planned),
            (false, _) => PlanNote::replacing(&prior, !requires_replace.is_empty()),
        };
        note.applied = known.applied;
        let private = note.write();
        PlanResponse { planned, requires_replace, private, diagnostics }
    }

    async fn try_predict(&self, request: PlanRequest) -> Result<(Value, Vec<Path>, Diagnostics), Diagnostics> {
        self.keep_in_mind(&request.prior);
        let (predecessor, has_looked) = (self.predecessor(&request), PlanNote::read(&request.private).has_looked());
        let PlanRequest { prior, proposed, config, private } = request;
        let stored = Stored::read(&prior)?;
        check_record(&prior, &stored, self.facts.anchor)?;
        let recorded = if prior.is_null() { None } else { Some(self.decode(&prior)?) };
        self.check_whose(recorded.as_ref(), &stored.record, prior.get("region")).await?;
        if proposed.is_null() {
            self.announce(&stored.record, recorded.as_ref(), None, prior.get("region")).await;
            let diagnostics = self.plan_destroy(recorded.as_ref(), &stored.record, prior.get("region")).await;
            return Ok((Value::Null, Vec::new(), diagnostics));
        }

        self.check_keys(&config)?;
        let (base, planned_config) = self.planned_config(&config, &prior, recorded.as_ref())?;
        Self::check_tags(&base)?;
        self.announce(&stored.record, recorded.as_ref(), Some(&planned_config), prior.get("region")).await;
        let chain = self.chain_of(&planned_config, stored.uid.as_deref());
        // One that was never made, because the creation failed before, is made now.
        let anchor = LinkName::from(self.facts.anchor);
        let had_anchor = stored.record.links.contains_key(&anchor);
        let lost_anchor = !had_anchor && stored.record.last.contains_key(&anchor);
        let mut kept = stored.clone().aligned(|record, imported| self.kind.align(&planned_config, record, imported));
        kept = kept.without_released(&chain, self.facts.settings);
        if !prior.is_null() {
            self.foresee(planned_region(&base), &planned_config, &mut kept.record).await?;
        }
        let outlook = self.outlook(&chain, &kept.record, &base, &prior)?;
        let mut requires_replace =
            if prior.is_null() { Vec::new() } else { replaced_by(&self.block(), &prior, &base, lost_anchor, &outlook) };
        if let (true, Some(recorded)) = (requires_replace.is_empty(), &recorded) {
            requires_replace = self.immovable(planned_region(&base), &planned_config, recorded).await?;
        }

        // A replacement begins with nothing; core asks again with a null prior for what it will be.
        let replacing = !requires_replace.is_empty();
        let (kept, outlook) =
            if replacing { (Stored::default(), preview(&chain, &Record::default())) } else { (kept, outlook) };

        let mut outputs = planned_config.clone();
        self.kind.outputs(&outlook.view, &mut outputs);
        let mut planned = overlay(&self.block(), &base, &outputs.encode());
        // Without changes nothing new comes out, unless links may still come to the chain or leave it.
        let is_quiet = !outlook.has_changes() && !self.kind.is_open(&planned_config);
        if !prior.is_null() && !replacing && is_quiet {
            settle_unknowns(&self.block(), &mut planned, &prior);
        }
        keep_written_unknowns(&self.block(), &config, &mut planned);
        if had_anchor && !replacing {
            // What is replaced in front of the anchor must not replace whoever uses the anchor's name.
            for name in self.facts.stable_outputs {
                if let Some(value) =
                    planned.get_mut(*name).filter(|value| value.is_unknown() && !prior.get(name).is_null())
                {
                    *value = prior.get(name).clone();
                }
            }
        }
        let is_told = is_told(&self.block(), &base) && !self.kind.is_open(&planned_config);
        self.plan_memory(&mut planned, (&prior, &kept, &outlook), (is_told, replacing));
        if self.kind.is_open(&planned_config) {
            planned.insert(RECORD.to_owned(), Value::UNKNOWN);
            planned.insert(LINKS.to_owned(), Value::UNKNOWN);
        }
        let mut planned = Value::Map(planned);
        if !prior.is_null() && !replacing && planned.same(&prior, &self.block().implied_type()) {
            planned = prior.clone();
        } else {
            adopt_imported(&mut planned, &kept, &outlook);
        }

        let held = outlook.steps.iter().filter(|(_, step)| *step == Step::Held).map(|(name, _)| name.clone()).collect();
        let report = Report { held, ..Report::default() };
        let problems = Outcome { problems: outlook.problems.clone(), report, ..Outcome::default() };
        let mut diagnostics = self.explain(&problems, &self.kind.name(&planned_config), Verb::Update);
        let limits = self.limits(PLANNING);
        let (replaced, recorded) = match recorded {
            Some(config) if replacing => (Some(Predecessor { stored, config }), None),
            recorded => (predecessor, recorded),
        };
        let found = if let Some(replaced) = replaced {
            if has_looked {
                Diagnostics::new()
            } else {
                self.plan_replacement(&replaced, (&planned, &planned_config), &limits).await
            }
        } else if planned == prior {
            Diagnostics::new()
        } else {
            let check = Preflight {
                config: Some(&planned_config),
                prior: recorded.as_ref(),
                record: &kept.record,
                planning: true,
                replacing: false,
                limits,
            };
            self.preflight(planned.get("region"), check).await
        };
        let name = self.kind.name(&planned_config);
        let resource = (name.as_str(), &prior);
        let applied = PlanNote::read(&private).applied;
        diagnostics.extend(self.objections.soften(&self.block(), resource, (applied, &config, &planned), found));
        Ok((planned, requires_replace, diagnostics))
    }

    /// Tells the others of this run what a change keeps and gives up.
    async fn announce(&self, record: &Record, recorded: Option<&Config>, planned: Option<&Config>, region: &Value) {
        let (Some(recorded), Some(region)) = (recorded, region.as_str()) else { return };
        if !self.connection.is_open(&self.kind.peers(recorded))
            && let Ok(client) = self.connection.client(region).await
        {
            self.kind.announce(&client, record, planned);
        }
    }

    /// Looks at what stands against a destroy.
    async fn plan_destroy(&self, recorded: Option<&Config>, record: &Record, region: &Value) -> Diagnostics {
        let check = Preflight {
            config: None,
            prior: recorded,
            record,
            planning: true,
            replacing: false,
            limits: self.limits(PLANNING),
        };
        self.preflight(region, check).await
    }

    /// What a run would do, as far as it is known; see [`assume`].
    fn outlook(
        &self,
        chain: &Chain<C>,
        record: &Record,
        base: &BTreeMap<String, Value>,
        prior: &Value,
    ) -> Result<Preview, Diagnostics> {
        let Some(assumed) = assume::assumed(&self.block(), base, prior) else { return Ok(preview(chain, record)) };
        let mut expected = self.decode(&Value::Map(assumed))?;
        self.kind.derive(&mut expected);
        let expected = self.chain_of(&expected, Stored::read(prior)?.uid.as_deref());
        Ok(preview_assuming(chain, record, &preview_expected(&expected, record)))
    }

    /// Refuses credentials of another account than that of what is recorded.
    async fn check_whose(&self, recorded: Option<&Config>, record: &Record, region: &Value) -> Result<(), Diagnostics> {
        let (Some(recorded), Some(region)) = (recorded, region.as_str()) else { return Ok(()) };
        if self.connection.is_open(&self.kind.peers(recorded)) {
            return Ok(());
        }
        // Why there is no client, the preflight tells.
        let Ok(client) = self.connection.client(region).await else { return Ok(()) };
        self.check_accounts(&client, record, &self.kind.name(recorded)).await
    }

    /// Refuses what no chain can be made without or twice.
    pub(super) fn check_keys(&self, config: &Value) -> Result<(), Diagnostics> {
        let broken = schema::check_keys(&self.block(), config);
        if broken.is_empty() { Ok(()) } else { Err(broken) }
    }

    /// Refuses more tags than an object can have.
    fn check_tags(base: &BTreeMap<String, Value>) -> Result<(), Diagnostics> {
        match base.get("tags_all").and_then(Value::as_map).map(BTreeMap::len) {
            Some(count) if count > tags::MOST_TAGS => {
                Err(Diagnostic::error("Too many tags", tags::too_many(count)).at(Path::attribute("tags")).into())
            }
            _ => Ok(()),
        }
    }

    /// Plans what the apply changes in words, the record, and the ids that people see.
    fn plan_memory(
        &self,
        planned: &mut BTreeMap<String, Value>,
        (prior, kept, outlook): (&Value, &Stored, &Preview),
        (is_told, replacing): (bool, bool),
    ) {
        let lines = match (outlook.has_changes() || prior.is_null() || replacing, is_told) {
            (true, true) => lines(changes(outlook, &self.catalogue, &kept.record)),
            (false, true) => prior.get(CHANGES).clone(),
            // What is not known yet may add a link, and with it a line.
            (_, false) => Value::UNKNOWN,
        };
        planned.insert(CHANGES.to_owned(), lines);
        plan_record(planned, prior, (kept, outlook, &self.catalogue), replacing);
        show_links(planned);
        show_kept_ids(planned, kept, outlook);
    }

    /// The configuration as it will be, with defaults, tags and derived values, as values and typed.
    pub(super) fn planned_config(
        &self,
        config: &Value,
        prior: &Value,
        recorded: Option<&Config>,
    ) -> Result<(BTreeMap<String, Value>, Config), Diagnostics> {
        let block = self.block();
        let mut base = defaults::fill(&block, config, prior);
        if config.get("region").is_null() {
            // While the provider's Region is unknown, what exists is expected to stay where it is.
            let region = self.connection.region().map_or_else(|| prior.get("region").clone(), Value::from);
            if !region.is_null() {
                base.insert("region".to_owned(), region);
            }
        }
        if block.attribute("tags_all").is_some() {
            base.insert(
                "tags_all".to_owned(),
                tags::merge(self.connection.default_tags().as_ref(), config.get("tags"), |key| {
                    self.connection.ignores_tag(key)
                }),
            );
        }
        let mut typed = self.decode(&Value::Map(base.clone()))?;
        self.kind.derive(&mut typed);
        self.kind.complete(&mut typed, recorded);
        let filled = typed.encode();
        let mut derived = base.clone();
        for attribute in block.attributes.iter().filter(|one| one.presence == Presence::OptionalComputed) {
            derived.insert(attribute.name.to_owned(), filled.get(attribute.name).clone());
        }
        if keep_written_unknowns(&block, config, &mut derived) {
            typed = self.decode(&Value::Map(derived.clone()))?;
        }
        for attribute in &block.attributes {
            if attribute.presence == Presence::OptionalComputed
                && base.get(attribute.name).is_some_and(Value::is_unknown)
                && config.get(attribute.name).is_null()
            {
                base.insert(attribute.name.to_owned(), derived.get(attribute.name).cloned().unwrap_or_default());
            }
        }
        Ok((base, typed))
    }
}

/// What the configuration writes and nobody knows yet is nobody's to fill, though a default or another attribute would
/// fill it where it is not written. Tells whether there is any.
fn keep_written_unknowns(block: &crate::schema::Block, config: &Value, values: &mut BTreeMap<String, Value>) -> bool {
    let mut found = false;
    for attribute in block.attributes.iter().filter(|attribute| attribute.presence == Presence::OptionalComputed) {
        let written = config.get(attribute.name);
        if written.is_unknown() {
            values.insert(attribute.name.to_owned(), written.clone());
            found = true;
        }
    }
    found
}

fn lines(changes: Vec<String>) -> Value {
    Value::List(changes.into_iter().map(Value::from).collect())
}

/// Whether all that a person may write is known, so that what a run will do is, too.
fn is_told(block: &crate::schema::Block, base: &BTreeMap<String, Value>) -> bool {
    let written = block.attributes.iter().filter(|one| one.presence.is_configurable() || one.name == "tags_all");
    let names = written.map(|one| one.name).chain(block.blocks.iter().map(|nested| nested.name));
    names.into_iter().all(|name| base.get(name).is_none_or(Value::is_wholly_known))
}

fn planned_region(planned: &BTreeMap<String, Value>) -> &Value {
    planned.get("region").unwrap_or(&Value::Null)
}

/// The attributes whose change means a new resource: those that say so, those that a link names, and
/// the anchor's when it is gone.
fn replaced_by(
    block: &crate::schema::Block,
    prior: &Value,
    planned: &BTreeMap<String, Value>,
    lost_anchor: bool,
    outlook: &Preview,
) -> Vec<Path> {
    let mut paths = Vec::new();
    for attribute in &block.attributes {
        let differs = || {
            let planned = planned.get(attribute.name).unwrap_or(&Value::Null);
            !prior.get(attribute.name).same(planned, &attribute.ty)
        };
        if attribute.rules.iter().any(|rule| matches!(rule, Rule::Replace)) && differs() {
            paths.push(Path::attribute(attribute.name));
        }
    }
    for (_, step) in &outlook.steps {
        if let Step::ReplaceAll(fields) = step {
            for field in fields {
                let is_known = block.attribute(field).is_some() || block.nested(field).is_some();
                paths.push(Path::attribute(if is_known { field } else { "id" }));
            }
        }
    }
    if lost_anchor {
        paths.push(Path::attribute("id"));
    }
    paths.sort();
    paths.dedup();
    paths
}

/// Configured values as they are, everything else from the outputs.
pub(super) fn overlay(
    block: &crate::schema::Block,
    base: &BTreeMap<String, Value>,
    outputs: &Value,
) -> BTreeMap<String, Value> {
    let mut planned = base.clone();
    for attribute in &block.attributes {
        let is_open = base.get(attribute.name).is_none_or(Value::is_unknown);
        let is_given = attribute.name == "tags_all" || attribute.name == "region";
        let from_outputs = match attribute.presence {
            Presence::Computed => !is_given,
            Presence::OptionalComputed => is_open,
            Presence::Required | Presence::Optional => false,
        };
        if from_outputs {
            planned.insert(attribute.name.to_owned(), outputs.get(attribute.name).clone());
        }
    }
    planned
}

/// Where no link changes, what the provider gave before stays.
fn settle_unknowns(block: &crate::schema::Block, planned: &mut BTreeMap<String, Value>, prior: &Value) {
    for attribute in &block.attributes {
        if attribute.presence.is_computed()
            && let Some(value) = planned.get_mut(attribute.name)
            && value.is_unknown()
            && attribute.name != "tags_all"
        {
            *value = prior.get(attribute.name).clone();
        }
    }
}

/// The first apply that describes an imported object makes it ours, which its entry says: even one that
/// makes no call. Its id stays as shown, for the object is not touched.
fn adopt_imported(planned: &mut Value, kept: &Stored, outlook: &Preview) {
    let Value::Map(planned) = planned else { return };
    let Some(Value::Map(record)) = planned.get_mut(RECORD) else { return };
    for (name, step) in &outlook.steps {
        if matches!(step, Step::Keep)
            && kept.imported.contains(name)
            && let Some(entry) = record.get_mut(name.as_str())
        {
            *entry = Value::UNKNOWN;
        }
    }
}

/// An object that is changed in place, or waited for, keeps its id: what depends on that stays known.
fn show_kept_ids(planned: &mut BTreeMap<String, Value>, kept: &Stored, outlook: &Preview) {
    let Some(Value::Map(links)) = planned.get_mut(LINKS) else { return };
    for (name, step) in &outlook.steps {
        let state = match (step, outlook.view.json(name)) {
            (Step::Update(_) | Step::Settle | Step::Unknown, Attr::Known(state)) => Some(state),
            (Step::Settle, _) => kept.record.links.get(name).map(|entry| &entry.state),
            _ => None,
        };
        if let Some(state) = state {
            links.insert(name.to_string(), Value::from(id_of(state).unwrap_or_default()));
        }
    }
}

/// Plans the provider's memory: per link what stays, what becomes known later.
fn plan_record<C: Send + Sync + 'static>(
    planned: &mut BTreeMap<String, Value>,
    prior: &Value,
    (kept, outlook, catalogue): (&Stored, &Preview, &Catalogue<C>),
    replacing: bool,
) {
    let written = prior.get(RECORD);
    let mut record = BTreeMap::new();
    let is_quiet = !outlook.has_changes();
    for (name, step) in &outlook.steps {
        let entry = kept.record.links.get(name);
        let is_told_anew = || entry.is_some_and(|entry| catalogue.is_told_anew(name, &entry.state, outlook));
        let value = match step {
            Step::Keep if !is_told_anew() => kept.entry_as_in(name, written.get(name.as_str())),
            Step::Held if entry.is_some() => kept.entry_as_in(name, written.get(name.as_str())),
            Step::Held | Step::Delete => continue,
            _ => Value::UNKNOWN,
        };
        record.insert(name.to_string(), value);
    }
    if is_quiet && !replacing {
        for (name, entry) in vacancies(Some(written)) {
            record.entry(name).or_insert(entry);
        }
    }
    let uid = kept.uid.as_deref().filter(|_| !replacing).map_or(Value::UNKNOWN, Value::from);
    record.insert(OWNER_UID.to_owned(), uid);
    // Where a gate turns out closed, what was to be made behind it stays vacant: the apply keeps the key.
    let retired = if is_quiet && !prior.is_null() && !replacing {
        kept.past_as_in(written.get(RETIRED))
    } else {
        outlook.last.clone().map_or(Value::UNKNOWN, |last| {
            let record = Record { last, ..Record::default() };
            Stored { record, ..Stored::default() }.past()
        })
    };
    record.insert(RETIRED.to_owned(), retired);
    planned.insert(RECORD.to_owned(), Value::Map(record));
}
