//! Which VPCs see a private zone: associate, disassociate, and the authorizations between accounts.
//!
//! The account of the VPC associates; the account of another's zone authorizes first (facts 13.10, rules 30 and 58).

use crate::simulator::buckets::ROUTE53;
use crate::simulator::clock::Moment;
use crate::simulator::durations::CREATED_VISIBLE;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::paging::Ask;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;
use crate::simulator::state::State;
use crate::simulator::xml::Xml;

use super::changes;
use super::hidden_zones;
use super::input;
use super::lookup;
use super::own_zone::{VPC_LIMIT, check_not_busy, no_such_zone, own_zone};
use super::zone::{Association, ZoneVpc};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("AssociateVPCWithHostedZone", ROUTE53, associate),
    mutation("DisassociateVPCFromHostedZone", ROUTE53, disassociate),
    mutation("CreateVPCAssociationAuthorization", ROUTE53, authorize),
    mutation("DeleteVPCAssociationAuthorization", ROUTE53, deauthorize),
    reading("ListVPCAssociationAuthorizations", ROUTE53, list_authorizations),
];

const AUTHORIZATION_LIMIT: usize = 1000;

impl ZoneVpc {
    /// Writes the VPC as Route 53 does.
    pub fn xml(&self) -> Xml {
        Xml::new().text("VPCRegion", &self.region).text("VPCId", &self.vpc_id)
    }
}

/// Finds the VPC a call names, whoever owns it.
///
/// # Errors
/// `InvalidInput` for an incomplete VPC, `InvalidVPCId` for one that does not exist in that Region.
pub fn find_vpc(session: &Session<'_>, vpc: &Params) -> Result<ZoneVpc, ApiError> {
    let region = input::need(vpc, "VPCRegion")?;
    let vpc_id = input::need(vpc, "VPCId")?;
    owner_of_vpc(session.state, region, vpc_id)
        .map(|account| ZoneVpc { account, region: region.to_owned(), vpc_id: vpc_id.to_owned() })
        .ok_or_else(|| ApiError::bad("InvalidVPCId", "The VPC ID is invalid."))
}

/// Tells whose a VPC is.
pub fn owner_of_vpc(state: &State, region: &str, vpc_id: &str) -> Option<String> {
    state
        .regions()
        .find(|(_, name, content)| *name == region && content.ec2.vpcs.contains_key(vpc_id))
        .map(|(account, _, _)| account.to_owned())
}

/// Refuses a zone name that another zone, hidden ones of endpoints included, already has in a VPC (rule 30).
pub fn check_domain_is_free(session: &Session<'_>, vpc: &ZoneVpc, name: &str) -> Result<(), ApiError> {
    if !session.holds(Rule::NameIsTaken) {
        return Ok(());
    }
    let (state, now) = (&*session.state, session.now);
    let private = lookup::private_zone_named(state, &vpc.vpc_id, name, now).map(|zone| zone.id.clone());
    match private.or_else(|| hidden_zones::occupying(state, &vpc.vpc_id, name, now)) {
        None => Ok(()),
        Some(holder) => Err(ApiError::bad(
            "ConflictingDomainExists",
            format!(
                "The VPC {} in region {} has already been associated with the hosted zone {holder} with the same domain name.",
                vpc.vpc_id, vpc.region
            ),
        )),
    }
}

fn not_authorized(vpc: &ZoneVpc) -> ApiError {
    ApiError::new(
        401,
        "NotAuthorizedException",
        format!("The VPC: {} has not authorized to associate with your hosted zone.", vpc.vpc_id),
    )
}

fn associate(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let id = input::zone_id(params)?;
    let vpc = find_vpc(session, input::need_structure(params, "VPC")?)?;
    let comment = params.text("Comment").map(ToOwned::to_owned);
    input::refuse_unread(params, "AssociateVPCWithHostedZone")?;
    let zone =
        session.state.route53.zones.get(&id).filter(|zone| zone.exists_at(now)).ok_or_else(|| no_such_zone(&id))?;
    let authorized = zone.owner == vpc.account || zone.authorizations.get(&vpc).is_some_and(|from| *from <= now);
    // Only the VPC's own account may bind it, whatever the zone's account wishes.
    let kept = session.holds(Rule::ZonesAreKept);
    if kept && (vpc.account != session.caller.account || !authorized) {
        return Err(not_authorized(&vpc));
    }
    if !zone.private {
        return Err(ApiError::bad(
            "PublicZoneVPCAssociation",
            "You're trying to associate a VPC with a public hosted zone. Amazon Route 53 doesn't support this.",
        ));
    }
    let again = zone.is_associated(&vpc.vpc_id, now);
    if again && !session.readings().associating_again_is_an_error {
        return Ok(changes::submit(session, comment).1);
    }
    check_domain_is_free(session, &vpc, &zone.name)?;
    if zone.vpcs.at(now).len() >= VPC_LIMIT {
        return Err(ApiError::bad(
            "LimitsExceeded",
            format!("The limit of {VPC_LIMIT} VPCs per hosted zone is exceeded."),
        ));
    }
    check_not_busy(session, &id)?;
    let (in_sync, change) = changes::submit(session, comment);
    if let Some(zone) = session.state.route53.zones.get_mut(&id) {
        let mut vpcs = zone.vpcs.at(now).clone();
        vpcs.push(Association { vpc, resolves_from: in_sync });
        zone.vpcs.set(now, vpcs);
    }
    Ok(change)
}

