//! Which resources of hashicorp/aws describe a part of a chain: told by the ids that both sides name.

use serde_json::Value as Json;

use super::Chain;
use super::held::Held;
use crate::aws::{RecordKey, bare_id};
use crate::engine::LinkName;
use crate::links::records::RecordSpec;
use crate::privatelink_consumer::chain as consumer;
use crate::privatelink_service::chain as service;
use crate::resource::Stored;

/// A resource type of hashicorp/aws, the kind of link that its objects become, and the attributes that name the same thing.
struct Part {
    type_names: &'static [&'static str],
    link: &'static str,
    /// Attribute of the resource, field of the link.
    same: &'static [(&'static str, &'static str)],
}

const PARTS: [Part; 12] = [
    Part { type_names: &["aws_lb", "aws_alb"], link: service::LOAD_BALANCER, same: &[("arn", "arn")] },
    Part { type_names: &["aws_lb_listener", "aws_alb_listener"], link: service::LISTENER, same: &[("arn", "arn")] },
    Part {
        type_names: &["aws_lb_listener_certificate", "aws_alb_listener_certificate"],
        link: service::CERTIFICATES,
        same: &[("listener_arn", "listener_arn")],
    },
    Part {
        type_names: &["aws_lb_target_group", "aws_alb_target_group"],
        link: service::TARGET_GROUP,
        same: &[("arn", "arn")],
    },
    Part {
        type_names: &["aws_lb_target_group_attachment", "aws_alb_target_group_attachment"],
        link: service::TARGETS,
        same: &[("target_group_arn", "target_group_arn")],
    },
    Part {
        type_names: &["aws_vpc_endpoint_service_allowed_principal"],
        link: service::PERMISSIONS,
        same: &[("vpc_endpoint_service_id", "service_id")],
    },
    Part {
        type_names: &["aws_vpc_endpoint_service_private_dns_verification"],
        link: service::DNS_VERIFICATION,
        same: &[("service_id", "service_id")],
    },
    Part {
        type_names: &["aws_vpc_endpoint_connection_notification"],
        link: service::NOTIFICATION,
        same: &[("vpc_endpoint_service_id", "service_id"), ("connection_notification_arn", "topic_arn")],
    },
    Part {
        type_names: &[
            "aws_vpc_endpoint_subnet_association",
            "aws_vpc_endpoint_security_group_association",
            "aws_vpc_endpoint_policy",
            "aws_vpc_endpoint_private_dns",
        ],
        link: consumer::ENDPOINT,
        same: &[("vpc_endpoint_id", "id")],
    },
    Part {
        type_names: &["aws_route53profiles_resource_association"],
        link: consumer::PROFILE_ASSOCIATION,
        same: &[("profile_id", "profile_id"), ("resource_arn", "resource_arn")],
    },
    Part { type_names: &["aws_security_group"], link: consumer::SECURITY_GROUP, same: &[("id", "id")] },
    Part {
        type_names: &[
            "aws_security_group_rule",
            "aws_vpc_security_group_ingress_rule",
            "aws_vpc_security_group_egress_rule",
        ],
        link: consumer::SECURITY_GROUP_RULES,
        same: &[("security_group_id", "group_id")],
    },
];

/// The attribute with what exists.
const RECORD_OF_STATE: &str = "record";
/// The type of records.
const RECORD: &str = "aws_route53_record";

/// What a plan keeps of what was found: a load balancer that is given is no part, nor is what stands behind it.
fn described(chain: &Chain) -> Vec<(LinkName, Json)> {
    let links = Stored::read(&chain.state).map(|stored| stored.record.links).unwrap_or_default();
    let kept = chain.planned.get(RECORD_OF_STATE).as_map();
    let is_kept = |name: &LinkName| kept.is_none_or(|kept| kept.contains_key(name.as_str()));
    links.into_iter().filter(|(name, _)| is_kept(name)).map(|(name, entry)| (name, entry.state)).collect()
}

/// Whether a resource is of a type that describes a part of a chain.
pub(super) fn is_part(held: &Held) -> bool {
    held.type_name == RECORD || PARTS.iter().any(|part| part.type_names.contains(&held.type_name.as_str()))
}

/// Links of chains, as their states record them.
pub(super) struct Parts(Vec<(LinkName, Json)>);

impl Parts {
    /// All links of these chains that their configurations describe.
    pub(super) fn of(chains: &[Chain]) -> Self {
        Self(chains.iter().flat_map(described).collect())
    }

    /// Whether a resource describes a part of one of the chains.
    pub(super) fn has(&self, held: &Held) -> bool {
        if held.type_name == RECORD {
            return self.has_record(held);
        }
        let parts = PARTS.iter().filter(|part| part.type_names.contains(&held.type_name.as_str()));
        parts.into_iter().any(|part| {
            self.of_kind(part.link).any(|link| {
                part.same
                    .iter()
                    .all(|(own, field)| held.text(own).is_some_and(|text| link.get(field) == Some(&text.into())))
            })
        })
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Json> {
        self.0.iter().filter(move |(name, _)| name.kind() == kind).map(|(_, state)| state)
    }

    fn has_record(&self, held: &Held) -> bool {
        let Some((zone, wanted)) = record_of(held) else { return false };
        let is_in_zone = |link: &&Json| link.get("zone_id").and_then(Json::as_str).map(bare_id) == Some(zone);
        let of_endpoints = self.of_kind(consumer::RECORDS).filter(is_in_zone).flat_map(|link| {
            let records = link.get("records").and_then(Json::as_object).into_iter().flatten();
            records.filter_map(|(_, record)| {
                Some(RecordKey::new(record.get("name")?.as_str()?, record.get("type")?.as_str()?))
            })
        });
        let of_proofs = self
            .of_kind(service::VERIFICATION_RECORD)
            .filter(is_in_zone)
            .filter_map(|link| Some(RecordKey::new(link.get("name")?.as_str()?, "TXT")));
        of_endpoints.chain(of_proofs).any(|key| key == wanted)
    }
}

/// The zone and the key of a record that a state has.
fn record_of(held: &Held) -> Option<(&str, RecordKey)> {
    let name = held.text("fqdn").or_else(|| held.text("name"))?;
    Some((bare_id(held.text("zone_id")?), RecordKey::new(name, held.text("type")?)))
}

/// Whether a state has a record of a zone.
pub(super) fn has_record(held: &[Held], zone_id: &str, record: &RecordSpec) -> bool {
    let wanted = (bare_id(zone_id), RecordKey::new(&record.name, &record.kind));
    let records = held.iter().filter(|one| !one.is_data && one.type_name == RECORD);
    records.filter_map(record_of).any(|record| record == wanted)
}
