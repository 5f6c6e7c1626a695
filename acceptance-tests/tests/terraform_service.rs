//! The service's side through real Terraform: each of its examples is made, planned empty twice, and removed;
//! and what connected consumers forbid stays undone.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Case, Outcome, SERVICE, Source, Tool};
use serde_json::{Map, Value, json};

suite!(Terraform:
    listeners_of_every_protocol_and_a_dynamic_block,
    existing_load_balancers_are_left_as_they_are,
    rules_of_acceptance_and_notifications,
    fixed_addresses_and_security_groups,
    a_replacement_is_refused_while_a_consumer_is_connected,
);

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
        let (_, rest) = made.split_once("<LoadBalancerArn>").unwrap();
        arns.push(rest.split_once('<').unwrap().0.to_owned());
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
    // The tags are those of the lease that the service carries while it is made.
    let is_ours = |write: &&String| write.contains("VpcEndpointService") || *write == "DeleteTags";
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
    let (_, rest) = made.split_once("<groupId>").unwrap();
    let group = rest.split_once('<').unwrap().0.to_owned();
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
