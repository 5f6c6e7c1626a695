//! The service's side: load balancers with what stands behind them, and endpoint services.

use super::Making;
use super::attributes::Attributes;
use super::calls::{all_told, told};
use crate::consumer_setting::pass;

const ELB: &str = "elasticloadbalancing";

/// Settings of a load balancer that AWS calls attributes, and what hashicorp/aws calls them.
const BALANCER_ATTRIBUTES: [(&str, &str); 3] = [
    ("deletion_protection.enabled", "enable_deletion_protection"),
    ("dns_record.client_routing_policy", "dns_record_client_routing_policy"),
    ("load_balancing.cross_zone.enabled", "enable_cross_zone_load_balancing"),
];
/// The same of a target group.
const GROUP_ATTRIBUTES: [(&str, &str); 5] = [
    ("deregistration_delay.connection_termination.enabled", "connection_termination"),
    ("deregistration_delay.timeout_seconds", "deregistration_delay"),
    ("load_balancing.cross_zone.enabled", "load_balancing_cross_zone_enabled"),
    ("preserve_client_ip.enabled", "preserve_client_ip"),
    ("proxy_protocol_v2.enabled", "proxy_protocol_v2"),
];
/// Parameters of a target group, and their attributes.
const GROUP_PARAMETERS: [(&str, &str); 6] = [
    ("IpAddressType", "ip_address_type"),
    ("Name", "name"),
    ("Port", "port"),
    ("Protocol", "protocol"),
    ("TargetType", "target_type"),
    ("VpcId", "vpc_id"),
];
/// The same of its health check.
const CHECK_PARAMETERS: [(&str, &str); 8] = [
    ("HealthCheckEnabled", "enabled"),
    ("HealthCheckIntervalSeconds", "interval"),
    ("HealthCheckPath", "path"),
    ("HealthCheckPort", "port"),
    ("HealthCheckProtocol", "protocol"),
    ("HealthCheckTimeoutSeconds", "timeout"),
    ("HealthyThresholdCount", "healthy_threshold"),
    ("UnhealthyThresholdCount", "unhealthy_threshold"),
];

fn settings(of: &mut Attributes, names: &[(&str, &str)]) -> Vec<(String, String)> {
    names.iter().filter_map(|(key, name)| Some(((*key).to_owned(), of.maybe(name)?))).collect()
}

