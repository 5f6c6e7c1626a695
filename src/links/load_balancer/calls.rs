//! Calls of a load balancer.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, ready};
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    AvailabilityZone, EnablePrefixForIpv6SourceNatEnum as SourceNat,
    EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum as Enforcement, IpAddressType, LoadBalancer as Described,
    LoadBalancerAddress, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum, LoadBalancerTypeEnum,
    SubnetMapping,
};

use super::Attributes;
use super::diff::lets_pass;
use super::subnets::steps;
use super::{
    ADDRESSES, ATTRIBUTES, ENFORCEMENT, GROUPS, IP_TYPE, LoadBalancer, SOURCE_NAT, SUBNETS, Spec, State, TAGS,
};
use crate::aws::Operation::{self, Elbv2};
use crate::aws::creations::{Created, Named, half_made, missing};
use crate::aws::deletions::gone;
use crate::aws::elbv2::retag;
use crate::aws::tags::{self};
use crate::aws::{Account, Aws, Tags, names};
use crate::engine::{Class, Compare as _, Failure, Field, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;

const CREATE: Operation = Elbv2("CreateLoadBalancer");

impl Link for LoadBalancer {
    type Client = Aws;
    const LOOKS_ARE_SHARED: bool = true;

    /// A new one takes about two minutes; a deleted one is gone in seconds.
    fn pace(&self) -> Pace {
        Pace {
            ready: Some(Duration::from_secs(125)),
            gone: Some(Duration::from_secs(95)),
            retry: Duration::from_secs(4),
        }
    }

    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let account = aws.account(None)?;
        let Some(found) = account.load_balancer_named(&names::object_name(&spec.base_name, owner)).await? else {
            return Ok(None);
        };
        let arn = found.load_balancer_arn().unwrap_or_default().to_owned();
        let Some((_, state, tags)) = whole(account, &arn, ready(Ok(Some(found)))).await? else { return Ok(None) };
        Ok(tags::is_owned(&tags, owner).then_some(state))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(None)?;
        let Some((found, seen, _)) = whole(account, &state.arn, account.load_balancer(&state.arn)).await? else {
            return leaving(account, state).await;
        };
        Ok(judge(&found, seen))
    }

    /// Attributes and tags are as they were set: they cannot have changed before it works.
    async fn poll(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(None)?;
        let Some(found) = account.load_balancer(&state.arn).await? else { return Ok(Observed::Absent) };
        let (attributes, named, tags) = (state.attributes.clone(), state.named.clone(), state.tags.clone());
        let seen = State { attributes, named, tags, ..flatten(&found) };
        Ok(judge(&found, seen))
    }

    /// Its network interfaces go minutes after it, so they are asked for first.
    async fn remains(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(None)?;
        match leaving(account, state).await? {
            Observed::Absent if account.load_balancer(&state.arn).await?.is_none() => Ok(Observed::Absent),
            Observed::Absent => Ok(Observed::Pending { state: state.clone(), status: "deleting".to_owned() }),
            seen => Ok(seen),
        }
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(None)?;
        let name = names::object_name(&spec.base_name, owner);
        let sent = account
            .elbv2()
            .create_load_balancer()
            .name(&name)
            .r#type(LoadBalancerTypeEnum::Network)
            .scheme(LoadBalancerSchemeEnum::Internal)
            .ip_address_type(IpAddressType::from(spec.ip_address_type.as_str()))
            .set_subnets(plain(&spec.subnet_ids, spec))
            .set_subnet_mappings(mappings(&spec.subnet_ids, spec))
            .set_security_groups(some(&spec.security_groups))
            .set_enable_prefix_for_ipv6_source_nat(spec.source_nat_prefix.then_some(SourceNat::On))
            .set_tags(Some(tags::to_elbv2(&tags::all(owner, &spec.tags))))
            .send();
        let balancer = Named { account, owner, what: "Load balancer", name: &name };
        let created = balancer.create(account.call(CREATE, sent), self.find(aws, owner, spec)).await;
        let reply = match created.map_err(|failure| explain(failure, spec))? {
            Created::Now(reply) => reply,
            Created::Before(state) => return Ok(state),
        };
        let made = reply.load_balancers().first().ok_or_else(|| missing(CREATE, "load balancer"))?;
        // A new one is provisioning.
        let status = made.state().and_then(|state| state.code());
        if status != Some(&LoadBalancerStateEnum::Provisioning) {
            balancer.refuse_stranger(made.load_balancer_arn().unwrap_or_default()).await?;
        }
        let state = State {
            attributes: spec.attributes.clone(),
            lets_private_link_pass: lets_pass(spec),
            named: Some(spec.base_name.clone()),
            tags: spec.tags.clone(),
            ..flatten(made)
        };
        let changed = spec.attributes.changed(&Attributes::default());
        modify(account, &state.arn, changed).await.map_err(half_made)?;
        // AWS takes the switch with the groups only, and not when they are given at birth.
        if lets_pass(spec) {
            set_security_groups(account, &state.arn, spec).await.map_err(half_made)?;
        }
        Ok(state)
    }

    async fn update(&self, aws: &Aws, owner: &Owner, spec: &Spec, state: &State, fields: &[Field]) -> Result<State> {
        let account = aws.account(None)?;
        let arn = state.arn.as_str();
        let elbv2 = account.elbv2();
        let has = |field| fields.contains(&field);
        // One family has no prefixes for source NAT: they go with the other one.
        if has(IP_TYPE) && spec.ip_address_type == "ipv4" {
            set_ip_address_type(account, arn, &spec.ip_address_type).await?;
        }
        let prefixes = has(SOURCE_NAT) && spec.ip_address_type != "ipv4";
        if has(SUBNETS) || prefixes {
            // Listeners of datagrams bear two families with prefixes only, and prefixes need two families: one call, the last one.
            let kind = (prefixes && has(IP_TYPE)).then(|| IpAddressType::from(spec.ip_address_type.as_str()));
            let word = if spec.source_nat_prefix { SourceNat::On } else { SourceNat::Off };
            let steps = subnet_steps(account, state, spec).await?;
            let last = steps.len().saturating_sub(1);
            for (step, subnets) in steps.iter().enumerate() {
                let is_last = step == last;
                let sent = elbv2
                    .set_subnets()
                    .load_balancer_arn(arn)
                    .set_subnets(plain(subnets, spec))
                    .set_subnet_mappings(mappings(subnets, spec))
                    .set_ip_address_type(kind.clone().filter(|_| is_last))
                    .set_enable_prefix_for_ipv6_source_nat(Some(word.clone()).filter(|_| prefixes && is_last));
                account.call(Elbv2("SetSubnets"), sent.send()).await.map_err(|failure| explain(failure, spec))?;
            }
        }
        // Two families need subnets that have both.
        if has(IP_TYPE) && spec.ip_address_type != "ipv4" && !prefixes {
            set_ip_address_type(account, arn, &spec.ip_address_type).await?;
        }
        if has(GROUPS) || has(ENFORCEMENT) {
            set_security_groups(account, arn, spec).await?;
        }
        if has(ATTRIBUTES) {
            modify(account, arn, spec.attributes.changed(&state.attributes)).await?;
        }
        if has(TAGS) {
            retag(account, arn, owner, &spec.tags, &state.tags).await?;
        }
        Ok(self.forecast(spec, state))
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        if state.attributes.deletion_protection {
            return Err(Failure::new(
                Class::Invalid,
                format!("Load balancer \"{}\" has deletion protection", state.name),
            )
            .advise("Set enable_deletion_protection = false, apply, then remove it")
            .about("load_balancer"));
        }
        let account = aws.account(None)?;
        let sent = account.elbv2().delete_load_balancer().load_balancer_arn(&state.arn).send();
        gone(account.call(Elbv2("DeleteLoadBalancer"), sent).await)
    }
}

