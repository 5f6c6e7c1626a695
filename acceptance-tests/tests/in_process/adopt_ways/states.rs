//! States of hashicorp/aws over objects that exist.

use aws_sdk_ec2::types as ec2;
use aws_sdk_route53::types as route53;
use serde_json::{Value as Json, json};

use super::by_hand::{Balancer, Document, endpoint_state, service_state};
use super::{chain, from_state, is_taken_over};
use crate::consumer_setting::{OWNER, Setting, USER, pass};

const SQS: &str = "com.amazonaws.us-east-1.sqs";
const OWNED: &[(&str, &str)] = &[("Owner", "network")];

/// What describes a load balancer, at an address of its own.
fn describe(document: &mut Document, module: &str, [balancer, listener, group]: [&str; 3], made: &Balancer) {
    let Balancer { arn, listener: listener_arn, group: group_arn } = made;
    let key = |name: &str| if module.is_empty() { Json::Null } else { json!(name) };
    let first = if module.is_empty() { Json::Null } else { json!(0) };
    document
        .add(OWNER, (module, "aws_lb", balancer), first, json!({"arn": arn, "id": arn, "name": "orders"}))
        .add(
            OWNER,
            (module, "aws_lb_listener", listener),
            key("https"),
            json!({"arn": listener_arn, "id": listener_arn, "load_balancer_arn": arn, "port": 443}),
        )
        .add(
            OWNER,
            (module, "aws_lb_target_group", group),
            key("api"),
            json!({"arn": group_arn, "id": group_arn, "name": "orders-https"}),
        );
    for (number, id) in ["10.10.1.10", "10.10.2.10"].into_iter().enumerate() {
        let attributes = json!({
            "id": format!("{group_arn}-{number}"), "target_group_arn": group_arn, "target_id": id, "port": null,
        });
        document.add(OWNER, (module, "aws_lb_target_group_attachment", group), json!(id), attributes);
    }
}

