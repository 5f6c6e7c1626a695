//! The simulator as a process of its own, and its control routes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use http::Method;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::Error;
use super::control::{self, Call, Objects, Reach};

/// How a simulator is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// The binary.
    pub program: PathBuf,
    /// Divides every duration.
    pub speed: u32,
    /// Owns ids, durations and lag.
    pub seed: u64,
    /// Where its own log goes; nowhere when `None`.
    pub log: Option<PathBuf>,
    /// Whether it outlives its handle.
    pub keep: bool,
}

impl Options {
    /// Starts from the usual values.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), speed: 60, seed: 1, log: None, keep: false }
    }
}

/// A running simulator; it ends with its handle unless it is kept.
#[derive(Debug)]
pub struct Simulator {
    child: Child,
    address: SocketAddr,
    speed: u32,
}

/// What its first line begins with.
const READY: &str = "listening on http://";

/// A simulator binds a socket and prints a line; this is for a machine on its knees.
const START: Duration = Duration::from_secs(30);

impl Simulator {
    /// Starts the binary on a free loopback port and waits until it listens.
    pub async fn start(options: &Options) -> Result<Self, Error> {
        let program = options.program.clone();
        if !program.is_file() {
            return Err(Error::NotBuilt(program));
        }
        let log = match &options.log {
            Some(path) => Stdio::from(std::fs::File::create(path).map_err(Error::file(path))?),
            None => Stdio::null(),
        };
        let mut command = Command::new(&program);
        command
            .args(["--listen", "127.0.0.1:0"])
            .args(["--speed", &options.speed.to_string()])
            .args(["--seed", &options.seed.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(!options.keep);
        // A Ctrl-C at the terminal is for the one who asked; the simulator serves until Terraform has ended.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|source| Error::Program { program, source })?;
        let stdout = child.stdout.take().ok_or_else(|| Error::Start("it has no output".to_owned()))?;
        let mut line = String::new();
        let mut reader = BufReader::new(stdout);
        let read = tokio::time::timeout(START, reader.read_line(&mut line)).await;
        read.map_err(|_| Error::Start(format!("no line within {START:?}")))?
            .map_err(|error| Error::Start(error.to_string()))?;
        let address = line.trim().strip_prefix(READY).and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| Error::Start(format!("its first line was {line:?}")))?;
        Ok(Self { child, address, speed: options.speed })
    }

    /// Gives its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Gives how much faster than real its clock runs.
    pub fn speed(&self) -> u32 {
        self.speed
    }

    /// Gives its process id, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Makes the two-account landscape; the ids by the names of the example's variables.
    pub async fn landscape(&self) -> Result<Map<String, Value>, Error> {
        control::call(self.address, Method::POST, "landscape", Some(&json!({}))).await
    }

    /// Tells what exists, without the landscape.
    pub async fn objects(&self) -> Result<Objects, Error> {
        control::call(self.address, Method::GET, "objects", None).await
    }

    /// Tells the calls since the last [`Self::forget_calls`].
    pub async fn calls(&self) -> Result<Vec<Call>, Error> {
        control::call(self.address, Method::GET, "calls", None).await
    }

    /// Lists the mutating calls that succeeded since the audit was emptied, in order.
    pub async fn writes(&self) -> Result<Vec<String>, Error> {
        let calls = self.calls().await?;
        Ok(calls.into_iter().filter(|call| call.mutating && call.outcome == "ok").map(|call| call.operation).collect())
    }

    /// Empties the audit.
    pub async fn forget_calls(&self) -> Result<(), Error> {
        control::call::<Value>(self.address, Method::DELETE, "calls", None).await.map(drop)
    }

    /// Replaces the fault script; `[]` clears it.
    pub async fn faults(&self, script: &Value) -> Result<(), Error> {
        control::call::<Value>(self.address, Method::POST, "faults", Some(script)).await.map(drop)
    }

    /// Follows a packet from a client in a VPC.
    pub async fn reach(&self, from: &Value) -> Result<Reach, Error> {
        control::call(self.address, Method::POST, "reach", Some(from)).await
    }

    /// Sends `bytes` and `connections` from a client in a VPC, as far as they arrive.
    pub async fn send(&self, from: &Value) -> Result<Value, Error> {
        control::call(self.address, Method::POST, "send", Some(from)).await
    }

    /// Forces the state of an object.
    pub async fn set(&self, kind: &str, id: &str, state: &Value) -> Result<(), Error> {
        let body = json!({"kind": kind, "id": id, "set": state});
        control::call::<Value>(self.address, Method::POST, "set", Some(&body)).await.map(drop)
    }

    /// Calls EC2 (`ec2`) or Elastic Load Balancing (`elasticloadbalancing`) as an account, behind Terraform's back.
    pub async fn act_as(
        &self,
        account: &str,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, Error> {
        self.act_in(account, "us-east-1", service, action, parameters).await
    }

    /// The same in a Region of the caller's choice.
    pub async fn act_in(
        &self,
        account: &str,
        region: &str,
        service: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, Error> {
        control::query(self.address, (account, region), service, action, parameters).await
    }

    /// Posts to Route 53 as an account; `path` follows the API's version.
    pub async fn post_route53(&self, account: &str, path: &str, body: String) -> Result<String, Error> {
        control::post(
            self.address,
            (account, "us-east-1"),
            "route53",
            &format!("/2013-04-01/{path}"),
            "text/xml",
            path,
            body,
        )
        .await
    }
}
