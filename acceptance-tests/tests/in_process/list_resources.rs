//! List resources: what `terraform query` finds, by pages, and as a configuration that plans empty.

use acceptance_tests::simulator::faults::{Fault, Strike};
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification, VpcEndpointType};
use privatelink::diagnostic::Severity;
use privatelink::resource::ListedObject;
use serde_json::{Value as Json, json};

use crate::announced;
use crate::consumer_setting::{ORDERS, OWNER, Setting, USER, pass};
use crate::core::{Action, Terraform, texts};
use crate::landscape::{CONSUMER, SERVICE};

const CONNECTION: &str = "privatelink_connection";

/// More than there is.
const ALL: usize = 1000;

/// A service with a consumer of the provider's and two endpoints that somebody made by hand, one of them for a service of AWS.
async fn crowd(seed: u64) -> (Setting, [String; 3]) {
    let arguments = json!({"acceptance_required": false, "private_dns": null});
    let mut setting = Setting::calm(seed, arguments).await;
    let config = setting.config(json!({"name": "shop", "tags": {"team": "shop", "tier": "1"}}));
    setting.apply(&config).await;
    let own = setting.state()["id"].as_str().unwrap().to_owned();
    let name = setting.service["service_name"].as_str().unwrap().to_owned();
    let by_hand = endpoint(&setting, &name, "batch").await;
    let of_aws = endpoint(&setting, "com.amazonaws.us-east-1.sqs", "").await;
    pass(600).await;
    (setting, [own, by_hand, of_aws])
}

async fn endpoint(setting: &Setting, service: &str, name: &str) -> String {
    let _by_hand = announced::Apply::begin();
    let mut call = setting
        .ec2(USER)
        .create_vpc_endpoint()
        .vpc_id(setting.id("consumer_vpc_id"))
        .service_name(service)
        .vpc_endpoint_type(VpcEndpointType::Interface)
        .subnet_ids(setting.land.ids["consumer_subnet_ids"][0].as_str().unwrap());
    if !name.is_empty() {
        let tags = TagSpecification::builder().resource_type(ResourceType::VpcEndpoint);
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        call = call.tag_specifications(tags.tags(tag("Name", name)).tags(tag("team", "shop")).build());
    }
    call.send().await.unwrap().vpc_endpoint.unwrap().vpc_endpoint_id.unwrap()
}

fn ids(events: &[ListedObject]) -> Vec<&str> {
    events.iter().filter_map(|event| event.identity.get("id").as_str()).collect()
}

fn names(events: &[ListedObject]) -> Vec<&str> {
    events.iter().map(|event| event.display_name.as_str()).collect()
}

fn told(events: &[ListedObject]) -> String {
    events.iter().flat_map(|event| texts(&event.diagnostics)).collect::<Vec<_>>().join("\n")
}

#[tokio::test(start_paused = true)]
async fn identities_cost_pages_whatever_their_number() {
    let (setting, [own, by_hand, of_aws]) = crowd(1911).await;
    for (side, kind, count, calls) in [
        (&setting.user, CONSUMER, 3, vec!["DescribeVpcEndpoints"]),
        (&setting.owner, SERVICE, 1, vec!["DescribeVpcEndpointServiceConfigurations"]),
        (&setting.owner, CONNECTION, 2, vec!["DescribeVpcEndpointConnections"]),
    ] {
        setting.forget_calls();
        let events = side.list(kind, &json!({}), false, ALL).await;
        assert_eq!((events.len(), told(&events)), (count, String::new()), "{kind}");
        let asked: Vec<String> = setting.land.world.calls().into_iter().map(|call| call.operation).collect();
        assert_eq!(asked, calls, "{kind}");
        for event in &events {
            let whose = if kind == CONSUMER { USER } else { OWNER };
            assert_eq!(event.identity.get("account_id").as_str(), Some(whose), "{kind}");
            assert_eq!(event.identity.get("region").as_str(), Some("us-east-1"), "{kind}");
        }
    }
    let events = setting.user.list(CONSUMER, &json!({}), false, ALL).await;
    assert_eq!(names(&events), ["batch", "com.amazonaws.us-east-1.sqs", "shop"], "in the order of their names");
    assert_eq!(ids(&events), [by_hand.as_str(), of_aws.as_str(), own.as_str()]);
    let services = setting.owner.list(SERVICE, &json!({}), false, ALL).await;
    assert_eq!(names(&services), ["orders-api"]);
    setting.forget_calls();
    assert!(setting.user.list(CONSUMER, &json!({}), true, 0).await.is_empty());
    assert!(setting.land.world.calls().is_empty(), "nothing is wanted, so nothing is asked");
}

