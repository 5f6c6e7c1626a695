//! Whether a packet would arrive: yes for the finished chain, and for each hop one test that takes it away.

use acceptance_tests::simulator::reach::{Protocol, Reach, ReachRequest, reach};
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, IpPermission, IpRange, UserIdGroupPair, VpcEndpointType};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum, LoadBalancerAttribute,
    ProtocolEnum, TargetDescription,
};
use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType, Vpc, VpcRegion,
};
use serde_json::json;

use super::land::{CONSUMER, Land, Service};

const NAME: &str = "api.example.dev";

/// A finished chain: private name on, endpoint group open for the application's group.
pub(super) struct Finished {
    pub(super) land: Land,
    pub(super) service: Service,
    pub(super) endpoint: String,
    endpoint_group: String,
    pub(super) target_group: String,
    listener: String,
}

fn https() -> aws_sdk_ec2::types::builders::IpPermissionBuilder {
    IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443)
}

fn from_block(cidr: &str) -> IpPermission {
    https().ip_ranges(IpRange::builder().cidr_ip(cidr).build()).build()
}

impl Finished {
    pub(super) async fn new() -> Self {
        let land = Land::calm();
        let load_balancer = land.load_balancer("front", 3).await;
        let (target_group, listener) = land.backend(&load_balancer, "https", &land.instances).await;
        Self::behind(land, load_balancer, target_group, listener).await
    }

    pub(super) async fn behind(land: Land, load_balancer: String, target_group: String, listener: String) -> Self {
        let service = land.service_of(load_balancer, false).await;
        land.verified_name(&service, NAME).await;
        let call =
            land.consumer.create_security_group().vpc_id(&land.vpc).group_name("endpoint").description("endpoint");
        let endpoint_group = call.send().await.unwrap().group_id.unwrap();
        land.pass(31).await;
        let pair = UserIdGroupPair::builder().group_id(&land.application_group).build();
        let rule = https().user_id_group_pairs(pair).build();
        let call = land.consumer.authorize_security_group_ingress().group_id(&endpoint_group).ip_permissions(rule);
        call.send().await.unwrap();
        let call = land.new_endpoint(&service).set_subnet_ids(Some(land.subnets.clone())).private_dns_enabled(true);
        let made = call.security_group_ids(&endpoint_group).send().await.unwrap().vpc_endpoint.unwrap();
        land.pass(901).await;
        let endpoint = made.vpc_endpoint_id.unwrap();
        Self { land, service, endpoint, endpoint_group, target_group, listener }
    }

    /// Asks as the application does.
    pub(super) fn request(&self) -> ReachRequest {
        ReachRequest {
            account: CONSUMER.to_owned(),
            vpc_id: self.land.vpc.clone(),
            name: NAME.to_owned(),
            port: 443,
            protocol: Protocol::Tcp,
            security_group_ids: vec![self.land.application_group.clone()],
            ip: None,
            subnet_id: None,
            region: None,
        }
    }

    pub(super) fn ask(&self, request: &ReachRequest) -> Reach {
        let now = self.land.world.now();
        reach(&self.land.world.lock(), now, request)
    }

    fn assert_reached(&self, request: &ReachRequest) {
        let answer = self.ask(request);
        assert!(answer.reached, "{answer:?}");
    }

    #[track_caller]
    pub(super) fn assert_broken(&self, request: &ReachRequest, at: &str, why: &str) {
        let answer = self.ask(request);
        assert_eq!(answer.broken_at.as_deref(), Some(at), "{answer:?}");
        assert!(answer.why.as_deref().unwrap().contains(why), "{answer:?}");
        assert!(!answer.reached);
    }

    async fn private_zone(&self, name: &str) -> String {
        let vpc = Vpc::builder().vpc_id(&self.land.vpc).vpc_region(VpcRegion::UsEast1).build();
        let call = self.land.consumer_dns.create_hosted_zone().name(name).caller_reference(name).vpc(vpc);
        let zone = call.send().await.unwrap().hosted_zone.unwrap().id;
        self.land.pass(601).await;
        zone
    }

