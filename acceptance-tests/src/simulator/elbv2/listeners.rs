//! CreateListener, DescribeListeners, ModifyListener, DeleteListener. What a listener may say is in `listener_rules.rs`.

use std::collections::BTreeSet;

use crate::simulator::buckets::{ELB_MUTATING, ELB_READING};
use crate::simulator::clock::Moment;
use crate::simulator::durations::LOAD_BALANCER_DELETION;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

use super::application;
use super::attributes;
use super::input::{self, check_arn, need, validation};
use super::listener_rules::{self, Asked};
use super::load_balancers;
use super::mutual_authentication;
use super::state::{DefaultAction, Listener, ListenerSettings, LoadBalancerKind};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateListener", ELB_MUTATING, create),
    reading("DescribeListeners", ELB_READING, describe_many),
    mutation("ModifyListener", ELB_MUTATING, modify),
    mutation("DeleteListener", ELB_MUTATING, delete),
];

/// Listeners of one load balancer.
const LIMIT: usize = 50;

/// Finds a listener of the caller.
///
/// # Errors
/// `ValidationError` for what is no ARN; `ListenerNotFound`.
pub fn find<'a>(session: &'a mut Session<'_>, arn: &str) -> Result<&'a mut Listener, ApiError> {
    check_arn(arn, "listener", "listener")?;
    let now = session.now;
    let found = session.region().elbv2.listeners.get_mut(arn);
    found
        .filter(|listener| listener.exists_at(now))
        .ok_or_else(|| ApiError::bad("ListenerNotFound", "One or more listeners not found"))
}

fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let load_balancer = need(params, "LoadBalancerArn")?.to_owned();
    let asked = Asked::read(LoadBalancerKind::of_arn(&load_balancer), params)?;
    let tags = input::tags(params, "Tags")?;
    input::refuse_unread(session, params)?;
    load_balancers::find(session, &load_balancer)?;
    let settings = asked.settle(None)?;
    listener_rules::check(session, &load_balancer, None, &settings)?;
    if session.region().elbv2.listeners_of(&load_balancer, now).count() >= LIMIT {
        return Err(ApiError::bad(
            "TooManyListeners",
            format!("The maximum number of listeners of a load balancer is {LIMIT}"),
        ));
    }
    let arn = format!("{}/{}", load_balancer.replacen(":loadbalancer/", ":listener/", 1), session.hex(16));
    let listener = Listener {
        arn: arn.clone(),
        load_balancer,
        created: now,
        exists: Timed::new(true),
        released: Moment::NEVER,
        attributes: Timed::new(attributes::of_listener(&settings.protocol)),
        settings: Timed::new(settings),
        certificates: Timed::new(BTreeSet::new()),
        tags: Timed::new(tags),
    };
    let answer = describe(&listener, now);
    session.region().elbv2.listeners.insert(arn, listener);
    Ok(Xml::new().members("Listeners", [answer]))
}

fn describe_many(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arns = input::arns(session, params, "ListenerArns")?;
    let balancer = params.text("LoadBalancerArn").map(ToOwned::to_owned);
    if arns.is_empty() == balancer.is_none() {
        return Err(validation("You must specify either listener ARNs or a load balancer ARN"));
    }
    for arn in &arns {
        check_arn(arn, "listener", "listener")?;
    }
    if let Some(balancer) = &balancer {
        load_balancers::find(session, balancer)?;
    }
    let ask = input::ask(params, !arns.is_empty())?;
    let (Shelves { region, .. }, mut desk) = session.desk();
    let listing = Listing {
        walk: &|range| walk(&region.elbv2.listeners, range),
        sight: None,
        changed: |_, _| None,
        shows: &|listener, _| listener.exists_at(now),
        passes: &|listener, _| balancer.as_ref().is_none_or(|arn| listener.load_balancer == *arn),
        write: &|listener, _| describe(listener, now),
        absent: Some(&|_| ApiError::bad("ListenerNotFound", "One or more listeners not found")),
    };
    let page = desk.list(&ask, &arns, &listing).map_err(input::in_words)?;
    Ok(Xml::new().members("Listeners", page.items).optional("NextMarker", page.next))
}

fn describe(listener: &Listener, at: Moment) -> Xml {
    let ListenerSettings { port, protocol, action, order, certificate, ssl_policy, alpn_policy, mutual } =
        listener.settings.at(at);
    let action = match action {
        DefaultAction::Forward(group) => {
            let forward = Xml::new().members("TargetGroups", [Xml::new().text("TargetGroupArn", group)]);
            Xml::new().text("Type", "forward").text("TargetGroupArn", group).element("ForwardConfig", forward)
        }
        DefaultAction::Weighted(groups) => {
            let groups =
                groups.iter().map(|(group, weight)| Xml::new().text("TargetGroupArn", group).text("Weight", weight));
            Xml::new().text("Type", "forward").element("ForwardConfig", Xml::new().members("TargetGroups", groups))
        }
        DefaultAction::FixedResponse { status, content_type, body } => {
            let response = Xml::new()
                .text("StatusCode", status)
                .optional("ContentType", content_type.as_ref())
                .optional("MessageBody", body.as_ref());
            Xml::new().text("Type", "fixed-response").element("FixedResponseConfig", response)
        }
    };
    let xml = Xml::new()
        .text("ListenerArn", &listener.arn)
        .text("LoadBalancerArn", &listener.load_balancer)
        .text("Port", port)
        .text("Protocol", protocol);
    let xml = match certificate {
        Some(arn) => xml.members("Certificates", [Xml::new().text("CertificateArn", arn)]),
        None => xml,
    };
    let xml =
        xml.optional("SslPolicy", ssl_policy.as_ref()).members("DefaultActions", [action.optional("Order", *order)]);
    let xml = match alpn_policy {
        Some(policy) => xml.text_members("AlpnPolicy", [policy]),
        None => xml,
    };
    mutual_authentication::join(xml, protocol, mutual.as_ref())
}

fn modify(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "ListenerArn")?.to_owned();
    let asked = Asked::read(LoadBalancerKind::of_arn(&arn), params)?;
    input::refuse_unread(session, params)?;
    let listener = find(session, &arn)?.clone();
    let current = listener.settings.at(now);
    let settings = asked.settle(Some(current))?;
    listener_rules::check(session, &listener.load_balancer, Some(&arn), &settings)?;
    if settings.port != current.port {
        application::check_port_is_free(session, &listener.load_balancer, current.port)?;
    }
    let listener = find(session, &arn)?;
    if settings.protocol != listener.settings.at(now).protocol {
        listener.attributes.set(now, attributes::of_listener(&settings.protocol));
        // Source: ModifyListener, Protocol; of the list of further certificates *assumed*.
        listener.certificates.set(now, BTreeSet::new());
    }
    if settings != *listener.settings.at(now) {
        listener.settings.set(now, settings);
    }
    Ok(Xml::new().members("Listeners", [describe(listener, now)]))
}

fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "ListenerArn")?;
    let is_told = session.holds(Rule::AbsentDeletionIsTold);
    let (load_balancer, port) = match find(session, arn) {
        Err(error) if error.code == "ListenerNotFound" && !is_told => return Ok(Xml::new()),
        found => found.map(|listener| (listener.load_balancer.clone(), listener.settings.at(now).port))?,
    };
    application::check_port_is_free(session, &load_balancer, port)?;
    // The target group stays in use for some seconds (facts 6).
    let released = session.later(LOAD_BALANCER_DELETION);
    let listener = find(session, arn)?;
    listener.exists.set(now, false);
    listener.released = released;
    Ok(Xml::new())
}
