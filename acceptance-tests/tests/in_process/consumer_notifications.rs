//! Topics that are told about an endpoint's connection.

use serde_json::json;

use crate::consumer_setting::{ORDERS, Setting, USER, merged, pass};
use crate::core::texts;
use crate::landscape::CONSUMER;

const TOPIC: &str = "arn:aws:sns:us-east-1:222222222222:orders";
const OTHER: &str = "arn:aws:sns:us-east-1:222222222222:audit";
const CREATE: &str = "CreateVpcEndpointConnectionNotification";
const MODIFY: &str = "ModifyVpcEndpointConnectionNotification";
const DELETE: &str = "DeleteVpcEndpointConnectionNotifications";

#[tokio::test(start_paused = true)]
async fn topics_come_change_and_go_and_drift_is_healed() {
    let mut setting = Setting::open(921).await;
    for topic in [TOPIC, OTHER] {
        setting.set("topic", topic, json!({"exists": true}));
    }
    let without = setting.config(json!({}));
    setting.apply(&without).await;
    let some = merged(
        &without,
        &json!({"connection_notification": [{"connection_notification_arn": TOPIC, "connection_events": ["Accept", "Reject"]}]}),
    );
    setting.update("a topic added", &some, &[CREATE]).await;
    let all = merged(&without, &json!({"connection_notification": [{"connection_notification_arn": TOPIC}]}));
    setting.update("all events", &all, &[MODIFY]).await;
    let two = merged(
        &without,
        &json!({"connection_notification": [
            {"connection_notification_arn": TOPIC},
            {"connection_notification_arn": OTHER, "connection_events": ["Delete"]},
        ]}),
    );
    setting.update("a second topic", &two, &[CREATE]).await;

    let client = setting.ec2(USER);
    let found = client.describe_vpc_endpoint_connection_notifications().send().await.unwrap();
    let endpoint_id = setting.state()["id"].as_str().unwrap().to_owned();
    let ours = found.connection_notification_set().iter().find(|one| one.connection_notification_arn() == Some(OTHER));
    assert_eq!(ours.unwrap().vpc_endpoint_id(), Some(endpoint_id.as_str()));
    let id = ours.unwrap().connection_notification_id().unwrap().to_owned();
    client
        .modify_vpc_endpoint_connection_notification()
        .connection_notification_id(&id)
        .connection_events("Connect")
        .send()
        .await
        .unwrap();
    pass(120).await;
    let plan = setting.plan(&two).await;
    let named = [format!("record.notification.{OTHER}"), "connection_notification".to_owned()];
    assert_eq!(setting.differing(&plan), named.into());
    setting.carry_out("other events", &two, plan, &[MODIFY]).await;
    client.delete_vpc_endpoint_connection_notifications().connection_notification_ids(&id).send().await.unwrap();
    pass(120).await;
    setting.update("the notification is gone", &two, &[CREATE]).await;

    setting.update("one less", &all, &[DELETE]).await;
    setting.update("both again", &two, &[CREATE]).await;
    let before = setting.state()["connection_notification"].clone();
    setting.user.forget(ORDERS);
    setting.forget_calls();
    let found = setting.user.import(CONSUMER, ORDERS, &endpoint_id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(setting.state()["connection_notification"].as_array().unwrap().len(), before.as_array().unwrap().len());
    setting.apply(&two).await;
    assert_eq!(setting.changes(), Vec::<String>::new());
    setting.destroy().await;
}
