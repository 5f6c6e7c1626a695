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
