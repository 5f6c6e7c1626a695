//! Calls of a target group.

use std::future::{Future, ready};

use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TargetGroup as Described, TargetGroupAttribute, TargetGroupIpAddressTypeEnum, TargetTypeEnum,
};

use super::{
    CLIENT_IP, DELAY, FAILOVER, HEALTH, HealthCheck, PROXY, STICKINESS, Spec, State, TAGS, TERMINATION, TargetGroup,
};
use super::{Failover, defaults};
use crate::aws::Operation::{self, Elbv2};
use crate::aws::creations::{Created, Named, half_made, missing};
use crate::aws::deletions::gone;
use crate::aws::elbv2::{retag, setting};
use crate::aws::{Account, Aws, Tags, names, tags};
use crate::engine::{Compare as _, Field, Link, Observed, Owner, Pace, Result};

pub(super) const DELAY_KEY: &str = "deregistration_delay.timeout_seconds";
const TERMINATION_KEY: &str = "deregistration_delay.connection_termination.enabled";
const CLIENT_IP_KEY: &str = "preserve_client_ip.enabled";
const PROXY_KEY: &str = "proxy_protocol_v2.enabled";
pub(super) const STICKINESS_KEY: &str = "stickiness.enabled";
pub(super) const STICKINESS_TYPE_KEY: &str = "stickiness.type";

const CREATE: Operation = Elbv2("CreateTargetGroup");

impl Link for TargetGroup {
    type Client = Aws;

    /// Both calls of ELB take effect at once.
    fn pace(&self) -> Pace {
        Pace::AT_ONCE
    }

    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let account = aws.account(None)?;
        let Some(found) = account.target_group_named(&names::object_name(&spec.base_name, owner)).await? else {
            return Ok(None);
        };
        let arn = found.target_group_arn().unwrap_or_default().to_owned();
        let Some((state, tags)) = whole(account, &arn, ready(Ok(Some(found)))).await? else { return Ok(None) };
        Ok(tags::is_owned(&tags, owner).then_some(state))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(None)?;
        let whole = whole(account, &state.arn, account.target_group(&state.arn)).await?;
        Ok(whole.map_or(Observed::Absent, |(state, _)| Observed::Ready(state)))
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(None)?;
        let name = names::object_name(&spec.base_name, owner);
        let wanted = self.forecast(spec, &State::default());
        let check = &wanted.health_check;
        let sent = account
            .elbv2()
            .create_target_group()
            .name(&name)
            .protocol(ProtocolEnum::from(spec.protocol.as_str()))
            .port(spec.port)
            .vpc_id(&spec.vpc_id)
            .target_type(TargetTypeEnum::from(wanted.target_type.as_str()))
            .set_ip_address_type(wanted.is_ipv6.then_some(TargetGroupIpAddressTypeEnum::Ipv6))
            .health_check_protocol(ProtocolEnum::from(check.protocol.as_str()))
            .health_check_port(&check.port)
            .set_health_check_path(check.path.clone())
            .set_matcher(matcher(check))
            .health_check_interval_seconds(check.interval)
            .health_check_timeout_seconds(check.timeout)
            .healthy_threshold_count(check.healthy_threshold)
            .unhealthy_threshold_count(check.unhealthy_threshold)
            .set_tags(Some(tags::to_elbv2(&tags::all(owner, &spec.tags))))
            .send();
        let group = Named { account, owner, what: "Target group", name: &name };
        let reply = match group.create(account.call(CREATE, sent), self.find(aws, owner, spec)).await? {
            Created::Now(reply) => reply,
            Created::Before(state) => return Ok(state),
        };
        let made = reply.target_groups().first();
        let arn = made.and_then(Described::target_group_arn);
        let arn = arn.ok_or_else(|| missing(CREATE, "target group"))?;
        group.refuse_stranger(arn).await?;
        let changed = attributes(&wanted, Some(&born(spec)));
        modify(account, arn, changed).await.map_err(half_made)?;
        Ok(State { arn: arn.to_owned(), name, named: Some(spec.base_name.clone()), ..wanted })
    }

    async fn update(&self, aws: &Aws, owner: &Owner, spec: &Spec, state: &State, fields: &[Field]) -> Result<State> {
        let account = aws.account(None)?;
        let wanted = self.forecast(spec, state);
        if fields.contains(&HEALTH) {
            let check = &wanted.health_check;
            let sent = account
                .elbv2()
                .modify_target_group()
                .target_group_arn(&state.arn)
                .health_check_protocol(ProtocolEnum::from(check.protocol.as_str()))
                .health_check_port(&check.port)
                .set_health_check_path(check.path.clone())
                .set_matcher(matcher(check))
                .health_check_interval_seconds(check.interval)
                .health_check_timeout_seconds(check.timeout)
                .healthy_threshold_count(check.healthy_threshold)
                .unhealthy_threshold_count(check.unhealthy_threshold);
            account.call(Elbv2("ModifyTargetGroup"), sent.send()).await?;
        }
        if [DELAY, TERMINATION, CLIENT_IP, PROXY, STICKINESS, FAILOVER].iter().any(|field| fields.contains(field)) {
            modify(account, &state.arn, attributes(&wanted, Some(state))).await?;
        }
        if fields.contains(&TAGS) {
            retag(account, &state.arn, owner, &spec.tags, &state.tags).await?;
        }
        Ok(wanted)
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(None)?;
        let sent = account.elbv2().delete_target_group().target_group_arn(&state.arn).send();
        gone(account.call(Elbv2("DeleteTargetGroup"), sent).await)
    }
}

