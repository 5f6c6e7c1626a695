//! The layer as a whole, against scripted answers.

use std::collections::BTreeMap;

use super::settings::{AssumeRole, Endpoints, Identity, Settings};
use super::testing::{Answer, Script, identity, refusal, reply, settings};
use crate::engine::Class;

const IDENTITY: &str = "<Account>111111111111</Account><Arn>arn:aws:iam::111111111111:user/u</Arn>";

fn caller(id: &str) -> Answer {
    reply("GetCallerIdentity", &IDENTITY.replace("111111111111", id))
}

#[tokio::test(start_paused = true)]
async fn a_write_is_sent_once_and_a_read_again_after_a_lost_reply() {
    let script = Script::new(|_| Answer::Lost);
    let aws = script.aws().await;
    let account = aws.account(None).unwrap();
    let sent = account.ec2().create_security_group().group_name("g").description("d").send();
    let failure = account.call(super::Operation::Ec2("CreateSecurityGroup"), sent).await.unwrap_err();
    assert_eq!((failure.class, failure.region.as_str()), (Class::Lost, "eu-west-1"));
    assert_eq!(script.calls(), ["CreateSecurityGroup"]);
    let failure = account.vpc("vpc-1").await.unwrap_err();
    assert_eq!(failure.class, Class::Unavailable);
    assert_eq!(script.calls()[1..], ["DescribeVpcs", "DescribeVpcs", "DescribeVpcs"]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_write_is_left_to_the_engine() {
    let script = Script::new(|_| refusal(400, "Throttling"));
    let aws = script.aws().await;
    let account = aws.account(None).unwrap();
    let sent = account.elbv2().delete_listener().listener_arn("arn").send();
    let failure = account.call(super::Operation::Elbv2("DeleteListener"), sent).await.unwrap_err();
    assert_eq!(script.calls().len(), 1);
    assert_eq!(failure.class, Class::Throttled, "{failure}");
}

#[tokio::test(start_paused = true)]
async fn route_53_is_signed_for_its_one_region() {
    let script = Script::new(|_| refusal(404, "NoSuchHostedZone"));
    let aws = script.aws().await;
    assert!(aws.account(None).unwrap().hosted_zone("Z1").await.unwrap().is_none());
    let sent = script.sent();
    assert_eq!(
        (sent[0].what.as_str(), sent[0].host.as_str()),
        ("GET /2013-04-01/hostedzone/Z1", "route53.amazonaws.com")
    );
    assert!(sent[0].authorization.contains("/us-east-1/route53/"), "{}", sent[0].authorization);
}

#[tokio::test(start_paused = true)]
async fn written_endpoints_are_used_and_signed_for_the_resources_region() {
    let endpoints = Endpoints {
        ec2: Some("http://127.0.0.1:9/ec2".into()),
        route53: Some("http://127.0.0.1:9".into()),
        ..Endpoints::default()
    };
    let script = Script::new(|_| refusal(400, "InvalidParameterValue"));
    let aws = script.aws_with(Settings { endpoints, ..settings() }).await.in_region("ap-southeast-2");
    let account = aws.account(None).unwrap();
    account.vpc("vpc-1").await.unwrap_err();
    account.is_in_sync("C1").await.unwrap_err();
    let sent = script.sent();
    assert!(sent.iter().all(|sent| sent.host == "127.0.0.1"));
    assert!(sent[0].authorization.contains("/ap-southeast-2/ec2/"), "{}", sent[0].authorization);
    assert!(sent[1].authorization.contains("/us-east-1/route53/"), "{}", sent[1].authorization);
}

#[tokio::test(start_paused = true)]
async fn the_account_is_asked_for_once_and_not_at_all_when_told_so() {
    let script = Script::new(|_| caller("111111111111"));
    let aws = script.aws().await;
    for region in ["eu-west-1", "us-east-1"] {
        let account = aws.account_in(None, region).unwrap();
        assert_eq!(account.id().await.unwrap().as_deref(), Some("111111111111"));
    }
    assert_eq!(script.calls(), ["GetCallerIdentity"]);
    let silent = Script::new(|_| Answer::Lost);
    let skip = Settings { skip_requesting_account_id: true, skip_credentials_validation: true, ..settings() };
    let aws = silent.aws_with(skip).await;
    assert_eq!(aws.account(None).unwrap().id().await.unwrap(), None);
    aws.validate().await.unwrap();
    assert!(silent.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn accounts_outside_of_the_allowed_ones_are_refused() {
    let script = Script::new(|_| caller("111111111111"));
    let with = |allowed: &[&str], forbidden: &[&str]| {
        let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        Settings { allowed_account_ids: set(allowed), forbidden_account_ids: set(forbidden), ..settings() }
    };
    script.aws_with(with(&["111111111111"], &[])).await.validate().await.unwrap();
    let failure = script.aws_with(with(&["222222222222"], &[])).await.validate().await.unwrap_err();
    assert_eq!(failure.attribute, Some("allowed_account_ids"));
    let failure = script.aws_with(with(&[], &["111111111111"])).await.validate().await.unwrap_err();
    assert_eq!(failure.attribute, Some("forbidden_account_ids"));
}

#[tokio::test(start_paused = true)]
async fn a_peer_works_with_its_own_keys_in_its_own_region() {
    let script = Script::new(|_| refusal(400, "InvalidParameterValue"));
    let peer = Identity { access_key: Some("AKIDPEER".into()), ..identity("us-west-2") };
    let aws = script.aws_with(Settings { peers: BTreeMap::from([("partner".into(), peer)]), ..settings() }).await;
    aws.account(Some("partner")).unwrap().vpc("vpc-1").await.unwrap_err();
    aws.account_in(Some("partner"), "eu-west-3").unwrap().vpc("vpc-1").await.unwrap_err();
    let sent = script.sent();
    assert!(sent[0].authorization.contains("AKIDPEER") && sent[0].authorization.contains("/us-west-2/"));
    assert!(sent[1].authorization.contains("/eu-west-3/"));
    let failure = aws.account(Some("stranger")).unwrap_err();
    assert_eq!((failure.class, failure.attribute), (Class::Invalid, Some("peer_account")));
    assert!(failure.advice.unwrap().contains("partner"));
}

#[tokio::test(start_paused = true)]
async fn roles_are_assumed_one_with_the_credentials_of_the_other() {
    let script = Script::new(|sent| match sent.what.as_str() {
        "AssumeRole" => {
            let key = if sent.body.contains("role%2Ffirst") { "AKIDFIRST" } else { "AKIDSECOND" };
            let keys = format!(
                "<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                 <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
            );
            reply("AssumeRole", &keys)
        }
        _ => caller("222222222222"),
    });
    let role = |name: &str| AssumeRole {
        role_arn: format!("arn:aws:iam::222222222222:role/{name}"),
        source_identity: Some("alice".into()),
        ..AssumeRole::default()
    };
    let own = Identity { assume_role: vec![role("first"), role("second")], ..identity("eu-west-1") };
    let aws = script.aws_with(Settings { identity: own, ..Settings::default() }).await;
    assert_eq!(aws.account(None).unwrap().id().await.unwrap().as_deref(), Some("222222222222"));
    let sent = script.sent();
    let keys: Vec<_> = ["AKIDEXAMPLE", "AKIDFIRST", "AKIDSECOND"].into();
    assert_eq!(script.calls(), ["AssumeRole", "AssumeRole", "GetCallerIdentity"]);
    assert!(sent.iter().zip(keys).all(|(sent, key)| sent.authorization.contains(key)), "{sent:?}");
    assert!(sent[0].body.contains("SourceIdentity=alice"));
}

#[tokio::test(start_paused = true)]
async fn resources_of_one_region_share_their_reads() {
    let script = Script::new(|_| {
        let vpcs = "<vpcSet><item><vpcId>vpc-1</vpcId></item><item><vpcId>vpc-2</vpcId></item></vpcSet>";
        Answer::Reply(200, format!("<DescribeVpcsResponse>{vpcs}</DescribeVpcsResponse>"))
    });
    let aws = script.aws().await;
    let (one, other) = (aws.in_region("eu-west-1"), aws.clone());
    let (first, second, third) = tokio::join!(
        one.account(None).unwrap().vpc("vpc-1"),
        other.account(None).unwrap().vpc("vpc-2"),
        other.account(None).unwrap().vpc("vpc-3"),
    );
    assert!(first.unwrap().is_some() && second.unwrap().is_some() && third.unwrap().is_none());
    assert_eq!(script.calls(), ["DescribeVpcs"]);
}
