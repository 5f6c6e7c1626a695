//! What a consumer lives through, with real Terraform: gates, replacements, services of AWS, imports, groups.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Case, Outcome, Source, Tool};
use serde_json::json;

suite!(Terraform:
    private_dns_moves_last_where_the_new_endpoint_is_made_first,
    private_dns_waits_for_the_proof_and_comes_in_one_step,
    a_service_of_aws_takes_a_policy_and_its_own_names,
    what_is_managed_is_imported_with_a_generated_configuration_that_plans_empty,
    nothing_is_open_where_a_dynamic_block_is_empty_and_groups_are_exchanged,
    what_cannot_work_is_told_at_plan_and_a_missing_profile_too,
    nothing_is_destroyed_for_an_endpoint_that_cannot_be_made,
);

const INGRESS: &str = "  ingress {\n    description       = \"application\"\n    port              = 443\n    \
                       security_group_id = var.application_security_group_id\n  }\n";
const DNS: &str =
    "  dns {\n    zone_name = \"services.internal\"\n\n    record {\n      name = \"orders\"\n    }\n  }\n";

async fn start(source: Source<'_>) -> Result<Case, Box<dyn std::error::Error>> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    Ok(Case::start(&Tool::required()?, simulator, source).await?)
}

async fn private_dns_moves_last_where_the_new_endpoint_is_made_first() -> Outcome {
    let case = start(Source::Example("complete")).await?;
    case.workspace.replace("consumer.tf", DNS, "  lifecycle {\n    create_before_destroy = true\n  }\n")?;
    case.apply().await?;
    case.arrives("orders.example.dev", 443).await?;
    let before = case.workspace.outputs().await?["endpoint_id"].clone();
    case.simulator.forget_calls().await?;
    let replaced = case.workspace.apply(&["-replace=privatelink_consumer.orders"]).await?.succeeded()?;
    assert!(replaced.stdout.contains("1 added, 0 changed, 1 destroyed"), "{}", replaced.said());
    assert!(replaced.said().contains("Private DNS moves last"), "{}", replaced.said());
    let writes = case.writes().await?;
    let place = |operation: &str| writes.iter().position(|write| write == operation);
    assert!(place("CreateVpcEndpoint") < place("ModifyVpcEndpoint"), "{writes:?}");
    let last = writes.iter().rposition(|write| write == "ModifyVpcEndpoint");
    assert!(last < place("DeleteVpcEndpoints"), "the name moves before anything goes: {writes:?}");
    case.is_settled().await?;
    assert_ne!(case.workspace.outputs().await?["endpoint_id"], before);
    assert_eq!(case.simulator.objects().await?.of("endpoint").len(), 1);
    case.arrives("orders.example.dev", 443).await?;
    case.destroy().await?;
    Ok(())
}

async fn private_dns_waits_for_the_proof_and_comes_in_one_step() -> Outcome {
    let case = start(Source::Example("complete")).await?;
    case.workspace.replace("service.tf", "    hosted_zone_id = var.public_zone_id\n", "")?;
    let applied = case.workspace.apply(&[]).await?.succeeded()?;
    assert!(applied.in_one_line().contains("must verify ownership of orders.example.dev"), "{}", applied.said());
    // AWS gives up the verification after a while; then the plan starts it again, and nothing else.
    for _ in 0..50 {
        let planned = case.workspace.plan(&[]).await?;
        let said = planned.in_one_line();
        if said.contains("start the verification of orders.example.dev again") {
            assert!(said.contains("0 to add, 1 to change, 0 to destroy"), "{}", planned.said());
            break;
        }
        assert!(said.contains("No changes."), "{}", planned.said());
    }
    case.reaches("orders.services.internal", 443).await?;
    assert_eq!(case.reach("orders.example.dev", 443).await?.broken_at.as_deref(), Some("dns"));

    case.workspace.replace(
        "service.tf",
        "    name           = \"orders.${var.domain}\"\n",
        "    name           = \"orders.${var.domain}\"\n    hosted_zone_id = var.public_zone_id\n",
    )?;
    case.workspace.apply(&[]).await?.succeeded()?;
    // The proof came in this run, and the consumer was planned before; AWS shows it to others a moment later.
    let mut planned = case.workspace.plan(&[]).await?;
    for _ in 0..50 {
        if planned.said().contains("Plan:") {
            break;
        }
        planned = case.workspace.plan(&[]).await?;
    }
    assert!(planned.said().contains("0 to add, 1 to change, 0 to destroy"), "{}", planned.said());
    case.simulator.forget_calls().await?;
    case.apply().await?;
    assert_eq!(case.writes().await?, ["ModifyVpcEndpoint"]);
    case.is_settled().await?;
    case.arrives("orders.example.dev", 443).await?;
    case.destroy().await?;
    Ok(())
}

