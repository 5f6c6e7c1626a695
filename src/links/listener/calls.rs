//! Calls of a listener.

use std::future::{Future, ready};
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Certificate, ForwardActionConfig, Listener as Described, ListenerAttribute,
    MutualAuthenticationAttributes as MutualAuthentication, ProtocolEnum, TargetGroupTuple,
};

use super::{
    ALPN_POLICY, CERTIFICATE, CLIENT_TRUST, DEFAULT_IDLE_TIMEOUT, DEFAULT_WEIGHT, IDLE_TIMEOUT, Listener, NO_ALPN,
    PORT, PROTOCOL, SSL_POLICY, Spec, State, TAGS, TARGET_GROUP, WEIGHTS, diff, forecast,
};
use crate::aws::Operation::Elbv2;
use crate::aws::{Account, Aws, Tags, tags};
use crate::engine::{Change, Failure, Field, Link, Observed, Owner, Pace, Words};
use crate::gather::Gather as _;
use crate::links::attributes::{gone, half_made, missing, retag, setting, taken};

const IDLE_TIMEOUT_KEY: &str = "tcp.idle_timeout.seconds";

impl Link for Listener {
    type Client = Aws;
    type Spec = Spec;
    type State = State;
    const WORDS: Words = &[
        ("target_group_arn", "forward to target group"),
        ("displaced", ""),
        ("load_balancer_arn", "load balancer"),
        ("certificate_arn", "certificate"),
        ("ssl_policy", "TLS policy"),
        ("alpn_policy", "ALPN policy"),
        ("tcp_idle_timeout_seconds", "TCP idle timeout"),
        ("weight", "weight of its own target group"),
        ("weighted_target_groups", "weight of target group"),
        ("trust_store_arn", "mutual TLS with trust store"),
        ("ignores_client_expiry", "expired certificates of clients"),
    ];

    /// A load balancer made a moment ago is found some seconds late.
    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(4), ..Pace::AT_ONCE }
    }

    async fn find(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
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

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let account = aws.account(None)?;
        let described = account.listener(&state.arn);
        let whole = whole(account, &state.arn, &state.protocol, &state.target_group_arn, described).await?;
        Ok(whole.map_or(Observed::Absent, |(state, _)| Observed::Ready(state)))
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        diff(spec, state)
    }

    fn forecast(&self, spec: &Spec, state: &State) -> State {
        forecast(spec, state)
    }

    async fn create(&self, aws: &Aws, owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        let account = aws.account(None)?;
        let wanted = forecast(spec, &State::default());
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
        let reply = match account.call(Elbv2("CreateListener"), sent).await {
            Err(failure) if failure.code.starts_with("DuplicateListener") => {
                let port = format!("{} {}", spec.protocol, spec.port);
                return self.find(aws, owner, spec).await?.ok_or_else(|| taken(account, "Listener", &port));
            }
            reply => reply?,
        };
        let arn = reply.listeners().first().and_then(Described::listener_arn);
        let arn = arn.ok_or_else(|| missing("CreateListener", "listener"))?.to_owned();
        if let Some(seconds) = wanted.tcp_idle_timeout_seconds.filter(|seconds| *seconds != DEFAULT_IDLE_TIMEOUT) {
            set_idle_timeout(account, &arn, seconds).await.map_err(half_made)?;
        }
        Ok(State { arn, named: Some(spec.base_name.clone()), ..wanted })
    }

    async fn update(
        &self,
        aws: &Aws,
        owner: &Owner,
        spec: &Spec,
        state: &State,
        fields: &[Field],
    ) -> Result<State, Failure> {
        let account = aws.account(None)?;
        let wanted = forecast(spec, state);
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
                (None, Some(_)) if super::is_tls(&spec.protocol) => Some(NO_ALPN.to_owned()),
                _ => None,
            };
            let no_trust = MutualAuthentication::builder().mode(NO_TRUST).build();
            let trust = match verification(&wanted) {
                None if state.trust_store_arn.is_some() && super::is_tls(&spec.protocol) => Some(no_trust),
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
        if let (true, Some(seconds)) = (fields.contains(&IDLE_TIMEOUT), wanted.tcp_idle_timeout_seconds) {
            set_idle_timeout(account, &state.arn, seconds).await?;
        }
        if fields.contains(&TAGS) {
            retag(account, &state.arn, owner, &spec.tags, &state.tags).await?;
        }
        Ok(wanted)
    }

    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        let account = aws.account(None)?;
        let sent = account.elbv2().delete_listener().listener_arn(&state.arn).send();
        gone(account.call(Elbv2("DeleteListener"), sent).await)
    }
}

