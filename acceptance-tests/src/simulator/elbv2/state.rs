//! What ELBv2 keeps of one account and Region: load balancers, target groups, listeners.
//!
//! Every object remembers its past (`Timed`), so a stale replica is a read at an earlier moment. Transitions were drawn when
//! the object was made; nothing here moves by itself. Rules are in the files named after the operations.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::simulator::clock::Moment;
use crate::simulator::timed::Timed;

use super::health_check::HealthCheck;

/// Holds text pairs: tags and attributes.
pub type Pairs = BTreeMap<String, String>;

/// Holds all ELBv2 objects of one account in one Region, by ARN.
#[derive(Debug, Clone, Default)]
pub struct ElbState {
    /// Load balancers.
    pub load_balancers: BTreeMap<String, LoadBalancer>,
    /// Target groups.
    pub target_groups: BTreeMap<String, TargetGroup>,
    /// Listeners.
    pub listeners: BTreeMap<String, Listener>,
}

/// Names the kind of a load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadBalancerKind {
    /// Layer 4, what an endpoint service is made of.
    Network,
    /// Layer 7; here only as the target of a network load balancer.
    Application,
}

impl LoadBalancerKind {
    /// Gives the word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Application => "application",
        }
    }

    /// Gives the segment in ARNs and descriptions.
    pub fn segment(self) -> &'static str {
        match self {
            Self::Network => "net",
            Self::Application => "app",
        }
    }

    /// Tells the kind from the ARN of a load balancer or listener.
    pub fn of_arn(arn: &str) -> Self {
        let path = arn.splitn(6, ':').nth(5).unwrap_or_default();
        if path.split('/').nth(1) == Some("app") { Self::Application } else { Self::Network }
    }
}

/// Names the state of a load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadBalancerState {
    /// Being set up.
    Provisioning,
    /// Routing traffic.
    Active,
    /// Routing traffic, without the capacity it needs.
    ActiveImpaired,
    /// Could not be set up; final.
    Failed,
}

impl LoadBalancerState {
    /// Gives the word on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::ActiveImpaired => "active_impaired",
            Self::Failed => "failed",
        }
    }

    /// Reads the word on the wire.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Provisioning, Self::Active, Self::ActiveImpaired, Self::Failed]
            .into_iter()
            .find(|state| state.code() == code)
    }

    /// Tells whether traffic flows.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Active | Self::ActiveImpaired)
    }
}

/// Holds one zone of a load balancer: a subnet and the interface in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadBalancerZone {
    /// Name of the zone in the owner's account.
    pub zone_name: String,
    /// Id of the zone, equal in all accounts.
    pub zone_id: String,
    /// Subnet.
    pub subnet_id: String,
    /// The address the caller asked for, if any.
    pub pinned_address: Option<String>,
    /// The IPv6 address the caller asked for, if any.
    pub pinned_ipv6: Option<String>,
    /// Interface in the subnet.
    pub network_interface_id: String,
    /// From when on the zone carries traffic.
    pub ready: Moment,
}

/// Holds one load balancer.
#[derive(Debug, Clone)]
pub struct LoadBalancer {
    /// Network or application.
    pub kind: LoadBalancerKind,
    /// ARN.
    pub arn: String,
    /// Name, unique in account and Region.
    pub name: String,
    /// DNS name.
    pub dns_name: String,
    /// Zone of the DNS name.
    pub canonical_zone_id: String,
    /// `internal` or `internet-facing`.
    pub scheme: String,
    /// VPC of all its subnets.
    pub vpc_id: String,
    /// When it was made.
    pub created: Moment,
    /// Whether Describe shows it.
    pub exists: Timed<bool>,
    /// When its deletion was accepted.
    pub deleted: Option<Moment>,
    /// Provisioning, then active.
    pub state: Timed<LoadBalancerState>,
    /// Zones, by zone name.
    pub zones: Timed<Vec<LoadBalancerZone>>,
    /// Security groups.
    pub security_groups: Timed<Vec<String>>,
    /// Whether it was made with security groups: only then may it ever have any.
    pub born_with_security_groups: bool,
    /// Whether inbound rules hold for traffic of endpoints.
    pub enforce_on_private_link: Timed<bool>,
    /// `ipv4` or `dualstack`.
    pub ip_address_type: Timed<String>,
    /// Whether datagrams over IPv6 leave from a prefix of each subnet.
    pub source_nat_prefix: Timed<bool>,
    /// The least capacity that is kept ready.
    pub reservation: Reservation,
    /// Attributes.
    pub attributes: Timed<Pairs>,
    /// Tags.
    pub tags: Timed<Pairs>,
}

