//! What AWS allows only once moves last, where a resource is made before the one that it replaces is destroyed.
//!
//! Core tells nobody that it replaces, nor in which order. So a creation that finds such a thing held by a resource of
//! its type and name begins without it, takes nothing away, and stays in mind as the successor. The destruction of that
//! other resource, which only this run can ask for in this process, is the sign: it lets the thing go, or passes it on
//! as it is, the successor takes it, and only then the rest is removed. The successor's state already says so, because core has
//! saved it by then; should the destruction never come, the next refresh reads otherwise, and the plan shows it.

mod run;

use std::future::Future;
use std::sync::Arc;

use super::composite::Composite;
use super::decoded::Config;
use super::hands_over::{AnyHandovers, Handover, HandsOver};
use super::kind::{Of, look};
use super::server::BoxFuture;
use crate::engine::{Record, Result};

/// What is written by hand for a composite of which AWS allows something only once.
///
/// [`Composite::handovers`] names it.
pub trait Handovers: Composite {
    /// What a resource of the same name holds of which AWS allows only one, so that a creation with this
    /// configuration has to begin without it. Asked where something stands in the way of the creation.
    fn handover<'a>(
        client: &'a Self::Client,
        config: &'a Self::Config,
        resource: &'a str,
    ) -> impl Future<Output = Result<Option<Handover<Self::Config>>>> + Send + 'a;

    /// Takes out of the record of a resource that is to be removed what another one has taken over.
    fn forget_taken_over(record: &mut Record, uid: &str);
}

impl<C: 'static> AnyHandovers<C> {
    /// Those of this type.
    pub fn of<K: Handovers<Client = C>>() -> Self {
        Self(Arc::new(Of::<K>::new()))
    }
}

impl<K: Handovers> HandsOver<K::Client> for Of<K> {
    fn handover<'a>(
        &'a self,
        client: &'a K::Client,
        config: &'a Config,
        resource: &'a str,
    ) -> BoxFuture<'a, Result<Option<Handover<Config>>>> {
        look::<K, _, _>(config, move |config| async move {
            Ok(K::handover(client, config, resource).await?.map(|handover| handover.beginning_with(Config::new)))
        })
    }

    fn forget_taken_over(&self, record: &mut Record, uid: &str) {
        K::forget_taken_over(record, uid);
    }
}
