//! Attributes of `privatelink_service`, and what follows from them alone.

use std::collections::{BTreeMap, BTreeSet};

use super::principal;
use crate::schema::{Rule, formats};
use crate::value::{Attr, Value};

crate::attributes! {
    /// Publishes an application as an AWS PrivateLink endpoint service: network load balancer, target groups, targets,
    /// listeners, endpoint service, allowed principals and the verified private DNS name, as one resource.
    pub struct ServiceConfig {
        /// Name of the service: 1 to 24 letters, digits and hyphens, no hyphen at an end, not beginning with `internal-`. Names of AWS objects are made from it and a short hash.
        required name: String => [Rule::Refuse(name_complaint)],
        /// Region of the service; the provider's by default.
        optional_computed region: String => [Rule::Is(&formats::REGION), Rule::Replace],
        /// Subnets of the network load balancer, one for each zone. Subnets of further zones are added in place.
        required subnet_ids: BTreeSet<String> => [Rule::NotEmpty, Rule::Is(&formats::SUBNET_ID)],
        /// Whether the owner must accept each connection. A change holds for later connections only.
        optional_computed acceptance_required: bool = true,
        /// Who may connect: account ids, ARNs of account roots, users and roles without a path, or `*` for everybody. Exactly these; empty means nobody, the own account included.
        optional_computed allowed_principals: BTreeSet<String> = BTreeSet::<String>::new() => [Rule::Refuse(principal::complaint), Rule::Means(principal::meaning)],
        /// Tags of every object of the chain that can carry tags. Keys beginning with `privatelink:` belong to the provider.
        optional tags: BTreeMap<String, String> => [Rule::Refuse(tags_complaint)],
        /// Settings of the managed network load balancer.
        single load_balancer: LoadBalancerBlock,
        /// One port on which the service listens, with the targets behind it. At least one; matched by `name`.
        set listener: ListenerBlock,
        /// The private DNS name of the service, so that consumers can use your name instead of AWS's.
        single private_dns: PrivateDnsBlock,
        /// How long to wait for AWS, as durations such as `15m`.
        single timeouts: crate::resource::Timeouts,
        /// Id of the endpoint service, `vpce-svc-…`.
        computed id: String,
        /// ARN of the endpoint service.
        computed arn: String,
        /// Id of the endpoint service, `vpce-svc-…`.
        computed service_id: String,
        /// Name for consumers, such as `com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0`.
        computed service_name: String,
        /// State of the endpoint service in AWS's word, such as `Available`.
        computed service_state: String,
        /// Zones in which the service can be reached, by their names in this account.
        computed availability_zones: BTreeSet<String>,
        /// The same zones by id, the same in every account.
        computed availability_zone_ids: BTreeSet<String>,
        /// Names under which endpoints of this service get theirs.
        computed base_endpoint_dns_names: BTreeSet<String>,
        /// Load balancers behind the service.
        computed load_balancers: Vec<LoadBalancerResult>,
        /// Listeners by name.
        computed listeners: BTreeMap<String, Attr<ListenerResult>>,
        /// State of the private DNS name in AWS's word: `pendingVerification`, `verified`, `failed`.
        computed private_dns_state: String,
        /// The record that proves the ownership of the private DNS name, ready to publish.
        computed private_dns_record: PrivateDnsRecord,
        /// All tags, those of the provider's `default_tags` included.
        computed tags_all: BTreeMap<String, String>,
        /// What exists, by link; written and read by the provider only. In a plan it shows which links a change touches.
        computed record: BTreeMap<String, String>,
        /// Objects that were replaced and are still to be removed; written and read by the provider only.
        computed retired: Vec<String>,
        /// Names this resource in the owner tags of its objects; written and read by the provider only.
        computed owner_uid: String,
    }
}

crate::attributes! {
    /// Settings of the managed network load balancer.
    pub struct LoadBalancerBlock {
        /// Whether each zone's entry reaches the targets of every zone.
        optional enable_cross_zone_load_balancing: bool = false,
        /// Whether AWS refuses to delete the load balancer. Switch it off and apply before a destroy.
        optional enable_deletion_protection: bool = false,
    }
}

