//! The usual PrivateLink procedure by hand, with the AWS CLI: what the provider does, said in the words of the manuals.
//!
//! It shows that the simulator is AWS to others than the provider, and that it refuses what AWS refuses.

use std::path::{Path, PathBuf};
use std::time::Duration;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Environment, Options, Outcome, PROFILES, Simulator, Workspace, on_path};
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

suite!(AwsCli: the_procedure_by_hand_works_and_wrong_steps_are_refused_in_awss_words);

/// AWS takes its time, and a loaded machine some more.
const PATIENCE: Duration = Duration::from_mins(4);
/// What the CLI says when it cannot read an answer, and what the simulator says when it does not know a call.
const UNREADABLE: [&str; 4] = ["Unable to parse", "ParserError", "NotSimulated", "Unknown options"];

type Failed = Box<dyn std::error::Error>;

/// The AWS CLI, pointed at a simulator.
struct Cli {
    program: PathBuf,
    environment: Environment,
    simulator: Simulator,
    _home: TempDir,
}

impl Cli {
    async fn start() -> Result<Self, Failed> {
        // Default settings: lag, flaps, buckets and short pages are on.
        let options = Options::new(env!("CARGO_BIN_EXE_simulator"));
        let simulator = Simulator::start(&options).await?;
        let home = tempfile::tempdir()?;
        let credentials = home.path().join("credentials");
        let profiles = PROFILES.map(|(name, account)| {
            format!("[{name}]\naws_access_key_id = {account}\naws_secret_access_key = simulated\n")
        });
        std::fs::write(&credentials, profiles.concat())?;
        let mut environment = Environment::default();
        environment
            .set("HOME", home.path())
            .set("AWS_SHARED_CREDENTIALS_FILE", credentials)
            .set("AWS_ENDPOINT_URL", simulator.url())
            .set("AWS_DEFAULT_REGION", "us-east-1")
            .set("AWS_REGION", "us-east-1")
            .set("AWS_EC2_METADATA_DISABLED", "true")
            .set("AWS_PAGER", "")
            .set("AWS_MAX_ATTEMPTS", "6");
        let program = on_path("aws").ok_or("aws is not on PATH")?;
        Ok(Self { program, environment, simulator, _home: home })
    }

    /// Runs a command line and gives what it printed, or its complaint.
    async fn try_run(&self, profile: &str, line: &str) -> Result<Value, String> {
        let mut command = self.environment.command(&self.program);
        command.args(["--profile", profile, "--output", "json"]).args(line.split_whitespace());
        let output = command.output().await.map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("aws {line}: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let said = String::from_utf8_lossy(&output.stdout);
        if said.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&said).map_err(|error| format!("aws {line}: {error} in {said}"))
    }

    async fn service(&self, line: &str) -> Result<Value, Failed> {
        self.until("service", line, |_| true).await
    }

    async fn consumer(&self, line: &str) -> Result<Value, Failed> {
        self.until("consumer", line, |_| true).await
    }

    /// Runs a command until its answer holds; AWS takes its time for everything.
    async fn until(&self, profile: &str, line: &str, holds: impl Fn(&Value) -> bool) -> Result<Value, Failed> {
        let patience = Instant::now() + PATIENCE;
        loop {
            let answer = self.try_run(profile, line).await;
            match answer {
                Ok(answer) if holds(&answer) => return Ok(answer),
                Err(said) if UNREADABLE.iter().any(|word| said.contains(word)) => return Err(said.into()),
                other if Instant::now() > patience => {
                    return Err(format!("aws {line} never came to it: {other:?}").into());
                }
                _ => {}
            }
        }
    }

    /// Demands that a command is refused with this code.
    async fn refused(&self, profile: &str, line: &str, code: &str) -> Outcome {
        match self.try_run(profile, line).await {
            Err(said) if said.contains(&format!("({code})")) => Ok(()),
            other => Err(format!("aws {line} was to be refused with {code}, but: {other:?}").into()),
        }
    }
}

fn id(answer: &Value, pointer: &str) -> Result<String, Failed> {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    Ok(found.ok_or_else(|| format!("no {pointer} in {answer}"))?.to_owned())
}

/// What a person notes down on the way.
#[derive(Clone, Default)]
struct Chain {
    balancer: String,
    group: String,
    listener: String,
    service: String,
    service_name: String,
    consumer_vpc: String,
    consumer_subnet: String,
    security_group: String,
    endpoint: String,
    dns_name: String,
    dns_zone: String,
    zone: String,
}

