//! The consumer alone, against services of others: each vendor's example, `examples/consumer`, and what a person does with them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::fmt::Write as _;
use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{
    CONSUMER, Case, Outcome, SERVICE, Source, Tool, Workspace, built, element, patiently,
};
use serde_json::{Map, Value, json};

suite!(Terraform:
    a_kafka_vendor_s_brokers_are_reached_in_their_own_zones,
    a_database_in_another_region_is_reached,
    a_vendor_that_is_told_the_id_needs_one_apply,
    a_warehouse_answers_to_names_in_two_domains,
    a_consumer_alone_waits_for_the_vendor_who_lets_it_in_and_out,
    a_replacement_goes_first_or_last_as_far_as_aws_allows,
    an_endpoint_made_by_hand_is_imported_with_a_generated_configuration_that_plans_empty,
);

type Failure = Box<dyn std::error::Error>;

/// A vendor with a configuration of its own, in the account of the service.
struct Vendor {
    workspace: Workspace,
    service_name: String,
    service_id: String,
}

/// Whether the vendor lets everybody in whom it knows, and on which ports.
struct Terms<'a> {
    acceptance_required: bool,
    ports: &'a [u16],
}

impl Vendor {
    /// Publishes the landscape's instances.
    async fn start(case: &Case, terms: Terms<'_>) -> Result<Self, Failure> {
        let binaries = built(Path::new(env!("CARGO_BIN_EXE_simulator"))).await?;
        let mut workspace = Workspace::new(&Tool::required()?, &binaries)?;
        workspace.connect(&case.simulator.url(), case.simulator.speed(), "us-east-1")?;
        let mut listeners = String::new();
        for port in terms.ports {
            let _infallible = write!(
                listeners,
                "  listener {{\n    name        = \"port-{port}\"\n    port        = {port}\n    target_port = 443\n    \
                 target_ids  = var.provider_instance_ids\n  }}\n"
            );
        }
        workspace.write(
            "main.tf",
            &format!(
                "terraform {{\n  required_providers {{\n    privatelink = {{\n      source = \"privatelink/privatelink\"\n    \
                 }}\n  }}\n}}\n\nprovider \"privatelink\" {{\n  profile = \"service\"\n}}\n\n\
                 resource \"privatelink_service\" \"vendor\" {{\n  name                = \"vendor\"\n  subnet_ids          = \
                 var.provider_subnet_ids\n  allowed_principals  = [var.consumer_account_id]\n  acceptance_required = {}\n{listeners}}}\n\n\
                 variable \"provider_subnet_ids\" {{}}\nvariable \"provider_instance_ids\" {{}}\nvariable \"consumer_account_id\" {{}}\n\n\
                 output \"service_name\" {{\n  value = privatelink_service.vendor.service_name\n}}\n\n\
                 output \"service_id\" {{\n  value = privatelink_service.vendor.id\n}}\n",
                terms.acceptance_required
            ),
        )?;
        workspace.variables(&case.landscape)?;
        workspace.apply(&[]).await?.succeeded()?;
        let outputs = workspace.outputs().await?;
        let text = |name: &str| outputs[name].as_str().unwrap().to_owned();
        Ok(Self { service_name: text("service_name"), service_id: text("service_id"), workspace })
    }

    async fn leave(self) -> Result<(), Failure> {
        self.workspace.destroy(&[]).await?.succeeded()?;
        Ok(())
    }
}

/// An example of the consumer's side, with the profile of the consumer's account.
async fn case(example: &str) -> Result<Case, Failure> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    let case = Case::start(&Tool::required()?, simulator, Source::Example(example)).await?;
    let file = if example == "consumer" { "main.tf" } else { "providers.tf" };
    case.workspace.replace(
        file,
        "provider \"privatelink\" {}",
        "provider \"privatelink\" {\n  profile = \"consumer\"\n}",
    )?;
    Ok(case)
}

