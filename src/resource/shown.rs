//! The attributes that every composite has beside its own: what people see of its links, and the provider's memory.

use std::collections::BTreeMap;

use super::state::OWNER_UID;
use crate::value::Attr;

crate::attributes! {
    /// What exists.
    pub struct Memory {
        /// What the plan changes in AWS, a line for each object and setting, drift included: `listener https: forward to target group orders-a1b2 instead of foreign-9`. Known as soon as the configuration is; afterwards the changes of the last apply that made any.
        computed changes: Vec<String>,
        /// What exists: ids by link. In a plan, those that become known after apply are objects that are made or replaced.
        computed links: BTreeMap<String, Attr<String>>,
        /// The provider's memory: what exists in full, as JSON by link, with objects still to be removed under `retired` and the name of this resource in the owner tags of its objects under `owner_uid`. Written and read by the provider only.
        computed record: BTreeMap<String, Attr<String>>,
    }
}

impl Memory {
    /// Returns the uid in the owner tags of the resource's objects; `None` before the first apply.
    pub fn owner_uid(&self) -> Option<&str> {
        self.record.known()?.get(OWNER_UID)?.known().map(String::as_str)
    }

    /// Sets the uid in the owner tags of the resource's objects.
    pub fn set_owner_uid(&mut self, uid: &str) {
        let mut record = self.record.known().cloned().unwrap_or_default();
        record.insert(OWNER_UID.to_owned(), Attr::Known(uid.to_owned()));
        self.record = Attr::Known(record);
    }
}
