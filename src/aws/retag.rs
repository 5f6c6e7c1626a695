//! Changes of tags of EC2's objects.

use super::client::Account;
use super::operation::Operation::Ec2;
use super::tags::{self, Tags};
use crate::engine::{Failure, Owner};

impl Account {
    /// Makes the user's tags of an object of EC2 those that are wanted, in at most two calls.
    ///
    /// The owner's tags are written again with them, because the composite may have been renamed
    /// and an imported object has none yet.
    pub async fn retag(&self, id: &str, owner: &Owner, wanted: &Tags, have: &Tags) -> Result<(), Failure> {
        let (changed, remove) = tags::change(wanted, have);
        let all = tags::all(owner, &changed);
        let sent = self.ec2().create_tags().resources(id).set_tags(Some(tags::to_ec2(&all))).send();
        self.call(Ec2("CreateTags"), sent).await?;
        if !remove.is_empty() {
            // A key alone, without a value, removes the tag whatever its value is.
            let keys = remove.iter().map(|key| aws_sdk_ec2::types::Tag::builder().key(key).build()).collect();
            let sent = self.ec2().delete_tags().resources(id).set_tags(Some(keys)).send();
            self.call(Ec2("DeleteTags"), sent).await?;
        }
        Ok(())
    }
}
