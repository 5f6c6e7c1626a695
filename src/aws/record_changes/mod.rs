//! Changes of records that are asked for together: AWS takes one change of a zone at a time, and five calls a second for everything.
//!
//! Whoever changes records puts them into the queue of their zone. Whose turn it is sends what the queue holds as one batch, for all.
//! A batch takes effect as a whole or not at all; where AWS refuses one, those whose records it names are sent alone, each of which
//! learns what became of its own, and the others go on. A zone that is busy is waited for once, by the one whose turn it is.

mod queue;
#[cfg(test)]
mod tests;

use std::time::Duration;

use aws_sdk_route53::types::{Change, ChangeBatch};

pub(super) use queue::RecordChanges;
use queue::{Answer, Wanted, halves, tell};

use super::batched::WINDOW;
use super::call::Token;
use super::client::Account;
use super::operation::Operation::Route53;
use super::writes::Domain;
use crate::engine::{Class, Failure, Limits, Result};

const CHANGE: &str = "ChangeResourceRecordSets";
const SENDER_GONE: &str = "the batch that this change was in ended without an answer";
/// How long a zone is busy with a change, as a rule.
const BUSY: Duration = Duration::from_secs(2);
/// The longest wait for a zone that is busy.
const LONGEST: Duration = Duration::from_secs(15);

impl Account {
    /// Changes records of a hosted zone, all of them or none, in one batch with whatever else waits to be changed there.
    pub async fn change_records(&self, zone_id: &str, changes: Vec<Change>) -> Answer {
        let book = self.record_changes();
        let (number, mut answer) = book.put(zone_id, changes);
        loop {
            tokio::select! {
                biased;
                told = &mut answer => return told.unwrap_or_else(|_| Err(lost(self.region(), SENDER_GONE))),
                turn = Limits::within(self.lock_zone(zone_id)) => match turn {
                    Ok(turn) => {
                        if let Ok(told) = answer.try_recv() {
                            return told;
                        }
                        let end = self.send_queue(zone_id, number).await;
                        drop(turn);
                        if let Err(failure) = end
                            && book.withdraw(zone_id, number)
                        {
                            return Err(failure);
                        }
                    }
                    // The run ends. What was sent for it meanwhile has its answer, or gets it.
                    Err(_) if book.withdraw(zone_id, number) => return Err(self.unmade(Route53(CHANGE))),
                    Err(_) => return answer.await.unwrap_or_else(|_| Err(lost(self.region(), SENDER_GONE))),
                },
            }
        }
    }

    /// Sends batches until the one with this number has its answer. An error is a limit that came before.
    async fn send_queue(&self, zone_id: &str, number: u64) -> Result<()> {
        let book = self.record_changes();
        let mut pause = BUSY;
        loop {
            let busy = book.changed(zone_id).map(|changed| self.scaled(BUSY).saturating_sub(changed.elapsed()));
            // Those who looked together write together.
            let rest = busy.unwrap_or_default().max(WINDOW);
            Limits::sleep(rest).await.map_err(|_| self.unmade(Route53(CHANGE)))?;
            self.token(Route53(CHANGE)).await?;
            let batch = book.take(zone_id);
            if batch.is_empty() {
                return Ok(());
            }
            let is_own = batch.iter().any(|wanted| wanted.number == number);
            match self.send_batch(zone_id, &batch).await {
                Err(failure) if failure.class == Class::Busy && failure.code == "PriorRequestNotComplete" => {
                    book.give_back(zone_id, batch);
                    tracing::debug!(zone_id, ?pause, "waiting for a hosted zone that is busy");
                    Limits::sleep(self.scaled(pause)).await.map_err(|_| failure)?;
                    pause = (pause * 2).min(LONGEST);
                    continue;
                }
                Err(failure) if batch.len() > 1 && is_of_one(&failure) => {
                    self.send_apart(zone_id, batch, &failure).await;
                }
                end => tell(batch, &end),
            }
            if is_own {
                return Ok(());
            }
        }
    }

    /// Sends what a refused batch held: what AWS names alone, the rest together.
    async fn send_apart(&self, zone_id: &str, batch: Vec<Wanted>, refused: &Failure) {
        let named = batch.iter().filter(|wanted| wanted.is_named_in(&refused.message)).count();
        let mut open: Vec<Vec<Wanted>> = if named == 0 || named == batch.len() {
            halves(batch)
        } else {
            let (named, rest): (Vec<_>, Vec<_>) =
                batch.into_iter().partition(|wanted| wanted.is_named_in(&refused.message));
            std::iter::once(rest).chain(named.into_iter().map(|one| vec![one])).collect()
        };
        open.reverse();
        while let Some(batch) = open.pop() {
            let mut pause = BUSY;
            let end = loop {
                tokio::time::sleep(self.scaled(BUSY)).await;
                if let Err(failure) = self.token(Route53(CHANGE)).await {
                    break Err(failure);
                }
                match self.send_batch(zone_id, &batch).await {
                    Err(failure) if failure.code == "PriorRequestNotComplete" => {
                        if Limits::sleep(self.scaled(pause)).await.is_err() {
                            break Err(failure);
                        }
                        pause = (pause * 2).min(LONGEST);
                    }
                    end => break end,
                }
            };
            match end {
                Err(failure) if batch.len() > 1 && is_of_one(&failure) => open.extend(halves(batch).into_iter().rev()),
                end => tell(batch, &end),
            }
        }
    }

    /// Makes one call, whose token was waited for.
    async fn send_batch(&self, zone_id: &str, batch: &[Wanted]) -> Answer {
        let changes = batch.iter().flat_map(|wanted| wanted.changes.iter().cloned()).collect();
        let built = ChangeBatch::builder().comment("terraform-provider-privatelink").set_changes(Some(changes)).build();
        let built = built.map_err(|cause| Failure::new(Class::Bug, cause.to_string()))?;
        let sent = self.route53().change_resource_record_sets().hosted_zone_id(zone_id).change_batch(built).send();
        let domain = || Domain::Records(zone_id.to_owned());
        self.writes().note(domain());
        let reply = self.reply(Route53(CHANGE), Token::Held, sent).await;
        self.writes().note(domain());
        let reply = reply?;
        self.record_changes().note_change(zone_id);
        match reply.change_info {
            Some(change) if !change.id().is_empty() => Ok(Some(change)),
            // Route 53 names the change that it made: this is somebody else's word, and it may be made or not.
            _ => Err(lost(self.region(), "AWS's reply names no change")),
        }
    }
}

/// Whether a refusal may be about one of several, who would have gone on alone.
fn is_of_one(failure: &Failure) -> bool {
    use Class::{Bug, Denied, Invalid, LimitExceeded, Taken, Unknown};
    matches!(failure.class, Bug | Denied | Invalid | LimitExceeded | Taken | Unknown)
        && !super::error::is_not_found(failure)
}

/// What is known of a change without an answer: nothing.
fn lost(region: &str, words: &str) -> Failure {
    let mut failure = Failure::new(Class::Lost, words);
    CHANGE.clone_into(&mut failure.operation);
    region.clone_into(&mut failure.region);
    failure
}
