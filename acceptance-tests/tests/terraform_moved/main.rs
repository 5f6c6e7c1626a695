//! States of `aws_*` resources in Terraform's hands: `moved`, `removed` and `import` blocks bring a connection over that
//! hashicorp/aws made, without a write.
//!
//! This program is also the stand-in of hashicorp/aws that Terraform starts; see `stand_in.rs`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

mod adopt;
mod stand_in;

use std::path::Path;
use std::process::ExitCode;

use acceptance_tests::terraform::{
    CONSUMER, Case, Need, Outcome, SERVICE, Skipped, Source, Tool, element, patiently, run_suite,
};
use serde_json::{Value, json};

fn main() -> ExitCode {
    stand_in::serve_if_asked().unwrap_or_else(|| {
        run_suite(
            Need::Terraform,
            &[
                ("a_chain_of_aws_resources_becomes_one_resource_on_each_side", || Box::pin(both_sides_are_moved())),
                ("an_instance_of_a_module_that_is_gone_is_moved", || Box::pin(an_instance_is_moved())),
                ("import_and_removed_blocks_do_what_a_refused_move_says", || Box::pin(import_and_removed_blocks_do())),
                ("what_cannot_be_moved_ends_the_plan", || Box::pin(what_cannot_be_moved_ends_the_plan())),
                ("both_sides_are_adopted_from_their_accounts", || {
                    Box::pin(adopt::both_sides_are_adopted_from_their_accounts())
                }),
                (
                    "a_state_of_aws_resources_is_taken_over",
                    || Box::pin(adopt::a_state_of_aws_resources_is_taken_over()),
                ),
                ("a_state_of_another_provider_is_imported_and_bad_files_are_told", || {
                    Box::pin(adopt::a_state_of_another_provider_is_imported_and_bad_files_are_told())
                }),
            ],
        )
    })
}

type Failure = Box<dyn std::error::Error>;

/// The example of the guide.
const EXAMPLE: &str = "coming-from-hashicorp-aws";

/// The private bytes of hashicorp/aws: timeouts, under the key of its SDK.
const PRIVATE: &str = "eyJlMmJmYjczMC1lY2FhLTExZTYtOGY4OC0zNDM2M2JjN2M0YzAiOnsiY3JlYXRlIjo2MDAwMDAwMDAwMDB9fQ==";

/// Starts with the stand-in beside the provider, where the program moves across providers.
async fn case(source: Source<'_>) -> Result<Case, Failure> {
    let tool = Tool::required()?;
    Skipped::unless_since(&tool, Some(8), Some(10))?;
    let case = Case::start(&tool, Path::new(env!("CARGO_BIN_EXE_simulator")), source).await?;
    case.workspace.serve("hashicorp/aws", &std::env::current_exe()?)?;
    Ok(case)
}

/// What the account's own tools made.
struct Chain {
    balancer: String,
    listener: String,
    group: String,
    service: String,
    service_name: String,
}

