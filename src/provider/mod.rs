//! The provider: its block, its connection to AWS, its resource types, data sources and functions.

mod config;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::aws::settings::IgnoreTags;
use crate::aws::{Aws, Wiring};
use crate::data_sources;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Failure, Limits, Patience, Stop};
use crate::functions;
use crate::privatelink_connection::Decision;
use crate::privatelink_consumer::Consumer;
use crate::privatelink_service::Service;
use crate::resource::{
    BoxFuture, Composite, Connection, Data, DataSource, DataSourceServer, Function, FunctionServer, ProviderServer,
    Resource, ResourceServer, ServedFunction, end_sentence,
};
use crate::schema::{self, Attributes, Block, Schema};
use crate::value::{Attr, Path, Value};

use config::ProviderConfig;

/// For so long STS is asked again while it gives no answer.
const CONFIGURING: Duration = Duration::from_mins(3);

/// Serves `privatelink_service`, `privatelink_consumer` and `privatelink_connection` over AWS. Clones are the same provider.
#[derive(Clone)]
pub struct Provider {
    link: Arc<Link>,
    resources: BTreeMap<&'static str, Arc<dyn ResourceServer>>,
    data_sources: BTreeMap<&'static str, Arc<dyn DataSourceServer>>,
    functions: BTreeMap<&'static str, Arc<dyn FunctionServer>>,
}

/// The configured connection, shared with every resource.
struct Link {
    wiring: Wiring,
    state: RwLock<State>,
}

#[derive(Clone)]
struct State {
    aws: Option<Aws>,
    /// Why there is no connection yet, or why it failed.
    reason: Diagnostic,
    default_tags: Option<BTreeMap<String, String>>,
    ignore_tags: IgnoreTags,
    stop: Stop,
}

impl Provider {
    /// A provider that speaks to AWS.
    pub fn new() -> Self {
        Self::wired(Wiring::default())
    }

    /// A provider whose doors to the outside are given, for tests.
    pub fn wired(wiring: Wiring) -> Self {
        let link = Arc::new(Link { wiring, state: RwLock::new(State::unconfigured()) });
        let mut resources: BTreeMap<&'static str, Arc<dyn ResourceServer>> = BTreeMap::new();
        let connection: Arc<dyn Connection<Aws>> = Arc::clone(&link) as _;
        resources.insert(Service::TYPE, Arc::new(Resource::<Service>::new(Arc::clone(&connection))));
        resources.insert(Consumer::TYPE, Arc::new(Resource::<Consumer>::new(Arc::clone(&connection))));
        resources.insert(Decision::TYPE, Arc::new(Resource::<Decision>::new(Arc::clone(&connection))));
        let data_sources = BTreeMap::from([
            data::<data_sources::Connections>(&connection),
            data::<data_sources::Diagnosis>(&connection),
            data::<data_sources::Service>(&connection),
        ]);
        let functions = BTreeMap::from([
            function::<functions::PrincipalArn>(),
            function::<functions::ServiceId>(),
            function::<functions::ServiceRegion>(),
            function::<functions::ZonalDnsName>(),
        ]);
        Self { link, resources, data_sources, functions }
    }
}

/// A data source and its name.
fn data<D: DataSource<Client = Aws>>(
    connection: &Arc<dyn Connection<Aws>>,
) -> (&'static str, Arc<dyn DataSourceServer>) {
    (D::TYPE, Arc::new(Data::<D>::new(Arc::clone(connection))))
}

/// A function and its name.
fn function<F: Function>() -> (&'static str, Arc<dyn FunctionServer>) {
    (F::NAME, Arc::new(ServedFunction::<F>::new()))
}

impl Default for Provider {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("resources", &self.resources.keys()).finish_non_exhaustive()
    }
}

impl ProviderServer for Provider {
    fn schema(&self) -> Schema {
        Schema { version: 0, block: ProviderConfig::block() }
    }

    fn resources(&self) -> &BTreeMap<&'static str, Arc<dyn ResourceServer>> {
        &self.resources
    }

    fn data_sources(&self) -> &BTreeMap<&'static str, Arc<dyn DataSourceServer>> {
        &self.data_sources
    }

    fn functions(&self) -> &BTreeMap<&'static str, Arc<dyn FunctionServer>> {
        &self.functions
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut found = schema::check(&ProviderConfig::block(), config, &Path::root());
        match ProviderConfig::decode(config, &Path::root()) {
            Ok(config) => found.extend(check(&config)),
            Err(misfits) => found.extend(misfits),
        }
        found
    }

    fn configure<'a>(&'a self, terraform_version: &'a str, config: &'a Value) -> BoxFuture<'a, Diagnostics> {
        tracing::debug!(terraform_version, "configure");
        Box::pin(async move {
            let config = match ProviderConfig::decode(config, &Path::root()) {
                Ok(config) => config,
                Err(misfits) => return misfits,
            };
            let Some(settings) = config::settings(&config) else {
                // Known at apply; until then plans go without looking at AWS.
                self.link.set(State::unconfigured());
                return Diagnostics::new();
            };
            let default_tags = Some(settings.default_tags.clone());
            let ignore_tags = settings.ignore_tags.clone();
            let connected = async {
                let aws = Aws::connect(settings, self.link.wiring.clone()).await?;
                let deadline = Instant::now() + CONFIGURING;
                let limits = Limits { deadline, stop: self.link.state().stop, speed: aws.speed() };
                let mut patience = Patience::looking(&limits);
                while let Err(failure) = aws.validate().await {
                    patience.again(failure).await?;
                }
                Ok::<_, Failure>(aws)
            };
            match connected.await {
                Ok(aws) => {
                    let state = State { aws: Some(aws), default_tags, ignore_tags, ..State::unconfigured() };
                    self.link.set(state);
                    Diagnostics::new()
                }
                Err(failure) => {
                    let diagnostic = refusal(&failure);
                    self.link.set(State {
                        reason: diagnostic.clone(),
                        default_tags,
                        ignore_tags,
                        ..State::unconfigured()
                    });
                    diagnostic.into()
                }
            }
        })
    }

    fn stop(&self) {
        self.link.state().stop.set();
    }

    fn abandon(&self) {
        self.link.state().stop.abandon();
    }
}

