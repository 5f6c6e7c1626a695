use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::{Existing, Rule, SecurityGroupRules, Source, Spec, State};
use crate::aws::testing::{Answer, Script, Sent, ec2_refusal, ec2_reply};
use crate::engine::{Class, Link, Owner};

fn rule(port: i32) -> Rule {
    Rule::new("tcp", Some(port), Some(port), Source::CidrIpv4("10.0.0.0/16".into()), None)
}

fn existing() -> Existing {
    Existing { rule: rule(0), id: None, tags: Some(crate::aws::Tags::new()) }
}

fn state(ports: &[i32]) -> State {
    let existing = |port: &i32| Existing { rule: rule(*port), id: Some(format!("sgr-{port}")), ..existing() };
    State { group_id: "sg-1".into(), ingress: ports.iter().map(existing).collect() }
}

fn spec(ports: &[i32]) -> Spec {
    Spec { group_id: "sg-1".into(), ingress: ports.iter().copied().map(rule).collect(), ..Spec::default() }
}

fn owner() -> Owner {
    Owner {
        resource: "consumer/orders".into(),
        uid: "u-1".into(),
        link: "security_group_rules".into(),
        generation: 0,
        run_tag: None,
    }
}

fn refused(code: &str) -> Answer {
    ec2_refusal(400, code)
}

fn shown(sent: &Sent, ports: &[i32]) -> Answer {
    let items: Vec<String> = ports
        .iter()
        .map(|port| {
            format!(
                "<item><securityGroupRuleId>sgr-{port}</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress>\
                 <ipProtocol>tcp</ipProtocol><fromPort>{port}</fromPort><toPort>{port}</toPort>\
                 <cidrIpv4>10.0.0.0/16</cidrIpv4></item>"
            )
        })
        .collect();
    ec2_reply(sent, &format!("<securityGroupRuleSet>{}</securityGroupRuleSet>", items.concat()))
}

#[tokio::test(start_paused = true)]
async fn rules_are_added_before_others_are_removed_in_one_call_each() {
    let script = Script::new(|sent| ec2_reply(sent, "<return>true</return>"));
    let next = SecurityGroupRules
        .update(&script.aws().await, &owner(), &spec(&[443, 8443, 9443]), &state(&[22, 80, 443]), &["ingress"])
        .await
        .unwrap();
    assert_eq!(script.calls(), ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]);
    let bodies: Vec<String> = script.sent().into_iter().map(|sent| sent.body).collect();
    assert!(bodies[0].contains("IpPermissions.2.FromPort=9443") && !bodies[0].contains("=443"), "{}", bodies[0]);
    assert!(bodies[1].contains("SecurityGroupRuleId.1=sgr-22") && bodies[1].contains("sgr-80"), "{}", bodies[1]);
    assert_eq!(next.rules(), spec(&[443, 8443, 9443]).ingress);
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_exists_already_does_not_keep_the_others_out() {
    let script = Script::new(|sent| match sent.what.as_str() {
        "AuthorizeSecurityGroupIngress" if sent.body.contains("FromPort=443&") => {
            refused("InvalidPermission.Duplicate")
        }
        "DescribeSecurityGroupRules" => shown(sent, &[443]),
        _ => ec2_reply(sent, "<return>true</return>"),
    });
    let made = SecurityGroupRules.create(&script.aws().await, &owner(), &spec(&[443, 8443])).await.unwrap();
    assert_eq!(made.rules(), spec(&[443, 8443]).ingress);
    let calls = ["AuthorizeSecurityGroupIngress", "DescribeSecurityGroupRules", "AuthorizeSecurityGroupIngress"];
    assert_eq!(script.calls(), calls);
}

#[tokio::test(start_paused = true)]
async fn removing_rules_of_which_one_is_gone_removes_the_rest() {
    let script = Script::new(|sent| match sent.what.as_str() {
        "RevokeSecurityGroupIngress" if sent.body.contains("sgr-22") => refused("InvalidSecurityGroupRuleId.NotFound"),
        "DescribeSecurityGroupRules" => shown(sent, &[80]),
        _ => ec2_reply(sent, "<return>true</return>"),
    });
    assert_eq!(SecurityGroupRules.delete(&script.aws().await, &state(&[22, 80])).await, Ok(()));
    let last = script.sent().pop().unwrap();
    assert!(last.body.contains("SecurityGroupRuleId.1=sgr-80"), "{}", last.body);
}

