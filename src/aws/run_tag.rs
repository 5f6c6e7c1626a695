//! The run tag of composites: which objects carry one, and how it is read and written.
//!
//! What it says is told in `resource::run_tag`. One object of a composite carries it: the one that is made first, or
//! the one that stands for all.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::Filter;

use super::client::Account;
use super::names;
use super::operation::Operation::{Ec2, Elbv2};
use super::tags::{self, RESOURCE, Tags, UID};
use crate::aws::pages::Pages as _;
use crate::engine::{Failure, Result, RunKeys, TaggedLead};

/// Tags in a page.
const PAGE: i32 = 1000;

impl Account {
    /// Load balancers of the composite `resource` with a run tag; `base_name` is how their names begin.
    pub async fn tagged_load_balancers(&self, base_name: &str, resource: &str) -> Result<Vec<TaggedLead>> {
        let pages = self.elbv2().describe_load_balancers().all();
        let found = self.call(Elbv2("DescribeLoadBalancers"), pages).await?;
        let named = |name: Option<&str>| name.is_some_and(|name| names::is_made_of(name, base_name));
        let ours = found.iter().filter(|one| named(one.load_balancer_name())).filter_map(|one| one.load_balancer_arn());
        let tagged = ours.map(|arn| async move {
            Ok::<_, Failure>(self.elbv2_tags(arn).await?.and_then(|tags| tagged(arn, &tags, resource)))
        });
        Ok(futures_util::future::try_join_all(tagged).await?.into_iter().flatten().collect())
    }

    /// Objects of EC2 of the composite `resource` with a run tag.
    pub async fn tagged_objects(&self, resource: &str) -> Result<Vec<TaggedLead>> {
        if self.reads().interrupted_creations.has_none(resource, || self.composites()).await {
            return Ok(Vec::new());
        }
        let account = self.clone();
        let fetch = move |resources: Vec<String>| {
            let account = account.clone();
            async move { account.leads_of(resources).await }
        };
        Ok(self.reads().leads.get(resource, fetch).await?.unwrap_or_default())
    }

    /// All composites of which there are objects of EC2.
    async fn composites(&self) -> Result<BTreeSet<String>> {
        let ours = Filter::builder().name("key").values(RESOURCE).build();
        let pages = self.ec2().describe_tags().filters(ours).max_results(PAGE).all();
        let found = self.call(Ec2("DescribeTags"), pages).await?;
        Ok(found.into_iter().filter_map(|tag| tag.value).collect())
    }

    /// One call tells for many composites at once that none of them was begun; only objects of theirs are read.
    async fn leads_of(&self, resources: Vec<String>) -> Result<BTreeMap<String, Vec<TaggedLead>>> {
        let filter = |name: &str, values| Filter::builder().name(name).set_values(Some(values)).build();
        let wanted = [filter("key", vec![RESOURCE.to_owned()]), filter("value", resources)];
        let pages = self.ec2().describe_tags().set_filters(Some(wanted.to_vec())).all();
        let found = self.call(Ec2("DescribeTags"), pages).await?;
        let read =
            found.into_iter().filter_map(|tag| Some((tag.value?, tag.resource_id?))).map(|(resource, id)| async move {
                let tags = self.ec2_tags(&id).await?;
                Ok::<_, Failure>(tagged(&id, &tags, &resource).map(|tagged| (resource, tagged)))
            });
        let mut leads: BTreeMap<String, Vec<TaggedLead>> = BTreeMap::new();
        for (resource, tagged) in futures_util::future::try_join_all(read).await?.into_iter().flatten() {
            leads.entry(resource).or_default().push(tagged);
        }
        Ok(leads)
    }

    /// The object of EC2 of a uid and of AWS's resource type.
    pub async fn ec2_object_of(&self, uid: &str, resource_type: &str) -> Result<Option<String>> {
        let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
        let wanted = vec![filter("key", UID), filter("value", uid), filter("resource-type", resource_type)];
        let pages = self.ec2().describe_tags().set_filters(Some(wanted)).all();
        let found = self.call(Ec2("DescribeTags"), pages).await?;
        Ok(found.into_iter().find_map(|tag| tag.resource_id))
    }

    /// Writes tags of ours on an object, by its id or ARN.
    pub async fn write_tags(&self, id: &str, tags: &Tags) -> Result<()> {
        if id.starts_with("arn:") {
            let sent = self.elbv2().add_tags().resource_arns(id).set_tags(Some(tags::to_elbv2(tags))).send();
            return self.call(Elbv2("AddTags"), sent).await.map(|_| ());
        }
        let sent = self.ec2().create_tags().resources(id).set_tags(Some(tags::to_ec2(tags))).send();
        self.call(Ec2("CreateTags"), sent).await.map(|_| ())
    }

    /// All tags of an object, by its id or ARN; none of one that is gone.
    pub async fn tags_of(&self, id: &str) -> Result<Tags> {
        if id.starts_with("arn:") {
            return Ok(self.elbv2_tags(id).await?.unwrap_or_default());
        }
        self.ec2_tags(id).await
    }
}

fn tagged(id: &str, tags: &Tags, resource: &str) -> Option<TaggedLead> {
    let of_resource = tags.get(RESOURCE).is_some_and(|found| found == resource);
    let uid = tags.get(UID).filter(|_| of_resource && tags.contains_key(RunKeys::OWN.tag))?;
    Some(TaggedLead { id: id.to_owned(), uid: uid.clone(), tags: tags.clone() })
}
