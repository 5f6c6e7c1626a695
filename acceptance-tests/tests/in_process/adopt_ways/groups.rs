//! Security groups of endpoints in a state of hashicorp/aws: one that an endpoint has to itself comes along with its rules, others stay.

use serde_json::{Value as Json, json};

use super::by_hand::{Document, endpoint_state};
use super::{chain, from_state, is_taken_over};
use crate::consumer_setting::{Setting, USER, pass};

const SQS: &str = "com.amazonaws.us-east-1.sqs";
const SNS: &str = "com.amazonaws.us-east-1.sns";
const PLAIN: &[(&str, &str)] = &[];

/// The stored attributes of an `aws_security_group`.
fn group_state(id: &str, name: &str) -> Json {
    json!({"id": id, "name": name, "arn": format!("arn:aws:ec2:us-east-1:{USER}:security-group/{id}")})
}

fn rule_state(id: &str, group: &str) -> Json {
    json!({"id": id, "security_group_id": group})
}

#[tokio::test(start_paused = true)]
async fn one_of_a_single_endpoint_comes_along_with_its_rules() {
    let mut setting = Setting::bare(496).await;
    let (group, clients) = (setting.group("queue").await, setting.group("clients").await);
    setting.let_in(&group, (443, 443), "10.20.0.0/16", "the shop").await;
    setting.let_in(&group, (8000, 8010), "10.20.1.0/24", "the office").await;
    let queue = setting.endpoint_behind(&group, SQS, 2, false, PLAIN).await;
    pass(600).await;
    let mut document = Document::default();
    document
        .add(USER, ("", "aws_vpc_endpoint", "queue"), Json::Null, endpoint_state(&queue, SQS))
        .add(USER, ("", "aws_security_group", "queue"), Json::Null, group_state(&group, "queue"))
        .add(USER, ("", "aws_security_group", "clients"), Json::Null, group_state(&clients, "clients"))
        .add(USER, ("", "aws_vpc_security_group_ingress_rule", "shop"), Json::Null, rule_state("sgr-0a", &group))
        .add(USER, ("", "aws_vpc_security_group_ingress_rule", "far"), Json::Null, rule_state("sgr-0b", &clients))
        .add(USER, ("", "aws_vpc_security_group_egress_rule", "all"), Json::Null, rule_state("sgr-0c", &group))
        .add(USER, ("", "aws_security_group_rule", "office"), Json::Null, rule_state("sgrule-1984326995", &group));
    let printed = from_state(&setting, &document).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    let taken_over = printed.found.taken_over.as_ref().unwrap();
    let parts = [
        "aws_security_group.queue",
        "aws_security_group_rule.office",
        "aws_vpc_security_group_egress_rule.all",
        "aws_vpc_security_group_ingress_rule.shop",
    ];
    assert_eq!(taken_over.removed, parts);
    for part in parts {
        let block = format!("removed {{\n  from = {part}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}\n");
        assert!(printed.text.contains(&block) && printed.text.contains(&format!("# - {part}\n")), "{}", printed.text);
    }
    let config = &chain(&printed, &queue).config;
    assert!(config.get("security_group_ids").is_null(), "{}", printed.text);
    for words in [
        "  ingress {\n    port        = 443\n    cidr_ipv4   = \"10.20.0.0/16\"\n    description = \"the shop\"\n  }\n",
        "  ingress {\n    from_port   = 8000\n    to_port     = 8010\n    cidr_ipv4   = \"10.20.1.0/24\"\n    description = \"the office\"\n  }\n",
    ] {
        assert!(printed.text.contains(words), "{words}: {}", printed.text);
    }
    assert!(!printed.text.contains("egress ") && !printed.text.contains("# Note"), "{}", printed.text);
    is_taken_over(&mut setting, &printed, Some(&document)).await;
}

#[tokio::test(start_paused = true)]
async fn one_of_several_endpoints_stays_with_its_rules() {
    let mut setting = Setting::bare(497).await;
    let group = setting.group("endpoints").await;
    setting.let_in(&group, (443, 443), "10.20.0.0/16", "the shop").await;
    let queue = setting.endpoint_behind(&group, SQS, 2, false, PLAIN).await;
    let topics = setting.endpoint_behind(&group, SNS, 2, false, PLAIN).await;
    pass(600).await;
    let mut document = Document::default();
    document
        .add(USER, ("", "aws_vpc_endpoint", "queue"), Json::Null, endpoint_state(&queue, SQS))
        .add(USER, ("", "aws_vpc_endpoint", "topics"), Json::Null, endpoint_state(&topics, SNS))
        .add(USER, ("", "aws_security_group", "shared"), Json::Null, group_state(&group, "endpoints"))
        .add(USER, ("", "aws_vpc_security_group_ingress_rule", "shop"), Json::Null, rule_state("sgr-0a", &group));
    let printed = from_state(&setting, &document).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    assert_eq!(printed.text.matches("security_group_ids = [aws_security_group.shared.").count(), 2, "{}", printed.text);
    assert_eq!(printed.found.taken_over.as_ref().unwrap().removed, Vec::<String>::new());
    assert!(!printed.text.contains("ingress {"), "{}", printed.text);
    is_taken_over(&mut setting, &printed, Some(&document)).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_the_state_has_not_is_given_although_nothing_else_uses_it() {
    let mut setting = Setting::bare(498).await;
    let group = setting.group("platform").await;
    setting.let_in(&group, (443, 443), "10.20.0.0/16", "the shop").await;
    let queue = setting.endpoint_behind(&group, SQS, 2, false, PLAIN).await;
    pass(600).await;
    let mut document = Document::default();
    document
        .add(USER, ("", "aws_vpc_endpoint", "queue"), Json::Null, endpoint_state(&queue, SQS))
        .add(USER, ("", "data.aws_security_group", "platform"), Json::Null, group_state(&group, "platform"))
        .add(USER, ("", "aws_vpc_security_group_ingress_rule", "shop"), Json::Null, rule_state("sgr-0a", &group));
    let printed = from_state(&setting, &document).await;
    for words in [
        "security_group_ids = [data.aws_security_group.platform.",
        &format!("# Note: the security group {group} is not in the state: it is given by its id, and stays as it is\n"),
    ] {
        assert!(printed.text.contains(words), "{words}: {}", printed.text);
    }
    assert_eq!(printed.found.taken_over.as_ref().unwrap().removed, Vec::<String>::new());
    assert!(!printed.text.contains("ingress {"), "{}", printed.text);
    is_taken_over(&mut setting, &printed, Some(&document)).await;
}
