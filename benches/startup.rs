//! What a start costs: size of the binary, time from start to schema, memory idle after Configure.
//!
//! `cargo startup` prints the figures of a release build. Machines differ and are shared, so nothing is asserted here; compare
//! runs of one machine. What is promised of the binary that people install is demanded by `.ci/measure`.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use privatelink::protocol::value::{empty, to_dynamic};
use privatelink::protocol::wire::tfplugin5::provider_client::ProviderClient;
use privatelink::protocol::wire::tfplugin5::{configure, get_provider_schema};
use privatelink::provider::Provider;
use privatelink::resource::ProviderServer as _;
use privatelink::value::Value;
use tokio::net::UnixStream;
use tokio::time::Instant;
use tonic::transport::{Channel, Endpoint};

const BINARY: &str = env!("CARGO_BIN_EXE_terraform-provider-privatelink");
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
const RUNS: usize = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut times = Vec::new();
    let mut memory = 0;
    for _ in 0..RUNS {
        let (time, resident) = runtime.block_on(run());
        times.push(time);
        memory = memory.max(resident);
    }
    times.sort();
    let size = std::fs::metadata(BINARY).unwrap().len();
    let mut out = std::io::stdout().lock();
    writeln!(out, "binary                          {:>8.1} MB", mega(size)).unwrap();
    writeln!(out, "start to schema, median of {RUNS}    {:>6.1} ms", milli(times[RUNS / 2])).unwrap();
    writeln!(out, "start to schema, slowest        {:>8.1} ms", milli(times[RUNS - 1])).unwrap();
    writeln!(out, "resident, idle after Configure  {:>8.1} MB", mega(memory)).unwrap();
}

/// One process: time until its schema is here, and its resident bytes after Configure.
async fn run() -> (Duration, u64) {
    let start = Instant::now();
    let mut child = Command::new(BINARY)
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
        .env_remove("PLUGIN_CLIENT_CERT")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let socket = line.split('|').nth(3).unwrap().to_owned();
    let mut client = ProviderClient::new(connect(socket).await).max_decoding_message_size(64 << 20);
    client.get_schema(get_provider_schema::Request::default()).await.unwrap();
    let time = start.elapsed();
    client.configure(configure::Request { config: Some(settings()), ..Default::default() }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let resident = resident(&child);
    child.kill().unwrap();
    child.wait().unwrap();
    (time, resident)
}

async fn connect(socket: String) -> Channel {
    let connector = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    Endpoint::from_static("http://localhost").connect_with_connector(connector).await.unwrap()
}

/// A provider block with which Configure makes no call.
fn settings() -> privatelink::protocol::wire::tfplugin5::DynamicValue {
    let block = Provider::new().schema().block;
    let Value::Map(mut entries) = empty(&block) else { unreachable!("a block is an object") };
    for (name, value) in [("region", "us-east-1"), ("access_key", "111111111111"), ("secret_key", "x")] {
        entries.insert(name.to_owned(), Value::from(value));
    }
    for name in ["skip_credentials_validation", "skip_requesting_account_id", "skip_region_validation"] {
        entries.insert(name.to_owned(), Value::from(true));
    }
    to_dynamic(&block, &Value::Map(entries)).unwrap()
}

fn resident(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) * 1024
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

fn milli(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
