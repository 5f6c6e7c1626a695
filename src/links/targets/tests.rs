use aws_sdk_elasticloadbalancingv2::types::{
    TargetDescription, TargetHealth, TargetHealthDescription, TargetHealthStateEnum,
};

use super::calls::{expand, flatten};
use super::diff::GROUP;
use super::{Spec, State, Target, Targets};
use crate::engine::{Change, Compare as _};

fn target(id: &str, port: Option<i32>, zone: Option<&str>) -> Target {
    Target { id: id.into(), port, availability_zone: zone.map(str::to_owned) }
}

fn seen(id: &str, port: i32, zone: Option<&str>, state: TargetHealthStateEnum) -> TargetHealthDescription {
    let description = TargetDescription::builder().id(id).port(port).set_availability_zone(zone.map(str::to_owned));
    let health = TargetHealth::builder().state(state).build();
    TargetHealthDescription::builder().target(description.build()).target_health(health).build()
}

fn known(targets: &[Target]) -> State {
    State { target_group_arn: "arn".into(), targets: targets.iter().cloned().collect(), ..State::default() }
}

#[test]
fn ports_and_zones_that_aws_filled_in_are_no_change() {
    use TargetHealthStateEnum::{Initial, Unused};
    let wanted = [target("i-1", None, None), target("i-1", Some(8443), None), target("10.1.0.9", None, Some("all"))];
    let health =
        [seen("i-1", 443, None, Unused), seen("i-1", 8443, None, Initial), seen("10.1.0.9", 443, Some("all"), Initial)];
    let state = flatten(&health, Some(443), &known(&wanted));
    let spec = Spec { target_group_arn: "arn".into(), group_port: Some(443), targets: wanted.into() };
    assert_eq!(Targets.diff(&spec, &state), Change::None);
    let spelled = Spec {
        targets: [
            target("i-1", Some(443), None),
            target("i-1", Some(8443), None),
            target("10.1.0.9", None, Some("all")),
        ]
        .into(),
        ..spec
    };
    assert_eq!(Targets.diff(&spelled, &state), Change::None);
}

#[test]
fn a_zone_of_an_address_is_shown_only_where_one_was_given() {
    let health = [seen("10.0.0.9", 443, Some("eu-west-1a"), TargetHealthStateEnum::Healthy)];
    let state = flatten(&health, Some(443), &known(&[target("10.0.0.9", None, None)]));
    assert_eq!(state.targets, [target("10.0.0.9", None, None)].into());
}

#[test]
fn leaving_targets_are_gone_and_foreign_ones_are_seen() {
    use TargetHealthStateEnum::{Draining, Healthy};
    let health = [seen("i-1", 443, None, Healthy), seen("i-2", 443, None, Draining), seen("i-3", 80, None, Healthy)];
    let state = flatten(&health, Some(443), &known(&[target("i-1", None, None), target("i-2", None, None)]));
    assert_eq!(state.targets, [target("i-1", None, None), target("i-3", Some(80), None)].into());
}

#[test]
fn another_group_means_registering_there_anew() {
    let spec = Spec { target_group_arn: "other".into(), group_port: None, targets: [target("i-1", None, None)].into() };
    assert_eq!(Targets.diff(&spec, &known(&[target("i-1", None, None)])), Change::Replace(vec![GROUP]));
}

#[test]
fn what_is_sent_names_port_and_zone_only_where_given() {
    let sent = expand(&[target("i-1", None, None), target("i-2", Some(80), Some("all"))].into());
    assert_eq!((sent[0].port(), sent[0].availability_zone()), (None, None));
    assert_eq!((sent[1].port(), sent[1].availability_zone()), (Some(80), Some("all")));
}
