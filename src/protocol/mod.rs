//! Terraform's plugin protocol 5.
//!
//! From gRPC messages to [`crate::resource::ProviderServer`] and back. It knows how values travel
//! ([`value`]), how schemas and diagnostics look to core ([`schema`], [`diagnostic`]), and answers
//! every call ([`rpc`]). It does not know AWS, nor how the process was started: that is
//! [`crate::serve`].

pub mod activity;
mod call;
mod calls;
pub mod diagnostic;
mod proposed;
mod raw;
pub mod rpc;
pub mod schema;
mod served;
mod stream;
pub mod value;
pub mod wire;

pub use proposed::proposed_new_state;
pub use rpc::ProviderService;
