//! Every mutating call of create, update and destroy fails in every way, beside neighbours: nothing is forgotten, nothing is
//! made twice, nothing of others is touched, and the message says how to go on. What became of each is in `acceptance-tests/faults.md`, which
//! these tests compare, and write anew with `UPDATE=1 cargo test --test in_process failures`.
//!
//! Every read fails in every way that reads fail, too.

use acceptance_tests::simulator::audit::Call;

use crate::announced::is_note;
use crate::core::{objects, texts};
use crate::fault_table::Tally;

mod chaos;
mod heal;
mod hostile;
mod kill;
mod plain;
mod stage;
mod way;

use plain::counted;
pub(crate) use stage::{SIDES, Side, Stage, Staged, VERBS, Verb};
use way::{Place, WAYS, WAYS_OF_READS, Way};

/// One run with one fault, and everything after it.
async fn struck(staged: &Staged, place: &str, at: &Place, way: Way) -> &'static str {
    let verb = staged.verb();
    let mut stage = staged.fork().await;
    let before = stage.setting.land.world.calls().len();
    let untouched = objects(&stage.setting.land.world);
    stage.setting.land.world.set_faults(vec![way.fault(at)]);
    let found = stage.act().await;
    let told = texts(&found);
    stage.setting.land.world.set_faults(Vec::new());
    let calls = stage.setting.land.world.calls().split_off(before);
    let struck: Vec<&Call> = match way {
        // What it does not show is not in the record of calls.
        Way::Missed => calls
            .iter()
            .filter(|call| call.operation == at.operation)
            .skip(usize::try_from(at.nth).unwrap() - 1)
            .take(1)
            .collect(),
        _ => calls.iter().filter(|call| call.mutating != at.reads && way.has_struck(&call.outcome)).collect(),
    };
    let hit = struck.first().unwrap_or_else(|| panic!("{place}: it was not reached: {calls:#?}"));
    let is_told = struck.iter().any(|call| call.outcome != "ok" && tells_of(call, &told));
    // A tag that the run outlives by less than its rest need not be renewed any more.
    let must_tell = struck.iter().any(|call| !is_renewal(call));
    let is_work_told = struck.iter().any(|call| !is_renewal(call) && tells_of(call, &told));
    // A look that may fail, such as the one for what a dead run left, is not missed where all goes well.
    let is_spared = at.reads && !found.has_errors();
    assert!(
        is_work_told || !must_tell || is_spared || !way.is_final(),
        "{place}: {} was {} and nobody said so: {told:#?}",
        hit.operation,
        hit.outcome
    );

    let forgotten = stage.forgotten();
    // What a lost reply left is looked for by its tags, and the state says so.
    let doubts =
        told.iter().filter(|text| text.contains("Exists perhaps, and the next apply or destroy looks for it")).count();
    assert!(forgotten.len() <= doubts, "{place}: no state names {forgotten:?}\n{told:#?}");
    let failed = found.has_errors();
    if failed {
        explains(place, verb, way, at.reads, &struck, &told);
        let (terraform, _, name) = stage.subject();
        if verb == Verb::Create && terraform.has(name) {
            assert!(terraform.is_tainted(name), "{place}");
            if at.call % 2 == 1 {
                terraform.untaint(name);
            }
        } else if verb == Verb::Create {
            assert_eq!(objects(&stage.setting.land.world), untouched, "{place}: no state, and something exists");
        }
    }
    let config = stage.config();
    let (terraform, kind, name) = stage.subject();
    if verb == Verb::Destroy {
        if failed {
            let found = terraform.destroy(name).await;
            assert!(!found.has_errors(), "{place}, second run: {:#?}", texts(&found));
        }
        assert!(!terraform.has(name), "{place}");
    } else {
        if failed {
            let found = terraform.try_apply(kind, name, &config).await;
            assert!(!found.has_errors(), "{place}, second run: {:#?}", texts(&found));
        }
        terraform.expect_empty(kind, name, &config).await;
    }
    let world = &stage.setting.land.world;
    assert_eq!(counted(world), staged.plain().await.world, "{place}: {:#}", objects(world));
    stage.clear(place).await;
    match (failed, is_told) {
        (true, _) => "error, healed",
        (false, true) => "warning",
        (false, false) => "overcome",
    }
}

/// Whether the call writes the run tag, and nothing else.
fn is_renewal(call: &Call) -> bool {
    ["AddTags", "CreateTags"].contains(&call.operation.as_str()) && is_note(call)
}

/// Whether people read of the call. The warning about a run tag speaks of no other one.
fn tells_of(call: &Call, told: &[String]) -> bool {
    told.iter().any(|text| {
        let named = text.contains(&call.operation) && text.contains(&call.outcome);
        named && (text.contains("Cannot renew a tag") || text.contains("Cannot write a tag")) == is_renewal(call)
    })
}

