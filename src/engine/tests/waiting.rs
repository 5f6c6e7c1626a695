//! Pauses: how long, and what ends them.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::world::seconds;
use crate::engine::wait::{Cut, Rhythm};
use crate::engine::{Limits, Stop};

fn limits(time: Duration, speed: u32) -> Limits {
    Limits { deadline: Instant::now() + time, stop: Stop::new(), speed }
}

#[test]
fn the_first_look_is_at_about_half_the_time_and_later_ones_come_at_most_15_seconds_apart() {
    for expected in [0, 1, 4, 60, 180, 3600] {
        let mut rhythm = Rhythm::expecting(seconds(expected));
        let first = rhythm.step();
        assert!(first <= seconds(expected) / 2 && first >= seconds(expected) * 2 / 5, "{expected}: {first:?}");
        let mut longest = Duration::ZERO;
        for _ in 0..40 {
            let next = rhythm.step();
            assert!(next <= seconds(15) && next >= Duration::from_millis(400), "{expected}: {next:?}");
            longest = longest.max(next);
        }
        assert!(longest >= seconds(12), "{expected}: {longest:?}");
    }
}

#[test]
fn attempts_start_after_about_a_second_and_grow() {
    let mut rhythm = Rhythm::retrying();
    let steps: Vec<_> = (0..8).map(|_| rhythm.step()).collect();
    assert!(steps[0] <= seconds(1) && steps[0] >= Duration::from_millis(800), "{steps:?}");
    assert!(steps.iter().sum::<Duration>() >= seconds(30), "{steps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_at_its_time_at_the_deadline_or_at_the_stop() {
    let start = Instant::now();
    assert_eq!(limits(seconds(10), 1).pause(seconds(4)).await, Ok(()));
    assert_eq!(start.elapsed(), seconds(4));
    assert_eq!(limits(seconds(10), 20).pause(seconds(40)).await, Ok(()));
    assert_eq!(start.elapsed(), seconds(6));
    assert_eq!(limits(seconds(10), 0).pause(seconds(40)).await, Err(Cut::Deadline));
    assert_eq!(start.elapsed(), seconds(16));
    let limits = limits(seconds(10), 1);
    let stop = limits.stop.clone();
    let (cut, ()) = tokio::join!(limits.pause(seconds(5)), async {
        sleep(seconds(3)).await;
        stop.set();
    });
    assert_eq!((cut, start.elapsed()), (Err(Cut::Stopped), seconds(19)));
    assert!(limits.are_reached());
    assert_eq!(limits.pause(seconds(5)).await, Err(Cut::Stopped));
}
