//! `adopt` in a person's hands: what it prints is formatted and valid, and Terraform takes it over without a write.

use std::path::Path;

use acceptance_tests::terraform::{CONSUMER, Case, Outcome, Run, SERVICE, Source, Tool, element, unwrapped};

use serde_json::{Value, json};

use super::{Chain, Failure, Held, SQS, endpoint, endpoint_state, hold, service, service_state};

/// A configuration that needs nothing; what is adopted takes its place.
const EMPTY: &str = "";

/// What the binary says to these arguments, with the profiles and the address of a case.
pub(crate) async fn adopt(case: &Case, arguments: &[&str]) -> Result<Run, Failure> {
    Ok(case.workspace.adopt(arguments).await?)
}

async fn case() -> Result<Case, Failure> {
    Ok(Case::start(&Tool::required()?, Path::new(env!("CARGO_BIN_EXE_simulator")), Source::Text(EMPTY)).await?)
}

/// Whether the tool has `import` blocks.
fn imports(case: &Case) -> bool {
    case.workspace.tool().is_at_least(1, 5)
}

/// Formatted, valid, planned and applied without a write, and settled afterwards.
pub(crate) async fn is_taken_over(case: &Case, summary: &str) -> Outcome {
    Ok(case.workspace.takes_over(&case.simulator, summary).await?)
}

/// Gives an object of Elastic Load Balancing or EC2 to the service's account.
async fn act(case: &Case, service: &str, action: &str, wanted: &[(&str, &str)]) -> Result<String, Failure> {
    Ok(case.simulator.act_in_time((SERVICE, "us-east-1"), service, action, wanted).await?)
}

