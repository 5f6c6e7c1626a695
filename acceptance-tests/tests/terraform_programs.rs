//! What some programs have and others lack: each feature with this provider, skipped aloud where the program that runs lacks it.
//!
//! What every program has is in the other suites, which run with each program that `PRIVATELINK_TERRAFORM` names.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use acceptance_tests::suite;
use acceptance_tests::terraform::{Case, Outcome, Run, Skipped, Source, Tool, Workspace, built, examples};
use serde_json::{Value, json};

suite!(Terraform:
    endpoints_are_imported_in_a_for_each,
    a_removed_block_forgets_an_endpoint_and_leaves_it,
    credentials_come_from_ephemeral_variables,
    providers_have_a_for_each,
    a_plan_may_exclude_a_resource,
    a_state_may_be_encrypted,
    a_resource_may_be_switched_off,
    endpoints_are_imported_by_identity,
    endpoints_are_queried_and_written_as_configurations,
    actions_accept_and_reject,
    the_examples_of_identities_lists_and_actions_are_valid,
);

type Failure = Box<dyn std::error::Error>;

const HEAD: &str = r#"
terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

variable "consumer_subnet_ids" {
  type = list(string)
}
"#;

const PROFILE: &str = r#"
provider "privatelink" {
  profile = "consumer"
}
"#;

/// Endpoints of two services of AWS.
const TWO: &str = r#"
resource "privatelink_consumer" "aws" {
  for_each     = toset(["sqs", "ssm"])
  service_name = "com.amazonaws.us-east-1.${each.key}"
  subnet_ids   = var.consumer_subnet_ids
}
"#;

/// Starts where the program has the feature: since which minor version of Terraform 1, and of OpenTofu 1.
async fn case(terraform: Option<u32>, opentofu: Option<u32>, parts: &[&str]) -> Result<Case, Failure> {
    let tool = Tool::required()?;
    Skipped::unless_since(&tool, terraform, opentofu)?;
    let text = format!("{HEAD}{}", parts.concat());
    Ok(Case::start(&tool, Path::new(env!("CARGO_BIN_EXE_simulator")), Source::Text(&text)).await?)
}

/// Endpoints of the account.
async fn endpoints(case: &Case) -> Result<usize, Failure> {
    Ok(case.simulator.objects().await?.of("endpoint").len())
}

fn says(run: &Run, words: &str) {
    assert!(run.in_one_line().contains(words), "no \"{words}\" in {}", run.said());
}

async fn endpoints_are_imported_in_a_for_each() -> Outcome {
    let case = case(Some(7), Some(7), &[PROFILE, TWO]).await?;
    case.apply().await?;
    let shown = case.workspace.show().await?;
    let resources = shown["values"]["root_module"]["resources"].as_array().unwrap();
    let ids = resources.iter().map(|one| format!("{} = {}", one["index"].as_str().unwrap(), one["values"]["id"]));
    let ids = ids.collect::<Vec<_>>().join("\n    ");
    case.workspace.forget_state()?;
    let import = "\nimport {\n  for_each = local.ids\n  to       = privatelink_consumer.aws[each.key]\n  id       = each.value\n}\n";
    case.workspace.write("import.tf", &format!("locals {{\n  ids = {{\n    {ids}\n  }}\n}}\n{import}"))?;
    case.simulator.forget_calls().await?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?;
    says(&planned, "Plan: 2 to import, 0 to add, 0 to change, 0 to destroy.");
    case.apply().await?;
    assert_eq!(case.writes().await?, Vec::<String>::new());
    case.workspace.destroy(&[]).await?.succeeded()?;
    case.is_clean().await?;
    Ok(())
}

async fn a_removed_block_forgets_an_endpoint_and_leaves_it() -> Outcome {
    let case = case(Some(7), Some(10), &[PROFILE, TWO]).await?;
    case.apply().await?;
    case.workspace.replace("main.tf", TWO, "")?;
    let removed = "\nremoved {\n  from = privatelink_consumer.aws\n\n  lifecycle {\n    destroy = false\n  }\n}\n";
    case.workspace.write("removed.tf", removed)?;
    case.simulator.forget_calls().await?;
    case.workspace.apply(&[]).await?.succeeded()?;
    assert_eq!((case.writes().await?, endpoints(&case).await?), (Vec::new(), 2));
    assert!(case.workspace.show().await?["values"]["root_module"].is_null());
    Ok(())
}

