//! Creations whose outcome nobody knows: looked for by owner until AWS's answer is certain.
//!
//! A link that is still wanted is looked for where it is made (`work`). This settles the others: before
//! everything is removed, and before the closing pass.

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::outcome::{Action, Cause};
use super::problems::Problems;
use super::record::{Record, UncertainCreate};
use super::run::Run;
use super::tasks::{Task, caught, defect};
use super::wait::StepError;

/// Looks for all of them at the same time. What is found retires, so that the caller removes it; what could
/// not be looked for stays uncertain, with a problem.
pub(super) async fn settle<C: Send + Sync + 'static>(run: &Run<C>, record: &mut Record, problems: &mut Problems) {
    let mut tasks = JoinSet::new();
    for uncertain in record.uncertain_creates.clone() {
        match search(run, &uncertain) {
            Ok(search) => {
                tasks.spawn(async move { (uncertain, search.await) });
            }
            Err(step_error) => problems.error(&uncertain.link, step_error),
        }
    }
    let mut ends: Vec<(UncertainCreate, Result<Option<serde_json::Value>, StepError>)> = Vec::new();
    while let Some(end) = tasks.join_next().await {
        ends.extend(end);
    }
    // Tasks end in any order; problems are told in one.
    ends.sort_by(|(one, _), (other, _)| (&one.link, one.generation).cmp(&(&other.link, other.generation)));
    for (uncertain, end) in ends {
        match end {
            Ok(found) => record.settle(&uncertain, found),
            Err(step_error) => problems.error(&uncertain.link, step_error),
        }
    }
}

type Search = std::pin::Pin<Box<dyn Future<Output = Result<Option<serde_json::Value>, StepError>> + Send>>;

fn search<C: Send + Sync + 'static>(run: &Run<C>, uncertain: &UncertainCreate) -> Result<Search, StepError> {
    if let Some(interruption) = run.limits.interruption() {
        return Err(interruption.step_error(Action::Find, String::new(), Instant::now()));
    }
    let Some(kind) = run.catalogue.get(&uncertain.link) else {
        let words = "this version of the provider does not know this kind of object; it may have been made";
        return Err(defect(Action::Find, words));
    };
    let spec = kind.link.kept(&uncertain.sought).map_err(|failure| StepError {
        action: Action::Find,
        cause: Cause::Failed(failure),
        waited: std::time::Duration::ZERO,
    })?;
    let owner = run.owner(&uncertain.link, uncertain.generation);
    let task = Task::new(run, &kind.link, None);
    let limits = run.limits.clone();
    Ok(Box::pin(async move {
        caught(limits, Action::Find, async { task.search(&owner, &spec).await }).await.and_then(|end| end)
    }))
}
