mod comparing {

    use super::super::calls::observe;
    use super::super::rule::{Rule, Source};
    use super::super::{Existing, SecurityGroupRules, Spec, State};
    use crate::aws::Tags;
    use crate::engine::{Change, Compare as _, Observed};

    fn state<const N: usize>(ports: [i32; N]) -> State {
        let existing = |port: i32| Existing {
            rule: Rule::new("tcp", Some(port), Some(port), Source::CidrIpv4("10.0.0.0/16".into()), None),
            id: Some(format!("sgr-{port}")),
            tags: Some(Tags::new()),
        };
        State { group_id: "sg-1".into(), ingress: ports.map(existing).into() }
    }

    #[test]
    fn no_rules_is_a_set_but_rules_that_vanished_are_absent() {
        assert_eq!(observe(&state([]), state([])), Observed::Ready(state([])));
        assert_eq!(observe(&state([443]), state([])), Observed::Absent);
        assert_eq!(observe(&state([443]), state([443, 22])), Observed::Ready(state([443, 22])));
    }

    #[test]
    fn a_foreign_rule_is_a_difference_and_another_group_a_replacement() {
        let spec = Spec { group_id: "sg-1".into(), ingress: state([443]).rules(), ..Spec::default() };
        assert_eq!(SecurityGroupRules.diff(&spec, &state([443])), Change::None);
        assert_eq!(SecurityGroupRules.diff(&spec, &state([443, 22])), Change::Update(vec!["ingress"]));
        let other = Spec { group_id: "sg-2".into(), ..spec };
        assert_eq!(SecurityGroupRules.diff(&other, &state([443])), Change::Replace(vec!["group_id"]));
    }

    #[test]
    fn rules_without_the_wanted_tags_are_a_difference() {
        let tags = Tags::from([("team".to_owned(), "orders".to_owned())]);
        let spec = Spec { group_id: "sg-1".into(), ingress: state([443, 80]).rules(), tags };
        let found = state([443, 80]);
        assert_eq!(SecurityGroupRules.diff(&spec, &found), Change::Update(vec!["ingress"]));
        assert_eq!(SecurityGroupRules.describe(&spec, Some(&found)), ["add tag team = orders on 2 rules"]);
        let next = SecurityGroupRules.forecast(&spec, &found);
        assert_eq!(SecurityGroupRules.diff(&spec, &next), Change::None);
    }

    #[test]
    fn tags_that_nobody_read_are_no_difference() {
        let unread = |existing: Existing| Existing { tags: None, ..existing };
        let recorded = State { ingress: state([443]).ingress.into_iter().map(unread).collect(), ..state([443]) };
        let tags = Tags::from([("team".to_owned(), "orders".to_owned())]);
        let spec = Spec { group_id: "sg-1".into(), ingress: state([443]).rules(), tags };
        assert_eq!(SecurityGroupRules.diff(&spec, &recorded), Change::None);
        assert_eq!(SecurityGroupRules.forecast(&spec, &recorded), recorded);
    }

    #[test]
    fn a_state_comes_back_from_json_as_it_went() {
        let json = serde_json::to_value(state([443])).unwrap();
        assert_eq!(serde_json::from_value::<State>(json).unwrap(), state([443]));
    }
}

mod translating {
    use aws_sdk_ec2::types as ec2;

    use super::super::calls::{expand, flatten};
    use super::super::rule::{Rule, Source};

    fn rule(source: Source) -> Rule {
        Rule::new("tcp", Some(443), Some(443), source, Some("clients".into()))
    }

    #[test]
    fn every_kind_of_source_has_its_own_place_in_a_permission() {
        let ipv4 = expand(&rule(Source::CidrIpv4("10.0.0.0/16".into())));
        assert_eq!(ipv4.ip_ranges()[0].cidr_ip(), Some("10.0.0.0/16"));
        assert_eq!(ipv4.ip_ranges()[0].description(), Some("clients"));
        assert_eq!((ipv4.ip_protocol(), ipv4.from_port(), ipv4.to_port()), (Some("tcp"), Some(443), Some(443)));
        let ipv6 = expand(&rule(Source::CidrIpv6("2001:db8::/32".into())));
        assert_eq!(ipv6.ipv6_ranges()[0].cidr_ipv6(), Some("2001:db8::/32"));
        let list = expand(&rule(Source::PrefixList("pl-1".into())));
        assert_eq!(list.prefix_list_ids()[0].prefix_list_id(), Some("pl-1"));
        let group = expand(&rule(Source::SecurityGroup("222222222222/sg-2".into())));
        let pair = &group.user_id_group_pairs()[0];
        assert_eq!((pair.user_id(), pair.group_id()), (Some("222222222222"), Some("sg-2")));
        let own = expand(&rule(Source::SecurityGroup("sg-2".into())));
        assert_eq!(own.user_id_group_pairs()[0].user_id(), None);
    }

