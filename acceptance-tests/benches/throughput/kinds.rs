//! Worlds full of one kind of object.

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use super::aws::{Aws, Call, ec2, elb};
use super::rate;

/// A filled world: how fast it was filled, and what to read.
pub(crate) struct Filled {
    pub(crate) creates: String,
    pub(crate) one: Vec<Call>,
    pub(crate) page: Vec<Call>,
}

pub(crate) type Fill = for<'a> fn(&'a Aws, usize) -> Pin<Box<dyn Future<Output = Filled> + 'a>>;

pub(crate) const KINDS: &[(&str, Fill)] = &[
    ("security groups", |aws, count| Box::pin(groups(aws, count))),
    ("VPCs", |aws, count| Box::pin(vpcs(aws, count))),
    ("subnets", |aws, count| Box::pin(subnets(aws, count))),
    ("network interfaces", |aws, count| Box::pin(interfaces(aws, count))),
    ("endpoints", |aws, count| Box::pin(endpoints(aws, count, false))),
    ("endpoint connections", |aws, count| Box::pin(endpoints(aws, count, true))),
    ("load balancers", |aws, count| Box::pin(balancers(aws, count))),
    ("endpoint services", |aws, count| Box::pin(services(aws, count, false))),
    ("services as seen", |aws, count| Box::pin(services(aws, count, true))),
];

const OWNER: &str = "111111111111";
const CONSUMER: &str = "222222222222";
/// Subnets of a VPC of the bench, a /24 each.
const SUBNETS: usize = 250;
/// Load balancers that an account may have.
const BALANCERS: usize = 50;

async fn vpc(aws: &Aws, account: &str) -> String {
    aws.get(&ec2(account, "Action=CreateVpc&CidrBlock=10.0.0.0/16"), "vpcId").await
}

async fn subnet(aws: &Aws, account: &str, vpc: &str, index: usize) -> String {
    let call = format!("Action=CreateSubnet&VpcId={vpc}&CidrBlock=10.0.{index}.0/24&AvailabilityZoneId=use1-az1");
    aws.get(&ec2(account, call), "subnetId").await
}

/// Makes objects, timed; `one` reads the object with an id.
async fn fill(aws: &Aws, calls: Vec<Call>, name: &str, one: fn(&str, &str) -> Call, page: Vec<Call>) -> Filled {
    let start = Instant::now();
    let mut ids = Vec::new();
    for call in &calls {
        ids.push((call.account.clone(), aws.get(call, name).await));
    }
    let creates = rate(calls.len(), start);
    aws.settle().await;
    Filled { creates, one: ids.iter().map(|(account, id)| one(account, id)).collect(), page }
}

async fn groups(aws: &Aws, count: usize) -> Filled {
    let mut vpcs = Vec::new();
    for _ in 0..10 {
        vpcs.push(vpc(aws, OWNER).await);
    }
    let call = |index: usize| {
        let vpc = &vpcs[index % vpcs.len()];
        let named = format!("GroupName=group-{index}&GroupDescription=bench");
        ec2(OWNER, format!("Action=CreateSecurityGroup&{named}&VpcId={vpc}"))
    };
    let one = |account: &str, id: &str| ec2(account, format!("Action=DescribeSecurityGroups&GroupId.1={id}"));
    let page = vec![ec2(OWNER, "Action=DescribeSecurityGroups&MaxResults=100")];
    fill(aws, (0..count).map(call).collect(), "groupId", one, page).await
}

async fn vpcs(aws: &Aws, count: usize) -> Filled {
    let calls = vec![ec2(OWNER, "Action=CreateVpc&CidrBlock=10.0.0.0/16"); count];
    let one = |account: &str, id: &str| ec2(account, format!("Action=DescribeVpcs&VpcId.1={id}"));
    fill(aws, calls, "vpcId", one, vec![ec2(OWNER, "Action=DescribeVpcs&MaxResults=100")]).await
}

async fn subnets(aws: &Aws, count: usize) -> Filled {
    let mut calls = Vec::new();
    while calls.len() < count {
        let vpc = vpc(aws, OWNER).await;
        let place = |index| format!("VpcId={vpc}&CidrBlock=10.0.{index}.0/24&AvailabilityZoneId=use1-az1");
        calls.extend((0..SUBNETS).map(|index| ec2(OWNER, format!("Action=CreateSubnet&{}", place(index)))));
    }
    let one = |account: &str, id: &str| ec2(account, format!("Action=DescribeSubnets&SubnetId.1={id}"));
    fill(aws, calls, "subnetId", one, vec![ec2(OWNER, "Action=DescribeSubnets&MaxResults=100")]).await
}

async fn interfaces(aws: &Aws, count: usize) -> Filled {
    let vpc = vpc(aws, OWNER).await;
    let mut calls = Vec::new();
    for index in 0..count.div_ceil(200) {
        let subnet = subnet(aws, OWNER, &vpc, index).await;
        let call = format!("Action=RunInstances&ImageId=ami-0&SubnetId={subnet}&MinCount=1&MaxCount=1");
        calls.extend(vec![ec2(OWNER, call); 200]);
    }
    // Instances do not tell their interfaces; they go by address.
    let one = |account: &str, id: &str| ec2(account, format!("Action=DescribeInstances&InstanceId.1={id}"));
    fill(aws, calls, "instanceId", one, vec![ec2(OWNER, "Action=DescribeNetworkInterfaces&MaxResults=100")]).await
}