#[tokio::test(start_paused = true)]
async fn no_rules_need_no_call() {
    let script = Script::new(|_| refused("InternalError"));
    assert_eq!(SecurityGroupRules.create(&script.aws().await, &owner(), &spec(&[])).await, Ok(state(&[])));
    assert_eq!(SecurityGroupRules.delete(&script.aws().await, &state(&[])).await, Ok(()));
    assert_eq!(script.calls(), [""; 0]);
}

/// The ports of a group's rules, and how few there were at any time.
type Group = Arc<Mutex<(BTreeSet<i32>, usize)>>;

/// A group of at most `most` rules as AWS keeps it, and the fewest that let traffic in at any time.
fn group(most: usize, ports: std::ops::Range<i32>) -> (Script, Group) {
    let kept = Arc::new(Mutex::new((ports.clone().collect::<BTreeSet<i32>>(), ports.count())));
    let held = Arc::clone(&kept);
    let script = Script::new(move |sent| {
        let (rules, fewest) = &mut *held.lock().unwrap();
        let named = |mark: &str| -> BTreeSet<i32> {
            let values = sent.body.split('&').filter_map(|part| part.split_once(mark));
            values.filter_map(|(_, port)| port.parse().ok()).collect()
        };
        match sent.what.as_str() {
            "AuthorizeSecurityGroupIngress" => {
                let wanted: BTreeSet<i32> = rules.union(&named(".FromPort=")).copied().collect();
                if wanted.len() > most {
                    return refused("RulesPerSecurityGroupLimitExceeded");
                }
                *rules = wanted;
                let ports: Vec<i32> = named(".FromPort=").into_iter().collect();
                return shown(sent, &ports);
            }
            "RevokeSecurityGroupIngress" => rules.retain(|port| !named("=sgr-").contains(port)),
            other => panic!("{other}"),
        }
        *fewest = rules.len().min(*fewest);
        ec2_reply(sent, "<return>true</return>")
    });
    (script, kept)
}

#[tokio::test(start_paused = true)]
async fn rules_that_fit_where_both_sets_do_not_are_exchanged_in_steps() {
    // What exists, what is wanted, the limit, and how few rules there may be on the way.
    let table = [
        (0..40, 100..140, 60, 40),
        (0..2, 100..160, 60, 2),
        (0..60, 100..160, 60, 50),
        (0..60, 30..90, 60, 50),
        (0..10, 0..10, 10, 10),
        (0..40, 100..140, 1000, 40),
    ];
    for (have, want, most, fewest) in table {
        let (script, kept) = group(most, have.clone());
        let (have, want): (Vec<i32>, Vec<i32>) = (have.collect(), want.collect());
        let next = SecurityGroupRules
            .update(&script.aws().await, &owner(), &spec(&want), &state(&have), &["ingress"])
            .await
            .unwrap();
        let (rules, least) = kept.lock().unwrap().clone();
        assert_eq!(rules, want.iter().copied().collect(), "{have:?}");
        assert!(least >= fewest, "{least} of {have:?}");
        assert_eq!(next.rules(), spec(&want).ingress);
        assert!(script.calls().len() <= 24, "{:?}", script.calls());
    }
}

#[tokio::test(start_paused = true)]
async fn more_rules_than_a_group_can_have_are_refused_and_nothing_is_removed_for_them() {
    let (script, kept) = group(60, 0..60);
    let have: Vec<i32> = (0..60).collect();
    let want: Vec<i32> = (0..61).collect();
    let failure = SecurityGroupRules
        .update(&script.aws().await, &owner(), &spec(&want), &state(&have), &["ingress"])
        .await
        .unwrap_err();
    assert_eq!(failure.class, Class::LimitExceeded);
    assert_eq!(kept.lock().unwrap().0.len(), 60);
    assert_eq!(script.calls(), ["AuthorizeSecurityGroupIngress"]);
}
