//! What is written by hand for each list resource, and how it is served: validate, list.
//!
//! A list finds what exists by pages. What it shows of each object beside its identity is what an import of it would bring, read by
//! the resource itself, so that a configuration made from it plans empty.

use std::future::Future;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt as _};

use super::access::Access;
use super::composite::Composite;
use super::identity::ResourceIdentity;
use super::message::{late, read_failed};
use super::server::{BoxFuture, ListRequest, ListServer, ListedObject};
use super::timeouts::READ_TIMEOUT;
use super::{ImportId, Resource, ResourceServer as _};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Failure, Reader};
use crate::schema::{self, Attributes, Block, Schema};
use crate::value::{Attr, Path, Value};

/// So many objects are read at a time: reads of one kind join in one call.
const AT_ONCE: usize = 20;

/// A composite whose objects can be listed.
///
/// The attribute list of its filters holds, besides its own, `region`, which is the provider's where it is not written.
pub trait Listed: Composite {
    /// What chooses among the objects.
    type Filters: Attributes + Send + Sync + 'static;

    /// Finds the objects that the filters leave, in any order, by pages: no call is made for a single one of them. A look that failed is
    /// begun again, as its class allows.
    fn list<'a>(
        client: &'a Self::Client,
        filters: &'a Self::Filters,
    ) -> impl Future<Output = Result<Vec<Found>, Failure>> + Send + 'a;
}

/// An object that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Found {
    /// What people call it.
    pub name: String,
    /// As an import is given it, without the Region.
    pub id: String,
    /// Its account, where that is known.
    pub account_id: Option<String>,
}

/// The filters of some composite, decoded: finds the objects that they leave.
trait Query<C>: Send + Sync {
    fn list<'a>(&'a self, client: &'a C) -> BoxFuture<'a, Result<Vec<Found>, Failure>>;
}

/// The filters of one composite.
struct Chosen<K: Listed>(K::Filters);

impl<K: Listed> Query<K::Client> for Chosen<K> {
    fn list<'a>(&'a self, client: &'a K::Client) -> BoxFuture<'a, Result<Vec<Found>, Failure>> {
        Box::pin(K::list(client, &self.0))
    }
}

fn read_filters<K: Listed>(filters: &Value) -> Result<Box<dyn Query<K::Client>>, Diagnostics> {
    let filters = K::Filters::decode(&schema::settled(&K::Filters::block(), filters), &Path::root())?;
    Ok(Box::new(Chosen::<K>(filters)))
}

/// Decodes the filters of one composite.
type ReadFilters<C> = fn(&Value) -> Result<Box<dyn Query<C>>, Diagnostics>;

/// The list of a resource's objects, served.
pub struct Listing<C> {
    resource: Arc<Resource<C>>,
    filters: fn() -> Block,
    read: ReadFilters<C>,
}

impl<C: Access> Listing<C> {
    /// Serves the list of a resource type of this composite.
    pub fn new<K: Listed<Client = C>>(resource: &Arc<Resource<C>>) -> Self {
        Self { resource: Arc::clone(resource), filters: K::Filters::block, read: read_filters::<K> }
    }

    /// Finds the objects, in the order of their names, and says in which Region.
    async fn find(&self, config: &Value) -> Result<(String, Vec<Found>), Diagnostics> {
        let (resource, filters) = (&self.resource, (self.read)(config)?);
        let region = config.get("region").as_str().map(str::to_owned).or_else(|| resource.connection.region());
        let Some(region) = region else {
            return Err(
                Diagnostic::error("No Region", "Set region in the provider block or in the config block.").into()
            );
        };
        let client = resource.connection.client(&region).await?;
        let (limits, type_name) = (resource.limits(READ_TIMEOUT), resource.type_name());
        // It only reads, so it may be cut wherever it is.
        let found = tokio::select! {
            biased;
            () = limits.reached() => return Err(late(type_name, READ_TIMEOUT, limits.stop.is_set()).into()),
            found = limits.ask(|| filters.list(&client)) => found,
        };
        let mut found =
            found.map_err(|failure| read_failed(&format!("list {type_name}"), &failure, &(self.filters)()))?;
        found.sort();
        found.dedup();
        Ok((region, found))
    }

