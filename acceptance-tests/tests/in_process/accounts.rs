//! Credentials of another account: a wrong profile must not make a state forget what exists.

use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, pass};
use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, SERVICE};

/// Neither of the two accounts.
const STRANGER: &str = "333333333333";

/// Every request of Terraform's with the wrong credentials is refused, and changes nothing.
async fn expect_refusals(right: &Terraform, kind: &str, name: &str, config: &Json, account: &str) {
    let mut wrong = Terraform::configured(&right.world, json!({"access_key": STRANGER})).await;
    wrong.take_over(right);
    let before = right.world.calls().len();
    let mut changed = config.clone();
    changed["tags"] = json!({"changed": "yes"});
    let found = [
        ("refresh", wrong.refresh(name).await),
        ("plan", wrong.plan_only(kind, name, config).await.diagnostics),
        ("plan of a change", wrong.plan_only(kind, name, &changed).await.diagnostics),
        ("destroy", wrong.destroy(name).await),
    ];
    for (what, found) in found {
        let told = texts(&found).join("\n");
        assert!(found.has_errors(), "{what} of a {kind} passed");
        for words in [account, STRANGER, "Nothing was changed", "state rm"] {
            assert!(told.contains(words), "{what} of a {kind} does not say {words}: {told}");
        }
        assert!(wrong.has(name), "{what} of a {kind} forgot it");
    }
    let calls = right.world.calls().split_off(before);
    assert!(calls.iter().all(|call| !call.mutating), "{calls:#?}");
}

#[tokio::test(start_paused = true)]
async fn credentials_of_another_account_are_refused_with_both_accounts_named() {
    let mut setting = Setting::closed(81).await;
    let config = setting.config(json!({"accept": {"peer_account": "service"}}));
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    expect_refusals(&setting.user, CONSUMER, ORDERS, &config, USER).await;
    let service = crate::consumer_setting::merged(&setting.land.service(), &json!({"private_dns": null}));
    expect_refusals(&setting.owner, SERVICE, "api", &service, OWNER).await;
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_decision_is_known_by_the_account_of_its_service() {
    const CONNECTION: &str = "privatelink_connection";
    let mut setting = Setting::closed(82).await;
    let config = setting.config(json!({}));
    let found = setting.user.try_apply(CONSUMER, ORDERS, &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(120).await;
    let decision = json!({
        "service_id": setting.service["id"], "endpoint_id": setting.user.state(ORDERS)["id"],
    });
    let found = setting.owner.try_apply(CONNECTION, "decision", &decision).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    expect_refusals(&setting.owner, CONNECTION, "decision", &decision, OWNER).await;
    for (side, name) in [(&mut setting.owner, "decision"), (&mut setting.user, ORDERS)] {
        assert!(!side.destroy(name).await.has_errors());
    }
    assert!(!setting.owner.destroy("api").await.has_errors());
    assert_eq!(objects(&setting.land.world), json!({}));
}

#[tokio::test(start_paused = true)]
async fn a_peer_of_another_account_is_refused_where_only_a_zone_and_its_records_are_the_peers() {
    let mut setting = Setting::open(83).await;
    let zone = setting.zone(OWNER, "shop.internal").await;
    let dns = json!({"zone_id": zone, "peer_account": "service", "record": [{"name": "orders"}]});
    let config = setting.config(json!({"dns": [dns]}));
    setting.user.apply(CONSUMER, ORDERS, &config).await;
    let peer = json!([{"name": "service", "access_key": STRANGER, "secret_key": "x"}]);
    let block = json!({"access_key": USER, "peer_account": peer});
    let mut wrong = Terraform::configured(&setting.land.world, block).await;
    wrong.take_over(&setting.user);
    let before = setting.land.world.calls().len();
    for found in [
        wrong.refresh(ORDERS).await,
        wrong.plan_only(CONSUMER, ORDERS, &config).await.diagnostics,
        wrong.destroy(ORDERS).await,
    ] {
        let told = texts(&found).join("\n");
        for words in [OWNER, STRANGER, "peer_account \"service\"", &zone, "Nothing was changed"] {
            assert!(found.has_errors() && told.contains(words), "{words}: {told}");
        }
    }
    assert!(setting.land.world.calls()[before..].iter().all(|call| !call.mutating));
    setting.user.expect_empty(CONSUMER, ORDERS, &config).await;
    assert!(!setting.user.destroy(ORDERS).await.has_errors());
    pass(120).await;
    setting.route53(OWNER).delete_hosted_zone().id(&zone).send().await.unwrap();
    setting.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn a_peer_of_another_account_is_refused_where_only_the_verification_record_is_the_peers() {
    let setting = Setting::bare(84).await;
    let with = |key: &str| {
        let peer = json!([{"name": "names", "access_key": key, "secret_key": "x"}]);
        json!({"access_key": OWNER, "peer_account": peer})
    };
    // The public zone is the service owner's own, and the peer's credentials are of that account.
    let mut right = Terraform::configured(&setting.land.world, with(OWNER)).await;
    let mut config = setting.land.service();
    config["private_dns"]["peer_account"] = json!("names");
    right.apply(SERVICE, "api", &config).await;
    let mut wrong = Terraform::configured(&setting.land.world, with(STRANGER)).await;
    wrong.take_over(&right);
    for found in [wrong.refresh("api").await, wrong.destroy("api").await] {
        let told = texts(&found).join("\n");
        for words in [OWNER, STRANGER, "peer_account \"names\"", "hosted zone", "Nothing was changed"] {
            assert!(found.has_errors() && told.contains(words), "{words}: {told}");
        }
    }
    assert!(!right.destroy("api").await.has_errors());
    assert_eq!(objects(&setting.land.world), json!({}));
}
