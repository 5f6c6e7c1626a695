//! The ways that not every connection has: network ACLs and routes from a known subnet, application load balancers, services of AWS, other
//! accounts; each against the simulator's `reach`, in a calm world and in a strict one.

use aws_sdk_ec2::types as ec2;
use aws_sdk_elasticloadbalancingv2::types as elb;
use privatelink::diagnosis::HOPS;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, merged, pass};
use crate::core::ask_world;
use crate::data_sources::data;
use crate::landscape::{CONSUMER, Landscape, SERVICE};

const NAME: &str = "api.orders.internal";
const DIAGNOSIS: &str = "privatelink_diagnosis";

/// The whole chain in a world of one's choice.
async fn chain(land: Landscape) -> Setting {
    let setting = nothing(land).await;
    finished(setting, json!({})).await
}

async fn nothing(land: Landscape) -> Setting {
    let owner = land.service_side().await;
    let user = land.consumer_side().await;
    Setting { land, owner, user, service: Json::Null }
}

/// Both sides, with these arguments of the service over the usual ones.
async fn finished(mut setting: Setting, service: Json) -> Setting {
    let service = merged(&setting.land.service(), &service);
    setting.owner.apply(SERVICE, "api", &service).await;
    setting.service = setting.owner.state("api");
    pass(300).await;
    let config = setting.land.consumer(&setting.service);
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    pass(900).await;
    setting
}

fn calm(seed: u64) -> Landscape {
    let settings = acceptance_tests::simulator::settings::Settings::calm();
    Landscape::of(acceptance_tests::simulator::World::new(seed, settings, 1.0))
}

/// From a subnet of the consumer's: what `reach` says, and what the diagnosis says.
async fn from_subnet(setting: &Setting, number: usize, more: Json) -> (Json, Json) {
    let subnet = setting.land.ids["consumer_subnet_ids"][number].clone();
    let groups = json!([setting.id("application_security_group_id")]);
    let request = json!({"account": USER, "vpc_id": setting.id("consumer_vpc_id"), "name": NAME, "port": 443,
        "security_group_ids": groups, "subnet_id": subnet});
    let way = ask_world(&setting.land.world, "reach", &merged(&request, &more));
    let question = json!({"endpoint_id": setting.state()["id"], "name": NAME, "security_group_ids": groups,
        "subnet_id": subnet, "peer_account": "service"});
    let more = match more.get("ip") {
        Some(ip) => json!({"source_ip": ip}),
        None => json!({}),
    };
    (way, data(&setting.user, DIAGNOSIS, &merged(&question, &more)).await.unwrap())
}

fn agree_at(hop: &str, (way, found): &(Json, Json)) {
    assert_eq!(way["broken_at"], json!(hop), "{way:#}");
    assert_eq!((&found["broken_at"], &found["reachable"]), (&json!(hop), &json!(false)), "{}", found["report"]);
}

fn both_reach((way, found): &(Json, Json)) {
    assert_eq!(way["reached"], json!(true), "{way:#}");
    assert_eq!(found["reachable"], json!(true), "{}", found["report"]);
}

/// An entry of the consumer VPC's network ACL.
async fn deny(setting: &Setting, number: i32, egress: bool, ports: (i32, i32), block: &str) {
    let acl = setting.id("consumer_vpc_id").replacen("vpc-", "acl-", 1);
    let range = ec2::PortRange::builder().from(ports.0).to(ports.1).build();
    let call = setting.ec2(USER).create_network_acl_entry().network_acl_id(acl).rule_number(number).egress(egress);
    let call = call.protocol("6").rule_action(ec2::RuleAction::Deny).cidr_block(block).port_range(range);
    call.send().await.unwrap();
}

async fn allow_again(setting: &Setting, number: i32, egress: bool) {
    let acl = setting.id("consumer_vpc_id").replacen("vpc-", "acl-", 1);
    let call = setting.ec2(USER).delete_network_acl_entry().network_acl_id(acl).rule_number(number).egress(egress);
    call.send().await.unwrap();
}

/// The endpoint without its interface in the first subnet, so that clients there go to another one.
async fn without_the_first_subnet(setting: &mut Setting) {
    let fewer = setting.land.ids["consumer_subnet_ids"].as_array().unwrap()[1..].to_vec();
    let config = merged(&setting.land.consumer(&setting.service), &json!({"subnet_ids": fewer}));
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    pass(900).await;
}