    /// What core is told of an object.
    async fn event(&self, region: &str, found: Found, include_object: bool) -> ListedObject {
        let Found { name, id, account_id } = found;
        let identity = ResourceIdentity {
            id: Attr::Known(id.clone()),
            region: Attr::Known(region.to_owned()),
            account_id: account_id.into(),
        };
        let identity = identity.encode();
        let display_name = if name.is_empty() { id.clone() } else { name };
        if !include_object {
            return ListedObject { identity, display_name, ..ListedObject::default() };
        }
        // Views may answer: what is made of it is planned once more, and a plan looks for itself.
        let reader = Reader::new(&format!("list {id}@{region}"));
        match reader.over(self.resource.adopt_in(ImportId::own(&id, Some(region)))).await.output {
            Ok((object, diagnostics)) if !diagnostics.has_errors() => {
                let identity = self.resource.identity(&object, &identity);
                ListedObject { identity, display_name, object, diagnostics }
            }
            Ok((_, told)) | Err(told) => {
                ListedObject { diagnostics: left_out(self.resource.noun(), &id, &told), ..ListedObject::default() }
            }
        }
    }
}

/// What could not be read is told, and the others are listed all the same: an error would end the list.
fn left_out(noun: &str, id: &str, told: &Diagnostics) -> Diagnostics {
    let errors = told.iter().filter(|one| one.is_error());
    let words: Vec<String> = errors.map(|one| format!("{}\n\n{}", one.summary, one.detail)).collect();
    Diagnostic::warning(format!("Not listed: the {noun} {id}"), words.join("\n\n")).into()
}

/// The list is longer than it may be.
fn cut_short(noun: &str, limit: usize, count: usize) -> Diagnostic {
    let detail = format!(
        "The first {limit} of {count} are listed, in the order of their names. Raise limit in the list block, or choose by the \
         filters in its config block, to see the others."
    );
    Diagnostic::warning(format!("{limit} of {count} {noun}s are listed"), detail)
}

impl<C> std::fmt::Debug for Listing<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listing").field("of", &self.resource).finish_non_exhaustive()
    }
}

impl<C: Access> ListServer for Listing<C> {
    fn schema(&self) -> Schema {
        Schema { version: 0, block: (self.filters)() }
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let schema::Checked { mut found, rest } = schema::check(&(self.filters)(), config);
        if let Err(misfits) = (self.read)(&rest) {
            found.extend(misfits);
        }
        found
    }

    fn list(&self, request: ListRequest) -> BoxStream<'_, ListedObject> {
        let ListRequest { config, include_object, limit } = request;
        if limit == 0 {
            return stream::empty().boxed();
        }
        let objects = async move {
            let (region, mut found) = match self.find(&config).await {
                Ok(found) => found,
                Err(diagnostics) => {
                    let told = ListedObject { diagnostics, ..ListedObject::default() };
                    return stream::iter([told]).boxed();
                }
            };
            let cut = (found.len() > limit).then(|| cut_short(self.resource.noun(), limit, found.len()));
            found.truncate(limit);
            // The last one tells of those that are missing: core reads no further.
            let last = found.len().saturating_sub(1);
            let region: Arc<str> = region.into();
            let events = stream::iter(found).enumerate().map(move |(at, one)| {
                let (region, cut) = (Arc::clone(&region), cut.clone().filter(|_| at == last));
                async move {
                    let mut event = self.event(&region, one, include_object).await;
                    event.diagnostics.extend(cut.into_iter().map(Diagnostics::from).next().unwrap_or_default());
                    event
                }
            });
            events.buffered(AT_ONCE).boxed()
        };
        stream::once(objects).flatten().boxed()
    }
}
