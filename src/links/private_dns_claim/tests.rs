use super::diff::TAG;
use super::{PrivateDnsClaim, Spec, State};
use crate::engine::{Change, Compare as _};

#[test]
fn only_the_endpoint_of_a_consumer_is_to_carry_the_tag() {
    let spec = |is_of_a_consumer| Spec { endpoint_id: "vpce-01".into(), is_of_a_consumer };
    let state = |is_tagged| State { endpoint_id: "vpce-01".into(), is_tagged };
    assert_eq!(PrivateDnsClaim.diff(&spec(true), &state(false)), Change::Update(vec![TAG]));
    assert_eq!(PrivateDnsClaim.diff(&spec(true), &state(true)), Change::None);
    assert_eq!(PrivateDnsClaim.diff(&spec(false), &state(false)), Change::None);
    assert_eq!(PrivateDnsClaim.forecast(&spec(true), &state(false)), state(true));
}
