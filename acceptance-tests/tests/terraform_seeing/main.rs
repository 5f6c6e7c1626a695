//! Does it work, where does it stop, how much goes through: data sources, functions and `diagnose` in a person's hands.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod alarms;
mod ways;

use std::path::Path;
use std::process::Stdio;

use acceptance_tests::suite;
use acceptance_tests::terraform::{
    CONSUMER, Case, Outcome, Run, SERVICE, Skipped, Source, Tool, Workspace, built, element, examples, patiently,
};
use serde_json::{Map, Value, json};
use tokio::io::AsyncWriteExt as _;

use alarms::the_alarms_of_the_example_watch_what_exists;
use ways::{
    a_check_fails_at_each_hop_through_an_application_load_balancer,
    a_check_fails_where_the_network_or_the_service_stops,
};

suite!(Terraform:
    a_check_fails_at_each_hop_that_breaks_and_the_plan_goes_on,
    a_check_fails_where_the_network_or_the_service_stops,
    a_check_fails_at_each_hop_through_an_application_load_balancer,
    terraform_test_asserts_over_the_data_sources,
    functions_answer_in_the_console_and_name_the_argument_that_is_wrong,
    diagnose_ends_with_a_code_and_writes_for_people_and_machines,
    subnets_are_picked_by_the_zones_of_a_service_before_the_plan,
    what_goes_through_is_read_and_alarms_get_whole_dimensions,
    the_alarms_of_the_example_watch_what_exists,
);

type Failure = Box<dyn std::error::Error>;

const NAME: &str = "orders.services.internal";

/// The head of a configuration of the consumer's side that sees the service's, too.
const HEAD: &str = r#"
terraform {
  required_providers {
    privatelink = { source = "privatelink/privatelink" }
  }
}

provider "privatelink" {
  profile = "consumer"
  peer_account {
    name    = "service"
    profile = "service"
  }
}
"#;

/// What a person who looks after a connection has: a check, and nothing that is managed.
const RUNBOOK: &str = r#"
variable "endpoint_id" {}
variable "security_group_id" {}
variable "name" { default = "orders.services.internal" }
variable "subnet_id" { default = null }

data "privatelink_diagnosis" "orders" {
  endpoint_id        = var.endpoint_id
  name               = var.name
  security_group_ids = [var.security_group_id]
  subnet_id          = var.subnet_id
  peer_account       = "service"
}

check "reachable" {
  assert {
    condition     = data.privatelink_diagnosis.orders.broken_at == null
    error_message = "broken at ${coalesce(data.privatelink_diagnosis.orders.broken_at, "no hop")}: ${data.privatelink_diagnosis.orders.report}"
  }
}

output "reachable" { value = data.privatelink_diagnosis.orders.reachable }
"#;

/// A configuration of its own beside the one of a case, with values for its variables.
async fn beside(case: &Case, text: &str, values: &Value) -> Result<Workspace, Failure> {
    let binaries = built(Path::new(env!("CARGO_BIN_EXE_simulator"))).await?;
    let mut workspace = Workspace::new(&Tool::required()?, &binaries)?;
    workspace.connect(&case.simulator.url(), case.simulator.speed(), "us-east-1")?;
    workspace.write("main.tf", &format!("{HEAD}{text}"))?;
    workspace.variables(values.as_object().unwrap_or(&Map::new()))?;
    Ok(workspace)
}

/// The complete example, applied; packets arrive.
async fn connected(edit: impl AsyncFnOnce(&Case) -> Result<(), Failure>) -> Result<Case, Failure> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    let case = Case::start(&Tool::required()?, simulator, Source::Example("complete")).await?;
    edit(&case).await?;
    case.workspace.apply(&[]).await?.succeeded()?;
    case.arrives(NAME, 443).await?;
    Ok(case)
}

async fn as_it_is(_: &Case) -> Result<(), Failure> {
    Ok(())
}

