//! A composite of seven fakes in the shape of the real service, and the runs of its tests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::world::{Fake, Settings, Spec, State, World, seconds};
use crate::engine::{
    Catalogue, Chain, Deadline, Limits, LinkName, Outcome, Pace, Preview, Record, Rounds, Run, Step, Stop, converge,
    preview, refresh, remove,
};

pub(super) const LINKS: [&str; 7] =
    ["load_balancer", "target_group", "targets", "listener", "endpoint_service", "permissions", "dns_record"];

/// What a test wants: settings of some links, and links left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Want {
    settings: BTreeMap<&'static str, Settings>,
    without: Vec<&'static str>,
    opened_by_permissions: bool,
}

impl Want {
    pub(super) fn set(mut self, link: &'static str, change: impl FnOnce(&mut Settings)) -> Self {
        change(self.settings.entry(link).or_default());
        self
    }

    pub(super) fn without(mut self, link: &'static str) -> Self {
        self.without.push(link);
        self
    }

    pub(super) fn value(self, link: &'static str, value: &str) -> Self {
        self.set(link, |settings| value.clone_into(&mut settings.value))
    }

    pub(super) fn shape(self, link: &'static str, shape: &str) -> Self {
        self.set(link, |settings| shape.clone_into(&mut settings.shape))
    }

    pub(super) fn slot(self, link: &'static str, slot: &str) -> Self {
        self.set(link, |settings| slot.clone_into(&mut settings.slot))
    }

    pub(super) fn gate(self, link: &'static str, wait: bool) -> Self {
        self.set(link, |settings| settings.gate = Some(wait))
    }

    /// The gate of the endpoint service opens by what the permissions do.
    pub(super) fn opened_by_permissions(mut self) -> Self {
        self.opened_by_permissions = true;
        self
    }

    pub(super) fn spec(&self, link: &'static str) -> impl Fn(Vec<&State>) -> Option<Spec> + Send + Sync + 'static {
        let settings = self.settings.get(link).cloned().unwrap_or_default();
        move |parents| {
            let parents = parents.into_iter().map(|parent| parent.id.clone()).collect();
            Some(Spec { settings: settings.clone(), parents })
        }
    }

    pub(super) fn chain(&self) -> Chain<World> {
        let mut chain = Chain::new();
        let spec = self.spec("load_balancer");
        let lb = chain.link("load_balancer", soft("load_balancer"), (), move |()| spec(vec![]));
        let spec = self.spec("target_group");
        let group = chain.link("target_group", soft("target_group"), (), move |()| spec(vec![]));
        if self.has("targets") {
            let spec = self.spec("targets");
            chain.link("targets", rigid("targets"), (group.exists(),), move |(group,)| spec(vec![group]));
        }
        let spec = self.spec("listener");
        let parents = (lb.exists(), group.exists());
        chain.link("listener", rigid("listener"), parents, move |(lb, group)| spec(vec![lb, group]));
        let spec = self.spec("endpoint_service");
        let service =
            chain.link("endpoint_service", soft("endpoint_service"), (lb.ready(),), move |(lb,)| spec(vec![lb]));
        if self.has("permissions") {
            let spec = self.spec("permissions");
            let parents = (service.exists(),);
            let permissions =
                chain.link("permissions", soft("permissions"), parents, move |(service,)| spec(vec![service]));
            if self.opened_by_permissions {
                chain.opens(&permissions, &service);
            }
        }
        if self.has("dns_record") {
            let spec = self.spec("dns_record");
            chain.link("dns_record", soft("dns_record"), (service.ready(),), move |(service,)| spec(vec![service]));
        }
        chain
    }

    fn has(&self, link: &str) -> bool {
        !self.without.contains(&link)
    }
}

fn times(link: &str) -> (Duration, Duration) {
    match link {
        "load_balancer" => (seconds(180), seconds(40)),
        "endpoint_service" => (seconds(120), seconds(10)),
        "dns_record" => (seconds(60), seconds(30)),
        _ => (Duration::ZERO, Duration::ZERO),
    }
}

pub(super) fn soft(link: &str) -> Fake {
    let (ready, gone) = times(link);
    Fake { rigid: false, pace: Pace { ready: Some(ready), gone: Some(gone), ..Pace::default() } }
}

pub(super) fn rigid(link: &str) -> Fake {
    Fake { rigid: true, ..soft(link) }
}

pub(super) fn catalogue() -> Catalogue<World> {
    let mut catalogue = Catalogue::new();
    catalogue.kind("load_balancer", soft("load_balancer")).after(&["endpoint_service"]);
    catalogue.kind("target_group", soft("target_group")).after(&["listener"]);
    catalogue.kind("targets", rigid("targets")).goes_with("target_group");
    catalogue.kind("listener", rigid("listener")).goes_with("load_balancer");
    catalogue.kind("endpoint_service", soft("endpoint_service")).after(&["dns_record"]).anchor();
    catalogue.kind("permissions", soft("permissions")).goes_with("endpoint_service");
    catalogue.kind("dns_record", soft("dns_record"));
    catalogue
}

pub(super) fn world() -> World {
    let mut world = World::default();
    for link in LINKS {
        world.times.insert(link, times(link));
    }
    world.contained = BTreeMap::from([
        ("targets", "target_group"),
        ("listener", "load_balancer"),
        ("permissions", "endpoint_service"),
    ]);
    world
}

/// A world, and the runs against it.
pub(super) struct Bench {
    pub(super) world: Arc<World>,
    pub(super) catalogue: Arc<Catalogue<World>>,
    pub(super) stop: Stop,
    pub(super) time: Duration,
    pub(super) resumed: bool,
    pub(super) uid: &'static str,
    pub(super) speed: u32,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::on(world(), catalogue())
    }

