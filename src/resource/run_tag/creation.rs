//! The run tag of a creation: on the object that is made first, while no state names the composite.
//!
//! What stands still is taken over once: within a process by a claim, between processes by a tag that is read back.
//!
//! One gap is left, of seconds: a creation that follows an interruption sooner than AWS shows the first object finds
//! nothing, and makes its own chain. A chain whose creation has ended is never taken over, because its state may be
//! anywhere; one that was made for exactly this configuration is named with its import command.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::super::access::Access;
use super::super::kind::Config;
use super::super::recovery::{Recoverable, Tagging};
use super::HOLDS;
use super::content::{KEY, RunTag, Stage, purpose};
use super::writer::Writer;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{LeadTag, Limits, LinkName, Record, Rounds, TaggedLead};

/// So many times what was seen before the wait is looked for after it.
const LOOKS: u32 = 3;
/// So many times the tag is tried to be ended.
const ATTEMPTS: u32 = 5;
/// Two runs that take over at the same moment both see the later tag after this time.
const SETTLES: Duration = Duration::from_secs(10);
/// For so long a chain whose creation has ended is named to another creation of exactly the same configuration.
const NAMED: SignedDuration = SignedDuration::from_hours(24);

/// Uids of the creations of this process, each once: made for them, or taken over.
pub(in crate::resource) type Claims = Mutex<BTreeSet<String>>;

/// Takes a uid for one creation of this process; whether it was free.
pub(in crate::resource) fn claim(claims: &Claims, uid: &str) -> bool {
    claims.lock().unwrap_or_else(PoisonError::into_inner).insert(uid.to_owned())
}

fn is_claimed(claims: &Claims, uid: &str) -> bool {
    claims.lock().unwrap_or_else(PoisonError::into_inner).contains(uid)
}

/// The creation of a composite whose first object can carry the tag.
pub(in crate::resource) struct Creation<C> {
    recovery: Arc<dyn Recoverable<C>>,
    writer: Writer<C>,
    lead: &'static str,
    resource: String,
}

/// What is there before a creation.
#[derive(Default)]
pub(in crate::resource) struct Before {
    /// What is taken over.
    pub(in crate::resource) taken: Option<Taken>,
    /// Chains of exactly this configuration whose creation has ended.
    unsaved: Vec<Begun>,
    /// What creations for another purpose have begun.
    others: Vec<Begun>,
    /// When that was seen.
    since: Option<Instant>,
}

/// An interrupted creation that is carried on.
pub(in crate::resource) struct Taken {
    /// Its uid.
    pub(in crate::resource) uid: String,
    /// Tells people.
    pub(in crate::resource) warning: Diagnostic,
}

/// A lead with the tag of its creation.
#[derive(Debug, Clone)]
struct Begun {
    lead: TaggedLead,
    tag: RunTag,
}

impl Begun {
    fn of(lead: TaggedLead) -> Option<Self> {
        let (tag, _) = RunTag::first(&lead.run_tag)?;
        matches!(tag.stage, Stage::Creating | Stage::Created).then_some(Self { lead, tag })
    }
}

impl<C: Access> Creation<C> {
    /// One that has not begun.
    pub(in crate::resource) fn new(
        recovery: &Arc<dyn Recoverable<C>>,
        client: &Arc<C>,
        limits: &Limits,
        config: &Config,
        resource: &str,
    ) -> Self {
        let Tagging { lead, purpose: words, .. } = recovery.tagging(config);
        let writer = Writer::new(client, limits, Stage::Creating, purpose(&words));
        Self { recovery: Arc::clone(recovery), writer, lead, resource: resource.to_owned() }
    }

    /// The tag for the object that is made first.
    pub(in crate::resource) fn lead_tag(&self) -> LeadTag {
        LeadTag { link: self.lead.into(), value: self.writer.running().value() }
    }

