//! Security groups of endpoints in a state of hashicorp/aws: one that an endpoint has to itself comes along with its rules, others stay.

use aws_sdk_ec2::types as ec2;
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

/// One group with two rules, both made by hand, behind an endpoint that is called `queue`; the id of the endpoint, and the state.
async fn with_tags(setting: &Setting, of_group: &[(&str, &str)], of_rules: [&[(&str, &str)]; 2]) -> (String, Document) {
    let group = setting.group("queue").await;
    setting.let_in(&group, (443, 443), "10.20.0.0/16", "the shop").await;
    setting.let_in(&group, (8443, 8443), "10.20.1.0/24", "the office").await;
    let client = setting.ec2(USER);
    let filter = ec2::Filter::builder().name("group-id").values(&group).build();
    let rules = client.describe_security_group_rules().filters(filter).send().await.unwrap();
    let rules = rules.security_group_rules().iter().filter(|rule| rule.is_egress() == Some(false));
    let rules = rules.map(|rule| rule.security_group_rule_id().unwrap().to_owned()).zip(of_rules);
    for (id, tags) in rules.chain([(group.clone(), of_group)]).filter(|(_, tags)| !tags.is_empty()) {
        let tags = tags.iter().map(|(key, value)| ec2::Tag::builder().key(*key).value(*value).build()).collect();
        client.create_tags().resources(id).set_tags(Some(tags)).send().await.unwrap();
    }
    let queue = setting.endpoint_behind(&group, SQS, 2, false, &[("Name", "queue"), ("Owner", "network")]).await;
    pass(600).await;
    let mut document = Document::default();
    document
        .add(USER, ("", "aws_vpc_endpoint", "queue"), Json::Null, endpoint_state(&queue, SQS))
        .add(USER, ("", "aws_security_group", "queue"), Json::Null, group_state(&group, "queue"))
        .add(USER, ("", "aws_security_group_rule", "all"), Json::Null, rule_state("sgrule-1984326995", &group));
    (queue, document)
}

#[tokio::test(start_paused = true)]
async fn one_of_another_name_than_the_endpoint_keeps_it() {
    let mut setting = Setting::bare(507).await;
    let owned: &[_] = &[("Owner", "network")];
    let (queue, document) = with_tags(&setting, &[("Name", "queue-sg"), ("Owner", "network")], [owned, owned]).await;
    let printed = from_state(&setting, &document).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    let config = &chain(&printed, &queue).config;
    assert_eq!(config.get("name").as_str(), Some("queue"), "{}", printed.text);
    assert!(config.get("security_group_ids").is_null(), "{}", printed.text);
    assert!(!printed.text.contains("ignore_tags") && printed.text.contains("Owner = \"network\""), "{}", printed.text);
    is_taken_over(&mut setting, &printed, Some(&document)).await;
}

#[tokio::test(start_paused = true)]
async fn tags_that_only_some_rules_carry_stay_as_they_are() {
    let mut setting = Setting::bare(508).await;
    let one: &[_] = &[("Owner", "network"), ("Name", "shop")];
    let (queue, document) = with_tags(&setting, &[("Owner", "network")], [one, PLAIN]).await;
    let printed = from_state(&setting, &document).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    assert!(chain(&printed, &queue).config.get("security_group_ids").is_null(), "{}", printed.text);
    for words in
        ["  ignore_tags {\n    keys = [\"Name\", \"Owner\"]\n  }\n", "carry the tags \"Name\", \"Owner\": ignore_tags"]
    {
        assert!(printed.text.contains(words), "{words}: {}", printed.text);
    }
    is_taken_over(&mut setting, &printed, Some(&document)).await;
}