/// What a group has before any attribute is set.
pub(super) fn born(spec: &Spec) -> State {
    let plain = Spec {
        deregistration_delay: None,
        connection_termination: None,
        preserve_client_ip: None,
        proxy_protocol_v2: None,
        stickiness: None,
        failover: Failover::default(),
        ..spec.clone()
    };
    TargetGroup.forecast(&plain, &State::default())
}

fn matcher(check: &HealthCheck) -> Option<Matcher> {
    check.matcher.as_ref().map(|codes| Matcher::builder().http_code(codes).build())
}

/// Attributes that differ: AWS refuses some of them for some protocols, so none is sent in vain.
pub(super) fn attributes(wanted: &State, have: Option<&State>) -> Vec<(&'static str, String)> {
    let all = |state: &State| {
        let own = [
            (DELAY_KEY, state.deregistration_delay.to_string()),
            (TERMINATION_KEY, state.connection_termination.to_string()),
            (CLIENT_IP_KEY, state.preserve_client_ip.to_string()),
            (PROXY_KEY, state.proxy_protocol_v2.to_string()),
            (STICKINESS_KEY, state.stickiness.to_string()),
        ];
        own.into_iter().chain(state.failover.pairs()).collect::<Vec<_>>()
    };
    let have = have.map(all);
    let differs = |pair: &(&'static str, String)| !have.as_ref().is_some_and(|have| have.contains(pair));
    let mut changed: Vec<_> = all(wanted).into_iter().filter(differs).collect();
    if wanted.stickiness && changed.iter().any(|(key, _)| *key == STICKINESS_KEY) {
        changed.push((STICKINESS_TYPE_KEY, "source_ip".to_owned()));
    }
    changed
}

async fn modify(account: &Account, arn: &str, attributes: Vec<(&'static str, String)>) -> Result<()> {
    if attributes.is_empty() {
        return Ok(());
    }
    let attributes =
        attributes.into_iter().map(|(key, value)| TargetGroupAttribute::builder().key(key).value(value).build());
    let sent = account.elbv2().modify_target_group_attributes().target_group_arn(arn);
    let sent = sent.set_attributes(Some(attributes.collect())).send();
    account.call(Elbv2("ModifyTargetGroupAttributes"), sent).await?;
    Ok(())
}

/// All of it: attributes and tags too, asked for together with the description; none where it is gone.
async fn whole(
    account: &Account,
    arn: &str,
    described: impl Future<Output = Result<Option<Described>>>,
) -> Result<Option<(State, Tags)>> {
    let (found, attributes, tags) =
        tokio::try_join!(described, account.target_group_attributes(arn), account.elbv2_tags(arn))?;
    let (Some(found), Some(attributes), Some(tags)) = (found, attributes, tags) else { return Ok(None) };
    let state = flatten(&found);
    let kind = defaults::Kind::of(&state.protocol, &state.target_type);
    // AWS leaves out attributes that a protocol does not have.
    let state = State {
        deregistration_delay: setting(&attributes, DELAY_KEY).unwrap_or(defaults::DEREGISTRATION_DELAY),
        connection_termination: setting(&attributes, TERMINATION_KEY).unwrap_or(kind.connection_termination()),
        preserve_client_ip: setting(&attributes, CLIENT_IP_KEY).unwrap_or(kind.preserve_client_ip()),
        proxy_protocol_v2: setting(&attributes, PROXY_KEY).unwrap_or(false),
        stickiness: setting(&attributes, STICKINESS_KEY).unwrap_or(false),
        failover: Failover::read(&attributes),
        named: tags::name_of(&tags),
        tags: account.user_tags(tags.clone()),
        ..state
    };
    Ok(Some((state, tags)))
}

/// What the description itself holds.
pub(super) fn flatten(found: &Described) -> State {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let protocol = text(found.health_check_protocol().map(ProtocolEnum::as_str));
    let http = protocol.starts_with("HTTP");
    State {
        arn: text(found.target_group_arn()),
        name: text(found.target_group_name()),
        protocol: text(found.protocol().map(ProtocolEnum::as_str)),
        port: found.port().unwrap_or_default(),
        vpc_id: text(found.vpc_id()),
        load_balancer_arn: found.load_balancer_arns().first().cloned(),
        target_type: text(found.target_type().map(TargetTypeEnum::as_str)),
        is_ipv6: found.ip_address_type() == Some(&TargetGroupIpAddressTypeEnum::Ipv6),
        health_check: HealthCheck {
            port: text(found.health_check_port()),
            path: found.health_check_path().filter(|_| http).map(str::to_owned),
            matcher: found.matcher().and_then(Matcher::http_code).filter(|_| http).map(str::to_owned),
            interval: found.health_check_interval_seconds().unwrap_or(defaults::HEALTH_CHECK_INTERVAL),
            timeout: found.health_check_timeout_seconds().unwrap_or_else(|| defaults::health_check_timeout(&protocol)),
            healthy_threshold: found.healthy_threshold_count().unwrap_or(defaults::HEALTHY_THRESHOLD),
            unhealthy_threshold: found.unhealthy_threshold_count().unwrap_or(defaults::UNHEALTHY_THRESHOLD),
            protocol,
        },
        ..State::default()
    }
}
