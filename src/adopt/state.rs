//! Anchors of a state: `aws_vpc_endpoint_service` and `aws_vpc_endpoint`, with everything that becomes a part of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;

use super::chain::{Anchor, take};
use super::configuration::{resources as count, word};
use super::held::{self, Held};
use super::parts::{Parts, is_part};
use super::{Adopted, Chain, LeftAlone, Side, TakenOver, uneven};
use crate::gather::Gather as _;
use crate::privatelink_connection::Decision;
use crate::provider::Provider;
use crate::resource::{Composite as _, MovedState, ProviderServer as _, ResourceServer};
use crate::schema::formats;

/// Accepts connections in the account of a service.
const ACCEPTER: &str = "aws_vpc_endpoint_connection_accepter";
/// Address of the provider whose states can be moved, for the question whether it is the object that cannot.
const HASHICORP: &str = "registry.terraform.io/hashicorp/aws";
/// Names that say nothing of what a resource is for.
const EMPTY_NAMES: [&str; 4] = ["this", "main", "default", "self"];

/// An anchor, and where it stands in the state.
struct Found<'a> {
    anchor: Anchor,
    held: &'a Held,
    /// Account of the object; none where the state does not tell.
    account: Option<String>,
    region: Option<String>,
    can_move: bool,
}

/// What Terraform manages, as a document of its own tells it.
#[derive(Debug, Default)]
pub struct State {
    held: Vec<Held>,
    /// Objects of replaced resources that the next apply deletes, whatever the configuration says.
    deposed: Vec<LeftAlone>,
}

impl State {
    /// Reads `terraform show -json` or a state file of version 4.
    ///
    /// # Errors
    /// A text that is neither, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (deposed, held) = held::read(text)?.into_iter().partition(|one| one.is_deposed);
        Ok(Self { held, deposed: deposed.iter().filter(|one| is_of_chain(one)).map(about_to_go).collect() })
    }

    /// Reads what a file holds, in whatever encoding a shell wrote it.
    ///
    /// # Errors
    /// Bytes that are no text, and what [`Self::parse`] does not take.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, String> {
        Self::parse(&held::decoded(bytes)?)
    }

    /// All instances.
    pub(super) fn held(&self) -> &[Held] {
        &self.held
    }
}

/// Finds the connections of a state with the credentials of all sides. Provider blocks come to ignore tags that would have to be
/// written.
pub async fn of_state(sides: &mut [Side], state: &State) -> Adopted {
    let found = look(sides, state).await;
    if uneven::ignore(sides, &found).await { look(sides, state).await } else { found }
}

async fn look(sides: &[Side], state: &State) -> Adopted {
    let held = &state.held;
    let places = vec![format!("the state ({})", count(held.len()))];
    let mut adopted = Adopted { places, left: state.deposed.clone(), ..Adopted::default() };
    let mut found = Vec::new();
    for one in held.iter().filter(|one| !one.is_data) {
        match anchor(sides, one) {
            Some(Ok(anchor)) => found.push(anchor),
            Some(Err(left)) => adopted.left.push(left),
            None => {}
        }
    }
    found.sort_by_key(|one| (Reverse(one.anchor.type_name), one.held.address()));
    let mut addresses = BTreeMap::<String, String>::new();
    found.retain(|one| {
        let first = addresses.entry(one.anchor.id.clone()).or_insert_with(|| one.held.address()).clone();
        let is_first = first == one.held.address();
        if !is_first {
            let why = format!("is the object of {first} too; `terraform state rm` of the one that is not meant, first");
            adopted.left.push(one.anchor.left(why, false));
        }
        is_first
    });
    let accounts: BTreeMap<String, String> =
        found.iter().filter_map(|one| Some((one.anchor.id.clone(), one.account.clone()?))).gather();
    for one in &mut found {
        // A decision is made in the account of the service.
        let service = one.anchor.id.split('/').next().unwrap_or_default();
        one.account = one.account.take().or_else(|| accounts.get(service).cloned());
    }
    // All at once, so that reads of one kind join in one call.
    let taken = join_all(found.iter().map(|one| take_held(sides, one, held))).await;
    let mut brought = Vec::new();
    for (one, taken) in found.iter().zip(taken) {
        match taken {
            Ok(chain) => {
                if chain.moved_from.is_none() {
                    brought.push(one.held.address());
                }
                adopted.chains.push(chain);
            }
            Err(left) => adopted.left.push(left),
        }
    }
    adopted.taken_over = Some(let_go(held, &adopted.chains, &brought));
    adopted
}

/// Whether a resource is of a type that a connection consists of.
fn is_of_chain(held: &Held) -> bool {
    let anchors =
        Provider::new().resources().values().any(|server| server.moves_from() == Some(held.type_name.as_str()));
    !held.is_data && (anchors || held.type_name == ACCEPTER || is_part(held))
}

