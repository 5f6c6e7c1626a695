//! Records that lead to an endpoint in a state of hashicorp/aws: what the state has comes along, what it has not stays where it is.

use serde_json::{Value as Json, json};

use super::by_hand::{Document, endpoint_state};
use super::{chain, from_state, is_taken_over};
use crate::consumer_setting::{Setting, USER, pass};
use crate::core::texts;

const SQS: &str = "com.amazonaws.us-east-1.sqs";

#[tokio::test(start_paused = true)]
async fn records_that_the_state_has_not_stay_where_they_are() {
    let mut setting = Setting::bare(506).await;
    let queue = setting.endpoint_by_hand(SQS, 2, false, &[]).await;
    let zone = setting.zone(USER, "internal.test").await;
    setting.names(USER, &zone, "internal.test", &queue).await;
    let other = setting.zone(USER, "other.test").await;
    setting.names(USER, &other, "other.test", &queue).await;
    pass(600).await;
    let mut document = Document::default();
    document.add(USER, ("", "aws_vpc_endpoint", "queue"), Json::Null, endpoint_state(&queue, SQS)).add(
        USER,
        ("", "aws_route53_record", "orders"),
        Json::Null,
        json!({"zone_id": zone, "name": "orders", "fqdn": "orders.internal.test", "type": "A"}),
    );
    let printed = from_state(&setting, &document).await;
    assert!(printed.found.is_whole(), "{:#?}", printed.found.left);
    let of_others = [
        (&zone, "*.orders.internal.test CNAME"),
        (&other, "*.orders.other.test CNAME"),
        (&other, "orders.other.test A"),
    ];
    for (zone, key) in of_others {
        let words = format!(
            "# Note: the record {key} in the zone {zone} is not in the state: it is left out, and stays as it is\n"
        );
        assert!(printed.text.contains(&words), "{words}: {}", printed.text);
    }
    assert_eq!(printed.text.matches("# Note: the record ").count(), of_others.len(), "{}", printed.text);
    let dns = &chain(&printed, &queue).config.get("dns");
    assert_eq!(dns.as_list().map(<[_]>::len), Some(1), "{}", printed.text);
    assert_eq!(printed.found.taken_over.as_ref().unwrap().removed, ["aws_route53_record.orders"]);
    is_taken_over(&mut setting, &printed, Some(&document)).await;

    // They stay when the endpoint goes.
    let found = setting.user.destroy("adopted_0").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(120).await;
    let left = [
        (&zone, vec!["\\052.orders.internal.test."]),
        (&other, vec!["\\052.orders.other.test.", "orders.other.test."]),
    ];
    for (zone, wanted) in left {
        let seen = setting.route53(USER).list_resource_record_sets().hosted_zone_id(zone).send().await.unwrap();
        let sets = seen.resource_record_sets().iter().filter(|set| !["NS", "SOA"].contains(&set.r#type().as_str()));
        let mut names: Vec<&str> = sets.map(aws_sdk_route53::types::ResourceRecordSet::name).collect();
        names.sort_unstable();
        assert_eq!(names, wanted);
    }
}
