//! How many calls a run may make: polls and the reads of a plan included, none of them throttled.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::audit::Call;
use acceptance_tests::simulator::settings::Settings;

use crate::core::{Action, Terraform, objects};
use crate::fleet::{self, Names, Shape};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// How many calls each stretch may make: both sides created, planned without a change, destroyed.
#[derive(Clone, Copy)]
struct Budget {
    creation: usize,
    plan: usize,
    destruction: usize,
}

/// Where everything takes the time that it typically takes and nothing lags. One call of the creation asks whose the
/// credentials are, so that a state is never changed with those of another account; one looks at the targets' health at the end;
/// two look at what AWS would refuse after minutes: the instances that are targets, and the groups that rules name; two tag the
/// permissions and the connection, to which AWS gives no tags at birth.
const TYPICAL: Budget = Budget { creation: 51, plan: 20, destruction: 30 };
/// Where reads lag, objects not visible yet refuse calls, pages are cut short and AWS now and then takes its
/// longest time: all that counts.
const STRICT: Budget = Budget { creation: 86, plan: 32, destruction: 52 };

/// The calls of a stretch, grouped, as the failed assertion shows them.
fn table(calls: &[Call]) -> String {
    let mut groups: BTreeMap<(&str, &str, &str), Vec<u64>> = BTreeMap::new();
    for call in calls {
        let key = (call.account.as_str(), call.operation.as_str(), call.outcome.as_str());
        groups.entry(key).or_default().push(call.at_ms / 1000);
    }
    let mut text = format!("{} calls\n", calls.len());
    for ((account, operation, outcome), at) in groups {
        let _ = writeln!(text, "{:3} × {account} {operation} {outcome} at {at:?} s", at.len());
    }
    text
}

fn expect_at_most(budget: usize, what: &str, calls: &[Call]) {
    println!("{what}: {}", table(calls));
    assert!(calls.len() <= budget, "{what} may make {budget} calls: {}", table(calls));
    assert!(calls.iter().all(|call| !call.throttled), "{what} was throttled: {}", table(calls));
}

struct Audit<'a> {
    land: &'a Landscape,
    seen: usize,
}

impl Audit<'_> {
    fn since(&mut self) -> Vec<Call> {
        let calls = self.land.world.calls();
        calls[std::mem::replace(&mut self.seen, calls.len())..].to_vec()
    }
}

#[tokio::test(start_paused = true)]
async fn both_sides_stay_within_their_budgets_of_calls() {
    spend(Landscape::of(World::typical(1)), TYPICAL).await;
}

#[tokio::test(start_paused = true)]
async fn a_strict_world_costs_no_more_than_twice_as_many() {
    for seed in 1..=12 {
        spend(Landscape::strict(seed), STRICT).await;
    }
}

async fn spend(land: Landscape, budget: Budget) {
    let mut audit = Audit { land: &land, seen: 0 };
    let mut owner = land.service_side().await;
    let mut user = land.consumer_side().await;
    audit.since();

    let made = owner.try_apply(SERVICE, "api", &land.service()).await;
    assert!(!made.has_errors(), "{made:#?}");
    let config = land.consumer(&owner.state("api"));
    let made = user.try_apply(CONSUMER, "orders", &config).await;
    assert!(!made.has_errors(), "{made:#?}");
    let creation = audit.since();

    // Core reads both sides at once; here one follows the other, which joins fewer reads.
    tokio::time::sleep(Duration::from_secs(300)).await;
    expect_nothing_planned(&mut owner, SERVICE, "api", &land.service()).await;
    expect_nothing_planned(&mut user, CONSUMER, "orders", &config).await;
    let idle = audit.since();

    let found = user.destroy("orders").await;
    assert!(!found.has_errors(), "{found:#?}");
    let found = owner.destroy("api").await;
    assert!(!found.has_errors(), "{found:#?}");
    let destruction = audit.since();
    assert_eq!(objects(&land.world), serde_json::json!({}));

    println!("calls: {} created, {} planned, {} destroyed", creation.len(), idle.len(), destruction.len());
    expect_at_most(budget.creation, "creating both", &creation);
    expect_at_most(budget.plan, "a plan without changes", &idle);
    expect_at_most(budget.destruction, "destroying both", &destruction);
}

