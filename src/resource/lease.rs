//! A creation that was killed is taken up by the next one.
//!
//! Core saves nothing of a creation before it has returned, so what a killed run made is in no state. Its
//! objects carry owner tags, but so do those of a resource of the same name in another state, which must never
//! be taken. The lease tells them apart: a tag with a time on the object that is made first, set by the call
//! that makes it, renewed while the run works and taken off when its state is returned. Whoever creates a
//! resource of that type and name looks for one. A lease that has run out belongs to a run that is dead: its
//! uid is taken over, and the engine finds under it whatever the dead run made. One that has not is waited for;
//! where it is renewed meanwhile, its run lives, and the two have nothing to do with each other.
//!
//! Two gaps are left, each of seconds: an apply that follows a kill sooner than AWS shows the first object
//! finds nothing and makes its own chain, and a process killed after the lease was taken off, before core has
//! saved the state, leaves objects that look recorded.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::composite::Composite;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Lease, Leased, Limits, Record};

/// How long a lease holds. Longer would keep people waiting after a crash, shorter would cost more renewals.
pub(super) const HOLDS: Duration = Duration::from_mins(3);
/// How long before its end it is renewed, so that a slow call does not let it run out.
pub(super) const AHEAD: Duration = Duration::from_secs(30);
/// After so long a failed renewal is tried again.
const SOON: Duration = Duration::from_secs(5);
/// So many times what was seen before the wait is looked for after it.
const LOOKS: u32 = 3;
/// So many times the lease is tried to be taken off.
const ATTEMPTS: u32 = 5;

/// What the creation of a composite holds: the lease of the object that is made first.
pub(super) struct Holder<K: Composite> {
    client: Arc<K::Client>,
    limits: Limits,
    lead: &'static str,
}

/// What was found before a creation.
pub(super) struct Taken {
    /// The uid of the dead run.
    pub(super) uid: String,
    /// Tells people.
    pub(super) warning: Diagnostic,
}

impl<K: Composite> Holder<K> {
    /// None where the composite has no object that could carry a lease.
    pub(super) fn new(client: &Arc<K::Client>, limits: &Limits, config: &K::Config) -> Option<Self> {
        K::lead(config).map(|lead| Self { client: Arc::clone(client), limits: limits.clone(), lead })
    }

    /// The lease for the object that is made first.
    pub(super) fn lease(&self) -> Lease {
        Lease { link: self.lead.into(), until: self.end() }
    }

    fn end(&self) -> String {
        stamp(now() + self.scaled(HOLDS))
    }

    fn scaled(&self, time: Duration) -> SignedDuration {
        SignedDuration::try_from(self.limits.scaled(time)).unwrap_or_default()
    }

    /// Looks for what a killed creation of this resource left, and waits until it is known to be dead.
    ///
    /// A look that fails keeps nobody from creating: it is there for a rare accident, and may be denied.
    pub(super) async fn take_up(&self, config: &K::Config, resource: &str) -> Option<Taken> {
        let mut left = self.look(config, resource).await;
        if left.is_empty() {
            // One read may miss what is there.
            left = self.look(config, resource).await;
        }
        let latest = left.iter().filter_map(|one| one.until.parse::<Timestamp>().ok()).max();
        if let Some(wait) = latest.map(|latest| latest.duration_since(now())).filter(SignedDuration::is_positive) {
            let wait = Duration::try_from(wait).unwrap_or_default().min(self.limits.scaled(HOLDS));
            tracing::info!(resource, ?wait, "waiting for the lease of an earlier run to end");
            self.limits.pause_for(wait).await.ok()?;
            // Those that were renewed belong to runs that live; one read may miss some.
            let known = left.len();
            for _ in 0..LOOKS {
                left = self.look(config, resource).await;
                if left.len() >= known {
                    break;
                }
            }
        }
        let dead = |one: &Leased| one.until.parse::<Timestamp>().is_ok_and(|until| until <= now());
        let mut dead: Vec<Leased> = left.into_iter().filter(dead).collect();
        dead.sort();
        let taken = dead.pop()?;
        let mut detail = format!(
            "{} and what belongs to it was made for {resource} by a run that ended before it could return its state. \
             This apply takes it up (privatelink:uid = {}) and completes it.",
            taken.id, taken.uid
        );
        for other in dead {
            let _ = write!(
                detail,
                "\n\n{} was left by a run before that one: remove what is tagged privatelink:uid = {}.",
                other.id, other.uid
            );
        }
        let warning = Diagnostic::warning("Carrying on an interrupted creation", detail);
        if let Err(failure) = K::set_lease(&self.client, &taken.id, Some(&self.end())).await {
            tracing::warn!(%failure, "the lease could not be taken over");
            return None;
        }
        Some(Taken { uid: taken.uid, warning })
    }

