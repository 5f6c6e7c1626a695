//! The prefix of each subnet from which datagrams over IPv6 leave a network load balancer.
//!
//! Source: CreateLoadBalancer and SetSubnets, `EnablePrefixForIpv6SourceNat`: for listeners of UDP, with the IP address type
//! dualstack, off by default. Codes are *assumed*. Prefixes that the caller chooses (`SourceNatIpv6Prefix`) are not simulated.

use crate::simulator::clock::Moment;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::session::Session;

use super::input::{configuration, validation};
use super::state::{Listener, LoadBalancer, LoadBalancerKind};

/// Reads what a call says about it.
pub fn read(kind: LoadBalancerKind, params: &Params) -> Result<Option<bool>, ApiError> {
    match params.text("EnablePrefixForIpv6SourceNat") {
        None => Ok(None),
        Some("on" | "off") if kind == LoadBalancerKind::Application => {
            Err(configuration("Prefixes for source NAT are not supported for Application Load Balancers"))
        }
        Some("on") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        Some(other) => Err(validation(format!("'{other}' must be one of 'off, on'"))),
    }
}

/// Refuses prefixes on a load balancer of one family.
pub fn check(is_on: bool, ip_address_type: &str) -> Result<(), ApiError> {
    if is_on && ip_address_type != "dualstack" {
        return Err(configuration("Prefixes for source NAT over IPv6 need the IP address type 'dualstack'"));
    }
    Ok(())
}

/// Refuses to take prefixes away from listeners that need them.
pub fn check_is_unused(session: &mut Session<'_>, balancer: &LoadBalancer) -> Result<(), ApiError> {
    let now = session.now;
    let had = *balancer.source_nat_prefix.at(now);
    let is_udp = |listener: &Listener| listener.settings.at(now).protocol.contains("UDP");
    if had && session.region().elbv2.listeners_of(&balancer.arn, now).any(is_udp) {
        return Err(session.assumed(configuration(
            "Prefixes for source NAT cannot be disabled on a load balancer with UDP or TCP_UDP listeners",
        )));
    }
    Ok(())
}

/// Gives the word that a description has; none of an application load balancer.
pub fn shown(balancer: &LoadBalancer, at: Moment) -> Option<&'static str> {
    let word = if *balancer.source_nat_prefix.at(at) { "on" } else { "off" };
    (balancer.kind == LoadBalancerKind::Network).then_some(word)
}
