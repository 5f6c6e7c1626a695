//! What `adopt` writes down of objects that others made, and a Terraform that takes it over without a write.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::Stdio;

use super::{Error, Run, Simulator, Tool, Workspace, built};

/// What `adopt` prints, with each note and each item of a list on one line.
pub fn unwrapped(text: &str) -> String {
    text.replace("\n#   ", " ")
}

impl Workspace {
    /// An empty configuration over a simulator that others have filled, `this` being its binary; none where no program with `import`
    /// blocks is installed, which is told.
    pub async fn over(simulator: &Simulator, this: &Path) -> Result<Option<Self>, Error> {
        let Some(tool) = Tool::find().filter(|tool| tool.is_at_least(1, 5)) else {
            let why = "neither Terraform nor OpenTofu since 1.5 is on PATH";
            let _told = writeln!(io::stderr(), "SKIPPED: nothing plans what adopt prints, because {why}");
            return Ok(None);
        };
        let mut workspace = Self::new(&tool, &built(this).await?)?;
        workspace.connect(&simulator.url(), simulator.speed(), "us-east-1")?;
        Ok(Some(workspace))
    }

    /// Runs `adopt` in the folder of the configuration.
    pub async fn adopt(&self, arguments: &[&str]) -> Result<Run, Error> {
        let program = self.provider();
        let mut command = self.environment().command(&program);
        command.arg("adopt").args(arguments).current_dir(self.folder()).stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.map_err(|source| Error::Program { program, source })?;
        Ok(Run::of(format!("adopt {}", arguments.join(" ")), &output))
    }

    /// Demands that the configuration is formatted and valid, that a plan says this, that an apply of it writes nothing and leaves
    /// everything as it is, and that nothing remains to be done.
    pub async fn takes_over(&self, simulator: &Simulator, summary: &str) -> Result<(), Error> {
        self.run(&["fmt", "-check", "-diff", "-no-color"]).await?.succeeded()?;
        self.validate().await?.succeeded()?;
        let before = simulator.objects().await?;
        simulator.forget_calls().await?;
        let planned = self.plan(&[]).await?.ended_with(2)?;
        if !planned.in_one_line().contains(summary) {
            return Err(Error::Broken(format!("the plan does not say {summary:?}: {}", planned.said())));
        }
        self.apply(&[]).await?.succeeded()?;
        let writes = simulator.writes().await?;
        if !writes.is_empty() {
            return Err(Error::Broken(format!("the apply writes {writes:?}: {}", planned.said())));
        }
        let after = simulator.objects().await?;
        if after != before {
            return Err(Error::Broken(format!("the apply has changed {before:?} to {after:?}")));
        }
        self.is_settled().await
    }

    /// Demands an empty plan, with and without a look at AWS, and that a refresh alone finds no change, by its words and by its exit code.
    pub async fn is_settled(&self) -> Result<(), Error> {
        let refreshed = self.plan(&["-refresh-only"]).await?.succeeded()?;
        if !refreshed.stdout.contains("No changes.") {
            return Err(Error::Broken(format!("a refresh has something to tell: {}", refreshed.said())));
        }
        self.plan(&[]).await?.succeeded()?;
        self.plan(&["-refresh=false"]).await?.succeeded()?;
        Ok(())
    }
}
