//! Owner tags and user tags, and their way into and out of each service's own tag type.
//!
//! Tags named `privatelink:*` say whose an object is and are never shown; the rest are the user's.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as ec2;
use aws_sdk_elasticloadbalancingv2::types as elbv2;
use aws_sdk_route53::types as route53;
use serde::Serialize;

use super::settings::IgnoreTags;
use crate::engine::{Class, Failure, LinkName, Orphan, Owner, Result, RunKeys};
use crate::gather::Gather as _;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// Type and name of the composite, such as `service/orders-api`.
pub const RESOURCE: &str = "privatelink:resource";
/// The uid of the composite.
pub const UID: &str = "privatelink:uid";
/// The link.
pub const LINK: &str = "privatelink:link";
/// Which object of the link; absent for the first.
pub const GENERATION: &str = "privatelink:generation";
/// On the endpoint of a consumer: the resource, by its uid, that manages private DNS of this endpoint in the consumer's place.
pub const PRIVATE_DNS: &str = "privatelink:private-dns";
/// Characters that AWS takes in a value.
const LONGEST_VALUE: usize = 256;
/// How every tag of ours begins.
pub const PREFIX: &str = "privatelink:";

/// The tags that say whose an object is.
pub fn of_owner(owner: &Owner) -> Tags {
    let mut tags = Tags::from([
        (RESOURCE.to_owned(), owner.resource.clone()),
        (UID.to_owned(), owner.uid.clone()),
        // A key may be a domain of almost that length.
        (LINK.to_owned(), owner.link.as_str().chars().take(LONGEST_VALUE).collect()),
    ]);
    if owner.generation > 0 {
        tags.insert(GENERATION.to_owned(), owner.generation.to_string());
    }
    tags.extend(owner.run_tags.clone());
    tags
}

/// Whether an object carries all of these tags, which may be none.
pub fn carries(carried: &Tags, wanted: Option<&Tags>) -> bool {
    wanted.into_iter().flatten().all(|(key, value)| carried.get(key) == Some(value))
}

/// Whether tags read from AWS say that a run is creating their composite.
pub fn is_in_creation(tags: &Tags) -> bool {
    tags.get(RunKeys::OWN.mark).is_some_and(|mark| mark.starts_with("creating "))
}

/// All tags of an object: the user's and the owner's, which win.
pub fn all(owner: &Owner, user: &Tags) -> Tags {
    let mut tags = user.clone();
    tags.extend(of_owner(owner));
    tags
}

/// Whether tags read from AWS name exactly this object of this owner.
pub fn is_owned(tags: &Tags, owner: &Owner) -> bool {
    let generation = tags.get(GENERATION).map_or("0", String::as_str);
    tags.get(UID) == Some(&owner.uid)
        && tags.get(LINK).map(String::as_str) == Some(owner.link.as_str())
        && generation == owner.generation.to_string()
}

/// The composite's name in the owner tags: the one that it had when they were written last. `None` where one of the
/// owner tags is missing, so that an object which lost one is tagged again.
pub fn name_of(tags: &Tags) -> Option<String> {
    let (_, name) = tags.get(RESOURCE)?.split_once('/')?;
    [UID, LINK].iter().all(|key| tags.contains_key(*key)).then(|| name.to_owned())
}

/// Whether the owner tags tell a name that the composite had before. An imported object has none to correct.
pub fn is_outdated(named: Option<&String>, name: &str) -> bool {
    named.is_some_and(|named| named != name)
}

/// The name in the owner tags as a refresh has seen them: empty where an object had owner tags and has them no more, which is
/// a difference. One that never had any is not ours yet.
pub fn recalled(recorded: Option<&String>, seen: Option<String>) -> Option<String> {
    seen.or_else(|| recorded.map(|_| String::new()))
}

/// The name in the owner tags after an update, which writes them whenever it writes a tag.
pub fn named(named: Option<&String>, name: &str, retags: bool) -> Option<String> {
    (retags || named.is_some()).then(|| name.to_owned())
}

