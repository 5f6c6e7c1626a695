//! What goes in is checked, by Terraform itself: nulls and empties of modules, values that are known only in the apply.

use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{CONSUMER, Case, Outcome, SERVICE, Source, Tool};
use serde_json::{Value, json};

suite!(Terraform:
    a_key_that_a_module_left_out_is_refused_and_takes_nothing_along,
    blocks_over_an_unknown_value_may_turn_out_empty,
    an_unknown_default_tag_replaces_nothing,
    the_empties_of_a_module_are_taken,
    drift_is_told_in_words_and_healed,
    a_foreign_tag_is_copied_nowhere_by_ignore_changes,
    a_rejected_endpoint_is_told_by_a_plan_without_changes,
    a_state_that_lost_its_record_makes_no_second_chain,
);

/// Something that is known only in the apply.
const LATE: &str = "resource \"terraform_data\" \"late\" {\n  input = VALUE\n}\n";

async fn case() -> Result<Case, Box<dyn std::error::Error>> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    Ok(Case::start(&Tool::required()?, simulator, Source::Example("complete")).await?)
}

/// `count` times as many listeners as a module's variable has entries.
const LISTENERS: &str = "\n  dynamic \"listener\" {\n    for_each = var.further\n    content {\n      name       = \
                         listener.value.name\n      port       = listener.value.port\n      target_ids = \
                         var.provider_instance_ids\n    }\n  }\n\n  # Consumers call";
const FURTHER: &str = "variable \"further\" {\n  type = list(object({ name = optional(string), port = number }))\n  default = \
                       VALUE\n}\n";

async fn a_key_that_a_module_left_out_is_refused_and_takes_nothing_along() -> Outcome {
    let case = case().await?;
    case.workspace.replace("service.tf", "\n  # Consumers call", LISTENERS)?;
    case.workspace.write("further.tf", &FURTHER.replace("VALUE", "[{ name = \"admin\", port = 9443 }]"))?;
    case.apply().await?;
    let before = case.simulator.objects().await?;
    case.workspace.write("further.tf", &FURTHER.replace("VALUE", "[{ port = 9443 }]"))?;
    let refused = case.workspace.apply(&[]).await?.ended_with(1)?.in_one_line();
    for words in ["Missing listener.name", "name is required, and its value is null", "with port = 9443"] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    assert_eq!(case.simulator.objects().await?.of("listener"), before.of("listener"), "no listener went");
    case.workspace.write("further.tf", &FURTHER.replace("VALUE", "[]"))?;
    case.destroy().await?;
    Ok(())
}

async fn blocks_over_an_unknown_value_may_turn_out_empty() -> Outcome {
    let case = case().await?;
    let dynamic = |block: &str, content: &str| {
        format!(
            "\n  dynamic \"{block}\" {{\n    for_each = terraform_data.late.output\n    content {{\n      {content}\n    \
             }}\n  }}\n"
        )
    };
    let of_service =
        [dynamic("timeouts", "create = \"20m\""), dynamic("load_balancer", "ip_address_type = \"ipv4\"")].concat();
    case.workspace.replace("service.tf", "\n  # Consumers call", &format!("{of_service}\n  # Consumers call"))?;
    case.workspace.replace(
        "consumer.tf",
        "\n  # The service",
        &format!("{}\n  # The service", dynamic("timeouts", "create = \"20m\"")),
    )?;
    case.workspace.write("late.tf", &LATE.replace("VALUE", "[]"))?;
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    // And a living resource gets them, from a value that is unknown once more.
    case.workspace.write("late.tf", &LATE.replace("VALUE", "[\"once\"]"))?;
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    case.destroy().await?;
    Ok(())
}

async fn an_unknown_default_tag_replaces_nothing() -> Outcome {
    let case = case().await?;
    case.apply().await?;
    case.workspace.write("late.tf", &LATE.replace("VALUE", "\"live\""))?;
    let tags = "  alias   = \"service\"\n\n  default_tags {\n    tags = {\n      Stage = terraform_data.late.output\n    \
                }\n  }\n";
    case.workspace.replace("providers.tf", "  alias   = \"service\"\n", tags)?;
    for more in [&["-refresh=false"][..], &[]] {
        let planned = case.workspace.plan(more).await?.ended_with(2)?.in_one_line();
        assert!(!planned.contains("forces replacement") && !planned.contains("must be replaced"), "{planned}");
        assert!(!planned.contains("not configured yet"), "{planned}");
        assert!(planned.contains("1 to add") && planned.contains("0 to destroy"), "{planned}");
    }
    let before = case.simulator.objects().await?;
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    let after = case.simulator.objects().await?;
    assert_eq!(before.of("endpoint_service"), after.of("endpoint_service"));
    case.workspace.replace("providers.tf", tags, "  alias   = \"service\"\n")?;
    case.destroy().await?;
    Ok(())
}

async fn the_empties_of_a_module_are_taken() -> Outcome {
    let case = case().await?;
    let empties = "\n  load_balancer_arns         = []\n  supported_regions          = []\n  supported_ip_address_types = \
                   []\n\n  load_balancer {\n    security_groups = []\n  }\n\n  # Consumers call";
    case.workspace.replace("service.tf", "\n  # Consumers call", empties)?;
    case.workspace.replace("service.tf", "    Team = \"orders\"\n", "    Team = \"orders\"\n    None = null\n")?;
    case.apply().await?;
    case.destroy().await?;
    Ok(())
}

/// The service's account.
const OWNER: (&str, &str) = (SERVICE, "us-east-1");

/// What outputs of the example name.
async fn id(case: &Case, output: &str) -> Result<String, Box<dyn std::error::Error>> {
    let outputs = case.workspace.outputs().await?;
    Ok(outputs.get(output).and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// Plans until it says so: one read right after a change may still show what was before.
async fn plan_that_says(case: &Case, words: &str) -> Result<String, Box<dyn std::error::Error>> {
    let mut planned = String::new();
    for _ in 0..6 {
        planned = case.workspace.plan(&[]).await?.in_one_line();
        if planned.contains(words) {
            return Ok(planned);
        }
    }
    Err(format!("no plan says {words:?}: {planned}").into())
}

async fn drift_is_told_in_words_and_healed() -> Outcome {
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

async fn a_foreign_tag_is_copied_nowhere_by_ignore_changes() -> Outcome {
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

async fn a_rejected_endpoint_is_told_by_a_plan_without_changes() -> Outcome {
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

async fn a_state_that_lost_its_record_makes_no_second_chain() -> Outcome {
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
