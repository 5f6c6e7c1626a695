//! States of `aws_vpc_endpoint` that become a consumer's.

use serde_json::Value as Json;

use crate::resource::{Origin, stored_text};
use crate::schema::formats;

/// The endpoint, in schema version 0 since there is one.
pub(super) const ORIGIN: Origin =
    Origin { type_name: "aws_vpc_endpoint", version: 0, id: &formats::ENDPOINT_ID, objection };

/// The endpoint type of AWS PrivateLink.
const INTERFACE: &str = "Interface";

/// Only interface endpoints are consumers. Where the state does not tell, the refresh does.
fn objection(state: &Json) -> Option<String> {
    let kind = stored_text(state, "vpc_endpoint_type").filter(|kind| *kind != INTERFACE)?;
    Some(format!("is an endpoint of type {kind}; a privatelink_consumer manages endpoints of type {INTERFACE}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_interface_endpoints_are_consumers() {
        for state in [json!({}), json!({"vpc_endpoint_type": null}), json!({"vpc_endpoint_type": "Interface"})] {
            assert_eq!(objection(&state), None, "{state}");
        }
        for kind in ["Gateway", "GatewayLoadBalancer", "Resource", "ServiceNetwork"] {
            let told = objection(&json!({"vpc_endpoint_type": kind})).unwrap_or_default();
            assert!(told.contains(&format!("of type {kind};")), "{told}");
        }
    }
}
