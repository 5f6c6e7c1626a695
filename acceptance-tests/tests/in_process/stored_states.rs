//! States that released versions stored: each is upgraded, and then there is nothing to do but what was to be done.
//!
//! `stored/<version>/` holds one file for each resource and each kind of state, as that version wrote it. What a world
//! gives (ids, addresses, names with hashes) stands as `${path}`, the place where today's state of the same story has
//! it; everything else is literal, JSON in strings included. Files of a released version are never changed: when the
//! format changes, raise the schema version, upgrade in `ResourceServer::upgrade`, and these tests show that it works.
//!
//! `WRITE_STATES=1 cargo test --test in_process stored_states::` adds the files of this version that are missing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::protocol::ProviderService;
use privatelink::protocol::value::from_dynamic;
use privatelink::protocol::wire::tfplugin5::{Diagnostic, RawState, upgrade_resource_state};
use privatelink::value::Value;
use serde_json::{Value as Json, json};

use crate::consumer_setting::pass;
use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

const CONNECTION: &str = "privatelink_connection";
const ENDPOINT_DNS: &str = "privatelink_endpoint_dns";
const VERSIONS: [&str; 1] = ["0.1.0"];

fn folder(version: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/in_process/stored").join(version)
}

/// One state of one resource, and the world around it.
struct Story {
    land: Landscape,
    kind: &'static str,
    terraform: Terraform,
    /// The other side's, where there is one; destroyed last.
    other: Option<(Terraform, &'static str)>,
    config: Json,
    /// Nothing is left to be done.
    is_whole: bool,
}

const NAME: &str = "it";

impl Story {
    fn state(&self) -> Json {
        self.terraform.state(NAME)
    }

    /// Compares the two: upgrades what is stored, and expects that the next apply ends as it would from today's.
    async fn goes_on_from_the_stored(mut self, title: &str) {
        for version in VERSIONS {
            let path = folder(version).join(format!("{title}.json"));
            let today = self.state();
            if std::env::var_os("WRITE_STATES").is_some() && !path.exists() && version == env!("CARGO_PKG_VERSION") {
                std::fs::create_dir_all(folder(version)).unwrap();
                std::fs::write(&path, format!("{:#}\n", emptied(&today))).unwrap();
            }
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let stored = filled(&text, &today);
            let tainted = self.terraform.is_tainted(NAME);
            let upgraded = upgrade(&self.terraform, self.kind, 0, stored.to_string()).await;
            let upgraded = upgraded.unwrap_or_else(|found| panic!("{title} of {version}: {found:#?}"));
            self.terraform.load(self.kind, NAME, upgraded, tainted);
            if self.is_whole {
                self.terraform.expect_empty(self.kind, NAME, &self.config).await;
            }
            let text = stored.to_string();
            assert!(text.contains("owner_uid") && text.len() > 500, "{title} of {version} is no whole state: {text}");
        }
        let (kind, config) = (self.kind, self.config.clone());
        let found = self.terraform.try_apply(kind, NAME, &config).await;
        assert!(!found.has_errors(), "{title}: {:#?}", texts(&found));
        self.terraform.expect_empty(kind, NAME, &config).await;
        let found = self.terraform.destroy(NAME).await;
        assert!(!found.has_errors(), "{title}: {:#?}", texts(&found));
        if let Some((mut other, name)) = self.other {
            pass(600).await;
            let found = other.destroy(name).await;
            assert!(!found.has_errors(), "{title}: {:#?}", texts(&found));
            if name == "orders" {
                return;
            }
        }
        assert_eq!(objects(&self.land.world), json!({}), "{title}");
    }
}

/// Through the RPC, as core asks before every use of a state.
async fn upgrade(terraform: &Terraform, kind: &str, version: i64, json: String) -> Result<Value, Vec<Diagnostic>> {
    let raw_state = Some(RawState { json: json.into_bytes().into(), ..RawState::default() });
    let request = upgrade_resource_state::Request { type_name: kind.to_owned(), version, raw_state };
    let service = ProviderService::new(Arc::new(terraform.provider.clone()));
    let answer = service.upgrade_resource_state(request).await.unwrap();
    let (_, server) = terraform.server(kind);
    match answer.upgraded_state {
        Some(state) => Ok(from_dynamic(&server.schema().block, Some(&state)).unwrap()),
        None => Err(answer.diagnostics),
    }
}

/// Strings by their paths, JSON in strings opened.
fn strings(json: &Json, path: &str, found: &mut Vec<(String, String)>) {
    match json {
        Json::String(text) => match serde_json::from_str::<Json>(text) {
            Ok(inner @ (Json::Object(_) | Json::Array(_))) => strings(&inner, path, found),
            _ => found.push((path.to_owned(), text.clone())),
        },
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                strings(item, &format!("{path}.{at}"), found);
            }
        }
        Json::Object(entries) => {
            for (key, item) in entries {
                // Keys may be ids, too.
                found.push((format!("{path}.{key}?"), key.clone()));
                strings(item, &format!("{path}.{key}"), found);
            }
        }
        _ => {}
    }
}

