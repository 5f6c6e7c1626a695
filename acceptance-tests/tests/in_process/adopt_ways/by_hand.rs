//! What people and modules of hashicorp/aws make: the objects in a world, and the state that describes them.
//!
//! Names, modules, keys, schema versions and the attributes that tell one object from another are those that hashicorp/aws 5.46 wrote for
//! such a chain and for the modules terraform-aws-modules/vpc (vpc-endpoints, 5.8) and terraform-aws-modules/alb (9.8); ids are the
//! world's.

use aws_sdk_ec2::types as ec2;
use aws_sdk_elasticloadbalancingv2::types as elb;
use aws_sdk_route53::types as route53;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{OWNER, Setting, USER, pass};

/// A state of version 4, as it grows.
#[derive(Default)]
pub(super) struct Document(Vec<Json>);

impl Document {
    /// A state of version 4.
    pub(super) fn of(state: &Json) -> Self {
        Self(state["resources"].as_array().unwrap().clone())
    }

    /// The attributes of the first managed instance of a type.
    pub(super) fn only(&self, kind: &str) -> &Json {
        self.instances(kind).map(|(_, attributes)| attributes).next().unwrap()
    }

    /// Those of the managed instance of a type that has this key.
    pub(super) fn only_of(&self, kind: &str, key: &str) -> &Json {
        self.instances(kind).find(|(of, _)| *of == key).map(|(_, attributes)| attributes).unwrap()
    }

    /// Keys and attributes of the managed instances of a type.
    fn instances(&self, kind: &str) -> impl Iterator<Item = (&Json, &Json)> {
        let all = self.0.iter().filter(move |one| one["mode"] == "managed" && one["type"] == kind);
        let instances = all.flat_map(|one| one["instances"].as_array().unwrap());
        instances.map(|instance| (&instance["index_key"], &instance["attributes"]))
    }

    /// Adds an instance: module, type, name and key of its address, the provider block's account, and its attributes.
    pub(super) fn add(&mut self, account: &str, address: (&str, &str, &str), key: Json, attributes: Json) -> &mut Self {
        let (module, kind, name) = address;
        let alias = if account == USER { ".c" } else { "" };
        let version = match kind {
            "aws_route53_record" | "aws_security_group_rule" => 2,
            "aws_security_group" => 1,
            _ => 0,
        };
        let mut instance = json!({"schema_version": version, "attributes": attributes, "sensitive_attributes": []});
        if !key.is_null() {
            instance["index_key"] = key;
        }
        let (mode, kind) = kind.strip_prefix("data.").map_or(("managed", kind), |kind| ("data", kind));
        let same = self.0.iter_mut().find(|one| {
            one["module"].as_str().unwrap_or_default() == module && one["type"] == kind && one["name"] == name
        });
        if let Some(same) = same {
            same["instances"].as_array_mut().unwrap().push(instance);
            return self;
        }
        let mut resource = json!({
            "mode": mode, "type": kind, "name": name, "instances": [instance],
            "provider": format!("provider[\"registry.terraform.io/hashicorp/aws\"]{alias}"),
        });
        if !module.is_empty() {
            resource["module"] = json!(module);
        }
        self.0.push(resource);
        self
    }

    pub(super) fn text(&self) -> String {
        json!({"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x", "outputs": {}, "resources": self.0})
            .to_string()
    }

    /// Attributes and version of every managed instance by its address.
    pub(super) fn states(&self) -> Vec<(String, String, i64, Json)> {
        let mut all = Vec::new();
        for one in self.0.iter().filter(|one| one["mode"] == "managed") {
            let (kind, name) = (one["type"].as_str().unwrap(), one["name"].as_str().unwrap());
            let module = one["module"].as_str().map(|module| format!("{module}.")).unwrap_or_default();
            for instance in one["instances"].as_array().unwrap() {
                let key = match &instance["index_key"] {
                    Json::Null => String::new(),
                    key => format!("[{key}]"),
                };
                let version = instance["schema_version"].as_i64().unwrap();
                let address = format!("{module}{kind}.{name}{key}");
                all.push((address, kind.to_owned(), version, instance["attributes"].clone()));
            }
        }
        all
    }
}

/// What a load balancer is made of.
pub(super) struct Balancer {
    pub(super) arn: String,
    pub(super) listener: String,
    pub(super) group: String,
}

fn tag(key: &str, value: &str) -> ec2::Tag {
    ec2::Tag::builder().key(key).value(value).build()
}

fn ec2_tags(kind: ec2::ResourceType, tags: &[(&str, &str)]) -> Option<Vec<ec2::TagSpecification>> {
    let tags: Vec<_> = tags.iter().map(|(key, value)| tag(key, value)).collect();
    let is_tagged = !tags.is_empty();
    is_tagged.then(|| vec![ec2::TagSpecification::builder().resource_type(kind).set_tags(Some(tags)).build()])
}

