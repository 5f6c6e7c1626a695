//! CreateTopic, DeleteTopic, ListTopics, ListSubscriptionsByTopic.

use std::collections::BTreeMap;

use crate::simulator::buckets::SNS;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::paging::Ask;
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::{Topic, attributes, policy, tags};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateTopic", SNS, create),
    mutation("DeleteTopic", SNS, delete),
    reading("ListTopics", SNS, list),
    reading("ListSubscriptionsByTopic", SNS, list_subscriptions),
];

/// Topics of one answer.
const PAGE: usize = 100;

/// Refuses a parameter, in SNS's form.
pub fn invalid(what: &str) -> ApiError {
    ApiError::bad("InvalidParameter", format!("Invalid parameter: {what}"))
}

/// Reads a parameter that must be there.
pub fn need<'a>(params: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    params.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
        ApiError::bad(
            "ValidationError",
            format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"),
        )
    })
}

/// Tells whether a text is the name of a standard topic.
pub fn is_name(name: &str) -> bool {
    (1..=256).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Makes a topic as CreateTopic makes it without attributes.
pub fn new(arn: &str, owner: &str) -> Topic {
    Topic {
        arn: arn.to_owned(),
        owner: owner.to_owned(),
        policy: policy::default(arn, owner),
        display_name: String::new(),
        delivery_policy: String::new(),
        delivery_records: BTreeMap::new(),
        tags: BTreeMap::new(),
    }
}

/// Finds a topic of the caller.
///
/// # Errors
/// `InvalidParameter` for what is no ARN of this Region, `AuthorizationError` for others' topics, `NotFound`.
pub fn find<'a>(session: &'a mut Session<'_>, arn: &str) -> Result<&'a mut Topic, ApiError> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", "aws", "sns", region, account, _] = parts.as_slice() else {
        return Err(invalid("TopicArn"));
    };
    if *region != session.caller.region {
        return Err(invalid("TopicArn"));
    }
    if *account != session.caller.account {
        let message = format!(
            "User: {} is not authorized to perform: SNS:{} on resource: {arn}",
            session.caller.arn, session.operation
        );
        return Err(ApiError::new(403, "AuthorizationError", message));
    }
    let found = session.region().sns.topics.get_mut(arn);
    found.ok_or_else(|| ApiError::new(404, "NotFound", "Topic does not exist"))
}

fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let name = need(params, "Name")?;
    // AWS's own suffix, in this spelling only.
    if name.rsplit_once('.').is_some_and(|(_, kind)| kind == "fifo") {
        return Err(ApiError::not_simulated("FIFO topics"));
    }
    if !is_name(name) {
        return Err(invalid("Topic Name"));
    }
    let arn = format!("arn:aws:sns:{}:{}:{name}", session.caller.region, session.caller.account);
    let asked = params.structure("Attributes").map(|attributes| attributes.structures("entry")).unwrap_or_default();
    let given = tags::read(params)?;
    let mut topic = Topic { tags: given.clone(), ..new(&arn, &session.caller.account) };
    let mut names = Vec::new();
    for entry in &asked {
        let key = need(entry, "key")?;
        attributes::apply(&mut topic, key, entry.text("value").unwrap_or_default())?;
        names.push(key.to_owned());
    }
    let topics = &mut session.region().sns.topics;
    if let Some(existing) = topics.get(&arn) {
        // What is not given is not compared.
        if !given.is_empty() && existing.tags != given {
            return Err(invalid("Tags Reason: Topic already exists with different tags"));
        }
        let same = |name: &String| attributes::value(existing, name) == attributes::value(&topic, name);
        if !names.iter().all(same) {
            return Err(invalid("Attributes Reason: Topic already exists with different attributes"));
        }
    } else {
        topics.insert(arn.clone(), topic);
    }
    Ok(Xml::new().text("TopicArn", arn))
}

/// Deleting what is gone succeeds.
fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let arn = need(params, "TopicArn")?.to_owned();
    match find(session, &arn) {
        Ok(_) => {
            super::remove(session.state, &arn);
            Ok(Xml::new())
        }
        Err(error) if error.code == "NotFound" => Ok(Xml::new()),
        Err(error) => Err(error),
    }
}

fn list(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let token = params.text("NextToken").filter(|token| !token.is_empty());
    let (Shelves { region, .. }, mut desk) = session.desk();
    let listing = Listing {
        walk: &|range| walk(&region.sns.topics, range),
        sight: None,
        changed: |_, _| None,
        shows: &|_, _| true,
        passes: &|_, _| true,
        write: &|topic, _| Xml::new().text("TopicArn", &topic.arn),
        absent: None,
    };
    let page = desk.list(&Ask { token, size: Some(PAGE), by_id: false }, &[], &listing);
    let page = page.map_err(|_| invalid("NextToken"))?;
    Ok(Xml::new().members("Topics", page.items).optional("NextToken", page.next))
}

fn list_subscriptions(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    find(session, need(params, "TopicArn")?)?;
    Ok(Xml::new().members("Subscriptions", []))
}
