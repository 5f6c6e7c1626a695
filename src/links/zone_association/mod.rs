//! A VPC that sees a private hosted zone, beside the one that the zone was made for.
//!
//! The VPC is of the provider's account; the zone may be a peer's, who then authorizes the association
//! first. The authorization is taken back as soon as it has served. An association that was there before
//! belongs to whoever made it, and stays.
//!
//! One that was made serves every name of the zone in that VPC, also those of other endpoints. While there are any, it
//! stays when its maker leaves, and passes to one of them: the last one takes it away. See `shared`.

mod shared;

use std::time::Duration;

use aws_sdk_route53::types::{Vpc, VpcRegion};
use serde::{Deserialize, Serialize};

use crate::aws::Operation::Route53;
use crate::aws::{Account, Aws, is_not_found};
use crate::engine::{Change, Class, Failure, Field, Link, Observed, Owner, Pace, Words};
use crate::links::attributes::update;
use crate::links::zone_change;

const ZONE: Field = "zone_id";
const VPC: Field = "vpc_id";
const AUTHORIZATION: Field = "authorization";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZoneAssociation;

/// The zone, and the VPC that is to see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// Name of the peer account that owns the zone; `None` is the provider's own.
    pub account: Option<String>,
    /// The zone.
    pub zone_id: String,
    /// The VPC, of the provider's own account.
    pub vpc_id: String,
    /// Its Region.
    pub vpc_region: String,
    /// Whether it is another VPC than the endpoint's.
    #[serde(default)]
    pub is_further: bool,
}

/// A VPC that sees the zone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Name of the peer account that owns the zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The zone.
    pub zone_id: String,
    /// The VPC.
    pub vpc_id: String,
    /// Its Region.
    pub vpc_region: String,
    /// Whether it is another VPC than the endpoint's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_further: bool,
    /// Whether this resource made it; only then it is taken away.
    pub made: bool,
    /// The composite's uid, by which others are told from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Whether the peer's authorization has served and is still to be taken back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub authorized: bool,
    /// The change that name servers do not know yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_id: Option<String>,
}

impl Link for ZoneAssociation {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const WORDS: Words = &[("change_id", "")];

    fn describe(&self, spec: &Spec, state: Option<&State>) -> Vec<String> {
        match state {
            Some(state) if (&state.zone_id, &state.vpc_id) == (&spec.zone_id, &spec.vpc_id) => {
                vec!["take back the authorization of the zone's owner".to_owned()]
            }
            _ => vec![format!("let VPC {} see zone {}", spec.vpc_id, spec.zone_id)],
        }
    }

    fn describe_removal(&self, state: &State) -> Vec<String> {
        vec![format!("VPC {} no longer sees zone {}", state.vpc_id, state.zone_id)]
    }

    /// AWS: usually within a minute.
    fn pace(&self) -> Pace {
        Pace { ready: Some(Duration::from_secs(35)), gone: None, retry: Duration::from_secs(4) }
    }