fn about_to_go(held: &Held) -> LeftAlone {
    let what = format!("the deposed object of {} ({})", held.address(), held.text("id").unwrap_or("without an id"));
    let why = "was replaced, and the next apply deletes it, whatever the configuration says; apply what there is first";
    LeftAlone { what, why: why.to_owned(), is_meant: false }
}

/// The anchor that a resource of the state is, if it is one.
fn anchor<'a>(sides: &[Side], held: &'a Held) -> Option<Result<Found<'a>, LeftAlone>> {
    let part =
        |place: usize| held.text("arn").and_then(|arn| arn.split(':').nth(place)).filter(|part| !part.is_empty());
    let region = held.text("region").or_else(|| part(3)).filter(|region| (formats::REGION.holds)(region));
    let found = |type_name, id: String, can_move| Found {
        anchor: Anchor { type_name, id, what: held.address() },
        held,
        account: part(4).map(str::to_owned),
        region: region.map(str::to_owned),
        can_move,
    };
    if held.type_name == ACCEPTER {
        let id = format!("{}/{}", held.text("vpc_endpoint_service_id")?, held.text("vpc_endpoint_id")?);
        return Some(Ok(found(Decision::TYPE, id, false)));
    }
    let resources = sides.first()?.provider.resources();
    let (type_name, server) =
        resources.iter().find(|(_, server)| server.moves_from() == Some(held.type_name.as_str()))?;
    let Some(id) = held.text("id") else {
        let why = "has no id in this state, so that nothing leads to its object; refresh the state".to_owned();
        return Some(Err(LeftAlone { what: held.address(), why, is_meant: false }));
    };
    let found = found(*type_name, id.to_owned(), moves(server, type_name, held, None));
    let is_of_kind = moves(server, type_name, held, Some(HASHICORP));
    Some(if !is_of_kind {
        let why = format!("is no object that a {type_name} could manage; keep it as it is");
        Err(found.anchor.left(why, true))
    } else if held.is_tainted {
        let why =
            format!("is tainted, and would be replaced; `terraform untaint {}` first, or apply", word(&held.address()));
        Err(found.anchor.left(why, false))
    } else {
        Ok(found)
    })
}

/// Whether a state can be moved; as if this provider had stored it in its first version, where one is given.
fn moves(server: &Arc<dyn ResourceServer>, type_name: &'static str, held: &Held, provider: Option<&str>) -> bool {
    let moved = MovedState {
        provider: provider.unwrap_or(&held.provider).to_owned(),
        type_name: held.type_name.clone(),
        version: if provider.is_some() { 0 } else { held.version },
        state: held.values.clone(),
        taken_by: Some(type_name),
    };
    server.take_over(&moved).is_ok()
}

/// The first side with credentials of an anchor's account, and its Region.
fn place_of(sides: &[Side], found: &Found<'_>) -> Option<(usize, String)> {
    let is_of = |side: &Side| match (&found.account, &side.account_id) {
        (Some(wanted), Some(own)) => wanted == own,
        _ => true,
    };
    let place = sides.iter().position(is_of)?;
    let region = found.region.clone().or_else(|| sides.get(place).map(|side| side.region.clone()));
    Some((place, region.unwrap_or_default()))
}

async fn take_held(sides: &[Side], found: &Found<'_>, all: &[Held]) -> Result<Chain, LeftAlone> {
    let Found { anchor, held, account, can_move, .. } = found;
    let Some(place) = place_of(sides, found) else {
        let account = account.as_deref().unwrap_or("another account");
        let why = format!("is of account {account}; run again with --profile for its credentials too");
        return Err(anchor.left(why, false));
    };
    let (side, region) = &place;
    let chain = take(sides, *side, region, anchor, Some(all)).await?;
    Ok(Chain { label: Some(called(held)), moved_from: can_move.then(|| held.address()), ..chain })
}

/// What the configuration calls a resource: its name, its key, or its module.
fn called(held: &Held) -> String {
    let key = held.key.trim_matches(['[', ']', '"']);
    let is_empty = EMPTY_NAMES.contains(&held.name.as_str());
    let module = || held.module.rsplit("module.").next().unwrap_or_default().to_owned();
    match (is_empty, key, held.module.is_empty()) {
        (true, "", false) => module(),
        (true, "", true) | (false, "", _) => held.name.clone(),
        (true, key, false) if key.bytes().all(|byte| byte.is_ascii_digit()) => format!("{}_{key}", module()),
        (true, key, _) => key.to_owned(),
        (false, key, _) => format!("{}_{key}", held.name),
    }
}

