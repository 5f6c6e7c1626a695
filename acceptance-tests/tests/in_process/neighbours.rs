//! Who else is in a world: a second service with its consumer, a second consumer of the same service in the same VPC and zones,
//! and records, rules, groups and tags that people made by hand. All of it works, and stays as it is, whatever a run beside it does.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{IpPermission, IpRange, Tag};
use aws_sdk_route53::types::{ChangeAction, TagResourceType};
use serde_json::{Value as Json, json};

use crate::consumer_setting::{OWNER, Setting, USER, merged, pass};
use crate::core::{objects, texts};
use crate::footprints::{self, Footprints};
use crate::landscape::{CONSUMER, SERVICE};

/// Address of the second service, and of its consumer.
const NEIGHBOUR: &str = "neighbour";
/// Address of the second consumer of the service that a run is about, or stands on.
const BESIDE: &str = "beside";
/// Until every server of AWS shows what was made, and nothing is on its way any more.
const REST: u64 = 1800;

/// What stands beside a run, as it was before.
#[derive(Clone)]
pub(crate) struct Neighbours {
    /// The security group that people made for endpoints.
    pub(crate) group: String,
    /// The private zone that people made, with records of theirs.
    pub(crate) zone: String,
    /// Their objects with every setting.
    footprints: Footprints,
    /// Those of the second consumer among them.
    beside: BTreeSet<String>,
    /// Names that the application resolves and reaches.
    names: Vec<String>,
}

impl Neighbours {
    /// Makes everything but the second consumer of the same service.
    pub(crate) async fn move_in(setting: &mut Setting) -> Self {
        let (group, zone) = by_hand(setting).await;
        let service = merged(
            &setting.land.service(),
            &json!({
                "name": NEIGHBOUR,
                "private_dns": {"name": "neighbour.example.dev", "hosted_zone_id": setting.id("public_zone_id")},
                "tags": {"team": "neighbours"},
            }),
        );
        let found = setting.owner.try_apply(SERVICE, NEIGHBOUR, &service).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        pass(120).await;
        let service = setting.owner.state(NEIGHBOUR);
        consumer(setting, NEIGHBOUR, &service, true).await;
        pass(REST).await;
        let names = ["neighbour.example.dev", "api.neighbour.internal"].map(str::to_owned).to_vec();
        let footprints = footprints::of(&setting.land.world);
        Self { group, zone, footprints, beside: BTreeSet::new(), names }
    }

    /// Makes the second consumer of a service, and takes it for one of them.
    pub(crate) async fn join(&mut self, setting: &mut Setting, service: &Json) {
        let before = footprints::of(&setting.land.world);
        consumer(setting, BESIDE, service, false).await;
        pass(REST).await;
        self.names.push("api.beside.internal".to_owned());
        let joined = footprints::of(&setting.land.world).into_iter().filter(|(key, _)| !before.contains_key(key));
        self.beside.extend(joined.map(|(key, _)| key));
        self.footprints.extend(self.beside.iter().map(|key| (key.clone(), String::new())));
    }

    /// Takes everything for theirs that is in the world now.
    pub(crate) fn take_all(&mut self, setting: &Setting) {
        self.footprints = footprints::of(&setting.land.world);
    }

    /// Remembers their objects as they are now, before a run.
    pub(crate) fn remember(&mut self, setting: &Setting) {
        let now = footprints::of(&setting.land.world);
        self.footprints.retain(|key, _| now.contains_key(key));
        for (key, was) in &mut self.footprints {
            was.clone_from(&now[key]);
        }
    }

    /// Whether an object of a list is theirs.
    pub(crate) fn have(&self, kind: &str, id: &str) -> bool {
        let key = match kind {
            "record_set" => format!("record {}", id.replace('/', " ")),
            // It is told with its group.
            "security_group_rule" => {
                return self.footprints.iter().any(|(key, is)| key.starts_with("security group ") && is.contains(id));
            }
            kind => format!("{} {id}", kind.replace('_', " ")),
        };
        self.footprints.contains_key(&key)
    }

    /// Nothing of theirs is different in any setting, tag or id, and their names lead to a target that answers.
    pub(crate) fn expect_untouched(&self, setting: &Setting, case: &str) {
        let touched = footprints::differing(&self.footprints, &footprints::of(&setting.land.world));
        assert!(touched.is_empty(), "{case}: what is others' was touched: {}", touched.join("\n"));
        for name in &self.names {
            let way = setting.land.reach(name);
            assert_eq!(way["reached"], json!(true), "{case}: {name} does not work any more: {way:#}");
        }
    }

