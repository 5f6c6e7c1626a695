//! The messages and services as generated from `proto/`.
//!
//! Nothing outside [`crate::protocol`] and [`crate::serve`] should meet these types; the clients are
//! for tests.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::indexing_slicing,
    reason = "generated code"
)]

/// Terraform's plugin protocol, version 5.
pub mod tfplugin5 {
    tonic::include_proto!("tfplugin5");
}

/// The services that go-plugin clients expect beside the provider.
pub mod plugin {
    tonic::include_proto!("plugin");
}

/// gRPC health checking.
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}
