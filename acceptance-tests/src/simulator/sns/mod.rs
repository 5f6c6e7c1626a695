//! SNS: topics and their policies, as connection notifications need them. Nothing is published and nobody subscribes.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::clock::Moment;
use super::ec2;
use super::operation::Operation;
use super::state;

pub mod attributes;
pub mod policy;
pub mod tags;
pub mod topics;

/// Operations of this service.
pub const TABLES: &[&[Operation]] = &[attributes::OPERATIONS, tags::OPERATIONS, topics::OPERATIONS];

/// Holds one account's topics in one Region, by ARN.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Topics.
    pub topics: BTreeMap<String, Topic>,
}

/// Holds one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// ARN.
    pub arn: String,
    /// Account of its owner.
    pub owner: String,
    /// Access policy, as JSON.
    pub policy: String,
    /// Name that subscribers see.
    pub display_name: String,
    /// Delivery policy, as JSON; empty for the default.
    pub delivery_policy: String,
    /// Where successes and failures of deliveries are written down, by attribute.
    pub delivery_records: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// Finds a topic by its ARN, whoever owns it.
pub fn topic<'a>(state: &'a state::State, arn: &str) -> Option<&'a Topic> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", "aws", "sns", region, account, _] = parts.as_slice() else {
        return None;
    };
    state.region(account, region)?.sns.topics.get(arn)
}

/// Removes a topic; what was to be published to it is published no more.
pub fn remove(state: &mut state::State, arn: &str) {
    for (_, _, region) in state.regions_mut() {
        region.sns.topics.remove(arn);
    }
    ec2::privatelink::notification::topic_is_gone(state, arn);
}

/// Makes a topic, or gives one that lets `vpce.amazonaws.com` publish or not, or removes it; `None` when the kind is not of
/// this service. A topic takes `{"exists": …}` and `{"publishes": …}`; one that did not exist is made by either.
pub fn force(
    state: &mut state::State,
    _now: Moment,
    kind: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    (kind == "topic").then(|| force_topic(state, id, fields))
}

fn force_topic(state: &mut state::State, arn: &str, fields: &Map<String, Value>) -> Result<(), String> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", "aws", "sns", region, account, name] = parts.as_slice() else {
        return Err(format!("'{arn}' is not the ARN of a topic"));
    };
    if !topics::is_name(name) {
        return Err(format!("'{name}' is not the name of a topic"));
    }
    for (field, value) in fields {
        if (field.as_str(), value) == ("exists", &Value::Bool(false)) {
            remove(state, arn);
            continue;
        }
        let topics = &mut state.region_mut(account, region).sns.topics;
        let topic = topics.entry(arn.to_owned()).or_insert_with(|| open(arn, account));
        match (field.as_str(), value) {
            ("exists", Value::Bool(true)) => {}
            ("publishes", Value::Bool(publishes)) => {
                topic.policy = if *publishes { policy::open(arn) } else { policy::default(arn, account) };
            }
            _ => return Err(format!("a topic takes exists and publishes, true or false, not {field}: {value}")),
        }
    }
    Ok(())
}

/// Makes a topic to which connection notifications can be published.
pub fn open(arn: &str, owner: &str) -> Topic {
    Topic { policy: policy::open(arn), ..topics::new(arn, owner) }
}
