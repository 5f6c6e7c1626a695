//! What a listener may say: one default action, a port of its own, protocols that go together.

use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;

use super::application;
use super::input::{self, check_arn, configuration, need, validation};
use super::load_balancers;
use super::mutual_authentication;
use super::protocols;
use super::state::{DefaultAction, ListenerSettings, LoadBalancer, LoadBalancerKind};
use super::target_groups;

/// Policy of a TLS or HTTPS listener that names none. Source: CreateListener reference.
const DEFAULT_SSL_POLICY: &str = "ELBSecurityPolicy-2016-08";
/// Target groups of one action.
const GROUP_LIMIT: usize = 5;
const ALPN_POLICIES: &[&str] = &["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"];

/// Holds what a call says about a listener.
#[derive(Debug)]
pub struct Asked {
    port: Option<u16>,
    protocol: Option<String>,
    action: Option<DefaultAction>,
    order: Option<u32>,
    certificate: Option<String>,
    ssl_policy: Option<String>,
    alpn_policy: Option<String>,
    mutual: Option<mutual_authentication::Asked>,
}

impl Asked {
    /// Reads what CreateListener and ModifyListener share.
    pub fn read(kind: LoadBalancerKind, params: &Params) -> Result<Self, ApiError> {
        let protocol = params.text("Protocol").map(ToOwned::to_owned);
        if let Some(protocol) = &protocol {
            protocols::check_listener(kind, protocol)?;
        }
        let certificates = params.structures("Certificates");
        if certificates.len() > 1 {
            return Err(validation("You can specify exactly one certificate; add others with AddListenerCertificates"));
        }
        let certificate =
            certificates.first().map(|one| need(one, "CertificateArn").map(ToOwned::to_owned)).transpose()?;
        let alpn = params.texts("AlpnPolicy");
        if alpn.len() > 1 {
            return Err(validation("You can specify only one ALPN policy"));
        }
        Ok(Self {
            port: input::port(params, "Port")?,
            protocol,
            action: read_action(kind, params)?,
            order: read_order(params)?,
            certificate,
            ssl_policy: params.text("SslPolicy").map(ToOwned::to_owned),
            alpn_policy: alpn.into_iter().next(),
            mutual: mutual_authentication::Asked::read(kind, params)?,
        })
    }

    /// Completes what was asked for with what is, or with defaults, and checks it in itself.
    pub fn settle(self, current: Option<&ListenerSettings>) -> Result<ListenerSettings, ApiError> {
        let protocol = self.protocol.or_else(|| current.map(|current| current.protocol.clone()));
        let protocol = protocol.ok_or_else(|| validation("A listener protocol must be specified"))?;
        let port = self.port.or_else(|| current.map(|current| current.port));
        let port = port.ok_or_else(|| validation("A listener port must be specified"))?;
        let order = if self.action.is_some() { self.order } else { current.and_then(|current| current.order) };
        let action = self.action.or_else(|| current.map(|current| current.action.clone()));
        let action = action.ok_or_else(|| validation("A default action must be specified"))?;
        if !matches!(protocol.as_str(), "TLS" | "HTTPS") {
            let has_policies = self.ssl_policy.is_some() || self.alpn_policy.is_some();
            if self.certificate.is_some() || has_policies || self.mutual.is_some() {
                return Err(configuration(format!(
                    "Certificates, policies and mutual authentication are not supported for listeners with protocol {protocol}"
                )));
            }
            return Ok(ListenerSettings {
                port,
                protocol,
                action,
                order,
                certificate: None,
                ssl_policy: None,
                alpn_policy: None,
                mutual: None,
            });
        }
        let certificate = self.certificate.or_else(|| current.and_then(|current| current.certificate.clone()));
        let certificate = certificate
            .ok_or_else(|| validation(format!("A certificate must be specified for {protocol} listeners")))?;
        let ssl_policy = self.ssl_policy.or_else(|| current.and_then(|current| current.ssl_policy.clone()));
        let ssl_policy = ssl_policy.unwrap_or_else(|| DEFAULT_SSL_POLICY.to_owned());
        if !ssl_policy.starts_with("ELBSecurityPolicy-") {
            return Err(ApiError::bad("SSLPolicyNotFound", format!("SSL policy '{ssl_policy}' not found")));
        }
        let alpn_policy = self.alpn_policy.or_else(|| current.and_then(|current| current.alpn_policy.clone()));
        if let Some(odd) = alpn_policy.as_ref().filter(|policy| !ALPN_POLICIES.contains(&policy.as_str())) {
            return Err(ApiError::bad("ALPNPolicyNotFound", format!("ALPN policy '{odd}' not found")));
        }
        Ok(ListenerSettings {
            port,
            protocol,
            action,
            order,
            certificate: Some(certificate),
            ssl_policy: Some(ssl_policy),
            alpn_policy,
            mutual: match self.mutual {
                Some(asked) => asked.wanted,
                None => current.and_then(|current| current.mutual.clone()),
            },
        })
    }
}

