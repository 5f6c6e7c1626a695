//! AddListenerCertificates, RemoveListenerCertificates, DescribeListenerCertificates: certificates beside the default one, of
//! which a TLS listener chooses by the name that the client asks for.

use crate::simulator::buckets::{ELB_MUTATING, ELB_READING};
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, mutation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::input::{self, configuration, need, validation};
use super::listener_rules::check_certificate;
use super::listeners::find;
use super::state::Listener;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    mutation("AddListenerCertificates", ELB_MUTATING, add),
    mutation("RemoveListenerCertificates", ELB_MUTATING, remove),
    reading("DescribeListenerCertificates", ELB_READING, describe_many),
];

/// Certificates of one load balancer beside the default ones. Source: quotas of network load balancers.
const LIMIT: usize = 25;

fn read(session: &mut Session<'_>, params: &Params) -> Result<(Listener, Vec<String>), ApiError> {
    let arn = need(params, "ListenerArn")?.to_owned();
    let mut certificates = Vec::new();
    for one in params.structures("Certificates") {
        if one.has("IsDefault") {
            return Err(validation("The default flag cannot be specified for a certificate of the list"));
        }
        certificates.push(need(one, "CertificateArn")?.to_owned());
    }
    if certificates.is_empty() {
        return Err(validation("At least one certificate must be specified"));
    }
    input::refuse_unread(session, params)?;
    Ok((find(session, &arn)?.clone(), certificates))
}

/// What is in the list already is no error. Source: AddListenerCertificates; the refusal of other protocols is *assumed*.
fn add(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let (listener, added) = read(session, params)?;
    let protocol = &listener.settings.at(now).protocol;
    if !matches!(protocol.as_str(), "TLS" | "HTTPS") {
        return Err(session
            .assumed(configuration(format!("Certificates are not supported for listeners with protocol {protocol}"))));
    }
    for arn in &added {
        check_certificate(session, arn)?;
    }
    let mut certificates = listener.certificates.at(now).clone();
    certificates.extend(added.iter().cloned());
    let elb = &session.region().elbv2;
    let others = elb.listeners_of(&listener.load_balancer, now).filter(|other| other.arn != listener.arn);
    let count = certificates.len() + others.map(|other| other.certificates.at(now).len()).sum::<usize>();
    if count > LIMIT {
        return Err(ApiError::bad(
            "TooManyCertificates",
            format!("The maximum number of certificates of a load balancer is {LIMIT}"),
        ));
    }
    find(session, &listener.arn)?.certificates.set(now, certificates);
    let shown = added.iter().map(|arn| Xml::new().text("CertificateArn", arn).text("IsDefault", false));
    Ok(Xml::new().members("Certificates", shown))
}

/// The default certificate is exchanged by ModifyListener and never removed: `OperationNotPermitted`. What is not in the list is
/// no error (*assumed*).
fn remove(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let (listener, removed) = read(session, params)?;
    let mut certificates = listener.certificates.at(now).clone();
    for arn in &removed {
        let is_default = listener.settings.at(now).certificate.as_ref() == Some(arn);
        if is_default {
            return Err(session.assumed(ApiError::bad(
                "OperationNotPermitted",
                format!("The default certificate '{arn}' cannot be removed from the listener"),
            )));
        }
        certificates.remove(arn);
    }
    find(session, &listener.arn)?.certificates.set(now, certificates);
    Ok(Xml::new())
}

/// The default certificate comes first, and once more where it is in the list too. Source: DescribeListenerCertificates.
fn describe_many(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let now = session.now;
    let arn = need(params, "ListenerArn")?.to_owned();
    let ask = input::ask(params, false)?;
    let (token, size) = (ask.token.map(ToOwned::to_owned), ask.size.unwrap_or(400));
    input::refuse_unread(session, params)?;
    let listener = find(session, &arn)?;
    let default = listener.settings.at(now).certificate.iter().map(|arn| (arn.clone(), true));
    let list = listener.certificates.at(now).iter().map(|arn| (arn.clone(), false));
    let all: Vec<(String, bool)> = default.chain(list).collect();
    let start = match &token {
        None => 0,
        Some(token) => token.parse::<usize>().ok().filter(|start| *start < all.len()).ok_or_else(strange_marker)?,
    };
    let page = all.iter().skip(start).take(size);
    let shown = page.map(|(arn, is_default)| Xml::new().text("CertificateArn", arn).text("IsDefault", is_default));
    let next = (start + size < all.len()).then(|| (start + size).to_string());
    Ok(Xml::new().members("Certificates", shown).optional("NextMarker", next))
}

fn strange_marker() -> ApiError {
    validation("The specified marker is not valid")
}
