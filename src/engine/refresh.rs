//! Read: what the record holds, as it is now. Never changes anything.

use serde_json::Value as Json;
use tokio::task::JoinSet;

use super::link::Observed;
use super::outcome::{Action, Outcome, Report};
use super::problems::Problems;
use super::reader::Reader;
use super::record::{Entry, LinkName, Record};
use super::removal::Object;
use super::run::Run;
use super::tasks::{Task, caught, defect};
use super::wait::StepError;

/// Reads every object in the record, retired ones too, all at the same time. What is absent leaves
/// the record; what could not be read stays as it was, with a problem. The anchor's absence, which its
/// uid confirms, is reported as `gone`.
pub async fn refresh<C: Send + Sync + 'static>(run: &Run<C>, mut record: Record) -> Outcome {
    let mut problems = Problems::default();
    let mut gone = false;
    let reader = Reader::new(&format!("{} {}", run.resource, run.uid));
    let mut tasks = JoinSet::new();
    for object in Object::all(&record) {
        let (Some(state), Some(kind)) = (object.state(&record), run.catalogue.get(&object.link)) else {
            let words = "this version of the provider does not know this kind of object; it was left as it is";
            problems.error(&object.link, defect(Action::Read, words));
            continue;
        };
        let elsewhere = run.catalogue.told_elsewhere(object.link.kind(), &record);
        let anchor = kind.anchor && object.is_live(&record);
        let owner = anchor.then(|| run.owner(&object.link, object.generation));
        let task = Task::new(run, &kind.link, None).read(state, elsewhere, owner, run.stale_until, reader.clone());
        let limits = run.limits.clone();
        tasks.spawn(async move { (object, caught(limits, Action::Read, task).await.and_then(|end| end)) });
    }
    let mut ends: Vec<(Object, Result<Observed<Json>, StepError>)> = Vec::new();
    while let Some(end) = tasks.join_next().await {
        ends.extend(end);
    }
    // Tasks end in any order; problems are told in one.
    ends.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (object, end) in ends {
        let end = match end {
            // Nobody waits for what only a person can change: it is a fact and no step of a plan.
            Ok(Observed::Failed { state, .. }) if is_lived_with(run, &object, &state) => Ok(Observed::Ready(state)),
            end => end,
        };
        match end {
            Ok(seen) => {
                let anchor = run.catalogue.get(&object.link).is_some_and(|kind| kind.anchor);
                gone |= anchor && object.is_live(&record) && seen == Observed::Absent;
                let is_changing = is_changing(run, &record, &object, &seen);
                take(&mut record, &object, seen, is_changing);
            }
            Err(step_error) => problems.error(&object.link, step_error),
        }
    }
    let live: Vec<LinkName> = record.links.keys().cloned().collect();
    for name in &live {
        run.catalogue.hide_shown(name, &mut record);
    }
    let report = Report {
        exists: record.links.keys().cloned().collect(),
        left_over: record.retired.iter().map(|retired| retired.link.clone()).collect(),
        uncertain: record.uncertain_creates.iter().map(|uncertain| uncertain.link.clone()).collect(),
        gone,
        ..Report::default()
    };
    let mut outcome = Outcome { record, report, ..Outcome::default() };
    problems.into(&mut outcome);
    outcome
}

fn is_lived_with<C: Send + Sync + 'static>(run: &Run<C>, object: &Object, state: &Json) -> bool {
    run.catalogue.get(&object.link).is_some_and(|kind| kind.link.is_lived_with(state))
}

/// Whether AWS is at work on a change that the record does not know, such as that of a killed run.
fn is_changing<C: Send + Sync + 'static>(
    run: &Run<C>,
    record: &Record,
    object: &Object,
    seen: &Observed<Json>,
) -> bool {
    let (Observed::Pending { state, .. }, Some(recorded)) = (seen, object.state(record)) else { return false };
    let elsewhere = run.catalogue.told_elsewhere(object.link.kind(), record);
    elsewhere.hidden(state) != elsewhere.hidden(&recorded)
}

fn take(record: &mut Record, object: &Object, seen: Observed<Json>, is_changing: bool) {
    let (state, settled) = match seen {
        Observed::Absent => return record.forget(&object.link, object.generation),
        Observed::Ready(state) => (state, Some(true)),
        // What it will be when AWS is done only a run that waits can tell.
        Observed::Pending { state, .. } => (state, is_changing.then_some(false)),
        // It does not work: a plan has to say so, and the next run why.
        Observed::Failed { state, .. } => (state, Some(false)),
    };
    if object.is_live(record) {
        if let Some(Entry { state: old, settled: was, .. }) = record.links.get_mut(&object.link) {
            *old = state;
            *was = settled.unwrap_or(*was);
        }
    } else if let Some(old) =
        record.retired.iter_mut().find(|old| old.link == object.link && old.generation == object.generation)
    {
        old.state = state;
    }
}