/// Finds a VPC that sees a zone, deleted ones too: a zone keeps those, and they can be taken away (hashicorp/aws,
/// `TestAccRoute53Zone_VPC_updates`).
fn associated(session: &Session<'_>, zone_id: &str, vpc: &Params) -> Option<ZoneVpc> {
    let seen = session.state.route53.zones.get(zone_id)?.vpcs.at(session.now);
    let wanted = (vpc.text("VPCRegion")?, vpc.text("VPCId")?);
    let found = seen.iter().find(|one| (one.vpc.region.as_str(), one.vpc.vpc_id.as_str()) == wanted)?;
    Some(found.vpc.clone())
}

fn disassociate(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let id = input::zone_id(params)?;
    let named = input::need_structure(params, "VPC")?;
    let vpc = find_vpc(session, named).or_else(|missing| associated(session, &id, named).ok_or(missing))?;
    let comment = params.text("Comment").map(ToOwned::to_owned);
    input::refuse_unread(params, "DisassociateVPCFromHostedZone")?;
    let zone =
        session.state.route53.zones.get(&id).filter(|zone| zone.exists_at(now)).ok_or_else(|| no_such_zone(&id))?;
    if ![&zone.owner, &vpc.account].contains(&&session.caller.account) {
        return Err(not_authorized(&vpc));
    }
    if !zone.is_associated(&vpc.vpc_id, now) {
        return Err(ApiError::new(
            404,
            "VPCAssociationNotFound",
            format!("The VPC: {} and hosted zone {id} that you specified are not currently associated.", vpc.vpc_id),
        ));
    }
    if session.holds(Rule::ZonesAreKept) && zone.vpcs.at(now).len() == 1 {
        return Err(ApiError::bad(
            "LastVPCAssociation",
            "The VPC that you're trying to disassociate from the private hosted zone is the last VPC that is associated with the \
             hosted zone. Amazon Route 53 doesn't support disassociating the last VPC from a hosted zone.",
        ));
    }
    check_not_busy(session, &id)?;
    let (_, change) = changes::submit(session, comment);
    if let Some(zone) = session.state.route53.zones.get_mut(&id) {
        let mut vpcs = zone.vpcs.at(now).clone();
        vpcs.retain(|association| association.vpc.vpc_id != vpc.vpc_id);
        zone.vpcs.set(now, vpcs);
    }
    Ok(change)
}

fn authorize(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = input::zone_id(params)?;
    let vpc = find_vpc(session, input::need_structure(params, "VPC")?)?;
    input::refuse_unread(params, "CreateVPCAssociationAuthorization")?;
    // The other account's calls see it a little later (facts 6).
    let effective = if session.state.settings.lag { session.later(CREATED_VISIBLE) } else { session.now };
    let zone = own_zone(session, &id)?;
    if !zone.private {
        return Err(input::invalid("Only private hosted zones can be associated with a VPC."));
    }
    if zone.authorizations.len() >= AUTHORIZATION_LIMIT {
        return Err(ApiError::bad(
            "TooManyVPCAssociationAuthorizations",
            format!("The limit of {AUTHORIZATION_LIMIT} authorizations per hosted zone is exceeded."),
        ));
    }
    zone.authorizations.entry(vpc.clone()).or_insert(effective);
    Ok(Xml::new().text("HostedZoneId", id).element("VPC", vpc.xml()))
}

fn deauthorize(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = input::zone_id(params)?;
    let vpc = find_vpc(session, input::need_structure(params, "VPC")?)?;
    let zone = own_zone(session, &id)?;
    match zone.authorizations.remove(&vpc) {
        Some(_) => Ok(Xml::new()),
        None => Err(ApiError::new(
            404,
            "VPCAssociationAuthorizationNotFound",
            format!("The VPC: {} has not been authorized to associate with the hosted zone {id}.", vpc.vpc_id),
        )),
    }
}

fn list_authorizations(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = input::zone_id(params)?;
    let size = Some(input::page_size(params, "maxresults", 50)?);
    let token = params.text("nexttoken").map(ToOwned::to_owned);
    let zone = own_zone(session, &id)?;
    let items = zone.authorizations.keys().map(|vpc| (format!("{id}/{}", vpc.vpc_id), vpc.xml())).collect();
    let ask = Ask { token: token.as_deref(), size, by_id: false };
    let page = session.page_of(items, &ask).map_err(|_| invalid_token())?;
    Ok(Xml::new().text("HostedZoneId", id).optional("NextToken", page.next).list("VPCs", "VPC", page.items))
}

/// Refuses a page token that Route 53 never gave.
pub fn invalid_token() -> ApiError {
    ApiError::bad("InvalidPaginationToken", "The value that you specified for the pagination token is not valid.")
}

/// Lists whose authorizations are open, for the leak list of tests.
pub fn open_authorizations(state: &State, at: Moment) -> Vec<(String, String)> {
    let live = state.route53.zones.values().filter(|zone| zone.exists_at(at));
    live.flat_map(|zone| zone.authorizations.keys().map(|vpc| (zone.id.clone(), vpc.vpc_id.clone()))).collect()
}
