//! The Route 53 Profile of an endpoint, for whatever gives it private names.

use super::chain::PROFILE_ASSOCIATION;
use crate::aws::Account;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Class, Result, View, seen};
use crate::links::profile_association;
use crate::value::{Attr, Path};

const ARGUMENT: &str = "route53_profile_id";

/// A profile needs names, which private DNS gives.
pub fn check(profile_id: &Attr<String>, private_dns_enabled: &Attr<bool>, found: &mut Diagnostics) {
    if !profile_id.is_given() || !matches!(private_dns_enabled, Attr::Null | Attr::Known(false)) {
        return;
    }
    let detail = "route53_profile_id takes the private DNS names of the endpoint to further VPCs, and private_dns_enabled is not \
                  true. Write private_dns_enabled = true, or leave route53_profile_id out. Zones of dns blocks are associated \
                  with a Profile by their ids, which zone_ids tells.";
    found.push(Diagnostic::error("Profile without private DNS", detail).at(Path::attribute(ARGUMENT)));
}

/// Looks at a profile that is new: one that is not there is nothing that the run makes, or its id would not be known yet.
pub async fn look(account: &Account, profile_id: &Attr<String>, found: &mut Diagnostics) -> Result<()> {
    let Attr::Known(id) = profile_id else { return Ok(()) };
    match seen(|| account.profile(id)).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            let detail = format!(
                "There is no Route 53 Profile {id} in {}, or it is not shared with it. A Profile is of one Region, the \
                 endpoint's. Correct route53_profile_id, or have the Profile's owner share it by AWS RAM.",
                account.whereabouts().await
            );
            found.push(Diagnostic::error("Route 53 Profile not found", detail).at(Path::attribute(ARGUMENT)));
            Ok(())
        }
        // The apply needs the same permission and says so.
        Err(failure) if failure.class == Class::Denied => {
            let advice = failure.advice.clone().unwrap_or_default();
            let detail =
                format!("Whether there is a Route 53 Profile {id} cannot be seen: {failure}. To see it, {advice}.");
            found.push(Diagnostic::warning("Route 53 Profile not seen", detail).at(Path::attribute(ARGUMENT)));
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}

/// The profile that is there. While private DNS is not on, the configured one stays.
pub fn observe(view: &View, is_on: bool, profile_id: &mut Attr<String>) {
    let found: Attr<profile_association::State> = view.state(PROFILE_ASSOCIATION);
    if is_on || found.is_set() {
        *profile_id = found.map(|found| found.profile_id);
    }
}
