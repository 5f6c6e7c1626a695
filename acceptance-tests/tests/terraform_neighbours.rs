//! Consumers that share zones and names, through real Terraform: names pass between them in one apply, and what one of them leaves
//! is there for the others.

#![expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{CONSUMER, Case, Outcome, Source, Tool, element};

suite!(Terraform:
    a_record_passes_from_a_resource_that_goes_to_one_that_comes,
    a_shared_zone_keeps_its_vpc_until_the_last_consumer_goes,
    a_record_of_others_in_a_managed_zone_stops_no_replacement_and_outlives_the_zone,
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

provider "privatelink" {
  profile = "consumer"
}
"#;

/// A consumer of a service of AWS with these records in a zone.
fn consumer(name: &str, zone: &str, records: &[&str]) -> String {
    let records = records
        .iter()
        .map(|record| format!("\n    record {{\n      name = \"{record}\"\n    }}\n"))
        .collect::<Vec<_>>()
        .concat();
    format!(
        "\nresource \"privatelink_consumer\" \"{name}\" {{\n  name         = \"{name}\"\n  service_name = \
         \"com.amazonaws.us-east-1.sqs\"\n  subnet_ids   = var.consumer_subnet_ids\n\n  dns {{\n    {zone}\n{records}  }}\n}}\n"
    )
}

async fn start() -> Result<Case, Failure> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    Ok(Case::start(&Tool::required()?, simulator, Source::Text(HEAD)).await?)
}

/// Writes these consumers and nothing else.
fn write(case: &Case, consumers: &[String]) -> Result<(), Failure> {
    Ok(case.workspace.write("main.tf", &format!("{HEAD}{}", consumers.concat()))?)
}

