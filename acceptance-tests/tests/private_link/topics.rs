//! SNS over its wire: topics, their policies, and what both mean for connection notifications.

use acceptance_tests::simulator::request::WireRequest;
use acceptance_tests::simulator::world::Reply;
use serde_json::{Value, json};

use super::land::{CONSUMER, Land, PROVIDER, code};

/// Calls SNS as the SDKs do and gives status and body.
async fn sns(land: &Land, account: &str, action: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.append_pair("Action", action).append_pair("Version", "2010-03-31").extend_pairs(fields);
    let scope = format!("Credential={account}/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0");
    let request = WireRequest {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        authorization: format!("AWS4-HMAC-SHA256 {scope}"),
        body: body.finish().into(),
        ..WireRequest::default()
    };
    match land.world.serve(request).await {
        Reply::Answer(answer) => (answer.status, answer.text()),
        other => panic!("{action}: {other:?}"),
    }
}

/// Demands a refusal with this code.
async fn refused(land: &Land, account: &str, action: &str, fields: &[(&str, &str)], status: u16, code: &str) {
    let (seen, body) = sns(land, account, action, fields).await;
    assert!(seen == status && body.contains(&format!("<Code>{code}</Code>")), "{action}: {seen} {body}");
}

async fn done(land: &Land, action: &str, fields: &[(&str, &str)]) -> String {
    let (status, body) = sns(land, PROVIDER, action, fields).await;
    assert_eq!(status, 200, "{action}: {body}");
    body
}

async fn topic(land: &Land, name: &str) -> String {
    done(land, "CreateTopic", &[("Name", name)]).await;
    format!("arn:aws:sns:us-east-1:{PROVIDER}:{name}")
}

