//! What one ModifyVpcEndpoint changes, apart from private DNS: read and checked as a whole, then carried out.

use crate::simulator::clock::Moment;
use crate::simulator::durations::{MODIFY_SECURITY_GROUPS, MODIFY_SUBNETS, POLICY_EFFECT, Span};
use crate::simulator::ec2::network_interface::release_at;
use crate::simulator::ec2::privatelink::find::own_endpoint;
use crate::simulator::ec2::route_table;
use crate::simulator::ec2::state::State as Ec2;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::session::Session;

use super::addresses::{self, Around, Wanted};
use super::admission::Found;
use super::options::{self, DnsOptions};
use super::{Endpoint, EndpointKind, IpAddressType, Placement};

/// A policy document, or the default in its place.
#[derive(Debug)]
enum NewPolicy {
    Document(Option<String>),
    Default,
}

/// A change that may be made.
#[derive(Debug)]
pub struct Change {
    /// Subnets whose interfaces go.
    leave: Vec<String>,
    /// Places that are new, or made anew at another address.
    enter: Vec<Wanted>,
    groups: Option<Vec<String>>,
    policy: Option<NewPolicy>,
    options: Option<(IpAddressType, DnsOptions)>,
    /// Of a gateway endpoint.
    route_tables: Option<Vec<String>>,
}

impl Change {
    /// Reads the parameters and checks them against the endpoint.
    pub fn read(
        session: &mut Session<'_>,
        params: &Params,
        endpoint: &Endpoint,
        found: &Found,
    ) -> Result<Self, ApiError> {
        let policy = policy(session, params, found)?;
        if endpoint.kind == EndpointKind::Gateway {
            for name in
                ["AddSubnetId", "RemoveSubnetId", "AddSecurityGroupId", "RemoveSecurityGroupId", "IpAddressType"]
            {
                if params.has(name) {
                    return Err(ApiError::invalid(format!("{name} is not supported with endpoint type Gateway.")));
                }
            }
            let route_tables = route_tables(session, params, endpoint)?;
            let (leave, enter) = (Vec::new(), Vec::new());
            return Ok(Self { leave, enter, groups: None, policy, options: None, route_tables });
        }
        let present = DnsOptions {
            record_ip_type: endpoint.dns_record_ip_type.clone(),
            inbound_resolver_only: endpoint.inbound_resolver_only,
        };
        let kind = options::ip_address_type(session, params, found, Some(endpoint.ip_address_type))?;
        let mut dns = options::dns_options(params, kind, found, Some(&present))?;
        let asked = params.has("IpAddressType") || params.has("DnsOptions");
        let private_dns = params.flag("PrivateDnsEnabled")?.unwrap_or(endpoint.private_dns);
        if asked || private_dns != endpoint.private_dns {
            options::settle_inbound_resolver(session, &mut dns, private_dns, found, &endpoint.vpc_id)?;
        }
        let asked = asked || dns != present;
        let (leave, enter) = places(session, params, endpoint, found, kind)?;
        Ok(Self {
            leave,
            enter,
            groups: groups(session, params, endpoint)?,
            policy,
            options: asked.then_some((kind, dns)),
            route_tables: None,
        })
    }

    /// Tells whether something changes that locks nothing: security groups, or the route tables of a gateway endpoint.
    pub fn is_free(&self) -> bool {
        self.groups.is_some() || self.route_tables.is_some()
    }

    /// Lists how long the parts of the change take that lock the endpoint.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        if !self.leave.is_empty() || !self.enter.is_empty() || self.options.is_some() {
            spans.push(MODIFY_SUBNETS);
        }
        if self.policy.is_some() {
            spans.push(POLICY_EFFECT);
        }
        spans
    }

    /// Makes the change; it is in effect, and what was left is released, at `ready`.
    pub fn carry_out(self, session: &mut Session<'_>, endpoint: &Endpoint, ready: Moment) -> Result<(), ApiError> {
        let kind = self.options.as_ref().map_or(endpoint.ip_address_type, |(kind, _)| *kind);
        let groups = self.groups.clone().unwrap_or_else(|| endpoint.groups.clone());
        let left_at = session.later(MODIFY_SECURITY_GROUPS).max(ready);
        let new = addresses::place(session, &endpoint.id, &self.enter, &groups, kind, ready)?;
        let (mut kept, left): (Vec<Placement>, Vec<Placement>) =
            endpoint.placements.iter().cloned().partition(|placement| !self.leave.contains(&placement.subnet_id));
        let region = session.region();
        for placement in left {
            release_at(region, &placement.interface_id, ready);
        }
        if self.options.is_some() {
            for placement in &mut kept {
                change_family(&mut region.ec2, placement, kind);
            }
        }
        if self.groups.is_some() {
            for placement in &kept {
                if let Some(interface) = region.ec2.network_interfaces.get_mut(&placement.interface_id) {
                    // Until the change is in effect the interface holds the old groups too.
                    let new: Vec<String> = groups.iter().filter(|id| !interface.groups.contains(id)).cloned().collect();
                    interface.groups.extend(new);
                }
            }
        }
        kept.extend(new);
        let has_new_groups = self.groups.is_some();
        let changed = own_endpoint(session, &endpoint.id)?;
        changed.placements = kept;
        changed.groups = groups;
        if has_new_groups {
            changed.old_groups_until = changed.old_groups_until.max(Some(left_at));
        }
        if let Some(tables) = self.route_tables {
            changed.route_tables = tables;
        }
        if let Some(policy) = self.policy {
            changed.policy = match policy {
                NewPolicy::Document(document) => document,
                NewPolicy::Default => None,
            };
        }
        if let Some((kind, dns)) = self.options {
            changed.ip_address_type = kind;
            changed.dns_record_ip_type = dns.record_ip_type;
            changed.inbound_resolver_only = dns.inbound_resolver_only;
        }
        if has_new_groups {
            session.region().ec2.privatelink.set_alarm(left_at, &endpoint.id);
        }
        Ok(())
    }
}

