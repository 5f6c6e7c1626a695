//! Calls of a connection.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_ec2::types as ec2;

use super::{ACCOUNT, Connection, Spec, State, TAGS};
use crate::aws::Operation::Ec2;
use crate::aws::{Account, Aws, is_not_found, tags};
use crate::engine::{Class, Failure, Field, Link, Observed, Owner, Pace, Result};

use crate::aws::connections::{DELETED, cannot_be_accepted, is, not_shown};

const ACCEPT: &str = "AcceptVpcEndpointConnections";
const REJECT: &str = "RejectVpcEndpointConnections";

impl Link for Connection {
    type Client = Aws;
    const LOOKS_ARE_SHARED: bool = true;

    fn pace(&self) -> Pace {
        Pace { ready: Some(Duration::from_secs(4)), gone: None, retry: Duration::from_secs(3) }
    }

    /// A consumer's endpoint waits for itself.
    fn works_at_once(&self, state: &State) -> bool {
        !state.rejects
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let asked = asked(spec);
        let seen = describe_connection(&account(aws, &asked)?, &asked).await?;
        Ok(seen.filter(|seen| is_accepted(&seen.state)).map(|seen| accepted(given(spec, seen))))
    }

    /// A consumer's endpoint that works was accepted, so its owner need not be asked.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        if !state.rejects
            && let Some(endpoint) = aws.account(None)?.vpc_endpoint(&state.endpoint_id).await?
            && endpoint.state().is_some_and(|word| is(word.as_str(), "available"))
        {
            return Ok(Observed::Ready(accepted(state.clone())));
        }
        let seen = describe_connection(&account(aws, state)?, state).await?;
        Ok(observe(state, seen))
    }

    /// A connection that the service does not show any more is one that ended with its endpoint.
    async fn find_again(&self, aws: &Aws, _owner: &Owner, state: &State) -> Result<Option<State>> {
        if !state.rejects || describe_connection(&account(aws, state)?, state).await?.is_some() {
            return Ok(None);
        }
        Ok(Some(State { state: DELETED.to_owned(), ..state.clone() }))
    }

    /// A consumer's acceptance is done when AWS has taken it: its endpoint waits for itself. The owner's own
    /// resource waits until the connection works.
    async fn poll(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        if !state.rejects {
            return Ok(Observed::Ready(state.clone()));
        }
        Ok(match self.read(aws, state).await? {
            Observed::Ready(seen) if seen.is_over() => Observed::Absent,
            seen => seen,
        })
    }

    fn is_lived_with(&self, state: &State) -> bool {
        is(&state.state, "rejected")
    }

    /// Tags come first: were they refused after the acceptance, a creation that failed would have to be undone, and
    /// AWS may not take a rejection back.
    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State> {
        let mut asked = asked(spec);
        let account = account(aws, &asked)?;
        if spec.rejects {
            asked.service_owner = account.id().await.ok().flatten();
        }
        match judge(describe_connection(&account, &asked).await?, &asked) {
            Next::Done(seen) => retag(&account, owner, spec, accepted(given(spec, seen))).await,
            Next::Stop(failure) => Err(failure),
            Next::Accept(waiting) => {
                let tagged = retag(&account, owner, spec, given(spec, waiting)).await?;
                decide(&account, &asked, tagged).await
            }
        }
    }

    /// Looks with the other credentials, and changes the tags: an acceptance has no other settings.
    async fn update(&self, aws: &Aws, owner: &Owner, spec: &Spec, state: &State, fields: &[Field]) -> Result<State> {
        let looked = if fields.contains(&ACCOUNT) { self.create(aws, owner, spec).await? } else { state.clone() };
        let tags = if spec.rejects { looked.tags.clone() } else { state.tags.clone() };
        retag(&account(aws, &asked(spec))?, owner, spec, State { tags, ..looked }).await
    }

    /// Rejects what still stands, where the decision is the owner's.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        if !state.rejects {
            return Ok(());
        }
        let account = account(aws, state)?;
        match describe_connection(&account, state).await? {
            Some(seen) if is_accepted(&seen.state) || is(&seen.state, "pendingAcceptance") => {
                reject(&account, state).await
            }
            _ => Ok(()),
        }
    }
}

