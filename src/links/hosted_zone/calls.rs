//! Calls of a private hosted zone.

use std::time::Duration;

use aws_sdk_route53::types::{HostedZoneConfig, TagResourceType, Vpc, VpcRegion};

use super::diff::plain;
use super::{COMMENT, HostedZone, Made, Spec, State, TAGS, VPC};
use crate::aws::Operation::Route53;
use crate::aws::creations::{half_made, missing};
use crate::aws::zone_change;
use crate::aws::{Account, Aws, Tags, bare_id, is_not_found, names, tags};
use crate::engine::{Class, Compare as _, Failure, Field, Link, Observed, Owner, Pace, Result};

/// What Route 53 takes in one call.
const MOST_TAGS: usize = 10;

impl Link for HostedZone {
    type Client = Aws;

    /// Records may be written into it at once; only a change of its records keeps it busy, for half a minute.
    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(15), ..Pace::AT_ONCE }
    }

    /// By the caller reference, which a zone has from its creation on; its tags come a call later.
    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let account = aws.account(None)?;
        let reference = names::caller_reference(owner);
        for zone in account.hosted_zones(Some(&plain(&spec.name))).await? {
            if is_reference_of(zone.caller_reference(), &reference) {
                return whole(account, bare_id(zone.id()), (&spec.vpc_region, &spec.vpc_id)).await;
            }
        }
        Ok(None)
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(state.account.as_deref())?;
        if zone_change::is_pending(account, state.change_id.as_ref()).await? {
            return Ok(Observed::Pending { state: state.clone(), status: "PENDING".to_owned() });
        }
        let vpc = (state.vpc_region.as_str(), state.vpc_id.as_str());
        let found = whole(account, &state.zone_id, vpc).await?;
        Ok(found.map_or(Observed::Absent, |found| Observed::Ready(State { account: state.account.clone(), ..found })))
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(None)?;
        let reference = names::caller_reference(owner);
        let reply = match create(account, spec, &reference).await {
            Err(failure) if failure.code.starts_with("HostedZoneAlreadyExists") => {
                if let Some(state) = self.find(aws, owner, spec).await? {
                    return Ok(state);
                }
                // AWS never forgets a reference, not even of a zone that somebody deleted.
                let again = format!("{reference}/{}", uuid::Uuid::new_v4().simple());
                create(account, spec, &again).await?
            }
            Err(failure) if failure.class == Class::Taken => {
                return take_over(account, owner, spec).await?.ok_or(failure);
            }
            reply => reply?,
        };
        let zone = reply.hosted_zone().ok_or_else(|| missing(Route53("CreateHostedZone"), "hosted zone"))?;
        let zone_id = bare_id(zone.id()).to_owned();
        retag(account, &zone_id, &tags::all(owner, &spec.tags), Vec::new()).await.map_err(half_made)?;
        Ok(State {
            zone_id,
            name: plain(&spec.name),
            vpc_id: spec.vpc_id.clone(),
            vpc_region: spec.vpc_region.clone(),
            account: None,
            change_id: None,
            named: Some(spec.base_name.clone()),
            uid: Some(owner.uid.clone()),
            tags: spec.tags.clone(),
        })
    }

    async fn update(&self, aws: &Aws, owner: &Owner, spec: &Spec, state: &State, fields: &[Field]) -> Result<State> {
        let account = aws.account(state.account.as_deref())?;
        let mut next = self.forecast(spec, state);
        if fields.contains(&VPC) {
            let _turn = account.lock_zone(&state.zone_id).await;
            let sent = account.route53().associate_vpc_with_hosted_zone().hosted_zone_id(&state.zone_id).vpc(vpc(spec));
            let reply = account.call(Route53("AssociateVPCWithHostedZone"), sent.send()).await?;
            next.change_id = zone_change::pending(reply.change_info());
        }
        if fields.contains(&TAGS) {
            let (set, remove) = tags::change(&spec.tags, &state.tags);
            retag(account, &state.zone_id, &tags::all(owner, &set), remove).await?;
            // A creation that takes up a zone without tags does not know its own uid when it asks for them.
            next.uid = Some(owner.uid.clone());
        }
        Ok(next)
    }

    /// Records of others keep the zone, and it stays with them: they are never removed with it. One that another
    /// composite has taken over since it was read is that one's.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(state.account.as_deref())?;
        let _turn = account.lock_zone(&state.zone_id).await;
        let sent = account.route53().delete_hosted_zone().id(&state.zone_id).send();
        match account.call(Route53("DeleteHostedZone"), sent).await {
            Ok(_) => Ok(()),
            Err(failure) if is_not_found(&failure) => Ok(()),
            Err(failure) if failure.code.starts_with("HostedZoneNotEmpty") => {
                // The refusal says more than a look that fails after it.
                let carried = account.hosted_zone_tags(&state.zone_id).await.ok().flatten().unwrap_or_default();
                if state.belongs_to_another(carried.get(tags::UID).map(String::as_str)) {
                    return Ok(());
                }
                Err(kept(account, state, failure).await)
            }
            Err(failure) => Err(failure),
        }
    }
}

