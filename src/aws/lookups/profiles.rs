//! Route 53 Profiles: which resources a profile has. AWS does not tell which profiles a resource is in: each is asked.

use std::collections::BTreeSet;

use aws_sdk_route53profiles::types::ProfileResourceAssociation;

use crate::aws::operation::Operation::Route53Profiles;
use crate::aws::seen::ProfileAssociationSeen;
use crate::aws::{Account, if_present};
use crate::engine::{Class, Failure, Result};
use crate::gather::Gather as _;

const LIST: &str = "ListProfileResourceAssociations";
const LIST_PROFILES: &str = "ListProfiles";
/// The most that a page holds.
const PAGE: i32 = 100;

impl Account {
    /// The association of a resource with a profile; of many, all of the profile come together.
    ///
    /// # Errors
    ///
    /// AWS's refusals, but for a profile that is not there: that has no resources.
    pub async fn profile_association(
        &self,
        profile_id: &str,
        resource_arn: &str,
    ) -> Result<Option<ProfileAssociationSeen>> {
        let account = self.clone();
        let fetch = move |keys: Vec<String>| {
            let account = account.clone();
            async move {
                let profiles: BTreeSet<&str> = keys.iter().filter_map(|key| Some(key.split_once(' ')?.0)).gather();
                let mut found = Vec::new();
                for profile_id in profiles {
                    found.extend(account.profile_associations(profile_id).await?.unwrap_or_default());
                }
                Ok(found)
            }
        };
        let list = || async { Ok(self.profile_associations(profile_id).await?.unwrap_or_default()) };
        let key = key(profile_id, resource_arn);
        self.reads().profile_associations.get_or_list(&key, fetch, profile_id, Some(list)).await
    }

    /// The profile that has a resource, and its association, as far as these credentials may see. Where they may not, there is none.
    ///
    /// # Errors
    ///
    /// Everything but a refusal for lack of a permission.
    pub async fn profile_of(&self, resource_arn: &str) -> Result<Option<(String, ProfileAssociationSeen)>> {
        let ask = async { self.profile_ids().await.or_else(if_denied).map(Some) };
        let profile_ids = self.reads().cache.profile_ids.get("", ask).await?.unwrap_or_default();
        for profile_id in profile_ids {
            let found = self.profile_association(&profile_id, resource_arn).await.or_else(if_denied)?;
            if let Some(found) = found {
                return Ok(Some((profile_id, found)));
            }
        }
        Ok(None)
    }

    /// All profiles of this account, and those that are shared with it.
    async fn profile_ids(&self) -> Result<BTreeSet<String>> {
        let (mut all, mut token) = (BTreeSet::new(), None);
        loop {
            let sent = self.route53profiles().list_profiles().max_results(PAGE).set_next_token(token.clone()).send();
            let page = self.call(Route53Profiles(LIST_PROFILES), sent).await?;
            all.extend(page.profile_summaries().iter().filter_map(|profile| profile.id().map(str::to_owned)));
            let next = page.next_token.filter(|next| !next.is_empty());
            // A token that comes back would be followed for ever.
            if next.is_none() || next == token {
                return Ok(all);
            }
            token = next;
        }
    }

    /// A profile that is there, owned by this account or shared with it.
    pub async fn profile(&self, profile_id: &str) -> Result<Option<()>> {
        let ask = async { Ok(self.profile_associations(profile_id).await?.map(|_| ())) };
        self.reads().cache.profiles.get(profile_id, ask).await
    }

    /// All associations of a profile by its id and the resource's ARN; `None` where there is no such profile.
    async fn profile_associations(&self, profile_id: &str) -> Result<Option<Vec<(String, ProfileAssociationSeen)>>> {
        let (mut all, mut token) = (Vec::new(), None);
        loop {
            let sent = self.route53profiles().list_profile_resource_associations().profile_id(profile_id);
            let sent = sent.max_results(PAGE).set_next_token(token.clone()).send();
            let Some(page) = if_present(self.call(Route53Profiles(LIST), sent).await)? else { return Ok(None) };
            all.extend(page.profile_resource_associations().iter().filter_map(seen));
            let next = page.next_token.filter(|next| !next.is_empty());
            // A token that comes back would be followed for ever.
            if next.is_none() || next == token {
                return Ok(Some(all));
            }
            token = next;
        }
    }
}

/// What may not be seen is nothing.
fn if_denied<T: Default>(failure: Failure) -> Result<T> {
    if failure.class == Class::Denied { Ok(T::default()) } else { Err(failure) }
}

fn key(profile_id: &str, resource_arn: &str) -> String {
    format!("{profile_id} {resource_arn}")
}

fn seen(found: &ProfileResourceAssociation) -> Option<(String, ProfileAssociationSeen)> {
    let association = ProfileAssociationSeen {
        id: found.id()?.to_owned(),
        name: found.name().unwrap_or_default().to_owned(),
        status: found.status().map_or_else(String::new, |status| status.as_str().to_owned()),
        message: found.status_message().unwrap_or_default().to_owned(),
    };
    Some((key(found.profile_id()?, found.resource_arn()?), association))
}
