//! Names of an endpoint whose run was killed, and names that are replaced on one and the same endpoint.

use acceptance_tests::simulator::faults::{Fault, Strike};
use serde_json::{Value as Json, json};

use crate::consumer_setting::{USER, merged, pass};
use crate::core::{objects, texts};
use crate::crash::killed;
use crate::endpoint_dns::{ENDPOINT_DNS, NAMES, Vendor};

/// A zone that people made, and names in it.
struct Names {
    vendor: Vendor,
    zone: String,
    /// What there is without the names.
    before: Json,
}

impl Names {
    async fn new(seed: u64) -> Self {
        let vendor = Vendor::accepted(seed).await;
        let zone = vendor.setting.zone(USER, "shop.internal").await;
        let before = objects(&vendor.setting.land.world);
        Self { vendor, zone, before }
    }

    /// The same once more, in a world that goes on by itself.
    async fn fork(&self) -> Self {
        Self { vendor: self.vendor.fork().await, zone: self.zone.clone(), before: self.before.clone() }
    }

    /// Names in the given zone, and in zones of their own.
    fn config(&self, records: &[&str], own: &[&str]) -> Json {
        let record = |name: &&str| json!({"name": name});
        let given = json!({"zone_id": self.zone, "record": records.iter().map(record).collect::<Vec<_>>()});
        let own = own.iter().map(|name| json!({"zone_name": name, "record": [{"name": "@"}, {"name": "*"}]}));
        self.vendor.names(json!({"dns": own.chain([given]).collect::<Vec<_>>()}))
    }

    /// What the zones hold, besides what each zone has.
    async fn written(&self) -> Vec<String> {
        pass(120).await;
        let route53 = self.vendor.setting.route53(USER);
        let mut written = Vec::new();
        for zone in route53.list_hosted_zones().send().await.unwrap().hosted_zones() {
            let sets = route53.list_resource_record_sets().hosted_zone_id(zone.id()).send().await.unwrap();
            let sets = sets.resource_record_sets().iter().filter(|set| set.alias_target().is_some());
            written.extend(sets.map(|set| set.name().trim_end_matches('.').to_owned()));
        }
        written.sort();
        written.dedup();
        written
    }

    /// The first words of the run tag.
    async fn tag(&self) -> String {
        let id = self.vendor.endpoint_id();
        let filter = aws_sdk_ec2::types::Filter::builder().name("resource-id").values(id).build();
        let tags = self.vendor.setting.ec2(USER).describe_tags().filters(filter).send().await.unwrap();
        let mark = tags.tags().iter().find(|tag| tag.key() == Some("privatelink:run-of-names-mark"));
        mark.and_then(|tag| tag.value()).unwrap_or_default().to_owned()
    }

    /// A run that ends at a call, and the provider started anew after it.
    async fn dies(&mut self, config: &Json, fault: Fault) -> bool {
        let user = &mut self.vendor.setting.user;
        let died = killed(user, ENDPOINT_DNS, NAMES, config, fault).await;
        user.provider = self.vendor.setting.land.consumer_side().await.provider;
        // Nobody types sooner than AWS shows what was made.
        pass(30).await;
        died
    }

    /// Takes the names away, and expects that nothing of them is left.
    async fn expect_nothing_left(&mut self, case: &str) {
        let found = self.vendor.setting.user.destroy(NAMES).await;
        assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
        pass(120).await;
        assert_eq!(objects(&self.vendor.setting.land.world), self.before, "{case}");
    }
}