/// The message names link, operation, code and request id, and both ways on.
fn explains(place: &str, verb: Verb, way: Way, reads: bool, struck: &[&Call], told: &[String]) {
    let errors: Vec<&String> = told.iter().filter(|text| text.starts_with("Error")).collect();
    if way.is_final() {
        let named = errors.iter().any(|text| {
            let call = struck.iter().any(|call| text.contains(&call.operation) && text.contains(&call.outcome));
            call && text.contains("Request ID: ") && text.contains("us-east-1")
        });
        assert!(named, "{place}: nobody names one of {struck:#?} and its request: {told:#?}");
    }
    for text in &errors {
        assert!(text.contains("Cannot ") && text.contains("What to do: "), "{place}: {text}");
    }
    // It was found before anything was to be changed.
    let is_early = |text: &&&String| (reads && !text.contains("Exists now")) || text.contains("Nothing was changed.");
    let late: Vec<&&String> = errors.iter().filter(|text| !is_early(text)).collect();
    if late.is_empty() {
        return;
    }
    // What exists, and both ways on, are told once for all causes.
    let told: Vec<&&&String> = late.iter().filter(|text| text.contains("Exists now, and is in the state: ")).collect();
    assert!(told.len() == 1, "{place}: {errors:#?}");
    let both = told[0].contains("terraform untaint") && told[0].contains("plain apply");
    let has_left = !told[0].contains("in the state: nothing.");
    assert!(
        if has_left { both == (verb == Verb::Create) } else { !both || verb == Verb::Create },
        "{place}: {told:#?}"
    );
}

/// Runs every changing call, or every read, in every way.
async fn all(side: Side, verb: Verb, reads: bool) {
    let staged = Staged::of(side, verb).await;
    let (ways, what) = if reads { (WAYS_OF_READS, ", reads") } else { (WAYS, "") };
    let mut tally = Tally::new(format!("{side:?}: {verb:?}{what}"), "Operation", ways.map(Way::heading).to_vec());
    let calls = staged.plain().await.of_kind(reads);
    for (at, made) in calls.iter().enumerate() {
        let operation = &made.operation;
        let nth = calls[..=at].iter().filter(|earlier| earlier.operation == *operation).count() as u64;
        let place = Place { reads, call: at as u64 + 1, operation: operation.clone(), nth };
        for (column, way) in ways.into_iter().enumerate() {
            // The reply to a call that had no effect is no lost effect.
            if made.is_done || way != Way::ReplyLost {
                let case = format!("{side:?} {verb:?}, call {} {operation}, {way:?}", place.call);
                tally.run(operation, column, &case, struck(staged, &case, &place, way)).await;
            }
        }
    }
    tally.compare();
}

macro_rules! cases_of_few {
    ($($name:ident, $reads:ident: $side:ident $verb:ident;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            all(Side::$side, Verb::$verb, false).await;
        }

        #[tokio::test(start_paused = true)]
        #[ignore = "takes minutes: cargo test --test in_process failures:: -- --ignored"]
        async fn $reads() {
            all(Side::$side, Verb::$verb, true).await;
        }
    )+};
}

macro_rules! cases {
    ($($name:ident, $reads:ident: $side:ident $verb:ident;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            all(Side::$side, Verb::$verb, false).await;
        }

        #[tokio::test(start_paused = true)]
        async fn $reads() {
            all(Side::$side, Verb::$verb, true).await;
        }
    )+};
}

cases! {
    a_service_s_creation_survives_every_failure_of_every_call, every_read_of_a_service_s_creation: Service Create;
    a_service_s_update_survives_every_failure_of_every_call, every_read_of_a_service_s_update: Service Update;
    a_service_s_destruction_survives_every_failure_of_every_call, every_read_of_a_service_s_destruction: Service Destroy;
    a_consumer_s_creation_survives_every_failure_of_every_call, every_read_of_a_consumer_s_creation: Consumer Create;
    a_consumer_s_update_survives_every_failure_of_every_call, every_read_of_a_consumer_s_update: Consumer Update;
    a_consumer_s_destruction_survives_every_failure_of_every_call, every_read_of_a_consumer_s_destruction: Consumer Destroy;
    a_guest_s_creation_survives_every_failure_of_every_call, every_read_of_a_guest_s_creation: Guest Create;
    a_guest_s_update_survives_every_failure_of_every_call, every_read_of_a_guest_s_update: Guest Update;
    a_guest_s_destruction_survives_every_failure_of_every_call, every_read_of_a_guest_s_destruction: Guest Destroy;
}

// What the others have too is struck there.
cases_of_few! {
    certificates_are_added_whatever_fails, every_read_as_certificates_are_added: Tls Create;
    certificates_are_exchanged_whatever_fails, every_read_as_certificates_are_exchanged: Tls Update;
    certificates_go_whatever_fails, every_read_as_certificates_go: Tls Destroy;
    capacity_is_reserved_whatever_fails, every_read_as_capacity_is_reserved: Reserved Create;
    capacity_is_changed_whatever_fails, every_read_as_capacity_is_changed: Reserved Update;
    capacity_goes_whatever_fails, every_read_as_capacity_goes: Reserved Destroy;
    a_hub_is_made_whatever_fails, every_read_as_a_hub_is_made: Hub Create;
    a_hub_is_changed_whatever_fails, every_read_as_a_hub_is_changed: Hub Update;
    a_hub_goes_whatever_fails, every_read_as_a_hub_goes: Hub Destroy;
}
