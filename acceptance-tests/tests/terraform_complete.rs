//! `examples/complete` through real Terraform: what users do with a resource in its life.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{CONSUMER, Case, Outcome, Run, SERVICE, Skipped, Source, Tool, examples};
use serde_json::{Value, json};

suite!(Terraform:
    the_example_carries_packets_and_goes_without_a_trace,
    both_resources_are_imported_into_an_empty_state,
    what_was_deleted_behind_the_back_is_put_back,
    a_replacement_leaves_one_chain,
    terraform_test_applies_and_cleans_up,
    the_demo_opens_the_page_that_it_names,
);

async fn case() -> Result<Case, Box<dyn std::error::Error>> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    Ok(Case::start(&Tool::required()?, simulator, Source::Example("complete")).await?)
}

async fn the_example_carries_packets_and_goes_without_a_trace() -> Outcome {
    let case = case().await?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?;
    assert!(planned.stdout.contains("Plan: 2 to add, 0 to change, 0 to destroy."), "{}", planned.said());
    let looked = case.writes().await?;
    assert!(looked.is_empty(), "a plan wrote: {looked:?}");

    case.apply().await?;
    let outputs = case.workspace.outputs().await?;
    assert_eq!(outputs["private_name"], "orders.example.dev");
    assert_eq!(outputs["vpc_id"], case.landscape["consumer_vpc_id"]);
    case.reaches("orders.services.internal", 443).await?;
    case.arrives("orders.example.dev", 443).await?;
    let closed = case.reach("orders.example.dev", 80).await?;
    assert!(!closed.reached, "{closed:?}");

    let granted = granted()?;
    for call in case.simulator.calls().await? {
        let action = format!("{}:{}", call.service, call.operation);
        assert!(action == "sts:GetCallerIdentity" || granted.contains(&action), "{action} is not in iam-policy.json");
        assert!([SERVICE, CONSUMER].contains(&call.account.as_str()), "{call:?}");
    }
    case.destroy().await?;
    Ok(())
}

fn granted() -> Result<BTreeSet<String>, Box<dyn std::error::Error>> {
    let policy: Value = serde_json::from_str(&fs::read_to_string(examples().join("iam-policy.json"))?)?;
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
    Ok(actions.map(|action| action.as_str().unwrap().to_owned()).collect())
}

async fn both_resources_are_imported_into_an_empty_state() -> Outcome {
    let case = case().await?;
    case.apply().await?;
    let outputs = case.workspace.outputs().await?;
    let (service, endpoint) = (outputs["service_id"].as_str().unwrap(), outputs["endpoint_id"].as_str().unwrap());
    let before = case.simulator.objects().await?;

    case.workspace.state_rm("privatelink_consumer.orders").await?.succeeded()?;
    case.workspace.state_rm("privatelink_service.orders").await?.succeeded()?;
    assert_eq!(case.simulator.objects().await?, before, "state rm touches nothing");
    case.workspace.forget_state()?;
    case.simulator.forget_calls().await?;
    case.workspace.import("privatelink_service.orders", service).await?.succeeded()?;
    case.workspace.import("privatelink_consumer.orders", endpoint).await?.succeeded()?;

    // AWS does not hold who accepts, and outputs are not part of an import: one apply settles both and makes no object.
    let applied = case.workspace.apply(&[]).await?.succeeded()?;
    assert!(applied.stdout.contains("0 added"), "{}", applied.said());
    assert!(applied.stdout.contains("0 destroyed"), "{}", applied.said());
    assert_eq!(case.simulator.objects().await?, before, "{:?}", case.writes().await?);
    case.is_settled().await?;
    case.arrives("orders.example.dev", 443).await?;
    case.destroy().await?;
    Ok(())
}

