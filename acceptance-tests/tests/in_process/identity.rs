//! Identities: what core keeps beside a state to name its object, and imports by them.
//!
//! That every refresh and apply of all other tests keeps an identity as it is, `core.rs` asserts.

use privatelink::value::Value;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, pass};
use crate::core::{Terraform, texts};
use crate::landscape::{CONSUMER, SERVICE};

const CONNECTION: &str = "privatelink_connection";
const REGION: &str = "us-east-1";

fn identity(id: &Json, region: impl Into<Json>, account_id: impl Into<Json>) -> Json {
    json!({"id": id, "region": region.into(), "account_id": account_id.into()})
}

fn shown(terraform: &Terraform, name: &str) -> Json {
    let text = |value: &Value| value.as_str().map_or(Json::Null, Json::from);
    let known = terraform.identity(name);
    identity(&text(known.get("id")), text(known.get("region")), text(known.get("account_id")))
}

/// A service, a consumer that waits, and both configurations.
async fn both(seed: u64) -> (Setting, Json) {
    let mut setting = Setting::closed(seed).await;
    let consumer = setting.config(json!({}));
    let found = setting.user.try_apply(CONSUMER, ORDERS, &consumer).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(120).await;
    (setting, consumer)
}

#[tokio::test(start_paused = true)]
async fn an_identity_is_the_id_with_its_region_and_the_account_that_holds_it() {
    let (mut setting, _) = both(1901).await;
    let (service, endpoint) = (setting.service["id"].clone(), setting.state()["id"].clone());
    assert_eq!(shown(&setting.owner, "api"), identity(&service, REGION, OWNER));
    assert_eq!(shown(&setting.user, ORDERS), identity(&endpoint, REGION, USER));
    // A connection is its service's owner's, whoever's credentials accept it.
    let accepted = json!({"service_id": service, "endpoint_id": endpoint, "peer_account": "service"});
    setting.user.apply(CONNECTION, "decision", &accepted).await;
    let pair = json!(format!("{}/{}", service.as_str().unwrap(), endpoint.as_str().unwrap()));
    assert_eq!(shown(&setting.user, "decision"), identity(&pair, REGION, OWNER));
}

#[tokio::test(start_paused = true)]
async fn an_object_is_imported_by_its_identity_or_by_parts_of_it() {
    let (mut setting, consumer) = both(1902).await;
    let (service, endpoint) = (setting.service["id"].clone(), setting.state()["id"].clone());
    setting.accept(endpoint.as_str().unwrap()).await;
    pass(120).await;
    let pair = json!(format!("{}/{}", service.as_str().unwrap(), endpoint.as_str().unwrap()));
    for (region, account) in [(json!(REGION), true), (Json::Null, true), (json!(REGION), false), (Json::Null, false)] {
        for (kind, id, whose) in [(SERVICE, &service, OWNER), (CONNECTION, &pair, OWNER), (CONSUMER, &endpoint, USER)] {
            let side = if whose == OWNER { &mut setting.owner } else { &mut setting.user };
            let account = if account { json!(whose) } else { Json::Null };
            let found = side.import_identified(kind, "again", &identity(id, region.clone(), account)).await;
            assert!(!found.has_errors(), "{kind}: {:#?}", texts(&found));
            assert_eq!(side.state("again")["id"], *id);
            assert_eq!(shown(side, "again"), identity(id, REGION, whose), "{kind}");
        }
    }
    // As an import by id would have it.
    let mut by_id = setting.land.consumer_side().await;
    let found = by_id.import(CONSUMER, "again", endpoint.as_str().unwrap()).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(by_id.state("again"), setting.user.state("again"));
    setting.user.expect_empty(CONSUMER, ORDERS, &consumer).await;
}

#[tokio::test(start_paused = true)]
async fn identities_that_name_nothing_are_refused_with_what_is_wrong() {
    let (mut setting, _) = both(1903).await;
    let (service, endpoint) = (setting.service["id"].clone(), setting.state()["id"].clone());
    let absent = json!("vpce-0123456789abcdef0");
    for (kind, written, words) in [
        (CONSUMER, identity(&endpoint, REGION, OWNER), vec!["Cannot import", OWNER, USER, "account_id"]),
        (CONSUMER, identity(&absent, REGION, OWNER), vec!["Cannot import", OWNER, USER, "account_id"]),
        (CONSUMER, identity(&absent, REGION, USER), vec!["Cannot import", "There is no interface endpoint"]),
        (CONSUMER, identity(&service, REGION, USER), vec!["Invalid import id", "vpce-0123456789abcdef0"]),
        (CONSUMER, identity(&endpoint, "Ireland", USER), vec!["Invalid region", "Ireland"]),
        (CONSUMER, identity(&endpoint, "eu-west-1", USER), vec!["Cannot import", "eu-west-1"]),
        (CONSUMER, identity(&endpoint, REGION, "me"), vec!["Invalid account_id", "me"]),
        (CONSUMER, identity(&Json::Null, REGION, USER), vec!["Missing id", "id is required"]),
        (CONNECTION, identity(&endpoint, REGION, USER), vec!["Invalid import id", "slash"]),
    ] {
        let found = setting.user.import_identified(kind, "again", &written).await;
        let told = texts(&found).join("\n");
        assert!(found.has_errors() && words.iter().all(|word| told.contains(word)), "{written}: {told}");
        assert!(!setting.user.has("again"), "{written}");
        assert!(told.starts_with("Error [] "), "the place is not one of the resource: {told}");
    }
}

/// Where the settings forbid asking for the account, the record tells it: ARNs that AWS gives, or the endpoint's owner.
#[tokio::test(start_paused = true)]
async fn accounts_are_told_by_what_exists_where_nobody_may_ask_for_them() {
    let (mut setting, _) = both(1904).await;
    let (service, endpoint) = (setting.service["id"].clone(), setting.state()["id"].clone());
    let silent = |account: &str| json!({"access_key": account, "skip_requesting_account_id": true});
    for (kind, id, whose, name) in [(SERVICE, &service, OWNER, "api"), (CONSUMER, &endpoint, USER, ORDERS)] {
        let mut other = Terraform::configured(&setting.land.world, silent(whose)).await;
        let found = other.import_identified(kind, "again", &identity(id, Json::Null, Json::Null)).await;
        assert!(!found.has_errors(), "{kind}: {:#?}", texts(&found));
        assert_eq!(shown(&other, "again"), identity(id, REGION, whose), "{kind}");
        // And a state that was written with the account known keeps it.
        other.take_over(if whose == OWNER { &setting.owner } else { &setting.user });
        assert!(!other.refresh(name).await.has_errors());
        assert_eq!(shown(&other, name), identity(id, REGION, whose), "{kind}");
    }
    // A connection tells nothing; what the import block says stands.
    setting.accept(endpoint.as_str().unwrap()).await;
    pass(120).await;
    let pair = json!(format!("{}/{}", service.as_str().unwrap(), endpoint.as_str().unwrap()));
    for account in [Json::Null, json!(OWNER)] {
        let mut other = Terraform::configured(&setting.land.world, silent(OWNER)).await;
        let found = other.import_identified(CONNECTION, "again", &identity(&pair, REGION, account.clone())).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        assert_eq!(shown(&other, "again"), identity(&pair, REGION, account.clone()));
        // With credentials that may ask it stays what it was: an identity does not change.
        setting.owner.take_over(&other);
        assert!(!setting.owner.refresh("again").await.has_errors());
        assert_eq!(shown(&setting.owner, "again"), identity(&pair, REGION, account));
    }
}