/// Accepts a connection that waits.
async fn decide(account: &Account, asked: &State, waiting: State) -> Result<State> {
    if let Err(failure) = accept(account, asked).await {
        // Somebody may have accepted it in between, for which AWS has no settled code.
        return match describe_connection(account, asked).await? {
            Some(seen) if is_accepted(&seen.state) => Ok(accepted(State { tags: waiting.tags, ..seen })),
            Some(seen) if is(&seen.state, "rejected") && asked.rejects => Err(final_rejection(failure, asked)),
            Some(seen) if is(&seen.state, "rejected") => Err(rejected(asked)),
            _ => Err(failure),
        };
    }
    Ok(accepted(State { state: "pending".into(), ..waiting }))
}

/// A connection with those of its tags that are this resource's: to its owner all, to a consumer those of its own keys, so
/// that it takes away nobody else's.
pub(super) fn given(spec: &Spec, mut seen: State) -> State {
    if !spec.rejects {
        seen.tags.retain(|key, _| spec.tags.contains_key(key));
    }
    seen
}

/// Makes the user's tags those that are wanted, where they differ.
async fn retag(account: &Account, owner: &Owner, spec: &Spec, state: State) -> Result<State> {
    if spec.tags == state.tags {
        return Ok(state);
    }
    let Some(id) = &state.connection_id else {
        let words = format!("AWS shows no id of the connection of the endpoint {} yet", state.endpoint_id);
        return Err(Failure::new(Class::NotYetVisible, words).about(TAGS));
    };
    if spec.rejects {
        account.retag(id, owner, &spec.tags, &state.tags).await?;
    } else {
        account.retag_parts(&BTreeMap::from([(id.clone(), state.tags.clone())]), &spec.tags).await?;
    }
    Ok(State { tags: spec.tags.clone(), ..state })
}

/// What to do with a connection in some state.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    Accept(State),
    Done(State),
    Stop(Failure),
}

pub(super) fn judge(seen: Option<State>, asked: &State) -> Next {
    let (endpoint, service) = (&asked.endpoint_id, &asked.service_id);
    let Some(seen) = seen else {
        return Next::Stop(not_shown(service, endpoint));
    };
    match seen.state.as_str() {
        word if is(word, "pendingAcceptance") => Next::Accept(seen),
        word if is_accepted(word) => Next::Done(seen),
        // The owner's configuration is the later word of the same owner. AWS may have its own.
        word if is(word, "rejected") && asked.rejects => Next::Accept(seen),
        word if is(word, "rejected") => Next::Stop(rejected(asked)),
        word => Next::Stop(cannot_be_accepted(service, endpoint, word)),
    }
}

/// AWS does not say whether a rejected connection may be accepted after all; here it would not have it.
pub(super) fn final_rejection(failure: Failure, asked: &State) -> Failure {
    Failure { class: Class::Invalid, ..failure }.advise(format!(
        "The connection of the endpoint {} was rejected, and AWS does not take that back. Its owner makes the endpoint \
         anew (with -replace on it), and endpoint_id here becomes the new one; or remove this resource",
        asked.endpoint_id
    ))
}

pub(super) fn rejected(asked: &State) -> Failure {
    let (endpoint, service) = (&asked.endpoint_id, &asked.service_id);
    let whose = asked.account.as_ref().map(|name| format!(" (peer_account \"{name}\")")).unwrap_or_default();
    Failure::new(
        Class::Invalid,
        format!("the owner of {service}{whose} rejected the connection of the endpoint {endpoint}"),
    )
    .advise(
        "Somebody decided against this connection, so it is not accepted over their head. Accept it in the console of \
         the owner's account, or replace this resource to ask anew",
    )
}

async fn accept(account: &Account, asked: &State) -> Result<()> {
    let sent = account
        .ec2()
        .accept_vpc_endpoint_connections()
        .service_id(&asked.service_id)
        .vpc_endpoint_ids(&asked.endpoint_id)
        .send();
    let reply = account.call(Ec2(ACCEPT), sent).await?;
    // AWS answers 200 and puts what it refused into a list.
    match reply.unsuccessful().iter().find_map(|item| item.error()) {
        None => Ok(()),
        Some(error) => {
            let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
            Err(account.unsuccessful(Ec2(ACCEPT), &asked.endpoint_id, code, message))
        }
    }
}

