//! The work behind each RPC, one file per duty.

mod action;
mod apply;
mod configure;
mod data_source;
mod describe;
mod function;
mod generate;
mod import;
mod list;
mod plan;
mod read;
mod take_over;
mod upgrade;
mod validate;

use super::served::Served;
use super::wire::tfplugin5 as proto;

/// What puts an answer off until the provider block is known, where there is none before and the client allows that. Plans and refreshes
/// have an answer without AWS, which is given: OpenTofu 1.11 allows what it then refuses.
fn deferral(served: &Served, capabilities: Option<&proto::ClientCapabilities>) -> Option<proto::Deferred> {
    let is_allowed = capabilities.is_some_and(|capabilities| capabilities.deferral_allowed);
    let reason = proto::deferred::Reason::ProviderConfigUnknown.into();
    (is_allowed && served.provider.is_open()).then_some(proto::Deferred { reason })
}

/// Says where the diagnostics of a response stand, for the log.
macro_rules! diagnostics_field {
    () => {
        fn diagnostics(response: &Self::Response) -> &[proto::Diagnostic] {
            &response.diagnostics
        }
    };
}
use diagnostics_field;