/// Adds the attribute at fault.
fn explain(failure: Failure, spec: &Spec) -> Failure {
    match failure.code.as_str() {
        "InvalidSubnet" | "SubnetNotFound" | "AvailabilityZoneNotSupported" => {
            failure.about(if fixes_addresses(spec) { ADDRESSES } else { SUBNETS })
        }
        "InvalidSecurityGroup" => failure.about("load_balancer"),
        _ => failure,
    }
}

fn some(set: &BTreeSet<String>) -> Option<Vec<String>> {
    (!set.is_empty()).then(|| set.iter().cloned().collect())
}

/// What AWS's word means for a load balancer that is there.
fn judge(found: &Described, state: State) -> Observed<State> {
    let status = found.state();
    match status.and_then(|status| status.code()) {
        Some(LoadBalancerStateEnum::Provisioning) => Observed::Pending { state, status: "provisioning".to_owned() },
        Some(LoadBalancerStateEnum::Failed) => {
            let reason = status.and_then(|status| status.reason()).unwrap_or("failed").to_owned();
            Observed::Failed { state, reason }
        }
        _ => Observed::Ready(state),
    }
}

/// One that is gone holds its subnets and their VPC until its network interfaces are gone too.
async fn leaving(account: &Account, state: &State) -> Result<Observed<State>> {
    if account.has_interfaces_of_load_balancer(&state.arn).await? {
        let state = State { is_leaving: true, ..state.clone() };
        return Ok(Observed::Pending { state, status: "releasing its network interfaces".to_owned() });
    }
    Ok(Observed::Absent)
}

