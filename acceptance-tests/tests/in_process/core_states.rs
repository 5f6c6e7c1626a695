//! States as core keeps them: saved, tainted, moved, forgotten, with their identities.

use privatelink::protocol::value::to_json;
use privatelink::resource::ResourceServer;
use privatelink::value::Value;
use serde_json::Value as Json;

use crate::core::Terraform;
use crate::core_rules::assert_state_valid;

/// What is saved of one address.
#[derive(Clone)]
pub struct Stored {
    pub resource_type: &'static str,
    pub value: Value,
    pub tainted: bool,
    pub private: Vec<u8>,
    pub identity: Value,
}

impl Terraform {
    /// The saved state of an address, as JSON.
    pub fn state(&self, name: &str) -> Json {
        let stored = &self.state[name];
        to_json(&self.server(stored.resource_type).1.schema().block, &stored.value).unwrap()
    }

    /// The saved state of an address, as core keeps it.
    pub fn value(&self, name: &str) -> Value {
        self.state[name].value.clone()
    }

    pub fn has(&self, name: &str) -> bool {
        self.state.contains_key(name)
    }

    pub fn is_tainted(&self, name: &str) -> bool {
        self.state[name].tainted
    }

    /// `terraform taint`.
    pub fn taint(&mut self, name: &str) {
        self.state.get_mut(name).unwrap().tainted = true;
    }

    pub fn untaint(&mut self, name: &str) {
        self.state.get_mut(name).unwrap().tainted = false;
    }

    /// The same state under another provider configuration.
    pub fn take_over(&mut self, other: &Self) {
        self.state = other.state.clone();
    }

    /// One address of another state of the same process.
    pub fn take_state(&mut self, other: &Self, name: &str) {
        self.state.insert(name.to_owned(), other.state[name].clone());
    }

    /// What a state file says: the value of an address, as it was upgraded.
    pub fn load(&mut self, resource_type: &str, name: &str, value: Value, tainted: bool) {
        let (resource_type, _) = self.server(resource_type);
        let stored = Stored { resource_type, value, tainted, private: Vec::new(), identity: Value::Null };
        self.state.insert(name.to_owned(), stored);
    }

    /// `terraform state rm`.
    pub fn forget(&mut self, name: &str) {
        self.state.remove(name);
    }

    /// The state of one address under another one.
    pub fn rename(&mut self, from: &str, to: &str) {
        let stored = self.state.remove(from).unwrap();
        self.state.insert(to.to_owned(), stored);
    }

    /// The identity of an address, as core has stored it.
    pub fn identity(&self, name: &str) -> Value {
        self.state.get(name).map_or(Value::Null, |stored| stored.identity.clone())
    }
}

/// The identity that a provider gives for a state, as core checks it: whole, of its schema, and for ever the same.
pub fn identity_of(server: &dyn ResourceServer, state: &Value, stored: &Value) -> Value {
    let identity = server.identity(state, stored);
    if identity.is_null() {
        return identity;
    }
    let breaches = assert_state_valid(&server.identity_schema().unwrap(), &identity);
    assert!(breaches.is_empty(), "identity: {breaches:#?}");
    assert_eq!(identity.get("id"), state.get("id"));
    for (name, known) in stored.as_map().into_iter().flatten().filter(|(_, known)| !known.is_null()) {
        assert!(identity.get(name) == known || stored.get("id") != state.get("id"), "{name} of the identity changed");
    }
    identity
}
