//! Records that pass from one consumer to another in one run: whichever of the two is applied first, in the process that
//! planned both or in one that knows of neither.

use std::collections::BTreeMap;

use privatelink::diagnostic::Diagnostics;
use privatelink::resource::PlanRequest;
use serde_json::{Value as Json, json};

use crate::announced;
use crate::consumer_setting::{ORDERS, Setting, USER, pass, says, zone_of};
use crate::core::{Plan, Terraform, texts};
use crate::landscape::CONSUMER;

const BILLING: &str = "billing";

/// In which order core applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// `-parallelism=1`.
    OrdersFirst,
    /// `-parallelism=1`, the other way round.
    BillingFirst,
    Together,
}

const ORDERS_OF_APPLY: [Order; 3] = [Order::OrdersFirst, Order::BillingFirst, Order::Together];

/// What becomes of a consumer.
#[derive(Debug, Clone)]
enum Wish {
    Config(Json),
    Gone,
}

struct Pair {
    setting: Setting,
    zone: String,
}

impl Pair {
    /// Two consumers with records in a zone that somebody else manages.
    async fn in_a_given_zone(seed: u64, orders: &[&str], billing: &[&str]) -> Self {
        let setting = Setting::open(seed).await;
        let zone = setting.zone(USER, "shop.internal").await;
        let mut pair = Self { setting, zone };
        for (name, names) in [(ORDERS, orders), (BILLING, billing)] {
            let config = pair.config(name, names);
            pair.setting.user.apply(CONSUMER, name, &config).await;
        }
        pass(600).await;
        pair
    }

    /// The same in a zone that the consumer `orders` manages.
    async fn in_a_managed_zone(seed: u64, orders: &[&str], billing: &[&str]) -> Self {
        let mut setting = Setting::open(seed).await;
        let config = managing(&setting, orders);
        setting.apply(&config).await;
        let zone = zone_of(&setting.state()).as_str().unwrap().to_owned();
        let mut pair = Self { setting, zone };
        let config = pair.config(BILLING, billing);
        pair.setting.user.apply(CONSUMER, BILLING, &config).await;
        pass(600).await;
        pair
    }

    fn config(&self, name: &str, names: &[&str]) -> Json {
        self.setting.sharing(name, json!({"zone_id": self.zone, "record": records(names)}))
    }

    /// Plans both, then applies both; `fresh` in a process that has planned neither, as Terraform does it.
    async fn run(&mut self, order: Order, fresh: bool, wishes: [&Wish; 2]) -> [Diagnostics; 2] {
        let names = if order == Order::BillingFirst { [BILLING, ORDERS] } else { [ORDERS, BILLING] };
        let wish = |name: &str| if name == ORDERS { wishes[0].clone() } else { wishes[1].clone() };
        let user = &mut self.setting.user;
        let mut plans = BTreeMap::new();
        for name in names {
            match wish(name) {
                Wish::Config(config) => {
                    let plan = user.plan(CONSUMER, name, &config).await;
                    assert!(!plan.diagnostics.has_errors(), "{order:?}, {fresh}: {:#?}", texts(&plan.diagnostics));
                    plans.insert(name, plan);
                }
                Wish::Gone => {
                    user.refresh(name).await;
                    let (_, server) = user.server(CONSUMER);
                    server.plan(PlanRequest { prior: user.value(name), ..PlanRequest::default() }).await;
                }
            }
        }
        if fresh {
            user.provider = self.setting.land.consumer_side().await.provider;
        }
        let mut sides = names.map(|name| (name, self.setting.user.clone(), plans.remove(name)));
        let [first, second] = &mut sides;
        let (one, two) = if order == Order::Together {
            tokio::join!(act(first, wish(first.0)), act(second, wish(second.0)))
        } else {
            (act(first, wish(first.0)).await, act(second, wish(second.0)).await)
        };
        for (name, side, _) in &sides {
            if side.has(name) {
                self.setting.user.take_state(side, name);
            } else {
                self.setting.user.forget(name);
            }
        }
        if order == Order::BillingFirst { [two, one] } else { [one, two] }
    }

    /// The same, and expects that all went well and that nothing is left to do.
    async fn expect(&mut self, order: Order, fresh: bool, wishes: [&Wish; 2]) {
        for found in self.run(order, fresh, wishes).await {
            assert!(!found.has_errors(), "{order:?}, {fresh}: {:#?}", texts(&found));
        }
        pass(120).await;
        for (name, wish) in [(ORDERS, wishes[0]), (BILLING, wishes[1])] {
            if let Wish::Config(config) = wish {
                self.setting.user.expect_empty(CONSUMER, name, config).await;
            }
        }
    }

