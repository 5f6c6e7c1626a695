//! Calls of a zone that is managed elsewhere.

use super::{ExistingZone, Spec, State};
use crate::aws::Aws;
use crate::engine::{Class, Failure, Link, Observed, Owner, Pace, Result};

impl Link for ExistingZone {
    type Client = Aws;

    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    async fn find(&self, client: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        describe_zone(client, spec).await.map(Some)
    }

    async fn read(&self, client: &Aws, state: &State) -> Result<Observed<State>> {
        let account = client.account(state.account.as_deref())?;
        Ok(match account.hosted_zone(&state.zone_id).await? {
            Some((zone, _)) => {
                Observed::Ready(State { name: zone.name().trim_end_matches('.').to_owned(), ..state.clone() })
            }
            None => Observed::Absent,
        })
    }

    async fn create(&self, client: &Aws, _owner: &Owner, spec: &Spec) -> Result<State> {
        describe_zone(client, spec).await
    }

    /// It is not ours.
    async fn delete(&self, _client: &Aws, _state: &State) -> Result<()> {
        Ok(())
    }
}

/// The zone as it is, or why it cannot hold records for an endpoint.
pub(crate) async fn describe_zone(client: &Aws, spec: &Spec) -> Result<State> {
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