async fn expect_nothing_planned(side: &mut Terraform, resource_type: &str, name: &str, config: &serde_json::Value) {
    let plan = side.plan(resource_type, name, config).await;
    assert!(!plan.diagnostics.has_errors(), "{:#?}", plan.diagnostics);
    assert_eq!(plan.action, Action::NoOp);
}

/// What fifty consumers and ten services may cost, whatever asks how many of them at a time.
struct FleetBudget {
    names: Names,
    /// Calls of each stretch.
    calls: &'static [(&'static str, usize)],
    /// Of them, calls of Route 53.
    route53: &'static [(&'static str, usize)],
}

/// How core asks, and what making and removing may cost then. It depends on how many are under way together: what nobody else waits
/// for at the same time is waited for alone, and nobody waits longer for the sake of fewer calls than some seconds.
struct Writing {
    consumers: usize,
    parallelism: usize,
    /// Between two resources.
    think: Duration,
    apply: usize,
    route53: usize,
    destroy: usize,
    /// On AWS's clock.
    apply_seconds: f64,
    destroy_seconds: f64,
}

async fn expect_fleet_within(budget: &FleetBudget, writing: &Writing) {
    let settings = Settings { lag: false, disorder: false, spread: false, ..Settings::default() };
    let shape = Shape {
        services: 10,
        consumers: writing.consumers,
        names: budget.names,
        services_are_new: false,
        parallelism: writing.parallelism,
        think: writing.think,
        seed: 1,
        settings,
        views: true,
    };
    let stretches = fleet::run(&shape).await.stretches;
    let mut over = String::new();
    for stretch in &stretches {
        let of_route53 = stretch.calls.iter().filter(|call| call.service == "route53").count();
        let (calls, seconds) = (stretch.calls.len(), stretch.seconds);
        println!("{}: {calls} calls, {seconds:.0} s: {}", stretch.what, fleet::counts(&stretch.calls));
        let (of_writing, longest) = match stretch.what {
            "consumers: apply" => ((Some(writing.apply), Some(writing.route53)), writing.apply_seconds),
            "consumers: destroy" => ((Some(writing.destroy), None), writing.destroy_seconds),
            _ => ((None, None), f64::INFINITY),
        };
        if seconds > longest {
            let _ = writeln!(over, "{}: {seconds:.0} s of at most {longest:.0} s", stretch.what);
        }
        for (what, most, of_writing, made) in [
            ("calls", budget.calls, of_writing.0, stretch.calls.len()),
            ("Route 53", budget.route53, of_writing.1, of_route53),
        ] {
            let most = most.iter().find(|(name, _)| *name == stretch.what).map(|(_, most)| *most);
            if most.or(of_writing).is_some_and(|most| made > most) {
                let _ = writeln!(over, "{}: {made} {what} of at most {most:?}", stretch.what);
            }
        }
        let throttled = stretch.calls.iter().filter(|call| call.throttled).count();
        assert!(throttled * 100 <= stretch.calls.len(), "{}: {throttled} throttled", stretch.what);
    }
    assert_eq!(over, "", "parallelism {}, {:?} between two resources", writing.parallelism, writing.think);
}

/// Names in one zone of others.
const SHARED: FleetBudget = FleetBudget {
    names: Names::Shared(1),
    calls: &[
        ("services: plan without changes", 58),
        ("consumers: plan of all new", 12),
        ("consumers: plan without changes", 14),
    ],
    route53: &[("consumers: plan of all new", 5), ("consumers: plan without changes", 3)],
};

