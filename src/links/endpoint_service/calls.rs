//! The calls that make, change and remove a service.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::operation::modify_vpc_endpoint_service_configuration::builders::ModifyVpcEndpointServiceConfigurationFluentBuilder as Modify;
use aws_sdk_ec2::types::{ResourceType, ServiceConfiguration};

use super::diff::{further_regions, is};
use super::{
    ACCEPTANCE, ADDRESS_TYPES, EndpointService, FORCE, LOAD_BALANCERS, PRIVATE_NAME, REGIONS, Spec, State, TAGS, ZONES,
    Zones,
};
use super::{connected, flatten};
use crate::aws::Operation::{self, Ec2};
use crate::aws::connections;
use crate::aws::creations::missing;
use crate::aws::{Account, Aws, Pages as _, if_present, is_not_found, names, tags};
use crate::engine::{Class, Compare as _, Failure, Field, Link, Observed, Orphan, Owner, Pace, Result};
use crate::gather::Gather as _;

const CREATE: Operation = Ec2("CreateVpcEndpointServiceConfiguration");
const MODIFY: &str = "ModifyVpcEndpointServiceConfiguration";
const DELETE: &str = "DeleteVpcEndpointServiceConfigurations";
const DESCRIBE: &str = "DescribeVpcEndpointServiceConfigurations";

impl Link for EndpointService {
    type Client = Aws;
    const LOOKS_ARE_SHARED: bool = true;

