//! Lets the two halves of a replacement know of each other, through a plan's private bytes.
//!
//! Core plans a replacement twice, first from what exists and then from nothing, and hands the second plan what the
//! first one left. The apply that destroys receives what the second one left, in whatever process it runs, and so does
//! the destruction of a tainted object, which is planned from nothing alone. So the second plan looks at AWS with both in
//! mind, and the destruction looks at the whole creation that follows before its first delete: nothing is
//! destroyed for a creation that cannot succeed.

use std::sync::PoisonError;

use super::access::Access;
use super::composite::Preflight;
use super::decoded::Config;
use super::plan_note::PlanNote;
use super::replaced::Birth;
use super::state::Stored;
use super::{PlanRequest, Resource};
use crate::diagnostic::Diagnostics;
use crate::engine::Limits;
use crate::schema::Presence;
use crate::value::Value;

/// The resource that a replacement removes.
pub(super) struct Predecessor {
    pub(super) stored: Stored,
    pub(super) config: Config,
}

impl Predecessor {
    /// What is looked at: the creation in its place, or without a configuration its removal alone.
    fn replaced_by<'a>(&'a self, config: Option<&'a Config>, planning: bool, limits: &Limits) -> Preflight<'a, Config> {
        let (prior, record) = (Some(&self.config), &self.stored.record);
        Preflight { config, prior, record, planning, replacing: true, limits: limits.clone() }
    }
}

impl<C: Access> Resource<C> {
    /// Takes note of a state that an apply returns, where its uid follows from the configuration.
    pub(super) async fn note_birth(&self, state: &Value, is_new: bool) {
        let Ok(config) = self.decode(state) else { return };
        let Some(uid) = self.kind.uid(&config) else { return };
        let at = match self.client(state).await {
            Ok(client) => client.now(),
            Err(_) => None,
        };
        let record = Stored::read(state).ok().map(|stored| stored.record);
        let birth = at.zip(record).filter(|_| is_new).map(|(at, record)| Birth { at, record });
        self.births.note(uid, birth);
    }

    /// The resource that a plan from nothing is to replace, where this process has seen its state.
    pub(super) fn predecessor(&self, request: &PlanRequest) -> Option<Predecessor> {
        let note = PlanNote::read(&request.private);
        let uid = note.replaces.filter(|_| request.prior.is_null())?;
        let state = self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&uid).cloned()?;
        let config = self.decode(&state).ok()?;
        Some(Predecessor { stored: Stored::read(&state).ok()?, config })
    }

    /// Looks in a plan at what stands against the removal of one resource and the creation of another in its place.
    pub(super) async fn plan_replacement(
        &self,
        predecessor: &Predecessor,
        (planned, config): (&Value, &Config),
        limits: &Limits,
    ) -> Diagnostics {
        let whole = predecessor.replaced_by(Some(config), true, limits);
        let mut found = self.preflight(planned.get("region"), whole).await;
        let leaving = predecessor.replaced_by(None, true, limits);
        let region = predecessor.config.encode();
        found.extend(self.preflight(region.get("region"), leaving).await);
        found
    }

    /// Looks right before the first delete of a replacement at the creation that follows it.
    pub(super) async fn look_ahead(
        &self,
        successor: &Value,
        predecessor: &Predecessor,
        limits: &Limits,
    ) -> Result<(), Diagnostics> {
        if self.has_made(successor) {
            return Ok(());
        }
        let mut config = self.decode(successor)?;
        self.kind.derive(&mut config);
        let client = self.client(successor).await?;
        let found = self.last_look(&client, predecessor.replaced_by(Some(&config), false, limits)).await;
        // The creation repeats the warnings.
        if found.has_errors() { Err(found) } else { Ok(()) }
    }

    /// Takes note of what a creation has made, by which the destruction after it knows the order of the two halves.
    pub(super) fn remember_made(&self, planned: &Value) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(planned.clone());
    }

    /// Whether the creation came first (`create_before_destroy`): it was looked at in its turn.
    fn has_made(&self, successor: &Value) -> bool {
        let block = self.block();
        let settings = block.attributes.iter().filter(|attribute| attribute.presence != Presence::Computed);
        let settings: Vec<_> = settings.collect();
        self.made.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|made| {
            settings.iter().all(|attribute| {
                let planned = successor.get(attribute.name);
                !planned.is_wholly_known() || planned.same(made.get(attribute.name), &attribute.ty)
            })
        })
    }
}
