//! VPCs, subnets, route tables, ACLs, prefix lists and interfaces as AWS writes them, and what it refuses of them.

use acceptance_tests::simulator::World;
use serde_json::json;

use crate::support::{CONSUMER, PROVIDER, Scene, pass};
use crate::wire::{self, ec2};

#[tokio::test(start_paused = true)]
async fn a_vpc_is_pending_when_it_is_made_and_comes_with_table_acl_and_attributes() {
    let world = World::calm(1);
    let made = ec2(&world, PROVIDER, "Action=CreateVpc&CidrBlock=10.0.0.0/16&AmazonProvidedIpv6CidrBlock=true").await;
    assert_eq!(made.all("state")[0], "pending");
    let id = made.all("vpcId")[0].clone();
    let seen = ec2(&world, PROVIDER, &format!("Action=DescribeVpcs&VpcId.1={id}")).await;
    assert!(seen.body.contains("<state>available</state>") && seen.body.contains("<ipv6Pool>Amazon</ipv6Pool>"));
    let fields = format!("Action=DescribeVpcAttribute&VpcId={id}&Attribute=enableNetworkAddressUsageMetrics");
    assert_eq!(ec2(&world, PROVIDER, &fields).await.all("value"), ["false"]);
    let set = format!("Action=ModifyVpcAttribute&VpcId={id}&EnableNetworkAddressUsageMetrics.Value=true");
    assert_eq!(ec2(&world, PROVIDER, &set).await.status, 200);
    assert_eq!(ec2(&world, PROVIDER, &fields).await.all("value"), ["true"]);
    for (operation, element) in [("DescribeRouteTables", "routeTableId"), ("DescribeNetworkAcls", "networkAclId")] {
        let default = if operation == "DescribeRouteTables" { "association.main" } else { "default" };
        let filters =
            format!("Filter.1.Name=vpc-id&Filter.1.Value.1={id}&Filter.2.Name={default}&Filter.2.Value.1=true");
        let seen = ec2(&world, PROVIDER, &format!("Action={operation}&{filters}")).await;
        let ids: std::collections::BTreeSet<String> = seen.all(element).into_iter().collect();
        assert_eq!(ids.len(), 1, "{}", seen.body);
    }
    assert_eq!(ec2(&world, PROVIDER, &format!("Action=DeleteVpc&VpcId={id}")).await.status, 200);
    let left = ec2(&world, PROVIDER, "Action=DescribeRouteTables").await;
    assert!(left.all("routeTableId").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_vpc_has_five_blocks_and_gives_all_but_the_first_back() {
    let world = World::calm(1);
    let made = ec2(&world, PROVIDER, "Action=CreateVpc&CidrBlock=10.0.0.0/16").await;
    let id = made.all("vpcId")[0].clone();
    let add = |number: u8| format!("Action=AssociateVpcCidrBlock&VpcId={id}&CidrBlock=10.{number}.0.0/16");
    let mut associations = Vec::new();
    for number in 1..=4 {
        associations.extend(ec2(&world, PROVIDER, &add(number)).await.all("associationId"));
    }
    assert_eq!(ec2(&world, PROVIDER, &add(5)).await.code(), "CidrLimitExceeded");
    let gone = format!("Action=DisassociateVpcCidrBlock&AssociationId={}", associations[0]);
    assert_eq!(ec2(&world, PROVIDER, &gone).await.status, 200);
    assert_eq!(ec2(&world, PROVIDER, &gone).await.code(), "InvalidVpcCidrBlockAssociationID.NotFound");
    let six = format!("Action=AssociateVpcCidrBlock&VpcId={id}&AmazonProvidedIpv6CidrBlock=true");
    let six = ec2(&world, PROVIDER, &six).await.all("associationId")[0].clone();
    // By the association of its block a VPC is found.
    let filter = format!("Filter.1.Name=ipv6-cidr-block-association.association-id&Filter.1.Value.1={six}");
    let found = ec2(&world, PROVIDER, &format!("Action=DescribeVpcs&{filter}")).await;
    assert_eq!(found.all("vpcId").first(), Some(&id));
    let primary = found.all("associationId")[0].clone();
    let primary = format!("Action=DisassociateVpcCidrBlock&AssociationId={primary}");
    assert_eq!(ec2(&world, PROVIDER, &primary).await.code(), "OperationNotPermitted");
}

#[tokio::test(start_paused = true)]
async fn dns_hostnames_need_dns_support() {
    let scene = Scene::calm();
    let set = |name: &str, value: bool| format!("Action=ModifyVpcAttribute&VpcId={}&{name}.Value={value}", scene.vpc());
    for (name, value) in [("EnableDnsHostnames", false), ("EnableDnsSupport", false)] {
        assert_eq!(ec2(&scene.world, PROVIDER, &set(name, value)).await.status, 200);
    }
    let refused = ec2(&scene.world, PROVIDER, &set("EnableDnsHostnames", true)).await;
    assert_eq!(refused.code(), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn rules_name_prefix_lists_that_exist_once_each_and_flat_where_clients_are_old() {
    let scene = Scene::calm();
    let group = scene.id("application_security_group_id");
    let rule = |list: &str| {
        format!(
            "Action=AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443\
             &IpPermissions.1.ToPort=443&IpPermissions.1.PrefixListIds.1.PrefixListId={list}"
        )
    };
    let own = "pl-0123456789abcdef0";
    assert_eq!(ec2(&scene.world, CONSUMER, &rule(own)).await.code(), "InvalidPrefixListID.NotFound");
    scene.force("prefix_list", &format!("{CONSUMER}/us-east-1/{own}"), &json!({"exists": true}));
    assert_eq!(ec2(&scene.world, CONSUMER, &rule(own)).await.status, 200);
    let lists = ec2(&scene.world, CONSUMER, "Action=DescribePrefixLists").await;
    let names = lists.all("prefixListName");
    assert!(names.contains(&"com.amazonaws.us-east-1.s3".to_owned()) && !lists.all("item").is_empty(), "{names:?}");
    assert_eq!(ec2(&scene.world, CONSUMER, &rule(&lists.all("prefixListId")[0])).await.status, 200);
    let twice = "IpRanges.1.CidrIp=10.0.0.0/8&IpPermissions.1.IpRanges.2.CidrIp=10.0.0.0/8";
    let twice = rule("x").replace("PrefixListIds.1.PrefixListId=x", twice);
    assert_eq!(ec2(&scene.world, CONSUMER, &twice).await.code(), "InvalidParameterValue");
    let flat = format!(
        "Action=AuthorizeSecurityGroupIngress&GroupId={group}&IpProtocol=tcp&FromPort=80&ToPort=80&CidrIp=10.0.0.0/8"
    );
    assert_eq!(ec2(&scene.world, CONSUMER, &flat).await.status, 200);
    assert_eq!(ec2(&scene.world, CONSUMER, &flat).await.code(), "InvalidPermission.Duplicate");
}

#[tokio::test(start_paused = true)]
async fn empty_tag_specifications_long_tokens_and_long_filter_values_are_refused() {
    let scene = Scene::calm();
    let empty = "Action=CreateVpc&CidrBlock=10.0.0.0/16&TagSpecification.1.ResourceType=vpc";
    assert_eq!(ec2(&scene.world, PROVIDER, empty).await.code(), "InvalidParameterValue");
    let token = "t".repeat(65);
    let long = format!("Action=CreateVpcEndpoint&VpcId={}&ServiceName=x&ClientToken={token}", scene.vpc());
    assert_eq!(ec2(&scene.world, PROVIDER, &long).await.code(), "InvalidParameterValue");
    let value = "v".repeat(256);
    let long = format!("Action=DescribeVpcs&Filter.1.Name=vpc-id&Filter.1.Value.1={value}");
    assert_eq!(ec2(&scene.world, PROVIDER, &long).await.code(), "InvalidParameterValue");
    let odd = "Action=DescribeSecurityGroupRules&Filter.1.Name=group-id&Filter.1.Value.1=group";
    assert_eq!(ec2(&scene.world, PROVIDER, odd).await.code(), "InvalidGroupId.Malformed");
}

#[tokio::test(start_paused = true)]
async fn documented_filters_decide_or_are_not_simulated_and_never_invalid() {
    let scene = Scene::calm();
    pass(60).await;
    let ask = async |operation: &str, name: &str, value: &str| {
        let filter = format!("Action={operation}&Filter.1.Name={name}&Filter.1.Value.1={value}");
        ec2(&scene.world, CONSUMER, &filter).await
    };
    let count = async |operation: &str, name: &str, value: &str, element: &str| {
        let answer = ask(operation, name, value).await;
        assert_eq!(answer.status, 200, "{operation} {name}: {}", answer.body);
        answer.all(element).len()
    };
    assert_eq!(count("DescribeSubnets", "default-for-az", "false", "subnetId").await, 3);
    assert_eq!(count("DescribeSubnets", "default-for-az", "true", "subnetId").await, 0);
    assert_eq!(count("DescribeSubnets", "outpost-arn", "*", "subnetId").await, 0);
    assert_eq!(count("DescribeSubnets", "cidr", "10.20.1.0/24", "subnetId").await, 1);
    assert_eq!(count("DescribeSubnets", "availabilityZone", "us-east-1*", "subnetId").await, 3);
    assert_eq!(count("DescribeSecurityGroups", "egress.ip-permission.cidr", "0.0.0.0/0", "groupName").await, 2);
    assert_eq!(count("DescribeNetworkInterfaces", "addresses.primary", "true", "macAddress").await, 0);
    let unknown = ask("DescribeSubnets", "color", "red").await;
    assert_eq!((unknown.status, unknown.code()), (400, "InvalidParameterValue".to_owned()));
    let known = ask("DescribeInstances", "hibernation-options.configured", "true").await;
    assert_eq!((known.status, known.code()), (501, "NotSimulated".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn interfaces_are_whole() {
    let scene = Scene::calm();
    pass(60).await;
    let seen = ec2(&scene.world, PROVIDER, "Action=DescribeNetworkInterfaces").await;
    assert_eq!(seen.all("macAddress").len(), 3);
    assert!(
        seen.all("privateDnsName").iter().all(|name| name.starts_with("ip-10-10-") && name.ends_with(".ec2.internal"))
    );
    for element in ["instanceOwnerId", "attachTime", "instanceId", "availabilityZoneId", "managed", "sourceDestCheck"] {
        assert_eq!(seen.all(element).len(), 3, "{element}");
    }
}

#[tokio::test(start_paused = true)]
async fn regions_are_those_of_the_models() {
    let scene = Scene::calm();
    let code = async |region: &str, service: &str, action: &str| {
        wire::form(&scene.world, PROVIDER, (region, service), &format!("Action={action}")).await.code()
    };
    assert_eq!(code("mars-1", "ec2", "DescribeVpcs").await, "AuthFailure");
    assert_eq!(code("mars-1", "elasticloadbalancing", "DescribeLoadBalancers").await, "SignatureDoesNotMatch");
    assert_eq!(code("ap-northeast-3", "ec2", "DescribeVpcs").await, "");
    assert_eq!(code("eu-south-2", "ec2", "DescribeVpcs").await, "AuthFailure");
    scene.force("region", &format!("{PROVIDER}/eu-south-2"), &json!({"opted_in": true}));
    assert_eq!(code("eu-south-2", "ec2", "DescribeVpcs").await, "");
    let all = ec2(&scene.world, PROVIDER, "Action=DescribeRegions&AllRegions=true").await;
    assert_eq!(all.all("regionName").len(), 36);
}

#[tokio::test(start_paused = true)]
async fn route_tables_are_made_associated_and_held_by_what_uses_them() {
    let scene = Scene::calm();
    let call = async |fields: String| ec2(&scene.world, PROVIDER, &fields).await;
    let create = || format!("Action=CreateRouteTable&ClientToken=once&VpcId={}", scene.vpc());
    let table = call(create()).await.all("routeTableId")[0].clone();
    assert_eq!(call(create()).await.all("routeTableId"), [table.as_str()], "a token gives the first answer again");
    let associate = || format!("Action=AssociateRouteTable&RouteTableId={table}&SubnetId={}", scene.subnet(0));
    let association = call(associate()).await.all("associationId")[0].clone();
    assert_eq!(call(associate()).await.code(), "Resource.AlreadyAssociated");
    let delete = || format!("Action=DeleteRouteTable&RouteTableId={table}");
    assert_eq!(call(delete()).await.code(), "DependencyViolation");
    let gateway = format!(
        "Action=CreateVpcEndpoint&VpcId={}&ServiceName=com.amazonaws.us-east-1.dynamodb&RouteTableId.1={table}",
        scene.vpc()
    );
    let endpoint = call(gateway).await.all("vpcEndpointId")[0].clone();
    let routes = call(format!("Action=DescribeRouteTables&RouteTableId.1={table}")).await;
    assert!(routes.all("destinationPrefixListId") == ["pl-02cd2c6b"] && routes.all("gatewayId").contains(&endpoint));
    let free = format!("Action=ModifyVpcEndpoint&VpcEndpointId={endpoint}&RemoveRouteTableId.1={table}");
    assert_eq!(call(free).await.status, 200);
    assert_eq!(call(format!("Action=DisassociateRouteTable&AssociationId={association}")).await.status, 200);
    assert_eq!(call(delete()).await.status, 200);
    assert_eq!(call(delete()).await.code(), "InvalidRouteTableID.NotFound");
}

#[tokio::test(start_paused = true)]
async fn entries_of_an_acl_and_routes_to_interfaces_are_made_read_and_deleted() {
    let scene = Scene::calm();
    let call = async |fields: String| ec2(&scene.world, PROVIDER, &fields).await;
    let acl = scene.vpc().replacen("vpc-", "acl-", 1);
    let entry = |number: u32, more: &str| {
        format!(
            "Action=CreateNetworkAclEntry&NetworkAclId={acl}&RuleNumber={number}&Egress=false&RuleAction=deny{more}"
        )
    };
    let https = "&Protocol=6&CidrBlock=10.0.0.0/8&PortRange.From=443&PortRange.To=443";
    assert_eq!(call(entry(50, https)).await.status, 200);
    let seen = call(format!("Action=DescribeNetworkAcls&NetworkAclId.1={acl}")).await;
    assert!(seen.body.contains("<ruleNumber>50</ruleNumber><protocol>6</protocol><ruleAction>deny</ruleAction>"));
    assert!(seen.body.contains("<portRange><from>443</from><to>443</to></portRange>"), "{}", seen.body);
    for (number, more, code) in [
        (50, https, "NetworkAclEntryAlreadyExists"),
        (100, https, "NetworkAclEntryAlreadyExists"),
        (0, https, "InvalidParameterValue"),
        (51, "&Protocol=6&CidrBlock=10.0.0.0/8", "MissingParameter"),
        (51, "&Protocol=-1&CidrBlock=everywhere", "InvalidParameterValue"),
        (51, "&Protocol=1&CidrBlock=10.0.0.0/8", "NotSimulated"),
    ] {
        assert_eq!(call(entry(number, more)).await.code(), code, "{number}{more}");
    }
    let delete = format!("Action=DeleteNetworkAclEntry&NetworkAclId={acl}&RuleNumber=50&Egress=false");
    assert_eq!(call(delete.clone()).await.status, 200);
    assert_eq!(call(delete).await.code(), "InvalidNetworkAclEntry.NotFound");

    let table = scene.vpc().replacen("vpc-", "rtb-", 1);
    let interface = call("Action=DescribeNetworkInterfaces".to_owned()).await.all("networkInterfaceId")[0].clone();
    let subnet =
        call(format!("Action=DescribeSubnets&SubnetId.1={}", scene.subnet(0))).await.all("cidrBlock")[0].clone();
    let route = |block: &str, to: &str| {
        format!("Action=CreateRoute&RouteTableId={table}&DestinationCidrBlock={block}&NetworkInterfaceId={to}")
    };
    assert_eq!(call(route(&subnet, &interface)).await.status, 200);
    let routes = call(format!("Action=DescribeRouteTables&RouteTableId.1={table}")).await;
    assert!(
        routes.all("destinationCidrBlock").contains(&subnet) && routes.all("networkInterfaceId") == [interface.clone()]
    );
    for (block, to, code) in [
        (subnet.as_str(), interface.as_str(), "RouteAlreadyExists"),
        (&subnet, "eni-0123456789abcdef0", "InvalidNetworkInterfaceID.NotFound"),
        ("0.0.0.0/0", &interface, "NotSimulated"),
        ("here", &interface, "InvalidParameterValue"),
    ] {
        assert_eq!(call(route(block, to)).await.code(), code, "{block} {to}");
    }
    let delete = format!("Action=DeleteRoute&RouteTableId={table}&DestinationCidrBlock={subnet}");
    assert_eq!(call(delete.clone()).await.status, 200);
    assert_eq!(call(delete).await.code(), "InvalidRoute.NotFound");
}

#[tokio::test(start_paused = true)]
async fn internet_gateways_are_attached_routed_and_held() {
    let scene = Scene::calm();
    let call = async |fields: String| ec2(&scene.world, PROVIDER, &fields).await;
    let vpc = scene.vpc();
    let make = async || call("Action=CreateInternetGateway".to_owned()).await.all("internetGatewayId")[0].clone();
    let gateway = make().await;
    let route = |block: &str| {
        let table = vpc.replacen("vpc-", "rtb-", 1);
        format!("Action=CreateRoute&RouteTableId={table}&DestinationCidrBlock={block}&GatewayId={gateway}")
    };
    assert_eq!(call(route("0.0.0.0/0")).await.code(), "InvalidParameterValue");
    let attach = |id: &str| format!("Action=AttachInternetGateway&InternetGatewayId={id}&VpcId={vpc}");
    assert_eq!(call(attach("igw-00000000000000000")).await.code(), "InvalidInternetGatewayID.NotFound");
    assert_eq!(call(attach(&gateway)).await.status, 200);
    assert_eq!(call(attach(&gateway)).await.code(), "Resource.AlreadyAssociated");
    assert_eq!(call(attach(&make().await)).await.code(), "InvalidParameterValue");
    let mine = format!("Action=DescribeInternetGateways&Filter.1.Name=attachment.vpc-id&Filter.1.Value.1={vpc}");
    assert_eq!(call(mine).await.all("internetGatewayId"), std::slice::from_ref(&gateway));

    assert_eq!(call(route("0.0.0.0/0")).await.status, 200);
    assert_eq!(call(route("0.0.0.0/0")).await.code(), "RouteAlreadyExists");
    assert_eq!(call(route("10.10.0.0/24")).await.code(), "InvalidParameter");
    let table = vpc.replacen("vpc-", "rtb-", 1);
    let routes = call(format!("Action=DescribeRouteTables&RouteTableId.1={table}")).await;
    assert!(routes.all("gatewayId").contains(&gateway), "{}", routes.body);

    let delete = format!("Action=DeleteInternetGateway&InternetGatewayId={gateway}");
    assert_eq!(call(delete.clone()).await.code(), "DependencyViolation");
    assert_eq!(call(format!("Action=DeleteVpc&VpcId={vpc}")).await.code(), "DependencyViolation");
    let detach = format!("Action=DetachInternetGateway&InternetGatewayId={gateway}&VpcId={vpc}");
    assert_eq!(call(detach.clone()).await.status, 200);
    assert_eq!(call(detach).await.code(), "Gateway.NotAttached");
    let routes = call(format!("Action=DescribeRouteTables&RouteTableId.1={table}")).await;
    assert!(routes.all("state").contains(&"blackhole".to_owned()), "{}", routes.body);
    assert_eq!(call(delete).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_internet_facing_load_balancer_wants_a_gateway_and_holds_it() {
    let scene = Scene::calm();
    let call = async |fields: String| ec2(&scene.world, PROVIDER, &fields).await;
    let (vpc, subnet) = (scene.vpc(), scene.subnet(0));
    let balancer = async || {
        let fields = format!("Action=CreateLoadBalancer&Name=open&Type=network&Subnets.member.1={subnet}");
        wire::form(&scene.world, PROVIDER, ("us-east-1", "elasticloadbalancing"), &fields).await
    };
    assert_eq!(balancer().await.code(), "InvalidSubnet");
    let gateway = call("Action=CreateInternetGateway".to_owned()).await.all("internetGatewayId")[0].clone();
    let attach = format!("Action=AttachInternetGateway&InternetGatewayId={gateway}&VpcId={vpc}");
    assert_eq!(call(attach).await.status, 200);
    assert_eq!(balancer().await.all("Scheme"), ["internet-facing"]);
    let detach = format!("Action=DetachInternetGateway&InternetGatewayId={gateway}&VpcId={vpc}");
    assert_eq!(call(detach).await.code(), "DependencyViolation");
}

#[tokio::test(start_paused = true)]
async fn a_network_acl_is_made_given_to_subnets_and_held_by_them() {
    let scene = Scene::calm();
    let call = async |fields: String| ec2(&scene.world, PROVIDER, &fields).await;
    let (vpc, subnet) = (scene.vpc(), scene.subnet(0));
    let default = vpc.replacen("vpc-", "acl-", 1);
    let made = call(format!("Action=CreateNetworkAcl&VpcId={vpc}")).await;
    let acl = made.all("networkAclId")[0].clone();
    assert_eq!(made.all("ruleNumber"), ["32767", "32767"], "a new ACL denies everything");
    let tie = subnet.replacen("subnet-", "aclassoc-", 1);
    let give =
        |tie: &str, to: &str| format!("Action=ReplaceNetworkAclAssociation&AssociationId={tie}&NetworkAclId={to}");
    assert_eq!(call(give("aclassoc-00000000000000000", &acl)).await.code(), "InvalidAssociationID.NotFound");
    let new = call(give(&tie, &acl)).await.all("newAssociationId")[0].clone();
    assert_eq!(call(give(&tie, &acl)).await.code(), "InvalidAssociationID.NotFound", "the old one is gone");
    let seen = call(format!("Action=DescribeNetworkAcls&NetworkAclId.1={acl}")).await;
    assert_eq!(seen.all("subnetId"), [subnet.as_str()]);
    let seen = call(format!("Action=DescribeNetworkAcls&NetworkAclId.1={default}")).await;
    assert!(!seen.all("subnetId").contains(&subnet));

    let delete = |id: &str| format!("Action=DeleteNetworkAcl&NetworkAclId={id}");
    assert_eq!(call(delete(&acl)).await.code(), "DependencyViolation");
    assert_eq!(call(delete(&default)).await.code(), "InvalidParameter");
    assert_eq!(call(give(&new, &default)).await.status, 200);
    assert_eq!(call(delete(&acl)).await.status, 200);
    assert_eq!(call(delete(&acl)).await.code(), "InvalidNetworkAclID.NotFound");

    let clear = format!("Action=DeleteNetworkAclEntry&NetworkAclId={default}&RuleNumber=100&Egress=true");
    assert_eq!(call(clear.clone()).await.status, 200, "a default ACL can lose what it begins with");
    assert_eq!(call(clear).await.code(), "InvalidNetworkAclEntry.NotFound");
}