/// What is not in a plan file comes again with the apply.
async fn credentials_come_from_ephemeral_variables() -> Outcome {
    let keys = r#"
variable "secret" {
  type      = string
  ephemeral = true
}

provider "privatelink" {
  access_key = "222222222222"
  secret_key = var.secret
}
"#;
    let case = case(Some(10), Some(11), &[keys, TWO]).await?;
    let secret = "-var=secret=hush-4711";
    case.workspace.plan(&[secret, "-out=saved"]).await?.ended_with(2)?;
    case.workspace.run(&["apply", "-no-color", secret, "saved"]).await?.succeeded()?;
    assert_eq!(endpoints(&case).await?, 2);
    for file in ["saved", "terraform.tfstate"] {
        let written = std::fs::read(case.workspace.folder().join(file))?;
        assert!(!written.windows(9).any(|text| text == b"hush-4711"), "{file}");
    }
    case.workspace.plan(&[secret]).await?.succeeded()?;
    case.workspace.destroy(&[secret]).await?.succeeded()?;
    case.is_clean().await?;
    Ok(())
}

async fn providers_have_a_for_each() -> Outcome {
    let parts = r#"
variable "provider_subnet_ids" {
  type = list(string)
}

provider "privatelink" {
  alias    = "by"
  for_each = toset(["consumer", "service"])
  profile  = each.key
}

locals {
  subnets = {
    consumer = var.consumer_subnet_ids
    service  = var.provider_subnet_ids
  }
}

resource "privatelink_consumer" "queue" {
  for_each     = local.subnets
  provider     = privatelink.by[each.key]
  service_name = "com.amazonaws.us-east-1.sqs"
  subnet_ids   = each.value
}
"#;
    let case = case(None, Some(9), &[parts]).await?;
    case.apply().await?;
    assert_eq!(endpoints(&case).await?, 2);
    case.workspace.destroy(&[]).await?.succeeded()?;
    case.is_clean().await?;
    Ok(())
}

async fn a_plan_may_exclude_a_resource() -> Outcome {
    let case = case(None, Some(9), &[PROFILE, TWO]).await?;
    case.workspace.apply(&["-exclude=privatelink_consumer.aws[\"ssm\"]"]).await?.succeeded()?;
    assert_eq!(endpoints(&case).await?, 1);
    case.apply().await?;
    assert_eq!(endpoints(&case).await?, 2);
    case.workspace.destroy(&["-exclude=privatelink_consumer.aws[\"sqs\"]"]).await?.succeeded()?;
    case.workspace.destroy(&[]).await?.succeeded()?;
    case.is_clean().await?;
    Ok(())
}

async fn a_state_may_be_encrypted() -> Outcome {
    let encryption = r#"
terraform {
  encryption {
    key_provider "pbkdf2" "words" {
      passphrase = "a passphrase that is long enough"
    }
    method "aes_gcm" "usual" {
      keys = key_provider.pbkdf2.words
    }
    state {
      method   = method.aes_gcm.usual
      enforced = true
    }
    plan {
      method   = method.aes_gcm.usual
      enforced = true
    }
  }
}
"#;
    let case = case(None, Some(7), &[encryption, PROFILE, TWO]).await?;
    case.apply().await?;
    let written = std::fs::read_to_string(case.workspace.folder().join("terraform.tfstate"))?;
    assert!(written.contains("encrypted_data") && !written.contains("vpce-"), "{written}");
    case.workspace.destroy(&[]).await?.succeeded()?;
    case.is_clean().await?;
    Ok(())
}

