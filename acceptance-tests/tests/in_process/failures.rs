//! Every mutating call of create, update and destroy fails in every way: nothing is forgotten, nothing is
//! made twice, and the message says how to go on. What became of each is in `acceptance-tests/faults.md`, which
//! these tests compare, and write anew with `UPDATE=1 cargo test --test in_process failures`.
//!
//! Every read fails in every way that reads fail, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use acceptance_tests::simulator::audit::Call;
use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::diagnostic::Diagnostics;
use privatelink::provider::Provider;
use serde_json::{Value as Json, json};

use crate::core::{Terraform, objects, texts};
use crate::fault_table;
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// The tag that a creation sets and renews while it runs.
const LEASE: &str = "privatelink:lease";
/// The tag that an update writes before it makes objects, and renews while it runs.
const TRAIL: &str = "privatelink:update";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Service,
    Consumer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Create,
    Update,
    Destroy,
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Refused,
    Throttled,
    Unavailable,
    ReplyLost,
    Hanging,
    Reset,
}

const WAYS: [Way; 6] = [Way::Refused, Way::Throttled, Way::Unavailable, Way::ReplyLost, Way::Hanging, Way::Reset];

/// A read has no effect that its reply could lose.
const WAYS_OF_READS: [Way; 5] = [Way::Refused, Way::Throttled, Way::Unavailable, Way::Hanging, Way::Reset];

impl Way {
    /// Strikes the call of this number of its operation.
    fn fault(self, place: &Place) -> Fault {
        // Calls that run beside each other may change places, so each is told by the number of its operation.
        let (calls, from) = (place.operation.as_str(), place.nth);
        // From there on the whole account is throttled.
        let (throttled, at) = if place.reads { (calls, from) } else { ("*", place.call) };
        match self {
            // A permission that is missing is missing for every attempt.
            Self::Refused => {
                Fault::at(&place.operation, place.nth, Strike::Refuse).code("UnauthorizedOperation").times(u64::MAX)
            }
            Self::Throttled => Fault::at(throttled, at, Strike::Throttle).times(u64::MAX),
            Self::Unavailable => Fault::at(calls, from, Strike::Unavailable).times(3),
            Self::ReplyLost => Fault::at(calls, from, Strike::LoseReply),
            Self::Hanging => Fault::at(calls, from, Strike::Hang),
            Self::Reset => Fault::at(calls, from, Strike::Reset),
        }
    }

    fn has_struck(self, outcome: &str) -> bool {
        match self {
            Self::Refused => outcome == "UnauthorizedOperation",
            Self::Throttled => ["Throttling", "RequestLimitExceeded"].iter().any(|code| outcome.starts_with(code)),
            Self::Unavailable => outcome.contains("Unavailable"),
            Self::ReplyLost => outcome == "lost_reply",
            Self::Hanging => outcome == "hang",
            Self::Reset => outcome == "reset",
        }
    }

    /// Whether the call cannot succeed in this run.
    fn is_final(self) -> bool {
        matches!(self, Self::Refused | Self::Throttled)
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Throttled => "throttled until the deadline",
            Self::Unavailable => "503 three times",
            Self::ReplyLost => "reply lost after the effect",
            Self::Hanging => "no reply",
            Self::Reset => "connection reset",
        }
    }
}

/// Which call fails: its number among the changing ones, and among those of its operation.
struct Place {
    reads: bool,
    call: u64,
    operation: String,
    nth: u64,
}

/// The verb's subject, with everything made that the verb needs.
pub(crate) struct Stage {
    pub(crate) land: Landscape,
    owner: Terraform,
    pub(crate) user: Terraform,
    side: Side,
    pub(crate) verb: Verb,
    /// The resource's `timeouts`; none are the defaults.
    timeouts: Json,
}

impl Stage {
    pub(crate) async fn set(side: Side, verb: Verb) -> Self {
        Self::hurried(side, verb, json!({})).await
    }

