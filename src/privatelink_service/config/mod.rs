//! Attributes of `privatelink_service`, and what follows from them alone.

use std::collections::{BTreeMap, BTreeSet};

mod access;
pub mod listener;
mod load_balancer;
pub(super) mod principal;

pub use crate::links::notification::NotificationBlock;
pub use access::AcceptBlock;
pub use listener::{
    DnsFailoverBlock, HealthCheckBlock, ListenerBlock, MutualAuthenticationBlock, TargetBlock, TargetGroupHealthBlock,
    UnhealthyStateRoutingBlock, WeightedTargetGroupBlock, kind_of,
};
pub use load_balancer::{AccessLogsBlock, LoadBalancerBlock, MinimumCapacityBlock, SubnetMappingBlock, canonical};

use crate::resource::load_balancer_tags_complaint;
use crate::schema::{Constraint, Count, Rule, formats};
use crate::value::{Attr, Value};

crate::attributes! {
    /// Publishes an application as an AWS PrivateLink endpoint service: network load balancer, target groups, targets,
    /// listeners, endpoint service, allowed principals and the verified private DNS name, as one resource.
    pub struct ServiceConfig {
        /// Name of the service: 1 to 24 letters, digits and hyphens, no hyphen at an end, not beginning with `internal-`. Names of AWS objects are made from it and a short hash.
        required name: String => [Rule::Refuse(name_complaint)],
        /// Region of the service; the provider's by default.
        optional_computed region: String => [Rule::Is(&formats::REGION), Rule::Replace],
        /// Subnets of the managed network load balancer, one for each zone. Subnets of further zones are added in place. Exactly one of this, `subnet_mapping` and `load_balancer_arns` is written.
        optional subnet_ids: BTreeSet<String> => [Rule::Results, Rule::Is(&formats::SUBNET_ID)],
        /// ARNs of existing network load balancers, which are attached and never changed. Excludes `listener` and `load_balancer`.
        optional load_balancer_arns: BTreeSet<String> => [Rule::Results, Rule::Is(&formats::LOAD_BALANCER_ARN)],
        /// Whether the owner must accept each connection. A change holds for later connections only.
        optional_computed acceptance_required: bool = true,
        /// Who may connect: account ids, ARNs of account roots, users and roles without a path, services of AWS such as `appflow.amazonaws.com`, or `*` for everybody. The ARN of an organization is a warning: AWS documents none, and decides. Exactly these; empty means no other account. The own account needs no entry.
        optional_computed allowed_principals: BTreeSet<String> = BTreeSet::<String>::new() => [Rule::Results, Rule::Refuse(principal::complaint), Rule::Means(principal::meaning)],
        /// Whether live connections of an account that loses its last allowed principal are rejected. AWS leaves them connected otherwise. Nobody is rejected while `*`, an organization or a service of AWS is allowed, since whom these stand for is not known.
        optional_computed reject_on_revoke: bool = false => [Rule::Results],
        /// Address families in which consumers may connect: `ipv4`, `ipv6` or both. `ipv6` needs load balancers of type `dualstack`.
        optional_computed supported_ip_address_types: BTreeSet<String> = BTreeSet::from(["ipv4".to_owned()]) => [Rule::OneOf(&["ipv4", "ipv6"])],
        /// Further Regions from which consumers may connect. Needs the permission `vpce:AllowMultiRegion`.
        optional_computed supported_regions: BTreeSet<String> = BTreeSet::<String>::new() => [Rule::Is(&formats::REGION)],
        /// Whether a destroy rejects live connections first; without it, it refuses while there are any.
        optional_computed force_destroy: bool = false,
        /// Seconds for which an apply waits at its end until every target is healthy; by default it looks once. What is unhealthy then is a warning with AWS's reasons, never an error.
        optional wait_for_healthy_targets: i64 => [Rule::Range(0, 3600)],
        /// Tags of every object of the chain that can carry tags. Keys beginning with `privatelink:` belong to the provider.
        optional tags: BTreeMap<String, String> => [Rule::Refuse(load_balancer_tags_complaint)],
        /// Settings of the managed network load balancer.
        single load_balancer: LoadBalancerBlock,
        /// A subnet of the managed network load balancer with the address that it gets there. In place of `subnet_ids`.
        set subnet_mapping: SubnetMappingBlock,
        /// One port on which the service listens, with the targets behind it. At least one; matched by `name`.
        set listener: ListenerBlock,
        /// The private DNS name of the service, so that consumers can use your name instead of AWS's.
        single private_dns: PrivateDnsBlock,
        /// Which waiting connections are accepted: those that match any of these blocks. A block that is removed rejects nobody.
        set accept: AcceptBlock,
        /// An SNS topic that is told about connections.
        set connection_notification: NotificationBlock,
        /// How long to wait for AWS, as durations such as `15m`, without the time in which calls stand in line for its request limits.
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
        /// Endpoints that wait and that an `accept` block matches: the next apply accepts them.
        computed pending_endpoint_ids: BTreeSet<String>,
        /// Listeners by name.
        computed listeners: BTreeMap<String, Attr<ListenerResult>>,
        /// Dimensions for alarms, by the namespace of their metrics: `AWS/PrivateLinkServices` for the endpoint service, `AWS/NetworkELB` for the managed load balancer, `AWS/NetworkELB/<listener>` for the target group of a listener, `AWS/NetworkELB/<name>` for an existing load balancer.
        computed metric_dimensions: BTreeMap<String, Attr<BTreeMap<String, String>>>,
        /// State of the private DNS name in AWS's word: `pendingVerification`, `verified`, `failed`.
        computed private_dns_state: String,
        /// The record that proves the ownership of the private DNS name, ready to publish.
        computed private_dns_record: PrivateDnsRecord,
        /// All tags, those of the provider's `default_tags` included.
        computed tags_all: BTreeMap<String, String>,
        /// What every resource has besides.
        flatten memory: crate::resource::Memory,
    }
    constraints [
        Constraint {
            count: Count::ExactlyOne,
            of: &["subnet_ids", "subnet_mapping", "load_balancer_arns"],
            summary: "One load balancer behind the service",
            advice: "Write subnet_ids (or subnet_mapping blocks, for fixed addresses) for a load balancer that this \
                     resource manages, or load_balancer_arns for existing ones.",
        },
        Constraint {
            count: Count::NoneBeside("load_balancer_arns"),
            of: &["listener", "load_balancer"],
            summary: "Load balancer managed elsewhere",
            advice: "They belong to a load balancer that this resource manages, and existing ones are never changed. Leave \
                     them out, or write subnet_ids in place of load_balancer_arns.",
        },
        Constraint { count: Count::AllBeside("subnet_ids"), ..LISTENERS },
        Constraint { count: Count::AllBeside("subnet_mapping"), ..LISTENERS },
    ]
}

