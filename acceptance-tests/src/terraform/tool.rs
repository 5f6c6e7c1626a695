//! Terraform or OpenTofu, as found on this machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Error;
use super::environment::Environment;

/// Names another program than the first one on PATH.
const CHOICE: &str = "PRIVATELINK_TERRAFORM";

/// A program that applies configurations.
#[derive(Debug, Clone)]
pub struct Tool {
    program: PathBuf,
    version: String,
}

impl Tool {
    /// Finds `terraform`, else `tofu`, on PATH; `PRIVATELINK_TERRAFORM` names another one. `None` where neither is installed.
    pub fn find() -> Option<Self> {
        let program = match std::env::var_os(CHOICE) {
            Some(choice) => PathBuf::from(choice),
            None => on_path("terraform").or_else(|| on_path("tofu"))?,
        };
        let version = version(&program).unwrap_or_else(|| "of unknown version".to_owned());
        Some(Self { program, version })
    }

    /// Gives the path of the program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Gives name and version, such as `Terraform v1.11.4`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Tells what a person types to start it.
    pub fn name(&self) -> String {
        self.program.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Answers with itself, or says what is missing.
    pub fn required() -> Result<Self, Error> {
        Self::find().ok_or_else(|| Error::Broken("neither terraform nor tofu is on PATH".to_owned()))
    }
}

/// Finds a program on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path: OsString = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Asks the program for its version; the first line says it.
fn version(program: &Path) -> Option<String> {
    let mut environment = Environment::default();
    environment.set("CHECKPOINT_DISABLE", "1");
    let said = environment.command(program).into_std().arg("version").output().ok()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    said.lines().next().map(str::to_owned).filter(|line| !line.is_empty())
}
