//! Joins reads of many objects that are asked for at about the same time into one call.
//!
//! A chain of thirty objects polled by ten resources would empty AWS's read buckets; asked together
//! they cost one call. A reader never gets an answer to a call that was sent before it asked, so
//! what it wrote before is in what it reads.
//! Those who wait for the same kind ask together ([`crate::engine::Rounds`]), and so share their calls.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};

use super::error::is_not_found;
use crate::engine::Result;
use crate::gather::Gather as _;

/// How long the first reader of a batch waits for others.
pub(super) const WINDOW: Duration = Duration::from_millis(25);

/// Readers of one kind of object.
#[derive(Debug)]
pub(super) struct Batched<V> {
    readers: Readers,
    objects: PhantomData<fn() -> V>,
}

/// Readers of one kind of object that ask together where they have something in common, such as a stretch of time.
#[derive(Debug)]
pub(super) struct BatchedBy<K, V>(Mutex<BTreeMap<K, Arc<Batched<V>>>>);

impl<K, V> Default for BatchedBy<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, V: Clone + Send + Sync + 'static> BatchedBy<K, V> {
    /// Those of `key`, whose calls name at most `most` ids.
    pub(super) fn of(&self, key: K, most: usize) -> Arc<Batched<V>> {
        let mut batches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody reads from now have nothing to join any more.
        batches.retain(|own, readers| *own == key || Arc::strong_count(readers) > 1);
        Arc::clone(batches.entry(key).or_insert_with(|| Arc::new(Batched::new(most))))
    }
}

/// Readers of anything: what they read has lost its type, so that all this exists once.
#[derive(Debug)]
struct Readers {
    /// Ids in one call.
    most: usize,
    open: Mutex<Option<Batch>>,
}

type Found = BTreeMap<String, Arc<dyn Any + Send + Sync>>;
type Answer = Shared<Asking>;
type Asking = BoxFuture<'static, Result<Arc<Found>>>;
type Fetch = Arc<dyn Fn(Vec<String>) -> BoxFuture<'static, Result<Found>> + Send + Sync>;

struct Batch {
    /// What to ask for; none as soon as the call is made.
    ids: Arc<Mutex<Option<BTreeSet<String>>>>,
    /// Lives as long as a reader waits for it. Kept alive here it would, polled by nobody, hold its place in the line for a request token
    /// for ever, and everybody behind it.
    answer: WeakShared<Asking>,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("ids", &self.ids).finish_non_exhaustive()
    }
}

