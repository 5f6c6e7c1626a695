//! `examples/alarms`, with `terraform_data` in the place of another provider's alarms.

use std::fmt::Write as _;
use std::path::Path;

use acceptance_tests::terraform::{Case, Outcome, Source, Tool, examples};
use serde_json::{Value, json};

use super::attribute;

/// Writes each alarm as data of the same values, so that Terraform computes all of them without hashicorp/aws.
fn as_data(example: &str) -> String {
    let mut text = String::new();
    let mut lines = example.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("resource \"aws_cloudwatch_metric_alarm\" ") else {
            let _ = writeln!(text, "{line}");
            continue;
        };
        let _ = writeln!(text, "resource \"terraform_data\" {name}");
        if lines.peek().is_some_and(|next| next.trim_start().starts_with("for_each")) {
            let mut depth = 0_i64;
            for line in lines.by_ref() {
                let _ = writeln!(text, "{line}");
                let count = |brackets: [char; 2]| i64::try_from(line.matches(brackets).count()).unwrap_or_default();
                depth += count(['(', '[']) - count([')', ']']);
                if depth == 0 {
                    break;
                }
            }
        }
        let _ = writeln!(text, "  input = {{");
        for line in lines.by_ref().take_while(|line| *line != "}") {
            let _ = writeln!(text, "  {line}");
        }
        let _ = writeln!(text, "  }}\n}}");
    }
    text
}

pub(crate) async fn the_alarms_of_the_example_watch_what_exists() -> Outcome {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    let case = Case::start(&Tool::required()?, simulator, Source::Text("")).await?;
    let example = std::fs::read_to_string(examples().join("alarms/main.tf"))?;
    let provider = "    aws = {\n      source  = \"hashicorp/aws\"\n      version = \">= 5.0\"\n    }\n";
    assert!(example.contains(provider));
    case.workspace.write("main.tf", &as_data(&example).replace(provider, ""))?;
    let sides = "provider \"privatelink\" {\n  region  = \"us-east-1\"\n  profile = \"consumer\"\n}\n";
    case.workspace.write("provider.tf", sides)?;
    // One account is both sides here.
    let values = json!({
        "service_subnet_ids": case.landscape["consumer_subnet_ids"], "consumer_subnet_ids": case.landscape["consumer_subnet_ids"],
        "consumer_account_id": case.landscape["consumer_account_id"], "instance_ids": [],
    });
    case.workspace.write("terraform.tfvars.json", &values.to_string())?;
    let targets = "    target_ids = var.instance_ids\n";
    case.workspace.replace("main.tf", targets, &format!("{targets}    target_type = \"instance\"\n"))?;
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    let endpoint = attribute(&case, "privatelink_consumer", "/id").await?;
    let shown = case.workspace.show().await?;
    let resources = shown["values"]["root_module"]["resources"].as_array().unwrap().clone();
    let alarms: Vec<&Value> = resources.iter().filter(|one| one["type"] == json!("terraform_data")).collect();
    let of = |name: &str| -> Vec<&Value> {
        let these = alarms.iter().filter(|one| one["name"] == json!(name));
        these.map(|one| &one["values"]["output"]["dimensions"]).collect()
    };
    assert!(of("unhealthy_targets")[0]["TargetGroup"].as_str().unwrap().starts_with("targetgroup/"), "{alarms:#?}");
    let drops = of("drops");
    assert_eq!(drops.len(), 1 + case.landscape["consumer_subnet_ids"].as_array().unwrap().len());
    assert!(drops.iter().all(|one| one["VPC Endpoint Id"] == endpoint), "{drops:#?}");
    case.destroy_unreached().await?;
    Ok(())
}
