//! Attributes of the data source `privatelink_diagnosis`.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::schema::{Rule, formats};
use crate::value::Value;

crate::attributes! {
    /// Walks a connection hop by hop, from the name that a client resolves to the health of the targets, and says where it stops and what to do.
    pub struct Config {
        /// Id of the endpoint, `vpce-…`. At least one of this and `service_id` is written.
        optional endpoint_id: String => [Rule::Is(&formats::ENDPOINT_ID)],
        /// Id of the endpoint service, `vpce-svc-…`; the endpoint's by default.
        optional service_id: String => [Rule::Is(&formats::SERVICE_ID)],
        /// Name that the client resolves. The private name by default where private DNS is on, else the endpoint's own.
        optional name: String => [Rule::Refuse(name_complaint)],
        /// Port that the client connects to.
        optional_computed port: i64 = 443 => [Rule::Range(1, 65535)],
        /// What the client speaks.
        optional_computed protocol: String = "tcp" => [Rule::OneOf(&["tcp", "udp"])],
        /// Security groups of the client. Without them, rules that name a group leave the answer open.
        optional security_group_ids: BTreeSet<String> => [Rule::Is(&formats::SECURITY_GROUP_ID)],
        /// Address of the client.
        optional source_ip: String => [Rule::Refuse(address_complaint)],
        /// Subnet of the client. With it, only its zone is walked, and network ACLs and routes are looked at.
        optional subnet_id: String => [Rule::Is(&formats::SUBNET_ID)],
        /// Region of the endpoint; the provider's by default.
        optional_computed region: String => [Rule::Is(&formats::REGION)],
        /// Name of the provider's `peer_account` that owns the other side. Without it, that side is not seen, unless both sides lie in one account.
        optional peer_account: String,
        /// The endpoint, or else the service.
        computed id: String,
        /// Whether traffic arrives. Null where that cannot be seen from here.
        computed reachable: bool,
        /// The first hop at which traffic ends; null where none is broken.
        computed broken_at: String,
        /// The hops, in the order in which traffic passes them.
        computed hops: Vec<Hop>,
        /// The same for people.
        computed report: String,
        /// The same as a Mermaid diagram, for pull requests and runbooks.
        computed mermaid: String,
    }
}

crate::attributes! {
    /// One hop.
    pub struct Hop {
        /// Which, such as `dns`, `endpoint_security_group` or `target`.
        computed hop: String,
        /// The object, by id, name or ARN.
        computed object: String,
        /// `ok`, `broken` or `unknown`.
        computed state: String,
        /// What was found.
        computed detail: String,
        /// What to do; empty where there is nothing to do.
        computed advice: String,
    }
}

fn name_complaint(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    let fits = name.contains('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    (!fits).then(|| format!("must be a DNS name such as \"orders.example.dev\", got {name:?}"))
}

fn address_complaint(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let is_address = text.parse::<IpAddr>().is_ok();
    (!is_address).then(|| format!("must be an address such as \"10.0.1.5\", got {text:?}"))
}
