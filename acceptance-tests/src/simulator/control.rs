//! The control routes under `/_simulator/`, for tests that drive Terraform from outside and for people.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::faults::{Fault, Strike};
use super::landscape;
use super::reach::{self, ReachRequest};
use super::send::{self, SendRequest};
use super::world::World;
use super::world_file::{self, WorldFile};

/// Prefix of all control routes.
pub const PREFIX: &str = "/_simulator/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Force {
    kind: String,
    id: String,
    set: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultVpc {
    account: String,
    region: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    seed: Option<u64>,
}

/// Carries an answer of a control route.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlReply {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Value,
}

/// Answers a control route; `route` is what follows the prefix.
pub fn control(world: &World, method: &str, route: &str, body: &[u8]) -> ControlReply {
    let answer = match (method, route) {
        ("GET", "") => Ok(index()),
        ("GET", "health") => Ok(health(world)),
        ("GET", "objects") => Ok(objects(world)),
        ("GET", "world") => Ok(json!(world_file::save(&world.lock(), world.now()))),
        ("POST", "world") => read(body).and_then(|file: WorldFile| {
            let now = world.now();
            world_file::build(&mut world.lock(), now, &file)
        }),
        ("POST", "default_vpc") => read(body).and_then(|place: DefaultVpc| {
            let now = world.now();
            world_file::default_vpc(&mut world.lock(), now, &place.account, &place.region)
        }),
        ("GET", "calls") => Ok(json!(world.lock().audit.calls())),
        ("DELETE", "calls") => {
            world.lock().audit.clear();
            Ok(json!({}))
        }
        ("POST", "faults") => read(body).and_then(|script| faults(world, script)),
        ("POST", "landscape") => landscape::create(&mut world.lock(), world.now()),
        ("POST", "reach") => read::<ReachRequest>(body).map(|request| {
            let answer = reach::reach(&world.lock(), world.now(), &request);
            json!(answer)
        }),
        ("POST", "send") => read(body).map(|request: SendRequest| {
            let now = world.now();
            json!(send::send(&mut world.lock(), now, &request))
        }),
        ("POST", "set") => read(body).and_then(|force: Force| {
            let now = world.now();
            world.lock().force(now, &force.kind, &force.id, &force.set).map(|()| json!({}))
        }),
        ("POST", "reset") => read_or_empty(body).map(|reset: Reset| {
            let seed = reset.seed.unwrap_or_else(|| world.lock().seed);
            world.reset(seed);
            json!({"seed": seed})
        }),
        (_, known) if ROUTES.iter().any(|(_, route, _)| *route == known) => {
            return problem(405, &format!("{method} is not a method of {PREFIX}{route}"));
        }
        _ => return problem(404, &format!("there is no control route {PREFIX}{route}")),
    };
    match answer {
        Ok(body) => ControlReply { status: 200, body },
        Err(why) => problem(400, &why),
    }
}

/// Method, route and purpose of each control route.
pub const ROUTES: &[(&str, &str, &str)] = &[
    ("GET", "", "this list"),
    ("GET", "health", "whether it serves, its version, seed, speed and clock"),
    ("GET", "objects", "what lives, by account, Region and kind"),
    ("GET", "calls", "every call so far; DELETE empties the record"),
    ("GET", "events", "what changes, as server-sent events"),
    ("GET", "world", "networks, zones and services as a world file"),
    ("POST", "world", "builds a world file and answers its ids"),
    ("POST", "default_vpc", "{account, region}: the default VPC"),
    ("POST", "landscape", "the two accounts with their networks"),
    ("POST", "reach", "{account, vpc_id, name, port, …}: whether a packet would arrive, hop by hop"),
    ("POST", "send", "{account, vpc_id, name, port, bytes, connections, …}: sends so much, as far as it arrives"),
    ("POST", "set", "{kind, id, set}: forces a state"),
    ("POST", "faults", "[{operation, nth, do, …}]: the fault script; [] clears it"),
    ("POST", "reset", "{seed}: empties the world"),
];

fn index() -> Value {
    let routes = ROUTES
        .iter()
        .map(|(method, route, what)| json!({"method": method, "path": format!("{PREFIX}{route}"), "what": what}));
    json!({"name": "privatelink-simulator", "version": env!("CARGO_PKG_VERSION"), "page": "/", "routes": routes.collect::<Vec<_>>()})
}

fn health(world: &World) -> Value {
    let (now, state) = (world.now(), world.lock());
    json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "seed": state.seed,
        "speed": state.speed,
        "at": now.iso(),
        "calls": state.audit.calls().len(),
        "accounts": state.accounts.keys().collect::<Vec<_>>(),
    })
}

fn problem(status: u16, why: &str) -> ControlReply {
    ControlReply { status, body: json!({"error": why}) }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn read_or_empty<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    if body.iter().all(u8::is_ascii_whitespace) { read(b"{}") } else { read(body) }
}

fn faults(world: &World, script: Vec<Fault>) -> Result<Value, String> {
    if script.iter().any(|fault| fault.strike == Strike::Kill) && !world.can_kill() {
        return Err("'kill' works in tests that registered how to kill their caller; this server has none".to_owned());
    }
    world.set_faults(script);
    Ok(json!({}))
}

/// Lists live objects by account, Region and kind.
fn objects(world: &World) -> Value {
    type Kinds = BTreeMap<&'static str, Vec<String>>;
    let mut tree: BTreeMap<String, BTreeMap<String, Kinds>> = BTreeMap::new();
    for object in world.lock().objects(world.now()) {
        let kinds = tree.entry(object.account).or_default().entry(object.region).or_default();
        kinds.entry(object.kind).or_default().push(object.id);
    }
    json!(tree)
}
