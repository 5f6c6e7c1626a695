//! `ValidateListResourceConfig` and `ListResource`: decode the filters, check them or list what they leave, encode each object.

use std::sync::Arc;

use futures_util::StreamExt as _;

use super::diagnostics_field;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::protocol::call::Call;
use crate::protocol::served::{Served, ServedList, ServedResource};
use crate::protocol::stream::{Events, StreamingCall};
use crate::protocol::wire::tfplugin5::{self as proto, list_resource, validate_list_resource_config};
use crate::resource::{ListRequest, ListedObject};
use crate::value::Value;

impl Call for validate_list_resource_config::Request {
    const RPC: &'static str = "ValidateListResourceConfig";
    type Response = validate_list_resource_config::Response;

    fn type_name(&self) -> Option<&str> {
        Some(&self.type_name)
    }

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let list = served.list_resource(&self.type_name)?;
        let config = list.decode("configuration", self.config.as_ref())?;
        let diagnostics = list.server.validate(&config);
        Ok(validate_list_resource_config::Response { diagnostics: list.messages(&diagnostics) })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        validate_list_resource_config::Response { diagnostics: vec![error] }
    }

    diagnostics_field!();
}

impl StreamingCall for list_resource::Request {
    const RPC: &'static str = "ListResource";
    type Event = list_resource::Event;

    fn type_name(&self) -> &str {
        &self.type_name
    }

    async fn attempt(self, served: Arc<Served>, events: Events<Self::Event>) -> Result<(), Diagnostic> {
        let list = served.list_resource(&self.type_name)?;
        let resource = served.resource(&self.type_name)?;
        let request = ListRequest {
            config: list.decode("configuration", self.config.as_ref())?,
            include_object: self.include_resource_object,
            limit: usize::try_from(self.limit).unwrap_or_default(),
        };
        let mut found = list.server.list(request);
        while let Some(object) = found.next().await {
            if !events.send(&event(list, resource, object)).await {
                break;
            }
        }
        Ok(())
    }

    fn refuse(error: proto::Diagnostic) -> Self::Event {
        list_resource::Event { diagnostic: vec![error], ..Default::default() }
    }
}

fn event(list: &ServedList, resource: &ServedResource, object: ListedObject) -> list_resource::Event {
    let ListedObject { identity, display_name, object, diagnostics } = object;
    let mut misfits = Diagnostics::new();
    let identity = resource.identity_message(&identity, &mut misfits);
    let resource_object =
        Some(object).filter(|object| *object != Value::Null).map(|object| resource.encode_state(&object, &mut misfits));
    let mut diagnostic = list.messages(&diagnostics);
    diagnostic.extend(resource.messages(&misfits));
    list_resource::Event { identity, display_name, resource_object, diagnostic }
}
