//! What a verb needs before it: both sides of a connection, made as far as that, and neighbours.

use std::time::Duration;

use acceptance_tests::simulator::clock::Moment;
use privatelink::diagnostic::Diagnostics;
use privatelink::provider::Provider;
use serde_json::{Value as Json, json};
use tokio::sync::OnceCell;

use super::plain::Plain;

use crate::consumer_setting::{Setting, USER, pass};
use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, SERVICE};
use crate::neighbours::{Neighbours, ids};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Service,
    /// A consumer with a group and a zone of its own.
    Consumer,
    /// A consumer with groups that people made, and names in a zone that people made.
    Guest,
    /// A service whose listener has several certificates.
    Tls,
    /// A service with capacity that AWS keeps ready, which a load balancer with TLS listeners cannot have.
    Reserved,
    /// A consumer with names in two zones of its own and in a Route 53 Profile, a group that lets nothing out, and a topic that is told.
    Hub,
}

impl Side {
    /// Whether it is a service's.
    fn is_service(self) -> bool {
        matches!(self, Self::Service | Self::Tls | Self::Reserved)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Create,
    Update,
    Destroy,
}

pub(crate) const SIDES: [Side; 3] = [Side::Service, Side::Consumer, Side::Guest];
/// With those that have what few have.
pub(crate) const ALL_SIDES: [Side; 6] =
    [Side::Service, Side::Consumer, Side::Guest, Side::Tls, Side::Reserved, Side::Hub];
pub(crate) const VERBS: [Verb; 3] = [Verb::Create, Verb::Update, Verb::Destroy];

/// A topic of the landscape.
const TOPIC: &str = "arn:aws:sns:us-east-1:111111111111:connections";
/// Another one of the same account.
const SECOND_TOPIC: &str = "arn:aws:sns:us-east-1:111111111111:audit";
/// Topics and Profiles of the consumer's account.
const TOPICS: [&str; 2] = ["arn:aws:sns:us-east-1:222222222222:orders", "arn:aws:sns:us-east-1:222222222222:audit"];
const PROFILES: [&str; 2] = ["rp-0123456789abcdef", "rp-fedcba9876543210"];

fn certificate(number: usize) -> String {
    format!("arn:aws:acm:us-east-1:111111111111:certificate/{number}1234567-89ab-cdef-0123-456789abcdef")
}

/// The verb's subject, with everything made that the verb needs.
pub(crate) struct Stage {
    pub(crate) setting: Setting,
    pub(crate) neighbours: Neighbours,
    /// One more VPC of the consumer's account.
    further_vpc: Option<String>,
    side: Side,
    pub(crate) verb: Verb,
    /// The resource's `timeouts`; none are the defaults.
    timeouts: Json,
}

/// A stage as every run of the process begins with it.
pub(crate) struct Staged {
    stage: Stage,
    /// When it was ready, on its own clock.
    at: Moment,
    plain: OnceCell<Plain>,
}

impl Staged {
    /// Made by the first who asks.
    pub(crate) async fn of(side: Side, verb: Verb) -> &'static Self {
        static STAGES: [[OnceCell<Staged>; 3]; 6] = [const { [const { OnceCell::const_new() }; 3] }; 6];
        let make = || async {
            let stage = Stage::set(side, verb).await;
            Self { at: stage.setting.land.world.now(), stage, plain: OnceCell::new() }
        };
        STAGES[side as usize][verb as usize].get_or_init(make).await
    }

    /// The same once more, in a world of its own: a run costs no more than itself.
    pub(crate) async fn fork(&self) -> Stage {
        // Other uids than those in the world, and the same ones for each run.
        crate::uids::seed(12);
        let Stage { setting, neighbours, further_vpc, timeouts, side, verb } = &self.stage;
        Stage {
            setting: setting.fork(self.at).await,
            neighbours: neighbours.clone(),
            further_vpc: further_vpc.clone(),
            timeouts: timeouts.clone(),
            side: *side,
            verb: *verb,
        }
    }