/// Reads the default action: exactly one, forwarding to one target group, named once or twice alike. Listeners of application
/// load balancers may answer by themselves; chains of actions, weights and redirects are not simulated.
fn read_action(kind: LoadBalancerKind, params: &Params) -> Result<Option<DefaultAction>, ApiError> {
    let actions = params.structures("DefaultActions");
    let [action] = actions.as_slice() else {
        return match actions.len() {
            0 => Ok(None),
            _ if kind == LoadBalancerKind::Application => {
                Err(ApiError::not_simulated("several actions of a listener of an Application Load Balancer"))
            }
            _ => Err(ApiError::bad(
                "TooManyActions",
                "A listener of a Network Load Balancer has exactly one default action",
            )),
        };
    };
    match need(action, "Type")? {
        "forward" => {}
        "fixed-response" if kind == LoadBalancerKind::Application => return application::read_fixed_response(action),
        other if kind == LoadBalancerKind::Application => {
            return Err(ApiError::not_simulated(format!("actions of type '{other}'")));
        }
        other => {
            return Err(ApiError::bad(
                "InvalidLoadBalancerAction",
                format!("Actions of type '{other}' are not supported for Network Load Balancers"),
            ));
        }
    }
    let direct = action.text("TargetGroupArn").map(ToOwned::to_owned);
    let forward = action.structure("ForwardConfig");
    if let Some(sticky) = forward.and_then(|forward| forward.structure("TargetGroupStickinessConfig")) {
        if input::flag(sticky, "Enabled")? == Some(true) {
            return Err(ApiError::not_simulated("stickiness of target groups"));
        }
        sticky.accept();
    }
    let groups = forward.map(|forward| forward.structures("TargetGroups")).unwrap_or_default();
    let mut weighted = Vec::new();
    for group in &groups {
        let weight = input::number::<u16>(group, "Weight")?;
        if weight.is_some_and(|weight| weight > 999) {
            return Err(validation("The weight of a target group must be in the range [0, 999]"));
        }
        weighted.push((need(group, "TargetGroupArn")?.to_owned(), weight.unwrap_or(1)));
    }
    if groups.len() > 1 {
        return weighted_action(direct.is_some(), weighted).map(Some);
    }
    let nested = groups.first().map(|group| need(group, "TargetGroupArn").map(ToOwned::to_owned)).transpose()?;
    match (direct, nested) {
        (Some(direct), Some(nested)) if direct != nested => {
            Err(validation("The target group ARN must match the one of the forward configuration"))
        }
        (None, None) => Err(validation("A target group ARN must be specified")),
        (direct, nested) => Ok(direct.or(nested).map(DefaultAction::Forward)),
    }
}

/// Reads the place of the default action, which AWS keeps and tells. Source: hashicorp/aws, which writes it into its state.
fn read_order(params: &Params) -> Result<Option<u32>, ApiError> {
    let actions = params.structures("DefaultActions");
    match actions.first().map(|action| input::number::<u32>(action, "Order")).transpose()?.flatten() {
        Some(order) if !(1..=50_000).contains(&order) => {
            Err(validation(format!("Action order '{order}' must be in the range [1, 50000]")))
        }
        order => Ok(order),
    }
}

/// Settles an action that forwards to several target groups. Source: CreateListener, November 2025; the codes are *assumed*.
fn weighted_action(has_direct: bool, groups: Vec<(String, u16)>) -> Result<DefaultAction, ApiError> {
    if has_direct {
        return Err(validation(
            "A target group ARN cannot be specified beside several groups of the forward configuration",
        ));
    }
    if groups.len() > GROUP_LIMIT {
        return Err(ApiError::bad(
            "TooManyUniqueTargetGroupsPerLoadBalancer",
            format!("An action forwards to at most {GROUP_LIMIT} target groups"),
        ));
    }
    let distinct: std::collections::BTreeSet<&String> = groups.iter().map(|(arn, _)| arn).collect();
    if distinct.len() < groups.len() {
        return Err(validation("A target group can be named once in a forward configuration"));
    }
    if groups.iter().all(|(_, weight)| *weight == 0) {
        return Err(validation("At least one target group must have a weight above 0"));
    }
    Ok(DefaultAction::Weighted(groups))
}

