//! The calls that make, look at, change and remove an endpoint.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types as ec2;
use futures_util::future::try_join_all;

use super::diff::{differences, moved_addresses};
use super::flatten;
use super::{
    ADDRESS_TYPE, ADDRESSES, Endpoint, GROUPS, POLICY, PRIVATE_DNS, RECORD_TYPE, SUBNETS, Spec, State, TAGS, is,
};
use crate::aws::Operation::{self, Ec2};
use crate::aws::creations::missing;
use crate::aws::{Account, Aws, Pages as _, if_present, names, tags};
use crate::engine::{Class, Compare as _, Failure, Field, Link, Observed, Orphan, Owner, Pace, Result};

const CREATE: Operation = Ec2("CreateVpcEndpoint");
const MODIFY: &str = "ModifyVpcEndpoint";

/// What one call changes together.
const SETTINGS: [Field; 6] = [SUBNETS, ADDRESSES, GROUPS, ADDRESS_TYPE, RECORD_TYPE, PRIVATE_DNS];

type Modify = aws_sdk_ec2::operation::modify_vpc_endpoint::builders::ModifyVpcEndpointFluentBuilder;

impl Link for Endpoint {
    type Client = Aws;
    const LOOKS_ARE_SHARED: bool = true;

    fn pace(&self) -> Pace {
        Pace {
            ready: Some(Duration::from_secs(53)),
            gone: Some(Duration::from_secs(80)),
            retry: Duration::from_secs(2),
        }
    }

    /// Groups and tags change without a lock. *Source:* hashicorp/aws,
    /// `TestAccVPCEndpointSecurityGroupAssociation_multiple` and `_replaceDefaultAssociation`.
    fn works_throughout(&self, state: &State, fields: &[Field]) -> bool {
        is(state, "available") && fields.iter().all(|field| [GROUPS, TAGS].contains(field))
    }

    async fn find(&self, aws: &Aws, owner: &Owner, _spec: &Spec) -> Result<Option<State>> {
        find(aws.account(None)?, owner).await
    }

    async fn find_again(&self, aws: &Aws, owner: &Owner, _state: &State) -> Result<Option<State>> {
        find(aws.account(None)?, owner).await
    }