    /// Associations carry no tags, so what is found is not claimed: see [`State::made`].
    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        let state = State { uid: Some(owner.uid.clone()), ..unmade(spec) };
        Ok(is_seen(aws, &state).await?.then_some(state))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        if zone_change::is_pending(aws.account(None)?, state.change_id.as_ref()).await? {
            return Ok(Observed::Pending { state: state.clone(), status: "PENDING".to_owned() });
        }
        let seen = is_seen(aws, state).await?;
        Ok(if seen { Observed::Ready(State { change_id: None, ..state.clone() }) } else { Observed::Absent })
    }

    /// The change took effect, so only its way to the name servers is asked for.
    async fn look(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        if zone_change::is_pending(aws.account(None)?, state.change_id.as_ref()).await? {
            return Ok(Observed::Pending { state: state.clone(), status: "PENDING".to_owned() });
        }
        Ok(Observed::Ready(State { change_id: None, ..state.clone() }))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        let anew: Vec<Field> = [
            (ZONE, (&spec.account, &spec.zone_id) != (&state.account, &state.zone_id)),
            (VPC, (&spec.vpc_id, &spec.vpc_region) != (&state.vpc_id, &state.vpc_region)),
        ]
        .into_iter()
        .filter_map(|(field, differs)| differs.then_some(field))
        .collect();
        if anew.is_empty() { update(&[(AUTHORIZATION, state.authorized)]) } else { Change::Replace(anew) }
    }

    fn forecast(&self, _spec: &Spec, state: &State) -> State {
        State { authorized: false, change_id: None, ..state.clone() }
    }

    async fn create(&self, aws: &Aws, by: &Owner, spec: &Spec) -> Result<State, Failure> {
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
    async fn update(
        &self,
        aws: &Aws,
        _owner: &Owner,
        spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        withdraw(aws.account(state.account.as_deref())?, state).await?;
        Ok(self.forecast(spec, state))
    }

    /// Leaves alone what was there before, and what others need.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
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

fn unmade(spec: &Spec) -> State {
    State {
        account: spec.account.clone(),
        zone_id: spec.zone_id.clone(),
        vpc_id: spec.vpc_id.clone(),
        vpc_region: spec.vpc_region.clone(),
        is_further: spec.is_further,
        ..State::default()
    }
}

fn vpc(state: &State) -> Vpc {
    Vpc::builder().vpc_id(&state.vpc_id).vpc_region(VpcRegion::from(state.vpc_region.as_str())).build()
}

async fn is_seen(aws: &Aws, state: &State) -> Result<bool, Failure> {
    let owner = aws.account(state.account.as_deref())?;
    let found = owner.hosted_zone(&state.zone_id).await?;
    let vpc = (state.vpc_region.clone(), state.vpc_id.clone());
    Ok(found.is_some_and(|(_, vpcs)| vpcs.contains(&vpc)))
}

/// Only the VPC's own account may associate it, whoever owns the zone.
async fn associate(account: &Account, state: &State) -> Result<Option<String>, Failure> {
    let sent = account.route53().associate_vpc_with_hosted_zone().hosted_zone_id(&state.zone_id).vpc(vpc(state));
    let reply = account.call(Route53("AssociateVPCWithHostedZone"), sent.send()).await?;
    Ok(zone_change::pending(reply.change_info()))
}

async fn withdraw(owner: &Account, state: &State) -> Result<(), Failure> {
    let sent = owner.route53().delete_vpc_association_authorization().hosted_zone_id(&state.zone_id);
    match owner.call(Route53("DeleteVPCAssociationAuthorization"), sent.vpc(vpc(state)).send()).await {
        Ok(_) => Ok(()),
        Err(failure) if is_not_found(&failure) => Ok(()),
        Err(failure) => Err(failure),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{Answer, Script, ec2_reply, refusal};

    fn spec() -> Spec {
        Spec {
            account: None,
            zone_id: "Z1".into(),
            vpc_id: "vpc-2".into(),
            vpc_region: "eu-west-1".into(),
            is_further: false,
        }
    }

    fn owner() -> Owner {
        Owner {
            resource: "consumer/orders".into(),
            uid: "u".into(),
            link: "zone_association".into(),
            generation: 0,
            run_tag: None,
        }
    }

    /// A zone that these VPCs see.
    fn zone(vpcs: &[&str]) -> Answer {
        let vpcs: String = vpcs
            .iter()
            .map(|id| ["<VPC><VPCRegion>eu-west-1</VPCRegion><VPCId>", id, "</VPCId></VPC>"].concat())
            .collect();
        Answer::Reply(
            200,
            format!(
                "<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>example.dev.</Name>\
                 <CallerReference>r</CallerReference></HostedZone><VPCs>{vpcs}</VPCs></GetHostedZoneResponse>"
            ),
        )
    }

    fn change(root: &str) -> Answer {
        Answer::Reply(
            200,
            format!(
                "<{root}><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status>\
                 <SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></{root}>"
            ),
        )
    }

    #[tokio::test(start_paused = true)]
    async fn an_association_that_is_there_belongs_to_somebody_and_stays() {
        let script = Script::new(|sent| match sent.what.as_str() {
            "DescribeTags" => ec2_reply(sent, "<tagSet/>"),
            _ => zone(&["vpc-1", "vpc-2"]),
        });
        let aws = script.aws().await;
        let state = ZoneAssociation.create(&aws, &owner(), &spec()).await.unwrap();
        assert!(!state.made);
        ZoneAssociation.delete(&aws, &state).await.unwrap();
        let is_read = |call: &String| call.starts_with("GET") || call == "DescribeTags";
        assert!(script.calls().iter().all(is_read), "{:?}", script.calls());
        assert_eq!(ZoneAssociation.diff(&spec(), &state), Change::None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_association_that_is_made_is_ours() {
        let script = Script::new(|sent| {
            let is_read = sent.what.starts_with("GET");
            if is_read { zone(&["vpc-1"]) } else { change("AssociateVPCWithHostedZoneResponse") }
        });
        let state = ZoneAssociation.create(&script.aws().await, &owner(), &spec()).await.unwrap();
        assert!(state.made && !state.authorized);
        assert_eq!(state.change_id.as_deref(), Some("C1"));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_vpc_and_a_zone_of_that_name_are_told_with_what_to_do() {
        let table = [("ConflictingDomainExists", "another zone of this name"), ("InvalidVPCId", "vpc_ids")];
        for (code, words) in table {
            let script = Script::new(move |sent| {
                let is_read = sent.what.starts_with("GET");
                if is_read { zone(&["vpc-1"]) } else { refusal(400, code) }
            });
            let failure = ZoneAssociation.create(&script.aws().await, &owner(), &spec()).await.unwrap_err();
            assert!(failure.advice.as_deref().unwrap_or_default().contains(words), "{code}: {:?}", failure.advice);
        }
        let script = Script::new(|sent| {
            match sent.what.as_str() {
            "DescribeTags" => ec2_reply(sent, "<tagSet/>"),
            what if what.starts_with("GET") => Answer::Reply(
                200,
                "<ListResourceRecordSetsResponse><ResourceRecordSets/><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>\
                 </ListResourceRecordSetsResponse>"
                    .to_owned(),
            ),
            _ => refusal(400, "LastVPCAssociation"),
        }
        });
        let state = State { made: true, ..unmade(&spec()) };
        let failure = ZoneAssociation.delete(&script.aws().await, &state).await.unwrap_err();
        assert!(failure.advice.unwrap().contains("last VPC"));
    }

    #[test]
    fn an_authorization_left_over_is_a_change_and_another_zone_a_replacement() {
        let state = State { made: true, authorized: true, ..unmade(&spec()) };
        assert_eq!(ZoneAssociation.diff(&spec(), &state), Change::Update(vec![AUTHORIZATION]));
        assert_eq!(ZoneAssociation.diff(&spec(), &ZoneAssociation.forecast(&spec(), &state)), Change::None);
        let other = Spec { zone_id: "Z2".into(), ..spec() };
        assert_eq!(ZoneAssociation.diff(&other, &state), Change::Replace(vec![ZONE]));
        let json = serde_json::to_string(&unmade(&spec())).unwrap();
        assert_eq!(serde_json::from_str::<State>(&json).unwrap(), unmade(&spec()));
    }
}
