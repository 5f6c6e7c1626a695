//! How many calls a run may make: polls and the reads of a plan included, none of them throttled.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::audit::Call;

use crate::core::{Action, Terraform, objects};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// How many calls each stretch may make: both sides created, planned without a change, destroyed.
#[derive(Clone, Copy)]
struct Budget {
    creation: usize,
    plan: usize,
    destruction: usize,
}

/// Where everything takes the time that it typically takes and nothing lags.
const TYPICAL: Budget = Budget { creation: 45, plan: 20, destruction: 30 };
/// Where reads lag, objects not visible yet refuse calls, pages are cut short and AWS now and then takes its
/// longest time: all that counts.
const STRICT: Budget = Budget { creation: 85, plan: 32, destruction: 52 };

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
    tokio::time::sleep(std::time::Duration::from_secs(300)).await;
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
