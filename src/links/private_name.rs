//! Whether the service has a private name that private DNS may take over: looks only, and is a gate.
//!
//! AWS refuses private DNS until the service's owner has set a name and proved that it is his. That is
//! somebody else's work, so what stands behind waits for it without an error. Once it was so it stays so:
//! what AWS switched on it leaves on, also where the proof is lost later.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::aws::Aws;
use crate::aws::lookups::ServiceDetail;
use crate::engine::{Change, Failure, Field, Gate, Link, Observed, Owner, Pace};

const SERVICE: Field = "service_name";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct PrivateName;

/// The service to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Its name.
    pub service_name: String,
    /// Its Region, where it is not the endpoint's.
    pub service_region: Option<String>,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The service.
    pub service_name: String,
    /// Its Region, where it is not the endpoint's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_region: Option<String>,
    /// Its private names.
    pub names: BTreeSet<String>,
    /// AWS's word on the proof: `pendingVerification`, `verified`, `failed`.
    pub verification: Option<String>,
    /// Whether there was a proved name since private DNS was asked for.
    pub proved: bool,
}

impl Link for PrivateName {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const IS_LOOK: bool = true;

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        first_look(aws, spec).await.map(Some)
    }

    /// What is proved needs no further look.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        if state.proved { Ok(Observed::Ready(state.clone())) } else { look(aws, state).await.map(Observed::Ready) }
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.service_name == state.service_name && spec.service_region == state.service_region {
            Change::None
        } else {
            Change::Replace(vec![SERVICE])
        }
    }

    fn forecast(&self, _spec: &Spec, state: &State) -> State {
        state.clone()
    }

    fn gate(&self, _spec: &Spec, state: &State) -> Gate {
        if state.proved { Gate::Open } else { Gate::Closed { reason: reason(state), wait: false } }
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        first_look(aws, spec).await
    }

    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        _spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        look(aws, state).await
    }

    async fn delete(&self, _aws: &Aws, _state: &State) -> Result<(), Failure> {
        Ok(())
    }
}

fn blank(spec: &Spec) -> State {
    State { service_name: spec.service_name.clone(), service_region: spec.service_region.clone(), ..State::default() }
}

/// The preflight has looked a moment ago.
async fn first_look(aws: &Aws, spec: &Spec) -> Result<State, Failure> {
    let known = blank(spec);
    let service_detail =
        aws.account(None)?.service_detail_lately(&known.service_name, known.service_region.as_deref()).await?;
    Ok(observe(&known, service_detail.as_ref()))
}

async fn look(aws: &Aws, known: &State) -> Result<State, Failure> {
    let account = aws.account(None)?;
    let service_detail = account.service_detail_now(&known.service_name, known.service_region.as_deref()).await?;
    Ok(observe(known, service_detail.as_ref()))
}

/// A service that is not visible any more says nothing new.
fn observe(known: &State, service_detail: Option<&ServiceDetail>) -> State {
    let Some(service_detail) = service_detail else { return known.clone() };
    State {
        names: service_detail.private_dns_names.clone(),
        verification: service_detail.private_dns_state.clone(),
        proved: known.proved || service_detail.is_proved(),
        ..known.clone()
    }
}

/// Who must do what before private DNS can be switched on.
fn reason(state: &State) -> String {
    let service = &state.service_name;
    match (state.names.first(), state.verification.as_deref()) {
        (Some(name), word) => format!(
            "the owner of {service} must verify ownership of {name} (now {}): the administrator of its public DNS publishes \
             the TXT record of private_dns_record, and {} makes AWS look for it. After that apply again",
            word.unwrap_or("not verified"),
            verification_command(service)
        ),
        (None, _) => format!(
            "{service} has no private DNS name: its owner sets one (private_dns of privatelink_service) and verifies it. \
             After that apply again; or leave private_dns_enabled out and write a dns block for names of your own"
        ),
    }
}

/// What the service owner types to have the record looked for.
fn verification_command(service_name: &str) -> String {
    let service_id = service_name.rsplit('.').next().unwrap_or_default();
    format!("\"aws ec2 start-vpc-endpoint-service-private-dns-verification --service-id {service_id}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service_detail(names: &[&str], word: Option<&str>) -> ServiceDetail {
        ServiceDetail {
            service_name: "com.amazonaws.vpce.eu-west-1.vpce-svc-01".into(),
            acceptance_required: true,
            private_dns_names: names.iter().map(|name| (*name).to_owned()).collect(),
            private_dns_state: word.map(str::to_owned),
            is_interface: true,
            ..ServiceDetail::default()
        }
    }

    fn state() -> State {
        let service_name = "com.amazonaws.vpce.eu-west-1.vpce-svc-01".into();
        blank(&Spec { service_name, service_region: None })
    }

    #[test]
    fn the_gate_is_shut_until_there_is_a_proved_name_and_says_who_opens_it() {
        let spec = Spec { service_name: state().service_name, service_region: None };
        let table: [(&[&str], Option<&str>, Option<&str>); 5] = [
            (&[], None, Some("sets one")),
            (&["a.example.dev"], Some("pendingVerification"), Some("verify ownership of a.example.dev")),
            (&["a.example.dev"], Some("Failed"), Some("now Failed")),
            (&["a.example.dev"], Some("Verified"), None),
            (&["sqs.us-east-1.amazonaws.com"], None, None),
        ];
        for (names, word, words) in table {
            let seen = observe(&state(), Some(&service_detail(names, word)));
            match (PrivateName.gate(&spec, &seen), words) {
                (Gate::Open, None) => {}
                (Gate::Closed { reason, wait: false }, Some(words)) => assert!(reason.contains(words), "{reason}"),
                (gate, _) => panic!("{names:?} {word:?}: {gate:?}"),
            }
            assert_eq!(PrivateName.diff(&spec, &seen), Change::None);
        }
    }

    #[test]
    fn a_proof_that_was_there_is_enough_and_an_invisible_service_says_nothing() {
        let proved = observe(&state(), Some(&service_detail(&["a.example.dev"], Some("verified"))));
        let lost = observe(&proved, Some(&service_detail(&["a.example.dev"], Some("failed"))));
        assert!(lost.proved && lost.verification.as_deref() == Some("failed"));
        assert_eq!(observe(&lost, None), lost);
        assert!(!observe(&state(), None).proved);
    }
}
