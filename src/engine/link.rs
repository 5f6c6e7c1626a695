//! What one AWS object must be able to do, and the words in which it answers.

use std::future::Future;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::describe::{self, Words};
use super::failure::Failure;
use super::record::LinkName;

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
/// gone succeeds. `diff` of a spec and the state that came of it is [`Change::None`].
pub trait Link: Send + Sync + 'static {
    /// Gives access to the outside; a fake in the engine's tests.
    type Client: Send + Sync + 'static;
    /// What is wanted, parents' ids included. Recorded where a creation's outcome is not known.
    type Spec: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;
    /// What exists: ids and every managed setting. Saved in Terraform's state as JSON, so it holds
    /// nothing that changes by itself (no counters, no health, no times).
    type State: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Words for fields of the state, where a plan names them; an empty one hides what AWS alone tells.
    const WORDS: Words = &[];
    /// Whether the object is managed elsewhere and only looked at, so that no step of its changes anything in AWS.
    const IS_LOOK: bool = false;
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
    ) -> impl Future<Output = Result<Option<Self::State>, Failure>> + Send;

    /// Reads the object by its identity.
    fn read(
        &self,
        client: &Self::Client,
        state: &Self::State,
    ) -> impl Future<Output = Result<Observed<Self::State>, Failure>> + Send;

    /// Looks for a recorded object that its id did not show, another way: by the owner's tags. An absence that ends a
    /// whole resource needs this second witness. `None` where there is none, or no other way.
    fn find_again(
        &self,
        _client: &Self::Client,
        _owner: &Owner,
        _state: &Self::State,
    ) -> impl Future<Output = Result<Option<Self::State>, Failure>> + Send {
        async { Ok(None) }
    }

    /// Looks whether what this run made or changed works yet. Asked again and again, so it should cost one
    /// call: what cannot have changed since is taken from `state`.
    fn look(
        &self,
        client: &Self::Client,
        state: &Self::State,
    ) -> impl Future<Output = Result<Observed<Self::State>, Failure>> + Send {
        self.read(client, state)
    }

    /// Looks what remains of an object that was asked to go. Asked again and again until it is
    /// [`Observed::Absent`], so it should cost one call while anything remains.
    fn remains(
        &self,
        client: &Self::Client,
        state: &Self::State,
    ) -> impl Future<Output = Result<Observed<Self::State>, Failure>> + Send {
        self.read(client, state)
    }

    /// Whether an object that will never work by itself is one that people have to live with, because only a person can
    /// change it: a refresh then takes it as it is, while a run that waits for it fails. Pure.
    fn is_lived_with(&self, _state: &Self::State) -> bool {
        false
    }

    /// Compares. Pure; used by plan and by apply, so that the two cannot disagree.
    fn diff(&self, spec: &Self::Spec, state: &Self::State) -> Change;

    /// The state after an update in place to `spec`: settings from `spec`, ids kept, and `None` in
    /// those fields that only AWS can fill anew. Pure; used by plan for the objects behind this one
    /// and for outputs, so a field that apply then fills differently is a defect.
    fn forecast(&self, spec: &Self::Spec, state: &Self::State) -> Self::State;

    /// Says what a run does to have the object as `spec` wants it, one phrase for each setting; `state` is `None` where it
    /// makes it. Pure.
    fn describe(&self, spec: &Self::Spec, state: Option<&Self::State>) -> Vec<String> {
        let Some(state) = state else { return vec!["create".to_owned()] };
        let json = |state: &Self::State| serde_json::to_value(state).unwrap_or_default();
        describe::differences(&json(state), &json(&self.forecast(spec, state)), Self::WORDS)
    }

    /// Says what the object's removal does. Pure.
    fn describe_removal(&self, _state: &Self::State) -> Vec<String> {
        vec!["remove".to_owned()]
    }

    /// Whether what stands behind this object may go on, or waits for a person. Pure.
    fn gate(&self, _spec: &Self::Spec, _state: &Self::State) -> Gate {
        Gate::Open
    }

    /// Makes the object, with the owner's tags where it can carry any.
    fn create(
        &self,
        client: &Self::Client,
        owner: &Owner,
        spec: &Self::Spec,
    ) -> impl Future<Output = Result<Self::State, Failure>> + Send;

    /// Changes all of `fields` together, in as few calls as AWS allows. An error after a partial
    /// effect is healed by the next read and diff.
    fn update(
        &self,
        client: &Self::Client,
        owner: &Owner,
        spec: &Self::Spec,
        state: &Self::State,
        fields: &[Field],
    ) -> impl Future<Output = Result<Self::State, Failure>> + Send;

    /// Asks for deletion. The engine then reads until the object is absent.
    fn delete(&self, client: &Self::Client, state: &Self::State) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The name of a changed setting, as in the link's spec; shown to people and used in paths.
pub type Field = &'static str;

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

/// What must happen to an existing object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// One update with these fields.
    Update(Vec<Field>),
    /// A new object beside the old one, then the old one's removal.
    Replace(Vec<Field>),
    /// The old object's removal, then a new one: AWS allows only one at a time.
    BreakFirst(Vec<Field>),
    /// The whole resource anew: the anchor itself cannot change so.
    ReplaceAll(Vec<Field>),
}

/// Whether the links behind an object may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// They may, as soon as the object is ready.
    Open,
    /// A person must act first.
    Closed {
        /// Who must do what, in a sentence; shown as a warning when the run ends here.
        reason: String,
        /// Whether to wait for it until the deadline, or to end the run at once.
        wait: bool,
    },
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
    /// Value of the run tag; only on the object that is made first, of a composite that no state names yet.
    pub run_tag: Option<String>,
}
