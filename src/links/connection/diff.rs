//! What differs between a connection as wanted and as it is, and what that means.

use super::{ACCOUNT, Connection, Spec, State, TAGS};
use crate::engine::{Change, Compare, Gate, Words, differences};

use crate::aws::connections::{DELETED, is};

impl Compare for Connection {
    type Spec = Spec;
    type State = State;
    const WORDS: Words = &[("state", ""), ("connection_id", ""), ("endpoint_owner", ""), ("endpoint_region", "")];

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let Some(state) = state else {
            return vec![format!("accept endpoint {} for {}", spec.endpoint_id, spec.service_id)];
        };
        let json = |state: &State| serde_json::to_value(state).unwrap_or_default();
        differences(&json(state), &json(&self.forecast(spec, state)), Self::WORDS)
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        vec![if state.rejects { format!("reject endpoint {}", state.endpoint_id) } else { "leave as it is".to_owned() }]
    }

    /// A rejected connection is no difference: only its owner or a person can decide what follows.
    fn diff(&self, spec: &Spec, state: &State) -> Change {
        let mut fields = Vec::new();
        if spec.endpoint_id != state.endpoint_id {
            fields.push("endpoint_id");
        }
        if spec.service_id != state.service_id {
            fields.push("service_id");
        }
        if !fields.is_empty() {
            return Change::Replace(fields);
        }
        if state.is_over() {
            return Change::None;
        }
        let looks_elsewhere = spec.account != state.account || spec.service_region != state.service_region;
        Change::of(&[(ACCOUNT, looks_elsewhere), (TAGS, spec.tags != state.tags)])
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        State {
            account: spec.account.clone(),
            service_region: spec.service_region.clone(),
            tags: spec.tags.clone(),
            ..state.clone()
        }
    }

    /// Closed without words while it is rejected, because the endpoint's gate says them.
    fn gate(&self, _spec: &Spec, state: &State) -> Gate {
        let reason = match state.state.as_str() {
            word if is(word, "rejected") => String::new(),
            _ if state.is_over() => ended(state),
            _ => return Gate::Open,
        };
        Gate::Closed { reason, wait: false }
    }
}

/// What the end of a connection means for the resource that accepted it.
fn ended(state: &State) -> String {
    let whose = state.endpoint_owner.as_ref().map(|owner| format!(" of account {owner}")).unwrap_or_default();
    let end = if is(&state.state, DELETED) {
        "was deleted".to_owned()
    } else {
        format!("ended its connection, which is {}", state.state)
    };
    format!(
        "the endpoint {}{whose} {end}, so there is nothing to accept or to reject at {}. Remove this resource from the \
         configuration, which makes no call, or write the id of the consumer's new endpoint in endpoint_id",
        state.endpoint_id, state.service_id
    )
}
