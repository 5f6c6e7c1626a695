//! The service's side through real Terraform: each of its examples is made, planned empty twice, and removed;
//! and what connected consumers forbid stays undone.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{CONSUMER, Case, Outcome, SERVICE, Source, Tool, element, patiently};
use serde_json::{Map, Value, json};

suite!(Terraform:
    listeners_of_every_protocol_and_a_dynamic_block,
    existing_load_balancers_are_left_as_they_are,
    rules_of_acceptance_and_notifications,
    fixed_addresses_and_security_groups,
    an_application_load_balancer_behind_the_service,
    another_name_and_tags_reach_every_object,
    a_forced_destroy_rejects_whom_a_rule_accepted,
    both_address_families_and_a_further_region,
    a_chain_made_by_hand_is_imported_with_a_generated_configuration_that_plans_empty,
    a_replacement_is_refused_while_a_consumer_is_connected,
);

/// Account and Region of the service.
const OWNER: (&str, &str) = (SERVICE, "us-east-1");

/// An example on a simulator of its own, with the account of the service.
async fn case(
    example: &str,
    variables: impl FnOnce(&Map<String, Value>) -> Value,
) -> Result<Case, Box<dyn std::error::Error>> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    let mut case = Case::start(&Tool::required()?, simulator, Source::Example(example)).await?;
    case.workspace.set("AWS_PROFILE", "service");
    case.workspace.variables(variables(&case.landscape).as_object().unwrap())?;
    Ok(case)
}

async fn listeners_of_every_protocol_and_a_dynamic_block() -> Outcome {
    let variables = |ids: &Map<String, Value>| {
        json!({
            "subnet_ids": ids["provider_subnet_ids"],
            "instance_ids": ids["provider_instance_ids"],
            "certificate_arn": "arn:aws:acm:us-east-1:111111111111:certificate/01234567-89ab-cdef-0123-456789abcdef",
            "more_certificate_arns": ["arn:aws:acm:us-east-1:111111111111:certificate/11111111-89ab-cdef-0123-456789abcdef"],
            "trust_store_arn":
                "arn:aws:elasticloadbalancing:us-east-1:111111111111:truststore/clients/0123456789abcdef",
            "more_listeners": {"metrics": 9100, "admin": 8443},
        })
    };
    let case = case("service/protocols", variables).await?;
    case.apply().await?;
    assert_eq!(case.simulator.objects().await?.of("listener").len(), 6);
    case.workspace.replace("main.tf", "HTTP2Preferred", "HTTP2Only")?;
    case.simulator.forget_calls().await?;
    case.apply().await?;
    assert_eq!(case.writes().await?, ["ModifyListener"], "one listener in place, and no other");
    case.destroy().await?;
    Ok(())
}

async fn existing_load_balancers_are_left_as_they_are() -> Outcome {
    let case = case("service/existing", |_| json!({})).await?;
    let subnet = case.landscape["provider_subnet_ids"][0].as_str().unwrap().to_owned();
    let mut arns = Vec::new();
    for name in ["first", "second"] {
        let wanted =
            [("Name", name), ("Type", "network"), ("Scheme", "internal"), ("Subnets.member.1", subnet.as_str())];
        let made = case.simulator.act_as(SERVICE, "elasticloadbalancing", "CreateLoadBalancer", &wanted).await?;
        arns.push(element(&made, "LoadBalancerArn")?.to_owned());
    }
    case.simulator.forget_calls().await?;
    let variables = |arns: &[String]| json!({"load_balancer_arns": arns, "consumer_account_ids": ["222222222222"]});
    case.workspace.variables(variables(&arns[..1]).as_object().unwrap())?;
    case.apply().await?;
    case.workspace.variables(variables(&arns).as_object().unwrap())?;
    case.apply().await?;
    case.workspace.variables(variables(&arns[1..]).as_object().unwrap())?;
    case.apply().await?;
    case.workspace.destroy(&[]).await?.succeeded()?;
    let writes = case.writes().await?;
    // The tags say which run is at work.
    let is_ours = |write: &&String| write.contains("VpcEndpointService") || *write == "CreateTags";
    assert!(writes.iter().all(|write| is_ours(&write)), "{writes:?}");
    let mut left: Vec<String> =
        case.simulator.objects().await?.of("load_balancer").iter().map(ToString::to_string).collect();
    left.sort();
    arns.sort();
    assert_eq!(left, arns);
    Ok(())
}

