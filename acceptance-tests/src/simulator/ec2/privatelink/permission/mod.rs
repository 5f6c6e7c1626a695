//! Allowed principals of a service: adding, removing, listing, and admitting a caller.
//!
//! The set has set semantics and stable ids; an addition acts at once, as far as replicas do not lag.
//! The account of the owner needs no permission. Removing a principal leaves live
//! connections alone unless the reading `removed_principal_disconnects` says otherwise. The grammar is `permission/principal.rs`.

pub mod admission;
pub mod entry;
pub mod principal;

pub use admission::{Admission, is_admitted};
pub use entry::Permission;

use crate::simulator::durations::PERMISSION_VISIBLE;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::tags::tag_set;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::{PageSizes, Session};
use crate::simulator::xml::Xml;

use self::principal::{PrincipalType, parse};
use super::answer::{done, listed};
use super::connection;
use super::find::{exists, own_service};

/// Adds and removes principals; what is there already or absent already changes nothing.
pub fn modify(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("ServiceId")?.to_owned();
    own_service(session, &id)?;
    let add = principals(session, &params.texts("AddAllowedPrincipals"))?;
    let remove = principals(session, &params.texts("RemoveAllowedPrincipals"))?;
    if add.is_empty() && remove.is_empty() {
        return Err(ApiError::missing("AddAllowedPrincipals or RemoveAllowedPrincipals"));
    }
    if let Some((_, twice)) = add.iter().find(|principal| remove.contains(principal)) {
        return Err(ApiError::invalid(format!("The principal '{twice}' is to be both added and removed.")));
    }
    let mut added = Vec::new();
    for (kind, principal) in add {
        let lags = session.state.settings.lag && session.holds(Rule::ReplicasLag);
        let visible_at = if lags { session.later(PERMISSION_VISIBLE) } else { session.now };
        let new = Permission { id: session.new_id("vpce-svc-perm", 17), principal, kind, visible_at };
        let twice = !session.holds(Rule::PermissionsAreASet);
        let service = own_service(session, &id)?;
        if twice || !service.permissions.iter().any(|present| present.principal == new.principal) {
            added.push(new.xml(&id));
            service.permissions.push(new);
        }
    }
    let service = own_service(session, &id)?;
    let before = service.permissions.len();
    service.permissions.retain(|present| !remove.iter().any(|(_, principal)| *principal == present.principal));
    if service.permissions.len() < before && session.readings().removed_principal_disconnects {
        connection::disconnect_unadmitted(session, &id);
    }
    Ok(Xml::new().set("addedPrincipalSet", added).join(done()))
}

fn principals(session: &Session<'_>, texts: &[String]) -> Result<Vec<(PrincipalType, String)>, ApiError> {
    let organizations = session.readings().organization_principals;
    texts
        .iter()
        .map(|text| {
            let any = || (!session.holds(Rule::PrincipalGrammar)).then(|| (PrincipalType::User, text.clone()));
            parse(text, organizations)
                .or_else(any)
                .filter(|(_, stored)| exists(session.state, stored))
                .ok_or_else(|| ApiError::bad("InvalidPrincipal", format!("Invalid Principal: '{text}'")))
        })
        .collect()
}

/// Lists the principals of one service.
pub fn describe(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let id = params.need("ServiceId")?.to_owned();
    let filters = Filters::read(params, &["principal", "principal-type"])?;
    let permissions = own_service(session, &id)?.permissions.clone();
    let mut items = Vec::new();
    for permission in permissions {
        let tags = session.region().ec2.tags.get(&permission.id);
        let fits = filters.pass(tags, |name| match name {
            "principal" => vec![permission.principal.clone()],
            _ => vec![permission.kind.name().to_owned()],
        });
        if fits {
            items.push((permission.id.clone(), permission.xml(&id).join(tag_set(tags))));
        }
    }
    let ask = session.ask(params, PageSizes::Clamped, false)?;
    Ok(listed("allowedPrincipals", session.page_of(items, &ask)?))
}
