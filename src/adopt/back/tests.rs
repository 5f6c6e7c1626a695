use super::*;

/// A resource of a state file, by type, name and provider block, whose record has these links.
fn resource(type_name: &str, name: &str, alias: &str, values: &Json, links: &[(&str, Json)]) -> Json {
    let entry = |state: &Json| json!({"generation": 0, "settled": true, "state": state}).to_string();
    let record: Map<String, Json> =
        links.iter().map(|(name, state)| ((*name).to_owned(), Json::from(entry(state)))).collect();
    let mut attributes = json!({"name": name, "record": record});
    for (name, value) in values.as_object().unwrap() {
        attributes[name] = value.clone();
    }
    json!({
        "mode": "managed", "type": type_name, "name": name,
        "provider": format!("provider[\"registry.terraform.io/privatelink/privatelink\"]{alias}"),
        "instances": [{"schema_version": 0, "attributes": attributes}],
    })
}

fn of_state(resources: &[Json]) -> (String, Vec<LeftAlone>) {
    let document = json!({"version": 4, "resources": resources});
    let (files, left) = back(&State::parse(&document.to_string()).unwrap());
    (files.iter().map(|file| file.body.render()).collect(), left)
}

/// The configuration of a service whose record has these links.
fn written(links: &[(&str, Json)]) -> String {
    let (text, left) = of_state(&[resource("privatelink_service", "orders", "", &json!({}), links)]);
    assert!(left.is_empty(), "{left:?}");
    text
}

const ENDPOINT: &str = "vpce-0123456789abcdef0";

fn group(description: Option<&str>) -> Json {
    json!({"id": "sg-01", "name": "orders-1", "description": description, "vpc_id": "vpc-01", "tags": {}})
}

fn arn_of_endpoint() -> String {
    format!("arn:aws:ec2:us-east-1:222222222222:vpc-endpoint/{ENDPOINT}")
}

/// A consumer in the account of the provider block `alias`.
fn consumer_of(alias: &str, links: &[(&str, Json)]) -> Json {
    let endpoint = json!({
        "id": ENDPOINT, "arn": arn_of_endpoint(), "vpc_id": "vpc-01", "service_name": "com.amazonaws.us-east-1.sqs",
    });
    let links: Vec<(&str, Json)> = [("endpoint", endpoint)].into_iter().chain(links.iter().cloned()).collect();
    resource("privatelink_consumer", "orders", alias, &json!({"owner_id": "222222222222"}), &links)
}

/// Without it a plan of hashicorp/aws replaces the group, and its default takes the place of what AWS has.
#[test]
fn a_group_keeps_its_description_and_a_record_without_one_is_to_be_refreshed() {
    let (text, left) = of_state(&[consumer_of("", &[("security_group", group(Some("Interface endpoint orders")))])]);
    assert!(text.contains("  description = \"Interface endpoint orders\"\n") && left.is_empty(), "{text}");
    let (text, left) = of_state(&[consumer_of("", &[("security_group", group(None))])]);
    assert!(!text.contains("resource ") && !text.contains("removed "), "{text}");
    assert!(
        left[0].why.contains("-refresh-only") && text.contains("# Not written: privatelink_consumer.orders"),
        "{left:?}"
    );
}