async fn a_resource_may_be_switched_off() -> Outcome {
    let parts = r#"
variable "on" {
  type    = bool
  default = true
}

resource "privatelink_consumer" "queue" {
  service_name = "com.amazonaws.us-east-1.sqs"
  subnet_ids   = var.consumer_subnet_ids

  lifecycle {
    enabled = var.on
  }
}
"#;
    let case = case(None, Some(11), &[PROFILE, parts]).await?;
    case.apply().await?;
    assert_eq!(endpoints(&case).await?, 1);
    case.workspace.apply(&["-var=on=false"]).await?.succeeded()?;
    case.is_clean().await?;
    Ok(())
}

async fn endpoints_are_imported_by_identity() -> Outcome {
    let case = case(Some(12), Some(12), &[PROFILE, TWO]).await?;
    case.apply().await?;
    let written: Value =
        serde_json::from_str(&std::fs::read_to_string(case.workspace.folder().join("terraform.tfstate"))?)?;
    let instances = written["resources"][0]["instances"].as_array().unwrap();
    let mut imports = String::new();
    for instance in instances {
        let (key, identity) = (instance["index_key"].as_str().unwrap(), &instance["identity"]);
        assert_eq!(identity["id"], instance["attributes"]["id"], "{identity}");
        assert_eq!((&identity["region"], &identity["account_id"]), (&json!("us-east-1"), &json!("222222222222")));
        let _infallible = writeln!(
            imports,
            "import {{\n  to = privatelink_consumer.aws[\"{key}\"]\n  identity = {{\n    id = {}\n    account_id = {}\n  }}\n}}",
            identity["id"], identity["account_id"]
        );
    }
    case.workspace.forget_state()?;
    case.workspace.write("import.tf", &imports)?;
    case.simulator.forget_calls().await?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?;
    says(&planned, "Plan: 2 to import, 0 to add, 0 to change, 0 to destroy.");
    case.apply().await?;
    assert_eq!(case.writes().await?, Vec::<String>::new());
    case.workspace.destroy(&[]).await?.succeeded()?;
    case.is_clean().await?;
    Ok(())
}

/// What a query writes is imported by the next plan, which changes nothing.
async fn endpoints_are_queried_and_written_as_configurations() -> Outcome {
    let case = case(Some(14), None, &[PROFILE, TWO]).await?;
    case.apply().await?;
    let list = "list \"privatelink_consumer\" \"all\" {\n  provider = privatelink\n\n  config {\n    vpc_id = \"ID\"\n  }\n}\n";
    case.workspace.write("all.tfquery.hcl", &list.replace("ID", case.id("consumer_vpc_id")))?;
    let queried = case.workspace.run(&["query", "-no-color"]).await?.succeeded()?;
    assert_eq!(queried.stdout.matches("account_id=222222222222").count(), 2, "{}", queried.said());
    for name in ["sqs", "ssm"] {
        assert!(
            queried.stdout.lines().any(|line| line.trim_end().ends_with(&format!(" {name}"))),
            "{}",
            queried.said()
        );
    }
    case.workspace.run(&["query", "-no-color", "-generate-config-out=generated.tf"]).await?.succeeded()?;
    let generated = std::fs::read_to_string(case.workspace.folder().join("generated.tf"))?;
    assert_eq!(generated.matches("resource \"privatelink_consumer\" \"all_").count(), 2, "{generated}");
    assert!(generated.contains("identity = {") && !generated.contains("vpc_id "), "{generated}");
    case.workspace.forget_state()?;
    case.workspace.replace("main.tf", TWO, "")?;
    case.simulator.forget_calls().await?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?;
    says(&planned, "Plan: 2 to import, 0 to add, 0 to change, 0 to destroy.");
    case.apply().await?;
    assert_eq!(case.writes().await?, Vec::<String>::new(), "{generated}");
    case.workspace.destroy(&[]).await?.succeeded()?;
    case.is_clean().await?;
    Ok(())
}

/// The endpoint of one account waits, and an action in the other's accepts it as soon as it is made.
async fn actions_accept_and_reject() -> Outcome {
    let parts = r#"
variable "provider_subnet_ids" {
  type = list(string)
}

variable "provider_instance_ids" {
  type = list(string)
}

provider "privatelink" {
  profile = "consumer"
}

provider "privatelink" {
  alias   = "owner"
  profile = "service"
}

resource "privatelink_service" "api" {
  provider           = privatelink.owner
  name               = "api"
  subnet_ids         = var.provider_subnet_ids
  allowed_principals = ["222222222222"]

  listener {
    name       = "https"
    port       = 443
    target_ids = var.provider_instance_ids
  }
}

resource "privatelink_consumer" "orders" {
  service_name = privatelink_service.api.service_name
  subnet_ids   = var.consumer_subnet_ids

  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.privatelink_accept.orders]
    }
  }
}

