use std::collections::BTreeMap;

use super::calls::tell;
use super::diff::TAGS;
use super::{SecurityGroup, Spec, State};
use crate::engine::{Change, Class, Compare as _, Failure};

fn spec() -> Spec {
    Spec {
        base_name: "orders".into(),
        description: "Clients of orders".into(),
        vpc_id: "vpc-1".into(),
        tags: [("Name".to_owned(), "orders".to_owned())].into(),
    }
}

fn state() -> State {
    State {
        id: "sg-1".into(),
        arn: None,
        name: "orders-1f0c9a2b".into(),
        description: Some(spec().description),
        vpc_id: "vpc-1".into(),
        named: Some("orders".into()),
        tags: spec().tags,
    }
}

#[test]
fn a_group_is_replaced_only_when_the_vpc_changes() {
    assert_eq!(SecurityGroup.diff(&spec(), &state()), Change::None);
    let described = Spec { description: "Other".into(), ..spec() };
    assert_eq!(SecurityGroup.diff(&described, &state()), Change::None);
    let moved = Spec { vpc_id: "vpc-2".into(), ..spec() };
    assert_eq!(SecurityGroup.diff(&moved, &state()), Change::Replace(vec!["vpc_id"]));
    let tagged = Spec { tags: BTreeMap::new(), ..spec() };
    assert_eq!(SecurityGroup.diff(&tagged, &state()), Change::Update(vec![TAGS]));
    assert_eq!(SecurityGroup.diff(&tagged, &SecurityGroup.forecast(&tagged, &state())), Change::None);
}

#[test]
fn another_name_is_an_update_of_tags_that_name_the_old_one() {
    let renamed = Spec { base_name: "other".into(), ..spec() };
    assert_eq!(SecurityGroup.diff(&renamed, &state()), Change::Update(vec![TAGS]));
    assert_eq!(SecurityGroup.diff(&renamed, &SecurityGroup.forecast(&renamed, &state())), Change::None);
    let imported = State { named: None, ..state() };
    assert_eq!(SecurityGroup.diff(&renamed, &imported), Change::None, "nothing to correct");
}

#[test]
fn a_group_that_was_made_by_hand_needs_no_tag_for_its_name_alone() {
    let by_hand = State { named: None, tags: BTreeMap::new(), ..state() };
    assert_eq!(SecurityGroup.diff(&spec(), &by_hand), Change::None);
    let ours = State { named: Some("orders".into()), ..by_hand.clone() };
    assert_eq!(SecurityGroup.diff(&spec(), &ours), Change::Update(vec![TAGS]), "somebody took it away");
    // Whatever else is written writes the name, too, and the owner tags.
    let mut tagged = spec();
    tagged.tags.insert("team".into(), "shop".into());
    let after = SecurityGroup.forecast(&tagged, &by_hand);
    assert_eq!((after.named.as_deref(), &after.tags), (Some("orders"), &tagged.tags));
    assert_eq!(SecurityGroup.diff(&tagged, &after), Change::None);
}

#[test]
fn a_state_with_missing_keys_can_still_be_read() {
    let state: State = serde_json::from_str(r#"{"id":"sg-1"}"#).unwrap();
    assert_eq!(state.id, "sg-1");
}

#[test]
fn a_group_that_rules_name_is_told_with_them_and_not_tried_until_the_deadline() {
    let refused = || Failure::new(Class::InUse, "resource sg-1 has a dependent object");
    let state = State { id: "sg-1".into(), name: "orders".into(), ..State::default() };
    let (eni, group) = (["eni-1 (VPC Endpoint Interface vpce-1)".to_owned()], ["sg-2 (app)".to_owned()]);
    assert_eq!(tell(refused(), &state, &[], &[]), refused());
    let named = tell(refused(), &state, &[], &group);
    assert_eq!(named.class, Class::Taken);
    assert!(named.advice.unwrap().contains("sg-2 (app)"));
    let used = tell(refused(), &state, &eni, &[]);
    assert_eq!(used.class, Class::InUse, "interfaces go by themselves");
    assert!(used.advice.unwrap().contains("eni-1"));
    let both = tell(refused(), &state, &eni, &group);
    assert_eq!(both.class, Class::InUse);
    assert!(both.advice.is_some_and(|advice| advice.contains("eni-1") && advice.contains("sg-2")));
}
