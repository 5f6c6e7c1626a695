//! A private hosted zone that somebody else manages: looks only, so that records get their full names.
//!
//! Which VPCs see it is the link `zone_association`.

use serde::{Deserialize, Serialize};

use crate::aws::Aws;
use crate::engine::{Change, Class, Failure, Link, Observed, Owner, Pace};

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExistingZone;

/// The zone to look at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Name of the peer account that owns it; `None` is the provider's own.
    pub account: Option<String>,
    /// The zone.
    pub zone_id: String,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Name of the peer account that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The zone.
    pub zone_id: String,
    /// Its name, without the dot at the end.
    pub name: String,
    /// Id of the peer account that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
}

impl Link for ExistingZone {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const IS_LOOK: bool = true;

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    async fn find(&self, client: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        look(client, spec).await.map(Some)
    }

    async fn read(&self, client: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let account = client.account(state.account.as_deref())?;
        Ok(match account.hosted_zone(&state.zone_id).await? {
            Some((zone, _)) => {
                Observed::Ready(State { name: zone.name().trim_end_matches('.').to_owned(), ..state.clone() })
            }
            None => Observed::Absent,
        })
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.zone_id == state.zone_id && spec.account == state.account {
            Change::None
        } else {
            Change::Replace(vec!["zone_id"])
        }
    }

    fn forecast(&self, _spec: &Spec, state: &State) -> State {
        state.clone()
    }

    async fn create(&self, client: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        look(client, spec).await
    }

    async fn update(
        &self,
        client: &Aws,
        _owner: &Owner,
        spec: &Spec,
        _state: &State,
        _fields: &[&'static str],
    ) -> Result<State, Failure> {
        look(client, spec).await
    }

    /// It is not ours.
    async fn delete(&self, _client: &Aws, _state: &State) -> Result<(), Failure> {
        Ok(())
    }
}

/// The zone as it is, or why it cannot hold records for an endpoint.
pub(crate) async fn look(client: &Aws, spec: &Spec) -> Result<State, Failure> {
    let account = client.account(spec.account.as_deref())?;
    let Some((name, is_private)) = account.zone_name(&spec.zone_id).await? else {
        let words = format!("There is no hosted zone {} in {}", spec.zone_id, account.owner_in_words().await);
        return Err(Failure::new(Class::Invalid, words)
            .advise("Correct dns.zone_id, or name the zone's owner in dns.peer_account.")
            .about("dns"));
    };
    if !is_private {
        return Err(Failure::new(Class::Invalid, format!("The hosted zone {} is public", spec.zone_id))
            .advise("Endpoints have private addresses; use a private zone, or dns.zone_name to make one.")
            .about("dns"));
    }
    let owner_id = account.id_of_peer().await;
    Ok(State { account: spec.account.clone(), zone_id: spec.zone_id.clone(), name, owner_id })
}