    async fn look(&self, config: &K::Config, resource: &str) -> Vec<Leased> {
        K::leased(&self.client, config, resource).await.unwrap_or_else(|failure| {
            tracing::warn!(%failure, "cannot look for what an interrupted creation may have left");
            Vec::new()
        })
    }

    /// Renews the lease until the run is done. A call under way is not cut, or it might take effect after the
    /// lease is given up. Tells where the lease ran out meanwhile.
    pub(super) async fn keep(&self, record: watch::Receiver<Record>, mut done: oneshot::Receiver<()>) -> Diagnostics {
        let mut pause = HOLDS.saturating_sub(AHEAD);
        let mut lapse: Option<(Instant, Diagnostic)> = None;
        loop {
            tokio::select! {
                biased;
                _ = &mut done => break,
                () = tokio::time::sleep(self.limits.scaled(pause)) => {}
            }
            pause = HOLDS.saturating_sub(AHEAD);
            let id = self.id(&record.borrow());
            let Some(id) = id else { continue };
            if let Err(failure) = K::set_lease(&self.client, &id, Some(&self.end())).await {
                tracing::warn!(%failure, "the lease could not be renewed");
                pause = SOON;
                let since = lapse.map_or_else(Instant::now, |(since, _)| since);
                let detail = format!(
                    "{failure}\n\nThe tag privatelink:lease of {id} could not be renewed and ran out while the creation \
                     went on. A creation of another resource of this type and name, in another state, would have taken \
                     it for the remains of a dead run in that time. Allow the operation that failed."
                );
                lapse = Some((since, Diagnostic::warning("Cannot renew a tag", detail)));
            } else {
                lapse = None;
            }
        }
        let mut found = Diagnostics::new();
        if let Some((_, warning)) = lapse.filter(|(since, _)| since.elapsed() >= self.limits.scaled(AHEAD)) {
            found.push(warning);
        }
        found
    }

    /// Takes the lease off what is recorded from now on.
    pub(super) async fn give_up(&self, record: &Record) -> Diagnostics {
        let mut found = Diagnostics::new();
        if self.limits.stop.is_abandoned() {
            // No state will name what was made: the next creation finds it by this lease.
            return found;
        }
        let Some(id) = self.id(record) else { return found };
        let mut attempt = 1;
        loop {
            let failure = match K::set_lease(&self.client, &id, None).await {
                Ok(()) => return found,
                Err(failure) => failure,
            };
            if attempt == ATTEMPTS {
                let detail = format!(
                    "{failure}\n\nThe tag privatelink:lease stays on {id}. A creation of another resource of this type \
                     and name, in another state, would take it for the remains of a dead run: remove the tag by hand."
                );
                found.push(Diagnostic::warning("Cannot remove a tag", detail));
                return found;
            }
            tokio::time::sleep(self.limits.scaled(Duration::from_secs(1)) * attempt).await;
            attempt += 1;
        }
    }

    /// The object that carries it.
    fn id(&self, record: &Record) -> Option<String> {
        let state = &record.links.get(&self.lead.into())?.state;
        let id = state.get("id").or_else(|| state.get("arn"))?;
        id.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
    }
}

/// The time of day, on the clock that tests control.
pub(super) fn now() -> Timestamp {
    static START: OnceLock<(Timestamp, Instant)> = OnceLock::new();
    let (time, start) = START.get_or_init(|| (Timestamp::now(), Instant::now()));
    let now = Instant::now();
    // Each paused clock of a test process starts at its own time, maybe before the first one asked.
    let signed = |span: Duration| SignedDuration::try_from(span).unwrap_or_default();
    let past = signed(now.saturating_duration_since(*start)) - signed(start.saturating_duration_since(now));
    time.checked_add(past).unwrap_or(*time)
}

/// A time as tags hold it.
pub(super) fn stamp(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stamp_is_read_back_and_follows_the_clock() {
        let before = now();
        tokio::time::advance(Duration::from_mins(5)).await;
        let passed = now().duration_since(before);
        assert!(passed >= SignedDuration::from_mins(5), "{passed}");
        let read: Timestamp = stamp(before).parse().unwrap();
        assert!(before.duration_since(read) < SignedDuration::from_secs(1));
    }
}
