//! A strict little cloud: objects with owners, references, readiness times, and a script of faults.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::engine::{Class, Failure, Pace};

/// Settings of a fake object; which one differs decides about the change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Settings {
    /// Changes in place.
    pub(super) value: String,
    /// Changes by a new object beside the old one.
    pub(super) shape: String,
    /// Unique in its kind; changes by removal first.
    pub(super) slot: String,
    /// Changes only with the whole resource.
    pub(super) root: String,
    /// Whether the object starts behind a closed gate, and whether runs wait for it.
    pub(super) gate: Option<bool>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Spec {
    pub(super) settings: Settings,
    pub(super) parents: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) id: String,
    pub(super) settings: Settings,
    pub(super) parents: Vec<String>,
    /// Filled by the world when the object is ready.
    pub(super) address: Option<String>,
    #[serde(default)]
    pub(super) open: bool,
}

/// A link of any kind; what differs between kinds is in the world.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fake {
    /// Whether other parents need another object.
    pub(super) rigid: bool,
    pub(super) pace: Pace,
}

/// One call, as the world saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) at: Duration,
    pub(super) verb: &'static str,
    pub(super) link: String,
}

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It fails and does nothing.
    Before(Class),
    /// It fails although it did everything.
    After(Class),
    /// The link panics before the call, or after it.
    PanicBefore,
    PanicAfter,
}

