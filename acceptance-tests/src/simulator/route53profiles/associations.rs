//! AssociateResourceToProfile, DisassociateResourceFromProfile, GetProfileResourceAssociation, ListProfileResourceAssociations.
//!
//! Of the resources that a profile takes only interface endpoints are simulated. Source: the operations' reference; that an endpoint
//! needs private DNS is read off what AWS tells of such an association, the hidden zones of its private names
//! (hashicorp/terraform-provider-aws#44051). What contradicts it, and one profile for an endpoint, are *assumed*.

use crate::simulator::buckets::ROUTE53_PROFILES;
use crate::simulator::clock::Moment;
use crate::simulator::durations::{CREATED_VISIBLE, PROFILE_ASSOCIATION, PROFILE_DISASSOCIATION};
use crate::simulator::ec2::privatelink::endpoint::EndpointKind;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

use super::profiles::{find, invalid, need, need_name, not_found, page_of, page_size};
use super::{Association, Status};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("AssociateResourceToProfile", ROUTE53_PROFILES, associate),
    mutation("DisassociateResourceFromProfile", ROUTE53_PROFILES, disassociate),
    reading("GetProfileResourceAssociation", ROUTE53_PROFILES, get),
    reading("ListProfileResourceAssociations", ROUTE53_PROFILES, list),
];

/// The type of an interface endpoint; its word is *assumed*.
const TYPE: &str = "VPC_ENDPOINT";

/// Refuses what contradicts what is there.
fn conflict(message: impl Into<String>) -> ApiError {
    ApiError::bad("ConflictException", message)
}

fn associate(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let profile_id = need(params, "ProfileId")?.to_owned();
    let arn = need(params, "ResourceArn")?.to_owned();
    let name = need_name(params, "Name")?.to_owned();
    if params.has("ResourceProperties") {
        return Err(invalid("ResourceProperties are for rule groups of DNS Firewall."));
    }
    find(session, &profile_id)?;
    let properties = properties(session, &arn)?;
    let elsewhere = session.state.regions().find_map(|(_, _, region)| {
        let mut profiles = region.route53profiles.profiles.values();
        profiles.find(|profile| profile.associations.get(&arn).is_some_and(|one| one.is_there(now)))
    });
    if let Some(profile) = elsewhere {
        return Err(session.assumed(conflict(format!("{arn} is already associated with Profile {}.", profile.id))));
    }
    let id = session.new_id("rpr", 17);
    let complete = session.later(PROFILE_ASSOCIATION);
    let association = Association {
        id: id.clone(),
        name,
        owner: session.caller.account.clone(),
        resource_arn: arn.clone(),
        properties,
        created: now,
        status: Timed::new(Status::Creating).then(complete, Status::Complete),
    };
    session.created(&id, CREATED_VISIBLE);
    let shown = answer(&association, &profile_id, now);
    find(session, &profile_id)?.associations.insert(arn, association);
    Ok(shown)
}

/// What AWS tells of an endpoint with private DNS: its service, and its hidden zones by id.
fn properties(session: &mut Session<'_>, arn: &str) -> Result<String, ApiError> {
    let now = session.now;
    let place = format!("arn:aws:ec2:{}:{}:vpc-endpoint/", session.caller.region, session.caller.account);
    let Some(endpoint_id) = arn.strip_prefix(&place).map(str::to_owned) else {
        let is_endpoint = arn.starts_with("arn:aws:ec2:") && arn.contains(":vpc-endpoint/");
        return Err(if is_endpoint {
            not_found(arn)
        } else {
            ApiError::not_simulated(format!("the resource {arn} in a Profile"))
        });
    };
    if !session.visible(&endpoint_id) {
        return Err(not_found(arn));
    }
    let privatelink = &session.region().ec2.privatelink;
    let endpoint = privatelink.endpoints.get(&endpoint_id).filter(|endpoint| endpoint.state.at(now).exists());
    let endpoint = endpoint.ok_or_else(|| not_found(arn))?;
    if endpoint.kind != EndpointKind::Interface {
        return Err(invalid(format!("{arn} is no interface endpoint.")));
    }
    if !endpoint.private_dns {
        return Err(session.assumed(invalid(format!("Private DNS of {arn} is not enabled."))));
    }
    let mut told = serde_json::Map::new();
    told.insert("ServiceName".to_owned(), format!("{}.", endpoint.service_name).into());
    for zone in privatelink.hidden_zones.get(&endpoint_id).into_iter().flatten() {
        for name in &zone.names {
            told.insert(zone.zone_id.clone(), format!("{name}.").into());
        }
    }
    Ok(serde_json::Value::Object(told).to_string())
}

