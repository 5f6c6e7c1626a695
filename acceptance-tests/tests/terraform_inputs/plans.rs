//! What a plan says of drift, tags and other people's decisions, and what it makes of a state that was edited.

use acceptance_tests::terraform::{CONSUMER, Outcome};
use serde_json::{Value, json};

use super::{OWNER, case, id, plan_that_says};

pub(crate) async fn drift_is_told_in_words_and_healed() -> Outcome {
    let case = case().await?;
    case.apply().await?;
    let service = id(&case, "service_id").await?;
    let open = [("ServiceId", service.as_str()), ("AcceptanceRequired", "false")];
    case.simulator.act_in_time(OWNER, "ec2", "ModifyVpcEndpointServiceConfiguration", &open).await?;
    let everybody = [("ServiceId", service.as_str()), ("AddAllowedPrincipals.1", "*")];
    case.simulator.act_in_time(OWNER, "ec2", "ModifyVpcEndpointServicePermissions", &everybody).await?;
    plan_that_says(&case, "permissions: withdraw *").await?;
    let planned = plan_that_says(&case, "endpoint service: acceptance required on instead of off").await?;
    assert!(planned.contains("0 to add") && planned.contains("0 to destroy"), "{planned}");
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    case.destroy().await?;
    Ok(())
}

pub(crate) async fn a_foreign_tag_is_copied_nowhere_by_ignore_changes() -> Outcome {
    let case = case().await?;
    let tags = "  tags = {\n    Team = \"orders\"\n  }\n";
    let ignored = format!("{tags}\n  lifecycle {{\n    ignore_changes = [tags]\n  }}\n");
    case.workspace.replace("service.tf", tags, &ignored)?;
    case.apply().await?;
    let service = id(&case, "service_id").await?;
    let foreign = [("ResourceId.1", service.as_str()), ("Tag.1.Key", "Intruder"), ("Tag.1.Value", "1")];
    case.simulator.act_in_time(OWNER, "ec2", "CreateTags", &foreign).await?;
    let planned = plan_that_says(&case, "endpoint service: remove tag Intruder").await?;
    assert!(!planned.contains("add tag Intruder"), "{planned}");
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    case.destroy().await?;
    Ok(())
}

pub(crate) async fn a_rejected_endpoint_is_told_by_a_plan_without_changes() -> Outcome {
    let case = case().await?;
    case.apply().await?;
    let (service, endpoint) = (id(&case, "service_id").await?, id(&case, "endpoint_id").await?);
    let one = [("ServiceId", service.as_str()), ("VpcEndpointId.1", endpoint.as_str())];
    case.simulator.act_in_time(OWNER, "ec2", "RejectVpcEndpointConnections", &one).await?;
    plan_that_says(&case, "rejected the connection").await?;
    let planned = case.workspace.plan(&[]).await?.succeeded()?.in_one_line();
    for words in [
        "No changes",
        "Warning: The consumer \"orders\" needs attention",
        "rejected the connection",
        &format!("of account {CONSUMER}"),
        "aws ec2 accept-vpc-endpoint-connections --service-id",
    ] {
        assert!(planned.contains(words), "{words}: {planned}");
    }
    case.destroy_unreached().await?;
    Ok(())
}

pub(crate) async fn a_state_that_lost_its_record_makes_no_second_chain() -> Outcome {
    let case = case().await?;
    case.apply().await?;
    let before = case.simulator.objects().await?;
    let path = case.workspace.folder().join("terraform.tfstate");
    let mut state: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
    let resources = state.get_mut("resources").and_then(Value::as_array_mut).into_iter().flatten();
    let instances =
        resources.filter_map(|resource| resource.get_mut("instances").and_then(Value::as_array_mut)).flatten();
    for attributes in instances.filter_map(|instance| instance.get_mut("attributes")) {
        for lost in ["record", "links", "default_ingress"] {
            if let Some(value) = attributes.get_mut(lost) {
                *value = json!(null);
            }
        }
    }
    std::fs::write(&path, state.to_string())?;
    let blind = case.workspace.plan(&["-refresh=false"]).await?.ended_with(1)?.in_one_line();
    assert!(blind.contains("Incomplete state") && blind.contains("Plan with a refresh"), "{blind}");
    case.simulator.forget_calls().await?;
    let applied = case.workspace.apply(&[]).await?.succeeded()?.in_one_line();
    assert!(applied.contains("0 added") && applied.contains("0 destroyed"), "{applied}");
    assert_eq!(case.simulator.objects().await?, before, "{:?}", case.writes().await?);
    case.is_settled().await?;
    case.destroy().await?;
    Ok(())
}

pub(crate) async fn a_default_that_is_written_is_no_change() -> Outcome {
    let case = case().await?;
    case.apply().await?;
    let targets = "    target_ids = var.provider_instance_ids\n";
    let explicit = "    protocol               = \"TCP\"\n    target_port            = 443\n    target_protocol        = \
                    \"TCP\"\n    target_type            = \"instance\"\n    manage_targets         = true\n    \
                    connection_termination = false\n    preserve_client_ip     = true\n    deregistration_delay   = \
                    300\n\n    health_check {}\n";
    case.workspace.replace("service.tf", targets, &format!("{targets}{explicit}"))?;
    let name = "      name = \"orders\"\n";
    let record = format!("{name}      zonal                  = false\n      evaluate_target_health = false\n");
    case.workspace.replace("consumer.tf", name, &record)?;
    let names = "  private_dns_enabled = true\n";
    let consumer = format!("{names}  ip_address_type     = \"ipv4\"\n  wait_for_acceptance = true\n");
    case.workspace.replace("consumer.tf", names, &consumer)?;
    case.is_settled().await?;
    // One of them, with another value, is a change.
    case.workspace.replace("service.tf", "deregistration_delay   = 300", "deregistration_delay   = 30")?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?.in_one_line();
    assert!(planned.contains("0 to add, 1 to change, 0 to destroy"), "{planned}");
    case.destroy().await?;
    Ok(())
}
