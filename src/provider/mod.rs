//! The provider: its block, its connection to AWS, its resource types, data sources and functions.

mod access;
mod config;
mod taken;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::actions;
use crate::aws::settings::{Identity, IgnoreTags, Settings};
use crate::aws::{Aws, Wiring};
use crate::data_sources;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Deadline, Failure, Limits, Retry, Stop};
use crate::functions;
use crate::privatelink_connection::Decision;
use crate::privatelink_consumer::Consumer;
use crate::privatelink_endpoint_dns::EndpointDns;
use crate::privatelink_service::Service;
use crate::resource::{
    Action, ActionServer, BoxFuture, Connection, Data, DataSource, DataSourceServer, Function, FunctionServer,
    ListServer, Listed, Listing, ProviderServer, Resource, ResourceServer, ServedAction, ServedFunction, end_sentence,
};
use crate::schema::{self, Attributes, Block, Schema};
use crate::value::{Path, Value};

use config::ProviderConfig;
use taken::{OpenPeers, Taken};

/// For so long STS is asked again while it gives no answer.
const CONFIGURING: Duration = Duration::from_mins(3);

/// Serves every resource type, data source and function over AWS. Clones are the same provider.
#[derive(Clone)]
pub struct Provider {
    link: Arc<Link>,
    resources: BTreeMap<&'static str, Arc<dyn ResourceServer>>,
    list_resources: BTreeMap<&'static str, Arc<dyn ListServer>>,
    data_sources: BTreeMap<&'static str, Arc<dyn DataSourceServer>>,
    functions: BTreeMap<&'static str, Arc<dyn FunctionServer>>,
    actions: BTreeMap<&'static str, Arc<dyn ActionServer>>,
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
    /// Whether AWS or the SDK refused what is known.
    is_refused: bool,
    /// The Region of resources that write none; `None` while it is unknown.
    region: Option<String>,
    /// What is needed for access in a Region that a resource writes, while the provider's own is unknown.
    without_region: Option<Settings>,
    /// That access, once a resource needed it.
    elsewhere: Option<Aws>,
    /// Peers that are not known yet.
    open_peers: OpenPeers,
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
        let connection: Arc<dyn Connection<Aws>> = Arc::clone(&link) as _;
        let service = Arc::new(Resource::new::<Service>(Arc::clone(&connection)));
        let consumer = Arc::new(Resource::new::<Consumer>(Arc::clone(&connection)));
        let decision = Arc::new(Resource::new::<Decision>(Arc::clone(&connection)));
        let endpoint_dns = Arc::new(Resource::new::<EndpointDns>(Arc::clone(&connection)));
        let list_resources =
            BTreeMap::from([list::<Service>(&service), list::<Consumer>(&consumer), list::<Decision>(&decision)]);
        let resources =
            BTreeMap::from([resource(service), resource(consumer), resource(decision), resource(endpoint_dns)]);
        let data_sources = BTreeMap::from([
            data::<data_sources::Connections>(&connection),
            data::<data_sources::Diagnosis>(&connection),
            data::<data_sources::Metrics>(&connection),
            data::<data_sources::Service>(&connection),
        ]);
        let functions = BTreeMap::from([
            function::<functions::PrincipalArn>(),
            function::<functions::ServiceId>(),
            function::<functions::ServiceRegion>(),
            function::<functions::ZonalDnsName>(),
        ]);
        let actions = BTreeMap::from([
            action::<actions::Accept>(&connection),
            action::<actions::Reject>(&connection),
            action::<actions::StartVerification>(&connection),
        ]);
        Self { link, resources, list_resources, data_sources, functions, actions }
    }

    /// AWS as it is configured, in a Region or in the provider's own; the reason where there is no access.
    pub async fn aws(&self, region: Option<&str>) -> Result<Arc<Aws>, Diagnostic> {
        let state = self.link.state();
        let Some(region) = region.map(str::to_owned).or(state.region) else { return Err(state.reason) };
        self.link.client(&region).await
    }
}

/// A resource and its type.
fn resource(resource: Arc<Resource<Aws>>) -> (&'static str, Arc<dyn ResourceServer>) {
    (resource.type_name(), resource)
}

/// The list of a resource type's objects.
fn list<K: Listed<Client = Aws>>(resource: &Arc<Resource<Aws>>) -> (&'static str, Arc<dyn ListServer>) {
    (K::TYPE, Arc::new(Listing::<Aws>::new::<K>(resource)))
}

/// A data source and its name.
fn data<D: DataSource<Client = Aws>>(
    connection: &Arc<dyn Connection<Aws>>,
) -> (&'static str, Arc<dyn DataSourceServer>) {
    (D::TYPE, Arc::new(Data::<D>::new(Arc::clone(connection))))
}

