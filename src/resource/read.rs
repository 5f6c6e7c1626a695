//! Read and import: what exists, through the composite's eyes, as attributes.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::access::Access;
use super::composite::Discovered;
use super::decoded::Config;
use super::memory;
use super::message::{Verb, look_failed};
use super::moved::anchor_only;
use super::plan::overlay;
use super::plan_note::PlanNote;
use super::run_tag::{self, Update};
use super::state::{RECORD, Stored, null_unknowns};
use super::timeouts::READ_TIMEOUT;
use super::{ImportId, ImportResponse, ReadRequest, ReadResponse, Resource, defaults, tags};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Outcome, Record, Run, View, refresh};
use crate::gather::Gather as _;
use crate::schema;
use crate::value::Value;

/// A refresh before the provider block is known keeps what was known before.
fn not_refreshed(noun: &str, name: &str) -> Diagnostic {
    let detail = format!(
        "A value of the provider block that the {noun} {name:?} needs is known only after another resource is applied, so \
         that AWS could not be asked. The plan shows it as it was at the last apply; the apply looks again."
    );
    Diagnostic::warning(format!("Not refreshed: the {noun} {name:?}"), detail)
}

/// Everything that belongs to an anchor.
struct Found {
    state: Value,
    /// What the walk from the anchor tells.
    notes: Diagnostics,
    /// What reading each object tells, and each later refresh tells again.
    told: Diagnostics,
}

impl<C: Access> Resource<C> {
    /// Refreshes a state. See [`super::ResourceServer::read`].
    pub(super) async fn look(&self, request: ReadRequest) -> ReadResponse {
        let ReadRequest { state, private } = request;
        match self.try_look(&state, &private).await {
            Ok((state, diagnostics)) => {
                self.keep_in_mind(&state);
                ReadResponse { state, private, diagnostics }
            }
            Err(diagnostics) => ReadResponse { state, private, diagnostics },
        }
    }

    async fn try_look(&self, state: &Value, private: &[u8]) -> Result<(Value, Diagnostics), Diagnostics> {
        let Some(anchor) = anchor_only(&self.block(), state) else { return self.look_at(state, private).await };
        // As after an import, a refresh completes what was found, and tells its warnings again.
        let found = self.found_in(ImportId::own(anchor, state.get("region").as_str())).await;
        let Found { state, mut notes, .. } = found.map_err(|found| self.explain_move(found, anchor))?;
        let (state, told) = self.look_at(&state, private).await?;
        notes.extend(told);
        Ok((state, notes))
    }

    /// Refreshes a state that names what exists.
    async fn look_at(&self, state: &Value, private: &[u8]) -> Result<(Value, Diagnostics), Diagnostics> {
        let mut stored = Stored::read(state)?;
        let mut config = self.decode(state)?;
        self.kind.derive(&mut config);
        let name = self.kind.name(&config);
        self.objections.remember(&name, PlanNote::read(private).applied);
        if self.connection.is_open(&self.kind.peers(&config)) {
            return Ok((state.clone(), not_refreshed(self.noun(), &name).into()));
        }
        self.recall(state, &mut stored).await?;
        let mut outcome = self.refresh(state, private, &stored, &name).await?;
        let mut diagnostics = self.explain(&outcome, &name, Verb::Read);
        if outcome.record.is_empty() && !diagnostics.has_errors() {
            // The state is about to be forgotten, and with it the uid of what an interrupted update may have left.
            diagnostics.extend(self.last_orphans(state, stored.uid.as_deref(), &config, &mut outcome.record).await?);
        }
        if outcome.record.is_empty() && !diagnostics.has_errors() {
            return Ok((Value::Null, diagnostics));
        }
        Ok((self.observed(state, config, &Stored { record: outcome.record, ..stored }), diagnostics))
    }

    /// What an update left that was interrupted before everything that is recorded was deleted.
    async fn last_orphans(
        &self,
        state: &Value,
        uid: Option<&str>,
        config: &Config,
        record: &mut Record,
    ) -> Result<Diagnostics, Diagnostics> {
        let (Some(uid), Some(recovery)) = (uid, &self.recovery) else { return Ok(Diagnostics::new()) };
        let update = Update::lost(recovery, &self.client(state).await?, &self.limits(READ_TIMEOUT), config);
        match update.orphans(uid, record).await {
            Ok(orphans) if orphans.is_empty() => Ok(Diagnostics::new()),
            Ok(orphans) => Ok(run_tag::found(self.noun(), &orphans).into()),
            Err(failure) => Err(look_failed(self.noun(), &failure).into()),
        }
    }

    async fn refresh(
        &self,
        state: &Value,
        private: &[u8],
        stored: &Stored,
        name: &str,
    ) -> Result<Outcome, Diagnostics> {
        let client = self.client(state).await?;
        let record = stored.record.clone();
        self.check_accounts(&client, &record, name).await?;
        let limits = self.limits(READ_TIMEOUT);
        let rest = memory::stale_for(private, client.now());
        let stale_until = rest.map(|rest| Instant::now() + limits.scaled(rest));
        let uid = stored.uid.clone().unwrap_or_default();
        let run = Run { stale_until, ..self.run(client, format!("{}/{name}", self.noun()), uid, limits) };
        Ok(refresh(&run, record).await)
    }

