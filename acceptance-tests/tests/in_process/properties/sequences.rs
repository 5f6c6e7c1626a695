//! Any sequence of configurations ends where its last one alone would, beside neighbours who notice nothing.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::generate::{self, Draft, Sequence};
use super::{config, look, paused, refine};
use crate::consumer_setting::pass;
use crate::core::{Action, Terraform, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

const NAME: &str = "api";

/// AWS may release the interfaces of a load balancer for a quarter of an hour, which is all of the default.
fn patience() -> Json {
    json!({"create": "1h", "update": "1h", "delete": "1h"})
}

/// Both accounts of a world in which others have a service and a consumer too.
struct Neighbours {
    owner: Terraform,
    user: Terraform,
    service: Json,
    consumer: Json,
    seen: (Json, Json),
}

impl Neighbours {
    async fn move_in(land: &Landscape) -> Self {
        let (mut owner, mut user) = (land.service_side().await, land.consumer_side().await);
        let mut service = land.service();
        service["name"] = json!("neighbour");
        service["timeouts"] = patience();
        service["private_dns"]["name"] = json!("neighbour.example.dev");
        owner.apply(SERVICE, "neighbour", &service).await;
        pass(120).await;
        let mut consumer = land.consumer(&owner.state("neighbour"));
        consumer["name"] = json!("neighbour");
        consumer["timeouts"] = patience();
        consumer["dns"][0]["zone_name"] = json!("neighbour.internal");
        user.apply(CONSUMER, "neighbour", &consumer).await;
        let mut neighbours = Self { owner, user, service, consumer, seen: (Json::Null, Json::Null) };
        // Until the service shows its connection as it will stay.
        for _ in 0..10 {
            pass(300).await;
            let seen = neighbours.look().await;
            if seen == neighbours.seen {
                return neighbours;
            }
            neighbours.seen = seen;
        }
        panic!("the neighbours never come to rest");
    }

    async fn look(&mut self) -> (Json, Json) {
        for (side, name) in [(&mut self.owner, "neighbour"), (&mut self.user, "neighbour")] {
            let found = side.refresh(name).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        (self.owner.state("neighbour"), self.user.state("neighbour"))
    }

    /// Nothing of theirs is different in any setting, tag or id, and they have nothing to do.
    async fn are_untouched(&mut self) {
        self.owner.expect_empty(SERVICE, "neighbour", &self.service).await;
        self.user.expect_empty(CONSUMER, "neighbour", &self.consumer).await;
        // A replica that lags shows the past once; what was touched stays so.
        let mut differing = Vec::new();
        for _ in 0..5 {
            let seen = self.look().await;
            differing = look::lines(&self.seen.0, &seen.0);
            differing.extend(look::lines(&self.seen.1, &seen.1));
            if differing.is_empty() {
                return;
            }
            pass(300).await;
        }
        panic!("a neighbour was touched: {differing:#?}");
    }
}

/// One side under test.
struct Subject {
    land: Landscape,
    kind: &'static str,
    terraform: Terraform,
    /// What every configuration has.
    base: Json,
    /// Owner of the service that a consumer uses.
    other: Option<Terraform>,
}

impl Subject {
    async fn service(seed: u64) -> Self {
        let land = Landscape::strict(seed);
        let terraform = land.service_side().await;
        Self {
            land,
            kind: SERVICE,
            terraform,
            base: json!({"name": "orders-api", "timeouts": patience()}),
            other: None,
        }
    }

    async fn consumer(seed: u64) -> Self {
        let land = Landscape::strict(seed);
        let mut owner = land.service_side().await;
        let mut service = land.service();
        service["timeouts"] = patience();
        owner.apply(SERVICE, NAME, &service).await;
        pass(120).await;
        let terraform = land.consumer_side().await;
        let base = json!({
            "service_name": owner.state(NAME)["service_name"],
            "accept": {"peer_account": "service"},
            "timeouts": patience(),
        });
        Self { land, kind: CONSUMER, terraform, base, other: Some(owner) }
    }

    async fn apply(&mut self, config: &Json) {
        let kind = self.kind;
        let found = self.terraform.try_apply(kind, NAME, config).await;
        assert!(!found.has_errors(), "{config:#}\n{:#?}", texts(&found));
        self.terraform.expect_empty(kind, NAME, config).await;
    }

    async fn look(&mut self) -> Json {
        // Until what AWS does afterwards has been done: health, deregistration, verification.
        pass(1800).await;
        look::state(&mut self.terraform, NAME, &self.land.ids).await
    }
}

/// The whole story of a sequence; `unknown` picks what is unknown in a plan before each edit.
async fn play<D: Draft>(mut subject: Subject, alone: Subject, sequence: &Sequence<D>, unknown: u64) {
    let untouched = objects(&subject.land.world);
    let mut neighbours = Neighbours::move_in(&subject.land).await;
    let before = objects(&subject.land.world);
    let configs = sequence.configs(&subject.base, &subject.land.ids);
    for (at, config) in configs.iter().enumerate() {
        if at > 0 {
            refine::update(
                &mut subject.terraform,
                subject.kind,
                NAME,
                config,
                unknown.rotate_left(7 * u32::try_from(at).unwrap()),
            )
            .await;
        }
        subject.apply(config).await;
    }
    let past = subject.terraform.state(NAME)["record"]["retired"].to_string();
    assert!(!past.contains("state") && !past.contains("sought"), "not everything old is removed: {past}");
    let (end, with_neighbours) = (subject.look().await, look::counts(&subject.terraform));

    let mut alone = alone;
    let last = sequence.configs(&alone.base, &alone.land.ids).pop().unwrap();
    alone.apply(&last).await;
    let differing = look::lines(&end, &alone.look().await);
    assert!(differing.is_empty(), "the way there shows: {differing:#?}\n{configs:#?}");
    let mut expected = look::counts(&alone.terraform);
    for (kind, ids) in counted_difference(&untouched, &before) {
        *expected.entry(kind).or_default() += ids;
    }
    assert_eq!(with_neighbours, expected, "{last:#}");

    let found = subject.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    neighbours.are_untouched().await;
    let after = objects(&subject.land.world);
    assert_eq!(look::differing(&before, &after), Vec::<String>::new(), "a destroy leaves the world as it was");
    let found = alone.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    if let Some(mut owner) = alone.other {
        let found = owner.destroy(NAME).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
    }
    assert_eq!(objects(&alone.land.world), json!({}));
}

fn counted_difference(before: &Json, after: &Json) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for line in look::differing(before, after) {
        let path = line.split(' ').next().unwrap_or_default().trim_start_matches('/').replace('/', " ");
        *counts.entry(path).or_default() += 1;
    }
    counts.into_iter().collect()
}

proptest! {
    #![proptest_config(config(6))]

    #[test]
    fn any_edits_of_a_service_end_where_the_last_would_alone(
        sequence in generate::sequence(generate::service(), 3),
        seed in 1..1000u64,
        unknown: u64,
    ) {
        paused(async {
            play(Subject::service(seed).await, Subject::service(seed).await, &sequence, unknown).await;
        });
    }

    #[test]
    fn any_edits_of_a_consumer_end_where_the_last_would_alone(
        sequence in generate::sequence(generate::consumer(), 3),
        seed in 1..1000u64,
        unknown: u64,
    ) {
        paused(async {
            play(Subject::consumer(seed).await, Subject::consumer(seed).await, &sequence, unknown).await;
        });
    }

    #[test]
    fn what_is_planned_is_what_a_plan_without_values_left_open(
        service in generate::sequence(generate::service(), 1),
        consumer in generate::sequence(generate::consumer(), 1),
        unknown: [u64; 2],
    ) {
        paused(async {
            let subject = Subject::service(1).await;
            for config in service.configs(&subject.base, &subject.land.ids) {
                let plan = subject.terraform.plan_only(SERVICE, NAME, &config).await;
                prop_assert_eq_action(plan.action, &config);
                refine::create(&subject.terraform, SERVICE, &config, unknown[0]).await;
            }
            let aws = json!({"service_name": "com.amazonaws.us-east-1.sqs"});
            let user = subject.land.consumer_side().await;
            for config in consumer.configs(&aws, &subject.land.ids) {
                refine::create(&user, CONSUMER, &config, unknown[1]).await;
            }
        });
    }
}

fn prop_assert_eq_action(action: Action, config: &Json) {
    assert_eq!(action, Action::Create, "{config:#}");
}