/// An attribute of the only resource of a type in the state.
async fn attribute(case: &Case, kind: &str, pointer: &str) -> Result<Value, Failure> {
    let shown = case.workspace.show().await?;
    let resources = shown["values"]["root_module"]["resources"].as_array().unwrap();
    let found = resources.iter().find(|resource| resource["type"] == json!(kind)).unwrap();
    Ok(found["values"].pointer(pointer).cloned().unwrap_or_default())
}

async fn text(case: &Case, kind: &str, pointer: &str) -> Result<String, Failure> {
    Ok(attribute(case, kind, pointer).await?.as_str().ok_or(format!("no {pointer}"))?.to_owned())
}

/// The account's security group of a name.
async fn group_named(case: &Case, account: &str, name: &str) -> Result<String, Failure> {
    let filter = [("Filter.1.Name", "group-name"), ("Filter.1.Value.1", name)];
    let group = patiently("no such group", async || {
        let said = case.simulator.act_as(account, "ec2", "DescribeSecurityGroups", &filter).await?;
        Ok(element(&said, "groupId").ok().map(str::to_owned))
    });
    Ok(group.await?)
}

/// A group of the load balancer's own, open to whoever calls.
async fn with_a_group_of_the_load_balancer(case: &Case) -> Result<(), Failure> {
    let vpc = case.id("provider_vpc_id");
    let group = [("GroupName", "front"), ("GroupDescription", "front"), ("VpcId", vpc)];
    case.simulator.act_as(SERVICE, "ec2", "CreateSecurityGroup", &group).await?;
    let front = group_named(case, SERVICE, "front").await?;
    case.simulator.set("security_group", &front, &json!({"ingress": {"cidr": "0.0.0.0/0", "port": 443}})).await?;
    let block = format!("\n  load_balancer {{\n    security_groups = [\"{front}\"]\n  }}\n\n  listener {{");
    case.workspace.replace("service.tf", "\n  listener {", &block)?;
    Ok(())
}