    fn pace(&self) -> Pace {
        // Available at once; the record of a private name and a deletion take seconds.
        Pace { ready: Some(Duration::from_secs(4)), gone: Some(Duration::from_secs(10)), retry: Duration::from_secs(2) }
    }

    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let found = find(aws.account(None)?, owner).await?;
        Ok(found.map(|found| State { force_destroy: spec.force_destroy, ..found }))
    }

    async fn find_again(&self, aws: &Aws, owner: &Owner, _state: &State) -> Result<Option<State>> {
        find(aws.account(None)?, owner).await
    }

    /// A service that is being deleted is pending, because its load balancers stay bound until it is
    /// gone; [`Link::diff`] asks for a new resource where somebody else deletes it.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(None)?;
        let Some(service) = account.vpc_endpoint_service(&state.id).await? else { return Ok(Observed::Absent) };
        let seen = State { force_destroy: state.force_destroy, ..state_of(account, &service).await? };
        Ok(flatten::observe(state, seen, &flatten::opening_regions(&service)))
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State> {
        let made = create(aws.account(None)?, owner, spec).await?;
        Ok(State { force_destroy: spec.force_destroy, named: Some(spec.base_name.clone()), ..made })
    }

    async fn update(&self, aws: &Aws, owner: &Owner, spec: &Spec, state: &State, fields: &[Field]) -> Result<State> {
        let account = aws.account(None)?;
        let own_calls = [TAGS, ZONES, FORCE];
        if fields.iter().any(|field| !own_calls.contains(field)) {
            modify(account, spec, state, fields).await?;
        }
        if fields.contains(&TAGS) {
            account.retag(&state.id, owner, &spec.tags, &state.tags).await?;
        }
        // Last, because it is tried until AWS has the zones; everything before it may be said again.
        if let (true, Zones::Exactly(zones)) = (fields.contains(&ZONES), &spec.zones) {
            refresh_zones(account, &state.id, zones).await?;
        }
        Ok(self.forecast(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(None)?;
        if state.force_destroy {
            disconnect(account, &state.id).await?;
        }
        delete(account, &state.id).await
    }
}

/// The state of what AWS showed, with its ARN and the user's tags.
pub(super) async fn state_of(account: &Account, service: &ServiceConfiguration) -> Result<State> {
    let id = service.service_id().unwrap_or_default();
    let arn = account
        .id()
        .await?
        .map(|owner| format!("arn:{}:ec2:{}:{owner}:vpc-endpoint-service/{id}", account.partition(), account.region()));
    let carried = tags::from_ec2(service.tags());
    let named = tags::name_of(&carried);
    Ok(State { named, ..flatten::state(service, arn, account.user_tags(carried)) })
}

pub(super) async fn find(account: &Account, owner: &Owner) -> Result<Option<State>> {
    let pages = account.ec2().describe_vpc_endpoint_service_configurations();
    let pages = pages.set_filters(Some(tags::filters(owner)));
    let found = account.call(Ec2(DESCRIBE), pages.all()).await?;
    tags::refuse_strangers(found.iter().map(ServiceConfiguration::tags), &owner.uid)?;
    let ours = found.iter().find(|service| is_live(service) && is_ours(service, owner));
    match ours {
        Some(service) => Ok(Some(state_of(account, service).await?)),
        None => Ok(None),
    }
}

/// All services of this uid, whatever link and generation they were made for.
pub async fn of_uid(account: &Account, uid: &str) -> Result<Vec<Orphan>> {
    let pages = account.ec2().describe_vpc_endpoint_service_configurations().filters(tags::of_uid(uid)).all();
    let found = account.call(Ec2(DESCRIBE), pages).await?;
    tags::refuse_strangers(found.iter().map(ServiceConfiguration::tags), uid)?;
    let mut orphans = Vec::new();
    for service in found.iter().filter(|service| is_live(service)) {
        orphans.extend(tags::orphan(service.tags(), uid, &state_of(account, service).await?));
    }
    Ok(orphans)
}

pub(super) async fn create(account: &Account, owner: &Owner, spec: &Spec) -> Result<State> {
    let regions: Vec<String> =
        spec.supported_regions.iter().filter(|region| *region != account.region()).cloned().collect();
    let sent = account
        .ec2()
        .create_vpc_endpoint_service_configuration()
        .acceptance_required(spec.acceptance_required)
        .set_private_dns_name(spec.private_dns_name.clone())
        .set_network_load_balancer_arns(some(&spec.load_balancer_arns))
        .set_supported_ip_address_types(some(&spec.supported_ip_address_types))
        .set_supported_regions((!regions.is_empty()).then_some(regions))
        .client_token(names::client_token(owner, ""))
        .tag_specifications(tags::specification(ResourceType::VpcEndpointService, owner, &spec.tags))
        .send();
    match account.call(CREATE, sent).await {
        Ok(reply) => {
            let service = reply.service_configuration.filter(|service| service.service_id().is_some());
            let service = service.ok_or_else(|| missing(CREATE, "endpoint service"))?;
            state_of(account, &service).await
        }
        // A load balancer belongs to one service at most, and AWS has no code of its own for that.
        Err(failure) if failure.code == "InvalidParameter" => occupied(account, owner, spec, failure).await,
        Err(failure) => Err(explain(failure, spec)),
    }
}

/// What holds the load balancers: our own service of a lost reply, or somebody else's.
async fn occupied(account: &Account, owner: &Owner, spec: &Spec, failure: Failure) -> Result<State> {
    let pages = account.ec2().describe_vpc_endpoint_service_configurations();
    let found = account.call(Ec2(DESCRIBE), pages.all()).await?;
    let holder = found.iter().find(|service| {
        let state = service.service_state().map_or("", |state| state.as_str());
        !is(state, "Deleted")
            && service.network_load_balancer_arns().iter().any(|arn| spec.load_balancer_arns.contains(arn))
    });
    let Some(holder) = holder else { return Err(explain(failure, spec)) };
    if is_live(holder) && is_ours(holder, owner) {
        return state_of(account, holder).await;
    }
    let id = holder.service_id().unwrap_or_default();
    if !is_live(holder) {
        let class = Class::Busy;
        let message =
            format!("{} ({id}, which holds a load balancer of this service, is being deleted)", failure.message);
        return Err(Failure { class, message, ..failure });
    }
    let message =
        format!("{} (the endpoint service {id} stands in front of this load balancer already)", failure.message);
    Err(Failure { class: Class::Taken, message, ..failure }
        .advise(format!("Give this service a load balancer of its own, or remove it from {id}"))
        .about(LOAD_BALANCERS))
}

/// All changes of settings in one call, and load balancers that leave in another.
///
/// A load balancer comes before another one goes, in calls of their own: where endpoints attach in
/// between, AWS keeps both, and nothing that was asked for is lost.
pub(super) async fn modify(account: &Account, spec: &Spec, state: &State, fields: &[Field]) -> Result<()> {
    let (wanted, found) = (&spec.load_balancer_arns, &state.load_balancer_arns);
    let (coming, leaving) = if fields.contains(&LOAD_BALANCERS) {
        (some(wanted.difference(found)), some(found.difference(wanted)))
    } else {
        (None, None)
    };
    let bare = || account.ec2().modify_vpc_endpoint_service_configuration().service_id(&state.id);
    let mut call = bare();
    let is_other = |field: &&Field| ![LOAD_BALANCERS, TAGS, ZONES, FORCE].contains(field);
    if coming.is_some() || fields.iter().any(|field| is_other(&field)) {
        call = settings(call, spec, state, fields).set_add_network_load_balancer_arns(coming);
        account.call(Ec2(MODIFY), call.send()).await.map_err(|failure| explain(failure, spec))?;
    }
    if leaving.is_none() {
        return Ok(());
    }
    let sent = bare().set_remove_network_load_balancer_arns(leaving).send();
    match account.call(Ec2(MODIFY), sent).await {
        Ok(_) => Ok(()),
        Err(failure) if failure.code == connected::CODE => {
            let connections = connections::list(account, &state.id).await?;
            Err(connected::judge(failure, &connections).about(LOAD_BALANCERS))
        }
        Err(failure) => Err(explain(failure, spec)),
    }
}

fn settings(mut call: Modify, spec: &Spec, state: &State, fields: &[Field]) -> Modify {
    if fields.contains(&ACCEPTANCE) {
        call = call.acceptance_required(spec.acceptance_required);
    }
    if fields.contains(&PRIVATE_NAME) {
        call = match &spec.private_dns_name {
            Some(name) => call.private_dns_name(name),
            // An empty name does not clear it: terraform-provider-aws#25579.
            None => call.remove_private_dns_name(true),
        };
    }
    if fields.contains(&ADDRESS_TYPES) {
        let (wanted, found) = (&spec.supported_ip_address_types, &state.supported_ip_address_types);
        call = call
            .set_add_supported_ip_address_types(some(wanted.difference(found)))
            .set_remove_supported_ip_address_types(some(found.difference(wanted)));
    }
    if fields.contains(&REGIONS) {
        let (wanted, found) = (&further_regions(spec, state), &state.supported_regions);
        call = call
            .set_add_supported_regions(some(wanted.difference(found)))
            .set_remove_supported_regions(some(found.difference(wanted)));
    }
    call
}

/// Makes AWS take over the zones of the load balancers, which it does for those that work already.
///
/// Nothing tells when a zone that was added works, so it is asked again until it has them.
pub(super) async fn refresh_zones(account: &Account, id: &str, wanted: &BTreeSet<String>) -> Result<()> {
    // With its id alone, AWS's way to ask for it. *Source:* PrivateLink guide, "Update Availability Zones".
    let sent = account.ec2().modify_vpc_endpoint_service_configuration().service_id(id).send();
    account.call(Ec2(MODIFY), sent).await?;
    let service = account.vpc_endpoint_service(id).await?;
    let found = service.iter().flat_map(aws_sdk_ec2::types::ServiceConfiguration::availability_zones);
    let found: BTreeSet<&str> = found.map(String::as_str).gather();
    if wanted.iter().map(String::as_str).eq(found.iter().copied()) {
        return Ok(());
    }
    let list = |zones: Vec<&str>| zones.join(", ");
    let words = format!(
        "the endpoint service {id} is in {} and its load balancers in {}; AWS takes over a zone when it works, minutes \
         after it was added",
        list(found.into_iter().collect()),
        list(wanted.iter().map(String::as_str).collect()),
    );
    let mut failure = Failure::new(Class::Busy, words).about("subnet_ids");
    MODIFY.clone_into(&mut failure.operation);
    Err(failure)
}

pub(super) async fn delete(account: &Account, id: &str) -> Result<()> {
    let sent = account.ec2().delete_vpc_endpoint_service_configurations().service_ids(id).send();
    let Some(reply) = if_present(account.call(Ec2(DELETE), sent).await)? else { return Ok(()) };
    // AWS answers 200 and puts what it refused into a list.
    let Some(error) = reply.unsuccessful().iter().find_map(|item| item.error()) else { return Ok(()) };
    let (code, message) = (error.code().unwrap_or_default(), error.message().unwrap_or_default());
    let failure = account.unsuccessful(Ec2(DELETE), id, code, message);
    if is_not_found(&failure) {
        return Ok(());
    }
    if failure.code == connected::CODE {
        let connections = connections::list(account, id).await?;
        return Err(connected::judge(failure, &connections));
    }
    Err(failure)
}

/// Rejects every live connection, so that the service can go.
pub(super) async fn disconnect(account: &Account, id: &str) -> Result<()> {
    let connections = connections::list(account, id).await?;
    let live: BTreeSet<String> = connected::live(&connections).map(|one| one.endpoint_id.clone()).gather();
    if live.is_empty() { Ok(()) } else { connections::reject(account, id, &live).await }
}

/// Adds what the code alone does not say.
fn explain(failure: Failure, spec: &Spec) -> Failure {
    match failure.code.as_str() {
        "UnauthorizedOperation" if !spec.supported_regions.is_empty() => failure.advise(
            "Allow this operation for the credentials in use; further Regions also need the permission-only action \
             vpce:AllowMultiRegion (see examples/iam-policy.json)",
        ),
        code if code.starts_with("InvalidNetworkLoadBalancerArn") => failure.about(LOAD_BALANCERS),
        _ => failure,
    }
}

fn is_live(service: &ServiceConfiguration) -> bool {
    let state = service.service_state().map_or("", |state| state.as_str());
    !is(state, "Deleting") && !is(state, "Deleted")
}

fn is_ours(service: &ServiceConfiguration, owner: &Owner) -> bool {
    tags::is_owned(&tags::from_ec2(service.tags()), owner)
}

/// A list for the SDK; nothing at all where it would be empty.
fn some<'a>(items: impl IntoIterator<Item = &'a String>) -> Option<Vec<String>> {
    let items: BTreeSet<String> = items.into_iter().cloned().gather();
    (!items.is_empty()).then(|| items.into_iter().collect())
}