/// An action and its name.
fn action<A: Action<Client = Aws>>(connection: &Arc<dyn Connection<Aws>>) -> (&'static str, Arc<dyn ActionServer>) {
    (A::TYPE, Arc::new(ServedAction::<A>::new(Arc::clone(connection))))
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

    fn list_resources(&self) -> &BTreeMap<&'static str, Arc<dyn ListServer>> {
        &self.list_resources
    }

    fn actions(&self) -> &BTreeMap<&'static str, Arc<dyn ActionServer>> {
        &self.actions
    }

    fn is_open(&self) -> bool {
        self.link.is_open(&[])
    }

    fn data_sources(&self) -> &BTreeMap<&'static str, Arc<dyn DataSourceServer>> {
        &self.data_sources
    }

    fn functions(&self) -> &BTreeMap<&'static str, Arc<dyn FunctionServer>> {
        &self.functions
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let block = ProviderConfig::block();
        let schema::Checked { mut found, rest } = schema::check(&block, config);
        if let Err(misfits) = ProviderConfig::decode(&schema::settled(&block, &rest), &Path::root()) {
            found.extend(misfits);
        }
        found
    }

    fn configure<'a>(&'a self, terraform_version: &'a str, config: &'a Value) -> BoxFuture<'a, Diagnostics> {
        tracing::debug!(terraform_version, "configure");
        Box::pin(async move {
            let settled = schema::settled(&ProviderConfig::block(), config);
            let config = match ProviderConfig::decode(&settled, &Path::root()) {
                Ok(config) => config,
                Err(misfits) => return misfits,
            };
            let taken = taken::take(&config);
            let state = State {
                default_tags: taken.default_tags.clone(),
                ignore_tags: taken.settings.ignore_tags.clone(),
                open_peers: taken.open_peers.clone(),
                region: taken.region.known().cloned(),
                ..State::unconfigured()
            };
            if taken.is_open || taken.region.is_unknown() {
                // Known at apply; until then plans go without looking at AWS, or only where a resource says where.
                let region = self.link.region_elsewhere(&taken).await;
                let settings = (!taken.is_open).then_some(taken.settings);
                self.link.set(State { region: state.region.clone().or(region), without_region: settings, ..state });
                return Diagnostics::new();
            }
            match self.link.connect(taken.settings).await {
                Ok(aws) => {
                    let region = Some(aws.region().to_owned());
                    self.link.set(State { aws: Some(aws), region, ..state });
                    Diagnostics::new()
                }
                Err(failure) => {
                    let diagnostic = refusal(&failure);
                    self.link.set(State { reason: diagnostic.clone(), is_refused: true, ..state });
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

    async fn connect(&self, settings: Settings) -> Result<Aws, Failure> {
        let aws = Aws::connect(settings, self.wiring.clone()).await?;
        let limits = Limits { deadline: Deadline::after(CONFIGURING), stop: self.state().stop, speed: aws.speed() };
        let mut retry = Retry::reading(&limits);
        while let Err(failure) = aws.validate().await {
            retry.again(failure).await?;
        }
        Ok(aws)
    }

    /// The Region of the environment or of the profile, where the block writes none. Makes no call.
    async fn region_elsewhere(&self, taken: &Taken) -> Option<String> {
        if !taken.region.is_null() || taken.has_open_profile {
            return None;
        }
        let identity = Identity { profile: taken.settings.identity.profile.clone(), ..Identity::default() };
        let settings = Settings {
            identity,
            shared_config_files: taken.settings.shared_config_files.clone(),
            shared_credentials_files: taken.settings.shared_credentials_files.clone(),
            ..Settings::default()
        };
        Aws::connect(settings, self.wiring.clone()).await.ok().map(|aws| aws.region().to_owned())
    }

    /// Access for a resource that says where it is, while the provider's own Region is unknown.
    async fn connect_in(&self, settings: Settings, region: &str) -> Result<Aws, Diagnostic> {
        let identity = Identity { region: Some(region.to_owned()), ..settings.identity.clone() };
        let aws = self.connect(Settings { identity, ..settings }).await.map_err(|failure| refusal(&failure))?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        // Another resource may have been quicker.
        Ok(state.elsewhere.get_or_insert(aws).clone())
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
            is_refused: false,
            region: None,
            without_region: None,
            elsewhere: None,
            open_peers: OpenPeers::default(),
            default_tags: None,
            ignore_tags: IgnoreTags::default(),
            stop: Stop::new(),
        }
    }
}

impl Connection<Aws> for Link {
    fn region(&self) -> Option<String> {
        self.state().region
    }

    fn client<'a>(&'a self, region: &'a str) -> BoxFuture<'a, Result<Arc<Aws>, Diagnostic>> {
        Box::pin(async move {
            let state = self.state();
            let aws = match (state.aws.or(state.elsewhere), state.without_region) {
                (Some(aws), _) => aws,
                (None, Some(settings)) => Box::pin(self.connect_in(settings, region)).await?,
                (None, None) => return Err(state.reason),
            };
            match aws.check_region(region) {
                Ok(()) => Ok(Arc::new(aws.in_region(region))),
                Err(failure) => Err(no_such_region(&failure)),
            }
        })
    }

    fn is_open(&self, peers: &[String]) -> bool {
        let state = self.state();
        let has_access = state.aws.is_some() || state.without_region.is_some() || state.is_refused;
        !has_access || peers.iter().any(|peer| state.open_peers.may_have(peer))
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
        let state = self.state();
        state.aws.or(state.elsewhere).map_or(1, |aws| aws.speed())
    }
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