/// Gives the example its variables.
fn set(case: &Case, values: &Value) -> Result<(), Failure> {
    let mut all: Map<String, Value> = case.landscape.clone();
    all.extend(values.as_object().unwrap().clone());
    case.workspace.variables(&all)?;
    Ok(())
}

async fn a_kafka_vendor_s_brokers_are_reached_in_their_own_zones() -> Outcome {
    let case = case("vendors/kafka").await?;
    let vendor = Vendor::start(&case, Terms { acceptance_required: false, ports: &[9092] }).await?;
    set(
        &case,
        &json!({
            "service_name": vendor.service_name,
            "subnet_ids": case.landscape["consumer_subnet_ids"],
            "cluster_domain": "abc123.us-east-1.aws.kafka.example",
        }),
    )?;
    case.apply().await?;
    for name in ["lkc-1", "b0.use1-az1", "b1.use1-az2", "b2.use1-az4"] {
        case.arrives(&format!("{name}.abc123.us-east-1.aws.kafka.example"), 9092).await?;
    }
    assert!(
        !case.reach("lkc-1.abc123.us-east-1.aws.kafka.example", 443).await?.reached,
        "only the port that is written"
    );
    assert_eq!(case.workspace.outputs().await?["names"].as_object().unwrap().len(), 4);
    case.workspace.destroy(&[]).await?.succeeded()?;
    vendor.leave().await?;
    case.is_clean().await?;
    Ok(())
}

async fn a_warehouse_answers_to_names_in_two_domains() -> Outcome {
    let case = case("vendors/warehouse").await?;
    let vendor = Vendor::start(&case, Terms { acceptance_required: false, ports: &[443] }).await?;
    set(&case, &json!({"service_name": vendor.service_name, "subnet_ids": case.landscape["consumer_subnet_ids"]}))?;
    case.apply().await?;
    let names = case.workspace.outputs().await?["names"].as_object().unwrap().clone();
    assert_eq!(names.len(), 5, "{names:?}");
    for name in names.keys() {
        let domains = [".privatelink.warehouse.example", ".privatelink.warehouse-apps.example"];
        assert!(domains.iter().any(|domain| name.ends_with(domain)), "{name}");
    }
    let batches = case.writes().await?.iter().filter(|call| *call == "ChangeResourceRecordSets").count();
    assert_eq!(batches, 2, "all names of a domain in one batch");
    // The default opens the endpoint to addresses of the VPC.
    let from = json!({
        "account": CONSUMER, "vpc_id": case.id("consumer_vpc_id"), "port": 443, "ip": "10.20.1.200",
        "name": "ocsp.ab12345.us-east-1.privatelink.warehouse.example",
    });
    let way = case.simulator.reach(&from).await?;
    assert!(way.reached, "{way:?}");
    case.workspace.destroy(&[]).await?.succeeded()?;
    vendor.leave().await?;
    case.is_clean().await?;
    Ok(())
}

async fn a_vendor_that_is_told_the_id_needs_one_apply() -> Outcome {
    let case = case("vendors/attachment").await?;
    let vendor = Vendor::start(&case, Terms { acceptance_required: true, ports: &[443] }).await?;
    set(
        &case,
        &json!({
            "service_name": vendor.service_name,
            "subnet_ids": case.landscape["consumer_subnet_ids"],
            "database_domain": "cluster0.abc12.database.example",
        }),
    )?;
    // What the vendor's resource does as soon as there is an endpoint.
    let decision_of_vendor = patiently("no endpoint asks to be let in", async || {
        let objects = case.simulator.objects().await?;
        let Some(endpoint) = objects.of("endpoint").first().map(|id| (*id).to_owned()) else { return Ok(None) };
        let decision = [("ServiceId", vendor.service_id.as_str()), ("VpcEndpointId.1", endpoint.as_str())];
        let said = case.simulator.act_as(SERVICE, "ec2", "AcceptVpcEndpointConnections", &decision).await;
        Ok(said.is_ok_and(|said| !said.contains("<errorCode>") && !said.contains("<code>")).then_some(()))
    });
    let (applied, decided) = tokio::join!(case.workspace.apply(&[]), decision_of_vendor);
    decided?;
    let applied = applied?.succeeded()?;
    assert!(applied.stdout.contains("3 added, 0 changed, 0 destroyed"), "{}", applied.said());
    case.is_settled().await?;
    let from = json!({
        "account": CONSUMER, "vpc_id": case.id("consumer_vpc_id"), "port": 443, "ip": "10.20.1.200",
        "name": "shard-0.cluster0.abc12.database.example",
    });
    let way = case.simulator.reach(&from).await?;
    assert!(way.reached, "{way:?}");
    case.workspace.destroy(&[]).await?.succeeded()?;
    vendor.leave().await?;
    case.is_clean().await?;
    Ok(())
}

