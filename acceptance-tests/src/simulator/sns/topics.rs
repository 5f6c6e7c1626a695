//! CreateTopic, DeleteTopic, ListTopics, ListSubscriptionsByTopic.

use crate::simulator::buckets::SNS;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::paging::Ask;
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::state::Topic;
use super::topic::{self, find, invalid, is_name, need, new};
use super::{attributes, tags};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateTopic", SNS, create),
    mutation("DeleteTopic", SNS, delete),
    reading("ListTopics", SNS, list),
    reading("ListSubscriptionsByTopic", SNS, list_subscriptions),
];

/// Topics of one answer.
const PAGE: usize = 100;

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
            topic::remove(session.state, &arn);
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
