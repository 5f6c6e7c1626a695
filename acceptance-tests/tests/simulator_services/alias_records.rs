use aws_sdk_route53::types::{AliasTarget, ChangeAction, ResourceRecordSet, RrType};

use crate::record_sets::{change, reasons, values};
use crate::support::{Scene, code, pass};

fn alias(name: &str, zone: &str, target: &str) -> ResourceRecordSet {
    let target =
        AliasTarget::builder().hosted_zone_id(zone).dns_name(target).evaluate_target_health(false).build().unwrap();
    ResourceRecordSet::builder().name(name).r#type(RrType::A).alias_target(target).build().unwrap()
}

#[tokio::test(start_paused = true)]
pub(crate) async fn an_alias_leads_to_a_load_balancer_that_exists_in_the_zone_given() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let arn = scene.balancer("orders").await;
    let seen = scene.elb.describe_load_balancers().load_balancer_arns(&arn).send().await.unwrap();
    let name = seen.load_balancers()[0].dns_name().unwrap().to_owned();
    let create = |zone_id: &str, target: &str| {
        let set = alias("example.dev", zone_id, target);
        let (client, zone) = (scene.route53.clone(), zone.clone());
        async move { change(&client, &zone, vec![(ChangeAction::Create, set)]).await }
    };
    let unknown = reasons(create("Z26RNL4JYFTOTI", "nobody-0123456789abcdef.elb.us-east-1.amazonaws.com").await);
    assert!(unknown.ends_with("but that target was not found"), "{unknown:?}");
    let elsewhere = reasons(create("Z18D5FSROUN65G", &name).await);
    assert!(elsewhere.contains("but the alias target name does not lie within the target zone"), "{elsewhere:?}");
    let swapped = create(&name, "Z26RNL4JYFTOTI").await;
    assert_eq!(code(swapped), "InvalidInput");
    create("Z26RNL4JYFTOTI", &name).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_alias_to_an_endpoint_needs_the_endpoint() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let target = "vpce-00000000000000000-abcdefgh.vpce-svc-00000000000000000.us-east-1.vpce.amazonaws.com";
    let set = alias("api.example.dev", "Z7HUB22UULQXV", target);
    let refused = reasons(change(&scene.route53, &zone, vec![(ChangeAction::Create, set)]).await);
    assert_eq!(
        refused,
        format!(
            "Tried to create an alias that targets {target}., type A in zone Z7HUB22UULQXV, but that target was not found"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn an_alias_within_the_zone_needs_its_record() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let set = || (ChangeAction::Create, alias("www.example.dev", &zone, "example.dev"));
    assert!(reasons(change(&scene.route53, &zone, vec![set()]).await).contains("was not found"));
    // The target may come in the same batch.
    let record = values("example.dev", RrType::A, 60, &["10.0.0.1"]);
    change(&scene.route53, &zone, vec![set(), (ChangeAction::Create, record)]).await.unwrap();
    pass(601).await;
    let mut other = alias("www.example.dev", &zone, "example.dev");
    other.alias_target.as_mut().unwrap().evaluate_target_health = true;
    let refused = reasons(change(&scene.route53, &zone, vec![(ChangeAction::Delete, other)]).await);
    assert!(refused.contains("do not match"));
    let exact = alias("WWW.example.dev.", &zone, "example.dev.");
    change(&scene.route53, &zone, vec![(ChangeAction::Delete, exact)]).await.unwrap();
}