/// All of it: attributes and tags too, asked for together with the description; none where it is gone.
async fn whole(
    account: &Account,
    arn: &str,
    described: impl Future<Output = Result<Option<Described>>>,
) -> Result<Option<(Described, State, Tags)>> {
    let (found, attributes, tags) =
        tokio::try_join!(described, account.load_balancer_attributes(arn), account.elbv2_tags(arn))?;
    let (Some(found), Some(attributes), Some(tags)) = (found, attributes, tags) else { return Ok(None) };
    let state = State {
        attributes: Attributes::read(&attributes),
        named: tags::name_of(&tags),
        tags: account.user_tags(tags.clone()),
        ..flatten(&found)
    };
    Ok(Some((found, state, tags)))
}

async fn modify(account: &Account, arn: &str, attributes: Vec<(&'static str, String)>) -> Result<()> {
    if attributes.is_empty() {
        return Ok(());
    }
    let attributes =
        attributes.into_iter().map(|(key, value)| LoadBalancerAttribute::builder().key(key).value(value).build());
    let sent = account.elbv2().modify_load_balancer_attributes().load_balancer_arn(arn);
    let sent = sent.set_attributes(Some(attributes.collect())).send();
    account.call(Elbv2("ModifyLoadBalancerAttributes"), sent).await?;
    Ok(())
}

/// Groups and the switch together: AWS takes the one with the other.
async fn set_security_groups(account: &Account, arn: &str, spec: &Spec) -> Result<()> {
    let enforcement = if lets_pass(spec) { Enforcement::Off } else { Enforcement::On };
    let sent = account.elbv2().set_security_groups().load_balancer_arn(arn);
    let sent = sent.set_security_groups(some(&spec.security_groups));
    let sent = sent.enforce_security_group_inbound_rules_on_private_link_traffic(enforcement).send();
    account.call(Elbv2("SetSecurityGroups"), sent).await?;
    Ok(())
}

fn fixes_addresses(spec: &Spec) -> bool {
    !spec.addresses.is_empty() || !spec.ipv6_addresses.is_empty()
}

/// Subnets for a call, where no address is fixed in any.
fn plain(subnets: &BTreeSet<String>, spec: &Spec) -> Option<Vec<String>> {
    (!fixes_addresses(spec)).then(|| subnets.iter().cloned().collect())
}

/// Subnets for a call, where an address is fixed in one of them.
fn mappings(subnets: &BTreeSet<String>, spec: &Spec) -> Option<Vec<SubnetMapping>> {
    let mapping = |subnet: &String| {
        SubnetMapping::builder()
            .subnet_id(subnet)
            .set_private_ipv4_address(spec.addresses.get(subnet).cloned())
            .set_ipv6_address(spec.ipv6_addresses.get(subnet).cloned())
            .build()
    };
    fixes_addresses(spec).then(|| subnets.iter().map(mapping).collect())
}

async fn set_ip_address_type(account: &Account, arn: &str, kind: &str) -> Result<()> {
    let sent = account.elbv2().set_ip_address_type().load_balancer_arn(arn).ip_address_type(IpAddressType::from(kind));
    account.call(Elbv2("SetIpAddressType"), sent.send()).await?;
    Ok(())
}

/// The sets of subnets to go through, zones asked of EC2 only where a subnet is new.
async fn subnet_steps(account: &Account, state: &State, spec: &Spec) -> Result<Vec<BTreeSet<String>>> {
    if spec.subnet_ids.is_subset(&state.subnet_ids) {
        return Ok(vec![spec.subnet_ids.clone()]);
    }
    let ids: BTreeSet<&String> = spec.subnet_ids.union(&state.subnet_ids).gather();
    let zones = ids.into_iter().map(|id| async move {
        let subnet = account.subnet(id).await?;
        Ok::<_, Failure>((id.clone(), subnet.and_then(|subnet| subnet.availability_zone_id).unwrap_or_default()))
    });
    let zones: BTreeMap<String, String> = futures_util::future::try_join_all(zones).await?.into_iter().gather();
    steps(&state.subnet_ids, &spec.subnet_ids, &zones).ok_or_else(|| {
        Failure::new(Class::Invalid, "AWS cannot exchange the only subnet of a load balancer for one of the same zone")
            .advise("Add a subnet of another zone first, apply, then exchange this one")
            .about("subnet_ids")
    })
}

/// What the description itself holds.
pub(super) fn flatten(found: &Described) -> State {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let zones = found.availability_zones();
    State {
        arn: text(found.load_balancer_arn()),
        name: text(found.load_balancer_name()),
        dns_name: text(found.dns_name()),
        zone_id: text(found.canonical_hosted_zone_id()),
        vpc_id: text(found.vpc_id()),
        subnet_ids: zones.iter().filter_map(|zone| zone.subnet_id().map(str::to_owned)).gather(),
        availability_zones: Some(zones.iter().filter_map(|zone| zone.zone_name().map(str::to_owned)).gather()),
        addresses: fixed_addresses(zones, LoadBalancerAddress::private_ipv4_address),
        ipv6_addresses: fixed_addresses(zones, LoadBalancerAddress::ipv6_address),
        security_groups: found.security_groups().iter().cloned().gather(),
        lets_private_link_pass: found.enforce_security_group_inbound_rules_on_private_link_traffic() == Some("off"),
        ip_address_type: found.ip_address_type().map_or("ipv4", IpAddressType::as_str).to_owned(),
        source_nat_prefix: found.enable_prefix_for_ipv6_source_nat() == Some(&SourceNat::On),
        ..State::default()
    }
}

/// The subnets of zones with the address of one family that somebody fixed in each.
fn fixed_addresses(
    zones: &[AvailabilityZone],
    family: fn(&LoadBalancerAddress) -> Option<&str>,
) -> BTreeMap<String, String> {
    let fixed = |zone: &AvailabilityZone| {
        let address = zone.load_balancer_addresses().iter().find_map(family)?.to_owned();
        Some((zone.subnet_id()?.to_owned(), address))
    };
    zones.iter().filter_map(fixed).gather()
}
