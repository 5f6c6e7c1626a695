use super::{ExistingZone, Spec, State};
use crate::engine::{Change, Compare as _};

#[test]
fn another_zone_and_other_credentials_are_looked_at_anew() {
    let spec =
        |account: Option<&str>, zone_id: &str| Spec { account: account.map(str::to_owned), zone_id: zone_id.into() };
    let state = State { zone_id: "Z1".into(), ..State::default() };
    assert_eq!(ExistingZone.diff(&spec(None, "Z1"), &state), Change::None);
    assert_eq!(ExistingZone.diff(&spec(None, "Z2"), &state), Change::Replace(vec!["zone_id"]));
    assert_eq!(ExistingZone.diff(&spec(Some("dns"), "Z1"), &state), Change::Replace(vec!["zone_id"]));
}
