//! The way back: from states of this provider to the `aws_*` resources that describe the same objects.
//!
//! A table says for each link which resource type of hashicorp/aws describes it, what an import of it is given, and which argument
//! takes which field. *Source:* the pages of the resource types in the documentation of hashicorp/aws, 5 and 6.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::configuration::{File, free, label, removed_blocks};
use super::held::Held;
use super::state::State;
use super::{LeftAlone, TakenOver};
use crate::engine::LinkName;
use crate::hcl::{Body, Expression};
use crate::links::hosted_zone;
use crate::links::verification_record::DEFAULT_TTL_SECONDS;
use crate::privatelink_connection::{CONNECTION, Decision};
use crate::privatelink_consumer::Consumer;
use crate::privatelink_consumer::chain as consumer;
use crate::privatelink_endpoint_dns::EndpointDns;
use crate::privatelink_service::Service;
use crate::privatelink_service::chain as service;
use crate::protocol::value::from_json;
use crate::provider::Provider;
use crate::resource::{Composite as _, ProviderServer as _, Stored};

/// How one kind of link is described by hashicorp/aws. Fields are named by pointers into what [`context`] gives.
struct Way {
    link: &'static str,
    type_name: &'static str,
    /// Where a link has several objects: the field that holds them.
    each: Option<&'static str>,
    /// Fields of which the id for an import is made, joined by underscores; none where hashicorp/aws imports none.
    import: &'static [&'static str],
    /// What others name it by: attribute and field.
    named_by: Option<(&'static str, &'static str)>,
    constants: &'static [(&'static str, &'static str)],
    arguments: &'static [(&'static str, &'static str)],
    blocks: &'static [(&'static str, &'static [(&'static str, &'static str)])],
    /// Blocks within a block: that one's name, empty for the resource itself, theirs, and the field whose objects they are made of.
    nested: &'static [(&'static str, &'static str, &'static str)],
}