async fn rules_of_acceptance_and_notifications() -> Outcome {
    let variables = |ids: &Map<String, Value>| {
        json!({
            "subnet_ids": ids["provider_subnet_ids"],
            "instance_ids": ids["provider_instance_ids"],
            "consumer_account_ids": ["222222222222"],
            "trusted_account_ids": ["222222222222"],
            "topic_arn": "arn:aws:sns:us-east-1:111111111111:connections",
        })
    };
    let case = case("service/access", variables).await?;
    case.apply().await?;
    assert_eq!(case.workspace.outputs().await?["waiting"], json!([]));
    case.workspace.replace("main.tf", "[\"Connect\", \"Reject\"]", "[\"Connect\"]")?;
    case.apply().await?;
    case.destroy().await?;
    Ok(())
}

async fn fixed_addresses_and_security_groups() -> Outcome {
    let case = case("service/guarded", |_| json!({})).await?;
    let vpc = case.id("provider_vpc_id").to_owned();
    let wanted = [("GroupName", "balancer"), ("GroupDescription", "balancer"), ("VpcId", vpc.as_str())];
    let made = case.simulator.act_as(SERVICE, "ec2", "CreateSecurityGroup", &wanted).await?;
    let group = element(&made, "groupId")?.to_owned();
    let subnets = &case.landscape["provider_subnet_ids"];
    let addresses = Map::from_iter([
        (subnets[0].as_str().unwrap().to_owned(), json!("10.10.1.50")),
        (subnets[1].as_str().unwrap().to_owned(), json!("10.10.2.50")),
    ]);
    let variables = json!({
        "addresses": addresses,
        "security_group_ids": [group],
        "log_bucket": "our-logs",
        "instance_ids": case.landscape["provider_instance_ids"],
    });
    case.workspace.variables(variables.as_object().unwrap())?;
    case.apply().await?;
    case.workspace.destroy(&[]).await?.succeeded()?;
    case.simulator.act_as(SERVICE, "ec2", "DeleteSecurityGroup", &[("GroupId", group.as_str())]).await?;
    case.is_clean().await?;
    Ok(())
}

async fn an_application_load_balancer_behind_the_service() -> Outcome {
    let case = case("service/application", |_| json!({})).await?;
    let subnets: Vec<&str> =
        case.landscape["provider_subnet_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let wanted = [
        ("Name", "web"),
        ("Type", "application"),
        ("Scheme", "internal"),
        ("Subnets.member.1", subnets[0]),
        ("Subnets.member.2", subnets[1]),
    ];
    let made = case.simulator.act_as(SERVICE, "elasticloadbalancing", "CreateLoadBalancer", &wanted).await?;
    let web = element(&made, "LoadBalancerArn")?.to_owned();
    let variables = json!({"subnet_ids": subnets[..2], "application_load_balancer_arn": web});
    case.workspace.variables(variables.as_object().unwrap())?;

    // Without its listener it cannot be registered, and the message says so.
    let refused = case.workspace.apply(&[]).await?.ended_with(1)?;
    assert!(refused.said().contains("a listener on target_port"), "{}", refused.said());
    let wanted = [
        ("LoadBalancerArn", web.as_str()),
        ("Protocol", "HTTP"),
        ("Port", "80"),
        ("DefaultActions.member.1.Type", "fixed-response"),
        ("DefaultActions.member.1.FixedResponseConfig.StatusCode", "200"),
    ];
    case.simulator.act_in_time(OWNER, "elasticloadbalancing", "CreateListener", &wanted).await?;
    case.workspace.run(&["untaint", "privatelink_service.web"]).await?.succeeded()?;
    case.apply().await?;
    case.workspace.replace("main.tf", "200-399", "200")?;
    case.simulator.forget_calls().await?;
    case.apply().await?;
    assert_eq!(case.writes().await?, ["ModifyTargetGroup"]);
    case.workspace.destroy(&[]).await?.succeeded()?;
    let arn = [("LoadBalancerArn", web.as_str())];
    case.simulator.act_as(SERVICE, "elasticloadbalancing", "DeleteLoadBalancer", &arn).await?;
    Ok(())
}

