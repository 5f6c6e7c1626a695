use std::collections::{BTreeMap, BTreeSet};

use super::calls::{explain, observe};
use super::diff::{PRINCIPALS, TAGS};
use super::{Permissions, Spec, State};
use crate::aws::Tags;
use crate::engine::{Change, Class, Compare as _, Failure, Observed};

fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
    items.map(str::to_owned).into()
}

fn state<const N: usize>(items: [&str; N]) -> State {
    State { service_id: "vpce-svc-01".into(), principals: set(items), tags: Some(BTreeMap::new()) }
}

fn spec<const N: usize>(items: [&str; N]) -> Spec {
    Spec { service_id: "vpce-svc-01".into(), principals: set(items), ..Spec::default() }
}

#[test]
fn the_set_is_exact() {
    for (wanted, found, expected) in [
        (spec(["a"]), state(["a"]), Change::None),
        (spec([]), state([]), Change::None),
        (spec(["a"]), state(["a", "foreign"]), Change::Update(vec![PRINCIPALS])),
        (spec([]), state(["a"]), Change::Update(vec![PRINCIPALS])),
    ] {
        assert_eq!(Permissions.diff(&wanted, &found), expected, "{wanted:?}");
        assert_eq!(Permissions.diff(&wanted, &Permissions.forecast(&wanted, &found)), Change::None);
    }
    let other = Spec { service_id: "vpce-svc-02".into(), ..spec(["a"]) };
    assert_eq!(Permissions.diff(&other, &state(["a"])), Change::Replace(vec!["service_id"]));
}

#[test]
fn nobody_is_a_set_but_a_set_that_vanished_is_absent() {
    assert_eq!(observe(&state([]), Some(state([]))), Observed::Ready(state([])));
    assert_eq!(observe(&state(["a"]), Some(state([]))), Observed::Absent);
    assert_eq!(observe(&state(["a"]), Some(state(["b"]))), Observed::Ready(state(["b"])));
    assert_eq!(observe(&state([]), None), Observed::Absent);
}

#[test]
fn permissions_without_the_wanted_tags_are_a_difference() {
    let tags = Tags::from([("team".to_owned(), "orders".to_owned())]);
    let wanted = Spec { tags: tags.clone(), ..spec(["a", "b"]) };
    let found = State { tags: Some(BTreeMap::from([("b".to_owned(), tags)])), ..state(["a", "b"]) };
    assert_eq!(Permissions.diff(&wanted, &found), Change::Update(vec![TAGS]));
    assert_eq!(Permissions.describe(&wanted, Some(&found)), ["add tag team = orders on a"]);
    assert_eq!(Permissions.diff(&wanted, &Permissions.forecast(&wanted, &found)), Change::None);
}

#[test]
fn a_principal_that_aws_refuses_points_at_the_attribute() {
    let mut failure = Failure::new(Class::Invalid, "Invalid Principal: 'x'");
    failure.code = "InvalidPrincipal".into();
    assert_eq!(explain(failure).attribute, Some("allowed_principals"));
}