impl LoadBalancer {
    /// Tells whether Describe shows it at a moment.
    pub fn exists_at(&self, at: Moment) -> bool {
        self.created <= at && *self.exists.at(at)
    }

    /// Tells whether it lives: made, and not asked to go.
    pub fn lives_at(&self, at: Moment) -> bool {
        self.created <= at && self.deleted.is_none_or(|deleted| deleted > at)
    }

    /// Reads an attribute that is `true` or `false`.
    pub fn flag(&self, attribute: &str, at: Moment) -> bool {
        self.attributes.at(at).get(attribute).is_some_and(|value| value == "true")
    }
}

/// Identifies a target: the id and the port it takes traffic on.
pub type TargetKey = (String, u16);

/// Holds one registered target.
#[derive(Debug, Clone)]
pub struct Target {
    /// Zone asked for with an ip target, `all` for one outside the VPC.
    pub zone: Option<String>,
    /// When it was registered.
    pub registered: Moment,
    /// How long its first health checks take.
    pub settling: Duration,
    /// When it was deregistered; it drains from then on.
    pub deregistered: Option<Moment>,
    /// A state forced through the control route, with its reason.
    pub forced: Timed<Option<(String, Option<String>)>>,
}

/// Holds one target group.
#[derive(Debug, Clone)]
pub struct TargetGroup {
    /// ARN.
    pub arn: String,
    /// Name, unique in account and Region.
    pub name: String,
    /// `TCP`, `TLS`, `UDP` or `TCP_UDP`; `HTTP` or `HTTPS` behind an application load balancer.
    pub protocol: String,
    /// Port of targets registered without one.
    pub port: u16,
    /// VPC of the targets.
    pub vpc_id: String,
    /// `instance`, `ip` or `alb`.
    pub target_type: String,
    /// `ipv4` or `ipv6`.
    pub ip_address_type: String,
    /// When it was made.
    pub created: Moment,
    /// Whether it exists.
    pub exists: Timed<bool>,
    /// Health check; a change starts health over.
    pub health_check: Timed<HealthCheck>,
    /// Attributes.
    pub attributes: Timed<Pairs>,
    /// Tags.
    pub tags: Timed<Pairs>,
    /// Targets.
    pub targets: BTreeMap<TargetKey, Target>,
}

impl TargetGroup {
    /// Tells whether it exists at a moment.
    pub fn exists_at(&self, at: Moment) -> bool {
        self.created <= at && *self.exists.at(at)
    }

    /// Gives how long a deregistered target drains.
    pub fn deregistration_delay(&self, at: Moment) -> Duration {
        let seconds = self.attributes.at(at).get("deregistration_delay.timeout_seconds");
        Duration::from_secs(seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(300))
    }
}

/// Says what a listener does with what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefaultAction {
    /// Forwards to a target group.
    Forward(String),
    /// Forwards to several, each with its weight: network load balancers since November 2025.
    Weighted(Vec<(String, u16)>),
    /// Answers by itself, which only application load balancers do.
    FixedResponse {
        /// Status code.
        status: String,
        /// Media type of the body.
        content_type: Option<String>,
        /// Body.
        body: Option<String>,
    },
}

