//! What attributes rule out together. Unknown values pass.

use super::config::EndpointDnsConfig;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::endpoint_names::{blocks, profiles};
use crate::value::{Attr, Path};

pub(super) fn check(config: &EndpointDnsConfig) -> Diagnostics {
    let mut found = Diagnostics::new();
    let has_no_zone = config.dns.is_null() || config.dns.known().is_some_and(Vec::is_empty);
    if has_no_zone && matches!(config.private_dns_enabled, Attr::Null | Attr::Known(false)) {
        let detail = "A privatelink_endpoint_dns without names does nothing. Write private_dns_enabled = true, or a dns \
                      block with records; remove the resource to take all names away.";
        found.push(Diagnostic::error("No names", detail).at(Path::attribute("dns")));
    }
    for dns in config.dns.known().into_iter().flatten() {
        blocks::check(dns, &mut found);
    }
    profiles::check(&config.route53_profile_id, &config.private_dns_enabled, &mut found);
    found
}
