//! What a view may answer, and to whom.

use std::collections::BTreeSet;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use proptest::prelude::*;

use super::*;
use crate::engine::{Failure, Reader};

/// How long a call takes; half of it passes before AWS looks.
const CALL: Duration = Duration::from_millis(100);

/// What an object was from when on; none where it was absent.
type History = Vec<(Instant, Option<u32>)>;
type Found = BoxFuture<'static, Result<Vec<(String, u32)>, Failure>>;

/// Objects by id.
#[derive(Clone, Default)]
struct World {
    history: Arc<Mutex<BTreeMap<String, History>>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn set(&self, id: &str, value: Option<u32>) {
        lock(&self.history).entry(id.to_owned()).or_default().push((Instant::now(), value));
    }

    fn now(&self, id: &str) -> Option<u32> {
        lock(&self.history).get(id).and_then(|history| history.last()).and_then(|(_, value)| *value)
    }

    /// Whether an object had this value at some moment from then on.
    fn had(&self, id: &str, value: Option<u32>, from: Instant) -> bool {
        let history = lock(&self.history);
        let Some(history) = history.get(id) else { return value.is_none() };
        let ends = history.iter().skip(1).map(|(since, _)| Some(*since)).chain([None]);
        let was = |((_, had), end): (&(Instant, Option<u32>), Option<Instant>)| {
            *had == value && end.is_none_or(|end| end >= from)
        };
        history.iter().zip(ends).any(was)
            || (value.is_none() && history.first().is_some_and(|(first, _)| *first >= from))
    }

    fn fetch(&self) -> impl Fn(Vec<String>) -> Found + Send + Sync + use<> {
        let world = self.clone();
        move |ids| {
            let world = world.clone();
            async move {
                lock(&world.calls).push(format!("read {}", ids.join(" ")));
                tokio::time::sleep(CALL / 2).await;
                let found = ids.into_iter().filter_map(|id| world.now(&id).map(|value| (id, value))).collect();
                tokio::time::sleep(CALL / 2).await;
                Ok(found)
            }
            .boxed()
        }
    }

    async fn list(&self) -> Result<Vec<(String, u32)>, Failure> {
        lock(&self.calls).push("list".to_owned());
        tokio::time::sleep(CALL / 2).await;
        let ids: Vec<String> = lock(&self.history).keys().cloned().collect();
        let found = ids.into_iter().filter_map(|id| self.now(&id).map(|value| (id, value))).collect();
        tokio::time::sleep(CALL / 2).await;
        Ok(found)
    }

    async fn get(&self, view: &View<u32>, reader: &Reader, id: &str) -> Option<u32> {
        let read = reader.over(view.get(id, self.fetch(), Some(|| self.list())));
        read.await.output.unwrap()
    }

    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.calls))
    }
}

fn bench() -> (World, Arc<Writes>, View<u32>) {
    let (world, writes) = (World::default(), Arc::new(Writes::default()));
    for id in 0..20 {
        world.set(&format!("{id:02}"), Some(0));
    }
    let view = View::new(200, Domain::Ec2, &writes);
    (world, writes, view)
}

fn ids(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|id| format!("{id:02}")).collect()
}

#[tokio::test(start_paused = true)]
async fn many_that_are_read_one_after_the_other_are_listed_once() {
    let (world, _writes, view) = bench();
    for id in ids(0..20) {
        assert_eq!(world.get(&view, &Reader::new(&id), &id).await, Some(0));
    }
    assert_eq!(world.calls(), ["read 00", "read 01", "read 02", "read 03", "list"]);
}

