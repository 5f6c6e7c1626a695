//! Calls of a hosted zone, against scripted answers.

use super::*;
use crate::aws::names;
use crate::aws::testing::{Answer, Script, refusal};
use crate::engine::{Class, Link as _, Owner};

fn owner() -> Owner {
    Owner {
        resource: "consumer/orders".into(),
        uid: "u-1".into(),
        link: "hosted_zone".into(),
        generation: 0,
        run_tag: None,
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
