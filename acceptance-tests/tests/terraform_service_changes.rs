//! Changes behind a living service through real Terraform: what stays, what comes anew, and what a person reads where
//! AWS or a connected consumer forbids one.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{CONSUMER, Case, Outcome, SERVICE, Source, Tool, element, patiently};
use serde_json::{Value, json};

suite!(Terraform:
    a_private_name_is_set_changed_and_removed_behind_the_service,
    a_load_balancer_is_exchanged_behind_the_service_unless_a_consumer_is_connected,
    a_topic_that_refuses_is_told_with_what_its_policy_needs,
    another_region_replaces_the_service,
);

type Failure = Box<dyn std::error::Error>;

/// Account and Region of the service.
const OWNER: (&str, &str) = (SERVICE, "us-east-1");

/// The example of the service alone, in its account.
async fn case(example: &str) -> Result<Case, Failure> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    let mut case = Case::start(&Tool::required()?, simulator, Source::Example(example)).await?;
    case.workspace.set("AWS_PROFILE", "service");
    let variables = json!({
        "subnet_ids": case.landscape["provider_subnet_ids"],
        "instance_ids": case.landscape["provider_instance_ids"],
        "consumer_account_ids": [CONSUMER],
        "trusted_account_ids": [CONSUMER],
        "topic_arn": case.landscape["topic_arn"],
    });
    case.workspace.variables(variables.as_object().unwrap())?;
    Ok(case)
}

/// The attributes of the service in the state.
async fn service(case: &Case) -> Result<Value, Failure> {
    let state = case.workspace.show().await?;
    Ok(state["values"]["root_module"]["resources"][0]["values"].clone())
}

/// What consumers hold.
fn held(service: &Value) -> [Value; 3] {
    ["id", "arn", "service_name"].map(|name| service[name].clone())
}

/// Applies a change in place of the one resource.
async fn change(case: &Case) -> Result<Vec<String>, Failure> {
    case.simulator.forget_calls().await?;
    let applied = case.apply().await?;
    assert!(applied.stdout.contains("0 added, 1 changed, 0 destroyed"), "{}", applied.said());
    Ok(case.writes().await?)
}

async fn a_private_name_is_set_changed_and_removed_behind_the_service() -> Outcome {
    let case = case("service").await?;
    case.apply().await?;
    let before = service(&case).await?;
    assert_eq!((&before["private_dns_state"], &before["private_dns_record"]), (&Value::Null, &Value::Null));
    let block = |name: &str| {
        let zone = case.id("public_zone_id");
        format!(
            "\n  private_dns {{\n    name           = \"{name}\"\n    hosted_zone_id = \"{zone}\"\n  }}\n\n  tags = {{"
        )
    };
    case.workspace.replace("main.tf", "\n  tags = {", &block("orders.example.dev"))?;
    let writes = change(&case).await?;
    for write in ["ModifyVpcEndpointServiceConfiguration", "ChangeResourceRecordSets"] {
        assert!(writes.iter().any(|made| made == write), "{write}: {writes:?}");
    }
    let named = service(&case).await?;
    let record = named["private_dns_record"]["name"].as_str().unwrap().to_owned();
    assert!(named["private_dns_state"] == "verified" && record.ends_with(".orders.example.dev"), "{named:#}");

    case.workspace.replace("main.tf", &block("orders.example.dev"), &block("next.example.dev"))?;
    change(&case).await?;
    let renamed = service(&case).await?;
    assert!(renamed["private_dns_record"]["name"].as_str().unwrap().ends_with(".next.example.dev"), "{renamed:#}");
    assert_eq!(renamed["private_dns_state"], "verified");
    assert_eq!(case.simulator.objects().await?.of("record_set").len(), 1, "the old record is gone");

    case.workspace.replace("main.tf", &block("next.example.dev"), "\n  tags = {")?;
    change(&case).await?;
    let bare = service(&case).await?;
    assert_eq!((&bare["private_dns_state"], &bare["private_dns_record"]), (&Value::Null, &Value::Null));
    assert_eq!(case.simulator.objects().await?.of("record_set"), Vec::<&str>::new());
    for seen in [named, renamed, bare] {
        assert_eq!(held(&seen), held(&before), "consumers hold these");
    }
    case.destroy().await?;
    Ok(())
}

