//! What a finished run of Terraform left: exit code and words.

use std::process::Output;

use super::Error;

/// The result of one run.
#[derive(Debug, Clone)]
pub struct Run {
    /// What was run, such as `plan -refresh=false`.
    pub what: String,
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Run {
    /// Reads what a program left.
    pub fn of(what: String, output: &Output) -> Self {
        Self {
            what,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Gives itself if it succeeded, else what it said.
    pub fn succeeded(self) -> Result<Self, Error> {
        self.ended_with(0)
    }

    /// Gives itself if it ended with this code, else what it said.
    pub fn ended_with(self, code: i32) -> Result<Self, Error> {
        if self.code == Some(code) {
            return Ok(self);
        }
        let ended = self.code.map_or_else(|| "a signal".to_owned(), |found| format!("code {found}"));
        Err(Error::Terraform { what: format!("`{}` ended with {ended}, not {code}", self.what), said: self.said() })
    }

    /// Gives everything it printed, without the warning about the development override.
    pub fn said(&self) -> String {
        without_override_warning(&format!("{}{}", self.stdout, self.stderr))
    }

    /// Gives the same without the line breaks and frames that Terraform puts into sentences.
    pub fn in_one_line(&self) -> String {
        let said = self.said();
        let words = said.split_whitespace().filter(|word| !["│", "╷", "╵"].contains(word));
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Takes the warning away that every run with a development override begins with. It is true, and no news to anyone here.
pub(super) fn without_override_warning(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let boxed = line.trim() == "╷" && lines.peek().is_some_and(|next| next.contains(TITLE));
        if boxed {
            for line in lines.by_ref() {
                if line.trim() == "╵" {
                    break;
                }
            }
        } else if line.starts_with("Warning:") && line.contains(TITLE) {
            for line in lines.by_ref() {
                if line.starts_with(LAST) {
                    break;
                }
            }
        } else {
            kept.push(line);
        }
    }
    let mut text = kept.join("\n").trim_start_matches('\n').to_owned();
    text.push('\n');
    text
}

const TITLE: &str = "Provider development overrides are in effect";

/// Beginning of the warning's last line where it is printed without a frame.
const LAST: &str = "releases.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warning_about_the_override_goes_and_everything_else_stays() {
        let text = "\nWarning: Provider development overrides are in effect\n\nThe following …\n - x in /y\n\nThe behavior …\n\
                    releases.\n\nError: real\n";
        assert_eq!(without_override_warning(text), "Error: real\n");
        let framed = "╷\n│ Warning: Provider development overrides are in effect\n│ \n╵\n╷\n│ Error: real\n╵\n";
        assert_eq!(without_override_warning(framed), "╷\n│ Error: real\n╵\n");
    }
}
