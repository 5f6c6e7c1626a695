//! ModifyCapacityReservation, DescribeCapacityReservation: the least capacity that AWS keeps ready for a load balancer.
//!
//! Source: the operations' reference; network load balancer user guide, "Capacity reservations": no TLS listeners, a request at a
//! time, two decreases a day. Limits that depend on the account are not simulated.

use std::time::Duration;

use crate::simulator::buckets::{ELB_MUTATING, ELB_READING};
use crate::simulator::clock::Moment;
use crate::simulator::durations::CAPACITY_PROVISIONING;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

use super::input::{self, configuration, need, validation};
use super::load_balancers::find;
use super::state::{Listener, LoadBalancer, LoadBalancerKind, LoadBalancerZone, Reservation};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("ModifyCapacityReservation", ELB_MUTATING, modify),
    reading("DescribeCapacityReservation", ELB_READING, describe),
];

/// Decreases in a day.
const DECREASES: usize = 2;
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Default for Reservation {
    fn default() -> Self {
        Self { units: Timed::new(None), provisioned: Moment::default(), decreases: Vec::new() }
    }
}

impl Reservation {
    /// Gives the units that are asked for.
    pub fn units(&self, at: Moment) -> Option<u32> {
        *self.units.at(at)
    }

    /// Tells whether AWS still works on what was asked for.
    pub fn is_pending(&self, at: Moment) -> bool {
        self.units(at).is_some() && self.provisioned > at
    }

    fn decreases_left(&self, at: Moment) -> usize {
        let today = self.decreases.iter().filter(|when| at.since(**when) < DAY).count();
        DECREASES.saturating_sub(today)
    }
}

/// Refuses a call while AWS works on a reservation.
pub fn pending() -> ApiError {
    ApiError::bad("CapacityReservationPending", "There is a pending capacity reservation")
}

fn modify(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "LoadBalancerArn")?.to_owned();
    let minimum = params.structure("MinimumLoadBalancerCapacity");
    let units = minimum.map(|minimum| input::number::<u32>(minimum, "CapacityUnits")).transpose()?.flatten();
    let resets = input::flag(params, "ResetCapacityReservation")? == Some(true);
    input::refuse_unread(session, params)?;
    if units.is_some() == resets {
        return Err(validation("You must specify either a minimum load balancer capacity or its reset"));
    }
    let balancer = find(session, &arn)?.clone();
    if balancer.kind == LoadBalancerKind::Application {
        return Err(ApiError::not_simulated("capacity reservations of Application Load Balancers"));
    }
    let is_tls = |listener: &Listener| listener.settings.at(now).protocol == "TLS";
    let has_tls = session.region().elbv2.listeners_of(&arn, now).any(is_tls);
    if units == Some(0) {
        return Err(validation("The capacity units must be at least 1"));
    }
    if units.is_some() && has_tls {
        return Err(session.assumed(configuration(
            "Capacity reservations are not supported on Network Load Balancers with TLS listeners",
        )));
    }
    if units.is_some() && !balancer.state.at(now).is_active() {
        return Err(session.assumed(configuration(format!("The load balancer '{arn}' is not active"))));
    }
    if balancer.reservation.is_pending(now) && units.is_some() {
        return Err(pending());
    }
    let before = balancer.reservation.units(now);
    let is_less = units.is_some() && units < before;
    if is_less && balancer.reservation.decreases_left(now) == 0 {
        return Err(ApiError::bad(
            "CapacityDecreaseRequestLimitExceeded",
            "You've exceeded the daily capacity decrease limit for this reservation",
        ));
    }
    let provisioned = session.later(CAPACITY_PROVISIONING);
    let balancer = find(session, &arn)?;
    balancer.reservation.units.set(now, units);
    balancer.reservation.provisioned = provisioned;
    if is_less {
        balancer.reservation.decreases.push(now);
    }
    Ok(shown(balancer, now))
}

fn describe(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "LoadBalancerArn")?.to_owned();
    input::refuse_unread(session, params)?;
    Ok(shown(find(session, &arn)?, now))
}

/// A load balancer without a reservation has neither capacity nor zones to show.
fn shown(balancer: &LoadBalancer, at: Moment) -> Xml {
    let reservation = &balancer.reservation;
    let xml = Xml::new().text("DecreaseRequestsRemaining", reservation.decreases_left(at));
    let Some(units) = reservation.units(at) else { return xml };
    let zones = balancer.zones.at(at);
    let code = if reservation.is_pending(at) { "pending" } else { "provisioned" };
    let share = f64::from(units) / f64::from(u32::try_from(zones.len().max(1)).unwrap_or(1));
    let zone_xml = |zone: &LoadBalancerZone| {
        let effective = if reservation.is_pending(at) { 0.0 } else { share };
        Xml::new()
            .element("State", Xml::new().text("Code", code))
            .text("AvailabilityZone", &zone.zone_name)
            .text("EffectiveCapacityUnits", effective)
    };
    xml.element("MinimumLoadBalancerCapacity", Xml::new().text("CapacityUnits", units))
        .members("CapacityReservationState", zones.iter().map(zone_xml))
}