async fn a_load_balancer_is_exchanged_behind_the_service_unless_a_consumer_is_connected() -> Outcome {
    let case = case("service").await?;
    case.apply().await?;
    let before = service(&case).await?;
    let wanted = [("GroupName", "front"), ("GroupDescription", "front"), ("VpcId", case.id("provider_vpc_id"))];
    let made = case.simulator.act_in_time(OWNER, "ec2", "CreateSecurityGroup", &wanted).await?;
    let group = element(&made, "groupId")?.to_owned();
    let bare = "  load_balancer {\n";
    let guarded = format!("  load_balancer {{\n    security_groups = [\"{group}\"]\n\n");

    // The first group takes a new load balancer: made, attached, and only then the old one leaves.
    case.workspace.replace("main.tf", bare, &guarded)?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?;
    assert!(planned.in_one_line().contains("A new load balancer behind the service"), "{}", planned.said());
    let writes = change(&case).await?;
    let place = |operation: &str| writes.iter().position(|write| write == operation).unwrap();
    assert!(place("CreateLoadBalancer") < place("ModifyVpcEndpointServiceConfiguration"), "{writes:?}");
    assert!(place("ModifyVpcEndpointServiceConfiguration") < place("DeleteLoadBalancer"), "{writes:?}");
    let swapped = service(&case).await?;
    assert_eq!(held(&swapped), held(&before), "consumers hold these");
    assert_ne!(swapped["load_balancers"][0]["arn"], before["load_balancers"][0]["arn"]);
    assert_eq!(case.simulator.objects().await?.of("load_balancer").len(), 1);

    // While somebody is connected the way back is refused, and nothing is touched.
    let (vpc, subnet) = (case.id("consumer_vpc_id"), case.landscape["consumer_subnet_ids"][0].as_str().unwrap());
    let wanted = [
        ("VpcEndpointType", "Interface"),
        ("VpcId", vpc),
        ("ServiceName", before["service_name"].as_str().unwrap()),
        ("SubnetId.1", subnet),
        ("PrivateDnsEnabled", "false"),
    ];
    let made = case.simulator.act_in_time((CONSUMER, "us-east-1"), "ec2", "CreateVpcEndpoint", &wanted).await?;
    let endpoint = element(&made, "vpcEndpointId")?.to_owned();
    let objects = case.simulator.objects().await?;
    case.workspace.replace("main.tf", &guarded, bare)?;
    case.simulator.forget_calls().await?;
    let refused = case.workspace.apply(&[]).await?.ended_with(1)?;
    for words in ["Consumers are connected", &format!("{endpoint} of account {CONSUMER}")] {
        assert!(refused.in_one_line().contains(words), "{words}: {}", refused.said());
    }
    assert_eq!((case.writes().await?, case.simulator.objects().await?), (Vec::new(), objects));

    // When they have left it works.
    let gone = [("VpcEndpointId.1", endpoint.as_str())];
    case.simulator.act_as(CONSUMER, "ec2", "DeleteVpcEndpoints", &gone).await?;
    patiently("the endpoint does not go", async || {
        let state = case.simulator.act_as(CONSUMER, "ec2", "DescribeVpcEndpoints", &gone).await;
        Ok(state.map_or(true, |state| state.contains("<state>deleted")).then_some(()))
    })
    .await?;
    change(&case).await?;
    assert_eq!(held(&service(&case).await?), held(&before));
    case.workspace.destroy(&[]).await?.succeeded()?;
    case.simulator.act_in_time(OWNER, "ec2", "DeleteSecurityGroup", &[("GroupId", group.as_str())]).await?;
    case.is_clean().await?;
    Ok(())
}

