//! Connections as the owner of an endpoint service sees, accepts and rejects them: calls that several links
//! and actions make, and no link.

use std::collections::BTreeSet;

use aws_sdk_ec2::types as ec2;
use serde::{Deserialize, Serialize};

use super::Operation::Ec2;
use super::{Account, Tags, tags};
use crate::engine::{Class, Failure, Result};
use crate::gather::Gather as _;

const ACCEPT: &str = "AcceptVpcEndpointConnections";
const REJECT: &str = "RejectVpcEndpointConnections";
/// AWS's word for a connection whose endpoint was deleted.
pub const DELETED: &str = "deleted";
/// AWS's words for connections that ended.
const OVER: [&str; 4] = ["deleting", DELETED, "failed", "expired"];

/// One connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Connection {
    /// The endpoint.
    pub endpoint_id: String,
    /// Its account.
    pub owner: String,
    /// AWS's word: `pendingAcceptance`, `pending`, `available`, `rejected`, …
    pub state: String,
    /// Region of the endpoint.
    pub region: String,
}

/// Accepts all of them in one call. Those that are decided by now are no failure.
///
/// # Errors
///
/// What AWS refused.
pub async fn accept(account: &Account, service_id: &str, ids: &BTreeSet<String>) -> Result<()> {
    let sent = account.ec2().accept_vpc_endpoint_connections().service_id(service_id);
    let sent = sent.set_vpc_endpoint_ids(Some(ids.iter().cloned().collect())).send();
    let reply = account.call(Ec2(ACCEPT), sent).await?;
    judge(account, ACCEPT, service_id, reply.unsuccessful(), |state| !is(state, "pendingAcceptance")).await
}

/// Rejects all of them in one call. Those that are decided by now are no failure.
///
/// # Errors
///
/// What AWS refused.
pub async fn reject(account: &Account, service_id: &str, ids: &BTreeSet<String>) -> Result<()> {
    let sent = account.ec2().reject_vpc_endpoint_connections().service_id(service_id);
    let sent = sent.set_vpc_endpoint_ids(Some(ids.iter().cloned().collect())).send();
    let reply = account.call(Ec2(REJECT), sent).await?;
    judge(account, REJECT, service_id, reply.unsuccessful(), |state| !is_live(state)).await
}

/// AWS answers 200 and lists what it refused; what is decided by now, by whomever, is none of that.
async fn judge(
    account: &Account,
    operation: &'static str,
    service_id: &str,
    refused: &[ec2::UnsuccessfulItem],
    is_decided: impl Fn(&str) -> bool,
) -> Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let seen = list(account, service_id).await?;
    for item in refused {
        let id = item.resource_id().unwrap_or_default();
        let open = seen.iter().any(|one| one.endpoint_id == id && !is_decided(&one.state));
        if let (true, Some(error)) = (open, item.error()) {
            let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
            return Err(account.unsuccessful(Ec2(operation), id, code, message));
        }
    }
    Ok(())
}

/// All connections of a service, gone ones left out.
///
/// # Errors
///
/// Where AWS gave no answer.
pub async fn list(account: &Account, service_id: &str) -> Result<BTreeSet<Connection>> {
    let found = account.connections_of_service(service_id).await?;
    Ok(found.iter().filter_map(|one| flatten(one, account.region())).gather())
}

/// A connection with its id and the user's tags.
pub type Tagged = (Connection, Option<String>, Tags);

/// The same with the id and the user's tags of each.
pub async fn list_with_tags(account: &Account, service_id: &str) -> Result<Vec<Tagged>> {
    let found = account.connections_of_service(service_id).await?;
    let tagged = |one: &ec2::VpcEndpointConnection| {
        let id = one.vpc_endpoint_connection_id().map(str::to_owned);
        Some((flatten(one, account.region())?, id, account.user_tags(tags::from_ec2(one.tags()))))
    };
    Ok(found.iter().filter_map(tagged).collect())
}

/// One connection; none where it is gone.
fn flatten(found: &ec2::VpcEndpointConnection, region: &str) -> Option<Connection> {
    let state = spelled(found.vpc_endpoint_state()?.as_str());
    if is(&state, DELETED) {
        return None;
    }
    Some(Connection {
        endpoint_id: found.vpc_endpoint_id()?.to_owned(),
        owner: found.vpc_endpoint_owner().unwrap_or_default().to_owned(),
        state,
        region: found.vpc_endpoint_region().unwrap_or(region).to_owned(),
    })
}

/// Compares AWS's words, which it does not spell alike everywhere.
pub fn is(state: &str, word: &str) -> bool {
    state.eq_ignore_ascii_case(word)
}

/// Whether a connection keeps its service.
pub fn is_live(state: &str) -> bool {
    ["pendingAcceptance", "pending", "available", "partial"].iter().any(|word| is(state, word))
}

/// Whether traffic passes.
pub fn works(state: &str) -> bool {
    ["available", "partial"].iter().any(|word| is(state, word))
}

/// Whether a connection ended and never comes back.
pub fn is_over(state: &str) -> bool {
    OVER.iter().any(|word| is(state, word))
}

/// The owner's side shows a new endpoint some seconds late: terraform-provider-aws#46154.
pub fn not_shown(service_id: &str, endpoint_id: &str) -> Failure {
    let words = format!("the endpoint service {service_id} does not show a connection of the endpoint {endpoint_id}");
    Failure::new(Class::NotYetVisible, words)
}

/// The refusal of an acceptance, by AWS's word on the connection.
pub fn cannot_be_accepted(service_id: &str, endpoint_id: &str, word: &str) -> Failure {
    let words =
        format!("the connection of the endpoint {endpoint_id} to {service_id} is {word} and cannot be accepted");
    Failure::new(Class::Invalid, words)
}

/// The wire says `pendingAcceptance`, the model `PendingAcceptance`.
fn spelled(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}
