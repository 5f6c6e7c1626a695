//! What differs between a listener as wanted and as it is, and what that means.

use super::{
    ALPN_POLICY, CERTIFICATE, CLIENT_TRUST, DEFAULT_IDLE_TIMEOUT, DEFAULT_SSL_POLICY, DEFAULT_WEIGHT, IDLE_TIMEOUT,
    Listener, NO_ALPN, PORT, PROTOCOL, SSL_POLICY, Spec, State, TAGS, TARGET_GROUP, WEIGHTS,
};
use crate::aws::tags::{self, named};
use crate::engine::{Change, Compare, Field, Fields, Words};

pub(super) const LOAD_BALANCER: Field = "load_balancer_arn";

impl Compare for Listener {
    type Spec = Spec;
    type State = State;

    const FIELDS: Fields = &[
        ("port", PORT),
        ("protocol", PROTOCOL),
        ("target_group_arn", TARGET_GROUP),
        ("certificate_arn", CERTIFICATE),
        ("ssl_policy", SSL_POLICY),
        ("alpn_policy", ALPN_POLICY),
        ("tcp_idle_timeout_seconds", IDLE_TIMEOUT),
        ("weight", WEIGHTS),
        ("weighted_target_groups", WEIGHTS),
        ("trust_store_arn", CLIENT_TRUST),
        ("ignores_client_expiry", CLIENT_TRUST),
        ("tags", TAGS),
        ("named", TAGS),
    ];
    const WORDS: Words = &[
        ("target_group_arn", "forward to target group"),
        ("displaced", ""),
        ("load_balancer_arn", "load balancer"),
        ("certificate_arn", "certificate"),
        ("ssl_policy", "TLS policy"),
        ("alpn_policy", "ALPN policy"),
        ("tcp_idle_timeout_seconds", "TCP idle timeout"),
        ("weight", "weight of its own target group"),
        ("weighted_target_groups", "weight of target group"),
        ("trust_store_arn", "mutual TLS with trust store"),
        ("ignores_client_expiry", "expired certificates of clients"),
    ];

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.load_balancer_arn != state.load_balancer_arn {
            return Change::Replace(vec![LOAD_BALANCER]);
        }
        if state.displaced && spec.port != state.port {
            return Change::BreakFirst(vec![PORT]);
        }
        // One that nobody has set is the default, also where the state does not show it.
        let wanted = self.forecast(spec, state).tcp_idle_timeout_seconds;
        let seconds = |shown: Option<i32>| shown.unwrap_or(DEFAULT_IDLE_TIMEOUT);
        let is_same = seconds(wanted) == seconds(state.tcp_idle_timeout_seconds);
        let shown = if is_same { wanted } else { state.tcp_idle_timeout_seconds };
        self.in_place(spec, &State { tcp_idle_timeout_seconds: shown, ..state.clone() })
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let tls = is_tls(&spec.protocol);
        let trust = spec.client_trust.clone().filter(|_| tls);
        let policy = spec.ssl_policy.clone().or_else(|| Some(DEFAULT_SSL_POLICY.to_owned()));
        State {
            arn: state.arn.clone(),
            load_balancer_arn: spec.load_balancer_arn.clone(),
            port: spec.port,
            protocol: spec.protocol.clone(),
            target_group_arn: spec.target_group_arn.clone(),
            certificate_arn: spec.certificate_arn.clone().filter(|_| tls),
            ssl_policy: policy.filter(|_| tls),
            alpn_policy: spec.alpn_policy.clone().filter(|policy| tls && policy != NO_ALPN),
            tcp_idle_timeout_seconds: has_idle_timeout(&spec.protocol)
                .then(|| spec.tcp_idle_timeout_seconds.unwrap_or(DEFAULT_IDLE_TIMEOUT)),
            weight: (!spec.weighted_target_groups.is_empty()).then(|| spec.weight.unwrap_or(DEFAULT_WEIGHT)),
            weighted_target_groups: spec.weighted_target_groups.clone(),
            ignores_client_expiry: trust.as_ref().is_some_and(|trust| trust.ignores_expiry),
            trust_store_arn: trust.map(|trust| trust.trust_store_arn),
            displaced: false,
            named: named(state.named.as_ref(), &spec.base_name, spec.tags != state.tags),
            tags: spec.tags.clone(),
        }
    }

    fn recalled(&self, recorded: &State, seen: State) -> State {
        State { named: tags::recalled(recorded.named.as_ref(), seen.named.clone()), ..seen }
    }
}

pub(super) fn is_tls(protocol: &str) -> bool {
    protocol == "TLS"
}

/// Whether the idle timeout can be set. *Source:* NLB user guide, "Update the TCP idle timeout".
pub(super) fn has_idle_timeout(protocol: &str) -> bool {
    protocol == "TCP"
}