    /// Every record of the zone, by name, with the consumer that it leads to.
    async fn led(&self) -> BTreeMap<String, &'static str> {
        let call = self.setting.route53(USER).list_resource_record_sets().hosted_zone_id(&self.zone);
        let sets = call.send().await.unwrap();
        let ids = [ORDERS, BILLING].map(|name| {
            let has = self.setting.user.has(name);
            (name, has.then(|| self.setting.user.state(name)["id"].as_str().unwrap().to_owned()))
        });
        let mut led = BTreeMap::new();
        for set in sets.resource_record_sets() {
            let Some(alias) = set.alias_target() else { continue };
            let leads = |id: &Option<String>| id.as_ref().is_some_and(|id| alias.dns_name().contains(id.as_str()));
            let whose = ids.iter().find(|(_, id)| leads(id)).map_or("nobody", |(name, _)| name);
            let name = set.name().split('.').next().unwrap().to_owned();
            assert!(led.insert(name, whose).is_none());
        }
        led
    }

    async fn expect_led(&self, what: &str, expected: &[(&str, &'static str)]) {
        let expected: BTreeMap<String, &str> =
            expected.iter().map(|(name, whose)| ((*name).to_owned(), *whose)).collect();
        assert_eq!(self.led().await, expected, "{what}");
    }

    async fn end(mut self) {
        for name in [BILLING, ORDERS] {
            self.setting.user.ends_at = None;
            self.setting.goes(name).await;
        }
        self.setting.route53(USER).delete_hosted_zone().id(&self.zone).send().await.ok();
        self.setting.destroy().await;
    }
}

async fn act(side: &mut (&'static str, Terraform, Option<Plan>), wish: Wish) -> Diagnostics {
    let (name, user, plan) = side;
    match wish {
        Wish::Config(config) => user.carry_out(CONSUMER, name, &config, plan.take().unwrap()).await,
        Wish::Gone => {
            // Another apply beside this one has not announced it.
            let _beside = announced::Apply::begin();
            user.destroy(name).await
        }
    }
}

fn records(names: &[&str]) -> Json {
    names.iter().map(|name| json!({"name": name})).collect()
}

fn managing(setting: &Setting, names: &[&str]) -> Json {
    setting.sharing(ORDERS, json!({"zone_name": "shop.internal", "record": records(names)}))
}

/// Every order, in one process and in a fresh one.
fn ways() -> impl Iterator<Item = (Order, bool)> {
    ORDERS_OF_APPLY.into_iter().flat_map(|order| [(order, false), (order, true)])
}

#[tokio::test(start_paused = true)]
async fn a_record_of_a_given_zone_moves_to_another_consumer_in_every_order() {
    let mut pair = Pair::in_a_given_zone(400, &["a", "keep"], &["own"]).await;
    let (with, without) = (["a", "keep"], ["keep"]);
    for (order, fresh) in ways() {
        let what = format!("{order:?}, {fresh}");
        let (less, more) = (pair.config(ORDERS, &without), pair.config(BILLING, &["a", "own"]));
        pair.expect(order, fresh, [&Wish::Config(less), &Wish::Config(more)]).await;
        pair.expect_led(&what, &[("a", BILLING), ("keep", ORDERS), ("own", BILLING)]).await;
        // And back.
        let (more, less) = (pair.config(ORDERS, &with), pair.config(BILLING, &["own"]));
        pair.expect(order, fresh, [&Wish::Config(more), &Wish::Config(less)]).await;
        pair.expect_led(&what, &[("a", ORDERS), ("keep", ORDERS), ("own", BILLING)]).await;
    }
    pair.end().await;
}

#[tokio::test(start_paused = true)]
async fn records_of_a_given_zone_are_exchanged_in_every_order() {
    let mut pair = Pair::in_a_given_zone(401, &["a"], &["b"]).await;
    let mut here = "a";
    for (order, fresh) in ways() {
        let there = here;
        here = if here == "a" { "b" } else { "a" };
        let (one, two) = (pair.config(ORDERS, &[here]), pair.config(BILLING, &[there]));
        pair.expect(order, fresh, [&Wish::Config(one), &Wish::Config(two)]).await;
        pair.expect_led(&format!("{order:?}, {fresh}"), &[(here, ORDERS), (there, BILLING)]).await;
    }
    pair.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_record_passes_from_a_consumer_that_is_destroyed_in_every_order() {
    for (seed, (order, fresh)) in (402..).zip(ways()) {
        let mut pair = Pair::in_a_given_zone(seed, &["a"], &["own"]).await;
        let more = Wish::Config(pair.config(BILLING, &["a", "own"]));
        pair.expect(order, fresh, [&Wish::Gone, &more]).await;
        pair.expect_led(&format!("{order:?}, {fresh}"), &[("a", BILLING), ("own", BILLING)]).await;
        assert!(!pair.setting.user.has(ORDERS));
        pair.setting.resolves("a.shop.internal");
        pair.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_of_a_managed_zone_moves_both_ways_in_every_order() {
    let mut pair = Pair::in_a_managed_zone(410, &["a", "keep"], &["own"]).await;
    for (order, fresh) in ways() {
        let what = format!("{order:?}, {fresh}");
        let (less, more) = (managing(&pair.setting, &["keep"]), pair.config(BILLING, &["a", "own"]));
        pair.expect(order, fresh, [&Wish::Config(less), &Wish::Config(more)]).await;
        pair.expect_led(&what, &[("a", BILLING), ("keep", ORDERS), ("own", BILLING)]).await;
        let (more, less) = (managing(&pair.setting, &["a", "keep"]), pair.config(BILLING, &["own"]));
        pair.expect(order, fresh, [&Wish::Config(more), &Wish::Config(less)]).await;
        pair.expect_led(&what, &[("a", ORDERS), ("keep", ORDERS), ("own", BILLING)]).await;
    }
    pair.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_record_that_its_consumer_keeps_stays_and_is_told_until_one_of_the_two_gives_way() {
    let mut pair = Pair::in_a_given_zone(411, &["a"], &["own"]).await;
    let (both, keeps) = (pair.config(BILLING, &["a", "own"]), pair.config(ORDERS, &["a"]));
    // The process knows that the other one keeps it.
    let user = &mut pair.setting.user;
    user.expect_empty(CONSUMER, ORDERS, &keeps).await;
    let found = user.try_apply(CONSUMER, BILLING, &both).await;
    assert!(
        says(&found, "Error [dns] Record exists", &["a.shop.internal A", "Nothing was changed"]),
        "{:#?}",
        texts(&found)
    );
    // Nobody says so: it is left where it is, and every plan says that it is not here.
    for _ in 0..2 {
        pair.setting.user.provider = pair.setting.land.consumer_side().await.provider;
        let found = pair.setting.user.try_apply(CONSUMER, BILLING, &both).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        let words = ["a.shop.internal A", "consumer orders", "the next plan shows"];
        assert!(says(&found, "Warning [dns] Record moves last", &words), "{:#?}", texts(&found));
        pass(120).await;
        pair.expect_led("kept", &[("a", ORDERS), ("own", BILLING)]).await;
    }
    pair.setting.user.expect_empty(CONSUMER, ORDERS, &keeps).await;
    // Its destruction touches nothing of the other one's.
    pair.setting.user.provider = pair.setting.land.consumer_side().await.provider;
    pair.setting.goes(BILLING).await;
    pair.expect_led("one is gone", &[("a", ORDERS)]).await;
    pair.setting.resolves("a.shop.internal");
    pair.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_record_that_was_taken_over_is_not_touched_by_the_consumer_that_had_it() {
    for (seed, late, goes) in [(412, false, false), (413, true, false), (414, false, true), (415, true, true)] {
        let mut pair = Pair::in_a_given_zone(seed, &["a", "keep"], &["own"]).await;
        let (less, more) = (pair.config(ORDERS, &["keep"]), pair.config(BILLING, &["a", "own"]));
        // Both are planned, and the one that gives it up is never applied.
        let user = &mut pair.setting.user;
        user.plan(CONSUMER, ORDERS, &less).await;
        let found = user.try_apply(CONSUMER, BILLING, &more).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        pair.expect_led("taken", &[("a", BILLING), ("keep", ORDERS), ("own", BILLING)]).await;
        pair.setting.user.provider = pair.setting.land.consumer_side().await.provider;
        if late {
            pass(120).await;
            pair.setting.user.refresh(ORDERS).await;
        }
        if goes {
            pair.setting.goes(ORDERS).await;
            pair.expect_led("gone", &[("a", BILLING), ("own", BILLING)]).await;
        } else {
            let plan = pair.setting.user.plan_only(CONSUMER, ORDERS, &less).await;
            let found = pair.setting.user.carry_out(CONSUMER, ORDERS, &less, plan).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
            pair.expect_led("updated", &[("a", BILLING), ("keep", ORDERS), ("own", BILLING)]).await;
            pass(120).await;
            pair.setting.user.expect_empty(CONSUMER, ORDERS, &less).await;
        }
        pair.setting.user.expect_empty(CONSUMER, BILLING, &more).await;
        pair.end().await;
    }
}
