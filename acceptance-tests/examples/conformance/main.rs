//! Which of the simulator's rules hold at an endpoint: this simulator, another emulator, or AWS itself.
//!
//! ```text
//! cargo run -p acceptance-tests --example conformance -- --endpoint http://127.0.0.1:4599
//! ```
//!
//! Nothing is made unless `--yes` says so: without it only rules that read are tried. What is made bears a tag and is swept afterwards.

mod rules;
mod scene;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use clap::{Parser, ValueEnum};
use rules::{Rule, Verdict};
use scene::{Scene, TAG};
use serde_json::json;

/// Tries the rules that the API alone can show, one by one.
#[derive(Debug, Parser)]
#[command(name = "conformance", version)]
struct Arguments {
    /// Endpoint of all services; without it AWS's own.
    #[arg(long)]
    endpoint: Option<String>,
    /// Profile of the credentials; without it, and with an endpoint, the account 111111111111.
    #[arg(long)]
    profile: Option<String>,
    /// Region.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Makes objects, tags and sweeps them: free of charge unless `--balancer` is given too.
    #[arg(long)]
    yes: bool,
    /// Tries rules that need a network load balancer, too: at AWS about ten minutes and ten cents.
    #[arg(long)]
    balancer: bool,
    /// How much faster than real the endpoint's clock runs.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Form of the table.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(error) => {
            let _told = writeln!(io::stderr(), "conformance: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<bool, Box<dyn std::error::Error>> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).region(Region::new(arguments.region.clone()));
    if let Some(profile) = &arguments.profile {
        loader = loader.profile_name(profile);
    } else if arguments.endpoint.is_some() {
        let key = aws_credential_types::Credentials::new("111111111111", "secret", None, None, "conformance");
        loader = loader.credentials_provider(key);
    }
    if let Some(endpoint) = &arguments.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    let config = loader.load().await;
    let account = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await?;
    let account = account.account().unwrap_or("unknown").to_owned();
    let all = rules::all();
    let (makes, waits) = (arguments.yes, arguments.yes && arguments.balancer);
    let tried = all.iter().filter(|rule| rule.is_tried(makes, waits)).count();
    let where_to = arguments.endpoint.clone().unwrap_or_else(|| "AWS".to_owned());
    let mut out = io::stderr();
    writeln!(out, "{tried} of {} rules are tried at {where_to}, account {account}, {}.", all.len(), arguments.region)?;
    writeln!(out, "{}", cost(makes, waits))?;
    let mut scene = Scene::new(&config, Duration::from_secs_f64(1.0 / arguments.speed.max(0.001)));
    let mut verdicts = Vec::new();
    for rule in all {
        let verdict = if rule.is_tried(makes, waits) {
            (rule.run)(&mut scene).await
        } else {
            Verdict::Untried(rule.needs(makes).to_owned())
        };
        verdicts.push((rule, verdict));
    }
    let left = scene.sweep().await;
    if !left.is_empty() {
        writeln!(out, "Not swept, tagged {TAG}: {}", left.join(", "))?;
    }
    print(arguments.format, &verdicts)?;
    Ok(left.is_empty() && !verdicts.iter().any(|(_, verdict)| matches!(verdict, Verdict::Differs(_))))
}

fn cost(makes: bool, waits: bool) -> &'static str {
    match (makes, waits) {
        (false, _) => "Nothing is made: reads and calls that are refused, a few seconds, no cost. --yes goes on.",
        (true, false) => {
            "Makes and sweeps VPCs, subnets, groups, endpoints without subnets, private zones: a minute, a few cents for zones kept a moment."
        }
        (true, true) => {
            "Makes and sweeps a load balancer and an endpoint service as well: about ten minutes, about ten cents."
        }
    }
}

fn print(format: Format, verdicts: &[(Rule, Verdict)]) -> io::Result<()> {
    let mut out = io::stdout();
    let counted = |word: &str| verdicts.iter().filter(|(_, verdict)| verdict.word() == word).count();
    match format {
        Format::Json => {
            let rows = verdicts.iter().map(|(rule, verdict)| {
                json!({"rule": rule.name, "what": rule.what, "verdict": verdict.word(), "found": verdict.found()})
            });
            writeln!(out, "{}", json!(rows.collect::<Vec<_>>()))
        }
        Format::Text => {
            for (rule, verdict) in verdicts {
                writeln!(out, "{:<12} {:<34} {}", verdict.word(), rule.name, verdict.found())?;
            }
            writeln!(
                out,
                "as expected {}, differs {}, not tried {}",
                counted("as expected"),
                counted("differs"),
                counted("not tried")
            )
        }
        Format::Markdown => {
            writeln!(out, "| Rule | What | Verdict | Found |\n| --- | --- | --- | --- |")?;
            for (rule, verdict) in verdicts {
                let found = verdict.found().replace('|', "\\|");
                writeln!(out, "| `{}` | {} | {} | {found} |", rule.name, rule.what, verdict.word())?;
            }
            writeln!(
                out,
                "\nAs expected {}, differs {}, not tried {}.",
                counted("as expected"),
                counted("differs"),
                counted("not tried")
            )
        }
    }
}
