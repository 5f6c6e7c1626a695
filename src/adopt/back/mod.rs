//! The way back: from states of this provider to the `aws_*` resources that describe the same objects.
//!
//! A table ([`ways`]) says for each link which resource type of hashicorp/aws describes it, what an import of it is given, and which
//! argument takes which field of what is gathered here; [`write`] puts it into HCL.

mod object;
mod ways;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use self::object::Object;
use self::ways::{WAYS, Way};
use self::write::{named, write};
use super::configuration::{File, free, label, removed_blocks};
use super::held::Held;
use super::state::State;
use super::{LeftAlone, TakenOver};
use crate::engine::LinkName;
use crate::gather::Gather as _;
use crate::hcl::{Body, wrapped};
use crate::links::verification_record::DEFAULT_TTL_SECONDS;
use crate::privatelink_connection::Decision;
use crate::privatelink_consumer::Consumer;
use crate::privatelink_consumer::chain as consumer;
use crate::privatelink_endpoint_dns::EndpointDns;
use crate::privatelink_service::Service;
use crate::protocol::value::from_json;
use crate::provider::Provider;
use crate::resource::{Composite as _, ProviderServer as _, Stored};

/// AWS's default for idle connections over TCP.
const USUAL_IDLE_TIMEOUT: i64 = 350;

/// A composite of the state, and what it consists of.
struct Composed<'a> {
    held: &'a Held,
    stored: Stored,
}

impl Composed<'_> {
    /// Whether every link tells what its resource needs, and what an older release of this provider did not record.
    fn is_whole(&self) -> bool {
        let tell =
            |kind, field: &str| self.of_kind(kind).all(|link| link.get(field).is_some_and(|value| !value.is_null()));
        tell(consumer::SECURITY_GROUP, "description") && tell(consumer::PROFILE_ASSOCIATION, "name")
    }

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
        if let Some(one) = composed_of.filter(Composed::is_whole) {
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
    let names: BTreeMap<String, String> = objects.iter().flat_map(named).gather();
    let mut body = Body::new();
    body.comment(&about(&objects, &composed, &left));
    body.gap();
    for object in &objects {
        write(&mut body, object, &names);
    }
    let removed: BTreeSet<String> = composed.iter().map(|one| one.held.configured()).gather();
    let let_go = TakenOver { removed: removed.into_iter().collect(), ..TakenOver::default() };
    body.extend(removed_blocks(&let_go));
    (vec![File { name: "aws.tf".to_owned(), body }], left)
}

fn about(objects: &[Object], composed: &[Composed<'_>], left: &[LeftAlone]) -> String {
    let mut lines = vec![
        format!("The way back to hashicorp/aws: {} objects.", objects.len()),
        String::new(),
        wrapped(
            "Before the plan: take the resources of this provider out of the configuration, point what refers to them at the ones \
             below, and write this into each provider \"aws\" block, or it removes the owner tags, which changes nothing else:",
        ),
        "  ignore_tags { key_prefixes = [\"privatelink:\"] }".to_owned(),
        wrapped(
            "hashicorp/aws imports no aws_lb_target_group_attachment: a plan adds them, and AWS leaves a target as it is that is \
             registered once more. It imports the default action of a listener in two spellings, and a plan takes one of them back: \
             AWS is sent the action that it has.",
        ),
    ];
    if objects.iter().any(|object| object.way.link == consumer::HOSTED_ZONE) {
        lines.push(wrapped(
            "An aws_route53_zone takes VPCs away that it does not name: add those that others have associated.",
        ));
    }
    let providers: BTreeSet<&String> = objects.iter().filter_map(|object| object.provider.as_ref()).gather();
    if !providers.is_empty() {
        let names: Vec<String> = providers.iter().map(|name| format!("aws.{name}")).collect();
        lines.push(wrapped(&format!("Each account needs its provider block: {}.", names.join(", "))));
    }
    let accounts: BTreeSet<&str> = composed.iter().filter_map(|one| account(one.held)).gather();
    if accounts.len() > 1 && composed.iter().all(|one| one.held.alias.is_none()) {
        lines.push(wrapped(&format!(
            "These are objects of {} accounts ({}), and this state does not tell which provider block has which: name the state file \
             (terraform state pull) instead of the output of terraform show -json.",
            accounts.len(),
            accounts.iter().copied().collect::<Vec<_>>().join(", ")
        )));
    }
    lines.extend(left.iter().map(|one| wrapped(&format!("Not written: {} {}", one.what, one.why))));
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

#[cfg(test)]
mod tests;
