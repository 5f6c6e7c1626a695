//! Which code of AWS's means what, each row with its source.
//!
//! The first row that covers a call decides, so exceptions stand above rules. Add a row rather than
//! asking for a code in a link, unless the link does something else than retrying or failing.

use super::operation::Service::{self, Ec2, Elbv2, Route53, Route53Profiles};
use crate::engine::Class;

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    service: Option<Service>,
    operations: &'static [&'static str],
    /// A code; with `*` at the end its beginning, with `*` in front its end.
    code: &'static str,
    /// The verdict.
    pub(super) class: Class,
    /// On whose word; traced, so that a surprising verdict can be followed up.
    pub(super) source: &'static str,
}

impl Row {
    /// Whether this row speaks about such an answer.
    pub(super) fn covers(&self, service: Service, operation: &str, code: &str) -> bool {
        self.service.is_none_or(|own| own == service)
            && (self.operations.is_empty() || self.operations.contains(&operation))
            && matches(self.code, code)
    }
}

fn matches(pattern: &str, code: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(start), _) => code.starts_with(start),
        (_, Some(end)) => code.ends_with(end),
        _ => code == pattern,
    }
}

const fn any(code: &'static str, class: Class, source: &'static str) -> Row {
    Row { service: None, operations: &[], code, class, source }
}

const fn of(service: Service, code: &'static str, class: Class, source: &'static str) -> Row {
    Row { service: Some(service), operations: &[], code, class, source }
}

const fn on(
    service: Service,
    operations: &'static [&'static str],
    code: &'static str,
    class: Class,
    source: &'static str,
) -> Row {
    Row { service: Some(service), operations, code, class, source }
}

const EC2_CODES: &str = "Amazon EC2 API reference, Error codes";
const ELB_MODEL: &str = "Elastic Load Balancing API reference 2015-12-01, errors of the operation";
const R53_MODEL: &str = "Amazon Route 53 API reference 2013-04-01, errors of the operation";
const PROFILES_MODEL: &str = "Route 53 Profiles API reference 2018-05-10, errors of the operation";
const GUIDE: &str = "AWS PrivateLink guide";
const COMMON: &str = "Common error codes of AWS query services";

