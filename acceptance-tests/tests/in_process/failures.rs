//! Every mutating call of create, update and destroy fails once in each way: nothing is forgotten,
//! nothing is made twice, and the message says how to go on.
//!
//! A sample (each call once, the ways in turn) runs with the suite; all of them with
//! `cargo test --test in_process failures -- --ignored --nocapture`, which prints the table.

use std::collections::BTreeMap;

use acceptance_tests::simulator::audit::Call;
use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::diagnostic::Diagnostics;
use serde_json::{Value as Json, json};

use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Service,
    Consumer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verb {
    Create,
    Update,
    Destroy,
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Refused,
    ReplyLost,
    Unavailable,
    Throttled,
    Reset,
}

const WAYS: [Way; 5] = [Way::Refused, Way::ReplyLost, Way::Unavailable, Way::Throttled, Way::Reset];

impl Way {
    fn fault(self, call: u64) -> Fault {
        match self {
            Self::Refused => Fault::at("*", call, Strike::Refuse).code("UnauthorizedOperation"),
            Self::ReplyLost => Fault::at("*", call, Strike::LoseReply),
            Self::Unavailable => Fault::at("*", call, Strike::Unavailable).times(3),
            Self::Throttled => Fault::at("*", call, Strike::Throttle).times(u64::MAX),
            Self::Reset => Fault::at("*", call, Strike::Reset),
        }
    }

    /// Whether the run cannot succeed.
    fn is_final(self) -> bool {
        matches!(self, Self::Refused | Self::Throttled)
    }
}

/// The verb's subject, with everything made that the verb needs.
struct Stage {
    land: Landscape,
    owner: Terraform,
    user: Terraform,
    side: Side,
    verb: Verb,
}

