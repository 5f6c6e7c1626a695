//! A listener of a Network Load Balancer, which forwards to its own target group, and to others by weight.

mod calls;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
use crate::aws::tags::{is_outdated, named};
use crate::engine::{Change, Field};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listener;

/// AWS's default policy of a TLS listener. *Source:* CreateListener, SslPolicy.
pub const DEFAULT_SSL_POLICY: &str = "ELBSecurityPolicy-2016-08";
/// AWS's default of `tcp.idle_timeout.seconds`.
pub const DEFAULT_IDLE_TIMEOUT: i32 = 350;

/// AWS's default weight of a target group.
pub const DEFAULT_WEIGHT: i32 = 1;

/// How certificates of clients are verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientTrust {
    /// The trust store that holds their authorities.
    pub trust_store_arn: String,
    /// Whether they may have expired.
    pub ignores_expiry: bool,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Where it listens.
    pub load_balancer_arn: String,
    /// The port.
    pub port: i32,
    /// `TCP`, `TLS`, `UDP` or `TCP_UDP`.
    pub protocol: String,
    /// Where it forwards to.
    pub target_group_arn: String,
    /// The certificate of TLS.
    pub certificate_arn: Option<String>,
    /// Certificates that are wanted beside it.
    #[serde(default)]
    pub further_certificates: BTreeSet<String>,
    /// The policy of TLS; none for [`DEFAULT_SSL_POLICY`].
    pub ssl_policy: Option<String>,
    /// The ALPN policy of TLS; none for no negotiation.
    pub alpn_policy: Option<String>,
    /// Seconds after which an idle connection is forgotten; none for [`DEFAULT_IDLE_TIMEOUT`].
    pub tcp_idle_timeout_seconds: Option<i32>,
    /// The weight of its target group beside others; none for [`DEFAULT_WEIGHT`].
    #[serde(default)]
    pub weight: Option<i32>,
    /// Target groups of others with their weights, by ARN.
    #[serde(default)]
    pub weighted_target_groups: BTreeMap<String, i32>,
    /// How clients of TLS are verified; none where they are not.
    #[serde(default)]
    pub client_trust: Option<ClientTrust>,
    /// The composite's name, which its tags tell.
    #[serde(default)]
    pub base_name: String,
    /// The user's tags.
    pub tags: Tags,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Its ARN.
    pub arn: String,
    /// Where it listens.
    pub load_balancer_arn: String,
    /// The port.
    pub port: i32,
    /// `TCP`, `TLS`, `UDP` or `TCP_UDP`.
    pub protocol: String,
    /// Where it forwards to; empty where it does something else.
    pub target_group_arn: String,
    /// The certificate of TLS.
    pub certificate_arn: Option<String>,
    /// The policy of TLS.
    pub ssl_policy: Option<String>,
    /// The ALPN policy of TLS.
    pub alpn_policy: Option<String>,
    /// Seconds after which an idle connection is forgotten; none where the protocol has no such setting.
    pub tcp_idle_timeout_seconds: Option<i32>,
    /// The weight of its target group; none where that gets everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<i32>,
    /// Target groups of others with their weights, by ARN.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub weighted_target_groups: BTreeMap<String, i32>,
    /// The trust store that holds the authorities of clients' certificates; none where no certificate is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_store_arn: Option<String>,
    /// Whether clients' certificates may have expired.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignores_client_expiry: bool,
    /// Whether it must go before its port can change, because another one takes that port and gives its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub displaced: bool,
    /// The composite's name in the owner tags; none where it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// The user's tags.
    pub tags: Tags,
}

const LOAD_BALANCER: Field = "load_balancer_arn";
const PORT: Field = "port";
const PROTOCOL: Field = "protocol";
const TARGET_GROUP: Field = "target_group_arn";
const CERTIFICATE: Field = "certificate_arn";
const SSL_POLICY: Field = "ssl_policy";
const ALPN_POLICY: Field = "alpn_policy";
const IDLE_TIMEOUT: Field = "tcp_idle_timeout_seconds";
const WEIGHTS: Field = "weight";
const CLIENT_TRUST: Field = "mutual_authentication";
const TAGS: Field = "tags";

fn diff(spec: &Spec, state: &State) -> Change {
    if spec.load_balancer_arn != state.load_balancer_arn {
        return Change::Replace(vec![LOAD_BALANCER]);
    }
    if state.displaced && spec.port != state.port {
        return Change::BreakFirst(vec![PORT]);
    }
    let wanted = forecast(spec, state);
    super::attributes::update(&[
        (PORT, wanted.port != state.port),
        (PROTOCOL, wanted.protocol != state.protocol),
        (TARGET_GROUP, wanted.target_group_arn != state.target_group_arn),
        (CERTIFICATE, wanted.certificate_arn != state.certificate_arn),
        (SSL_POLICY, wanted.ssl_policy != state.ssl_policy),
        (ALPN_POLICY, wanted.alpn_policy != state.alpn_policy),
        (IDLE_TIMEOUT, idle_timeout(wanted.tcp_idle_timeout_seconds) != idle_timeout(state.tcp_idle_timeout_seconds)),
        (WEIGHTS, weights(&wanted) != weights(state)),
        (CLIENT_TRUST, client_trust(&wanted) != client_trust(state)),
        (TAGS, wanted.tags != state.tags || is_outdated(state.named.as_ref(), &spec.base_name)),
    ])
}

fn forecast(spec: &Spec, state: &State) -> State {
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

/// How AWS spells that nothing is negotiated.
const NO_ALPN: &str = "None";

fn is_tls(protocol: &str) -> bool {
    protocol == "TLS"
}

/// Whether the idle timeout can be set. *Source:* NLB user guide, "Update the TCP idle timeout".
fn has_idle_timeout(protocol: &str) -> bool {
    protocol == "TCP"
}

/// The weights of all target groups.
fn weights(state: &State) -> (Option<i32>, &BTreeMap<String, i32>) {
    (state.weight, &state.weighted_target_groups)
}

fn client_trust(state: &State) -> (Option<&String>, bool) {
    (state.trust_store_arn.as_ref(), state.ignores_client_expiry)
}

fn idle_timeout(seconds: Option<i32>) -> i32 {
    seconds.unwrap_or(DEFAULT_IDLE_TIMEOUT)
}
