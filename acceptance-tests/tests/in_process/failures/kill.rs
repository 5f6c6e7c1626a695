//! The provider's process is killed at every call of every verb, beside neighbours: core keeps the state of before, and the next
//! process takes up what the dead one left.
//!
//! `cargo test` takes a sample; all of it is `cargo test --test in_process failures:: -- --ignored`.

use acceptance_tests::simulator::faults::{Fault, Strike};

use super::heal::heals;
use super::stage::{ALL_SIDES, Side, Staged, VERBS, Verb};
use crate::crash::{killed, killed_destroy};
use crate::fault_table::Tally;

const HEADINGS: [&str; 2] = ["killed before the call", "killed after its effect"];

async fn dead(staged: &Staged, case: &str, call: u64, is_before: bool) -> &'static str {
    let mut stage = staged.fork().await;
    let fault = Fault::at("**", call, Strike::Kill);
    let fault = if is_before { fault.before() } else { fault };
    let (config, verb) = (stage.config(), stage.verb);
    let (terraform, kind, name) = stage.subject();
    let died = match verb {
        Verb::Destroy => killed_destroy(terraform, name, fault).await,
        Verb::Create | Verb::Update => killed(terraform, kind, name, &config, fault).await,
    };
    assert!(died, "{case}: the run ended before it");
    let is_imported = heals(stage, case, staged.plain().await).await;
    if is_imported { "told how to import" } else { "taken up" }
}

/// Kills at every `step`-th place from `first` on.
async fn kills(side: Side, verb: Verb, first: usize, step: usize) -> Tally {
    let staged = Staged::of(side, verb).await;
    let mut tally = Tally::new(format!("{side:?}: {verb:?}, kills"), "Operation", HEADINGS.to_vec());
    let calls = staged.plain().await.calls.iter().enumerate();
    // A read has no effect after which it could be.
    let places = calls.flat_map(|(at, made)| {
        [true, false]
            .into_iter()
            .filter(|is_before| made.mutating || *is_before)
            .map(move |is_before| (at, made, is_before))
    });
    for (at, made, is_before) in places.skip(first).step_by(step) {
        let (call, column) = (at as u64 + 1, usize::from(!is_before));
        let case = format!("{side:?} {verb:?}, call {call} {}, {}", made.operation, HEADINGS[column]);
        tally.run(&made.operation, column, &case, dead(staged, &case, call, is_before)).await;
    }
    tally
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_killed_at_some_calls_is_taken_up_beside_neighbours() {
    let mut runs = 0;
    for (side, verb) in ALL_SIDES.into_iter().flat_map(|side| VERBS.map(|verb| (side, verb))) {
        runs += kills(side, verb, 3, 17).await.compare_some();
    }
    assert!(runs > 20, "{runs}");
}

macro_rules! cases {
    ($($name:ident: $side:ident $verb:ident;)+) => {$(
        #[tokio::test(start_paused = true)]
        #[ignore = "takes minutes: cargo test --test in_process failures:: -- --ignored"]
        async fn $name() {
            kills(Side::$side, Verb::$verb, 0, 1).await.compare();
        }
    )+};
}

cases! {
    a_service_s_creation_is_killed_at_every_call: Service Create;
    a_service_s_update_is_killed_at_every_call: Service Update;
    a_service_s_destruction_is_killed_at_every_call: Service Destroy;
    a_consumer_s_creation_is_killed_at_every_call: Consumer Create;
    a_consumer_s_update_is_killed_at_every_call: Consumer Update;
    a_consumer_s_destruction_is_killed_at_every_call: Consumer Destroy;
    a_guest_s_creation_is_killed_at_every_call: Guest Create;
    a_guest_s_update_is_killed_at_every_call: Guest Update;
    a_guest_s_destruction_is_killed_at_every_call: Guest Destroy;
    a_creation_with_certificates_is_killed_at_every_call: Tls Create;
    an_update_of_certificates_is_killed_at_every_call: Tls Update;
    a_destruction_with_certificates_is_killed_at_every_call: Tls Destroy;
    a_creation_with_capacity_is_killed_at_every_call: Reserved Create;
    an_update_of_capacity_is_killed_at_every_call: Reserved Update;
    a_destruction_with_capacity_is_killed_at_every_call: Reserved Destroy;
    a_hub_s_creation_is_killed_at_every_call: Hub Create;
    a_hub_s_update_is_killed_at_every_call: Hub Update;
    a_hub_s_destruction_is_killed_at_every_call: Hub Destroy;
}
