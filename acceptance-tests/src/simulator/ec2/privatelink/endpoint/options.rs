//! Options of an endpoint: address families, kinds of DNS records, policy. Which values go together (rules 31, 33).

use crate::simulator::ec2::privatelink::endpoint_service::IpFamily;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::rules::Rule;
use crate::simulator::session::Session;

use super::admission::Found;
use super::{EndpointKind, IpAddressType};

/// Longest policy, white space included.
const POLICY_LIMIT: usize = 20_480;

/// Reads `IpAddressType` and checks it against the service; by default IPv4 where the service has it.
pub fn ip_address_type(
    session: &Session<'_>,
    params: &Params,
    found: &Found,
    present: Option<IpAddressType>,
) -> Result<IpAddressType, ApiError> {
    let families = found.families();
    let default = present
        .unwrap_or_else(|| if families.contains(&IpFamily::V4) { IpAddressType::Ipv4 } else { IpAddressType::Ipv6 });
    let kind = match params.text("IpAddressType") {
        None => default,
        Some(text) => IpAddressType::parse(text)
            .ok_or_else(|| ApiError::invalid(format!("The IP address type '{text}' is invalid.")))?,
    };
    let served = (!kind.has_ipv4() || families.contains(&IpFamily::V4))
        && (!kind.has_ipv6() || families.contains(&IpFamily::V6));
    if served || !session.holds(Rule::FamiliesFit) {
        Ok(kind)
    } else {
        Err(ApiError::invalid(format!("The IP address type {} is not supported by the service.", kind.name())))
    }
}

/// What `DnsOptions` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsOptions {
    /// What kind of records the names have.
    pub record_ip_type: String,
    /// Whether private names serve only the inbound resolver.
    pub inbound_resolver_only: Option<bool>,
}

/// Tells whether private names of a service may serve the inbound resolver alone: those of S3, which has gateway endpoints too.
fn has_inbound_resolver_flag(found: &Found) -> bool {
    matches!(found, Found::Aws(service) if service.short == "s3")
}

/// Settles who resolves the private names of S3 and refuses what takes a gateway endpoint that is not there.
///
/// Source: terraform-provider-aws#31117, #32407, #33076, #42413: the flag that is not sent counts as true.
pub fn settle_inbound_resolver(
    session: &mut Session<'_>,
    options: &mut DnsOptions,
    private_dns: bool,
    found: &Found,
    vpc_id: &str,
) -> Result<(), ApiError> {
    if !private_dns || !has_inbound_resolver_flag(found) || !session.holds(Rule::PrivateDnsGates) {
        return Ok(());
    }
    let only = *options.inbound_resolver_only.get_or_insert(true);
    let now = session.now;
    let endpoints = &session.region().ec2.privatelink.endpoints;
    let has_gateway = endpoints.values().any(|endpoint| {
        endpoint.kind == EndpointKind::Gateway
            && endpoint.vpc_id == vpc_id
            && endpoint.service_name.rsplit('.').next() == Some("s3")
            && endpoint.state.at(now).exists()
    });
    if !only || has_gateway {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "To set PrivateDnsOnlyForInboundResolverEndpoint to true, the VPC {vpc_id} must have a Gateway endpoint for the service."
    )))
}

/// Reads `DnsOptions` and checks it against the address families.
pub fn dns_options(
    params: &Params,
    kind: IpAddressType,
    found: &Found,
    present: Option<&DnsOptions>,
) -> Result<DnsOptions, ApiError> {
    // A present choice that no longer fits falls back with the families.
    let fitting = present.filter(|present| allowed(kind).contains(&present.record_ip_type.as_str()));
    let mut options = DnsOptions {
        record_ip_type: fitting.map_or_else(|| kind.name().to_owned(), |present| present.record_ip_type.clone()),
        inbound_resolver_only: present.and_then(|present| present.inbound_resolver_only),
    };
    let Some(given) = params.structure("DnsOptions") else { return Ok(options) };
    if let Some(text) = given.text("DnsRecordIpType") {
        if !allowed(kind).contains(&text) {
            return Err(ApiError::invalid(format!(
                "The DNS record IP type '{text}' is not supported with the IP address type {}.",
                kind.name()
            )));
        }
        text.clone_into(&mut options.record_ip_type);
    }
    if let Some(only) = given.flag("PrivateDnsOnlyForInboundResolverEndpoint")? {
        if !has_inbound_resolver_flag(found) {
            return Err(ApiError::invalid(
                "PrivateDnsOnlyForInboundResolverEndpoint is not supported for this service.",
            ));
        }
        options.inbound_resolver_only = Some(only);
    }
    if given.has("PrivateDnsPreference") || given.has("PrivateDnsSpecifiedDomain") {
        return Err(ApiError::invalid(
            "PrivateDnsPreference and PrivateDnsSpecifiedDomains are for resource and service network endpoints only.",
        ));
    }
    Ok(options)
}

fn allowed(kind: IpAddressType) -> &'static [&'static str] {
    match kind {
        IpAddressType::Ipv4 => &["ipv4"],
        IpAddressType::Ipv6 => &["ipv6"],
        IpAddressType::Dualstack => &["dualstack", "ipv4", "ipv6", "service-defined"],
    }
}

fn allows_everything(statement: &serde_json::Value) -> bool {
    let is = |field: &str, wanted: &str| {
        let value = statement.get(field);
        value.is_some_and(|value| value == wanted || value.get("AWS").is_some_and(|principal| principal == wanted))
    };
    statement.get("Condition").is_none()
        && is("Effect", "Allow")
        && ["Principal", "Action", "Resource"].iter().all(|field| is(field, "*"))
}

/// Reads a policy document for a service; `None` when there is none, or when it is ignored.
pub fn policy(session: &Session<'_>, params: &Params, found: &Found) -> Result<Option<String>, ApiError> {
    let Some(text) = params.text("PolicyDocument") else { return Ok(None) };
    let invalid =
        || ApiError::bad("InvalidPolicyDocument", "The Policy Document is not valid. Check the policy and try again.");
    if text.chars().count() > POLICY_LIMIT {
        return Err(invalid());
    }
    let document: serde_json::Value = serde_json::from_str(text).map_err(|_| invalid())?;
    let statements = match document.get("Statement") {
        Some(serde_json::Value::Array(statements)) if !statements.is_empty() => statements.clone(),
        Some(statement @ serde_json::Value::Object(_)) => vec![statement.clone()],
        _ => return Err(invalid()),
    };
    let complete = |statement: &serde_json::Value| {
        ["Effect", "Principal", "Action", "Resource"]
            .iter()
            .all(|name| statement.get(name).is_some() || statement.get(format!("Not{name}")).is_some())
    };
    if !statements.iter().all(complete) {
        return Err(invalid());
    }
    if found.supports_policy() {
        return Ok(Some(text.to_owned()));
    }
    let refused = session.readings().endpoint_policy_is_refused && session.holds(Rule::PolicyNeedsSupport);
    if !refused || statements.iter().all(allows_everything) {
        return Ok(None);
    }
    // Source: pulumi-aws-native#1711.
    Err(ApiError::bad(
        "InvalidPolicyDocument",
        format!("Service {} only supports the full-access endpoint policy.", found.name()),
    ))
}
