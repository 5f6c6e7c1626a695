use super::calls::observe;
use super::{ATTRIBUTE, ProfileAssociation, Spec, State};
use crate::aws::lookups::ProfileAssociationSeen;
use crate::engine::{Change, Compare as _, Observed};

fn state_in(profile_id: &str) -> State {
    State {
        id: "rpr-1".into(),
        name: "vpce-1".into(),
        profile_id: profile_id.into(),
        resource_arn: "arn:endpoint".into(),
    }
}

fn seen(status: &str) -> ProfileAssociationSeen {
    ProfileAssociationSeen { id: "rpr-1".into(), name: "vpce-1".into(), status: status.into(), message: "why".into() }
}

#[test]
fn aws_s_words_tell_what_there_is() {
    let state = state_in("rp-1");
    assert_eq!(observe(None, &state), Observed::Absent);
    assert_eq!(observe(Some(seen("DELETING")), &state), Observed::Absent);
    assert_eq!(observe(Some(seen("COMPLETE")), &state), Observed::Ready(state.clone()));
    let failed = Observed::Failed { state: state.clone(), reason: "why".into() };
    assert_eq!(observe(Some(seen("FAILED")), &state), failed);
    assert!(matches!(observe(Some(seen("CREATING")), &state), Observed::Pending { .. }));
}

#[test]
fn another_profile_comes_after_the_old_one_went() {
    let spec = |profile_id: &str| Spec { profile_id: profile_id.into(), resource_arn: "arn:endpoint".into() };
    assert_eq!(ProfileAssociation.diff(&spec("rp-1"), &state_in("rp-1")), Change::None);
    assert_eq!(ProfileAssociation.diff(&spec("rp-2"), &state_in("rp-1")), Change::BreakFirst(vec![ATTRIBUTE]));
    let words = ProfileAssociation.describe(&spec("rp-2"), Some(&state_in("rp-1")));
    assert_eq!(words, ["associate with rp-2 instead of rp-1"]);
    let other = Spec { resource_arn: "arn:other".into(), ..spec("rp-1") };
    assert_eq!(ProfileAssociation.diff(&other, &state_in("rp-1")), Change::Replace(vec!["endpoint_id"]));
}
