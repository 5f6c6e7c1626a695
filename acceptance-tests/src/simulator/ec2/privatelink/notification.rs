//! Connection notifications: create, change, list and delete. Nothing is published.
//!
//! The topic is one of SNS in the same Region, whose policy lets `vpce.amazonaws.com` publish what happens to the object.

use crate::simulator::ec2::filter::Filters;
use crate::simulator::error::ApiError;
use crate::simulator::listing::{Listing, Shelves, walk};
use crate::simulator::params::Params;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::sns::lookup::topic;
use crate::simulator::sns::policy::{Publication, admits};
use crate::simulator::state::State;
use crate::simulator::xml::Xml;

use super::answer::{done, listed, unsuccessful};
use super::find::{own_endpoint, own_service};
use super::state::Notification;

const EVENTS: [&str; 4] = ["Accept", "Connect", "Delete", "Reject"];

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
    let topic = params.need("ConnectionNotificationArn")?.to_owned();
    let events = events(&params.texts("ConnectionEvents"))?;
    let (service_id, endpoint_id) = match (params.text("ServiceId"), params.text("VpcEndpointId")) {
        (Some(id), None) => (Some(own_service(session, id)?.id.clone()), None),
        (None, Some(id)) => (None, Some(own_endpoint(session, id)?.id.clone())),
        _ => return Err(ApiError::invalid("Exactly one of ServiceId and VpcEndpointId must be given.")),
    };
    check_topic(session, &topic, &source(session, service_id.as_deref(), endpoint_id.as_deref()))?;
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
    let events = if params.has("ConnectionEvents") { Some(events(&params.texts("ConnectionEvents"))?) } else { None };
    let found = session.region().ec2.privatelink.notifications.get(id).ok_or_else(|| not_found(id))?.clone();
    let topic = params.text("ConnectionNotificationArn");
    if let Some(topic) = topic {
        let source = source(session, found.service_id.as_deref(), found.endpoint_id.as_deref());
        check_topic(session, topic, &source)?;
    }
    let found = session.region().ec2.privatelink.notifications.get_mut(id).ok_or_else(|| not_found(id))?;
    if let Some(topic) = topic {
        topic.clone_into(&mut found.topic);
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
    let ids: Vec<String> = params.text("ConnectionNotificationId").map(str::to_owned).into_iter().collect();
    let ask = session.ask(params, PageSizes::Clamped, !ids.is_empty())?;
    let (Shelves { region, .. }, mut desk) = session.desk();
    let listing = Listing {
        walk: &|range| walk(&region.ec2.privatelink.notifications, range),
        sight: None,
        changed: |_, _| None,
        shows: &|_, _| true,
        passes: &|entry, _| filters.pass(None, |name| entry.filter_values(name)),
        write: &|entry, _| entry.xml(),
        absent: Some(&not_found),
    };
    let page = desk.list(&ask, &ids, &listing)?;
    Ok(listed("connectionNotificationSet", page))
}

/// Switches off what was to be published to a topic that is gone. *Assumed:* AWS does, and never switches it on again.
pub fn topic_is_gone(state: &mut State, arn: &str) {
    for (_, _, region) in state.regions_mut() {
        for entry in region.ec2.privatelink.notifications.values_mut().filter(|entry| entry.topic == arn) {
            entry.enabled = false;
        }
    }
}

/// Deletes notifications; absent ones are items of the answer.
pub fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let ids = params.texts("ConnectionNotificationId");
    if ids.is_empty() {
        return Err(ApiError::missing("ConnectionNotificationId"));
    }
    let mut failed = Vec::new();
    for id in ids {
        let struck = session.item_fault();
        let all = &mut session.region().ec2.privatelink.notifications;
        let removed = struck.and_then(|()| all.remove(&id).ok_or_else(|| not_found(&id)));
        failed.extend(removed.err().map(|error| (id, error)));
    }
    Ok(unsuccessful(failed))
}

/// Writes the ARN of the object that a notification is about.
fn source(session: &Session<'_>, service_id: Option<&str>, endpoint_id: Option<&str>) -> String {
    let place = format!("arn:aws:ec2:{}:{}", session.caller.region, session.caller.account);
    match (service_id, endpoint_id) {
        (Some(id), _) => format!("{place}:vpc-endpoint-service/{id}"),
        (None, id) => format!("{place}:vpc-endpoint/{}", id.unwrap_or_default()),
    }
}

/// Checks that PrivateLink may publish to a topic. The code is the one the facts list for notifications; the texts are ours.
fn check_topic(session: &Session<'_>, arn: &str, source: &str) -> Result<(), ApiError> {
    let refuse = |message: String| Err(ApiError::bad("InvalidConnectionNotification", message));
    let here = arn.split(':').nth(3) == Some(session.caller.region.as_str());
    let Some(topic) = topic(session.state, arn).filter(|_| here) else {
        return refuse(format!(
            "The connection notification ARN '{arn}' is not a topic of this Region, or does not exist."
        ));
    };
    let publication = Publication { topic: arn, source, account: &session.caller.account };
    if admits(&topic.policy, publication) {
        Ok(())
    } else {
        refuse(format!("The policy of the topic '{arn}' does not allow vpce.amazonaws.com to publish to it."))
    }
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
