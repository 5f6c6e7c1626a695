//! AWS's sets of dimensions around PrivateLink, in AWS's spelling, which has blanks.
//!
//! A set must be whole: CloudWatch has no data for a part of it, and says nothing. *Source:* PrivateLink guide and Network Load Balancer
//! guide, "CloudWatch metrics".

use std::collections::BTreeMap;

/// Dimensions by their names.
pub type Dimensions = BTreeMap<String, String>;

/// Namespace of endpoints.
pub const ENDPOINTS: &str = "AWS/PrivateLinkEndpoints";
/// Namespace of endpoint services.
pub const SERVICES: &str = "AWS/PrivateLinkServices";
/// Namespace of network load balancers.
pub const NETWORK_LOAD_BALANCERS: &str = "AWS/NetworkELB";

/// Metrics of an endpoint.
pub const OF_ENDPOINT: &[&str] =
    &["ActiveConnections", "BytesProcessed", "NewConnections", "PacketsDropped", "RstPacketsReceived"];
/// Metrics of an endpoint service.
pub const OF_SERVICE: &[&str] =
    &["ActiveConnections", "BytesProcessed", ENDPOINTS_COUNT, "NewConnections", "RstPacketsSent"];
/// The one that knows neither zones nor endpoints.
pub const ENDPOINTS_COUNT: &str = "EndpointsCount";

fn set(pairs: &[(&str, &str)]) -> Dimensions {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// An interface endpoint as a whole, or its part in a subnet.
pub fn of_endpoint(id: &str, vpc_id: &str, service_name: &str, subnet_id: Option<&str>) -> Dimensions {
    let mut dimensions = set(&[
        ("Endpoint Type", "Interface"),
        ("Service Name", service_name),
        ("VPC Endpoint Id", id),
        ("VPC Id", vpc_id),
    ]);
    dimensions.extend(subnet_id.map(|subnet_id| ("Subnet Id".to_owned(), subnet_id.to_owned())));
    dimensions
}

/// An endpoint service as a whole.
pub fn of_service(id: &str) -> Dimensions {
    set(&[("Service Id", id)])
}

/// An endpoint service in a zone, by the name that the zone has in the owner's account.
pub fn of_service_in_zone(id: &str, zone: &str) -> Dimensions {
    set(&[("Service Id", id), ("Az", zone)])
}

/// What an endpoint sends to a service.
pub fn of_service_by_endpoint(id: &str, endpoint_id: &str) -> Dimensions {
    set(&[("Service Id", id), ("VPC Endpoint Id", endpoint_id)])
}

/// A load balancer, by the end of its ARN; none where the ARN is not one's.
pub fn of_load_balancer(arn: &str) -> Option<Dimensions> {
    let (_, end) = arn.split_once(":loadbalancer/")?;
    Some(set(&[("LoadBalancer", end)]))
}

/// A target group behind a load balancer, by the ends of both ARNs.
pub fn of_target_group(load_balancer_arn: &str, target_group_arn: &str) -> Option<Dimensions> {
    let mut dimensions = of_load_balancer(load_balancer_arn)?;
    let (_, end) = target_group_arn.split_once(":targetgroup/")?;
    dimensions.insert("TargetGroup".to_owned(), format!("targetgroup/{end}"));
    Some(dimensions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_aws_own_and_values_the_ends_of_arns() {
        let whole = of_endpoint("vpce-1", "vpc-1", "com.amazonaws.vpce.us-east-1.vpce-svc-1", None);
        assert_eq!(whole.keys().collect::<Vec<_>>(), ["Endpoint Type", "Service Name", "VPC Endpoint Id", "VPC Id"]);
        assert_eq!(of_endpoint("vpce-1", "vpc-1", "x", Some("subnet-1"))["Subnet Id"], "subnet-1");
        let arn = |what: &str| format!("arn:aws:elasticloadbalancing:us-east-1:111111111111:{what}");
        let group = of_target_group(&arn("loadbalancer/net/a/1"), &arn("targetgroup/b/2")).unwrap();
        assert_eq!(group, set(&[("LoadBalancer", "net/a/1"), ("TargetGroup", "targetgroup/b/2")]));
        assert_eq!(of_load_balancer("arn:aws:s3:::x"), None);
    }
}
