//! What bad input gets: each complaint with its severity, its place and its words, before anything is written.

use std::time::Duration;

use acceptance_tests::simulator::faults::{Fault, Strike};
use aws_sdk_ec2::types as ec2;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass, says};
use crate::core::{Terraform, objects, texts};
use crate::landscape::CONSUMER;
use crate::rules::Tried;

const SERVICE_NAME: &str = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";

impl Setting {
    /// Plans, expects a diagnostic that begins so and holds these words, and that nothing was written.
    async fn complains(&mut self, config: &Json, beginning: &str, words: &[&str]) {
        self.forget_calls();
        let plan = self.plan(config).await;
        assert!(says(&plan.diagnostics, beginning, words), "{beginning} {words:?}: {:#?}", texts(&plan.diagnostics));
        assert_eq!(plan.diagnostics.has_errors(), beginning.starts_with("Error"), "{:#?}", texts(&plan.diagnostics));
        assert_eq!(self.changes(), Vec::<String>::new());
    }

    /// Applies, expects an error that begins so and holds these words, and that nothing was made.
    async fn refuses(&mut self, config: &Json, beginning: &str, words: &[&str]) {
        self.forget_calls();
        let found = self.try_apply(config).await;
        assert!(says(&found, beginning, words), "{beginning} {words:?}: {:#?}", texts(&found));
        assert_eq!(self.changes(), Vec::<String>::new(), "nothing is written");
        assert!(!self.user.has(ORDERS), "nothing is recorded");
    }