    /// One that waits for acceptance is ready as far as AWS is concerned: the gate says who must act.
    /// Gone it is only with its network interfaces, because they hold its security groups and subnets.
    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        read(aws.account(None)?, state).await
    }

    /// Only the service's owner, or a new endpoint, changes a rejection.
    fn is_lived_with(&self, state: &State) -> bool {
        is(state, "rejected")
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State> {
        create(aws.account(None)?, owner, spec).await
    }

    async fn update(&self, aws: &Aws, owner: &Owner, spec: &Spec, state: &State, fields: &[Field]) -> Result<State> {
        let account = aws.account(None)?;
        modify(account, spec, state, fields).await?;
        if fields.contains(&TAGS) {
            account.retag(&state.id, owner, &spec.tags_beside(state), &state.tags).await?;
        }
        Ok(changed(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        delete(aws.account(None)?, &state.id).await
    }
}

pub(super) async fn find(account: &Account, owner: &Owner) -> Result<Option<State>> {
    let pages = account.ec2().describe_vpc_endpoints().set_filters(Some(tags::filters(owner)));
    let found = pages.all();
    let found = account.call(Ec2("DescribeVpcEndpoints"), found).await?;
    tags::refuse_strangers(found.iter().map(ec2::VpcEndpoint::tags), &owner.uid)?;
    let is_ours = |endpoint: &&ec2::VpcEndpoint| tags::is_owned(&tags::from_ec2(endpoint.tags()), owner);
    let ours = found.iter().find(|endpoint| is_live(endpoint) && is_ours(endpoint));
    Ok(ours.map(|endpoint| state_of(account, endpoint)))
}

fn is_live(endpoint: &ec2::VpcEndpoint) -> bool {
    let word = endpoint.state().map_or("", |state| state.as_str());
    !["deleting", "deleted"].iter().any(|gone| word.eq_ignore_ascii_case(gone))
}

/// All endpoints of this uid, whatever link and generation they were made for.
pub async fn of_uid(account: &Account, uid: &str) -> Result<Vec<Orphan>> {
    let pages = account.ec2().describe_vpc_endpoints().filters(tags::of_uid(uid)).all();
    let found = account.call(Ec2("DescribeVpcEndpoints"), pages).await?;
    tags::refuse_strangers(found.iter().map(ec2::VpcEndpoint::tags), uid)?;
    let live = found.iter().filter(|endpoint| is_live(endpoint));
    Ok(live.filter_map(|one| tags::orphan(one.tags(), uid, &state_of(account, one))).collect())
}

pub(super) async fn create(account: &Account, owner: &Owner, spec: &Spec) -> Result<State> {
    let records = ec2::DnsOptionsSpecification::builder().dns_record_ip_type(spec.record_type().into()).build();
    let sent = account
        .ec2()
        .create_vpc_endpoint()
        // AWS would make a gateway endpoint.
        .vpc_endpoint_type(ec2::VpcEndpointType::Interface)
        .vpc_id(&spec.vpc_id)
        .service_name(&spec.service_name)
        .set_service_region(remote_region(account, spec))
        .set_subnet_ids(some(&spec.subnet_ids))
        .set_subnet_configurations(fixed(spec, spec.addresses.keys()))
        .set_security_group_ids(some(&spec.security_group_ids))
        .ip_address_type(spec.ip_address_type.as_str().into())
        .dns_options(records)
        // Switched on later, by a link of its own: until the endpoint works it would lead clients nowhere.
        .private_dns_enabled(false)
        .set_policy_document(spec.effective_policy().map(str::to_owned))
        .client_token(names::client_token(owner, ""))
        .tag_specifications(tags::specification(ec2::ResourceType::VpcEndpoint, owner, &spec.tags))
        .send();
    let reply = account.call(CREATE, sent).await.map_err(|failure| explain(failure, spec))?;
    let endpoint = reply.vpc_endpoint.filter(|endpoint| endpoint.vpc_endpoint_id().is_some());
    let endpoint = endpoint.ok_or_else(|| missing(CREATE, "endpoint"))?;
    Ok(state_of(account, &endpoint))
}

/// The service's Region, which AWS wants to hear only where it is another one.
fn remote_region(account: &Account, spec: &Spec) -> Option<String> {
    spec.service_region.clone().filter(|region| region != account.region())
}

pub(super) async fn read(account: &Account, recorded: &State) -> Result<Observed<State>> {
    let Some(endpoint) = account.vpc_endpoint(&recorded.id).await? else {
        return gone(account, recorded.clone()).await;
    };
    let mut seen = state_of(account, &endpoint);
    // Until it is ready again, what was known of names and interfaces is the best that there is.
    seen.zonal_dns_names = Some(recorded.zonal_dns_names.clone().unwrap_or_default());
    seen.network_interfaces = Some(recorded.network_interfaces.clone().unwrap_or_default());
    match judge(recorded, &seen) {
        Verdict::Ready => ready(account, seen, &endpoint).await,
        Verdict::Settled => Ok(Observed::Ready(seen)),
        Verdict::Moving(status) => {
            // What AWS does with one that works is no change of it.
            let worked = recorded.network_interfaces.as_ref().is_some_and(|found| !found.is_empty());
            if worked && is(recorded, "available") {
                seen.state = recorded.state.clone();
            }
            Ok(Observed::Pending { state: seen, status })
        }
        Verdict::Broken => {
            let reason = reason(&seen, &flatten::reason(&endpoint));
            Ok(Observed::Failed { state: seen, reason })
        }
        Verdict::Leaving(status) => {
            seen.network_interface_ids.extend(recorded.network_interface_ids.iter().cloned());
            Ok(Observed::Pending { state: seen, status })
        }
        Verdict::Gone => {
            seen.network_interface_ids.extend(recorded.network_interface_ids.iter().cloned());
            gone(account, seen).await
        }
    }
}

/// What AWS's word means for an endpoint.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It works.
    Ready,
    /// AWS does no more; a person must act.
    Settled,
    /// It is on its way, in AWS's word.
    Moving(String),
    /// It will never work.
    Broken,
    /// It is being deleted; its interfaces are known no more when it is gone.
    Leaving(String),
    /// It is deleted, and its interfaces may still be there.
    Gone,
}

pub(super) fn judge(recorded: &State, seen: &State) -> Verdict {
    let word = seen.state.clone().unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "available" => Verdict::Ready,
        "pendingacceptance" => Verdict::Settled,
        // Who waits for it learns at once that waiting is in vain. A rejection known already, or of
        // an endpoint that worked, is a fact to live with: only a person can change it.
        "rejected" if is(recorded, "rejected") || is(recorded, "available") => Verdict::Settled,
        "rejected" | "failed" | "expired" => Verdict::Broken,
        "deleting" => Verdict::Leaving(word),
        "deleted" => Verdict::Gone,
        _ => Verdict::Moving(word),
    }
}

