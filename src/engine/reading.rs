//! Reading what is recorded: what one read says is believed only as far as AWS's consistency allows.

use std::time::Duration;

use serde_json::Value as Json;
use tokio::time::Instant;

use super::catalogue::Elsewhere;
use super::failure::{Class, Failure};
use super::link::{Observed, Owner};
use super::outcome::Action;
use super::reader::Reader;
use super::record::identity;
use super::tasks::{CONSISTENT, Task};
use super::wait::StepError;

/// A refresh believes an absence that holds over these pauses: together longer than AWS takes to show a new
/// object, since the plan may come right after the apply that made it.
const ABSENT: [Duration; 3] = [CONSISTENT, Duration::from_secs(9), Duration::from_secs(20)];
/// So many looks by the owner's tags must miss an anchor whose id shows nothing.
const WITNESSES: u32 = 2;
/// So many reads decide at most; what still changes then is told as it was seen last.
const MOST_LOOKS: u32 = 6;

impl<C: Send + Sync + 'static> Task<C> {
    /// Reads the object. What contradicts the record is believed when another read some time later says
    /// the same; an absence takes longer, and so does all that may be older than the last write (`stale_until`). Fields
    /// that other links tell (`elsewhere`) contradict nothing. With an `owner`, an absence is believed only where
    /// the owner's tags show nothing either.
    ///
    /// The first read may be answered by a view, which can confirm the record and nothing else.
    pub(super) async fn read(
        self,
        recorded: Json,
        elsewhere: Elsewhere,
        owner: Option<Owner>,
        stale_until: Option<Instant>,
        reader: Reader,
    ) -> Result<Observed<Json>, StepError> {
        let since = Instant::now();
        let mut retry = self.retry(Action::Read);
        let first = reader.over(self.read_own(&recorded)).await;
        let is_proof =
            !first.from_view || first.output.as_ref().is_ok_and(|seen| confirms(seen, &recorded, &Elsewhere::NOTHING));
        let mut first = Some(first.output).filter(|_| is_proof);
        let mut last = None;
        let (mut same, mut looks) = (0, 0);
        loop {
            let seen = match first.take() {
                Some(seen) => seen,
                None => self.read_own(&recorded).await,
            };
            let seen = match seen {
                Ok(seen) => seen,
                Err(failure) => {
                    retry.retry_or_fail(failure).await?;
                    continue;
                }
            };
            looks += 1;
            same = if last.as_ref().is_some_and(|last| tells_the_same(last, &seen)) { same + 1 } else { 0 };
            let pause = match &seen {
                seen if confirms(seen, &recorded, &elsewhere) => return Ok(seen.clone()),
                Observed::Absent => ABSENT.get(same).copied(),
                _ => (same == 0 && looks < MOST_LOOKS).then_some(CONSISTENT),
            };
            let pause = pause.or_else(|| self.stale_for(stale_until).map(|rest| rest.min(CONSISTENT * (looks + 1))));
            let Some(pause) = pause else {
                return match (seen, owner) {
                    (Observed::Absent, Some(owner)) => self.second_witness(&owner, &recorded).await,
                    (seen, _) => Ok(seen),
                };
            };
            last = Some(seen);
            let pause = self.limits.pause(pause).await;
            pause.map_err(|interruption| interruption.step_error(Action::Read, String::new(), since))?;
        }
    }

    /// For how long, in AWS's time, reads may still be older than the last write.
    fn stale_for(&self, until: Option<Instant>) -> Option<Duration> {
        let rest = until?.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero())?;
        Some(rest * self.limits.speed.max(1))
    }

    /// One read. A reply about another object, or about none by name, is no answer.
    async fn read_own(&self, recorded: &Json) -> Result<Observed<Json>, Failure> {
        let seen = self.link.read(&self.client, recorded).await?;
        match &seen {
            Observed::Ready(state) | Observed::Pending { state, .. } | Observed::Failed { state, .. }
                if is_another(state, recorded) =>
            {
                let id = identity(recorded).map(|(_, id)| id).unwrap_or_default();
                Err(Failure::new(Class::Unavailable, format!("AWS's reply is about another object than {id}")))
            }
            _ => seen.try_map(|state| self.link.recalled(recorded, &state)),
        }
    }

    /// Looks by the owner's tags for an object whose id shows nothing, more than once: one look may miss it, too.
    async fn second_witness(&self, owner: &Owner, recorded: &Json) -> Result<Observed<Json>, StepError> {
        let since = Instant::now();
        let mut retry = self.retry(Action::Read);
        for look in 0..WITNESSES {
            if look > 0 {
                let pause = self.limits.pause(CONSISTENT).await;
                pause.map_err(|interruption| interruption.step_error(Action::Read, String::new(), since))?;
            }
            let found = loop {
                match self.link.find_again(&self.client, owner, recorded).await {
                    Ok(found) => break found,
                    Err(failure) => retry.retry_or_fail(failure).await?,
                }
            };
            if let Some(found) = found {
                // It is there. What else there is to know of it a further read tells, if that shows it.
                return Ok(match self.link.read(&self.client, &found).await {
                    Ok(seen) if seen != Observed::Absent => seen,
                    _ if is_another(&found, recorded) => Observed::Ready(found),
                    _ => Observed::Ready(recorded.clone()),
                });
            }
        }
        Ok(Observed::Absent)
    }
}

/// Whether a state is of another object than the recorded one.
fn is_another(state: &Json, recorded: &Json) -> bool {
    let known = identity(recorded).filter(|(_, id)| !id.is_empty());
    known.is_some_and(|(key, id)| state.get(key).and_then(Json::as_str) != Some(id))
}

/// Whether a read shows what is recorded.
fn confirms(seen: &Observed<Json>, recorded: &Json, elsewhere: &Elsewhere) -> bool {
    match seen {
        Observed::Ready(state) | Observed::Pending { state, .. } => {
            elsewhere.hidden(state) == elsewhere.hidden(recorded)
        }
        Observed::Absent | Observed::Failed { .. } => false,
    }
}

/// Whether two reads agree: how far AWS says that it is with the same settings is no contradiction.
fn tells_the_same(one: &Observed<Json>, other: &Observed<Json>) -> bool {
    use Observed::{Pending, Ready};
    match (one, other) {
        (Ready(one) | Pending { state: one, .. }, Ready(other) | Pending { state: other, .. }) => one == other,
        _ => one == other,
    }
}