impl Making<'_> {
    pub(super) async fn load_balancer(&mut self, account: &str, mut of: Attributes) {
        let (old, zone) = (of.text("arn"), of.text("zone_id"));
        let scheme = if of.is_set("internal") { "internal" } else { "internet-facing" };
        let tags = of.tags();
        let mut call = self
            .call(account, ELB, "CreateLoadBalancer")
            .with("Name", of.text("name"))
            .with("Type", of.text("load_balancer_type"))
            .with("Scheme", scheme)
            .with_some("IpAddressType", of.maybe("ip_address_type"))
            .list("SecurityGroups.member", &of.texts("security_groups"))
            .tags("", &tags);
        for (place, mut mapping) in of.blocks("subnet_mapping").into_iter().enumerate() {
            let at = |name: &str| format!("SubnetMappings.member.{}.{name}", place + 1);
            call = call
                .with(&at("SubnetId"), mapping.text("subnet_id"))
                .with_some(&at("PrivateIPv4Address"), mapping.maybe("private_ipv4_address"));
            mapping.end();
        }
        let enforces = of.maybe("enforce_security_group_inbound_rules_on_private_link_traffic");
        assert_ne!(enforces.as_deref(), Some("off"), "{}: traffic of endpoints past the groups", of.address);
        let attributes = settings(&mut of, &BALANCER_ATTRIBUTES);
        of.results(&["arn_suffix", "dns_name", "id", "name_prefix", "subnets", "timeouts", "vpc_id"]);
        of.end();
        let made = call.send().await;
        let arn = told(&made, "LoadBalancerArn");
        self.ids.put_arn(&old, &arn);
        self.ids.put(&zone, &told(&made, "CanonicalHostedZoneId"));
        pass(600).await;
        let call = self.call(account, ELB, "ModifyLoadBalancerAttributes").with("LoadBalancerArn", arn);
        call.pairs("Attributes.member", ["Key", "Value"], &attributes).send().await;
    }

    pub(super) async fn target_group(&mut self, account: &str, mut of: Attributes) {
        let (old, tags) = (of.text("arn"), of.tags());
        let mut parameters = settings(&mut of, &GROUP_PARAMETERS);
        for mut check in of.blocks("health_check") {
            parameters.extend(settings(&mut check, &CHECK_PARAMETERS));
            check.end();
        }
        let mut attributes = settings(&mut of, &GROUP_ATTRIBUTES);
        for mut stickiness in of.blocks("stickiness") {
            let names = [("stickiness.enabled", "enabled"), ("stickiness.type", "type")];
            attributes.extend(settings(&mut stickiness, &names));
            stickiness.end();
        }
        for mut state in of.blocks("target_health_state") {
            let key = "target_health_state.unhealthy.connection_termination.enabled";
            attributes.extend(settings(&mut state, &[(key, "enable_unhealthy_connection_termination")]));
            state.end();
        }
        of.results(&["arn_suffix", "id", "load_balancer_arns", "name_prefix"]);
        of.end();
        let call = self.call(account, ELB, "CreateTargetGroup").tags("", &tags);
        let call = parameters.into_iter().fold(call, |call, (name, text)| call.with(&name, text));
        let arn = told(&call.send().await, "TargetGroupArn");
        self.ids.put_arn(&old, &arn);
        let call = self.call(account, ELB, "ModifyTargetGroupAttributes").with("TargetGroupArn", arn);
        call.pairs("Attributes.member", ["Key", "Value"], &attributes).send().await;
    }

    pub(super) async fn target(&mut self, account: &str, mut of: Attributes) {
        let call = self.call(account, ELB, "RegisterTargets").with("TargetGroupArn", of.text("target_group_arn"));
        let call = call
            .with("Targets.member.1.Id", of.text("target_id"))
            .with_some("Targets.member.1.Port", of.maybe("port"))
            .with_some("Targets.member.1.AvailabilityZone", of.maybe("availability_zone"));
        of.results(&["id"]);
        of.end();
        call.send().await;
    }

    pub(super) async fn listener(&mut self, account: &str, mut of: Attributes) {
        let (old, tags) = (of.text("arn"), of.tags());
        let mut call = self.call(account, ELB, "CreateListener").tags("", &tags);
        let names = [("LoadBalancerArn", "load_balancer_arn"), ("Port", "port"), ("Protocol", "protocol")];
        for (name, text) in settings(&mut of, &names) {
            call = call.with(&name, text);
        }
        for (place, mut action) in of.blocks("default_action").into_iter().enumerate() {
            let at = |name: &str| format!("DefaultActions.member.{}.{name}", place + 1);
            call = call
                .with(&at("Type"), action.text("type"))
                .with(&at("TargetGroupArn"), action.text("target_group_arn"));
            action.results(&["order"]);
            action.end();
        }
        of.results(&["id", "timeouts"]);
        of.end();
        self.ids.put_arn(&old, &told(&call.send().await, "ListenerArn"));
    }

    pub(super) async fn endpoint_service(&mut self, account: &str, mut of: Attributes) {
        let (old, tags) = (of.text("id"), of.tags());
        let proofs = of.blocks("private_dns_name_configuration");
        let call = self
            .call(account, "ec2", "CreateVpcEndpointServiceConfiguration")
            .with("AcceptanceRequired", of.text("acceptance_required"))
            .list("NetworkLoadBalancerArn", &of.texts("network_load_balancer_arns"))
            .with_some("PrivateDnsName", of.maybe("private_dns_name"))
            .list("SupportedIpAddressType", &of.texts("supported_ip_address_types"))
            .tags("vpc-endpoint-service", &tags);
        let principals = of.texts("allowed_principals");
        of.results(&["arn", "availability_zones", "base_endpoint_dns_names", "manages_vpc_endpoints", "service_name"]);
        of.results(&["service_type", "state", "timeouts"]);
        of.end();
        let id = told(&call.send().await, "serviceId");
        self.ids.put(&old, &id);
        pass(120).await;
        let client = self.setting.ec2(account);
        let seen = client.describe_vpc_endpoint_service_configurations().service_ids(&id).send().await.unwrap();
        let proof = seen.service_configurations()[0].private_dns_name_configuration();
        for (mut old, new) in proofs.into_iter().zip(proof) {
            self.ids.put(&old.text("name"), new.name().unwrap());
            self.ids.put(&old.text("value"), new.value().unwrap());
            old.results(&["state", "type"]);
            old.end();
        }
        if !principals.is_empty() {
            self.permit(account, &id, &principals).await;
        }
    }

    async fn permit(&self, account: &str, service: &str, principals: &[String]) {
        let call = self.call(account, "ec2", "ModifyVpcEndpointServicePermissions").with("ServiceId", service);
        call.list("AddAllowedPrincipals", principals).send().await;
        pass(120).await;
    }

    pub(super) async fn allowed_principal(&mut self, account: &str, mut of: Attributes) {
        let (old, service) = (of.text("id"), of.text("vpc_endpoint_service_id"));
        let principal = of.text("principal_arn");
        of.end();
        self.permit(account, &service, std::slice::from_ref(&principal)).await;
        let seen = self.call(account, "ec2", "DescribeVpcEndpointServicePermissions").with("ServiceId", service);
        let seen = seen.send().await;
        let all = all_told(&seen, "principal").into_iter().zip(all_told(&seen, "servicePermissionId"));
        let own = all.into_iter().find(|(one, _)| *one == principal).map(|(_, id)| id);
        self.ids.put(&old, &own.unwrap_or_else(|| panic!("no permission of {principal} in {seen}")));
    }
}