#[test]
fn objects_take_the_provider_block_of_their_account() {
    let records = |account: Option<&str>| {
        let value = json!({"cname": {"value": "x", "ttl_seconds": 60}});
        let record = json!({"name": "a.internal", "type": "CNAME", "value": value});
        json!({"account": account, "zone_id": "Z1", "records": {"a.internal CNAME": record}})
    };
    let connection = json!({"account": "orders team", "service_id": "vpce-svc-01", "endpoint_id": ENDPOINT});
    let links = [("records.Z1", records(Some("orders team"))), ("connection", connection)];
    let (text, _) = of_state(&[consumer_of(".shop", &links)]);
    for words in [
        "resource \"aws_vpc_endpoint\" \"orders\" {\n  provider = aws.shop\n\n",
        "resource \"aws_route53_record\" \"orders_z1\" {\n  provider = aws.orders_team\n\n",
        "resource \"aws_vpc_endpoint_connection_accepter\" \"orders\" {\n  provider = aws.orders_team\n\n",
        "# Each account needs its provider block: aws.orders_team, aws.shop.\n",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let (text, _) = of_state(&[consumer_of("", &[("records.Z1", records(None))])]);
    assert!(!text.contains("provider ="), "{text}");

    // The output of show names no provider blocks.
    let arn = json!({"arn": "arn:aws:ec2:us-east-1:111111111111:vpc-endpoint-service/vpce-svc-01"});
    let service = resource("privatelink_service", "orders", "", &arn, &[("load_balancer", json!({"arn": "lb"}))]);
    let (text, _) = of_state(&[consumer_of("", &[]), service]);
    let words = "# These are objects of 2 accounts (111111111111, 222222222222)";
    assert!(text.contains(words) && text.contains("terraform state pull"), "{text}");
}

#[test]
fn names_of_a_resource_of_their_own_come_along_and_the_endpoint_is_described_once() {
    let links = [
        ("endpoint", json!({"id": ENDPOINT, "vpc_id": "vpc-01", "service_name": "com.amazonaws.us-east-1.sqs"})),
        ("private_dns", json!({"endpoint_id": ENDPOINT})),
        ("private_dns_claim", json!({"endpoint_id": ENDPOINT, "is_tagged": true})),
        ("hosted_zone.a", json!({"zone_id": "Z1", "name": "a", "vpc_id": "vpc-01", "vpc_region": "us-east-1"})),
    ];
    let names = || resource("privatelink_endpoint_dns", "names", "", &json!({"endpoint_id": ENDPOINT}), &links);
    let (text, left) = of_state(&[consumer_of("", &[]), names()]);
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(text.matches("resource \"aws_vpc_endpoint\"").count(), 1, "{text}");
    for words in [
        "  private_dns_enabled = true\n",
        "resource \"aws_route53_zone\" \"names_a\" {",
        "removed {\n  from = privatelink_endpoint_dns.names\n",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("aws_vpc_endpoint_private_dns"), "{text}");
    // An endpoint that somebody else describes.
    let (text, _) = of_state(&[names()]);
    assert!(!text.contains("resource \"aws_vpc_endpoint\" "), "{text}");
    let words = format!("import {{\n  to = aws_vpc_endpoint_private_dns.names\n  id = \"{ENDPOINT}\"\n}}");
    assert!(text.contains(&words), "{text}");
}

/// hashicorp/aws takes away every VPC of a zone that its resource does not name.
#[test]
fn a_zone_names_all_its_vpcs_and_a_given_zone_keeps_those_that_were_added() {
    let zone = json!({"zone_id": "Z1", "name": "a", "vpc_id": "vpc-01", "vpc_region": "us-east-1"});
    let seen = |zone: &str, vpc: &str, made: bool| json!({"zone_id": zone, "vpc_id": vpc, "vpc_region": "us-east-1", "made": made});
    let links = [
        ("hosted_zone.a", zone),
        ("zone_association.a/vpc-02", seen("Z1", "vpc-02", true)),
        ("zone_association.Z2", seen("Z2", "vpc-01", false)),
        ("zone_association.Z2/vpc-03", seen("Z2", "vpc-03", true)),
    ];
    let (text, _) = of_state(&[consumer_of("", &links)]);
    for words in [
        "  comment = \"Made by terraform-provider-privatelink\"\n  name    = \"a\"\n",
        "  vpc {\n    vpc_id     = \"vpc-01\"\n    vpc_region = \"us-east-1\"\n  }\n",
        "  vpc {\n    vpc_id     = \"vpc-02\"\n",
        "  id = \"Z2:vpc-03\"\n",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(text.matches("resource \"aws_route53_zone_association\"").count(), 1, "{text}");
}

#[test]
fn a_place_in_a_profile_comes_along_and_a_record_without_its_name_is_to_be_refreshed() {
    let place = |name: Option<&str>| json!({"id": "rpr-01", "name": name, "profile_id": "rp-01", "resource_arn": arn_of_endpoint()});
    let (text, left) = of_state(&[consumer_of("", &[("profile_association", place(Some("orders")))])]);
    let words = "resource \"aws_route53profiles_resource_association\" \"orders\" {\n  name         = \"orders\"\n  \
         profile_id   = \"rp-01\"\n  resource_arn = aws_vpc_endpoint.orders.arn\n}\n\nimport {\n  to = \
         aws_route53profiles_resource_association.orders\n  id = \"rpr-01\"\n}\n";
    assert!(left.is_empty() && text.contains(words), "{text}");
    // An endpoint that something else describes is named by its ARN.
    let links = [("profile_association", place(Some("orders")))];
    let names = resource("privatelink_endpoint_dns", "names", "", &json!({"endpoint_id": ENDPOINT}), &links);
    let (text, _) = of_state(&[names]);
    assert!(text.contains(&format!("  resource_arn = \"{}\"\n", arn_of_endpoint())), "{text}");
    let (text, left) = of_state(&[consumer_of("", &[("profile_association", place(None))])]);
    assert!(!text.contains("resource ") && left[0].why.contains("-refresh-only"), "{text}");
}

#[test]
fn a_notification_names_its_service_or_its_endpoint() {
    let of_endpoint = json!({"id": "vpce-nfn-01", "endpoint_id": ENDPOINT, "topic_arn": "arn:x", "events": ["Accept"]});
    let (text, _) = of_state(&[consumer_of("", &[("notification.arn:x", of_endpoint)])]);
    assert!(text.contains("  vpc_endpoint_id             = aws_vpc_endpoint.orders.id\n"), "{text}");
}

#[test]
fn settings_beside_the_usual_ones_are_written_where_they_say_something() {
    let group = |name: &str| format!("arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/{name}/1");
    let balancer = json!({"arn": "lb", "name": "orders-1", "source_nat_prefix": true});
    let weighted = json!({
        "arn": "listener", "load_balancer_arn": "lb", "port": 443, "protocol": "TLS", "target_group_arn": group("own"),
        "weight": 90, "weighted_target_groups": {group("green"): 10}, "trust_store_arn": "store",
        "ignores_client_expiry": true,
    });
    let text = written(&[
        ("load_balancer", balancer),
        ("minimum_capacity", json!({"load_balancer_arn": "lb", "capacity_units": 2750})),
        ("listener.tls", weighted),
        ("additional_certificates.tls", json!({"listener_arn": "listener", "certificate_arns": ["one", "two"]})),
    ]);
    for words in [
        "enable_prefix_for_ipv6_source_nat = \"on\"",
        "  minimum_load_balancer_capacity {\n    capacity_units = 2750\n  }\n",
        "    forward {\n      target_group {\n",
        "        weight = 90\n",
        &format!("        arn    = \"{}\"\n        weight = 10\n", group("green")),
        "  mutual_authentication {\n",
        "    ignore_client_certificate_expiry = true\n",
        "resource \"aws_lb_listener_certificate\" \"orders_tls\" {\n  listener_arn    = aws_lb_listener.orders_tls.arn\n",
        "  id = \"listener_two\"\n",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let plain = json!({"arn": "listener", "load_balancer_arn": "lb", "port": 443, "target_group_arn": group("own")});
    let text = written(&[("load_balancer", json!({"arn": "lb", "name": "orders-1"})), ("listener.tls", plain)]);
    for word in ["forward {", "mutual", "source_nat", "capacity", "certificate"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    assert!(text.contains(&format!("target_group_arn = \"{}\"", group("own"))), "{text}");
}
