//! A listener of a Network Load Balancer, which forwards to its own target group, and to others by weight.

mod calls;
mod diff;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::aws::Tags;
use crate::engine::Field;

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

/// How AWS spells that nothing is negotiated.
const NO_ALPN: &str = "None";
