use super::{ARNS, ExistingLoadBalancers, Seen, Spec, State};
use crate::engine::{Change, Compare as _};

fn seen(zones: &[&str]) -> Seen {
    let availability_zones = zones.iter().map(|zone| (*zone).to_owned()).collect();
    Seen { name: "nlb".into(), availability_zones, ..Seen::default() }
}

#[test]
fn another_set_is_looked_at_and_its_zones_are_open_until_then() {
    let state = State { load_balancers: [("a".to_owned(), seen(&["z1"])), ("b".to_owned(), seen(&["z2"]))].into() };
    let all = ["z1".to_owned(), "z2".to_owned()].into();
    assert_eq!(state.availability_zones(), Some(all));
    let same = Spec { arns: ["a".to_owned(), "b".to_owned()].into() };
    assert_eq!(ExistingLoadBalancers.diff(&same, &state), Change::None);
    let more = Spec { arns: ["b".to_owned(), "c".to_owned()].into() };
    assert_eq!(ExistingLoadBalancers.diff(&more, &state), Change::Update(vec![ARNS]));
    let next = ExistingLoadBalancers.forecast(&more, &state);
    assert_eq!((next.availability_zones(), next.load_balancers.len()), (None, 2));
    assert_eq!(ExistingLoadBalancers.diff(&more, &next), Change::None);
}