async fn a_check_fails_at_each_hop_that_breaks_and_the_plan_goes_on() -> Outcome {
    let case = connected(with_a_group_of_the_load_balancer).await?;
    let endpoint = text(&case, "privatelink_consumer", "/id").await?;
    let values = json!({"endpoint_id": endpoint, "security_group_id": case.id("application_security_group_id")});
    let runbook = beside(&case, RUNBOOK, &values).await?;
    let whole = runbook.plan(&[]).await?.ended_with(2)?;
    assert!(!whole.said().contains("Check block") && whole.said().contains("reachable = true"), "{}", whole.said());

    let group = text(&case, "privatelink_service", "/listeners/https/target_group_arn").await?;
    for instance in case.landscape["provider_instance_ids"].as_array().unwrap() {
        let target = format!("{group}/{}", instance.as_str().unwrap());
        let state = json!({"state": "unhealthy", "reason": "Target.FailedHealthChecks"});
        case.simulator.set("target", &target, &state).await?;
    }
    fails_at(&runbook, "target", "Target.FailedHealthChecks").await?;

    // From the last hop to the first, so that each break comes before the one that was told.
    let shut = json!({"ingress": null});
    let targets = group_named(&case, SERVICE, "targets").await?;
    for instance in case.landscape["provider_instance_ids"].as_array().unwrap() {
        let target = format!("{group}/{}", instance.as_str().unwrap());
        case.simulator.set("target", &target, &json!({"state": null})).await?;
    }
    case.simulator.set("security_group", &targets, &shut).await?;
    fails_at(&runbook, "target_security_group", "no rule").await?;

    let listener = text(&case, "privatelink_service", "/listeners/https/arn").await?;
    case.simulator.act_as(SERVICE, "elasticloadbalancing", "DeleteListener", &[("ListenerArn", &listener)]).await?;
    fails_at(&runbook, "listener", "443").await?;

    let front = group_named(&case, SERVICE, "front").await?;
    case.simulator.set("security_group", &front, &shut).await?;
    fails_at(&runbook, "load_balancer_security_group", "no rule").await?;

    let balancer = text(&case, "privatelink_service", "/load_balancers/0/arn").await?;
    case.simulator.set("load_balancer", &balancer, &json!({"state": "failed"})).await?;
    fails_at(&runbook, "load_balancer", "failed").await?;

    let service = text(&case, "privatelink_service", "/id").await?;
    let connection = [("ServiceId", service.as_str()), ("VpcEndpointId.1", endpoint.as_str())];
    case.simulator.act_as(SERVICE, "ec2", "RejectVpcEndpointConnections", &connection).await?;
    fails_at(&runbook, "connection", "rejected").await?;

    let own = text(&case, "privatelink_consumer", "/security_group_id").await?;
    case.simulator.set("security_group", &own, &shut).await?;
    fails_at(&runbook, "endpoint_security_group", "no rule").await?;

    case.simulator.act_as(CONSUMER, "ec2", "DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]).await?;
    fails_at(&runbook, "endpoint", "delet").await?;

    let nowhere = runbook.plan(&["-var", "name=nowhere.services.internal"]).await?.ended_with(2)?;
    assert!(nowhere.in_one_line().contains("broken at dns"), "{}", nowhere.said());
    Ok(())
}

/// A plan, once AWS's replicas agree, that warns of a failed check at this hop and goes on.
async fn fails_at(runbook: &Workspace, hop: &str, words: &str) -> Result<Run, Failure> {
    let wanted = format!("broken at {hop}: ");
    let complaint = format!("no plan says {wanted}");
    let found = patiently(&complaint, async || {
        // An output that becomes null is no change, so that the code may be either.
        let run = runbook.plan(&[]).await?;
        Ok(run.in_one_line().contains(&wanted).then_some(run))
    });
    let run = match found.await {
        Ok(run) => run,
        Err(error) => return Err(format!("{error}: {}", runbook.plan(&[]).await?.said()).into()),
    };
    let said = run.in_one_line();
    assert!(said.contains("Check block assertion failed") && said.contains(words), "{hop}: {}", run.said());
    assert!(!said.contains("Error:") && run.code != Some(1), "{hop}: {}", run.said());
    Ok(run)
}

const TESTED: &str = r#"
variable "service_name" {}
variable "service_id" {}
variable "endpoint_id" {}
variable "security_group_id" {}

data "privatelink_service" "orders" {
  service_name = var.service_name
}

data "privatelink_connections" "orders" {
  service_id   = var.service_id
  peer_account = "service"
}

data "privatelink_diagnosis" "orders" {
  endpoint_id        = var.endpoint_id
  security_group_ids = [var.security_group_id]
  peer_account       = "service"
}

data "privatelink_metrics" "orders" {
  endpoint_id = var.endpoint_id
}
"#;

const TESTS: &str = r#"
run "the_service_is_visible" {
  command = plan
  assert {
    condition     = length(data.privatelink_service.orders.availability_zone_ids) == 3
    error_message = "not in three zones"
  }
}

run "the_connection_stands" {
  command = plan
  assert {
    condition     = data.privatelink_connections.orders.connections[0].state == "available"
    error_message = "not available"
  }
  assert {
    condition     = data.privatelink_diagnosis.orders.reachable
    error_message = data.privatelink_diagnosis.orders.report
  }
}

run "nothing_was_dropped" {
  command = plan
  assert {
    condition     = lookup(data.privatelink_metrics.orders.sum, "PacketsDropped", 0) == 0
    error_message = "dropped"
  }
}
"#;

async fn terraform_test_asserts_over_the_data_sources() -> Outcome {
    Skipped::unless_since(&Tool::required()?, Some(6), Some(6))?;
    let case = connected(as_it_is).await?;
    let values = json!({
        "service_name": text(&case, "privatelink_service", "/service_name").await?,
        "service_id": text(&case, "privatelink_service", "/id").await?,
        "endpoint_id": text(&case, "privatelink_consumer", "/id").await?,
        "security_group_id": case.id("application_security_group_id"),
    });
    let tested = beside(&case, TESTED, &values).await?;
    tested.write("orders.tftest.hcl", TESTS)?;
    let passed = tested.run(&["test", "-no-color"]).await?.succeeded()?;
    assert!(passed.said().contains("3 passed, 0 failed"), "{}", passed.said());
    // The same tests find what breaks.
    let endpoint = values["endpoint_id"].as_str().unwrap();
    let connection = [("ServiceId", values["service_id"].as_str().unwrap()), ("VpcEndpointId.1", endpoint)];
    case.simulator.act_as(SERVICE, "ec2", "RejectVpcEndpointConnections", &connection).await?;
    let failed = patiently("the rejection is never seen", async || {
        let run = tested.run(&["test", "-no-color"]).await?;
        Ok(run.said().contains("1 failed").then_some(run))
    });
    let failed = failed.await?;
    assert!(failed.code == Some(1) && failed.in_one_line().contains("not available"), "{}", failed.said());
    Ok(())
}

/// What `console` answers to some lines.
async fn console(workspace: &Workspace, lines: &str) -> Result<Run, Failure> {
    let mut command = workspace.command(&["console"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    child.stdin.take().unwrap().write_all(lines.as_bytes()).await?;
    Ok(Run::of("console".to_owned(), &child.wait_with_output().await?))
}

async fn functions_answer_in_the_console_and_name_the_argument_that_is_wrong() -> Outcome {
    let tool = Tool::required()?;
    Skipped::unless_since(&tool, Some(8), Some(7))?;
    let binaries = built(Path::new(env!("CARGO_BIN_EXE_simulator"))).await?;
    let workspace = Workspace::new(&tool, &binaries)?;
    workspace.write("main.tf", HEAD.split("provider \"").next().unwrap())?;
    let name = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";
    let call = |text: &str| format!("provider::privatelink::{text}\n");
    for (asked, answer) in [
        (call(&format!("service_id(\"{name}\")")), "\"vpce-svc-0123456789abcdef0\""),
        (call(&format!("service_region(\"{name}\")")), "\"us-east-1\""),
        (call("principal_arn(\"111111111111\")"), "\"arn:aws:iam::111111111111:root\""),
        (
            call(
                "zonal_dns_name(\"vpce-0123456789abcdef0-abcdefgh.vpce-svc-0123456789abcdef0.us-east-1.vpce.amazonaws.com\", \
                 \"us-east-1a\")",
            ),
            "\"vpce-0123456789abcdef0-abcdefgh-us-east-1a.vpce-svc-0123456789abcdef0.us-east-1.vpce.amazonaws.com\"",
        ),
    ] {
        let run = console(&workspace, &asked).await?.succeeded()?;
        assert_eq!(run.said().lines().last(), Some(answer), "{asked}: {}", run.said());
    }
    let wrong = console(&workspace, &call("service_id(\"orders\")")).await?;
    let said = wrong.in_one_line();
    assert!(wrong.code == Some(1) && said.contains("Invalid value for \"name\" parameter"), "{}", wrong.said());
    Ok(())
}

/// What the binary says to these arguments, with the profiles and the address of a case.
async fn diagnose(case: &Case, arguments: &[&str]) -> Result<Run, Failure> {
    let binaries = built(Path::new(env!("CARGO_BIN_EXE_simulator"))).await?;
    let program = binaries.join(format!("terraform-provider-privatelink{}", std::env::consts::EXE_SUFFIX));
    let mut command = case.workspace.environment().command(&program);
    command.arg("diagnose").args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    Ok(Run::of(format!("diagnose {}", arguments.join(" ")), &command.output().await?))
}

async fn diagnose_ends_with_a_code_and_writes_for_people_and_machines() -> Outcome {
    let case = connected(as_it_is).await?;
    let endpoint = text(&case, "privatelink_consumer", "/id").await?;
    let group = case.id("application_security_group_id").to_owned();
    let both = [endpoint.as_str(), "--profile", "consumer", "--peer-profile", "service", "--security-group", &group];
    let with = |more: &[&'static str]| -> Vec<&str> { both.iter().copied().chain(more.iter().copied()).collect() };

    let whole = diagnose(&case, &with(&["--name", NAME])).await?.ended_with(0)?;
    assert!(whole.stdout.contains("Reachable: every hop") && whole.stderr.is_empty(), "{}", whole.said());
    assert!(whole.stdout.lines().all(|line| line.chars().count() <= 80), "{}", whole.stdout);
    assert!(!whole.stdout.contains('\u{1b}'), "no colour in a pipe");
    let machine = diagnose(&case, &with(&["--json"])).await?.ended_with(0)?;
    let read: Value = serde_json::from_str(&machine.stdout)?;
    assert_eq!((&read["reachable"], &read["broken_at"]), (&json!(true), &Value::Null));
    assert_eq!(read["hops"][0]["hop"], json!("dns"));
    let diagram = diagnose(&case, &with(&["--mermaid"])).await?.ended_with(0)?;
    assert!(diagram.stdout.starts_with("flowchart LR\n"), "{}", diagram.stdout);

    // From the consumer's side alone the rest is not seen.
    let alone =
        diagnose(&case, &[&endpoint, "--profile", "consumer", "--security-group", &group]).await?.ended_with(2)?;
    assert!(alone.in_one_line().contains("account 111111111111"), "{}", alone.stdout);
    let machine = diagnose(&case, &[&endpoint, "--profile", "consumer", "--json"]).await?.ended_with(2)?;
    assert_eq!(serde_json::from_str::<Value>(&machine.stdout)?["reachable"], Value::Null);

    let broken = diagnose(&case, &with(&["--port", "8443", "--json"])).await?.ended_with(1)?;
    let read: Value = serde_json::from_str(&broken.stdout)?;
    assert_eq!((&read["reachable"], &read["broken_at"]), (&json!(false), &json!("endpoint_security_group")));
    let advice = read["hops"].as_array().unwrap().iter().find(|hop| hop["state"] == json!("broken")).unwrap();
    assert!(!advice["advice"].as_str().unwrap().is_empty(), "{advice}");

    // Words that mean nothing, and an AWS that cannot be asked.
    diagnose(&case, &["endpoint"]).await?.ended_with(2)?;
    let stranger = diagnose(&case, &[&endpoint, "--profile", "nobody"]).await?.ended_with(2)?;
    assert!(stranger.stderr.contains("nobody") && stranger.stdout.is_empty(), "{}", stranger.said());
    let calls = case.simulator.calls().await?;
    assert!(!calls.is_empty());
    case.destroy().await?;
    Ok(())
}

async fn subnets_are_picked_by_the_zones_of_a_service_before_the_plan() -> Outcome {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    let case = Case::start(&Tool::required()?, simulator, Source::Example("complete")).await?;
    // A service in two of the consumer's three zones, by another configuration.
    case.workspace.replace(
        "service.tf",
        "subnet_ids = var.provider_subnet_ids",
        "subnet_ids = slice(tolist(var.provider_subnet_ids), 0, 2)",
    )?;
    std::fs::remove_file(case.workspace.folder().join("consumer.tf"))?;
    case.workspace.replace(
        "service.tf",
        "  name       = \"orders-api\"\n",
        "  name                = \"orders-api\"\n  acceptance_required = false\n",
    )?;
    let outputs = std::fs::read_to_string(examples().join("complete/outputs.tf"))?;
    let kept: Vec<&str> = outputs.split("\n\n").filter(|output| !output.contains("privatelink_consumer")).collect();
    case.workspace.write("outputs.tf", &kept.join("\n\n"))?;
    case.workspace.apply(&[]).await?.succeeded()?;
    let zones = attribute(&case, "privatelink_service", "/availability_zone_ids").await?;
    assert_eq!(zones.as_array().unwrap().len(), 2);

    let mut by_zone = Map::new();
    for subnet in case.landscape["consumer_subnet_ids"].as_array().unwrap() {
        let id = subnet.as_str().unwrap();
        let said = case.simulator.act_as(CONSUMER, "ec2", "DescribeSubnets", &[("SubnetId.1", id)]).await?;
        by_zone.insert(element(&said, "availabilityZoneId")?.to_owned(), subnet.clone());
    }
    assert_eq!(by_zone.len(), 3);
    let example = std::fs::read_to_string(examples().join("data-sources/privatelink_service/data-source.tf"))?;
    let name = text(&case, "privatelink_service", "/service_name").await?;
    let picking = beside(&case, &example, &json!({"service_name": name, "subnet_ids_by_zone_id": by_zone})).await?;
    // Known while it plans: the plan shows both subnets, and not the third.
    let planned = picking.plan(&[]).await?.ended_with(2)?;
    for (zone, subnet) in &by_zone {
        let is_shared = zones.as_array().unwrap().contains(&json!(zone));
        assert_eq!(planned.stdout.contains(subnet.as_str().unwrap()), is_shared, "{zone}: {}", planned.stdout);
    }
    picking.apply(&[]).await?.succeeded()?;
    // Subnets in other zones alone end in the example's own words.
    let foreign: Map<String, Value> =
        by_zone.into_iter().filter(|(zone, _)| !zones.as_array().unwrap().contains(&json!(zone))).collect();
    picking.variables(json!({"service_name": name, "subnet_ids_by_zone_id": foreign}).as_object().unwrap())?;
    let refused = picking.plan(&[]).await?.ended_with(1)?;
    assert!(refused.in_one_line().contains("None of the subnets lies in a zone of the service"), "{}", refused.said());
    picking.destroy(&[]).await?;
    Ok(())
}

const WATCHED: &str = r#"
variable "endpoint_id" {}

data "privatelink_metrics" "orders" {
  endpoint_id = var.endpoint_id
  metrics     = ["BytesProcessed"]
  start       = "2h"
}

output "bytes" { value = lookup(data.privatelink_metrics.orders.sum, "BytesProcessed", 0) }
output "dimensions" { value = data.privatelink_metrics.orders.dimensions }
"#;

async fn what_goes_through_is_read_and_alarms_get_whole_dimensions() -> Outcome {
    let case = connected(as_it_is).await?;
    let endpoint = text(&case, "privatelink_consumer", "/id").await?;
    let watched = beside(&case, WATCHED, &json!({"endpoint_id": endpoint})).await?;
    watched.apply(&[]).await?.succeeded()?;
    assert_eq!(watched.outputs().await?["bytes"], json!(0));
    let from = json!({
        "account": CONSUMER, "vpc_id": case.id("consumer_vpc_id"), "name": NAME, "port": 443, "bytes": 4096,
        "security_group_ids": [case.id("application_security_group_id")],
    });
    assert_eq!(case.simulator.send(&from).await?["reached"], json!(true));
    let bytes = patiently("the bytes never show", async || {
        watched.apply(&[]).await?.succeeded()?;
        let bytes = watched.outputs().await?["bytes"].clone();
        Ok((bytes != json!(0)).then_some(bytes))
    });
    assert_eq!(bytes.await?, json!(4096));
    let own = attribute(&case, "privatelink_consumer", "/metric_dimensions").await?;
    assert_eq!(own["AWS/PrivateLinkEndpoints"], watched.outputs().await?["dimensions"]);
    assert_eq!(own["AWS/PrivateLinkEndpoints"]["VPC Endpoint Id"], json!(endpoint));
    let service = attribute(&case, "privatelink_service", "/metric_dimensions").await?;
    assert!(service["AWS/NetworkELB/https"]["TargetGroup"].as_str().unwrap().starts_with("targetgroup/"), "{service}");
    case.is_settled().await?;
    case.destroy().await?;
    Ok(())
}
