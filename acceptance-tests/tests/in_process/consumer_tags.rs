//! Tags on every object of a consumer: another name reaches all that tell it.

use serde_json::{Value as Json, json};

use crate::consumer_setting::{Setting, USER, merged, pass, zone_of};

const TAG: &str = "CreateTags";
const TAG_ZONE: &str = "ChangeTagsForResource";

impl Setting {
    /// Tags of endpoint, security group and zone, ours among them.
    async fn carried(&self) -> [Json; 3] {
        pass(120).await;
        let state = self.state();
        let id = |name: &str| state[name].as_str().unwrap().to_owned();
        let seen = self.ec2(USER).describe_vpc_endpoints().vpc_endpoint_ids(id("id")).send().await.unwrap();
        let group = || self.ec2(USER).describe_security_groups().group_ids(id("security_group_id")).send();
        // One read of a new object may miss it.
        let _ = group().await;
        let group = group().await.unwrap();
        let zone = self.route53(USER).list_tags_for_resource().resource_type("hostedzone".into());
        let zone = zone.resource_id(zone_of(&state).as_str().unwrap()).send().await.unwrap();
        let of_ec2 = |tags: &[aws_sdk_ec2::types::Tag]| -> Json {
            tags.iter().map(|tag| (tag.key().unwrap().to_owned(), json!(tag.value()))).collect()
        };
        let of_zone = zone.resource_tag_set().unwrap().tags().iter();
        [
            of_ec2(seen.vpc_endpoints()[0].tags()),
            of_ec2(group.security_groups()[0].tags()),
            of_zone.map(|tag| (tag.key().unwrap().to_owned(), json!(tag.value()))).collect(),
        ]
    }

    async fn expect_named(&self, name: &str, shown: &str) {
        for tags in self.carried().await {
            assert_eq!(tags["privatelink:resource"], json!(format!("consumer/{name}")), "{tags:#}");
            assert_eq!(tags["Name"], json!(shown), "{tags:#}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn another_name_is_written_to_every_object_and_changes_nothing_else() {
    let mut setting = Setting::open(61).await;
    let dns = json!({"zone_name": "orders.internal", "record": [{"name": "api"}]});
    let config = setting.config(json!({"name": "orders", "dns": [dns]}));
    setting.apply(&config).await;
    setting.expect_named("orders", "orders").await;
    let before = setting.state();

    let renamed = merged(&config, &json!({"name": "shop"}));
    setting.update("another name", &renamed, &[TAG, TAG, TAG_ZONE]).await;
    setting.expect_named("shop", "shop").await;
    for result in ["security_group_id", "zone_ids", "dns_name", "records", "network_interfaces"] {
        assert_eq!(setting.state()[result], before[result], "{result}");
    }

    let state = setting.state();
    let id = |name: &str| state[name].as_str().unwrap().to_owned();
    let wrong = aws_sdk_ec2::types::Tag::builder().key("privatelink:resource").value("consumer/wrong").build();
    let objects = [id("id"), id("security_group_id")];
    setting.ec2(USER).create_tags().set_resources(Some(objects.to_vec())).tags(wrong).send().await.unwrap();
    let wrong = aws_sdk_route53::types::Tag::builder().key("privatelink:resource").value("consumer/wrong").build();
    let call = setting.route53(USER).change_tags_for_resource().resource_type("hostedzone".into());
    call.resource_id(zone_of(&state).as_str().unwrap()).add_tags(wrong).send().await.unwrap();
    pass(120).await;
    setting.catch_up().await;
    setting.update("the names in the owner tags are changed", &renamed, &[TAG, TAG, TAG_ZONE]).await;
    setting.expect_named("shop", "shop").await;

    // A Name tag of the person's own stays, and the objects tell the new name all the same.
    let tagged = merged(&renamed, &json!({"tags": {"Name": "by hand"}}));
    setting.update("an own Name tag", &tagged, &[TAG, TAG, TAG, TAG_ZONE]).await;
    setting.expect_named("shop", "by hand").await;
    let again = merged(&tagged, &json!({"name": "orders-next"}));
    setting.update("another name beside it", &again, &[TAG, TAG, TAG_ZONE]).await;
    setting.expect_named("orders-next", "by hand").await;
    assert_eq!(setting.state()["name"], json!("orders-next"));
    setting.destroy().await;
}
