//! Hosted zones and their records.

use aws_sdk_route53::types as route53;

use super::Making;
use super::attributes::Attributes;
use crate::consumer_setting::pass;

/// How long Route 53 takes to spread a change.
const SPREAD: u64 = 120;

fn vpc(id: String) -> route53::Vpc {
    route53::Vpc::builder().vpc_id(id).vpc_region(route53::VpcRegion::UsEast1).build()
}

impl Making<'_> {
    /// A zone: of a state, or a public one that it looks up.
    pub(super) async fn zone(&mut self, account: &str, mut of: Attributes) {
        let (old, name, tags) = (of.text("zone_id"), of.text("name"), of.tags());
        let mut vpcs: Vec<String> = Vec::new();
        for mut one in of.blocks("vpc") {
            assert_eq!(one.text("vpc_region"), "us-east-1", "{}", of.address);
            vpcs.push(one.text("vpc_id"));
            one.end();
        }
        assert!(vpcs.len() < 2 && !of.is_set("private_zone"), "{}: its VPCs", of.address);
        let settings = route53::HostedZoneConfig::builder().private_zone(!vpcs.is_empty());
        let settings = settings.set_comment(of.maybe("comment")).build();
        of.results(&["arn", "caller_reference", "id", "name_servers", "primary_name_server"]);
        of.results(&["resource_record_set_count"]);
        of.end();
        let client = self.setting.route53(account);
        let call = client.create_hosted_zone().name(&name).caller_reference(&name).hosted_zone_config(settings);
        let made = call.set_vpc(vpcs.pop().map(vpc)).send().await.unwrap();
        let id = made.hosted_zone().unwrap().id().trim_start_matches("/hostedzone/").to_owned();
        self.ids.put(&old, &id);
        pass(SPREAD).await;
        if !tags.is_empty() {
            let tags = tags.iter().map(|(key, value)| route53::Tag::builder().key(key).value(value).build()).collect();
            let call = client.change_tags_for_resource().resource_type(route53::TagResourceType::Hostedzone);
            call.resource_id(&id).set_add_tags(Some(tags)).send().await.unwrap();
        }
    }

    /// What lets another account's VPC see a zone.
    pub(super) async fn authorization(&mut self, account: &str, of: Attributes) {
        let (zone, id) = zone_and_vpc(of);
        let call = self.setting.route53(account).create_vpc_association_authorization();
        call.hosted_zone_id(zone).vpc(vpc(id)).send().await.unwrap();
        pass(SPREAD).await;
    }

    pub(super) async fn zone_association(&mut self, account: &str, of: Attributes) {
        let (zone, id) = zone_and_vpc(of);
        let call = self.setting.route53(account).associate_vpc_with_hosted_zone();
        call.hosted_zone_id(zone).vpc(vpc(id)).send().await.unwrap();
        pass(SPREAD).await;
    }

    pub(super) async fn record(&mut self, account: &str, mut of: Attributes) {
        let (zone, kind) = (of.text("zone_id"), of.text("type"));
        let mut set = route53::ResourceRecordSet::builder()
            .name(of.text("fqdn"))
            .r#type(route53::RrType::from(kind.as_str()))
            .set_ttl(of.maybe("ttl").and_then(|ttl| ttl.parse().ok()).filter(|ttl| *ttl > 0));
        for mut alias in of.blocks("alias") {
            let target = route53::AliasTarget::builder()
                .hosted_zone_id(alias.text("zone_id"))
                .dns_name(alias.text("name"))
                .evaluate_target_health(alias.is_set("evaluate_target_health"));
            set = set.alias_target(target.build().unwrap());
            alias.end();
        }
        for value in of.texts("records") {
            let value = if kind == "TXT" { format!("\"{value}\"") } else { value };
            set = set.resource_records(route53::ResourceRecord::builder().value(value).build().unwrap());
        }
        of.results(&["id", "name"]);
        of.end();
        let change = route53::Change::builder().action(route53::ChangeAction::Create);
        let change = change.resource_record_set(set.build().unwrap()).build().unwrap();
        let batch = route53::ChangeBatch::builder().changes(change).build().unwrap();
        let call = self.setting.route53(account).change_resource_record_sets();
        call.hosted_zone_id(zone).change_batch(batch).send().await.unwrap();
        pass(SPREAD).await;
    }
}

fn zone_and_vpc(mut of: Attributes) -> (String, String) {
    let found = (of.text("zone_id"), of.text("vpc_id"));
    of.results(&["id", "owning_account", "vpc_region"]);
    of.end();
    found
}
