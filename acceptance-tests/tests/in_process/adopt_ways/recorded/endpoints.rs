//! The consumer's side: endpoints with what is added to them, and the decision of the service's owner.

use aws_sdk_ec2::types::VpcEndpoint;
use serde_json::Value as Json;

use super::attributes::Attributes;
use super::calls::{ATTEMPTS, PAUSE, told};
use super::{Instance, Making};
use crate::consumer_setting::pass;

/// Adds a group to an endpoint.
const GROUP_ASSOCIATION: &str = "aws_vpc_endpoint_security_group_association";
/// How long an endpoint takes to settle, at most.
const SETTLED: u64 = 900;

impl Making<'_> {
    pub(super) async fn endpoint(&mut self, account: &str, all: &[Instance], mut of: Attributes) {
        let (old, vpc, tags) = (of.text("id"), of.text("vpc_id"), of.tags());
        let (groups, policy) = (of.texts("security_group_ids"), of.maybe("policy"));
        // Whoever adds a group to one that was made without has the default one of the VPC beside it.
        let is_added_to = all
            .iter()
            .any(|one| one.kind == GROUP_ASSOCIATION && one.values["vpc_endpoint_id"].as_str() == Some(old.as_str()));
        let (known, unknown): (Vec<String>, Vec<String>) = groups.into_iter().partition(|id| self.ids.gave(id));
        let mut wanted = known;
        if !is_added_to {
            for id in &unknown {
                wanted.push(self.group_of_others(account, &vpc, id).await);
            }
        }
        let mut call = self
            .call(account, "ec2", "CreateVpcEndpoint")
            .with("VpcEndpointType", of.text("vpc_endpoint_type"))
            .with("VpcId", vpc)
            .with("ServiceName", of.text("service_name"))
            .with("PrivateDnsEnabled", of.text("private_dns_enabled"))
            .with_some("IpAddressType", of.maybe("ip_address_type"))
            .list("SubnetId", &of.texts("subnet_ids"))
            .list("SecurityGroupId", &wanted)
            .tags("vpc-endpoint", &tags);
        for mut options in of.blocks("dns_options") {
            call = call.with_some("DnsOptions.DnsRecordIpType", options.maybe("dns_record_ip_type"));
            options.end();
        }
        of.results(&["arn", "cidr_blocks", "dns_entry", "network_interface_ids", "owner_id", "requester_managed"]);
        of.results(&["state", "timeouts"]);
        of.end();
        let id = told(&call.send().await, "vpcEndpointId");
        self.ids.put(&old, &id);
        pass(SETTLED).await;
        let seen = self.seen(account, &id).await;
        if is_added_to {
            let default = seen.groups().iter().filter_map(|group| group.group_id());
            unknown.iter().zip(default).for_each(|(old, new)| self.ids.put(old, new));
        }
        let is_other = |text: &String| {
            let document = |text: &str| serde_json::from_str::<Json>(text).unwrap_or_default();
            document(text) != document(seen.policy_document().unwrap_or_default())
        };
        if let Some(policy) = policy.filter(is_other) {
            self.change(account, &id, "PolicyDocument", policy).await;
        }
    }

    async fn seen(&self, account: &str, id: &str) -> VpcEndpoint {
        let client = self.setting.ec2(account);
        for _ in 0..ATTEMPTS {
            if let Ok(seen) = client.describe_vpc_endpoints().vpc_endpoint_ids(id).send().await {
                return seen.vpc_endpoints()[0].clone();
            }
            pass(PAUSE).await;
        }
        panic!("AWS never shows {id}");
    }

    async fn change(&self, account: &str, endpoint: &str, field: &str, value: String) {
        let call = self.call(account, "ec2", "ModifyVpcEndpoint").with("VpcEndpointId", endpoint);
        call.with(field, value).send().await;
        pass(SETTLED).await;
    }

    /// A subnet or a group of an endpoint that is a resource of its own.
    pub(super) async fn added(&mut self, account: &str, (attribute, field): (&str, &str), mut of: Attributes) {
        let (endpoint, value) = (of.text("vpc_endpoint_id"), of.text(attribute));
        of.results(&["id", "timeouts"]);
        of.end();
        self.change(account, &endpoint, field, value).await;
    }

    pub(super) async fn accepted(&mut self, account: &str, mut of: Attributes) {
        let call = self.call(account, "ec2", "AcceptVpcEndpointConnections");
        let call = call.with("ServiceId", of.text("vpc_endpoint_service_id"));
        let call = call.with("VpcEndpointId.1", of.text("vpc_endpoint_id"));
        of.results(&["id", "vpc_endpoint_state"]);
        of.end();
        call.send().await;
        pass(SETTLED).await;
    }

    /// Names and interfaces, which AWS gives to an endpoint that stands: its own name, those in zones, and private ones.
    pub(super) async fn names_of_endpoint(&mut self, one: &Instance) {
        let texts = |value: &Json, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let id = self.ids.within(&one.values["id"]).as_str().unwrap().to_owned();
        let seen = self.seen(&one.account, &id).await;
        let names = seen.dns_entries().iter().map(|entry| {
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            (text(entry.dns_name()), text(entry.hosted_zone_id()))
        });
        let (own, private): (Vec<_>, Vec<_>) = names.partition(|(name, _)| name.contains(&id));
        let old = one.values["dns_entry"].as_array().map(Vec::as_slice).unwrap_or_default();
        let old = old.iter().map(|entry| (texts(entry, "dns_name"), texts(entry, "hosted_zone_id")));
        let (old_own, old_private): (Vec<_>, Vec<_>) =
            old.partition(|(name, _)| name.contains(one.values["id"].as_str().unwrap()));
        for ((old, old_zone), (new, new_zone)) in old_own.iter().zip(&own).chain(old_private.iter().zip(&private)) {
            self.ids.put(old, new);
            self.ids.put(old_zone, new_zone);
        }
        let mut old: Vec<&str> =
            one.values["network_interface_ids"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        old.sort_unstable();
        let mut new: Vec<&String> = seen.network_interface_ids().iter().collect();
        new.sort_unstable();
        old.iter().zip(new).for_each(|(old, new)| self.ids.put(old, new));
    }
}