#[tokio::test(start_paused = true)]
async fn filters_choose_and_what_is_left_out_chooses_nothing() {
    let (setting, [own, by_hand, of_aws]) = crowd(1912).await;
    let service = setting.service["id"].as_str().unwrap().to_owned();
    let vpcs = (setting.id("consumer_vpc_id"), setting.id("provider_vpc_id"));
    let name = setting.service["service_name"].clone();
    let (all, nobody): (Vec<&str>, Vec<&str>) = (vec![&by_hand, &of_aws, &own], vec![]);
    for (filters, expected) in [
        (json!({"vpc_id": vpcs.0}), all.clone()),
        (json!({"vpc_id": "vpc-0123456789abcdef0"}), nobody.clone()),
        (json!({"service_name": name}), vec![&by_hand, &own]),
        (json!({"states": ["available"]}), all.clone()),
        (json!({"states": ["pendingAcceptance", "rejected"]}), nobody.clone()),
        (json!({"states": []}), all.clone()),
        (json!({"tags": {"team": "shop"}}), vec![&by_hand, &own]),
        (json!({"tags": {"team": "shop", "tier": "1"}}), vec![&own]),
        (json!({"tags": {"team": "shop", "tier": "2"}}), nobody.clone()),
        (json!({"tags": {}}), all),
        (json!({"region": "eu-west-1"}), nobody.clone()),
    ] {
        let events = setting.user.list(CONSUMER, &filters, false, ALL).await;
        assert_eq!((ids(&events), told(&events)), (expected, String::new()), "{filters}");
    }
    for (filters, expected) in [
        (json!({"vpc_id": vpcs.1}), vec![service.as_str()]),
        (json!({"vpc_id": vpcs.0}), nobody.clone()),
        (json!({"states": ["Available"]}), vec![&service]),
        (json!({"states": ["Pending", "Failed"]}), nobody.clone()),
        (json!({"tags": {"team": "orders"}}), vec![&service]),
        (json!({"tags": {"team": "shop"}}), nobody.clone()),
    ] {
        let events = setting.owner.list(SERVICE, &filters, false, ALL).await;
        assert_eq!((ids(&events), told(&events)), (expected, String::new()), "{filters}");
    }
    let pair = |endpoint: &str| format!("{service}/{endpoint}");
    let mut both = vec![pair(&own), pair(&by_hand)];
    both.sort();
    for (filters, expected) in [
        (json!({"service_id": service}), both.clone()),
        (json!({"service_id": "vpce-svc-0123456789abcdef0"}), vec![]),
        (json!({"owners": [USER]}), both),
        (json!({"owners": [OWNER]}), vec![]),
        (json!({"states": ["pending"]}), vec![]),
        (json!({"tags": {"team": "shop"}}), vec![]),
    ] {
        let events = setting.owner.list(CONNECTION, &filters, false, ALL).await;
        let mut found = ids(&events);
        found.sort_unstable();
        assert_eq!((found, told(&events)), (expected.iter().map(String::as_str).collect(), String::new()), "{filters}");
    }
}

#[tokio::test(start_paused = true)]
async fn filters_that_say_nothing_are_refused() {
    let (setting, _) = crowd(1913).await;
    setting.forget_calls();
    for (kind, filters, words) in [
        (CONSUMER, json!({"vpc_id": "orders"}), "vpc_id must be"),
        (CONSUMER, json!({"region": "Ireland"}), "region must be"),
        (CONSUMER, json!({"states": ["deleted"]}), "states must be one of"),
        (SERVICE, json!({"vpc_id": "orders"}), "vpc_id must be"),
        (SERVICE, json!({"states": ["available"]}), "states must be one of"),
        (CONNECTION, json!({"service_id": "vpce-1"}), "service_id must be"),
        (CONNECTION, json!({"owners": ["me"]}), "owners must be"),
        (CONNECTION, json!({"states": ["pendingAcceptance"]}), "states must be one of"),
    ] {
        let events = setting.user.list(kind, &filters, false, ALL).await;
        assert!(told(&events).contains(words), "{kind} {filters}: {}", told(&events));
    }
    assert!(setting.land.world.calls().is_empty());
}

