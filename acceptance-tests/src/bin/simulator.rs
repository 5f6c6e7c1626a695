//! The simulator as a server: for Terraform, the AWS CLI, boto3 and people.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::http::Server;
use acceptance_tests::simulator::settings::Settings;
use clap::Parser;

/// A strict AWS for PrivateLink on a loopback address.
#[derive(Debug, Parser)]
#[command(name = "simulator")]
struct Arguments {
    /// Loopback address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4599")]
    listen: SocketAddr,
    /// Divides every duration and multiplies every refill rate.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Owns ids, durations, order and lag.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Switches lag, flaps, disorder, latency and buckets off; transitions and rules stay.
    #[arg(long)]
    calm: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("'{text}' is not a number"))?;
    if speed.is_finite() && speed > 0.0 && speed <= 10_000.0 {
        Ok(speed)
    } else {
        Err("the speed lies above 0 and at most at 10000".to_owned())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match serve(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _told = writeln!(io::stderr(), "cannot serve on {}: {error}", arguments.listen);
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &Arguments) -> io::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    let settings = if arguments.calm { Settings::calm() } else { Settings::default() };
    let world = World::new(arguments.seed, settings, arguments.speed);
    let server = Server::bind(world, arguments.listen).await?;
    let address = server.address()?;
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on http://{address}")?;
    stdout.flush()?;
    tokio::select! {
        () = server.run() => {}
        ended = tokio::signal::ctrl_c() => ended?,
    }
    Ok(())
}
