use acceptance_tests::simulator::World;
use acceptance_tests::simulator::route53::lookup::public_texts;
use aws_sdk_route53::error::SdkError;
use aws_sdk_route53::operation::change_resource_record_sets::{
    ChangeResourceRecordSetsError, ChangeResourceRecordSetsOutput,
};
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType};

use crate::hosted_zones::public_zone;
use crate::support::{PROVIDER, Scene, code, pass, route53};

pub(crate) type Changed = Result<ChangeResourceRecordSetsOutput, SdkError<ChangeResourceRecordSetsError>>;

pub(crate) fn values(name: &str, kind: RrType, ttl: i64, values: &[&str]) -> ResourceRecordSet {
    let record = |value: &&str| ResourceRecord::builder().value(*value).build().unwrap();
    let set = ResourceRecordSet::builder().name(name).r#type(kind).ttl(ttl);
    set.set_resource_records(Some(values.iter().map(record).collect())).build().unwrap()
}

pub(crate) async fn change(
    client: &aws_sdk_route53::Client,
    zone: &str,
    changes: Vec<(ChangeAction, ResourceRecordSet)>,
) -> Changed {
    let change = |(action, set)| Change::builder().action(action).resource_record_set(set).build().unwrap();
    let batch = ChangeBatch::builder().set_changes(Some(changes.into_iter().map(change).collect())).build().unwrap();
    client.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch).send().await
}

/// Gives the reasons of an `InvalidChangeBatch`, without their brackets.
pub(crate) fn reasons(result: Changed) -> String {
    let error = result.unwrap_err().into_service_error();
    assert!(error.is_invalid_change_batch(), "{error:?}");
    let message = error.meta().message().unwrap();
    message.strip_prefix('[').and_then(|message| message.strip_suffix(']')).unwrap().to_owned()
}

fn address(name: &str) -> ResourceRecordSet {
    values(name, RrType::A, 60, &["10.0.0.1"])
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_record_is_listed_at_once_and_answered_when_in_sync() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let text = values("_Abc.example.dev", RrType::Txt, 1800, &["\"vpce:Token\""]);
    let made = change(&scene.route53, &zone, vec![(ChangeAction::Upsert, text)]).await.unwrap();
    assert_eq!(made.change_info().unwrap().status().as_str(), "PENDING");
    let list = scene.route53.list_resource_record_sets().hosted_zone_id(&zone).start_record_name("_abc.example.dev");
    let seen = list.start_record_type(RrType::Txt).send().await.unwrap();
    assert_eq!(seen.resource_record_sets()[0].name(), "_abc.example.dev.");
    let answered = || public_texts(&scene.world.lock(), "_ABC.example.dev", scene.world.now());
    assert!(answered().is_empty());
    pass(601).await;
    assert_eq!(answered(), ["vpce:Token"]);
    assert_eq!(scene.objects("record_set"), [format!("{zone}/_abc.example.dev./TXT")]);
    // Only the exact record goes.
    let other = values("_abc.example.dev", RrType::Txt, 300, &["\"vpce:Token\""]);
    let refused = reasons(change(&scene.route53, &zone, vec![(ChangeAction::Delete, other)]).await);
    assert_eq!(
        refused,
        "Tried to delete resource record set [name='_abc.example.dev.', type='TXT'] but the values provided do not match the current values"
    );
    let exact = values("_abc.example.dev", RrType::Txt, 1800, &["\"vpce:Token\""]);
    change(&scene.route53, &zone, vec![(ChangeAction::Delete, exact.clone())]).await.unwrap();
    pass(601).await;
    assert!(answered().is_empty());
    let again = reasons(change(&scene.route53, &zone, vec![(ChangeAction::Delete, exact)]).await);
    assert!(again.ends_with("but it was not found"));
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_batch_is_applied_as_a_whole_or_not_at_all() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let create = |name: &str| (ChangeAction::Create, address(name));
    change(&scene.route53, &zone, vec![create("a.example.dev")]).await.unwrap();
    pass(601).await;
    let refused = change(&scene.route53, &zone, vec![create("b.example.dev"), create("a.example.dev")]).await;
    assert_eq!(
        reasons(refused),
        "Tried to create resource record set [name='a.example.dev.', type='A'] but it already exists"
    );
    assert_eq!(scene.objects("record_set").len(), 1);
    // DELETE and CREATE of one name in one batch is how a type changes.
    let swap = vec![
        (ChangeAction::Delete, address("a.example.dev")),
        (ChangeAction::Create, values("a.example.dev", RrType::Cname, 60, &["b.example.cloud"])),
    ];
    change(&scene.route53, &zone, swap).await.unwrap();
    pass(601).await;
    let twice = vec![create("c.example.dev"), create("c.example.dev")];
    assert!(reasons(change(&scene.route53, &zone, twice).await).contains("invalid set of changes"));
}

