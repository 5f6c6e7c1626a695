//! The work behind each RPC, one file per duty.

mod apply;
mod configure;
mod data_source;
mod describe;
mod function;
mod import;
mod plan;
mod read;
mod take_over;
mod upgrade;
mod validate;

/// Says where the diagnostics of a response stand, for the log.
macro_rules! diagnostics_field {
    () => {
        fn diagnostics(response: &Self::Response) -> &[proto::Diagnostic] {
            &response.diagnostics
        }
    };
}
use diagnostics_field;