impl Chain {
    fn create_endpoint(&self, service_name: &str) -> String {
        let Self { consumer_vpc, consumer_subnet, security_group, .. } = self;
        format!(
            "ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id {consumer_vpc} --service-name {service_name} \
             --subnet-ids {consumer_subnet} --security-group-ids {security_group}"
        )
    }

    fn change_record(&self, action: &str) -> String {
        let Self { zone, dns_zone, dns_name, .. } = self;
        let batch = serde_json::json!({"Changes": [{"Action": action, "ResourceRecordSet": {
            "Name": "orders.services.internal", "Type": "A",
            "AliasTarget": {"HostedZoneId": dns_zone, "DNSName": dns_name, "EvaluateTargetHealth": false}}}]});
        format!("route53 change-resource-record-sets --hosted-zone-id {zone} --change-batch {batch}")
    }

    fn delete_service(&self) -> String {
        format!("ec2 delete-vpc-endpoint-service-configurations --service-ids {}", self.service)
    }
}

/// A VPC with DNS and a subnet in zone `use1-az1`.
async fn network(cli: &Cli, profile: &str, block: &str) -> Result<(String, String), Failed> {
    let made = cli.until(profile, &format!("ec2 create-vpc --cidr-block {block}.0.0/16"), |_| true).await?;
    let vpc = id(&made, "/Vpc/VpcId")?;
    cli.until(profile, &format!("ec2 describe-vpcs --vpc-ids {vpc}"), |_| true).await?;
    for attribute in ["enable-dns-support", "enable-dns-hostnames"] {
        cli.until(profile, &format!("ec2 modify-vpc-attribute --vpc-id {vpc} --{attribute}"), |_| true).await?;
    }
    let line = format!("ec2 create-subnet --vpc-id {vpc} --cidr-block {block}.1.0/24 --availability-zone-id use1-az1");
    let subnet = id(&cli.until(profile, &line, |_| true).await?, "/Subnet/SubnetId")?;
    cli.until(profile, &format!("ec2 describe-subnets --subnet-ids {subnet}"), |_| true).await?;
    Ok((vpc, subnet))
}

async fn the_procedure_by_hand_works_and_wrong_steps_are_refused_in_awss_words() -> Outcome {
    let cli = Cli::start().await?;
    let mut chain = Chain::default();
    balance(&cli, &mut chain).await?;
    offer(&cli, &mut chain).await?;
    ask(&cli, &mut chain).await?;
    accept(&cli, &mut chain).await?;
    name(&cli, &mut chain).await?;
    adopted(&cli, &chain).await?;
    go_wrong(&cli, &chain).await?;
    remove(&cli, &chain).await
}

/// Makes the provider's network, an application and the load balancer in front of it.
async fn balance(cli: &Cli, chain: &mut Chain) -> Outcome {
    let (vpc, subnet) = network(cli, "service", "10.1").await?;
    let images = format!("ec2 run-instances --image-id ami-0123456789abcdef0 --count 1 --subnet-id {subnet}");
    let instance = id(&cli.service(&images).await?, "/Instances/0/InstanceId")?;
    let line = format!("elbv2 create-load-balancer --name by-hand --type network --scheme internal --subnets {subnet}");
    let balancer = id(&cli.service(&line).await?, "/LoadBalancers/0/LoadBalancerArn")?;
    let line = format!("elbv2 create-target-group --name by-hand --protocol TCP --port 443 --vpc-id {vpc}");
    let group = id(&cli.service(&line).await?, "/TargetGroups/0/TargetGroupArn")?;
    let line = format!("ec2 describe-instances --instance-ids {instance}");
    cli.until("service", &line, |answer| {
        answer.pointer("/Reservations/0/Instances/0/State/Name").and_then(Value::as_str) == Some("running")
    })
    .await?;
    let line = format!("elbv2 register-targets --target-group-arn {group} --targets Id={instance}");
    cli.until("service", &line, |_| true).await?;
    let line = format!("elbv2 describe-load-balancers --load-balancer-arns {balancer}");
    cli.until("service", &line, |answer| {
        answer.pointer("/LoadBalancers/0/State/Code").and_then(Value::as_str) == Some("active")
    })
    .await?;
    let line = format!(
        "elbv2 create-listener --load-balancer-arn {balancer} --protocol TCP --port 443 --default-actions \
         Type=forward,TargetGroupArn={group}"
    );
    let listener = id(&cli.service(&line).await?, "/Listeners/0/ListenerArn")?;
    chain.balancer = balancer;
    chain.group = group;
    chain.listener = listener;
    Ok(())
}

