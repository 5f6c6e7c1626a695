//! Creations whose outcome nobody knows: looked for by owner until AWS's answer is certain.
//!
//! A link that is still wanted is looked for where it is made (`work`). This settles the others: before
//! everything is removed, and before the closing pass.

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::outcome::{Action, Cause};
use super::problems::Problems;
use super::record::{Doubt, Record};
use super::run::Run;
use super::wait::Trouble;
use super::work::{Work, caught, defect};

/// Looks for all of them at the same time. What is found retires, so that the caller removes it; what could
/// not be looked for stays a doubt, with a problem.
pub(super) async fn settle<C: Send + Sync + 'static>(run: &Run<C>, record: &mut Record, problems: &mut Problems) {
    let mut tasks = JoinSet::new();
    for doubt in record.doubts.clone() {
        match search(run, &doubt) {
            Ok(search) => {
                tasks.spawn(async move { (doubt, search.await) });
            }
            Err(trouble) => problems.error(&doubt.link, trouble),
        }
    }
    let mut ends: Vec<(Doubt, Result<Option<serde_json::Value>, Trouble>)> = Vec::new();
    while let Some(end) = tasks.join_next().await {
        ends.extend(end);
    }
    // Tasks end in any order; problems are told in one.
    ends.sort_by(|(one, _), (other, _)| (&one.link, one.generation).cmp(&(&other.link, other.generation)));
    for (doubt, end) in ends {
        match end {
            Ok(found) => record.settle(&doubt, found),
            Err(trouble) => problems.error(&doubt.link, trouble),
        }
    }
}

type Search = std::pin::Pin<Box<dyn Future<Output = Result<Option<serde_json::Value>, Trouble>> + Send>>;

fn search<C: Send + Sync + 'static>(run: &Run<C>, doubt: &Doubt) -> Result<Search, Trouble> {
    if let Some(cut) = run.limits.cut() {
        return Err(cut.trouble(Action::Find, String::new(), Instant::now()));
    }
    let Some(kind) = run.catalogue.get(&doubt.link) else {
        let words = "this version of the provider does not know this kind of object; it may have been made";
        return Err(defect(Action::Find, words));
    };
    let spec = kind.link.kept(&doubt.sought).map_err(|failure| Trouble {
        action: Action::Find,
        cause: Cause::Failed(failure),
        waited: std::time::Duration::ZERO,
    })?;
    let owner = run.owner(&doubt.link, doubt.generation);
    let work = Work::new(run, &kind.link, None);
    let limits = run.limits.clone();
    Ok(Box::pin(async move {
        caught(limits, Action::Find, async { work.search(&owner, &spec).await }).await.and_then(|end| end)
    }))
}