action "privatelink_accept" "orders" {
  provider = privatelink.owner

  config {
    service_id   = privatelink_service.api.id
    endpoint_ids = [privatelink_consumer.orders.id]
  }
}

action "privatelink_reject" "orders" {
  provider = privatelink.owner

  config {
    service_id   = privatelink_service.api.id
    endpoint_ids = [privatelink_consumer.orders.id]
  }
}

action "privatelink_start_verification" "nameless" {
  provider = privatelink.owner

  config {
    service_id = privatelink_service.api.id
  }
}
"#;
    let case = case(Some(14), None, &[parts]).await?;
    let applied = case.workspace.apply(&[]).await?.succeeded()?;
    says(&applied, "accepted at vpce-svc-");
    let state = async || -> Result<Value, Failure> {
        case.workspace.apply(&["-refresh-only"]).await?.succeeded()?;
        let shown = case.workspace.show().await?;
        let resources = shown["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
        let consumer = resources.iter().find(|one| one["type"] == "privatelink_consumer");
        Ok(consumer.map(|one| one["values"]["state"].clone()).unwrap_or_default())
    };
    // The endpoint's account sees a decision a little later than the service's.
    let becomes = async |word: &str| -> Result<(), Failure> {
        for _ in 0..20 {
            if state().await? == json!(word) {
                return Ok(());
            }
        }
        Err(format!("the endpoint does not become {word}").into())
    };
    becomes("available").await?;
    let refused =
        case.workspace.apply(&["-invoke=action.privatelink_start_verification.nameless"]).await?.ended_with(1)?;
    says(&refused, "has no private DNS name");
    let rejected = case.workspace.apply(&["-invoke=action.privatelink_reject.orders"]).await?.succeeded()?;
    says(&rejected, "rejected at vpce-svc-");
    becomes("rejected").await?;
    case.workspace.destroy(&[]).await?.succeeded()?;
    case.is_clean().await?;
    Ok(())
}

async fn the_examples_of_identities_lists_and_actions_are_valid() -> Outcome {
    let tool = Tool::required()?;
    Skipped::unless_since(&tool, Some(14), None)?;
    let binaries = built(Path::new(env!("CARGO_BIN_EXE_simulator"))).await?;
    let files = |folder: &str, file: &str| -> Result<Vec<PathBuf>, Failure> {
        let kinds = std::fs::read_dir(examples().join(folder))?.map(|kind| kind.map(|kind| kind.path().join(file)));
        Ok(kinds.collect::<Result<_, _>>()?)
    };
    for (folder, file) in [
        ("resources", "import-by-identity.tf"),
        ("list-resources", "list-resource.tfquery.hcl"),
        ("actions", "action.tf"),
    ] {
        let found = files(folder, file)?;
        assert!(found.len() >= 3, "{found:?}");
        for path in found {
            let workspace = Workspace::new(&tool, &binaries)?;
            workspace.copy(&examples().join("provider"))?;
            if folder == "resources" {
                workspace.copy(path.parent().unwrap())?;
                std::fs::remove_file(workspace.folder().join("import.sh"))?;
                let _ = std::fs::remove_file(workspace.folder().join("moved.tf"));
            } else {
                // What another provider makes is not at hand here.
                let text = std::fs::read_to_string(&path)?;
                let (own, _) = text.split_once("\nresource \"aws_").unwrap_or((&text, ""));
                workspace.write(file, &own.replace("aws_vpc_endpoint.orders.id", "\"vpce-0123456789abcdef0\""))?;
            }
            let arguments = if folder == "list-resources" {
                vec!["validate", "-query", "-no-color"]
            } else {
                vec!["validate", "-no-color"]
            };
            workspace.run(&arguments).await?.succeeded().map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}