/// Whether both cannot stand on one load balancer: TCP and UDP ports are counted apart.
fn same_port(found: &Described, spec: &Spec) -> bool {
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
fn forward(wanted: &State) -> Action {
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

/// How AWS spells that clients are verified, and that they are not.
const VERIFIES: &str = "verify";
const NO_TRUST: &str = "off";

fn verification(wanted: &State) -> Option<MutualAuthentication> {
    let store = wanted.trust_store_arn.as_ref()?;
    let verifies = MutualAuthentication::builder().mode(VERIFIES).trust_store_arn(store);
    Some(verifies.ignore_client_certificate_expiry(wanted.ignores_client_expiry).build())
}

fn certificates(wanted: &State) -> Option<Vec<Certificate>> {
    wanted.certificate_arn.as_ref().map(|arn| vec![Certificate::builder().certificate_arn(arn).build()])
}

async fn set_idle_timeout(account: &Account, arn: &str, seconds: i32) -> Result<(), Failure> {
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
    described: impl Future<Output = Result<Option<Described>, Failure>>,
) -> Result<Option<(State, Tags)>, Failure> {
    let attributes = async {
        if super::has_idle_timeout(protocol) { account.listener_attributes(arn).await.map(Some) } else { Ok(None) }
    };
    let (found, attributes, tags) = tokio::try_join!(described, attributes, account.elbv2_tags(arn))?;
    let (Some(found), Some(tags)) = (found, tags) else { return Ok(None) };
    let state = flatten(&found, own_group);
    let has_one = super::has_idle_timeout(&state.protocol);
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
fn flatten(found: &Described, own_group: &str) -> State {
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
fn groups_of(action: &Action) -> Vec<(String, i32)> {
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::links::listener::{ClientTrust, DEFAULT_SSL_POLICY};

    fn spec(protocol: &str) -> Spec {
        Spec {
            load_balancer_arn: "lb".into(),
            port: 443,
            protocol: protocol.into(),
            target_group_arn: "tg".into(),
            certificate_arn: (protocol == "TLS").then(|| "cert".into()),
            further_certificates: BTreeSet::new(),
            ssl_policy: None,
            alpn_policy: None,
            tcp_idle_timeout_seconds: None,
            weight: None,
            weighted_target_groups: BTreeMap::new(),
            client_trust: None,
            base_name: "orders".into(),
            tags: Tags::new(),
        }
    }

    fn described(protocol: ProtocolEnum) -> aws_sdk_elasticloadbalancingv2::types::builders::ListenerBuilder {
        Described::builder()
            .listener_arn("arn")
            .load_balancer_arn("lb")
            .port(443)
            .protocol(protocol)
            .default_actions(forward(&State { target_group_arn: "tg".into(), ..State::default() }))
    }

    #[test]
    fn what_aws_describes_of_a_spec_is_no_change() {
        assert_eq!(diff(&spec("TCP"), &flatten(&described(ProtocolEnum::Tcp).build(), "tg")), Change::None);
        let tls = described(ProtocolEnum::Tls)
            .certificates(Certificate::builder().certificate_arn("cert").build())
            .ssl_policy(DEFAULT_SSL_POLICY)
            .alpn_policy(NO_ALPN);
        assert_eq!(diff(&spec("TLS"), &flatten(&tls.build(), "tg")), Change::None);
    }

    fn tuple(arn: &str, weight: Option<i32>) -> TargetGroupTuple {
        TargetGroupTuple::builder().target_group_arn(arn).set_weight(weight).build()
    }

    fn weighted(groups: Vec<TargetGroupTuple>) -> Described {
        let config = ForwardActionConfig::builder().set_target_groups(Some(groups)).build();
        Described::builder()
            .protocol(ProtocolEnum::Tcp)
            .port(443)
            .load_balancer_arn("lb")
            .default_actions(Action::builder().forward_config(config).build())
            .build()
    }

    #[test]
    fn the_group_is_read_from_either_form_of_the_action() {
        for weight in [None, Some(7)] {
            let state = flatten(&weighted(vec![tuple("tg", weight)]), "");
            assert_eq!((state.target_group_arn.as_str(), state.weight), ("tg", None), "one gets everything");
        }
        assert_eq!(groups_of(&Action::builder().build()), []);
        assert_eq!(flatten(&Described::builder().build(), "tg").target_group_arn, "");
    }

    #[test]
    fn weights_are_read_around_the_own_group_in_any_order_and_change_in_place() {
        let others = BTreeMap::from([("blue".to_owned(), 10), ("green".to_owned(), 0)]);
        let wanted = Spec { weight: Some(90), weighted_target_groups: others, ..spec("TCP") };
        let groups = || vec![tuple("green", Some(0)), tuple("tg", Some(90)), tuple("blue", Some(10))];
        let told = |listener: &Described| State {
            tcp_idle_timeout_seconds: Some(DEFAULT_IDLE_TIMEOUT),
            ..flatten(listener, "tg")
        };
        let state = told(&weighted(groups()));
        assert_eq!(diff(&wanted, &state), Change::None);
        assert_eq!(
            flatten(&weighted(groups()), "gone").target_group_arn,
            "green",
            "the first one where ours is not there"
        );
        let shifted = Spec { weight: Some(10), ..wanted.clone() };
        assert_eq!(diff(&shifted, &state), Change::Update(vec![WEIGHTS]));
        assert_eq!(Listener.describe(&shifted, Some(&state)), ["weight of its own target group 10 instead of 90"]);
        assert_eq!(diff(&spec("TCP"), &state), Change::Update(vec![WEIGHTS]));
        assert_eq!(diff(&spec("TCP"), &forecast(&spec("TCP"), &state)), Change::None);
        assert_eq!(
            Listener.describe(&wanted, Some(&told(&described(ProtocolEnum::Tcp).build()))),
            ["weight of its own target group 90", "weight of target group blue 10", "weight of target group green 0"]
        );
        let alone = Spec { weight: Some(5), ..spec("TCP") };
        assert_eq!(diff(&alone, &flatten(&described(ProtocolEnum::Tcp).build(), "tg")), Change::None, "of no meaning");
    }

    #[test]
    fn clients_are_verified_over_tls_alone() {
        let trust = ClientTrust { trust_store_arn: "store".into(), ignores_expiry: false };
        let wanted = Spec { client_trust: Some(trust.clone()), ..spec("TLS") };
        let state = forecast(&wanted, &State::default());
        let shown = verification(&state);
        let read = flatten(&described(ProtocolEnum::Tls).set_mutual_authentication(shown).build(), "tg");
        assert_eq!((read.trust_store_arn.as_deref(), read.ignores_client_expiry), (Some("store"), false));
        let off = MutualAuthentication::builder().mode(NO_TRUST).build();
        let read = flatten(&described(ProtocolEnum::Tls).mutual_authentication(off).build(), "tg");
        assert_eq!(read.trust_store_arn, None);
        let lenient = ClientTrust { ignores_expiry: true, ..trust };
        assert_eq!(
            diff(&Spec { client_trust: Some(lenient.clone()), ..spec("TLS") }, &state),
            Change::Update(vec![CLIENT_TRUST])
        );
        assert_eq!(forecast(&Spec { client_trust: Some(lenient), ..spec("TCP") }, &state).trust_store_arn, None);
    }

    #[test]
    fn settings_change_in_place_and_another_load_balancer_asks_for_a_new_listener() {
        let state = flatten(&described(ProtocolEnum::Tcp).build(), "tg");
        let moved = Spec { port: 8443, target_group_arn: "tg2".into(), ..spec("TCP") };
        assert_eq!(diff(&moved, &state), Change::Update(vec![PORT, TARGET_GROUP]));
        assert_eq!(diff(&moved, &forecast(&moved, &state)), Change::None);
        let other = Spec { load_balancer_arn: "lb2".into(), ..spec("TCP") };
        assert_eq!(diff(&other, &state), Change::Replace(vec![super::super::LOAD_BALANCER]));
    }

    #[test]
    fn an_idle_timeout_goes_back_to_the_default_and_a_written_default_is_no_change() {
        let state = flatten(&described(ProtocolEnum::Tcp).build(), "tg");
        let written = Spec { tcp_idle_timeout_seconds: Some(350), ..spec("TCP") };
        assert_eq!(diff(&written, &state), Change::None);
        let set = State { tcp_idle_timeout_seconds: Some(600), ..state };
        assert_eq!(diff(&spec("TCP"), &set), Change::Update(vec![IDLE_TIMEOUT]));
        assert_eq!(forecast(&spec("TCP"), &set).tcp_idle_timeout_seconds, Some(350));
    }

    #[test]
    fn settings_of_tls_are_not_wanted_of_others() {
        let odd = Spec { ssl_policy: Some("p".into()), alpn_policy: Some("HTTP2Only".into()), ..spec("TCP") };
        assert_eq!(diff(&odd, &flatten(&described(ProtocolEnum::Tcp).build(), "tg")), Change::None);
    }

    #[test]
    fn ports_of_tcp_and_udp_do_not_collide() {
        let tcp = described(ProtocolEnum::Tcp).build();
        assert!(same_port(&tcp, &spec("TLS")) && same_port(&tcp, &spec("TCP_UDP")));
        assert!(!same_port(&tcp, &spec("UDP")));
        assert!(!same_port(&tcp, &Spec { port: 80, ..spec("TCP") }));
    }
}