/// A second listener: UDP, with a group of addresses and settings of its own.
async fn second_listener(case: &Case, chain: &Chain) -> Outcome {
    let elb = "elasticloadbalancing";
    let vpc = case.id("provider_vpc_id");
    let wanted = [
        ("Name", "orders-dns"),
        ("Protocol", "UDP"),
        ("Port", "5353"),
        ("VpcId", vpc),
        ("HealthCheckProtocol", "TCP"),
        ("HealthCheckPort", "80"),
        ("HealthCheckIntervalSeconds", "10"),
    ];
    let group = element(&act(case, elb, "CreateTargetGroup", &wanted).await?, "TargetGroupArn")?.to_owned();
    let instance = case.landscape["provider_instance_ids"][0].as_str().unwrap_or_default();
    let wanted =
        [("TargetGroupArn", group.as_str()), ("Targets.member.1.Id", instance), ("Targets.member.1.Port", "5354")];
    act(case, elb, "RegisterTargets", &wanted).await?;
    let wanted = [
        ("TargetGroupArn", group.as_str()),
        ("Attributes.member.1.Key", "deregistration_delay.timeout_seconds"),
        ("Attributes.member.1.Value", "30"),
    ];
    act(case, elb, "ModifyTargetGroupAttributes", &wanted).await?;
    let wanted = [
        ("LoadBalancerArn", chain.balancer.as_str()),
        ("Protocol", "UDP"),
        ("Port", "53"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", group.as_str()),
    ];
    act(case, elb, "CreateListener", &wanted).await?;
    Ok(())
}

/// A private zone of the consumer's VPC with an alias and a CNAME to the endpoint.
async fn own_names(case: &Case, endpoint_id: &str) -> Outcome {
    let request = |name: &str, inner: &str| {
        format!("<{name} xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">{inner}</{name}>")
    };
    let vpc = case.id("consumer_vpc_id");
    let body = format!(
        "<Name>orders.internal</Name><VPC><VPCRegion>us-east-1</VPCRegion><VPCId>{vpc}</VPCId></VPC>\
         <CallerReference>orders</CallerReference>"
    );
    let made = case.simulator.post_route53(CONSUMER, "hostedzone", request("CreateHostedZoneRequest", &body)).await?;
    let zone = element(&made, "Id")?.trim_start_matches("/hostedzone/").to_owned();
    let question = [("VpcEndpointId.1", endpoint_id)];
    let seen = case.simulator.act_as(CONSUMER, "ec2", "DescribeVpcEndpoints", &question).await?;
    let (name, zone_of_name) = (element(&seen, "dnsName")?, element(&seen, "hostedZoneId")?);
    let change =
        |set: &str| format!("<Change><Action>CREATE</Action><ResourceRecordSet>{set}</ResourceRecordSet></Change>");
    let alias = change(&format!(
        "<Name>orders.internal</Name><Type>A</Type><AliasTarget><HostedZoneId>{zone_of_name}</HostedZoneId>\
         <DNSName>{name}</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>"
    ));
    let cname = change(&format!(
        "<Name>*.orders.internal</Name><Type>CNAME</Type><TTL>60</TTL><ResourceRecords><ResourceRecord>\
         <Value>{name}</Value></ResourceRecord></ResourceRecords>"
    ));
    let batch = format!("<ChangeBatch><Changes>{alias}{cname}</Changes></ChangeBatch>");
    let path = format!("hostedzone/{zone}/rrset");
    case.simulator.post_route53(CONSUMER, &path, request("ChangeResourceRecordSetsRequest", &batch)).await?;
    Ok(())
}

/// A gateway endpoint, which is none of ours.
async fn gateway(case: &Case) -> Result<String, Failure> {
    let wanted = [
        ("VpcEndpointType", "Gateway"),
        ("VpcId", case.id("consumer_vpc_id")),
        ("ServiceName", "com.amazonaws.us-east-1.s3"),
    ];
    let caller = (CONSUMER, "us-east-1");
    let made = case.simulator.act_in_time(caller, "ec2", "CreateVpcEndpoint", &wanted).await?;
    Ok(element(&made, "vpcEndpointId")?.to_owned())
}

/// What a state of this provider is in resources of hashicorp/aws, told without a call.
async fn the_way_back_is_written(case: &Case, chain: &Chain, endpoints: [&str; 2]) -> Outcome {
    case.simulator.forget_calls().await?;
    let back = adopt(case, &["--reverse", "--state", "terraform.tfstate", "--out", "back"]).await?.succeeded()?;
    assert_eq!(back.stdout, "back/aws.tf\n");
    assert_eq!(case.simulator.calls().await?.len(), 0);
    case.workspace.run(&["fmt", "-check", "-diff", "-no-color", "back"]).await?.succeeded()?;
    let text = std::fs::read_to_string(case.workspace.folder().join("back/aws.tf"))?;
    for words in [
        &format!("import {{\n  to = aws_lb.orders\n  id = \"{}\"\n}}", chain.balancer),
        &format!("import {{\n  to = aws_lb_target_group.orders_tcp_443\n  id = \"{}\"\n}}", chain.group),
        &format!("import {{\n  to = aws_vpc_endpoint_service.orders\n  id = \"{}\"\n}}", chain.service),
        &format!("import {{\n  to = aws_vpc_endpoint.orders\n  id = \"{}\"\n}}", endpoints[1]),
        &format!("import {{\n  to = aws_vpc_endpoint.orders_2\n  id = \"{}\"\n}}", endpoints[0]),
        "network_load_balancer_arns = [aws_lb.orders.arn]",
        "target_group_arn = aws_lb_target_group.orders_tcp_443.arn",
        "target_group_arn = aws_lb_target_group.orders_udp_53.arn",
        "  type    = \"CNAME\"\n  ttl     = 60\n  records = [\n    \"vpce-",
        "removed {\n  from = privatelink_service.orders\n\n  lifecycle {\n    destroy = false\n  }\n}",
        "  from = privatelink_consumer.orders_2\n",
        "#   ignore_tags { key_prefixes = [\"privatelink:\"] }",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    std::fs::remove_dir_all(case.workspace.folder().join("back"))?;
    Ok(())
}

/// Both accounts in one configuration: several listeners, own names, and a file for each connection.
pub(crate) async fn both_sides_are_adopted_from_their_accounts() -> Outcome {
    let case = case().await?;
    if !imports(&case) {
        return Ok(());
    }
    let chain = service(&case).await?;
    second_listener(&case, &chain).await?;
    let orders = endpoint(&case, &chain.service_name).await?;
    own_names(&case, &orders).await?;
    let queue = endpoint(&case, SQS).await?;
    let s3 = gateway(&case).await?;
    case.simulator.forget_calls().await?;
    let printed = adopt(&case, &["--profile", "service", "--profile", "consumer"]).await?.succeeded()?;
    assert_eq!(case.writes().await?, Vec::<String>::new());
    let text = &unwrapped(&printed.stdout);
    assert!(printed.stderr.is_empty(), "{}", printed.stderr);
    for words in [
        "# A plan imports 3 resources.",
        "# An apply changes nothing in AWS.",
        &format!("# - {s3} (com.amazonaws.us-east-1.s3): is an endpoint of type Gateway; keep it with hashicorp/aws"),
        "resource \"privatelink_service\" \"orders\" {\n  provider = privatelink.service\n\n  name ",
        "service_name       = privatelink_service.orders.service_name",
        "      name        = \"*\"\n      ttl_seconds = 60\n",
        "deregistration_delay = 30",
        &format!("  id = \"{queue}\""),
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // Defaults go without saying, results and what the provider remembers are no arguments.
    for words in
        ["force_destroy", "ip_address_type", "record_type", "owner_uid", "tags_all", "timeouts", "null", "region =  "]
    {
        assert!(!text.contains(words), "{words}: {text}");
    }

    let listed = adopt(&case, &["--profile", "service", "--profile", "consumer", "--out", "."]).await?.succeeded()?;
    let mut files: Vec<&str> = listed.stdout.lines().collect();
    files.sort_unstable();
    assert_eq!(files, ["./orders.tf", "./orders_consumer.tf", "./providers.tf"], "{}", listed.stdout);
    // It never writes over what is there.
    let again = adopt(&case, &["--profile", "consumer", "--out", "."]).await?.ended_with(2)?;
    assert!(again.stderr.contains("providers.tf exists already"), "{}", again.said());
    is_taken_over(&case, "3 to import, 0 to add, 0 to change, 0 to destroy").await?;

    the_way_back_is_written(&case, &chain, [&orders, &queue]).await?;

    // An import writes no owner tags, so that the account shows the same again.
    let second = adopt(&case, &["--profile", "consumer", "--vpc", case.id("consumer_vpc_id")]).await?;
    assert!(second.stdout.contains("# A plan imports 2 resources."), "{}", second.stdout);
    Ok(())
}

/// What stays of a configuration of hashicorp/aws: subnets, and the requirements with this provider's line.
const WHAT_STAYS: &str = r#"terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
    privatelink = {
      source = "privatelink/privatelink"
    }
  }
}

variable "consumer_subnet_ids" {
  type = list(string)
}

resource "aws_subnet" "orders" {
  for_each = toset(var.consumer_subnet_ids)
}
"#;

/// A chain in two accounts, an endpoint in a module beside a gateway endpoint, and subnets that stay.
async fn held_by_hashicorp(case: &Case) -> Result<(Chain, [String; 3]), Failure> {
    let chain = service(case).await?;
    let orders = endpoint(case, &chain.service_name).await?;
    let queue = endpoint(case, SQS).await?;
    let s3 = gateway(case).await?;
    let Chain { balancer, listener, group, service, .. } = &chain;
    let attached = case.landscape["provider_instance_ids"].as_array().into_iter().flatten().map(|id| {
        let id = id.as_str().unwrap_or_default();
        let attributes = json!({"id": format!("{group}-{id}"), "target_group_arn": group, "target_id": id});
        Held { key: Some(id), ..Held::new("aws_lb_target_group_attachment", attributes) }
    });
    let subnets = case.landscape["consumer_subnet_ids"].as_array().into_iter().flatten().map(|id| {
        let arn = format!("arn:aws:ec2:us-east-1:{CONSUMER}:subnet/{}", id.as_str().unwrap_or_default());
        Held { key: id.as_str(), ..Held::new("aws_subnet", json!({"id": id, "arn": arn})) }
    });
    let in_module = |key: &'static str, attributes: Value| Held {
        module: Some("module.endpoints"),
        key: Some(key),
        ..Held::new("aws_vpc_endpoint", attributes)
    };
    let mut of_s3 = endpoint_state(case, &s3, "com.amazonaws.us-east-1.s3");
    of_s3["vpc_endpoint_type"] = json!("Gateway");
    let principal = json!({
        "id": "vpce-svc-perm-0123456789abcdef0", "principal_arn": "arn:aws:iam::222222222222:root",
        "vpc_endpoint_service_id": service,
    });
    let mut held = vec![
        Held::new("aws_lb", json!({"arn": balancer, "id": balancer, "name": "orders"})),
        Held::new("aws_lb_target_group", json!({"arn": group, "id": group, "name": "orders"})),
        Held::new("aws_lb_listener", json!({"arn": listener, "id": listener, "load_balancer_arn": balancer})),
        Held::new("aws_vpc_endpoint_service", service_state(&chain)),
        Held::new("aws_vpc_endpoint_service_allowed_principal", principal),
        Held::new("aws_vpc_endpoint", endpoint_state(case, &orders, &chain.service_name)),
        in_module("sqs", endpoint_state(case, &queue, SQS)),
        in_module("s3", of_s3),
    ];
    held.extend(attached);
    held.extend(subnets);
    hold(case, held)?;
    Ok((chain, [orders, queue, s3]))
}

/// The whole way: a state of `aws_*` resources, read as a file and as `show -json`, becomes composites without a write.
pub(crate) async fn a_state_of_aws_resources_is_taken_over() -> Outcome {
    let case = super::case(Source::Text(WHAT_STAYS)).await?;
    let (chain, [orders, queue, s3]) = held_by_hashicorp(&case).await?;
    let both = ["--profile", "service", "--profile", "consumer"];
    let with = |more: &[&'static str]| -> Vec<&str> { more.iter().copied().chain(both).collect() };
    let of_file = adopt(&case, &with(&["--state", "terraform.tfstate"])).await?.succeeded()?;
    let shown = case.workspace.run(&["show", "-json", "-no-color"]).await?.succeeded()?;
    case.workspace.write("show.json", &shown.stdout)?;
    let of_show = adopt(&case, &with(&["--state", "show.json"])).await?.succeeded()?;
    assert_eq!(of_file.stdout, of_show.stdout);
    let text = &unwrapped(&of_file.stdout);
    let subnet = case.landscape["consumer_subnet_ids"][0].as_str().unwrap_or_default();
    for words in [
        "# A plan moves 3 resources.",
        "moved {\n  from = aws_vpc_endpoint_service.orders\n  to   = privatelink_service.orders\n}",
        "moved {\n  from = module.endpoints.aws_vpc_endpoint.orders[\"sqs\"]\n  to   = privatelink_consumer.orders_sqs\n}",
        "removed {\n  from = aws_lb.orders\n\n  lifecycle {\n    destroy = false\n  }\n}",
        "  from = aws_lb_target_group_attachment.orders\n",
        "  from = aws_vpc_endpoint_service_allowed_principal.orders\n",
        "service_name = privatelink_service.orders.service_name",
        &format!("aws_subnet.orders[\"{subnet}\"].id"),
        "# - module.endpoints.aws_vpc_endpoint.orders[\"sqs\"]",
        &format!(
            "# - {s3} (module.endpoints.aws_vpc_endpoint.orders[\"s3\"]): is no object that a privatelink_consumer"
        ),
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for words in ["required_providers {", "from = aws_subnet", "from = module.endpoints.aws_vpc_endpoint.orders\n"] {
        assert!(!text.contains(words), "{words}: {text}");
    }

    // With the credentials of one account the rest is named, and nothing is taken from it.
    let alone = adopt(&case, &["--state", "show.json", "--profile", "consumer"]).await?.ended_with(1)?;
    let told = unwrapped(&alone.stdout);
    assert!(told.contains("is of account 111111111111; run again with --profile"), "{told}");
    assert!(!alone.stdout.contains("aws_lb.orders"), "{}", alone.stdout);

    // The gateway endpoint stays with its module; here it leaves the state, and AWS keeps it.
    case.workspace.state_rm("module.endpoints.aws_vpc_endpoint.orders[\"s3\"]").await?.succeeded()?;
    adopt(&case, &with(&["--state", "show.json", "--out", "."])).await?.succeeded()?;
    std::fs::remove_file(case.workspace.folder().join("show.json"))?;
    is_taken_over(&case, "0 to destroy").await?;
    let shown = case.workspace.show().await?.to_string();
    for id in [&chain.service, &orders, &queue] {
        assert!(shown.contains(id.as_str()), "{id}: {shown}");
    }
    assert!(!shown.contains("\"aws_lb\""), "{shown}");
    Ok(())
}

/// A state that cannot be moved is imported, and what is no state is told without a call to AWS.
pub(crate) async fn a_state_of_another_provider_is_imported_and_bad_files_are_told() -> Outcome {
    let case = super::case(Source::Text(WHAT_STAYS)).await?;
    let queue = endpoint(&case, SQS).await?;
    let mut newer = Held::new("aws_vpc_endpoint", endpoint_state(&case, &queue, SQS));
    newer.version = 7;
    hold(&case, vec![newer])?;
    let printed = adopt(&case, &["--state", "terraform.tfstate", "--profile", "consumer"]).await?.succeeded()?;
    for words in [&format!("id = \"{queue}\""), "  from = aws_vpc_endpoint.orders\n", "# A plan imports 1 resource."] {
        assert!(printed.stdout.contains(words), "{words}: {}", printed.stdout);
    }
    assert!(!printed.stdout.contains("\nmoved {"), "{}", printed.stdout);
    case.simulator.forget_calls().await?;
    let encrypted = r#"{"serial":1,"lineage":"x","meta":{},"encrypted_data":"x","encryption_version":"v0"}"#;
    for (text, words) in
        [("", "is empty"), ("{}", "no state"), (encrypted, "is encrypted"), ("<html>", "no state in JSON")]
    {
        case.workspace.write("bad.json", text)?;
        let told = adopt(&case, &["--state", "bad.json", "--profile", "consumer"]).await?.ended_with(2)?;
        assert!(told.stderr.contains(words) && told.stdout.is_empty(), "{words}: {}", told.said());
    }
    adopt(&case, &["--state", "missing.json"]).await?.ended_with(2)?;
    assert_eq!(case.simulator.calls().await?.len(), 0);
    case.workspace.write("bad.json", "{\"version\": 4, \"resources\": []}")?;
    let nothing = adopt(&case, &["--state", "bad.json", "--profile", "consumer"]).await?.ended_with(1)?;
    assert!(nothing.stdout.contains("# Nothing was found"), "{}", nothing.said());
    adopt(&case, &["--profile", "nobody"]).await?.ended_with(2)?;
    Ok(())
}
