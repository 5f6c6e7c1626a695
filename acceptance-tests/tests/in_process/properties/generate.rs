//! Random configurations of both sides, valid by construction, and sequences of edits.
//!
//! A configuration is a list of parts that do not depend on each other, so that an edit is another draw of some of
//! them. What is drawn are choices; the landscape's ids come when the world is there.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// Topic of notifications.
const TOPIC: &str = "arn:aws:sns:us-east-1:111111111111:connections";

/// Choices of one configuration.
pub(super) trait Draft: std::fmt::Debug + Clone {
    /// The parts, in an order of their own, each with keys that no other has.
    fn parts(&self, ids: &Json) -> Vec<Json>;
}

/// A first configuration and edits: in each, the parts that are drawn anew.
#[derive(Debug, Clone)]
pub(super) struct Sequence<D> {
    first: D,
    edits: Vec<(D, u16)>,
}

/// Sequences of up to so many edits.
pub(super) fn sequence<D: Draft>(
    draft: impl Strategy<Value = D> + Clone,
    most: usize,
) -> impl Strategy<Value = Sequence<D>> {
    // Few parts in most edits, as people make them.
    let mask =
        (any::<u16>(), any::<u16>(), any::<bool>()).prop_map(|(one, two, few)| if few { one & two } else { one });
    (draft.clone(), vec((draft, mask), 1..=most)).prop_map(|(first, edits)| Sequence { first, edits })
}

impl<D: Draft> Sequence<D> {
    /// The configurations, `base` under each.
    pub(super) fn configs(&self, base: &Json, ids: &Json) -> Vec<Json> {
        let mut parts = self.first.parts(ids);
        let mut configs = vec![whole(base, &parts)];
        for (draft, mask) in &self.edits {
            for (at, part) in draft.parts(ids).into_iter().enumerate() {
                if mask & (1 << at) != 0 {
                    parts[at] = part;
                }
            }
            configs.push(whole(base, &parts));
        }
        closed_after_rules(&mut configs);
        configs
    }
}

/// Rules that are removed open nothing, while a group without rules that never had any lets the VPC in: what is left out
/// means one or the other by what was before. So it is written, where there were rules.
fn closed_after_rules(configs: &mut [Json]) {
    let mut had_rules = false;
    for config in configs {
        if had_rules && ["ingress", "security_group_ids", "default_ingress"].iter().all(|key| config[*key].is_null()) {
            config["default_ingress"] = json!(false);
        }
        had_rules = !config["ingress"].is_null();
    }
}

fn whole(base: &Json, parts: &[Json]) -> Json {
    let mut config = base.clone();
    for part in parts {
        config.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    }
    config
}

/// The items whose bits are set.
fn picked(mask: u8, items: &Json) -> Json {
    let items = items.as_array().unwrap().iter().enumerate();
    items.filter(|(at, _)| mask & (1 << at) != 0).map(|(_, item)| item.clone()).collect()
}

fn tags(mask: Option<u8>) -> Json {
    let Some(mask) = mask else { return json!({}) };
    let all = [("team", "orders"), ("stage", "test"), ("empty", ""), ("sign", "a=b:c/d+e@f")];
    let chosen = all.iter().enumerate().filter(|(at, _)| mask & (1 << at) != 0);
    let chosen: serde_json::Map<_, _> = chosen.map(|(_, (key, value))| ((*key).to_owned(), json!(value))).collect();
    json!({ "tags": chosen })
}

/// Sets a field where there is a value.
fn put(object: &mut Json, name: &str, value: Option<impl Into<Json>>) {
    if let Some(value) = value {
        object[name] = value.into();
    }
}

#[derive(Debug, Clone)]
struct Listener {
    name: &'static str,
    other_port: bool,
    protocol: Option<&'static str>,
    targets: u8,
    target_port: Option<u16>,
    delay: Option<u16>,
    sticky: Option<bool>,
    proxied: Option<bool>,
    health: Option<u8>,
}