/// Says that a zone stays with the records of others.
async fn kept(account: &Account, state: &State, refused: Failure) -> Failure {
    let records = account.records_in(&state.zone_id).await.unwrap_or_default();
    let names: Vec<String> = records.keys().map(|key| format!("{} {}", key.name, key.kind)).take(10).collect();
    let more =
        if records.len() > names.len() { format!(" and {} more", records.len() - names.len()) } else { String::new() };
    let message = format!(
        "{}: zone {} ({}) holds records that this resource did not make ({}{more}), and stays with them",
        refused.message,
        state.zone_id,
        state.name,
        names.join(", ")
    );
    Failure { class: Class::Kept, message, ..refused }.advise(format!(
        "remove or move them and apply again, or leave the zone to them; when it is empty, \"aws route53 delete-hosted-zone \
         --id {}\" removes it too. A consumer of the same name and zone_name takes it over",
        state.zone_id
    ))
}

/// Takes over the zone of this name that a consumer of the same name left behind; none where there is none.
async fn take_over(account: &Account, owner: &Owner, spec: &Spec) -> Result<Option<State>> {
    let seen = account.zones_of_vpc_now(&spec.vpc_id).await?;
    for zone in seen.iter().filter(|zone| !zone.is_hidden() && plain(&zone.name) == plain(&spec.name)) {
        if !is_left_behind(account, &zone.zone_id, &owner.resource, Some(&owner.uid)).await? {
            continue;
        }
        let Some(state) = whole(account, &zone.zone_id, (&spec.vpc_region, &spec.vpc_id)).await? else { continue };
        let (set, remove) = tags::change(&spec.tags, &state.tags);
        retag(account, &zone.zone_id, &tags::all(owner, &set), remove).await.map_err(half_made)?;
        let (named, uid) = (Some(spec.base_name.clone()), Some(owner.uid.clone()));
        return Ok(Some(State { named, uid, tags: spec.tags.clone(), ..state }));
    }
    Ok(None)
}

/// Whether a zone was made for a resource of this name that has gone: nothing with its uid is an endpoint any more. The
/// zone stayed because of records of others, or because its run was killed. One of `own` uid counts, too.
pub async fn is_left_behind(account: &Account, zone_id: &str, resource: &str, own: Option<&str>) -> Result<bool> {
    let carried = match account.hosted_zone_tags(zone_id).await {
        Ok(carried) => carried.unwrap_or_default(),
        // Somebody else's.
        Err(failure) if matches!(failure.class, Class::Denied | Class::Invalid) => return Ok(false),
        Err(failure) => return Err(failure),
    };
    let (Some(uid), Some(named)) = (carried.get(tags::UID), carried.get(tags::RESOURCE)) else { return Ok(false) };
    let is_in_creation = tags::is_in_creation(&carried);
    if named != resource || is_in_creation {
        return Ok(false);
    }
    Ok(Some(uid.as_str()) == own || !account.has_endpoint_of(uid).await?)
}

