//! What goes with a state in private bytes: when the provider wrote last, and what was applied last. It may be lost
//! without harm.
//!
//! AWS's reads lag behind its writes, for a later process too: a plan may come seconds after an apply. While reads may
//! still be older than the last write of this resource, what contradicts the record is read again.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::objections::Applied;

/// For so long after a write reads may not show it.
const WINDOW: Duration = Duration::from_mins(1);
/// Name of the time of the last write, in AWS's time.
const WRITTEN: &str = "written";
/// Name of what was applied last, as a plan's note has it too.
const APPLIED: &str = "applied";

/// Private bytes of a state that was written now.
pub(super) fn written(now: Option<Timestamp>, applied: Option<&Applied>) -> Vec<u8> {
    let mut memory = serde_json::Map::new();
    if let Some(now) = now {
        memory.insert(WRITTEN.to_owned(), Json::String(now.to_string()));
    }
    if let Some(applied) = applied {
        memory.insert(APPLIED.to_owned(), json!(applied));
    }
    if memory.is_empty() { Vec::new() } else { Json::Object(memory).to_string().into_bytes() }
}

/// For how long from now on reads may still miss the last write, in AWS's time.
pub(super) fn stale_for(private: &[u8], now: Option<Timestamp>) -> Option<Duration> {
    let memory: Json = serde_json::from_slice(private).ok()?;
    let written: Timestamp = memory.get(WRITTEN)?.as_str()?.parse().ok()?;
    // A time ahead of AWS's is of no clock that counts.
    let passed = Duration::try_from(now?.duration_since(written)).unwrap_or_default();
    WINDOW.checked_sub(passed).filter(|rest| !rest.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_ends_a_minute_after_the_write() {
        let at = |seconds: i64| Some(Timestamp::from_second(1_767_225_600 + seconds).unwrap());
        let memory = written(at(0), None);
        assert_eq!(stale_for(&memory, at(20)), Some(Duration::from_secs(40)));
        assert_eq!(stale_for(&memory, at(60)), None);
        assert_eq!(stale_for(&memory, at(-5)), Some(WINDOW));
        for (private, now) in [(memory.as_slice(), None), (b"", at(0)), (b"{}", at(0)), (b"{\"written\":1}", at(0))] {
            assert_eq!(stale_for(private, now), None);
        }
        assert_eq!(written(None, None), b"");
    }
}