crate::attributes! {
    /// One port on which the service listens, with the targets behind it.
    pub struct ListenerBlock {
        /// Name of the listener in this resource: 1 to 16 small letters, digits and hyphens, no hyphen at an end.
        required name: String => [Rule::Refuse(listener_name_complaint)],
        /// TCP port.
        required port: i64 => [Rule::Range(1, 65_535)],
        /// Port of the targets; the listener's by default.
        optional target_port: i64 => [Rule::Range(1, 65_535)],
        /// Targets on the target port: ids of instances (`i-…`) or IP addresses, one kind for a listener.
        optional target_ids: BTreeSet<String> => [Rule::Refuse(target_complaint)],
        /// Kind of the targets; follows from `target_ids` or `target`, and is required without them.
        optional target_type: String => [Rule::OneOf(&["instance", "ip"])],
        /// Whether this resource keeps the registered targets exactly as written. True when `target_ids` or `target` is written; else something else registers them.
        optional manage_targets: bool,
        /// Seconds for which connections to a removed target may go on.
        optional deregistration_delay: i64 = 300 => [Rule::Range(0, 3600)],
        /// A target whose port or zone differs.
        set target: TargetBlock,
        /// How the load balancer decides whether a target is healthy.
        single health_check: HealthCheckBlock,
    }
}

crate::attributes! {
    /// A target whose port or zone differs.
    pub struct TargetBlock {
        /// Id of an instance (`i-…`) or an IP address.
        required id: String => [Rule::Refuse(target_complaint)],
        /// Its port; the listener's target port by default.
        optional port: i64 => [Rule::Range(1, 65_535)],
        /// Zone name, or `all` for an IP address outside of the VPC.
        optional availability_zone: String,
    }
}

crate::attributes! {
    /// How the load balancer decides whether a target is healthy.
    pub struct HealthCheckBlock {
        /// Protocol of the check.
        optional protocol: String = "TCP" => [Rule::OneOf(&["TCP", "HTTP", "HTTPS"])],
        /// Port of the check, or `traffic-port`.
        optional port: String = "traffic-port" => [Rule::Refuse(health_port_complaint)],
        /// Path of an HTTP check; AWS takes `/` by default.
        optional path: String => [Rule::Refuse(health_path_complaint)],
        /// Status codes that mean healthy in an HTTP check, such as `200-399`.
        optional matcher: String,
        /// Seconds between checks.
        optional interval: i64 = 30 => [Rule::Range(5, 300)],
        /// Seconds after which a check has failed; AWS takes 10, or 6 for HTTP.
        optional timeout: i64 => [Rule::Range(2, 120)],
        /// Checks in a row that make a target healthy.
        optional healthy_threshold: i64 = 5 => [Rule::Range(2, 10)],
        /// Checks in a row that make a target unhealthy.
        optional unhealthy_threshold: i64 = 2 => [Rule::Range(2, 10)],
    }
}

crate::attributes! {
    /// The private DNS name of the service.
    pub struct PrivateDnsBlock {
        /// The name, in lower case; `*.` in front makes it a wildcard.
        required name: String => [Rule::Is(&formats::PRIVATE_DNS_NAME)],
        /// Public hosted zone in which the TXT record that proves the ownership is kept. Without it publish `private_dns_record` yourself.
        optional hosted_zone_id: String => [Rule::Is(&formats::HOSTED_ZONE_ID)],
        /// Name of the provider's `peer_account` that owns the zone.
        optional peer_account: String,
        /// Whether to wait until AWS has verified the name. True with `hosted_zone_id`, false without.
        optional wait_for_verification: bool,
    }
}

crate::attributes! {
    /// A load balancer behind the service.
    pub struct LoadBalancerResult {
        /// ARN.
        computed arn: String,
        /// Name in AWS.
        computed name: String,
        /// Its own DNS name.
        computed dns_name: String,
        /// Hosted zone of that name.
        computed zone_id: String,
        /// Whether this resource manages it.
        computed managed: bool,
    }
}

crate::attributes! {
    /// A listener and its target group.
    pub struct ListenerResult {
        /// ARN of the listener.
        computed arn: String,
        /// ARN of its target group.
        computed target_group_arn: String,
    }
}

