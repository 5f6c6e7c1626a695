//! Calls of a hosted zone, against scripted answers.

mod translating {

    use super::super::calls::is_reference_of;
    use super::super::{HostedZone, Spec, State};
    use crate::aws::Tags;
    use crate::engine::{Change, Compare as _};

    fn spec() -> Spec {
        Spec {
            name: "Internal.example.dev.".into(),
            vpc_id: "vpc-1".into(),
            vpc_region: "eu-west-1".into(),
            base_name: "orders".into(),
            uid: None,
            tags: Tags::from([("Team".into(), "orders".into())]),
        }
    }

    fn state() -> State {
        State {
            zone_id: "Z1".into(),
            name: "internal.example.dev".into(),
            vpc_id: "vpc-1".into(),
            vpc_region: "eu-west-1".into(),
            account: None,
            change_id: Some("C1".into()),
            named: Some("orders".into()),
            uid: Some("u-1".into()),
            tags: spec().tags,
        }
    }

    #[test]
    fn what_came_of_a_spec_shows_no_change() {
        assert_eq!(HostedZone.diff(&spec(), &state()), Change::None);
        assert_eq!(HostedZone.forecast(&spec(), &state()).change_id, None);
    }

    #[test]
    fn another_name_is_a_new_zone_beside_the_old_one_and_the_rest_changes_in_place() {
        let other = Spec { name: "other.example.dev".into(), tags: Tags::new(), ..spec() };
        assert_eq!(HostedZone.diff(&other, &state()), Change::Replace(vec!["name"]));
        let moved = Spec { vpc_region: "eu-west-2".into(), ..spec() };
        assert_eq!(HostedZone.diff(&moved, &state()), Change::Update(vec!["vpc_id"]));
        assert_eq!(HostedZone.diff(&Spec { tags: Tags::new(), ..spec() }, &state()), Change::Update(vec!["tags"]));
        let renamed = Spec { base_name: "other".into(), ..spec() };
        assert_eq!(HostedZone.diff(&renamed, &state()), Change::Update(vec!["tags"]));
        assert_eq!(HostedZone.diff(&renamed, &HostedZone.forecast(&renamed, &state())), Change::None);
    }

    #[test]
    fn a_zone_of_another_uid_is_tagged_anew_and_one_whose_uid_nobody_knows_stays() {
        let spec = |uid: &str| Spec { uid: Some(uid.into()), ..spec() };
        assert_eq!(HostedZone.diff(&spec("u-1"), &state()), Change::None);
        assert_eq!(HostedZone.diff(&spec("u-2"), &state()), Change::Update(vec!["tags"]));
        assert_eq!(HostedZone.diff(&spec("u-2"), &HostedZone.forecast(&spec("u-2"), &state())), Change::None);
        let unread = State { uid: None, ..state() };
        assert_eq!(HostedZone.diff(&spec("u-2"), &unread), Change::None);
        assert_eq!(HostedZone.forecast(&spec("u-2"), &unread).uid, None, "as it will be read");
    }

    #[test]
    fn a_zone_is_known_by_its_reference_also_after_one_was_used_up() {
        assert!(is_reference_of("privatelink/u/hosted_zone/1", "privatelink/u/hosted_zone/1"));
        assert!(is_reference_of("privatelink/u/hosted_zone/1/abc", "privatelink/u/hosted_zone/1"));
        assert!(!is_reference_of("privatelink/u/hosted_zone/10", "privatelink/u/hosted_zone/1"));
        assert!(!is_reference_of("terraform-1", "privatelink/u/hosted_zone/1"));
    }
}

mod calling {

    use super::super::{HostedZone, Spec, State};
    use crate::aws::testing::{Answer, Script, refusal};
    use crate::aws::{Tags, names};
    use crate::engine::{Change, Class, Compare as _, Link as _, Owner};

    fn owner() -> Owner {
        Owner {
            resource: "consumer/orders".into(),
            uid: "u-1".into(),
            link: "hosted_zone".into(),
            generation: 0,
            run_tags: std::collections::BTreeMap::new(),
        }
    }

    fn spec() -> Spec {
        Spec {
            name: "example.dev".into(),
            vpc_id: "vpc-1".into(),
            vpc_region: "eu-west-1".into(),
            base_name: "orders".into(),
            uid: None,
            tags: Tags::new(),
        }
    }

    fn zone(reference: &str) -> String {
        format!(
            "<HostedZone><Id>/hostedzone/Z1</Id><Name>example.dev.</Name><CallerReference>{reference}</CallerReference>\
         </HostedZone>"
        )
    }

