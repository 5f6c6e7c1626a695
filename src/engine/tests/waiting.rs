//! Pauses: how long, and what ends them.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::world::seconds;
use crate::engine::wait::{Backoff, Interruption};
use crate::engine::{Class, Deadline, Failure, Limits, Retry, Stop};

fn limits(time: Duration, speed: u32) -> Limits {
    Limits { deadline: Deadline::after(time), stop: Stop::new(), speed }
}

#[test]
fn the_first_look_comes_when_the_time_is_over_and_no_wait_is_much_longer_than_it_had_to_be() {
    for expected in [0, 1, 4, 60, 180, 3600] {
        let mut backoff = Backoff::expecting(seconds(expected));
        let mut waited = backoff.step();
        assert_eq!(waited, seconds(expected));
        for _ in 0..40 {
            let next = backoff.step();
            let most = waited.mul_f64(0.25).clamp(seconds(2), seconds(60));
            assert!(next <= most && next >= most.mul_f64(0.89), "{expected} after {waited:?}: {next:?}");
            waited += next;
        }
    }
}

#[test]
fn ten_minutes_take_no_more_than_eighteen_looks() {
    let mut backoff = Backoff::expecting(seconds(60));
    let mut looks = 0;
    let mut waited = Duration::ZERO;
    while waited < seconds(600) {
        waited += backoff.step();
        looks += 1;
    }
    assert!((8..=18).contains(&looks), "{looks}");
}

#[test]
fn attempts_start_as_told_and_double() {
    let mut backoff = Backoff::retrying(seconds(2));
    let steps: Vec<_> = (0..7).map(|_| backoff.step()).collect();
    assert_eq!(steps[0], seconds(2));
    assert!(steps.iter().sum::<Duration>() >= seconds(60), "{steps:?}");
    assert!(steps.iter().all(|step| *step <= seconds(60)), "{steps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_at_its_time_at_the_deadline_or_at_the_stop() {
    let start = Instant::now();
    assert_eq!(limits(seconds(10), 1).pause(seconds(4)).await, Ok(()));
    assert_eq!(start.elapsed(), seconds(4));
    assert_eq!(limits(seconds(10), 20).pause(seconds(40)).await, Ok(()));
    assert_eq!(start.elapsed(), seconds(6));
    assert_eq!(limits(seconds(10), 0).pause(seconds(40)).await, Err(Interruption::Deadline));
    assert_eq!(start.elapsed(), seconds(16));
    let limits = limits(seconds(10), 1);
    let stop = limits.stop.clone();
    let (cut, ()) = tokio::join!(limits.pause(seconds(5)), async {
        sleep(seconds(3)).await;
        stop.set();
    });
    assert_eq!((cut, start.elapsed()), (Err(Interruption::Stopped), seconds(19)));
    assert!(limits.are_reached());
    assert_eq!(limits.pause(seconds(5)).await, Err(Interruption::Stopped));
}

#[tokio::test(start_paused = true)]
async fn a_look_doubts_for_some_seconds_that_something_is_absent() {
    let start = Instant::now();
    let limits = limits(seconds(300), 1);
    let mut retry = Retry::reading(&limits);
    let absent = || Failure::new(Class::NotYetVisible, "not found");
    let mut looks = 1;
    while retry.again(absent()).await.is_ok() {
        looks += 1;
    }
    assert!((3..=6).contains(&looks), "{looks}");
    assert!((seconds(10)..seconds(20)).contains(&start.elapsed()), "{:?}", start.elapsed());
    assert!(Retry::reading(&limits).again(Failure::new(Class::Denied, "no")).await.is_err());
}