/// Which link's object it is and of which generation, where tags read from AWS name this uid.
pub fn place(tags: &Tags, uid: &str) -> Option<(LinkName, u32)> {
    let link = tags.get(LINK).filter(|_| tags.get(UID).is_some_and(|found| found == uid))?;
    let generation = tags.get(GENERATION).map_or(Some(0), |generation| generation.parse().ok())?;
    Some((LinkName::from(link.as_str()), generation))
}

/// What of an object's tags is the user's: neither ours, nor AWS's, nor told to be ignored.
pub fn of_user(mut tags: Tags, ignore: &IgnoreTags) -> Tags {
    tags.retain(|key, _| !key.starts_with(PREFIX) && !key.starts_with("aws:") && !ignore.ignores(key));
    tags
}

/// What to set and which keys to remove, so that `have` becomes `wanted`.
pub fn change(wanted: &Tags, have: &Tags) -> (Tags, Vec<String>) {
    let set = wanted.iter().filter(|(key, value)| have.get(*key) != Some(*value));
    let remove = have.keys().filter(|key| !wanted.contains_key(*key));
    (set.map(|(key, value)| (key.clone(), value.clone())).gather(), remove.cloned().collect())
}

/// Filters that find what an owner's link made, of any generation: check each with [`is_owned`].
pub fn filters(owner: &Owner) -> Vec<ec2::Filter> {
    let filter = |key: &str, value: &str| ec2::Filter::builder().name(format!("tag:{key}")).values(value).build();
    vec![filter(UID, &owner.uid), filter(LINK, owner.link.as_str())]
}

/// For a list of EC2: all that carries this uid.
pub fn of_uid(uid: &str) -> ec2::Filter {
    ec2::Filter::builder().name(format!("tag:{UID}")).values(uid).build()
}

/// An object of EC2 as an orphan of this uid, by its tags; none where they are another one's.
pub fn orphan(carried: &[ec2::Tag], uid: &str, state: &impl Serialize) -> Option<Orphan> {
    let (link, generation) = place(&from_ec2(carried), uid)?;
    Some(Orphan { link, generation: Some(generation), state: serde_json::to_value(state).ok()? })
}

/// Refuses a reply to a question by [`filters`] or by a uid that holds what was not asked for.
pub fn refuse_strangers<'a>(found: impl IntoIterator<Item = &'a [ec2::Tag]>, uid: &str) -> Result<()> {
    let is_of_uid = |tags: &[ec2::Tag]| tags.iter().any(|tag| tag.key() == Some(UID) && tag.value() == Some(uid));
    if found.into_iter().all(is_of_uid) {
        return Ok(());
    }
    Err(Failure::new(Class::Unavailable, format!("AWS's reply to a search for {UID} = {uid} holds something else")))
}

/// For a create call of EC2.
pub fn specification(kind: ec2::ResourceType, owner: &Owner, user: &Tags) -> ec2::TagSpecification {
    ec2::TagSpecification::builder().resource_type(kind).set_tags(Some(to_ec2(&all(owner, user)))).build()
}

/// Tags as EC2 takes them.
pub fn to_ec2(tags: &Tags) -> Vec<ec2::Tag> {
    tags.iter().map(|(key, value)| ec2::Tag::builder().key(key).value(value).build()).collect()
}

/// Tags as EC2 gives them.
pub fn from_ec2(tags: &[ec2::Tag]) -> Tags {
    tags.iter().filter_map(|tag| pair(tag.key(), tag.value())).gather()
}

/// Tags as Elastic Load Balancing takes them.
pub fn to_elbv2(tags: &Tags) -> Vec<elbv2::Tag> {
    tags.iter().map(|(key, value)| elbv2::Tag::builder().key(key).value(value).build()).collect()
}

/// Tags as Elastic Load Balancing gives them.
pub fn from_elbv2(tags: &[elbv2::Tag]) -> Tags {
    tags.iter().filter_map(|tag| pair(tag.key(), tag.value())).gather()
}

/// Tags as Route 53 takes them.
pub fn to_route53(tags: &Tags) -> Vec<route53::Tag> {
    tags.iter().map(|(key, value)| route53::Tag::builder().key(key).value(value).build()).collect()
}

