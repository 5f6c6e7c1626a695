//! Connection notifications: create, change, list and delete. Nothing is published.
//!
//! A topic is only an ARN here: every well-formed one of the same Region exists and lets `vpce.amazonaws.com` publish, unless
//! `/_simulator/set` says otherwise.

use crate::simulator::ec2::filter::Filters;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::xml::Xml;

use super::answer::{done, listed, unsuccessful};
use super::find::{exists, own_endpoint, own_service};

const EVENTS: [&str; 4] = ["Accept", "Connect", "Delete", "Reject"];

/// A connection notification.
#[derive(Debug, Clone)]
pub struct Notification {
    /// `vpce-nfn-…`.
    pub id: String,
    /// The service whose connections it tells of.
    pub service_id: Option<String>,
    /// The endpoint whose connection it tells of.
    pub endpoint_id: Option<String>,
    /// The topic.
    pub topic: String,
    /// Which events, in AWS's order.
    pub events: Vec<String>,
    /// Whether AWS publishes.
    pub enabled: bool,
}

impl Notification {
    fn state(&self) -> &'static str {
        if self.enabled { "Enabled" } else { "Disabled" }
    }

    fn xml(&self) -> Xml {
        Xml::new()
            .text("connectionNotificationId", &self.id)
            .optional("serviceId", self.service_id.as_ref())
            .optional("vpcEndpointId", self.endpoint_id.as_ref())
            .text("connectionNotificationType", "Topic")
            .text("connectionNotificationArn", &self.topic)
            .text_set("connectionEvents", &self.events)
            .text("connectionNotificationState", self.state())
    }

    fn filter_values(&self, name: &str) -> Vec<String> {
        match name {
            "connection-notification-arn" => vec![self.topic.clone()],
            "connection-notification-id" => vec![self.id.clone()],
            "connection-notification-state" => vec![self.state().to_owned()],
            "connection-notification-type" => vec!["Topic".to_owned()],
            "service-id" => self.service_id.clone().into_iter().collect(),
            _ => self.endpoint_id.clone().into_iter().collect(),
        }
    }
}

/// Makes a notification for a service or an endpoint of the caller.
pub fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    if let Some(first) = session.replay(params)? {
        return Ok(first);
    }
    let topic = topic(session, params.need("ConnectionNotificationArn")?)?;
    let events = events(&params.texts("ConnectionEvents"))?;
    let (service_id, endpoint_id) = match (params.text("ServiceId"), params.text("VpcEndpointId")) {
        (Some(id), None) => (Some(own_service(session, id)?.id.clone()), None),
        (None, Some(id)) => (None, Some(own_endpoint(session, id)?.id.clone())),
        _ => return Err(ApiError::invalid("Exactly one of ServiceId and VpcEndpointId must be given.")),
    };
    let id = session.new_id("vpce-nfn", 17);
    let notification = Notification { id, service_id, endpoint_id, topic, events, enabled: true };
    let answer = Xml::new()
        .element("connectionNotification", notification.xml())
        .optional("clientToken", params.text("ClientToken"));
    session.region().ec2.privatelink.notifications.insert(notification.id.clone(), notification);
    session.remember(params, &answer);
    Ok(answer)
}

/// Changes topic or events; what is not given stays.
pub fn modify(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("ConnectionNotificationId")?;
    let topic = params.text("ConnectionNotificationArn").map(|arn| topic(session, arn)).transpose()?;
    let events = if params.has("ConnectionEvents") { Some(events(&params.texts("ConnectionEvents"))?) } else { None };
    let found = session.region().ec2.privatelink.notifications.get_mut(id).ok_or_else(|| not_found(id))?;
    if let Some(topic) = topic {
        found.topic = topic;
    }
    if let Some(events) = events {
        found.events = events;
    }
    Ok(done())
}

/// Lists the caller's notifications.
pub fn describe(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let filters = Filters::read(
        params,
        &[
            "connection-notification-arn",
            "connection-notification-id",
            "connection-notification-state",
            "connection-notification-type",
            "service-id",
            "vpc-endpoint-id",
        ],
    )?;
    let wanted = params.text("ConnectionNotificationId");
    let all = &session.region().ec2.privatelink.notifications;
    if let Some(id) = wanted.filter(|id| !all.contains_key(*id)) {
        return Err(not_found(id));
    }
    let items = all
        .values()
        .filter(|entry| wanted.is_none_or(|id| id == entry.id) && filters.pass(None, |name| entry.filter_values(name)))
        .map(|entry| (entry.id.clone(), entry.xml()))
        .collect();
    let page = session.page(params, items, PageSizes::Clamped, wanted.is_some())?;
    Ok(listed("connectionNotificationSet", page))
}

/// Deletes notifications; absent ones are items of the answer.
pub fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("ConnectionNotificationId");
    if ids.is_empty() {
        return Err(ApiError::missing("ConnectionNotificationId"));
    }
    let all = &mut session.region().ec2.privatelink.notifications;
    let absent = ids.into_iter().filter_map(|id| match all.remove(&id) {
        Some(_) => None,
        None => Some((id.clone(), not_found(&id))),
    });
    Ok(unsuccessful(absent.collect()))
}

fn topic(session: &Session<'_>, arn: &str) -> Result<String, ApiError> {
    let parts: Vec<&str> = arn.split(':').collect();
    let legal = match parts.as_slice() {
        ["arn", "aws", "sns", region, account, name] => {
            *region == session.caller.region && account.len() == 12 && !name.is_empty()
        }
        _ => false,
    };
    if legal && exists(session.state, arn) {
        let closed = session.state.regions().any(|(_, _, region)| region.ec2.privatelink.closed_topics.contains(arn));
        if !closed {
            return Ok(arn.to_owned());
        }
        let message = format!("The policy of the topic '{arn}' does not allow vpce.amazonaws.com to publish to it.");
        return Err(ApiError::bad("InvalidConnectionNotification", message));
    }
    let message = format!("The connection notification ARN '{arn}' is not a topic of this Region, or does not exist.");
    Err(ApiError::bad("InvalidConnectionNotification", message))
}

fn events(given: &[String]) -> Result<Vec<String>, ApiError> {
    if given.is_empty() {
        return Err(ApiError::missing("ConnectionEvents"));
    }
    if let Some(unknown) = given.iter().find(|event| !EVENTS.contains(&event.as_str())) {
        return Err(ApiError::invalid(format!("The connection event '{unknown}' is invalid.")));
    }
    let events = EVENTS.iter().filter(|event| given.iter().any(|name| name == *event));
    Ok(events.map(|event| (*event).to_owned()).collect())
}

fn not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidConnectionNotification", format!("The connection notification id '{id}' does not exist."))
}