/// Holds what ModifyListener can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerSettings {
    /// Port.
    pub port: u16,
    /// `TCP`, `TLS`, `UDP` or `TCP_UDP`; `HTTP` or `HTTPS` of an application load balancer.
    pub protocol: String,
    /// Default action.
    pub action: DefaultAction,
    /// Place of the action among others, as somebody gave it.
    pub order: Option<u32>,
    /// Certificate of a TLS or HTTPS listener.
    pub certificate: Option<String>,
    /// Security policy of a TLS or HTTPS listener.
    pub ssl_policy: Option<String>,
    /// ALPN policy of a TLS listener.
    pub alpn_policy: Option<String>,
    /// How a TLS listener checks its clients' certificates; `None` where it does not.
    pub mutual: Option<MutualAuthentication>,
}

impl ListenerSettings {
    /// Gives the target groups it forwards to, those without traffic too.
    pub fn target_groups(&self) -> Vec<&str> {
        match &self.action {
            DefaultAction::Forward(arn) => vec![arn],
            DefaultAction::Weighted(groups) => groups.iter().map(|(arn, _)| arn.as_str()).collect(),
            DefaultAction::FixedResponse { .. } => Vec::new(),
        }
    }

    /// Gives the target groups that get traffic.
    pub fn served_groups(&self) -> Vec<&str> {
        match &self.action {
            DefaultAction::Weighted(groups) => {
                groups.iter().filter(|(_, weight)| *weight > 0).map(|(arn, _)| arn.as_str()).collect()
            }
            _ => self.target_groups(),
        }
    }
}

/// Holds one listener.
#[derive(Debug, Clone)]
pub struct Listener {
    /// ARN.
    pub arn: String,
    /// ARN of its load balancer.
    pub load_balancer: String,
    /// When it was made.
    pub created: Moment,
    /// Whether it exists.
    pub exists: Timed<bool>,
    /// Until when it keeps its target group in use; later than its deletion.
    pub released: Moment,
    /// Port, protocol and where it forwards to.
    pub settings: Timed<ListenerSettings>,
    /// Certificates beside the default one.
    pub certificates: Timed<BTreeSet<String>>,
    /// Attributes.
    pub attributes: Timed<Pairs>,
    /// Tags.
    pub tags: Timed<Pairs>,
}

impl Listener {
    /// Tells whether it exists at a moment.
    pub fn exists_at(&self, at: Moment) -> bool {
        self.created <= at && *self.exists.at(at)
    }

    /// Tells whether it keeps a target group in use at a moment.
    pub fn holds(&self, target_group: &str, at: Moment) -> bool {
        self.created <= at && self.released > at && self.settings.at(at).target_groups().contains(&target_group)
    }
}

impl ElbState {
    /// Lists the listeners a load balancer has at a moment.
    pub fn listeners_of(&self, load_balancer: &str, at: Moment) -> impl Iterator<Item = &Listener> {
        self.listeners
            .values()
            .filter(move |listener| listener.load_balancer == load_balancer && listener.exists_at(at))
    }

    /// Lists the load balancers a target group serves at a moment, each once.
    pub fn load_balancers_of(&self, target_group: &str, at: Moment) -> Vec<String> {
        let mut arns: Vec<String> = self
            .listeners
            .values()
            .filter(|listener| listener.holds(target_group, at))
            .map(|listener| listener.load_balancer.clone())
            .collect();
        arns.sort();
        arns.dedup();
        arns
    }

    /// Tells since when a target group has taken traffic; `None` while no listener forwards to it.
    pub fn in_use_since(&self, target_group: &str, at: Moment) -> Option<Moment> {
        self.listeners
            .values()
            .filter(|listener| {
                listener.exists_at(at) && listener.settings.at(at).target_groups().contains(&target_group)
            })
            .map(|listener| listener.settings.changed_at(at).unwrap_or(listener.created))
            .min()
    }
}

/// Holds what is reserved.
#[derive(Debug, Clone)]
pub struct Reservation {
    pub(super) units: Timed<Option<u32>>,
    pub(super) provisioned: Moment,
    pub(super) decreases: Vec<Moment>,
}

/// Holds how client certificates are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MutualAuthentication {
    pub(super) trust_store: String,
    pub(super) ignores_expiry: bool,
}