/// The private name of a service, proved by a record.
async fn proved(setting: &Setting, service: &str) -> Json {
    let client = setting.ec2(OWNER);
    let call = client.modify_vpc_endpoint_service_configuration().service_id(service);
    call.private_dns_name("orders.example.dev").send().await.unwrap();
    pass(60).await;
    let seen = client.describe_vpc_endpoint_service_configurations().service_ids(service).send().await.unwrap();
    let proof = seen.service_configurations()[0].private_dns_name_configuration().unwrap().clone();
    let name = format!("{}.orders.example.dev", proof.name().unwrap());
    let value = route53::ResourceRecord::builder().value(format!("\"{}\"", proof.value().unwrap())).build().unwrap();
    let set = route53::ResourceRecordSet::builder().name(&name).r#type(route53::RrType::Txt).ttl(60);
    let change = route53::Change::builder().action(route53::ChangeAction::Create);
    let change = change.resource_record_set(set.resource_records(value).build().unwrap()).build().unwrap();
    let batch = route53::ChangeBatch::builder().changes(change).build().unwrap();
    let zone = setting.id("public_zone_id");
    setting
        .route53(OWNER)
        .change_resource_record_sets()
        .hosted_zone_id(&zone)
        .change_batch(batch)
        .send()
        .await
        .unwrap();
    pass(600).await;
    client.start_vpc_endpoint_service_private_dns_verification().service_id(service).send().await.unwrap();
    pass(1800).await;
    json!({
        "zone_id": zone, "name": name, "fqdn": name, "type": "TXT", "ttl": 60, "records": [proof.value().unwrap()],
        "id": format!("{zone}_{name}_TXT"), "alias": [], "set_identifier": "",
    })
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_two_accounts() {
    let mut setting = Setting::bare(490).await;
    let made = setting.balancer("orders", OWNED).await;
    let (service, service_name) = setting.published(&made.arn, true, OWNED).await;
    let proof = proved(&setting, &service).await;
    let orders = setting.endpoint_by_hand(&service_name, 2, false, &[("Name", "orders"), ("Owner", "network")]).await;
    setting.service = json!({"id": service});
    setting.accept(&orders).await;
    let queue = setting.endpoint_by_hand(SQS, 1, true, OWNED).await;
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}"#;
    setting.ec2(USER).modify_vpc_endpoint().vpc_endpoint_id(&queue).policy_document(policy).send().await.unwrap();
    let zone = setting.zone(USER, "internal.test").await;
    setting.names(USER, &zone, "internal.test", &orders).await;
    pass(600).await;

    let group = setting.id("application_security_group_id");
    let mut document = Document::default();
    describe(&mut document, "", ["api", "api", "api"], &made);
    let record = |name: &str, kind: &str| {
        let fqdn = format!("{name}.internal.test");
        let id = format!("{zone}_{name}_{kind}");
        json!({"zone_id": zone, "name": name, "fqdn": fqdn, "type": kind, "id": id, "set_identifier": ""})
    };
    document
        .add(OWNER, ("", "data.aws_lb", "api"), Json::Null, json!({"arn": made.arn}))
        .add(OWNER, ("", "aws_vpc_endpoint_service", "api"), Json::Null, service_state(&service, &service_name, &made.arn))
        .add(
            OWNER,
            ("", "aws_vpc_endpoint_service_allowed_principal", "api"),
            Json::Null,
            json!({"id": "vpce-svc-perm-046fd3e6fbbb3821c", "vpc_endpoint_service_id": service}),
        )
        .add(OWNER, ("", "aws_route53_record", "proof"), Json::Null, proof)
        .add(
            OWNER,
            ("", "aws_vpc_endpoint_connection_accepter", "e"),
            Json::Null,
            json!({"id": format!("{service}_{orders}"), "vpc_endpoint_service_id": service, "vpc_endpoint_id": orders}),
        )
        .add(USER, ("", "aws_security_group", "e"), Json::Null, json!({"id": group, "name": "orders"}))
        .add(
            USER,
            ("", "aws_security_group_rule", "old"),
            Json::Null,
            json!({"id": "sgrule-1984326995", "security_group_id": group, "type": "ingress"}),
        )
        .add(USER, ("", "aws_vpc_endpoint", "e"), Json::Null, endpoint_state(&orders, &service_name))
        .add(USER, ("", "aws_vpc_endpoint", "sqs"), Json::Null, endpoint_state(&queue, SQS))
        .add(
            USER,
            ("", "aws_vpc_endpoint_subnet_association", "sqs"),
            Json::Null,
            json!({"id": "a-1", "vpc_endpoint_id": queue, "subnet_id": setting.land.ids["consumer_subnet_ids"][0]}),
        )
        .add(
            USER,
            ("", "aws_vpc_endpoint_security_group_association", "sqs"),
            Json::Null,
            json!({"id": "a-2", "vpc_endpoint_id": queue, "security_group_id": group}),
        )
        .add(
            USER,
            ("", "aws_route53_zone", "private"),
            Json::Null,
            json!({"id": zone, "zone_id": zone, "name": "internal.test", "arn": format!("arn:aws:route53:::hostedzone/{zone}")}),
        )
        .add(USER, ("", "aws_route53_record", "alias"), Json::Null, record("orders", "A"))
        .add(USER, ("", "aws_route53_record", "cname"), Json::Null, record("*.orders", "CNAME"));
    let printed = from_state(&setting, &document).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    assert_eq!(printed.found.chains.len(), 4, "{}", printed.text);
    for words in [
        "to   = privatelink_service.api",
        "to   = privatelink_consumer.e\n",
        "to   = privatelink_consumer.sqs",
        &format!("id = \"{service}/{orders}\""),
        "zone_id = aws_route53_zone.private.",
        "security_group_ids = [aws_security_group.e.id]",
        "policy",
        "hosted_zone_id",
    ] {
        assert!(printed.text.contains(words), "{words}: {}", printed.text);
    }
    let removed = &printed.found.taken_over.as_ref().unwrap().removed;
    let stays =
        ["aws_security_group.e", "aws_security_group_rule.old", "aws_route53_zone.private", "aws_vpc_endpoint.e"];
    assert!(!stays.iter().any(|one| removed.iter().any(|gone| gone == one)), "{removed:?}");
    assert_eq!(removed.len(), 11, "{removed:?}");
    is_taken_over(&mut setting, &printed, Some(&document)).await;
}