fn faults(call: u64) -> [(Fault, String); 2] {
    let fault = || Fault::at("*", call, Strike::Kill);
    [(fault(), format!("killed after call {call}")), (fault().before(), format!("killed before call {call}"))]
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_update_made_goes_with_the_next_one_that_wants_something_else() {
    let mut kills = 0;
    let mut stage = Names::new(720).await;
    let base = stage.config(&["orders"], &[]);
    stage.vendor.apply(&base).await;
    for call in 1..20 {
        for (fault, case) in faults(call) {
            let mut names = stage.fork().await;
            let wanted = names.config(&["orders", "billing"], &["vendor.internal"]);
            if !names.dies(&wanted, fault).await {
                continue;
            }
            kills += 1;
            let other = names.config(&["orders", "third"], &["other.internal"]);
            let found = names.vendor.setting.user.try_apply(ENDPOINT_DNS, NAMES, &other).await;
            assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
            pass(120).await;
            names.vendor.setting.user.expect_empty(ENDPOINT_DNS, NAMES, &other).await;
            let expected = ["*.other.internal", "orders.shop.internal", "other.internal", "third.shop.internal"]
                .map(str::to_owned);
            let written: Vec<String> = names.written().await.iter().map(|name| name.replace("\\052", "*")).collect();
            assert_eq!(written, expected, "{case}");
            names.expect_nothing_left(&case).await;
        }
    }
    println!("{kills} kills");
    assert!(kills >= 6, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_creation_made_goes_with_the_next_one_that_wants_something_else() {
    let mut kills = 0;
    let stage = Names::new(721).await;
    for call in 1..20 {
        for (fault, case) in faults(call) {
            let mut names = stage.fork().await;
            let wanted = names.config(&["billing"], &["vendor.internal"]);
            // One that has ended left a whole chain, whose state may be anywhere.
            if !names.dies(&wanted, fault).await || names.tag().await.starts_with("updated") {
                continue;
            }
            kills += 1;
            let other = names.config(&["third"], &["other.internal"]);
            let found = names.vendor.setting.user.try_apply(ENDPOINT_DNS, NAMES, &other).await;
            assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
            pass(120).await;
            names.vendor.setting.user.expect_empty(ENDPOINT_DNS, NAMES, &other).await;
            names.expect_nothing_left(&case).await;
        }
    }
    println!("{kills} kills");
    assert!(kills >= 6, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn a_destroy_after_a_killed_update_leaves_nothing() {
    let mut kills = 0;
    let mut stage = Names::new(722).await;
    let base = stage.config(&["orders"], &["vendor.internal"]);
    stage.vendor.apply(&base).await;
    for call in 1..20 {
        for (fault, case) in faults(call) {
            let mut names = stage.fork().await;
            let wanted = names.config(&["billing"], &["other.internal"]);
            if !names.dies(&wanted, fault).await {
                continue;
            }
            kills += 1;
            names.expect_nothing_left(&case).await;
        }
    }
    println!("{kills} kills");
    assert!(kills >= 6, "only {kills} calls could be killed");
}

#[tokio::test(start_paused = true)]
async fn what_a_run_has_ended_is_not_looked_for_again() {
    let mut names = Names::new(723).await;
    let base = names.config(&["orders"], &["vendor.internal"]);
    names.vendor.apply(&base).await;
    names.expect_nothing_left("made once").await;
    // The tag of the run before stays on the endpoint.
    let before = tokio::time::Instant::now();
    let found = names.vendor.setting.user.try_apply(ENDPOINT_DNS, NAMES, &base).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert!(before.elapsed().as_secs() < 120, "nobody is watched: {:?}", before.elapsed());
    let more = merged(&base, &names.config(&["orders", "billing"], &["vendor.internal"]));
    let before = tokio::time::Instant::now();
    let found = names.vendor.setting.user.try_apply(ENDPOINT_DNS, NAMES, &more).await;
    assert!(found.is_empty(), "{:#?}", texts(&found));
    assert!(before.elapsed().as_secs() < 120, "nobody is watched: {:?}", before.elapsed());
    names.expect_nothing_left("made twice").await;
}

#[tokio::test(start_paused = true)]
async fn names_that_are_replaced_on_their_endpoint_stay() {
    let mut names = Names::new(724).await;
    let config = merged(
        &names.config(&["orders"], &["vendor.internal"]),
        &json!({"private_dns_enabled": true, "tags": {"team": "shop"}}),
    );
    names.vendor.apply(&config).await;
    let (before, written) = (names.vendor.setting.user.state(NAMES), names.written().await);
    // As core does it with create_before_destroy and -replace: beside its successor.
    names.vendor.setting.user.rename(NAMES, "names (deposed)");
    pass(60).await;
    let found = names.vendor.setting.user.try_apply(ENDPOINT_DNS, NAMES, &config).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    names.vendor.setting.forget_calls();
    let found = names.vendor.setting.user.destroy("names (deposed)").await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    assert_eq!(names.vendor.setting.changes(), Vec::<String>::new(), "the successor has all of it");
    assert_eq!(names.vendor.setting.user.state(NAMES)["zone_ids"], before["zone_ids"]);
    pass(120).await;
    names.vendor.setting.user.expect_empty(ENDPOINT_DNS, NAMES, &config).await;
    assert_eq!(names.written().await, written);
    names.vendor.setting.resolves("orders.example.dev");
    // The successor itself goes with all of it, in the same process.
    names.expect_nothing_left("replaced").await;
}
