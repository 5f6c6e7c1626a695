//! Calls of a listener.

use std::future::{Future, ready};
use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, Certificate, Listener as Described, ListenerAttribute, ProtocolEnum,
};

use super::{
    ALPN_POLICY, CERTIFICATE, DEFAULT_IDLE_TIMEOUT, IDLE_TIMEOUT, Listener, NO_ALPN, PORT, PROTOCOL, SSL_POLICY, Spec,
    State, TAGS, TARGET_GROUP, diff, forecast,
};
use crate::aws::Operation::Elbv2;
use crate::aws::{Account, Aws, Tags, tags};
use crate::engine::{Change, Failure, Field, Link, Observed, Owner, Pace, Words};
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
            if let Some((state, tags)) = whole(account, &arn, &spec.protocol, ready(Ok(Some(found)))).await?
                && tags::is_owned(&tags, owner)
            {
                return Ok(Some(state));
            }
        }
        Ok(None)
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let account = aws.account(None)?;
        let whole = whole(account, &state.arn, &state.protocol, account.listener(&state.arn)).await?;
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
            .default_actions(forward(&spec.target_group_arn))
            .set_certificates(certificates(&wanted))
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
        let listener = [PORT, PROTOCOL, TARGET_GROUP, CERTIFICATE, SSL_POLICY, ALPN_POLICY];
        if listener.iter().any(|field| fields.contains(field)) {
            let alpn = match (&wanted.alpn_policy, &state.alpn_policy) {
                (Some(policy), _) => Some(policy.clone()),
                // Left out means unchanged, so that nothing is negotiated any more has to be said.
                (None, Some(_)) if super::is_tls(&spec.protocol) => Some(NO_ALPN.to_owned()),
                _ => None,
            };
            let sent = account
                .elbv2()
                .modify_listener()
                .listener_arn(&state.arn)
                .port(spec.port)
                .protocol(ProtocolEnum::from(spec.protocol.as_str()))
                .default_actions(forward(&spec.target_group_arn))
                .set_certificates(certificates(&wanted))
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

fn forward(target_group_arn: &str) -> Action {
    Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(target_group_arn).build()
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
/// `protocol` is the one that it had: a listener that changed it is asked once more.
async fn whole(
    account: &Account,
    arn: &str,
    protocol: &str,
    described: impl Future<Output = Result<Option<Described>, Failure>>,
) -> Result<Option<(State, Tags)>, Failure> {
    let attributes = async {
        if super::has_idle_timeout(protocol) { account.listener_attributes(arn).await.map(Some) } else { Ok(None) }
    };
    let (found, attributes, tags) = tokio::try_join!(described, attributes, account.elbv2_tags(arn))?;
    let (Some(found), Some(tags)) = (found, tags) else { return Ok(None) };
    let state = flatten(&found);
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
fn flatten(found: &Described) -> State {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    State {
        arn: text(found.listener_arn()),
        load_balancer_arn: text(found.load_balancer_arn()),
        port: found.port().unwrap_or_default(),
        protocol: text(found.protocol().map(ProtocolEnum::as_str)),
        target_group_arn: found.default_actions().first().map(target_of).unwrap_or_default(),
        certificate_arn: found.certificates().first().and_then(Certificate::certificate_arn).map(str::to_owned),
        ssl_policy: found.ssl_policy().filter(|policy| !policy.is_empty()).map(str::to_owned),
        alpn_policy: found.alpn_policy().first().filter(|policy| *policy != NO_ALPN).cloned(),
        ..State::default()
    }
}

/// AWS may show the group in either form.
fn target_of(action: &Action) -> String {
    let tuple = action.forward_config().and_then(|config| config.target_groups().first());
    action.target_group_arn().or_else(|| tuple?.target_group_arn()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{ForwardActionConfig, TargetGroupTuple};

    use super::*;
    use crate::links::listener::DEFAULT_SSL_POLICY;

    fn spec(protocol: &str) -> Spec {
        Spec {
            load_balancer_arn: "lb".into(),
            port: 443,
            protocol: protocol.into(),
            target_group_arn: "tg".into(),
            certificate_arn: (protocol == "TLS").then(|| "cert".into()),
            ssl_policy: None,
            alpn_policy: None,
            tcp_idle_timeout_seconds: None,
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
            .default_actions(forward("tg"))
    }

    #[test]
    fn what_aws_describes_of_a_spec_is_no_change() {
        assert_eq!(diff(&spec("TCP"), &flatten(&described(ProtocolEnum::Tcp).build())), Change::None);
        let tls = described(ProtocolEnum::Tls)
            .certificates(Certificate::builder().certificate_arn("cert").build())
            .ssl_policy(DEFAULT_SSL_POLICY)
            .alpn_policy(NO_ALPN);
        assert_eq!(diff(&spec("TLS"), &flatten(&tls.build())), Change::None);
    }

    #[test]
    fn the_group_is_read_from_either_form_of_the_action() {
        let tuple = TargetGroupTuple::builder().target_group_arn("tg").build();
        let config = ForwardActionConfig::builder().target_groups(tuple).build();
        assert_eq!(target_of(&Action::builder().forward_config(config).build()), "tg");
        assert_eq!(target_of(&Action::builder().build()), "");
    }

    #[test]
    fn settings_change_in_place_and_another_load_balancer_asks_for_a_new_listener() {
        let state = flatten(&described(ProtocolEnum::Tcp).build());
        let moved = Spec { port: 8443, target_group_arn: "tg2".into(), ..spec("TCP") };
        assert_eq!(diff(&moved, &state), Change::Update(vec![PORT, TARGET_GROUP]));
        assert_eq!(diff(&moved, &forecast(&moved, &state)), Change::None);
        let other = Spec { load_balancer_arn: "lb2".into(), ..spec("TCP") };
        assert_eq!(diff(&other, &state), Change::Replace(vec![super::super::LOAD_BALANCER]));
    }

    #[test]
    fn an_idle_timeout_goes_back_to_the_default_and_a_written_default_is_no_change() {
        let state = flatten(&described(ProtocolEnum::Tcp).build());
        let written = Spec { tcp_idle_timeout_seconds: Some(350), ..spec("TCP") };
        assert_eq!(diff(&written, &state), Change::None);
        let set = State { tcp_idle_timeout_seconds: Some(600), ..state };
        assert_eq!(diff(&spec("TCP"), &set), Change::Update(vec![IDLE_TIMEOUT]));
        assert_eq!(forecast(&spec("TCP"), &set).tcp_idle_timeout_seconds, Some(350));
    }

    #[test]
    fn settings_of_tls_are_not_wanted_of_others() {
        let odd = Spec { ssl_policy: Some("p".into()), alpn_policy: Some("HTTP2Only".into()), ..spec("TCP") };
        assert_eq!(diff(&odd, &flatten(&described(ProtocolEnum::Tcp).build())), Change::None);
    }

    #[test]
    fn ports_of_tcp_and_udp_do_not_collide() {
        let tcp = described(ProtocolEnum::Tcp).build();
        assert!(same_port(&tcp, &spec("TLS")) && same_port(&tcp, &spec("TCP_UDP")));
        assert!(!same_port(&tcp, &spec("UDP")));
        assert!(!same_port(&tcp, &Spec { port: 80, ..spec("TCP") }));
    }
}
