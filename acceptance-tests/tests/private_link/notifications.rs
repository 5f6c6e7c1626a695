//! Connection notifications: made, changed, listed, deleted.

use serde_json::json;

use super::land::{Land, code, item_codes};

const TOPIC: &str = "arn:aws:sns:us-east-1:111111111111:connections";

#[tokio::test(start_paused = true)]
async fn a_notification_is_made_changed_listed_and_deleted() {
    let land = Land::calm();
    let service = land.service(true).await;
    let create = || land.provider.create_vpc_endpoint_connection_notification().connection_notification_arn(TOPIC);
    let made = create().service_id(&service.id).connection_events("Reject").connection_events("Accept").send().await;
    let made = made.unwrap().connection_notification.unwrap();
    assert_eq!(made.connection_events(), ["Accept", "Reject"]);
    let id = made.connection_notification_id.unwrap();
    let modify = land.provider.modify_vpc_endpoint_connection_notification().connection_notification_id(&id);
    modify.connection_events("Delete").send().await.unwrap();
    let describe = || land.provider.describe_vpc_endpoint_connection_notifications().connection_notification_id(&id);
    let read = describe().send().await.unwrap();
    let read = &read.connection_notification_set()[0];
    assert_eq!((read.service_id(), read.connection_events().len()), (Some(service.id.as_str()), 1));
    assert!(land.world.lock().objects(land.world.now()).iter().any(|object| object.id == id));
    let delete =
        || land.provider.delete_vpc_endpoint_connection_notifications().connection_notification_ids(&id).send();
    assert!(delete().await.unwrap().unsuccessful().is_empty());
    assert_eq!(item_codes(delete().await.unwrap().unsuccessful()), ["InvalidConnectionNotification"]);
    assert_eq!(code(describe().send().await), "InvalidConnectionNotification");
}

#[tokio::test(start_paused = true)]
async fn a_notification_needs_one_object_known_events_and_a_topic_of_its_region() {
    let land = Land::calm();
    let service = land.service(true).await;
    let create = |topic: &str| {
        let call = land.provider.create_vpc_endpoint_connection_notification().connection_notification_arn(topic);
        call.connection_events("Accept")
    };
    assert_eq!(code(create(TOPIC).send().await), "InvalidParameter");
    assert_eq!(
        code(create(TOPIC).connection_events("Sneeze").service_id(&service.id).send().await),
        "InvalidParameter"
    );
    let elsewhere = TOPIC.replace("us-east-1", "eu-west-1");
    assert_eq!(code(create(&elsewhere).service_id(&service.id).send().await), "InvalidConnectionNotification");
    land.force("topic", TOPIC, &json!({"exists": false}));
    assert_eq!(code(create(TOPIC).service_id(&service.id).send().await), "InvalidConnectionNotification");
    land.force("topic", TOPIC, &json!({"exists": true}));
    land.force("topic", TOPIC, &json!({"publishes": false}));
    assert_eq!(code(create(TOPIC).service_id(&service.id).send().await), "InvalidConnectionNotification");
    land.force("topic", TOPIC, &json!({"publishes": true}));
    create(TOPIC).service_id(&service.id).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_notification_is_switched_off_when_its_topic_goes_and_stays_off() {
    let land = Land::calm();
    let service = land.service(true).await;
    let create = land.provider.create_vpc_endpoint_connection_notification().connection_notification_arn(TOPIC);
    create.service_id(&service.id).connection_events("Accept").send().await.unwrap();
    let state = || async {
        let read = land.provider.describe_vpc_endpoint_connection_notifications().send().await.unwrap();
        read.connection_notification_set()[0].connection_notification_state().unwrap().as_str().to_owned()
    };
    assert_eq!(state().await, "Enabled");
    land.force("topic", TOPIC, &json!({"exists": false}));
    assert_eq!(state().await, "Disabled");
    land.force("topic", TOPIC, &json!({"exists": true}));
    assert_eq!(state().await, "Disabled");
}
