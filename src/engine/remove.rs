//! Destroy: everything in the record, in the order of the catalogue, or only what is retired. Knows no chain.

use super::outcome::{Outcome, Report};
use super::problems::Problems;
use super::record::Record;
use super::removal::{Object, Removal};
use super::run::Run;
use super::uncertain_creates;

/// Removes every object in the record, retired ones too. What could not be removed stays in it, also what others use.
pub async fn remove<C: Send + Sync + 'static>(run: &Run<C>, record: Record) -> Outcome {
    take_all(run, record, Removal::new(run).keeping()).await
}

/// The same before a creation that takes over what others use: that leaves the record.
pub async fn make_way<C: Send + Sync + 'static>(run: &Run<C>, record: Record) -> Outcome {
    take_all(run, record, Removal::new(run)).await
}

async fn take_all<C: Send + Sync + 'static>(run: &Run<C>, mut record: Record, removal: Removal<'_, C>) -> Outcome {
    let _counted = run.rounds.under_way();
    let mut problems = Problems::default();
    uncertain_creates::settle(run, &mut record, &mut problems).await;
    let objects = Object::all(&record);
    let mut outcome = take_down(removal, record, objects, problems).await;
    if outcome.record.is_empty() {
        outcome.record = Record::default();
    }
    outcome
}

/// Removes retired objects only: what is in use stays.
pub async fn clear<C: Send + Sync + 'static>(run: &Run<C>, record: Record) -> Outcome {
    let objects = Object::retired(&record);
    take_down(Removal::new(run), record, objects, Problems::default()).await
}

async fn take_down<C: Send + Sync + 'static>(
    mut removal: Removal<'_, C>,
    mut record: Record,
    objects: Vec<Object>,
    mut problems: Problems,
) -> Outcome {
    removal.add(objects, &mut problems);
    removal.finish(&mut record, &mut problems).await;
    let report = Report {
        exists: record.links.keys().cloned().collect(),
        not_reached: removal.waiting().cloned().collect(),
        left_over: record.retired.iter().map(|retired| retired.link.clone()).collect(),
        uncertain: record.uncertain_creates.iter().map(|uncertain| uncertain.link.clone()).collect(),
        ..Report::default()
    };
    let mut outcome = Outcome { record, report, ..Outcome::default() };
    problems.into(&mut outcome);
    outcome
}
