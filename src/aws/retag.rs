//! Changes of tags of EC2's objects.

use std::collections::BTreeMap;

use super::client::Account;
use super::operation::Operation::Ec2;
use super::tags::{self, Tags};
use crate::engine::{Owner, Result};

impl Account {
    /// Makes the user's tags of an object of EC2 those that are wanted, in at most two calls.
    ///
    /// The owner's tags are written again with them, because the composite may have been renamed
    /// and an imported object has none yet.
    pub async fn retag(&self, id: &str, owner: &Owner, wanted: &Tags, have: &Tags) -> Result<()> {
        let (changed, remove) = tags::change(wanted, have);
        let all = tags::all(owner, &changed);
        let sent = self.ec2().create_tags().resources(id).set_tags(Some(tags::to_ec2(&all))).send();
        self.call(Ec2("CreateTags"), sent).await?;
        self.remove_tags(vec![id.to_owned()], &remove).await
    }

    /// Makes the user's tags of objects that belong to an object of ours those that are wanted: rules of a group,
    /// permissions and connections of a service. They carry no owner tags. `have` holds the tags of each by its id; those
    /// that carry the same are changed together.
    pub async fn retag_parts(&self, have: &BTreeMap<String, Tags>, wanted: &Tags) -> Result<()> {
        let mut alike: BTreeMap<&Tags, Vec<String>> = BTreeMap::new();
        for (id, have) in have {
            alike.entry(have).or_default().push(id.clone());
        }
        for (have, ids) in alike {
            let (changed, remove) = tags::change(wanted, have);
            if !changed.is_empty() {
                let sent = self.ec2().create_tags().set_resources(Some(ids.clone()));
                let sent = sent.set_tags(Some(tags::to_ec2(&changed))).send();
                self.call(Ec2("CreateTags"), sent).await?;
            }
            self.remove_tags(ids, &remove).await?;
        }
        Ok(())
    }

    /// Writes one tag of ours on an object of EC2.
    pub async fn set_own_tag(&self, id: &str, key: &str, value: &str) -> Result<()> {
        let tag = aws_sdk_ec2::types::Tag::builder().key(key).value(value).build();
        let sent = self.ec2().create_tags().resources(id).tags(tag).send();
        self.call(Ec2("CreateTags"), sent).await.map(|_| ())
    }

    /// Removes one tag of ours from an object of EC2.
    pub async fn remove_own_tag(&self, id: &str, key: &str) -> Result<()> {
        self.remove_tags(vec![id.to_owned()], &[key.to_owned()]).await
    }

    /// A key alone, without a value, removes the tag whatever its value is.
    async fn remove_tags(&self, ids: Vec<String>, keys: &[String]) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let keys = keys.iter().map(|key| aws_sdk_ec2::types::Tag::builder().key(key).build()).collect();
        let sent = self.ec2().delete_tags().set_resources(Some(ids)).set_tags(Some(keys)).send();
        self.call(Ec2("DeleteTags"), sent).await.map(|_| ())
    }
}
