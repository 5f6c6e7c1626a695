//! Builds the provider and the simulator, the way plain `cargo build` does.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{Error, repository};

/// Builds everything and gives the folder of the binaries, `this` being a program in it.
///
/// The demo and the tests belong to one package and the provider to another, so `cargo run --bin demo` and
/// `cargo test --test …` by themselves would work with the provider of an earlier build. After plain `cargo test` this does
/// nothing but look.
pub async fn built(this: &Path) -> Result<PathBuf, Error> {
    let folder = this.parent().unwrap_or(Path::new(".")).to_owned();
    // Started by hand, without cargo: what was built must do.
    let Some(cargo) = std::env::var_os("CARGO") else { return Ok(folder) };
    let program = PathBuf::from(&cargo);
    // The whole workspace, for one set of features: with `-p` or `--bin` the AWS SDK would be compiled a second time.
    let mut build = tokio::process::Command::new(cargo);
    build.arg("build").arg("--quiet").current_dir(repository()).stdin(Stdio::null()).stdout(Stdio::null());
    let ended = build.status().await.map_err(|source| Error::Program { program, source })?;
    if ended.success() { Ok(folder) } else { Err(Error::Broken(format!("cargo build ended with {ended}"))) }
}