/// What has become a part, by resource of the configuration, and what may stand for its ids.
fn let_go(held: &[Held], chains: &[Chain], brought: &[String]) -> TakenOver {
    let parts = Parts::of(chains);
    let moved: BTreeSet<&String> = chains.iter().filter_map(|chain| chain.moved_from.as_ref()).gather();
    let is_gone = |one: &Held| brought.contains(&one.address()) || parts.has(one);
    let mut by_resource = BTreeMap::<String, Vec<&Held>>::new();
    for one in held.iter().filter(|one| !one.is_data && !moved.contains(&one.address())) {
        by_resource.entry(one.configured()).or_default().push(one);
    }
    let also_moved: BTreeSet<String> =
        held.iter().filter(|one| moved.contains(&one.address())).map(Held::configured).gather();
    let mut taken_over = TakenOver::default();
    for (resource, instances) in by_resource {
        let gone: Vec<String> = instances.iter().filter(|one| is_gone(one)).map(|one| one.address()).collect();
        if gone.len() == instances.len() && !also_moved.contains(&resource) {
            taken_over.removed.push(resource);
        } else {
            taken_over.forgotten.extend(gone);
        }
    }
    // Only the root module's resources can be named from where the result will stand.
    for one in held.iter().filter(|one| one.module.is_empty() && !is_gone(one) && !moved.contains(&one.address())) {
        for name in ["arn", "id"] {
            let Some(id) = one.text(name).filter(|text| is_id(text)) else { continue };
            // A resource outranks a data source that looks it up.
            let place = taken_over.references.entry(id.to_owned()).or_default();
            if place.is_empty() || !one.is_data {
                *place = format!("{}.{name}", one.address());
            }
        }
    }
    taken_over
}

/// Whether a text is an id or an ARN that AWS gave, so that equal ones are of one object.
fn is_id(text: &str) -> bool {
    let has_hash = text.rsplit_once('-').is_some_and(|(kind, hash)| {
        kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            && matches!(hash.len(), 8 | 17)
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let has_kind = (formats::HOSTED_ZONE_ID.holds)(text) || (formats::PROFILE_ID.holds)(text);
    has_hash || has_kind || text.starts_with("arn:")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_that_are_about_to_go_are_told() {
        let instances = json!([
            {"schema_version": 0, "attributes": {"id": "vpce-0123456789abcdef0"}},
            {"schema_version": 0, "attributes": {"id": "vpce-0123456789abcdef1"}, "deposed": "0a1b2c3d"},
        ]);
        let of_type =
            |kind: &str| json!({"mode": "managed", "type": kind, "name": "a", "provider": "p", "instances": instances});
        let all = ["aws_vpc_endpoint", "aws_lb", "aws_instance"].map(of_type);
        let state = State::parse(&json!({"version": 4, "resources": all}).to_string()).unwrap();
        assert_eq!(state.held().len(), 3);
        let told: Vec<&str> = state.deposed.iter().map(|one| one.what.as_str()).collect();
        let wanted = ["aws_vpc_endpoint.a", "aws_lb.a"];
        assert_eq!(told, wanted.map(|address| format!("the deposed object of {address} (vpce-0123456789abcdef1)")));
    }

    #[test]
    fn ids_are_told_from_names() {
        for id in [
            "subnet-049f5e86849e7c42b",
            "vpce-svc-0effa748718344267",
            "arn:aws:sns:us-east-1:1:x",
            "Z06NRYNGP5331JM6QDQTQ",
            "rp-0123456789abcdef",
        ] {
            assert!(is_id(id), "{id}");
        }
        for name in ["orders", "us-east-1", "10.0.0.1", "orders-api", "443"] {
            assert!(!is_id(name), "{name}");
        }
    }

    #[test]
    fn resources_keep_what_people_call_them() {
        let held = |module: &str, name: &str, key: &str| Held {
            module: module.to_owned(),
            name: name.to_owned(),
            key: key.to_owned(),
            ..Held::default()
        };
        for (module, name, key, wanted) in [
            ("", "orders", "", "orders"),
            ("", "this", "", "this"),
            ("", "orders", "[\"eu\"]", "orders_eu"),
            ("module.endpoints", "this", "[\"sqs\"]", "sqs"),
            ("module.nlb", "this", "[0]", "nlb_0"),
            ("module.a.module.orders", "this", "", "orders"),
        ] {
            assert_eq!(called(&held(module, name, key)), wanted);
        }
    }

    #[test]
    fn a_resource_is_removed_only_where_all_its_instances_are_parts() {
        let target = |key: &str, group: &str| Held {
            type_name: "aws_lb_target_group_attachment".to_owned(),
            name: "a".to_owned(),
            key: key.to_owned(),
            values: json!({"target_group_arn": group}),
            ..Held::default()
        };
        let held = [target("[0]", "arn:a"), target("[1]", "arn:b")];
        let gone = let_go(&held, &[], &[held[0].address()]);
        assert_eq!(gone.removed, Vec::<String>::new());
        assert_eq!(gone.forgotten, ["aws_lb_target_group_attachment.a[0]"]);
        let gone = let_go(&held, &[], &[held[0].address(), held[1].address()]);
        assert_eq!(gone.removed, ["aws_lb_target_group_attachment.a"]);
        assert_eq!(gone.forgotten, Vec::<String>::new());
    }
}
