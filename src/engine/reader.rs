//! Who reads, and whether a view may answer: a look of some seconds ago that served somebody else.
//!
//! A plan of five hundred resources reads each object once. What one of them has seen a moment ago is news enough for the next
//! one that only wants to confirm what it knows. Whoever must not be served so reads outside of [`Reader::over`]: waits, reads
//! around a write, and the looks that follow an answer which was not the expected one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::time::Instant;

static TURNS: AtomicU64 = AtomicU64::new(0);

tokio::task_local! {
    static AT_WORK: Reading;
}

/// One look of one resource at what it is made of or needs.
///
/// A resource that looks again wants news: an answer that served one of its looks serves no other look of it.
#[derive(Debug, Clone)]
pub struct Reader {
    name: Arc<str>,
    turn: u64,
    began: Instant,
}

/// What a look came to.
#[derive(Debug)]
pub struct Seen<T> {
    /// Its result.
    pub output: T,
    /// Whether some of it was seen before the look began, so that it proves nothing but what was expected.
    pub from_view: bool,
}

/// A look under way.
#[derive(Debug, Clone)]
pub struct Reading {
    reader: Reader,
    from_view: Arc<AtomicBool>,
}

impl Reader {
    /// Begins a look of the resource of this name, whatever makes it unique in the process.
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), turn: TURNS.fetch_add(1, Ordering::Relaxed), began: Instant::now() }
    }

    /// Does work whose reads views may answer.
    pub async fn over<F: Future>(&self, work: F) -> Seen<F::Output> {
        let reading = Reading { reader: self.clone(), from_view: Arc::default() };
        let output = AT_WORK.scope(reading.clone(), work).await;
        Seen { output, from_view: reading.from_view.load(Ordering::Relaxed) }
    }

    /// Looks once more within a look, where one answer proves nothing: what served the look before does not serve this one.
    pub async fn again<F: Future>(work: F) -> F::Output {
        match Reading::at_work() {
            Some(reading) => Self::new(reading.name()).over(work).await.output,
            None => work.await,
        }
    }
}

impl Reading {
    /// Returns the look around the work that is polled; `None` where only news counts.
    pub fn at_work() -> Option<Self> {
        AT_WORK.try_with(Self::clone).ok()
    }

    /// Returns the name of the resource that looks.
    pub fn name(&self) -> &Arc<str> {
        &self.reader.name
    }

    /// Returns which look of the process it is.
    pub fn turn(&self) -> u64 {
        self.reader.turn
    }

    /// Notes that a view has answered with what was asked for at this moment. What was asked for since the look began is news.
    pub fn note_view(&self, asked: Instant) {
        if asked < self.reader.began {
            self.from_view.store(true, Ordering::Relaxed);
        }
    }
}