    /// Looks for what an interrupted creation of this resource left, and watches until it is known to be interrupted.
    /// Uids that states of this process name (`is_known`) are never taken over.
    ///
    /// A look that fails keeps nobody from creating: it is there for a rare accident, and may be denied.
    pub(in crate::resource) async fn look(
        &self,
        config: &Config,
        claims: &Claims,
        is_known: impl Fn(&str) -> bool,
    ) -> Before {
        let mut begun = self.begun(config).await;
        if begun.is_empty() {
            // One read may miss what is there.
            begun = self.begun(config).await;
        }
        let since = Some(Instant::now());
        // Other creations of this process are not interrupted.
        begun.retain(|one| !is_known(&one.lead.uid) && !is_claimed(claims, &one.lead.uid));
        let (own, others): (Vec<Begun>, Vec<Begun>) =
            begun.into_iter().partition(|one| one.tag.basis == self.writer.basis);
        let (begun, unsaved): (Vec<Begun>, Vec<Begun>) =
            own.into_iter().partition(|one| one.tag.stage == Stage::Creating);
        let unsaved = unsaved.into_iter().filter(|one| self.is_recent(&one.tag)).collect();
        let others = others.into_iter().filter(|one| one.tag.stage == Stage::Creating).collect();
        let interrupted = if begun.is_empty() { Vec::new() } else { self.stood_still(config, begun).await };
        Before { taken: self.take_over(interrupted, claims).await, unsaved, others, since }
    }

    fn is_recent(&self, tag: &RunTag) -> bool {
        let passed = self.writer.client.now().zip(tag.time).map(|(now, ended)| now.duration_since(ended));
        passed.is_none_or(|passed| passed < NAMED)
    }

    /// Those of which nothing moves for a whole term: the run of each is dead.
    async fn stood_still(&self, config: &Config, begun: Vec<Begun>) -> Vec<Begun> {
        let limits = &self.writer.limits;
        tracing::info!(resource = self.resource, "watching whether an earlier creation goes on");
        if limits.pause_for(limits.scaled(HOLDS)).await.is_err() {
            return Vec::new();
        }
        let left = begun.iter().map(|one| self.writer.rest(one.tag.time)).max().unwrap_or_default();
        if !left.is_zero() && limits.pause_for(limits.scaled(left)).await.is_err() {
            return Vec::new();
        }
        let before: BTreeMap<&str, &str> =
            begun.iter().map(|one| (one.lead.id.as_str(), one.lead.run_tag.as_str())).collect();
        let mut found = Vec::new();
        // One read may miss some, or show a tag as it was before its renewal.
        for _ in 0..LOOKS {
            let seen = self.begun(config).await;
            let is_still = |one: &Begun| before.get(one.lead.id.as_str()) == Some(&one.lead.run_tag.as_str());
            let moved = seen.iter().filter(|one| before.contains_key(one.lead.id.as_str()) && !is_still(one));
            let moved: BTreeSet<String> = moved.map(|one| one.lead.id.clone()).collect();
            found.retain(|one: &Begun| !moved.contains(&one.lead.id));
            for one in seen.into_iter().filter(is_still) {
                if !found.iter().any(|known| known.lead.id == one.lead.id) {
                    found.push(one);
                }
            }
            if found.len() + moved.len() >= before.len() {
                break;
            }
        }
        found
    }

    /// Takes over one of them, the latest; tells of the others.
    async fn take_over(&self, mut interrupted: Vec<Begun>, claims: &Claims) -> Option<Taken> {
        interrupted.sort_by(|one, other| (one.tag.time, &one.lead).cmp(&(other.tag.time, &other.lead)));
        while let Some(one) = interrupted.pop() {
            let uid = &one.lead.uid;
            if !claim(claims, uid) {
                continue;
            }
            if !self.is_won(&one).await {
                continue;
            }
            let mut detail = format!(
                "{} and what belongs to it was made for {} by a run that ended before it could return its state. This \
                 apply takes it over (privatelink:uid = {uid}) and completes it.",
                one.lead.id, self.resource
            );
            for other in &interrupted {
                let _ = write!(
                    detail,
                    "\n\n{} was left by another run, for the same configuration: unless another resource of this \
                     configuration takes it over, remove what is tagged privatelink:uid = {}.",
                    other.lead.id, other.lead.uid
                );
            }
            let warning = Diagnostic::warning("Carrying on an interrupted creation", detail);
            return Some(Taken { uid: uid.clone(), warning });
        }
        None
    }

    /// Writes this run's tag, and returns whether it stands when a run that took over at the same moment has written
    /// its own.
    async fn is_won(&self, one: &Begun) -> bool {
        let Writer { client, limits, .. } = &self.writer;
        if let Err(failure) = self.writer.write(&one.lead.id, &self.writer.running()).await {
            tracing::warn!(%failure, "the tag of an interrupted creation could not be taken over");
            return false;
        }
        for _ in 0..LOOKS {
            if limits.pause_for(limits.scaled(SETTLES)).await.is_err() {
                return false;
            }
            let Ok(tags) = client.tags(&one.lead.id).await else { continue };
            match RunTag::of(&tags) {
                Some(tag) if tag.run == self.writer.run => return true,
                // As it was before: this read lags.
                Some(tag) if tag.run == one.tag.run => {}
                Some(_) => return false,
                None => {}
            }
        }
        // Nobody else's was seen.
        true
    }