async fn a_database_in_another_region_is_reached() -> Outcome {
    let case = case("vendors/database").await?;
    let vendor = Vendor::start(&case, Terms { acceptance_required: false, ports: &[1024] }).await?;
    let offer = [("ServiceId", vendor.service_id.as_str()), ("AddSupportedRegion.1", "eu-west-1")];
    case.simulator.act_as(SERVICE, "ec2", "ModifyVpcEndpointServiceConfiguration", &offer).await?;
    let network = Network::start(&case, "eu-west-1").await?;
    case.workspace.replace(
        "providers.tf",
        "  profile = \"consumer\"",
        "  profile = \"consumer\"\n  region  = \"eu-west-1\"",
    )?;
    set(
        &case,
        &json!({
            "service_name": vendor.service_name,
            "service_region": "us-east-1",
            "subnet_ids": network.subnets,
            "database_domain": "cluster0.abc12.database.example",
            "application_security_group_id": network.group,
        }),
    )?;
    // A Region that was added a moment ago takes minutes.
    network.until_offered(&case, &vendor).await?;
    case.apply().await?;
    for name in ["cluster0.abc12.database.example", "shard-0.cluster0.abc12.database.example"] {
        let from = json!({
            "account": CONSUMER, "region": "eu-west-1", "vpc_id": network.vpc, "name": name, "port": 1024,
            "security_group_ids": [network.group],
        });
        let way = case.simulator.reach(&from).await?;
        assert!(way.reached, "{name}: {way:?}");
    }
    case.workspace.replace(
        "main.tf",
        "record { name = \"*\" }",
        "record {\n      name  = \"*\"\n      zonal = true\n    }",
    )?;
    let refused = case.workspace.plan(&[]).await?.ended_with(1)?;
    assert!(refused.said().contains("No zonal names across Regions"), "{}", refused.said());
    case.workspace.replace("main.tf", "zonal = true", "zonal = false")?;
    case.workspace.destroy(&[]).await?.succeeded()?;
    vendor.leave().await?;
    let left = case.simulator.objects().await?;
    let left: Vec<_> = left.each().map(|(_, kind, _)| kind).filter(|kind| !Network::KINDS.contains(kind)).collect();
    assert!(left.is_empty(), "{left:?}");
    Ok(())
}

/// The consumer's network in another Region.
struct Network {
    vpc: String,
    subnets: Vec<String>,
    group: String,
}

impl Network {
    const KINDS: [&str; 3] = ["vpc", "subnet", "security_group"];

    async fn start(case: &Case, region: &str) -> Result<Self, Failure> {
        let act = async |action: &str, parameters: &[(&str, &str)], tag: &str| -> Result<String, Failure> {
            let said = case.simulator.act_in_time((CONSUMER, region), "ec2", action, parameters).await?;
            Ok(element(&said, tag)?.to_owned())
        };
        let vpc = act("CreateVpc", &[("CidrBlock", "10.60.0.0/16")], "vpcId").await?;
        let names = [("VpcId", vpc.as_str()), ("EnableDnsHostnames.Value", "true")];
        act("ModifyVpcAttribute", &names, "return").await?;
        let mut subnets = Vec::new();
        for (block, zone) in [("10.60.1.0/24", "euw1-az1"), ("10.60.2.0/24", "euw1-az2")] {
            let place = [("VpcId", vpc.as_str()), ("CidrBlock", block), ("AvailabilityZoneId", zone)];
            subnets.push(act("CreateSubnet", &place, "subnetId").await?);
        }
        let group = [("VpcId", vpc.as_str()), ("GroupName", "clients"), ("GroupDescription", "clients")];
        let group = act("CreateSecurityGroup", &group, "groupId").await?;
        Ok(Self { vpc, subnets, group })
    }

