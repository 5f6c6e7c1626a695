//! Whether an association must stay for others when its maker leaves, and to whom it passes.
//!
//! An association carries no tags. So it passes by a tag on the endpoint of another composite that needs it: whoever
//! leaves later finds the tag and takes the association away, unless somebody still needs it.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::Tag;

use super::State;
use crate::aws::Operation::Ec2;
use crate::aws::{Account, Aws, Tags, tags};
use crate::engine::{Class, Failure, Result};
use crate::gather::Gather as _;
use crate::links::endpoint;

/// The tag of an association that its maker left to others.
fn key(state: &State) -> String {
    format!("privatelink:association/{}/{}", state.zone_id, state.vpc_id)
}

/// The endpoints to which the association passed, as it was within the last half minute, in which this process has passed none on.
pub(super) async fn bearers(account: &Account, state: &State) -> Result<BTreeSet<String>> {
    account.bearers_of_tag(&key(state)).await
}

/// Whether others need the association. Then it passes to one of them.
pub(super) async fn stays(aws: &Aws, state: &State, bearers: &BTreeSet<String>) -> Result<bool> {
    let (owner, account) = (aws.account(state.account.as_deref())?, aws.account(None)?);
    let records = match owner.records_in(&state.zone_id).await {
        Ok(records) => records,
        Err(refused) if refused.class == Class::Denied => return Err(unseen(refused, state)),
        Err(failure) => return Err(failure),
    };
    let named: BTreeSet<&str> = records.values().flatten().filter_map(|name| endpoint::id_in(name)).gather();
    let mut others = Vec::new();
    for id in named {
        let Some(found) = account.vpc_endpoint(id).await?.filter(crate::aws::lookups::stays) else { continue };
        let carried = tags::from_ec2(found.tags());
        let uid = carried.get(tags::UID).cloned();
        // Of a further VPC nobody can see which names are looked up there.
        let serves = state.is_further || found.vpc_id() == Some(state.vpc_id.as_str());
        if serves && (uid.is_none() || uid != state.uid) {
            others.push((id.to_owned(), uid));
        }
    }
    if others.is_empty() {
        return Ok(false);
    }
    let Some((next, _)) = others.iter().find(|(_, uid)| uid.is_some()) else {
        let ids: Vec<&str> = others.iter().map(|(id, _)| id.as_str()).collect();
        return Err(needed(state, &ids.join(", ")));
    };
    if !bearers.contains(next) {
        account.write_tags(next, &Tags::from([(key(state), String::new())])).await?;
        account.forget_bearers_of_tag(&key(state));
    }
    account.pass_on(&state.zone_id, &state.vpc_id);
    let former: BTreeSet<String> = bearers.iter().filter(|id| *id != next).cloned().gather();
    unmark(account, state, &former).await?;
    Ok(true)
}

/// Ends what is known of an association that is gone.
pub(super) async fn forget(account: &Account, state: &State, bearers: &BTreeSet<String>) -> Result<()> {
    account.end_passing_on(&state.zone_id, &state.vpc_id);
    unmark(account, state, bearers).await
}

async fn unmark(account: &Account, state: &State, ids: &BTreeSet<String>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let tag = Tag::builder().key(key(state)).build();
    let sent = account.ec2().delete_tags().set_resources(Some(ids.iter().cloned().collect())).tags(tag).send();
    account.forget_bearers_of_tag(&key(state));
    match account.call(Ec2("DeleteTags"), sent).await {
        Err(failure) if !crate::aws::is_not_found(&failure) => Err(failure),
        _ => Ok(()),
    }
}

fn unseen(refused: Failure, state: &State) -> Failure {
    let message = format!(
        "Whether other names in zone {} are needed in {} cannot be seen ({refused}), so {} stays associated",
        state.zone_id, state.vpc_id, state.vpc_id
    );
    Failure { class: Class::Kept, message, ..refused }.advise(disassociate(state))
}

fn needed(state: &State, ids: &str) -> Failure {
    let message = format!(
        "Zone {} has names of {ids}, which this provider did not make, so {} stays associated with it",
        state.zone_id, state.vpc_id
    );
    Failure::new(Class::Kept, message).advise(disassociate(state))
}

fn disassociate(state: &State) -> String {
    format!(
        "nothing while names in the zone are looked up in {vpc}; after that \"aws route53 \
         disassociate-vpc-from-hosted-zone --hosted-zone-id {zone} --vpc VPCRegion={region},VPCId={vpc}\" ends it",
        vpc = state.vpc_id,
        zone = state.zone_id,
        region = state.vpc_region
    )
}
