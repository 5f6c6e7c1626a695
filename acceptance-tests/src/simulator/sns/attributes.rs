//! GetTopicAttributes and SetTopicAttributes.

use serde_json::Value;

use crate::simulator::buckets::SNS;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::policy;
use super::state::Topic;
use super::topic::{find, invalid, need};

/// Operations of this module.
pub const OPERATIONS: &[Operation] =
    &[reading("GetTopicAttributes", SNS, get), mutation("SetTopicAttributes", SNS, set)];

/// Gives an attribute that can be set.
pub fn value<'a>(topic: &'a Topic, name: &str) -> Option<&'a str> {
    match name {
        "Policy" => Some(&topic.policy),
        "DisplayName" => Some(&topic.display_name),
        "DeliveryPolicy" => Some(&topic.delivery_policy),
        _ => topic.delivery_records.get(name).map(String::as_str),
    }
}

/// Sets an attribute.
///
/// # Errors
/// `InvalidParameter` for values that cannot be, `NotSimulated` for keys, tracing and the like.
pub fn apply(topic: &mut Topic, name: &str, given: &str) -> Result<(), ApiError> {
    match name {
        "Policy" if given.is_empty() => topic.policy = policy::default(&topic.arn, &topic.owner),
        "Policy" => {
            policy::check(given, &topic.arn).map_err(|why| invalid(&format!("Policy Error: {why}")))?;
            given.clone_into(&mut topic.policy);
        }
        "DisplayName" if given.chars().count() > 100 => return Err(invalid("DisplayName")),
        "DisplayName" => given.clone_into(&mut topic.display_name),
        "DeliveryPolicy" if !given.is_empty() && serde_json::from_str::<Value>(given).is_err() => {
            return Err(invalid("DeliveryPolicy: must be JSON"));
        }
        "DeliveryPolicy" => given.clone_into(&mut topic.delivery_policy),
        "TopicArn" | "Owner" => return Err(invalid("AttributeName")),
        name if is_delivery_record(name) => {
            // Source: SetTopicAttributes: a percentage; hashicorp/aws sends 0 where nobody asks for one.
            if name.ends_with("SampleRate") && !given.parse::<u8>().is_ok_and(|percent| percent <= 100) {
                return Err(invalid(&format!("{name}: must be an integer between 0 and 100")));
            }
            topic.delivery_records.insert(name.to_owned(), given.to_owned());
        }
        other => return Err(ApiError::not_simulated(format!("the attribute {other} of a topic"))),
    }
    Ok(())
}

/// Whether an attribute says where successes and failures of deliveries are written down. Nobody subscribes here, so that there are none.
fn is_delivery_record(name: &str) -> bool {
    ["Application", "Firehose", "HTTP", "Lambda", "SQS"].iter().any(|protocol| {
        let rest = name.strip_prefix(protocol).unwrap_or_default();
        ["SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn"].contains(&rest)
    })
}

fn get(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let topic = find(session, need(params, "TopicArn")?)?;
    let fixed = [("TopicArn", topic.arn.as_str()), ("Owner", topic.owner.as_str())];
    let counts = ["SubscriptionsConfirmed", "SubscriptionsDeleted", "SubscriptionsPending"].map(|name| (name, "0"));
    let settable = ["Policy", "DisplayName", "DeliveryPolicy"];
    let set = settable.iter().filter_map(|name| value(topic, name).map(|value| (*name, value)));
    let set = set.filter(|(name, value)| *name != "DeliveryPolicy" || !value.is_empty());
    let records = topic.delivery_records.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let entries = fixed.into_iter().chain(counts).chain(set).chain(records);
    let entries = entries.map(|(key, value)| Xml::new().text("key", key).text("value", value));
    Ok(Xml::new().list("Attributes", "entry", entries))
}

fn set(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let name = need(params, "AttributeName")?;
    let given = params.text("AttributeValue").unwrap_or_default();
    let topic = find(session, need(params, "TopicArn")?)?;
    let mut changed = topic.clone();
    apply(&mut changed, name, given)?;
    *topic = changed;
    Ok(Xml::new())
}
