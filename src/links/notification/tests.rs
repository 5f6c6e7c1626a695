use super::{Notification, Spec, State};
use crate::engine::{Change, Compare as _};

fn spec() -> Spec {
    Spec { service_id: "vpce-svc-1".into(), topic_arn: "topic".into(), ..Spec::default() }
}

fn state() -> State {
    State { id: "vpce-nfn-1".into(), service_id: "vpce-svc-1".into(), topic_arn: "topic".into(), ..State::default() }
}

#[test]
fn topic_and_events_change_in_place_and_the_object_does_not() {
    let other = Spec { topic_arn: "other".into(), events: ["Accept".to_owned()].into(), ..spec() };
    let changed = Change::Update(vec!["connection_notification_arn", "connection_events"]);
    assert_eq!(Notification.diff(&spec(), &state()), Change::None);
    assert_eq!(Notification.diff(&other, &state()), changed);
    assert_eq!(Notification.diff(&other, &Notification.forecast(&other, &state())), Change::None);
    let elsewhere = Spec { service_id: "vpce-svc-2".into(), ..spec() };
    assert_eq!(Notification.diff(&elsewhere, &state()), Change::Replace(vec!["service_id"]));
}
