//! Terraform itself, where it is installed: started as a user starts it, without registry.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::process::{BINARY, Folder};
use super::session::Session;

/// Terraform or OpenTofu on PATH; `None` after saying so. Where `CI` is set it must be there.
fn terraform() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .flat_map(|folder| ["terraform", "tofu"].map(|name| folder.join(name)))
        .find(|program| program.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "terraform or tofu must be installed where CI is set");
        eprintln!("SKIPPED: neither terraform nor tofu is on PATH");
    }
    found
}

fn command(program: &Path, folder: &Folder) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&folder.0).env("CHECKPOINT_DISABLE", "1").env("TF_IN_AUTOMATION", "1");
    for name in ["TF_LOG", "TF_LOG_PROVIDER", "TF_REATTACH_PROVIDERS", "TF_DISABLE_PLUGIN_TLS", "TF_PLUGIN_CACHE_DIR"] {
        command.env_remove(name);
    }
    command.env("TF_CLI_CONFIG_FILE", folder.0.join("cli.tfrc")).kill_on_drop(true);
    command
}

async fn run(command: &mut Command) -> String {
    let run = command.output().await.unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{stdout}\n{stderr}");
    stdout.into_owned()
}

const REQUIRED: &str = r#"
terraform {
  required_providers {
    privatelink = { source = "privatelink/privatelink" }
  }
}
"#;

#[tokio::test]
async fn terraform_starts_the_binary_and_reads_its_schema() {
    let Some(terraform) = terraform() else { return };
    let folder = Folder::new();
    let binaries = Path::new(BINARY).parent().unwrap();
    let overrides = format!(
        "provider_installation {{\n  dev_overrides {{ \"privatelink/privatelink\" = {binaries:?} }}\n  direct {{}}\n}}\n"
    );
    std::fs::write(folder.0.join("cli.tfrc"), overrides).unwrap();
    std::fs::write(folder.0.join("main.tf"), format!("{REQUIRED}provider \"privatelink\" {{}}\n")).unwrap();
    let schema = run(command(&terraform, &folder).args(["providers", "schema", "-json"])).await;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let providers = schema["provider_schemas"].as_object().unwrap();
    assert!(providers.values().next().unwrap()["provider"]["block"].is_object());
    run(command(&terraform, &folder).args(["validate", "-no-color"])).await;
    run(command(&terraform, &folder).args(["validate", "-no-color"]).env("TF_DISABLE_PLUGIN_TLS", "1")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terraform_plans_applies_imports_and_destroys_with_an_attached_provider() {
    let Some(terraform) = terraform() else { return };
    let session = Session::start().await;
    let folder = Folder::new();
    std::fs::write(folder.0.join("cli.tfrc"), "").unwrap();
    let configuration = format!(
        r#"{REQUIRED}
provider "privatelink" {{
  region = "eu-west-1"
}}

resource "privatelink_thing" "first" {{
  name = "first"
  size = 3.14159265358979323846
  tags = {{ Owner = "é" }}
  ids  = ["b", "a"]

  listener {{
    port = 443
  }}
  listener {{
    port = 80
  }}
  timeouts {{
    create = "5m"
  }}
}}

resource "privatelink_thing" "second" {{
  name = "pre-${{privatelink_thing.first.id}}"

  dynamic "listener" {{
    for_each = toset([privatelink_thing.first.id])
    content {{
      port = length(listener.value)
    }}
  }}
}}
"#
    );
    std::fs::write(folder.0.join("main.tf"), configuration).unwrap();
    let sources = ["registry.terraform.io/privatelink/privatelink", "registry.opentofu.org/privatelink/privatelink"];
    let line = privatelink::serve::reattach_line(
        &sources.map(str::to_owned),
        std::process::id(),
        &privatelink::serve::Address::Unix(session.socket.clone()),
    );
    let reattach = line.strip_prefix("TF_REATTACH_PROVIDERS='").unwrap().trim_end_matches('\'');
    let terraform = |arguments: &[&str]| {
        let mut command = command(&terraform, &folder);
        command.args(arguments).env("TF_REATTACH_PROVIDERS", reattach);
        command
    };
    run(&mut terraform(&["init", "-no-color"])).await;
    run(&mut terraform(&["validate", "-no-color"])).await;
    let applied = run(&mut terraform(&["apply", "-auto-approve", "-no-color"])).await;
    assert!(applied.contains("2 added"), "{applied}");
    let second = terraform(&["plan", "-detailed-exitcode", "-no-color"]).output().await.unwrap();
    assert_eq!(second.status.code(), Some(0), "{}", String::from_utf8_lossy(&second.stdout));
    let state = std::fs::read_to_string(folder.0.join("terraform.tfstate")).unwrap();
    assert!(state.contains("3.14159265358979323846"), "every digit");
    assert!(state.contains("pre-thing-1"));
    run(&mut terraform(&["state", "rm", "privatelink_thing.second"])).await;
    run(&mut terraform(&["import", "-no-color", "privatelink_thing.second", "thing-2"])).await;
    let destroyed = run(&mut terraform(&["destroy", "-auto-approve", "-no-color"])).await;
    assert!(destroyed.contains("2 destroyed"), "{destroyed}");
}