crate::attributes! {
    /// The record that proves the ownership of a private DNS name.
    pub struct PrivateDnsRecord {
        /// Full name.
        computed name: String,
        /// `TXT`.
        computed r#type: String,
        /// Value, without quotes.
        computed value: String,
    }
}

impl ServiceConfig {
    /// The listeners by name; `None` while blocks or names are unknown.
    pub fn listeners(&self) -> Option<BTreeMap<String, &ListenerBlock>> {
        match &self.listener {
            Attr::Null => Some(BTreeMap::new()),
            Attr::Unknown => None,
            Attr::Known(listeners) => {
                listeners.iter().map(|listener| Some((listener.name.known()?.clone(), listener))).collect()
            }
        }
    }
}

impl ListenerBlock {
    /// Whether this resource registers the targets.
    pub fn manages_targets(&self) -> bool {
        match self.manage_targets {
            Attr::Known(manages) => manages,
            // An empty set of blocks is what core sends for no block at all.
            _ => self.target_ids.is_set() || !matches!(&self.target, Attr::Known(targets) if targets.is_empty()),
        }
    }

    /// The kind of the targets: as written, or after the first id. `None` while unknown.
    pub fn kind_of_targets(&self) -> Option<String> {
        match &self.target_type {
            Attr::Known(kind) => return Some(kind.clone()),
            Attr::Unknown => return None,
            Attr::Null => {}
        }
        let from_ids = self.target_ids.known().and_then(|ids| ids.first());
        let from_blocks = self.target.known().and_then(|targets| targets.first()).and_then(|target| target.id.known());
        from_ids.or(from_blocks).map(|id| kind_of(id).to_owned())
    }
}

/// `instance` for `i-…`, `ip` for anything else that passed validation.
pub fn kind_of(target_id: &str) -> &'static str {
    if target_id.starts_with("i-") { "instance" } else { "ip" }
}

fn name_complaint(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    let fits = (1..=24).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.starts_with("internal-");
    (!fits).then(|| {
        format!(
            "{name:?} is not a name of 1 to 24 letters, digits and hyphens, without a hyphen at an end and not beginning \
             with \"internal-\". A right value looks like \"orders-api\"."
        )
    })
}

fn listener_name_complaint(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    let fits = (1..=16).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !name.starts_with('-')
        && !name.ends_with('-');
    (!fits).then(|| {
        format!(
            "{name:?} is not a name of 1 to 16 small letters, digits and hyphens, without a hyphen at an end. A right \
             value looks like \"https\"."
        )
    })
}

fn target_complaint(value: &Value) -> Option<String> {
    let id = value.as_str()?;
    let instance = id.strip_prefix("i-").is_some_and(|rest| {
        matches!(rest.len(), 8 | 17) && rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    });
    (!instance && id.parse::<std::net::IpAddr>().is_err()).then(|| {
        format!(
            "{id:?} is neither the id of an instance nor an IP address. Right values look like \"i-0123456789abcdef0\" and \
             \"10.0.1.5\"."
        )
    })
}

fn health_path_complaint(value: &Value) -> Option<String> {
    let path = value.as_str()?;
    let fits = path.starts_with('/') && path.len() <= 1024;
    (!fits).then(|| format!("{path:?} is not a path of at most 1024 characters. A right value looks like \"/ready\"."))
}

fn health_port_complaint(value: &Value) -> Option<String> {
    let port = value.as_str()?;
    let fits = port == "traffic-port" || port.parse::<u16>().is_ok_and(|port| port > 0);
    (!fits).then(|| format!("{port:?} is neither a port from 1 to 65535 nor \"traffic-port\"."))
}

/// Refuses keys that belong to the provider or to AWS.
pub fn tags_complaint(value: &Value) -> Option<String> {
    let reserved = value.as_map()?.keys().find(|key| key.starts_with("privatelink:") || key.starts_with("aws:"))?;
    let whose = if reserved.starts_with("aws:") { "AWS" } else { "the provider" };
    Some(format!("The tag key {reserved:?} belongs to {whose}; choose another prefix."))
}
