//! SNS: topics and their policies, as connection notifications need them. Nothing is published and nobody subscribes.

use serde_json::{Map, Value};

use super::clock::Moment;
use super::operation::Operation;
use super::state::State as World;

pub mod attributes;
pub mod lookup;
pub mod policy;
pub mod state;
pub mod tags;
pub mod topic;
pub mod topics;

pub use lookup::topic;
pub use state::{State, Topic};
pub use topic::{is_name, open, remove};

/// Operations of this service.
pub const TABLES: &[&[Operation]] = &[attributes::OPERATIONS, tags::OPERATIONS, topics::OPERATIONS];

/// Makes a topic, or gives one that lets `vpce.amazonaws.com` publish or not, or removes it; `None` when the kind is not of
/// this service. A topic takes `{"exists": …}` and `{"publishes": …}`; one that did not exist is made by either.
pub fn force(
    state: &mut World,
    _now: Moment,
    kind: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    (kind == "topic").then(|| force_topic(state, id, fields))
}

fn force_topic(state: &mut World, arn: &str, fields: &Map<String, Value>) -> Result<(), String> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", "aws", "sns", region, account, name] = parts.as_slice() else {
        return Err(format!("'{arn}' is not the ARN of a topic"));
    };
    if !is_name(name) {
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
