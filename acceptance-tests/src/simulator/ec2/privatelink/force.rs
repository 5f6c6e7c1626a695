//! States forced through `/_simulator/set`: what faults and other accounts would bring about.
//!
//! Kinds: `endpoint` (`state`, `failure`: `{code, message}`), `connection` (`state`, by the endpoint's id), `endpoint_service` (`state`,
//! `verification`, `usable`, `removed_principal`, `tags` that are added, AWS's own too), `hidden_zone` (released, by the
//! endpoint's id), `principal` (`exists`, by ARN).

use std::time::Duration;

use serde_json::{Map, Value};

use crate::simulator::clock::Moment;
use crate::simulator::state::State;

use super::endpoint::{Endpoint, EndpointState};
use super::endpoint_service::{EndpointService, ServiceState};
use super::find::endpoint_mut;
use super::private_dns::Verification;
use super::state::State as PrivateLink;

/// Forces an object's state; `None` when the kind is not of this module.
pub fn force(
    state: &mut State,
    now: Moment,
    kind: &str,
    id: &str,
    fields: &Map<String, Value>,
) -> Option<Result<(), String>> {
    let absent = || Err(format!("there is no {kind} '{id}'"));
    match kind {
        "endpoint" => {
            Some(endpoint_mut(state, id).map_or_else(absent, |found| each(fields, found, now, force_endpoint)))
        }
        "connection" => {
            Some(endpoint_mut(state, id).map_or_else(absent, |found| each(fields, found, now, force_connection)))
        }
        "endpoint_service" => {
            let mut regions = state.regions_mut();
            let found = regions.find_map(|(_, _, region)| {
                let tags = region.ec2.tags.entry(id.to_owned());
                let PrivateLink { services, alarms, .. } = &mut region.ec2.privatelink;
                services.get_mut(id).map(|found| (found, tags, alarms))
            });
            Some(found.map_or_else(absent, |(found, tags, alarms)| {
                // It may live again, and have missed its checks.
                alarms.insert((now, id.to_owned()));
                let mut fields = fields.clone();
                if let Some(Value::Object(added)) = fields.remove("tags") {
                    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
                    tags.or_default().extend(added.into_iter().map(|(key, value)| (key, text(value))));
                }
                each(&fields, found, now, force_service)
            }))
        }
        "hidden_zone" => {
            let mut regions = state.regions_mut();
            let zones = regions.find_map(|(_, _, region)| region.ec2.privatelink.hidden_zones.get_mut(id));
            Some(zones.map_or_else(absent, |zones| {
                for zone in zones {
                    zone.close(now, now);
                }
                Ok(())
            }))
        }
        "principal" => Some(force_arn(state, id, fields)),
        _ => None,
    }
}

fn force_arn(state: &mut State, arn: &str, fields: &Map<String, Value>) -> Result<(), String> {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let privatelink = &mut state.region_mut(account, "us-east-1").ec2.privatelink;
    match fields.get("exists").and_then(Value::as_bool) {
        Some(false) => {
            privatelink.removed_arns.insert(arn.to_owned());
        }
        Some(true) => {
            privatelink.removed_arns.remove(arn);
        }
        None => return Err("say whether it exists: {\"exists\": false}".to_owned()),
    }
    Ok(())
}

/// How long an endpoint that waits for its acceptance takes to fail.
const WAITING: Duration = Duration::from_mins(1);

/// Lets an endpoint fail at the moment at which it would become available, with a reason.
pub fn doom(link: &mut PrivateLink, now: Moment, id: &str) {
    let Some(endpoint) = link.endpoints.get_mut(id) else { return };
    let at = endpoint.state.when(now, |state| *state == EndpointState::Available);
    let at = at.unwrap_or_else(|| now.after(WAITING));
    endpoint.state.schedule(at, EndpointState::Failed);
    endpoint.connection.schedule(at, EndpointState::Failed);
    endpoint.last_error =
        Some(("InternalError".to_owned(), "The endpoint could not be set up. Please try again.".to_owned()));
}

type Field<T> = fn(&mut T, Moment, &str, &Value) -> Result<(), String>;

fn each<T>(fields: &Map<String, Value>, object: &mut T, now: Moment, field: Field<T>) -> Result<(), String> {
    fields.iter().try_for_each(|(name, value)| field(object, now, name, value))
}

fn text<T>(value: &Value, parse: fn(&str) -> Option<T>) -> Result<T, String> {
    value.as_str().and_then(parse).ok_or_else(|| format!("{value} is not a state"))
}

fn force_endpoint(endpoint: &mut Endpoint, now: Moment, name: &str, value: &Value) -> Result<(), String> {
    match name {
        // The other side of the connection is told as well.
        "state" => {
            let state = text(value, EndpointState::parse)?;
            endpoint.state.set(now, state);
            endpoint.connection.set(now, state);
        }
        "failure" => {
            let part = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
            endpoint.last_error = part("code").zip(part("message"));
        }
        _ => return Err(format!("an endpoint has no '{name}' to be forced")),
    }
    Ok(())
}

fn force_connection(endpoint: &mut Endpoint, now: Moment, name: &str, value: &Value) -> Result<(), String> {
    if name != "state" {
        return Err(format!("a connection has no '{name}' to be forced"));
    }
    endpoint.connection.set(now, text(value, EndpointState::parse)?);
    Ok(())
}

fn force_service(service: &mut EndpointService, now: Moment, name: &str, value: &Value) -> Result<(), String> {
    match name {
        "state" => service.state.set(now, text(value, ServiceState::parse)?),
        "usable" => service.usable_at = if value.as_bool() == Some(true) { now } else { Moment::NEVER },
        "verification" => {
            let state = text(value, Verification::parse)?;
            let found = service.private_name.as_mut().ok_or("the service has no private name")?;
            found.state = state;
            // It stays so until somebody starts a verification.
            found.next_check = Moment::NEVER;
        }
        "removed_principal" => {
            let principal = value.as_str().ok_or("say which principal, by its ARN")?;
            service.permissions.retain(|permission| permission.principal != principal);
        }
        _ => return Err(format!("an endpoint service has no '{name}' to be forced")),
    }
    Ok(())
}