#[tokio::test(start_paused = true)]
pub(crate) async fn one_change_of_a_zone_at_a_time() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let upsert = |name: &str| vec![(ChangeAction::Upsert, address(name))];
    let first = change(&scene.route53, &zone, upsert("a.example.dev")).await.unwrap();
    let second = change(&scene.route53, &zone, upsert("b.example.dev")).await;
    assert_eq!(code(second), "PriorRequestNotComplete");
    // Another zone is not concerned.
    let other = public_zone(&scene.route53, "orders.example", "1").await;
    change(&scene.route53, &other, upsert("a.orders.example")).await.unwrap();
    // Processing takes a second or two; the change is on its way for longer.
    pass(3).await;
    change(&scene.route53, &zone, upsert("b.example.dev")).await.unwrap();
    let id = first.change_info().unwrap().id().to_owned();
    let seen = scene.route53.get_change().id(&id).send().await.unwrap();
    assert_eq!(seen.change_info().unwrap().status().as_str(), "PENDING");
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_busy_until_its_change_is_in_sync_where_that_is_read_so() {
    let scene = Scene::calm();
    scene.world.lock().settings.readings.zone_is_busy_until_in_sync = true;
    let zone = scene.id("public_zone_id");
    let upsert = |name: &str| vec![(ChangeAction::Upsert, address(name))];
    let first = change(&scene.route53, &zone, upsert("a.example.dev")).await.unwrap();
    let id = first.change_info().unwrap().id().to_owned();
    while scene.route53.get_change().id(&id).send().await.unwrap().change_info().unwrap().status().as_str() == "PENDING"
    {
        assert_eq!(code(change(&scene.route53, &zone, upsert("b.example.dev")).await), "PriorRequestNotComplete");
        pass(5).await;
    }
    change(&scene.route53, &zone, upsert("b.example.dev")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn records_lie_in_their_zone_and_hold_what_their_type_holds() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let refuse =
        async |set: ResourceRecordSet| reasons(change(&scene.route53, &zone, vec![(ChangeAction::Create, set)]).await);
    assert_eq!(
        refuse(address("a.example.cloud")).await,
        "RRSet with DNS name a.example.cloud. is not permitted in zone example.dev."
    );
    assert!(refuse(address("badexample.dev")).await.contains("is not permitted in zone"));
    assert!(refuse(values("a.example.dev", RrType::A, 60, &["ten"])).await.contains("ARRDATAIllegalIPv4Address"));
    assert!(refuse(values("a.example.dev", RrType::Txt, 60, &["bare"])).await.contains("quotation marks"));
    assert!(refuse(values("example.dev", RrType::Cname, 60, &["x.org"])).await.contains("not permitted at apex"));
    let mail = values("example.dev", RrType::Mx, 60, &["10 mail.example.dev"]);
    assert_eq!(code(change(&scene.route53, &zone, vec![(ChangeAction::Create, mail)]).await), "NotSimulated");
    let weighted =
        ResourceRecordSet::builder().name("a.example.dev").r#type(RrType::A).ttl(1).weight(1).set_identifier("x");
    let weighted = weighted.resource_records(ResourceRecord::builder().value("10.0.0.1").build().unwrap());
    let weighted = weighted.build().unwrap();
    assert_eq!(code(change(&scene.route53, &zone, vec![(ChangeAction::Create, weighted)]).await), "NotSimulated");
    let bare = ResourceRecordSet::builder().name("a.example.dev").r#type(RrType::A).ttl(1).build().unwrap();
    assert_eq!(code(change(&scene.route53, &zone, vec![(ChangeAction::Create, bare)]).await), "InvalidInput");
    assert!(scene.objects("record_set").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_name_with_an_alias_name_has_nothing_else() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let both = vec![
        (ChangeAction::Create, values("a.example.dev", RrType::Cname, 60, &["x.org"])),
        (ChangeAction::Create, address("a.example.dev")),
    ];
    assert!(reasons(change(&scene.route53, &zone, both).await).contains("conflicts with other records"));
}

#[tokio::test(start_paused = true)]
async fn the_records_every_zone_has_cannot_go() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let list = scene.route53.list_resource_record_sets().hosted_zone_id(&zone).send().await.unwrap();
    let own = list.resource_record_sets();
    assert_eq!(own.iter().map(|set| set.r#type().as_str()).collect::<Vec<_>>(), ["NS", "SOA"]);
    let gone = own.iter().map(|set| (ChangeAction::Delete, set.clone())).collect();
    let refused = reasons(change(&scene.route53, &zone, gone).await);
    assert_eq!(
        refused,
        "A HostedZone must contain exactly one SOA record., A HostedZone must contain at least one NS record for the zone itself."
    );
}

#[tokio::test(start_paused = true)]
async fn more_than_a_thousand_records_are_no_batch() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let batch = (0..501).map(|number| (ChangeAction::Upsert, address(&format!("a{number}.example.dev")))).collect();
    assert_eq!(reasons(change(&scene.route53, &zone, batch).await), "Number of records limit of 1000 exceeded.");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_zone_with_records_cannot_be_deleted() {
    let scene = Scene::calm();
    let zone = public_zone(&scene.route53, "orders.example", "1").await;
    change(&scene.route53, &zone, vec![(ChangeAction::Create, address("a.orders.example"))]).await.unwrap();
    let delete = || scene.route53.delete_hosted_zone().id(&zone).send();
    assert_eq!(code(delete().await), "HostedZoneNotEmpty");
    pass(601).await;
    change(&scene.route53, &zone, vec![(ChangeAction::Delete, address("a.orders.example"))]).await.unwrap();
    assert_eq!(code(delete().await), "PriorRequestNotComplete");
    pass(3).await;
    delete().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_list_starts_from_a_name_and_tells_what_comes_next() {
    let scene = Scene::calm();
    let zone = scene.id("public_zone_id");
    let names = ["*.example.dev", "b.example.dev", "a.b.example.dev"];
    let batch = names.map(|name| (ChangeAction::Create, address(name))).into();
    change(&scene.route53, &zone, batch).await.unwrap();
    let list = || scene.route53.list_resource_record_sets().hosted_zone_id(&zone);
    let all = list().send().await.unwrap();
    let listed: Vec<&str> = all.resource_record_sets().iter().map(ResourceRecordSet::name).collect();
    assert_eq!(listed, ["example.dev.", "example.dev.", "\\052.example.dev.", "b.example.dev.", "a.b.example.dev."]);
    // An absent name gives whatever comes after it.
    let from = list().start_record_name("aa.example.dev").max_items(1).send().await.unwrap();
    assert_eq!(from.resource_record_sets()[0].name(), "b.example.dev.");
    assert!(from.is_truncated());
    assert_eq!(from.next_record_name(), Some("a.b.example.dev."));
    assert_eq!(from.next_record_type(), Some(&RrType::A));
    assert_eq!(code(list().start_record_type(RrType::A).send().await), "InvalidInput");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_replica_may_not_list_a_pending_change_yet() {
    let scene = Scene::of(World::strict(2));
    let zone = scene.id("public_zone_id");
    change(&scene.route53, &zone, vec![(ChangeAction::Create, address("a.example.dev"))]).await.unwrap();
    let mut counts = std::collections::BTreeSet::new();
    for _ in 0..12 {
        pass(1).await;
        let seen = scene.route53.list_resource_record_sets().hosted_zone_id(&zone).send().await.unwrap();
        counts.insert(seen.resource_record_sets().len());
    }
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [2, 3]);
    pass(601).await;
    let seen = scene.route53.list_resource_record_sets().hosted_zone_id(&zone).send().await.unwrap();
    assert_eq!(seen.resource_record_sets().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_oldest_of_equal_public_zones_is_the_one_the_world_asks() {
    let scene = Scene::calm();
    pass(1).await;
    let second = public_zone(&scene.route53, "example.dev", "again").await;
    let text = values("_a.example.dev", RrType::Txt, 60, &["\"x\""]);
    change(&scene.route53, &second, vec![(ChangeAction::Create, text)]).await.unwrap();
    pass(601).await;
    let answered = public_texts(&scene.world.lock(), "_a.example.dev", scene.world.now());
    assert!(answered.is_empty());
}

#[tokio::test(start_paused = true)]
pub(crate) async fn five_calls_a_second_are_all_an_account_has() {
    let scene = Scene::of(World::strict(1));
    let client = route53(&scene.world, PROVIDER);
    let calls = (0..12).map(|_| client.list_hosted_zones().send());
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.into_iter().filter_map(Result::err).all(|error| code::<(), _>(Err(error)) == "Throttling"));
    assert!(scene.world.calls().iter().any(|call| call.throttled));
}
