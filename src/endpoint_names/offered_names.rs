//! The private names that a service offers, looked at before private DNS is switched on.

use crate::aws::lookups::ServiceDetail;
use crate::aws::{Account, Aws};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::value::Path;

/// Says what AWS refuses or puts off. `ours` is whether the same run may still change the service.
pub fn check(service_detail: &ServiceDetail, ours: bool, found: &mut Diagnostics) {
    let path = || Path::attribute("private_dns_enabled");
    let is_unproved = |word: &&String| !word.eq_ignore_ascii_case("verified");
    if let Some(word) = service_detail.private_dns_state.as_ref().filter(is_unproved)
        && let Some(name) = service_detail.private_dns_names.first()
    {
        let detail = format!(
            "The owner of {} has not verified ownership of {name} (now {word}); AWS switches private DNS on only after \
             that. The apply makes everything else, and the one after the verification switches it on.",
            service_detail.service_name
        );
        found.push(Diagnostic::warning("Private DNS name not verified yet", detail).at(path()));
    }
    if service_detail.private_dns_names.is_empty() {
        let detail = format!(
            "{} has no private DNS name. Its owner sets one (private_dns of privatelink_service) and proves it; or write \
             records of your own in a dns block.",
            service_detail.service_name
        );
        let summary = "Service without a private DNS name";
        let diagnostic = if ours { Diagnostic::warning(summary, detail) } else { Diagnostic::error(summary, detail) };
        found.push(diagnostic.at(path()));
    }
}

/// Whether the service belongs to this account or a configured peer, so that the same run may still
/// change it.
pub async fn is_ours(client: &Aws, service_detail: &ServiceDetail) -> bool {
    let Some(owner) = &service_detail.owner else { return false };
    for account in accounts(client) {
        if account.id().await.ok().flatten().as_ref() == Some(owner) {
            return true;
        }
    }
    false
}

/// This account and its peers.
pub fn accounts(client: &Aws) -> impl Iterator<Item = &Account> {
    let peers = client.settings().peers.keys().map(|name| Some(name.as_str()));
    std::iter::once(None).chain(peers).filter_map(|name| client.account(name).ok())
}
