//! Actions: what a service's owner does once, outside of any state. One folder each, listed in `provider`.
//!
//! `mod.rs` lists the attributes and acts, `NOTES.md` is for the page. A decision that is to last belongs into a resource: `accept`
//! blocks of `privatelink_service`, or a `privatelink_connection`.

mod accept;
mod reject;
mod start_verification;

pub use accept::Accept;
pub use reject::Reject;
pub use start_verification::StartVerification;

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::connections;
use crate::aws::{Account, Aws};
use crate::engine::{Cause, Failure};
use crate::gather::Gather as _;
use crate::schema::{Rule, formats};
use crate::value::Attr;

/// The account whose service it is, in the action's Region.
fn account(aws: &Aws, peer_account: &Attr<String>) -> Result<Account, Cause> {
    aws.account_in(peer_account.known().map(String::as_str), aws.region()).map_err(Cause::Failed)
}

crate::attributes! {
    /// Endpoints of a service that somebody decides on.
    pub struct Decided {
        /// Id of the endpoint service.
        required service_id: String => [Rule::Is(&formats::SERVICE_ID)],
        /// Ids of the endpoints.
        required endpoint_ids: BTreeSet<String> => [Rule::Is(&formats::ENDPOINT_ID)],
        /// Region of the service; the provider's by default.
        optional region: String => [Rule::Is(&formats::REGION)],
        /// Name of the provider's `peer_account` that owns the service; the provider's own account by default.
        optional peer_account: String,
    }
}

/// The same, all of it known.
struct Named<'a> {
    account: Account,
    service_id: &'a str,
    endpoint_ids: &'a BTreeSet<String>,
}

impl Decided {
    /// The service's account, the service and the endpoints; nothing where none is named.
    fn named(&self, aws: &Aws) -> Result<Option<Named<'_>>, Cause> {
        let account = account(aws, &self.peer_account)?;
        let (Some(service_id), Some(endpoint_ids)) = (self.service_id.known(), self.endpoint_ids.known()) else {
            return Ok(None);
        };
        Ok(Some(Named { account, service_id, endpoint_ids }))
    }
}

/// AWS's words on each of these endpoints, as the service's owner sees them.
async fn states(
    account: &Account,
    service_id: &str,
    endpoint_ids: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, Failure> {
    let seen = connections::list(account, service_id).await?;
    let state = |id: &String| {
        let connection = seen.iter().find(|one| one.endpoint_id == *id);
        let connection = connection.ok_or_else(|| connections::not_shown(service_id, id))?;
        Ok((id.clone(), connection.state.clone()))
    };
    endpoint_ids.iter().map(state).try_gather()
}

/// `vpce-1 is pending, vpce-2 is pendingAcceptance`
fn in_words(states: &BTreeMap<String, String>) -> String {
    let words: Vec<String> = states.iter().map(|(id, state)| format!("{id} is {state}")).collect();
    words.join(", ")
}

/// Those of the endpoints whose state is like that.
fn those(states: &BTreeMap<String, String>, is_meant: impl Fn(&str) -> bool) -> BTreeSet<String> {
    states.iter().filter(|(_, state)| is_meant(state)).map(|(id, _)| id.clone()).gather()
}
