//! Changes on their way: `PENDING` until every server answers with them, then `INSYNC`.

use crate::simulator::buckets::ROUTE53;
use crate::simulator::clock::Moment;
use crate::simulator::durations::RECORD_INSYNC;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::input;
use super::state::ChangeRecord;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[reading("GetChange", ROUTE53, get)];

/// Starts a change and draws how long it is on its way; gives that moment and the `ChangeInfo`.
pub fn submit(session: &mut Session<'_>, comment: Option<String>) -> (Moment, Xml) {
    let in_sync = session.later(RECORD_INSYNC);
    let id = format!("C0{}", session.alphanumeric(19).to_uppercase());
    let owner = session.caller.account.clone();
    let change = ChangeRecord { id: id.clone(), owner, submitted: session.now, in_sync, comment };
    let xml = describe(&change, session.now);
    session.state.route53.changes.insert(id, change);
    (in_sync, Xml::new().element("ChangeInfo", xml))
}

fn get(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = input::need(params, "Id")?.trim_start_matches("/change/");
    let change = session
        .state
        .route53
        .changes
        .get(id)
        .filter(|change| change.owner == session.caller.account)
        .ok_or_else(|| ApiError::new(404, "NoSuchChange", format!("Could not find resource with ID: {id}")))?;
    Ok(Xml::new().element("ChangeInfo", describe(change, session.now)))
}

fn describe(change: &ChangeRecord, now: Moment) -> Xml {
    Xml::new()
        .text("Id", format!("/change/{}", change.id))
        .text("Status", if now < change.in_sync { "PENDING" } else { "INSYNC" })
        .text("SubmittedAt", change.submitted.iso())
        .optional("Comment", change.comment.as_ref())
}