async fn a_topic_that_refuses_is_told_with_what_its_policy_needs() -> Outcome {
    let case = case("service/access").await?;
    let topic = case.id("topic_arn").to_owned();
    case.simulator.set("topic", &topic, &json!({"publishes": false})).await?;
    let refused = case.workspace.apply(&[]).await?.ended_with(1)?;
    for words in [
        "CreateVpcEndpointConnectionNotification",
        &format!("The topic {topic} must exist in the Region of the service"),
        "its policy must allow the principal vpce.amazonaws.com the action SNS:Publish",
        "connection_notification",
    ] {
        assert!(refused.in_one_line().contains(words), "{words}: {}", refused.said());
    }
    // Everything else stands, and the next apply goes on when the policy is right.
    let made = case.simulator.objects().await?;
    assert_eq!((made.of("endpoint_service").len(), made.of("notification").len()), (1, 0));
    case.simulator.set("topic", &topic, &json!({"publishes": true})).await?;
    case.workspace.run(&["untaint", "privatelink_service.orders"]).await?.succeeded()?;
    case.simulator.forget_calls().await?;
    case.apply().await?;
    assert_eq!(case.simulator.objects().await?.of("notification").len(), 1);
    let writes = case.writes().await?;
    assert!(!writes.iter().any(|write| write == "CreateVpcEndpointServiceConfiguration"), "{writes:?}");
    case.destroy().await?;
    Ok(())
}

async fn another_region_replaces_the_service() -> Outcome {
    let case = case("service").await?;
    case.apply().await?;
    let before = service(&case).await?;
    let there = (SERVICE, "eu-west-1");
    let made = case.simulator.act_in_time(there, "ec2", "CreateVpc", &[("CidrBlock", "10.70.0.0/16")]).await?;
    let vpc = element(&made, "vpcId")?.to_owned();
    let wanted = [("VpcId", vpc.as_str()), ("CidrBlock", "10.70.1.0/24"), ("AvailabilityZoneId", "euw1-az1")];
    let made = case.simulator.act_in_time(there, "ec2", "CreateSubnet", &wanted).await?;
    let subnet = element(&made, "subnetId")?.to_owned();

    // Subnets stay where they are: the plan says where it looked.
    case.workspace.replace(
        "main.tf",
        "provider \"privatelink\" {}",
        "provider \"privatelink\" {\n  region = \"eu-west-1\"\n}",
    )?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    assert!(refused.in_one_line().contains("in account 111111111111 in eu-west-1"), "{}", refused.said());
    let variables = json!({"subnet_ids": [subnet], "instance_ids": ["10.70.1.10"], "consumer_account_ids": [CONSUMER]});
    case.workspace.variables(variables.as_object().unwrap())?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?;
    let said = planned.in_one_line();
    assert!(said.contains("1 to add, 0 to change, 1 to destroy"), "{}", planned.said());
    assert!(said.contains("\"us-east-1\" -> \"eu-west-1\" # forces replacement"), "{}", planned.said());
    case.apply().await?;
    let after = service(&case).await?;
    assert_eq!((&before["region"], &after["region"]), (&json!("us-east-1"), &json!("eu-west-1")));
    assert!(after["service_name"].as_str().unwrap().starts_with("com.amazonaws.vpce.eu-west-1."), "{after:#}");
    let left = case.simulator.objects().await?;
    let services: Vec<&str> = left.of("endpoint_service");
    assert_eq!(services, [after["id"].as_str().unwrap()], "the old one is gone");

    // The argument wins over the provider: back there nothing is left, so a plan without a change of Region is empty.
    case.workspace.replace("main.tf", "region = \"eu-west-1\"", "region = \"us-east-1\"")?;
    case.workspace.replace(
        "main.tf",
        "name       = \"orders-api\"",
        "name       = \"orders-api\"\n  region     = \"eu-west-1\"",
    )?;
    case.is_settled().await?;
    case.workspace.destroy(&[]).await?.succeeded()?;
    case.simulator.act_in(SERVICE, "eu-west-1", "ec2", "DeleteSubnet", &[("SubnetId", subnet.as_str())]).await?;
    case.simulator.act_in(SERVICE, "eu-west-1", "ec2", "DeleteVpc", &[("VpcId", vpc.as_str())]).await?;
    case.is_clean().await?;
    Ok(())
}
