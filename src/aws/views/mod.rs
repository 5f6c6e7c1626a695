//! Reads that cost pages: what one resource has seen serves the next one that only confirms what it knows.
//!
//! A view holds what was read of one kind of object in one account and Region. It answers a reader inside of
//! [`crate::engine::Reader::over`] when
//!
//! - it was asked for at most [`HOLDS`] before,
//! - this process has written nothing of its domain since it was asked for, and
//! - no earlier look of the same resource was answered by it.
//!
//! Absence is never answered: what a view does not hold is read. When several objects of a kind were read one after the other and
//! more are asked for, the whole kind is listed once, a page for each thousand of them: core asks for ten resources at a time, and
//! what the other four hundred and ninety will want is known from the first ones.
//!
//! `PRIVATELINK_VIEWS=off` switches views off, for comparing: each resource then reads for itself, and the result must be the same.

mod zone_records;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::batched::{Batched, WINDOW};
use super::turns::Turns;
use super::writes::{Domain, Writes};
use crate::engine::{Reading, Result};

pub(super) use zone_records::{Known, Page, ZoneRecords};

/// How long a look may serve others.
pub(super) const HOLDS: Duration = Duration::from_secs(30);
/// So many other objects of a kind that were read shortly before say that more will be.
const MANY: usize = 4;

/// Whom a look has served, by name of the resource, and in which of its turns.
pub(super) type Served = BTreeMap<Arc<str>, u64>;

/// Objects of one kind by id.
#[derive(Debug)]
pub(super) struct View<V> {
    batched: Batched<V>,
    domain: Domain,
    writes: Arc<Writes>,
    seen: Mutex<Seen<V>>,
    turns: Turns,
    listing: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Seen<V> {
    looks: BTreeMap<String, Look<V>>,
    /// When which object was read by itself.
    asked: BTreeMap<String, Instant>,
    /// When which list was read last.
    listed: BTreeMap<String, Instant>,
}

#[derive(Debug)]
struct Look<V> {
    asked: Instant,
    object: V,
    served: Served,
}

/// Whether a look that was asked for at this moment may serve a reader, as far as others than itself are concerned.
pub(super) fn is_news(writes: &Writes, domain: &Domain, asked: Instant) -> bool {
    writes.have_views() && asked.elapsed() < HOLDS && writes.none_since(domain, asked)
}

/// Takes note that a look serves a reader; false where it served an earlier look of the same resource.
pub(super) fn serve(served: &mut Served, reading: &Reading) -> bool {
    let turn = *served.entry(Arc::clone(reading.name())).or_insert(reading.turn());
    turn == reading.turn()
}

impl<V: Clone + Send + Sync + 'static> View<V> {
    /// Objects that a write of `domain` may change, of which one call takes `most` ids.
    pub(super) fn new(most: usize, domain: Domain, writes: &Arc<Writes>) -> Self {
        Self {
            batched: Batched::new(most),
            domain,
            writes: Arc::clone(writes),
            seen: Mutex::new(Seen { looks: BTreeMap::new(), asked: BTreeMap::new(), listed: BTreeMap::new() }),
            turns: Turns::default(),
            listing: tokio::sync::Mutex::default(),
        }
    }

