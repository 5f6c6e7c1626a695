//! All pages of a read, one after the other.
//!
//! The SDK's paginators are streams: every place that collects one costs ten kilobytes of code.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use futures_util::future::BoxFuture;

/// The items of all pages.
type All<Item, Error> = BoxFuture<'static, Result<Vec<Item>, SdkError<Error, HttpResponse>>>;

/// A read whose reply comes in pages.
pub trait Pages: Sized {
    /// What a page holds.
    type Item;
    /// How the operation fails.
    type Error;

    /// What all pages hold. Nothing happens before it is awaited.
    fn all(self) -> All<Self::Item, Self::Error>;
}

macro_rules! pages {
    ($client:ident: $token:ident, $next:ident; $($operation:ident($builder:ident, $error:ident): $items:ident of $item:ident,)+) => {$(
        impl Pages for $client::operation::$operation::builders::$builder {
            type Item = $client::types::$item;
            type Error = $client::operation::$operation::$error;

            fn all(self) -> All<Self::Item, Self::Error> {
                Box::pin(async move {
                    let (mut all, mut token) = (Vec::new(), None);
                    loop {
                        let page = self.clone().$token(token.clone()).send().await?;
                        all.extend(page.$items.unwrap_or_default());
                        let next = page.$next.filter(|next| !next.is_empty());
                        // A token that comes back would be followed for ever; the SDK ends there, too.
                        if next.is_none() || next == token {
                            return Ok(all);
                        }
                        token = next;
                    }
                })
            }
        }
    )+};
}

pages! {
    aws_sdk_ec2: set_next_token, next_token;
    describe_managed_prefix_lists(DescribeManagedPrefixListsFluentBuilder, DescribeManagedPrefixListsError):
        prefix_lists of ManagedPrefixList,
    describe_network_acls(DescribeNetworkAclsFluentBuilder, DescribeNetworkAclsError): network_acls of NetworkAcl,
    describe_network_interfaces(DescribeNetworkInterfacesFluentBuilder, DescribeNetworkInterfacesError):
        network_interfaces of NetworkInterface,
    describe_route_tables(DescribeRouteTablesFluentBuilder, DescribeRouteTablesError): route_tables of RouteTable,
    describe_security_group_rules(DescribeSecurityGroupRulesFluentBuilder, DescribeSecurityGroupRulesError):
        security_group_rules of SecurityGroupRule,
    describe_security_group_vpc_associations(
        DescribeSecurityGroupVpcAssociationsFluentBuilder, DescribeSecurityGroupVpcAssociationsError
    ): security_group_vpc_associations of SecurityGroupVpcAssociation,
    describe_security_groups(DescribeSecurityGroupsFluentBuilder, DescribeSecurityGroupsError):
        security_groups of SecurityGroup,
    describe_subnets(DescribeSubnetsFluentBuilder, DescribeSubnetsError): subnets of Subnet,
    describe_tags(DescribeTagsFluentBuilder, DescribeTagsError): tags of TagDescription,
    describe_vpc_endpoint_connection_notifications(
        DescribeVpcEndpointConnectionNotificationsFluentBuilder, DescribeVpcEndpointConnectionNotificationsError
    ): connection_notification_set of ConnectionNotification,
    describe_vpc_endpoint_connections(DescribeVpcEndpointConnectionsFluentBuilder, DescribeVpcEndpointConnectionsError):
        vpc_endpoint_connections of VpcEndpointConnection,
    describe_vpc_endpoint_service_configurations(
        DescribeVpcEndpointServiceConfigurationsFluentBuilder, DescribeVpcEndpointServiceConfigurationsError
    ): service_configurations of ServiceConfiguration,
    describe_vpc_endpoint_service_permissions(
        DescribeVpcEndpointServicePermissionsFluentBuilder, DescribeVpcEndpointServicePermissionsError
    ): allowed_principals of AllowedPrincipal,
    describe_vpc_endpoints(DescribeVpcEndpointsFluentBuilder, DescribeVpcEndpointsError): vpc_endpoints of VpcEndpoint,
    describe_vpcs(DescribeVpcsFluentBuilder, DescribeVpcsError): vpcs of Vpc,
}

pages! {
    aws_sdk_elasticloadbalancingv2: set_marker, next_marker;
    describe_listener_certificates(DescribeListenerCertificatesFluentBuilder, DescribeListenerCertificatesError):
        certificates of Certificate,
    describe_listeners(DescribeListenersFluentBuilder, DescribeListenersError): listeners of Listener,
    describe_load_balancers(DescribeLoadBalancersFluentBuilder, DescribeLoadBalancersError):
        load_balancers of LoadBalancer,
    describe_target_groups(DescribeTargetGroupsFluentBuilder, DescribeTargetGroupsError): target_groups of TargetGroup,
}