fn policy(topic: &str, condition: &Value) -> String {
    let mut statement = json!({"Effect": "Allow", "Principal": {"Service": "vpce.amazonaws.com"},
        "Action": "SNS:Publish", "Resource": topic});
    if condition.is_object() {
        statement["Condition"] = condition.clone();
    }
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

async fn set_policy(land: &Land, topic: &str, policy: &str) {
    let fields = [("TopicArn", topic), ("AttributeName", "Policy"), ("AttributeValue", policy)];
    done(land, "SetTopicAttributes", &fields).await;
}

#[tokio::test(start_paused = true)]
async fn a_topic_is_made_once_read_listed_tagged_and_deleted() {
    let land = Land::calm();
    let arn = topic(&land, "audit").await;
    let made = done(&land, "CreateTopic", &[("Name", "audit")]).await;
    assert!(made.contains(&format!("<CreateTopicResult><TopicArn>{arn}</TopicArn>")), "{made}");
    let read = done(&land, "GetTopicAttributes", &[("TopicArn", &arn)]).await;
    assert!(read.contains(&format!("<entry><key>Owner</key><value>{PROVIDER}</value></entry>")), "{read}");
    assert!(read.contains("__default_policy_ID"), "{read}");
    let listed = done(&land, "ListTopics", &[]).await;
    assert!(listed.contains(&arn) && listed.contains(":connections<"), "{listed}");
    let tag = [("ResourceArn", arn.as_str()), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
    done(&land, "TagResource", &tag).await;
    let tags = done(&land, "ListTagsForResource", &[("ResourceArn", &arn)]).await;
    assert!(tags.contains("<Key>team</Key><Value>a</Value>"), "{tags}");
    done(&land, "UntagResource", &[("ResourceArn", &arn), ("TagKeys.member.1", "team")]).await;
    for _ in 0..2 {
        done(&land, "DeleteTopic", &[("TopicArn", &arn)]).await;
    }
    refused(&land, PROVIDER, "GetTopicAttributes", &[("TopicArn", &arn)], 404, "NotFound").await;
    refused(&land, PROVIDER, "ListTagsForResource", &[("ResourceArn", &arn)], 404, "ResourceNotFound").await;
}

#[tokio::test(start_paused = true)]
async fn names_attributes_and_policies_of_topics_are_checked() {
    let land = Land::calm();
    let arn = topic(&land, "audit").await;
    refused(&land, PROVIDER, "CreateTopic", &[("Name", "a b")], 400, "InvalidParameter").await;
    refused(&land, PROVIDER, "CreateTopic", &[("Name", "a.fifo")], 501, "NotSimulated").await;
    let other = [("Name", "audit"), ("Attributes.entry.1.key", "DisplayName"), ("Attributes.entry.1.value", "Audit")];
    refused(&land, PROVIDER, "CreateTopic", &other, 400, "InvalidParameter").await;
    let set = |name: &'static str, value: &'static str| {
        [("TopicArn", arn.clone()), ("AttributeName", name.to_owned()), ("AttributeValue", value.to_owned())]
    };
    for (name, value, status, code) in [
        ("Policy", "{", 400, "InvalidParameter"),
        ("Policy", "{\"Statement\": []}", 400, "InvalidParameter"),
        ("Owner", "1", 400, "InvalidParameter"),
        ("KmsMasterKeyId", "alias/aws/sns", 501, "NotSimulated"),
        ("HTTPSuccessFeedbackSampleRate", "101", 400, "InvalidParameter"),
        ("MQTTSuccessFeedbackSampleRate", "1", 501, "NotSimulated"),
    ] {
        let fields = set(name, value);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        refused(&land, PROVIDER, "SetTopicAttributes", &fields, status, code).await;
    }
    let [topic_arn, name, value] = &set("HTTPSuccessFeedbackSampleRate", "0");
    done(&land, "SetTopicAttributes", &[(topic_arn.0, &topic_arn.1), (name.0, &name.1), (value.0, &value.1)]).await;
    let read = done(&land, "GetTopicAttributes", &[("TopicArn", &arn)]).await;
    assert!(read.contains("<key>HTTPSuccessFeedbackSampleRate</key><value>0</value>"), "{read}");
    refused(&land, CONSUMER, "GetTopicAttributes", &[("TopicArn", &arn)], 403, "AuthorizationError").await;
    refused(&land, PROVIDER, "GetTopicAttributes", &[("TopicArn", "audit")], 400, "InvalidParameter").await;
    refused(&land, PROVIDER, "Publish", &[("TopicArn", &arn)], 501, "NotSimulated").await;
}

#[tokio::test(start_paused = true)]
async fn a_notification_needs_a_topic_that_lets_the_service_publish() {
    let land = Land::calm();
    let service = land.service(true).await;
    let arn = format!("arn:aws:sns:us-east-1:{PROVIDER}:audit");
    let create = || {
        let call = land.provider.create_vpc_endpoint_connection_notification().connection_notification_arn(&arn);
        call.service_id(&service.id).connection_events("Accept").send()
    };
    assert_eq!(code(create().await), "InvalidConnectionNotification");
    topic(&land, "audit").await;
    assert_eq!(code(create().await), "InvalidConnectionNotification");
    let of = |account: &str| json!({"StringEquals": {"aws:SourceAccount": account}});
    set_policy(&land, &arn, &policy(&arn, &of(CONSUMER))).await;
    assert_eq!(code(create().await), "InvalidConnectionNotification");
    let elsewhere = json!({"ArnLike": {"aws:SourceArn": "arn:aws:ec2:us-east-1:*:vpc-endpoint-service/vpce-svc-1"}});
    set_policy(&land, &arn, &policy(&arn, &elsewhere)).await;
    assert_eq!(code(create().await), "InvalidConnectionNotification");
    set_policy(&land, &arn, &policy(&arn, &of(PROVIDER))).await;
    let made = create().await.unwrap().connection_notification.unwrap();
    // A change to another topic is judged as well; what stays is not.
    let id = made.connection_notification_id.unwrap();
    set_policy(&land, &arn, "").await;
    let modify = || land.provider.modify_vpc_endpoint_connection_notification().connection_notification_id(&id);
    modify().connection_events("Reject").send().await.unwrap();
    assert_eq!(code(modify().connection_notification_arn(&arn).send().await), "InvalidConnectionNotification");
    let connections = format!("arn:aws:sns:us-east-1:{PROVIDER}:connections");
    modify().connection_notification_arn(&connections).send().await.unwrap();
}
