//! What is written by hand for each resource type: its attributes, its chain, and how what exists
//! shows in its attributes.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use super::access::Access;
use super::facts::Origin;
use super::hands_over::AnyHandovers;
use super::import_id::ImportId;
use super::recoverable::AnyRecovery;
use super::server::BoxFuture;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Catalogue, Chain, Failure, Limits, LinkName, Record, Result, Stop, View};
use crate::schema::Attributes;

/// A Terraform resource type made of links.
///
/// Its attribute list holds, besides its own, what every composite has: `id`, `region`, `timeouts`,
/// `tags` with `tags_all`, and [`super::Memory`], which [`super::Resource`] fills.
pub trait Composite: Send + Sync + 'static {
    /// `privatelink_service`
    const TYPE: &'static str;
    /// Its word in messages: `service`.
    const NOUN: &'static str;
    /// Raised when the stored shape changes.
    const SCHEMA_VERSION: i64 = 0;
    /// The link without which the resource is gone: it is then planned anew, through `id`.
    const ANCHOR: &'static str;
    /// Attributes that name the anchor for its whole life: known as long as it stays, whatever else is replaced.
    const STABLE_OUTPUTS: &'static [&'static str] = &[];

    /// Whether the account of a peer may have the anchor. An import says so in its id.
    const HELD_BY_PEERS: bool = false;
    /// Kinds of links that are settings of the object of another link: an import that finds both never lets go of one without the other.
    const SETTINGS: &'static [(&'static str, &'static str)] = &[];

    /// The resource type of hashicorp/aws that describes the anchor alone, for `moved` blocks.
    const MOVES_FROM: Option<Origin> = None;

    /// Its attributes.
    type Config: Attributes + Clone + Send + Sync + 'static;
    /// What its links speak to.
    type Client: Access;

    /// Rules across attributes. Unknown values pass.
    fn check(_config: &Self::Config) -> Diagnostics {
        Diagnostics::new()
    }

    /// Fills configurable values that follow from others when the configuration leaves them out. Pure.
    fn derive(_config: &mut Self::Config) {}

    /// Fills what the configuration leaves out and what depends on the state before. In plans alone: what they say is
    /// applied. Pure.
    fn complete(_config: &mut Self::Config, _prior: Option<&Self::Config>) {}

    /// Whether the configuration does not tell yet which links there will be, because a block or the
    /// name of one is unknown. The plan then promises nothing about the record.
    fn is_open(_config: &Self::Config) -> bool {
        false
    }

    /// Names of the provider's peers whose credentials it uses, as far as they are known.
    fn peers(_config: &Self::Config) -> Vec<String> {
        Vec::new()
    }

    /// Its name among the resources of its type, for owner tags: `orders-api`.
    fn name(config: &Self::Config) -> String;

    /// What must exist.
    fn chain(config: &Self::Config) -> Chain<Self::Client>;

    /// Adapts what is recorded to the configuration before the two are compared, in plan and apply alike: moves
    /// objects that go by another name now, and returns these moves, old name first. Of `imported` links, which no apply has described
    /// yet, it takes out what the configuration does not describe.
    fn align(
        _config: &Self::Config,
        _record: &mut Record,
        _imported: &BTreeSet<LinkName>,
    ) -> Vec<(LinkName, LinkName)> {
        Vec::new()
    }

    /// Every kind of link it may have, and how each is taken down.
    fn catalogue() -> Catalogue<Self::Client>;

    /// Fills computed attributes from what exists or will exist. The same for plan, apply and read, so
    /// that they cannot disagree. Leaves configured values alone.
    fn outputs(view: &View, config: &mut Self::Config);

    /// Copies observed settings over configured ones: drift, and import. A value that means the same
    /// as the configured one stays as it is written.
    fn observe(view: &View, config: &mut Self::Config);

    /// The user's tags of each object besides the anchor, of those that carry their own: a key that only an argument stands
    /// for is left out. `config` is as recorded.
    fn carried(_view: &View, _config: &Self::Config) -> Vec<BTreeMap<String, String>> {
        Vec::new()
    }

    /// Looks at AWS before a change, without writing: whatever would fail later fails now. A look that failed is
    /// looked again from the beginning, as its class allows.
    fn preflight<'a>(
        client: &'a Self::Client,
        check: &'a Preflight<'a, Self::Config>,
        found: &'a mut Diagnostics,
    ) -> impl Future<Output = Result<()>> + Send + 'a;

    /// Tells the others of this run, which may want it, what of `record` stays and what goes: in the plan, and again as the
    /// apply begins. Without a configuration everything goes.
    fn announce(_client: &Self::Client, _record: &Record, _config: Option<&Self::Config>) {}

    /// Attributes whose new values only a new resource can take, where it takes a look at AWS to tell.
    /// A plan replaces the resource for them; what it then plans no longer depends on that look.
    fn immovable<'a>(
        _client: &'a Self::Client,
        _config: &'a Self::Config,
        _prior: &'a Self::Config,
    ) -> impl Future<Output = Result<Vec<&'static str>>> + Send + 'a {
        async { Ok(Vec::new()) }
    }

    /// Notes in the record what a plan may look up because it never changes, such as the zone of a subnet, so that
    /// results stay known key by key.
    fn foresee<'a>(
        _client: &'a Self::Client,
        _config: &'a Self::Config,
        _record: &'a mut Record,
    ) -> impl Future<Output = Result<()>> + Send + 'a {
        async { Ok(()) }
    }

    /// Lets a configuration say whose its objects are, where links compare that: a resource may take over another one's.
    fn own(_config: &mut Self::Config, _uid: &str) {}

    /// Takes out of the record of a resource that is to be removed what a later resource of the same uid has as well, which this run made
    /// before (`create_before_destroy`): for composites whose uid follows from the configuration.
    fn forget_shared(_record: &mut Record, _heir: &Record) {}

    /// The uid of the composite that this configuration creates, where it follows from the configuration: then what an
    /// interrupted creation made is found without a tag. `None` where each creation mints one.
    fn uid(_config: &Self::Config) -> Option<String> {
        None
    }

    /// How what an interrupted run left is found again, by the tag that objects carry; `None` where none can carry one.
    fn recovery() -> Option<AnyRecovery<Self::Client>> {
        None
    }

    /// What moves last where a resource is made before the one that it replaces is destroyed; `None` where AWS allows
    /// everything twice.
    fn handovers() -> Option<AnyHandovers<Self::Client>> {
        None
    }

    /// What a person should know when an apply has succeeded, such as what AWS makes of it. Never an error.
    fn look_back<'a>(
        _client: &'a Self::Client,
        _config: &'a Self::Config,
    ) -> impl Future<Output = Diagnostics> + Send + 'a {
        async { Diagnostics::new() }
    }

    /// Finds what belongs to an anchor, for import. Like a preflight it is begun again where a look failed.
    fn discover<'a>(
        client: &'a Self::Client,
        id: ImportId<'a>,
    ) -> impl Future<Output = Result<Discovered<Self::Config>, Undiscovered>> + Send + 'a;
}

