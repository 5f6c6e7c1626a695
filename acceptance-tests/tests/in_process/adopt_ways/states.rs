//! States of hashicorp/aws over objects that exist.

use aws_sdk_ec2::types as ec2;
use serde_json::{Value as Json, json};

use super::by_hand::{Document, endpoint_state};
use super::{Printed, from_accounts, from_state, is_taken_over, recorded};
use crate::consumer_setting::{OWNER, Setting, USER, pass};

const SQS: &str = "com.amazonaws.us-east-1.sqs";
const OWNED: &[(&str, &str)] = &[("Owner", "network")];

/// The chain with its proof at the private name itself; in the recorded state it is at the domain above, which AWS takes as well.
fn proved_at_the_name() -> String {
    let chain = Document::of(&serde_json::from_str(recorded::CHAIN).unwrap());
    let service = chain.only("aws_vpc_endpoint_service");
    let label = service["private_dns_name_configuration"][0]["name"].as_str().unwrap();
    let [above, own] = ["corp.example.dev", "ledger.corp.example.dev"].map(|domain| format!("{label}.{domain}"));
    recorded::CHAIN.replace(&above, &own)
}

/// The private name of the service is proved by the record that the state has.
async fn verify(setting: &Setting, document: &Document) {
    let service = &document.only("aws_vpc_endpoint_service")["id"];
    let client = setting.ec2(OWNER);
    let call = client.start_vpc_endpoint_service_private_dns_verification().service_id(service.as_str().unwrap());
    call.send().await.unwrap();
    pass(1800).await;
}

/// The words that a text must have.
fn has(printed: &Printed, all: &[&str]) {
    for words in all {
        assert!(printed.text.contains(words), "{words}: {}", printed.text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_two_accounts() {
    let mut setting = Setting::bare(490).await;
    let document = recorded::set_up(&setting, &proved_at_the_name()).await;
    verify(&setting, &document).await;
    let printed = from_state(&setting, &document).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    let id = |kind: &str| document.only(kind)["id"].as_str().unwrap().to_owned();
    has(
        &printed,
        &[
            "# A plan imports 1 resource and moves 3 resources.\n# An apply changes nothing in AWS.\n",
            "  to   = privatelink_service.api\n",
            "  to   = privatelink_consumer.e\n",
            "  to   = privatelink_consumer.sqs\n",
            &format!("  id = \"{}\"\n", id("aws_vpc_endpoint_connection_accepter").replace('_', "/")),
            "    security_groups = [aws_security_group.lb.id]\n",
            "= data.aws_subnet.p[",
            "    hosted_zone_id = data.aws_route53_zone.public.id\n",
            "    zone_id = aws_route53_zone.private.id\n",
            "  security_group_ids = [aws_security_group.e.id]\n",
            "  security_group_ids  = [aws_security_group.e.id, \"sg-",
            "  policy = jsonencode(",
        ],
    );
    let removed = &printed.found.taken_over.as_ref().unwrap().removed;
    let wanted = [
        "aws_lb.api",
        "aws_lb_listener.api",
        "aws_lb_target_group.api",
        "aws_lb_target_group_attachment.api",
        "aws_route53_record.alias",
        "aws_route53_record.cname",
        "aws_route53_record.proof",
        "aws_vpc_endpoint_connection_accepter.e",
        "aws_vpc_endpoint_security_group_association.sqs",
        "aws_vpc_endpoint_service_allowed_principal.api",
        "aws_vpc_endpoint_subnet_association.sqs",
    ];
    assert_eq!(*removed, wanted);
    is_taken_over(&mut setting, &printed, Some(&document)).await;
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_two_accounts_without_its_state() {
    let mut setting = Setting::bare(503).await;
    let document = recorded::set_up(&setting, recorded::CHAIN).await;
    let printed = from_accounts(&setting).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    assert_eq!(printed.found.chains.len(), 3, "{}", printed.text);
    let zone = format!("    zone_id = \"{}\"\n", document.only("aws_route53_zone")["id"].as_str().unwrap());
    // Nobody has started the verification, and an apply does not.
    has(&printed, &["# Note: The service \"ledger\" needs attention (dns verification)", &zone]);
    is_taken_over(&mut setting, &printed, None).await;
}

#[tokio::test(start_paused = true)]
async fn modules_with_keys() {
    let mut setting = Setting::bare(491).await;
    let document = recorded::set_up(&setting, recorded::MODULES).await;
    // The module makes gateway endpoints of the same resource.
    let endpoint = document.only_of("aws_vpc_endpoint", "sqs");
    let gateway = setting.ec2(USER).create_vpc_endpoint().vpc_endpoint_type(ec2::VpcEndpointType::Gateway);
    let gateway = gateway.vpc_id(endpoint["vpc_id"].as_str().unwrap()).service_name("com.amazonaws.us-east-1.s3");
    let gateway = gateway.send().await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap();
    let mut state = endpoint_state(&gateway, "com.amazonaws.us-east-1.s3");
    state["vpc_endpoint_type"] = json!("Gateway");
    let mut document = document;
    document.add(USER, ("module.endpoints", "aws_vpc_endpoint", "this"), json!("s3"), state);
    pass(600).await;

    let printed = from_state(&setting, &document).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    has(
        &printed,
        &[
            "# A plan moves 8 resources.\n# An apply changes nothing in AWS.\n",
            "  service_name       = privatelink_service.api.service_name\n",
            "  private_dns_enabled = true\n",
            &format!(
                "# - {gateway} (module.endpoints.aws_vpc_endpoint.this[\"s3\"]): is no object that a privatelink_consumer"
            ),
        ],
    );
    for key in ["ec2", "ledger", "logs", "secretsmanager", "sqs", "ssm", "sts"] {
        let moved = format!(
            "  from = module.endpoints.aws_vpc_endpoint.this[\"{key}\"]\n  to   = privatelink_consumer.{key}\n"
        );
        has(&printed, &[&moved]);
    }
    let removed = &printed.found.taken_over.as_ref().unwrap().removed;
    let parts = ["aws_lb", "aws_lb_listener", "aws_lb_target_group", "aws_lb_target_group_attachment"];
    assert_eq!(*removed, parts.map(|kind| format!("module.nlb.{kind}.this")), "groups stay");
    is_taken_over(&mut setting, &printed, Some(&document)).await;
}

#[tokio::test(start_paused = true)]
async fn modules_without_their_state() {
    let mut setting = Setting::bare(504).await;
    recorded::set_up(&setting, recorded::MODULES).await;
    let printed = from_accounts(&setting).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    has(&printed, &["# A plan imports 8 resources.\n# An apply changes nothing in AWS.\n"]);
    is_taken_over(&mut setting, &printed, None).await;
}

/// Any state of the two accounts whose kinds are known.
#[tokio::test(start_paused = true)]
#[ignore = "ADOPT_STATE names a state file"]
async fn a_state_of_your_own() {
    let text = std::fs::read_to_string(std::env::var("ADOPT_STATE").unwrap()).unwrap();
    let mut setting = Setting::bare(505).await;
    let document = recorded::set_up(&setting, &text).await;
    let printed = from_state(&setting, &document).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
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