const WAYS: [Way; 16] = [
    Way {
        link: service::LOAD_BALANCER,
        type_name: "aws_lb",
        each: None,
        import: &["/link/arn"],
        named_by: Some(("arn", "/link/arn")),
        constants: &[("load_balancer_type", "network")],
        arguments: &[
            ("name", "/link/name"),
            ("internal", "/yes"),
            ("subnets", "/link/subnet_ids"),
            ("security_groups", "/link/security_groups"),
            ("ip_address_type", "/link/ip_address_type"),
            ("enable_cross_zone_load_balancing", "/link/cross_zone"),
            ("enable_deletion_protection", "/link/deletion_protection"),
            ("dns_record_client_routing_policy", "/link/client_routing_policy"),
            ("enable_prefix_for_ipv6_source_nat", "/prefixes"),
            ("tags", "/link/tags"),
        ],
        blocks: &[
            ("access_logs", &[("bucket", "/logs/bucket"), ("prefix", "/logs/prefix"), ("enabled", "/logs/enabled")]),
            ("minimum_load_balancer_capacity", &[("capacity_units", "/links/minimum_capacity/capacity_units")]),
        ],
        nested: &[],
    },
    Way {
        link: service::TARGET_GROUP,
        type_name: "aws_lb_target_group",
        each: None,
        import: &["/link/arn"],
        named_by: Some(("arn", "/link/arn")),
        constants: &[],
        arguments: &[
            ("name", "/link/name"),
            ("port", "/link/port"),
            ("protocol", "/link/protocol"),
            ("target_type", "/link/target_type"),
            ("vpc_id", "/link/vpc_id"),
            ("deregistration_delay", "/link/deregistration_delay"),
            ("connection_termination", "/link/connection_termination"),
            ("preserve_client_ip", "/link/preserve_client_ip"),
            ("proxy_protocol_v2", "/link/proxy_protocol_v2"),
            ("tags", "/link/tags"),
        ],
        blocks: &[
            (
                "health_check",
                &[
                    ("protocol", "/link/health_check/protocol"),
                    ("port", "/link/health_check/port"),
                    ("path", "/link/health_check/path"),
                    ("matcher", "/link/health_check/matcher"),
                    ("interval", "/link/health_check/interval"),
                    ("timeout", "/link/health_check/timeout"),
                    ("healthy_threshold", "/link/health_check/healthy_threshold"),
                    ("unhealthy_threshold", "/link/health_check/unhealthy_threshold"),
                ],
            ),
            ("stickiness", &[("type", "/sticky/type"), ("enabled", "/sticky/enabled")]),
        ],
        nested: &[],
    },
    Way {
        link: service::TARGETS,
        type_name: "aws_lb_target_group_attachment",
        each: Some("targets"),
        import: &[],
        named_by: None,
        constants: &[],
        arguments: &[
            ("target_group_arn", "/link/target_group_arn"),
            ("target_id", "/own/id"),
            ("port", "/own/port"),
            ("availability_zone", "/own/availability_zone"),
        ],
        blocks: &[],
        nested: &[],
    },
    Way {
        link: service::LISTENER,
        type_name: "aws_lb_listener",
        each: None,
        import: &["/link/arn"],
        named_by: Some(("arn", "/link/arn")),
        constants: &[],
        arguments: &[
            ("load_balancer_arn", "/link/load_balancer_arn"),
            ("port", "/link/port"),
            ("protocol", "/link/protocol"),
            ("certificate_arn", "/link/certificate_arn"),
            ("ssl_policy", "/link/ssl_policy"),
            ("alpn_policy", "/link/alpn_policy"),
            ("tcp_idle_timeout_seconds", "/idle"),
            ("tags", "/link/tags"),
        ],
        blocks: &[
            ("default_action", &[("type", "/forward"), ("target_group_arn", "/sole_group")]),
            (
                "mutual_authentication",
                &[
                    ("mode", "/verify"),
                    ("trust_store_arn", "/link/trust_store_arn"),
                    ("ignore_client_certificate_expiry", "/link/ignores_client_expiry"),
                ],
            ),
        ],
        nested: &[("default_action", "forward", "/shares")],
    },
    Way {
        link: service::CERTIFICATES,
        type_name: "aws_lb_listener_certificate",
        each: Some("certificate_arns"),
        import: &["/link/listener_arn", "/own"],
        named_by: None,
        constants: &[],
        arguments: &[("listener_arn", "/link/listener_arn"), ("certificate_arn", "/own")],
        blocks: &[],
        nested: &[],
    },
    Way {
        link: service::ENDPOINT_SERVICE,
        type_name: "aws_vpc_endpoint_service",
        each: None,
        import: &["/link/id"],
        named_by: Some(("id", "/link/id")),
        constants: &[],
        arguments: &[
            ("acceptance_required", "/link/acceptance_required"),
            ("network_load_balancer_arns", "/link/load_balancer_arns"),
            ("allowed_principals", "/links/permissions/principals"),
            ("private_dns_name", "/link/private_dns_name"),
            ("supported_ip_address_types", "/link/supported_ip_address_types"),
            ("supported_regions", "/link/supported_regions"),
            ("tags", "/link/tags"),
        ],
        blocks: &[],
        nested: &[],
    },
    Way {
        link: service::NOTIFICATION,
        type_name: "aws_vpc_endpoint_connection_notification",
        each: None,
        import: &["/link/id"],
        named_by: None,
        constants: &[],
        arguments: &[
            ("vpc_endpoint_service_id", "/link/service_id"),
            ("vpc_endpoint_id", "/link/endpoint_id"),
            ("connection_notification_arn", "/link/topic_arn"),
            ("connection_events", "/link/events"),
        ],
        blocks: &[],
        nested: &[],
    },
    Way {
        link: CONNECTION,
        type_name: "aws_vpc_endpoint_connection_accepter",
        each: None,
        import: &["/link/service_id", "/link/endpoint_id"],
        named_by: None,
        constants: &[],
        arguments: &[("vpc_endpoint_service_id", "/link/service_id"), ("vpc_endpoint_id", "/link/endpoint_id")],
        blocks: &[],
        nested: &[],
    },
    Way {
        link: consumer::SECURITY_GROUP,
        type_name: "aws_security_group",
        each: None,
        import: &["/link/id"],
        named_by: Some(("id", "/link/id")),
        constants: &[],
        arguments: &[
            ("name", "/link/name"),
            ("description", "/link/description"),
            ("vpc_id", "/link/vpc_id"),
            ("tags", "/named_tags"),
        ],
        blocks: &[],
        nested: &[],
    },
    Way {
        link: consumer::SECURITY_GROUP_RULES,
        type_name: "aws_vpc_security_group_ingress_rule",
        each: Some("ingress"),
        import: &["/own/id"],
        named_by: None,
        constants: &[],
        arguments: &[
            ("security_group_id", "/link/group_id"),
            ("ip_protocol", "/own/rule/protocol"),
            ("from_port", "/own/rule/from_port"),
            ("to_port", "/own/rule/to_port"),
            ("cidr_ipv4", "/own/rule/source/cidr_ipv4"),
            ("cidr_ipv6", "/own/rule/source/cidr_ipv6"),
            ("prefix_list_id", "/own/rule/source/prefix_list"),
            ("referenced_security_group_id", "/own/rule/source/security_group"),
            ("description", "/own/rule/description"),
            ("tags", "/own/tags"),
        ],
        blocks: &[],
        nested: &[],
    },
    Way {
        link: consumer::ENDPOINT,
        type_name: "aws_vpc_endpoint",
        each: None,
        import: &["/link/id"],
        named_by: Some(("id", "/link/id")),
        constants: &[("vpc_endpoint_type", "Interface")],
        arguments: &[
            ("service_name", "/link/service_name"),
            ("service_region", "/elsewhere"),
            ("vpc_id", "/link/vpc_id"),
            ("subnet_ids", "/link/subnet_ids"),
            ("security_group_ids", "/link/security_group_ids"),
            ("private_dns_enabled", "/has_private_dns"),
            ("ip_address_type", "/link/ip_address_type"),
            ("policy", "/link/policy"),
            ("tags", "/link/tags"),
        ],
        blocks: &[],
        nested: &[],
    },
    Way {
        link: consumer::HOSTED_ZONE,
        type_name: "aws_route53_zone",
        each: None,
        import: &["/link/zone_id"],
        named_by: Some(("zone_id", "/link/zone_id")),
        constants: &[("comment", hosted_zone::COMMENT)],
        arguments: &[("name", "/link/name"), ("tags", "/link/tags")],
        blocks: &[],
        nested: &[("", "vpc", "/vpcs")],
    },
    Way {
        link: consumer::ZONE_ASSOCIATION,
        type_name: "aws_route53_zone_association",
        each: None,
        import: &["/zone_and_vpc"],
        named_by: None,
        constants: &[],
        arguments: &[("zone_id", "/link/zone_id"), ("vpc_id", "/link/vpc_id"), ("vpc_region", "/link/vpc_region")],
        blocks: &[],
        nested: &[],
    },
    Way {
        link: consumer::PRIVATE_DNS,
        type_name: "aws_vpc_endpoint_private_dns",
        each: None,
        import: &["/link/endpoint_id"],
        named_by: None,
        constants: &[],
        arguments: &[("vpc_endpoint_id", "/link/endpoint_id"), ("private_dns_enabled", "/yes")],
        blocks: &[],
        nested: &[],
    },
    Way {
        link: consumer::RECORDS,
        type_name: "aws_route53_record",
        each: Some("records"),
        import: &["/link/zone_id", "/own/name", "/own/type"],
        named_by: None,
        constants: &[],
        arguments: &[
            ("zone_id", "/link/zone_id"),
            ("name", "/own/name"),
            ("type", "/own/type"),
            ("ttl", "/own/value/cname/ttl_seconds"),
            ("records", "/values"),
        ],
        blocks: &[(
            "alias",
            &[
                ("name", "/own/value/alias/dns_name"),
                ("zone_id", "/own/value/alias/zone_id"),
                ("evaluate_target_health", "/own/value/alias/evaluate_target_health"),
            ],
        )],
        nested: &[],
    },
    Way {
        link: service::VERIFICATION_RECORD,
        type_name: "aws_route53_record",
        each: None,
        import: &["/link/zone_id", "/link/name", "/txt"],
        named_by: None,
        constants: &[("type", "TXT")],
        arguments: &[("zone_id", "/link/zone_id"), ("name", "/link/name"), ("ttl", "/ttl"), ("records", "/proof")],
        blocks: &[],
        nested: &[],
    },
];

