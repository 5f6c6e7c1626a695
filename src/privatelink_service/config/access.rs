//! Attributes that decide on connections and tell of them.

use std::collections::BTreeSet;

use super::ServiceConfig;
use crate::links::connections::Condition;
use crate::schema::{Rule, formats};

crate::attributes! {
    /// Which waiting connections are accepted. All that is written must hold; an empty set matches nobody.
    pub struct AcceptBlock {
        /// Accounts of the endpoints.
        optional account_ids: BTreeSet<String> => [Rule::Is(&formats::ACCOUNT_ID)],
        /// The endpoints, `vpce-…`.
        optional endpoint_ids: BTreeSet<String> => [Rule::Is(&formats::ENDPOINT_ID)],
        /// Regions of the endpoints.
        optional regions: BTreeSet<String> => [Rule::Is(&formats::REGION)],
    }
}

crate::attributes! {
    /// An SNS topic that is told about connections.
    pub struct NotificationBlock {
        /// ARN of the topic, in the Region of the service. Its policy must let `vpce.amazonaws.com` publish.
        required connection_notification_arn: String => [Rule::Is(&formats::TOPIC_ARN)],
        /// Which events: `Accept`, `Connect`, `Delete`, `Reject`; all of them by default.
        optional connection_events: BTreeSet<String> => [Rule::NotEmpty, Rule::OneOf(crate::links::notification::EVENTS)],
    }
}

crate::attributes! {
    /// A connection of the service.
    pub struct ConnectionResult {
        /// The endpoint.
        computed endpoint_id: String,
        /// Its account.
        computed owner: String,
        /// AWS's word: `pendingAcceptance`, `pending`, `available`, `rejected`.
        computed state: String,
        /// Region of the endpoint.
        computed region: String,
    }
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
