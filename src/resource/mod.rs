//! Terraform's verbs for any composite.

mod server;

pub use server::{
    ApplyRequest, ApplyResponse, BoxFuture, ImportResponse, PlanRequest, PlanResponse, ProviderServer, ReadRequest,
    ReadResponse, ResourceServer,
};
