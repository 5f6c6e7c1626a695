//! What a started program gets to know of its surroundings: our settings, and almost nothing of the machine's.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use tokio::process::Command;

/// Variables of this machine that programs need to run at all.
const KEPT: [&str; 5] = ["PATH", "TMPDIR", "LANG", "LD_LIBRARY_PATH", "SSL_CERT_FILE"];

/// Holds the variables of a workspace, in the order of their names.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<&'static str, OsString>,
}

impl Environment {
    /// Sets a variable.
    pub fn set(&mut self, name: &'static str, value: impl Into<OsString>) -> &mut Self {
        self.variables.insert(name, value.into());
        self
    }

    /// Prepares a program that sees these variables and no others of AWS, Terraform or the user.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear();
        for name in KEPT {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(&self.variables);
        command
    }

    /// Writes the variables as lines for a person's shell: with the reader's own `HOME`, and a Terraform that may ask.
    pub fn exports(&self) -> String {
        let mut lines = String::new();
        for (name, value) in
            self.variables.iter().filter(|(name, _)| !["HOME", "TF_INPUT", "TF_IN_AUTOMATION"].contains(name))
        {
            let value = value.to_string_lossy().replace('\'', r"'\''");
            let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._:-".contains(&byte));
            let quote = if plain { "" } else { "'" };
            let _infallible = writeln!(lines, "export {name}={quote}{value}{quote}");
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_can_be_pasted_into_a_shell() {
        let mut environment = Environment::default();
        environment.set("HOME", "/tmp/x").set("AWS_REGION", "us-east-1").set("NOTE", "it's here");
        assert_eq!(environment.exports(), "export AWS_REGION=us-east-1\nexport NOTE='it'\\''s here'\n");
    }
}