fn disassociate(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let profile_id = need(params, "ProfileId")?.to_owned();
    let arn = need(params, "ResourceArn")?.to_owned();
    let gone = session.later(PROFILE_DISASSOCIATION);
    let found = find(session, &profile_id)?.associations.get(&arn).filter(|one| one.is_there(now)).cloned();
    let Some(association) = found.filter(|one| session.visible(&one.id)) else {
        return Err(not_found(&arn));
    };
    if *association.status.at(now) != Status::Complete {
        let word = association.status.at(now).word();
        return Err(session.assumed(conflict(format!("The association of {arn} is {word}."))));
    }
    let profile = find(session, &profile_id)?;
    let association = profile.associations.get_mut(&arn).ok_or_else(|| not_found(&arn))?;
    association.status.set(now, Status::Deleting);
    association.status.schedule(gone, Status::Gone);
    Ok(answer(association, &profile_id, now))
}

fn get(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let id = need(params, "ProfileResourceAssociationId")?.to_owned();
    let found = session.state.regions().find_map(|(_, _, region)| {
        region.route53profiles.profiles.values().find_map(|profile| {
            let association = profile.associations.values().find(|one| one.id == id && one.is_there(now))?;
            Some((profile.id.clone(), association.clone()))
        })
    });
    let Some((profile_id, association)) = found else { return Err(not_found(&id)) };
    find(session, &profile_id)?;
    if !session.visible(&id) {
        return Err(not_found(&id));
    }
    let at = session.read_at(&id, association.status.changed_at(now));
    Ok(answer(&association, &profile_id, at))
}

fn list(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let profile_id = need(params, "ProfileId")?.to_owned();
    let size = page_size(params)?;
    let kind = params.text("resourceType").map(str::to_owned);
    let there: Vec<Association> = find(session, &profile_id)?.associations.values().cloned().collect();
    let mut items = Vec::new();
    for association in there {
        if kind.as_deref().is_some_and(|kind| kind != TYPE) || !session.visible(&association.id) {
            continue;
        }
        let at = session.read_at(&association.id, association.status.changed_at(now));
        if association.is_there(at) {
            items.push((association.id.clone(), describe(&association, &profile_id, at)));
        }
    }
    let page = page_of(session, params, items, size)?;
    Ok(Xml::new().members("ProfileResourceAssociations", page.items).optional("NextToken", page.next))
}

fn answer(association: &Association, profile_id: &str, at: Moment) -> Xml {
    Xml::new().element("ProfileResourceAssociation", describe(association, profile_id, at))
}

fn describe(association: &Association, profile_id: &str, at: Moment) -> Xml {
    let seconds = |moment: Moment| format!("{}.{:03}", moment.0 / 1000, moment.0 % 1000);
    Xml::new()
        .text("Id", &association.id)
        .text("Name", &association.name)
        .text("OwnerId", &association.owner)
        .text("ProfileId", profile_id)
        .text("ResourceArn", &association.resource_arn)
        .text("ResourceType", TYPE)
        .text("ResourceProperties", &association.properties)
        .text("Status", association.status.at(at).word())
        .text("StatusMessage", "")
        .text("CreationTime", seconds(association.created))
        .text("ModificationTime", seconds(association.status.changed_at(at).unwrap_or(association.created)))
}
