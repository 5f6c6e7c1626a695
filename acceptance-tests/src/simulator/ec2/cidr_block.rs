//! IPv4 blocks of VPCs and subnets, as calls give them.

use ipnet::Ipv4Net;

use crate::simulator::error::ApiError;

/// Reads an IPv4 block of a VPC or subnet: /16 to /28, no bits beyond its length.
pub fn read(name: &str, text: &str) -> Result<Ipv4Net, ApiError> {
    let net: Ipv4Net = text.parse().map_err(|_| {
        ApiError::bad(
            "InvalidParameterValue",
            format!("Value ({text}) for parameter {name} is invalid. This is not a valid CIDR block."),
        )
    })?;
    if !(16..=28).contains(&net.prefix_len()) {
        return Err(ApiError::bad(
            if name == "cidrBlock" { "InvalidVpc.Range" } else { "InvalidSubnet.Range" },
            format!("The CIDR '{text}' is invalid."),
        ));
    }
    Ok(net.trunc())
}
