//! What is peculiar to application load balancers, which are here as targets of network load balancers.
//!
//! A target group of type `alb` holds one of them, reaches it on the port of one of its listeners, and keeps it and that
//! listener from being deleted. Rules and forwarding by path are not simulated: a listener does one thing.
//!
//! Sources: NLB user guide, "Application Load Balancers as targets"; codes as told beside each rule.

use std::collections::BTreeSet;

use crate::simulator::clock::Moment;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::state::Region;

use super::input::{configuration, need, validation};
use super::lookup;
use super::placement::Wanted;
use super::state::{DefaultAction, LoadBalancerKind, TargetGroup, TargetKey};

/// Checks the places of a new application load balancer: two zones, no pinned addresses.
pub fn check_placement(wanted: &[Wanted]) -> Result<(), ApiError> {
    let zones: BTreeSet<&String> = wanted.iter().map(|one| &one.subnet.zone.id).collect();
    if zones.len() < 2 {
        return Err(validation("At least two subnets in two different Availability Zones must be specified"));
    }
    match wanted.iter().find(|one| one.pinned.is_some()) {
        Some(one) => Err(configuration(format!(
            "A private IPv4 address cannot be given to an Application Load Balancer (subnet {})",
            one.subnet.id
        ))),
        None => Ok(()),
    }
}

/// Gives the group that an application load balancer gets when none is named: its VPC's default one.
pub fn default_group(session: &mut Session<'_>, wanted: &[Wanted]) -> Option<String> {
    let vpc_id = &wanted.first()?.subnet.vpc_id;
    session.region().ec2.vpcs.get(vpc_id).map(|vpc| vpc.default_group.clone())
}

/// Writes the DNS name of an internal application load balancer.
pub fn dns_name(name: &str, id: &str, region: &str) -> String {
    let digits = u64::from_str_radix(id, 16).unwrap_or_default() % 10_000_000_000;
    format!("internal-{name}-{digits}.{region}.elb.amazonaws.com")
}

/// Reads an action that answers by itself.
pub fn read_fixed_response(action: &Params) -> Result<Option<DefaultAction>, ApiError> {
    let given = action.structure("FixedResponseConfig");
    let given = given.ok_or_else(|| validation("A fixed response configuration must be specified"))?;
    let status = need(given, "StatusCode")?;
    let is_code = status.len() == 3 && status.parse::<u16>().is_ok_and(|code| matches!(code / 100, 2 | 4 | 5));
    if !is_code {
        return Err(validation(format!("Status code '{status}' must match '^(2|4|5)\\d\\d$'")));
    }
    let text = |name: &str| given.text(name).map(ToOwned::to_owned);
    Ok(Some(DefaultAction::FixedResponse {
        status: status.to_owned(),
        content_type: text("ContentType"),
        body: text("MessageBody"),
    }))
}

/// Checks an application load balancer that is to become a target: the caller's own, of the group's VPC, with a listener on the
/// port, the only target of the group.
///
/// # Errors
/// `ValidationError` without the listener (terraform-provider-aws#38987); `InvalidTarget` for others' and other VPCs',
/// `TooManyTargets` for a second one (codes *assumed*).
pub fn check_target(session: &mut Session<'_>, group: &TargetGroup, (arn, port): &TargetKey) -> Result<(), ApiError> {
    let (now, invalid) = (session.now, |message: String| Err(ApiError::bad("InvalidTarget", message)));
    let visible = session.visible(arn);
    let region = session.region();
    let found = region.elbv2.load_balancers.get(arn).filter(|one| visible && one.lives_at(now));
    let Some(balancer) = found.filter(|one| one.kind == LoadBalancerKind::Application) else {
        return invalid(format!("The following targets are not Application Load Balancers of this account: '{arn}'"));
    };
    if balancer.vpc_id != group.vpc_id {
        return invalid(format!("The following targets are not in the target group VPC '{}': '{arn}'", group.vpc_id));
    }
    if lookup::listener_on(region, arn, *port, now).is_none() {
        return Err(validation(format!(
            "A target of type ALB needs a listener on the port of the target group or of the target: '{arn}' has none on {port}"
        )));
    }
    let staying = group.targets.iter().filter(|(_, target)| target.deregistered.is_none());
    if staying.into_iter().any(|((other, at), _)| (other, at) != (arn, port)) {
        return Err(ApiError::bad(
            "TooManyTargets",
            format!("A target group of type 'alb' has one target: '{}' has one already", group.arn),
        ));
    }
    Ok(())
}

/// Refuses to take away a port of an application load balancer on which it is registered as a target
/// (terraform-provider-aws#34860).
pub fn check_port_is_free(session: &mut Session<'_>, load_balancer: &str, port: u16) -> Result<(), ApiError> {
    let now = session.now;
    if registered(session.region(), load_balancer, now).any(|own| own == port) {
        return Err(ApiError::bad(
            "ResourceInUse",
            format!("Listener port '{port}' is in use by registered target '{load_balancer}' and cannot be removed."),
        ));
    }
    Ok(())
}

/// Refuses to delete an application load balancer that is registered as a target. *Assumed:* its listeners cannot go, and it
/// would take them along.
pub fn check_is_no_target(session: &mut Session<'_>, load_balancer: &str) -> Result<(), ApiError> {
    let now = session.now;
    match registered(session.region(), load_balancer, now).next() {
        None => Ok(()),
        Some(port) => Err(ApiError::bad(
            "ResourceInUse",
            format!(
                "Load balancer '{load_balancer}' cannot be deleted because it is a registered target on the port {port}"
            ),
        )),
    }
}

/// Lists the ports on which target groups hold an application load balancer.
fn registered<'a>(region: &'a Region, load_balancer: &'a str, now: Moment) -> impl Iterator<Item = u16> + 'a {
    let groups = region.elbv2.target_groups.values();
    groups.filter(move |group| group.target_type == "alb" && group.exists_at(now)).flat_map(move |group| {
        let held = group.targets.iter().filter(|(_, target)| target.deregistered.is_none());
        held.filter(move |((arn, _), _)| arn == load_balancer).map(|((_, port), _)| *port)
    })
}
