//! How the targets are when an apply ends: a warning that counts those that are not healthy, never an error.
//!
//! One call for each target group, made again while the configuration says to wait. A target whose first checks are under way is only
//! missed by a wait.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::config::ServiceConfig;
use crate::aws::Aws;
use crate::aws::lookups::TargetSeen;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Failure, Limits, Result};
use crate::value::Path;

/// Targets that a warning names.
const MOST: usize = 10;
/// The shortest and the longest time between two looks; a quarter of what was waited so far lies between them.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));

/// Target groups by ARN, with the listeners that forward to them.
type Groups = BTreeMap<String, BTreeSet<String>>;

/// Looks at the targets of every listener, for as long as the configuration says.
pub(super) async fn warnings(aws: &Aws, config: &ServiceConfig) -> Diagnostics {
    let groups = groups(config);
    if groups.is_empty() {
        return Diagnostics::new();
    }
    let patience = config.wait_for_healthy_targets.known().and_then(|seconds| u64::try_from(*seconds).ok());
    let patience = Duration::from_secs(patience.unwrap_or(0));
    let (speed, begun) = (aws.speed().max(1), Instant::now());
    loop {
        let found = match targets(aws, &groups).await {
            Ok(found) => found,
            Err(failure) => return unseen(&failure, patience),
        };
        let counts = |target: &TargetSeen| is_bad(target, !patience.is_zero());
        let waited = begun.elapsed() * speed;
        let rest = patience.saturating_sub(waited);
        let is_well = !found.iter().any(|(_, target)| counts(target));
        let pause = (waited / 4).clamp(PAUSES.0, PAUSES.1).min(rest);
        if is_well || rest.is_zero() || Limits::sleep(pause / speed).await.is_err() {
            return told(&found, counts, patience);
        }
    }
}

fn groups(config: &ServiceConfig) -> Groups {
    let mut groups = Groups::new();
    for (name, listener) in config.listeners.known().into_iter().flatten() {
        let arn = listener.known().and_then(|listener| listener.target_group_arn.known());
        if let Some(arn) = arn.filter(|arn| !arn.is_empty()) {
            groups.entry(arn.clone()).or_default().insert(name.clone());
        }
    }
    groups
}

/// Every target, with the listeners in front of it in words.
async fn targets(aws: &Aws, groups: &Groups) -> Result<Vec<(String, TargetSeen)>> {
    let account = aws.account(None)?;
    let read = groups.iter().map(|(arn, names)| async move {
        let listeners: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        let place = format!("listener {}", listeners.join(", "));
        let found = account.targets_seen(arn).await?.into_iter();
        Ok::<_, Failure>(found.map(|target| (place.clone(), target)).collect::<Vec<_>>())
    });
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}

/// Whether a person has to know of it. Targets that leave, and those that nothing checks, are as they should be.
fn is_bad(target: &TargetSeen, has_waited: bool) -> bool {
    match target.state.as_str() {
        "healthy" | "draining" | "unavailable" => false,
        "initial" => has_waited,
        _ => true,
    }
}

fn told(found: &[(String, TargetSeen)], counts: impl Fn(&TargetSeen) -> bool, patience: Duration) -> Diagnostics {
    let bad: Vec<&(String, TargetSeen)> = found.iter().filter(|(_, target)| counts(target)).collect();
    let Some((_, first)) = bad.first() else { return Diagnostics::new() };
    let mut lines: Vec<String> =
        bad.iter().take(MOST).map(|(place, target)| format!("  {place}: {}", target.why())).collect();
    if bad.len() > MOST {
        lines.push(format!("  and {} more", bad.len() - MOST));
    }
    let waited = if patience.is_zero() { String::new() } else { format!(" after {} s", patience.as_secs()) };
    let later = if patience.is_zero() { " With wait_for_healthy_targets an apply waits before it looks." } else { "" };
    let detail = format!(
        "{} of {} targets are not healthy{waited}:\n{}\n\nThe service itself is complete: connections arrive as soon as \
         targets are healthy.\n\nWhat to do: {}{later}",
        bad.len(),
        found.len(),
        lines.join("\n"),
        first.advice()
    );
    Diagnostic::warning("Unhealthy targets", detail).at(Path::attribute("listener")).into()
}

/// Who asked to wait is told that there was nothing to see; a look that nobody asked for is left out.
fn unseen(failure: &Failure, patience: Duration) -> Diagnostics {
    tracing::debug!(%failure, "the health of the targets was not seen");
    if patience.is_zero() {
        return Diagnostics::new();
    }
    let detail = format!("The service is complete, but the health of its targets was not seen: {failure}.");
    Diagnostic::warning("Target health not seen", detail).at(Path::attribute("wait_for_healthy_targets")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(id: usize, state: &str) -> (String, TargetSeen) {
        let seen = TargetSeen { id: format!("i-{id}"), state: state.into(), ..TargetSeen::default() };
        ("listener \"https\"".to_owned(), seen)
    }

    #[test]
    fn targets_that_are_checked_for_the_first_time_are_missed_by_a_wait_alone() {
        for (state, at_once, after_a_wait) in [
            ("healthy", false, false),
            ("draining", false, false),
            ("unavailable", false, false),
            ("initial", false, true),
            ("unhealthy", true, true),
            ("unused", true, true),
        ] {
            let (_, seen) = target(1, state);
            assert_eq!((is_bad(&seen, false), is_bad(&seen, true)), (at_once, after_a_wait), "{state}");
        }
    }

    #[test]
    fn a_long_list_ends_in_a_count() {
        let found: Vec<_> = (0..14).map(|id| target(id, if id < 2 { "healthy" } else { "unhealthy" })).collect();
        let told = told(&found, |target| is_bad(target, false), Duration::ZERO);
        let text = format!("{told:?}");
        assert!(text.contains("12 of 14 targets") && text.contains("and 2 more") && !told.has_errors(), "{text}");
    }
}