    /// Removes the second consumer of the service, which would keep its owner from removing it.
    pub(crate) async fn leave(&mut self, setting: &mut Setting, case: &str) {
        if self.beside.is_empty() {
            return;
        }
        let found = setting.user.destroy(BESIDE).await;
        assert!(!found.has_errors(), "{case}, the second consumer: {:#?}", texts(&found));
        let left = std::mem::take(&mut self.beside);
        self.footprints.retain(|key, _| !left.contains(key));
        self.names.retain(|name| name != "api.beside.internal");
    }

    /// Nothing exists besides what is theirs.
    pub(crate) fn expect_alone(&self, setting: &Setting, case: &str) {
        let left = ids(&objects(&setting.land.world)).into_iter().filter(|(kind, id)| !self.have(kind, id));
        let left: Vec<(String, String)> = left.collect();
        assert!(left.is_empty(), "{case}: {left:?} is left");
    }
}

/// Kinds and ids of a list of objects.
pub(crate) fn ids(objects: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for regions in objects.as_object().into_iter().flatten().map(|(_, regions)| regions) {
        for kinds in regions.as_object().into_iter().flatten().map(|(_, kinds)| kinds) {
            for (kind, ids) in kinds.as_object().into_iter().flatten() {
                let ids = ids.as_array().into_iter().flatten();
                found.extend(ids.map(|id| (kind.clone(), id.as_str().unwrap().to_owned())));
            }
        }
    }
    found
}

/// A consumer with names in a zone of its own, which the owner of the service accepts.
async fn consumer(setting: &mut Setting, name: &'static str, service: &Json, private_dns: bool) {
    let config = merged(
        &setting.land.consumer(service),
        &json!({
            "name": name,
            "private_dns_enabled": private_dns,
            "dns": [{"zone_name": format!("{name}.internal"), "record": [{"name": "@"}, {"name": "api"}]}],
            "tags": {"team": "neighbours"},
        }),
    );
    let found = setting.user.try_apply(CONSUMER, name, &config).await;
    assert!(!found.has_errors(), "{name}: {:#?}", texts(&found));
}

/// What people made by hand; the ids of a security group and of a private zone in the consumers' VPC.
async fn by_hand(setting: &Setting) -> (String, String) {
    let group = setting.group("endpoints").await;
    let rule = |port, block: &str| {
        let range = IpRange::builder().cidr_ip(block).description("by hand").build();
        IpPermission::builder().ip_protocol("tcp").from_port(port).to_port(port).ip_ranges(range).build()
    };
    for (id, port, block) in [
        (group.clone(), 443, "10.0.0.0/8"),
        (group.clone(), 22, "10.9.0.0/16"),
        (setting.id("application_security_group_id"), 8080, "10.9.0.0/16"),
    ] {
        let call = setting.ec2(USER).authorize_security_group_ingress().group_id(id);
        call.ip_permissions(rule(port, block)).send().await.unwrap();
    }
    let tag = Tag::builder().key("cost-center").value("42").build();
    for (account, kinds) in [
        (OWNER, ["provider_vpc_id", "provider_subnet_ids", "provider_instance_ids"]),
        (USER, ["consumer_vpc_id", "consumer_subnet_ids", "application_security_group_id"]),
    ] {
        let ids = kinds.iter().flat_map(|kind| match &setting.land.ids[*kind] {
            Json::Array(ids) => ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect(),
            id => vec![id.as_str().unwrap().to_owned()],
        });
        let call = setting.ec2(account).create_tags().set_resources(Some(ids.collect()));
        call.tags(tag.clone()).send().await.unwrap();
    }
    let zone = setting.zone(USER, "shared.internal").await;
    let public = setting.id("public_zone_id");
    setting.foreign_record(USER, &zone, "db.shared.internal", ChangeAction::Create).await;
    setting.foreign_record(USER, &zone, "*.db.shared.internal", ChangeAction::Create).await;
    setting.foreign_record(OWNER, &public, "www.example.dev", ChangeAction::Create).await;
    setting.foreign_record(OWNER, &public, "mail.orders.example.dev", ChangeAction::Create).await;
    for (account, id) in [(USER, &zone), (OWNER, &public)] {
        let tag = aws_sdk_route53::types::Tag::builder().key("cost-center").value("42").build();
        let call = setting.route53(account).change_tags_for_resource().resource_type(TagResourceType::Hostedzone);
        call.resource_id(id).add_tags(tag).send().await.unwrap();
    }
    (group, zone)
}