/// Makes the endpoint service with its private name, and says who may connect.
async fn offer(cli: &Cli, chain: &mut Chain) -> Outcome {
    let Chain { balancer, .. } = chain.clone();
    let line = format!(
        "ec2 create-vpc-endpoint-service-configuration --network-load-balancer-arns {balancer} --acceptance-required \
         --private-dns-name orders.example.dev"
    );
    let made = cli.service(&line).await?;
    let service = id(&made, "/ServiceConfiguration/ServiceId")?;
    let name = id(&made, "/ServiceConfiguration/ServiceName")?;
    let line = format!("ec2 describe-vpc-endpoint-service-configurations --service-ids {service}");
    // Right after a change AWS may show what was before.
    let state = "/ServiceConfigurations/0/PrivateDnsNameConfiguration/State";
    let told = cli.until("service", &line, |told| told.pointer(state).is_some()).await?;
    let state = id(&told, "/ServiceConfigurations/0/PrivateDnsNameConfiguration/State")?;
    assert_eq!(state, "pendingVerification");
    let line = format!(
        "ec2 modify-vpc-endpoint-service-permissions --service-id {service} --add-allowed-principals \
         arn:aws:iam::222222222222:root"
    );
    cli.service(&line).await?;
    chain.service = service;
    chain.service_name = name;
    Ok(())
}

/// Makes the consumer's network, group, rule and endpoint. The service settles for a while: AWS says 503 until then.
async fn ask(cli: &Cli, chain: &mut Chain) -> Outcome {
    let (consumer_vpc, consumer_subnet) = network(cli, "consumer", "10.2").await?;
    let line = format!("ec2 create-security-group --group-name by-hand --description by-hand --vpc-id {consumer_vpc}");
    let security_group = id(&cli.consumer(&line).await?, "/GroupId")?;
    let line = format!(
        "ec2 authorize-security-group-ingress --group-id {security_group} --protocol tcp --port 443 --cidr 10.2.0.0/16"
    );
    cli.until("consumer", &line, |_| true).await?;
    (chain.consumer_vpc, chain.consumer_subnet, chain.security_group) = (consumer_vpc, consumer_subnet, security_group);
    let made = cli.until("consumer", &chain.create_endpoint(&chain.service_name), |_| true).await?;
    chain.endpoint = id(&made, "/VpcEndpoint/VpcEndpointId")?;
    Ok(())
}

/// Accepts as the owner, and reads the endpoint's names as the consumer.
async fn accept(cli: &Cli, chain: &mut Chain) -> Outcome {
    let Chain { service, endpoint, .. } = chain.clone();
    let pending = format!(
        "ec2 describe-vpc-endpoint-connections --filters Name=service-id,Values={service} \
         Name=vpc-endpoint-state,Values=pendingAcceptance"
    );
    let listed = cli
        .until("service", &pending, |answer| {
            answer.pointer("/VpcEndpointConnections").and_then(Value::as_array).is_some_and(|found| !found.is_empty())
        })
        .await?;
    assert_eq!(id(&listed, "/VpcEndpointConnections/0/VpcEndpointId")?, endpoint);
    let line = format!("ec2 accept-vpc-endpoint-connections --service-id {service} --vpc-endpoint-ids {endpoint}");
    let accepted = cli.service(&line).await?;
    assert!(accepted.pointer("/Unsuccessful").and_then(Value::as_array).is_none_or(Vec::is_empty), "{accepted}");
    let line = format!("ec2 describe-vpc-endpoints --vpc-endpoint-ids {endpoint}");
    let shown = cli
        .until("consumer", &line, |answer| {
            answer.pointer("/VpcEndpoints/0/State").and_then(Value::as_str) == Some("available")
                && answer.pointer("/VpcEndpoints/0/DnsEntries/0/DnsName").is_some()
        })
        .await?;
    let dns_name = id(&shown, "/VpcEndpoints/0/DnsEntries/0/DnsName")?;
    let dns_zone = id(&shown, "/VpcEndpoints/0/DnsEntries/0/HostedZoneId")?;
    chain.dns_name = dns_name;
    chain.dns_zone = dns_zone;
    Ok(())
}

