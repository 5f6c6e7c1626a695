//! States of `aws_vpc_endpoint_service` that become a service's.

use serde_json::Value as Json;

use crate::resource::{Origin, stored_text};
use crate::schema::formats;

/// The endpoint service, in schema version 0 since there is one.
pub(super) const ORIGIN: Origin =
    Origin { type_name: "aws_vpc_endpoint_service", version: 0, id: &formats::SERVICE_ID, objection };

/// The service type of AWS PrivateLink.
const INTERFACE: &str = "Interface";

/// Only services behind network load balancers are services here. Where the state does not tell, the refresh does.
fn objection(state: &Json) -> Option<String> {
    let arns = state.get("gateway_load_balancer_arns").and_then(Json::as_array);
    let has_gateway = arns.is_some_and(|arns| !arns.is_empty());
    let is_other = stored_text(state, "service_type").is_some_and(|kind| kind != INTERFACE);
    (has_gateway || is_other).then(|| {
        "is a service of gateway load balancers; a privatelink_service stands behind network load balancers".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_services_of_network_load_balancers_are_services() {
        for state in [
            json!({}),
            json!({"service_type": "Interface", "gateway_load_balancer_arns": null}),
            json!({"service_type": null, "gateway_load_balancer_arns": []}),
        ] {
            assert_eq!(objection(&state), None, "{state}");
        }
        for state in
            [json!({"service_type": "GatewayLoadBalancer"}), json!({"gateway_load_balancer_arns": ["arn:aws:x"]})]
        {
            assert!(objection(&state).is_some(), "{state}");
        }
    }
}
