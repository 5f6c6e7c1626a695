//! Actions: accept, reject and verify once, and tell what came of it.

use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::value::Path;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{ORDERS, OWNER, Setting, pass};
use crate::core::{Terraform, texts};
use crate::landscape::SERVICE;
use crate::service_bench::Bench;

const ACCEPT: &str = "privatelink_accept";
const REJECT: &str = "privatelink_reject";
const VERIFY: &str = "privatelink_start_verification";

/// A service whose owner must accept, and two endpoints that wait.
async fn waiting(seed: u64) -> (Setting, Json) {
    two_wait(Setting::calm(seed, json!({"private_dns": null})).await).await
}

async fn two_wait(mut setting: Setting) -> (Setting, Json) {
    let mut ids = Vec::new();
    for (number, name) in [ORDERS, "batch"].into_iter().enumerate() {
        let config = setting.config(json!({"subnet_ids": setting.subnets([number])}));
        let found = setting.user.try_apply("privatelink_consumer", name, &config).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        ids.push(setting.user.state(name)["id"].clone());
    }
    pass(120).await;
    setting.forget_calls();
    let config = json!({"service_id": setting.service["id"], "endpoint_ids": ids});
    (setting, config)
}

#[tokio::test(start_paused = true)]
async fn waiting_endpoints_are_accepted_in_one_call_and_the_end_is_when_they_work() {
    let (mut setting, config) = waiting(1921).await;
    let (progress, found) = setting.owner.invoke(ACCEPT, &config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert_eq!(setting.world_changes(), ["AcceptVpcEndpointConnections"]);
    assert!(progress[0].contains("pendingAcceptance") && progress[0].ends_with("accepting"), "{progress:#?}");
    assert!(progress.last().unwrap().starts_with("accepted at vpce-svc-"), "{progress:#?}");
    let mut told = progress.clone();
    told.dedup();
    assert_eq!(told, progress, "the same is told once");
    let (_, found) = setting.owner.invoke(ACCEPT, &config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert_eq!(setting.world_changes(), ["AcceptVpcEndpointConnections"]);
    pass(600).await;
    for name in [ORDERS, "batch"] {
        assert!(!setting.user.refresh(name).await.has_errors());
        assert_eq!(setting.user.state(name)["state"], json!("available"), "{name}");
    }
}

/// One read may show what was before, and miss an endpoint.
#[tokio::test(start_paused = true)]
async fn replicas_that_lag_change_nothing_in_what_comes_of_it() {
    for seed in 1931..1934 {
        let (mut setting, config) = two_wait(Setting::closed(seed).await).await;
        let (progress, found) = setting.owner.invoke(ACCEPT, &config).await;
        assert!(found.is_empty(), "{:#?} {progress:#?}", texts(&found));
        looked_again(&mut setting).await;
        assert_eq!(setting.state()["state"], json!("available"));
        let (progress, found) = setting.owner.invoke(REJECT, &config).await;
        assert!(found.is_empty(), "{:#?} {progress:#?}", texts(&found));
        looked_again(&mut setting).await;
        assert_eq!(setting.state()["state"], json!("rejected"));
    }
}

/// The consumer's state, after as many looks as a replica may be behind for.
async fn looked_again(setting: &mut Setting) {
    for _ in 0..3 {
        pass(120).await;
        let found = setting.user.refresh(ORDERS).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_s_service_is_decided_with_the_peer_s_credentials_and_nothing_named_is_nothing_done() {
    let (setting, mut config) = waiting(1922).await;
    config["peer_account"] = json!("service");
    let (_, found) = setting.user.invoke(ACCEPT, &config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    let calls = setting.land.world.calls();
    assert!(calls.iter().filter(|call| call.mutating).all(|call| call.account == OWNER), "{calls:#?}");
    setting.forget_calls();
    config["endpoint_ids"] = json!([]);
    for action in [ACCEPT, REJECT] {
        let (progress, found) = setting.user.invoke(action, &config).await;
        assert_eq!((progress, found.is_empty()), (vec!["no endpoint is named".to_owned()], true));
    }
    assert!(setting.land.world.calls().is_empty());
    config["peer_account"] = json!("nobody");
    let (_, found) = setting.user.invoke(REJECT, &config).await;
    let [told] = &texts(&found)[..] else { panic!("{found:#?}") };
    assert!(told.starts_with("Error [peer_account]") && told.contains("peer_account named"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_rejected_in_one_call_and_an_acceptance_after_it_is_aws_s_to_allow() {
    let (setting, config) = waiting(1923).await;
    let (progress, found) = setting.owner.invoke(REJECT, &config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert_eq!(setting.world_changes(), ["RejectVpcEndpointConnections"]);
    assert!(progress.last().unwrap().starts_with("rejected at vpce-svc-"), "{progress:#?}");
    let (_, found) = setting.owner.invoke(REJECT, &config).await;
    assert!(found.is_empty() && setting.world_changes().len() == 1, "{:#?}", texts(&found));
    let (_, found) = setting.owner.invoke(ACCEPT, &config).await;
    let [told] = &texts(&found)[..] else { panic!("{found:#?}") };
    for words in ["Error [endpoint_ids] Cannot accept endpoints", "rejected", "does not take a rejection back"] {
        assert!(told.contains(words), "{told}");
    }
    setting.land.world.lock().settings.readings.accept_after_reject = true;
    let (_, found) = setting.owner.invoke(ACCEPT, &config).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_is_told_in_aws_s_words_with_what_to_do() {
    let (setting, config) = waiting(1924).await;
    let absent = json!({"service_id": config["service_id"], "endpoint_ids": ["vpce-0123456789abcdef0"]});
    for action in [ACCEPT, REJECT] {
        let before = tokio::time::Instant::now();
        let (_, found) = setting.owner.invoke(action, &absent).await;
        let told = texts(&found).join("\n");
        assert!(told.contains("does not show a connection of the endpoint vpce-0123456789abcdef0"), "{told}");
        assert!((30..180).contains(&before.elapsed().as_secs()), "one that is new shows within a minute");
    }
    for (action, operation) in [(ACCEPT, "AcceptVpcEndpointConnections"), (REJECT, "RejectVpcEndpointConnections")] {
        setting.land.world.set_faults(vec![Fault::at(operation, 1, Strike::Refuse).times(9)]);
        let (_, found) = setting.owner.invoke(action, &config).await;
        let told = texts(&found).join("\n");
        for words in [operation, "AccessDenied", "Request ID", "What to do: allow ec2:"] {
            assert!(told.contains(words), "{told}");
        }
        // Nothing is lost with a reply.
        setting.land.world.set_faults(vec![Fault::at(operation, 1, Strike::LoseReply)]);
        let (_, found) = setting.owner.invoke(action, &config).await;
        assert!(found.is_empty(), "{:#?}", texts(&found));
    }
    for (action, config, path) in [
        (ACCEPT, json!({"service_id": "x", "endpoint_ids": []}), "service_id"),
        (ACCEPT, json!({"endpoint_ids": []}), "service_id"),
        (ACCEPT, json!({"service_id": config["service_id"]}), "endpoint_ids"),
        (REJECT, json!({"service_id": config["service_id"], "endpoint_ids": ["x"]}), "endpoint_ids"),
        (REJECT, json!({"service_id": config["service_id"], "endpoint_ids": [], "timeout": "soon"}), "timeout"),
        (VERIFY, json!({"service_id": config["service_id"], "region": "here"}), "region"),
        (VERIFY, json!({"service_id": "vpce-1"}), "service_id"),
    ] {
        let (_, found) = setting.owner.invoke(action, &config).await;
        assert!(
            found.has_errors() && found.iter().all(|one| one.path == Path::attribute(path)),
            "{action} {config}: {found:#?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_its_time_or_at_the_user_s_wish() {
    let (setting, mut config) = waiting(1925).await;
    config["timeout"] = json!("30s");
    setting.land.world.set_faults(vec![Fault::at("AcceptVpcEndpointConnections", 1, Strike::Stall).ms(600_000)]);
    let before = tokio::time::Instant::now();
    let (progress, found) = setting.owner.invoke(ACCEPT, &config).await;
    let told = texts(&found).join("\n");
    for words in ["Error [timeout] Cannot accept endpoints", "After 30 s", "is pending", "raise timeout"] {
        assert!(told.contains(words), "{told}\n{progress:#?}");
    }
    assert!(before.elapsed().as_secs() < 60, "{:?}", before.elapsed());
    config["timeout"] = json!("10m");
    let invoked = setting.owner.invoke(ACCEPT, &config);
    let stopped = async {
        pass(5).await;
        privatelink::resource::ProviderServer::stop(&setting.owner.provider);
    };
    let ((_, found), ()) = tokio::join!(invoked, stopped);
    assert!(texts(&found).join("").contains("The run was stopped"), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn a_name_is_verified_when_its_record_is_there_and_what_is_missing_is_told() {
    let mut bench = Bench::empty(1926).await;
    bench.config = bench.land.service();
    bench.config["private_dns"] = json!({"name": "orders.example.dev", "wait_for_verification": false});
    let config = bench.config.clone();
    let found = bench.terraform.try_apply(SERVICE, "orders", &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    pass(120).await;
    let id = bench.terraform.state("orders")["id"].clone();
    let action = json!({"service_id": id, "timeout": "1h"});
    let (_, found) = bench.terraform.invoke(VERIFY, &action).await;
    let told = texts(&found).join("\n");
    for words in
        ["Cannot verify the private DNS name", "orders.example.dev is not verified", "TXT record", "private_dns_record"]
    {
        assert!(told.contains(words), "{told}");
    }
    let (progress, found) =
        bench.terraform.invoke(VERIFY, &json!({"service_id": id, "wait_for_verification": false})).await;
    assert!(found.is_empty() && progress.len() == 1, "{progress:#?} {:#?}", texts(&found));
    // Somebody publishes it.
    let mut published = bench.land.service();
    published["name"] = config["name"].clone();
    let mark = bench.mark();
    let found = bench.terraform.try_apply(SERVICE, "orders", &published).await;
    assert!(!found.has_errors(), "{:#?} {}", texts(&found), bench.calls_since(mark));
    let mark = bench.mark();
    let (progress, found) = bench.terraform.invoke(VERIFY, &action).await;
    assert!(
        found.is_empty() && progress == ["orders.example.dev is verified already"],
        "{progress:#?} {:#?}",
        texts(&found)
    );
    assert_eq!(bench.calls_since(mark), "none");
    let nameless = Setting::closed(1927).await;
    let (_, found) = nameless.owner.invoke(VERIFY, &json!({"service_id": nameless.service["id"]})).await;
    assert!(texts(&found).join("").contains("has no private DNS name"), "{:#?}", texts(&found));
    let absent = json!({"service_id": "vpce-svc-0123456789abcdef0"});
    let (_, found) = Terraform::service_only(&nameless.land.world).await.invoke(VERIFY, &absent).await;
    assert!(texts(&found).join("").contains("there is no endpoint service"), "{:#?}", texts(&found));
}
