use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::*;

const LOOKS: &str = "looks";

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A turn that is due after so many seconds and is not taken before.
fn due_in(time: f64) -> Turn {
    let (due, ahead) = (Instant::now() + seconds(time), seconds(time));
    Turn { from: due, due, ahead }
}

/// Waits, and says after how many seconds since the start of all it was called.
async fn called(rounds: &Rounds, start: Instant, turn: Turn) -> u64 {
    rounds.wait(LOOKS, turn).await;
    start.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn who_waits_alone_is_called_when_the_turn_is_due() {
    let (rounds, start) = (Rounds::default(), Instant::now());
    assert_eq!(called(&rounds, start, due_in(50.0)).await, 50);
    let other = rounds.wait("other things", due_in(51.0));
    let ((), own) = tokio::join!(other, called(&rounds, start, due_in(50.0)));
    assert_eq!(own, 100, "who waits for something else is no company");
}

#[tokio::test(start_paused = true)]
async fn turns_that_are_due_shortly_after_each_other_are_taken_together() {
    let (rounds, start) = (Rounds::default(), Instant::now());
    let turns = [50.0, 52.0, 55.0, 60.0].map(|time| called(&rounds, start, due_in(time)));
    // 5 s are the longest that the first one may be late, at a tenth of 50 s; the last one comes after that.
    assert_eq!(join_all(turns).await, [55, 55, 55, 60]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_may_be_the_later_the_fewer_of_the_runs_under_way_wait_for_it() {
    let (rounds, start) = (Rounds::default(), Instant::now());
    let _runs: Vec<UnderWay> = (0..9).map(|_| rounds.under_way()).collect();
    let turns = [50.0, 52.0, 60.0].map(|time| called(&rounds, start, due_in(time)));
    assert_eq!(join_all(turns).await, [60, 60, 60]);
}

#[tokio::test(start_paused = true)]
async fn who_may_come_early_takes_part_in_the_rounds_of_others() {
    let (rounds, start) = (Rounds::default(), Instant::now());
    let early = Turn { from: start + seconds(2.0), ..due_in(90.0) };
    let not_yet = Turn { from: start + seconds(70.0), ..due_in(90.0) };
    let turns = [due_in(50.0), early, not_yet].map(|turn| called(&rounds, start, turn));
    assert_eq!(join_all(turns).await, [50, 50, 90]);
}

#[tokio::test(start_paused = true)]
async fn who_has_gone_is_waited_for_by_nobody() {
    let (rounds, start) = (Rounds::default(), Instant::now());
    let gone = async {
        assert!(tokio::time::timeout(seconds(20.0), rounds.wait(LOOKS, due_in(53.0))).await.is_err());
    };
    let ((), left) = tokio::join!(gone, called(&rounds, start, due_in(50.0)));
    assert_eq!(left, 50);
    assert!(rounds.of(LOOKS, |all| all.is_empty()));
}

/// What it takes to make many objects: the time, and the looks at them.
async fn fleet(count: usize, parallelism: usize, rounds: Option<&Rounds>) -> (f64, usize) {
    let (start, looks) = (Instant::now(), AtomicUsize::new(0));
    let (slots, line) = (Semaphore::new(parallelism), tokio::sync::Mutex::new((3.0_f64, start)));
    let last_look = Mutex::new(None);
    let made = (0..count).map(|_| async {
        let _slot = slots.acquire().await.unwrap();
        let _run = rounds.map(Rounds::under_way);
        // A call of which AWS takes one in about four seconds, after three at once.
        {
            let mut line = line.lock().await;
            line.0 = (line.0 + line.1.elapsed().as_secs_f64() * 0.24).min(3.0);
            if line.0 < 1.0 {
                sleep(seconds((1.0 - line.0) / 0.24)).await;
                line.0 = 1.0;
            }
            *line = (line.0 - 1.0, Instant::now());
        }
        match rounds {
            Some(rounds) => rounds.wait(LOOKS, due_in(53.0)).await,
            None => sleep(seconds(53.0)).await,
        }
        let last = last_look.lock().unwrap().replace(Instant::now());
        if last.is_none_or(|last: Instant| last.elapsed() > seconds(0.025)) {
            looks.fetch_add(1, Ordering::Relaxed);
        }
        sleep(seconds(40.0)).await;
    });
    join_all(made).await;
    (start.elapsed().as_secs_f64(), looks.into_inner())
}

#[tokio::test(start_paused = true)]
async fn hundreds_are_looked_at_in_rounds_that_cost_a_twentieth_of_the_time_at_most() {
    for (parallelism, most) in [(10, 160), (500, 160), (1, 500)] {
        let (alone, each) = fleet(500, parallelism, None).await;
        let (together, rounds) = fleet(500, parallelism, Some(&Rounds::default())).await;
        assert!(together <= 1.05 * alone, "{parallelism}: {together} s instead of {alone} s");
        assert!(rounds <= most && rounds <= each, "{parallelism}: {rounds} looks instead of {each}");
    }
}