/// AWS's default for idle connections over TCP.
const USUAL_IDLE_TIMEOUT: i64 = 350;

/// An object of a chain on its way to a resource of hashicorp/aws.
struct Object {
    way: &'static Way,
    label: String,
    context: Json,
    /// Name of the provider block whose credentials it takes; none for the one without a name.
    provider: Option<String>,
}

/// A composite of the state, and what it consists of.
struct Composed<'a> {
    held: &'a Held,
    stored: Stored,
}

impl Composed<'_> {
    /// The links of a kind.
    fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Json> {
        self.stored.record.links.iter().filter(move |(name, _)| name.kind() == kind).map(|(_, entry)| &entry.state)
    }
}

/// Endpoints, as the composites of a state share them.
#[derive(Default)]
struct Endpoints {
    /// Those that a consumer has made.
    made: BTreeSet<String>,
    /// Those whose private DNS another resource than their consumer has switched on.
    named: BTreeSet<String>,
}

impl Endpoints {
    fn of(all: &[Composed<'_>]) -> Self {
        let mut found = Self::default();
        let text = |link: &Json, field: &str| link.get(field).and_then(Json::as_str).map(str::to_owned);
        for one in all {
            if one.held.type_name == EndpointDns::TYPE {
                found.named.extend(one.of_kind(consumer::PRIVATE_DNS).filter_map(|link| text(link, "endpoint_id")));
            } else {
                found.made.extend(one.of_kind(consumer::ENDPOINT).filter_map(|link| text(link, "id")));
            }
        }
        found
    }
}

/// Writes the `aws_*` resources of everything that a state has of this provider, and lets go of the composites.
pub fn back(state: &State) -> (Vec<File>, Vec<LeftAlone>) {
    let provider = Provider::new();
    let (mut composed, mut left) = (Vec::new(), Vec::new());
    let ours = [Service::TYPE, Consumer::TYPE, Decision::TYPE, EndpointDns::TYPE];
    for held in state.held().iter().filter(|held| !held.is_data && ours.contains(&held.type_name.as_str())) {
        let stored = provider.resources().get(held.type_name.as_str()).and_then(|server| {
            let values = from_json(&server.schema().block, &held.values).ok()?;
            Stored::read(&values).ok().filter(|stored| !stored.record.links.is_empty())
        });
        let composed_of = stored.map(|stored| Composed { held, stored });
        let is_whole =
            |one: &Composed<'_>| one.of_kind(consumer::SECURITY_GROUP).all(|group| !group["description"].is_null());
        if let Some(one) = composed_of.filter(is_whole) {
            composed.push(one);
        } else {
            let why =
                "has no whole record of what it consists of; refresh the state with terraform apply -refresh-only";
            left.push(LeftAlone { what: held.address(), why: why.to_owned(), is_meant: false });
        }
    }
    let endpoints = Endpoints::of(&composed);
    let mut taken = BTreeSet::new();
    let objects: Vec<Object> = composed.iter().flat_map(|one| objects_of(one, &endpoints, &mut taken)).collect();
    let names: BTreeMap<String, String> = objects.iter().filter_map(named).collect();
    let mut body = Body::new();
    body.comment(&about(&objects, &composed, &left));
    body.gap();
    for object in &objects {
        write(&mut body, object, &names);
    }
    let removed: BTreeSet<String> = composed.iter().map(|one| one.held.configured()).collect();
    let let_go = TakenOver { removed: removed.into_iter().collect(), ..TakenOver::default() };
    body.extend(removed_blocks(&let_go));
    (vec![File { name: "aws.tf".to_owned(), body }], left)
}

fn about(objects: &[Object], composed: &[Composed<'_>], left: &[LeftAlone]) -> String {
    let mut lines = vec![
        format!("The way back to hashicorp/aws: {} objects.", objects.len()),
        String::new(),
        "Before the plan: take the resources of this provider out of the configuration, point what refers to them at the ones below,".to_owned(),
        "and write this into each provider \"aws\" block, or it removes the owner tags, which changes nothing else:".to_owned(),
        "  ignore_tags { key_prefixes = [\"privatelink:\"] }".to_owned(),
        "hashicorp/aws imports no aws_lb_target_group_attachment: a plan adds them, and AWS leaves a target as it is that is registered".to_owned(),
        "once more. It imports the default action of a listener in two spellings, and a plan takes one of them back: AWS is sent the action".to_owned(),
        "that it has.".to_owned(),
    ];
    if objects.iter().any(|object| object.way.link == consumer::HOSTED_ZONE) {
        lines.push(
            "An aws_route53_zone takes VPCs away that it does not name: add those that others have associated."
                .to_owned(),
        );
    }
    let providers: BTreeSet<&String> = objects.iter().filter_map(|object| object.provider.as_ref()).collect();
    if !providers.is_empty() {
        let names: Vec<String> = providers.iter().map(|name| format!("aws.{name}")).collect();
        lines.push(format!("Each account needs its provider block: {}.", names.join(", ")));
    }
    let accounts: BTreeSet<&str> = composed.iter().filter_map(|one| account(one.held)).collect();
    if accounts.len() > 1 && composed.iter().all(|one| one.held.alias.is_none()) {
        lines.push(format!(
            "These are objects of {} accounts ({}), and this state does not tell which provider block has which: name the state file\n\
             (terraform state pull) instead of the output of terraform show -json.",
            accounts.len(),
            accounts.iter().copied().collect::<Vec<_>>().join(", ")
        ));
    }
    lines.extend(left.iter().map(|one| format!("Not written: {} {}", one.what, one.why)));
    lines.join("\n")
}

/// The account that a composite is of, as far as its results tell.
fn account(held: &Held) -> Option<&str> {
    held.text("owner_id").or_else(|| held.text("arn")?.split(':').nth(4)).filter(|id| !id.is_empty())
}

fn objects_of(one: &Composed<'_>, endpoints: &Endpoints, taken: &mut BTreeSet<(String, String)>) -> Vec<Object> {
    let mut objects = Vec::new();
    for way in &WAYS {
        let of_kind = one.stored.record.links.iter().filter(|(name, _)| name.kind() == way.link);
        for (name, entry) in of_kind.filter(|(_, entry)| is_described(one, way, &entry.state, endpoints)) {
            let items = match way.each.map(|field| entry.state.get(field)) {
                None => vec![Json::Null],
                Some(Some(Json::Array(items))) => items.clone(),
                Some(Some(Json::Object(items))) => items.values().cloned().collect(),
                Some(_) => Vec::new(),
            };
            for own in items {
                let context = context(one, endpoints, &entry.state, &own);
                let label = free(&label(&called(one.held, name)), way.type_name, taken);
                objects.push(Object { way, label, context, provider: provider_block(one.held, way, &entry.state) });
            }
        }
    }
    objects
}

/// Whether a link is described by the way's resource of its own, and by none of another link.
fn is_described(one: &Composed<'_>, way: &Way, link: &Json, endpoints: &Endpoints) -> bool {
    let is_of_names_alone = one.held.type_name == EndpointDns::TYPE;
    match way.link {
        // The endpoint is given, and described where it was made.
        consumer::ENDPOINT => !is_of_names_alone,
        consumer::PRIVATE_DNS => {
            is_of_names_alone && !link["endpoint_id"].as_str().is_some_and(|id| endpoints.made.contains(id))
        }
        // A zone of this chain names its VPCs itself.
        consumer::ZONE_ASSOCIATION => {
            let is_of_own_zone = one.of_kind(consumer::HOSTED_ZONE).any(|zone| zone["zone_id"] == link["zone_id"]);
            link["made"] == json!(true) && !is_of_own_zone
        }
        _ => true,
    }
}

/// Whose credentials an object takes: those of the composite, or of the peer that has the zone or the service.
fn provider_block(held: &Held, way: &Way, link: &Json) -> Option<String> {
    let is_of_peer = way.link == consumer::RECORDS || way.link == consumer::CONNECTION;
    let peer = link.get("account").and_then(Json::as_str).filter(|_| is_of_peer);
    peer.map(label).or_else(|| held.alias.clone())
}

/// The composite's name, and the link's key where it has one.
fn called(held: &Held, link: &LinkName) -> String {
    let key = link.key().filter(|key| !key.starts_with("arn:")).map(|key| format!("_{key}")).unwrap_or_default();
    format!("{}{}{key}", held.name, held.key)
}

/// What the pointers of the table lead into.
fn context(one: &Composed<'_>, endpoints: &Endpoints, link: &Json, own: &Json) -> Json {
    let held = one.held;
    let links: Map<String, Json> =
        one.stored.record.links.iter().map(|(name, entry)| (name.kind().to_owned(), entry.state.clone())).collect();
    let value = own.pointer("/value/cname/value").cloned();
    let mut tags = link.get("tags").cloned().unwrap_or_default();
    if let (Some(tags), Some(name)) = (tags.as_object_mut(), held.text("name")) {
        tags.entry("Name").or_insert_with(|| json!(name));
    }
    let is_usual = |seconds: &&Json| seconds.as_i64() == Some(USUAL_IDLE_TIMEOUT);
    let logs = link.get("access_logs").filter(|logs| logs.get("enabled") == Some(&json!(true)));
    let is_sticky = link.get("stickiness") == Some(&json!(true));
    let elsewhere = held.text("service_region").filter(|region| held.text("region") != Some(*region));
    let zone_and_vpc = [&link["zone_id"], &link["vpc_id"]].map(|id| id.as_str().unwrap_or_default()).join(":");
    let is_named_by_another = link["id"].as_str().is_some_and(|id| endpoints.named.contains(id));
    json!({
        "has_private_dns": is_named_by_another || held.values.get("private_dns_enabled") == Some(&json!(true)),
        "vpcs": vpcs(one, link),
        "zone_and_vpc": zone_and_vpc,
        // Arguments that newer releases of hashicorp/aws have are written where they say something.
        "idle": link.get("tcp_idle_timeout_seconds").filter(|seconds| !is_usual(seconds)),
        "elsewhere": elsewhere,
        "prefixes": (link.get("source_nat_prefix") == Some(&json!(true))).then_some("on"),
        "shares": shares(link),
        "sole_group": link.get("target_group_arn").filter(|_| link.get("weight").is_none()),
        "verify": link.get("trust_store_arn").map(|_| "verify"),
        "logs": logs,
        "sticky": is_sticky.then(|| json!({"type": "source_ip", "enabled": true})),
        "yes": true,
        "forward": "forward",
        "txt": "TXT",
        "ttl": DEFAULT_TTL_SECONDS,
        "proof": link.get("value").map(|value| vec![value]),
        "values": value.map(|value| vec![value]),
        "named_tags": tags,
        "links": links,
        "link": link,
        "own": own,
    })
}

/// The VPCs that see a zone of this chain.
fn vpcs(one: &Composed<'_>, zone: &Json) -> Json {
    let further = one.of_kind(consumer::ZONE_ASSOCIATION).filter(|link| link["zone_id"] == zone["zone_id"]);
    let seen = std::iter::once(zone).chain(further);
    seen.map(|link| json!({"vpc_id": link["vpc_id"], "vpc_region": link["vpc_region"]})).collect()
}

/// The target groups of a listener that has several, with their weights.
fn shares(link: &Json) -> Option<Json> {
    let group = |arn: &str, weight: &Json| json!({"arn": arn, "weight": weight});
    let own = group(link.get("target_group_arn")?.as_str()?, link.get("weight")?);
    let others = link.get("weighted_target_groups").and_then(Json::as_object).into_iter().flatten();
    let groups: Vec<Json> = std::iter::once(own).chain(others.map(|(arn, weight)| group(arn, weight))).collect();
    Some(json!({"target_group": groups}))
}

/// What others name an object by, and how.
fn named(object: &Object) -> Option<(String, String)> {
    let (attribute, field) = object.way.named_by?;
    let id = object.context.pointer(field)?.as_str()?;
    Some((id.to_owned(), format!("{}.{}.{attribute}", object.way.type_name, object.label)))
}

fn write(body: &mut Body, object: &Object, names: &BTreeMap<String, String>) {
    let Object { way, label, context, provider } = object;
    let mut inner = Body::new();
    if let Some(name) = provider {
        inner.set("provider", Expression::Reference(format!("aws.{name}")));
        inner.gap();
    }
    for (name, text) in way.constants {
        inner.set(name, Expression::text(*text));
    }
    arguments(&mut inner, way.arguments, context, names);
    for (kind, fields) in way.blocks {
        let mut block = Body::new();
        arguments(&mut block, fields, context, names);
        for (_, name, field) in way.nested.iter().filter(|(parent, ..)| parent == kind) {
            nest(&mut block, name, context.pointer(field).unwrap_or(&Json::Null), names);
        }
        if !block.is_empty() {
            inner.block(kind, &[], block);
        }
    }
    for (_, name, field) in way.nested.iter().filter(|(parent, ..)| parent.is_empty()) {
        nest(&mut inner, name, context.pointer(field).unwrap_or(&Json::Null), names);
    }
    body.block("resource", &[way.type_name, label], inner);
    let parts: Option<Vec<&str>> = way.import.iter().map(|field| context.pointer(field)?.as_str()).collect();
    if let Some(parts) = parts.filter(|parts| !parts.is_empty()) {
        let mut import = Body::new();
        import.set("to", Expression::Reference(format!("{}.{label}", way.type_name)));
        import.set("id", Expression::text(parts.join("_")));
        body.block("import", &[], import);
    }
}

/// Blocks of an object, or of each object of a list: its lists are blocks in it, the rest arguments.
fn nest(body: &mut Body, name: &str, value: &Json, names: &BTreeMap<String, String>) {
    let objects = value.as_array().map_or_else(|| vec![value], |items| items.iter().collect());
    for entries in objects.into_iter().filter_map(Json::as_object) {
        let mut block = Body::new();
        for (key, value) in entries {
            if value.is_array() {
                nest(&mut block, key, value, names);
            } else {
                block.set(key, expression(key, value, names));
            }
        }
        body.block(name, &[], block);
    }
}

/// Arguments whose field says something.
fn arguments(body: &mut Body, all: &[(&str, &str)], context: &Json, names: &BTreeMap<String, String>) {
    for (name, field) in all {
        let Some(value) = context.pointer(field).filter(|value| !is_empty(value)) else { continue };
        body.set(name, expression(name, value, names));
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

fn expression(name: &str, value: &Json, names: &BTreeMap<String, String>) -> Expression {
    match value {
        Json::String(text) if names.contains_key(text) => {
            Expression::Reference(names.get(text).cloned().unwrap_or_default())
        }
        Json::String(text) if name == "policy" => match serde_json::from_str(text) {
            Ok(document) => Expression::Call("jsonencode", Box::new(Expression::of_json(&document))),
            Err(_) => Expression::text(text.as_str()),
        },
        Json::Array(items) => Expression::List(items.iter().map(|item| expression(name, item, names)).collect()),
        other => Expression::of_json(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A resource of a state file, by type, name and provider block, whose record has these links.
    fn resource(type_name: &str, name: &str, alias: &str, values: &Json, links: &[(&str, Json)]) -> Json {
        let entry = |state: &Json| json!({"generation": 0, "settled": true, "state": state}).to_string();
        let record: Map<String, Json> =
            links.iter().map(|(name, state)| ((*name).to_owned(), Json::from(entry(state)))).collect();
        let mut attributes = json!({"name": name, "record": record});
        for (name, value) in values.as_object().unwrap() {
            attributes[name] = value.clone();
        }
        json!({
            "mode": "managed", "type": type_name, "name": name,
            "provider": format!("provider[\"registry.terraform.io/privatelink/privatelink\"]{alias}"),
            "instances": [{"schema_version": 0, "attributes": attributes}],
        })
    }

    fn of_state(resources: &[Json]) -> (String, Vec<LeftAlone>) {
        let document = json!({"version": 4, "resources": resources});
        let (files, left) = back(&State::parse(&document.to_string()).unwrap());
        (files.iter().map(|file| file.body.render()).collect(), left)
    }

    /// The configuration of a service whose record has these links.
    fn written(links: &[(&str, Json)]) -> String {
        let (text, left) = of_state(&[resource("privatelink_service", "orders", "", &json!({}), links)]);
        assert!(left.is_empty(), "{left:?}");
        text
    }

    const ENDPOINT: &str = "vpce-0123456789abcdef0";

    fn group(description: Option<&str>) -> Json {
        json!({"id": "sg-01", "name": "orders-1", "description": description, "vpc_id": "vpc-01", "tags": {}})
    }

    /// A consumer in the account of the provider block `alias`.
    fn consumer_of(alias: &str, links: &[(&str, Json)]) -> Json {
        let endpoint = json!({"id": ENDPOINT, "vpc_id": "vpc-01", "service_name": "com.amazonaws.us-east-1.sqs"});
        let links: Vec<(&str, Json)> = [("endpoint", endpoint)].into_iter().chain(links.iter().cloned()).collect();
        resource("privatelink_consumer", "orders", alias, &json!({"owner_id": "222222222222"}), &links)
    }

    /// Without it a plan of hashicorp/aws replaces the group, and its default takes the place of what AWS has.
    #[test]
    fn a_group_keeps_its_description_and_a_record_without_one_is_to_be_refreshed() {
        let (text, left) =
            of_state(&[consumer_of("", &[("security_group", group(Some("Interface endpoint orders")))])]);
        assert!(text.contains("  description = \"Interface endpoint orders\"\n") && left.is_empty(), "{text}");
        let (text, left) = of_state(&[consumer_of("", &[("security_group", group(None))])]);
        assert!(!text.contains("resource ") && !text.contains("removed "), "{text}");
        assert!(
            left[0].why.contains("-refresh-only") && text.contains("# Not written: privatelink_consumer.orders"),
            "{left:?}"
        );
    }

    #[test]
    fn objects_take_the_provider_block_of_their_account() {
        let records = |account: Option<&str>| {
            let value = json!({"cname": {"value": "x", "ttl_seconds": 60}});
            let record = json!({"name": "a.internal", "type": "CNAME", "value": value});
            json!({"account": account, "zone_id": "Z1", "records": {"a.internal CNAME": record}})
        };
        let connection = json!({"account": "orders team", "service_id": "vpce-svc-01", "endpoint_id": ENDPOINT});
        let links = [("records.Z1", records(Some("orders team"))), ("connection", connection)];
        let (text, _) = of_state(&[consumer_of(".shop", &links)]);
        for words in [
            "resource \"aws_vpc_endpoint\" \"orders\" {\n  provider = aws.shop\n\n",
            "resource \"aws_route53_record\" \"orders_z1\" {\n  provider = aws.orders_team\n\n",
            "resource \"aws_vpc_endpoint_connection_accepter\" \"orders\" {\n  provider = aws.orders_team\n\n",
            "# Each account needs its provider block: aws.orders_team, aws.shop.\n",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let (text, _) = of_state(&[consumer_of("", &[("records.Z1", records(None))])]);
        assert!(!text.contains("provider ="), "{text}");

        // The output of show names no provider blocks.
        let arn = json!({"arn": "arn:aws:ec2:us-east-1:111111111111:vpc-endpoint-service/vpce-svc-01"});
        let service = resource("privatelink_service", "orders", "", &arn, &[("load_balancer", json!({"arn": "lb"}))]);
        let (text, _) = of_state(&[consumer_of("", &[]), service]);
        let words = "# These are objects of 2 accounts (111111111111, 222222222222)";
        assert!(text.contains(words) && text.contains("terraform state pull"), "{text}");
    }

    #[test]
    fn names_of_a_resource_of_their_own_come_along_and_the_endpoint_is_described_once() {
        let links = [
            ("endpoint", json!({"id": ENDPOINT, "vpc_id": "vpc-01", "service_name": "com.amazonaws.us-east-1.sqs"})),
            ("private_dns", json!({"endpoint_id": ENDPOINT})),
            ("private_dns_claim", json!({"endpoint_id": ENDPOINT, "is_tagged": true})),
            ("hosted_zone.a", json!({"zone_id": "Z1", "name": "a", "vpc_id": "vpc-01", "vpc_region": "us-east-1"})),
        ];
        let names = || resource("privatelink_endpoint_dns", "names", "", &json!({"endpoint_id": ENDPOINT}), &links);
        let (text, left) = of_state(&[consumer_of("", &[]), names()]);
        assert!(left.is_empty(), "{left:?}");
        assert_eq!(text.matches("resource \"aws_vpc_endpoint\"").count(), 1, "{text}");
        for words in [
            "  private_dns_enabled = true\n",
            "resource \"aws_route53_zone\" \"names_a\" {",
            "removed {\n  from = privatelink_endpoint_dns.names\n",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains("aws_vpc_endpoint_private_dns"), "{text}");
        // An endpoint that somebody else describes.
        let (text, _) = of_state(&[names()]);
        assert!(!text.contains("resource \"aws_vpc_endpoint\" "), "{text}");
        let words = format!("import {{\n  to = aws_vpc_endpoint_private_dns.names\n  id = \"{ENDPOINT}\"\n}}");
        assert!(text.contains(&words), "{text}");
    }

    /// hashicorp/aws takes away every VPC of a zone that its resource does not name.
    #[test]
    fn a_zone_names_all_its_vpcs_and_a_given_zone_keeps_those_that_were_added() {
        let zone = json!({"zone_id": "Z1", "name": "a", "vpc_id": "vpc-01", "vpc_region": "us-east-1"});
        let seen = |zone: &str, vpc: &str, made: bool| json!({"zone_id": zone, "vpc_id": vpc, "vpc_region": "us-east-1", "made": made});
        let links = [
            ("hosted_zone.a", zone),
            ("zone_association.a/vpc-02", seen("Z1", "vpc-02", true)),
            ("zone_association.Z2", seen("Z2", "vpc-01", false)),
            ("zone_association.Z2/vpc-03", seen("Z2", "vpc-03", true)),
        ];
        let (text, _) = of_state(&[consumer_of("", &links)]);
        for words in [
            "  comment = \"Made by terraform-provider-privatelink\"\n  name    = \"a\"\n",
            "  vpc {\n    vpc_id     = \"vpc-01\"\n    vpc_region = \"us-east-1\"\n  }\n",
            "  vpc {\n    vpc_id     = \"vpc-02\"\n",
            "  id = \"Z2:vpc-03\"\n",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert_eq!(text.matches("resource \"aws_route53_zone_association\"").count(), 1, "{text}");
    }

    #[test]
    fn a_notification_names_its_service_or_its_endpoint() {
        let of_endpoint =
            json!({"id": "vpce-nfn-01", "endpoint_id": ENDPOINT, "topic_arn": "arn:x", "events": ["Accept"]});
        let (text, _) = of_state(&[consumer_of("", &[("notification.arn:x", of_endpoint)])]);
        assert!(text.contains("  vpc_endpoint_id             = aws_vpc_endpoint.orders.id\n"), "{text}");
    }

    #[test]
    fn settings_beside_the_usual_ones_are_written_where_they_say_something() {
        let group = |name: &str| format!("arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/{name}/1");
        let balancer = json!({"arn": "lb", "name": "orders-1", "source_nat_prefix": true});
        let weighted = json!({
            "arn": "listener", "load_balancer_arn": "lb", "port": 443, "protocol": "TLS", "target_group_arn": group("own"),
            "weight": 90, "weighted_target_groups": {group("green"): 10}, "trust_store_arn": "store",
            "ignores_client_expiry": true,
        });
        let text = written(&[
            ("load_balancer", balancer),
            ("minimum_capacity", json!({"load_balancer_arn": "lb", "capacity_units": 2750})),
            ("listener.tls", weighted),
            ("additional_certificates.tls", json!({"listener_arn": "listener", "certificate_arns": ["one", "two"]})),
        ]);
        for words in [
            "enable_prefix_for_ipv6_source_nat = \"on\"",
            "  minimum_load_balancer_capacity {\n    capacity_units = 2750\n  }\n",
            "    forward {\n      target_group {\n",
            "        weight = 90\n",
            &format!("        arn    = \"{}\"\n        weight = 10\n", group("green")),
            "  mutual_authentication {\n",
            "    ignore_client_certificate_expiry = true\n",
            "resource \"aws_lb_listener_certificate\" \"orders_tls\" {\n  listener_arn    = aws_lb_listener.orders_tls.arn\n",
            "  id = \"listener_two\"\n",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let plain =
            json!({"arn": "listener", "load_balancer_arn": "lb", "port": 443, "target_group_arn": group("own")});
        let text = written(&[("load_balancer", json!({"arn": "lb", "name": "orders-1"})), ("listener.tls", plain)]);
        for word in ["forward {", "mutual", "source_nat", "capacity", "certificate"] {
            assert!(!text.contains(word), "{word}: {text}");
        }
        assert!(text.contains(&format!("target_group_arn = \"{}\"", group("own"))), "{text}");
    }
}
