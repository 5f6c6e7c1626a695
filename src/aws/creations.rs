//! Creations that AWS answers otherwise than hoped: half made, taken, or without what the reply must hold.

use std::future::Future;

use super::client::Account;
use super::operation::Operation;
use super::tags;
use crate::engine::{Class, Failure, Owner, Result};

/// The failure of a second call of a create, whose first one made the object.
///
/// The engine then looks for it and goes on with what differs, so that it is never forgotten; the
/// same call fails again there, with its own class.
pub fn half_made(failure: Failure) -> Failure {
    Failure { class: Class::Lost, ..failure }
}

/// What AWS leaves out of a reply although it must be there.
pub fn missing(operation: Operation, what: &str) -> Failure {
    let mut failure = Failure::new(Class::Lost, format!("AWS's reply holds no {what}"));
    operation.name().clone_into(&mut failure.operation);
    failure
}

/// An object that is to be made under a name, or at a place, that another one may have.
#[derive(Debug)]
pub struct Named<'a> {
    /// Where.
    pub account: &'a Account,
    /// For whom.
    pub owner: &'a Owner,
    /// What it is, as a sentence begins: `Target group`.
    pub what: &'static str,
    /// Its name or its place.
    pub name: &'a str,
}

/// What a creation gives.
#[derive(Debug)]
pub enum Created<Reply, State> {
    /// The reply about what was made.
    Now(Reply),
    /// Ours, made by an attempt before: its reply was lost, or the configuration changed since.
    Before(State),
}

impl Named<'_> {
    /// Waits for the call that makes it; where the name is taken, `ours` looks for one that is ours.
    pub async fn create<Reply, State>(
        &self,
        call: impl Future<Output = Result<Reply>>,
        ours: impl Future<Output = Result<Option<State>>>,
    ) -> Result<Created<Reply, State>> {
        match call.await {
            Err(failure) if failure.class == Class::Taken && failure.code.starts_with("Duplicate") => {
                ours.await?.map(Created::Before).ok_or_else(|| self.taken())
            }
            reply => reply.map(Created::Now),
        }
    }

    /// Refuses what AWS gave in place of a new one and is not ours: equal settings under an equal name give what exists,
    /// whoever made it.
    pub async fn refuse_stranger(&self, arn: &str) -> Result<()> {
        let carried = self.account.elbv2_tags(arn).await.map_err(half_made)?;
        if carried.is_some_and(|carried| !tags::is_owned(&carried, self.owner)) { Err(self.taken()) } else { Ok(()) }
    }

    fn taken(&self) -> Failure {
        let (what, name, place) = (self.what, self.name, self.account.region());
        let words = format!("{what} \"{name}\" exists in {place} and carries no owner tags of this resource");
        Failure::new(Class::Taken, words).advise("It was not touched; rename or remove it, then apply again")
    }
}
