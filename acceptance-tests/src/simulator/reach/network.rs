//! What lies between a client's subnet and an endpoint's interface: network ACLs and routes, where the client's subnet is known.
//!
//! Source: VPC guide, network ACLs (they keep no connections, and packets within a subnet pass none) and route priority. What stands behind a
//! route to an interface of a customer's is not simulated: the way ends there.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::simulator::ec2::network_acl::of_subnet;
use crate::simulator::ec2::network_acl_entry::denied_by;
use crate::simulator::ec2::privatelink::endpoint::{Endpoint, Placement};
use crate::simulator::ec2::route_table::detour;

use super::groups::Client;
use super::{At, Broken, Way, broken};

/// A port of those that answers come back to.
const EPHEMERAL: u16 = 49_152;

impl<'a> Way<'a> {
    /// From the client's subnet to the subnets of the interfaces, and back.
    pub(super) fn cross(
        &mut self,
        client: &Client<'a>,
        endpoint: &'a Endpoint,
        placements: &[&'a Placement],
    ) -> Result<(), Broken> {
        let (Some(subnet), Some(region)) = (client.subnet(), self.state.region(&endpoint.owner, &endpoint.region))
        else {
            return Ok(());
        };
        let protocol = if self.request.protocol.name() == "tcp" { "6" } else { "17" };
        for placement in placements {
            let Some(address) = placement.ipv4 else { continue };
            if placement.subnet_id != subnet.id {
                let of_client = |block: IpNet| client.is_in(block);
                let of_interface = |block: IpNet| block.contains(&IpAddr::V4(address));
                let asked = |at: &str, egress, port, there: &dyn Fn(IpNet) -> bool| {
                    let acl = of_subnet(&region.ec2, at, &endpoint.vpc_id);
                    denied_by(&region.ec2, (&acl, &endpoint.vpc_id), egress, (protocol, port), there)
                };
                let (port, here, there) = (self.request.port, &subnet.id, &placement.subnet_id);
                let denied = asked(here, true, port, &of_interface)
                    .or_else(|| asked(there, false, port, &of_client))
                    .or_else(|| asked(there, true, EPHEMERAL, &of_client))
                    .or_else(|| asked(here, false, EPHEMERAL, &of_interface));
                if let Some(number) = denied {
                    return broken(At::NetworkAcl, format!("entry {number} between {} and {address}", subnet.id));
                }
            }
            if let Some((table, interface)) = detour(&region.ec2, &subnet.id, &endpoint.vpc_id, address) {
                return broken(At::Route, format!("{table} leads {address} to {interface}"));
            }
        }
        self.pass(At::NetworkAcl, format!("from {}", subnet.id));
        self.pass(At::Route, "local");
        Ok(())
    }
}
