//! Every shape of request that hashicorp/aws sends for the objects of the chain is understood.
//!
//! `hashicorp_shapes.txt` holds one line a shape: service, method, path, and the form or XML, with this test's own values. `{…}` is filled
//! from a world in which the chain stands.

use std::collections::BTreeMap;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::request::WireRequest;

use crate::support::{PROVIDER, Scene, pass};
use crate::wire::{self, Answer, ec2, send, signed};

const SHAPES: &str = include_str!("hashicorp_shapes.txt");

/// Refusals of what a request is; others are of what the world is like.
const OF_FORM: &[&str] = &[
    "AuthFailure",
    "InvalidAction",
    "InvalidInput",
    "InvalidParameterCombination",
    "InvalidParameterValue",
    "InvalidServiceName",
    "MalformedQueryString",
    "MissingParameter",
    "NotSimulated",
    "SignatureDoesNotMatch",
    "ValidationError",
];

async fn elb(world: &World, fields: &str) -> Answer {
    wire::form(world, PROVIDER, ("us-east-1", "elasticloadbalancing"), fields).await
}

fn first(answer: &Answer, name: &str) -> String {
    answer.all(name).into_iter().next().unwrap_or_else(|| panic!("no {name} in {}", answer.body))
}

/// Makes the chain in one account and gives what the shapes name.
async fn stage() -> (World, BTreeMap<&'static str, String>) {
    let scene = Scene::calm();
    let (world, vpc) = (scene.world.clone(), scene.vpc());
    let group = format!("Action=CreateSecurityGroup&GroupName=lb&GroupDescription=lb&VpcId={vpc}");
    let group = first(&ec2(&world, PROVIDER, &group).await, "groupId");
    let rule = format!(
        "Action=AuthorizeSecurityGroupIngress&GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22\
         &IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8"
    );
    let rule = first(&ec2(&world, PROVIDER, &rule).await, "securityGroupRuleId");
    let balancer = format!(
        "Action=CreateLoadBalancer&Name=front&Type=network&Scheme=internal&Subnets.member.1={}&Subnets.member.2={}",
        scene.subnet(0),
        scene.subnet(1)
    );
    let balancer = first(&elb(&world, &balancer).await, "LoadBalancerArn");
    let target_group = format!("Action=CreateTargetGroup&Name=back&Protocol=TCP&Port=443&TargetType=ip&VpcId={vpc}");
    let target_group = first(&elb(&world, &target_group).await, "TargetGroupArn");
    pass(601).await;
    let listener = format!(
        "Action=CreateListener&LoadBalancerArn={balancer}&Port=80&Protocol=TCP&DefaultActions.member.1.Type=forward\
         &DefaultActions.member.1.TargetGroupArn={target_group}"
    );
    let listener = first(&elb(&world, &listener).await, "ListenerArn");
    let service = format!("Action=CreateVpcEndpointServiceConfiguration&NetworkLoadBalancerArn.1={balancer}");
    let service = first(&ec2(&world, PROVIDER, &service).await, "serviceId");
    pass(601).await;
    let endpoint = format!(
        "Action=CreateVpcEndpoint&VpcEndpointType=Interface&VpcId={vpc}&SubnetId.1={}&PrivateDnsEnabled=false\
         &ServiceName=com.amazonaws.vpce.us-east-1.{service}",
        scene.subnet(0)
    );
    let endpoint = first(&ec2(&world, PROVIDER, &endpoint).await, "vpcEndpointId");
    let accept = format!("Action=AcceptVpcEndpointConnections&ServiceId={service}&VpcEndpointId.1={endpoint}");
    pass(31).await;
    ec2(&world, PROVIDER, &accept).await;
    pass(601).await;
    let seen = ec2(&world, PROVIDER, &format!("Action=DescribeVpcEndpoints&VpcEndpointId.1={endpoint}")).await;
    let zone = scene.route53.create_hosted_zone().name("internal.test").caller_reference("stage");
    let of = aws_sdk_route53::types::Vpc::builder().vpc_id(&vpc).vpc_region("us-east-1".into()).build();
    let zone = zone.vpc(of).send().await.unwrap();
    let change = zone.change_info().unwrap().id().trim_start_matches("/change/").to_owned();
    let zone = zone.hosted_zone().unwrap().id().trim_start_matches("/hostedzone/").to_owned();
    let filled = BTreeMap::from([
        ("{vpc}", vpc),
        ("{subnet1}", scene.subnet(0)),
        ("{subnet2}", scene.subnet(1)),
        ("{subnet3}", scene.subnet(2)),
        ("{group}", group),
        ("{rule}", rule),
        ("{interface}", first(&seen, "networkInterfaceIdSet><item")),
        ("{instance}", scene.instance(0)),
        ("{balancer}", balancer),
        ("{target_group}", target_group),
        ("{listener}", listener),
        ("{service}", service),
        ("{endpoint_name}", first(&seen, "dnsName")),
        ("{endpoint}", endpoint),
        ("{zone}", zone),
        ("{change}", change),
    ]);
    (world, filled)
}

#[tokio::test(start_paused = true)]
async fn every_shape_of_hashicorp_aws_is_understood() {
    let mut refused = Vec::new();
    let lines: Vec<&str> = SHAPES.lines().collect();
    assert!(lines.len() > 80, "{} shapes", lines.len());
    for line in lines {
        let (world, filled) = stage().await;
        let line = filled.iter().fold(line.to_owned(), |line, (name, value)| line.replace(name, value));
        assert!(!line.contains('{') || line.contains("Statement"), "nothing to fill in for {line}");
        let mut words = line.splitn(4, ' ');
        let (service, method, path) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        let body = words.next().unwrap_or_default();
        let answer = if service == "route53" {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let request = WireRequest {
                method: method.to_owned(),
                path: path.to_owned(),
                query: query.to_owned(),
                // As hashicorp/aws signs where it was given an endpoint.
                authorization: signed(PROVIDER, "us-west-2", service),
                body: body.to_owned().into(),
                ..WireRequest::default()
            };
            send(&world, request).await
        } else {
            wire::form(&world, PROVIDER, ("us-east-1", service), body).await
        };
        if answer.status >= 500 || OF_FORM.contains(&answer.code().as_str()) {
            refused.push(format!("{} {}: {line}", answer.code(), answer.message()));
        }
    }
    assert!(refused.is_empty(), "refused for their form: {refused:#?}");
}
