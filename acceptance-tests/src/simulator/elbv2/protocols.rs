//! Which protocols load balancers know, and which listener forwards to which target group.
//!
//! Source: NLB user guide, "Listener configuration" and "Routing configuration"; facts 13.6. Pure rules, no state.

use crate::simulator::error::ApiError;

use super::state::LoadBalancerKind;

/// Refuses what is no protocol of a listener of that kind of load balancer.
///
/// # Errors
/// `ValidationError` for what is no protocol at all, `UnsupportedProtocol` for those of the other kind, `NotSimulated` for QUIC.
pub fn check_listener(kind: LoadBalancerKind, protocol: &str) -> Result<(), ApiError> {
    let (own, known) = match kind {
        LoadBalancerKind::Network => (["TCP_UDP", "UDP", "TLS", "TCP"].as_slice(), "TCP_UDP, UDP, TLS, TCP"),
        LoadBalancerKind::Application => (["HTTP", "HTTPS"].as_slice(), "HTTPS, HTTP"),
    };
    let refuse = |code: &str| ApiError::bad(code, format!("Listener protocol '{protocol}' must be one of '{known}'"));
    match protocol {
        own_protocol if own.contains(&own_protocol) => Ok(()),
        "TCP" | "TLS" | "UDP" | "TCP_UDP" | "HTTP" | "HTTPS" | "GENEVE" => Err(refuse("UnsupportedProtocol")),
        "QUIC" | "TCP_QUIC" => Err(ApiError::not_simulated(format!("listeners of protocol {protocol}"))),
        _ => Err(refuse("ValidationError")),
    }
}

/// Refuses what is no protocol of a target group of that type.
///
/// # Errors
/// `ValidationError` for what is no protocol; `InvalidConfigurationRequest` for application load balancers behind anything but
/// TCP (code *assumed*); `NotSimulated` for target groups of gateway load balancers and QUIC.
pub fn check_target_group(protocol: &str, target_type: &str) -> Result<(), ApiError> {
    match protocol {
        "TLS" | "UDP" | "TCP_UDP" | "HTTP" | "HTTPS" if target_type == "alb" => Err(ApiError::bad(
            "InvalidConfigurationRequest",
            format!("Target type 'alb' is supported with the protocol TCP, not with {protocol}"),
        )),
        "TCP" | "TLS" | "UDP" | "TCP_UDP" | "HTTP" | "HTTPS" => Ok(()),
        "GENEVE" | "QUIC" | "TCP_QUIC" => Err(ApiError::not_simulated(format!("target groups of protocol {protocol}"))),
        _ => Err(ApiError::bad(
            "ValidationError",
            format!("Target group protocol '{protocol}' must be one of 'GENEVE, HTTP, HTTPS, TCP, TCP_UDP, TLS, UDP'"),
        )),
    }
}

/// Refuses a listener that forwards to a target group of a protocol it cannot speak.
///
/// # Errors
/// `IncompatibleProtocols`.
pub fn check_forward(listener: &str, target_group: &str) -> Result<(), ApiError> {
    let speaks = match listener {
        "TCP" => matches!(target_group, "TCP" | "TCP_UDP"),
        "TLS" => matches!(target_group, "TCP" | "TLS"),
        "UDP" => matches!(target_group, "UDP" | "TCP_UDP"),
        "HTTP" | "HTTPS" => matches!(target_group, "HTTP" | "HTTPS"),
        other => other == target_group,
    };
    if speaks {
        Ok(())
    } else {
        Err(ApiError::bad(
            "IncompatibleProtocols",
            format!(
                "The listener protocol '{listener}' is not compatible with the target group protocol '{target_group}'"
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocol_matrix_is_that_of_the_user_guide() {
        let legal = [
            ("TCP", "TCP"),
            ("TCP", "TCP_UDP"),
            ("TLS", "TCP"),
            ("TLS", "TLS"),
            ("UDP", "UDP"),
            ("UDP", "TCP_UDP"),
            ("TCP_UDP", "TCP_UDP"),
            ("HTTP", "HTTP"),
            ("HTTP", "HTTPS"),
            ("HTTPS", "HTTP"),
            ("HTTPS", "HTTPS"),
        ];
        for listener in ["TCP", "TLS", "UDP", "TCP_UDP", "HTTP", "HTTPS"] {
            for group in ["TCP", "TLS", "UDP", "TCP_UDP", "HTTP", "HTTPS"] {
                assert_eq!(
                    check_forward(listener, group).is_ok(),
                    legal.contains(&(listener, group)),
                    "{listener} {group}"
                );
            }
        }
    }
}