#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) link: String,
    pub(super) uid: String,
    pub(super) generation: u32,
    pub(super) settings: Settings,
    pub(super) parents: Vec<String>,
    pub(super) ready_at: Instant,
    pub(super) gone_at: Option<Instant>,
    pub(super) open: bool,
    pub(super) broken: Option<String>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Inner {
    pub(super) things: BTreeMap<String, Thing>,
    pub(super) made: u32,
    start: Option<Instant>,
    log: Vec<Call>,
    /// Faults by the number of the call, from 1, and by verb and link with how often.
    nth: BTreeMap<usize, Fault>,
    scripted: Vec<(&'static str, String, Fault, u32)>,
    /// The number of the call from which on the client is dead.
    dead_at: Option<usize>,
    /// Owners whose names and tokens are used up.
    pub(super) used: BTreeSet<(String, String, u32)>,
    pub(super) wrongs: Vec<String>,
    /// Reads of a link that answer Absent although it is there.
    pub(super) blind: BTreeMap<String, u32>,
    pub(super) slow: BTreeMap<String, Duration>,
    pub(super) linger: BTreeMap<String, Duration>,
    /// Links that neither reads nor deletes find until then.
    pub(super) veiled: BTreeMap<String, Instant>,
    /// Reads of a link that say that it is on its way although it is ready.
    pub(super) waver: BTreeMap<String, u32>,
    /// Reads of a link that show its state before the last update.
    pub(super) lag: BTreeMap<String, (u32, Option<State>)>,
}

#[derive(Debug, Default)]
pub(super) struct World {
    inner: Mutex<Inner>,
    /// From create to ready and from delete to gone, by kind.
    pub(super) times: BTreeMap<&'static str, (Duration, Duration)>,
    /// How long each call takes.
    pub(super) latency: Duration,
    /// Kinds that go when the object of another kind that they refer to goes.
    pub(super) contained: BTreeMap<&'static str, &'static str>,
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn kind(link: &str) -> &str {
    link.split('.').next().unwrap()
}

impl World {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.inner.lock().unwrap();
        inner.start.get_or_insert_with(Instant::now);
        let now = Instant::now();
        inner.things.retain(|_, thing| thing.gone_at.is_none_or(|at| at > now));
        inner
    }

    /// Another world with the same content.
    pub(super) fn twin(&self) -> Self {
        let inner = Mutex::new(self.lock().clone());
        Self { inner, times: self.times.clone(), latency: self.latency, contained: self.contained.clone() }
    }

    pub(super) fn times(&self, link: &str) -> (Duration, Duration) {
        self.times.get(kind(link)).copied().unwrap_or_default()
    }

    /// Fails the `n`th call from now.
    pub(super) fn fail_nth(&self, n: usize, fault: Fault) {
        let mut inner = self.lock();
        let at = inner.log.len() + n;
        inner.nth.insert(at, fault);
    }

    /// From the `n`th call on, nothing arrives and nothing answers.
    pub(super) fn kill_at(&self, n: usize) {
        let mut inner = self.lock();
        inner.dead_at = Some(inner.log.len() + n);
    }

    pub(super) fn fail(&self, verb: &'static str, link: &str, fault: Fault, times: u32) {
        self.lock().scripted.push((verb, link.to_owned(), fault, times));
    }

    pub(super) fn heal(&self) {
        let mut inner = self.lock();
        inner.nth.clear();
        inner.scripted.clear();
        inner.dead_at = None;
    }

    /// The reads after the next update of this link show what was before.
    pub(super) fn lag(&self, link: &str, reads: u32) {
        self.lock().lag.insert(link.to_owned(), (reads, None));
    }

    /// The next reads of this link show this.
    pub(super) fn step_back(&self, link: &str, reads: u32, past: State) {
        self.lock().lag.insert(link.to_owned(), (reads, Some(past)));
    }

    /// The next reads of this link say that it is on its way.
    pub(super) fn waver(&self, link: &str, reads: u32) {
        self.lock().waver.insert(link.to_owned(), reads);
    }

    /// For this time, neither reads nor deletes of this link find it.
    pub(super) fn veil(&self, link: &str, time: Duration) {
        self.lock().veiled.insert(link.to_owned(), Instant::now() + time);
    }

    /// The next reads of this link do not see it.
    pub(super) fn hide(&self, link: &str, reads: u32) {
        self.lock().blind.insert(link.to_owned(), reads);
    }

    /// The next objects of this link take this long to be ready.
    pub(super) fn slow(&self, link: &str, time: Duration) {
        self.lock().slow.insert(link.to_owned(), time);
    }

    /// The objects of this link take this long to be gone.
    pub(super) fn linger(&self, link: &str, time: Duration) {
        self.lock().linger.insert(link.to_owned(), time);
    }

    pub(super) fn open(&self, link: &str) {
        self.each(link, |thing| thing.open = true);
    }

    pub(super) fn shut(&self, link: &str) {
        self.each(link, |thing| thing.open = false);
    }

    pub(super) fn break_it(&self, link: &str, reason: &str) {
        self.each(link, |thing| thing.broken = Some(reason.to_owned()));
    }

    pub(super) fn destroy(&self, link: &str) {
        self.lock().things.retain(|_, thing| thing.link != link);
    }

    pub(super) fn destroy_id(&self, id: &str) {
        self.lock().things.remove(id);
    }

    pub(super) fn drift(&self, link: &str, value: &str) {
        self.each(link, |thing| value.clone_into(&mut thing.settings.value));
    }

    fn each(&self, link: &str, change: impl Fn(&mut Thing)) {
        self.lock().things.values_mut().filter(|thing| thing.link == link).for_each(change);
    }

    /// What exists: link, generation and settings; ids are left out, so that two worlds compare.
    pub(super) fn content(&self) -> Vec<(String, Settings, Vec<String>)> {
        let inner = self.lock();
        let name = |id: &String| inner.things.get(id).map_or_else(|| format!("gone {id}"), |thing| thing.link.clone());
        let mut content: Vec<_> = inner
            .things
            .values()
            .map(|thing| (thing.link.clone(), thing.settings.clone(), thing.parents.iter().map(name).collect()))
            .collect();
        content.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        content
    }

    /// The names of what exists, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        self.content().into_iter().map(|(name, ..)| name).collect()
    }

    pub(super) fn ids(&self) -> BTreeSet<String> {
        self.lock().things.keys().cloned().collect()
    }

    /// Of which link and generation an object is.
    pub(super) fn owned(&self, id: &str) -> Option<(String, u32)> {
        self.lock().things.get(id).map(|thing| (thing.link.clone(), thing.generation))
    }

    pub(super) fn log(&self) -> Vec<Call> {
        self.lock().log.clone()
    }

    pub(super) fn forget_log(&self) {
        self.lock().log.clear();
    }

    /// The mutating calls as `verb link`.
    pub(super) fn changes(&self) -> Vec<String> {
        let log = self.log();
        let mutating = log.iter().filter(|call| !matches!(call.verb, "read" | "find"));
        mutating.map(|call| format!("{} {}", call.verb, call.link)).collect()
    }

    pub(super) fn count(&self, verb: &str, link: &str) -> usize {
        self.log().iter().filter(|call| call.verb == verb && call.link == link).count()
    }

    pub(super) fn at(&self, verb: &str, link: &str) -> Option<Duration> {
        self.log().into_iter().find(|call| call.verb == verb && call.link == link).map(|call| call.at)
    }

    /// What a strict cloud would have refused or what no careful client does.
    pub(super) fn wrongs(&self) -> Vec<String> {
        self.lock().wrongs.clone()
    }

    pub(super) async fn call<T>(
        &self,
        verb: &'static str,
        link: &str,
        effect: impl FnOnce(&mut Inner) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let dead = self.lock().dead();
        if dead {
            return std::future::pending().await;
        }
        let (fault, answer) = {
            let mut inner = self.lock();
            let at = inner.start.map_or(Duration::ZERO, |start| start.elapsed());
            inner.log.push(Call { at, verb, link: link.to_owned() });
            let number = inner.log.len();
            let fault = inner.nth.remove(&number).or_else(|| scripted(&mut inner, verb, link));
            let skip = matches!(fault, Some(Fault::Before(_) | Fault::PanicBefore));
            (fault, (!skip).then(|| effect(&mut inner)))
        };
        match (fault, answer) {
            (Some(Fault::PanicBefore | Fault::PanicAfter), _) => panic!("the fake {link} panics"),
            (Some(Fault::Before(class) | Fault::After(class)), _) => Err(Failure::new(class, "as scripted")),
            (None, Some(answer)) => answer,
            (None, None) => unreachable!("only faults skip the effect"),
        }
    }
}

impl Inner {
    /// Whether AWS does not show the object of this link yet.
    pub(super) fn is_veiled(&self, link: &str) -> bool {
        self.veiled.get(link).is_some_and(|until| *until > Instant::now())
    }

    /// Whether the client is dead at its next call.
    fn dead(&self) -> bool {
        self.dead_at.is_some_and(|at| self.log.len() + 1 >= at)
    }
}

fn scripted(inner: &mut Inner, verb: &str, link: &str) -> Option<Fault> {
    let (.., fault, left) = inner.scripted.iter_mut().find(|(v, l, _, left)| *v == verb && l == link && *left > 0)?;
    *left -= 1;
    Some(*fault)
}