    pub(super) fn on(world: World, catalogue: Catalogue<World>) -> Self {
        assert_eq!(catalogue.defects(), Vec::<String>::new());
        Self {
            world: Arc::new(world),
            catalogue: Arc::new(catalogue),
            stop: Stop::new(),
            time: seconds(900),
            resumed: false,
            uid: "uid-1",
            speed: 1,
        }
    }

    /// The same bench on a world of its own.
    pub(super) fn twin(&self) -> Self {
        Self { world: Arc::new(self.world.twin()), catalogue: Arc::clone(&self.catalogue), ..Self::new() }
    }

    pub(super) fn run(&self) -> Run<World> {
        Run {
            client: Arc::clone(&self.world),
            catalogue: Arc::clone(&self.catalogue),
            resource: "service/orders".to_owned(),
            uid: self.uid.to_owned(),
            resumed: self.resumed,
            lead_tag: None,
            progress: None,
            stale_until: None,
            limits: Limits { deadline: Deadline::after(self.time), stop: self.stop.clone(), speed: self.speed },
            rounds: Rounds::default(),
        }
    }

    pub(super) async fn converge(&self, want: &Want, record: Record) -> Outcome {
        let outcome = converge(&self.run(), &want.chain(), record).await;
        self.check(&outcome.record);
        outcome
    }

    /// Converges and holds that it went well, to the plan, and that nothing is left to do.
    pub(super) async fn built(&self, want: &Want, record: Record) -> Record {
        let plan = preview(&want.chain(), &record);
        let outcome = self.converge(want, record).await;
        assert_eq!(outcome.problems, vec![]);
        if let Some(last) = plan.last {
            assert_eq!((&outcome.record.last, outcome.record.retired.len()), (&last, 0), "{:?}", plan.steps);
        }
        assert_eq!(outcome.report.not_reached, vec![]);
        assert_eq!(outcome.report.left_over, vec![]);
        let next = preview(&want.chain(), &outcome.record);
        assert!(!next.has_changes(), "the second plan is not empty: {:?}", next.steps);
        assert_eq!(recorded(&outcome.record), self.world.ids().into_iter().collect::<Vec<_>>());
        let seen = self.twin().refresh(outcome.record.clone()).await;
        assert_eq!(
            (&seen.record, seen.problems),
            (&outcome.record, vec![]),
            "a refresh after the run changes the record"
        );
        outcome.record
    }

    /// A run whose process dies: its calls hang from some point on, and nobody receives its record.
    pub(super) async fn stopped_dead(&self, want: &Want, record: Record) {
        let (run, chain) = (self.run(), want.chain());
        let _nobody_receives_it = tokio::time::timeout(seconds(2000), converge(&run, &chain, record)).await;
    }

    pub(super) async fn remove(&self, record: Record) -> Outcome {
        let outcome = remove(&self.run(), record).await;
        self.check(&outcome.record);
        outcome
    }

    pub(super) async fn refresh(&self, record: Record) -> Outcome {
        refresh(&self.run(), record).await
    }

    pub(super) fn preview(&self, want: &Want, record: &Record) -> Preview {
        assert!(!self.stop.is_set());
        preview(&want.chain(), record)
    }

    /// Nothing that exists is missing in the record, where it is an object or an uncertain creation, and nothing wrong was
    /// done on the way.
    pub(super) fn check(&self, record: &Record) {
        let recorded = recorded(record);
        let uncertain_creates: Vec<_> = record
            .uncertain_creates
            .iter()
            .map(|uncertain| (uncertain.link.to_string(), uncertain.generation))
            .collect();
        for id in self.world.ids() {
            let doubted = self.world.owned(&id).is_some_and(|owned| uncertain_creates.contains(&owned));
            assert!(recorded.contains(&id) || doubted, "{id} exists and is in no record");
        }
        assert_eq!(self.world.wrongs(), Vec::<String>::new());
    }
}

/// The ids in a record, sorted.
pub(super) fn recorded(record: &Record) -> Vec<String> {
    let live = record.links.values().map(|entry| &entry.state);
    let retired = record.retired.iter().map(|retired| &retired.state);
    let mut ids: Vec<_> = live.chain(retired).map(|state| state["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

pub(super) fn steps(preview: &Preview) -> Vec<(&str, Step)> {
    preview.steps.iter().map(|(name, step)| (name.as_str(), step.clone())).collect()
}

pub(super) fn names<'a>(links: impl IntoIterator<Item = &'a crate::engine::LinkName>) -> Vec<&'a str> {
    links.into_iter().map(crate::engine::LinkName::as_str).collect()
}

/// Records without parents, each in a slot that only one can have.
pub(super) fn slots(slots: &[(&str, &str)]) -> Chain<World> {
    let mut chain = Chain::new();
    for (key, slot) in slots {
        let settings = Settings { slot: (*slot).to_owned(), ..Settings::default() };
        chain.link(LinkName::keyed("dns_record", key), soft("dns_record"), (), move |()| {
            Some(Spec { settings: settings.clone(), parents: vec![] })
        });
    }
    chain
}