/// What an import found.
#[derive(Debug, Clone)]
pub struct Discovered<Config> {
    /// States that hold at least what each link's `read` needs.
    pub record: Record,
    /// Configured values that no link holds.
    pub config: Config,
    /// The uid in the owner tags, where this provider made the objects.
    pub uid: Option<String>,
    /// What a person is told about it.
    pub notes: Diagnostics,
}

/// Why an import found nothing.
#[derive(Debug, Clone)]
pub enum Undiscovered {
    /// There cannot be anything under this id, in words for a person.
    Nothing(Diagnostics),
    /// AWS shows nothing under this id, which one reply does not prove.
    Absent(Diagnostic),
    /// AWS gave no answer.
    Failed(Failure),
}

impl From<Diagnostic> for Undiscovered {
    fn from(told: Diagnostic) -> Self {
        Self::Nothing(told.into())
    }
}

impl From<Failure> for Undiscovered {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What is about to happen, and when it is looked at.
#[derive(Debug)]
pub struct Preflight<'a, Config> {
    /// The coming configuration; `None` before a destroy.
    pub config: Option<&'a Config>,
    /// The configuration behind the record; `None` before a create.
    pub prior: Option<&'a Config>,
    /// What exists.
    pub record: &'a Record,
    /// True in the plan, where other resources of the run may still cure what is missing; false right
    /// before the first write.
    pub planning: bool,
    /// Whether what exists is removed first and all of it is made anew: then everything is looked at, in the plan and
    /// right before the first delete, and what exists stands in nobody's way.
    pub replacing: bool,
    /// Ends whatever is waited for.
    pub limits: Limits,
}

impl<Config> Preflight<'_, Config> {
    /// Whether to look at everything, rather than at what another resource of the run may have changed since the plan.
    pub fn is_whole(&self) -> bool {
        self.planning || self.replacing
    }
}

/// The configured provider, as resources see it.
pub trait Connection<Client>: Send + Sync + 'static {
    /// The Region where a resource names none; `None` while it is unknown.
    fn region(&self) -> Option<String>;

    /// Access for a resource in `region`, or why there is none yet.
    fn client<'a>(&'a self, region: &'a str) -> BoxFuture<'a, Result<Arc<Client>, Diagnostic>>;

    /// Whether something of the provider block that a resource with these peers needs is not known yet, so that AWS
    /// cannot be asked.
    fn is_open(&self, peers: &[String]) -> bool;

    /// Tags that every object gets unless its resource says otherwise; `None` while unknown.
    fn default_tags(&self) -> Option<BTreeMap<String, String>>;

    /// Whether a tag key is to be left alone and not shown.
    fn ignores_tag(&self, key: &str) -> bool;

    /// Raised by Ctrl-C.
    fn stop(&self) -> Stop;

    /// By how much waits are divided; 1 except against a simulator.
    fn speed(&self) -> u32;
}