    async fn record(&self, zone: &str, record: ResourceRecordSet) {
        let change = Change::builder().action(ChangeAction::Create).resource_record_set(record).build().unwrap();
        let batch = ChangeBatch::builder().changes(change).build().unwrap();
        let call = self.land.consumer_dns.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
        call.send().await.unwrap();
        self.land.pass(601).await;
    }

    async fn alias(&self, zone: &str, name: &str) {
        let read = self.land.described(&self.endpoint).await;
        let entry = &read.dns_entries()[0];
        let target = AliasTarget::builder()
            .dns_name(entry.dns_name().unwrap())
            .hosted_zone_id(entry.hosted_zone_id().unwrap())
            .evaluate_target_health(false)
            .build()
            .unwrap();
        let record = ResourceRecordSet::builder().name(name).r#type(RrType::A).alias_target(target).build().unwrap();
        self.record(zone, record).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_finished_chain_reaches_hop_by_hop() {
    let chain = Finished::new().await;
    let answer = chain.ask(&chain.request());
    assert!(answer.reached, "{answer:?}");
    let mut hops: Vec<&str> = answer.hops.iter().map(|hop| hop.at.as_str()).collect();
    hops.dedup();
    let expected = [
        "dns",
        "endpoint",
        "endpoint_security_group",
        "connection",
        "service",
        "load_balancer",
        "listener",
        "target_security_group",
        "target",
    ];
    assert_eq!(hops[..9], expected);
    assert_eq!(hops.iter().filter(|hop| **hop == "target").count(), 3, "every zone is tried");
    let one_zone = ReachRequest { subnet_id: Some(chain.land.subnets[1].clone()), ..chain.request() };
    let answer = chain.ask(&one_zone);
    assert_eq!(answer.hops.iter().filter(|hop| hop.at == "target").count(), 1, "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn regional_zonal_and_alias_names_reach_too() {
    let chain = Finished::new().await;
    let read = chain.land.described(&chain.endpoint).await;
    for entry in &read.dns_entries()[..4] {
        chain.assert_reached(&ReachRequest { name: entry.dns_name().unwrap().to_owned(), ..chain.request() });
    }
    let zone = chain.private_zone("internal.test").await;
    chain.alias(&zone, "payments.internal.test").await;
    chain.assert_reached(&ReachRequest { name: "Payments.internal.test.".to_owned(), ..chain.request() });
    let value = ResourceRecord::builder().value("payments.internal.test").build().unwrap();
    let record = ResourceRecordSet::builder().name("www.internal.test").r#type(RrType::Cname).ttl(60);
    chain.record(&zone, record.resource_records(value).build().unwrap()).await;
    chain.assert_reached(&ReachRequest { name: "www.internal.test".to_owned(), ..chain.request() });
}

#[tokio::test(start_paused = true)]
async fn without_a_name_it_ends_at_dns() {
    let chain = Finished::new().await;
    let other = ReachRequest { name: "nobody.example.cloud".to_owned(), ..chain.request() };
    chain.assert_broken(&other, "dns", "no zone");
    let call = chain.land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&chain.endpoint).private_dns_enabled(false);
    call.send().await.unwrap();
    // The public zone example.dev answers now, and has no such record.
    chain.assert_broken(&chain.request(), "dns", "no record");
}

#[tokio::test(start_paused = true)]
async fn a_more_specific_private_zone_without_the_record_hides_the_name() {
    let chain = Finished::new().await;
    let parent = chain.private_zone("internal.test").await;
    chain.alias(&parent, "a.payments.internal.test").await;
    let request = ReachRequest { name: "a.payments.internal.test".to_owned(), ..chain.request() };
    chain.assert_reached(&request);
    chain.private_zone("payments.internal.test").await;
    chain.assert_broken(&request, "dns", "has no record");
}

#[tokio::test(start_paused = true)]
async fn a_zone_of_the_private_name_hides_what_lies_below() {
    let chain = Finished::new().await;
    let below = ReachRequest { name: format!("x.{NAME}"), ..chain.request() };
    chain.assert_broken(&below, "dns", "has no record");
}

#[tokio::test(start_paused = true)]
async fn without_the_vpc_dns_attributes_private_names_do_not_resolve() {
    let chain = Finished::new().await;
    let off = || AttributeBooleanValue::builder().value(false).build();
    let modify = || chain.land.consumer.modify_vpc_attribute().vpc_id(&chain.land.vpc);
    let zone = chain.private_zone("internal.test").await;
    chain.alias(&zone, "payments.internal.test").await;
    let alias = ReachRequest { name: "payments.internal.test".to_owned(), ..chain.request() };
    chain.assert_reached(&alias);
    modify().enable_dns_hostnames(off()).send().await.unwrap();
    chain.assert_broken(&chain.request(), "dns", "has no record");
    chain.assert_broken(&alias, "dns", "no zone");
    modify().enable_dns_support(off()).send().await.unwrap();
    chain.assert_broken(&chain.request(), "dns", "enableDnsSupport");
}

#[tokio::test(start_paused = true)]
async fn from_another_vpc_it_ends_at_the_endpoint() {
    let chain = Finished::new().await;
    let name = chain.land.described(&chain.endpoint).await.dns_entries()[0].dns_name().unwrap().to_owned();
    let made = chain.land.consumer.create_vpc().cidr_block("10.9.0.0/16").send().await.unwrap();
    let other = ReachRequest { vpc_id: made.vpc.unwrap().vpc_id.unwrap(), name: name.clone(), ..chain.request() };
    chain.assert_broken(&other, "endpoint", "does not reach");
    chain.land.delete_endpoint(&chain.endpoint).await;
    let deleting = ReachRequest { name, ..chain.request() };
    chain.assert_broken(&deleting, "endpoint", "no interface in use");
}

#[tokio::test(start_paused = true)]
async fn without_a_rule_it_ends_at_the_endpoints_group() {
    let chain = Finished::new().await;
    let stranger = ReachRequest { security_group_ids: Vec::new(), ..chain.request() };
    chain.assert_broken(&stranger, "endpoint_security_group", "no inbound rule");
    let other_port = ReachRequest { port: 8443, ..chain.request() };
    chain.assert_broken(&other_port, "endpoint_security_group", "8443");
    let authorize = |rule: IpPermission| {
        let call = chain.land.consumer.authorize_security_group_ingress().group_id(&chain.endpoint_group);
        call.ip_permissions(rule).send()
    };
    authorize(from_block("10.20.1.0/24")).await.unwrap();
    let by_address =
        |ip: &str| ReachRequest { ip: Some(ip.to_owned()), security_group_ids: Vec::new(), ..chain.request() };
    chain.assert_reached(&by_address("10.20.1.7"));
    chain.assert_broken(&by_address("10.20.2.7"), "endpoint_security_group", "no inbound rule");
    // Of a client known only by its subnet, the whole subnet must be let in.
    let somewhere = ReachRequest { subnet_id: Some(chain.land.subnets[0].clone()), ..stranger.clone() };
    chain.assert_reached(&somewhere);
    chain.assert_broken(&stranger, "endpoint_security_group", "no inbound rule");
}

#[tokio::test(start_paused = true)]
async fn without_acceptance_it_ends_at_the_connection() {
    let chain = Finished::new().await;
    chain.land.reject(&chain.service, &chain.endpoint).await;
    chain.assert_broken(&chain.request(), "connection", "rejected");
}

#[tokio::test(start_paused = true)]
async fn a_change_under_way_does_not_interrupt() {
    let chain = Finished::new().await;
    let call = chain.land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&chain.endpoint);
    call.remove_subnet_ids(&chain.land.subnets[0]).send().await.unwrap();
    assert_eq!(chain.land.state(&chain.endpoint).await, "pending");
    chain.assert_reached(&chain.request());
}

#[tokio::test(start_paused = true)]
async fn without_its_service_it_ends_there() {
    let chain = Finished::new().await;
    chain.land.force("endpoint_service", &chain.service.id, &json!({"state": "deleted"}));
    chain.assert_broken(&chain.request(), "service", "does not exist any more");
}

#[tokio::test(start_paused = true)]
async fn without_a_load_balancer_in_the_zone_it_ends_there() {
    let chain = Finished::new().await;
    chain.land.force("load_balancer", &chain.service.load_balancer, &json!({"state": "failed"}));
    chain.assert_broken(&chain.request(), "load_balancer", "use1-az1");
}

#[tokio::test(start_paused = true)]
async fn a_load_balancers_own_groups_count_when_enforced_and_see_the_clients_address() {
    let land = Land::calm();
    let call =
        land.provider.create_security_group().vpc_id(&land.provider_vpc).group_name("front").description("front");
    let group = call.send().await.unwrap().group_id.unwrap();
    land.pass(31).await;
    let load_balancer = land.new_load_balancer("front", 3, std::slice::from_ref(&group)).await;
    land.pass(601).await;
    let (target_group, listener) = land.backend(&load_balancer, "https", &land.instances.clone()).await;
    let chain = Finished::behind(land, load_balancer, target_group, listener).await;
    chain.assert_broken(&chain.request(), "load_balancer_security_group", "no inbound rule");
    let call = chain.land.provider.authorize_security_group_ingress().group_id(&group);
    call.ip_permissions(from_block("10.20.0.0/16")).send().await.unwrap();
    chain.assert_reached(&chain.request());
    let call = chain.land.provider.revoke_security_group_ingress().group_id(&group);
    call.ip_permissions(from_block("10.20.0.0/16")).send().await.unwrap();
    chain.assert_broken(&chain.request(), "load_balancer_security_group", "no inbound rule");
    let call =
        chain.land.elb.set_security_groups().load_balancer_arn(&chain.service.load_balancer).security_groups(&group);
    let off = EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum::Off;
    call.enforce_security_group_inbound_rules_on_private_link_traffic(off).send().await.unwrap();
    chain.land.pass(60).await;
    chain.assert_reached(&chain.request());
}

#[tokio::test(start_paused = true)]
async fn without_a_listener_on_the_port_it_ends_there() {
    let chain = Finished::new().await;
    chain.land.elb.delete_listener().listener_arn(&chain.listener).send().await.unwrap();
    chain.land.pass(60).await;
    chain.assert_broken(&chain.request(), "listener", "443");
}

#[tokio::test(start_paused = true)]
async fn a_zone_without_a_healthy_target_needs_cross_zone() {
    let chain = Finished::new().await;
    let target = TargetDescription::builder().id(&chain.land.instances[0]).port(443).build();
    let call = chain.land.elb.deregister_targets().target_group_arn(&chain.target_group).targets(target);
    call.send().await.unwrap();
    chain.land.pass(601).await;
    chain.assert_broken(&chain.request(), "target", "use1-az1");
    let elsewhere = ReachRequest { subnet_id: Some(chain.land.subnets[1].clone()), ..chain.request() };
    chain.assert_reached(&elsewhere);
    let on = LoadBalancerAttribute::builder().key("load_balancing.cross_zone.enabled").value("true").build();
    let call = chain.land.elb.modify_load_balancer_attributes().load_balancer_arn(&chain.service.load_balancer);
    call.attributes(on).send().await.unwrap();
    chain.land.pass(60).await;
    chain.assert_reached(&chain.request());
}

#[tokio::test(start_paused = true)]
async fn a_targets_own_groups_must_let_the_load_balancers_node_in() {
    let chain = Finished::new().await;
    let (provider, vpc) = (&chain.land.provider, &chain.land.provider_vpc);
    let named = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let groups = provider.describe_security_groups().filters(named("vpc-id", vpc)).send().await.unwrap();
    let targets = groups.security_groups().iter().find(|group| group.group_name() == Some("targets")).unwrap();
    let targets = targets.group_id().unwrap();
    let inside = || {
        let all = IpRange::builder().cidr_ip("10.10.0.0/16").build();
        IpPermission::builder().ip_protocol("-1").ip_ranges(all).build()
    };
    provider.revoke_security_group_ingress().group_id(targets).ip_permissions(inside()).send().await.unwrap();
    chain.assert_broken(&chain.request(), "target_security_group", "no inbound rule");
    let open =
        |rule: IpPermission| provider.authorize_security_group_ingress().group_id(targets).ip_permissions(rule).send();
    // Targets see the load balancer's node, never the client.
    open(from_block("10.20.0.0/16")).await.unwrap();
    chain.assert_broken(&chain.request(), "target_security_group", "10.10.");
    let datagrams = IpRange::builder().cidr_ip("10.10.0.0/16").build();
    open(IpPermission::builder().ip_protocol("udp").from_port(443).to_port(443).ip_ranges(datagrams).build())
        .await
        .unwrap();
    chain.assert_broken(&chain.request(), "target_security_group", "tcp 443");
    open(from_block("10.10.0.0/16")).await.unwrap();
    chain.assert_reached(&chain.request());
}

#[tokio::test(start_paused = true)]
async fn a_target_may_let_the_load_balancers_own_group_in() {
    let land = Land::calm();
    let group = land.provider.create_security_group().vpc_id(&land.provider_vpc).group_name("front");
    let front = group.description("front").send().await.unwrap().group_id.unwrap();
    let group = land.provider.create_security_group().vpc_id(&land.provider_vpc).group_name("behind");
    let behind = group.description("behind").send().await.unwrap().group_id.unwrap();
    land.pass(31).await;
    let call = land.provider.authorize_security_group_ingress().group_id(&front);
    call.ip_permissions(from_block("10.20.0.0/16")).send().await.unwrap();
    let mut instances = Vec::new();
    for subnet in &land.provider_subnets {
        let call = land.provider.run_instances().image_id("ami-0").subnet_id(subnet).min_count(1).max_count(1);
        let run = call.security_group_ids(&behind).send().await.unwrap();
        instances.push(run.instances()[0].instance_id().unwrap().to_owned());
    }
    let load_balancer = land.new_load_balancer("front", 3, std::slice::from_ref(&front)).await;
    land.pass(601).await;
    let (target_group, listener) = land.backend(&load_balancer, "https", &instances).await;
    let chain = Finished::behind(land, load_balancer, target_group, listener).await;
    chain.assert_broken(&chain.request(), "target_security_group", "no inbound rule");
    let pair = UserIdGroupPair::builder().group_id(&front).build();
    let call = chain.land.provider.authorize_security_group_ingress().group_id(&behind);
    call.ip_permissions(https().user_id_group_pairs(pair).build()).send().await.unwrap();
    chain.assert_reached(&chain.request());
}

#[tokio::test(start_paused = true)]
async fn a_default_group_lets_load_balancers_in_unless_read_as_aws_has_it() {
    let land = Land::calm();
    let mut instances = Vec::new();
    for subnet in &land.provider_subnets {
        let call = land.provider.run_instances().image_id("ami-0").subnet_id(subnet).min_count(1).max_count(1);
        instances.push(call.send().await.unwrap().instances()[0].instance_id().unwrap().to_owned());
    }
    land.pass(300).await;
    let load_balancer = land.load_balancer("front", 3).await;
    let (target_group, listener) = land.backend(&load_balancer, "https", &instances).await;
    let chain = Finished::behind(land, load_balancer, target_group, listener).await;
    chain.assert_reached(&chain.request());
    chain.land.world.lock().settings.readings.default_group_admits_load_balancers = false;
    chain.assert_broken(&chain.request(), "target_security_group", "no inbound rule");
}

#[tokio::test(start_paused = true)]
async fn datagrams_go_through_udp_all_the_way() {
    let chain = Finished::new().await;
    let datagram = ReachRequest { protocol: Protocol::Udp, ..chain.request() };
    chain.assert_broken(&datagram, "endpoint_security_group", "udp port 443");
    let pair = UserIdGroupPair::builder().group_id(&chain.land.application_group).build();
    let rule = IpPermission::builder().ip_protocol("udp").from_port(443).to_port(443).user_id_group_pairs(pair);
    let call = chain.land.consumer.authorize_security_group_ingress().group_id(&chain.endpoint_group);
    call.ip_permissions(rule.build()).send().await.unwrap();
    chain.assert_broken(&datagram, "listener", "takes TCP");
    for (protocol, takes_tcp) in [(ProtocolEnum::Udp, false), (ProtocolEnum::TcpUdp, true)] {
        let elb = &chain.land.elb;
        let of = &chain.service.load_balancer;
        for listener in elb.describe_listeners().load_balancer_arn(of).send().await.unwrap().listeners() {
            elb.delete_listener().listener_arn(listener.listener_arn().unwrap()).send().await.unwrap();
        }
        chain.land.pass(60).await;
        let call = elb.create_target_group().name(protocol.as_str().replace('_', "-")).protocol(protocol.clone());
        let made = call.port(443).vpc_id(&chain.land.provider_vpc).health_check_protocol(ProtocolEnum::Tcp);
        let group = made.send().await.unwrap().target_groups()[0].target_group_arn().unwrap().to_owned();
        let targets = chain.land.instances.iter().map(|id| TargetDescription::builder().id(id).build()).collect();
        elb.register_targets().target_group_arn(&group).set_targets(Some(targets)).send().await.unwrap();
        let forward = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(&group).build();
        let call = elb.create_listener().load_balancer_arn(of).port(443).protocol(protocol);
        call.default_actions(forward).send().await.unwrap();
        chain.land.pass(601).await;
        chain.assert_reached(&datagram);
        if takes_tcp {
            chain.assert_reached(&chain.request());
        } else {
            chain.assert_broken(&chain.request(), "listener", "takes UDP");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_of_aws_answers_behind_its_endpoint() {
    let land = Land::calm();
    let policy = |effect: &str| {
        let statement = json!({"Effect": effect, "Principal": "*", "Action": "*", "Resource": "*"});
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    };
    let call = land.consumer.create_vpc_endpoint().vpc_id(&land.vpc).vpc_endpoint_type(VpcEndpointType::Interface);
    let call = call.service_name("com.amazonaws.us-east-1.sqs").set_subnet_ids(Some(land.subnets.clone()));
    let made = call.private_dns_enabled(true).send().await.unwrap().vpc_endpoint.unwrap();
    let group = made.groups()[0].group_id().unwrap();
    let request = |port, protocol| ReachRequest {
        account: CONSUMER.to_owned(),
        vpc_id: land.vpc.clone(),
        name: "sqs.us-east-1.amazonaws.com".to_owned(),
        port,
        protocol,
        security_group_ids: vec![group.to_owned()],
        ip: None,
        subnet_id: None,
        region: None,
    };
    land.pass(901).await;
    let ask = |request: &ReachRequest| reach(&land.world.lock(), land.world.now(), request);
    let answer = ask(&request(443, Protocol::Tcp));
    let last = answer.hops.last().unwrap();
    assert!(answer.reached && last.at == "service" && last.detail == "com.amazonaws.us-east-1.sqs", "{answer:?}");
    for (port, protocol) in [(8080, Protocol::Tcp), (443, Protocol::Udp)] {
        let answer = ask(&request(port, protocol));
        assert_eq!(answer.broken_at.as_deref(), Some("service"), "{answer:?}");
    }
    let modify = |document: String| {
        let call = land.consumer.modify_vpc_endpoint().vpc_endpoint_id(made.vpc_endpoint_id().unwrap());
        call.policy_document(document).send()
    };
    for (effect, reached) in [("Deny", false), ("Allow", true)] {
        modify(policy(effect)).await.unwrap();
        land.pass(601).await;
        assert_eq!(ask(&request(443, Protocol::Tcp)).reached, reached, "{effect}");
    }
}
