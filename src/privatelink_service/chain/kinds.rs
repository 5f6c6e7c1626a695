//! The kinds of objects that a service consists of, as its state and its owner tags name them.

/// The managed network load balancer.
pub const LOAD_BALANCER: &str = "load_balancer";
/// Load balancers that somebody else manages.
pub const EXISTING_LOAD_BALANCERS: &str = "existing_load_balancers";
/// A listener's target group.
pub const TARGET_GROUP: &str = "target_group";
/// A listener's registered targets.
pub const TARGETS: &str = "targets";
/// A listener.
pub const LISTENER: &str = "listener";
/// A listener's certificates beside the default one.
pub const CERTIFICATES: &str = "additional_certificates";
/// The capacity that AWS keeps ready for the managed load balancer.
pub const CAPACITY: &str = "minimum_capacity";
/// The endpoint service, the anchor.
pub const ENDPOINT_SERVICE: &str = "endpoint_service";
/// Its allowed principals.
pub const PERMISSIONS: &str = "permissions";
/// Its connections.
pub const CONNECTIONS: &str = "connections";
/// A topic that is told about them.
pub const NOTIFICATION: &str = "notification";
/// The TXT record that proves the private name.
pub const VERIFICATION_RECORD: &str = "verification_record";
/// The verification of the private name.
pub const DNS_VERIFICATION: &str = "dns_verification";