impl Link {
    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl State {
    fn unconfigured() -> Self {
        Self {
            aws: None,
            reason: Diagnostic::error(
                "The provider is not configured yet",
                "A value of the provider block is known only after another resource is applied. Apply that resource first, \
                 for example with -target, or write the value as a variable.",
            ),
            default_tags: None,
            ignore_tags: IgnoreTags::default(),
            stop: Stop::new(),
        }
    }
}

impl Connection<Aws> for Link {
    fn region(&self) -> Option<String> {
        self.state().aws.map(|aws| aws.region().to_owned())
    }

    fn client(&self, region: &str) -> BoxFuture<'_, Result<Arc<Aws>, Diagnostic>> {
        let state = self.state();
        let found = state.aws.ok_or(state.reason).and_then(|aws| match aws.check_region(region) {
            Ok(()) => Ok(Arc::new(aws.in_region(region))),
            Err(failure) => Err(no_such_region(&failure)),
        });
        Box::pin(async move { found })
    }

    fn default_tags(&self) -> Option<BTreeMap<String, String>> {
        self.state().default_tags
    }

    fn ignores_tag(&self, key: &str) -> bool {
        self.state().ignore_tags.ignores(key)
    }

    fn stop(&self) -> Stop {
        self.state().stop
    }

    fn speed(&self) -> u32 {
        self.state().aws.map_or(1, |aws| aws.speed())
    }
}

/// Rules across attributes of the provider block.
fn check(config: &ProviderConfig) -> Diagnostics {
    let mut found = Diagnostics::new();
    if config.allowed_account_ids.is_set() && config.forbidden_account_ids.is_set() {
        let detail = "allowed_account_ids and forbidden_account_ids exclude each other; write one of them.";
        found.push(Diagnostic::error("Conflicting account lists", detail).at(Path::attribute("forbidden_account_ids")));
    }
    if config.access_key.is_set() != config.secret_key.is_set() {
        let missing = if config.access_key.is_set() { "secret_key" } else { "access_key" };
        let detail = format!("access_key and secret_key belong together; {missing} is missing.");
        found.push(Diagnostic::error("Incomplete credentials", detail).at(Path::attribute(missing)));
    }
    if let Attr::Known(peers) = &config.peer_account {
        let mut names = std::collections::BTreeSet::new();
        for name in peers.iter().filter_map(|peer| peer.name.known()) {
            if !names.insert(name) {
                let detail =
                    format!("Two peer_account blocks are named {name:?}; resources could not tell them apart.");
                found.push(Diagnostic::error("Peer account named twice", detail).at(Path::attribute("peer_account")));
            }
        }
    }
    found
}

/// What a resource in a Region that does not exist gets.
fn no_such_region(failure: &Failure) -> Diagnostic {
    let detail = format!("{failure}. {}.", failure.advice.as_deref().unwrap_or_default());
    Diagnostic::error("Invalid region", detail).at(Path::attribute("region"))
}

/// Why the provider block leads nowhere.
fn refusal(failure: &Failure) -> Diagnostic {
    let mut detail = failure.to_string();
    end_sentence(&mut detail);
    if let Some(request_id) = &failure.request_id {
        detail = format!("{detail}\nRequest ID: {request_id}");
    }
    let mut advice = failure.advice.clone().unwrap_or_else(|| {
        "Check the credentials and the Region of the provider block, of the environment and of the profile.".to_owned()
    });
    end_sentence(&mut advice);
    let diagnostic = Diagnostic::error("Cannot use the provider block", format!("{detail}\n\nWhat to do: {advice}"));
    match failure.attribute {
        Some(attribute) if has(&ProviderConfig::block(), attribute) => diagnostic.at(Path::attribute(attribute)),
        _ => diagnostic,
    }
}

/// Whether a block has an attribute or a nested block of this name.
fn has(block: &Block, name: &str) -> bool {
    block.attribute(name).is_some() || block.blocks.iter().any(|nested| nested.name == name)
}
