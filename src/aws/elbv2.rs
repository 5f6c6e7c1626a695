//! What load balancers, target groups and listeners share: settings by AWS's key, and tags by ARN.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::client::Account;
use super::operation::Operation::Elbv2;
use super::tags::{self, Tags};
use crate::engine::{Owner, Result};

/// A setting by AWS's key; none where AWS does not show it, or in another form.
pub fn setting<T: FromStr>(settings: &BTreeMap<String, String>, key: &str) -> Option<T> {
    settings.get(key).and_then(|text| text.parse().ok())
}

/// Makes the tags of a load balancer, target group or listener those wanted, owner tags included.
pub async fn retag(account: &Account, arn: &str, owner: &Owner, wanted: &Tags, have: &Tags) -> Result<()> {
    let (changed, remove) = tags::change(wanted, have);
    let tags = tags::to_elbv2(&tags::all(owner, &changed));
    let sent = account.elbv2().add_tags().resource_arns(arn).set_tags(Some(tags)).send();
    account.call(Elbv2("AddTags"), sent).await?;
    if !remove.is_empty() {
        let sent = account.elbv2().remove_tags().resource_arns(arn).set_tag_keys(Some(remove)).send();
        account.call(Elbv2("RemoveTags"), sent).await?;
    }
    Ok(())
}