impl Listener {
    fn config(&self, ids: &Json) -> Json {
        let port = match (self.name, self.other_port) {
            ("https", false) => 443,
            ("https", true) => 8443,
            ("web", false) => 80,
            ("web", true) => 8080,
            (_, false) => 53,
            (_, true) => 5353,
        };
        let mut config = json!({"name": self.name, "port": port});
        put(&mut config, "protocol", self.protocol);
        if self.targets == 0 {
            // Without this, those of before are left to whoever registers targets then.
            config["target_type"] = json!("instance");
            config["manage_targets"] = json!(true);
        } else {
            config["target_ids"] = picked(self.targets, &ids["provider_instance_ids"]);
        }
        put(&mut config, "target_port", self.target_port);
        put(&mut config, "deregistration_delay", self.delay);
        put(&mut config, "stickiness", self.sticky);
        if self.protocol.is_none_or(|protocol| protocol == "TCP") {
            put(&mut config, "proxy_protocol_v2", self.proxied);
        }
        let health = [
            json!({"interval": 10}),
            json!({"protocol": "HTTP", "path": "/health", "matcher": "200-299"}),
            json!({"port": "8081", "healthy_threshold": 3, "unhealthy_threshold": 3}),
        ];
        put(&mut config, "health_check", self.health.map(|which| health[usize::from(which)].clone()));
        config
    }
}

fn listener(name: &'static str) -> impl Strategy<Value = Listener> + Clone {
    let protocol = of(prop::sample::select(vec!["TCP", "UDP", "TCP_UDP"]));
    let ports = (any::<bool>(), of(prop::sample::select(vec![8443u16, 443, 9000])));
    let rest = (of(0..600u16), of(any::<bool>()), of(any::<bool>()), of(0..3u8));
    (protocol, 0..8u8, ports, rest).prop_map(move |(protocol, targets, (other_port, target_port), rest)| {
        let (delay, sticky, proxied, health) = rest;
        Listener { name, other_port, protocol, targets, target_port, delay, sticky, proxied, health }
    })
}

/// Choices of a service.
#[derive(Debug, Clone)]
pub(super) struct Service {
    subnets: u8,
    acceptance: Option<bool>,
    accepts: Option<bool>,
    principals: Option<u8>,
    listeners: Vec<Listener>,
    name: Option<(bool, bool)>,
    tags: Option<u8>,
    cross_zone: Option<bool>,
    events: Option<u8>,
}

/// Services whose load balancer they manage.
pub(super) fn service() -> impl Strategy<Value = Service> + Clone {
    let listeners = (listener("https"), of(listener("web")), of(listener("dns")))
        .prop_map(|(one, two, three)| [Some(one), two, three].into_iter().flatten().collect());
    let access = (of(any::<bool>()), of(any::<bool>()), of(0..8u8), of(0..16u8));
    (1..8u8, access, listeners, of(any::<(bool, bool)>()), of(0..16u8), of(any::<bool>())).prop_map(
        |(subnets, (acceptance, accepts, principals, events), listeners, name, tags, cross_zone)| Service {
            subnets,
            acceptance,
            accepts,
            principals,
            listeners,
            name,
            tags,
            cross_zone,
            events,
        },
    )
}

impl Draft for Service {
    fn parts(&self, ids: &Json) -> Vec<Json> {
        let mut access = json!({});
        put(&mut access, "acceptance_required", self.acceptance);
        let conditions = json!([{"account_ids": [ids["consumer_account_id"]]}, {"regions": ["eu-west-1"]}]);
        put(&mut access, "accept", self.accepts.map(|both| picked(if both { 3 } else { 1 }, &conditions)));
        let mut principals = json!({});
        let known = json!([ids["consumer_account_id"], "333333333333", "arn:aws:iam::444444444444:role/reader"]);
        put(&mut principals, "allowed_principals", self.principals.map(|mask| picked(mask, &known)));
        let listeners: Vec<Json> = self.listeners.iter().map(|listener| listener.config(ids)).collect();
        let mut name = json!({});
        if let Some((other, proved)) = self.name {
            name["private_dns"] = json!({"name": if other { "shop.example.dev" } else { "orders.example.dev" }});
            put(&mut name["private_dns"], "hosted_zone_id", proved.then(|| ids["public_zone_id"].clone()));
        }
        let mut balancer = json!({});
        let cross = self.cross_zone.map(|cross| json!({"enable_cross_zone_load_balancing": cross}));
        put(&mut balancer, "load_balancer", cross);
        let mut told = json!({});
        let events = json!(["Accept", "Connect", "Delete", "Reject"]);
        let topic = self.events.map(|mask| match mask {
            0 => json!([{"connection_notification_arn": TOPIC}]),
            mask => json!([{"connection_notification_arn": TOPIC, "connection_events": picked(mask, &events)}]),
        });
        put(&mut told, "connection_notification", topic);
        let subnets = json!({"subnet_ids": picked(self.subnets, &ids["provider_subnet_ids"])});
        vec![subnets, access, principals, json!({"listener": listeners}), name, tags(self.tags), balancer, told]
    }
}