/// Every object is what an import of it brings, and the configuration written from it changes nothing.
#[tokio::test(start_paused = true)]
async fn listed_objects_become_configurations_that_change_nothing() {
    let (mut setting, _) = crowd(1914).await;
    for (kind, count) in [(CONSUMER, 3), (SERVICE, 1), (CONNECTION, 2)] {
        let side = if kind == CONSUMER { &setting.user } else { &setting.owner };
        let events = side.list(kind, &json!({}), true, ALL).await;
        assert_eq!((events.len(), told(&events)), (count, String::new()), "{kind}");
        for (number, event) in events.into_iter().enumerate() {
            let side = if kind == CONSUMER { &mut setting.user } else { &mut setting.owner };
            let config = side.configuration(kind, &event.object);
            assert_eq!(config["region"], Json::Null, "{kind}: where the provider works goes without saying");
            let identity = json!({"id": event.identity.get("id").as_str(), "region": "us-east-1", "account_id": null});
            let name = format!("listed-{kind}-{number}");
            let found = side.import_identified(kind, &name, &identity).await;
            assert!(!found.has_errors(), "{kind}: {:#?}", texts(&found));
            let plan = side.plan_only(kind, &name, &config).await;
            assert!(!plan.diagnostics.has_errors(), "{kind}: {:#?}", texts(&plan.diagnostics));
            assert_ne!(plan.action, Action::Replace, "{kind}");
            let lines = plan.planned.get("changes").as_list().unwrap_or_default().iter();
            let changes: Vec<String> = lines.map(|line| line.as_str().unwrap().to_owned()).collect();
            // What was made by hand becomes ours, and nothing else happens to it.
            let others: Vec<&String> = changes.iter().filter(|line| !line.contains("owner tags")).collect();
            assert!(others.is_empty(), "{kind}: {changes:#?}\n{config:#}");
        }
    }
    assert!(setting.state()["id"].is_string());
    let empty = setting.user.configuration(CONSUMER, &setting.user.value(ORDERS));
    assert_eq!(empty["tags"], json!({"team": "shop", "tier": "1"}));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_longer_than_it_may_be_says_so() {
    let (setting, [_, by_hand, of_aws]) = crowd(1915).await;
    for include in [false, true] {
        setting.forget_calls();
        let events = setting.user.list(CONSUMER, &json!({}), include, 2).await;
        assert_eq!(ids(&events), [by_hand.as_str(), of_aws.as_str()]);
        assert!(events[0].diagnostics.is_empty());
        let [warning] = &texts(&events[1].diagnostics)[..] else { panic!("{}", told(&events)) };
        assert!(warning.starts_with("Warning") && warning.contains("2 of 3") && warning.contains("limit"), "{warning}");
    }
    assert_eq!(told(&setting.user.list(CONSUMER, &json!({}), false, 3).await), "");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_left_out_and_told_and_a_list_that_is_denied_is_an_error() {
    let (setting, _) = crowd(1916).await;
    let denied = |operation: &str| vec![Fault::at(operation, 1, Strike::Refuse).times(99)];
    setting.land.world.set_faults(denied("DescribeVpcEndpointServicePermissions"));
    let events = setting.owner.list(SERVICE, &json!({}), true, ALL).await;
    let [event] = &events[..] else { panic!("{events:#?}") };
    assert!(event.identity.is_null() && event.diagnostics.iter().all(|one| one.severity == Severity::Warning));
    for words in ["Not listed: the service vpce-svc-", "DescribeVpcEndpointServicePermissions", "Request ID"] {
        assert!(told(&events).contains(words), "{}", told(&events));
    }
    // Its identity needs none of that.
    assert_eq!(ids(&setting.owner.list(SERVICE, &json!({}), false, ALL).await).len(), 1);
    for (side, kind, operation) in [
        (&setting.user, CONSUMER, "DescribeVpcEndpoints"),
        (&setting.owner, SERVICE, "DescribeVpcEndpointServiceConfigurations"),
        (&setting.owner, CONNECTION, "DescribeVpcEndpointConnections"),
    ] {
        setting.land.world.set_faults(denied(operation));
        let events = side.list(kind, &json!({}), false, ALL).await;
        assert!(events.len() == 1 && events[0].diagnostics.has_errors(), "{events:#?}");
        for words in [&format!("Cannot list {kind}"), operation, "Request ID", "What to do: allow ec2:"] {
            assert!(told(&events).contains(words), "{}", told(&events));
        }
        // AWS that answers badly is asked again.
        setting.land.world.set_faults(vec![Fault::at(operation, 1, Strike::Unavailable).times(3)]);
        let events = side.list(kind, &json!({}), false, ALL).await;
        assert_eq!(told(&events), "", "{kind}");
    }
    setting.land.world.set_faults(Vec::new());
    let open =
        Terraform::configured(&setting.land.world, json!({"access_key": USER, "region": crate::core::UNKNOWN})).await;
    let events = open.list(CONSUMER, &json!({}), false, ALL).await;
    assert!(told(&events).starts_with("Error"), "{}", told(&events));
}
