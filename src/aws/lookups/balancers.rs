//! Load balancers, listeners, target groups and health, in plain words.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{ForwardActionConfig, Listener, LoadBalancer, TargetHealthDescription};

use crate::aws::client::Account;
use crate::engine::Result;

/// A load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BalancerSeen {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// AWS's word, such as `active`.
    pub state: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its subnets.
    pub subnet_ids: BTreeSet<String>,
    /// Its security groups.
    pub group_ids: Vec<String>,
    /// Whether the groups' rules hold for traffic of endpoints.
    pub enforces: bool,
}

/// A listener.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListenerRules {
    /// ARN.
    pub arn: String,
    /// Port.
    pub port: i32,
    /// `TCP`, `TLS`, `UDP`, `TCP_UDP`, `HTTP`, `HTTPS`.
    pub protocol: String,
    /// Target groups that get traffic.
    pub group_arns: Vec<String>,
    /// Whether it answers by itself.
    pub answers_itself: bool,
}

/// A target with its health.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetSeen {
    /// Instance id, address or ARN.
    pub id: String,
    /// Port.
    pub port: i32,
    /// The zone that was registered with it.
    pub zone: Option<String>,
    /// AWS's word: `healthy`, `unhealthy`, `initial`, `unused`, `draining`, `unavailable`.
    pub state: String,
    /// AWS's code, such as `Target.FailedHealthChecks`.
    pub reason: Option<String>,
    /// AWS's words.
    pub description: Option<String>,
}

impl TargetSeen {
    /// Whether AWS sends traffic to it.
    pub fn is_healthy(&self) -> bool {
        self.state == "healthy"
    }

    /// What to do about its state.
    pub fn advice(&self) -> &'static str {
        match self.reason.as_deref().unwrap_or_default() {
            "Target.FailedHealthChecks" | "Target.Timeout" => {
                "See that the application listens on the target's port, that the health check asks for what it answers, and \
                 that the target's security groups let the load balancer's nodes in on the port of the health check."
            }
            "Target.ResponseCodeMismatch" => {
                "The application answers the health check with another code than its matcher: change path or matcher."
            }
            "Target.InvalidState" => "The instance is stopped or terminated: start it, or register another one.",
            "Target.NotInUse" => {
                "No listener forwards to the target group, or the load balancer is not enabled in the target's zone: add a \
                 listener, or a subnet of that zone."
            }
            "Target.NotRegistered" => "Register the target.",
            "Target.IpUnusable" => "The address belongs to the load balancer itself: register another one.",
            "Target.DeregistrationInProgress" => "It is leaving; register another one.",
            "Elb.RegistrationInProgress" | "Elb.InitialHealthChecking" => {
                "Wait: the first health checks take some minutes."
            }
            _ => "See the target's health in AWS, and the AWS Health Dashboard.",
        }
    }

    /// Why it is not healthy, in AWS's words, in one line.
    pub fn why(&self) -> String {
        let reason = self.reason.as_deref().map(|reason| format!(" {reason}")).unwrap_or_default();
        let words = self.description.as_deref().map(|words| format!(": {words}")).unwrap_or_default();
        format!("{} is {}{reason}{words}", self.id, self.state)
    }
}

impl Account {
    /// A load balancer; `None` where there is none.
    pub async fn balancer_seen(&self, arn: &str) -> Result<Option<BalancerSeen>> {
        Ok(self.load_balancer(arn).await?.map(|balancer| balancer_seen(&balancer)))
    }

    /// The listeners of a load balancer, with the target groups behind them.
    pub async fn listener_rules(&self, load_balancer_arn: &str) -> Result<Vec<ListenerRules>> {
        Ok(self.listeners_of(load_balancer_arn).await?.iter().map(listener_rules).collect())
    }

