//! One configuration through its life, with the rules that hold for every configuration.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::by_hand::element;
use super::control::{Call, Reach};
use super::{CONSUMER, Error, Options, Run, SERVICE, Simulator, Tool, Workspace, built, examples};

/// How long names and targets may take, on AWS's clock.
const PATIENCE: Duration = Duration::from_mins(10);

/// Port of the examples' listeners.
const PORT: u16 = 443;

/// The least of it on ours.
const LEAST_PATIENCE: Duration = Duration::from_secs(2);

/// How often the simulator is asked meanwhile.
const GLANCE: Duration = Duration::from_millis(25);

/// Where a configuration comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// A folder under `examples/`.
    Example(&'a str),
    /// A text.
    Text(&'a str),
}

/// A configuration in a workspace of its own, against a simulator of its own with the two-account landscape.
#[derive(Debug)]
pub struct Case {
    /// The simulated AWS.
    pub simulator: Simulator,
    /// The folder in which Terraform runs.
    pub workspace: Workspace,
    /// Ids of the landscape, by name.
    pub landscape: Map<String, Value>,
}

impl Case {
    /// Starts a simulator and lays out the configuration. `simulator` is its binary; the provider's lies beside it.
    pub async fn start(tool: &Tool, simulator: &Path, source: Source<'_>) -> Result<Self, Error> {
        Self::start_with(tool, &Options { speed: 240, ..Options::new(simulator) }, source).await
    }

    /// Starts with other settings of the simulator.
    pub async fn start_with(tool: &Tool, options: &Options, source: Source<'_>) -> Result<Self, Error> {
        let binaries = built(&options.program).await?;
        let simulator = Simulator::start(options).await?;
        let landscape = simulator.landscape().await?;
        let mut workspace = Workspace::new(tool, &binaries)?;
        workspace.connect(&simulator.url(), simulator.speed(), "us-east-1")?;
        match source {
            Source::Example(name) => workspace.copy(&examples().join(name))?,
            Source::Text(text) => workspace.write("main.tf", text)?,
        }
        workspace.variables(&landscape)?;
        Ok(Self { simulator, workspace, landscape })
    }

    /// Gives an id of the landscape.
    pub fn id(&self, name: &str) -> &str {
        self.landscape.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Applies; then both kinds of plan must be empty, and no call may have been throttled.
    pub async fn apply(&self) -> Result<Run, Error> {
        let applied = self.workspace.apply(&[]).await?.succeeded()?;
        self.is_settled().await?;
        self.is_unthrottled().await?;
        Ok(applied)
    }

    /// Demands an empty plan, with and without a look at AWS, and that a refresh alone finds no change, by its words and by its exit code.
    pub async fn is_settled(&self) -> Result<(), Error> {
        self.workspace.is_settled().await
    }

    /// Demands that no call was throttled.
    pub async fn is_unthrottled(&self) -> Result<(), Error> {
        let throttled: Vec<Call> = self.simulator.calls().await?.into_iter().filter(|call| call.throttled).collect();
        if throttled.is_empty() { Ok(()) } else { Err(Error::Broken(format!("throttled: {throttled:?}"))) }
    }

    /// Destroys; then nothing of it may be left in either account. Packets to every endpoint must arrive until then.
    pub async fn destroy(&self) -> Result<Run, Error> {
        self.packets_arrive(PORT).await?;
        self.destroy_unreached().await
    }

    /// Demands that packets arrive at every endpoint in the state that is available.
    pub async fn packets_arrive(&self, port: u16) -> Result<(), Error> {
        let shown = self.workspace.show().await?;
        let resources = shown.pointer("/values/root_module/resources").and_then(Value::as_array);
        for resource in resources.into_iter().flatten() {
            let value = |name: &str| resource.pointer(&format!("/values/{name}")).and_then(Value::as_str);
            let is_ours = resource.pointer("/type").and_then(Value::as_str) == Some("privatelink_consumer");
            if let (true, Some("available"), Some(name)) = (is_ours, value("state"), value("dns_name")) {
                self.arrives(name, port).await?;
            }
        }
        Ok(())
    }

    /// Destroys what no packet has to reach: a service alone, or a connection that the test broke.
    pub async fn destroy_unreached(&self) -> Result<Run, Error> {
        let destroyed = self.workspace.destroy(&[]).await?.succeeded()?;
        self.is_clean().await?;
        Ok(destroyed)
    }

    /// Demands that nothing is left in either account, the landscape aside.
    pub async fn is_clean(&self) -> Result<(), Error> {
        let left = self.simulator.objects().await?;
        let left: Vec<_> = left.each().collect();
        if left.is_empty() { Ok(()) } else { Err(Error::Broken(format!("left behind: {left:?}"))) }
    }

    /// Follows a packet from a member of the application's security group in the consumer's VPC.
    pub async fn reach(&self, name: &str, port: u16) -> Result<Reach, Error> {
        let from = json!({
            "account": CONSUMER,
            "vpc_id": self.id("consumer_vpc_id"),
            "name": name,
            "port": port,
            "security_group_ids": [self.id("application_security_group_id")],
        });
        self.simulator.reach(&from).await
    }

    /// Demands that a packet arrives.
    pub async fn reaches(&self, name: &str, port: u16) -> Result<Reach, Error> {
        let way = self.reach(name, port).await?;
        if way.reached { Ok(way) } else { Err(Error::Broken(format!("{name}:{port} is not reached: {way:?}"))) }
    }

    /// Demands that a packet arrives in the end: AWS gives no sign when a private name resolves or a target is healthy, and
    /// names minutes for both.
    pub async fn arrives(&self, name: &str, port: u16) -> Result<Reach, Error> {
        let patience = Instant::now() + PATIENCE.div_f64(f64::from(self.simulator.speed())).max(LEAST_PATIENCE);
        loop {
            let way = self.reaches(name, port).await;
            if way.is_ok() || Instant::now() > patience {
                return way;
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Makes a private zone of the service's account that the consumer's VPC sees, as its owner would beforehand.
    pub async fn private_zone_of_the_service(&self, name: &str) -> Result<String, Error> {
        let home = vpc(self.id("provider_vpc_id"));
        let visitor = vpc(self.id("consumer_vpc_id"));
        let request = |name: &str, inner: &str| {
            format!("<{name} xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">{inner}</{name}>")
        };
        let body = request(
            "CreateHostedZoneRequest",
            &format!("<Name>{name}</Name>{home}<CallerReference>{name}</CallerReference>"),
        );
        let made = self.simulator.post_route53(SERVICE, "hostedzone", body).await?;
        let id = element(&made, "Id")?.trim_start_matches("/hostedzone/").to_owned();
        let authorize = request("CreateVPCAssociationAuthorizationRequest", &visitor);
        self.simulator.post_route53(SERVICE, &format!("hostedzone/{id}/authorizevpcassociation"), authorize).await?;
        let associate = request("AssociateVPCWithHostedZoneRequest", &visitor);
        // The authorization takes a moment to be seen.
        let patience = Instant::now() + LEAST_PATIENCE;
        let path = format!("hostedzone/{id}/associatevpc");
        loop {
            match self.simulator.post_route53(CONSUMER, &path, associate.clone()).await {
                Err(Error::Control { why, .. }) if why.contains("NotAuthorized") && Instant::now() < patience => {}
                associated => return associated.map(|_| id),
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Lists the mutating calls that succeeded since the audit was emptied, in order.
    pub async fn writes(&self) -> Result<Vec<String>, Error> {
        self.simulator.writes().await
    }
}

fn vpc(id: &str) -> String {
    format!("<VPC><VPCRegion>us-east-1</VPCRegion><VPCId>{id}</VPCId></VPC>")
}
