use super::{Existing, Rule, SecurityGroupRules, Source, Spec, State};
use crate::aws::testing::{Answer, Script, Sent, ec2_refusal, ec2_reply};
use crate::engine::{Link, Owner};

fn rule(port: i32) -> Rule {
    Rule::new("tcp", Some(port), Some(port), Source::CidrIpv4("10.0.0.0/16".into()), None)
}

fn state(ports: &[i32]) -> State {
    let existing = |port: &i32| Existing { rule: rule(*port), id: Some(format!("sgr-{port}")) };
    State { group_id: "sg-1".into(), ingress: ports.iter().map(existing).collect() }
}

fn spec(ports: &[i32]) -> Spec {
    Spec { group_id: "sg-1".into(), ingress: ports.iter().copied().map(rule).collect() }
}

fn owner() -> Owner {
    Owner {
        resource: "consumer/orders".into(),
        uid: "u-1".into(),
        link: "security_group_rules".into(),
        generation: 0,
        lease: None,
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
