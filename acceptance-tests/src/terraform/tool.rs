//! Terraform or OpenTofu, as found on this machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Error;
use super::environment::Environment;

/// Names another program than the first one on PATH, or several, separated as in PATH.
const CHOICE: &str = "PRIVATELINK_TERRAFORM";

tokio::task_local! {
    /// The program of the test that runs.
    static CURRENT: Tool;
}

/// A program that applies configurations.
#[derive(Debug, Clone)]
pub struct Tool {
    program: PathBuf,
    version: String,
}

impl Tool {
    /// Finds the program of the test that runs; outside of tests the first one. `None` where none is installed.
    pub fn find() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok().or_else(|| Self::all().into_iter().next())
    }

    /// Finds all programs that tests are to run with: those that `PRIVATELINK_TERRAFORM` names by path or by name, else
    /// `terraform` or `tofu` on PATH.
    pub fn all() -> Vec<Self> {
        let programs = match std::env::var_os(CHOICE) {
            Some(choice) => std::env::split_paths(&choice).filter(|path| !path.as_os_str().is_empty()).collect(),
            None => Vec::from_iter(on_path("terraform").or_else(|| on_path("tofu"))),
        };
        let tool = |program: PathBuf| {
            let version = version(&program).unwrap_or_else(|| "of unknown version".to_owned());
            Self { program, version }
        };
        programs.into_iter().map(tool).collect()
    }

    /// Runs a test with this program.
    pub async fn with<T>(self, test: impl Future<Output = T>) -> T {
        CURRENT.scope(self, test).await
    }

    /// Tells whether it is OpenTofu.
    pub fn is_opentofu(&self) -> bool {
        self.version.starts_with("OpenTofu")
    }

    /// Tells whether its version is at least this one; OpenTofu counts by itself.
    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let number = self.version.split_once(" v").map_or("", |(_, number)| number);
        let mut parts = number.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or_default());
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) >= (major, minor)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(version: &str) -> Tool {
        Tool { program: "x".into(), version: version.to_owned() }
    }

    #[test]
    fn versions_are_compared_by_number() {
        assert!(tool("Terraform v1.11.4").is_at_least(1, 11) && !tool("Terraform v1.11.4").is_at_least(1, 12));
        assert!(tool("Terraform v1.16.0-rc2").is_at_least(1, 9));
        assert!(tool("OpenTofu v1.12.6-dev").is_at_least(1, 10));
        assert!(tool("OpenTofu v1.12.6").is_opentofu() && !tool("Terraform v1.5.7").is_opentofu());
        assert!(!tool("of unknown version").is_at_least(0, 1));
    }

    #[tokio::test]
    async fn a_test_runs_with_the_program_that_it_was_given() {
        let found = tool("Terraform v9.9.9").with(async { Tool::find() }).await;
        assert_eq!(found.unwrap().version(), "Terraform v9.9.9");
    }
}