const QUEUE: &str = r#"
terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

provider "privatelink" {
  profile = "consumer"
}

resource "privatelink_consumer" "queue" {
  service_name        = "com.amazonaws.us-east-1.sqs"
  subnet_ids          = var.consumer_subnet_ids
  private_dns_enabled = true

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = ["sqs:SendMessage"], Resource = "*" }]
  })
}

variable "consumer_subnet_ids" {}

output "names" {
  value = privatelink_consumer.queue.private_dns_names
}
"#;

async fn a_service_of_aws_takes_a_policy_and_its_own_names() -> Outcome {
    let case = start(Source::Text(QUEUE)).await?;
    case.apply().await?;
    assert_eq!(case.workspace.outputs().await?["names"], json!(["sqs.us-east-1.amazonaws.com"]));
    let way = case.arrives("sqs.us-east-1.amazonaws.com", 443).await?;
    assert_eq!(way.hops.last().map(|hop| hop.at.as_str()), Some("service"), "{way:?}");

    // The same policy in other words is no change; none at all takes it away.
    case.workspace.replace(
        "main.tf",
        "Action = [\"sqs:SendMessage\"], Resource = \"*\"",
        "Action = \"sqs:SendMessage\", Resource = [\"*\"]",
    )?;
    case.is_settled().await?;
    let written = "  policy = jsonencode({\n    Version   = \"2012-10-17\"\n    Statement = [{ Effect = \"Allow\", Principal = \
                   \"*\", Action = \"sqs:SendMessage\", Resource = [\"*\"] }]\n  })\n";
    case.workspace.replace("main.tf", written, "")?;
    case.simulator.forget_calls().await?;
    case.apply().await?;
    assert_eq!(case.writes().await?, ["ModifyVpcEndpoint"]);
    case.destroy().await?;
    Ok(())
}

async fn what_is_managed_is_imported_with_a_generated_configuration_that_plans_empty() -> Outcome {
    let case = start(Source::Example("complete")).await?;
    case.apply().await?;
    let endpoint = case.workspace.outputs().await?["endpoint_id"].as_str().unwrap().to_owned();
    let before = case.simulator.objects().await?;
    case.workspace.state_rm("privatelink_consumer.orders").await?.succeeded()?;
    let import = format!(
        "import {{\n  provider = privatelink.consumer\n  to       = privatelink_consumer.orders\n  id       = \"{endpoint}\"\n}}\n"
    );
    case.workspace.write("consumer.tf", &import)?;
    // Terraform generates only for what nothing else names yet.
    case.workspace.write("outputs.tf", "")?;
    let planned = case.workspace.plan(&["-generate-config-out=generated.tf"]).await?;
    assert!(planned.said().contains("1 to import, 0 to add, 0 to change, 0 to destroy"), "{}", planned.said());
    let generated = std::fs::read_to_string(case.workspace.folder().join("generated.tf"))?;
    for words in ["ingress {", "security_group_id", "\"services.internal\"", "private_dns_enabled"] {
        assert!(generated.contains(words), "{words}: {generated}");
    }
    case.simulator.forget_calls().await?;
    case.apply().await?;
    assert_eq!(case.writes().await?, Vec::<String>::new());
    assert_eq!(case.simulator.objects().await?, before);
    case.arrives("orders.example.dev", 443).await?;
    // What is generated names the service by its text, so that Terraform does not know which of the two goes first.
    case.workspace.destroy(&["-target=privatelink_consumer.orders"]).await?.succeeded()?;
    // Terraform 1.5 imports once more as it destroys.
    case.workspace.write("consumer.tf", "")?;
    case.destroy().await?;
    Ok(())
}

async fn nothing_is_open_where_a_dynamic_block_is_empty_and_groups_are_exchanged() -> Outcome {
    let case = start(Source::Example("complete")).await?;
    let dynamic = "  default_ingress = false\n\n  dynamic \"ingress\" {\n    for_each = var.sources\n    content {\n      \
                   port              = 443\n      security_group_id = ingress.value\n    }\n  }\n";
    case.workspace.replace("consumer.tf", INGRESS, dynamic)?;
    case.workspace.write("sources.tf", "variable \"sources\" {\n  type    = set(string)\n  default = []\n}\n")?;
    case.apply().await?;
    let way = case.reach("orders.services.internal", 443).await?;
    assert_eq!(way.broken_at.as_deref(), Some("endpoint_security_group"), "{way:?}");

    let group = case.id("application_security_group_id").to_owned();
    let sources = format!("variable \"sources\" {{\n  type    = set(string)\n  default = [\"{group}\"]\n}}\n");
    case.workspace.write("sources.tf", &sources)?;
    case.apply().await?;
    case.arrives("orders.example.dev", 443).await?;

    // To a group of one's own and back; the managed one goes and comes.
    case.workspace.replace("consumer.tf", dynamic, "  security_group_ids = [var.application_security_group_id]\n")?;
    case.simulator.forget_calls().await?;
    case.apply().await?;
    assert_eq!(case.writes().await?, ["ModifyVpcEndpoint", "DeleteSecurityGroup"]);
    let way = case.reach("orders.services.internal", 443).await?;
    assert_eq!(way.broken_at.as_deref(), Some("endpoint_security_group"), "that group lets nobody in: {way:?}");
    case.workspace.replace("consumer.tf", "  security_group_ids = [var.application_security_group_id]\n", dynamic)?;
    case.apply().await?;
    case.arrives("orders.example.dev", 443).await?;
    case.destroy().await?;
    Ok(())
}