async fn reject(account: &Account, asked: &State) -> Result<()> {
    let sent = account
        .ec2()
        .reject_vpc_endpoint_connections()
        .service_id(&asked.service_id)
        .vpc_endpoint_ids(&asked.endpoint_id)
        .send();
    let reply = account.call(Ec2(REJECT), sent).await?;
    let Some(error) = reply.unsuccessful().iter().find_map(|item| item.error()) else { return Ok(()) };
    let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
    let failure = account.unsuccessful(Ec2(REJECT), &asked.endpoint_id, code, message);
    if is_not_found(&failure) { Ok(()) } else { Err(failure) }
}

/// The connection as AWS shows it; none where the service shows none.
async fn describe_connection(account: &Account, asked: &State) -> Result<Option<State>> {
    let found = account.connections_of_service(&asked.service_id).await?;
    let connection = found.iter().find(|one| one.vpc_endpoint_id() == Some(asked.endpoint_id.as_str()));
    let Some(connection) = connection else { return Ok(None) };
    let carried = account.user_tags(tags::from_ec2(connection.tags()));
    Ok(flatten(connection, asked).map(|seen| State { tags: carried, ..seen }))
}

fn flatten(connection: &ec2::VpcEndpointConnection, asked: &State) -> Option<State> {
    let text = |value: Option<&str>| value.filter(|text| !text.is_empty()).map(str::to_owned);
    Some(State {
        state: spelled(connection.vpc_endpoint_state()?.as_str()),
        connection_id: text(connection.vpc_endpoint_connection_id()),
        endpoint_owner: text(connection.vpc_endpoint_owner()),
        endpoint_region: text(connection.vpc_endpoint_region()),
        ..asked.clone()
    })
}

pub(super) fn observe(recorded: &State, seen: Option<State>) -> Observed<State> {
    let Some(state) = seen else {
        return if recorded.is_over() { Observed::Ready(recorded.clone()) } else { Observed::Absent };
    };
    let state = if recorded.rejects { state } else { State { tags: recorded.tags.clone(), ..state } };
    if state.is_over() {
        let word = if is(&state.state, "deleting") { DELETED.to_owned() } else { state.state.clone() };
        return Observed::Ready(State { state: word, tags: recorded.tags.clone(), ..state });
    }
    // The owner's own resource is done when the connection works; a consumer's endpoint waits for itself.
    if is(&state.state, "pending") && state.rejects {
        return Observed::Pending { status: state.state.clone(), state };
    }
    if is_accepted(&state.state) {
        return Observed::Ready(accepted(state));
    }
    if is(&state.state, "rejected") && !state.rejects {
        // New, while somebody waits for it, it is an error; known already, or of a connection that
        // worked, it is a fact to live with.
        return if is(&recorded.state, "rejected") || is(&recorded.state, "available") {
            Observed::Ready(state)
        } else {
            Observed::Failed { reason: rejected(recorded).message, state }
        };
    }
    // Waiting again, or a consumer's that is gone with its endpoint.
    Observed::Absent
}

/// An accepted connection. How far AWS is with it changes by itself; to a consumer its endpoint says so.
fn accepted(seen: State) -> State {
    if seen.rejects { seen } else { State { state: "available".to_owned(), ..seen } }
}

fn account(aws: &Aws, asked: &State) -> Result<Account> {
    match &asked.service_region {
        Some(region) => aws.account_in(asked.account.as_deref(), region),
        None => aws.account(asked.account.as_deref()).cloned(),
    }
}

pub(super) fn asked(spec: &Spec) -> State {
    State {
        account: spec.account.clone(),
        service_id: spec.service_id.clone(),
        service_region: spec.service_region.clone(),
        endpoint_id: spec.endpoint_id.clone(),
        rejects: spec.rejects,
        ..State::default()
    }
}

/// The wire says `pendingAcceptance`, the model `PendingAcceptance`.
fn spelled(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

fn is_accepted(word: &str) -> bool {
    ["pending", "available", "partial"].iter().any(|accepted| is(word, accepted))
}
