//! A listener of a Network Load Balancer, which forwards to one target group.

mod calls;
#[cfg(test)]
mod tests;

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
    /// The policy of TLS; none for [`DEFAULT_SSL_POLICY`].
    pub ssl_policy: Option<String>,
    /// The ALPN policy of TLS; none for no negotiation.
    pub alpn_policy: Option<String>,
    /// Seconds after which an idle connection is forgotten; none for [`DEFAULT_IDLE_TIMEOUT`].
    pub tcp_idle_timeout_seconds: Option<i32>,
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
        (TAGS, wanted.tags != state.tags || is_outdated(state.named.as_ref(), &spec.base_name)),
    ])
}

fn forecast(spec: &Spec, state: &State) -> State {
    let tls = is_tls(&spec.protocol);
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

fn idle_timeout(seconds: Option<i32>) -> i32 {
    seconds.unwrap_or(DEFAULT_IDLE_TIMEOUT)
}
