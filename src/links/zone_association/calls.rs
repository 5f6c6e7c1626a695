//! Calls of a zone association.

use std::time::Duration;

use aws_sdk_route53::types::{Vpc, VpcRegion};

use super::{Spec, State, ZoneAssociation, shared, unmade};
use crate::aws::Operation::Route53;
use crate::aws::zone_change;
use crate::aws::{Account, Aws, if_present, is_not_found};
use crate::engine::{Class, Compare as _, Failure, Field, Link, Observed, Owner, Pace, Result};

impl Link for ZoneAssociation {
    type Client = Aws;

    /// AWS: usually within a minute.
    fn pace(&self) -> Pace {
        Pace { ready: Some(Duration::from_secs(35)), gone: None, retry: Duration::from_secs(4) }
    }

    /// Associations carry no tags, so what is found is not claimed: see [`State::made`].
    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let state = State { uid: Some(owner.uid.clone()), ..unmade(spec) };
        Ok(is_seen(aws, &state).await?.then_some(state))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        if zone_change::is_pending(aws.account(None)?, state.change_id.as_ref()).await? {
            return Ok(Observed::Pending { state: state.clone(), status: "PENDING".to_owned() });
        }
        let seen = is_seen(aws, state).await?;
        Ok(if seen { Observed::Ready(State { change_id: None, ..state.clone() }) } else { Observed::Absent })
    }

    /// The change took effect, so only its way to the name servers is asked for.
    async fn poll(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        if zone_change::is_pending(aws.account(None)?, state.change_id.as_ref()).await? {
            return Ok(Observed::Pending { state: state.clone(), status: "PENDING".to_owned() });
        }
        Ok(Observed::Ready(State { change_id: None, ..state.clone() }))
    }

    async fn create(&self, aws: &Aws, by: &Owner, spec: &Spec) -> Result<State> {
        let state = State { uid: Some(by.uid.clone()), ..unmade(spec) };
        let owner = aws.account(spec.account.as_deref())?;
        let vpc_in_region = (state.vpc_region.clone(), state.vpc_id.clone());
        if owner.is_known_to_see(&state.zone_id, vpc_in_region).await? {
            return Ok(state);
        }
        let _turn = owner.lock_zone(&spec.zone_id).await;
        if is_seen(aws, &state).await? {
            return Ok(state);
        }
        if spec.account.is_some() {
            let sent = owner.route53().create_vpc_association_authorization().hosted_zone_id(&spec.zone_id);
            owner.call(Route53("CreateVPCAssociationAuthorization"), sent.vpc(vpc(&state)).send()).await?;
        }
        let change_id = match associate(aws.account(None)?, &state).await {
            Ok(change_id) => change_id,
            // It was not there a moment ago, so it is ours.
            Err(failure) if failure.class == Class::Lost && is_seen(aws, &state).await? => None,
            Err(failure) => {
                if spec.account.is_some() && is_final(&failure) {
                    // The refusal says more than a clean-up that fails after it.
                    let _cleaned = withdraw(owner, &state).await;
                }
                // The first look may have come from a copy of AWS that lags behind.
                let is_there = failure.code.starts_with("ConflictingDomainExists") && is_seen(aws, &state).await?;
                return if is_there { Ok(state) } else { Err(explain(failure, &state)) };
            }
        };
        let authorized = spec.account.is_some() && withdraw(owner, &state).await.is_err();
        Ok(State { made: true, authorized, change_id, ..state })
    }

    /// Takes back the authorization, which is all that can be left over.
    async fn update(&self, aws: &Aws, _owner: &Owner, spec: &Spec, state: &State, _fields: &[Field]) -> Result<State> {
        withdraw(aws.account(state.account.as_deref())?, state).await?;
        Ok(self.forecast(spec, state))
    }

    /// Leaves alone what was there before, and what others need.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let owner = aws.account(state.account.as_deref())?;
        if state.authorized {
            withdraw(owner, state).await?;
        }
        let account = aws.account(None)?;
        let bearers = shared::bearers(account, state).await?;
        if !state.made && bearers.is_empty() && !account.is_passed_on(&state.zone_id, &state.vpc_id) {
            return Ok(());
        }
        let _turn = owner.lock_zone(&state.zone_id).await;
        if shared::stays(aws, state, &bearers).await? {
            return Ok(());
        }
        let sent = account.route53().disassociate_vpc_from_hosted_zone().hosted_zone_id(&state.zone_id);
        match account.call(Route53("DisassociateVPCFromHostedZone"), sent.vpc(vpc(state)).send()).await {
            Ok(_) => shared::forget(account, state, &bearers).await,
            Err(failure) if is_not_found(&failure) => shared::forget(account, state, &bearers).await,
            // A VPC that is gone sees nothing, and AWS takes no call about it.
            Err(failure)
                if failure.code == "InvalidVPCId"
                    && account.is_vpc_gone(&state.vpc_id, &state.vpc_region).await =>
            {
                shared::forget(account, state, &bearers).await
            }
            Err(failure) if failure.code.starts_with("LastVPCAssociation") => Err(failure.advise(format!(
                "{} is the last VPC that sees zone {}, and AWS keeps one. Associate another VPC with the zone, or delete \
                 the zone, then apply again",
                state.vpc_id, state.zone_id
            ))),
            Err(failure) => Err(failure),
        }
    }
}

