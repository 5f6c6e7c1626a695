//! Changes of records that wait for each other.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_route53::types::{ChangeAction, ResourceRecord, ResourceRecordSet, RrType};
use futures_util::future::join_all;
use tokio::time::Instant;

use super::*;
use crate::aws::Aws;
use crate::aws::testing::{Answer as Told, Script, Sent};

fn creation(name: &str) -> Vec<Change> {
    let value = ResourceRecord::builder().value("target.example.dev").build().unwrap();
    let set = ResourceRecordSet::builder().name(name).r#type(RrType::Cname).ttl(60).resource_records(value);
    let set = set.build().unwrap();
    vec![Change::builder().action(ChangeAction::Create).resource_record_set(set).build().unwrap()]
}

fn accepted() -> Told {
    Told::Reply(
        200,
        "<ChangeResourceRecordSetsResponse><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status>\
         <SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>"
            .into(),
    )
}

fn refused(name: &str) -> Told {
    let words = format!(
        "[Tried to create resource record set [name=&apos;{name}.&apos;, type=&apos;CNAME&apos;] but it already exists]"
    );
    Told::Reply(
        400,
        format!("<InvalidChangeBatch><Messages><Message>{words}</Message></Messages></InvalidChangeBatch>"),
    )
}

/// The letters of the names that each call changes.
fn batches(script: &Script) -> Vec<String> {
    let names = |sent: &Sent| {
        let all = ["a", "b", "c", "d"].into_iter();
        all.filter(|name| sent.body.contains(&format!("<Name>{name}."))).collect::<String>()
    };
    script.sent().iter().map(names).collect()
}

async fn change(aws: &Aws, names: &[&str]) -> Vec<Answer> {
    let account = aws.account(None).unwrap();
    let changes = names.iter().map(|name| account.change_records("Z1", creation(&format!("{name}.example.dev"))));
    join_all(changes).await
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_at_one_moment_or_while_the_zone_is_busy_goes_together() {
    let script = Script::new(|_| accepted());
    let aws = script.aws().await;
    let later = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        change(&aws, &["c", "d"]).await
    };
    let (first, second) = tokio::join!(change(&aws, &["a", "b"]), later);
    let is_of_change =
        |answer: &Answer| answer.as_ref().is_ok_and(|info| info.as_ref().is_some_and(|info| info.id() == "/change/C1"));
    assert!(first.iter().chain(&second).all(is_of_change));
    assert_eq!(batches(&script), ["ab", "cd"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_change_is_told_to_its_owner_and_the_others_go_on() {
    let script = Script::new(|sent| if sent.body.contains("<Name>c.") { refused("c.example.dev") } else { accepted() });
    let answers = change(&script.aws().await, &["a", "b", "c", "d"]).await;
    let ends: Vec<_> = answers.iter().map(|answer| answer.as_ref().err().map(|failure| failure.class)).collect();
    assert_eq!(ends, [None, None, Some(Class::Invalid), None]);
    assert!(answers[2].as_ref().unwrap_err().message.contains("already exists"));
    assert_eq!(batches(&script), ["abcd", "abd", "c"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_names_nobody_is_found_by_halves() {
    let script = Script::new(|sent| {
        if sent.body.contains("<Name>d.") { crate::aws::testing::refusal(403, "AccessDenied") } else { accepted() }
    });
    let answers = change(&script.aws().await, &["a", "b", "c", "d"]).await;
    let ends: Vec<_> = answers.iter().map(|answer| answer.as_ref().err().map(|failure| failure.class)).collect();
    assert_eq!(ends, [None, None, None, Some(Class::Denied)]);
    assert_eq!(batches(&script), ["abcd", "ab", "cd", "c", "d"]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_zone_is_waited_for_once_and_by_all() {
    let asked = AtomicUsize::new(0);
    let script = Script::new(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0..=2 => crate::aws::testing::refusal(400, "PriorRequestNotComplete"),
        _ => accepted(),
    });
    let start = Instant::now();
    let answers = change(&script.aws().await, &["a", "b", "c"]).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(batches(&script), ["abc", "abc", "abc", "abc"]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_lost_for_all_whose_changes_were_in_it() {
    let script = Script::new(|sent| if sent.body.contains("<Name>b.") { Told::Lost } else { accepted() });
    let aws = script.aws().await;
    let later = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        change(&aws, &["b", "c"]).await
    };
    let (first, second) = tokio::join!(change(&aws, &["a"]), later);
    let answers = first.iter().chain(&second);
    let ends: Vec<_> = answers.map(|answer| answer.as_ref().err().map(|failure| failure.class)).collect();
    assert_eq!(ends, [None, Some(Class::Lost), Some(Class::Lost)]);
    assert_eq!(batches(&script), ["a", "bc"]);
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_while_it_is_his_turn_leaves_the_others_theirs() {
    let asked = AtomicUsize::new(0);
    let script = Script::new(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => crate::aws::testing::refusal(400, "PriorRequestNotComplete"),
        _ => accepted(),
    });
    let aws = script.aws().await;
    let account = aws.account(None).unwrap();
    let first =
        tokio::time::timeout(Duration::from_millis(500), account.change_records("Z1", creation("a.example.dev")));
    let (first, second) = tokio::join!(first, account.change_records("Z1", creation("b.example.dev")));
    assert!(first.is_err());
    assert!(second.is_ok());
}

#[tokio::test(start_paused = true)]
async fn two_changes_of_one_name_never_share_a_batch() {
    let script = Script::new(|_| accepted());
    change(&script.aws().await, &["a", "b", "c", "b"]).await;
    assert_eq!(batches(&script), ["abc", "b"]);
}
