//! Chains of which somebody else has a part: it is given, and stays theirs.

use aws_sdk_elasticloadbalancingv2::types as elb;
use aws_sdk_route53::types::ChangeAction;
use serde_json::{Value as Json, json};

use super::by_hand::{Document, endpoint_state, service_state};
use super::{chain, from_accounts, from_state, is_taken_over};
use crate::consumer_setting::{OWNER, Setting, USER, pass};

const PLAIN: &[(&str, &str)] = &[];

#[tokio::test(start_paused = true)]
async fn a_load_balancer_that_the_state_has_not() {
    let mut setting = Setting::bare(492).await;
    let made = setting.balancer("platform", &[("team", "platform")]).await;
    let (service, service_name) = setting.published(&made.arn, false, PLAIN).await;
    let mut document = Document::default();
    // Their listener and group stand in this state, behind a load balancer that is looked up.
    document
        .add(OWNER, ("", "data.aws_lb", "platform"), Json::Null, json!({"arn": made.arn, "id": made.arn}))
        .add(OWNER, ("", "aws_lb_listener", "api"), Json::Null, json!({"arn": made.listener}))
        .add(OWNER, ("", "aws_lb_target_group", "api"), Json::Null, json!({"arn": made.group}))
        .add(
            OWNER,
            ("", "aws_vpc_endpoint_service", "api"),
            Json::Null,
            service_state(&service, &service_name, &made.arn),
        );
    let printed = from_state(&setting, &document).await;
    for words in [
        "load_balancer_arns  = [data.aws_lb.platform.",
        "# Note: the load balancer platform is not in the state: it is given by its ARN, and stays as it is",
    ] {
        assert!(printed.text.contains(words), "{words}: {}", printed.text);
    }
    assert!(!printed.text.contains("listener {") && !printed.text.contains("subnet"), "{}", printed.text);
    assert_eq!(printed.found.taken_over.as_ref().unwrap().removed, Vec::<String>::new());
    is_taken_over(&mut setting, &printed, Some(&document)).await;
}

#[tokio::test(start_paused = true)]
async fn load_balancers_of_others_in_an_account() {
    let mut setting = Setting::bare(493).await;
    let made = setting.balancer("k8s-shop-api", &[("elbv2.k8s.aws/cluster", "prod")]).await;
    let (third, _) = setting.published(&made.arn, false, PLAIN).await;
    let own = setting.balancer("own", PLAIN).await;
    let (fourth, _) = setting.published(&own.arn, false, PLAIN).await;
    let printed = from_accounts(&setting).await;
    let words = "the load balancer k8s-shop-api is managed by the AWS Load Balancer Controller of the cluster prod";
    assert!(printed.text.contains(words), "{words}: {}", printed.text);
    let arns = chain(&printed, &third).config.get("load_balancer_arns");
    assert_eq!(arns.as_list().map(<[_]>::len), Some(1), "{}", printed.text);
    assert!(chain(&printed, &fourth).config.get("load_balancer_arns").is_null(), "{}", printed.text);
    is_taken_over(&mut setting, &printed, None).await;
}

#[tokio::test(start_paused = true)]
async fn groups_and_targets_that_the_state_has_not() {
    let mut setting = Setting::bare(494).await;
    let made = setting.balancer("orders", PLAIN).await;
    let theirs = setting.target_group("theirs", PLAIN).await;
    setting.listener(&made.arn, elb::ProtocolEnum::Tcp, 8443, &theirs, PLAIN).await;
    let (service, service_name) = setting.published(&made.arn, false, PLAIN).await;
    let mut document = Document::default();
    document
        .add(OWNER, ("", "aws_lb", "api"), Json::Null, json!({"arn": made.arn}))
        .add(OWNER, ("", "aws_lb_listener", "api"), Json::Null, json!({"arn": made.listener}))
        .add(OWNER, ("", "aws_lb_target_group", "api"), Json::Null, json!({"arn": made.group}))
        .add(
            OWNER,
            ("", "aws_vpc_endpoint_service", "api"),
            Json::Null,
            service_state(&service, &service_name, &made.arn),
        );
    let printed = from_state(&setting, &document).await;
    for words in [
        "the state registers no targets of orders-https: whoever does, such as an autoscaling group, goes on",
        "the target group theirs is not in the state: it is given by its ARN",
        &format!("    target_group_arn = \"{theirs}\"\n"),
        "    target_type          = \"ip\"\n",
    ] {
        assert!(printed.text.contains(words), "{words}: {}", printed.text);
    }
    assert!(!printed.text.contains("target_ids"), "{}", printed.text);
    let removed = &printed.found.taken_over.as_ref().unwrap().removed;
    assert_eq!(*removed, ["aws_lb.api", "aws_lb_listener.api", "aws_lb_target_group.api"], "{removed:?}");
    is_taken_over(&mut setting, &printed, Some(&document)).await;
    // A group that grows registers its members, and the next plan leaves them.
    let another = elb::TargetDescription::builder().id("10.10.3.10").build();
    setting.elb(OWNER).register_targets().target_group_arn(&made.group).targets(another).send().await.unwrap();
    pass(120).await;
    let name = format!("adopted_{}", printed.found.chains.iter().position(|one| one.id == service).unwrap());
    let schema = setting.owner.server("privatelink_service").1.schema();
    let config = privatelink::protocol::value::to_json(&schema.block, &chain(&printed, &service).config).unwrap();
    setting.owner.expect_empty("privatelink_service", &name, &config).await;
}