#[tokio::test(start_paused = true)]
async fn modules_with_keys() {
    let mut setting = Setting::bare(491).await;
    let made = setting.balancer("orders", OWNED).await;
    let (service, service_name) = setting.published(&made.arn, false, OWNED).await;
    let services = [("orders", service_name.as_str()), ("sqs", SQS), ("ec2", "com.amazonaws.us-east-1.ec2")];
    let mut document = Document::default();
    describe(&mut document, "module.nlb", ["this", "this", "this"], &made);
    document.add(
        OWNER,
        ("", "aws_vpc_endpoint_service", "api"),
        Json::Null,
        service_state(&service, &service_name, &made.arn),
    );
    let group = setting.id("application_security_group_id");
    document.add(
        USER,
        ("module.endpoints", "aws_security_group", "this"),
        json!(0),
        json!({"id": group, "name": "endpoints-20261128212747003200000001"}),
    );
    let mut endpoints = Vec::new();
    for (key, name) in services {
        let tags = [("Name", key), ("Owner", "network"), ("Team", "net")];
        let id = setting.endpoint_by_hand(name, 2, key != "orders", &tags).await;
        let address = ("module.endpoints", "aws_vpc_endpoint", "this");
        document.add(USER, address, json!(key), endpoint_state(&id, name));
        endpoints.push(id);
    }
    // The module makes gateway endpoints of the same resource.
    let vpc = setting.id("consumer_vpc_id");
    let gateway = setting.ec2(USER).create_vpc_endpoint().vpc_endpoint_type(ec2::VpcEndpointType::Gateway).vpc_id(vpc);
    let gateway = gateway.service_name("com.amazonaws.us-east-1.s3").send().await.unwrap();
    let gateway = gateway.vpc_endpoint().unwrap().vpc_endpoint_id().unwrap().to_owned();
    let mut state = endpoint_state(&gateway, "com.amazonaws.us-east-1.s3");
    state["vpc_endpoint_type"] = json!("Gateway");
    document.add(USER, ("module.endpoints", "aws_vpc_endpoint", "this"), json!("s3"), state);
    pass(600).await;

    let printed = from_state(&setting, &document).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    for words in [
        "from = module.endpoints.aws_vpc_endpoint.this[\"sqs\"]\n  to   = privatelink_consumer.sqs\n",
        "from = module.endpoints.aws_vpc_endpoint.this[\"orders\"]\n  to   = privatelink_consumer.orders\n",
        "from = module.nlb.aws_lb.this\n",
        "from = module.nlb.aws_lb_listener.this\n",
        "= privatelink_service.api.service_name\n",
        "private_dns_enabled = true",
        &format!(
            "# - {gateway} (module.endpoints.aws_vpc_endpoint.this[\"s3\"]): is no object that a privatelink_consumer"
        ),
    ] {
        assert!(printed.text.contains(words), "{words}: {}", printed.text);
    }
    assert!(!printed.text.contains("from = module.endpoints.aws_security_group.this"), "{}", printed.text);
    assert_eq!(chain(&printed, &endpoints[1]).label.as_deref(), Some("sqs"));
    is_taken_over(&mut setting, &printed, Some(&document)).await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_in_a_profile() {
    const PROFILE: &str = "rp-0123456789abcdef";
    let mut setting = Setting::bare(499).await;
    setting.set("profile", PROFILE, json!({"owner": USER, "region": "us-east-1"}));
    let queue = setting.endpoint_by_hand(SQS, 1, true, OWNED).await;
    let arn = format!("arn:aws:ec2:us-east-1:{USER}:vpc-endpoint/{queue}");
    let associate = setting.profiles(USER).associate_resource_to_profile().name("queue").profile_id(PROFILE);
    associate.resource_arn(&arn).send().await.unwrap();
    pass(600).await;
    let place = |name: &str, resource: &str| json!({"id": format!("rpr-{name}"), "name": name, "profile_id": PROFILE, "resource_arn": resource});
    let of_profiles = |kind: &'static str| ("", kind, "queue");
    let zone = "arn:aws:route53:::hostedzone/Z06NRYNGP5331JM6QDQTQ";
    let mut document = Document::default();
    document
        .add(USER, ("", "aws_vpc_endpoint", "queue"), Json::Null, endpoint_state(&queue, SQS))
        .add(USER, of_profiles("aws_route53profiles_profile"), Json::Null, json!({"id": PROFILE, "name": "hub"}))
        .add(
            USER,
            of_profiles("aws_route53profiles_association"),
            Json::Null,
            json!({"id": "rpassoc-1", "profile_id": PROFILE, "resource_id": setting.id("consumer_vpc_id")}),
        )
        .add(USER, of_profiles("aws_route53profiles_resource_association"), Json::Null, place("queue", &arn))
        .add(USER, ("", "aws_route53profiles_resource_association", "zone"), Json::Null, place("zone", zone));
    let printed = from_state(&setting, &document).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    let removed = &printed.found.taken_over.as_ref().unwrap().removed;
    assert_eq!(*removed, ["aws_route53profiles_resource_association.queue"]);
    let words = "= aws_route53profiles_profile.queue.id\n";
    assert!(printed.text.contains(words), "{words}: {}", printed.text);
    is_taken_over(&mut setting, &printed, Some(&document)).await;
}
