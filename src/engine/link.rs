//! What one AWS object must be able to do, and the words in which it answers.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use super::compare::Compare;
use super::failure::Result;
use super::record::LinkName;
use super::words::Field;

/// One object of a chain. Every method may be called again after any failure.
///
/// A link is a value without fields: what it works on comes with each call, so that a recorded
/// object can be read and removed when the configuration that made it is gone. A state therefore
/// holds whatever `read` and `delete` need, the credentials' name included.
///
/// # Guarantees expected of an implementation
///
/// `create` returns as soon as the object has an identity and never waits. `read` never changes
/// anything and answers [`Observed::Absent`] for an object that does not exist. `delete` of what is
/// gone succeeds.
pub trait Link: Compare {
    /// Gives access to the outside; a fake in the engine's tests.
    type Client: Send + Sync + 'static;
    /// Whether looks at many of these objects are one call, so that those who wait for them look together.
    const LOOKS_ARE_SHARED: bool = false;

    /// Times after which to look.
    fn pace(&self) -> Pace {
        Pace::default()
    }

    /// Whether what a call has just made or changed to this state works, so that nothing is read after it. Pure.
    fn works_at_once(&self, _state: &Self::State) -> bool {
        self.pace().ready.is_none()
    }

    /// Whether an object that is updated to this state in these settings alone works all the while, so that nothing is
    /// waited for after the update. Pure.
    fn works_throughout(&self, _state: &Self::State, _fields: &[Field]) -> bool {
        false
    }

    /// Looks for the object that `owner` made earlier: by owner tags, or by what makes it unique
    /// where it cannot carry tags. Called after a lost reply and when a killed run is taken up.
    fn find(
        &self,
        client: &Self::Client,
        owner: &Owner,
        spec: &Self::Spec,
    ) -> impl Future<Output = Result<Option<Self::State>>> + Send;

    /// Reads the object by its identity.
    fn read(
        &self,
        client: &Self::Client,
        state: &Self::State,
    ) -> impl Future<Output = Result<Observed<Self::State>>> + Send;

    /// Looks for a recorded object that its id did not show, another way: by the owner's tags. An absence that ends a
    /// whole resource needs this second witness. `None` where there is none, or no other way.
    fn find_again(
        &self,
        _client: &Self::Client,
        _owner: &Owner,
        _state: &Self::State,
    ) -> impl Future<Output = Result<Option<Self::State>>> + Send {
        async { Ok(None) }
    }

    /// Polls whether what this run made or changed works yet. Asked again and again, so it should cost one
    /// call: what cannot have changed since is taken from `state`.
    fn poll(
        &self,
        client: &Self::Client,
        state: &Self::State,
    ) -> impl Future<Output = Result<Observed<Self::State>>> + Send {
        self.read(client, state)
    }

    /// Looks what remains of an object that was asked to go. Asked again and again until it is
    /// [`Observed::Absent`], so it should cost one call while anything remains.
    fn remains(
        &self,
        client: &Self::Client,
        state: &Self::State,
    ) -> impl Future<Output = Result<Observed<Self::State>>> + Send {
        self.read(client, state)
    }

    /// Whether an object that will never work by itself is one that people have to live with, because only a person can
    /// change it: a refresh then takes it as it is, while a run that waits for it fails. Pure.
    fn is_lived_with(&self, _state: &Self::State) -> bool {
        false
    }

    /// Makes the object, with the owner's tags where it can carry any.
    fn create(
        &self,
        client: &Self::Client,
        owner: &Owner,
        spec: &Self::Spec,
    ) -> impl Future<Output = Result<Self::State>> + Send;

    /// Changes all of `fields` together, in as few calls as AWS allows. An error after a partial
    /// effect is healed by the next read and diff. As it stands for what a second creation changes: one call that sets
    /// everything, or a look.
    fn update(
        &self,
        client: &Self::Client,
        owner: &Owner,
        spec: &Self::Spec,
        _state: &Self::State,
        _fields: &[Field],
    ) -> impl Future<Output = Result<Self::State>> + Send {
        self.create(client, owner, spec)
    }

    /// Asks for deletion. The engine then reads until the object is absent.
    fn delete(&self, client: &Self::Client, state: &Self::State) -> impl Future<Output = Result<()>> + Send;
}

/// What a read found.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed<S> {
    /// It does not exist.
    Absent,
    /// It exists and is on its way; `status` in AWS's word.
    Pending {
        /// As far as it can be read.
        state: S,
        /// AWS's word, such as `provisioning`.
        status: String,
    },
    /// It exists and works.
    Ready(S),
    /// It exists and will never work.
    Failed {
        /// As far as it can be read.
        state: S,
        /// AWS's words.
        reason: String,
    },
}

impl<S> Observed<S> {
    /// The same with another state.
    pub fn try_map<T>(self, change: impl FnOnce(S) -> Result<T>) -> Result<Observed<T>> {
        Ok(match self {
            Self::Absent => Observed::Absent,
            Self::Pending { state, status } => Observed::Pending { state: change(state)?, status },
            Self::Ready(state) => Observed::Ready(change(state)?),
            Self::Failed { state, reason } => Observed::Failed { state: change(state)?, reason },
        })
    }
}

/// Expected durations, a little above what is usual: the engine looks first when they are over, then at
/// intervals that grow with the time waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// From create or update to ready. None: what succeeds works at once and its reply tells all there is
    /// to know, so nothing is read after it.
    pub ready: Option<Duration>,
    /// From delete to absent. None: what AWS agreed to delete is gone, and nobody has to look.
    pub gone: Option<Duration>,
    /// From a refused attempt to the next: how long what stands in the way usually takes.
    pub retry: Duration,
}

impl Pace {
    /// Of what is there, and gone, as soon as the call has succeeded.
    pub const AT_ONCE: Self = Self { ready: None, gone: None, retry: Duration::from_secs(1) };
}

impl Default for Pace {
    fn default() -> Self {
        let soon = Some(Duration::from_secs(4));
        Self { ready: soon, gone: soon, ..Self::AT_ONCE }
    }
}

/// Whose object it is: what goes into its owner tags and its AWS name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Type and name of the composite, such as `service/orders-api`.
    pub resource: String,
    /// Minted once for each composite.
    pub uid: String,
    /// Which link of it.
    pub link: LinkName,
    /// 0 for the first object of this link, one more for each replacement.
    pub generation: u32,
    /// The run tag; only on the object that is made first, of a composite that no state names yet.
    pub run_tags: BTreeMap<String, String>,
}
