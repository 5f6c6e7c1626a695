//! Every example is formatted and valid, so that what a newcomer copies works.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use acceptance_tests::suite;
use acceptance_tests::terraform::{Case, Outcome, Skipped, Source, Tool, Workspace, built, examples};

suite!(Terraform:
    every_example_is_formatted,
    every_folder_that_stands_alone_is_valid,
    the_example_of_each_resource_is_valid_with_the_example_of_the_provider,
    the_example_of_each_data_source_and_function_is_valid_with_the_example_of_the_provider,
    the_policy_grants_every_action_once_for_each_side,
    the_tests_of_modules_run_without_aws,
    modules_connect_on_the_simulator,
);

async fn workspace() -> Result<Workspace, Box<dyn std::error::Error>> {
    let binaries = built(Path::new(env!("CARGO_BIN_EXE_simulator"))).await?;
    Ok(Workspace::new(&Tool::required()?, &binaries)?)
}

async fn every_example_is_formatted() -> Outcome {
    // A program that cannot read functions formats none of them.
    Skipped::unless_since(&Tool::required()?, Some(8), Some(7))?;
    let workspace = workspace().await?;
    let folder = examples();
    let folder = folder.to_str().unwrap();
    let run = workspace.run(&["fmt", "-check", "-diff", "-recursive", "-no-color", folder]).await?;
    run.succeeded()?;
    Ok(())
}

async fn every_folder_that_stands_alone_is_valid() -> Outcome {
    let of_service = [
        "service/protocols",
        "service/existing",
        "service/access",
        "service/guarded",
        "service/weights",
        "service/datagrams",
    ];
    let of_vendors = ["vendors/kafka", "vendors/database", "vendors/warehouse"];
    for name in [
        "complete",
        "service",
        "consumer",
        "consumer/aws",
        "consumer/guarded",
        "provider",
        "testing",
        "modules/service",
        "modules/consumers",
    ]
    .into_iter()
    .chain(of_service)
    .chain(of_vendors)
    {
        let workspace = workspace().await?;
        workspace.copy(&examples().join(name))?;
        let validated = workspace.validate().await?.succeeded().map_err(|error| format!("examples/{name}: {error}"))?;
        assert!(validated.stdout.contains("Success!"), "examples/{name}: {}", validated.said());
    }
    Ok(())
}

async fn the_example_of_each_resource_is_valid_with_the_example_of_the_provider() -> Outcome {
    let mut resources: Vec<PathBuf> =
        fs::read_dir(examples().join("resources"))?.map(|entry| entry.unwrap().path()).collect();
    resources.sort();
    assert_eq!(resources.len(), 4);
    for resource in resources {
        let workspace = workspace().await?;
        workspace.copy(&examples().join("provider"))?;
        workspace.write("resource.tf", &fs::read_to_string(resource.join("resource.tf"))?)?;
        workspace.validate().await?.succeeded().map_err(|error| format!("{}: {error}", resource.display()))?;
        let import = fs::read_to_string(resource.join("import.sh"))?;
        let kind = resource.file_name().unwrap().to_str().unwrap();
        assert!(import.contains(&format!("terraform import {kind}.")), "{import}");
    }
    Ok(())
}

async fn the_example_of_each_data_source_and_function_is_valid_with_the_example_of_the_provider() -> Outcome {
    Skipped::unless_since(&Tool::required()?, Some(8), Some(7))?;
    for (folder, file, count) in [("data-sources", "data-source.tf", 4), ("functions", "function.tf", 4)] {
        let entries = fs::read_dir(examples().join(folder))?.map(|entry| entry.unwrap().path());
        let mut entries: Vec<PathBuf> = entries.collect();
        entries.sort();
        assert_eq!(entries.len(), count);
        for example in entries {
            let workspace = workspace().await?;
            workspace.copy(&examples().join("provider"))?;
            workspace.write(file, &fs::read_to_string(example.join(file))?)?;
            workspace.validate().await?.succeeded().map_err(|error| format!("{}: {error}", example.display()))?;
        }
    }
    Ok(())
}

