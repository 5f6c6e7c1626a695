//! Certificates of a TLS listener beside the default one, of which it chooses by the name that a client asks for.
//!
//! A list that every listener has and that is asked for where it is written alone. Exactly these: what others add is taken out.
//! A default certificate that is in the list, too, stays there: AWS does not let it be removed.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::Certificate;
use serde::{Deserialize, Serialize};

use super::attributes::{gone, update};
use crate::aws::Operation::Elbv2;
use crate::aws::{Account, Aws};
use crate::engine::{Change, Failure, Field, Link, Observed, Owner, Pace, both, short};
use crate::gather::Gather as _;

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListenerCertificates;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The listener.
    pub listener_arn: String,
    /// Its default certificate, which is no part of this.
    pub default_arn: Option<String>,
    /// Exactly these.
    pub certificate_arns: BTreeSet<String>,
}

/// What exists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The listener.
    pub listener_arn: String,
    /// All of the list.
    pub certificate_arns: BTreeSet<String>,
    /// The default certificate, where the list holds it too: it stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_arn: Option<String>,
}

const LISTENER: Field = "listener_arn";
const CERTIFICATES: Field = "additional_certificate_arns";
const ADD: &str = "AddListenerCertificates";
const REMOVE: &str = "RemoveListenerCertificates";

impl Link for ListenerCertificates {
    type Client = Aws;
    type Spec = Spec;
    type State = State;

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        let none = State::default();
        let state = state.filter(|state| state.listener_arn == spec.listener_arn).unwrap_or(&none);
        let words = both(&[("add", in_words(&coming(spec, state))), ("remove", in_words(&going(spec, state)))]);
        vec![if words.is_empty() { "allow none".to_owned() } else { words }]
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        let mut going = state.certificate_arns.clone();
        going.retain(|arn| Some(arn) != state.default_arn.as_ref());
        let words = both(&[("remove", in_words(&going))]);
        if words.is_empty() { Vec::new() } else { vec![words] }
    }

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    /// The list carries no tags; it belongs to its listener, which does.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        read(aws, &spec.listener_arn).await
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        Ok(read(aws, &state.listener_arn).await?.map_or(Observed::Absent, Observed::Ready))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.listener_arn != state.listener_arn {
            return Change::Replace(vec![LISTENER]);
        }
        update(&[(CERTIFICATES, !coming(spec, state).is_empty() || !going(spec, state).is_empty())])
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        let kept = &state.certificate_arns - &going(spec, state);
        listed(&state.listener_arn, &kept | &spec.certificate_arns, spec.default_arn.as_ref())
    }

    /// What others added before is seen by the next refresh, and a plan tells its removal.
    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        add(aws.account(None)?, &spec.listener_arn, &spec.certificate_arns).await?;
        Ok(listed(&spec.listener_arn, spec.certificate_arns.clone(), spec.default_arn.as_ref()))
    }

    /// New ones first, so that a certificate that takes over another one's names is there in time.
    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        let account = aws.account(None)?;
        add(account, &state.listener_arn, &coming(spec, state)).await?;
        remove(account, &state.listener_arn, &going(spec, state)).await?;
        Ok(self.forecast(spec, state))
    }

    /// Only what is still there: a listener that does not speak TLS any more has lost its list.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        let account = aws.account(None)?;
        let Some(found) = account.listener_certificates(&state.listener_arn).await? else { return Ok(()) };
        let (defaults, list) = split(&found);
        let ours = &(&list & &state.certificate_arns) - &defaults;
        gone(remove(account, &state.listener_arn, &ours).await)
    }
}

/// What a listener has beside its default certificate; none where it is gone.
pub async fn read(aws: &Aws, listener_arn: &str) -> Result<Option<State>, Failure> {
    let found = aws.account(None)?.listener_certificates(listener_arn).await?;
    Ok(found.map(|found| {
        let (defaults, list) = split(&found);
        listed(listener_arn, list, defaults.first())
    }))
}

fn listed(listener_arn: &str, certificate_arns: BTreeSet<String>, default_arn: Option<&String>) -> State {
    let default_arn = default_arn.filter(|arn| certificate_arns.contains(*arn)).cloned();
    State { listener_arn: listener_arn.to_owned(), certificate_arns, default_arn }
}

/// The default certificate, and the list, in which it may be as well.
fn split(found: &[Certificate]) -> (BTreeSet<String>, BTreeSet<String>) {
    let of = |is_default: bool| {
        let these = found.iter().filter(|one| (one.is_default() == Some(true)) == is_default);
        these.filter_map(|one| one.certificate_arn().map(str::to_owned)).gather()
    };
    (of(true), of(false))
}

fn coming(spec: &Spec, state: &State) -> BTreeSet<String> {
    &spec.certificate_arns - &state.certificate_arns
}

fn going(spec: &Spec, state: &State) -> BTreeSet<String> {
    let mut going = &state.certificate_arns - &spec.certificate_arns;
    going.retain(|arn| Some(arn) != spec.default_arn.as_ref());
    going
}

fn in_words(arns: &BTreeSet<String>) -> Vec<String> {
    arns.iter().map(|arn| short(arn)).collect()
}

fn certificates(arns: &BTreeSet<String>) -> Vec<Certificate> {
    arns.iter().map(|arn| Certificate::builder().certificate_arn(arn).build()).collect()
}

async fn add(account: &Account, listener_arn: &str, arns: &BTreeSet<String>) -> Result<(), Failure> {
    if arns.is_empty() {
        return Ok(());
    }
    let sent = account.elbv2().add_listener_certificates().listener_arn(listener_arn);
    let sent = sent.set_certificates(Some(certificates(arns))).send();
    account.call(Elbv2(ADD), sent).await.map(|_| ()).map_err(|failure| failure.about("listener"))
}

async fn remove(account: &Account, listener_arn: &str, arns: &BTreeSet<String>) -> Result<(), Failure> {
    if arns.is_empty() {
        return Ok(());
    }
    let sent = account.elbv2().remove_listener_certificates().listener_arn(listener_arn);
    let sent = sent.set_certificates(Some(certificates(arns))).send();
    account.call(Elbv2(REMOVE), sent).await.map(|_| ())
}