/// Tags as Route 53 gives them.
pub fn from_route53(tags: &[route53::Tag]) -> Tags {
    tags.iter().filter_map(|tag| pair(tag.key(), tag.value())).gather()
}

/// An empty value may come back as none.
fn pair(key: Option<&str>, value: Option<&str>) -> Option<(String, String)> {
    key.map(|key| (key.to_owned(), value.unwrap_or_default().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(generation: u32) -> Owner {
        Owner {
            resource: "service/orders-api".into(),
            uid: "u-1".into(),
            link: "listener.https".into(),
            generation,
            run_tags: std::collections::BTreeMap::new(),
        }
    }

    fn tags<const N: usize>(pairs: [(&str, &str); N]) -> Tags {
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn the_first_generation_carries_no_generation_tag() {
        assert!(!of_owner(&owner(0)).contains_key(GENERATION));
        assert_eq!(of_owner(&owner(2)).get(GENERATION).map(String::as_str), Some("2"));
    }

    #[test]
    fn tags_of_another_uid_link_or_generation_are_not_owned() {
        let ours = of_owner(&owner(1));
        assert!(is_owned(&ours, &owner(1)));
        assert!(!is_owned(&ours, &owner(0)));
        assert!(!is_owned(&ours, &Owner { uid: "u-2".into(), ..owner(1) }));
        assert!(!is_owned(&ours, &Owner { link: "load_balancer".into(), ..owner(1) }));
        assert!(!is_owned(&Tags::new(), &owner(0)));
    }

    #[test]
    fn tags_tell_link_and_generation_to_whom_knows_the_uid() {
        let at = |generation| place(&of_owner(&owner(generation)), "u-1");
        assert_eq!((at(0), at(2)), (Some(("listener.https".into(), 0)), Some(("listener.https".into(), 2))));
        assert_eq!(place(&of_owner(&owner(0)), "u-2"), None);
        assert_eq!(place(&tags([(UID, "u-1"), (LINK, "listener.https"), (GENERATION, "x")]), "u-1"), None);
    }

    #[test]
    fn a_renamed_resource_still_owns_its_objects() {
        assert!(is_owned(&of_owner(&owner(0)), &Owner { resource: "service/renamed".into(), ..owner(0) }));
    }

    #[test]
    fn user_tags_never_hide_whose_the_object_is() {
        let all = all(&owner(0), &tags([(UID, "forged"), ("Team", "orders")]));
        assert!(is_owned(&all, &owner(0)));
        assert_eq!(all.get("Team").map(String::as_str), Some("orders"));
    }

    #[test]
    fn tags_of_ours_of_aws_and_ignored_ones_are_not_the_users() {
        let ignore = IgnoreTags { keys: ["Cost".to_owned()].into(), key_prefixes: ["k8s/".to_owned()].into() };
        let mut observed = all(&owner(3), &tags([("Team", "orders"), ("aws:x", "1"), ("Cost", "2"), ("k8s/y", "3")]));
        observed.insert(RunKeys::OWN.mark.into(), "creating -".into());
        assert_eq!(of_user(observed, &ignore), tags([("Team", "orders")]));
    }

    #[test]
    fn a_change_sets_what_differs_and_removes_what_is_not_wanted() {
        let (set, remove) = change(&tags([("a", "1"), ("b", "2")]), &tags([("a", "1"), ("b", "x"), ("c", "3")]));
        assert_eq!(set, tags([("b", "2")]));
        assert_eq!(remove, ["c"]);
    }

    #[test]
    fn tags_come_back_from_each_service_as_they_went() {
        let all = all(&owner(1), &tags([("Team", "orders"), ("Empty", "")]));
        assert_eq!(from_ec2(&to_ec2(&all)), all);
        assert_eq!(from_elbv2(&to_elbv2(&all)), all);
        assert_eq!(from_route53(&to_route53(&all)), all);
    }

    #[test]
    fn filters_name_the_uid_and_the_link() {
        let names: Vec<_> = filters(&owner(1)).into_iter().filter_map(|filter| filter.name).collect();
        assert_eq!(names, ["tag:privatelink:uid", "tag:privatelink:link"]);
    }
}