    /// One more subnet of the consumer's account.
    async fn subnet(&self, vpc: &str, zone: &str, block: &str) -> String {
        let call = self.ec2(USER).create_subnet().vpc_id(vpc).cidr_block(block).availability_zone_id(zone);
        let made = call.send().await.unwrap();
        pass(60).await;
        made.subnet.unwrap().subnet_id.unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn each_wrong_value_is_named_at_validate_with_a_right_one() {
    let land = crate::landscape::Landscape::strict(71);
    let terraform = Terraform::consumer_with_peer(&land.world).await;
    let base = json!({"service_name": SERVICE_NAME, "subnet_ids": ["subnet-0123456789abcdef0"]});
    const TOPIC: &str = "arn:aws:sns:us-east-1:222222222222:orders";
    const GROUP: &str = "sg-0123456789abcdef0";
    let table: Vec<(Json, &str, &[&str])> = vec![
        (
            json!({"service_name": "orders"}),
            "service_name",
            &["service_name must be the name of an endpoint service", "got \"orders\"", SERVICE_NAME],
        ),
        (json!({"service_region": "Virginia"}), "service_region", &["must be an AWS Region", "us-east-1"]),
        (json!({"region": "us_east_1"}), "region", &["must be an AWS Region", "us-east-1"]),
        (json!({"name": "sg-orders"}), "name", &["1–128 characters", "sg-"]),
        (json!({"subnet_ids": []}), "subnet_ids", &["Exactly one of subnet_ids and subnet_configuration", "none is"]),
        (
            json!({"subnet_ids": null, "subnet_configuration": [
                {"subnet_id": "subnet-0123456789abcdef0"},
                {"subnet_id": "subnet-0123456789abcdef0", "ipv4": "10.0.1.5"},
            ]}),
            "subnet_configuration",
            &["Two subnet_configuration blocks have subnet_id = \"subnet-0123456789abcdef0\""],
        ),
        (
            json!({"subnet_ids": ["subnet-1"]}),
            "subnet_ids",
            &["subnet_ids must be a subnet id", "got \"subnet-1\"", "subnet-0123456789abcdef0"],
        ),
        (json!({"security_group_ids": ["default"]}), "security_group_ids", &["must be a security group id", GROUP]),
        (json!({"ip_address_type": "v4"}), "ip_address_type", &["must be one of", "\"dualstack\""]),
        (json!({"dns_record_ip_type": "A"}), "dns_record_ip_type", &["must be one of", "\"service-defined\""]),
        (json!({"policy": "{"}), "policy", &["not JSON", "jsonencode"]),
        (json!({"policy": "[]"}), "policy", &["not a JSON object"]),
        (json!({"tags": {"privatelink:uid": "1"}}), "tags", &["privatelink:"]),
        (json!({"timeouts": {"create": "15"}}), "timeouts.create", &["must be a duration", "15m"]),
        (json!({"timeouts": {"update": "PT5M"}}), "timeouts.update", &["must be a duration"]),
        (json!({"timeouts": {"delete": "soon"}}), "timeouts.delete", &["must be a duration"]),
        (
            json!({"policy": format!("{{\"Statement\":\"{}\"}}", "x".repeat(20_480))}),
            "policy",
            &["20496 characters", "at most 20480"],
        ),
        (
            json!({"ingress": [{"port": 443}]}),
            "ingress.cidr_ipv4",
            &["Exactly one of cidr_ipv4", "none is", "the ingress block with port = 443"],
        ),
        (json!({"ingress": [{}]}), "ingress.cidr_ipv4", &["none is", "the ingress block without known values"]),
        (
            json!({"ingress": [{"from_port": 1, "to_port": 2, "description": "shops"}]}),
            "ingress.cidr_ipv4",
            &["Exactly one of cidr_ipv4", "the ingress block with from_port = 1"],
        ),
        (json!({"ingress": [{"from_port": -2, "to_port": 2}]}), "ingress.from_port", &["must be between -1 and 65535"]),
        (
            json!({"ingress": [{"from_port": 1, "to_port": 65_536}]}),
            "ingress.to_port",
            &["must be between -1 and 65535"],
        ),
        (json!({"subnet_ids": null}), "subnet_ids", &["Write subnet_ids"]),
        (
            json!({"subnet_ids": null, "subnet_configuration": [{"subnet_id": "a"}]}),
            "subnet_configuration.subnet_id",
            &["must be a subnet id"],
        ),
        (
            json!({"subnet_configuration": [{"subnet_id": "subnet-0123456789abcdef0", "ipv4": "10.0.0"}]}),
            "subnet_configuration.ipv4",
            &["must be an IPv4 address", "10.0.1.5"],
        ),
        (
            json!({"subnet_configuration": [{"subnet_id": "subnet-0123456789abcdef0", "ipv6": "10.0.0.1"}]}),
            "subnet_configuration.ipv6",
            &["must be an IPv6 address"],
        ),
        (
            json!({"dns": [{"zone_name": "a.b", "vpc_ids": ["vpc"], "record": [{"name": "a"}]}]}),
            "dns.vpc_ids",
            &["must be a VPC id"],
        ),
        (
            json!({"ingress": [{"port": 443, "cidr_ipv4": "10.0.0.0/8", "security_group_id": GROUP}]}),
            "ingress.security_group_id",
            &["Exactly one of", "cidr_ipv4 and security_group_id are", "the ingress block with port = 443"],
        ),
        (
            json!({"ingress": [{"cidr_ipv4": "10.0.0.0/8"}]}),
            "ingress",
            &["needs port = 443, or both from_port and to_port"],
        ),
        (
            json!({"ingress": [{"from_port": 1, "cidr_ipv4": "10.0.0.0/8"}]}),
            "ingress.to_port",
            &["belong together", "both from_port and to_port"],
        ),
        (
            json!({"ingress": [{"port": 1, "from_port": 1, "to_port": 2, "cidr_ipv4": "10.0.0.0/8"}]}),
            "ingress.from_port",
            &["port and from_port exclude each other", "Write port = 443, or both"],
        ),
        (
            json!({"ingress": [{"from_port": 9, "to_port": 2, "cidr_ipv4": "10.0.0.0/8"}]}),
            "ingress",
            &["from port 9 down to 2"],
        ),
        (json!({"ingress": [{"port": 1, "protocol": "-1", "cidr_ipv4": "10.0.0.0/8"}]}), "ingress", &["has no ports"]),
        (
            json!({"ingress": [{"port": 1, "protocol": "sctp", "cidr_ipv4": "10.0.0.0/8"}]}),
            "ingress.protocol",
            &["protocol must be \"tcp\"", "\"icmp\"", "a number between 0 and 255"],
        ),
        (
            json!({"ingress": [{"from_port": -1, "to_port": -1, "cidr_ipv4": "10.0.0.0/8"}]}),
            "ingress",
            &["has the port -1"],
        ),
        (json!({"ingress": [{"port": 1, "protocol": "50", "cidr_ipv4": "10.0.0.0/8"}]}), "ingress", &["has no ports"]),
        (
            json!({"ingress": [{"port": 1, "cidr_ipv4": "10.0.0.0/8", "description": "für alle"}]}),
            "ingress.description",
            &["'ü'", "letters, digits"],
        ),
        (
            json!({"ingress": [{"port": 1, "cidr_ipv4": "10.0.0.0/8", "description": "x".repeat(256)}]}),
            "ingress.description",
            &["256 characters", "at most 255"],
        ),
        (json!({"tags": {"k".repeat(129): "v"}}), "tags", &["129 characters", "at most 128"]),
        (json!({"tags": {"k": "v".repeat(257)}}), "tags", &["257 characters", "at most 256"]),
        (
            json!({"tags": (0..44).map(|number| (format!("k{number}"), json!("v"))).collect::<serde_json::Map<_, _>>()}),
            "tags",
            &["44 tags", "at most 43"],
        ),
        (
            json!({"ingress": [{"port": 65536, "cidr_ipv4": "10.0.0.0/8"}]}),
            "ingress.port",
            &["must be between 0 and 65535"],
        ),
        (
            json!({"ingress": [{"port": 1, "cidr_ipv4": "10.0.0.1"}]}),
            "ingress.cidr_ipv4",
            &["must be an IPv4 CIDR block", "10.0.0.0/16"],
        ),
        (
            json!({"ingress": [{"port": 1, "cidr_ipv6": "10.0.0.0/8"}]}),
            "ingress.cidr_ipv6",
            &["must be an IPv6 CIDR block"],
        ),
        (
            json!({"ingress": [{"port": 1, "prefix_list_id": "pl"}]}),
            "ingress.prefix_list_id",
            &["must be a prefix list id"],
        ),
        (
            json!({"ingress": [{"port": 1, "security_group_id": "x"}]}),
            "ingress.security_group_id",
            &["must be a security group id"],
        ),
        (
            json!({"security_group_ids": [GROUP], "ingress": [{"port": 1, "cidr_ipv4": "10.0.0.0/8"}]}),
            "ingress",
            &["Leave one of the two out"],
        ),
        (
            json!({"connection_notification": [{"connection_notification_arn": "topic"}]}),
            "connection_notification.connection_notification_arn",
            &["arn:aws:sns:"],
        ),
        (
            json!({"connection_notification": [{"connection_notification_arn": TOPIC, "connection_events": ["accept"]}]}),
            "connection_notification.connection_events",
            &["must be one of", "Accept"],
        ),
        (
            json!({"connection_notification": [
                {"connection_notification_arn": TOPIC, "connection_events": ["Accept"]},
                {"connection_notification_arn": TOPIC},
            ]}),
            "connection_notification",
            &["one block with all its events"],
        ),
        (json!({"egress": "some"}), "egress", &["must be one of", "all", "none"]),
        (json!({"security_group_ids": [GROUP], "egress": "none"}), "egress", &["security_group_ids", "Leave"]),
        (
            json!({"ingress": [
                {"port": 443, "cidr_ipv4": "10.0.0.0/8", "description": "a"},
                {"from_port": 443, "to_port": 443, "protocol": "6", "cidr_ipv4": "10.0.0.0/8"},
            ]}),
            "ingress",
            &["different descriptions", "\"a\" and none", "10.0.0.0/8"],
        ),
        (
            json!({"security_group_ids": [GROUP], "default_ingress": false}),
            "default_ingress",
            &["security_group_ids", "Leave"],
        ),
        (
            json!({"service_name": "com.amazonaws.us-east-1.sqs", "accept": {}}),
            "accept",
            &["accepts every connection itself", "Leave the accept block out"],
        ),
        (
            json!({"service_name": "com.amazonaws.us-east-1.sqs", "private_dns_only_for_inbound_resolver_endpoint": true}),
            "private_dns_only_for_inbound_resolver_endpoint",
            &["a choice of S3", "com.amazonaws.us-east-1.sqs", "Leave it out"],
        ),
        (
            json!({"route53_profile_id": "arn:aws:route53profiles:us-east-1:222222222222:profile/rp-1", "private_dns_enabled": true}),
            "route53_profile_id",
            &["must be the id of a Route 53 Profile", "rp-0123456789abcdef"],
        ),
        (
            json!({"route53_profile_id": "rp-0123456789abcdef"}),
            "route53_profile_id",
            &["private_dns_enabled is not true", "leave route53_profile_id out"],
        ),
        (
            json!({"dns": [
                {"zone_name": "a.b", "record": [{"name": "a"}]},
                {"zone_name": "a.b.", "record": [{"name": "b"}]},
            ]}),
            "dns",
            &["Two dns blocks have zone_name = \"a.b\"", "one dns block with all records"],
        ),
        (json!({"dns": [{"record": [{"name": "a"}]}]}), "dns.zone_id", &["Exactly one of zone_id", "zone_name"]),
        (
            json!({"dns": [{"zone_id": "Z0123456789ABCDEFGHIJ", "zone_name": "a.b", "record": [{"name": "a"}]}]}),
            "dns.zone_name",
            &["Exactly one of zone_id", "zone_id and zone_name are"],
        ),
        (
            json!({"dns": [{"zone_id": "z1", "record": [{"name": "a"}]}]}),
            "dns.zone_id",
            &["must be a Route 53 hosted zone id"],
        ),
        (
            json!({"dns": [{"zone_name": "Orders.internal", "record": [{"name": "a"}]}]}),
            "dns.zone_name",
            &["in lower case"],
        ),
        (
            json!({"dns": [{"zone_name": "a.b", "peer_account": "service", "record": [{"name": "a"}]}]}),
            "dns.peer_account",
            &["made in the endpoint's account"],
        ),
        (json!({"dns": [{"zone_name": "a.b"}]}), "dns.record", &["without records does nothing"]),
        (
            json!({"dns": [{"zone_name": "a.b", "record": [{"name": "a."}]}]}),
            "dns.record.name",
            &["relative to its zone"],
        ),
        (
            json!({"dns": [{"zone_name": "a.b", "record": [{"name": "a"}, {"name": "a", "ttl_seconds": 60}]}]}),
            "dns.record",
            &["Two record blocks are named \"a\""],
        ),
        (
            json!({"dns": [{"zone_name": "a.b", "record": [{"name": "@", "ttl_seconds": 60}]}]}),
            "dns.record",
            &["cannot be a CNAME", "ttl_seconds"],
        ),
        (
            json!({"dns": [{"zone_name": "a.b", "record": [{"name": "a", "ttl_seconds": 60, "evaluate_target_health": true}]}]}),
            "dns.record",
            &["evaluates no health"],
        ),
        (
            json!({"dns": [{"zone_name": "a.b", "record": [{"name": "a", "ttl_seconds": -1}]}]}),
            "dns.record.ttl_seconds",
            &["must be between 0 and 2147483647"],
        ),
    ];
    let mut tried = Tried::new(&terraform, CONSUMER);
    for (arguments, path, words) in table {
        let plan = terraform.plan_only(CONSUMER, ORDERS, &merged(&base, &arguments)).await;
        tried.take(&plan.diagnostics);
        let found = texts(&plan.diagnostics);
        let beginning = format!("Error [{path}]");
        let is_told =
            found.iter().any(|text| text.starts_with(&beginning) && words.iter().all(|word| text.contains(word)));
        assert!(is_told, "{arguments}: wanted {beginning} {words:?}, got {found:#?}");
    }
    tried.expect_all();
}

#[tokio::test(start_paused = true)]
async fn subnets_are_looked_at_and_every_problem_is_told() {
    let mut setting = Setting::open(72).await;
    let vpc = setting.id("consumer_vpc_id");
    let twin = setting.subnet(&vpc, "use1-az1", "10.20.9.0/24").await;
    let first = setting.subnets([0])[0].clone();
    let config = setting.config(json!({"subnet_ids": [first, twin]}));
    setting.complains(&config, "Error [subnet_ids] Several subnets in one zone", &[&twin, "use1-az1"]).await;

    let made = setting.ec2(USER).create_vpc().cidr_block("10.30.0.0/16").send().await.unwrap();
    let other = made.vpc.unwrap().vpc_id.unwrap();
    pass(60).await;
    let far = setting.subnet(&other, "use1-az2", "10.30.1.0/24").await;
    let config = setting.config(json!({"subnet_ids": [first, far]}));
    setting.complains(&config, "Error [subnet_ids] Subnets of several VPCs", &[&far, &other, &vpc]).await;

    let config = setting.config(json!({"subnet_ids": [first, twin, far, "subnet-0123456789abcdef0"]}));
    for (summary, words) in [
        ("Subnet not found", "subnet-0123456789abcdef0"),
        ("Several subnets in one zone", "use1-az1"),
        ("Subnets of several VPCs", &other),
    ] {
        setting.complains(&config, &format!("Error [subnet_ids] {summary}"), &[words]).await;
    }
    setting.refuses(&config, "Error [subnet_ids]", &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_the_service_lacks_is_an_error_for_strangers_and_a_warning_for_its_owners() {
    let subnets = |setting: &Setting| {
        json!({"subnet_ids": [
            setting.land.ids["provider_subnet_ids"][0].clone(), setting.land.ids["provider_subnet_ids"][1].clone(),
        ]})
    };
    let mut setting = Setting::open(73).await;
    let narrow = merged(
        &merged(&setting.land.service(), &json!({"private_dns": null, "acceptance_required": false, "name": "narrow"})),
        &subnets(&setting),
    );
    setting.owner.apply(crate::landscape::SERVICE, "narrow", &narrow).await;
    setting.service = setting.owner.state("narrow");
    pass(120).await;
    let config = setting.config(json!({}));
    let lacking = setting.subnets([2])[0].as_str().unwrap().to_owned();
    let words = [lacking.as_str(), "use1-az4", "use1-az1, use1-az2"];
    let summary = "[subnet_ids] Zone that the service does not serve";
    // The peer's service may get the zone in the same run.
    setting.complains(&config, &format!("Warning {summary}"), &words).await;
    setting.refuses(&config, &format!("Error {summary}"), &words).await;
    // Nobody in the run can change a stranger's.
    setting.user = Terraform::configured(&setting.land.world, json!({"access_key": USER})).await;
    setting.complains(&config, &format!("Error {summary}"), &words).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_visible_warns_at_plan_and_fails_before_the_first_write() {
    let mut setting = Setting::bare(74).await;
    let config = json!({"service_name": SERVICE_NAME, "subnet_ids": setting.subnets([0, 1])});
    let words = [SERVICE_NAME, "us-east-1", USER, "allowed_principals"];
    setting.complains(&config, "Warning [service_name] Endpoint service not visible yet", &words).await;
    let since = Instant::now();
    setting.refuses(&config, "Error [service_name] Endpoint service not visible", &words).await;
    assert!(since.elapsed() < Duration::from_secs(60), "a permission acts at once: {:?}", since.elapsed());
    assert_eq!(objects(&setting.land.world), json!({}));
    let aws = merged(&config, &json!({"service_name": "com.amazonaws.us-east-1.nonsense"}));
    setting.refuses(&aws, "Error [service_name]", &["com.amazonaws.us-east-1.nonsense"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_replacement_towards_an_invisible_service_looks_again_before_the_endpoint_goes() {
    let mut setting = Setting::open(76).await;
    let works = setting.config(json!({}));
    setting.apply(&works).await;
    let moved = merged(&works, &json!({"service_name": SERVICE_NAME}));
    let told = [SERVICE_NAME, "looks again before it removes or makes anything"];
    setting.complains(&moved, "Warning [service_name] Endpoint service not visible yet", &told).await;
}

#[tokio::test(start_paused = true)]
async fn a_vpc_without_dns_is_told_for_private_dns_and_for_records() {
    let mut setting = Setting::named(75).await;
    let vpc = setting.id("consumer_vpc_id");
    let off = ec2::AttributeBooleanValue::builder().value(false).build();
    setting.ec2(USER).modify_vpc_attribute().vpc_id(&vpc).enable_dns_hostnames(off).send().await.unwrap();
    pass(60).await;
    let words = [vpc.as_str(), "enable_dns_hostnames"];
    let config = setting.config(json!({"private_dns_enabled": true}));
    setting.complains(&config, "Error [private_dns_enabled] VPC without DNS", &words).await;
    let config = setting.config(json!({"dns": [{"zone_name": "a.internal", "record": [{"name": "@"}]}]}));
    setting.complains(&config, "Error [dns] VPC without DNS", &words).await;
    let config = setting.config(json!({}));
    let plan = setting.plan(&config).await;
    assert!(plan.diagnostics.is_empty(), "neither is asked for: {:#?}", texts(&plan.diagnostics));
}

#[tokio::test(start_paused = true)]
async fn zones_that_stand_in_the_way_of_private_dns_are_named() {
    let mut setting = Setting::named(76).await;
    let config = setting.config(json!({
        "private_dns_enabled": true,
        "dns": [{"zone_name": "orders.example.dev", "record": [{"name": "@"}]}],
    }));
    setting.complains(&config, "Error [dns] Two zones of one name", &["orders.example.dev"]).await;
    let zone = setting.zone(USER, "orders.example.dev").await;
    let config = setting.config(json!({"private_dns_enabled": true}));
    let words = [zone.as_str(), USER, "orders.example.dev"];
    setting.complains(&config, "Error [private_dns_enabled] Conflicting private zone", &words).await;
    let config = setting.config(json!({
        "private_dns_enabled": true,
        "dns": [{"zone_id": zone, "record": [{"name": "api"}]}],
    }));
    setting.complains(&config, "Error [", &["orders.example.dev"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_the_provider_does_not_know_is_an_error_at_plan() {
    let mut setting = Setting::closed(77).await;
    let config = setting.config(json!({"accept": {"peer_account": "nobody"}}));
    setting.complains(&config, "Error [accept.peer_account] Unknown peer account", &["nobody", "service"]).await;
    let dns = json!({"zone_id": "Z0123456789ABCDEFGHIJ", "peer_account": "nobody", "record": [{"name": "a"}]});
    let config = setting.config(json!({"dns": [dns]}));
    setting.complains(&config, "Error [dns.peer_account] Unknown peer account", &["nobody", "service"]).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_service_does_not_have_is_told_at_plan() {
    let mut setting = Setting::open(78).await;
    let policy = r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#;
    let config = setting.config(json!({"policy": policy}));
    let name = setting.service["service_name"].as_str().unwrap().to_owned();
    setting.complains(&config, "Error [policy] Service without endpoint policies", &[&name, "Leave policy out"]).await;
    let private = setting.config(json!({"private_dns_enabled": true}));
    let summary = "[private_dns_enabled] Service without a private DNS name";
    // The peer may give it one in the same run.
    setting.complains(&private, &format!("Warning {summary}"), &[&name]).await;
    setting.user = Terraform::configured(&setting.land.world, json!({"access_key": USER})).await;
    setting.complains(&private, &format!("Error {summary}"), &[&name]).await;
    // An endpoint that exists is looked at in the same way.
    let config = setting.config(json!({}));
    setting.apply(&config).await;
    let config = setting.config(json!({"policy": policy}));
    setting.complains(&config, "Error [policy] Service without endpoint policies", &[&name]).await;
}

#[tokio::test(start_paused = true)]
async fn a_given_zone_that_cannot_serve_is_an_error_before_anything_is_made() {
    let mut setting = Setting::open(79).await;
    let public = setting.id("public_zone_id");
    let dns = |zone: &str| json!({"zone_id": zone, "record": [{"name": "a"}]});
    let config = setting.config(json!({"dns": [dns("Z0123456789ABCDEFGHIJ")]}));
    setting.refuses(&config, "Error [dns]", &["Z0123456789ABCDEFGHIJ", "peer_account"]).await;
    let mut theirs = dns(&public);
    theirs["peer_account"] = json!("service");
    let config = setting.config(json!({"dns": [theirs]}));
    setting.refuses(&config, "Error [dns]", &[&public, "public"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_service_that_was_opened_a_moment_ago_is_no_reason_to_warn() {
    let mut setting = Setting::bare(74).await;
    let fresh = |principals: Json| {
        let arguments = json!({"private_dns": null, "name": "fresh", "allowed_principals": principals});
        merged(&setting.land.service(), &arguments)
    };
    let (closed, open) = (fresh(json!([])), fresh(json!([USER])));
    setting.owner.apply(crate::landscape::SERVICE, "fresh", &closed).await;
    setting.service = setting.owner.state("fresh");
    let config = setting.config(json!({}));
    setting.complains(&config, "Warning [service_name] Endpoint service not visible yet", &[USER]).await;

    setting.owner.apply(crate::landscape::SERVICE, "fresh", &open).await;
    // A replica of the other account that has not got it yet.
    setting.land.world.set_faults(vec![Fault::at("DescribeVpcEndpointServices", 1, Strike::Miss)]);
    let seen = setting.land.world.calls().len();
    let plan = setting.user.plan_only(CONSUMER, ORDERS, &config).await;
    assert_eq!(texts(&plan.diagnostics), Vec::<String>::new());
    let looked = setting.land.world.calls().split_off(seen);
    let answer = looked.iter().find(|call| call.operation == "DescribeVpcEndpointServices").unwrap();
    assert_eq!(answer.outcome, "InvalidServiceName", "AWS does not show it yet");
}

#[tokio::test(start_paused = true)]
async fn a_service_of_the_own_account_that_a_replica_misses_is_no_reason_to_warn() {
    let mut setting = Setting::with(74, json!({"private_dns": null, "allowed_principals": []})).await;
    setting.user = Terraform::service_only(&setting.land.world).await;
    let config = setting.config(json!({"subnet_ids": setting.land.ids["provider_subnet_ids"]}));
    setting.land.world.set_faults(vec![Fault::at("DescribeVpcEndpointServices", 1, Strike::Miss)]);
    let plan = setting.user.plan_only(CONSUMER, ORDERS, &config).await;
    assert_eq!(texts(&plan.diagnostics), Vec::<String>::new());
}
