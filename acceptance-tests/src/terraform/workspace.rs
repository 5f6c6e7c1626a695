//! A temporary folder with a configuration, and Terraform running in it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::environment::Environment;
use super::run::Run;
use super::{Error, Tool, account};

/// The source of the provider.
const SOURCE: &str = "privatelink/privatelink";

/// Hosts that a source without one stands for, in Terraform and in OpenTofu.
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// The file with the settings of the program itself.
const SETTINGS: &str = "cli.tfrc";

/// A configuration that is being worked with. The folder goes with it, unless it is kept.
#[derive(Debug)]
pub struct Workspace {
    tool: Tool,
    root: TempDir,
    binaries: PathBuf,
    environment: Environment,
}

impl Workspace {
    /// Makes an empty workspace whose provider is the binary in `binaries`. No `init`, registry or network is needed.
    pub fn new(tool: &Tool, binaries: &Path) -> Result<Self, Error> {
        let provider = provider_in(binaries);
        if !provider.is_file() {
            return Err(Error::NotBuilt(provider));
        }
        let temporary = std::env::temp_dir();
        let root = tempfile::Builder::new().prefix("privatelink-").tempdir().map_err(Error::file(temporary))?;
        let mut workspace =
            Self { tool: tool.clone(), root, binaries: binaries.to_owned(), environment: Environment::default() };
        for folder in ["configuration", "home"] {
            let path = workspace.root.path().join(folder);
            fs::create_dir(&path).map_err(Error::file(path))?;
        }
        let cli = workspace.settle(SETTINGS, &overrides(&[(SOURCE, binaries)]))?;
        let home = workspace.root.path().join("home");
        workspace
            .environment
            .set("HOME", home)
            .set("TF_CLI_CONFIG_FILE", cli)
            .set("TF_IN_AUTOMATION", "1")
            .set("TF_INPUT", "0")
            .set("CHECKPOINT_DISABLE", "1");
        Ok(workspace)
    }

    /// Gives the workspace profiles for both accounts of the simulator, and points the SDK's own settings at it.
    pub fn connect(&mut self, url: &str, speed: u32, region: &str) -> Result<(), Error> {
        let config = self.settle("aws.config", &account::config(region))?;
        let credentials = self.settle("aws.credentials", &account::credentials())?;
        self.environment
            .set("AWS_CONFIG_FILE", config)
            .set("AWS_SHARED_CREDENTIALS_FILE", credentials)
            .set("AWS_ENDPOINT_URL", url)
            .set("AWS_REGION", region)
            .set("AWS_EC2_METADATA_DISABLED", "true")
            .set("PRIVATELINK_CLOCK_SPEED", speed.to_string());
        Ok(())
    }

    /// Lets a program serve a further provider, such as `hashicorp/aws`.
    pub fn serve(&self, source: &str, program: &Path) -> Result<(), Error> {
        let name = source.rsplit('/').next().unwrap_or(source);
        let folder = self.root.path().join(format!("provider-{name}"));
        fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        let path = folder.join(format!("terraform-provider-{name}{}", std::env::consts::EXE_SUFFIX));
        link(program, &path).map_err(Error::file(&path))?;
        self.settle(SETTINGS, &overrides(&[(SOURCE, &self.binaries), (source, &folder)])).map(drop)
    }

    /// Gives the program that runs here.
    pub fn tool(&self) -> &Tool {
        &self.tool
    }

    /// Gives the binary of the provider.
    pub fn provider(&self) -> PathBuf {
        provider_in(&self.binaries)
    }

