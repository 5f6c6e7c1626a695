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

/// No resource has an identity, so none can be stored.
impl Call for upgrade_resource_identity::Request {
    const RPC: &'static str = "UpgradeResourceIdentity";
    type Response = upgrade_resource_identity::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, _served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        Err(Diagnostic::error("Unsupported identity", format!("{:?} has no identity.", self.type_name)))
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        upgrade_resource_identity::Response { upgraded_identity: None, diagnostics: vec![error] }
    }

    diagnostics_field!();
}

/// The JSON of a state. Never null: core would plan to create everything again.
pub(super) fn stored_state(raw: Option<proto::RawState>) -> Result<serde_json::Value, Diagnostic> {
    let raw = raw.unwrap_or_default();
    if raw.json.is_empty() {
        let detail = if raw.flatmap.is_empty() {
            "Terraform sent no state to read."
        } else {
            "The state was written by a Terraform older than 0.12. Run `terraform apply` once with Terraform 0.12 \
             or remove the resource from the state and import it."
        };
        return Err(Diagnostic::error(SUMMARY, detail));
    }
    match serde_json::from_slice(&raw.json) {
        Ok(serde_json::Value::Object(state)) => Ok(serde_json::Value::Object(state)),
        Ok(_) => Err(Diagnostic::error(SUMMARY, "The stored state is not a JSON object.")),
        Err(error) => Err(Diagnostic::error(SUMMARY, format!("The stored state is not JSON: {error}"))),
    }
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
        let detail = format!(
            "The state of this {type_name} has schema version {version}; release {} of the provider knows versions up to \
             {current}. Use the release that wrote the state, or a newer release: raise the version in \
             required_providers and run `terraform init -upgrade` or `tofu init -upgrade`. Nothing was changed.",
            env!("CARGO_PKG_VERSION")
        );
        return Err(Diagnostic::error(SUMMARY, detail));
    }
    Ok(resource.server.upgrade(version, stored))
}
