//! How Terraform starts, trusts and stops this process.
//!
//! A go-plugin host starts the binary, reads one line from its standard output, connects to the
//! address in it and asks it to shut down in the end. [`run`] does all of that; [`Server`] is the part
//! without process, for tests. What is said over the connection is [`crate::protocol`]'s matter.
//!
//! Nothing may be written to standard output but that one line.

mod arguments;
mod calls;
mod connection;
mod environment;
mod handshake;
mod lifecycle;
mod listener;
mod log;
mod panics;
mod reattach;
mod server;
mod services;
mod shutdown;
mod signals;
mod tls;

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

pub use arguments::Arguments;
pub use environment::Environment;
pub use handshake::handshake_line;
pub use lifecycle::{Host, Lifecycle};
pub use listener::Address;
pub use log::targets;
pub use reattach::reattach_line;
pub use server::{Server, StartError};
pub use signals::Signals;
pub use tls::{Identity, IdentityError};

use crate::printable::printable;
use crate::resource::ProviderServer;
use arguments::STARTED_BY_HAND;
use calls::Calls;

/// Runs the process: reads the environment, serves the provider, returns the exit code.
pub fn run(provider: Arc<dyn ProviderServer>, arguments: &Arguments) -> ExitCode {
    let environment = Environment::read(variable);
    if !arguments.debug && !environment.is_plugin_host {
        return fail(STARTED_BY_HAND);
    }
    let calls = Calls::new(variable);
    log::start(variable, &calls);
    panics::report_panics();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("cannot start: {error}")),
    };
    let served = runtime.block_on(async {
        if arguments.debug { debug(provider, &arguments.source).await } else { host(environment, provider).await }
    });
    calls.tell();
    // Calls that outlived their time must not keep the process.
    runtime.shutdown_background();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&with_sources(error.as_ref())),
    }
}

/// Serves the host that started the process.
async fn host(environment: Environment, provider: Arc<dyn ProviderServer>) -> Result<(), Box<dyn Error>> {
    tracing::debug!(offered = ?environment.protocol_versions, "starting");
    let host = Host::remember()?;
    let server = Server::bind(environment, provider).await?;
    announce(&server.handshake_line())?;
    server.serve(Some(Lifecycle::Hosted(host))).await;
    Ok(())
}

/// Serves whoever is told where, until Ctrl-C.
async fn debug(provider: Arc<dyn ProviderServer>, sources: &[String]) -> Result<(), Box<dyn Error>> {
    let signals = Signals::listen()?;
    let server = Server::bind(Environment::default(), provider).await?;
    let line = reattach_line(sources, std::process::id(), server.address());
    announce(&format!("Set this where Terraform or OpenTofu runs; Ctrl-C ends the provider:\n\n  {line}\n"))?;
    server.serve(Some(Lifecycle::Debug(signals))).await;
    Ok(())
}

/// Writes to standard output: once per process.
fn announce(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

fn fail(text: &str) -> ExitCode {
    // Without standard error there is nobody to tell; the exit code says it.
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(text));
    ExitCode::FAILURE
}

fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

/// Reads a variable. One that is set counts as set even where it is no UTF-8: a certificate that cannot be read must
/// end the start, and not turn encryption off.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
