//! CreateHostedZone, GetHostedZone, UpdateHostedZoneComment, DeleteHostedZone, GetHostedZoneLimit, GetDNSSEC.
//!
//! Lists of zones are in `zone_lists.rs`, associations with VPCs in `vpc_associations.rs`.

use std::collections::BTreeMap;

use crate::simulator::buckets::ROUTE53;
use crate::simulator::clock::Moment;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::timed::Timed;
use crate::simulator::xml::Xml;

use super::changes;
use super::input::{self, invalid};
use super::names;
use super::own_zone::{VPC_LIMIT, check_not_busy, own_zone};
use super::vpc_associations::{check_domain_is_free, find_vpc};
use super::zone::{Association, RecordData, RecordKey, Records, Zone, ZoneVpc};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateHostedZone", ROUTE53, create),
    reading("GetHostedZone", ROUTE53, get),
    mutation("UpdateHostedZoneComment", ROUTE53, update_comment),
    mutation("DeleteHostedZone", ROUTE53, delete),
    reading("GetDNSSEC", ROUTE53, dnssec),
    reading("GetHostedZoneLimit", ROUTE53, limit),
];

/// Zones of one account.
const ZONE_LIMIT: usize = 500;
/// Record sets of one zone.
pub const RECORD_LIMIT: usize = 10_000;

fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let given = input::need(params, "Name")?;
    let reference = input::need(params, "CallerReference")?.to_owned();
    let config = params.structure("HostedZoneConfig");
    let comment = config.and_then(|config| config.text("Comment")).map(ToOwned::to_owned);
    let declared = config.map_or(Ok(None), |config| input::flag(config, "PrivateZone"))?;
    let vpc = params.structure("VPC").map(|vpc| find_vpc(session, vpc)).transpose()?;
    input::refuse_unread(params, "CreateHostedZone")?;
    let name = zone_name(given)?;
    if reference.len() > 128 {
        return Err(invalid("The caller reference must have at most 128 characters"));
    }
    let account = session.caller.account.clone();
    let route53 = &session.state.route53;
    if session.state.holds(Rule::ZonesAreKept)
        && route53.caller_references.contains(&(account.clone(), reference.clone()))
    {
        return Err(ApiError::new(
            409,
            "HostedZoneAlreadyExists",
            "A hosted zone has already been created with the specified caller reference.",
        ));
    }
    match (&vpc, declared) {
        (None, Some(true)) => {
            return Err(invalid(
                "When you're creating a private hosted zone (when you specify true for PrivateZone), you must also specify values for VPCId and VPCRegion.",
            ));
        }
        (Some(_), Some(false)) => return Err(invalid("A VPC can only be specified for a private hosted zone.")),
        _ => {}
    }
    if let Some(vpc) = &vpc {
        if vpc.account != account {
            return Err(ApiError::bad(
                "InvalidVPCId",
                format!("The VPC {} does not belong to the account {account}", vpc.vpc_id),
            ));
        }
        check_domain_is_free(session, vpc, &name)?;
    }
    if vpc.is_none() && is_reserved(&name) {
        return Err(ApiError::bad("InvalidDomainName", format!("{} is reserved by AWS!", names::plain(&name))));
    }
    let count = route53.zones.values().filter(|zone| zone.owner == account && zone.exists_at(session.now)).count();
    if count >= ZONE_LIMIT {
        return Err(ApiError::bad("TooManyHostedZones", format!("Limit of {ZONE_LIMIT} hosted zones exceeded.")));
    }
    let id = format!("Z0{}", session.alphanumeric(19).to_uppercase());
    let (in_sync, change) = changes::submit(session, None);
    let zone = Zone::new(id, account.clone(), name, vpc, session.now, in_sync);
    let zone = Zone { comment, caller_reference: reference.clone(), ..zone };
    let answer = Xml::new().element("HostedZone", describe(&zone, session.now)).join(change).join(delegation(&zone));
    let answer = match zone.vpcs.at(session.now).first() {
        Some(association) => answer.element("VPC", association.vpc.xml()),
        None => answer,
    };
    session.reply_status = Some(201);
    let location = format!("https://route53.amazonaws.com/2013-04-01/hostedzone/{}", zone.id);
    session.reply_headers.push(("location".to_owned(), location));
    let route53 = &mut session.state.route53;
    route53.caller_references.insert((account, reference));
    route53.zones.insert(zone.id.clone(), zone);
    Ok(answer)
}

/// Domains that nobody may have a public zone of, with everything below them. Source: boto#2098 and others.
const RESERVED: [&str; 3] = ["example.com.", "example.net.", "example.org."];

fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| names::is_within(name, reserved))
}

fn zone_name(given: &str) -> Result<String, ApiError> {
    let illegal =
        |why: String| ApiError::bad("InvalidDomainName", format!("The domain name '{given}' is not valid: {why}"));
    let name = names::normalise(given).map_err(|reason| illegal(reason.to_string()))?;
    if name.starts_with("\\052") {
        return Err(illegal("a hosted zone's name cannot have an asterisk".to_owned()));
    }
    Ok(name)
}