/// The table.
pub(super) const ROWS: &[Row] = &[
    // Too many calls.
    any("RequestLimitExceeded", Class::Throttled, "EC2 developer guide, Request throttling"),
    any("EC2ThrottledException", Class::Throttled, EC2_CODES),
    any("Throttling*", Class::Throttled, "ELB and Route 53: 400 Throttling, Rate exceeded"),
    any("TooManyRequests*", Class::Throttled, COMMON),
    any("SlowDown", Class::Throttled, COMMON),
    any("BandwidthLimitExceeded", Class::Throttled, COMMON),
    // Not able to answer.
    any("Unavailable", Class::Unavailable, "503 on a new endpoint service: aws-sdk-go-v2#2254, #2870"),
    any("ServiceUnavailable*", Class::Unavailable, COMMON),
    any("Internal*", Class::Unavailable, EC2_CODES),
    any("ServerInternal", Class::Unavailable, EC2_CODES),
    any("RequestTimeout*", Class::Unavailable, COMMON),
    of(Elbv2, "HealthUnavailable*", Class::Unavailable, ELB_MODEL),
    // Another change is under way.
    of(Ec2, "OperationInProgress", Class::Busy, "terraform-provider-aws#3382"),
    of(Ec2, "IncorrectState*", Class::Busy, EC2_CODES),
    of(Ec2, "ConcurrentTagAccess", Class::Busy, EC2_CODES),
    of(Route53, "PriorRequestNotComplete", Class::Busy, R53_MODEL),
    of(Route53, "ConcurrentModification", Class::Busy, R53_MODEL),
    of(Route53Profiles, "ConflictException", Class::Busy, PROFILES_MODEL),
    of(Elbv2, "PriorRequestNotComplete*", Class::Busy, ELB_MODEL),
    of(Elbv2, "CapacityReservationPending*", Class::Busy, ELB_MODEL),
    of(Elbv2, "TrustStoreNotReady*", Class::Busy, ELB_MODEL),
    // Held by something.
    any("ResourceInUse*", Class::InUse, "DeleteLoadBalancer of a bound one: terraform-provider-aws#5701"),
    of(Ec2, "DependencyViolation", Class::InUse, EC2_CODES),
    of(Ec2, "InvalidGroup.InUse", Class::InUse, EC2_CODES),
    of(Ec2, "ExistingVpcEndpointConnections", Class::InUse, "gruntwork-io/cloud-nuke#54"),
    // Somebody else's.
    of(Elbv2, "DuplicateLoadBalancerName*", Class::Taken, ELB_MODEL),
    of(Elbv2, "DuplicateTargetGroupName*", Class::Taken, ELB_MODEL),
    of(Elbv2, "DuplicateListener*", Class::Taken, ELB_MODEL),
    of(Elbv2, "TargetGroupAssociationLimit*", Class::Taken, ELB_MODEL),
    of(Ec2, "InvalidGroup.Duplicate", Class::Taken, EC2_CODES),
    of(Ec2, "InvalidPermission.Duplicate", Class::Taken, EC2_CODES),
    of(Ec2, "InvalidIPAddress.InUse", Class::Taken, EC2_CODES),
    of(Route53, "HostedZoneNotEmpty", Class::Taken, R53_MODEL),
    of(Route53, "HostedZoneAlreadyExists", Class::Taken, R53_MODEL),
    of(Route53, "ConflictingDomainExists", Class::Taken, R53_MODEL),
    // Not visible yet.
    on(
        Ec2,
        &["CreateVpcEndpoint"],
        "InvalidServiceName",
        Class::NotYetVisible,
        "same answer for unknown and not yet allowed",
    ),
    of(Ec2, "InvalidServiceName", Class::Invalid, EC2_CODES),
    of(Route53, "NotAuthorizedException", Class::NotYetVisible, "authorization of a VPC association takes a moment"),
    of(Route53, "NoSuchHostedZone", Class::NotYetVisible, R53_MODEL),
    of(Route53, "NoSuchChange", Class::NotYetVisible, R53_MODEL),
    of(Route53, "VPCAssociationNotFound", Class::NotYetVisible, R53_MODEL),
    of(Route53, "VPCAssociationAuthorizationNotFound", Class::NotYetVisible, R53_MODEL),
    of(Route53Profiles, "ResourceNotFoundException", Class::NotYetVisible, PROFILES_MODEL),
    of(Elbv2, "LoadBalancerNotFound*", Class::NotYetVisible, "vitabaks/autobase#1669"),
    of(Elbv2, "TargetGroupNotFound*", Class::NotYetVisible, ELB_MODEL),
    of(Elbv2, "ListenerNotFound*", Class::NotYetVisible, ELB_MODEL),
    of(Ec2, "InvalidID", Class::NotYetVisible, "CreateTags on what was made a moment ago"),
    // Given objects: nothing we made, so waiting cannot help.
    of(Ec2, "InvalidSubnetI*", Class::Invalid, "spelled InvalidSubnetID.NotFound and InvalidSubnetId.NotFound"),
    of(Ec2, "InvalidVpcI*", Class::Invalid, "spelled InvalidVpcID.NotFound"),
    of(Ec2, "InvalidVpcID*", Class::Invalid, EC2_CODES),
    of(Ec2, "InvalidPrefixList*", Class::Invalid, EC2_CODES),
    of(Ec2, "InvalidPermission.NotFound", Class::Invalid, "of no use where a rule is wanted; success where it goes"),
    of(Ec2, "*.NotFound", Class::NotYetVisible, "EC2 developer guide, Eventual consistency"),
    // Credentials.
    any("UnauthorizedOperation", Class::Denied, EC2_CODES),
    any("AuthFailure", Class::Denied, EC2_CODES),
    any("AccessDenied*", Class::Denied, COMMON),
    any("OptInRequired", Class::Denied, COMMON),
    any("PendingVerification", Class::Denied, EC2_CODES),
    any("Blocked", Class::Denied, EC2_CODES),
    any("RequestExpired", Class::Denied, COMMON),
    any("ExpiredToken*", Class::Denied, COMMON),
    any("InvalidClientTokenId", Class::Denied, COMMON),
    any("UnrecognizedClient*", Class::Denied, COMMON),
    any("SignatureDoesNotMatch", Class::Denied, COMMON),
    any("IncompleteSignature", Class::Denied, COMMON),
    any("MissingAuthenticationToken", Class::Denied, COMMON),
    any("InvalidIdentityToken*", Class::Denied, "AWS STS API reference, AssumeRoleWithWebIdentity"),
    any("IDPRejectedClaim*", Class::Denied, "AWS STS API reference, AssumeRoleWithWebIdentity"),
    any("TagPolicyViolation", Class::Denied, "AWS Organizations, Enforcing tag policies"),
    // Deletion protection, NLB attachments: final until a person acts.
    any("OperationNotPermitted*", Class::Invalid, ELB_MODEL),
    // Quotas.
    of(Elbv2, "TooMany*", Class::LimitExceeded, ELB_MODEL),
    of(Route53, "TooMany*", Class::LimitExceeded, R53_MODEL),
    of(Route53, "LimitsExceeded", Class::LimitExceeded, R53_MODEL),
    of(Route53Profiles, "LimitExceeded*", Class::LimitExceeded, PROFILES_MODEL),
    of(Ec2, "FilterLimitExceeded", Class::Bug, "at most 200 values in a filter: ours to keep"),
    any("*LimitExceeded", Class::LimitExceeded, EC2_CODES),
    of(Ec2, "InsufficientFreeAddressesInSubnet", Class::LimitExceeded, EC2_CODES),
    of(Ec2, "InsufficientCapacity", Class::LimitExceeded, EC2_CODES),
    of(Elbv2, "InsufficientCapacity*", Class::LimitExceeded, ELB_MODEL),
    // Ours to get right.
    any("InvalidAction", Class::Bug, COMMON),
    any("MissingAction", Class::Bug, COMMON),
    any("UnknownParameter", Class::Bug, EC2_CODES),
    any("MalformedQueryString", Class::Bug, COMMON),
    any("MalformedInput", Class::Bug, COMMON),
    of(Ec2, "IdempotentParameterMismatch", Class::Bug, "EC2 developer guide, Ensuring idempotency"),
    of(Ec2, "InvalidNextToken", Class::Bug, EC2_CODES),
    of(Ec2, "InvalidPaginationToken", Class::Bug, EC2_CODES),
    // Wrong, and wrong again.
    any("InvalidParameter*", Class::Invalid, EC2_CODES),
    of(Ec2, "InvalidPrincipal", Class::Invalid, GUIDE),
    of(Ec2, "InvalidPolicyDocument", Class::Invalid, GUIDE),
    of(Ec2, "DuplicateSubnetsInSameZone", Class::Invalid, GUIDE),
    of(Ec2, "UnsupportedOperation", Class::Invalid, EC2_CODES),
    of(Ec2, "CannotDelete", Class::Invalid, EC2_CODES),
    of(Elbv2, "IncompatibleProtocols*", Class::Invalid, ELB_MODEL),
    of(Elbv2, "Unsupported*", Class::Invalid, ELB_MODEL),
    of(Elbv2, "Duplicate*", Class::Invalid, ELB_MODEL),
    of(Elbv2, "SubnetNotFound*", Class::Invalid, ELB_MODEL),
    of(Elbv2, "CertificateNotFound*", Class::Invalid, ELB_MODEL),
    of(Elbv2, "TrustStoreNotFound*", Class::Invalid, ELB_MODEL),
    of(Elbv2, "SSLPolicyNotFound*", Class::Invalid, ELB_MODEL),
    of(Elbv2, "ALPNPolicyNotSupported*", Class::Invalid, ELB_MODEL),
    of(Elbv2, "ALPNPolicyNotFound*", Class::Invalid, ELB_MODEL),
    of(Elbv2, "AllocationIdNotFound*", Class::Invalid, ELB_MODEL),
    of(Elbv2, "AvailabilityZoneNotSupported*", Class::Invalid, ELB_MODEL),
    of(Route53, "PublicZoneVPCAssociation", Class::Invalid, R53_MODEL),
    of(Route53, "LastVPCAssociation", Class::Invalid, R53_MODEL),
    any("Missing*", Class::Invalid, COMMON),
    any("Malformed*", Class::Invalid, COMMON),
    any("*.Malformed", Class::Invalid, EC2_CODES),
    any("ValidationError", Class::Invalid, COMMON),
    any("ValidationException", Class::Invalid, COMMON),
    any("Invalid*", Class::Invalid, "by name, after every code that means something else"),
];

