//! Chains that nobody has finished, or that have broken: what exists is written, and the rest is named.
//!
//! | what there is | what `adopt` does |
//! | --- | --- |
//! | a service whose load balancer has no listener | the load balancer is given |
//! | an endpoint that waits for its owner | printed, with a note who has to accept |
//! | a rejected one | named; printed where a state has it, with a note |
//! | one that failed | named, with AWS's reason where the account tells it |
//! | one that a state has and AWS has not | named |
//! | a zone without records | nothing leads from it to an endpoint, so that it stays unsaid |

use serde_json::{Value as Json, json};

use super::by_hand::{Document, endpoint_state};
use super::{Printed, chain, from_accounts, from_state, is_taken_over};
use crate::consumer_setting::{OWNER, Setting, USER, pass};

const SQS: &str = "com.amazonaws.us-east-1.sqs";
const PLAIN: &[(&str, &str)] = &[];

/// Why something was left alone, in one line.
fn why<'a>(printed: &'a Printed, id: &str) -> &'a str {
    let left = printed.found.left.iter().find(|one| one.what.starts_with(id));
    left.map_or_else(|| panic!("{id} was not left alone: {}", printed.text), |one| one.why.as_str())
}

#[tokio::test(start_paused = true)]
async fn a_service_without_a_listener() {
    let mut setting = Setting::bare(501).await;
    let made = setting.balancer("orders", PLAIN).await;
    let (service, _) = setting.published(&made.arn, false, PLAIN).await;
    setting.elb(OWNER).delete_listener().listener_arn(&made.listener).send().await.unwrap();
    pass(600).await;
    let printed = from_accounts(&setting).await;
    let arns = chain(&printed, &service).config.get("load_balancer_arns");
    assert_eq!(arns.as_list().map(<[_]>::len), Some(1), "{}", printed.text);
    assert!(printed.text.contains("# Note: the load balancer orders has no listener"), "{}", printed.text);
    is_taken_over(&mut setting, &printed, None).await;
}

#[tokio::test(start_paused = true)]
async fn endpoints_that_wait_were_rejected_or_failed_and_a_zone_without_records() {
    let mut setting = Setting::bare(502).await;
    let made = setting.balancer("orders", PLAIN).await;
    let (service, service_name) = setting.published(&made.arn, true, PLAIN).await;
    setting.service = json!({"id": service});
    let waiting = setting.endpoint_by_hand(&service_name, 2, false, &[("Name", "waiting")]).await;
    let rejected = setting.endpoint_by_hand(&service_name, 2, false, &[("Name", "rejected")]).await;
    let failed = setting.endpoint_by_hand(SQS, 1, false, &[("Name", "failed")]).await;
    setting.reject(&rejected).await;
    let failure = json!({"code": "InternalError", "message": "the endpoint could not be made"});
    setting.set("endpoint", &failed, json!({"state": "failed", "failure": failure}));
    let zone = setting.zone(USER, "internal.test").await;
    pass(600).await;
    let gone = "vpce-00000000000000000";

    let printed = from_accounts(&setting).await;
    assert_eq!(printed.found.chains.len(), 2, "{}", printed.text);
    assert!(!printed.found.is_whole());
    assert!(
        printed.text.contains("# A plan imports 2 resources.\n# An apply changes nothing in AWS.\n"),
        "{}",
        printed.text
    );
    assert!(why(&printed, &rejected).contains("\"rejected\""), "{}", printed.text);
    assert!(why(&printed, &failed).contains("the endpoint could not be made"), "{}", printed.text);
    assert!(
        !printed.text.contains(&zone)
            && chain(&printed, &waiting).config.get("dns").as_list().is_none_or(<[_]>::is_empty)
    );

    let mut document = Document::default();
    let endpoint = |name: &'static str| ("", "aws_vpc_endpoint", name);
    document
        .add(USER, endpoint("waiting"), Json::Null, endpoint_state(&waiting, &service_name))
        .add(USER, endpoint("rejected"), Json::Null, endpoint_state(&rejected, &service_name))
        .add(USER, endpoint("failed"), Json::Null, endpoint_state(&failed, SQS))
        .add(USER, endpoint("gone"), Json::Null, endpoint_state(gone, SQS));
    let of_state = from_state(&setting, &document).await;
    // What a state has comes along as long as AWS keeps it: the owner may still accept a rejected one.
    assert_eq!(of_state.found.chains.len(), 2, "{}", of_state.text);
    assert!(of_state.text.contains("# Note: The consumer \"rejected\" needs attention"), "{}", of_state.text);
    let told = why(&of_state, &failed);
    assert_eq!(told, "is in the state \"failed\"; adopt it when it is available, or delete it");
    assert!(why(&of_state, gone).contains("There is no interface endpoint"), "{}", of_state.text);
    is_taken_over(&mut setting, &printed, None).await;
    setting.user.forget("adopted_1");
    is_taken_over(&mut setting, &of_state, Some(&document)).await;
}
