use super::{NoEgress, Spec, State};
use crate::engine::{Change, Compare as _};

#[test]
fn rules_of_another_group_are_taken_away_there() {
    let state = State { group_id: "sg-1".into(), ..State::default() };
    let spec = |group_id: &str| Spec { group_id: group_id.into(), has_ipv6: false };
    assert_eq!(NoEgress.diff(&spec("sg-1"), &state), Change::None);
    assert_eq!(NoEgress.diff(&spec("sg-2"), &state), Change::Replace(vec!["group_id"]));
}