    /// Gives the variables that Terraform sees.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Sets a further variable.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.environment.set(name, value);
    }

    /// Gives the folder of the configuration.
    pub fn folder(&self) -> PathBuf {
        self.root.path().join("configuration")
    }

    /// Copies the files of a folder into the configuration.
    pub fn copy(&self, from: &Path) -> Result<(), Error> {
        let entries = fs::read_dir(from).map_err(Error::file(from))?;
        for entry in entries {
            let path = entry.map_err(Error::file(from))?.path();
            if let Some(name) = path.file_name().filter(|_| path.is_file()) {
                fs::copy(&path, self.folder().join(name)).map_err(Error::file(&path))?;
            }
        }
        Ok(())
    }

    /// Writes a file of the configuration.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.folder().join(name);
        fs::write(&path, text).map_err(Error::file(path))
    }

    /// Changes a file of the configuration; `old` must be there.
    pub fn replace(&self, name: &str, old: &str, new: &str) -> Result<(), Error> {
        let path = self.folder().join(name);
        let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
        if !text.contains(old) {
            return Err(Error::Broken(format!("{name} does not contain {old:?}")));
        }
        fs::write(&path, text.replacen(old, new, 1)).map_err(Error::file(path))
    }

    /// Writes `terraform.tfvars.json` with those values for which the configuration has a variable.
    pub fn variables(&self, values: &Map<String, Value>) -> Result<(), Error> {
        let folder = self.folder();
        let mut texts = String::new();
        for entry in fs::read_dir(&folder).map_err(Error::file(&folder))? {
            let path = entry.map_err(Error::file(&folder))?.path();
            if path.extension().is_some_and(|extension| extension == "tf") {
                texts.push_str(&fs::read_to_string(&path).map_err(Error::file(&path))?);
            }
        }
        let declared = |name: &str| texts.contains(&format!("variable \"{name}\""));
        let values: Map<String, Value> = values
            .iter()
            .filter(|(name, _)| declared(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        self.write("terraform.tfvars.json", &format!("{:#}\n", Value::Object(values)))
    }

    /// Forgets the state, as if the configuration had never been applied.
    pub fn forget_state(&self) -> Result<(), Error> {
        let path = self.folder().join("terraform.tfstate");
        fs::remove_file(&path).map_err(Error::file(path))
    }

    /// Prepares Terraform with these arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.environment.command(self.tool.program());
        command.args(arguments).current_dir(self.folder()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs Terraform to its end.
    pub async fn run(&self, arguments: &[&str]) -> Result<Run, Error> {
        let output = self.command(arguments).output().await;
        let output = output.map_err(|source| Error::Program { program: self.tool.program().to_owned(), source })?;
        Ok(Run::of(format!("{} {}", self.tool.name(), arguments.join(" ")), &output))
    }

    /// Starts Terraform in a process group of its own, as a shell does, with its output piped.
    pub fn spawn(&self, arguments: &[&str]) -> Result<Child, Error> {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        command.process_group(0);
        command.spawn().map_err(|source| Error::Program { program: self.tool.program().to_owned(), source })
    }

    /// Waits for what [`Self::spawn`] started.
    pub async fn finish(&self, child: Child, arguments: &[&str]) -> Result<Run, Error> {
        let output = child.wait_with_output().await;
        let output = output.map_err(|source| Error::Program { program: self.tool.program().to_owned(), source })?;
        Ok(Run::of(format!("{} {}", self.tool.name(), arguments.join(" ")), &output))
    }

    /// Validates the configuration.
    pub async fn validate(&self) -> Result<Run, Error> {
        self.run(&["validate", "-no-color"]).await
    }

    /// Plans and applies.
    pub async fn apply(&self, more: &[&str]) -> Result<Run, Error> {
        self.run(&with(&["apply", "-auto-approve", "-no-color"], more)).await
    }

    /// Plans; exit code 2 means changes.
    pub async fn plan(&self, more: &[&str]) -> Result<Run, Error> {
        self.run(&with(&["plan", "-detailed-exitcode", "-no-color"], more)).await
    }

    /// Destroys everything in the state.
    pub async fn destroy(&self, more: &[&str]) -> Result<Run, Error> {
        self.run(&with(&["destroy", "-auto-approve", "-no-color"], more)).await
    }

    /// Takes an existing object into the state.
    pub async fn import(&self, address: &str, id: &str) -> Result<Run, Error> {
        self.run(&["import", "-no-color", address, id]).await
    }

    /// Lets go of a resource without touching it.
    pub async fn state_rm(&self, address: &str) -> Result<Run, Error> {
        self.run(&["state", "rm", address]).await
    }

    /// Reads all outputs.
    pub async fn outputs(&self) -> Result<Map<String, Value>, Error> {
        let said = self.run(&["output", "-json", "-no-color"]).await?.succeeded()?;
        let outputs: Map<String, Value> = json(&said)?;
        Ok(outputs.into_iter().map(|(name, output)| (name, output.get("value").cloned().unwrap_or_default())).collect())
    }

    /// Reads the state as `show -json` prints it.
    pub async fn show(&self) -> Result<Value, Error> {
        json(&self.run(&["show", "-json", "-no-color"]).await?.succeeded()?)
    }

    /// Leaves the folder in place and gives its path.
    pub fn keep(self) -> PathBuf {
        self.root.keep()
    }

    /// Writes a file beside the configuration and gives its path.
    pub fn settle(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.root.path().join(name);
        fs::write(&path, text).map_err(Error::file(&path))?;
        Ok(path)
    }
}

fn provider_in(binaries: &Path) -> PathBuf {
    binaries.join(format!("terraform-provider-privatelink{}", std::env::consts::EXE_SUFFIX))
}

fn with<'a>(first: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    first.iter().chain(more).copied().collect()
}

fn json<T: serde::de::DeserializeOwned>(run: &Run) -> Result<T, Error> {
    serde_json::from_str(&run.stdout).map_err(|error| Error::Terraform {
        what: format!("`{}` printed no such JSON: {error}", run.what),
        said: run.said(),
    })
}

/// Puts a program into another place: a test's binary is large.
#[cfg(unix)]
fn link(program: &Path, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(program, path)
}

/// Puts a program into another place.
#[cfg(not(unix))]
fn link(program: &Path, path: &Path) -> std::io::Result<()> {
    fs::copy(program, path).map(drop)
}

/// Writes the CLI configuration: each source with the folder of its binary. Without `direct`, nothing else can be fetched from
/// anywhere.
fn overrides(sources: &[(&str, &Path)]) -> String {
    let mut text = "provider_installation {\n  dev_overrides {\n".to_owned();
    for (source, folder) in sources {
        let folder = Value::from(folder.to_string_lossy().into_owned());
        for host in HOSTS {
            let _infallible = writeln!(text, "    \"{host}/{source}\" = {folder}");
        }
    }
    text.push_str("  }\n}\n");
    text
}