/// The service's side by hand: load balancer, group, target, listener, endpoint service, allowed principal.
async fn service(case: &Case) -> Result<Chain, Failure> {
    let act = async |service: &str, action: &str, wanted: &[(&str, &str)]| {
        case.simulator.act_in_time((SERVICE, "us-east-1"), service, action, wanted).await
    };
    let elb = "elasticloadbalancing";
    let ids = |name: &str| case.landscape[name].as_array().unwrap().iter().map(|id| id.as_str().unwrap());
    let subnets: Vec<&str> = ids("provider_subnet_ids").collect();
    let places: Vec<String> = (1..=subnets.len()).map(|at| format!("Subnets.member.{at}")).collect();
    let mut wanted = vec![("Name", "orders"), ("Type", "network"), ("Scheme", "internal")];
    wanted.extend(places.iter().map(String::as_str).zip(subnets));
    let balancer = element(&act(elb, "CreateLoadBalancer", &wanted).await?, "LoadBalancerArn")?.to_owned();
    let wanted = [("Name", "orders"), ("Protocol", "TCP"), ("Port", "443"), ("VpcId", case.id("provider_vpc_id"))];
    let group = element(&act(elb, "CreateTargetGroup", &wanted).await?, "TargetGroupArn")?.to_owned();
    for instance in ids("provider_instance_ids") {
        let wanted = [("TargetGroupArn", group.as_str()), ("Targets.member.1.Id", instance)];
        act(elb, "RegisterTargets", &wanted).await?;
    }
    let wanted = [
        ("LoadBalancerArn", balancer.as_str()),
        ("Protocol", "TCP"),
        ("Port", "443"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", group.as_str()),
    ];
    let listener = element(&act(elb, "CreateListener", &wanted).await?, "ListenerArn")?.to_owned();
    let wanted = [("NetworkLoadBalancerArn.1", balancer.as_str()), ("AcceptanceRequired", "false")];
    let made = act("ec2", "CreateVpcEndpointServiceConfiguration", &wanted).await?;
    let (service, service_name) = (element(&made, "serviceId")?.to_owned(), element(&made, "serviceName")?.to_owned());
    let wanted = [("ServiceId", service.as_str()), ("AddAllowedPrincipals.1", "arn:aws:iam::222222222222:root")];
    act("ec2", "ModifyVpcEndpointServicePermissions", &wanted).await?;
    Ok(Chain { balancer, listener, group, service, service_name })
}

/// The consumer's side by hand: an interface endpoint with the application's security group, which is available.
async fn endpoint(case: &Case, service_name: &str) -> Result<String, Failure> {
    let subnets: Vec<&str> =
        case.landscape["consumer_subnet_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let places: Vec<String> = (1..=subnets.len()).map(|at| format!("SubnetId.{at}")).collect();
    let mut wanted = vec![
        ("VpcEndpointType", "Interface"),
        ("VpcId", case.id("consumer_vpc_id")),
        ("ServiceName", service_name),
        ("SecurityGroupId.1", case.id("application_security_group_id")),
        ("PrivateDnsEnabled", "false"),
        ("TagSpecification.1.ResourceType", "vpc-endpoint"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "orders"),
    ];
    wanted.extend(places.iter().map(String::as_str).zip(subnets));
    let caller = (CONSUMER, "us-east-1");
    let made = case.simulator.act_in_time(caller, "ec2", "CreateVpcEndpoint", &wanted).await?;
    let id = element(&made, "vpcEndpointId")?.to_owned();
    patiently("the endpoint is not available", async || {
        let question = [("VpcEndpointId.1", id.as_str())];
        let said = case.simulator.act_as(CONSUMER, "ec2", "DescribeVpcEndpoints", &question).await;
        Ok(said.ok().filter(|said| said.contains("<state>available") && said.contains("<dnsName>")).map(drop))
    })
    .await?;
    Ok(id)
}

/// The stored attributes of an `aws_vpc_endpoint`, as hashicorp/aws 5.46 writes them.
fn endpoint_state(case: &Case, id: &str, service_name: &str) -> Value {
    json!({
        "arn": format!("arn:aws:ec2:us-east-1:{CONSUMER}:vpc-endpoint/{id}"), "auto_accept": null, "cidr_blocks": [],
        "dns_entry": [], "dns_options": [{"dns_record_ip_type": "ipv4", "private_dns_only_for_inbound_resolver_endpoint": false}],
        "id": id, "ip_address_type": "ipv4", "network_interface_ids": [], "owner_id": CONSUMER, "policy": "",
        "prefix_list_id": null, "private_dns_enabled": false, "requester_managed": false, "route_table_ids": [],
        "security_group_ids": [case.id("application_security_group_id")], "service_name": service_name, "state": "available",
        "subnet_ids": case.landscape["consumer_subnet_ids"], "tags": {"Name": "orders"}, "tags_all": {"Name": "orders"},
        "timeouts": null, "vpc_endpoint_type": "Interface", "vpc_id": case.id("consumer_vpc_id"),
    })
}

/// The stored attributes of an `aws_vpc_endpoint_service`, likewise.
fn service_state(chain: &Chain) -> Value {
    let Chain { service, balancer, service_name, .. } = chain;
    json!({
        "acceptance_required": false, "allowed_principals": [],
        "arn": format!("arn:aws:ec2:us-east-1:{SERVICE}:vpc-endpoint-service/{service}"),
        "availability_zones": ["us-east-1b"], "base_endpoint_dns_names": [format!("{service}.us-east-1.vpce.amazonaws.com")],
        "gateway_load_balancer_arns": null, "id": service, "manages_vpc_endpoints": false,
        "network_load_balancer_arns": [balancer], "private_dns_name": "", "private_dns_name_configuration": [],
        "service_name": service_name, "service_type": "Interface", "state": "Available",
        "supported_ip_address_types": ["ipv4"], "tags": null, "tags_all": {}, "timeouts": null,
    })
}

/// A resource of hashicorp/aws in a state file: its address as module, type, name and key, and its attributes.
struct Held<'a> {
    module: Option<&'a str>,
    kind: &'a str,
    key: Option<&'a str>,
    version: i64,
    attributes: Value,
}

impl<'a> Held<'a> {
    fn new(kind: &'a str, attributes: Value) -> Self {
        Self { module: None, kind, key: None, version: 0, attributes }
    }
}

/// Writes a state in which hashicorp/aws manages all of these, under the name `orders`.
fn hold(case: &Case, all: Vec<Held<'_>>) -> Result<(), Failure> {
    let host = if case.workspace.tool().is_opentofu() { "registry.opentofu.org" } else { "registry.terraform.io" };
    let resources: Vec<Value> = all
        .into_iter()
        .map(|Held { module, kind, key, version, attributes }| {
            let mut instance = json!({
                "schema_version": version, "attributes": attributes, "sensitive_attributes": [], "private": PRIVATE,
            });
            let mut resource = json!({
                "mode": "managed", "type": kind, "name": "orders", "provider": format!("provider[\"{host}/hashicorp/aws\"]"),
            });
            if let Some(key) = key {
                instance["index_key"] = json!(key);
            }
            if let Some(module) = module {
                resource["module"] = json!(module);
            }
            resource["instances"] = json!([instance]);
            resource
        })
        .collect();
    let state = json!({
        "version": 4, "terraform_version": "1.8.0", "serial": 1, "lineage": "5c2f2c9b-7d0c-4a43-9f6e-3f1f1d8f7a11",
        "outputs": {}, "resources": resources,
    });
    Ok(case.workspace.write("terraform.tfstate", &state.to_string())?)
}

/// Plans, and expects that nothing comes, nothing goes and nothing is written.
async fn plans_in_place(case: &Case, words: &[&str]) -> Result<(), Failure> {
    case.simulator.forget_calls().await?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?;
    let told = planned.in_one_line();
    assert!(told.contains("0 to add,") && told.contains("0 to destroy"), "{}", planned.said());
    for word in words {
        assert!(told.contains(word), "{word}: {}", planned.said());
    }
    assert_eq!(case.writes().await?, Vec::<String>::new());
    Ok(())
}

async fn both_sides_are_moved() -> Outcome {
    let case = case(Source::Example(EXAMPLE)).await?;
    let chain = service(&case).await?;
    let endpoint_id = endpoint(&case, &chain.service_name).await?;
    let Chain { balancer, listener, group, service, .. } = &chain;
    let attached = case.landscape["provider_instance_ids"].as_array().unwrap().iter().map(|id| {
        let id = id.as_str().unwrap();
        let attributes = json!({"id": format!("{group}-{id}"), "target_group_arn": group, "target_id": id});
        Held { key: Some(id), ..Held::new("aws_lb_target_group_attachment", attributes) }
    });
    let mut held = vec![
        Held::new("aws_lb", json!({"arn": balancer, "id": balancer, "name": "orders"})),
        Held::new("aws_lb_target_group", json!({"arn": group, "id": group, "name": "orders"})),
        Held::new("aws_lb_listener", json!({"arn": listener, "id": listener, "load_balancer_arn": balancer})),
        Held::new("aws_vpc_endpoint_service", service_state(&chain)),
        Held::new(
            "aws_vpc_endpoint_service_allowed_principal",
            json!({"id": "x", "principal_arn": "arn:aws:iam::222222222222:root", "vpc_endpoint_service_id": service}),
        ),
        Held::new("aws_vpc_endpoint", endpoint_state(&case, &endpoint_id, &chain.service_name)),
    ];
    held.extend(attached.take(1));
    hold(&case, held)?;
    let before = case.simulator.objects().await?;
    let words = [
        "aws_vpc_endpoint_service.orders has moved to privatelink_service.orders",
        // Its group has no other user: it came along, and the configuration gives it, so that the state lets go of it.
        "# privatelink_consumer.orders will be updated in-place # (moved from aws_vpc_endpoint.orders)",
        "aws_lb.orders will no longer be managed by Terraform, but will not be destroyed",
    ];
    // OpenTofu says the same in other words.
    plans_in_place(&case, if case.workspace.tool().is_opentofu() { &[] } else { &words }).await?;
    case.workspace.apply(&[]).await?.succeeded()?;
    assert_eq!(case.writes().await?, Vec::<String>::new(), "nor does the apply");
    assert_eq!(case.simulator.objects().await?, before);
    case.is_settled().await?;
    let shown = case.workspace.show().await?;
    let resources = shown["values"]["root_module"]["resources"].as_array().unwrap();
    let mut kept: Vec<(&str, &str)> =
        resources.iter().map(|one| (one["type"].as_str().unwrap(), one["values"]["id"].as_str().unwrap())).collect();
    kept.sort_unstable();
    assert_eq!(kept, [("privatelink_consumer", endpoint_id.as_str()), ("privatelink_service", service.as_str())]);

    // From here on it is a resource like any other: a setting of the chain changes in place.
    case.workspace.replace("main.tf", "port       = 443", "port        = 8443\n    target_port = 443")?;
    case.simulator.forget_calls().await?;
    case.apply().await?;
    assert_eq!(case.writes().await?, ["ModifyListener"]);
    case.destroy_unreached().await?;
    Ok(())
}

/// The head of a configuration for the consumer's account.
const HEAD: &str = r#"
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

provider "privatelink" {
  profile = "consumer"
}

variable "consumer_subnet_ids" {
  type = list(string)
}

variable "application_security_group_id" {
  type = string
}

resource "privatelink_consumer" "orders" {
  name               = "orders"
  service_name       = "com.amazonaws.us-east-1.sqs"
  subnet_ids         = var.consumer_subnet_ids
  security_group_ids = [var.application_security_group_id]
}
"#;

/// The name of the service in it.
const SQS: &str = "com.amazonaws.us-east-1.sqs";

async fn an_instance_is_moved() -> Outcome {
    let from = "module.endpoints.aws_vpc_endpoint.orders[\"sqs\"]";
    let moved = format!("{HEAD}\nmoved {{\n  from = {from}\n  to   = privatelink_consumer.orders\n}}\n");
    let case = case(Source::Text(&moved)).await?;
    let id = endpoint(&case, SQS).await?;
    let attributes = endpoint_state(&case, &id, SQS);
    let held = Held { module: Some("module.endpoints"), key: Some("sqs"), ..Held::new("aws_vpc_endpoint", attributes) };
    hold(&case, vec![held])?;
    // Without a look at AWS nothing is known of what belongs to the endpoint, and nothing is made a second time.
    case.simulator.forget_calls().await?;
    let blind = case.workspace.plan(&["-refresh=false"]).await?.ended_with(1)?;
    assert!(blind.in_one_line().contains("Incomplete state"), "{}", blind.said());
    let told = format!("# privatelink_consumer.orders will be updated in-place # (moved from {from})");
    let words: &[&str] = &[&told];
    plans_in_place(&case, if case.workspace.tool().is_opentofu() { &[] } else { words }).await?;
    case.workspace.apply(&[]).await?.succeeded()?;
    assert_eq!(case.writes().await?, Vec::<String>::new());
    case.is_settled().await?;
    case.workspace.write("main.tf", HEAD)?;
    case.is_settled().await?;
    case.destroy_unreached().await?;
    Ok(())
}

async fn import_and_removed_blocks_do() -> Outcome {
    let case = case(Source::Text(HEAD)).await?;
    let id = endpoint(&case, SQS).await?;
    hold(&case, vec![Held::new("aws_vpc_endpoint", endpoint_state(&case, &id, SQS))])?;
    let removed = "removed {\n  from = aws_vpc_endpoint.orders\n  lifecycle {\n    destroy = false\n  }\n}\n";
    let import = format!("import {{\n  to = privatelink_consumer.orders\n  id = \"{id}\"\n}}\n");
    case.workspace.write("main.tf", &format!("{HEAD}\n{removed}\n{import}"))?;
    plans_in_place(&case, &["1 to import"]).await?;
    case.workspace.apply(&[]).await?.succeeded()?;
    assert_eq!(case.writes().await?, Vec::<String>::new());
    case.is_settled().await?;
    case.destroy_unreached().await?;
    Ok(())
}

async fn what_cannot_be_moved_ends_the_plan() -> Outcome {
    let moved =
        format!("{HEAD}\nmoved {{\n  from = aws_vpc_endpoint.orders\n  to   = privatelink_consumer.orders\n}}\n");
    let case = case(Source::Text(&moved)).await?;
    let id = "vpce-0123456789abcdef0";
    let state = |over: &dyn Fn(&mut Value)| {
        let mut state = endpoint_state(&case, id, SQS);
        over(&mut state);
        vec![Held::new("aws_vpc_endpoint", state)]
    };
    case.simulator.forget_calls().await?;
    hold(&case, state(&|state| state["vpc_endpoint_type"] = json!("Gateway")))?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    for words in ["Cannot move this aws_vpc_endpoint", id, "endpoint of type Gateway", "Nothing was changed."] {
        assert!(refused.in_one_line().contains(words), "{words}: {}", refused.said());
    }
    // A service is no consumer: the answer names the type that would do.
    case.workspace.replace("main.tf", "from = aws_vpc_endpoint.orders", "from = aws_vpc_endpoint_service.orders")?;
    let service = json!({"id": "vpce-svc-0123456789abcdef0", "acceptance_required": false});
    hold(&case, vec![Held::new("aws_vpc_endpoint_service", service)])?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    assert!(refused.in_one_line().contains("move it to a privatelink_service"), "{}", refused.said());
    case.workspace.replace("main.tf", "from = aws_vpc_endpoint_service.orders", "from = aws_vpc_endpoint.orders")?;
    // One that AWS does not have is an error, never a new endpoint.
    hold(&case, state(&|_| {}))?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    for words in [id, "through a moved block", "terraform state rm"] {
        assert!(refused.in_one_line().contains(words), "{words}: {}", refused.said());
    }
    assert_eq!(case.writes().await?, Vec::<String>::new());
    Ok(())
}
