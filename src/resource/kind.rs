//! A composite of any type behind one face, so that the verbs of this module are compiled once, however many resource types there
//! are. What is written by hand for each of them is [`Composite`]; this file says it again for a caller that does not know the type.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::marker::PhantomData;
use std::sync::Arc;

use super::composite::{Composite, Discovered, Preflight, Undiscovered};
use super::decoded::Config;
use super::facts::Facts;
use super::hands_over::HandsOver;
use super::import_id::ImportId;
use super::recoverable::Recoverable;
use super::server::BoxFuture;
use crate::diagnostic::Diagnostics;
use crate::engine::{Catalogue, Chain, LinkName, Record, Result, View};
use crate::schema::{self, Attributes, Block};
use crate::value::{Path, Value};

/// A composite whose type nobody needs to know: the functions of [`Composite`] under the same names.
pub(super) trait Kind<C>: Send + Sync {
    fn facts(&self) -> &'static Facts;
    fn block(&self) -> Block;
    /// Reads a configuration, a plan or a state.
    fn decode(&self, value: &Value) -> Result<Config, Diagnostics>;
    fn catalogue(&self) -> Catalogue<C>;
    fn check(&self, config: &Config) -> Diagnostics;
    fn derive(&self, config: &mut Config);
    fn complete(&self, config: &mut Config, prior: Option<&Config>);
    fn is_open(&self, config: &Config) -> bool;
    fn peers(&self, config: &Config) -> Vec<String>;
    fn name(&self, config: &Config) -> String;
    fn chain(&self, config: &Config) -> Chain<C>;
    fn align(&self, config: &Config, record: &mut Record, imported: &BTreeSet<LinkName>) -> Vec<(LinkName, LinkName)>;
    fn outputs(&self, view: &View, config: &mut Config);
    fn observe(&self, view: &View, config: &mut Config);
    fn carried(&self, view: &View, config: &Config) -> Vec<BTreeMap<String, String>>;
    fn announce(&self, client: &C, record: &Record, config: Option<&Config>);
    fn own(&self, config: &mut Config, uid: &str);
    fn forget_shared(&self, record: &mut Record, heir: &Record);
    fn uid(&self, config: &Config) -> Option<String>;
    fn preflight<'a>(
        &'a self,
        client: &'a C,
        check: &'a Preflight<'a, Config>,
        found: &'a mut Diagnostics,
    ) -> BoxFuture<'a, Result<()>>;
    fn immovable<'a>(
        &'a self,
        client: &'a C,
        config: &'a Config,
        prior: &'a Config,
    ) -> BoxFuture<'a, Result<Vec<&'static str>>>;
    fn foresee<'a>(&'a self, client: &'a C, config: &'a Config, record: &'a mut Record) -> BoxFuture<'a, Result<()>>;
    fn recovery(&self) -> Option<Arc<dyn Recoverable<C>>>;
    fn handovers(&self) -> Option<Arc<dyn HandsOver<C>>>;
    fn look_back<'a>(&'a self, client: &'a C, config: &'a Config) -> BoxFuture<'a, Diagnostics>;
    fn discover<'a>(
        &'a self,
        client: &'a C,
        id: ImportId<'a>,
    ) -> BoxFuture<'a, Result<Discovered<Config>, Undiscovered>>;
}

/// The composite of a type.
pub(super) struct Of<K>(PhantomData<fn() -> K>);

impl<K> Of<K> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

/// What a function of the composite says of a configuration. One of another composite never comes here, and would say nothing.
pub(super) fn told<K: Composite, T: Default>(config: &Config, tell: impl FnOnce(&K::Config) -> T) -> T {
    config.typed().map(tell).unwrap_or_default()
}

fn changed<K: Composite>(config: &mut Config, change: impl FnOnce(&mut K::Config)) {
    if let Some(config) = config.typed_mut() {
        change(config);
    }
}

/// A look at AWS for a configuration.
pub(super) fn look<'a, K: Composite, T, F>(
    config: &'a Config,
    ask: impl FnOnce(&'a K::Config) -> F,
) -> BoxFuture<'a, Result<T>>
where
    T: Default + Send + 'a,
    F: Future<Output = Result<T>> + Send + 'a,
{
    match config.typed() {
        Some(config) => Box::pin(ask(config)),
        None => Box::pin(ready(Ok(T::default()))),
    }
}

impl<K: Composite> Of<K> {
    pub(super) const FACTS: Facts = Facts {
        type_name: K::TYPE,
        noun: K::NOUN,
        schema_version: K::SCHEMA_VERSION,
        anchor: K::ANCHOR,
        stable_outputs: K::STABLE_OUTPUTS,
        held_by_peers: K::HELD_BY_PEERS,
        moves_from: K::MOVES_FROM,
        settings: K::SETTINGS,
    };
}