/// The same where core asks for one after the other: the first few of a kind are read by themselves.
const ONE_BY_ONE: FleetBudget = FleetBudget {
    names: Names::Shared(1),
    calls: &[
        ("services: plan without changes", 85),
        ("consumers: plan of all new", 16),
        ("consumers: plan without changes", 21),
    ],
    route53: &[("consumers: plan of all new", 5), ("consumers: plan without changes", 3)],
};

#[tokio::test(start_paused = true)]
async fn fifty_consumers_cost_pages_ten_at_a_time() {
    let writing = Writing {
        consumers: 50,
        parallelism: 10,
        think: Duration::ZERO,
        apply: 290,
        route53: 45,
        destroy: 125,
        apply_seconds: 520.0,
        destroy_seconds: 440.0,
    };
    expect_fleet_within(&SHARED, &writing).await;
}

#[tokio::test(start_paused = true)]
async fn fifty_consumers_cost_pages_all_at_once_on_a_slow_machine() {
    let writing = Writing {
        consumers: 50,
        parallelism: 60,
        think: Duration::from_millis(40),
        apply: 245,
        route53: 32,
        destroy: 64,
        apply_seconds: 305.0,
        destroy_seconds: 90.0,
    };
    expect_fleet_within(&SHARED, &writing).await;
}

#[tokio::test(start_paused = true)]
async fn consumers_one_at_a_time_wait_for_nobody_and_share_what_plans_read() {
    let writing = Writing {
        consumers: 12,
        parallelism: 1,
        think: Duration::ZERO,
        apply: 190,
        route53: 54,
        destroy: 112,
        apply_seconds: 12.0 * 94.0,
        destroy_seconds: 12.0 * 84.5,
    };
    expect_fleet_within(&ONE_BY_ONE, &writing).await;
}

/// What one resource has read may serve others only where nobody could tell: the same states, from fewer calls.
#[tokio::test(start_paused = true)]
async fn views_change_the_number_of_calls_and_nothing_else() {
    let shape = |views| Shape {
        services: 3,
        consumers: 12,
        names: Names::Shared(2),
        services_are_new: false,
        parallelism: 4,
        think: Duration::from_millis(40),
        seed: 5,
        settings: Settings { lag: true, disorder: true, spread: false, ..Settings::default() },
        views,
    };
    let (on, off) = (fleet::run(&shape(true)).await, fleet::run(&shape(false)).await);
    let (states, fresh) = (by_shape(&on.states), by_shape(&off.states));
    let other = states.iter().zip(&fresh).find(|(one, other)| one != other);
    assert_eq!((other, states.len()), (None, fresh.len()));
    for (with, without) in on.stretches.iter().zip(&off.stretches) {
        println!("{}: {} calls with views, {} without", with.what, with.calls.len(), without.calls.len());
    }
    let plans = |run: &fleet::Recorded| -> usize {
        let plans = run.stretches.iter().filter(|stretch| stretch.what.contains("plan without changes"));
        plans.map(|stretch| stretch.calls.len()).sum()
    };
    assert!(plans(&on) * 3 < plans(&off) * 2, "{} calls with views, {} without", plans(&on), plans(&off));
}

/// The values in states, in an order that depends on no id, without what is drawn by lot: ids, hashes and addresses.
fn by_shape(states: &BTreeMap<String, serde_json::Value>) -> Vec<String> {
    let is_drawn = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        digits == word.len() || (word.len() >= 8 && digits > 0)
    };
    let mut values = Vec::new();
    for (name, state) in states {
        for value in state.to_string().split([',', '{', '[']) {
            let words = value.split(|letter: char| !letter.is_ascii_alphanumeric());
            let told: Vec<&str> = words.map(|word| if is_drawn(word) { "*" } else { word }).collect();
            values.push(format!("{name} {}", told.join(" ")));
        }
    }
    values.sort();
    values
}
