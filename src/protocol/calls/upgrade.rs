//! A stored state, brought to the current schema. Comes before every use of a state, also when
//! nothing has to be upgraded.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::protocol::call::Call;
use crate::protocol::served::{Served, ServedResource};
use crate::protocol::value::{from_json, to_dynamic};
use crate::protocol::wire::tfplugin5::{self as proto, upgrade_resource_identity, upgrade_resource_state};
use crate::schema::filled;

const SUMMARY: &str = "Cannot read the stored state";

impl Call for upgrade_resource_state::Request {
    const RPC: &'static str = "UpgradeResourceState";
    type Response = upgrade_resource_state::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let resource = served.resource(&self.type_name)?;
        let stored = stored_state(self.raw_state)?;
        let stored = match bring_up(&self.type_name, resource, self.version, stored)? {
            Ok(stored) => stored,
            Err(diagnostics) => {
                let diagnostics = resource.messages(&diagnostics);
                return Ok(upgrade_resource_state::Response { upgraded_state: None, diagnostics });
            }
        };
        let block = &resource.schema.block;
        // A default that a plan shows may be younger than the state.
        let names = block.attributes.iter().map(|attribute| attribute.name);
        let lacks: Vec<&str> = names.filter(|name| stored.get(name).is_none()).collect();
        let state = from_json(block, &stored)
            .and_then(|state| to_dynamic(block, &filled(block, &resource.server.complete(state, &lacks))))
            .map_err(|error| Diagnostic::error(SUMMARY, error.to_string()).at(error.path))?;
        Ok(upgrade_resource_state::Response { upgraded_state: Some(state), diagnostics: Vec::new() })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        upgrade_resource_state::Response { upgraded_state: None, diagnostics: vec![error] }
    }

    diagnostics_field!();
}

/// Asked where a stored identity is of an older version. There was none before version 0, so what is stored is what there is.
impl Call for upgrade_resource_identity::Request {
    const RPC: &'static str = "UpgradeResourceIdentity";
    type Response = upgrade_resource_identity::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let schema = served.resource(&self.type_name)?.server.identity_schema();
        let schema = schema.ok_or_else(|| {
            Diagnostic::error("Unsupported identity", format!("{:?} has no identity.", self.type_name))
        })?;
        if !(0..=schema.version).contains(&self.version) {
            return Err(newer(&format!("identity of this {}", self.type_name), self.version, schema.version));
        }
        let stored = stored_object(&self.raw_identity.unwrap_or_default(), "identity")?;
        let identity = from_json(&schema.block, &stored)
            .and_then(|identity| to_dynamic(&schema.block, &identity))
            .map_err(|error| Diagnostic::error("Cannot read the stored identity", error.to_string()))?;
        let upgraded_identity = Some(proto::ResourceIdentityData { identity_data: Some(identity) });
        Ok(upgrade_resource_identity::Response { upgraded_identity, diagnostics: Vec::new() })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        upgrade_resource_identity::Response { upgraded_identity: None, diagnostics: vec![error] }
    }

    diagnostics_field!();
}

/// The JSON of a state. Never null: core would plan to create everything again.
pub(super) fn stored_state(raw: Option<proto::RawState>) -> Result<serde_json::Value, Diagnostic> {
    let raw = raw.unwrap_or_default();
    if raw.json.is_empty() && !raw.flatmap.is_empty() {
        let detail = "The state was written by a Terraform older than 0.12. Run `terraform apply` once with Terraform 0.12 \
                      or remove the resource from the state and import it.";
        return Err(Diagnostic::error(SUMMARY, detail));
    }
    stored_object(&raw, "state")
}

/// The JSON object of a stored state or identity.
fn stored_object(raw: &proto::RawState, what: &str) -> Result<serde_json::Value, Diagnostic> {
    let detail = match serde_json::from_slice(&raw.json) {
        Ok(serde_json::Value::Object(stored)) => return Ok(serde_json::Value::Object(stored)),
        _ if raw.json.is_empty() => format!("Terraform sent no {what} to read."),
        Ok(_) => format!("The stored {what} is not a JSON object."),
        Err(error) => format!("The stored {what} is not JSON: {error}"),
    };
    Err(Diagnostic::error(format!("Cannot read the stored {what}"), detail))
}

/// The refusal of what a newer release has stored.
fn newer(what: &str, version: i64, current: i64) -> Diagnostic {
    let detail = format!(
        "The {what} has schema version {version}; release {} of the provider knows versions up to {current}. Use the release \
         that wrote the state, or a newer release: raise the version in required_providers and run `terraform init -upgrade` or \
         `tofu init -upgrade`. Nothing was changed.",
        env!("CARGO_PKG_VERSION")
    );
    Diagnostic::error(SUMMARY, detail)
}

/// Lets the resource bring an older state to the current version. The inner error is its own.
fn bring_up(
    type_name: &str,
    resource: &ServedResource,
    version: i64,
    stored: serde_json::Value,
) -> Result<Result<serde_json::Value, Diagnostics>, Diagnostic> {
    let current = resource.schema.version;
    if version == current {
        return Ok(Ok(stored));
    }
    if version > current || version < 0 {
        return Err(newer(&format!("state of this {type_name}"), version, current));
    }
    Ok(resource.server.upgrade(version, stored))
}
