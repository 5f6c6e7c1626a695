//! Where an endpoint stands, through real Terraform: fixed addresses of both families, zones that the service lacks, and
//! another Region.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{CONSUMER, Case, Outcome, Source, Tool, element};
use serde_json::{Map, Value, json};

suite!(Terraform:
    both_families_have_fixed_addresses_that_move_in_place,
    a_zone_that_the_service_lacks_is_told_in_the_plan,
    another_region_replaces_the_endpoint,
);

type Failure = Box<dyn std::error::Error>;

async fn start(source: Source<'_>) -> Result<Case, Failure> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    Ok(Case::start(&Tool::required()?, simulator, source).await?)
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
  # BODY
}

output "queue" {
  value = {
    id                 = privatelink_consumer.queue.id
    region             = privatelink_consumer.queue.region
    vpc_id             = privatelink_consumer.queue.vpc_id
    network_interfaces = privatelink_consumer.queue.network_interfaces
  }
}
"#;

/// An endpoint of a service of AWS, with this in its resource.
fn queue(body: &str) -> String {
    QUEUE.replace("  # BODY\n", body)
}

/// A VPC with DNS names and a subnet, in a Region: both families where there is a block.
async fn network(case: &Case, region: &str, zone: &str) -> Result<(String, String, String), Failure> {
    let caller = (CONSUMER, region);
    let wanted = [("CidrBlock", "10.40.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")];
    let made = case.simulator.act_in_time(caller, "ec2", "CreateVpc", &wanted).await?;
    let vpc = element(&made, "vpcId")?.to_owned();
    let names = [("VpcId", vpc.as_str()), ("EnableDnsHostnames.Value", "true")];
    let block = element(&made, "ipv6CidrBlock")?.replace("00::/56", "01::/64");
    case.simulator.act_in_time(caller, "ec2", "ModifyVpcAttribute", &names).await?;
    let wanted = [
        ("VpcId", vpc.as_str()),
        ("CidrBlock", "10.40.1.0/24"),
        ("Ipv6CidrBlock", block.as_str()),
        ("AvailabilityZoneId", zone),
    ];
    let made = case.simulator.act_in_time(caller, "ec2", "CreateSubnet", &wanted).await?;
    Ok((vpc, element(&made, "subnetId")?.to_owned(), block.replace("::/64", "::50")))
}

async fn remove(case: &Case, region: &str, (vpc, subnet): (&str, &str)) -> Result<(), Failure> {
    case.simulator.act_in(CONSUMER, region, "ec2", "DeleteSubnet", &[("SubnetId", subnet)]).await?;
    case.simulator.act_in(CONSUMER, region, "ec2", "DeleteVpc", &[("VpcId", vpc)]).await?;
    Ok(())
}

async fn both_families_have_fixed_addresses_that_move_in_place() -> Outcome {
    let case = start(Source::Text(&queue(""))).await?;
    let (vpc, subnet, address) = network(&case, "us-east-1", "use1-az1").await?;
    let body = format!(
        "  service_name    = \"com.amazonaws.us-east-1.sqs\"\n  ip_address_type = \"dualstack\"\n\n  \
         subnet_configuration {{\n    subnet_id = \"{subnet}\"\n    ipv4      = \"10.40.1.50\"\n    ipv6      = \
         \"{}\"\n  }}\n",
        address.to_uppercase()
    );
    case.workspace.write("main.tf", &queue(&body))?;
    case.workspace.variables(&Map::new())?;
    case.apply().await?;
    let interface = async || -> Result<Value, Failure> {
        Ok(case.workspace.outputs().await?["queue"]["network_interfaces"]["use1-az1"].clone())
    };
    let seen = interface().await?;
    assert_eq!((&seen["ipv4"], &seen["ipv6"]), (&json!("10.40.1.50"), &json!(address)), "{seen:#}");

    // One of the two alone is warned of: the interface that is replaced holds its own until the new one stands.
    case.workspace.replace("main.tf", "10.40.1.50", "10.40.1.60")?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?;
    let words = format!("may hold {} until the new one stands", address.to_uppercase());
    assert!(planned.in_one_line().contains(&words), "{}", planned.said());
    let next = address.replace("::50", "::60");
    case.workspace.replace("main.tf", &address.to_uppercase(), &next)?;
    case.simulator.forget_calls().await?;
    let applied = case.apply().await?;
    assert!(applied.stdout.contains("0 added, 1 changed, 0 destroyed"), "{}", applied.said());
    assert_eq!(case.writes().await?, ["ModifyVpcEndpoint"], "another address in place");
    let seen = interface().await?;
    assert_eq!((&seen["ipv4"], &seen["ipv6"]), (&json!("10.40.1.60"), &json!(next)), "{seen:#}");

    // An address of elsewhere, and one of a family that is not wanted, are refused with the block.
    case.workspace.replace("main.tf", "10.40.1.60", "10.40.2.60")?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    let said = refused.in_one_line();
    assert!(said.contains("10.40.2.60") && said.contains("10.40.1.0/24"), "{}", refused.said());
    case.workspace.replace("main.tf", "10.40.2.60", "10.40.1.60")?;
    case.workspace.replace("main.tf", "\"dualstack\"", "\"ipv4\"")?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    assert!(refused.in_one_line().contains("fixes an IPv6 address"), "{}", refused.said());
    case.workspace.replace("main.tf", "\"ipv4\"\n", "\"dualstack\"\n")?;
    case.workspace.destroy(&[]).await?.succeeded()?;
    remove(&case, "us-east-1", (&vpc, &subnet)).await?;
    case.is_clean().await?;
    Ok(())
}

