//! Calls of a list of certificates, against scripted answers.

use std::collections::BTreeSet;

use super::calls::{ADD, REMOVE};
use super::diff::CERTIFICATES;
use super::{ListenerCertificates, Spec, State};
use crate::aws::testing::{Script, refusal, reply};
use crate::engine::{Change, Compare as _, Link as _, Observed, Owner};

const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/net/orders/1/2";

fn set(arns: &[&str]) -> BTreeSet<String> {
    arns.iter().map(|arn| (*arn).to_owned()).collect()
}

fn spec(default: &str, arns: &[&str]) -> Spec {
    Spec { listener_arn: ARN.into(), default_arn: Some(default.into()), certificate_arns: set(arns) }
}

fn state(arns: &[&str]) -> State {
    State { listener_arn: ARN.into(), certificate_arns: set(arns), default_arn: None }
}

/// A list that holds the default certificate too.
fn with_default(default: &str, arns: &[&str]) -> State {
    State { default_arn: Some(default.into()), ..state(arns) }
}

fn owner() -> Owner {
    Owner {
        resource: "service/orders".into(),
        uid: "u-1".into(),
        link: "additional_certificates.https".into(),
        generation: 0,
        run_tags: std::collections::BTreeMap::new(),
    }
}

/// An AWS whose listener has a default certificate, and these.
fn having(arns: &'static [&'static str]) -> Script {
    Script::new(move |sent| match sent.what.as_str() {
        "DescribeListenerCertificates" => {
            let one = |arn: &str, is_default: bool| {
                format!("<member><CertificateArn>{arn}</CertificateArn><IsDefault>{is_default}</IsDefault></member>")
            };
            let all = arns.iter().map(|arn| one(arn, false)).collect::<String>();
            let all = format!("<Certificates>{}{all}</Certificates>", one("default", true));
            reply("DescribeListenerCertificates", &all)
        }
        action => reply(action, ""),
    })
}

#[tokio::test(start_paused = true)]
async fn the_default_certificate_is_no_part_of_the_list_unless_it_is_in_it() {
    let rows = [
        (&["a", "b"][..], state(&["a", "b"])),
        (&["default"], with_default("default", &["default"])),
        (&[], state(&[])),
    ];
    for (there, expected) in rows {
        let seen = ListenerCertificates.read(&having(there).aws().await, &state(&["a"])).await.unwrap();
        assert_eq!(seen, Observed::Ready(expected));
    }
    let gone = Script::new(|_| refusal(400, "ListenerNotFound"));
    assert_eq!(ListenerCertificates.read(&gone.aws().await, &state(&["a"])).await.unwrap(), Observed::Absent);
}

#[tokio::test(start_paused = true)]
async fn all_that_come_are_one_call_and_all_that_go_another() {
    let script = having(&[]);
    let wanted = spec("default", &["c", "d", "keep"]);
    let Change::Update(fields) = ListenerCertificates.diff(&wanted, &state(&["a", "b", "keep"])) else {
        panic!("it changes in place")
    };
    let before = state(&["a", "b", "keep"]);
    let after = ListenerCertificates.update(&script.aws().await, &owner(), &wanted, &before, &fields).await.unwrap();
    assert_eq!(script.calls(), [ADD, REMOVE]);
    assert!(script.sent()[0].body.contains("Certificates.member.2.CertificateArn=d"), "{}", script.sent()[0].body);
    assert_eq!(after, state(&["c", "d", "keep"]));
    assert_eq!(ListenerCertificates.diff(&wanted, &after), Change::None);
    assert_eq!(ListenerCertificates.describe(&wanted, Some(&before)), ["add c, d, remove a, b"]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_makes_no_call_and_takes_out_what_others_add() {
    let script = having(&[]);
    let made = ListenerCertificates.create(&script.aws().await, &owner(), &spec("default", &[])).await.unwrap();
    assert!(script.calls().is_empty());
    assert_eq!(ListenerCertificates.diff(&spec("default", &[]), &made), Change::None);
    assert_eq!(ListenerCertificates.describe(&spec("default", &[]), None), ["allow none"]);
    let found = state(&["x"]);
    assert_eq!(ListenerCertificates.diff(&spec("default", &[]), &found), Change::Update(vec![CERTIFICATES]));
}

#[test]
fn a_default_certificate_stays_in_the_list_while_it_is_the_default() {
    // The default one and a further one are exchanged.
    let have = state(&["b"]);
    let wanted = spec("b", &["a"]);
    assert_eq!(ListenerCertificates.describe(&wanted, Some(&have)), ["add a"]);
    let after = ListenerCertificates.forecast(&wanted, &have);
    assert_eq!(after, with_default("b", &["a", "b"]));
    assert_eq!(ListenerCertificates.describe_removal(&after), ["remove a"], "the default one stays");
    assert_eq!(ListenerCertificates.describe_removal(&with_default("b", &["b"])), Vec::<String>::new());
    assert_eq!(ListenerCertificates.diff(&wanted, &after), Change::None);
    let next = spec("c", &["a"]);
    assert_eq!(ListenerCertificates.describe(&next, Some(&after)), ["remove b"]);
}

#[tokio::test(start_paused = true)]
async fn only_what_is_there_and_ours_is_removed() {
    let script = having(&["b", "default", "stranger"]);
    ListenerCertificates.delete(&script.aws().await, &state(&["a", "b", "default"])).await.unwrap();
    assert_eq!(script.calls(), ["DescribeListenerCertificates", REMOVE]);
    let body = &script.sent()[1].body;
    assert!(body.contains("member.1.CertificateArn=b") && !body.contains("member.2"), "{body}");
    let script = having(&[]);
    ListenerCertificates.delete(&script.aws().await, &state(&["a"])).await.unwrap();
    assert_eq!(script.calls(), ["DescribeListenerCertificates"]);
}
