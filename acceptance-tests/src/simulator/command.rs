//! The command line of the simulator: both of its binaries are this.

use std::fs::File;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use super::World;
use super::http::Server;
use super::settings::Settings;
use super::world_file::{self, WorldFile};

/// A strict AWS for PrivateLink on a loopback address: EC2 endpoints and endpoint services, network load balancers, Route 53.
///
/// The page at / shows the world live; /_simulator/ lists the control routes.
#[derive(Debug, Parser)]
#[command(name = "privatelink-simulator", version)]
struct Arguments {
    /// Loopback address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4599")]
    listen: SocketAddr,
    /// Allows an address beyond loopback, for containers. Whoever reaches it does what he likes: no signature is checked.
    #[arg(long)]
    listen_to_everybody: bool,
    /// Divides every duration and multiplies every refill rate.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Owns ids, durations, order and lag.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Switches lag, flaps, disorder, latency and buckets off; transitions and rules stay.
    #[arg(long)]
    calm: bool,
    /// Builds this file at the start and prints the ids, a JSON object, as the line after the address.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// Gives an account its default VPC at the start: `<account>/<Region>`; may be repeated.
    #[arg(long, value_name = "ACCOUNT/REGION")]
    default_vpc: Vec<String>,
    /// Writes each call as a line of JSON to this file; `-` is standard error.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("'{text}' is not a number"))?;
    if speed.is_finite() && speed > 0.0 && speed <= 10_000.0 {
        Ok(speed)
    } else {
        Err("the speed lies above 0 and at most at 10000".to_owned())
    }
}

/// Runs the simulator until it is interrupted.
pub async fn main() -> ExitCode {
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
    let mut stdout = io::stdout();
    for place in &arguments.default_vpc {
        let place = place.split_once('/');
        let (account, region) = place.ok_or_else(|| invalid("a default VPC is named by <account>/<Region>"))?;
        let now = world.now();
        world_file::default_vpc(&mut world.lock(), now, account, region).map_err(|why| invalid(&why))?;
    }
    let mut built = None;
    if let Some(path) = &arguments.world {
        let text = std::fs::read(path)?;
        let file: WorldFile = serde_json::from_slice(&text)
            .map_err(|error| invalid(&format!("{} is no world file: {error}", path.display())))?;
        let now = world.now();
        let ids = world_file::build(&mut world.lock(), now, &file).map_err(|why| invalid(&why))?;
        built = Some(ids);
    }
    if let Some(path) = &arguments.log {
        let out: Box<dyn Write + Send> =
            if path.as_os_str() == "-" { Box::new(io::stderr()) } else { Box::new(File::create(path)?) };
        world.lock().audit.follow(out);
    }
    let server = if arguments.listen_to_everybody {
        Server::bind_anywhere(world, arguments.listen).await?
    } else {
        Server::bind(world, arguments.listen).await?
    };
    let address = server.address()?;
    writeln!(stdout, "listening on http://{address}")?;
    if let Some(ids) = built {
        writeln!(stdout, "{ids}")?;
    }
    stdout.flush()?;
    tokio::select! {
        () = server.run() => {}
        ended = tokio::signal::ctrl_c() => ended?,
    }
    Ok(())
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why.to_owned())
}
