//! Peers: the provider block has them.

use crate::aws::Aws;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::Path;

/// Returns whether the provider block has this peer, and complains at `place` where it does not. Makes no call.
pub async fn check_peer(client: &Aws, peer: &str, place: Path, found: &mut Diagnostics) -> bool {
    let Err(failure) = client.check_peer(peer).await else { return true };
    let detail = format!("{}. {}.", failure.message, failure.advice.unwrap_or_default());
    found.push(Diagnostic::error("Unknown peer account", detail).at(place));
    false
}
