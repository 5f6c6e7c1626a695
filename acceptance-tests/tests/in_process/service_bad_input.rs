//! Configurations of a service that are wrong, one thing at a time.

use serde_json::{Value as Json, json};

/// Spoils the usual configuration, with the landscape's ids at hand.
pub(crate) type Edit = fn(&mut Json, &Json);

/// A target group that somebody else manages.
fn target_group(number: usize) -> String {
    format!("arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/theirs/0123456789abcde{number}")
}

/// What is wrong, and how it comes about. Each rule of the schema has a case here.
pub(crate) const CASES: &[(&str, Edit)] = &[
    ("name: empty", |config, _| config["name"] = json!("")),
    ("name: a hyphen at an end", |config, _| config["name"] = json!("orders-")),
    ("name: internal-", |config, _| config["name"] = json!("internal-orders")),
    ("name: 25 characters", |config, _| config["name"] = json!("a".repeat(25))),
    ("name: an underscore", |config, _| config["name"] = json!("orders_api")),
    ("region: no such form", |config, _| config["region"] = json!("us-east")),
    ("subnet_ids: none", |config, _| config["subnet_ids"] = json!([])),
    ("subnet_ids: malformed", |config, _| config["subnet_ids"] = json!(["subnet-1"])),
    ("principal: organization", |config, _| {
        config["allowed_principals"] = json!(["arn:aws:organizations::111111111111:root/o-abcdefghij/r-ab12"]);
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
    ("tags: a character that load balancers do not take", |config, _| config["tags"] = json!({"team": "a,b"})),
    ("wait_for_healthy_targets: before now", |config, _| config["wait_for_healthy_targets"] = json!(-1)),
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
    ("certificate: of another Region", |config, _| {
        config["region"] = json!("us-east-1");
        config["listener"][0]["protocol"] = json!("TLS");
        config["listener"][0]["certificate_arn"] = json!("arn:aws:acm:eu-west-1:111111111111:certificate/x");
    }),
    ("targets: malformed", |config, _| config["listener"][0]["target_ids"] = json!(["web-1"])),
    ("targets: two kinds", |config, ids| {
        config["listener"][0]["target_ids"] = json!([ids["provider_instance_ids"][0], "10.10.1.5"]);
    }),
    ("targets: two families", |config, _| config["listener"][0]["target_ids"] = json!(["10.10.1.5", "2001:db8::5"])),
    ("targets: IPv6 behind one family", |config, _| config["listener"][0]["target_ids"] = json!(["2001:db8::5"])),
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
    ("draining of connections that are cut", |config, _| {
        config["listener"][0]["unhealthy_draining_interval"] = json!(60);
    }),
    ("target group health: malformed", |config, _| {
        config["listener"][0]["target_cross_zone"] = json!("yes");
        config["listener"][0]["unhealthy_draining_interval"] = json!(360_001);
        config["listener"][0]["target_group_health"] = json!({
            "dns_failover": {"minimum_healthy_targets_count": "0", "minimum_healthy_targets_percentage": "101"},
            "unhealthy_state_routing": {"minimum_healthy_targets_count": "off", "minimum_healthy_targets_percentage": "05"},
        });
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
    ("enforcement: true", |config, _| {
        config["load_balancer"] = json!({"enforce_security_group_inbound_rules_on_private_link_traffic": "true"});
    }),
    ("datagrams over dualstack", |config, _| {
        config["load_balancer"] = json!({"ip_address_type": "dualstack"});
        config["listener"][0]["protocol"] = json!("UDP");
    }),
    ("IPv6 without dualstack", |config, _| config["supported_ip_address_types"] = json!(["ipv4", "ipv6"])),
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
    ("private name: upper case", |config, _| config["private_dns"]["name"] = json!("Orders.example.dev")),
    ("private name: no domain", |config, _| config["private_dns"]["name"] = json!("orders")),
    ("private name: zone id", |config, _| config["private_dns"]["hosted_zone_id"] = json!("example.dev")),
    ("private name: wait without zone", |config, _| {
        config["private_dns"] = json!({"name": "orders.example.dev", "wait_for_verification": true});
    }),
    ("private name: peer without zone", |config, _| {
        config["private_dns"] = json!({"name": "orders.example.dev", "peer_account": "dns"});
    }),
    ("subnet: malformed mapping", |config, _| {
        config["subnet_ids"] = json!(null);
        config["subnet_mapping"] = json!([{"subnet_id": "subnet-1", "ipv6_address": "10.10.1.5"}]);
    }),
    ("subnet: mapped twice", |config, ids| {
        config["subnet_ids"] = json!(null);
        let subnet = &ids["provider_subnet_ids"][0];
        config["subnet_mapping"] =
            json!([{"subnet_id": subnet}, {"subnet_id": subnet, "private_ipv4_address": "10.10.1.5"}]);
    }),
    ("port: no whole number", |config, _| config["listener"][0]["port"] = json!(443.5)),
    ("tags: a key of AWS's and an empty list beside", |config, _| {
        config["tags"] = json!({"aws:x": null, "aws:y": "y"});
        config["supported_ip_address_types"] = json!([]);
    }),
    ("fixed IPv6 address without dualstack", |config, ids| {
        config["subnet_ids"] = json!(null);
        config["subnet_mapping"] = json!([{"subnet_id": ids["provider_subnet_ids"][0], "ipv6_address": "2001:db8::5"}]);
    }),
    ("load balancers: none", |config, _| {
        config["subnet_ids"] = json!(null);
        config["listener"] = json!([]);
        config["load_balancer_arns"] = json!([]);
    }),
    ("load balancer: words that are none", |config, _| {
        config["load_balancer"] = json!({
            "security_groups": ["sg-1"],
            "ip_address_type": "ipv6",
            "dns_record_client_routing_policy": "anywhere",
            "secondary_ips_auto_assigned_per_subnet": 8,
        });
    }),
    ("address types: no such one", |config, _| config["supported_ip_address_types"] = json!(["dualstack"])),
    ("ALPN: no such policy", |config, _| config["listener"][0]["alpn_policy"] = json!("http/1.1")),
    ("target protocol: no such one", |config, _| config["listener"][0]["target_protocol"] = json!("HTTP")),
    ("target block: malformed", |config, _| {
        config["listener"][0]["target_ids"] = json!(null);
        config["listener"][0]["target"] = json!([{"id": "web-1", "port": 0}]);
    }),
    ("application load balancer: a port of its own", |config, _| {
        let arn = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/a/0123456789abcdef";
        config["listener"][0] = json!({"name": "https", "port": 443, "target": [{"id": arn, "port": 8443}]});
    }),
    ("application load balancer: TLS and attributes", |config, _| {
        config["listener"][0] = json!({
            "name": "https", "port": 443, "protocol": "TLS", "target_type": "alb", "target_port": 80,
            "certificate_arn": "arn:aws:acm:us-east-1:111111111111:certificate/x",
            "deregistration_delay": 10, "connection_termination": true, "preserve_client_ip": false,
            "proxy_protocol_v2": true, "stickiness": true, "target_cross_zone": "false",
            "unhealthy_connection_termination": false,
            "target_group_health": {"dns_failover": {"minimum_healthy_targets_count": "2"}},
        });
    }),
    ("further certificates: malformed and over TCP", |config, _| {
        config["listener"][0]["additional_certificate_arns"] = json!(["arn:aws:s3:::bucket"]);
    }),
    ("further certificates: of another Region, and a trust store", |config, _| {
        config["region"] = json!("us-east-1");
        config["listener"][0]["protocol"] = json!("TLS");
        config["listener"][0]["certificate_arn"] = json!("arn:aws:acm:us-east-1:111111111111:certificate/x");
        config["listener"][0]["additional_certificate_arns"] =
            json!(["arn:aws:acm:eu-west-1:111111111111:certificate/y"]);
        config["listener"][0]["mutual_authentication"] = json!({
            "mode": "verify",
            "trust_store_arn": "arn:aws:elasticloadbalancing:eu-west-1:222222222222:truststore/clients/0123456789abcdef",
        });
    }),
    ("mutual TLS: without TLS and without a trust store", |config, _| {
        config["listener"][0]["mutual_authentication"] = json!({"mode": "verify"});
    }),
    ("mutual TLS: a trust store of no use", |config, _| {
        config["listener"][0]["protocol"] = json!("TLS");
        config["listener"][0]["certificate_arn"] = json!("arn:aws:acm:us-east-1:111111111111:certificate/x");
        config["listener"][0]["mutual_authentication"] =
            json!({"mode": "off", "ignore_client_certificate_expiry": true});
    }),
    ("mutual TLS: malformed", |config, _| {
        config["listener"][0]["mutual_authentication"] = json!({"mode": "passthrough", "trust_store_arn": "clients"});
    }),
    ("weights: none above 0", |config, _| {
        config["listener"][0]["weight"] = json!(0);
        config["listener"][0]["weighted_target_group"] = json!([{"arn": target_group(1), "weight": 0}]);
    }),
    ("weights: nothing but 0", |config, _| config["listener"][0]["weight"] = json!(0)),
    ("weights: out of range, malformed and twice", |config, _| {
        config["listener"][0]["weight"] = json!(-1);
        config["listener"][0]["weighted_target_group"] =
            json!([{"arn": "tg"}, {"arn": target_group(1), "weight": 1000}, {"arn": target_group(1)}]);
    }),
    ("weights: too many, and the listener's own", |config, _| {
        let groups: Vec<Json> = (1..6).map(|number| json!({"arn": target_group(number)})).collect();
        config["listener"][0] =
            json!({"name": "https", "port": 443, "target_group_arn": target_group(1), "weighted_target_group": groups});
    }),
    ("capacity: none, beside TLS", |config, _| {
        config["load_balancer"] = json!({"minimum_load_balancer_capacity": {"capacity_units": 0}});
        config["listener"][0]["protocol"] = json!("TLS");
        config["listener"][0]["certificate_arn"] = json!("arn:aws:acm:us-east-1:111111111111:certificate/x");
    }),
    ("capacity: beside TLS", |config, _| {
        config["load_balancer"] = json!({"minimum_load_balancer_capacity": {"capacity_units": 2750}});
        config["listener"][0]["protocol"] = json!("TLS");
        config["listener"][0]["certificate_arn"] = json!("arn:aws:acm:us-east-1:111111111111:certificate/x");
    }),
    ("prefixes: one family", |config, _| {
        config["load_balancer"] = json!({"enable_prefix_for_ipv6_source_nat": "on"});
    }),
    ("prefixes: true", |config, _| {
        config["load_balancer"] = json!({"enable_prefix_for_ipv6_source_nat": "true"});
    }),
    ("health check: thresholds", |config, _| {
        config["listener"][0]["health_check"] =
            json!({"timeout": 121, "healthy_threshold": 1, "unhealthy_threshold": 11});
    }),
    ("timeouts: no durations", |config, _| config["timeouts"] = json!({"update": "soon", "delete": "-5m"})),
];