/// Adds what takes a further look, which is worth it only when the endpoint works.
async fn ready(account: &Account, mut seen: State, endpoint: &ec2::VpcEndpoint) -> Result<Observed<State>> {
    let mut found = interfaces(account, &seen.network_interface_ids).await?;
    // AWS fills names and interfaces in late, and shows an interface later than its id.
    if seen.dns_name.is_none() || found.len() < seen.subnet_ids.len() {
        return Ok(Observed::Pending { state: seen, status: "available, network interfaces not visible yet".into() });
    }
    for interface in found.iter_mut().filter(|interface| interface.availability_zone_id().is_none()) {
        if let Some(subnet) = interface.subnet_id() {
            interface.availability_zone_id =
                account.subnet(subnet).await?.and_then(|subnet| subnet.availability_zone_id);
        }
    }
    flatten::enrich(&mut seen, endpoint, &found);
    Ok(Observed::Ready(seen))
}

/// Gone is an endpoint only with its network interfaces: until then its group and subnets cannot go.
async fn gone(account: &Account, state: State) -> Result<Observed<State>> {
    let left = interfaces(account, &state.network_interface_ids).await?;
    if left.is_empty() {
        return Ok(Observed::Absent);
    }
    let names: Vec<&str> = left.iter().filter_map(ec2::NetworkInterface::network_interface_id).collect();
    let status = format!("deleted, but AWS still holds {}", names.join(", "));
    Ok(Observed::Pending { state, status })
}

pub(super) async fn interfaces(account: &Account, ids: &BTreeSet<String>) -> Result<Vec<ec2::NetworkInterface>> {
    let found = try_join_all(ids.iter().map(|id| account.network_interface(id))).await?;
    Ok(found.into_iter().flatten().collect())
}

/// Why an endpoint will never work.
pub(super) fn reason(seen: &State, words: &str) -> String {
    let (endpoint, service) = (&seen.id, &seen.service_name);
    let account = seen.owner_id.as_deref().unwrap_or("(unknown)");
    if is(seen, "rejected") {
        return format!(
            "the owner of {service} rejected the connection of the endpoint {endpoint} of account {account}"
        );
    }
    if is(seen, "expired") {
        return format!(
            "nobody accepted the connection of the endpoint {endpoint} of account {account} to {service} in time"
        );
    }
    let words = if words.is_empty() { "AWS gave no reason" } else { words };
    format!("the endpoint {endpoint} to {service} failed: {words}")
}

/// Changes everything but tags, in one call; a policy has its own, because a bad one must not keep
/// the rest from being changed.
pub(super) async fn modify(account: &Account, spec: &Spec, recorded: &State, fields: &[Field]) -> Result<()> {
    let mut settings = fields.iter().any(|field| SETTINGS.contains(field));
    let mut policy = fields.contains(&POLICY);
    let mut from = recorded.clone();
    if settings && policy {
        // The second of two calls finds the endpoint busy with the first, and is tried again with
        // both: what the first did is then not asked for once more.
        if let Some(endpoint) = account.vpc_endpoint(&recorded.id).await? {
            from = state_of(account, &endpoint);
            let found = interfaces(account, &from.network_interface_ids).await?;
            flatten::enrich(&mut from, &endpoint, &found);
            let left = differences(spec, &from);
            settings = left.iter().any(|field| SETTINGS.contains(field));
            policy = left.contains(&POLICY);
        }
    }
    if settings {
        let moved = moved_addresses(spec, &from).into_iter().cloned().collect();
        send(account, spec, recorded, change_settings(account, spec, &from, &moved)).await?;
    }
    if policy {
        let call = account.ec2().modify_vpc_endpoint().vpc_endpoint_id(&recorded.id);
        let call = match spec.effective_policy() {
            Some(document) => call.policy_document(document),
            // Leaving it out would keep the old one: terraform-provider-aws#19906.
            None => call.reset_policy(true),
        };
        send(account, spec, recorded, call).await?;
    }
    Ok(())
}

fn change_settings(account: &Account, spec: &Spec, from: &State, moved: &BTreeSet<String>) -> Modify {
    let entering = spec.subnet_ids.difference(&from.subnet_ids);
    let mut call = account
        .ec2()
        .modify_vpc_endpoint()
        .vpc_endpoint_id(&from.id)
        .set_add_subnet_ids(some(entering.clone()))
        .set_subnet_configurations(fixed(spec, entering.chain(moved)))
        .set_remove_subnet_ids(some(from.subnet_ids.difference(&spec.subnet_ids)))
        .set_add_security_group_ids(some(spec.security_group_ids.difference(&from.security_group_ids)))
        .set_remove_security_group_ids(some(from.security_group_ids.difference(&spec.security_group_ids)));
    if spec.without_private_dns && from.private_dns_enabled {
        call = call.private_dns_enabled(false);
    }
    let new_address_type = spec.ip_address_type != from.ip_address_type;
    if new_address_type {
        call = call.ip_address_type(spec.ip_address_type.as_str().into());
    }
    // AWS allows only certain pairs of the two, so they go together.
    if new_address_type || from.dns_record_ip_type.as_deref().is_some_and(|found| found != spec.record_type()) {
        let records = ec2::DnsOptionsSpecification::builder().dns_record_ip_type(spec.record_type().into());
        call = call.dns_options(records.build());
    }
    call
}

