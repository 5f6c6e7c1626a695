use super::diff::{AUTHORIZATION, ZONE};
use super::{Spec, State, ZoneAssociation, unmade};
use crate::aws::testing::{Answer, Script, ec2_reply, refusal};
use crate::engine::{Change, Compare as _, Link as _, Owner};

fn spec() -> Spec {
    Spec {
        account: None,
        zone_id: "Z1".into(),
        vpc_id: "vpc-2".into(),
        vpc_region: "eu-west-1".into(),
        is_further: false,
    }
}

fn owner() -> Owner {
    Owner {
        resource: "consumer/orders".into(),
        uid: "u".into(),
        link: "zone_association".into(),
        generation: 0,
        run_tags: std::collections::BTreeMap::new(),
    }
}

/// A zone that these VPCs see.
fn zone(vpcs: &[&str]) -> Answer {
    let vpcs: String =
        vpcs.iter().map(|id| ["<VPC><VPCRegion>eu-west-1</VPCRegion><VPCId>", id, "</VPCId></VPC>"].concat()).collect();
    Answer::Reply(
        200,
        format!(
            "<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>example.dev.</Name>\
             <CallerReference>r</CallerReference></HostedZone><VPCs>{vpcs}</VPCs></GetHostedZoneResponse>"
        ),
    )
}

fn change(root: &str) -> Answer {
    Answer::Reply(
        200,
        format!(
            "<{root}><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status>\
             <SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></{root}>"
        ),
    )
}

#[tokio::test(start_paused = true)]
async fn an_association_that_is_there_belongs_to_somebody_and_stays() {
    let script = Script::new(|sent| match sent.what.as_str() {
        "DescribeTags" => ec2_reply(sent, "<tagSet/>"),
        _ => zone(&["vpc-1", "vpc-2"]),
    });
    let aws = script.aws().await;
    let state = ZoneAssociation.create(&aws, &owner(), &spec()).await.unwrap();
    assert!(!state.made);
    ZoneAssociation.delete(&aws, &state).await.unwrap();
    let is_read = |call: &String| call.starts_with("GET") || call == "DescribeTags";
    assert!(script.calls().iter().all(is_read), "{:?}", script.calls());
    assert_eq!(ZoneAssociation.diff(&spec(), &state), Change::None);
}

#[tokio::test(start_paused = true)]
async fn an_association_that_is_made_is_ours() {
    let script = Script::new(|sent| {
        let is_read = sent.what.starts_with("GET");
        if is_read { zone(&["vpc-1"]) } else { change("AssociateVPCWithHostedZoneResponse") }
    });
    let state = ZoneAssociation.create(&script.aws().await, &owner(), &spec()).await.unwrap();
    assert!(state.made && !state.authorized);
    assert_eq!(state.change_id.as_deref(), Some("C1"));
}

#[tokio::test(start_paused = true)]
async fn the_last_vpc_and_a_zone_of_that_name_are_told_with_what_to_do() {
    let table = [("ConflictingDomainExists", "another zone of this name"), ("InvalidVPCId", "vpc_ids")];
    for (code, words) in table {
        let script = Script::new(move |sent| {
            let is_read = sent.what.starts_with("GET");
            if is_read { zone(&["vpc-1"]) } else { refusal(400, code) }
        });
        let failure = ZoneAssociation.create(&script.aws().await, &owner(), &spec()).await.unwrap_err();
        assert!(failure.advice.as_deref().unwrap_or_default().contains(words), "{code}: {:?}", failure.advice);
    }
    let script = Script::new(|sent| {
        match sent.what.as_str() {
        "DescribeTags" => ec2_reply(sent, "<tagSet/>"),
        what if what.starts_with("GET") => Answer::Reply(
            200,
            "<ListResourceRecordSetsResponse><ResourceRecordSets/><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>\
             </ListResourceRecordSetsResponse>"
                .to_owned(),
        ),
        _ => refusal(400, "LastVPCAssociation"),
    }
    });
    let state = State { made: true, ..unmade(&spec()) };
    let failure = ZoneAssociation.delete(&script.aws().await, &state).await.unwrap_err();
    assert!(failure.advice.unwrap().contains("last VPC"));
}

#[test]
fn an_authorization_left_over_is_a_change_and_another_zone_a_replacement() {
    let state = State { made: true, authorized: true, ..unmade(&spec()) };
    assert_eq!(ZoneAssociation.diff(&spec(), &state), Change::Update(vec![AUTHORIZATION]));
    assert_eq!(ZoneAssociation.diff(&spec(), &ZoneAssociation.forecast(&spec(), &state)), Change::None);
    let other = Spec { zone_id: "Z2".into(), ..spec() };
    assert_eq!(ZoneAssociation.diff(&other, &state), Change::Replace(vec![ZONE]));
    let json = serde_json::to_string(&unmade(&spec())).unwrap();
    assert_eq!(serde_json::from_str::<State>(&json).unwrap(), unmade(&spec()));
}
