//! Calls of records, against scripted answers.

use std::collections::BTreeMap;

use super::calls::strangers;
use super::diff::canonical;
use super::flatten::{expand, flatten};
use super::{RecordSpec, RecordValue, Records, Spec, State};
use crate::aws::RecordKey;
use crate::aws::testing::{Answer, Script};
use crate::aws::zone_change::Found;
use crate::engine::{Change, Class, Compare as _, Failure, Link as _, Observed, Owner};

fn alias(name: &str, target: &str) -> RecordSpec {
    RecordSpec {
        name: name.into(),
        kind: "A".into(),
        value: RecordValue::Alias {
            dns_name: target.into(),
            zone_id: "Z38GZ743OKFT7T".into(),
            evaluate_target_health: false,
        },
    }
}

fn cname(name: &str, value: &str, ttl_seconds: i64) -> RecordSpec {
    let value = RecordValue::Cname { value: value.into(), ttl_seconds };
    RecordSpec { name: name.into(), kind: "CNAME".into(), value }
}

fn map(records: &[RecordSpec]) -> BTreeMap<String, RecordSpec> {
    canonical(&records.iter().map(|record| (record.key(), record.clone())).collect())
}

fn found(records: &[RecordSpec]) -> Found {
    records.iter().map(|record| (record.record_key(), expand(record).unwrap())).collect()
}

#[test]
fn aws_spelling_of_names_is_no_change() {
    let wanted = [alias("*.Orders.example.dev.", "VPCE-1.example."), cname("b.example.dev", "y.vpce", 60)];
    let spelled = [alias("\\052.orders.example.dev.", "vpce-1.example."), cname("b.example.dev.", "y.vpce.", 60)];
    assert_eq!(flatten(&found(&spelled)), map(&wanted));
    let spec = Spec {
        account: None,
        zone_id: "Z1".into(),
        records: wanted.iter().map(|record| (record.key(), record.clone())).collect(),
    };
    let state = State { zone_id: "Z1".into(), records: flatten(&found(&spelled)), ..State::default() };
    assert_eq!(Records.diff(&spec, &state), Change::None);
    assert_eq!(Records.forecast(&spec, &state), state);
}

#[test]
fn a_record_in_the_way_is_named_and_a_refusal_without_one_stays_as_it_is() {
    let refused = Failure::new(Class::Invalid, "words");
    let named = strangers(refused.clone(), &found(&[alias("a.example.dev", "x")]));
    assert_eq!((named.class, named.message.as_str()), (Class::Taken, "words"));
    assert!(named.advice.unwrap().contains("a.example.dev A"));
    assert_eq!(strangers(refused.clone(), &Found::new()), refused);
}

#[test]
fn a_changed_ttl_is_seen() {
    let state = State { zone_id: "Z1".into(), records: map(&[cname("b.example.dev", "y", 60)]), ..State::default() };
    let records = map(&[cname("b.example.dev", "y", 300)]);
    assert_eq!(
        Records.diff(&Spec { account: None, zone_id: "Z1".into(), records }, &state),
        Change::Update(vec!["records"])
    );
}

#[test]
fn a_state_comes_back_from_json_as_it_went() {
    let state = State {
        account: Some("dns".into()),
        zone_id: "Z1".into(),
        records: map(&[alias("a.example.dev", "x"), cname("b.example.dev", "y", 60)]),
        ..State::default()
    };
    let json = serde_json::to_string(&state).unwrap();
    assert!(!json.contains("change_id"));
    assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
}

#[test]
fn keys_of_a_record_are_the_same_for_us_and_for_aws() {
    let record = alias("*.example.dev", "x");
    assert_eq!(record.key(), "*.example.dev A");
    assert_eq!(record.record_key(), RecordKey::new("\\052.example.dev.", "A"));
}

fn owner() -> Owner {
    Owner {
        resource: "consumer/orders".into(),
        uid: "u-1".into(),
        link: "records".into(),
        generation: 0,
        run_tags: std::collections::BTreeMap::new(),
    }
}

fn spec() -> Spec {
    let value = RecordValue::Alias {
        dns_name: "vpce-1.eu-west-1.vpce.amazonaws.com".into(),
        zone_id: "Z38GZ743OKFT7T".into(),
        evaluate_target_health: false,
    };
    let record = RecordSpec { name: "orders.example.dev".into(), kind: "A".into(), value };
    Spec { account: None, zone_id: "Z1".into(), records: BTreeMap::from([(record.key(), record)]) }
}

fn change(root: &str, status: &str) -> Answer {
    Answer::Reply(
        200,
        format!(
            "<{root}><ChangeInfo><Id>/change/C1</Id><Status>{status}</Status>\
             <SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></{root}>"
        ),
    )
}

/// An AWS whose zone holds one alias to `target`, and which refuses or accepts batches.
fn zone(target: &'static str, refuses: bool, status: &'static str) -> Script {
    Script::new(move |sent| match sent.what.as_str() {
        "GET /2013-04-01/hostedzone/Z1/rrset" => Answer::Reply(
            200,
            format!(
                "<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet><Name>orders.example.dev.</Name>\
                 <Type>A</Type><AliasTarget><HostedZoneId>Z38GZ743OKFT7T</HostedZoneId><DNSName>{target}.</DNSName>\
                 <EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget></ResourceRecordSet></ResourceRecordSets>\
                 <IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListResourceRecordSetsResponse>"
            ),
        ),
        "POST /2013-04-01/hostedzone/Z1/rrset" if refuses => Answer::Reply(
            400,
            "<InvalidChangeBatch><Messages><Message>it already exists</Message></Messages></InvalidChangeBatch>".into(),
        ),
        "POST /2013-04-01/hostedzone/Z1/rrset" => change("ChangeResourceRecordSetsResponse", "PENDING"),
        _ => change("GetChangeResponse", status),
    })
}

