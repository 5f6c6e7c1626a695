//! The block that asks for notifications, the same on both sides of a connection.

use std::collections::BTreeSet;

use super::{EVENTS, Spec, State};
use crate::engine::View;
use crate::gather::Gather as _;
use crate::schema::{Rule, formats};
use crate::value::{Attr, Value};

crate::attributes! {
    /// An SNS topic that is told about connections.
    pub struct NotificationBlock {
        /// ARN of the topic, in the Region of what it is told about. Its policy must let `vpce.amazonaws.com` publish.
        required connection_notification_arn: String => [Rule::Unique("Write one block with all its events."), Rule::Is(&formats::TOPIC_ARN)],
        /// Which events: `Accept`, `Connect`, `Delete`, `Reject`; all of them by default.
        optional connection_events: BTreeSet<String> => [Rule::OneOf(EVENTS)],
    }
    usual in_full
}

fn in_full(block: &Value) -> Value {
    let mut full = block.as_map().cloned().unwrap_or_default();
    if block.get("connection_events").is_null() {
        full.insert(
            "connection_events".to_owned(),
            Value::List(EVENTS.iter().map(|event| Value::from(*event)).collect()),
        );
    }
    Value::Map(full)
}

/// The blocks by topic; `None` while a topic is unknown.
pub fn by_topic(blocks: &Attr<Vec<NotificationBlock>>) -> Option<Vec<(String, NotificationBlock)>> {
    let blocks = blocks.clone().settled()?.unwrap_or_default();
    blocks.into_iter().map(|block| Some((block.connection_notification_arn.known()?.clone(), block))).collect()
}

/// What a block wants for a topic; whose connections it is told about the caller adds. `None` while the events are unknown.
pub fn wanted(topic: &str, block: &NotificationBlock) -> Option<Spec> {
    let events = block.connection_events.clone().settled()?.unwrap_or_else(all);
    Some(Spec { topic_arn: topic.to_owned(), events, ..Spec::default() })
}

/// The notifications of a kind as blocks; settings that are left out and are the default stay so.
pub fn observed(view: &View, kind: &str, written: &[(String, NotificationBlock)]) -> Vec<NotificationBlock> {
    let links = view.names().filter(|name| name.kind() == kind);
    let seen = links.filter_map(|name| view.state::<State>(name.as_str()).known().cloned());
    let block = |seen: State| {
        let before = written.iter().find(|(topic, _)| *topic == seen.topic_arn).map(|(_, block)| block.clone());
        let mut block = before.unwrap_or_default();
        block.connection_notification_arn = Attr::Known(seen.topic_arn);
        if !(block.connection_events.is_null() && seen.events == all()) {
            block.connection_events = Attr::Known(seen.events);
        }
        block
    };
    seen.map(block).collect()
}

fn all() -> BTreeSet<String> {
    EVENTS.iter().map(|event| (*event).to_owned()).gather()
}
