//! Calls of a verification record, against scripted answers.

mod translating {
    use aws_sdk_route53::types::ResourceRecordSet;

    use super::super::calls::{added, expand, made, removed, values};
    use super::super::{Spec, State, VerificationRecord};
    use crate::aws::zone_change::Step;
    use crate::engine::{Change, Compare as _};

    fn spec() -> Spec {
        Spec {
            account: None,
            zone_id: "Z1".into(),
            name: "_label.api.example.dev".into(),
            value: "vpce:Token".into(),
            ttl_seconds: 1800,
        }
    }

    fn set(ttl: i64, values: &[&str]) -> ResourceRecordSet {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        expand("_label.api.example.dev.", ttl, &values).unwrap()
    }

    fn told(steps: &[Step]) -> Vec<(String, Option<i64>, Vec<String>)> {
        steps.iter().map(|(action, set)| (action.as_str().to_owned(), set.ttl(), values(set))).collect()
    }

    #[test]
    fn the_first_value_creates_the_record() {
        let steps = added(&spec(), None).unwrap();
        assert_eq!(told(&steps), [("CREATE".into(), Some(1800), vec!["\"vpce:Token\"".into()])]);
    }

    #[test]
    fn values_of_others_and_their_ttl_stay() {
        let there = set(60, &["\"vpce:Other\"", "\"v=spf1 -all\""]);
        let before = values(&there);
        let steps = added(&spec(), Some(there)).unwrap();
        let all = ["\"vpce:Other\"", "\"v=spf1 -all\"", "\"vpce:Token\""].map(str::to_owned).to_vec();
        assert_eq!(told(&steps), [("DELETE".into(), Some(60), before), ("CREATE".into(), Some(60), all)]);
        assert_eq!(told(&added(&spec(), Some(set(60, &["\"vpce:Token\""]))).unwrap()), []);
    }

    #[test]
    fn the_case_of_a_value_matters() {
        assert_eq!(added(&spec(), Some(set(60, &["\"vpce:token\""]))).unwrap().len(), 2);
    }

    #[test]
    fn only_our_value_is_removed() {
        let steps = removed("vpce:Token", set(60, &["\"vpce:Token\"", "\"vpce:Other\""])).unwrap();
        let both = vec!["\"vpce:Token\"".into(), "\"vpce:Other\"".into()];
        let rest = vec!["\"vpce:Other\"".into()];
        assert_eq!(told(&steps), [("DELETE".into(), Some(60), both), ("CREATE".into(), Some(60), rest)]);
        let steps = removed("vpce:Token", set(60, &["\"vpce:Token\""])).unwrap();
        assert_eq!(told(&steps), [("DELETE".into(), Some(60), vec!["\"vpce:Token\"".into()])]);
        assert_eq!(told(&removed("vpce:Token", set(60, &["\"vpce:Other\""])).unwrap()), []);
    }

    #[test]
    fn a_new_value_stands_beside_the_old_one_and_a_ttl_is_no_change() {
        let state = made(&spec(), None);
        assert_eq!(VerificationRecord.diff(&spec(), &state), Change::None);
        assert_eq!(VerificationRecord.diff(&Spec { ttl_seconds: 60, ..spec() }, &state), Change::None);
        let minted = Spec { value: "vpce:Later".into(), ..spec() };
        assert_eq!(VerificationRecord.diff(&minted, &state), Change::Replace(vec!["value"]));
        let elsewhere = Spec { account: Some("dns".into()), ..spec() };
        assert_eq!(VerificationRecord.diff(&elsewhere, &state), Change::Update(vec!["account"]));
        assert_eq!(VerificationRecord.forecast(&elsewhere, &state), State { account: Some("dns".into()), ..state });
    }
}

mod calling {

    use super::super::{Spec, State, VerificationRecord};
    use crate::aws::testing::{Answer, Script, refusal};
    use crate::engine::{Class, Link as _, Observed, Owner};

    fn owner() -> Owner {
        Owner {
            resource: "service/orders".into(),
            uid: "u-1".into(),
            link: "verification_record".into(),
            generation: 0,
            run_tags: std::collections::BTreeMap::new(),
        }
    }

    fn spec() -> Spec {
        Spec {
            account: None,
            zone_id: "Z1".into(),
            name: "_label.api.example.dev".into(),
            value: "vpce:Token".into(),
            ttl_seconds: 1800,
        }
    }

