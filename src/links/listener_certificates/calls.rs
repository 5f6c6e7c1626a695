//! Calls of a listener's further certificates.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::Certificate;

use super::diff::{coming, going, listed};
use super::{ListenerCertificates, Spec, State};
use crate::aws::Operation::Elbv2;
use crate::aws::deletions::gone;
use crate::aws::{Account, Aws};
use crate::engine::{Compare as _, Field, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;

pub(super) const ADD: &str = "AddListenerCertificates";
pub(super) const REMOVE: &str = "RemoveListenerCertificates";

impl Link for ListenerCertificates {
    type Client = Aws;

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    /// The list carries no tags; it belongs to its listener, which does.
    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        read(aws, &spec.listener_arn).await
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        Ok(read(aws, &state.listener_arn).await?.map_or(Observed::Absent, Observed::Ready))
    }

    /// What others added before is seen by the next refresh, and a plan tells its removal.
    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        add(aws.account(None)?, &spec.listener_arn, &spec.certificate_arns).await?;
        Ok(listed(&spec.listener_arn, spec.certificate_arns.clone(), spec.default_arn.as_ref()))
    }

    /// New ones first, so that a certificate that takes over another one's names is there in time.
    async fn update(&self, aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        let account = aws.account(None)?;
        add(account, &state.listener_arn, &coming(spec, state)).await?;
        remove(account, &state.listener_arn, &going(spec, state)).await?;
        Ok(self.forecast(spec, state))
    }

    /// Only what is still there: a listener that does not speak TLS any more has lost its list.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(None)?;
        let Some(found) = account.listener_certificates(&state.listener_arn).await? else { return Ok(()) };
        let (defaults, list) = split(&found);
        let ours = &(&list & &state.certificate_arns) - &defaults;
        gone(remove(account, &state.listener_arn, &ours).await)
    }
}

/// What a listener has beside its default certificate; none where it is gone.
pub async fn read(aws: &Aws, listener_arn: &str) -> Result<Option<State>> {
    let found = aws.account(None)?.listener_certificates(listener_arn).await?;
    Ok(found.map(|found| {
        let (defaults, list) = split(&found);
        listed(listener_arn, list, defaults.first())
    }))
}

/// The default certificate, and the list, in which it may be as well.
fn split(found: &[Certificate]) -> (BTreeSet<String>, BTreeSet<String>) {
    let of = |is_default: bool| {
        let these = found.iter().filter(|one| (one.is_default() == Some(true)) == is_default);
        these.filter_map(|one| one.certificate_arn().map(str::to_owned)).gather()
    };
    (of(true), of(false))
}

fn certificates(arns: &BTreeSet<String>) -> Vec<Certificate> {
    arns.iter().map(|arn| Certificate::builder().certificate_arn(arn).build()).collect()
}

async fn add(account: &Account, listener_arn: &str, arns: &BTreeSet<String>) -> Result<()> {
    if arns.is_empty() {
        return Ok(());
    }
    let sent = account.elbv2().add_listener_certificates().listener_arn(listener_arn);
    let sent = sent.set_certificates(Some(certificates(arns))).send();
    account.call(Elbv2(ADD), sent).await.map(|_| ()).map_err(|failure| failure.about("listener"))
}

async fn remove(account: &Account, listener_arn: &str, arns: &BTreeSet<String>) -> Result<()> {
    if arns.is_empty() {
        return Ok(());
    }
    let sent = account.elbv2().remove_listener_certificates().listener_arn(listener_arn);
    let sent = sent.set_certificates(Some(certificates(arns))).send();
    account.call(Elbv2(REMOVE), sent).await.map(|_| ())
}