    /// The same with timeouts of the resource.
    pub(crate) async fn hurried(side: Side, verb: Verb, timeouts: Json) -> Self {
        // One seed is one run, so that the table of faults is the same each time.
        privatelink::resource::uid::seed(11);
        let land = Landscape::strict(11);
        let owner = land.service_side().await;
        let user = land.consumer_side().await;
        let mut stage = Self { land, owner, user, side, verb, timeouts };
        if side == Side::Consumer || verb != Verb::Create {
            let config = stage.timed(stage.land.service(), Side::Service);
            let found = stage.owner.try_apply(SERVICE, "api", &config).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        if side == Side::Consumer && verb != Verb::Create {
            let config = stage.timed(stage.land.consumer(&stage.owner.state("api")), Side::Consumer);
            let found = stage.user.try_apply(CONSUMER, "orders", &config).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        stage
    }

    fn timed(&self, mut config: Json, side: Side) -> Json {
        if side == self.side && self.timeouts != json!({}) {
            config["timeouts"] = self.timeouts.clone();
        }
        config
    }

    /// From here on the resource has its usual time.
    pub(crate) fn take_time(&mut self) {
        self.timeouts = json!({});
    }

    /// Time that is not the apply's: the plan before it, and its looks again at what one read may have missed.
    pub(crate) fn planning(&self) -> Duration {
        Duration::from_secs(if self.verb == Verb::Destroy { 5 } else { 12 })
    }

    /// The provider process of the side.
    pub(crate) fn provider(&self) -> Provider {
        match self.side {
            Side::Service => self.owner.provider.clone(),
            Side::Consumer => self.user.provider.clone(),
        }
    }

    /// Terraform starts the provider anew.
    pub(crate) async fn start_anew(&mut self) {
        self.owner.provider = self.land.service_side().await.provider;
        self.user.provider = self.land.consumer_side().await.provider;
    }

    /// Lets a failed creation go on; the uid of what there is.
    pub(crate) fn untaint(&mut self) -> Option<Json> {
        let verb = self.verb;
        let (terraform, _, name) = self.subject();
        if !terraform.has(name) {
            return None;
        }
        if verb == Verb::Create {
            terraform.untaint(name);
        }
        Some(terraform.state(name)["owner_uid"].clone())
    }

    pub(crate) fn config(&self) -> Json {
        let mut config = match self.side {
            Side::Service => self.land.service(),
            Side::Consumer => self.land.consumer(&self.owner.state("api")),
        };
        config = self.timed(config, self.side);
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

    pub(crate) fn subject(&mut self) -> (&mut Terraform, &'static str, &'static str) {
        match self.side {
            Side::Service => (&mut self.owner, SERVICE, "api"),
            Side::Consumer => (&mut self.user, CONSUMER, "orders"),
        }
    }

    pub(crate) async fn act(&mut self) -> Diagnostics {
        let (config, verb) = (self.config(), self.verb);
        let (terraform, kind, name) = self.subject();
        if verb == Verb::Destroy {
            return terraform.destroy(name).await;
        }
        terraform.try_apply(kind, name, &config).await
    }

    /// Every object of the world that no state names.
    pub(crate) fn forgotten(&self) -> Vec<String> {
        let mut known = String::new();
        for (terraform, name) in [(&self.owner, "api"), (&self.user, "orders")] {
            if terraform.has(name) {
                known.push_str(&terraform.state(name).to_string());
            }
        }
        ids(&objects(&self.land.world)).into_iter().filter(|(_, id)| !is_named(&known, id)).map(|(_, id)| id).collect()
    }

    pub(crate) async fn clear(mut self) {
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
    /// The operations in their order, and whether AWS did it: some calls come before AWS is ready for them.
    calls: Vec<(String, bool)>,
    /// The reads in their order.
    reads: Vec<String>,
    world: BTreeMap<String, usize>,
}

async fn undisturbed(side: Side, verb: Verb) -> Plain {
    let mut stage = Stage::set(side, verb).await;
    let before = stage.land.world.calls().len();
    let found = stage.act().await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let calls = stage.land.world.calls().split_off(before);
    let (calls, reads): (Vec<Call>, Vec<Call>) = calls.into_iter().partition(|call| call.mutating);
    let plain = Plain {
        calls: calls.into_iter().map(|call| (call.operation, call.outcome == "ok")).collect(),
        reads: reads.into_iter().map(|call| call.operation).collect(),
        world: counted(&objects(&stage.land.world)),
    };
    stage.clear().await;
    plain
}

/// One run with one fault, and everything after it.
async fn struck(side: Side, verb: Verb, at: &Place, way: Way, plain: &Plain) -> &'static str {
    let place = format!("{side:?} {verb:?}, call {} {}, {way:?}", at.call, at.operation);
    RUNS.fetch_add(1, Ordering::Relaxed);
    let mut stage = Stage::set(side, verb).await;
    let before = stage.land.world.calls().len();
    let untouched = objects(&stage.land.world);
    stage.land.world.set_faults(vec![way.fault(at)]);
    let found = stage.act().await;
    let told = texts(&found);
    stage.land.world.set_faults(Vec::new());
    let calls = stage.land.world.calls().split_off(before);
    let struck: Vec<&Call> =
        calls.iter().filter(|call| call.mutating != at.reads && way.has_struck(&call.outcome)).collect();
    let hit = struck.first().unwrap_or_else(|| panic!("{place}: it was not reached: {calls:#?}"));
    let is_told = struck.iter().any(|call| tells_of(call, &told));
    // A lease that the run outlives by less than its rest need not be renewed any more.
    let must_tell = struck.iter().any(|call| !is_renewal(call));
    let is_work_told = struck.iter().any(|call| !is_renewal(call) && tells_of(call, &told));
    // A look that may fail, such as the one for what a dead run left, is not missed where all goes well.
    let is_spared = at.reads && !found.has_errors();
    assert!(
        is_work_told || !must_tell || is_spared || !way.is_final(),
        "{place}: {} was {} and nobody said so: {told:#?}",
        hit.operation,
        hit.outcome
    );

    let forgotten = stage.forgotten();
    // What a lost reply left is looked for by its tags, and the state says so.
    let doubts =
        told.iter().filter(|text| text.contains("Exists perhaps, and the next apply or destroy looks for it")).count();
    assert!(forgotten.len() <= doubts, "{place}: no state names {forgotten:?}\n{told:#?}");
    let failed = found.has_errors();
    if failed {
        explains(&place, verb, way, at.reads, &struck, &told);
        let (terraform, _, name) = stage.subject();
        if verb == Verb::Create && terraform.has(name) {
            assert!(terraform.is_tainted(name), "{place}");
            if at.call % 2 == 1 {
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
    match (failed, is_told) {
        (true, _) => "error, healed",
        (false, true) => "warning",
        (false, false) => "overcome",
    }
}

/// Whether the call sets the lease anew, and nothing else.
fn is_renewal(call: &Call) -> bool {
    ["AddTags", "CreateTags"].contains(&call.operation.as_str())
        && (call.tag_keys == [LEASE] || call.tag_keys == [TRAIL])
}

/// Whether people read of the call. The warning about a lease speaks of no other tag.
fn tells_of(call: &Call, told: &[String]) -> bool {
    told.iter().any(|text| {
        let named = text.contains(&call.operation) && text.contains(&call.outcome);
        named && text.contains("Cannot renew a tag") == is_renewal(call)
    })
}

/// The message names link, operation, code and request id, and both ways on.
fn explains(place: &str, verb: Verb, way: Way, reads: bool, struck: &[&Call], told: &[String]) {
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
        if (reads && !text.contains("Exists now")) || text.contains("Nothing was changed.") {
            // It was found before anything was to be changed.
            continue;
        }
        assert!(text.contains("Exists now, and is in the state: "), "{place}: {text}");
        let both = text.contains("terraform untaint") && text.contains("plain apply");
        assert_eq!(both, verb == Verb::Create, "{place}: {text}");
    }
}

/// Runs every call in every way.
async fn all(side: Side, verb: Verb) {
    let plain = undisturbed(side, verb).await;
    let mut table = Table::new();
    for (at, (operation, is_done)) in plain.calls.iter().enumerate() {
        let nth = plain.calls[..=at].iter().filter(|(earlier, _)| earlier == operation).count() as u64;
        let place = Place { reads: false, call: at as u64 + 1, operation: operation.clone(), nth };
        // The reply to a call that had no effect is no lost effect.
        for way in WAYS.into_iter().filter(|way| *is_done || *way != Way::ReplyLost) {
            let outcome = struck(side, verb, &place, way, &plain).await;
            table.entry((operation.clone(), way)).or_default().insert(outcome);
        }
    }
    compare(&format!("{side:?}: {verb:?}"), &WAYS, &table);
}

/// Runs every read in every way.
async fn all_reads(side: Side, verb: Verb) {
    let plain = undisturbed(side, verb).await;
    let mut table = Table::new();
    for (at, operation) in plain.reads.iter().enumerate() {
        let nth = plain.reads[..=at].iter().filter(|earlier| *earlier == operation).count() as u64;
        let place = Place { reads: true, call: at as u64 + 1, operation: operation.clone(), nth };
        for way in WAYS_OF_READS {
            let outcome = struck(side, verb, &place, way, &plain).await;
            table.entry((operation.clone(), way)).or_default().insert(outcome);
        }
    }
    compare(&format!("{side:?}: {verb:?}, reads"), &WAYS_OF_READS, &table);
}

/// Runs with a fault so far, over all tables.
static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Outcomes by operation and way.
type Table = BTreeMap<(String, Way), BTreeSet<&'static str>>;

fn compare(title: &str, ways: &[Way], table: &Table) {
    println!("{title} is done; {} runs with a fault so far", RUNS.load(Ordering::Relaxed));
    let operations: BTreeSet<&String> = table.keys().map(|(operation, _)| operation).collect();
    let rows = operations.into_iter().map(|operation| {
        let cell = |way: &Way| table.get(&(operation.clone(), *way)).map(|outcomes| Vec::from_iter(outcomes.clone()));
        (operation.clone(), ways.iter().map(|way| cell(way).unwrap_or_default().join(" or ")).collect())
    });
    let headings: Vec<&str> = ways.iter().map(|way| way.heading()).collect();
    fault_table::compare(title, &headings, rows.collect());
}

macro_rules! cases {
    ($($name:ident, $reads:ident: $side:ident $verb:ident;)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            all(Side::$side, Verb::$verb).await;
        }

        #[tokio::test(start_paused = true)]
        async fn $reads() {
            all_reads(Side::$side, Verb::$verb).await;
        }
    )+};
}

cases! {
    a_service_s_creation_survives_every_failure_of_every_call, every_read_of_a_service_s_creation: Service Create;
    a_service_s_update_survives_every_failure_of_every_call, every_read_of_a_service_s_update: Service Update;
    a_service_s_destruction_survives_every_failure_of_every_call, every_read_of_a_service_s_destruction: Service Destroy;
    a_consumer_s_creation_survives_every_failure_of_every_call, every_read_of_a_consumer_s_creation: Consumer Create;
    a_consumer_s_update_survives_every_failure_of_every_call, every_read_of_a_consumer_s_update: Consumer Update;
    a_consumer_s_destruction_survives_every_failure_of_every_call, every_read_of_a_consumer_s_destruction: Consumer Destroy;
}