fn elb_tags(tags: &[(&str, &str)]) -> Vec<elb::Tag> {
    tags.iter().map(|(key, value)| elb::Tag::builder().key(*key).value(*value).build()).collect()
}

impl Setting {
    pub(super) fn strings(&self, name: &str) -> Vec<String> {
        self.land.ids[name].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    /// A network load balancer with fixed addresses and a security group, one listener, and two addresses behind it.
    pub(super) async fn balancer(&self, name: &str, tags: &[(&str, &str)]) -> Balancer {
        let client = self.elb(OWNER);
        let subnets = self.strings("provider_subnet_ids");
        let fixed = subnets.iter().enumerate().map(|(number, id)| {
            let address = format!("10.10.{}.{}", number + 1, 40 + name.len());
            elb::SubnetMapping::builder().subnet_id(id).private_ipv4_address(address).build()
        });
        let made = client
            .create_load_balancer()
            .name(name)
            .r#type(elb::LoadBalancerTypeEnum::Network)
            .scheme(elb::LoadBalancerSchemeEnum::Internal)
            .set_subnet_mappings(Some(fixed.collect()))
            .set_tags(Some(elb_tags(tags)))
            .send()
            .await
            .unwrap();
        let arn = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
        pass(300).await;
        let group = self.target_group(&format!("{name}-https"), tags).await;
        let listener = self.listener(&arn, elb::ProtocolEnum::Tcp, 443, &group, tags).await;
        Balancer { arn, listener, group }
    }

    pub(super) async fn target_group(&self, name: &str, tags: &[(&str, &str)]) -> String {
        let client = self.elb(OWNER);
        let made = client
            .create_target_group()
            .name(name)
            .protocol(elb::ProtocolEnum::Tcp)
            .port(443)
            .vpc_id(self.id("provider_vpc_id"))
            .target_type(elb::TargetTypeEnum::Ip)
            .health_check_protocol(elb::ProtocolEnum::Tcp)
            .health_check_interval_seconds(10)
            .healthy_threshold_count(2)
            .unhealthy_threshold_count(2)
            .set_tags(Some(elb_tags(tags)))
            .send()
            .await
            .unwrap();
        let group = made.target_groups()[0].target_group_arn().unwrap().to_owned();
        pass(30).await;
        let set = |key: &str, value: &str| elb::TargetGroupAttribute::builder().key(key).value(value).build();
        let attributes = [
            set("deregistration_delay.timeout_seconds", "30"),
            set("preserve_client_ip.enabled", "false"),
            set("stickiness.enabled", "true"),
            set("stickiness.type", "source_ip"),
        ];
        let call = client.modify_target_group_attributes().target_group_arn(&group);
        call.set_attributes(Some(attributes.into())).send().await.unwrap();
        let targets = ["10.10.1.10", "10.10.2.10"].map(|id| elb::TargetDescription::builder().id(id).build());
        client.register_targets().target_group_arn(&group).set_targets(Some(targets.into())).send().await.unwrap();
        group
    }

    pub(super) async fn listener(
        &self,
        balancer: &str,
        protocol: elb::ProtocolEnum,
        port: i32,
        group: &str,
        tags: &[(&str, &str)],
    ) -> String {
        let forward = elb::Action::builder().r#type(elb::ActionTypeEnum::Forward).target_group_arn(group).build();
        let made = self.elb(OWNER).create_listener().load_balancer_arn(balancer).protocol(protocol).port(port);
        let made = made.default_actions(forward).set_tags(Some(elb_tags(tags))).send().await.unwrap();
        pass(120).await;
        made.listeners()[0].listener_arn().unwrap().to_owned()
    }

    /// An endpoint service that everybody of the consumer's account may connect to.
    pub(super) async fn published(&self, balancer: &str, acceptance: bool, tags: &[(&str, &str)]) -> (String, String) {
        let client = self.ec2(OWNER);
        let made = client
            .create_vpc_endpoint_service_configuration()
            .network_load_balancer_arns(balancer)
            .acceptance_required(acceptance)
            .set_tag_specifications(ec2_tags(ec2::ResourceType::VpcEndpointService, tags))
            .send()
            .await
            .unwrap();
        let made = made.service_configuration().unwrap();
        let (id, name) = (made.service_id().unwrap().to_owned(), made.service_name().unwrap().to_owned());
        pass(120).await;
        let permit = client.modify_vpc_endpoint_service_permissions().service_id(&id);
        permit.add_allowed_principals(format!("arn:aws:iam::{USER}:root")).send().await.unwrap();
        pass(120).await;
        (id, name)
    }

    /// A target group of instances.
    pub(super) async fn group_of_instances(&self, name: &str, ids: &[String]) -> String {
        let client = self.elb(OWNER);
        let made = client.create_target_group().name(name).protocol(elb::ProtocolEnum::Tcp).port(8443);
        let made = made.vpc_id(self.id("provider_vpc_id")).target_type(elb::TargetTypeEnum::Instance);
        let made = made.send().await.unwrap();
        let group = made.target_groups()[0].target_group_arn().unwrap().to_owned();
        pass(30).await;
        let targets = ids.iter().map(|id| elb::TargetDescription::builder().id(id).build()).collect();
        client.register_targets().target_group_arn(&group).set_targets(Some(targets)).send().await.unwrap();
        group
    }

    /// Lets addresses of the consumer's account into a group.
    pub(super) async fn let_in(&self, group: &str, (from, to): (i32, i32), block: &str, description: &str) {
        let range = ec2::IpRange::builder().cidr_ip(block).description(description).build();
        let rule = ec2::IpPermission::builder().ip_protocol("tcp").from_port(from).to_port(to).ip_ranges(range).build();
        self.ec2(USER).authorize_security_group_ingress().group_id(group).ip_permissions(rule).send().await.unwrap();
        pass(60).await;
    }

    /// An interface endpoint of the consumer's account, in its first subnets, with the group of the application.
    pub(super) async fn endpoint_by_hand(
        &self,
        service: &str,
        subnets: usize,
        private_dns: bool,
        tags: &[(&str, &str)],
    ) -> String {
        let group = self.id("application_security_group_id");
        self.endpoint_behind(&group, service, subnets, private_dns, tags).await
    }

    /// The same with another group.
    pub(super) async fn endpoint_behind(
        &self,
        group: &str,
        service: &str,
        subnets: usize,
        private_dns: bool,
        tags: &[(&str, &str)],
    ) -> String {
        let client = self.ec2(USER);
        let subnets = self.strings("consumer_subnet_ids").into_iter().take(subnets).collect();
        let made = client
            .create_vpc_endpoint()
            .vpc_endpoint_type(ec2::VpcEndpointType::Interface)
            .vpc_id(self.id("consumer_vpc_id"))
            .service_name(service)
            .set_subnet_ids(Some(subnets))
            .security_group_ids(group)
            .private_dns_enabled(private_dns)
            .set_tag_specifications(ec2_tags(ec2::ResourceType::VpcEndpoint, tags))
            .send()
            .await
            .unwrap();
        pass(600).await;
        made.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap().to_owned()
    }

    /// AWS's own name of an endpoint, and the zone of that name.
    pub(super) async fn name_of(&self, endpoint: &str) -> (String, String) {
        let seen = self.ec2(USER).describe_vpc_endpoints().vpc_endpoint_ids(endpoint).send().await.unwrap();
        let entries = seen.vpc_endpoints()[0].dns_entries();
        let entry = entries.iter().find(|entry| entry.dns_name().unwrap().contains(endpoint)).unwrap();
        (entry.dns_name().unwrap().to_owned(), entry.hosted_zone_id().unwrap().to_owned())
    }

    /// An alias and a wildcard in a zone that lead to an endpoint.
    pub(super) async fn names(&self, account: &str, zone: &str, domain: &str, endpoint: &str) {
        let (dns_name, zone_of_name) = self.name_of(endpoint).await;
        let set = || route53::ResourceRecordSet::builder();
        let alias = route53::AliasTarget::builder().hosted_zone_id(zone_of_name).dns_name(&dns_name);
        let alias = alias.evaluate_target_health(false).build().unwrap();
        let alias = set().name(format!("orders.{domain}")).r#type(route53::RrType::A).alias_target(alias);
        let value = route53::ResourceRecord::builder().value(&dns_name).build().unwrap();
        let wild =
            set().name(format!("*.orders.{domain}")).r#type(route53::RrType::Cname).ttl(60).resource_records(value);
        let changes = [alias, wild].map(|set| {
            let change = route53::Change::builder().action(route53::ChangeAction::Create);
            change.resource_record_set(set.build().unwrap()).build().unwrap()
        });
        let batch = route53::ChangeBatch::builder().set_changes(Some(changes.into())).build().unwrap();
        let call = self.route53(account).change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
        call.send().await.unwrap();
        pass(120).await;
    }
}

/// The stored attributes of an `aws_vpc_endpoint_service`.
pub(super) fn service_state(id: &str, name: &str, balancer: &str) -> Json {
    json!({
        "acceptance_required": true, "allowed_principals": [format!("arn:aws:iam::{USER}:root")],
        "arn": format!("arn:aws:ec2:us-east-1:{OWNER}:vpc-endpoint-service/{id}"), "gateway_load_balancer_arns": null,
        "id": id, "network_load_balancer_arns": [balancer], "private_dns_name": "", "service_name": name,
        "service_type": "Interface", "state": "Available", "supported_ip_address_types": ["ipv4"], "timeouts": null,
    })
}

/// The stored attributes of an `aws_vpc_endpoint`.
pub(super) fn endpoint_state(id: &str, service: &str) -> Json {
    json!({
        "arn": format!("arn:aws:ec2:us-east-1:{USER}:vpc-endpoint/{id}"), "auto_accept": null, "id": id, "owner_id": USER,
        "service_name": service, "state": "available", "vpc_endpoint_type": "Interface", "timeouts": null,
    })
}