const LISTENERS: Constraint = Constraint {
    count: Count::AtLeastOne,
    of: &["listener"],
    summary: "No listener",
    advice: "A service listens on at least one port. Write a listener block, for example:\n\n  listener {\n    name       \
             = \"https\"\n    port       = 443\n    target_ids = [\"i-0123456789abcdef0\"]\n  }\n",
};

crate::attributes! {
    /// The private DNS name of the service.
    pub struct PrivateDnsBlock {
        /// The name, in lower case; `*.` in front makes it a wildcard.
        required name: String => [Rule::Results, Rule::Is(&formats::PRIVATE_DNS_NAME)],
        /// Public hosted zone in which the TXT record that proves the ownership is kept. Without it publish `private_dns_record` yourself.
        optional hosted_zone_id: String => [Rule::Results, Rule::Is(&formats::HOSTED_ZONE_ID), Rule::Canonical(formats::bare_zone_id)],
        /// Name of the provider's `peer_account` that owns the zone.
        optional peer_account: String => [Rule::Results],
        /// Whether to wait until AWS has verified the name. True with `hosted_zone_id`, false without.
        optional_computed wait_for_verification: bool => [Rule::Results],
    }
    constraints [
        Constraint {
            count: Count::AllBeside("peer_account"),
            of: &["hosted_zone_id"],
            summary: "No hosted zone",
            advice: "It says which account owns the public zone.",
        },
    ]
    usual private_dns_in_full
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

/// Without a zone in which the record is kept nothing publishes it during the apply.
fn private_dns_in_full(block: &Value) -> Value {
    let waits = match block.get("hosted_zone_id") {
        Value::Null => Value::Bool(false),
        Value::Unknown(_) => Value::UNKNOWN,
        _ => Value::Bool(true),
    };
    or_else(block, "wait_for_verification", waits)
}

/// A block with a value in place of a null one.
fn or_else(block: &Value, name: &str, usual: Value) -> Value {
    let mut entries = block.as_map().cloned().unwrap_or_default();
    if block.get(name).is_null() {
        entries.insert(name.to_owned(), usual);
    }
    Value::Map(entries)
}

impl ServiceConfig {
    /// The listeners by name; `None` while blocks or names are unknown.
    pub fn listeners(&self) -> Option<BTreeMap<String, &ListenerBlock>> {
        match &self.listener {
            Attr::Null => Some(BTreeMap::new()),
            Attr::Unknown | Attr::Given => None,
            Attr::Known(listeners) => {
                listeners.iter().map(|listener| Some((listener.name.known()?.clone(), listener))).collect()
            }
        }
    }
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
            "must be 1–24 letters, digits and hyphens, without a hyphen at an end and not beginning with \"internal-\", got \
             {name:?}"
        )
    })
}