const OURS: &str = "vpce-1.eu-west-1.vpce.amazonaws.com";

#[tokio::test(start_paused = true)]
async fn a_strangers_record_is_named_and_left_alone() {
    let script = zone("elsewhere.example.dev", true, "INSYNC");
    let failure = Records.create(&script.aws().await, &owner(), &spec()).await.unwrap_err();
    assert_eq!((failure.class, failure.message.as_str()), (Class::Taken, "it already exists"));
    assert!(failure.advice.unwrap().contains("orders.example.dev A"));
    assert_eq!(script.calls().iter().filter(|call| call.starts_with("POST")).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn our_own_record_of_a_lost_attempt_is_taken_up() {
    let script = zone(OURS, true, "INSYNC");
    let state = Records.create(&script.aws().await, &owner(), &spec()).await.unwrap();
    assert_eq!(Records.diff(&spec(), &state), Change::None);
}

#[tokio::test(start_paused = true)]
async fn records_are_pending_until_all_name_servers_know_them() {
    let slow = zone(OURS, false, "PENDING");
    let state = Records.create(&slow.aws().await, &owner(), &spec()).await.unwrap();
    assert_eq!(state.change_id.as_deref(), Some("C1"));
    assert!(matches!(Records.read(&slow.aws().await, &state).await.unwrap(), Observed::Pending { .. }));
    let done = zone(OURS, false, "INSYNC");
    let Observed::Ready(state) = Records.read(&done.aws().await, &state).await.unwrap() else {
        panic!("it is in sync");
    };
    assert_eq!(state, Records.forecast(&spec(), &state));
    // Without a change on its way nobody is asked about one again.
    let calls = done.calls().len();
    Records.read(&done.aws().await, &state).await.unwrap();
    assert_eq!(done.calls().len(), calls + 1);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_names_no_change_is_no_answer() {
    let script = Script::new(|sent| match sent.what.as_str() {
        "POST /2013-04-01/hostedzone/Z1/rrset" => {
            Answer::Reply(200, "<ChangeResourceRecordSetsResponse></ChangeResourceRecordSetsResponse>".into())
        }
        _ => Answer::Reply(
            200,
            "<ListResourceRecordSetsResponse><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>".into(),
        ),
    });
    let aws = script.aws().await;
    let state = Records.forecast(&spec(), &State { zone_id: "Z1".into(), ..State::default() });
    assert_eq!(Records.create(&aws, &owner(), &spec()).await.unwrap_err().class, Class::Lost);
    assert_eq!(Records.delete(&aws, &state).await.unwrap_err().class, Class::Lost);
    // A state that an earlier release wrote.
    let state = State { change_id: Some(String::new()), ..state };
    assert!(!matches!(Records.read(&aws, &state).await.unwrap(), Observed::Pending { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_says_something_else_by_now_is_not_deleted() {
    let state = Records.forecast(&spec(), &State { zone_id: "Z1".into(), ..State::default() });
    let changed = zone("elsewhere.example.dev", true, "INSYNC");
    let failure = Records.delete(&changed.aws().await, &state).await.unwrap_err();
    assert_eq!(failure.class, Class::Taken);
    // AWS deletes only what says exactly this, and what it says now was not asked to go.
    let sent: Vec<_> = changed.sent().into_iter().filter(|sent| sent.what.starts_with("POST")).collect();
    assert!(sent.len() == 1 && sent[0].body.contains(OURS), "{sent:?}");
    let same = zone(OURS, false, "INSYNC");
    Records.delete(&same.aws().await, &state).await.unwrap();
    assert_eq!(same.calls().len(), 1);
    assert!(same.sent()[0].body.contains("<Action>DELETE</Action>"));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_leads_to_another_endpoint_by_now_is_left_to_whoever_took_the_name() {
    let leading = |endpoint: &str| {
        let value = format!("{endpoint}-abcd1234.vpce-svc-01.us-east-1.vpce.amazonaws.com");
        RecordValue::Cname { value, ttl_seconds: 60 }
    };
    let mut spec = spec();
    spec.records.values_mut().for_each(|record| record.value = leading("vpce-0a"));
    let state = Records.forecast(&spec, &State { zone_id: "Z1".into(), ..State::default() });
    let moved = zone("vpce-0b-abcd1234.vpce-svc-01.us-east-1.vpce.amazonaws.com", true, "INSYNC");
    Records.delete(&moved.aws().await, &state).await.unwrap();
    let sent: Vec<_> = moved.sent().into_iter().filter(|sent| sent.what.starts_with("POST")).collect();
    assert!(sent.len() == 1 && sent[0].body.contains("vpce-0a"), "only what is its own was asked to go: {sent:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_misses_the_record_which_stops_the_creation_is_asked_again() {
    let script = Script::new(|sent| {
        if sent.what.starts_with("POST") {
            let body =
                "<InvalidChangeBatch><Messages><Message>it already exists</Message></Messages></InvalidChangeBatch>";
            return Answer::Reply(400, body.into());
        }
        let body = "<ListResourceRecordSetsResponse><ResourceRecordSets></ResourceRecordSets>\
                    <IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListResourceRecordSetsResponse>";
        Answer::Reply(200, body.into())
    });
    let failure = Records.create(&script.aws().await, &owner(), &spec()).await.unwrap_err();
    assert_eq!((failure.class, failure.message.as_str()), (Class::NotYetVisible, "it already exists"));
}
