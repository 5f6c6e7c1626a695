//! Panics on standard error, in the form that Terraform collects and shows at the end of the run.

use std::backtrace::Backtrace;
use std::io::Write as _;
use std::panic::{PanicHookInfo, set_hook};

use crate::printable::printable;

/// Writes every panic from now on. The call in which it happened still gets its answer: that is
/// [`crate::protocol`]'s matter.
pub(super) fn report_panics() {
    set_hook(Box::new(|info| {
        let text = report(info, &Backtrace::force_capture());
        // Without standard error there is nobody to tell.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }));
}

/// Terraform recognises the first line by `panic: ` and takes what follows as the trace.
fn report(info: &PanicHookInfo<'_>, trace: &Backtrace) -> String {
    let message = printable(info.payload_as_str().unwrap_or("no message"));
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    format!("panic: {message}\n\nat {place}\n{trace}\n")
}
