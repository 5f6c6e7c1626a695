//! CreateProfile, GetProfile, ListProfiles, DeleteProfile: what tests need of them.

use crate::simulator::buckets::ROUTE53_PROFILES;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::paging::{Ask, Page};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::Profile;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("CreateProfile", ROUTE53_PROFILES, create),
    reading("GetProfile", ROUTE53_PROFILES, get),
    reading("ListProfiles", ROUTE53_PROFILES, list),
    mutation("DeleteProfile", ROUTE53_PROFILES, delete),
];

/// The most of one page.
const PAGE: usize = 100;

/// Reads a parameter that must be there.
pub fn need<'a>(params: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    params.text(name).filter(|text| !text.is_empty()).ok_or_else(|| invalid(format!("{name} must not be empty")))
}

/// Reads a name. Source: the model's pattern.
pub fn need_name<'a>(params: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    let text = need(params, name)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_ '".contains(&byte);
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() > 64 || is_number || !text.bytes().all(fits) {
        return Err(invalid(format!(
            "'{text}' is no name: at most 64 of a-z, A-Z, 0-9, -, _, ' and blanks, and not digits alone"
        )));
    }
    Ok(text)
}

/// Refuses a parameter.
pub fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad("InvalidParameterException", message)
}

/// Answers that something is not there; foreign things look the same.
pub fn not_found(id: &str) -> ApiError {
    ApiError::bad("ResourceNotFoundException", format!("Can't find the resource with ID \"{id}\"."))
}

/// Finds a profile that the caller has, or that was shared with him, in the Region of the call.
pub fn find<'a>(session: &'a mut Session<'_>, id: &str) -> Result<&'a mut Profile, ApiError> {
    let (account, place) = (session.caller.account.clone(), session.caller.region.clone());
    if !session.visible(id) {
        return Err(not_found(id));
    }
    let mut regions = session.state.regions_mut().filter(|(_, name, _)| *name == place);
    let found = regions.find_map(|(_, _, region)| region.route53profiles.profiles.get_mut(id));
    found
        .filter(|profile| profile.owner == account || profile.shared_with.contains(&account))
        .ok_or_else(|| not_found(id))
}

fn create(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let name = need_name(params, "Name")?.to_owned();
    need(params, "ClientToken")?;
    let id = session.new_id("rp", 17);
    let owner = session.caller.account.clone();
    let profile = Profile::new(&id, &owner, &name);
    let shown = describe(&profile);
    session.region().route53profiles.profiles.insert(id, profile);
    Ok(shown)
}

fn get(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    Ok(describe(find(session, need(params, "ProfileId")?)?))
}

fn list(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let (account, place) = (session.caller.account.clone(), session.caller.region.clone());
    let size = page_size(params)?;
    let regions = session.state.regions().filter(|(_, name, _)| *name == place);
    let all = regions.flat_map(|(_, _, region)| region.route53profiles.profiles.values());
    let seen = |profile: &&Profile| profile.owner == account || profile.shared_with.contains(&account);
    let found: Vec<(String, Xml)> =
        all.filter(seen).map(|one| (one.id.clone(), summary(one, &account, &place))).collect();
    let items = found.into_iter().filter(|(id, _)| session.visible(id)).collect();
    let page = page_of(session, params, items, size)?;
    Ok(Xml::new().members("ProfileSummaries", page.items).optional("NextToken", page.next))
}

/// Reads how many a page may hold.
pub fn page_size(params: &Params) -> Result<usize, ApiError> {
    match params.text("maxResults").map(str::parse::<usize>) {
        None => Ok(PAGE),
        Some(Ok(size)) if (1..=PAGE).contains(&size) => Ok(size),
        Some(_) => Err(invalid(format!("maxResults must be between 1 and {PAGE}."))),
    }
}

/// Gives the page that the request asks for.
pub fn page_of(
    session: &mut Session<'_>,
    params: &Params,
    items: Vec<(String, Xml)>,
    size: usize,
) -> Result<Page, ApiError> {
    let token = params.text("nextToken").filter(|token| !token.is_empty());
    let page = session.page_of(items, &Ask { token, size: Some(size), by_id: false });
    page.map_err(|_| ApiError::bad("InvalidNextTokenException", "The next token is not valid."))
}

fn delete(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let id = need(params, "ProfileId")?;
    let owner = session.caller.account.clone();
    let profile = find(session, id)?;
    if profile.owner != owner {
        return Err(ApiError::bad("AccessDeniedException", "Only its owner can delete a Profile."));
    }
    if profile.associations.values().any(|association| association.is_there(now)) {
        return Err(ApiError::bad("ConflictException", format!("Profile {id} has associated resources.")));
    }
    let shown = describe(profile);
    session.region().route53profiles.profiles.remove(id);
    Ok(shown)
}

fn summary(profile: &Profile, caller: &str, region: &str) -> Xml {
    let arn = format!("arn:aws:route53profiles:{region}:{}:profile/{}", profile.owner, profile.id);
    let share = match (profile.owner == caller, profile.shared_with.is_empty()) {
        (false, _) => "SHARED_WITH_ME",
        (true, false) => "SHARED_BY_ME",
        (true, true) => "NOT_SHARED",
    };
    Xml::new().text("Arn", arn).text("Id", &profile.id).text("Name", &profile.name).text("ShareStatus", share)
}

fn describe(profile: &Profile) -> Xml {
    let xml = Xml::new().text("Id", &profile.id).text("Name", &profile.name).text("OwnerId", &profile.owner);
    let share = if profile.shared_with.is_empty() { "NOT_SHARED" } else { "SHARED_BY_ME" };
    Xml::new().element("Profile", xml.text("ShareStatus", share).text("Status", "COMPLETE"))
}
