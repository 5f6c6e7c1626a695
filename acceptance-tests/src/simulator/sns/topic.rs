//! A topic as calls make it, find it and remove it.

use std::collections::BTreeMap;

use crate::simulator::ec2::privatelink::notification::topic_is_gone;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::state::State;

use super::policy;
use super::state::Topic;

/// Removes a topic; what was to be published to it is published no more.
pub fn remove(state: &mut State, arn: &str) {
    for (_, _, region) in state.regions_mut() {
        region.sns.topics.remove(arn);
    }
    topic_is_gone(state, arn);
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

/// Makes a topic to which connection notifications can be published.
pub fn open(arn: &str, owner: &str) -> Topic {
    Topic { policy: policy::open(arn), ..new(arn, owner) }
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