    /// An AWS with one zone of the name, made with `reference`.
    fn existing(reference: &str) -> Script {
        let zone = zone(reference);
        Script::new(move |sent| {
            let reply = match sent.what.as_str() {
                "GET /2013-04-01/hostedzonesbyname" => format!(
                    "<ListHostedZonesByNameResponse><HostedZones>{zone}</HostedZones><IsTruncated>false</IsTruncated>\
                 <MaxItems>100</MaxItems></ListHostedZonesByNameResponse>"
                ),
                "GET /2013-04-01/hostedzone/Z1" => format!(
                    "<GetHostedZoneResponse>{zone}<VPCs><VPC><VPCRegion>eu-west-2</VPCRegion><VPCId>vpc-0</VPCId></VPC>\
                 <VPC><VPCRegion>eu-west-1</VPCRegion><VPCId>vpc-1</VPCId></VPC></VPCs></GetHostedZoneResponse>"
                ),
                "POST /2013-04-01/tags/hostedzone" => "<ListTagsForResourcesResponse><ResourceTagSets><ResourceTagSet>\
                <ResourceType>hostedzone</ResourceType><ResourceId>Z1</ResourceId><Tags/></ResourceTagSet>\
                </ResourceTagSets></ListTagsForResourcesResponse>"
                    .to_owned(),
                _ if sent.body.contains("CreateHostedZoneRequest")
                    && sent.body.contains(&format!("<CallerReference>{}</", names::caller_reference(&owner()))) =>
                {
                    return refusal(409, "HostedZoneAlreadyExists");
                }
                _ if sent.body.contains("CreateHostedZoneRequest") => {
                    let zone = zone.replace("Z1", "Z2");
                    let body = format!(
                        "<CreateHostedZoneResponse>{zone}<ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status>\
                     <SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo><DelegationSet><NameServers>\
                     <NameServer>ns</NameServer></NameServers></DelegationSet></CreateHostedZoneResponse>"
                    );
                    return Answer::Reply(201, body);
                }
                _ => "<ChangeTagsForResourceResponse/>".to_owned(),
            };
            Answer::Reply(200, reply)
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_zone_of_a_lost_attempt_is_taken_up_by_its_reference() {
        let script = existing(&names::caller_reference(&owner()));
        let state = HostedZone.create(&script.aws().await, &owner(), &spec()).await.unwrap();
        assert_eq!(state.zone_id, "Z1");
        assert_eq!(HostedZone.diff(&spec(), &state), Change::None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reference_that_was_used_up_does_not_stop_a_new_zone() {
        let script = existing("somebody else");
        let state = HostedZone.create(&script.aws().await, &owner(), &spec()).await.unwrap();
        assert_eq!(state.zone_id, "Z2");
        assert_eq!(state.change_id, None, "records may be written into it at once");
        let tagged = script.sent().pop().unwrap();
        assert!(tagged.what.ends_with("/tags/hostedzone/Z2") && tagged.body.contains("privatelink:uid"), "{tagged:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_zone_of_a_stranger_is_not_found() {
        let script = existing("somebody else");
        assert_eq!(HostedZone.find(&script.aws().await, &owner(), &spec()).await.unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_zone_with_records_of_others_is_kept() {
        let script = Script::new(|_| refusal(400, "HostedZoneNotEmpty"));
        let state = State { zone_id: "Z1".into(), ..State::default() };
        let failure = HostedZone.delete(&script.aws().await, &state).await.unwrap_err();
        assert_eq!(failure.class, Class::Kept);
        assert!(failure.message.contains("records that this resource did not make"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_zone_with_records_of_its_next_owner_is_left_to_it() {
        let script = Script::new(|sent| {
            if sent.what.starts_with("DELETE") {
                return refusal(400, "HostedZoneNotEmpty");
            }
            let body = "<ListTagsForResourcesResponse><ResourceTagSets><ResourceTagSet><ResourceType>hostedzone</ResourceType>\
                    <ResourceId>Z1</ResourceId><Tags><Tag><Key>privatelink:uid</Key><Value>u-2</Value></Tag></Tags>\
                    </ResourceTagSet></ResourceTagSets></ListTagsForResourcesResponse>";
            Answer::Reply(200, body.into())
        });
        let state = |uid: &str| State { zone_id: "Z1".into(), uid: Some(uid.into()), ..State::default() };
        HostedZone.delete(&script.aws().await, &state("u-1")).await.unwrap();
        let failure = HostedZone.delete(&script.aws().await, &state("u-2")).await.unwrap_err();
        assert_eq!(failure.class, Class::Kept);
    }
}