/// Whether the engine will not try again.
fn is_final(failure: &Failure) -> bool {
    use Class::{Busy, Lost, NotYetVisible, Throttled, Unavailable};
    !matches!(failure.class, NotYetVisible | Busy | Lost | Throttled | Unavailable)
}

fn vpc(state: &State) -> Vpc {
    Vpc::builder().vpc_id(&state.vpc_id).vpc_region(VpcRegion::from(state.vpc_region.as_str())).build()
}

async fn is_seen(aws: &Aws, state: &State) -> Result<bool> {
    let owner = aws.account(state.account.as_deref())?;
    let found = owner.hosted_zone(&state.zone_id).await?;
    let vpc = (state.vpc_region.clone(), state.vpc_id.clone());
    Ok(found.is_some_and(|(_, vpcs)| vpcs.contains(&vpc)))
}

/// Only the VPC's own account may associate it, whoever owns the zone.
async fn associate(account: &Account, state: &State) -> Result<Option<String>> {
    let sent = account.route53().associate_vpc_with_hosted_zone().hosted_zone_id(&state.zone_id).vpc(vpc(state));
    let reply = account.call(Route53("AssociateVPCWithHostedZone"), sent.send()).await?;
    Ok(zone_change::pending(reply.change_info()))
}

async fn withdraw(owner: &Account, state: &State) -> Result<()> {
    let sent = owner.route53().delete_vpc_association_authorization().hosted_zone_id(&state.zone_id);
    if_present(owner.call(Route53("DeleteVPCAssociationAuthorization"), sent.vpc(vpc(state)).send()).await).map(|_| ())
}

fn explain(failure: Failure, state: &State) -> Failure {
    let (vpc_id, zone_id) = (&state.vpc_id, &state.zone_id);
    let failure = match failure.code.as_str() {
        "ConflictingDomainExists" => failure.advise(format!(
            "{vpc_id} already sees another zone of this name, perhaps the hidden one of an endpoint with private DNS. \
             Remove that zone's association, or use another zone name"
        )),
        "InvalidVPCId" => failure.advise(format!(
            "There is no VPC {vpc_id} in {}. Correct vpc_ids; VPCs of other Regions or accounts are associated by others",
            state.vpc_region
        )),
        code if code.starts_with("NotAuthorized") && state.account.is_none() => failure.advise(format!(
            "{vpc_id} or zone {zone_id} belongs to another account. Name the zone's owner in dns.peer_account; VPCs of \
             other accounts are associated by their owners"
        )),
        _ => failure,
    };
    failure.about("dns")
}