    fn shown() -> ec2::builders::SecurityGroupRuleBuilder {
        ec2::SecurityGroupRule::builder()
            .security_group_rule_id("sgr-1")
            .group_owner_id("111111111111")
            .is_egress(false)
            .ip_protocol("tcp")
            .from_port(443)
            .to_port(443)
    }

    #[test]
    fn rules_come_back_in_the_form_in_which_they_are_wanted() {
        let group = |account: &str| ec2::ReferencedSecurityGroup::builder().group_id("sg-2").user_id(account).build();
        let table = [
            (shown().cidr_ipv4("10.0.0.0/16").build(), Source::CidrIpv4("10.0.0.0/16".into())),
            (shown().cidr_ipv6("2001:db8::/32").build(), Source::CidrIpv6("2001:db8::/32".into())),
            (shown().prefix_list_id("pl-1").build(), Source::PrefixList("pl-1".into())),
            (shown().referenced_group_info(group("111111111111")).build(), Source::SecurityGroup("sg-2".into())),
            (
                shown().referenced_group_info(group("222222222222")).build(),
                Source::SecurityGroup("222222222222/sg-2".into()),
            ),
        ];
        for (shown, source) in table {
            let existing = flatten(&shown).unwrap();
            assert_eq!(existing.rule, Rule::new("tcp", Some(443), Some(443), source, None));
            assert_eq!(existing.id.as_deref(), Some("sgr-1"));
        }
    }

    #[test]
    fn egress_is_not_ours() {
        assert_eq!(flatten(&shown().is_egress(true).cidr_ipv4("0.0.0.0/0").build()), None);
    }
}

mod deciding {
    use std::collections::BTreeMap;

    use super::super::diff::steps;
    use super::super::rule::Rule;
    use super::super::{Existing, SecurityGroupRules, Source, Spec, State};
    use crate::engine::Compare as _;

    fn rule(port: i32, description: Option<&str>) -> Rule {
        let source = Source::CidrIpv4("10.0.0.0/16".into());
        Rule::new("tcp", Some(port), Some(port), source, description.map(str::to_owned))
    }

    fn existing(port: i32, description: Option<&str>) -> Existing {
        Existing { rule: rule(port, description), id: Some(format!("sgr-{port}")), tags: Some(BTreeMap::new()) }
    }

    fn spec<const N: usize>(rules: [Rule; N]) -> Spec {
        Spec { group_id: "sg-1".into(), ingress: rules.into(), ..Spec::default() }
    }

    fn state<const N: usize>(rules: [Existing; N]) -> State {
        State { group_id: "sg-1".into(), ingress: rules.into() }
    }

    #[test]
    fn equal_sets_need_no_step() {
        assert!(steps(&spec([rule(443, None)]), &state([existing(443, None)])).is_empty());
        assert!(steps(&spec([]), &state([])).is_empty());
    }

    #[test]
    fn missing_rules_are_added_and_foreign_ones_removed() {
        let found = steps(&spec([rule(443, None), rule(80, None)]), &state([existing(443, None), existing(22, None)]));
        assert_eq!(found.add, [rule(80, None)]);
        assert_eq!(found.remove, [existing(22, None)]);
        assert_eq!(found.describe, []);
    }

    #[test]
    fn another_description_keeps_the_rule() {
        let found = steps(&spec([rule(443, Some("https"))]), &state([existing(443, None)]));
        assert_eq!((found.add.len(), found.remove.len()), (0, 0));
        assert_eq!(found.describe, [existing(443, Some("https"))]);
    }

    #[test]
    fn one_rule_with_two_descriptions_is_one_rule() {
        let spec = spec([rule(443, None), rule(443, Some("https"))]);
        let first = steps(&spec, &state([]));
        assert_eq!(first.add, [rule(443, Some("https"))]);
        assert!(steps(&spec, &state([existing(443, Some("https"))])).is_empty());
    }

    #[test]
    fn a_forecast_keeps_the_ids_of_what_stays() {
        let spec = spec([rule(443, Some("https")), rule(80, None)]);
        let next = SecurityGroupRules.forecast(&spec, &state([existing(443, None), existing(22, None)]));
        assert_eq!(
            next.ingress,
            [existing(443, Some("https")), Existing { rule: rule(80, None), id: None, tags: Some(BTreeMap::new()) }]
                .into()
        );
        assert!(steps(&spec, &next).is_empty());
    }
}

mod calling {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    use super::super::{Existing, Rule, SecurityGroupRules, Source, Spec, State};
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
            run_tags: std::collections::BTreeMap::new(),
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
            "RevokeSecurityGroupIngress" if sent.body.contains("sgr-22") => {
                refused("InvalidSecurityGroupRuleId.NotFound")
            }
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
}