    /// What an undisturbed run does and leaves.
    pub(super) async fn plain(&self) -> &Plain {
        self.plain.get_or_init(|| async { Plain::of(self.fork().await).await }).await
    }

    pub(super) fn verb(&self) -> Verb {
        self.stage.verb
    }
}

impl Stage {
    async fn set(side: Side, verb: Verb) -> Self {
        // One seed is one run, so that the table of faults is the same each time.
        crate::uids::seed(11);
        let mut setting = Setting::bare(11).await;
        let neighbours = Neighbours::move_in(&mut setting).await;
        let mut stage = Self { setting, neighbours, further_vpc: None, side, verb, timeouts: json!({}) };
        if side == Side::Tls {
            stage.setting.set("topic", SECOND_TOPIC, json!({"exists": true}));
        }
        if side == Side::Hub {
            for (topic, profile) in TOPICS.into_iter().zip(PROFILES) {
                stage.setting.set("topic", topic, json!({"exists": true}));
                stage.setting.set("profile", profile, json!({"owner": USER, "region": "us-east-1"}));
            }
        }
        if !side.is_service() || verb != Verb::Create {
            let found = stage.setting.owner.try_apply(SERVICE, "api", &stage.service()).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
            pass(120).await;
        }
        // Nobody removes a service that has consumers.
        if !side.is_service() || verb == Verb::Update {
            let service = stage.setting.owner.state("api");
            stage.neighbours.join(&mut stage.setting, &service).await;
        }
        if side.is_service() && verb == Verb::Update {
            // Somebody who waits for acceptance.
            let config = json!({
                "service_name": stage.setting.owner.state("api")["service_name"],
                "subnet_ids": stage.setting.land.ids["consumer_subnet_ids"],
            });
            let found = stage.setting.user.try_apply(CONSUMER, "orders", &config).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        if !side.is_service() && verb == Verb::Update {
            stage.further_vpc = Some(stage.setting.vpc("10.31.0.0/16").await);
        }
        if !side.is_service() {
            // The service, too.
            stage.neighbours.take_all(&stage.setting);
        }
        if !side.is_service() && verb != Verb::Create {
            let found = stage.setting.user.try_apply(CONSUMER, "orders", &stage.base()).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        // Until every server of AWS shows all of it, and what may come by itself has come.
        pass(1800).await;
        stage.neighbours.remember(&stage.setting);
        stage.setting.forget_calls();
        stage
    }

    /// Gives the resource timeouts; a destroy has them from the state.
    pub(crate) async fn hurry(&mut self, timeouts: Json) {
        self.timeouts = timeouts;
        if self.verb != Verb::Create {
            let config = self.base();
            let (terraform, kind, name) = self.subject();
            let found = terraform.try_apply(kind, name, &config).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
    }

    /// The usual service, which tells a topic of its connections; what stands behind another side, too.
    fn service(&self) -> Json {
        let mut config = self.setting.land.service();
        config["connection_notification"] =
            json!([{"connection_notification_arn": TOPIC, "connection_events": ["Accept"]}]);
        if self.side == Side::Tls {
            config.as_object_mut().unwrap().remove("private_dns");
            let listener = &mut config["listener"][0];
            listener["protocol"] = json!("TLS");
            listener["certificate_arn"] = json!(certificate(0));
            listener["additional_certificate_arns"] = json!([certificate(1), certificate(2)]);
        }
        if self.side == Side::Reserved {
            config.as_object_mut().unwrap().remove("private_dns");
            config["load_balancer"] = json!({"minimum_load_balancer_capacity": {"capacity_units": 5500}});
        }
        config
    }

    fn hub(&self) -> Json {
        let mut config = self.setting.land.consumer(&self.setting.owner.state("api"));
        config["egress"] = json!("none");
        config["route53_profile_id"] = json!(PROFILES[0]);
        config["connection_notification"] = json!([{"connection_notification_arn": TOPICS[0]}]);
        config["dns"] = json!([
            {"zone_name": "orders.internal", "record": [{"name": "@"}]},
            {"zone_name": "orders.vendor", "record": [{"name": "api", "ttl_seconds": 60}]},
        ]);
        config
    }

    fn guest(&self) -> Json {
        json!({
            "service_name": self.setting.owner.state("api")["service_name"],
            "name": "guest",
            "subnet_ids": self.setting.subnets([0, 1]),
            "security_group_ids": [self.neighbours.group],
            "accept": {"peer_account": "service"},
            "dns": [{
                "zone_id": self.neighbours.zone,
                "record": [{"name": "guest"}, {"name": "old.guest", "ttl_seconds": 60}],
            }],
            "tags": {"team": "guests"},
        })
    }

    /// What there is before an update or a destroy.
    fn base(&self) -> Json {
        let mut config = match self.side {
            Side::Service | Side::Tls | Side::Reserved => self.service(),
            Side::Hub => self.hub(),
            Side::Consumer => self.setting.land.consumer(&self.setting.owner.state("api")),
            Side::Guest => self.guest(),
        };
        if self.timeouts != json!({}) {
            config["timeouts"] = self.timeouts.clone();
        }
        config
    }

    /// From here on the resource has its usual time.
    pub(crate) fn take_time(&mut self) {
        self.timeouts = json!({});
    }

    /// Time that is not the apply's: the plan before it, and its looks again at what one read may have missed.
    pub(crate) fn planning(&self) -> Duration {
        Duration::from_secs(if self.verb == Verb::Destroy { 5 } else { 12 })
    }

    /// The provider process of the side.
    pub(crate) fn provider(&self) -> Provider {
        match self.side {
            Side::Service | Side::Tls | Side::Reserved => self.setting.owner.provider.clone(),
            Side::Consumer | Side::Guest | Side::Hub => self.setting.user.provider.clone(),
        }
    }

    /// Terraform starts the provider anew.
    pub(crate) async fn start_anew(&mut self) {
        self.setting.owner.provider = self.setting.land.service_side().await.provider;
        self.setting.user.provider = self.setting.land.consumer_side().await.provider;
    }

    /// Lets a failed creation go on; the uid of what there is.
    pub(crate) fn untaint(&mut self) -> Option<Json> {
        let verb = self.verb;
        let (terraform, _, name) = self.subject();
        if !terraform.has(name) {
            return None;
        }
        if verb == Verb::Create {
            terraform.untaint(name);
        }
        Some(terraform.state(name)["record"]["owner_uid"].clone())
    }

    /// What the verb asks for.
    pub(crate) fn config(&self) -> Json {
        let mut config = self.base();
        if self.verb != Verb::Update {
            return config;
        }
        config["tags"]["changed"] = json!("yes");
        match self.side {
            Side::Service => {
                config["accept"] = json!([{"account_ids": [self.setting.land.ids["consumer_account_id"]]}]);
                config["private_dns"]["name"] = json!("shop.orders.example.dev");
                config["connection_notification"][0]["connection_events"] = json!(["Accept", "Reject"]);
                config["allowed_principals"] =
                    json!([self.setting.land.ids["consumer_account_id"], self.setting.land.ids["provider_account_id"]]);
                config["load_balancer"] = json!({"enable_cross_zone_load_balancing": true});
                config["listener"][0]["deregistration_delay"] = json!(60);
                config["listener"][0]["target_port"] = json!(8443);
            }
            Side::Consumer => {
                config["ingress"] = json!([{"port": 443, "cidr_ipv4": "10.0.0.0/8"}]);
                config["private_dns_enabled"] = json!(false);
                config["subnet_ids"] = self.setting.subnets([0]);
                config["dns"][0]["record"] = json!([{"name": "@"}, {"name": "web"}]);
                config["dns"][0]["vpc_ids"] = json!([self.further_vpc]);
            }
            Side::Tls => {
                config["listener"][0]["additional_certificate_arns"] = json!([certificate(2), certificate(3)]);
                config["connection_notification"] = json!([{"connection_notification_arn": SECOND_TOPIC}]);
            }
            Side::Reserved => {
                config["load_balancer"] = json!({"minimum_load_balancer_capacity": {"capacity_units": 6600}});
            }
            Side::Hub => {
                config["egress"] = json!("all");
                config["route53_profile_id"] = json!(PROFILES[1]);
                config["connection_notification"] = json!([{"connection_notification_arn": TOPICS[1]}]);
                config["dns"] = json!([
                    {"zone_name": "orders.internal", "record": [{"name": "@"}, {"name": "web"}]},
                    {"zone_name": "orders.other", "record": [{"name": "api", "ttl_seconds": 60}]},
                ]);
            }
            Side::Guest => {
                config["subnet_ids"] = self.setting.subnets([1, 2]);
                config["security_group_ids"] =
                    json!([self.neighbours.group, self.setting.land.ids["application_security_group_id"]]);
                config["dns"][0]["record"] = json!([{"name": "guest"}, {"name": "new.guest"}]);
                config["dns"][0]["vpc_ids"] = json!([self.further_vpc]);
            }
        }
        config
    }

    pub(crate) fn subject(&mut self) -> (&mut Terraform, &'static str, &'static str) {
        match self.side {
            Side::Service | Side::Tls | Side::Reserved => (&mut self.setting.owner, SERVICE, "api"),
            Side::Consumer | Side::Guest | Side::Hub => (&mut self.setting.user, CONSUMER, "orders"),
        }
    }

    pub(crate) async fn act(&mut self) -> Diagnostics {
        let (config, verb) = (self.config(), self.verb);
        let (terraform, kind, name) = self.subject();
        if verb == Verb::Destroy {
            return terraform.destroy(name).await;
        }
        terraform.try_apply(kind, name, &config).await
    }

    /// Every object of the world that neither a state names nor a neighbour has.
    pub(crate) fn forgotten(&self) -> Vec<String> {
        let mut known = String::new();
        for (terraform, name) in [(&self.setting.owner, "api"), (&self.setting.user, "orders")] {
            if terraform.has(name) {
                known.push_str(&terraform.state(name).to_string());
            }
        }
        telling(&objects(&self.setting.land.world))
            .into_iter()
            .filter(|(kind, id)| !is_named(&known, id) && !self.neighbours.have(kind, id))
            .map(|(_, id)| id)
            .collect()
    }

    /// Ends a run: the neighbours notice nothing, neither of it nor of the removal of what it made.
    pub(crate) async fn clear(mut self, case: &str) {
        pass(900).await;
        self.neighbours.expect_untouched(&self.setting, case);
        let found = self.setting.user.destroy("orders").await;
        assert!(!found.has_errors(), "{case}, clearing: {:#?}", texts(&found));
        if self.side.is_service() {
            self.neighbours.leave(&mut self.setting, case).await;
            let found = self.setting.owner.destroy("api").await;
            assert!(!found.has_errors(), "{case}, clearing: {:#?}", texts(&found));
        }
        self.neighbours.expect_alone(&self.setting, case);
        self.neighbours.expect_untouched(&self.setting, case);
    }
}

/// A record set's id is its zone, name and type: a state holds them apart.
fn is_named(known: &str, id: &str) -> bool {
    let parts: Vec<&str> = if id.starts_with("arn:") { vec![id] } else { id.split('/').collect() };
    match parts.as_slice() {
        [zone, name, _] => known.contains(zone) && known.contains(name.trim_end_matches('.')),
        _ => known.contains(id),
    }
}

/// Kinds and ids of a list of objects that a state would name.
pub(super) fn telling(objects: &Json) -> Vec<(String, String)> {
    let mut found = ids(objects);
    // AWS makes and removes it with what it belongs to.
    found.retain(|(kind, _)| kind != "network_interface");
    found
}