    /// Reads an object, with what others ask for now, or takes it from a look that may serve; none where AWS has nothing.
    ///
    /// `fetch` makes one call for some ids, `list` reads the whole kind.
    pub(super) async fn get<F, Fut, All, L, List>(&self, id: &str, fetch: F, list: Option<L>) -> Result<Option<V>>
    where
        F: Fn(Vec<String>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<All>> + Send + 'static,
        All: IntoIterator<Item = (String, V)>,
        L: FnOnce() -> List + Send,
        List: Future<Output = Result<Vec<(String, V)>>> + Send,
    {
        self.get_or_list(id, fetch, "", list).await
    }

    /// The same where there are several lists, of which this is one.
    pub(super) async fn get_or_list<F, Fut, All, L, List>(
        &self,
        id: &str,
        fetch: F,
        name: &str,
        list: Option<L>,
    ) -> Result<Option<V>>
    where
        F: Fn(Vec<String>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<All>> + Send + 'static,
        All: IntoIterator<Item = (String, V)>,
        L: FnOnce() -> List + Send,
        List: Future<Output = Result<Vec<(String, V)>>> + Send,
    {
        let reading = Reading::at_work().filter(|_| self.writes.have_views());
        let Some(reading) = reading else { return self.batched.get(id, fetch).await };
        if let Some(known) = self.known(id, &reading) {
            return Ok(Some(known));
        }
        if let Some(list) = list.filter(|_| self.is_one_of_many(id)) {
            self.list(name, list).await;
        }
        let _turn = self.turns.take(id).await;
        if let Some(known) = self.known(id, &reading) {
            return Ok(Some(known));
        }
        let asked = Instant::now();
        lock(&self.seen).asked.insert(id.to_owned(), asked);
        let found = self.batched.get(id, fetch).await?;
        if let Some(object) = &found {
            let served = Served::from([(Arc::clone(reading.name()), reading.turn())]);
            let look = Look { asked, object: object.clone(), served };
            lock(&self.seen).looks.insert(id.to_owned(), look);
        }
        Ok(found)
    }

    /// The same for a kind that AWS does not list.
    pub(super) async fn get_unlisted<F, Fut, All>(&self, id: &str, fetch: F) -> Result<Option<V>>
    where
        F: Fn(Vec<String>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<All>> + Send + 'static,
        All: IntoIterator<Item = (String, V)>,
    {
        self.get(id, fetch, None::<fn() -> std::future::Ready<Result<Vec<(String, V)>>>>).await
    }

    /// Lists the whole kind, unless that was done a moment ago, and returns the ids in the list.
    pub(super) async fn listed<L, List>(&self, list: L) -> Vec<String>
    where
        L: FnOnce() -> List + Send,
        List: Future<Output = Result<Vec<(String, V)>>> + Send,
    {
        self.list("", list).await;
        lock(&self.seen).looks.keys().cloned().collect()
    }

    async fn list<L, List>(&self, name: &str, list: L)
    where
        L: FnOnce() -> List + Send,
        List: Future<Output = Result<Vec<(String, V)>>> + Send,
    {
        let _turn = self.listing.lock().await;
        if lock(&self.seen).listed.get(name).is_some_and(|asked| is_news(&self.writes, &self.domain, *asked)) {
            return;
        }
        let asked = Instant::now();
        let found = list().await;
        let mut seen = lock(&self.seen);
        // One that failed is not tried again at once; objects are then read as if there were no list.
        seen.listed.insert(name.to_owned(), asked);
        match found {
            Ok(found) => {
                let looks = found.into_iter().map(|(id, object)| (id, Look { asked, object, served: Served::new() }));
                seen.looks.extend(looks);
            }
            Err(failure) => tracing::debug!(%failure, "cannot list objects that are then read one by one"),
        }
    }

    fn known(&self, id: &str, reading: &Reading) -> Option<V> {
        let mut seen = lock(&self.seen);
        seen.looks.retain(|_, look| is_news(&self.writes, &self.domain, look.asked));
        let look = seen.looks.get_mut(id)?;
        if !serve(&mut look.served, reading) {
            return None;
        }
        reading.note_view(look.asked);
        Some(look.object.clone())
    }

    /// Whether several others were read shortly before. Those of this moment share its call.
    fn is_one_of_many(&self, id: &str) -> bool {
        let mut seen = lock(&self.seen);
        seen.asked.retain(|_, asked| asked.elapsed() < HOLDS);
        let others = seen.asked.iter().filter(|(other, asked)| *other != id && asked.elapsed() > WINDOW);
        others.count() >= MANY
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