fn request(name: &str, inner: &str) -> String {
    format!("<{name} xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">{inner}</{name}>")
}

/// A private zone made by hand that a VPC sees.
async fn zone(case: &Case, name: &str, vpc_id: &str) -> Result<String, Failure> {
    let vpc = format!("<VPC><VPCRegion>us-east-1</VPCRegion><VPCId>{vpc_id}</VPCId></VPC>");
    let body = request(
        "CreateHostedZoneRequest",
        &format!("<Name>{name}</Name>{vpc}<CallerReference>{name}</CallerReference>"),
    );
    let made = case.simulator.post_route53(CONSUMER, "hostedzone", body).await?;
    Ok(element(&made, "Id")?.trim_start_matches("/hostedzone/").to_owned())
}

/// A record made by hand.
async fn record(case: &Case, zone: &str, name: &str) -> Result<(), Failure> {
    let set = format!(
        "<ResourceRecordSet><Name>{name}</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>10.20.1.9\
         </Value></ResourceRecord></ResourceRecords></ResourceRecordSet>"
    );
    let change = format!("<Change><Action>CREATE</Action>{set}</Change>");
    let body =
        request("ChangeResourceRecordSetsRequest", &format!("<ChangeBatch><Changes>{change}</Changes></ChangeBatch>"));
    case.simulator.post_route53(CONSUMER, &format!("hostedzone/{zone}/rrset"), body).await?;
    Ok(())
}

/// Applies, and expects that nothing is left to do and that every name is reached.
async fn expect(case: &Case, options: &[&str], names: &[&str]) -> Result<(), Failure> {
    case.workspace.apply(options).await?.succeeded()?;
    case.is_settled().await?;
    for name in names {
        case.arrives(name, 443).await?;
    }
    Ok(())
}

/// Together, and one by one in whatever order Terraform takes.
const WAYS: [&[&str]; 3] = [&[], &["-parallelism=1"], &["-parallelism=1"]];

async fn a_record_passes_from_a_resource_that_goes_to_one_that_comes() -> Outcome {
    let case = start().await?;
    case.workspace.variables(&case.landscape)?;
    let id = zone(&case, "shop.internal", case.id("consumer_vpc_id")).await?;
    let zone = format!("zone_id = \"{id}\"");
    write(&case, &[consumer("first", &zone, &["a"])])?;
    expect(&case, &[], &["a.shop.internal"]).await?;
    let mut before = "first";
    for (way, next) in WAYS.into_iter().zip(["second", "third", "fourth"]) {
        write(&case, &[consumer(next, &zone, &["a"])])?;
        let applied = case.workspace.apply(way).await?.succeeded()?;
        assert!(applied.stdout.contains("1 added, 0 changed, 1 destroyed"), "{before} {next}: {}", applied.said());
        // Where the holder went last, the first refresh takes what it had kept for the new one into the record.
        case.workspace.apply(&["-refresh-only"]).await?.succeeded()?;
        case.is_settled().await?;
        case.arrives("a.shop.internal", 443).await?;
        before = next;
    }
    case.workspace.destroy(&[]).await?.succeeded()?;
    let left = case.simulator.objects().await?;
    assert_eq!(left.each().map(|(_, kind, _)| kind).collect::<Vec<_>>(), ["hosted_zone"], "what was made by hand");
    Ok(())
}

async fn a_shared_zone_keeps_its_vpc_until_the_last_consumer_goes() -> Outcome {
    let case = start().await?;
    case.workspace.variables(&case.landscape)?;
    let caller = (CONSUMER, "us-east-1");
    let made = case.simulator.act_in_time(caller, "ec2", "CreateVpc", &[("CidrBlock", "10.77.0.0/16")]).await?;
    let elsewhere = element(&made, "vpcId")?.to_owned();
    let id = zone(&case, "shop.internal", &elsewhere).await?;
    let zone = format!("zone_id = \"{id}\"");
    let (orders, billing) = (consumer("orders", &zone, &["orders"]), consumer("billing", &zone, &["billing"]));
    let (one, other) = ("orders.shop.internal", "billing.shop.internal");
    write(&case, &[orders.clone(), billing.clone()])?;
    expect(&case, &[], &[one, other]).await?;
    // Whichever of the two made the association.
    for name in ["orders", "billing"] {
        let replace = format!("-replace=privatelink_consumer.{name}");
        expect(&case, &[&replace], &[one, other]).await?;
    }
    write(&case, &[billing])?;
    expect(&case, &[], &[other]).await?;
    write(&case, &[])?;
    case.workspace.apply(&[]).await?.succeeded()?;
    let left = case.simulator.objects().await?;
    let kinds: Vec<_> = left.each().map(|(_, kind, _)| kind).collect();
    assert!(kinds.iter().all(|kind| ["hosted_zone", "vpc"].contains(kind)), "{kinds:?}");
    // The zone is seen as before by the VPC of its own alone: another zone of its name finds room.
    self::zone(&case, "shop.internal.", case.id("consumer_vpc_id")).await.map(drop)
}

async fn a_record_of_others_in_a_managed_zone_stops_no_replacement_and_outlives_the_zone() -> Outcome {
    let case = start().await?;
    case.workspace.variables(&case.landscape)?;
    write(&case, &[consumer("orders", "zone_name = \"old.internal\"", &["api"])])?;
    expect(&case, &[], &["api.old.internal"]).await?;
    let objects = case.simulator.objects().await?;
    let id = objects.of("hosted_zone")[0].to_owned();
    record(&case, &id, "db.old.internal").await?;
    let replaced = case.workspace.apply(&["-replace=privatelink_consumer.orders"]).await?.succeeded()?;
    assert!(replaced.stdout.contains("1 added, 0 changed, 1 destroyed"), "{}", replaced.said());
    case.is_settled().await?;
    case.arrives("api.old.internal", 443).await?;
    assert_eq!(case.simulator.objects().await?.of("hosted_zone"), [id.as_str()], "it was never away");

    write(&case, &[consumer("orders", "zone_name = \"new.internal\"", &["api"])])?;
    let moved = case.workspace.apply(&[]).await?.succeeded()?;
    assert!(moved.in_one_line().contains("db.old.internal"), "{}", moved.said());
    case.is_settled().await?;
    case.arrives("api.new.internal", 443).await?;
    assert_eq!(case.simulator.objects().await?.of("hosted_zone").len(), 2, "it stays with the record of others");
    case.workspace.destroy(&[]).await?.succeeded()?;
    let left = case.simulator.objects().await?;
    let left: Vec<_> = left.each().collect();
    assert!(left.iter().all(|(_, _, object)| object.contains(&id)), "{left:?}");
    Ok(())
}