impl<V: Clone + Send + Sync + 'static> Batched<V> {
    /// Readers whose calls name at most `most` ids.
    pub(super) fn new(most: usize) -> Self {
        Self { readers: Readers { most: most.max(1), open: Mutex::new(None) }, objects: PhantomData }
    }

    /// What `id` stands for, read together with what others ask for now; none where AWS has nothing.
    ///
    /// `fetch` makes one call for some ids. Of all readers of a batch the first one's is used.
    pub(super) async fn get<F, Fut, All>(&self, id: &str, fetch: F) -> Result<Option<V>>
    where
        F: Fn(Vec<String>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<All>> + Send + 'static,
        All: IntoIterator<Item = (String, V)>,
    {
        self.get_when(id, std::future::ready(Ok(())), fetch).await
    }

    /// The same, together with what others ask for until `ready`, which is waited for before the call.
    pub(super) async fn get_when<R, F, Fut, All>(&self, id: &str, ready: R, fetch: F) -> Result<Option<V>>
    where
        R: Future<Output = Result<()>> + Send + 'static,
        F: Fn(Vec<String>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<All>> + Send + 'static,
        All: IntoIterator<Item = (String, V)>,
    {
        typed(id, self.readers.join(id, ready.boxed(), erased(fetch)).await)
    }
}

fn erased<V, F, Fut, All>(fetch: F) -> Fetch
where
    V: Send + Sync + 'static,
    F: Fn(Vec<String>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<All>> + Send + 'static,
    All: IntoIterator<Item = (String, V)>,
{
    Arc::new(move |ids| {
        let found = fetch(ids);
        let found = async move {
            let found = found.await?.into_iter();
            Ok(found.map(|(id, one)| (id, Arc::new(one) as Arc<dyn Any + Send + Sync>)).gather())
        };
        found.boxed()
    })
}

fn typed<V: Clone + 'static>(id: &str, answer: Result<Arc<Found>>) -> Result<Option<V>> {
    Ok(answer?.get(id).and_then(|one| one.downcast_ref()).cloned())
}

impl Readers {
    fn join(&self, id: &str, ready: BoxFuture<'static, Result<()>>, fetch: Fetch) -> Answer {
        let mut open = lock(&self.open);
        if let Some(batch) = open.as_ref()
            && let Some(answer) = batch.answer.upgrade()
            && let Some(ids) = lock(&batch.ids).as_mut().filter(|ids| ids.len() < self.most || ids.contains(id))
        {
            ids.insert(id.to_owned());
            return answer;
        }
        let ids = Arc::new(Mutex::new(Some(BTreeSet::from([id.to_owned()]))));
        let answer = run(Arc::clone(&ids), ready, fetch).boxed().shared();
        *open = answer.downgrade().map(|answer| Batch { ids, answer });
        answer
    }
}

/// Waits for other readers, closes the batch and asks.
async fn run(
    ids: Arc<Mutex<Option<BTreeSet<String>>>>,
    ready: BoxFuture<'static, Result<()>>,
    fetch: Fetch,
) -> Result<Arc<Found>> {
    tokio::time::sleep(WINDOW).await;
    let is_ready = ready.await;
    let wanted = lock(&ids).take().unwrap_or_default();
    is_ready?;
    split_until_found(wanted.into_iter().collect(), &fetch).await.map(Arc::new)
}

/// Asks for all ids; where AWS refuses all because one is unknown, for halves, down to that one.
async fn split_until_found(ids: Vec<String>, fetch: &Fetch) -> Result<Found> {
    let mut found = Found::new();
    let mut open = vec![ids];
    while let Some(mut ids) = open.pop() {
        match fetch(ids.clone()).await {
            Ok(some) => found.extend(some),
            Err(failure) if is_not_found(&failure) => {
                if ids.len() > 1 {
                    let rest = ids.split_off(ids.len() / 2);
                    open.extend([rest, ids]);
                }
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(found)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;
    use crate::engine::{Class, Failure};

    type Log = Arc<Mutex<Vec<Vec<String>>>>;

    /// Answers each id with itself, and refuses the whole call when one is `gone`.
    fn fetcher(
        log: &Log,
    ) -> impl Fn(Vec<String>) -> BoxFuture<'static, Result<BTreeMap<String, String>>> + Send + Sync + use<> {
        let log = Arc::clone(log);
        move |ids| {
            log.lock().unwrap().push(ids.clone());
            async move {
                tokio::time::sleep(Duration::from_millis(200)).await;
                if ids.iter().any(|id| id == "gone") {
                    let mut failure = Failure::new(Class::NotYetVisible, "not there");
                    failure.code = "LoadBalancerNotFound".into();
                    return Err(failure);
                }
                if ids.iter().any(|id| id == "denied") {
                    return Err(Failure::new(Class::Denied, "no"));
                }
                Ok(ids.into_iter().map(|id| (id.clone(), format!("<{id}>"))).collect())
            }
            .boxed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn readers_of_one_moment_share_one_call() {
        let (batched, log) = (Batched::new(200), Log::default());
        let answers = join_all(["b", "a", "b", "c"].map(|id| batched.get(id, fetcher(&log)))).await;
        let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().unwrap()).collect();
        assert_eq!(answers, ["<b>", "<a>", "<b>", "<c>"]);
        assert_eq!(*log.lock().unwrap(), [["a", "b", "c"]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_never_gets_the_answer_to_a_call_sent_before_it_asked() {
        let (batched, log) = (Batched::new(200), Log::default());
        let late = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            batched.get("a", fetcher(&log)).await
        };
        let (first, second) = tokio::join!(batched.get("a", fetcher(&log)), late);
        assert!(first.unwrap().is_some() && second.unwrap().is_some());
        assert_eq!(log.lock().unwrap().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn no_call_names_more_ids_than_aws_takes() {
        let (batched, log) = (Batched::new(20), Log::default());
        let ids: Vec<String> = (0..45).map(|n| format!("{n:02}")).collect();
        let answers = join_all(ids.iter().map(|id| batched.get(id, fetcher(&log)))).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap().is_some()));
        let sizes: Vec<_> = log.lock().unwrap().iter().map(Vec::len).collect();
        assert_eq!(sizes, [20, 20, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_unknown_id_does_not_hide_the_others() {
        let (batched, log) = (Batched::new(20), Log::default());
        let ids = ["a", "b", "gone", "z"];
        let answers = join_all(ids.map(|id| batched.get(id, fetcher(&log)))).await;
        let found: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().is_some()).collect();
        assert_eq!(found, [true, true, false, true]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_before_the_call_may_be_made_is_in_it() {
        let (batched, log) = (Batched::new(200), Log::default());
        let when = |seconds| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok(())
        };
        let late = async {
            tokio::time::sleep(Duration::from_secs(8)).await;
            batched.get_when("b", when(100), fetcher(&log)).await
        };
        let (first, second) = tokio::join!(batched.get_when("a", when(10), fetcher(&log)), late);
        assert!(first.unwrap().is_some() && second.unwrap().is_some());
        assert_eq!(*log.lock().unwrap(), [["a", "b"]]);
        let never = async { Err(Failure::new(Class::Throttled, "no token")) };
        assert!(batched.get_when("c", never, fetcher(&log)).await.is_err());
        assert!(batched.get("d", fetcher(&log)).await.unwrap().is_some(), "a batch that failed is closed");
    }

    #[tokio::test(start_paused = true)]
    async fn each_call_waits_until_it_may_be_made() {
        let (batched, log, tokens) = (Batched::<String>::new(20), Log::default(), Arc::new(Mutex::new(0)));
        let ids: Vec<String> = (0..45).map(|n| format!("{n:02}")).collect();
        let reads = ids.iter().map(|id| {
            let tokens = Arc::clone(&tokens);
            let token = async move {
                *lock(&tokens) += 1;
                Ok(())
            };
            batched.get_when(id, token, fetcher(&log))
        });
        assert!(join_all(reads).await.into_iter().all(|answer| answer.unwrap().is_some()));
        assert_eq!((log.lock().unwrap().len(), *lock(&tokens)), (3, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn another_failure_reaches_every_reader() {
        let (batched, log) = (Batched::new(20), Log::default());
        let (one, two) = tokio::join!(batched.get("a", fetcher(&log)), batched.get("denied", fetcher(&log)));
        assert_eq!(one.unwrap_err().class, Class::Denied);
        assert_eq!(two.unwrap_err().class, Class::Denied);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_gives_up_does_not_stop_the_others() {
        let (batched, log) = (Batched::new(20), Log::default());
        let patient = async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            batched.get("b", fetcher(&log)).await
        };
        let hasty = tokio::time::timeout(Duration::from_millis(4), batched.get("a", fetcher(&log)));
        let (hasty, patient) = tokio::join!(hasty, patient);
        assert!(hasty.is_err());
        assert_eq!(patient.unwrap().as_deref(), Some("<b>"));
        assert_eq!(*log.lock().unwrap(), [["a", "b"]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_every_reader_gave_up_holds_nothing() {
        let (batched, line) = (Batched::<String>::new(20), Arc::new(tokio::sync::Mutex::new(())));
        let waits = Arc::clone(&line);
        let fetch = move |_: Vec<String>| {
            let line = Arc::clone(&waits);
            async move {
                let _turn = line.lock().await;
                tokio::time::sleep(Duration::from_mins(1)).await;
                Ok(BTreeMap::<String, String>::new())
            }
        };
        let hasty = tokio::time::timeout(Duration::from_secs(10), batched.get("a", fetch)).await;
        assert!(hasty.is_err());
        assert!(tokio::time::timeout(Duration::from_mins(5), line.lock()).await.is_ok(), "the line is held by nobody");
    }
}
