//! Calls of a reservation, against scripted answers.

use super::diff::{LOAD_BALANCER, UNITS};
use super::{CapacityReservation, Spec, State};
use crate::aws::testing::{Script, refusal, reply};
use crate::engine::{Change, Class, Compare as _, Link as _, Observed, Owner};

const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/net/orders/1";

fn spec(capacity_units: i32) -> Spec {
    Spec { load_balancer_arn: ARN.into(), capacity_units }
}

fn owner() -> Owner {
    Owner {
        resource: "service/orders".into(),
        uid: "u-1".into(),
        link: "minimum_capacity".into(),
        generation: 0,
        run_tags: std::collections::BTreeMap::new(),
    }
}

fn reserved(units: &'static str) -> Script {
    Script::new(move |sent| match sent.what.as_str() {
        "DescribeCapacityReservation" => reply("DescribeCapacityReservation", units),
        action => reply(action, ""),
    })
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_without_a_reservation_has_none() {
    let state = State { load_balancer_arn: ARN.into(), capacity_units: 1 };
    for none in ["", "<MinimumLoadBalancerCapacity><CapacityUnits>0</CapacityUnits></MinimumLoadBalancerCapacity>"] {
        let seen = CapacityReservation.read(&reserved(none).aws().await, &state).await.unwrap();
        assert_eq!(seen, Observed::Absent);
    }
    let some = "<MinimumLoadBalancerCapacity><CapacityUnits>2750</CapacityUnits></MinimumLoadBalancerCapacity>";
    let seen = CapacityReservation.read(&reserved(some).aws().await, &state).await.unwrap();
    assert_eq!(seen, Observed::Ready(State { capacity_units: 2750, ..state }));
}

#[tokio::test(start_paused = true)]
async fn removing_is_a_reset_also_of_what_is_gone() {
    let script = reserved("");
    let state = State { load_balancer_arn: ARN.into(), capacity_units: 5500 };
    CapacityReservation.delete(&script.aws().await, &state).await.unwrap();
    assert!(script.sent()[0].body.contains("ResetCapacityReservation=true"), "{}", script.sent()[0].body);
    let script = Script::new(|_| refusal(400, "LoadBalancerNotFound"));
    CapacityReservation.delete(&script.aws().await, &state).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_reservation_that_aws_still_provisions_is_waited_for_and_explained() {
    let script = Script::new(|_| refusal(400, "CapacityReservationPending"));
    let failure = CapacityReservation.create(&script.aws().await, &owner(), &spec(1)).await.unwrap_err();
    assert_eq!(failure.class, Class::Busy);
    assert!(failure.advice.unwrap().contains("apply again later"));
}

#[test]
fn units_change_in_place_and_words_say_so() {
    let state = State { load_balancer_arn: ARN.into(), capacity_units: 2750 };
    assert_eq!(CapacityReservation.diff(&spec(2750), &state), Change::None);
    assert_eq!(CapacityReservation.diff(&spec(5500), &state), Change::Update(vec![UNITS]));
    assert_eq!(CapacityReservation.describe(&spec(5500), Some(&state)), ["reserve 5500 units instead of 2750"]);
    assert_eq!(CapacityReservation.describe(&spec(5500), None), ["reserve 5500 units"]);
    let other = Spec { load_balancer_arn: "other".into(), ..spec(2750) };
    assert_eq!(CapacityReservation.diff(&other, &state), Change::Replace(vec![LOAD_BALANCER]));
}
