//! Which protocols a network load balancer knows, and which listener forwards to which target group.
//!
//! Source: NLB user guide, "Listener configuration" and "Routing configuration"; facts 13.6. Pure rules, no state.

use crate::simulator::error::ApiError;

/// Refuses what is no protocol of a network load balancer's listener.
///
/// # Errors
/// `ValidationError` for what is no protocol at all, `UnsupportedProtocol` for those of application load balancers,
/// `NotSimulated` for QUIC.
pub fn check_listener(protocol: &str) -> Result<(), ApiError> {
    match protocol {
        "TCP" | "TLS" | "UDP" | "TCP_UDP" => Ok(()),
        "HTTP" | "HTTPS" | "GENEVE" => Err(ApiError::bad(
            "UnsupportedProtocol",
            format!("Listener protocol '{protocol}' must be one of 'TCP_UDP, UDP, TLS, TCP'"),
        )),
        "QUIC" | "TCP_QUIC" => Err(ApiError::not_simulated(format!("listeners of protocol {protocol}"))),
        _ => Err(ApiError::bad(
            "ValidationError",
            format!("Listener protocol '{protocol}' must be one of 'TCP_UDP, UDP, TLS, TCP'"),
        )),
    }
}

/// Refuses what is no protocol of a network load balancer's target group.
///
/// # Errors
/// `ValidationError` for what is no protocol; `NotSimulated` for target groups of other load balancers.
pub fn check_target_group(protocol: &str) -> Result<(), ApiError> {
    match protocol {
        "TCP" | "TLS" | "UDP" | "TCP_UDP" => Ok(()),
        "HTTP" | "HTTPS" | "GENEVE" | "QUIC" | "TCP_QUIC" => {
            Err(ApiError::not_simulated(format!("target groups of protocol {protocol}")))
        }
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
        ];
        for listener in ["TCP", "TLS", "UDP", "TCP_UDP"] {
            for group in ["TCP", "TLS", "UDP", "TCP_UDP"] {
                assert_eq!(
                    check_forward(listener, group).is_ok(),
                    legal.contains(&(listener, group)),
                    "{listener} {group}"
                );
            }
        }
    }
}
