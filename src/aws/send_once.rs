//! Keeps the SDK from sending a write twice.
//!
//! After a lost reply nobody knows whether it took effect; the engine looks for the object before it
//! makes another, and counts its own attempts. Reads are repeated by the SDK as configured.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;

use super::operation;

/// The interceptor, one for each client.
#[derive(Debug, Clone, Copy)]
pub(super) struct SendWritesOnce;

impl Intercept for SendWritesOnce {
    fn name(&self) -> &'static str {
        "SendWritesOnce"
    }

    // Not earlier: the operation's name is not known before.
    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_read = config.load::<Metadata>().is_some_and(|metadata| operation::is_read(metadata.name()));
        if !is_read {
            config.interceptor_state().store_put(RetryConfig::disabled());
        }
        Ok(())
    }
}