fn get(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let zone = own_zone(session, &input::zone_id(params)?)?;
    let answer = Xml::new().element("HostedZone", describe(zone, now)).join(delegation(zone));
    if !zone.private {
        return Ok(answer);
    }
    Ok(answer.list("VPCs", "VPC", zone.vpcs.at(now).iter().map(|association| association.vpc.xml())))
}

fn update_comment(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let id = input::zone_id(params)?;
    own_zone(session, &id)?;
    check_not_busy(session, &id)?;
    let zone = own_zone(session, &id)?;
    zone.comment = params.text("Comment").filter(|comment| !comment.is_empty()).map(ToOwned::to_owned);
    Ok(Xml::new().element("HostedZone", describe(zone, now)))
}

fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let id = input::zone_id(params)?;
    let kept = session.holds(Rule::ZonesAreKept);
    let zone = own_zone(session, &id)?;
    if kept && zone.records.at(now).keys().any(|key| !zone.is_apex_record(key)) {
        return Err(ApiError::bad(
            "HostedZoneNotEmpty",
            "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
        ));
    }
    check_not_busy(session, &id)?;
    let (_, change) = changes::submit(session, None);
    own_zone(session, &id)?.exists.set(now, false);
    Ok(change)
}

fn limit(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let kind = input::need(params, "Type")?.to_owned();
    let zone = own_zone(session, &input::zone_id(params)?)?;
    let (value, count) = match kind.as_str() {
        "MAX_RRSETS_BY_ZONE" => (RECORD_LIMIT, zone.records.at(now).len()),
        "MAX_VPCS_ASSOCIATED_BY_ZONE" if zone.private => (VPC_LIMIT, zone.vpcs.at(now).len()),
        "MAX_VPCS_ASSOCIATED_BY_ZONE" => {
            return Err(ApiError::bad(
                "HostedZoneNotPrivate",
                "The specified hosted zone is a public hosted zone, not a private hosted zone.",
            ));
        }
        other => return Err(invalid(format!("'{other}' is no type of limit"))),
    };
    Ok(Xml::new().element("Limit", Xml::new().text("Type", kind).text("Value", value)).text("Count", count))
}

/// Nothing is signed here; private zones cannot be (GetDNSSEC; words as hashicorp/aws reads them).
fn dnssec(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let zone = own_zone(session, &input::zone_id(params)?)?;
    if zone.private {
        return Err(ApiError::bad("InvalidArgument", "Operation is unsupported for private hosted zones"));
    }
    let status = Xml::new().text("ServeSignature", "NOT_SIGNING");
    Ok(Xml::new().element("Status", status).list("KeySigningKeys", "member", []))
}

/// Writes a zone as every operation answers it.
pub fn describe(zone: &Zone, at: Moment) -> Xml {
    Xml::new()
        .text("Id", format!("/hostedzone/{}", zone.id))
        .text("Name", &zone.name)
        .text("CallerReference", &zone.caller_reference)
        .element("Config", Xml::new().optional("Comment", zone.comment.as_ref()).text("PrivateZone", zone.private))
        .text("ResourceRecordSetCount", zone.records.at(at).len())
}

fn delegation(zone: &Zone) -> Xml {
    if zone.private {
        return Xml::new();
    }
    Xml::new().element("DelegationSet", Xml::new().text_list("NameServers", "NameServer", &zone.name_servers))
}

impl Zone {
    /// Makes a zone with its SOA and NS records; with a VPC it is a private one.
    pub fn new(id: String, owner: String, name: String, vpc: Option<ZoneVpc>, now: Moment, in_sync: Moment) -> Self {
        let name_servers = name_servers(&id, vpc.is_some());
        let records = Timed::new(first_records(&name, &name_servers));
        Self {
            private: vpc.is_some(),
            comment: None,
            caller_reference: format!("made-with-{id}"),
            created: now,
            exists: Timed::new(true),
            vpcs: Timed::new(vpc.into_iter().map(|vpc| Association { vpc, resolves_from: in_sync }).collect()),
            authorizations: BTreeMap::new(),
            served: Timed::new(Records::new()).then(in_sync, records.at(now).clone()),
            records,
            processed_at: Moment(0),
            in_sync_at: Moment(0),
            tags: BTreeMap::new(),
            id,
            owner,
            name,
            name_servers,
        }
    }
}

/// Gives four servers by the zone's id, one per top-level domain as AWS does; private zones share theirs.
fn name_servers(id: &str, private: bool) -> Vec<String> {
    let number = id.bytes().fold(0_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 512);
    [("com", 0), ("net", 512), ("org", 1024), ("co.uk", 1536)]
        .into_iter()
        .map(|(domain, block)| {
            let server = if private { block } else { block + number };
            format!("ns-{server}.awsdns-{:02}.{domain}", server % 64)
        })
        .collect()
}

fn first_records(name: &str, name_servers: &[String]) -> Records {
    let dotted: Vec<String> = name_servers.iter().map(|server| format!("{server}.")).collect();
    let first = dotted.first().cloned().unwrap_or_default();
    let soa = format!("{first} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400");
    Records::from([
        (RecordKey::new(name, "NS"), RecordData::Values { ttl: 172_800, values: dotted }),
        (RecordKey::new(name, "SOA"), RecordData::Values { ttl: 900, values: vec![soa] }),
    ])
}