async fn create(
    account: &Account,
    spec: &Spec,
    reference: &str,
) -> Result<aws_sdk_route53::operation::create_hosted_zone::CreateHostedZoneOutput> {
    let config = HostedZoneConfig::builder().comment(COMMENT).private_zone(true).build();
    let sent = account.route53().create_hosted_zone().name(plain(&spec.name)).vpc(vpc(spec)).hosted_zone_config(config);
    let sent = sent.caller_reference(reference).send();
    account.call(Route53("CreateHostedZone"), sent).await.map_err(|failure| {
        if failure.class != Class::Taken || failure.code.starts_with("HostedZoneAlreadyExists") {
            return failure;
        }
        let advice = format!(
            "{} already sees a zone named {}, perhaps the hidden one of an endpoint with private DNS; use that zone's \
             id, another name, or switch the endpoint's private DNS off",
            spec.vpc_id, spec.name
        );
        failure.advise(advice)
    })
}

fn vpc(spec: &Spec) -> Vpc {
    Vpc::builder().vpc_id(&spec.vpc_id).vpc_region(VpcRegion::from(spec.vpc_region.as_str())).build()
}

/// The zones of a name, or of any, that this uid made and no other one took over, whatever generation they are of.
pub async fn of_uid(account: &Account, uid: &str, name: Option<&str>) -> Result<Vec<Made>> {
    let zones = account.hosted_zones(name.map(plain).as_deref()).await?;
    let mut made = Vec::new();
    for zone in &zones {
        let Some(generation) = names::generation_in_reference(zone.caller_reference(), uid) else { continue };
        let (zone_id, name) = (bare_id(zone.id()).to_owned(), plain(zone.name()));
        let carried = account.hosted_zone_tags(&zone_id).await?.unwrap_or_default();
        let state = State {
            zone_id: zone_id.clone(),
            name: name.clone(),
            uid: carried.get(tags::UID).cloned(),
            ..State::default()
        };
        if state.belongs_to_another(Some(uid)) {
            continue;
        }
        let Ok(state) = serde_json::to_value(state) else { continue };
        made.push(Made { zone_id, name, generation, state });
    }
    Ok(made)
}

/// Whether a zone was made with this reference, or with the one after it was used up.
pub(super) fn is_reference_of(found: &str, reference: &str) -> bool {
    found.strip_prefix(reference).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

async fn retag(account: &Account, zone_id: &str, add: &Tags, remove: Vec<String>) -> Result<()> {
    let add = tags::to_route53(add);
    let calls = add.chunks(MOST_TAGS).count().max(remove.chunks(MOST_TAGS).count());
    let (mut add, mut remove) = (add.chunks(MOST_TAGS), remove.chunks(MOST_TAGS));
    for _ in 0..calls {
        let sent = account
            .route53()
            .change_tags_for_resource()
            .resource_type(TagResourceType::Hostedzone)
            .resource_id(zone_id)
            .set_add_tags(add.next().map(<[_]>::to_vec))
            .set_remove_tag_keys(remove.next().map(<[_]>::to_vec))
            .send();
        account.call(Route53("ChangeTagsForResource"), sent).await?;
    }
    Ok(())
}

/// All of it; none where it does not exist. Of the VPCs that see it ours is shown, or else the first.
async fn whole(account: &Account, zone_id: &str, vpc: (&str, &str)) -> Result<Option<State>> {
    let zone = account.hosted_zone_seen_from(zone_id, Some(vpc));
    let (zone, carried) = tokio::try_join!(zone, account.hosted_zone_tags(zone_id))?;
    let (Some((zone, vpcs)), Some(carried)) = (zone, carried) else { return Ok(None) };
    let ours = vpcs.iter().find(|(_, id)| id == vpc.1).or_else(|| vpcs.iter().next());
    let (vpc_region, vpc_id) = ours.cloned().unwrap_or_default();
    Ok(Some(State {
        zone_id: bare_id(zone.id()).to_owned(),
        name: plain(zone.name()),
        vpc_id,
        vpc_region,
        account: None,
        change_id: None,
        named: tags::name_of(&carried),
        uid: carried.get(tags::UID).cloned(),
        tags: account.user_tags(carried),
    }))
}