/// Makes a name of the consumer's own, and sends a packet to it.
async fn name(cli: &Cli, chain: &mut Chain) -> Outcome {
    let Chain { consumer_vpc, group, .. } = chain.clone();
    let line = format!(
        "route53 create-hosted-zone --name services.internal --caller-reference by-hand --vpc \
         VPCRegion=us-east-1,VPCId={consumer_vpc}"
    );
    chain.zone = id(&cli.consumer(&line).await?, "/HostedZone/Id")?.replace("/hostedzone/", "");
    cli.until("consumer", &chain.change_record("CREATE"), |_| true).await?;
    let line = format!("elbv2 describe-target-health --target-group-arn {group}");
    cli.until("service", &line, |answer| {
        answer.pointer("/TargetHealthDescriptions/0/TargetHealth/State").and_then(Value::as_str) == Some("healthy")
    })
    .await?;
    let from = serde_json::json!({"account": "222222222222", "vpc_id": consumer_vpc, "name": "orders.services.internal",
        "port": 443, "ip": "10.2.1.9"});
    let patience = Instant::now() + PATIENCE;
    loop {
        let way = cli.simulator.reach(&from).await?;
        if way.reached {
            break;
        }
        assert!(Instant::now() < patience, "{way:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Has the provider write down what was made: both sides with their names, which Terraform takes over without a write.
async fn adopted(cli: &Cli, chain: &Chain) -> Outcome {
    let simulator = &cli.simulator;
    let Some(workspace) = Workspace::over(simulator, Path::new(env!("CARGO_BIN_EXE_simulator"))).await? else {
        return Ok(());
    };
    let printed = workspace.adopt(&["--profile", "service", "--profile", "consumer"]).await?.succeeded()?.stdout;
    for words in [
        "# A plan imports 2 resources.\n# An apply changes nothing in AWS.\n",
        &format!("  id = \"{}\"\n", chain.service),
        &format!("  id = \"{}\"\n", chain.endpoint),
        &format!("zone_id = \"{}\"\n", chain.zone),
        "name = \"orders.example.dev\"\n",
        "name = \"orders\"\n",
        "resource \"privatelink_consumer\" \"by_hand\" {",
        "= privatelink_service.by_hand.service_name\n",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    workspace.adopt(&["--profile", "service", "--profile", "consumer", "--out", "."]).await?.succeeded()?;
    Ok(workspace.takes_over(simulator, "2 to import, 0 to add, 0 to change, 0 to destroy").await?)
}

/// Takes the steps that AWS refuses.
async fn go_wrong(cli: &Cli, chain: &Chain) -> Outcome {
    let Chain { balancer, group, security_group, .. } = chain;
    cli.refused("service", &format!("elbv2 delete-load-balancer --load-balancer-arn {balancer}"), "ResourceInUse")
        .await?;
    cli.refused("consumer", &format!("ec2 delete-security-group --group-id {security_group}"), "DependencyViolation")
        .await?;
    cli.refused("service", &format!("elbv2 delete-target-group --target-group-arn {group}"), "ResourceInUse").await?;
    cli.refused(
        "consumer",
        &chain.create_endpoint("com.amazonaws.vpce.us-east-1.vpce-svc-00000000000000000"),
        "InvalidServiceName",
    )
    .await?;
    let unknown = "ec2 describe-vpc-endpoints --vpc-endpoint-ids vpce-00000000000000000";
    cli.refused("consumer", unknown, "InvalidVpcEndpointId.NotFound").await?;
    let unknown = "ec2 describe-vpc-endpoint-service-configurations --service-ids vpce-svc-00000000000000000";
    cli.refused("service", unknown, "InvalidVpcEndpointServiceId.NotFound").await?;
    let kept = cli.service(&chain.delete_service()).await?;
    assert_eq!(id(&kept, "/Unsuccessful/0/Error/Code")?, "ExistingVpcEndpointConnections", "{kept}");
    Ok(())
}

/// Removes everything in the right order.
async fn remove(cli: &Cli, chain: &Chain) -> Outcome {
    let Chain { balancer, group, listener, security_group, endpoint, zone, .. } = chain;
    cli.until("consumer", &chain.change_record("DELETE"), |_| true).await?;
    cli.until("consumer", &format!("route53 delete-hosted-zone --id {zone}"), |_| true).await?;
    let gone = |answer: &Value| answer.pointer("/Unsuccessful").and_then(Value::as_array).is_none_or(Vec::is_empty);
    cli.until("consumer", &format!("ec2 delete-vpc-endpoints --vpc-endpoint-ids {endpoint}"), gone).await?;
    cli.until("consumer", &format!("ec2 delete-security-group --group-id {security_group}"), |_| true).await?;
    cli.until("service", &chain.delete_service(), gone).await?;
    cli.service(&format!("elbv2 delete-listener --listener-arn {listener}")).await?;
    cli.until("service", &format!("elbv2 delete-load-balancer --load-balancer-arn {balancer}"), |_| true).await?;
    cli.until("service", &format!("elbv2 delete-target-group --target-group-arn {group}"), |_| true).await?;
    let patience = Instant::now() + PATIENCE;
    loop {
        let left = cli.simulator.objects().await?;
        if left.each().next().is_none() {
            return Ok(());
        }
        assert!(Instant::now() < patience, "{left:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
