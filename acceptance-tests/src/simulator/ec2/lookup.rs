//! The caller's VPCs, subnets, security groups and network ACLs, as a call of the caller sees them, and how AWS says that one is not there.

use crate::simulator::error::ApiError;
use crate::simulator::session::Session;

use super::state::network_acl::default_of;
use super::state::security_group::SecurityGroup;
use super::state::subnet::Subnet;
use super::state::vpc::Vpc;

/// Answers that a VPC is not there.
pub fn vpc_not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist"))
}

/// Finds a VPC of the caller as this call sees it.
pub fn vpc(session: &mut Session<'_>, id: &str) -> Result<Vpc, ApiError> {
    let found = session.region().ec2.vpcs.get(id).cloned();
    found.filter(|_| session.visible(id)).ok_or_else(|| vpc_not_found(id))
}

/// Answers that a subnet is not there.
pub fn subnet_not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist"))
}

/// Finds a subnet of the caller as this call sees it.
pub fn subnet(session: &mut Session<'_>, id: &str) -> Result<Subnet, ApiError> {
    if !is_subnet_id(id) {
        return Err(ApiError::bad("InvalidSubnetId.Malformed", format!("The subnet ID '{id}' is malformed")));
    }
    let found = session.region().ec2.subnets.get(id).cloned();
    found.filter(|_| session.visible(id)).ok_or_else(|| subnet_not_found(id))
}

/// Tells whether a text could be the id of a subnet.
pub fn is_subnet_id(id: &str) -> bool {
    id.strip_prefix("subnet-")
        .is_some_and(|rest| matches!(rest.len(), 8 | 17) && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Answers that a group is not there.
pub fn group_not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidGroup.NotFound", format!("The security group '{id}' does not exist"))
}

/// Finds a group of the caller as this call sees it.
pub fn security_group(session: &mut Session<'_>, id: &str) -> Result<SecurityGroup, ApiError> {
    if !is_group_id(id) {
        return Err(malformed_group_id(id));
    }
    let found = session.region().ec2.security_groups.get(id).cloned();
    found.filter(|_| session.visible(id)).ok_or_else(|| group_not_found(id))
}

/// Tells whether a text could be the id of a group.
pub fn is_group_id(id: &str) -> bool {
    id.strip_prefix("sg-")
        .is_some_and(|rest| matches!(rest.len(), 8 | 17) && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Refuses what cannot be the id of a group.
pub fn malformed_group_id(id: &str) -> ApiError {
    ApiError::bad("InvalidGroupId.Malformed", format!("Invalid id: \"{id}\" (expecting \"sg-...\")"))
}

/// Gives the VPC of an ACL of the caller's.
pub fn vpc_of_network_acl(session: &mut Session<'_>, id: &str) -> Result<String, ApiError> {
    let is_seen = session.visible(id);
    let ec2 = &session.region().ec2;
    let own = ec2.network_acls.get(id).filter(|_| is_seen).cloned();
    own.or_else(|| ec2.vpcs.keys().find(|vpc| default_of(vpc) == id).cloned()).ok_or_else(|| network_acl_not_found(id))
}

/// Answers that an ACL is not there.
pub fn network_acl_not_found(id: &str) -> ApiError {
    ApiError::bad("InvalidNetworkAclID.NotFound", format!("The networkAcl ID '{id}' does not exist"))
}
