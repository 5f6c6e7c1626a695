//! What bad input of a service gets: the place, and words that say what to write instead.

use privatelink::protocol::core_rules::assert_object_compatible;
use serde_json::{Value as Json, json};

use crate::core::{Action, Terraform, UNKNOWN, texts};
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

type Edit = fn(&mut Json, &Json);

/// Plans each edit of the usual configuration and tells what comes back.
async fn told(bench: &mut Bench, cases: &[(&str, Edit)]) -> String {
    let mut told = String::new();
    for (title, edit) in cases {
        let mut config = bench.config.clone();
        edit(&mut config, &bench.land.ids);
        let mark = bench.mark();
        let plan = bench.terraform.plan(SERVICE, NAME, &config).await;
        assert!(plan.diagnostics.has_errors(), "{title} is refused");
        assert_eq!(bench.calls_since(mark), "none", "{title}");
        told += &format!("# {title}\n{}\n\n", texts(&plan.diagnostics).join("\n"));
    }
    told
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_refused_before_any_call() {
    let mut bench = Bench::empty(61).await;
    let cases: &[(&str, Edit)] = &[
        ("name: empty", |config, _| config["name"] = json!("")),
        ("name: a hyphen at an end", |config, _| config["name"] = json!("orders-")),
        ("name: internal-", |config, _| config["name"] = json!("internal-orders")),
        ("name: 25 characters", |config, _| config["name"] = json!("a".repeat(25))),
        ("name: an underscore", |config, _| config["name"] = json!("orders_api")),
        ("region: no such form", |config, _| config["region"] = json!("us-east")),
        ("subnet_ids: none", |config, _| config["subnet_ids"] = json!([])),
        ("subnet_ids: malformed", |config, _| config["subnet_ids"] = json!(["subnet-1"])),
        ("principal: organization", |config, _| {
            config["allowed_principals"] = json!(["arn:aws:organizations::111111111111:organization/o-abcdefghij"]);
        }),
        ("principal: session", |config, _| {
            config["allowed_principals"] = json!(["arn:aws:sts::111111111111:assumed-role/deploy/me"]);
        }),
        ("principal: path", |config, _| {
            config["allowed_principals"] = json!(["arn:aws:iam::111111111111:role/team/deploy"]);
        }),
        ("principal: eleven digits", |config, _| config["allowed_principals"] = json!(["11111111111"])),
        ("tags: ours", |config, _| config["tags"] = json!({"privatelink:uid": "x"})),
        ("tags: AWS's", |config, _| config["tags"] = json!({"aws:x": "x"})),
        ("timeouts: no unit", |config, _| config["timeouts"] = json!({"create": "15"})),
        ("listener: none", |config, _| config["listener"] = json!([])),
        ("listener: name", |config, _| config["listener"][0]["name"] = json!("HTTPS")),
        ("listener: port 0", |config, _| config["listener"][0]["port"] = json!(0)),
        ("listener: port 65536", |config, _| config["listener"][0]["port"] = json!(65_536)),
        ("listener: target port", |config, _| config["listener"][0]["target_port"] = json!(-1)),
        ("listener: named twice", |config, _| {
            let mut again = config["listener"][0].clone();
            again["port"] = json!(444);
            config["listener"].as_array_mut().unwrap().push(again);
        }),
        ("listener: port twice", |config, _| {
            let mut again = config["listener"][0].clone();
            again["name"] = json!("again");
            config["listener"].as_array_mut().unwrap().push(again);
        }),
        ("targets: malformed", |config, _| config["listener"][0]["target_ids"] = json!(["web-1"])),
        ("targets: two kinds", |config, ids| {
            config["listener"][0]["target_ids"] = json!([ids["provider_instance_ids"][0], "10.10.1.5"]);
        }),
        ("targets: another kind", |config, _| config["listener"][0]["target_type"] = json!("ip")),
        ("targets: unknown kind", |config, _| config["listener"][0]["target_type"] = json!("lambda")),
        ("targets: none and no kind", |config, _| config["listener"][0]["target_ids"] = json!(null)),
        ("targets: not managed", |config, _| config["listener"][0]["manage_targets"] = json!(false)),
        ("deregistration delay", |config, _| config["listener"][0]["deregistration_delay"] = json!(3601)),
        ("health check: protocol", |config, _| {
            config["listener"][0]["health_check"] = json!({"protocol": "UDP"});
        }),
        ("health check: port", |config, _| config["listener"][0]["health_check"] = json!({"port": "0"})),
        ("health check: path over TCP", |config, _| {
            config["listener"][0]["health_check"] = json!({"path": "/ready"});
        }),
        ("health check: path", |config, _| {
            config["listener"][0]["health_check"] = json!({"protocol": "HTTP", "path": "ready"});
        }),
        ("health check: interval", |config, _| config["listener"][0]["health_check"] = json!({"interval": 4})),
        ("health check: timeout", |config, _| config["listener"][0]["health_check"] = json!({"interval": 5})),
        ("health check: matcher", |config, _| {
            config["listener"][0]["health_check"] = json!({"protocol": "HTTP", "matcher": "2xx"});
        }),
        ("protocol: none such", |config, _| config["listener"][0]["protocol"] = json!("SCTP")),
        ("TLS: no certificate", |config, _| config["listener"][0]["protocol"] = json!("TLS")),
        ("TLS: malformed certificate", |config, _| {
            config["listener"][0]["protocol"] = json!("TLS");
            config["listener"][0]["certificate_arn"] = json!("arn:aws:s3:::bucket");
        }),
        ("TLS: settings without it", |config, _| {
            config["listener"][0]["ssl_policy"] = json!("ELBSecurityPolicy-2016-08");
            config["listener"][0]["alpn_policy"] = json!("HTTP2Only");
        }),
        ("TLS: no such policy", |config, _| config["listener"][0]["ssl_policy"] = json!("strong")),
        ("idle timeout: too short", |config, _| config["listener"][0]["tcp_idle_timeout_seconds"] = json!(59)),
        ("idle timeout: of datagrams", |config, _| {
            config["listener"][0]["protocol"] = json!("UDP");
            config["listener"][0]["tcp_idle_timeout_seconds"] = json!(60);
        }),
        ("protocols that do not go together", |config, _| {
            config["listener"][0]["target_protocol"] = json!("UDP");
        }),
        ("stickiness over TLS", |config, _| {
            config["listener"][0]["protocol"] = json!("TLS");
            config["listener"][0]["certificate_arn"] = json!("arn:aws:acm:us-east-1:111111111111:certificate/x");
            config["listener"][0]["target_protocol"] = json!("TLS");
            config["listener"][0]["stickiness"] = json!(true);
        }),
        ("client addresses of datagrams", |config, _| {
            config["listener"][0]["protocol"] = json!("UDP");
            config["listener"][0]["preserve_client_ip"] = json!(false);
        }),
        ("target group: malformed", |config, _| {
            config["listener"][0] = json!({"name": "https", "port": 443, "target_group_arn": "tg"});
        }),
        ("target group: with targets", |config, _| {
            config["listener"][0]["target_group_arn"] =
                json!("arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/orders/0123456789abcdef");
            config["listener"][0]["stickiness"] = json!(true);
        }),
        ("application load balancer: over UDP and TCP checks", |config, _| {
            config["listener"][0] = json!({
                "name": "https", "port": 443, "protocol": "UDP",
                "target_ids": ["arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/a/0123456789abcdef"],
                "health_check": {"protocol": "TCP"},
            });
        }),
        ("application load balancer: two", |config, _| {
            let arn = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/a/0123456789abcde";
            config["listener"][0] =
                json!({"name": "https", "port": 443, "target_ids": [format!("{arn}1"), format!("{arn}2")]});
        }),
        ("no load balancer", |config, _| config["subnet_ids"] = json!(null)),
        ("load balancer given twice", |config, ids| {
            config["subnet_mapping"] = json!([{"subnet_id": ids["provider_subnet_ids"][0]}]);
        }),
        ("load balancer of somebody else with listeners", |config, _| {
            config["subnet_ids"] = json!(null);
            config["load_balancer"] = json!({});
            config["load_balancer_arns"] =
                json!(["arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/a/0123456789abcdef"]);
        }),
        ("load balancer: an application's", |config, _| {
            config["subnet_ids"] = json!(null);
            config["listener"] = json!([]);
            config["load_balancer_arns"] =
                json!(["arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/a/0123456789abcdef"]);
        }),
        ("fixed address: malformed", |config, ids| {
            config["subnet_ids"] = json!(null);
            config["subnet_mapping"] =
                json!([{"subnet_id": ids["provider_subnet_ids"][0], "private_ipv4_address": "10.10.1"}]);
        }),
        ("security groups: none", |config, _| config["load_balancer"] = json!({"security_groups": []})),
        ("enforcement: true", |config, _| {
            config["load_balancer"] = json!({"enforce_security_group_inbound_rules_on_private_link_traffic": "true"});
        }),
        ("datagrams over dualstack", |config, _| {
            config["load_balancer"] = json!({"ip_address_type": "dualstack"});
            config["listener"][0]["protocol"] = json!("UDP");
        }),
        ("IPv6 without dualstack", |config, _| config["supported_ip_address_types"] = json!(["ipv4", "ipv6"])),
        ("address types: none", |config, _| config["supported_ip_address_types"] = json!([])),
        ("Regions: malformed", |config, _| config["supported_regions"] = json!(["Ireland"])),
        ("idle timeout across Regions", |config, _| {
            config["supported_regions"] = json!(["eu-west-1"]);
            config["listener"][0]["tcp_idle_timeout_seconds"] = json!(600);
        }),
        ("accept: no condition", |config, _| config["accept"] = json!([{}])),
        ("accept: malformed", |config, _| {
            config["accept"] = json!([{"account_ids": ["1"], "endpoint_ids": ["vpce-1"], "regions": ["x"]}]);
        }),
        ("notification: malformed", |config, _| {
            config["connection_notification"] =
                json!([{"connection_notification_arn": "topic", "connection_events": ["Sneeze"]}]);
        }),
        ("notification: twice", |config, _| {
            let topic = "arn:aws:sns:us-east-1:111111111111:connections";
            config["connection_notification"] = json!([
                {"connection_notification_arn": topic, "connection_events": ["Accept"]},
                {"connection_notification_arn": topic, "connection_events": ["Reject"]},
            ]);
        }),
        ("private name: upper case", |config, _| config["private_dns"]["name"] = json!("Orders.example.com")),
        ("private name: no domain", |config, _| config["private_dns"]["name"] = json!("orders")),
        ("private name: zone id", |config, _| config["private_dns"]["hosted_zone_id"] = json!("example.com")),
        ("private name: wait without zone", |config, _| {
            config["private_dns"] = json!({"name": "orders.example.com", "wait_for_verification": true});
        }),
        ("private name: peer without zone", |config, _| {
            config["private_dns"] = json!({"name": "orders.example.com", "peer_account": "dns"});
        }),
    ];
    let mark = bench.mark();
    let told = told(&mut bench, cases).await;
    assert_eq!(bench.mark(), mark, "AWS was asked");
    insta::assert_snapshot!(told);
}

#[tokio::test(start_paused = true)]
async fn what_only_aws_can_tell_is_refused_in_the_plan() {
    let mut bench = Bench::empty(62).await;
    let ec2 = bench.ec2();
    let vpc = bench.land.ids["provider_vpc_id"].as_str().unwrap().to_owned();
    let first = bench.land.ids["provider_subnet_ids"][0].as_str().unwrap().to_owned();
    let described = ec2.describe_subnets().subnet_ids(&first).send().await.unwrap();
    let zone = described.subnets()[0].availability_zone().unwrap().to_owned();
    let made = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.10.200.0/24").availability_zone(&zone).send().await;
    let twin = made.unwrap().subnet.unwrap().subnet_id.unwrap();
    let made = ec2.create_vpc().cidr_block("10.30.0.0/16").send().await.unwrap();
    let other = made.vpc.unwrap().vpc_id.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let made = ec2.create_subnet().vpc_id(&other).cidr_block("10.30.1.0/24").send().await.unwrap();
    let elsewhere = made.subnet.unwrap().subnet_id.unwrap();
    let made = bench.route53().create_hosted_zone().name("example.com").caller_reference("private");
    let within = aws_sdk_route53::types::Vpc::builder().vpc_id(&vpc).vpc_region("us-east-1".into()).build();
    let private = made.vpc(within).send().await.unwrap().hosted_zone.unwrap().id;
    tokio::time::sleep(std::time::Duration::from_secs(120)).await;
    bench.land.ids["twin"] = json!(twin);
    bench.land.ids["elsewhere"] = json!(elsewhere);
    bench.land.ids["private_zone"] = json!(private.trim_start_matches("/hostedzone/"));
    let cases: &[(&str, Edit)] = &[
        ("a subnet that is not there", |config, _| config["subnet_ids"] = json!(["subnet-0123456789abcdef0"])),
        ("two subnets of one zone", |config, ids| {
            config["subnet_ids"] = json!([ids["provider_subnet_ids"][0], ids["twin"]]);
        }),
        ("subnets of two VPCs", |config, ids| {
            config["subnet_ids"] = json!([ids["provider_subnet_ids"][1], ids["elsewhere"]]);
        }),
        ("a peer account that is not configured", |config, _| config["private_dns"]["peer_account"] = json!("dns")),
        ("a zone that is not there", |config, _| {
            config["private_dns"]["hosted_zone_id"] = json!("Z0123456789ABCDEFGHIJ");
        }),
        ("a zone of another name", |config, _| config["private_dns"]["name"] = json!("orders.example.org")),
        ("a private zone", |config, ids| config["private_dns"]["hosted_zone_id"] = ids["private_zone"].clone()),
        ("several at once", |config, ids| {
            config["subnet_ids"] = json!([ids["provider_subnet_ids"][0], ids["twin"], ids["elsewhere"]]);
            config["private_dns"]["name"] = json!("orders.example.org");
        }),
    ];
    let mut text = told(&mut bench, cases).await;
    for (id, stands_for) in [
        (twin.as_str(), "TWIN"),
        (elsewhere.as_str(), "ELSEWHERE"),
        (other.as_str(), "OTHER-VPC"),
        (vpc.as_str(), "VPC"),
        (private.trim_start_matches("/hostedzone/"), "PRIVATE-ZONE"),
    ] {
        text = text.replace(id, stands_for);
    }
    for (index, id) in bench.land.ids["provider_subnet_ids"].as_array().unwrap().iter().enumerate() {
        text = text.replace(id.as_str().unwrap(), &format!("SUBNET-{index}"));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test(start_paused = true)]
async fn subnets_of_another_vpc_are_refused_for_a_service_that_stands() {
    let mut bench = Bench::plain(63).await;
    let ec2 = bench.ec2();
    let made = ec2.create_vpc().cidr_block("10.30.0.0/16").send().await.unwrap();
    let vpc = made.vpc.unwrap().vpc_id.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let made = ec2.create_subnet().vpc_id(&vpc).cidr_block("10.30.1.0/24").send().await.unwrap();
    let subnet = made.subnet.unwrap().subnet_id.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    let kept = bench.config["subnet_ids"].clone();
    bench.config["subnet_ids"] = json!([subnet]);
    let plan = bench.plan().await;
    let told = texts(&plan.diagnostics);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("Error [subnet_ids] Subnets of another VPC"), "{}", told[0]);
    bench.config["subnet_ids"] = kept;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn unknown_values_are_planned_and_keep_their_promises_when_known() {
    let bench = Bench::empty(64).await;
    let terraform = bench.land.service_side().await;
    let (_, server) = terraform.server(SERVICE);
    let known = terraform.plan_only(SERVICE, NAME, &bench.config).await;
    assert_eq!(known.action, Action::Create, "{:#?}", texts(&known.diagnostics));
    let cases: &[(&str, Edit)] = &[
        ("name", |config, _| config["name"] = json!(UNKNOWN)),
        ("a subnet", |config, ids| {
            config["subnet_ids"] = json!([ids["provider_subnet_ids"][0], ids["provider_subnet_ids"][1], UNKNOWN])
        }),
        ("a principal", |config, _| config["allowed_principals"] = json!([UNKNOWN])),
        ("a target", |config, ids| {
            let known = &ids["provider_instance_ids"];
            config["listener"][0]["target_ids"] = json!([known[0], known[1], UNKNOWN]);
        }),
        ("a listener's name", |config, _| config["listener"][0]["name"] = json!(UNKNOWN)),
        ("a tag", |config, _| config["tags"] = json!({"team": UNKNOWN})),
        ("the private name", |config, _| config["private_dns"]["name"] = json!(UNKNOWN)),
        ("the zone", |config, _| config["private_dns"]["hosted_zone_id"] = json!(UNKNOWN)),
        ("a peer account", |config, _| config["private_dns"]["peer_account"] = json!(UNKNOWN)),
    ];
    for (title, edit) in cases {
        let mut config = bench.config.clone();
        edit(&mut config, &bench.land.ids);
        let plan = terraform.plan_only(SERVICE, NAME, &config).await;
        assert_eq!(plan.action, Action::Create, "{title}: {:#?}", texts(&plan.diagnostics));
        let breaches = assert_object_compatible(&server.schema(), &plan.planned, &known.planned);
        assert!(breaches.is_empty(), "{title}: {breaches:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_account_is_named_where_credentials_have_none() {
    let bench = Bench::empty(65).await;
    let mut config = bench.config.clone();
    config["private_dns"]["peer_account"] = json!("dns");
    let terraform: Terraform = bench.land.consumer_side().await;
    let plan = terraform.plan_only(SERVICE, NAME, &config).await;
    let told = texts(&plan.diagnostics).join("\n");
    assert!(told.contains("Unknown peer account") && told.contains("service"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn everybody_without_acceptance_is_a_warning_and_not_more() {
    let mut bench = Bench::empty(64).await;
    bench.config["allowed_principals"] = json!(["*"]);
    let plan = bench.plan().await;
    assert!(plan.diagnostics.is_empty(), "each connection waits for a person: {:#?}", texts(&plan.diagnostics));
    bench.config["acceptance_required"] = json!(false);
    let (_, server) = bench.terraform.server(SERVICE);
    let found = server.validate(&crate::core::value_of(&server.schema(), &bench.config));
    let told = texts(&found);
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].starts_with("Warning [allowed_principals] Everybody may connect"), "{told:#?}");
}
