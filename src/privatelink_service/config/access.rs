//! Attributes that decide on connections and tell of them.

use std::collections::BTreeSet;

use super::ServiceConfig;
use crate::links::connections::Condition;
use crate::links::notification::{NotificationBlock, by_topic};
use crate::schema::{Constraint, Count, Rule, formats};

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
        by_topic(&self.connection_notification)
    }
}