async fn another_name_and_tags_reach_every_object() -> Outcome {
    let variables = |ids: &Map<String, Value>| json!({"subnet_ids": ids["provider_subnet_ids"], "instance_ids": ids["provider_instance_ids"]});
    let case = case("service", variables).await?;
    case.apply().await?;
    let before = case.workspace.outputs().await?;
    case.workspace.replace("main.tf", "\"orders-api\"", "\"orders-next\"")?;
    case.simulator.forget_calls().await?;
    let applied = case.apply().await?;
    assert!(applied.stdout.contains("0 added, 1 changed, 0 destroyed"), "{}", applied.said());
    let mut writes = case.writes().await?;
    writes.sort();
    let retagged = ["AddTags", "AddTags", "AddTags", "AddTags", "AddTags", "CreateTags"];
    assert_eq!(writes, retagged, "load balancer, two groups and listeners, service");
    case.workspace.replace("main.tf", "Team = \"orders\"", "Team = \"shop\"")?;
    case.simulator.forget_calls().await?;
    case.apply().await?;
    let mut writes = case.writes().await?;
    writes.sort();
    assert_eq!(writes, retagged);
    assert_eq!(case.workspace.outputs().await?, before, "consumers hold the name");
    case.destroy().await?;
    Ok(())
}

async fn a_forced_destroy_rejects_whom_a_rule_accepted() -> Outcome {
    let variables = |ids: &Map<String, Value>| {
        json!({
            "subnet_ids": ids["provider_subnet_ids"],
            "instance_ids": ids["provider_instance_ids"],
            "consumer_account_ids": ["222222222222"],
            "trusted_account_ids": ["222222222222"],
            "topic_arn": "arn:aws:sns:us-east-1:111111111111:connections",
        })
    };
    let case = case("service/access", variables).await?;
    case.apply().await?;
    let state = case.workspace.show().await?;
    let service = state["values"]["root_module"]["resources"][0]["values"].clone();
    let (vpc, subnet) = (case.id("consumer_vpc_id"), case.landscape["consumer_subnet_ids"][0].as_str().unwrap());
    let wanted = [
        ("VpcEndpointType", "Interface"),
        ("VpcId", vpc),
        ("ServiceName", service["service_name"].as_str().unwrap()),
        ("SubnetId.1", subnet),
        ("PrivateDnsEnabled", "false"),
    ];
    let made = case.simulator.act_in_time((CONSUMER, "us-east-1"), "ec2", "CreateVpcEndpoint", &wanted).await?;
    let endpoint = element(&made, "vpcEndpointId")?.to_owned();
    let question = [("Filter.1.Name", "service-id"), ("Filter.1.Value.1", service["id"].as_str().unwrap())];
    let connections = async || case.simulator.act_as(SERVICE, "ec2", "DescribeVpcEndpointConnections", &question).await;
    patiently("the connection does not show", async || {
        Ok(Some(connections().await?).filter(|told| told.contains("<vpcEndpointState>pendingAcceptance")))
    })
    .await?;
    let planned = case.workspace.plan(&[]).await?;
    assert!(planned.said().contains(&format!("- \"{endpoint}\"")), "{}", planned.said());
    case.simulator.forget_calls().await?;
    case.workspace.apply(&[]).await?.succeeded()?;
    assert_eq!(case.writes().await?, ["AcceptVpcEndpointConnections"]);
    // What becomes of a connection afterwards is no change of the service.
    patiently("the endpoint does not work", async || {
        Ok(Some(connections().await?).filter(|told| told.contains("<vpcEndpointState>available")))
    })
    .await?;
    case.is_settled().await?;
    let destroyed = case.workspace.destroy(&[]).await?.succeeded()?;
    assert!(destroyed.said().contains("they are rejected first"), "{}", destroyed.said());
    let writes = case.writes().await?;
    let place = |operation: &str| writes.iter().position(|write| write == operation).unwrap();
    let (rejected, deleted) = (place("RejectVpcEndpointConnections"), place("DeleteVpcEndpointServiceConfigurations"));
    assert!(rejected < deleted, "{writes:?}");
    case.simulator.act_as(CONSUMER, "ec2", "DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]).await?;
    Ok(())
}

/// A configuration of one service in the account of the service.
fn service(body: &str) -> String {
    format!(
        "terraform {{\n  required_providers {{\n    privatelink = {{\n      source = \"privatelink/privatelink\"\n    }}\n  \
         }}\n}}\n\nprovider \"privatelink\" {{}}\n\n{body}\n"
    )
}

async fn both_address_families_and_a_further_region() -> Outcome {
    let case = case("service", |_| json!({})).await?;
    let wanted = [("CidrBlock", "10.40.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")];
    let made = case.simulator.act_as(SERVICE, "ec2", "CreateVpc", &wanted).await?;
    let vpc = element(&made, "vpcId")?.to_owned();
    let block = element(&made, "ipv6CidrBlock")?.replace("00::/56", "01::/64");
    let wanted = [
        ("VpcId", vpc.as_str()),
        ("CidrBlock", "10.40.1.0/24"),
        ("Ipv6CidrBlock", block.as_str()),
        ("AvailabilityZone", "us-east-1a"),
    ];
    let made = case.simulator.act_in_time(OWNER, "ec2", "CreateSubnet", &wanted).await?;
    let subnet = element(&made, "subnetId")?.to_owned();
    let address = block.replace("::/64", "::50");
    let body = service(&format!(
        "resource \"privatelink_service\" \"both\" {{\n  name = \"both\"\n\n  subnet_mapping {{\n    subnet_id    = \
         \"{subnet}\"\n    ipv6_address = \"{address}\"\n  }}\n\n  supported_ip_address_types = [\"ipv4\", \"ipv6\"]\n  \
         supported_regions          = [\"eu-west-1\"]\n\n  load_balancer {{\n    ip_address_type = \"dualstack\"\n  }}\n\n  \
         listener {{\n    name        = \"https\"\n    port        = 443\n    target_type = \"ip\"\n  }}\n}}"
    ));
    case.workspace.write("main.tf", &body)?;
    case.workspace.variables(&Map::new())?;
    case.apply().await?;
    case.workspace.replace("main.tf", "[\"eu-west-1\"]", "[]")?;
    case.workspace.replace("main.tf", "[\"ipv4\", \"ipv6\"]", "[\"ipv4\"]")?;
    case.simulator.forget_calls().await?;
    case.apply().await?;
    assert_eq!(case.writes().await?, ["ModifyVpcEndpointServiceConfiguration"], "both in one call");
    // A Region that does not exist is refused with those that do.
    case.workspace.replace("main.tf", "= []", "= [\"eu-west-9\"]")?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    assert!(refused.said().contains("eu-west-1, eu-west-2"), "{}", refused.said());
    case.workspace.replace("main.tf", "= [\"eu-west-9\"]", "= []")?;
    case.workspace.destroy(&[]).await?.succeeded()?;
    Ok(())
}

async fn a_chain_made_by_hand_is_imported_with_a_generated_configuration_that_plans_empty() -> Outcome {
    let case = case("service", |_| json!({})).await?;
    let act = async |service: &str, action: &str, wanted: &[(&str, &str)]| {
        case.simulator.act_in_time(OWNER, service, action, wanted).await
    };
    let elb = "elasticloadbalancing";
    let (vpc, subnet) = (case.id("provider_vpc_id"), case.landscape["provider_subnet_ids"][0].as_str().unwrap());
    let instance = case.landscape["provider_instance_ids"][0].as_str().unwrap();
    let wanted = [("Name", "by-hand"), ("Type", "network"), ("Scheme", "internal"), ("Subnets.member.1", subnet)];
    let made = act(elb, "CreateLoadBalancer", &wanted).await?;
    let balancer = element(&made, "LoadBalancerArn")?.to_owned();
    let wanted = [("Name", "by-hand"), ("Protocol", "TCP"), ("Port", "8443"), ("VpcId", vpc)];
    let made = act(elb, "CreateTargetGroup", &wanted).await?;
    let group = element(&made, "TargetGroupArn")?.to_owned();
    let wanted = [("TargetGroupArn", group.as_str()), ("Targets.member.1.Id", instance)];
    act(elb, "RegisterTargets", &wanted).await?;
    let wanted = [
        ("LoadBalancerArn", balancer.as_str()),
        ("Protocol", "TCP"),
        ("Port", "443"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", group.as_str()),
    ];
    act(elb, "CreateListener", &wanted).await?;
    let wanted = [("NetworkLoadBalancerArn.1", balancer.as_str()), ("AcceptanceRequired", "false")];
    let made = act("ec2", "CreateVpcEndpointServiceConfiguration", &wanted).await?;
    let id = element(&made, "serviceId")?.to_owned();
    let wanted = [("ServiceId", id.as_str()), ("AddAllowedPrincipals.1", "arn:aws:iam::222222222222:root")];
    act("ec2", "ModifyVpcEndpointServicePermissions", &wanted).await?;
    act("ec2", "DescribeVpcEndpointServiceConfigurations", &[("ServiceId.1", id.as_str())]).await?;

    // Terraform 1.16 generates only where the provider is named, and every version refuses its name beside a configuration.
    let provider = "  provider = privatelink\n";
    let import = service(&format!("import {{\n{provider}  to = privatelink_service.found\n  id = \"{id}\"\n}}"));
    case.workspace.write("main.tf", &import)?;
    case.workspace.variables(&Map::new())?;
    let planned = case.workspace.plan(&["-generate-config-out=generated.tf"]).await?;
    assert!(planned.said().contains("1 to import, 0 to add, 0 to change, 0 to destroy"), "{}", planned.said());
    case.workspace.replace("main.tf", provider, "")?;
    case.simulator.forget_calls().await?;
    let applied = case.workspace.apply(&[]).await?.succeeded()?;
    assert!(applied.stdout.contains("1 imported, 0 added, 0 changed, 0 destroyed"), "{}", applied.said());
    assert_eq!(case.writes().await?, Vec::<String>::new());
    case.is_settled().await?;
    let generated = std::fs::read_to_string(case.workspace.folder().join("generated.tf"))?;
    for words in ["\"by-hand\"", "\"tcp-443\"", "8443", instance, subnet, "222222222222"] {
        assert!(generated.contains(words), "{words}: {generated}");
    }
    case.workspace.replace("generated.tf", "= 443", "= 8443")?;
    case.simulator.forget_calls().await?;
    case.apply().await?;
    assert_eq!(case.writes().await?, ["ModifyListener"]);
    case.destroy().await?;
    Ok(())
}

async fn a_replacement_is_refused_while_a_consumer_is_connected() -> Outcome {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    let case = Case::start(&Tool::required()?, simulator, Source::Example("complete")).await?;
    case.apply().await?;
    // The consumer is somebody else's from now on, so that it does not leave in the same run.
    let folder = case.workspace.folder();
    let consumer = std::fs::read_to_string(folder.join("consumer.tf"))?;
    let outputs = std::fs::read_to_string(folder.join("outputs.tf"))?;
    case.workspace.state_rm("privatelink_consumer.orders").await?.succeeded()?;
    case.workspace.write("consumer.tf", "")?;
    case.workspace.write("outputs.tf", "")?;
    let before = case.simulator.objects().await?;
    case.simulator.forget_calls().await?;
    let replace = ["-replace=privatelink_service.orders"];
    let refused = case.workspace.apply(&replace).await?;
    assert_eq!(refused.code, Some(1), "{}", refused.said());
    assert!(refused.said().contains("has connected endpoints"), "{}", refused.said());
    assert_eq!(case.writes().await?, Vec::<String>::new());
    // Made first, it could never remove the old one.
    let first = "\n  lifecycle {\n    create_before_destroy = true\n  }\n\n  listener {";
    case.workspace.replace("service.tf", "\n  listener {", first)?;
    let refused = case.workspace.apply(&replace).await?;
    assert_eq!(refused.code, Some(1), "{}", refused.said());
    assert!(refused.said().contains("create_before_destroy"), "{}", refused.said());
    assert_eq!(case.writes().await?, Vec::<String>::new());
    assert_eq!(format!("{:?}", case.simulator.objects().await?), format!("{before:?}"));

    let endpoint = before.of("endpoint")[0].to_owned();
    case.workspace.write("consumer.tf", &consumer)?;
    case.workspace.write("outputs.tf", &outputs)?;
    case.workspace.replace("service.tf", first, "\n  listener {")?;
    case.workspace.import("privatelink_consumer.orders", &endpoint).await?.succeeded()?;
    case.apply().await?;
    case.destroy().await?;
    Ok(())
}