async fn the_policy_grants_every_action_once_for_each_side() -> Outcome {
    let policy: serde_json::Value = serde_json::from_str(&fs::read_to_string(examples().join("iam-policy.json"))?)?;
    for statement in policy["Statement"].as_array().unwrap() {
        let actions: Vec<&str> =
            statement["Action"].as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect();
        assert!(actions.is_sorted(), "{}", statement["Sid"]);
        assert!(actions.windows(2).all(|pair| pair[0] != pair[1]), "{}", statement["Sid"]);
        assert!(actions.iter().all(|action| action.contains(':') && !action.contains('*')), "{}", statement["Sid"]);
    }
    Ok(())
}

/// Copies a folder with everything below it.
fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let place = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() { copy_tree(&path, &place)? } else { fs::copy(&path, &place).map(drop)? }
    }
    Ok(())
}

async fn the_tests_of_modules_run_without_aws() -> Outcome {
    let tool = Tool::required()?;
    // Mocks of a provider came with Terraform 1.7 and OpenTofu 1.8, which has no files of them.
    Skipped::unless_since(&tool, Some(7), None)?;
    let workspace = workspace().await?;
    for folder in ["testing", "modules"] {
        copy_tree(&examples().join(folder), &workspace.folder().join(folder))?;
    }
    for (module, passed) in [("testing", 3), ("modules/service", 2), ("modules/consumers", 2)] {
        let tested = workspace.run(&[&format!("-chdir={module}"), "test", "-no-color"]).await?.succeeded()?;
        let words = format!("Success! {passed} passed, 0 failed.");
        assert!(tested.stdout.contains(&words), "{module}: {}", tested.said());
    }
    Ok(())
}

/// Both modules, as one would use them: what is left out has its default, one connection has names in two zones.
const MODULES: &str = r#"
terraform {
  required_providers {
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

variable "provider_subnet_ids" {
  type = list(string)
}

variable "provider_instance_ids" {
  type = list(string)
}

variable "consumer_subnet_ids" {
  type = list(string)
}

variable "consumer_account_id" {
  type = string
}

provider "privatelink" {
  alias   = "service"
  profile = "service"
}

provider "privatelink" {
  profile = "consumer"

  peer_account {
    name    = "service"
    profile = "service"
  }
}

module "service" {
  source    = "./modules/service"
  providers = { privatelink = privatelink.service }

  name               = "orders"
  subnet_ids         = var.provider_subnet_ids
  allowed_principals = [var.consumer_account_id]
  listeners          = { https = { port = 443, target_ids = var.provider_instance_ids } }
}

module "consumers" {
  source     = "./modules/consumers"
  subnet_ids = var.consumer_subnet_ids

  connections = {
    queue = { service_name = "com.amazonaws.us-east-1.sqs" }

    orders = {
      service_name = module.service.service_name
      accepted_by  = "service"
      ingress      = [{ port = 443, cidr_ipv4 = "10.20.0.0/16" }]
      zones        = { "orders.internal" = {}, "partner.internal" = { records = ["orders"] } }
    }
  }
}

output "all" {
  value = { service = module.service.service, consumers = module.consumers.connections }
}
"#;

async fn modules_connect_on_the_simulator() -> Outcome {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    let case = Case::start(&Tool::required()?, simulator, Source::Text(MODULES)).await?;
    copy_tree(&examples().join("modules"), &case.workspace.folder().join("modules"))?;
    case.workspace.run(&["get", "-no-color"]).await?.succeeded()?;
    case.apply().await?;
    for name in ["orders.internal", "orders.partner.internal"] {
        case.arrives(name, 443).await?;
    }
    case.workspace.destroy(&[]).await?.succeeded()?;
    case.is_clean().await?;
    Ok(())
}
