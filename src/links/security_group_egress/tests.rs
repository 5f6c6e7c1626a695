use aws_sdk_ec2::types::SecurityGroupRule;

use super::calls::summed_up;
use super::{NoEgress, Outgoing, Spec, State};
use crate::engine::{Change, Compare as _};

#[test]
fn rules_of_another_group_are_taken_away_there() {
    let state = State { group_id: "sg-1".into(), ..State::default() };
    let spec = |group_id: &str| Spec { group_id: group_id.into(), has_ipv6: false };
    assert_eq!(NoEgress.diff(&spec("sg-1"), &state), Change::None);
    assert_eq!(NoEgress.diff(&spec("sg-2"), &state), Change::Replace(vec!["group_id"]));
}

#[test]
fn what_a_group_lets_out_is_everything_nothing_or_chosen() {
    let rule = || SecurityGroupRule::builder().is_egress(true);
    let v4 = rule().ip_protocol("-1").from_port(-1).to_port(-1).cidr_ipv4("0.0.0.0/0").build();
    let v6 = rule().ip_protocol("-1").from_port(-1).to_port(-1).cidr_ipv6("::/0").build();
    let https = rule().ip_protocol("tcp").from_port(443).to_port(443).cidr_ipv4("10.0.0.0/16").build();
    let list = rule().ip_protocol("-1").from_port(-1).to_port(-1).prefix_list_id("pl-1").build();
    let range = rule().ip_protocol("udp").from_port(1).to_port(9).cidr_ipv6("fd00::/8").build();
    let chosen = |words: &[&str]| Outgoing::Chosen(words.iter().map(|word| (*word).to_owned()).collect());
    assert_eq!(summed_up(&[]), Outgoing::Nothing);
    assert_eq!(summed_up(std::slice::from_ref(&v4)), Outgoing::All);
    assert_eq!(summed_up(&[v6.clone(), v4.clone()]), Outgoing::All);
    assert_eq!(summed_up(&[v6]), chosen(&["all protocols to ::/0"]));
    assert_eq!(summed_up(&[https.clone(), list]), chosen(&["tcp 443 to 10.0.0.0/16", "all protocols to pl-1"]));
    assert_eq!(summed_up(&[range]), chosen(&["udp 1-9 to fd00::/8"]));
    assert_eq!(summed_up(&[v4, https]), chosen(&["all protocols to 0.0.0.0/0", "tcp 443 to 10.0.0.0/16"]));
}
