//! The action `privatelink_reject`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Decided, Named, in_words, states, those};
use crate::aws::connections::{self, is_live};
use crate::aws::{Account, Aws};
use crate::engine::{Cause, Failure};
use crate::resource::{Action, ActionContext};
use crate::schema::{Rule, formats};

crate::attributes! {
    /// Rejects endpoints of an endpoint service, waiting or connected: their traffic ends, and only a new endpoint can ask again. Those that were rejected
    /// before are left as they are.
    pub struct Config {
        /// Which endpoints, at which service.
        flatten decided: Decided,
        /// How long to wait until AWS shows the endpoints as rejected.
        optional timeout: String = "5m" => [Rule::Is(&formats::DURATION)],
    }
}

/// The action.
#[derive(Debug, Clone, Copy)]
pub struct Reject;

impl Action for Reject {
    const TYPE: &'static str = "privatelink_reject";
    const WHAT: &'static str = "reject endpoints";

    type Config = Config;
    type Client = Aws;

    async fn invoke(aws: &Aws, config: &Config, context: &ActionContext) -> Result<(), Cause> {
        let Some(Named { account, service_id, endpoint_ids }) = config.decided.named(aws)? else {
            context.tell("no endpoint is named");
            return Ok(());
        };
        context.limits.act(|| decide(&account, service_id, endpoint_ids, context)).await?;
        context
            .limits
            .until(Duration::ZERO, |_| {
                let account = &account;
                async move {
                    // One that is gone meanwhile is connected no more.
                    let seen = connections::list(account, service_id).await?;
                    let live =
                        seen.into_iter().filter(|one| endpoint_ids.contains(&one.endpoint_id) && is_live(&one.state));
                    let live: Vec<String> = live.map(|one| format!("{} is {}", one.endpoint_id, one.state)).collect();
                    Ok((!live.is_empty()).then(|| live.join(", ")))
                }
            })
            .await?;
        context
            .tell(format!("rejected at {service_id}: {}", endpoint_ids.iter().cloned().collect::<Vec<_>>().join(", ")));
        Ok(())
    }
}

/// Rejects those that wait or are connected, in one call.
async fn decide(
    account: &Account,
    service_id: &str,
    endpoint_ids: &BTreeSet<String>,
    context: &ActionContext,
) -> Result<(), Failure> {
    let now = states(account, service_id, endpoint_ids).await?;
    let live = those(&now, is_live);
    if live.is_empty() {
        return Ok(());
    }
    context.tell(format!("{}: rejecting", in_words(&now)));
    connections::reject(account, service_id, &live).await
}
