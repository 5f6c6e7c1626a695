//! Every mutating call of create, update and destroy fails in every way: nothing is forgotten, nothing is
//! made twice, and the message says how to go on. What became of each is in `acceptance-tests/faults.md`, which
//! these tests compare, and write anew with `UPDATE=1 cargo test --test in_process failures`.
//!
//! Every read fails in every way that reads fail, too.

use std::collections::{BTreeMap, BTreeSet};

use acceptance_tests::simulator::audit::Call;

use crate::core::{objects, texts};
use crate::fault_table;

mod stage;
mod way;

use stage::counted;
pub(crate) use stage::{Side, Stage, Verb};
use way::{Place, WAYS, WAYS_OF_READS, Way};

/// The tag that a run writes before it makes objects, renews while it goes on, and ends.
const RUN: &str = "privatelink:run";

/// What an undisturbed run does and leaves.
struct Plain {
    /// The operations in their order, and whether AWS did it: some calls come before AWS is ready for them.
    calls: Vec<(String, bool)>,
    /// The reads in their order.
    reads: Vec<String>,
    world: BTreeMap<String, usize>,
}

async fn undisturbed(side: Side, verb: Verb) -> Plain {
    let mut stage = Stage::set(side, verb).await;
    let before = stage.setting.land.world.calls().len();
    let found = stage.act().await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let calls = stage.setting.land.world.calls().split_off(before);
    let (calls, reads): (Vec<Call>, Vec<Call>) = calls.into_iter().partition(|call| call.mutating);
    let plain = Plain {
        calls: calls.into_iter().map(|call| (call.operation, call.outcome == "ok")).collect(),
        reads: reads.into_iter().map(|call| call.operation).collect(),
        world: counted(&objects(&stage.setting.land.world)),
    };
    stage.clear().await;
    plain
}

/// One run with one fault, and everything after it.
async fn struck(side: Side, verb: Verb, at: &Place, way: Way, plain: &Plain) -> &'static str {
    let place = format!("{side:?} {verb:?}, call {} {}, {way:?}", at.call, at.operation);
    let mut stage = Stage::set(side, verb).await;
    let before = stage.setting.land.world.calls().len();
    let untouched = objects(&stage.setting.land.world);
    stage.setting.land.world.set_faults(vec![way.fault(at)]);
    let found = stage.act().await;
    let told = texts(&found);
    stage.setting.land.world.set_faults(Vec::new());
    let calls = stage.setting.land.world.calls().split_off(before);
    let struck: Vec<&Call> =
        calls.iter().filter(|call| call.mutating != at.reads && way.has_struck(&call.outcome)).collect();
    let hit = struck.first().unwrap_or_else(|| panic!("{place}: it was not reached: {calls:#?}"));
    let is_told = struck.iter().any(|call| tells_of(call, &told));
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
        explains(&place, verb, way, at.reads, &struck, &told);
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
    assert_eq!(
        counted(&objects(&stage.setting.land.world)),
        plain.world,
        "{place}: {:#}",
        objects(&stage.setting.land.world)
    );
    stage.clear().await;
    match (failed, is_told) {
        (true, _) => "error, healed",
        (false, true) => "warning",
        (false, false) => "overcome",
    }
}

/// Whether the call writes the run tag, and nothing else.
fn is_renewal(call: &Call) -> bool {
    ["AddTags", "CreateTags"].contains(&call.operation.as_str()) && call.tag_keys == [RUN]
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

/// Runs every call in every way.
async fn all(side: Side, verb: Verb) {
    let plain = undisturbed(side, verb).await;
    let (mut table, mut runs) = (Table::new(), 0);
    for (at, (operation, is_done)) in plain.calls.iter().enumerate() {
        let nth = plain.calls[..=at].iter().filter(|(earlier, _)| earlier == operation).count() as u64;
        let place = Place { reads: false, call: at as u64 + 1, operation: operation.clone(), nth };
        // The reply to a call that had no effect is no lost effect.
        for way in WAYS.into_iter().filter(|way| *is_done || *way != Way::ReplyLost) {
            let outcome = struck(side, verb, &place, way, &plain).await;
            table.entry((operation.clone(), way)).or_default().insert(outcome);
            runs += 1;
        }
    }
    compare(&format!("{side:?}: {verb:?}"), &WAYS, &table, runs);
}

/// Runs every read in every way.
async fn all_reads(side: Side, verb: Verb) {
    let plain = undisturbed(side, verb).await;
    let (mut table, mut runs) = (Table::new(), 0);
    for (at, operation) in plain.reads.iter().enumerate() {
        let nth = plain.reads[..=at].iter().filter(|earlier| *earlier == operation).count() as u64;
        let place = Place { reads: true, call: at as u64 + 1, operation: operation.clone(), nth };
        for way in WAYS_OF_READS {
            let outcome = struck(side, verb, &place, way, &plain).await;
            table.entry((operation.clone(), way)).or_default().insert(outcome);
            runs += 1;
        }
    }
    compare(&format!("{side:?}: {verb:?}, reads"), &WAYS_OF_READS, &table, runs);
}

/// Outcomes by operation and way.
type Table = BTreeMap<(String, Way), BTreeSet<&'static str>>;

fn compare(title: &str, ways: &[Way], table: &Table, runs: usize) {
    let operations: BTreeSet<&String> = table.keys().map(|(operation, _)| operation).collect();
    let rows = operations.into_iter().map(|operation| {
        let cell = |way: &Way| table.get(&(operation.clone(), *way)).map(|outcomes| Vec::from_iter(outcomes.clone()));
        (operation.clone(), ways.iter().map(|way| cell(way).unwrap_or_default().join(" or ")).collect())
    });
    let headings: Vec<&str> = ways.iter().map(|way| way.heading()).collect();
    fault_table::compare(title, runs, &headings, rows.collect());
}

macro_rules! cases {
    ($($name:ident, $reads:ident: $side:ident $verb:ident;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            all(Side::$side, Verb::$verb).await;
        }

        #[tokio::test(start_paused = true)]
        async fn $reads() {
            all_reads(Side::$side, Verb::$verb).await;
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
}
