//! What differs between a notification as wanted and as it is, and what that means.

use super::{Notification, Spec, State};
use crate::engine::{Change, Compare, Fields, Words};

impl Compare for Notification {
    type Spec = Spec;
    type State = State;
    const FIELDS: Fields = &[("topic_arn", "connection_notification_arn"), ("events", "connection_events")];
    const WORDS: Words = &[("topic_arn", "topic")];

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if (&spec.service_id, &spec.endpoint_id) != (&state.service_id, &state.endpoint_id) {
            return Change::Replace(vec![if spec.endpoint_id.is_some() { "endpoint_id" } else { "service_id" }]);
        }
        self.in_place(spec, state)
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State { topic_arn: spec.topic_arn.clone(), events: spec.events.clone(), ..state.clone() }
    }
}
