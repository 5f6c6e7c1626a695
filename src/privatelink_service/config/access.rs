//! Attributes that decide on connections and tell of them.

use std::collections::BTreeSet;

use super::{ServiceConfig, or_else};
use crate::links::connections::Condition;
use crate::schema::{Constraint, Count, Rule, formats};
use crate::value::Value;

crate::attributes! {
    /// Which waiting connections are accepted. All that is written must hold; an empty set matches nobody.
    pub struct AcceptBlock {
        /// Accounts of the endpoints.
        optional account_ids: BTreeSet<String> => [Rule::Results, Rule::KeepsEmpty, Rule::Is(&formats::ACCOUNT_ID)],
        /// The endpoints, `vpce-…`.
        optional endpoint_ids: BTreeSet<String> => [Rule::Results, Rule::KeepsEmpty, Rule::Is(&formats::ENDPOINT_ID)],
        /// Regions of the endpoints.
        optional regions: BTreeSet<String> => [Rule::Results, Rule::KeepsEmpty, Rule::Is(&formats::REGION)],
    }
    constraints [
        Constraint {
            count: Count::AtLeastOne,
            of: &["account_ids", "endpoint_ids", "regions"],
            summary: "Accept block without a condition",
            advice: "A block without a condition would accept everybody. To accept everybody who may connect, write \
                     acceptance_required = false.",
        },
    ]
}

crate::attributes! {
    /// An SNS topic that is told about connections.
    pub struct NotificationBlock {
        /// ARN of the topic, in the Region of the service. Its policy must let `vpce.amazonaws.com` publish.
        required connection_notification_arn: String => [Rule::Unique("Write one block with all its events."), Rule::Is(&formats::TOPIC_ARN)],
        /// Which events: `Accept`, `Connect`, `Delete`, `Reject`; all of them by default.
        optional connection_events: BTreeSet<String> => [Rule::OneOf(crate::links::notification::EVENTS)],
    }
    usual notification_in_full
}

fn notification_in_full(block: &Value) -> Value {
    let all = crate::links::notification::EVENTS.iter().map(|event| Value::from(*event)).collect();
    or_else(block, "connection_events", Value::List(all))
}

impl ServiceConfig {
    /// The conditions of `accept`; `None` while one is unknown.
    pub fn conditions(&self) -> Option<Vec<Condition>> {
        let blocks = self.accept.clone().settled()?.unwrap_or_default();
        let condition = |block: AcceptBlock| {
            Some(Condition {
                account_ids: block.account_ids.settled()?,
                endpoint_ids: block.endpoint_ids.settled()?,
                regions: block.regions.settled()?,
            })
        };
        blocks.into_iter().map(condition).collect()
    }

    /// The notifications by topic; `None` while a topic is unknown.
    pub fn notifications(&self) -> Option<Vec<(String, NotificationBlock)>> {
        let blocks = self.connection_notification.clone().settled()?.unwrap_or_default();
        blocks.into_iter().map(|block| Some((block.connection_notification_arn.known()?.clone(), block))).collect()
    }
}