impl Stage {
    async fn set(side: Side, verb: Verb) -> Self {
        let land = Landscape::strict(11);
        let owner = land.service_side().await;
        let user = land.consumer_side().await;
        let mut stage = Self { land, owner, user, side, verb };
        if side == Side::Consumer || verb != Verb::Create {
            let config = stage.land.service();
            let found = stage.owner.try_apply(SERVICE, "api", &config).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        if side == Side::Consumer && verb != Verb::Create {
            let config = stage.land.consumer(&stage.owner.state("api"));
            let found = stage.user.try_apply(CONSUMER, "orders", &config).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        stage
    }

    fn config(&self) -> Json {
        let mut config = match self.side {
            Side::Service => self.land.service(),
            Side::Consumer => self.land.consumer(&self.owner.state("api")),
        };
        if self.verb == Verb::Update {
            config["tags"]["changed"] = json!("yes");
            match self.side {
                Side::Service => {
                    config["acceptance_required"] = json!(false);
                    config["allowed_principals"] =
                        json!([self.land.ids["consumer_account_id"], self.land.ids["provider_account_id"]]);
                    config["load_balancer"] = json!({"enable_cross_zone_load_balancing": true});
                    config["listener"][0]["deregistration_delay"] = json!(60);
                    config["listener"][0]["target_port"] = json!(8443);
                }
                Side::Consumer => {
                    config["ingress"] = json!([{"port": 443, "cidr_ipv4": "10.0.0.0/8"}]);
                    config["private_dns_enabled"] = json!(false);
                    config["dns"]["record"] = json!([{"name": "@"}, {"name": "web"}]);
                }
            }
        }
        config
    }

    fn subject(&mut self) -> (&mut Terraform, &'static str, &'static str) {
        match self.side {
            Side::Service => (&mut self.owner, SERVICE, "api"),
            Side::Consumer => (&mut self.user, CONSUMER, "orders"),
        }
    }

    async fn act(&mut self) -> Diagnostics {
        let (config, verb) = (self.config(), self.verb);
        let (terraform, kind, name) = self.subject();
        if verb == Verb::Destroy {
            return terraform.destroy(name).await;
        }
        terraform.try_apply(kind, name, &config).await
    }

    /// Every object of the world that no state names.
    fn forgotten(&self) -> Vec<String> {
        let mut known = String::new();
        for (terraform, name) in [(&self.owner, "api"), (&self.user, "orders")] {
            if terraform.has(name) {
                known.push_str(&terraform.state(name).to_string());
            }
        }
        ids(&objects(&self.land.world)).into_iter().filter(|(_, id)| !is_named(&known, id)).map(|(_, id)| id).collect()
    }

    async fn clear(mut self) {
        for (terraform, name) in [(&mut self.user, "orders"), (&mut self.owner, "api")] {
            let found = terraform.destroy(name).await;
            assert!(!found.has_errors(), "clearing {name}: {:#?}", texts(&found));
        }
        assert_eq!(objects(&self.land.world), json!({}));
    }
}

/// A record set's id is its zone, name and type: a state holds them apart.
fn is_named(known: &str, id: &str) -> bool {
    let parts: Vec<&str> = if id.starts_with("arn:") { vec![id] } else { id.split('/').collect() };
    match parts.as_slice() {
        [zone, name, _] => known.contains(zone) && known.contains(name.trim_end_matches('.')),
        _ => known.contains(id),
    }
}

/// Kinds and ids of a leak list.
fn ids(objects: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for regions in objects.as_object().into_iter().flatten().map(|(_, regions)| regions) {
        for kinds in regions.as_object().into_iter().flatten().map(|(_, kinds)| kinds) {
            for (kind, ids) in kinds.as_object().into_iter().flatten() {
                // AWS makes and removes these with what they belong to.
                if kind == "network_interface" {
                    continue;
                }
                found.extend(
                    ids.as_array().into_iter().flatten().map(|id| (kind.clone(), id.as_str().unwrap().to_owned())),
                );
            }
        }
    }
    found
}

fn counted(objects: &Json) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (kind, _) in ids(objects) {
        *counts.entry(kind).or_default() += 1;
    }
    counts
}

/// What an undisturbed run does and leaves.
struct Plain {
    calls: Vec<String>,
    world: BTreeMap<String, usize>,
}

async fn undisturbed(side: Side, verb: Verb) -> Plain {
    let mut stage = Stage::set(side, verb).await;
    let before = stage.land.world.calls().len();
    let found = stage.act().await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let calls = stage.land.world.calls().split_off(before);
    let calls = calls.iter().filter(|call| call.mutating).map(|call| call.operation.clone());
    let plain = Plain { calls: calls.collect(), world: counted(&objects(&stage.land.world)) };
    stage.clear().await;
    plain
}

/// One run with one fault, and everything after it.
async fn struck(side: Side, verb: Verb, call: u64, way: Way, plain: &Plain) -> &'static str {
    let place = format!("{side:?} {verb:?}, call {call}, {way:?}");
    let mut stage = Stage::set(side, verb).await;
    let before = stage.land.world.calls().len();
    let untouched = objects(&stage.land.world);
    stage.land.world.set_faults(vec![way.fault(call)]);
    let found = stage.act().await;
    let told = texts(&found);
    stage.land.world.set_faults(Vec::new());
    let calls = stage.land.world.calls().split_off(before);
    let struck: Vec<&Call> = calls.iter().filter(|call| call.mutating && is_struck(way, &call.outcome)).collect();
    let Some(hit) = struck.first() else { return "not reached" };
    // A half-made object is finished in the same run, which then has nothing to tell.
    let finished = calls.iter().any(|call| call.n > hit.n && call.operation == hit.operation && call.outcome == "ok");
    // A lease that was not renewed is renewed next time, and no object depends on it.
    let is_renewal = verb == Verb::Create && ["AddTags", "CreateTags"].contains(&hit.operation.as_str());
    let silent = way.is_final() && !finished && !is_renewal && !found.has_errors();
    assert!(!silent, "{place}: {} was {} and nobody said so", hit.operation, hit.outcome);