    /// Waits until AWS shows the service in this Region.
    async fn until_offered(&self, case: &Case, vendor: &Vendor) -> Result<(), Failure> {
        let wanted = [("ServiceName.1", vendor.service_name.as_str()), ("ServiceRegion.1", "us-east-1")];
        patiently("the service does not show in eu-west-1", async || {
            let said =
                case.simulator.act_in(CONSUMER, "eu-west-1", "ec2", "DescribeVpcEndpointServices", &wanted).await;
            Ok(said.is_ok_and(|said| said.contains(&vendor.service_name)).then_some(()))
        })
        .await?;
        Ok(())
    }
}

async fn a_consumer_alone_waits_for_the_vendor_who_lets_it_in_and_out() -> Outcome {
    let case = case("consumer").await?;
    let vendor = Vendor::start(&case, Terms { acceptance_required: true, ports: &[443] }).await?;
    set(&case, &json!({"service_name": vendor.service_name, "subnet_ids": case.landscape["consumer_subnet_ids"]}))?;
    let applied = case.workspace.apply(&[]).await?.succeeded()?;
    assert!(applied.said().contains("needs attention"), "{}", applied.said());
    assert_eq!(case.workspace.outputs().await?["state"], "pendingAcceptance");
    case.is_settled().await?;

    // The vendor's side: one resource for the decision over this endpoint.
    let endpoint = case.simulator.objects().await?.of("endpoint")[0].to_owned();
    let decision = format!(
        "resource \"privatelink_connection\" \"shop\" {{\n  service_id  = privatelink_service.vendor.id\n  endpoint_id = \
         \"{endpoint}\"\n}}\n\noutput \"connection\" {{\n  value = privatelink_connection.shop.state\n}}\n"
    );
    vendor.workspace.write("decision.tf", &decision)?;
    vendor.workspace.apply(&[]).await?.succeeded()?;
    assert_eq!(vendor.workspace.outputs().await?["connection"], "available");
    vendor.workspace.plan(&[]).await?.succeeded()?;

    // The endpoint's owner sees the decision a little later than the service's.
    for _ in 0..20 {
        if case.workspace.plan(&[]).await?.ended_with(2).is_ok() {
            break;
        }
    }
    let applied = case.apply().await?;
    assert!(applied.stdout.contains("0 added, 1 changed, 0 destroyed"), "{}", applied.said());
    assert_eq!(case.workspace.outputs().await?["state"], "available");
    case.arrives("orders.services.internal", 443).await?;

    // Imported by both ids, it plans empty; destroyed, it rejects.
    vendor.workspace.state_rm("privatelink_connection.shop").await?.succeeded()?;
    let id = format!("{}/{endpoint}", vendor.service_id);
    vendor.workspace.import("privatelink_connection.shop", &id).await?.succeeded()?;
    vendor.workspace.apply(&[]).await?.succeeded()?;
    vendor.workspace.plan(&[]).await?.succeeded()?;
    vendor.workspace.write("decision.tf", "")?;
    vendor.workspace.apply(&[]).await?.succeeded()?;
    // Only the output changes; what exists is not touched.
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?;
    assert!(!planned.stdout.contains("Plan:"), "{}", planned.said());
    assert!(planned.said().contains("\"available\" -> \"rejected\""), "{}", planned.said());
    assert!(!case.reach("orders.services.internal", 443).await?.reached);
    case.workspace.destroy(&[]).await?.succeeded()?;
    vendor.leave().await?;
    case.is_clean().await?;
    Ok(())
}

