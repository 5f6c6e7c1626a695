//! The lease in the tags of a composite that no state knows yet: who holds one, and how it is set and given up.
//!
//! Why there is one and how long it holds is told in `resource::lease`. Only one object of a composite carries
//! it, the one that is made first. What `resource::trail` writes on an object goes the same way.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, Tag};

use super::client::Account;
use super::names;
use super::operation::Operation::{Ec2, Elbv2};
use super::tags::{self, LEASE, RESOURCE, Tags, UID};
use crate::aws::pages::Pages as _;
use crate::engine::{Failure, Leased};

impl Account {
    /// Load balancers of the composite `resource` under a lease; `base_name` is how their names begin.
    pub async fn leased_load_balancers(&self, base_name: &str, resource: &str) -> Result<Vec<Leased>, Failure> {
        let pages = self.elbv2().describe_load_balancers().all();
        let found = self.call(Elbv2("DescribeLoadBalancers"), pages).await?;
        let named = |name: Option<&str>| name.is_some_and(|name| names::is_made_of(name, base_name));
        let ours = found.iter().filter(|one| named(one.load_balancer_name())).filter_map(|one| one.load_balancer_arn());
        let leased = ours.map(|arn| async move {
            Ok::<_, Failure>(self.elbv2_tags(arn).await?.and_then(|tags| leased(arn, &tags, resource)))
        });
        Ok(futures_util::future::try_join_all(leased).await?.into_iter().flatten().collect())
    }

    /// Objects of EC2 of the composite `resource` under a lease.
    pub async fn leased_objects(&self, resource: &str) -> Result<Vec<Leased>, Failure> {
        let account = self.clone();
        let fetch = move |resources: Vec<String>| {
            let account = account.clone();
            async move { account.leases_of(resources).await }
        };
        Ok(self.reads().leases.get(resource, fetch).await?.unwrap_or_default())
    }

    /// One call tells for many composites at once that none of them was begun; only objects of theirs are read.
    async fn leases_of(&self, resources: Vec<String>) -> Result<BTreeMap<String, Vec<Leased>>, Failure> {
        let filter = |name: &str, values| Filter::builder().name(name).set_values(Some(values)).build();
        let wanted = [filter("key", vec![RESOURCE.to_owned()]), filter("value", resources)];
        let pages = self.ec2().describe_tags().set_filters(Some(wanted.to_vec())).all();
        let found = self.call(Ec2("DescribeTags"), pages).await?;
        let read =
            found.into_iter().filter_map(|tag| Some((tag.value?, tag.resource_id?))).map(|(resource, id)| async move {
                let tags = self.ec2_tags(&id).await?;
                Ok::<_, Failure>(leased(&id, &tags, &resource).map(|leased| (resource, leased)))
            });
        let mut leases: BTreeMap<String, Vec<Leased>> = BTreeMap::new();
        for (resource, leased) in futures_util::future::try_join_all(read).await?.into_iter().flatten() {
            leases.entry(resource).or_default().push(leased);
        }
        Ok(leases)
    }

    /// Sets the lease of an object, or gives it up.
    pub async fn set_lease(&self, id: &str, until: Option<&str>) -> Result<(), Failure> {
        match (id.starts_with("arn:"), until) {
            (_, Some(until)) => self.mark(id, &Tags::from([(LEASE.to_owned(), until.to_owned())])).await,
            (true, None) => {
                let sent = self.elbv2().remove_tags().resource_arns(id).tag_keys(LEASE).send();
                self.call(Elbv2("RemoveTags"), sent).await.map(|_| ())
            }
            (false, None) => {
                let sent = self.ec2().delete_tags().resources(id).tags(Tag::builder().key(LEASE).build()).send();
                self.call(Ec2("DeleteTags"), sent).await.map(|_| ())
            }
        }
    }
}

impl Account {
    /// Writes tags of ours on an object, by its id or ARN.
    pub async fn mark(&self, id: &str, marks: &Tags) -> Result<(), Failure> {
        if id.starts_with("arn:") {
            let sent = self.elbv2().add_tags().resource_arns(id).set_tags(Some(tags::to_elbv2(marks))).send();
            return self.call(Elbv2("AddTags"), sent).await.map(|_| ());
        }
        let sent = self.ec2().create_tags().resources(id).set_tags(Some(tags::to_ec2(marks))).send();
        self.call(Ec2("CreateTags"), sent).await.map(|_| ())
    }

    /// All tags of an object, by its id or ARN; none of one that is gone.
    pub async fn marks(&self, id: &str) -> Result<Tags, Failure> {
        if id.starts_with("arn:") {
            return Ok(self.elbv2_tags(id).await?.unwrap_or_default());
        }
        self.ec2_tags(id).await
    }
}

fn leased(id: &str, tags: &Tags, resource: &str) -> Option<Leased> {
    let of_resource = tags.get(RESOURCE).is_some_and(|found| found == resource);
    let (until, uid) = (tags.get(LEASE)?, tags.get(UID)?);
    of_resource.then(|| Leased { until: until.clone(), uid: uid.clone(), id: id.to_owned() })
}
