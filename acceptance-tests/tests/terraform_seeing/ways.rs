//! The ways that not every connection has: from a known subnet through network ACLs and routes, and through an application load balancer.

use acceptance_tests::terraform::{CONSUMER, Case, Outcome, SERVICE, element, patiently};
use serde_json::{Value, json};

use super::{Failure, RUNBOOK, beside, connected, fails_at, group_named, text};

/// A client in the first subnet, where the endpoint has no interface: requests go to another subnet.
async fn away_from_the_endpoint(case: &Case) -> Result<(), Failure> {
    let others = "slice(sort(var.consumer_subnet_ids), 1, length(var.consumer_subnet_ids))";
    case.workspace.replace("consumer.tf", "var.consumer_subnet_ids", others)?;
    Ok(())
}

/// The consumer's subnets, the client's first.
fn subnets(case: &Case) -> Vec<String> {
    let ids = case.landscape["consumer_subnet_ids"].as_array().unwrap().iter();
    let mut ids: Vec<String> = ids.map(|id| id.as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

pub(crate) async fn a_check_fails_where_the_network_or_the_service_stops() -> Outcome {
    let case = connected(away_from_the_endpoint).await?;
    let subnets = subnets(&case);
    let values = json!({
        "endpoint_id": text(&case, "privatelink_consumer", "/id").await?,
        "security_group_id": case.id("application_security_group_id"),
        "subnet_id": subnets[0],
    });
    let runbook = beside(&case, RUNBOOK, &values).await?;
    let whole = runbook.plan(&[]).await?.ended_with(2)?;
    assert!(!whole.said().contains("Check block") && whole.said().contains("reachable = true"), "{}", whole.said());

    let service = text(&case, "privatelink_service", "/id").await?;
    case.simulator.set("endpoint_service", &service, &json!({"state": "Deleted"})).await?;
    fails_at(&runbook, "service", "show no such service").await?;

    let acl = case.id("consumer_vpc_id").replacen("vpc-", "acl-", 1);
    let entry = [("NetworkAclId", acl.as_str()), ("RuleNumber", "60"), ("Egress", "true")];
    let ports = [("PortRange.From", "443"), ("PortRange.To", "443")];
    let denies = [("Protocol", "6"), ("RuleAction", "deny"), ("CidrBlock", "0.0.0.0/0")];
    let whole = [&entry[..], &ports, &denies].concat();
    case.simulator.act_as(CONSUMER, "ec2", "CreateNetworkAclEntry", &whole).await?;
    fails_at(&runbook, "network_acl", "rule 60 denies them").await?;
    case.simulator.act_as(CONSUMER, "ec2", "DeleteNetworkAclEntry", &entry).await?;

    black_hole(&case, &subnets).await?;
    fails_at(&runbook, "route", "which is gone").await?;
    Ok(())
}

/// Routes to the endpoint's subnets past an instance that is gone.
async fn black_hole(case: &Case, subnets: &[String]) -> Result<(), Failure> {
    let run = [("ImageId", "ami-0123456789abcdef0"), ("MinCount", "1"), ("MaxCount", "1"), ("SubnetId", &subnets[0])];
    let made = case.simulator.act_as(CONSUMER, "ec2", "RunInstances", &run).await?;
    let instance = element(&made, "instanceId")?.to_owned();
    let of_subnet = [("Filter.1.Name", "subnet-id"), ("Filter.1.Value.1", subnets[0].as_str())];
    let middlebox = patiently("no interface of the instance", async || {
        let said = case.simulator.act_as(CONSUMER, "ec2", "DescribeNetworkInterfaces", &of_subnet).await?;
        Ok(element(&said, "networkInterfaceId").ok().map(str::to_owned))
    });
    let middlebox = middlebox.await?;
    let table = case.id("consumer_vpc_id").replacen("vpc-", "rtb-", 1);
    for subnet in &subnets[1..] {
        let said = case.simulator.act_as(CONSUMER, "ec2", "DescribeSubnets", &[("SubnetId.1", subnet)]).await?;
        let route = [
            ("RouteTableId", table.as_str()),
            ("DestinationCidrBlock", element(&said, "cidrBlock")?),
            ("NetworkInterfaceId", middlebox.as_str()),
        ];
        case.simulator.act_in_time((CONSUMER, "us-east-1"), "ec2", "CreateRoute", &route).await?;
    }
    case.simulator.act_as(CONSUMER, "ec2", "TerminateInstances", &[("InstanceId.1", &instance)]).await?;
    Ok(())
}

/// An application load balancer that somebody else made: its ARN, security group, listener and target group.
struct Application {
    arn: String,
    security_group: String,
    listener: String,
    group: String,
}

impl Application {
    async fn new(case: &Case) -> Result<Self, Failure> {
        let elb = async |action: &str, parameters: &[(&str, &str)]| {
            case.simulator.act_in_time((SERVICE, "us-east-1"), "elasticloadbalancing", action, parameters).await
        };
        let vpc = case.id("provider_vpc_id");
        let group = [("GroupName", "web"), ("GroupDescription", "web"), ("VpcId", vpc)];
        case.simulator.act_as(SERVICE, "ec2", "CreateSecurityGroup", &group).await?;
        let security_group = group_named(case, SERVICE, "web").await?;
        let open = json!({"ingress": {"cidr": "10.10.0.0/16", "port": 80}});
        case.simulator.set("security_group", &security_group, &open).await?;
        let texts = |name: &str| -> Vec<String> {
            case.landscape[name].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
        };
        let members = |prefix: &str, suffix: &str, ids: &[String]| -> Vec<(String, String)> {
            let each = ids.iter().enumerate();
            each.map(|(number, id)| (format!("{prefix}.member.{}{suffix}", number + 1), id.clone())).collect()
        };
        let subnets = members("Subnets", "", &texts("provider_subnet_ids"));
        let mut balancer = vec![("Name", "web"), ("Type", "application"), ("Scheme", "internal")];
        balancer.push(("SecurityGroups.member.1", &security_group));
        balancer.extend(subnets.iter().map(|(key, id)| (key.as_str(), id.as_str())));
        let made = elb("CreateLoadBalancer", &balancer).await?;
        let arn = element(&made, "LoadBalancerArn")?.to_owned();
        let pages =
            [("Name", "pages"), ("Protocol", "HTTP"), ("Port", "80"), ("VpcId", vpc), ("TargetType", "instance")];
        let made = elb("CreateTargetGroup", &pages).await?;
        let group = element(&made, "TargetGroupArn")?.to_owned();
        let targets = members("Targets", ".Id", &texts("provider_instance_ids"));
        let mut registered = vec![("TargetGroupArn", group.as_str())];
        registered.extend(targets.iter().map(|(key, id)| (key.as_str(), id.as_str())));
        elb("RegisterTargets", &registered).await?;
        let listener = [
            ("LoadBalancerArn", arn.as_str()),
            ("Protocol", "HTTP"),
            ("Port", "80"),
            ("DefaultActions.member.1.Type", "forward"),
            ("DefaultActions.member.1.TargetGroupArn", group.as_str()),
        ];
        let made = elb("CreateListener", &listener).await?;
        let listener = element(&made, "ListenerArn")?.to_owned();
        Ok(Self { arn, security_group, listener, group })
    }
}

pub(crate) async fn a_check_fails_at_each_hop_through_an_application_load_balancer() -> Outcome {
    let mut application = None;
    let case = connected(async |case: &Case| {
        let made = Application::new(case).await?;
        let through = format!("target_port = 80\n    target_ids  = [\"{}\"]", made.arn);
        case.workspace.replace("service.tf", "target_ids = var.provider_instance_ids", &through)?;
        application = Some(made);
        Ok(())
    });
    let case = case.await?;
    let application = application.ok_or("no application load balancer")?;
    let values = json!({
        "endpoint_id": text(&case, "privatelink_consumer", "/id").await?,
        "security_group_id": case.id("application_security_group_id"),
    });
    let runbook = beside(&case, RUNBOOK, &values).await?;
    let front = text(&case, "privatelink_service", "/listeners/https/target_group_arn").await?;
    // The load balancer in front goes on believing, so that the one behind is what breaks.
    let believes = async || {
        case.simulator.set("target", &format!("{front}/{}", application.arn), &json!({"state": "healthy"})).await
    };
    for instance in case.landscape["provider_instance_ids"].as_array().unwrap() {
        let target = format!("{}/{}", application.group, instance.as_str().unwrap());
        case.simulator.set("target", &target, &json!({"state": "unhealthy"})).await?;
    }
    fails_at(&runbook, "target", "no healthy target").await?;
    for (kind, id, state, hop) in [
        ("listener", &application.listener, json!({"removed": true}), "application_load_balancer_listener"),
        (
            "security_group",
            &application.security_group,
            json!({"ingress": Value::Null}),
            "application_load_balancer_security_group",
        ),
        ("load_balancer", &application.arn, json!({"state": "failed"}), "application_load_balancer"),
    ] {
        case.simulator.set(kind, id, &state).await?;
        believes().await?;
        fails_at(&runbook, hop, "Check block").await?;
    }
    Ok(())
}