/// Makes a load balancer for each of the subnets' indexes and gives their ARNs.
fn balancer(subnet: &str, index: usize) -> String {
    format!("Action=CreateLoadBalancer&Name=bench-{index}&Type=network&Scheme=internal&Subnets.member.1={subnet}")
}

/// Makes a service that everybody may use without asking, and gives its id.
async fn service(aws: &Aws, account: &str, balancer: &str) -> String {
    let call = format!(
        "Action=CreateVpcEndpointServiceConfiguration&AcceptanceRequired=false&NetworkLoadBalancerArn.1={balancer}"
    );
    aws.get(&ec2(account, call), "serviceId").await
}

fn admit(account: &str, service: &str) -> Call {
    let call = format!("Action=ModifyVpcEndpointServicePermissions&ServiceId={service}&AddAllowedPrincipals.1=*");
    ec2(account, call)
}

async fn endpoints(aws: &Aws, count: usize, connections: bool) -> Filled {
    let near = vpc(aws, OWNER).await;
    let near = subnet(aws, OWNER, &near, 0).await;
    let balancer = aws.get(&elb(OWNER, balancer(&near, 0)), "LoadBalancerArn").await;
    aws.settle().await;
    let service = service(aws, OWNER, &balancer).await;
    aws.ask(&admit(OWNER, &service)).await;
    aws.settle().await;
    let mut calls = Vec::new();
    for index in 0..count.div_ceil(200) {
        let vpc = vpc(aws, CONSUMER).await;
        let subnet = subnet(aws, CONSUMER, &vpc, index).await;
        let call = format!(
            "Action=CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&SubnetId.1={subnet}\
             &ServiceName=com.amazonaws.vpce.us-east-1.{service}"
        );
        calls.extend(vec![ec2(CONSUMER, call); 200]);
    }
    let one = |account: &str, id: &str| ec2(account, format!("Action=DescribeVpcEndpoints&VpcEndpointId.1={id}"));
    let page = if connections {
        ec2(OWNER, "Action=DescribeVpcEndpointConnections&MaxResults=100")
    } else {
        ec2(CONSUMER, "Action=DescribeVpcEndpoints&MaxResults=100")
    };
    fill(aws, calls, "vpcEndpointId", one, vec![page]).await
}

/// Accounts and their subnets, enough for so many load balancers.
async fn accounts(aws: &Aws, count: usize) -> Vec<(String, String)> {
    let mut accounts = Vec::new();
    for index in 0..count.div_ceil(BALANCERS) {
        let account = format!("3{index:011}");
        let vpc = vpc(aws, &account).await;
        let call = format!("Action=CreateSubnet&VpcId={vpc}&CidrBlock=10.0.0.0/20&AvailabilityZoneId=use1-az1");
        let subnet = aws.get(&ec2(&account, call), "subnetId").await;
        accounts.push((account, subnet));
    }
    accounts
}

async fn balancers(aws: &Aws, count: usize) -> Filled {
    let accounts = accounts(aws, count).await;
    let calls = accounts
        .iter()
        .flat_map(|(account, subnet)| (0..BALANCERS).map(move |index| elb(account, balancer(subnet, index))));
    let one = |account: &str, arn: &str| {
        elb(account, format!("Action=DescribeLoadBalancers&LoadBalancerArns.member.1={arn}"))
    };
    let page = accounts.iter().map(|(account, _)| elb(account, "Action=DescribeLoadBalancers&PageSize=100")).collect();
    fill(aws, calls.collect(), "LoadBalancerArn", one, page).await
}

async fn services(aws: &Aws, count: usize, seen: bool) -> Filled {
    let accounts = accounts(aws, count).await;
    let mut bound = Vec::new();
    for (account, subnet) in &accounts {
        for index in 0..BALANCERS {
            bound.push((account, aws.get(&elb(account, balancer(subnet, index)), "LoadBalancerArn").await));
        }
    }
    aws.settle().await;
    let calls = bound.iter().map(|(account, arn)| {
        ec2(account, format!("Action=CreateVpcEndpointServiceConfiguration&NetworkLoadBalancerArn.1={arn}"))
    });
    let one = |account: &str, id: &str| {
        ec2(account, format!("Action=DescribeVpcEndpointServiceConfigurations&ServiceId.1={id}"))
    };
    let own = "Action=DescribeVpcEndpointServiceConfigurations&MaxResults=100";
    let page = accounts.iter().map(|(account, _)| ec2(account, own)).collect();
    let mut filled = fill(aws, calls.collect(), "serviceId", one, page).await;
    if seen {
        let start = Instant::now();
        for read in &filled.one {
            let id = read.body.rsplit('=').next().unwrap();
            aws.ask(&admit(&read.account, id)).await;
        }
        filled.creates = rate(filled.one.len(), start);
        aws.settle().await;
        let name = |id: &str| format!("ServiceName.1=com.amazonaws.vpce.us-east-1.{id}");
        let ids = filled.one.iter().map(|read| read.body.rsplit('=').next().unwrap().to_owned());
        let reads = ids.map(|id| ec2(CONSUMER, format!("Action=DescribeVpcEndpointServices&{}", name(&id))));
        filled.one = reads.collect();
        filled.page = vec![ec2(CONSUMER, "Action=DescribeVpcEndpointServices&MaxResults=100")];
    }
    filled
}