async fn a_replacement_goes_first_or_last_as_far_as_aws_allows() -> Outcome {
    const REPLACE: &str = "-replace=privatelink_consumer.orders";
    let case = case("consumer").await?;
    let vendor = Vendor::start(&case, Terms { acceptance_required: false, ports: &[443] }).await?;
    set(&case, &json!({"service_name": vendor.service_name, "subnet_ids": case.landscape["consumer_subnet_ids"]}))?;
    case.apply().await?;
    let replaced = case.workspace.apply(&[REPLACE]).await?.succeeded()?;
    assert!(replaced.stdout.contains("1 added, 0 changed, 1 destroyed"), "{}", replaced.said());
    case.is_settled().await?;
    case.arrives("orders.services.internal", 443).await?;

    // A VPC sees one zone of a name, so the zone passes to the new one.
    let lifecycle = "\n  lifecycle {\n    create_before_destroy = true\n  }\n\n  tags = {";
    case.workspace.replace("main.tf", "\n  tags = {", lifecycle)?;
    case.apply().await?;
    case.simulator.forget_calls().await?;
    let replaced = case.workspace.apply(&[REPLACE]).await?.succeeded()?;
    assert!(replaced.stdout.contains("1 added, 0 changed, 1 destroyed"), "{}", replaced.said());
    assert!(replaced.said().contains("Records move last"), "{}", replaced.said());
    let writes = case.writes().await?;
    let place = |operation: &str| writes.iter().position(|write| write == operation);
    let moved = place("ChangeResourceRecordSets");
    assert!(place("CreateVpcEndpoint") < moved && moved < place("DeleteVpcEndpoints"), "{writes:?}");
    assert_eq!((place("CreateHostedZone"), place("DeleteHostedZone")), (None, None), "{writes:?}");
    case.is_settled().await?;
    case.arrives("orders.services.internal", 443).await?;

    // Without names of its own it goes first: the names in AWS carry a hash.
    let dns = "  dns {\n    zone_name = \"services.internal\"\n\n    record {\n      name = \"orders\"\n    }\n  }\n";
    case.workspace.replace("main.tf", dns, "")?;
    case.apply().await?;
    let replaced = case.workspace.apply(&[REPLACE]).await?.succeeded()?;
    assert!(replaced.stdout.contains("1 added, 0 changed, 1 destroyed"), "{}", replaced.said());
    case.is_settled().await?;
    assert_eq!(case.simulator.objects().await?.of("endpoint").len(), 1);
    case.workspace.destroy(&[]).await?.succeeded()?;
    vendor.leave().await?;
    case.is_clean().await?;
    Ok(())
}