/// Choices of a consumer.
#[derive(Debug, Clone)]
pub(super) struct Consumer {
    subnets: u8,
    group: Group,
    private_name: Option<bool>,
    zone: Option<(bool, u8, Option<u32>, Option<bool>)>,
    tags: Option<u8>,
    name: Option<bool>,
}

#[derive(Debug, Clone)]
enum Group {
    Managed(Option<bool>),
    Rules(u8),
    Existing,
}

/// Consumers of one's own service, accepted by themselves.
pub(super) fn consumer() -> impl Strategy<Value = Consumer> + Clone {
    let group = prop_oneof![
        of(any::<bool>()).prop_map(Group::Managed),
        (1..16u8).prop_map(Group::Rules),
        Just(Group::Existing),
    ];
    let zone = of((any::<bool>(), 1..16u8, of(0..7200u32), of(any::<bool>())));
    (1..8u8, group, of(any::<bool>()), zone, of(0..16u8), of(any::<bool>())).prop_map(
        |(subnets, group, private_name, zone, tags, name)| Consumer { subnets, group, private_name, zone, tags, name },
    )
}

impl Draft for Consumer {
    fn parts(&self, ids: &Json) -> Vec<Json> {
        let application = &ids["application_security_group_id"];
        let mut group = json!({});
        match self.group {
            Group::Managed(open) => put(&mut group, "default_ingress", open),
            Group::Existing => group["security_group_ids"] = json!([application]),
            Group::Rules(mask) => {
                let rules = json!([
                    {"port": 443, "security_group_id": application},
                    {"port": 443, "cidr_ipv4": "10.20.0.0/16", "description": "own"},
                    {"from_port": 8000, "to_port": 8100, "protocol": "udp", "cidr_ipv4": "10.0.0.0/8"},
                    {"port": 443, "cidr_ipv6": "2001:db8::/56"},
                ]);
                group["ingress"] = picked(mask, &rules);
                put(&mut group, "egress", (mask % 2 == 1).then_some("none"));
            }
        }
        let mut private_name = json!({});
        put(&mut private_name, "private_dns_enabled", self.private_name);
        let mut dns = json!({});
        if let Some((other, mask, seconds, zonal)) = self.zone {
            let mut records = json!([{"name": "@"}, {"name": "api"}, {"name": "*"}, {"name": "db"}]);
            put(&mut records[1], "ttl_seconds", seconds);
            put(&mut records[2], "evaluate_target_health", zonal);
            put(&mut records[3], "zonal", zonal);
            let zone = if other { "shop.internal" } else { "orders.internal" };
            dns["dns"] = json!([{"zone_name": zone, "record": picked(mask, &records)}]);
            if zonal == Some(true) {
                let second = json!({"zone_name": "vendor.example", "record": [{"name": "*"}]});
                dns["dns"].as_array_mut().unwrap().push(second);
            }
        }
        let mut name = json!({});
        put(&mut name, "name", self.name.map(|other| if other { "orders endpoint" } else { "orders" }));
        let subnets = json!({"subnet_ids": picked(self.subnets, &ids["consumer_subnet_ids"])});
        vec![subnets, group, private_name, dns, tags(self.tags), name]
    }
}