    /// The state with everything that was observed.
    fn observed(&self, state: &Value, mut config: Config, stored: &Stored) -> Value {
        let view = View::of(&stored.record);
        self.kind.outputs(&view, &mut config);
        let carried = self.kind.carried(&view, &config);
        self.kind.observe(&view, &mut config);
        let encoded = config.encode();
        let block = self.block();
        let mut entries = state.as_map().cloned().unwrap_or_default();
        for attribute in &block.attributes {
            let observed = encoded.get(attribute.name);
            let kept = matches!(attribute.name, "region" | RECORD) || observed.is_unknown();
            if !kept {
                entries.insert(attribute.name.to_owned(), observed.clone());
            }
        }
        for nested in &block.blocks {
            entries.insert(nested.name.to_owned(), encoded.get(nested.name).clone());
        }
        if state.get("region").is_null()
            && let Some(region) = self.connection.region()
        {
            // A state that lacks it was read where the provider works.
            entries.insert("region".to_owned(), Value::from(region));
        }
        self.split_tags(state, &carried, &mut entries);
        // What the configuration spells in its own way stays so while it means the same.
        if let Value::Map(spelled) = schema::spelled(&block, &Value::Map(entries.clone()), state) {
            entries = spelled;
        }
        stored.write(&mut entries);
        for value in entries.values_mut() {
            null_unknowns(value);
        }
        Value::Map(entries)
    }

    /// From the anchor's tags and those that other objects carry: `tags_all` without ignored keys, and `tags` without what
    /// the defaults gave.
    fn split_tags(&self, state: &Value, carried: &[BTreeMap<String, String>], entries: &mut BTreeMap<String, Value>) {
        let Some(Value::Map(anchor)) = entries.get("tags_all") else { return };
        let is_ignored = |key: &str| self.connection.ignores_tag(key);
        let anchor = anchor.iter().filter(|(key, _)| !is_ignored(key));
        let anchor: BTreeMap<String, String> =
            anchor.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).gather();
        // While the defaults are unknown, what the configuration does not write is taken to be one.
        let inherited = || {
            let own = state.get("tags");
            let all = state.get("tags_all").as_map().into_iter().flatten();
            all.filter(|(key, _)| own.get(key).is_null())
                .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                .gather()
        };
        let defaults = self.connection.default_tags().unwrap_or_else(inherited);
        // An import has no tags of its own yet.
        let wanted = match tags::merge(Some(&defaults), state.get("tags"), is_ignored) {
            Value::Map(wanted) if !state.get("tags_all").is_null() => {
                wanted.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).gather()
            }
            _ => anchor.clone(),
        };
        let tags::Shown { all, shared } = tags::shown(&wanted, &anchor, carried);
        let own = tags::own(&defaults, state.get("tags"), &shared, is_ignored);
        entries.insert("tags_all".to_owned(), all);
        entries.insert("tags".to_owned(), own);
    }

    /// Finds an object by the id that a person typed. See [`super::ResourceServer::import`].
    pub(super) async fn adopt(&self, id: String) -> ImportResponse {
        match self.try_adopt(&id).await {
            Ok((state, diagnostics)) => ImportResponse { state, private: Vec::new(), diagnostics },
            Err(diagnostics) => ImportResponse { diagnostics, ..ImportResponse::default() },
        }
    }

    async fn try_adopt(&self, id: &str) -> Result<(Value, Diagnostics), Diagnostics> {
        let id = ImportId::parse(id)?;
        let id = if self.facts.held_by_peers { id } else { id.without_peer()? };
        self.adopt_in(id).await
    }

    /// Finds everything that belongs to an anchor, for an import.
    pub(super) async fn adopt_in(&self, id: ImportId<'_>) -> Result<(Value, Diagnostics), Diagnostics> {
        let Found { state, mut notes, told } = self.found_in(id).await?;
        notes.extend(told);
        Ok((state, notes))
    }

    /// The same for the first refresh after a move, too.
    async fn found_in(&self, id: ImportId<'_>) -> Result<Found, Diagnostics> {
        let anchor = id.anchor;
        let region = id.region.map(str::to_owned).or_else(|| self.connection.region());
        let Some(region) = region else {
            let detail = format!("Set region in the provider block, or write the id as {anchor}@us-east-1.");
            return Err(Diagnostic::error("No Region", detail).into());
        };
        let client = self.connection.client(&region).await?;
        let Discovered { record, config, uid, notes } = self.discover(&client, id).await?;
        let block = self.block();
        let mut base = defaults::fill(&block, &config.encode(), &Value::Null);
        base.insert("region".to_owned(), Value::from(region.clone()));
        let entries = overlay(&block, &base, &config.encode());
        let uid = uid.unwrap_or_else(|| client.mint_uid());
        let mut state = Value::Map(entries);
        let found = Stored { record, uid: Some(uid), ..Stored::default() };
        let outcome = self.refresh(&state, &[], &found, anchor).await?;
        let told = self.explain(&outcome, anchor, Verb::Read);
        if outcome.report.gone || outcome.record.is_empty() {
            let detail = format!("There is no {} {anchor} of these credentials in {region}.", self.noun());
            return Err(Diagnostic::error(format!("Cannot import {anchor}"), detail).into());
        }
        null_unknowns(&mut state);
        // What the configuration would leave out stays out: only what differs from a default is shown.
        let decoded = self.decode(&state)?;
        let imported = outcome.record.links.keys().cloned().gather();
        let state = self.observed(&state, decoded, &Stored { record: outcome.record, imported, ..found });
        Ok(Found { state, notes, told })
    }
}