impl<K: Composite> Kind<K::Client> for Of<K> {
    fn facts(&self) -> &'static Facts {
        &Self::FACTS
    }

    fn block(&self) -> Block {
        K::Config::block()
    }

    fn decode(&self, value: &Value) -> Result<Config, Diagnostics> {
        K::Config::decode(&schema::settled(&K::Config::block(), value), &Path::root()).map(Config::new)
    }

    fn catalogue(&self) -> Catalogue<K::Client> {
        K::catalogue()
    }

    fn check(&self, config: &Config) -> Diagnostics {
        told::<K, _>(config, K::check)
    }

    fn derive(&self, config: &mut Config) {
        changed::<K>(config, K::derive);
    }

    fn complete(&self, config: &mut Config, prior: Option<&Config>) {
        changed::<K>(config, |config| K::complete(config, prior.and_then(Config::typed)));
    }

    fn is_open(&self, config: &Config) -> bool {
        told::<K, _>(config, K::is_open)
    }

    fn peers(&self, config: &Config) -> Vec<String> {
        told::<K, _>(config, K::peers)
    }

    fn name(&self, config: &Config) -> String {
        told::<K, _>(config, K::name)
    }

    fn chain(&self, config: &Config) -> Chain<K::Client> {
        told::<K, _>(config, K::chain)
    }

    fn align(&self, config: &Config, record: &mut Record, imported: &BTreeSet<LinkName>) -> Vec<(LinkName, LinkName)> {
        told::<K, _>(config, |config| K::align(config, record, imported))
    }

    fn outputs(&self, view: &View, config: &mut Config) {
        changed::<K>(config, |config| K::outputs(view, config));
    }

    fn observe(&self, view: &View, config: &mut Config) {
        changed::<K>(config, |config| K::observe(view, config));
    }

    fn carried(&self, view: &View, config: &Config) -> Vec<BTreeMap<String, String>> {
        told::<K, _>(config, |config| K::carried(view, config))
    }

    fn announce(&self, client: &K::Client, record: &Record, config: Option<&Config>) {
        K::announce(client, record, config.and_then(Config::typed));
    }

    fn own(&self, config: &mut Config, uid: &str) {
        changed::<K>(config, |config| K::own(config, uid));
    }

    fn forget_shared(&self, record: &mut Record, heir: &Record) {
        K::forget_shared(record, heir);
    }

    fn uid(&self, config: &Config) -> Option<String> {
        told::<K, _>(config, K::uid)
    }

    fn preflight<'a>(
        &'a self,
        client: &'a K::Client,
        check: &'a Preflight<'a, Config>,
        found: &'a mut Diagnostics,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let check = Preflight {
                config: check.config.and_then(Config::typed),
                prior: check.prior.and_then(Config::typed),
                record: check.record,
                planning: check.planning,
                replacing: check.replacing,
                limits: check.limits.clone(),
            };
            K::preflight(client, &check, found).await
        })
    }

    fn immovable<'a>(
        &'a self,
        client: &'a K::Client,
        config: &'a Config,
        prior: &'a Config,
    ) -> BoxFuture<'a, Result<Vec<&'static str>>> {
        match prior.typed() {
            Some(prior) => look::<K, _, _>(config, move |config| K::immovable(client, config, prior)),
            None => Box::pin(ready(Ok(Vec::new()))),
        }
    }

    fn foresee<'a>(
        &'a self,
        client: &'a K::Client,
        config: &'a Config,
        record: &'a mut Record,
    ) -> BoxFuture<'a, Result<()>> {
        look::<K, _, _>(config, move |config| K::foresee(client, config, record))
    }

    fn recovery(&self) -> Option<Arc<dyn Recoverable<K::Client>>> {
        K::recovery().map(|any| any.0)
    }

    fn handovers(&self) -> Option<Arc<dyn HandsOver<K::Client>>> {
        K::handovers().map(|any| any.0)
    }

    fn look_back<'a>(&'a self, client: &'a K::Client, config: &'a Config) -> BoxFuture<'a, Diagnostics> {
        match config.typed() {
            Some(config) => Box::pin(K::look_back(client, config)),
            None => Box::pin(ready(Diagnostics::new())),
        }
    }

    fn discover<'a>(
        &'a self,
        client: &'a K::Client,
        id: ImportId<'a>,
    ) -> BoxFuture<'a, Result<Discovered<Config>, Undiscovered>> {
        Box::pin(async move {
            let Discovered { record, config, uid, notes } = K::discover(client, id).await?;
            Ok(Discovered { record, config: Config::new(config), uid, notes })
        })
    }
}