async fn what_cannot_work_is_told_at_plan_and_a_missing_profile_too() -> Outcome {
    let case = start(Source::Example("complete")).await?;
    case.workspace.replace(
        "providers.tf",
        "    name    = \"service\"\n    profile = \"service\"\n",
        "    name    = \"service\"\n    profile = \"servcie\"\n",
    )?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    for words in ["uses the profile \"servcie\"", "AWS configuration files", "consumer, service"] {
        assert!(refused.in_one_line().contains(words), "{words}: {}", refused.said());
    }
    case.workspace.replace("providers.tf", "profile = \"servcie\"", "profile = \"service\"")?;
    case.workspace.replace("consumer.tf", "    security_group_id = var.application_security_group_id\n", "")?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    assert!(refused.in_one_line().contains("must be written, and none is"), "{}", refused.said());
    assert_eq!(case.writes().await?, Vec::<String>::new());
    Ok(())
}

async fn nothing_is_destroyed_for_an_endpoint_that_cannot_be_made() -> Outcome {
    let case = start(Source::Example("complete")).await?;
    case.apply().await?;
    case.arrives("orders.example.dev", 443).await?;
    let before = case.simulator.objects().await?;
    case.simulator.forget_calls().await?;
    let right = "  service_name = privatelink_service.orders.service_name\n";
    // AWS knows no such service: the plan says so. A Region that is not the one in the name is no question at all.
    for (wrong, words) in [
        ("  service_name = \"com.amazonaws.us-east-1.sqss\"\n", "AWS has no service com.amazonaws.us-east-1.sqss"),
        (
            "  service_name = \"com.amazonaws.us-east-1.sqs\"\n  service_region = \"eu-west-1\"\n",
            "is a service of us-east-1, got \"eu-west-1\"",
        ),
    ] {
        case.workspace.replace("consumer.tf", right, wrong)?;
        case.workspace.replace("consumer.tf", "  accept {\n    peer_account = \"service\"\n  }\n", "")?;
        let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
        assert!(refused.in_one_line().contains(words), "{words}: {}", refused.said());
        case.workspace.replace(
            "consumer.tf",
            wrong,
            &format!("{right}  accept {{\n    peer_account = \"service\"\n  }}\n"),
        )?;
    }
    // A customer's service may come to light in the run, so that only the apply can tell: before its first delete.
    let wrong = "  service_name = \"com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0\"\n";
    case.workspace.replace("consumer.tf", right, wrong)?;
    let planned = case.workspace.plan(&["-out=saved.plan"]).await?;
    assert!(planned.said().contains("must be replaced"), "{}", planned.said());
    let refused = case.workspace.apply(&["saved.plan"]).await?.ended_with(1)?;
    assert!(refused.in_one_line().contains("Nothing was changed"), "{}", refused.said());
    assert_eq!(case.writes().await?, Vec::<String>::new());
    assert_eq!(case.simulator.objects().await?, before);
    case.workspace.replace("consumer.tf", wrong, right)?;
    case.arrives("orders.example.dev", 443).await?;
    case.is_settled().await?;

    // Tainted it is planned from nothing, and so is what -replace makes.
    for cause in ["taint", "-replace"] {
        let options: &[&str] = if cause == "taint" {
            case.workspace.run(&["taint", "privatelink_consumer.orders"]).await?.succeeded()?;
            &[]
        } else {
            &["-replace=privatelink_consumer.orders"]
        };
        let applied = case.workspace.apply(options).await?.succeeded()?;
        assert!(applied.stdout.contains("1 added, 0 changed, 1 destroyed"), "{cause}: {}", applied.said());
        case.is_settled().await?;
        case.arrives("orders.example.dev", 443).await?;
    }
    case.destroy().await?;
    Ok(())
}
