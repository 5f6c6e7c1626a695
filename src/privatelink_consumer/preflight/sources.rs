//! Sources of rules, looked at in a plan: security groups and prefix lists that are new there exist.
//!
//! AWS takes groups of other VPCs that are connected with the endpoint's, so where a group lies is left to AWS.

use std::collections::BTreeSet;

use crate::aws::Account;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Class, Result, sought};
use crate::gather::Gather as _;
use crate::preflight::groups::Groups;
use crate::privatelink_consumer::config::{ConsumerConfig, IngressBlock};
use crate::value::{Attr, Path};

/// Looks at the sources that the recorded rules do not have.
pub(super) async fn preflight(
    account: &Account,
    config: &ConsumerConfig,
    prior: Option<&ConsumerConfig>,
    found: &mut Diagnostics,
) -> Result<()> {
    if !config.manages_group() {
        return Ok(());
    }
    let new = |pick: fn(&IngressBlock) -> &Attr<String>| -> BTreeSet<String> {
        let of = |config: &ConsumerConfig| -> BTreeSet<String> {
            config.ingress.known().into_iter().flatten().filter_map(|block| pick(block).known().cloned()).gather()
        };
        &of(config) - &prior.map(of).unwrap_or_default()
    };
    let (groups, lists) = (new(|block| &block.security_group_id), new(|block| &block.prefix_list_id));
    let place = Path::attribute("ingress");
    if !groups.is_empty()
        && let Some((summary, detail)) = Groups::of(account, &groups).await?.missing()
    {
        found.push(Diagnostic::error(summary, detail).at(place.clone()));
    }
    let missing = match sought(&lists, |id| async move { account.prefix_list(&id).await }).await {
        Ok((_, missing)) => missing,
        // Whoever may not look at lists may still use them: AWS decides in the apply.
        Err(failure) if failure.class == Class::Denied => BTreeSet::new(),
        Err(failure) => return Err(failure),
    };
    if !missing.is_empty() {
        let detail = format!(
            "There is no prefix list {} in {}. Correct the ids, the Region or the credentials; a list of another account \
             must be shared with this one.",
            missing.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
            account.whereabouts().await
        );
        found.push(Diagnostic::error("Prefix list not found", detail).at(place));
    }
    Ok(())
}