async fn a_zone_that_the_service_lacks_is_told_in_the_plan() -> Outcome {
    let case = start(Source::Example("complete")).await?;
    let all: Vec<&str> =
        case.landscape["provider_subnet_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let narrow = format!("subnet_ids = [\"{}\", \"{}\"]", all[0], all[1]);
    case.workspace.replace("service.tf", "subnet_ids = var.provider_subnet_ids", &narrow)?;
    case.workspace.apply(&["-target=privatelink_service.orders"]).await?.succeeded()?;
    let lacking = case.landscape["consumer_subnet_ids"][2].as_str().unwrap();
    let words = [
        "Zone that the service does not serve",
        &format!("{lacking} lies in use1-az4"),
        "It serves use1-az1, use1-az2 (zone ids; zone names differ between accounts)",
    ];
    // The service of a configured peer may get the zone in the same run; where it does not, nothing is made.
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?;
    case.simulator.forget_calls().await?;
    let refused = case.workspace.apply(&[]).await?.ended_with(1)?;
    for run in [&planned, &refused] {
        assert!(words.iter().all(|words| run.in_one_line().contains(words)), "{}", run.said());
    }
    assert_eq!(case.writes().await?, Vec::<String>::new());

    // To a stranger, who has no credentials of the owner, it is an error of the plan.
    let peer = "\n  # Credentials of the other side. The consumer uses them for one thing only: to accept its own connection \
                request.\n  peer_account {\n    name    = \"service\"\n    profile = \"service\"\n  }\n";
    case.workspace.replace("providers.tf", peer, "")?;
    case.workspace.replace("consumer.tf", "  accept {\n    peer_account = \"service\"\n  }\n", "")?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    assert!(words.iter().all(|words| refused.in_one_line().contains(words)), "{}", refused.said());
    // A destroy with a refresh plans what is not made yet, too.
    case.workspace.destroy(&["-refresh=false"]).await?.succeeded()?;
    case.is_clean().await?;
    Ok(())
}

async fn another_region_replaces_the_endpoint() -> Outcome {
    let here = case_in_two_regions().await?;
    let (case, networks) = (&here.0, &here.1);
    case.apply().await?;
    let before = case.workspace.outputs().await?["queue"].clone();
    assert_eq!(before["region"], "us-east-1");
    case.workspace.replace("main.tf", "us-east-1.sqs", "eu-west-1.sqs")?;
    case.workspace.replace("main.tf", &networks[0].1, &networks[1].1)?;
    case.workspace.replace("main.tf", "profile = \"consumer\"", "profile = \"consumer\"\n  region  = \"eu-west-1\"")?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?;
    let said = planned.in_one_line();
    assert!(said.contains("1 to add, 0 to change, 1 to destroy"), "{}", planned.said());
    assert!(said.contains("region = \"us-east-1\" -> \"eu-west-1\" # forces replacement"), "{}", planned.said());
    case.apply().await?;
    let after = case.workspace.outputs().await?["queue"].clone();
    assert_eq!((&after["region"], &after["vpc_id"]), (&json!("eu-west-1"), &json!(networks[1].0)));
    let objects = case.simulator.objects().await?;
    assert_eq!(objects.of("endpoint"), [after["id"].as_str().unwrap()], "the old one is gone");
    case.workspace.destroy(&[]).await?.succeeded()?;
    for (region, (vpc, subnet)) in ["us-east-1", "eu-west-1"].into_iter().zip(networks) {
        remove(case, region, (vpc, subnet)).await?;
    }
    case.is_clean().await?;
    Ok(())
}

/// The queue in us-east-1, and a network in each of two Regions.
async fn case_in_two_regions() -> Result<(Case, Vec<(String, String)>), Failure> {
    let case = start(Source::Text(&queue(""))).await?;
    let mut networks = Vec::new();
    for (region, zone) in [("us-east-1", "use1-az1"), ("eu-west-1", "euw1-az1")] {
        let (vpc, subnet, _) = network(&case, region, zone).await?;
        networks.push((vpc, subnet));
    }
    let body = format!("  service_name = \"com.amazonaws.us-east-1.sqs\"\n  subnet_ids   = [\"{}\"]\n", networks[0].1);
    case.workspace.write("main.tf", &queue(&body))?;
    case.workspace.variables(&Map::new())?;
    Ok((case, networks))
}