/// Checks a listener against its load balancer, its target group and the other listeners.
pub fn check(
    session: &mut Session<'_>,
    load_balancer: &str,
    own_arn: Option<&str>,
    settings: &ListenerSettings,
) -> Result<(), ApiError> {
    let now = session.now;
    let balancer = load_balancers::find(session, load_balancer)?.clone();
    let fits = session.holds(Rule::ListenersFit);
    let elb = &session.region().elbv2;
    let is_taken = elb
        .listeners_of(load_balancer, now)
        .any(|other| own_arn != Some(other.arn.as_str()) && other.settings.at(now).port == settings.port);
    if fits && is_taken {
        return Err(ApiError::bad(
            "DuplicateListener",
            "A listener already exists on this port for this load balancer",
        ));
    }
    for target_group in settings.target_groups() {
        check_group(session, load_balancer, &balancer, settings, target_group)?;
    }
    if settings.protocol == "TLS" && balancer.reservation.units(now).is_some() {
        return Err(session.assumed(configuration(
            "TLS listeners are not supported on a Network Load Balancer with a capacity reservation",
        )));
    }
    if let Some(mutual) = &settings.mutual {
        mutual.check(session)?;
    }
    settings.certificate.as_deref().map_or(Ok(()), |arn| check_certificate(session, arn))
}

/// Checks one of the target groups that a listener forwards to.
fn check_group(
    session: &mut Session<'_>,
    load_balancer: &str,
    balancer: &LoadBalancer,
    settings: &ListenerSettings,
    target_group: &str,
) -> Result<(), ApiError> {
    let now = session.now;
    let fits = session.holds(Rule::ListenersFit);
    let elb = &session.region().elbv2;
    let bound: Vec<String> = elb.load_balancers_of(target_group, now);
    check_arn(target_group, "targetgroup", "target group")?;
    let group = target_groups::find(session, target_group)?.clone();
    if fits {
        protocols::check_forward(&settings.protocol, &group.protocol)?;
    }
    if group.target_type == "alb" && settings.protocol != "TCP" {
        return Err(configuration(format!(
            "Target groups of target type 'alb' take traffic of TCP listeners, not of {}",
            settings.protocol
        )));
    }
    if fits && bound.iter().any(|other| other != load_balancer) {
        return Err(ApiError::bad(
            "TargetGroupAssociationLimit",
            format!("The following target groups cannot be associated with more than one load balancer: {}", group.arn),
        ));
    }
    if group.vpc_id != balancer.vpc_id {
        return Err(configuration(format!(
            "The target group '{}' and the load balancer '{load_balancer}' have different VPCs",
            group.arn
        )));
    }
    let dualstack = balancer.ip_address_type.at(now) == "dualstack";
    if group.ip_address_type == "ipv6" && !dualstack {
        return Err(configuration("Target groups of IP address type 'ipv6' need a load balancer of type 'dualstack'"));
    }
    let has_prefixes = *balancer.source_nat_prefix.at(now) || session.readings().udp_on_dualstack;
    if dualstack && settings.protocol.contains("UDP") && !has_prefixes {
        return Err(configuration(
            "UDP and TCP_UDP listeners on a load balancer of IP address type 'dualstack' need prefixes for source NAT over IPv6",
        ));
    }
    Ok(())
}

/// Checks that a certificate could be one of the caller's own: ACM itself is not simulated.
pub fn check_certificate(session: &Session<'_>, arn: &str) -> Result<(), ApiError> {
    let caller = &session.caller;
    let own = [
        format!("arn:aws:acm:{}:{}:certificate/", caller.region, caller.account),
        format!("arn:aws:iam::{}:server-certificate/", caller.account),
    ];
    if own.iter().any(|prefix| arn.strip_prefix(prefix.as_str()).is_some_and(|id| !id.is_empty())) {
        Ok(())
    } else {
        Err(ApiError::bad("CertificateNotFound", format!("Certificate '{arn}' not found")))
    }
}
