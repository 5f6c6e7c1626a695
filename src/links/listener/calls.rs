//! Calls of a listener.

use std::future::{Future, ready};
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Certificate, ForwardActionConfig, Listener as Described, ListenerAttribute,
    MutualAuthenticationAttributes as MutualAuthentication, ProtocolEnum, TargetGroupTuple,
};

use super::diff::{has_idle_timeout, is_tls};
use super::{
    ALPN_POLICY, CERTIFICATE, CLIENT_TRUST, DEFAULT_IDLE_TIMEOUT, DEFAULT_WEIGHT, Listener, NO_ALPN, PORT, PROTOCOL,
    SSL_POLICY, Spec, State, TAGS, TARGET_GROUP, WEIGHTS,
};
use crate::aws::Operation::{self, Elbv2};
use crate::aws::creations::{Created, Named, half_made, missing};
use crate::aws::deletions::gone;
use crate::aws::elbv2::{retag, setting};
use crate::aws::tags::{self};
use crate::aws::{Account, Aws, Tags};
use crate::engine::{Compare as _, Field, Link, Observed, Owner, Pace, Result};
use crate::gather::Gather as _;

const IDLE_TIMEOUT_KEY: &str = "tcp.idle_timeout.seconds";

/// How AWS spells that clients are verified, and that they are not.
const VERIFIES: &str = "verify";
pub(super) const NO_TRUST: &str = "off";

const CREATE: Operation = Elbv2("CreateListener");

impl Link for Listener {
    type Client = Aws;