#[tokio::test(start_paused = true)]
async fn ten_at_a_time_cost_one_call_and_a_list_and_all_at_once_one_call() {
    let (world, _writes, view) = bench();
    for some in ids(0..20).chunks(10) {
        let readers: Vec<Reader> = some.iter().map(|id| Reader::new(id)).collect();
        let reads = some.iter().zip(&readers).map(|(id, reader)| world.get(&view, reader, id));
        assert!(join_all(reads).await.into_iter().all(|found| found == Some(0)));
    }
    assert_eq!(world.calls(), [format!("read {}", ids(0..10).join(" ")), "list".to_owned()]);
    let (world, _writes, view) = bench();
    let all = ids(0..20);
    let readers: Vec<Reader> = all.iter().map(|id| Reader::new(id)).collect();
    join_all(all.iter().zip(&readers).map(|(id, reader)| world.get(&view, reader, id))).await;
    assert_eq!(world.calls(), [format!("read {}", all.join(" "))]);
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_looks_again_is_told_news_and_others_are_not_asked_for_again() {
    let (world, _writes, view) = bench();
    let (one, other) = (Reader::new("one"), Reader::new("other"));
    assert_eq!(world.get(&view, &one, "01").await, Some(0));
    world.set("01", Some(1));
    assert_eq!(world.get(&view, &one, "01").await, Some(0), "the same look");
    assert_eq!(world.get(&view, &other, "01").await, Some(0), "somebody else");
    assert_eq!(world.calls().len(), 1);
    assert_eq!(world.get(&view, &Reader::new("one"), "01").await, Some(1));
    assert_eq!(world.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_and_time_end_a_look() {
    let (world, writes, view) = bench();
    world.get(&view, &Reader::new("a"), "01").await;
    writes.note(Domain::Elbv2);
    world.get(&view, &Reader::new("b"), "01").await;
    assert_eq!(world.calls().len(), 1, "a write of something else");
    writes.note(Domain::Ec2);
    world.get(&view, &Reader::new("c"), "01").await;
    assert_eq!(world.calls().len(), 1, "read after the write");
    tokio::time::advance(HOLDS).await;
    world.get(&view, &Reader::new("d"), "01").await;
    assert_eq!(world.calls().len(), 1, "read again");
}

#[tokio::test(start_paused = true)]
async fn who_wants_news_gets_them() {
    let (world, _writes, view) = bench();
    world.get(&view, &Reader::new("a"), "01").await;
    world.set("01", None);
    let now = view.get("01", world.fetch(), Some(|| world.list())).await.unwrap();
    assert_eq!(now, None);
}

/// What happens at a time.
#[derive(Debug, Clone)]
enum Event {
    /// A resource looks at objects, one after the other.
    Look(u8, Vec<u8>),
    /// This process changes an object.
    Write(u8),
    /// Somebody else changes, removes or makes one.
    Stranger(u8, bool),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..6_u8, prop::collection::vec(0..12_u8, 1..5)).prop_map(|(who, ids)| Event::Look(who, ids)),
        1 => (0..12_u8).prop_map(Event::Write),
        2 => (0..12_u8, any::<bool>()).prop_map(|(id, there)| Event::Stranger(id, there)),
    ]
}

/// One resource's look at one object, as it came out.
struct Answer {
    who: u8,
    id: String,
    began: Instant,
    value: Option<u32>,
}

async fn story(events: Vec<(u64, Event)>) {
    let (world, writes, view) = bench();
    let written: Mutex<Vec<(String, Instant, u32)>> = Mutex::default();
    let answers: Mutex<Vec<Answer>> = Mutex::default();
    let busy: Mutex<BTreeSet<u8>> = Mutex::default();
    let count = std::sync::atomic::AtomicU32::new(1);
    let next = || count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let play = events.into_iter().map(|(at, event)| {
        let (world, writes, view, written, answers, busy, next) =
            (&world, &writes, &view, &written, &answers, &busy, &next);
        async move {
            tokio::time::sleep(Duration::from_millis(at)).await;
            match event {
                Event::Look(who, ids) => {
                    // A resource does one thing at a time.
                    if !lock(busy).insert(who) {
                        return;
                    }
                    let reader = Reader::new(&who.to_string());
                    for id in ids {
                        let (id, began) = (format!("{id:02}"), Instant::now());
                        let value = world.get(view, &reader, &id).await;
                        lock(answers).push(Answer { who, id, began, value });
                    }
                    lock(busy).remove(&who);
                }
                Event::Write(id) => {
                    let (id, value) = (format!("{id:02}"), next());
                    writes.note(Domain::Ec2);
                    tokio::time::sleep(CALL / 2).await;
                    world.set(&id, Some(value));
                    tokio::time::sleep(CALL / 2).await;
                    writes.note(Domain::Ec2);
                    lock(written).push((id, Instant::now(), value));
                }
                Event::Stranger(id, there) => world.set(&format!("{id:02}"), there.then(next)),
            }
        }
    });
    join_all(play).await;
    let (written, answers) = (written.into_inner().unwrap(), answers.into_inner().unwrap());
    for answer in &answers {
        let Answer { id, began, value, who } = answer;
        let own = written.iter().filter(|(of, at, _)| of == id && at < began).map(|(_, at, _)| *at).max();
        let oldest = began.checked_sub(HOLDS).into_iter().chain(own).max().unwrap_or(*began);
        assert!(world.had(id, *value, oldest), "{who} was told {value:?} of {id}, which is too old");
        assert!(value.is_some() || world.had(id, None, *began), "{who} believed the absence of {id}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_told_what_is_older_than_a_write_or_an_absence_that_was(
        events in prop::collection::vec((0..90_000_u64, event()), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(story(events));
    }
}
