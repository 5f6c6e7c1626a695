//! Both sides, once, from nothing to a packet that arrives and back to nothing.

use serde_json::json;

use crate::core::objects;
use crate::landscape::{CONSUMER, Landscape, SERVICE};

#[tokio::test(start_paused = true)]
async fn both_sides_are_made_reached_and_removed() {
    let land = Landscape::strict(1);
    let mut owner = land.service_side().await;
    owner.apply(SERVICE, "api", &land.service()).await;
    let service = owner.state("api");
    let mut user = land.consumer_side().await;
    let config = land.consumer(&service);
    user.apply(CONSUMER, "orders", &config).await;
    // AWS takes "a few minutes" until resolvers know a private name; nothing that can be asked tells when.
    tokio::time::sleep(std::time::Duration::from_secs(300)).await;
    for name in ["orders.example.dev", "orders.internal", "api.orders.internal"] {
        let answer = land.reach(name);
        assert_eq!(answer["reached"], json!(true), "{name}: {answer:#}");
    }
    let found = user.destroy("orders").await;
    assert!(!found.has_errors(), "{found:#?}");
    let found = owner.destroy("api").await;
    assert!(!found.has_errors(), "{found:#?}");
    assert_eq!(objects(&land.world), json!({}));
}

#[tokio::test(start_paused = true)]
async fn what_was_made_is_imported_as_it_is() {
    let land = Landscape::strict(2);
    let mut owner = land.service_side().await;
    owner.apply(SERVICE, "api", &land.service()).await;
    let service = owner.state("api");
    let mut user = land.consumer_side().await;
    let config = land.consumer(&service);
    user.apply(CONSUMER, "orders", &config).await;
    let consumer = user.state("orders");

    owner.forget("api");
    let found = owner.import(SERVICE, "api", service["id"].as_str().unwrap()).await;
    assert!(!found.has_errors(), "{found:#?}");
    owner.expect_empty(SERVICE, "api", &land.service()).await;

    user.forget("orders");
    let found = user.import(CONSUMER, "orders", consumer["id"].as_str().unwrap()).await;
    assert!(!found.has_errors(), "{found:#?}");
    // Who accepts is not AWS's to hold: its return is the one update that an import shows.
    let mut without_accept = config.clone();
    without_accept.as_object_mut().unwrap().remove("accept");
    user.expect_empty(CONSUMER, "orders", &without_accept).await;
    let plan = user.plan(CONSUMER, "orders", &config).await;
    let touched: Vec<_> =
        plan.planned.get("links").as_map().unwrap().iter().filter(|(_, id)| id.is_unknown()).collect();
    assert_eq!(touched.len(), 1, "what was imported and stays is shown as touched: {touched:?}");
    assert_eq!(touched[0].0, "connection");
    user.apply(CONSUMER, "orders", &config).await;

    let found = user.destroy("orders").await;
    assert!(!found.has_errors(), "{found:#?}");
    let found = owner.destroy("api").await;
    assert!(!found.has_errors(), "{found:#?}");
    assert_eq!(objects(&land.world), json!({}));
}