    /// A load balancer made a moment ago is found some seconds late.
    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(4), ..Pace::AT_ONCE }
    }

    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>> {
        let account = aws.account(None)?;
        for found in account.listeners_of(&spec.load_balancer_arn).await? {
            if !same_port(&found, spec) {
                continue;
            }
            let arn = found.listener_arn().unwrap_or_default().to_owned();
            if let Some((state, tags)) =
                whole(account, &arn, &spec.protocol, &spec.target_group_arn, ready(Ok(Some(found)))).await?
                && tags::is_owned(&tags, owner)
            {
                return Ok(Some(state));
            }
        }
        Ok(None)
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>> {
        let account = aws.account(None)?;
        let described = account.listener(&state.arn);
        let whole = whole(account, &state.arn, &state.protocol, &state.target_group_arn, described).await?;
        Ok(whole.map_or(Observed::Absent, |(state, _)| Observed::Ready(state)))
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State> {
        let account = aws.account(None)?;
        let wanted = self.forecast(spec, &State::default());
        let sent = account
            .elbv2()
            .create_listener()
            .load_balancer_arn(&spec.load_balancer_arn)
            .port(spec.port)
            .protocol(ProtocolEnum::from(spec.protocol.as_str()))
            .default_actions(forward(&wanted))
            .set_certificates(certificates(&wanted))
            .set_mutual_authentication(verification(&wanted))
            .set_ssl_policy(wanted.ssl_policy.clone())
            .set_alpn_policy(wanted.alpn_policy.clone().map(|policy| vec![policy]))
            .set_tags(Some(tags::to_elbv2(&tags::all(owner, &spec.tags))))
            .send();
        let port = format!("{} {}", spec.protocol, spec.port);
        let listener = Named { account, owner, what: "Listener", name: &port };
        let reply = match listener.create(account.call(CREATE, sent), self.find(aws, owner, spec)).await? {
            Created::Now(reply) => reply,
            Created::Before(state) => return Ok(state),
        };
        let arn = reply.listeners().first().and_then(Described::listener_arn);
        let arn = arn.ok_or_else(|| missing(CREATE, "listener"))?.to_owned();
        if let Some(seconds) = wanted.tcp_idle_timeout_seconds.filter(|seconds| *seconds != DEFAULT_IDLE_TIMEOUT) {
            set_idle_timeout(account, &arn, seconds).await.map_err(half_made)?;
        }
        Ok(State { arn, named: Some(spec.base_name.clone()), ..wanted })
    }

    async fn update(&self, aws: &Aws, owner: &Owner, spec: &Spec, state: &State, fields: &[Field]) -> Result<State> {
        let account = aws.account(None)?;
        let wanted = self.forecast(spec, state);
        let listener = [PORT, PROTOCOL, TARGET_GROUP, CERTIFICATE, SSL_POLICY, ALPN_POLICY, WEIGHTS, CLIENT_TRUST];
        if listener.iter().any(|field| fields.contains(field)) {
            // One that is the default no more and stays in the list gets there before it would be missed.
            if let Some(former) = state.certificate_arn.as_ref().filter(|arn| spec.further_certificates.contains(*arn))
                && fields.contains(&CERTIFICATE)
            {
                let certificate = Certificate::builder().certificate_arn(former).build();
                let sent = account.elbv2().add_listener_certificates().listener_arn(&state.arn);
                account.call(Elbv2("AddListenerCertificates"), sent.certificates(certificate).send()).await?;
            }
            let alpn = match (&wanted.alpn_policy, &state.alpn_policy) {
                (Some(policy), _) => Some(policy.clone()),
                // Left out means unchanged, so that nothing is negotiated any more has to be said.
                (None, Some(_)) if is_tls(&spec.protocol) => Some(NO_ALPN.to_owned()),
                _ => None,
            };
            let no_trust = MutualAuthentication::builder().mode(NO_TRUST).build();
            let trust = match verification(&wanted) {
                None if state.trust_store_arn.is_some() && is_tls(&spec.protocol) => Some(no_trust),
                wanted => wanted,
            };
            let sent = account
                .elbv2()
                .modify_listener()
                .listener_arn(&state.arn)
                .port(spec.port)
                .protocol(ProtocolEnum::from(spec.protocol.as_str()))
                .default_actions(forward(&wanted))
                .set_certificates(certificates(&wanted))
                .set_mutual_authentication(trust)
                .set_ssl_policy(wanted.ssl_policy.clone())
                .set_alpn_policy(alpn.map(|policy| vec![policy]));
            account.call(Elbv2("ModifyListener"), sent.send()).await?;
        }
        // A listener that leaves TCP leaves its idle timeout behind.
        let had = state.tcp_idle_timeout_seconds.unwrap_or(DEFAULT_IDLE_TIMEOUT);
        if let Some(seconds) = wanted.tcp_idle_timeout_seconds.filter(|seconds| *seconds != had) {
            set_idle_timeout(account, &state.arn, seconds).await?;
        }
        if fields.contains(&TAGS) {
            retag(account, &state.arn, owner, &spec.tags, &state.tags).await?;
        }
        Ok(wanted)
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<()> {
        let account = aws.account(None)?;
        let sent = account.elbv2().delete_listener().listener_arn(&state.arn).send();
        gone(account.call(Elbv2("DeleteListener"), sent).await)
    }
}

/// Whether both cannot stand on one load balancer: TCP and UDP ports are counted apart.
pub(super) fn same_port(found: &Described, spec: &Spec) -> bool {
    let families = |protocol: &str| match protocol {
        "UDP" => (false, true),
        "TCP_UDP" => (true, true),
        _ => (true, false),
    };
    let (tcp, udp) = families(found.protocol().map_or("", ProtocolEnum::as_str));
    let (wants_tcp, wants_udp) = families(&spec.protocol);
    found.port() == Some(spec.port) && (tcp && wants_tcp || udp && wants_udp)
}

/// Weights are said where there are several groups.
pub(super) fn forward(wanted: &State) -> Action {
    let action = Action::builder().r#type(ActionTypeEnum::Forward);
    if wanted.weighted_target_groups.is_empty() {
        return action.target_group_arn(&wanted.target_group_arn).build();
    }
    let tuple = |arn: &String, weight: i32| TargetGroupTuple::builder().target_group_arn(arn).weight(weight).build();
    let own = tuple(&wanted.target_group_arn, wanted.weight.unwrap_or(DEFAULT_WEIGHT));
    let others = wanted.weighted_target_groups.iter().map(|(arn, weight)| tuple(arn, *weight));
    let groups = std::iter::once(own).chain(others).collect();
    action.forward_config(ForwardActionConfig::builder().set_target_groups(Some(groups)).build()).build()
}

pub(super) fn verification(wanted: &State) -> Option<MutualAuthentication> {
    let store = wanted.trust_store_arn.as_ref()?;
    let verifies = MutualAuthentication::builder().mode(VERIFIES).trust_store_arn(store);
    Some(verifies.ignore_client_certificate_expiry(wanted.ignores_client_expiry).build())
}

fn certificates(wanted: &State) -> Option<Vec<Certificate>> {
    wanted.certificate_arn.as_ref().map(|arn| vec![Certificate::builder().certificate_arn(arn).build()])
}

async fn set_idle_timeout(account: &Account, arn: &str, seconds: i32) -> Result<()> {
    let attribute = ListenerAttribute::builder().key(IDLE_TIMEOUT_KEY).value(seconds.to_string()).build();
    let sent = account.elbv2().modify_listener_attributes().listener_arn(arn).attributes(attribute).send();
    account.call(Elbv2("ModifyListenerAttributes"), sent).await?;
    Ok(())
}

/// All of it: tags too, and the idle timeout where the protocol has one; none where it went away meanwhile.
///
/// `protocol` is the one that it had: a listener that changed it is asked once more. `own_group` is the target group that is its
/// own, as far as that is known.
async fn whole(
    account: &Account,
    arn: &str,
    protocol: &str,
    own_group: &str,
    described: impl Future<Output = Result<Option<Described>>>,
) -> Result<Option<(State, Tags)>> {
    let attributes =
        async { if has_idle_timeout(protocol) { account.listener_attributes(arn).await.map(Some) } else { Ok(None) } };
    let (found, attributes, tags) = tokio::try_join!(described, attributes, account.elbv2_tags(arn))?;
    let (Some(found), Some(tags)) = (found, tags) else { return Ok(None) };
    let state = flatten(&found, own_group);
    let has_one = has_idle_timeout(&state.protocol);
    let attributes = match attributes {
        None if has_one => account.listener_attributes(arn).await?,
        None => Some(std::collections::BTreeMap::new()),
        Some(attributes) => attributes,
    };
    let Some(attributes) = attributes else { return Ok(None) };
    let tcp_idle_timeout_seconds =
        has_one.then(|| setting(&attributes, IDLE_TIMEOUT_KEY).unwrap_or(DEFAULT_IDLE_TIMEOUT));
    let (named, user) = (tags::name_of(&tags), account.user_tags(tags.clone()));
    Ok(Some((State { tcp_idle_timeout_seconds, named, tags: user, ..state }, tags)))
}

/// What the description itself holds.
pub(super) fn flatten(found: &Described, own_group: &str) -> State {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let mut groups = found.default_actions().first().map(groups_of).unwrap_or_default();
    let own = groups.iter().position(|(arn, _)| arn == own_group).unwrap_or(0);
    let own = if groups.is_empty() { None } else { Some(groups.remove(own)) };
    let trust = found.mutual_authentication().filter(|one| one.mode() == Some(VERIFIES));
    State {
        arn: text(found.listener_arn()),
        load_balancer_arn: text(found.load_balancer_arn()),
        port: found.port().unwrap_or_default(),
        protocol: text(found.protocol().map(ProtocolEnum::as_str)),
        weight: own.as_ref().filter(|_| !groups.is_empty()).map(|(_, weight)| *weight),
        target_group_arn: own.map(|(arn, _)| arn).unwrap_or_default(),
        weighted_target_groups: groups.into_iter().gather(),
        certificate_arn: found.certificates().first().and_then(Certificate::certificate_arn).map(str::to_owned),
        ssl_policy: found.ssl_policy().filter(|policy| !policy.is_empty()).map(str::to_owned),
        alpn_policy: found.alpn_policy().first().filter(|policy| *policy != NO_ALPN).cloned(),
        trust_store_arn: trust.and_then(MutualAuthentication::trust_store_arn).map(str::to_owned),
        ignores_client_expiry: trust.and_then(MutualAuthentication::ignore_client_certificate_expiry) == Some(true),
        ..State::default()
    }
}

/// The target groups of an action with their weights. AWS may show a single one in either form.
pub(super) fn groups_of(action: &Action) -> Vec<(String, i32)> {
    let tuples = action.forward_config().map(ForwardActionConfig::target_groups).unwrap_or_default();
    let pair = |tuple: &TargetGroupTuple| {
        Some((tuple.target_group_arn()?.to_owned(), tuple.weight().unwrap_or(DEFAULT_WEIGHT)))
    };
    let weighted: Vec<(String, i32)> = tuples.iter().filter_map(pair).collect();
    match action.target_group_arn() {
        Some(arn) if weighted.len() < 2 => vec![(arn.to_owned(), DEFAULT_WEIGHT)],
        _ => weighted,
    }
}