async fn send(account: &Account, spec: &Spec, recorded: &State, call: Modify) -> Result<()> {
    match account.call(Ec2(MODIFY), call.send()).await {
        Ok(_) => Ok(()),
        Err(failure) => Err(stuck(explain(failure, spec), recorded)),
    }
}

/// An endpoint that waits for a person is not busy: trying again until the deadline helps nobody.
pub(super) fn stuck(failure: Failure, recorded: &State) -> Failure {
    let waits = ["pendingAcceptance", "rejected"].into_iter().find(|word| is(recorded, word));
    match waits {
        Some(word) if failure.class == Class::Busy && failure.code.starts_with("IncorrectState") => {
            Failure { class: Class::Invalid, ..failure }.advise(format!(
                "The endpoint is {word}, and AWS does not change it so. Let the service's owner accept it first, then \
                 apply again"
            ))
        }
        _ => failure,
    }
}

pub(super) async fn delete(account: &Account, id: &str) -> Result<()> {
    if_present(account.delete_vpc_endpoint(id).await).map(|_| ())
}

/// Adds the attribute at fault and what the code alone does not say.
pub(super) fn explain(failure: Failure, spec: &Spec) -> Failure {
    match failure.code.as_str() {
        "InvalidServiceName" => failure
            .advise(
                "AWS gives this answer for a service that does not exist, is in another Region, or does not allow this \
                 account. Check the name and service_region, and that allowed_principals of a service of another \
                 account names this one",
            )
            .about("service_name"),
        "UnauthorizedOperation" if spec.service_region.is_some() => failure.advise(
            "Allow this operation for the credentials in use; a service in another Region also needs the \
             permission-only action vpce:AllowMultiRegion (see examples/iam-policy.json)",
        ),
        "InvalidIPAddress.InUse" => failure
            .advise("Another network interface has this address. Choose a free one of the subnet, or leave it to AWS")
            .about(ADDRESSES),
        "DuplicateSubnetsInSameZone" | "InsufficientFreeAddressesInSubnet" => failure.about(SUBNETS),
        "SecurityGroupsPerInterfaceLimitExceeded" => failure.about(GROUPS),
        "InvalidPolicyDocument" => failure.about(POLICY),
        code if code.starts_with("InvalidSubnet") => failure.about(SUBNETS),
        _ => failure,
    }
}

/// A list for the SDK; nothing at all where it would be empty.
fn some<'a>(items: impl IntoIterator<Item = &'a String>) -> Option<Vec<String>> {
    let items: Vec<String> = items.into_iter().cloned().collect();
    (!items.is_empty()).then_some(items)
}

/// What an update leaves to be read: only a plan tells single elements of what is to come.
pub(super) fn changed(spec: &Spec, state: &State) -> State {
    let mut next = Endpoint.forecast(spec, state);
    let mut interfaces = next.network_interfaces.iter().flatten();
    if interfaces.any(|(_, interface)| interface.id.is_empty()) {
        (next.network_interfaces, next.zonal_dns_names) = (None, None);
    }
    next
}

/// The state of what AWS showed, with its ARN and the user's tags.
pub(super) fn state_of(account: &Account, endpoint: &ec2::VpcEndpoint) -> State {
    let id = endpoint.vpc_endpoint_id().unwrap_or_default();
    let arn = endpoint
        .owner_id()
        .map(|owner| format!("arn:{}:ec2:{}:{owner}:vpc-endpoint/{id}", account.partition(), account.region()));
    flatten::state(endpoint, arn, account.user_tags(tags::from_ec2(endpoint.tags())))
}

/// The fixed addresses of these subnets, for those that have any.
pub(super) fn fixed<'a>(
    spec: &Spec,
    subnet_ids: impl IntoIterator<Item = &'a String>,
) -> Option<Vec<ec2::SubnetConfiguration>> {
    let configuration = |subnet_id: &'a String| {
        let addresses = spec.addresses.get(subnet_id).filter(|_| spec.subnet_ids.contains(subnet_id))?;
        let built = ec2::SubnetConfiguration::builder().subnet_id(subnet_id);
        Some(built.set_ipv4(addresses.ipv4.clone()).set_ipv6(addresses.ipv6.clone()).build())
    };
    let all: Vec<_> = subnet_ids.into_iter().filter_map(configuration).collect();
    (!all.is_empty()).then_some(all)
}
