//! A quota that is reached, at each call that makes something: AWS's code and words, what exists, what to do, and a next
//! apply that goes on.

use acceptance_tests::simulator::faults::{Fault, Strike};

use crate::core::texts;
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_reached_is_told_with_what_exists_and_where_to_ask_for_more() {
    let table = [
        ("CreateLoadBalancer", "TooManyLoadBalancers", ""),
        ("CreateTargetGroup", "TooManyTargetGroups", "load_balancer"),
        ("RegisterTargets", "TooManyTargets", "load_balancer, target_group.https"),
        ("CreateListener", "TooManyListeners", "load_balancer, target_group.https, targets.https"),
        ("CreateVpcEndpointServiceConfiguration", "VpcEndpointServiceLimitExceeded", "listener.https"),
    ];
    for (seed, (operation, code, exists)) in (211..).zip(table) {
        let mut bench = Bench::empty(seed).await;
        bench.config.as_object_mut().unwrap().remove("private_dns");
        bench.land.world.set_faults(vec![Fault::at(operation, 1, Strike::Refuse).code(code).times(u64::MAX)]);
        let config = bench.config.clone();
        let found = bench.terraform.try_apply(SERVICE, NAME, &config).await;
        let told = texts(&found).join("\n");
        assert!(found.has_errors(), "{operation}");
        let calls = bench.land.world.calls();
        let refused: Vec<_> = calls.iter().filter(|call| call.operation == operation).collect();
        assert_eq!(refused.len(), 1, "{operation}: a quota does not go away by trying again");
        for words in [&format!("{operation} in us-east-1: {code}"), "Request ID: ", "Service Quotas console"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(told.contains(exists), "{exists}: {told}");
        bench.land.world.set_faults(Vec::new());
        if bench.terraform.has(NAME) {
            bench.terraform.untaint(NAME);
        }
        bench.terraform.apply(SERVICE, NAME, &config).await;
        bench.destroy().await;
    }
}
