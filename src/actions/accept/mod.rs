//! The action `privatelink_accept`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Decided, Named, in_words, states, those};
use crate::aws::connections::{self, is, is_over, works};
use crate::aws::{Account, Aws};
use crate::engine::{Cause, Class, Failure};
use crate::resource::{Action, ActionContext};
use crate::schema::{Rule, formats};

/// A connection works so soon after it was accepted, as a rule.
const WORKS_AFTER: Duration = Duration::from_secs(20);

crate::attributes! {
    /// Accepts endpoints that wait at an endpoint service, and ends when their connections work. Those that were accepted before are left as they are.
    pub struct Config {
        /// Which endpoints, at which service.
        flatten decided: Decided,
        /// How long to wait until the connections work.
        optional timeout: String = "10m" => [Rule::Is(&formats::DURATION)],
    }
}

/// The action.
#[derive(Debug, Clone, Copy)]
pub struct Accept;

impl Action for Accept {
    const TYPE: &'static str = "privatelink_accept";
    const WHAT: &'static str = "accept endpoints";

    type Config = Config;
    type Client = Aws;

    async fn invoke(aws: &Aws, config: &Config, context: &ActionContext) -> Result<(), Cause> {
        let Some(Named { account, service_id, endpoint_ids }) = config.decided.named(aws)? else {
            context.tell("no endpoint is named");
            return Ok(());
        };
        let limits = &context.limits;
        let has_accepted = limits.act(|| decide(&account, service_id, endpoint_ids, context)).await?;
        let expected = if has_accepted { WORKS_AFTER } else { Duration::ZERO };
        limits
            .until(expected, |is_fresh| {
                let account = &account;
                async move {
                    let now = states(account, service_id, endpoint_ids).await?;
                    let refused = those(&now, |word| is_over(word) || is(word, "rejected"));
                    match refused.first() {
                        Some(endpoint_id) if !is_fresh => Err(not_accepted(service_id, endpoint_id, &in_words(&now))),
                        _ if now.values().all(|word| works(word)) => Ok(None),
                        _ => {
                            context.tell(in_words(&now));
                            Ok(Some(in_words(&now)))
                        }
                    }
                }
            })
            .await?;
        context
            .tell(format!("accepted at {service_id}: {}", endpoint_ids.iter().cloned().collect::<Vec<_>>().join(", ")));
        Ok(())
    }
}

/// Accepts those that wait, in one call, and tells whether there were any. AWS decides whether one that was rejected may be
/// accepted after all.
async fn decide(
    account: &Account,
    service_id: &str,
    endpoint_ids: &BTreeSet<String>,
    context: &ActionContext,
) -> Result<bool, Failure> {
    let now = states(account, service_id, endpoint_ids).await?;
    if let Some(endpoint_id) = those(&now, is_over).first() {
        let word = now.get(endpoint_id).map_or("", String::as_str);
        return Err(connections::cannot_be_accepted(service_id, endpoint_id, word).about("endpoint_ids"));
    }
    let open = those(&now, |word| is(word, "pendingAcceptance") || is(word, "rejected"));
    if open.is_empty() {
        return Ok(false);
    }
    context.tell(format!("{}: accepting", in_words(&now)));
    connections::accept(account, service_id, &open).await?;
    Ok(true)
}

fn not_accepted(service_id: &str, endpoint_id: &str, states: &str) -> Failure {
    let words = format!("{service_id} did not take the acceptance of the endpoint {endpoint_id}: {states}");
    Failure::new(Class::Invalid, words).about("endpoint_ids").advise(
        "AWS does not take a rejection back: the endpoint's owner makes the endpoint anew, and its new id is accepted",
    )
}
