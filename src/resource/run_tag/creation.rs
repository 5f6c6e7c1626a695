//! The run tag of a creation: on the object that is made first, while no state names the composite.
//!
//! What stands still is taken over once: within a process by a claim, between processes by a tag that is read back.
//!
//! One gap is left, of seconds: a creation that follows an interruption sooner than AWS shows the first object finds
//! nothing, and makes its own chain. A chain whose creation has ended is never taken over, because its state may be
//! anywhere; one that was made for exactly this configuration is named with its import command.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::super::access::Access;
use super::super::decoded::Config;
use super::super::recoverable::{Recoverable, Tagging};
use super::HOLDS;
use super::content::{RunTag, Stage, purpose};
use super::watch::Watched;
use super::writer::Writer;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{LeadTag, Limits, LinkName, Record, Rounds, RunKeys, TaggedLead};
use crate::gather::Gather as _;

/// So many times it is looked who has won.
const LOOKS: u32 = 3;
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

/// An object that a creation made first, with its tag.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Begun {
    id: String,
    uid: String,
    tag: RunTag,
}

impl Begun {
    fn of(lead: TaggedLead) -> Option<Self> {
        let tag = RunTag::of(&lead.tags, RunKeys::OWN)?;
        matches!(tag.stage, Stage::Creating | Stage::Created).then_some(Self { id: lead.id, uid: lead.uid, tag })
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
        LeadTag { link: self.lead.into(), tags: self.writer.running().tags(self.writer.keys) }
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
        begun.retain(|one| !is_known(&one.uid) && !is_claimed(claims, &one.uid));
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
        let tags = |begun: Vec<Begun>| begun.into_iter().map(|one| (one.id, one.tag)).gather();
        let look = || async { Ok(tags(self.begun(config).await)) };
        let watched = self.writer.watch(&tags(begun.clone()), look).await.unwrap_or_default();
        begun.into_iter().filter(|one| watched.get(&one.id) == Some(&Watched::Still)).collect()
    }

    /// Takes over one of them, the latest; tells of the others.
    async fn take_over(&self, mut interrupted: Vec<Begun>, claims: &Claims) -> Option<Taken> {
        interrupted.sort_by(|one, other| (one.tag.time, &one.id).cmp(&(other.tag.time, &other.id)));
        while let Some(one) = interrupted.pop() {
            let uid = &one.uid;
            if !claim(claims, uid) {
                continue;
            }
            if !self.is_won(&one).await {
                continue;
            }
            let mut detail = format!(
                "{} and what belongs to it was made for {} by a run that ended before it could return its state. This \
                 apply takes it over (privatelink:uid = {uid}) and completes it.",
                one.id, self.resource
            );
            for other in &interrupted {
                let _ = write!(
                    detail,
                    "\n\n{} was left by another run, for the same configuration: unless another resource of this \
                     configuration takes it over, remove what is tagged privatelink:uid = {}.",
                    other.id, other.uid
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
        if let Err(failure) = self.writer.write(&one.id, &self.writer.running()).await {
            tracing::warn!(%failure, "the tag of an interrupted creation could not be taken over");
            return false;
        }
        for _ in 0..LOOKS {
            if limits.pause_for(limits.scaled(SETTLES)).await.is_err() {
                return false;
            }
            let Ok(tags) = client.tags(&one.id).await else { continue };
            match RunTag::of(&tags, self.writer.keys) {
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
        let Some(id) = self.id(record) else { return Diagnostics::new() };
        let Writer { client, keys, .. } = &self.writer;
        let ended = self.writer.end(|| client.mark_run(&id, Stage::Created.mark(*keys, Duration::ZERO))).await;
        let Err(failure) = ended else { return Diagnostics::new() };
        let detail = format!(
            "{failure}\n\nThe tag {} of {id} still says that the creation goes on. Another creation of this type and name for \
             the same subnets, in another state, would take it for an interrupted one: remove the tag by hand.",
            keys.mark
        );
        Diagnostic::warning("Cannot write a tag", detail).into()
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
            let is_still = now.iter().any(|seen| seen == *one);
            is_still && !is_claimed(claims, &one.uid)
        };
        let told = |one: &Begun| format!("{} (privatelink:uid = {})", one.id, one.uid);
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
        let anchor = self.recovery.anchor_of(&self.writer.client, &one.uid).await.ok().flatten();
        let way = match &anchor {
            Some(id) => format!(
                "destroy what this apply has made, then run \"terraform import {}.NAME {id}\" and apply again",
                self.recovery.facts().type_name
            ),
            None => format!("remove what is tagged privatelink:uid = {} by hand", one.uid),
        };
        let ended = one.tag.time.map(|time| format!(" at {time}")).unwrap_or_default();
        let id = anchor.as_deref().unwrap_or(&one.id);
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