/// Whether a world gives such a text: it has a long number, hexadecimal or not, or is an address.
fn is_given(text: &str) -> bool {
    // Letters alone may be such a number, one time in some thousands.
    let is_number = |word: &str| {
        word.bytes().any(|byte| byte.is_ascii_digit()) || word.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_long = |word: &str| word.len() >= 8 && is_number(word);
    !text.contains('{')
        && (text.parse::<std::net::IpAddr>().is_ok()
            || text.split(|character: char| !character.is_ascii_alphanumeric()).any(is_long))
}

/// What a world gives, by the first place that holds it.
fn given(state: &Json) -> BTreeMap<String, String> {
    let mut all = Vec::new();
    // What people see comes first, so that it is named by that.
    for (key, value) in state.as_object().unwrap() {
        if !["record", "links", "metric_dimensions"].contains(&key.as_str()) {
            strings(value, key, &mut all);
        }
    }
    // What came later than the first stored states comes last, so that their places keep their numbers.
    for key in ["record", "links", "metric_dimensions"] {
        strings(&state[key], key, &mut all);
    }
    all.sort_by_key(|(path, _)| path.starts_with("record.") && path.ends_with(".description"));
    let mut names = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for (path, text) in all.into_iter().filter(|(_, text)| is_given(text)) {
        if seen.insert(text.clone()) {
            // A place below a key that is an id itself is told by its number.
            let is_named = !seen.iter().any(|given: &String| path.contains(given.as_str()));
            let attribute = path.split('.').next().unwrap_or_default();
            names.insert(if is_named { path.clone() } else { format!("{attribute}#{}", names.len()) }, text);
        }
    }
    names
}

/// The state with names in place of what a world gives, the longest first: some are parts of others.
fn emptied(state: &Json) -> Json {
    let mut text = state.to_string();
    let mut names: Vec<_> = given(state).into_iter().collect();
    names.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
    for (name, given) in names {
        text = text.replace(&given, &format!("${{{name}}}"));
    }
    serde_json::from_str(&text).unwrap()
}

fn filled(stored: &str, today: &Json) -> Json {
    let mut text = serde_json::from_str::<Json>(stored).unwrap().to_string();
    for (name, given) in given(today) {
        text = text.replace(&format!("${{{name}}}"), &given);
    }
    assert!(!text.contains("${"), "nothing fills {text}");
    serde_json::from_str(&text).unwrap()
}

async fn service(seed: u64) -> (Landscape, Terraform, Json) {
    let land = Landscape::strict(seed);
    let terraform = land.service_side().await;
    let mut config = land.service();
    config["accept"] = json!([{"account_ids": [land.ids["consumer_account_id"]]}]);
    config["connection_notification"] =
        json!([{"connection_notification_arn": "arn:aws:sns:us-east-1:111111111111:connections"}]);
    config["load_balancer"] = json!({"enable_cross_zone_load_balancing": true});
    (land, terraform, config)
}

async fn consumer(seed: u64) -> (Landscape, Terraform, Terraform, Json) {
    let land = Landscape::strict(seed);
    let mut owner = land.service_side().await;
    owner.apply(SERVICE, "api", &land.service()).await;
    pass(120).await;
    let terraform = land.consumer_side().await;
    let mut config = land.consumer(&owner.state("api"));
    config["dns"][0]["record"] =
        json!([{"name": "@"}, {"name": "api", "ttl_seconds": 60}, {"name": "db", "zonal": true}]);
    (land, owner, terraform, config)
}

#[tokio::test(start_paused = true)]
async fn a_whole_service_of_every_release_needs_nothing() {
    let (land, mut terraform, config) = service(341).await;
    terraform.apply(SERVICE, NAME, &config).await;
    let story = Story { land, kind: SERVICE, terraform, other: None, config, is_whole: true };
    story.goes_on_from_the_stored("service").await;
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_creation_failed_in_any_release_is_made_anew() {
    let (land, mut terraform, config) = service(342).await;
    land.world.set_faults(vec![
        Fault::at("CreateVpcEndpointServiceConfiguration", 1, Strike::Refuse).code("UnauthorizedOperation"),
    ]);
    assert!(terraform.try_apply(SERVICE, NAME, &config).await.has_errors());
    assert!(terraform.is_tainted(NAME));
    land.world.set_faults(Vec::new());
    let story = Story { land, kind: SERVICE, terraform, other: None, config, is_whole: false };
    story.goes_on_from_the_stored("service-tainted").await;
}

#[tokio::test(start_paused = true)]
async fn doubts_and_retired_objects_of_every_release_are_settled() {
    // The new group of one listener is lost with every look for it afterwards, but not before.
    for nth in 1..10 {
        let (land, mut terraform, mut config) = service(343).await;
        terraform.apply(SERVICE, NAME, &config).await;
        config["listener"] = json!([
            {"name": "https", "port": 443, "target_port": 9443, "target_ids": land.ids["provider_instance_ids"]},
        ]);
        let plan = terraform.plan(SERVICE, NAME, &config).await;
        land.world.set_faults(vec![
            Fault::at("CreateTargetGroup", 1, Strike::LoseReply),
            Fault::at("DescribeTargetGroups", nth, Strike::Refuse).times(40),
        ]);
        let found = terraform.carry_out(SERVICE, NAME, &config, plan).await;
        land.world.set_faults(Vec::new());
        if !found.has_errors() || !terraform.state(NAME)["record"]["retired"].to_string().contains("sought") {
            continue;
        }
        let story = Story { land, kind: SERVICE, terraform, other: None, config, is_whole: false };
        return story.goes_on_from_the_stored("service-doubts").await;
    }
    panic!("no state with a doubt");
}

#[tokio::test(start_paused = true)]
async fn a_service_with_objects_still_to_be_removed_in_any_release_loses_them() {
    let (land, mut terraform, mut config) = service(344).await;
    terraform.apply(SERVICE, NAME, &config).await;
    config["listener"][0]["target_port"] = json!(9443);
    land.world.set_faults(vec![Fault::at("DeleteTargetGroup", 1, Strike::Refuse).times(40)]);
    let found = terraform.try_apply(SERVICE, NAME, &config).await;
    assert!(found.has_errors(), "{:#?}", texts(&found));
    land.world.set_faults(Vec::new());
    let past = terraform.state(NAME)["record"]["retired"].to_string();
    assert!(past.contains("state"), "nothing retired in {past}");
    let story = Story { land, kind: SERVICE, terraform, other: None, config, is_whole: false };
    story.goes_on_from_the_stored("service-retired").await;
}

#[tokio::test(start_paused = true)]
async fn a_whole_consumer_of_every_release_needs_nothing() {
    let (land, owner, mut terraform, config) = consumer(345).await;
    terraform.apply(CONSUMER, NAME, &config).await;
    let story = Story { land, kind: CONSUMER, terraform, other: Some((owner, "api")), config, is_whole: true };
    story.goes_on_from_the_stored("consumer").await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_whose_creation_failed_in_any_release_is_made_anew() {
    let (land, owner, mut terraform, config) = consumer(346).await;
    land.world.set_faults(vec![Fault::at("ChangeResourceRecordSets", 1, Strike::Refuse).times(40)]);
    assert!(terraform.try_apply(CONSUMER, NAME, &config).await.has_errors());
    assert!(terraform.is_tainted(NAME));
    land.world.set_faults(Vec::new());
    let story = Story { land, kind: CONSUMER, terraform, other: Some((owner, "api")), config, is_whole: false };
    story.goes_on_from_the_stored("consumer-tainted").await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_with_objects_still_to_be_removed_in_any_release_loses_them() {
    let (land, owner, mut terraform, mut config) = consumer(347).await;
    terraform.apply(CONSUMER, NAME, &config).await;
    config["security_group_ids"] = json!([land.ids["application_security_group_id"]]);
    config.as_object_mut().unwrap().remove("ingress");
    land.world.set_faults(vec![Fault::at("DeleteSecurityGroup", 1, Strike::Refuse).times(40)]);
    let found = terraform.try_apply(CONSUMER, NAME, &config).await;
    assert!(found.has_errors(), "{:#?}", texts(&found));
    land.world.set_faults(Vec::new());
    let past = terraform.state(NAME)["record"]["retired"].to_string();
    assert!(past.contains("state"), "nothing retired in {past}");
    let story = Story { land, kind: CONSUMER, terraform, other: Some((owner, "api")), config, is_whole: false };
    story.goes_on_from_the_stored("consumer-retired").await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_of_every_release_needs_nothing() {
    let (land, mut owner, mut user, mut config) = consumer(348).await;
    for name in ["accept", "private_dns_enabled", "dns"] {
        config.as_object_mut().unwrap().remove(name);
    }
    let found = user.try_apply(CONSUMER, "orders", &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = json!({"service_id": owner.state("api")["id"], "endpoint_id": user.state("orders")["id"]});
    owner.apply(CONNECTION, NAME, &config).await;
    let story =
        Story { land, kind: CONNECTION, terraform: owner, other: Some((user, "orders")), config, is_whole: true };
    story.goes_on_from_the_stored("connection").await;
}

#[tokio::test(start_paused = true)]
async fn names_of_an_endpoint_of_every_release_need_nothing() {
    let (land, _owner, mut user, mut config) = consumer(350).await;
    let dns = config.as_object_mut().unwrap().remove("dns").unwrap();
    config.as_object_mut().unwrap().remove("private_dns_enabled");
    user.apply(CONSUMER, "orders", &config).await;
    let config = json!({"endpoint_id": user.state("orders")["id"], "private_dns_enabled": true, "dns": dns});
    let mut terraform = land.consumer_side().await;
    terraform.apply(ENDPOINT_DNS, NAME, &config).await;
    let story = Story { land, kind: ENDPOINT_DNS, terraform, other: Some((user, "orders")), config, is_whole: true };
    story.goes_on_from_the_stored("endpoint-dns").await;
}

/// A state that is older, or was edited by hand: what is missing is null, what is unknown is passed over.
#[tokio::test(start_paused = true)]
async fn missing_and_unknown_keys_are_tolerated() {
    let (land, _owner, mut terraform, config) = consumer(349).await;
    terraform.apply(CONSUMER, NAME, &config).await;
    let whole = terraform.state(NAME);
    let mut more = whole.clone();
    more["of_a_later_release"] = json!({"deep": [1, {"a": null}]});
    more["dns"][0]["later"] = json!(true);
    let is_link = |name: &str| !["owner_uid", "retired"].contains(&name);
    for (_, entry) in more["record"].as_object_mut().unwrap().iter_mut().filter(|(name, _)| is_link(name)) {
        let mut inner: Json = serde_json::from_str(entry.as_str().unwrap()).unwrap();
        inner["later"] = json!([]);
        inner["state"]["later"] = json!({"x": 1});
        *entry = json!(inner.to_string());
    }
    let upgraded = upgrade(&terraform, CONSUMER, 0, more.to_string()).await.unwrap();
    terraform.load(CONSUMER, NAME, upgraded, false);
    terraform.expect_empty(CONSUMER, NAME, &config).await;

    // Computed attributes are read again; without them nothing is to be done, or it is done in place.
    let keys: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
    for key in keys.iter().filter(|key| key.as_str() != "record") {
        let mut less = whole.clone();
        less.as_object_mut().unwrap().remove(key);
        let upgraded =
            upgrade(&terraform, CONSUMER, 0, less.to_string()).await.unwrap_or_else(|found| panic!("{key}: {found:?}"));
        terraform.load(CONSUMER, NAME, upgraded, false);
        let plan = terraform.plan(CONSUMER, NAME, &config).await;
        assert!(!plan.diagnostics.has_errors(), "{key}: {:#?}", texts(&plan.diagnostics));
        assert!(plan.replaced_by.is_empty(), "without {key} it would be replaced: {:?}", plan.replaced_by);
    }
    // So it is in the record, but for what an object is known by.
    let record: BTreeMap<String, Json> = serde_json::from_value(whole["record"].clone()).unwrap();
    for (link, entry) in record.iter().filter(|(name, _)| is_link(name)) {
        let entry: Json = serde_json::from_str(entry.as_str().unwrap()).unwrap();
        for key in entry["state"].as_object().into_iter().flat_map(serde_json::Map::keys) {
            if key == "id" || key.ends_with("_id") || key == "arn" {
                continue;
            }
            let mut less = entry.clone();
            less["state"].as_object_mut().unwrap().remove(key);
            let mut state = whole.clone();
            state["record"][link] = json!(less.to_string());
            let upgraded = upgrade(&terraform, CONSUMER, 0, state.to_string()).await.unwrap();
            terraform.load(CONSUMER, NAME, upgraded, false);
            let plan = terraform.plan(CONSUMER, NAME, &config).await;
            assert!(!plan.diagnostics.has_errors(), "{link}.{key}: {:#?}", texts(&plan.diagnostics));
        }
    }
    drop(land);
}

#[tokio::test(start_paused = true)]
async fn a_newer_state_is_refused_by_name_with_what_to_do() {
    let land = Landscape::strict(350);
    let terraform = land.service_side().await;
    for kind in [SERVICE, CONSUMER, CONNECTION] {
        let current = terraform.server(kind).1.schema().version;
        let found = upgrade(&terraform, kind, current + 1, "{}".to_owned()).await.unwrap_err();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].summary, "Cannot read the stored state");
        for words in [kind, &format!("schema version {}", current + 1), &format!("up to {current}"), "newer release"] {
            assert!(found[0].detail.contains(words), "{words}: {}", found[0].detail);
        }
        assert!(upgrade(&terraform, kind, -1, "{}".to_owned()).await.is_err());
    }
}