fn change_family(ec2: &mut Ec2, placement: &mut Placement, kind: IpAddressType) {
    let Some(interface) = ec2.network_interfaces.get_mut(&placement.interface_id) else { return };
    let subnet = ec2.subnets.get(&placement.subnet_id);
    placement.ipv4 = kind.has_ipv4().then_some(interface.private_ip);
    placement.ipv6 = subnet.and_then(|subnet| subnet.ipv6_of(interface.private_ip)).filter(|_| kind.has_ipv6());
    interface.ipv6 = placement.ipv6.into_iter().collect();
}

fn policy(session: &Session<'_>, params: &Params, found: &Found) -> Result<Option<NewPolicy>, ApiError> {
    let reset = params.flag("ResetPolicy")?.unwrap_or(false);
    if reset && params.has("PolicyDocument") {
        return Err(ApiError::combination("PolicyDocument and ResetPolicy cannot be used in one request."));
    }
    if reset {
        return Ok(Some(NewPolicy::Default));
    }
    let asked = params.has("PolicyDocument");
    let document = options::policy(session, params, found)?;
    Ok(asked.then_some(NewPolicy::Document(document)))
}

/// Reads the route tables that a gateway endpoint shall have; `None` when they stay.
fn route_tables(
    session: &mut Session<'_>,
    params: &Params,
    endpoint: &Endpoint,
) -> Result<Option<Vec<String>>, ApiError> {
    let (add, remove) = (params.texts("AddRouteTableId"), params.texts("RemoveRouteTableId"));
    if add.is_empty() && remove.is_empty() {
        return Ok(None);
    }
    let mut tables = endpoint.route_tables.clone();
    tables.extend(route_table::named(session, &endpoint.vpc_id, &add)?);
    tables.retain(|id| !remove.contains(id));
    tables.sort();
    tables.dedup();
    Ok(Some(tables))
}

/// Reads which subnets the endpoint leaves and which places it enters.
fn places(
    session: &mut Session<'_>,
    params: &Params,
    endpoint: &Endpoint,
    found: &Found,
    kind: IpAddressType,
) -> Result<(Vec<String>, Vec<Wanted>), ApiError> {
    let mut leave = params.texts("RemoveSubnetId");
    let (mut enter, pinned) = addresses::read(params, "AddSubnetId")?;
    let has = |id: &str| endpoint.placements.iter().any(|placement| placement.subnet_id == id);
    if let Some(absent) = leave.iter().find(|id| !has(id)) {
        return Err(ApiError::invalid(format!("The subnet {absent} is not associated with {}.", endpoint.id)));
    }
    if let Some(present) = enter.iter().find(|wanted| has(&wanted.subnet_id))
        && session.readings().present_addition_is_an_error
    {
        return Err(ApiError::invalid(format!(
            "The subnet {} is already associated with {}.",
            present.subnet_id, endpoint.id
        )));
    }
    enter.retain(|wanted| !has(&wanted.subnet_id));
    for wanted in pinned {
        if !has(&wanted.subnet_id) || leave.contains(&wanted.subnet_id) {
            return Err(ApiError::invalid(format!(
                "The subnet {} of SubnetConfiguration is not associated with {}.",
                wanted.subnet_id, endpoint.id
            )));
        }
        // Another address means another interface.
        leave.push(wanted.subnet_id.clone());
        enter.push(wanted);
    }
    let kept: Vec<Placement> =
        endpoint.placements.iter().filter(|placement| !leave.contains(&placement.subnet_id)).cloned().collect();
    // The last one may go (hashicorp/aws, `TestAccVPCEndpointSubnetAssociation_disappears`): what is left has no names.
    addresses::check(session, &enter, Around { found, vpc_id: &endpoint.vpc_id, ip_address_type: kind, kept: &kept })?;
    for placement in &kept {
        let subnet = session.region().ec2.subnets.get(&placement.subnet_id).cloned();
        if let Some(subnet) = subnet {
            addresses::check_family(&subnet, kind)?;
        }
    }
    Ok((leave, enter))
}

/// Reads the security groups that the endpoint shall have; `None` when they stay.
fn groups(session: &mut Session<'_>, params: &Params, endpoint: &Endpoint) -> Result<Option<Vec<String>>, ApiError> {
    let (add, remove) = (params.texts("AddSecurityGroupId"), params.texts("RemoveSecurityGroupId"));
    if add.is_empty() && remove.is_empty() {
        return Ok(None);
    }
    if let Some(absent) = remove.iter().find(|id| !endpoint.groups.contains(id)) {
        return Err(ApiError::invalid(format!("The security group {absent} is not associated with {}.", endpoint.id)));
    }
    let present = add.iter().find(|id| endpoint.groups.contains(id));
    if let Some(present) = present.filter(|_| session.readings().present_addition_is_an_error) {
        return Err(ApiError::invalid(format!(
            "The security group {present} is already associated with {}.",
            endpoint.id
        )));
    }
    let mut groups = endpoint.groups.clone();
    groups.extend(add.into_iter().filter(|id| !endpoint.groups.contains(id)));
    groups.retain(|id| !remove.contains(id));
    if groups.is_empty() {
        return Err(ApiError::invalid(format!(
            "The Vpc Endpoint {} must keep at least one security group.",
            endpoint.id
        )));
    }
    addresses::check_groups(session, &endpoint.vpc_id, &groups)?;
    Ok(Some(groups))
}