    async fn begun(&self, config: &Config) -> Vec<Begun> {
        let found = self.recovery.begun(&self.writer.client, config, &self.resource).await.unwrap_or_else(|failure| {
            tracing::warn!(%failure, "cannot look for what an interrupted creation may have left");
            Vec::new()
        });
        found.into_iter().filter_map(Begun::of).collect()
    }

    /// Renews the tag until the run is done.
    pub(in crate::resource) async fn keep(
        &self,
        rounds: &Rounds,
        record: watch::Receiver<Record>,
        done: oneshot::Receiver<()>,
    ) -> Diagnostics {
        self.writer.keep(rounds, || self.id(&record.borrow()), done).await
    }

    /// Says in the tag that the creation has ended: a state names from now on what is recorded.
    pub(in crate::resource) async fn end(&self, record: &Record) -> Diagnostics {
        let mut found = Diagnostics::new();
        let limits = &self.writer.limits;
        if limits.stop.is_abandoned() {
            // No state will name what was made: the next creation finds it by this tag.
            return found;
        }
        let Some(id) = self.id(record) else { return found };
        let mut attempt = 1;
        loop {
            let mark = self.writer.client.mark_run(&id, Stage::Created.mark(Duration::ZERO));
            let Err(failure) = limits.over(mark).await else { return found };
            if attempt == ATTEMPTS {
                let detail = format!(
                    "{failure}\n\nThe tag {KEY} of {id} still says that the creation goes on. Another creation of this \
                     type and name for the same subnets, in another state, would take it for an interrupted one: remove \
                     the tag by hand."
                );
                found.push(Diagnostic::warning("Cannot write a tag", detail));
                return found;
            }
            tokio::time::sleep(limits.scaled(Duration::from_secs(1)) * attempt).await;
            attempt += 1;
        }
    }

    /// Tells of what was there before and is not this creation's, as far as no other creation of this process has
    /// taken it over meanwhile.
    pub(in crate::resource) async fn tell(&self, config: &Config, before: Before, claims: &Claims) -> Diagnostics {
        let mut found = Diagnostics::new();
        let Before { unsaved, others, since, .. } = before;
        for one in unsaved {
            found.push(self.unsaved(&one).await);
        }
        let has_passed = since.is_some_and(|since| since.elapsed() >= self.writer.limits.scaled(HOLDS));
        if others.is_empty() || !has_passed {
            // Whether they live is not known.
            return found;
        }
        let now = self.begun(config).await;
        let is_interrupted = |one: &&Begun| {
            let is_still = now.iter().any(|seen| seen.lead == one.lead);
            is_still && !is_claimed(claims, &one.lead.uid)
        };
        let told = |one: &Begun| format!("{} (privatelink:uid = {})", one.lead.id, one.lead.uid);
        let others: Vec<String> = others.iter().filter(is_interrupted).map(told).collect();
        if !others.is_empty() {
            let detail = format!(
                "Creations of {} for other subnets or another service were interrupted: {}. Each is carried on by the next \
                 apply of the resource that it was for. Where that resource is gone or has changed since, remove what \
                 carries this uid by hand.",
                self.resource,
                others.join(", ")
            );
            found.push(Diagnostic::warning("An interrupted creation of the same name", detail));
        }
        found
    }

    async fn unsaved(&self, one: &Begun) -> Diagnostic {
        let anchor = self.recovery.anchor_of(&self.writer.client, &one.lead.uid).await.ok().flatten();
        let way = match &anchor {
            Some(id) => format!(
                "destroy what this apply has made, then run \"terraform import {}.NAME {id}\" and apply again",
                self.recovery.facts().type_name
            ),
            None => format!("remove what is tagged privatelink:uid = {} by hand", one.lead.uid),
        };
        let ended = one.tag.time.map(|time| format!(" at {time}")).unwrap_or_default();
        let id = anchor.as_deref().unwrap_or(&one.lead.id);
        let detail = format!(
            "{id} was made for exactly this configuration by an earlier creation, which ended{ended} and returned its \
             state. If a state names it, all is well. If Terraform could not save that state (a full disk, a kill in the \
             last second), nothing names it any more: {way}."
        );
        Diagnostic::warning("A chain of the same configuration exists", detail)
    }

    /// The object that carries the tag.
    fn id(&self, record: &Record) -> Option<String> {
        record.links.get(&LinkName::from(self.lead))?.id()
    }
}