    /// The listeners of a load balancer with every target group that they name, those without traffic included.
    pub async fn listeners_and_groups(&self, load_balancer_arn: &str) -> Result<Vec<ListenerRules>> {
        let all = |listener: &Listener| {
            let actions = listener.default_actions().iter();
            let named = actions.flat_map(|action| {
                let forward = action.forward_config().map(ForwardActionConfig::target_groups).unwrap_or_default();
                forward.iter().filter_map(|group| group.target_group_arn()).chain(action.target_group_arn())
            });
            ListenerRules { group_arns: named.map(str::to_owned).collect(), ..listener_rules(listener) }
        };
        Ok(self.listeners_of(load_balancer_arn).await?.iter().map(all).collect())
    }

    /// Name and target type of a target group; `None` where there is none.
    pub async fn group_kind(&self, arn: &str) -> Result<Option<(String, String)>> {
        Ok(self.target_group(arn).await?.map(|group| {
            let kind = group.target_type().map_or("", |kind| kind.as_str()).to_owned();
            (group.target_group_name().unwrap_or_default().to_owned(), kind)
        }))
    }

    /// The targets of a group, with their health.
    pub async fn targets_seen(&self, group_arn: &str) -> Result<Vec<TargetSeen>> {
        let found = self.target_health(group_arn).await?.unwrap_or_default();
        let mut targets: Vec<TargetSeen> = found.iter().map(target_seen).collect();
        targets.sort_by(|left, right| (&left.id, left.port).cmp(&(&right.id, right.port)));
        Ok(targets)
    }
}

fn balancer_seen(balancer: &LoadBalancer) -> BalancerSeen {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let enforces = balancer.enforce_security_group_inbound_rules_on_private_link_traffic();
    BalancerSeen {
        arn: text(balancer.load_balancer_arn()),
        name: text(balancer.load_balancer_name()),
        state: balancer.state().and_then(|state| state.code()).map(|code| code.as_str().to_owned()).unwrap_or_default(),
        vpc_id: text(balancer.vpc_id()),
        subnet_ids: balancer
            .availability_zones()
            .iter()
            .filter_map(|zone| zone.subnet_id().map(str::to_owned))
            .collect(),
        group_ids: balancer.security_groups().to_vec(),
        enforces: enforces.is_none_or(|word| word != "off"),
    }
}

fn listener_rules(listener: &Listener) -> ListenerRules {
    let mut groups = Vec::new();
    let mut answers_itself = false;
    if let Some(action) = listener.default_actions().last() {
        let forward = match action.forward_config() {
            Some(forward) => forward.target_groups(),
            None => &[],
        };
        let weighted = forward.iter().filter(|group| forward.len() == 1 || group.weight() != Some(0));
        groups.extend(weighted.filter_map(|group| group.target_group_arn()).map(str::to_owned));
        if groups.is_empty() {
            groups.extend(action.target_group_arn().map(str::to_owned));
        }
        answers_itself = groups.is_empty();
    }
    ListenerRules {
        arn: listener.listener_arn().unwrap_or_default().to_owned(),
        port: listener.port().unwrap_or_default(),
        protocol: listener.protocol().map(|protocol| protocol.as_str().to_owned()).unwrap_or_default(),
        group_arns: groups,
        answers_itself,
    }
}

fn target_seen(found: &TargetHealthDescription) -> TargetSeen {
    let health = found.target_health();
    let (mut id, mut port, mut zone) = (String::new(), 0, None);
    if let Some(target) = found.target() {
        target.id().unwrap_or_default().clone_into(&mut id);
        port = target.port().unwrap_or_default();
        zone = target.availability_zone().map(str::to_owned);
    }
    TargetSeen {
        id,
        port,
        zone,
        state: health.and_then(|health| health.state()).map(|state| state.as_str().to_owned()).unwrap_or_default(),
        reason: health.and_then(|health| health.reason()).map(|reason| reason.as_str().to_owned()),
        description: health.and_then(|health| health.description()).map(str::to_owned),
    }
}