/// Codes with which AWS says that the object of a call is not there.
///
/// Items of an `Unsuccessful` list spell them otherwise than whole calls do
/// (`InvalidVpcEndpoint.NotFound`, `InvalidVpcEndpointId.NotFound`).
pub(super) fn is_absence(code: &str) -> bool {
    const CODES: &[&str] = &[
        "*.NotFound",
        "LoadBalancerNotFound*",
        "TargetGroupNotFound*",
        "ListenerNotFound*",
        "NoSuchHostedZone",
        "NoSuchChange",
        "ResourceNotFoundException",
        "VPCAssociationNotFound",
        "VPCAssociationAuthorizationNotFound",
    ];
    CODES.iter().any(|pattern| matches(pattern, code))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_row_has_a_source_and_says_something_that_no_row_above_it_said() {
        let mut seen = BTreeSet::new();
        for row in ROWS {
            assert!(!row.source.is_empty(), "{}", row.code);
            assert!(seen.insert((row.service, row.operations, row.code)), "{} twice", row.code);
            let sample = row.code.trim_matches('*');
            let service = row.service.unwrap_or(Service::Ec2);
            let operation = row.operations.first().copied().unwrap_or("CreateThing");
            let first = ROWS.iter().find(|other| other.covers(service, operation, sample)).unwrap();
            assert_eq!(first.class, row.class, "{} is decided by {}", row.code, first.code);
        }
    }

    #[test]
    fn codes_are_matched_whole_by_beginning_or_by_end() {
        assert!(matches("Throttling*", "ThrottlingException") && matches("Throttling*", "Throttling"));
        assert!(
            matches("*.NotFound", "InvalidVpcEndpointId.NotFound") && !matches("*.NotFound", "LoadBalancerNotFound")
        );
        assert!(matches("Unavailable", "Unavailable") && !matches("Unavailable", "UnavailableOther"));
    }

    #[test]
    fn absence_is_told_in_all_spellings() {
        let codes = [
            "InvalidVpcEndpoint.NotFound",
            "InvalidVpcEndpointId.NotFound",
            "InvalidGroup.NotFound",
            "InvalidPermission.NotFound",
            "LoadBalancerNotFound",
            "TargetGroupNotFound",
            "ListenerNotFound",
            "NoSuchHostedZone",
        ];
        assert!(codes.into_iter().all(is_absence));
        assert!(!["InvalidServiceName", "InvalidGroup.Duplicate", ""].into_iter().any(is_absence));
    }
}