    /// An AWS whose zone holds a TXT record with this value.
    fn zone(name: &'static str, value: &'static str) -> Script {
        Script::new(move |sent| {
            // AWS creates no record twice.
            let twice = format!("<Action>CREATE</Action><ResourceRecordSet><Name>{name}</Name>");
            if sent.what.starts_with("POST")
                && sent.body.contains(&twice)
                && !sent.body.contains("<Action>DELETE</Action>")
            {
                let body = "<InvalidChangeBatch><Messages><Message>it already exists</Message></Messages></InvalidChangeBatch>";
                return Answer::Reply(400, body.into());
            }
            if sent.what.starts_with("POST") {
                return Answer::Reply(
                    200,
                    "<ChangeResourceRecordSetsResponse><ChangeInfo><Id>/change/C1</Id><Status>INSYNC</Status>\
                 <SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>"
                        .into(),
                );
            }
            Answer::Reply(
                200,
                format!(
                    "<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet><Name>{name}.</Name>\
                 <Type>TXT</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>&quot;{value}&quot;</Value>\
                 </ResourceRecord></ResourceRecords></ResourceRecordSet></ResourceRecordSets>\
                 <IsTruncated>false</IsTruncated><MaxItems>1</MaxItems></ListResourceRecordSetsResponse>"
                ),
            )
        })
    }

    #[tokio::test(start_paused = true)]
    async fn the_record_behind_an_absent_one_is_not_taken_for_it() {
        let script = zone("_other.api.example.dev", "vpce:Token");
        let aws = script.aws().await;
        let state = VerificationRecord.create(&aws, &owner(), &spec()).await.unwrap();
        assert!(script.sent()[0].body.contains("<Action>CREATE</Action>"));
        assert_eq!(VerificationRecord.read(&aws, &state).await.unwrap(), Observed::Absent);
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_of_another_service_stays_beside_ours() {
        let script = zone("_label.api.example.dev", "vpce:Other");
        VerificationRecord.create(&script.aws().await, &owner(), &spec()).await.unwrap();
        let body = script.sent()[2].body.clone();
        let (deleted, created) = body.split_once("<Action>CREATE</Action>").unwrap();
        assert!(
            deleted.contains("DELETE") && deleted.contains("vpce:Other") && !deleted.contains("vpce:Token"),
            "{body}"
        );
        assert!(created.contains("vpce:Other") && created.contains("vpce:Token"), "{body}");
    }

    #[tokio::test(start_paused = true)]
    async fn our_value_is_found_and_only_then_the_record_is_ready() {
        let script = zone("_label.api.example.dev", "vpce:Token");
        let aws = script.aws().await;
        let state = VerificationRecord.find(&aws, &owner(), &spec()).await.unwrap().unwrap();
        assert_eq!(VerificationRecord.read(&aws, &state).await.unwrap(), Observed::Ready(state.clone()));
        VerificationRecord.delete(&aws, &state).await.unwrap();
        assert!(script.sent().pop().unwrap().body.contains("<Action>DELETE</Action>"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_zone_that_does_not_exist_is_a_mistake_when_it_is_written_to_and_no_obstacle_to_removal() {
        let script = Script::new(|_| refusal(404, "NoSuchHostedZone"));
        let aws = script.aws().await;
        let failure = VerificationRecord.create(&aws, &owner(), &spec()).await.unwrap_err();
        assert_eq!(failure.class, Class::Invalid);
        let state = State { zone_id: "Z1".into(), ..State::default() };
        VerificationRecord.delete(&aws, &state).await.unwrap();
    }

    fn mismatch() -> Answer {
        let body = "<InvalidChangeBatch><Messages><Message>the values provided do not match</Message></Messages></InvalidChangeBatch>";
        Answer::Reply(400, body.into())
    }

    #[tokio::test(start_paused = true)]
    async fn a_neighbour_s_value_that_came_after_the_read_is_not_written_over() {
        let seen = zone("_label.api.example.dev", "vpce:Other");
        let aws = {
            let seen = seen.clone();
            // What was read is not what is there any more: AWS refuses every batch.
            Script::new(move |sent| if sent.what.starts_with("POST") { mismatch() } else { seen.answer(sent) })
        };
        let failure = VerificationRecord.create(&aws.aws().await, &owner(), &spec()).await.unwrap_err();
        assert_eq!(failure.class, Class::Busy, "it is read and tried again");
        let ours = State {
            zone_id: "Z1".into(),
            name: "_label.api.example.dev".into(),
            value: "vpce:Other".into(),
            ..State::default()
        };
        let failure = VerificationRecord.delete(&aws.aws().await, &ours).await.unwrap_err();
        assert_eq!(failure.class, Class::Busy);
        assert!(aws.sent().iter().all(|sent| !sent.body.contains("UPSERT")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_misses_the_record_which_stops_the_creation_is_asked_again() {
        let seen = zone("_other.api.example.dev", "vpce:Other");
        let aws = Script::new(move |sent| if sent.what.starts_with("POST") { mismatch() } else { seen.answer(sent) });
        let failure = VerificationRecord.create(&aws.aws().await, &owner(), &spec()).await.unwrap_err();
        assert_eq!(failure.class, Class::NotYetVisible);
    }
}
