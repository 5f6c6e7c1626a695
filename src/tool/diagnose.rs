//! `diagnose`: a connection, hop by hop, in the terminal.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use crate::aws::settings::{Identity, Settings};
use crate::aws::{Aws, Wiring};
use crate::diagnosis::{Diagnosis, Protocol, Question, State, diagnose, mermaid::mermaid, report::report};
use crate::engine::{Deadline, Failure, Limits, Retry, Stop};
use crate::gather::Gather as _;
use crate::schema::formats;
use crate::serve::variable;

/// How long AWS is asked.
const TIMEOUT: Duration = Duration::from_mins(2);
/// The name of the other side's credentials.
const PEER: &str = "peer";
/// The exit code where the way cannot be seen to its end, or AWS cannot be asked.
const NOT_SEEN: u8 = 2;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// An endpoint (vpce-…), an endpoint service (vpce-svc-…), or both.
    #[arg(required = true, num_args = 1..=2, value_name = "ID", value_parser = id)]
    ids: Vec<String>,

    /// Name that the client resolves; by default the private name, or the endpoint's own.
    #[arg(long)]
    name: Option<String>,

    /// Port that the client connects to.
    #[arg(long, default_value_t = 443, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,

    /// What the client speaks.
    #[arg(long, default_value = "tcp", value_parser = ["tcp", "udp"])]
    protocol: String,

    /// Security group of the client; may be given several times.
    #[arg(long = "security-group", value_name = "SG")]
    security_groups: Vec<String>,

    /// Address of the client.
    #[arg(long, value_name = "ADDRESS")]
    source_ip: Option<IpAddr>,

    /// Subnet of the client.
    #[arg(long, value_name = "SUBNET")]
    subnet: Option<String>,

    /// Region of the endpoint, or of the service alone; by default from the environment or the profile.
    #[arg(long)]
    region: Option<String>,

    /// Profile of the shared configuration files.
    #[arg(long)]
    profile: Option<String>,

    /// Profile with the credentials of the other side.
    #[arg(long, value_name = "PROFILE")]
    peer_profile: Option<String>,

    /// Writes JSON for machines.
    #[arg(long, conflicts_with = "mermaid")]
    json: bool,

    /// Writes a Mermaid diagram.
    #[arg(long)]
    mermaid: bool,
}

fn id(text: &str) -> Result<String, String> {
    let fits = (formats::ENDPOINT_ID.holds)(text) || (formats::SERVICE_ID.holds)(text);
    if fits { Ok(text.to_owned()) } else { Err("write an id such as vpce-0123456789abcdef0".to_owned()) }
}

/// Diagnoses, writes the result to standard output, and says it in the exit code: 0 reachable, 1 broken, 2 not seen.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    match runtime.block_on(ask(arguments)) {
        Ok(found) => show(arguments, &found),
        Err(failure) => {
            let advice = failure.advice.as_deref().map(|advice| format!("\n{advice}.")).unwrap_or_default();
            let profiles = [&arguments.profile, &arguments.peer_profile].into_iter().flatten();
            let named: Vec<String> = profiles.map(|profile| format!("{profile:?}")).collect();
            let whose = if named.is_empty() { String::new() } else { format!(" as profile {}", named.join(" and ")) };
            failed(&format!("AWS cannot be asked{whose}: {failure}.{advice}"))
        }
    }
}

async fn ask(arguments: &Arguments) -> Result<Diagnosis, Failure> {
    let identity = |profile: &Option<String>| Identity {
        region: arguments.region.clone(),
        profile: profile.clone(),
        ..Identity::default()
    };
    let peer = arguments.peer_profile.as_ref().map(|_| (PEER.to_owned(), identity(&arguments.peer_profile)));
    let settings = Settings {
        identity: identity(&arguments.profile),
        peers: peer.into_iter().gather::<BTreeMap<_, _>>(),
        ..Settings::default()
    };
    let aws = Aws::connect(settings, Wiring::default()).await?;
    let question = question(arguments);
    let limits = Limits { deadline: Deadline::after(TIMEOUT), stop: Stop::new(), speed: aws.speed() };
    let mut retry = Retry::reading(&limits);
    loop {
        match diagnose(&aws, &question).await {
            Ok(found) => return Ok(found),
            Err(failure) => retry.again(failure).await?,
        }
    }
}

fn question(arguments: &Arguments) -> Question {
    let one = |format: &crate::schema::Format| arguments.ids.iter().find(|id| (format.holds)(id)).cloned();
    Question {
        endpoint_id: one(&formats::ENDPOINT_ID),
        service_id: one(&formats::SERVICE_ID),
        name: arguments.name.clone(),
        port: arguments.port,
        protocol: if arguments.protocol == "udp" { Protocol::Udp } else { Protocol::Tcp },
        security_group_ids: arguments.security_groups.clone(),
        source_ip: arguments.source_ip,
        subnet_id: arguments.subnet.clone(),
        peer_account: arguments.peer_profile.as_ref().map(|_| PEER.to_owned()),
    }
}

fn show(arguments: &Arguments, found: &Diagnosis) -> ExitCode {
    let text = if arguments.json {
        as_json(found)
    } else if arguments.mermaid {
        mermaid(found)
    } else {
        let is_colourful = std::io::stdout().is_terminal() && variable("NO_COLOR").is_none();
        report(found, |state, word| if is_colourful { paint(state, word) } else { word.to_owned() })
    };
    let mut out = std::io::stdout().lock();
    // A reader that went away does not change what was found.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match found.reachable() {
        Some(true) => ExitCode::SUCCESS,
        Some(false) => ExitCode::FAILURE,
        None => ExitCode::from(NOT_SEEN),
    }
}

fn paint(state: State, word: &str) -> String {
    let colour = match state {
        State::Ok => 32,
        State::Broken => 31,
        State::Unknown => 33,
    };
    format!("\u{1b}[1;{colour}m{word}\u{1b}[0m")
}

fn as_json(found: &Diagnosis) -> String {
    let hops = found.hops.iter().map(|hop| {
        json!({
            "hop": hop.hop,
            "object": hop.object,
            "state": hop.state.word(),
            "detail": hop.detail,
            "advice": hop.advice,
        })
    });
    let whole = json!({
        "reachable": found.reachable(),
        "broken_at": found.broken_at(),
        "hops": hops.collect::<Vec<_>>(),
    });
    format!("{whole:#}\n")
}

fn failed(text: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
    ExitCode::from(NOT_SEEN)
}