#[tokio::test(start_paused = true)]
async fn zones_of_a_peer_keep_its_name() {
    let mut setting = Setting::bare(495).await;
    let made = setting.balancer("orders", PLAIN).await;
    let group = setting.target_group("orders-dns", PLAIN).await;
    setting.listener(&made.arn, elb::ProtocolEnum::Tcp, 8443, &group, PLAIN).await;
    let (_, service_name) = setting.published(&made.arn, false, PLAIN).await;
    let orders = setting.endpoint_by_hand(&service_name, 2, false, &[("Name", "orders")]).await;
    let zone = setting.zone(OWNER, "internal.test").await;
    setting.names(OWNER, &zone, "internal.test", &orders).await;
    let without = setting.endpoint_by_hand("com.amazonaws.us-east-1.sqs", 1, true, PLAIN).await;
    // A zone of theirs that has nothing to do with the endpoint.
    let other = setting.zone(OWNER, "other.test").await;
    setting.foreign_record(OWNER, &other, "a.other.test", ChangeAction::Create).await;
    pass(600).await;
    let printed = from_accounts(&setting).await;
    for words in [
        "    peer_account = \"service\"\n",
        &format!("    zone_id      = \"{zone}\"\n"),
        "      name        = \"*.orders\"\n",
    ] {
        assert!(printed.text.contains(words), "{words}: {}", printed.text);
    }
    assert!(!printed.text.contains(&other), "{}", printed.text);
    assert!(chain(&printed, &without).config.get("dns").as_list().is_none_or(<[_]>::is_empty), "{}", printed.text);
    is_taken_over(&mut setting, &printed, None).await;

    let mut document = Document::default();
    document.add(USER, ("", "aws_vpc_endpoint", "orders"), Json::Null, endpoint_state(&orders, &service_name)).add(
        OWNER,
        ("", "aws_route53_record", "orders"),
        Json::Null,
        json!({"zone_id": zone, "name": "orders", "fqdn": "orders.internal.test", "type": "A"}),
    );
    let printed = from_state(&setting, &document).await;
    assert_eq!(printed.found.taken_over.as_ref().unwrap().removed, ["aws_route53_record.orders"], "{}", printed.text);
}

#[tokio::test(start_paused = true)]
async fn targets_that_others_register_in_an_account() {
    let mut setting = Setting::bare(500).await;
    let instances = setting.strings("provider_instance_ids");
    let seen = setting.ec2(OWNER).describe_instances().instance_ids(&instances[1]).send().await.unwrap();
    let address = seen.reservations()[0].instances()[0].private_ip_address().unwrap().to_owned();
    let made = setting.balancer("orders", PLAIN).await;
    let task = elb::TargetDescription::builder().id(&address).build();
    setting.elb(OWNER).register_targets().target_group_arn(&made.group).targets(task).send().await.unwrap();
    let task = "arn:aws:ecs:us-east-1:111111111111:attachment/0c2f3d5e-1b1a-4c0d-9e0f-6a1d2b3c4d5e";
    setting.set("network_interface", &address, json!({"description": task}));
    let scaled = setting.group_of_instances("scaled", &instances[..1]).await;
    setting.listener(&made.arn, elb::ProtocolEnum::Tcp, 8443, &scaled, PLAIN).await;
    setting.set("instance", &instances[0], json!({"tags": {"aws:autoscaling:groupName": "orders-asg"}}));
    let fixed = setting.group_of_instances("fixed", &instances[1..]).await;
    setting.listener(&made.arn, elb::ProtocolEnum::Tcp, 9443, &fixed, PLAIN).await;
    setting.published(&made.arn, false, PLAIN).await;
    pass(600).await;
    let printed = from_accounts(&setting).await;
    for words in [
        "# Note: the Auto Scaling group orders-asg registers the targets of scaled: they are left to it\n",
        "# Note: Amazon ECS registers the targets of orders-https: they are left to it\n",
    ] {
        assert!(printed.text.contains(words), "{words}: {}", printed.text);
    }
    assert_eq!(printed.text.matches("target_ids").count(), 1, "{}", printed.text);
    assert_eq!(printed.text.matches("target_type").count(), 2, "{}", printed.text);
    is_taken_over(&mut setting, &printed, None).await;
}