#[tokio::test(start_paused = true)]
async fn a_network_acl_stops_requests_and_answers_between_subnets() {
    let mut setting = chain(calm(541)).await;
    // Within one subnet no ACL is asked.
    deny(&setting, 50, true, (0, 65_535), "0.0.0.0/0").await;
    both_reach(&from_subnet(&setting, 0, json!({})).await);
    allow_again(&setting, 50, true).await;
    without_the_first_subnet(&mut setting).await;
    both_reach(&from_subnet(&setting, 0, json!({})).await);
    for (egress, ports, words) in [
        (true, (443, 443), "requests are stopped outbound"),
        (false, (443, 443), "requests are stopped inbound"),
        (true, (1024, 65_535), "answers are stopped outbound"),
        (false, (1024, 65_535), "answers are stopped inbound"),
    ] {
        deny(&setting, 60, egress, ports, "0.0.0.0/0").await;
        let both = from_subnet(&setting, 0, json!({})).await;
        agree_at("network_acl", &both);
        let report = both.1["report"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(report.contains(words) && report.contains("rule 60 denies them"), "{report}");
        allow_again(&setting, 60, egress).await;
    }
    // An entry for somebody else stops nobody.
    deny(&setting, 70, false, (443, 443), "203.0.113.0/24").await;
    both_reach(&from_subnet(&setting, 0, json!({})).await);
}

#[tokio::test(start_paused = true)]
async fn a_route_past_the_local_one_is_told_and_a_black_hole_is_broken() {
    let mut setting = chain(calm(542)).await;
    without_the_first_subnet(&mut setting).await;
    let table = setting.id("consumer_vpc_id").replacen("vpc-", "rtb-", 1);
    // A middlebox in the way: an interface of an instance of the consumer's.
    let subnet = setting.land.ids["consumer_subnet_ids"][0].as_str().unwrap().to_owned();
    let made = setting.ec2(USER).run_instances().image_id("ami-0123456789abcdef0").min_count(1).max_count(1);
    let made = made.subnet_id(&subnet).send().await.unwrap();
    let instance = made.instances()[0].instance_id().unwrap().to_owned();
    pass(120).await;
    let of_subnet = ec2::Filter::builder().name("subnet-id").values(&subnet).build();
    let seen = setting.ec2(USER).describe_network_interfaces().filters(of_subnet).send().await.unwrap();
    let middlebox = seen.network_interfaces()[0].network_interface_id().unwrap().to_owned();
    for number in 1..3 {
        let id = setting.land.ids["consumer_subnet_ids"][number].as_str().unwrap();
        let found = setting.ec2(USER).describe_subnets().subnet_ids(id).send().await.unwrap();
        let block = found.subnets()[0].cidr_block().unwrap();
        let call = setting.ec2(USER).create_route().route_table_id(&table).destination_cidr_block(block);
        call.network_interface_id(&middlebox).send().await.unwrap();
    }
    let (way, found) = from_subnet(&setting, 0, json!({})).await;
    assert_eq!(way["broken_at"], json!("route"), "what a middlebox does nobody simulates: {way:#}");
    assert_eq!((&found["reachable"], &found["broken_at"]), (&Json::Null, &Json::Null), "{}", found["report"]);
    assert!(found["report"].as_str().unwrap().contains(&middlebox), "{}", found["report"]);
    setting.ec2(USER).terminate_instances().instance_ids(&instance).send().await.unwrap();
    pass(600).await;
    agree_at("route", &from_subnet(&setting, 0, json!({})).await);
}

/// What stands behind the service's load balancer: its security group, the listener, the target group of the instances, the whole.
struct Application {
    arn: String,
    security_group: String,
    listener: String,
    group: String,
}

impl Application {
    async fn new(setting: &Setting) -> Self {
        let vpc = setting.id("provider_vpc_id");
        let made = setting.ec2(OWNER).create_security_group().group_name("web").description("web").vpc_id(&vpc);
        let security_group = made.send().await.unwrap().group_id.unwrap();
        pass(60).await;
        let range = ec2::IpRange::builder().cidr_ip("10.10.0.0/16").build();
        let rule = ec2::IpPermission::builder().ip_protocol("tcp").from_port(80).to_port(80).ip_ranges(range).build();
        let call = setting.ec2(OWNER).authorize_security_group_ingress().group_id(&security_group);
        call.ip_permissions(rule).send().await.unwrap();
        let texts = |name: &str| -> Vec<String> {
            setting.land.ids[name].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
        };
        let client = setting.elb(OWNER);
        let call = client.create_load_balancer().name("web").r#type(elb::LoadBalancerTypeEnum::Application);
        let call = call.scheme(elb::LoadBalancerSchemeEnum::Internal).security_groups(&security_group);
        let made = call.set_subnets(Some(texts("provider_subnet_ids"))).send().await.unwrap();
        let arn = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
        let call = client.create_target_group().name("pages").protocol(elb::ProtocolEnum::Http).port(80).vpc_id(&vpc);
        let made = call.target_type(elb::TargetTypeEnum::Instance).send().await.unwrap();
        let group = made.target_groups()[0].target_group_arn().unwrap().to_owned();
        let targets = texts("provider_instance_ids").into_iter();
        let targets = targets.map(|id| elb::TargetDescription::builder().id(id).build()).collect();
        client.register_targets().target_group_arn(&group).set_targets(Some(targets)).send().await.unwrap();
        pass(600).await;
        let forward = elb::Action::builder().r#type(elb::ActionTypeEnum::Forward).target_group_arn(&group).build();
        let call = client.create_listener().load_balancer_arn(&arn).protocol(elb::ProtocolEnum::Http).port(80);
        let made = call.default_actions(forward).send().await.unwrap();
        let listener = made.listeners()[0].listener_arn().unwrap().to_owned();
        pass(600).await;
        Self { arn, security_group, listener, group }
    }

    /// The whole chain over it.
    async fn chain(seed: u64) -> (Setting, Self) {
        let setting = nothing(calm(seed)).await;
        let application = Self::new(&setting).await;
        let listener = json!([{"name": "https", "port": 443, "target_port": 80, "target_ids": [application.arn]}]);
        (finished(setting, json!({"listener": listener})).await, application)
    }

    /// Lets the health checks of the load balancer in front go on as if nothing had happened.
    fn believe(&self, setting: &Setting) {
        let front = setting.service["listeners"]["https"]["target_group_arn"].as_str().unwrap();
        setting.set("target", &format!("{front}/{}", self.arn), json!({"state": "healthy"}));
    }
}

#[tokio::test(start_paused = true)]
async fn each_hop_through_an_application_load_balancer_is_walked_and_named() {
    let (setting, _) = Application::chain(545).await;
    both_reach(&from_subnet(&setting, 0, json!({})).await);

    let (setting, application) = Application::chain(546).await;
    let front = setting.service["listeners"]["https"]["target_group_arn"].as_str().unwrap();
    setting.set("target", &format!("{front}/{}", application.arn), json!({"state": "unhealthy"}));
    agree_at("target", &from_subnet(&setting, 0, json!({})).await);
    application.believe(&setting);
    for instance in setting.land.ids["provider_instance_ids"].as_array().unwrap() {
        let target = format!("{}/{}", application.group, instance.as_str().unwrap());
        setting.set("target", &target, json!({"state": "unhealthy"}));
    }
    agree_at("target", &from_subnet(&setting, 0, json!({})).await);
    // AWS lets nobody delete a listener to which a target is registered.
    setting.set("listener", &application.listener, json!({"removed": true}));
    application.believe(&setting);
    agree_at("application_load_balancer_listener", &from_subnet(&setting, 0, json!({})).await);
    setting.set("security_group", &application.security_group, json!({"ingress": null}));
    agree_at("application_load_balancer_security_group", &from_subnet(&setting, 0, json!({})).await);
    setting.set("load_balancer", &application.arn, json!({"state": "failed"}));
    application.believe(&setting);
    agree_at("application_load_balancer", &from_subnet(&setting, 0, json!({})).await);
}

#[tokio::test(start_paused = true)]
async fn a_service_of_aws_is_walked_to_its_end_and_its_policy_is_read() {
    let mut setting = Setting::bare(543).await;
    let group = setting.id("application_security_group_id");
    let config = json!({
        "service_name": "com.amazonaws.us-east-1.sqs",
        "subnet_ids": setting.land.ids["consumer_subnet_ids"],
        "ingress": [{"port": 443, "security_group_id": group}],
        "private_dns_enabled": true,
    });
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    pass(1200).await;
    let name = "sqs.us-east-1.amazonaws.com";
    let ask = async |setting: &Setting, port: u16| {
        let request = json!({"account": USER, "vpc_id": setting.id("consumer_vpc_id"), "name": name, "port": port,
            "security_group_ids": [group]});
        let way = ask_world(&setting.land.world, "reach", &request);
        let question =
            json!({"endpoint_id": setting.state()["id"], "name": name, "port": port, "security_group_ids": [group]});
        (way, data(&setting.user, DIAGNOSIS, &question).await.unwrap())
    };
    let whole = ask(&setting, 443).await;
    both_reach(&whole);
    let hops: Vec<&str> = whole.1["hops"].as_array().unwrap().iter().map(|hop| hop["hop"].as_str().unwrap()).collect();
    assert!(hops.contains(&"service") && !hops.contains(&"target"), "{hops:?}");
    agree_at("endpoint_security_group", &ask(&setting, 8443).await);
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"});
    let nobody = json!({"Version": "2012-10-17", "Statement": [deny]}).to_string();
    let config = merged(&config, &json!({"policy": nobody}));
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    pass(1200).await;
    let shut = ask(&setting, 443).await;
    agree_at("service", &shut);
    assert!(shut.1["report"].as_str().unwrap().contains("policy"), "{}", shut.1["report"]);
}

#[tokio::test(start_paused = true)]
async fn the_owner_s_side_sees_the_consumer_through_a_peer_and_says_whose_turn_it_is_without() {
    let mut setting = Setting::closed(544).await;
    let config = setting.config(json!({"wait_for_acceptance": false}));
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    pass(300).await;
    let question = json!({"endpoint_id": setting.state()["id"], "service_id": setting.service["id"]});
    let waiting = data(&setting.owner, DIAGNOSIS, &question).await.unwrap();
    let report = waiting["report"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(report.contains("pendingAcceptance") && report.to_lowercase().contains("accept"), "{report}");
    assert_eq!(waiting["reachable"], json!(false), "{report}");
    let endpoint = setting.state()["id"].as_str().unwrap().to_owned();
    let call = setting.ec2(OWNER).accept_vpc_endpoint_connections().service_id(setting.service["id"].as_str().unwrap());
    call.vpc_endpoint_ids(endpoint).send().await.unwrap();
    pass(900).await;
    let group = setting.id("application_security_group_id");
    let through = json!({"endpoint_id": setting.state()["id"], "peer_account": "service", "source_ip": "10.20.1.7",
        "security_group_ids": [group]});
    let found = data(&setting.user, DIAGNOSIS, &through).await.unwrap();
    assert_eq!((&found["reachable"], &found["broken_at"]), (&json!(true), &Json::Null), "{}", found["report"]);
}

/// In a strict world replicas miss objects and pages are short; still neither contradicts the other once everything has settled.
#[tokio::test(start_paused = true)]
async fn in_a_strict_world_the_two_agree_once_replicas_have_caught_up() {
    for seed in 0..4 {
        let setting = chain(Landscape::strict(560 + seed)).await;
        pass(3600).await;
        for number in 0..3 {
            both_reach(&from_subnet(&setting, number, json!({})).await);
        }
        let group = setting.state()["security_group_id"].as_str().unwrap().to_owned();
        setting.set("security_group", &group, json!({"ingress": null}));
        agree_at("endpoint_security_group", &from_subnet(&setting, 1, json!({})).await);
        setting.reject(setting.state()["id"].as_str().unwrap()).await;
        pass(3600).await;
        let (way, found) = from_subnet(&setting, 1, json!({})).await;
        let rank = |hop: &Json| HOPS.iter().position(|name| json!(name) == *hop).unwrap();
        assert_eq!((&way["reached"], &found["reachable"]), (&json!(false), &json!(false)), "{}", found["report"]);
        assert!(rank(&found["broken_at"]) <= rank(&way["broken_at"]), "{way:#}\n{}", found["report"]);
    }
}