async fn what_was_deleted_behind_the_back_is_put_back() -> Outcome {
    let case = case().await?;
    case.apply().await?;
    let objects = case.simulator.objects().await?;
    let rule = objects.of("security_group_rule")[0];
    let group = objects.of("security_group")[0];
    let revoked = [("GroupId", group), ("SecurityGroupRuleId.1", rule)];
    case.simulator.act_as(CONSUMER, "ec2", "RevokeSecurityGroupIngress", &revoked).await?;
    is_healed(&case, "endpoint_security_group", &["AuthorizeSecurityGroupIngress"]).await?;

    let listener = objects.of("listener")[0];
    case.simulator.act_as(SERVICE, "elasticloadbalancing", "DeleteListener", &[("ListenerArn", listener)]).await?;
    // An update that makes something says so first, in a tag of its anchor.
    is_healed(&case, "listener", &["CreateTags", "CreateListener"]).await?;

    let record = objects.of("record_set").into_iter().find(|id| id.contains("orders.services.internal")).unwrap();
    case.simulator.set("record_set", record, &json!({"removed": true})).await?;
    assert_eq!(case.reach("orders.services.internal", 443).await?.broken_at.as_deref(), Some("dns"));
    is_healed(&case, "", &["CreateTags", "ChangeResourceRecordSets"]).await?;
    case.reaches("orders.services.internal", 443).await?;
    case.destroy().await?;
    Ok(())
}

/// The packet ends at the hop that was taken away, the plan shows it, and one apply makes exactly the missing calls.
async fn is_healed(case: &Case, hop: &str, writes: &[&str]) -> Outcome {
    let way = case.reach("orders.example.dev", 443).await?;
    assert_eq!(way.broken_at.as_deref().unwrap_or_default(), hop, "{way:?}");
    case.workspace.plan(&[]).await?.ended_with(2)?;
    case.simulator.forget_calls().await?;
    case.apply().await?;
    assert_eq!(case.writes().await?, writes);
    case.arrives("orders.example.dev", 443).await?;
    Ok(())
}

async fn a_replacement_leaves_one_chain() -> Outcome {
    let case = case().await?;
    case.apply().await?;
    let before = case.workspace.outputs().await?["endpoint_id"].clone();
    let replaced = case.workspace.apply(&["-replace=privatelink_consumer.orders"]).await?.succeeded()?;
    assert!(replaced.stdout.contains("1 added, 0 changed, 1 destroyed"), "{}", replaced.said());
    assert_ne!(case.workspace.outputs().await?["endpoint_id"], before);
    case.is_settled().await?;
    let objects = case.simulator.objects().await?;
    for kind in ["endpoint", "security_group", "hosted_zone", "endpoint_service", "load_balancer"] {
        assert_eq!(objects.of(kind).len(), 1, "{kind}: {:?}", objects.of(kind));
    }
    case.arrives("orders.example.dev", 443).await?;
    case.destroy().await?;
    Ok(())
}

async fn terraform_test_applies_and_cleans_up() -> Outcome {
    Skipped::unless_since(&Tool::required()?, Some(6), Some(6))?;
    let case = case().await?;
    case.workspace.write(
        "connection.tftest.hcl",
        r#"
run "connects" {
  assert {
    condition     = privatelink_consumer.orders.state == "available"
    error_message = "the endpoint is ${privatelink_consumer.orders.state}"
  }
  assert {
    condition     = output.private_name == "orders.${var.domain}"
    error_message = "the private name is ${output.private_name}"
  }
}
"#,
    )?;
    let tested = case.workspace.run(&["test", "-no-color"]).await?.succeeded()?;
    assert!(tested.stdout.contains("1 passed, 0 failed"), "{}", tested.said());
    case.is_clean().await?;
    Ok(())
}

/// `cargo demo --open`, on a desktop whose program for opening addresses writes them down.
#[cfg(target_os = "linux")]
async fn the_demo_opens_the_page_that_it_names() -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;
    Tool::required()?;
    let desktop = tempfile::tempdir()?;
    let (program, opened) = (desktop.path().join("xdg-open"), desktop.path().join("opened"));
    fs::write(&program, format!("#!/bin/sh\nprintf %s \"$1\" >'{}'\n", opened.display()))?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    let found = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(desktop.path().to_owned()).chain(std::env::split_paths(&found)))?;
    let run = tokio::process::Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["--open", "--speed", "600"])
        .env("PATH", path)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output();
    let run = Run::of("demo --open".to_owned(), &run.await?).succeeded()?;
    let page = run.stdout.lines().find_map(|line| line.trim().strip_prefix("Watch it live: ")).unwrap_or_default();
    assert_eq!(fs::read_to_string(&opened)?, page, "{}", run.said());
    assert!(page.starts_with("http://127.0.0.1:") && run.stdout.contains("demo passed"), "{}", run.said());
    Ok(())
}

/// Other systems open addresses by programs that a test cannot stand in for.
#[cfg(not(target_os = "linux"))]
async fn the_demo_opens_the_page_that_it_names() -> Outcome {
    Ok(())
}