    let forgotten = stage.forgotten();
    assert!(forgotten.is_empty(), "{place}: no state names {forgotten:?}\n{told:#?}");
    let failed = found.has_errors();
    if failed {
        explains(&place, verb, way, &struck, &told);
        let (terraform, _, name) = stage.subject();
        if verb == Verb::Create && terraform.has(name) {
            assert!(terraform.is_tainted(name), "{place}");
            if call % 2 == 1 {
                terraform.untaint(name);
            }
        } else if verb == Verb::Create {
            assert_eq!(objects(&stage.land.world), untouched, "{place}: no state, and something exists");
        }
    }
    let config = stage.config();
    let (terraform, kind, name) = stage.subject();
    if verb == Verb::Destroy {
        if failed {
            let found = terraform.destroy(name).await;
            assert!(!found.has_errors(), "{place}, second run: {:#?}", texts(&found));
        }
        assert!(!terraform.has(name), "{place}");
    } else {
        if failed {
            let found = terraform.try_apply(kind, name, &config).await;
            assert!(!found.has_errors(), "{place}, second run: {:#?}", texts(&found));
        }
        terraform.expect_empty(kind, name, &config).await;
    }
    assert_eq!(counted(&objects(&stage.land.world)), plain.world, "{place}: {:#}", objects(&stage.land.world));
    stage.clear().await;
    if failed { "told and healed" } else { "overcome" }
}

fn is_struck(way: Way, outcome: &str) -> bool {
    match way {
        Way::Refused => outcome == "UnauthorizedOperation",
        Way::ReplyLost => outcome == "lost_reply",
        Way::Unavailable => outcome.contains("Unavailable"),
        Way::Throttled => ["Throttling", "RequestLimitExceeded"].iter().any(|code| outcome.starts_with(code)),
        Way::Reset => outcome == "reset",
    }
}

/// The message names link, operation, code and request id, and both ways on.
fn explains(place: &str, verb: Verb, way: Way, struck: &[&Call], told: &[String]) {
    let errors: Vec<&String> = told.iter().filter(|text| text.starts_with("Error")).collect();
    if way.is_final() {
        let named = errors.iter().any(|text| {
            let call = struck.iter().any(|call| text.contains(&call.operation) && text.contains(&call.outcome));
            call && text.contains("Request ID: ") && text.contains("us-east-1")
        });
        assert!(named, "{place}: nobody names one of {struck:#?} and its request: {told:#?}");
    }
    for text in errors {
        assert!(text.contains("Cannot ") && text.contains("What to do: "), "{place}: {text}");
        assert!(text.contains("Exists now, and is in the state: "), "{place}: {text}");
        let both = text.contains("terraform untaint") && text.contains("plain apply");
        assert_eq!(both, verb == Verb::Create, "{place}: {text}");
    }
}

/// Runs each call once with the ways in turn, or every call in every way.
async fn all(side: Side, verb: Verb, thorough: bool) {
    let plain = undisturbed(side, verb).await;
    println!("{side:?} {verb:?}: {}", plain.calls.join(", "));
    let mut table: BTreeMap<(String, Way, &str), usize> = BTreeMap::new();
    for (at, operation) in plain.calls.iter().enumerate() {
        let call = at as u64 + 1;
        let turns: &[Way] = if thorough { &WAYS } else { &WAYS[at % WAYS.len()..=at % WAYS.len()] };
        for way in turns {
            let outcome = struck(side, verb, call, *way, &plain).await;
            *table.entry((operation.clone(), *way, outcome)).or_default() += 1;
        }
    }
    for ((operation, way, outcome), runs) in &table {
        println!("{side:?} | {verb:?} | {operation} | {way:?} | {outcome} | {runs}");
    }
}

macro_rules! cases {
    ($($name:ident, $all:ident: $side:ident $verb:ident;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            all(Side::$side, Verb::$verb, false).await;
        }

        #[tokio::test(start_paused = true)]
        #[ignore = "every call in every way takes minutes"]
        async fn $all() {
            all(Side::$side, Verb::$verb, true).await;
        }
    )+};
}

cases! {
    a_service_s_creation_survives_each_call_failing, every_failure_of_a_service_s_creation: Service Create;
    a_service_s_update_survives_each_call_failing, every_failure_of_a_service_s_update: Service Update;
    a_service_s_destruction_survives_each_call_failing, every_failure_of_a_service_s_destruction: Service Destroy;
    a_consumer_s_creation_survives_each_call_failing, every_failure_of_a_consumer_s_creation: Consumer Create;
    a_consumer_s_update_survives_each_call_failing, every_failure_of_a_consumer_s_update: Consumer Update;
    a_consumer_s_destruction_survives_each_call_failing, every_failure_of_a_consumer_s_destruction: Consumer Destroy;
}
