//! What a new consumer finds in its way, and where it is to be.

use serde_json::Value as Json;

use crate::aws::{Aws, Tags, tags};
use crate::engine::LinkName;
use crate::links::endpoint;
use crate::privatelink_consumer::config::ConsumerConfig;

/// What stands in the way and belongs to a consumer of the same name.
pub(super) struct Part {
    /// That consumer's uid.
    pub(super) uid: String,
    /// What it holds, and what becomes of that.
    pub(super) words: String,
    /// See [`Handover::links`].
    pub(super) links: Vec<LinkName>,
    /// See [`Handover::objects`].
    pub(super) objects: Vec<LinkName>,
    /// What the new endpoint takes over or finds.
    pub(super) states: States,
}

/// States by link, of an endpoint that works.
pub(super) type States = Box<dyn FnOnce(&endpoint::State) -> Option<Vec<(LinkName, Json)>> + Send + Sync>;

/// Where the new consumer is to be.
pub(super) struct Place<'a> {
    pub(super) client: &'a Aws,
    pub(super) config: &'a ConsumerConfig,
    /// Its type and name in owner tags.
    pub(super) resource: &'a str,
    pub(super) vpc_id: &'a str,
    /// Zones of its network interfaces.
    pub(super) zones: Vec<&'a str>,
}

impl Place<'_> {
    /// The uid in the tags of an object, where it is of a consumer of the same name that some state knows.
    pub(super) fn uid_of(&self, carried: &Tags) -> Option<String> {
        let is_of_that_name = carried.get(tags::RESOURCE).map(String::as_str) == Some(self.resource);
        let is_in_creation = tags::is_in_creation(carried);
        carried.get(tags::UID).filter(|_| is_of_that_name && !is_in_creation).cloned()
    }
}