async fn an_endpoint_made_by_hand_is_imported_with_a_generated_configuration_that_plans_empty() -> Outcome {
    let case = case("consumer").await?;
    let vendor = Vendor::start(&case, Terms { acceptance_required: false, ports: &[443] }).await?;
    let (vpc, group) = (case.id("consumer_vpc_id").to_owned(), case.id("application_security_group_id").to_owned());
    let subnet = case.landscape["consumer_subnet_ids"][0].as_str().unwrap();
    let by_hand = [
        ("VpcEndpointType", "Interface"),
        ("VpcId", vpc.as_str()),
        ("ServiceName", vendor.service_name.as_str()),
        ("SubnetId.1", subnet),
        ("SecurityGroupId.1", group.as_str()),
        ("PrivateDnsEnabled", "false"),
        ("TagSpecification.1.ResourceType", "vpc-endpoint"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "by-hand"),
    ];
    // A service that was made a moment ago refuses for some time.
    let made = case.simulator.act_in_time((CONSUMER, "us-east-1"), "ec2", "CreateVpcEndpoint", &by_hand).await?;
    let endpoint = element(&made, "vpcEndpointId")?.to_owned();
    // As a person would wait before an import.
    let question = [("VpcEndpointId.1", endpoint.as_str())];
    let described = patiently("the endpoint is not available", async || {
        let said = case.simulator.act_as(CONSUMER, "ec2", "DescribeVpcEndpoints", &question).await;
        Ok(said.ok().filter(|said| said.contains("<state>available") && said.contains("<dnsName>")))
    });
    let described = described.await?;
    let names = described.split("<dnsName>").skip(1).filter_map(|rest| rest.split_once('<')).map(|(name, _)| name);
    let regional = names.min_by_key(|name| name.len()).unwrap();
    record_by_hand(&case, "orders.shop.internal", regional).await?;
    // Terraform 1.16 generates only where the provider is named, and every version refuses its name beside a configuration.
    let provider = "  provider = privatelink\n";
    case.workspace.write(
        "main.tf",
        &format!(
            "terraform {{\n  required_providers {{\n    privatelink = {{\n      source = \"privatelink/privatelink\"\n    }}\n  \
             }}\n}}\n\nprovider \"privatelink\" {{\n  profile = \"consumer\"\n}}\n\nimport {{\n{provider}  to = \
             privatelink_consumer.found\n  id = \"{endpoint}\"\n}}\n"
        ),
    )?;
    case.workspace.variables(&Map::new())?;
    let planned = case.workspace.plan(&["-generate-config-out=generated.tf"]).await?;
    assert!(planned.said().contains("1 to import, 0 to add, 0 to change, 0 to destroy"), "{}", planned.said());
    case.workspace.replace("main.tf", provider, "")?;
    case.simulator.forget_calls().await?;
    let applied = case.workspace.apply(&[]).await?.succeeded()?;
    assert!(applied.stdout.contains("1 imported, 0 added, 0 changed, 0 destroyed"), "{}", applied.said());
    assert_eq!(case.writes().await?, Vec::<String>::new());
    case.is_settled().await?;
    let generated = std::fs::read_to_string(case.workspace.folder().join("generated.tf"))?;
    for words in ["zone_id", "\"orders\"", "egress "] {
        assert!(generated.contains(words), "{words}: {generated}");
    }
    assert!(!generated.contains(&group), "nothing else uses the group, so that it is the consumer's own: {generated}");
    case.workspace.destroy(&[]).await?.succeeded()?;
    vendor.leave().await?;
    let left = case.simulator.objects().await?;
    let left: Vec<_> = left.each().map(|(_, kind, _)| kind).collect();
    assert_eq!(left, ["hosted_zone"], "the zone is somebody's; its record, which the configuration describes, went");
    Ok(())
}

/// A private zone of the consumer's, and in it a name for the endpoint.
async fn record_by_hand(case: &Case, name: &str, target: &str) -> Result<(), Failure> {
    let request = |kind: &str, inner: &str| {
        format!("<{kind} xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">{inner}</{kind}>")
    };
    let vpc = format!("<VPC><VPCRegion>us-east-1</VPCRegion><VPCId>{}</VPCId></VPC>", case.id("consumer_vpc_id"));
    let zone = format!("<Name>shop.internal</Name>{vpc}<CallerReference>by hand</CallerReference>");
    let made = case.simulator.post_route53(CONSUMER, "hostedzone", request("CreateHostedZoneRequest", &zone)).await?;
    let id = element(&made, "Id")?.trim_start_matches("/hostedzone/");
    let set = format!(
        "<Name>{name}</Name><Type>CNAME</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>{target}</Value>\
         </ResourceRecord></ResourceRecords>"
    );
    let batch = format!(
        "<ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet>{set}</ResourceRecordSet></Change>\
         </Changes></ChangeBatch>"
    );
    let (path, batch) = (format!("hostedzone/{id}/rrset"), request("ChangeResourceRecordSetsRequest", &batch));
    patiently("the zone is busy", async || match case.simulator.post_route53(CONSUMER, &path, batch.clone()).await {
        Err(error) if error.to_string().contains("PriorRequestNotComplete") => Ok(None),
        written => Ok(Some(written.map(|_| ())?)),
    })
    .await?;
    patiently("the name does not resolve", async || {
        let way = case.reach(name, 443).await?;
        Ok((way.broken_at.as_deref() != Some("dns")).then_some(()))
    })
    .await?;
    Ok(())
}
