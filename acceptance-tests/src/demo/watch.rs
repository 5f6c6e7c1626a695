//! Tells what appears and what goes in the simulated accounts while Terraform works.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Output;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::Instant;

use super::screen::Screen;
use crate::terraform::{Error, Objects, PROFILES, Simulator};

/// How often the simulator is asked; the demo is for eyes.
const GLANCE: Duration = Duration::from_millis(100);

/// Kinds that AWS makes by itself: they would fill the screen and say nothing.
const SILENT: [&str; 1] = ["network_interface"];

type Seen = BTreeSet<(String, String, String)>;

/// Runs a command to its end and shows each object as it comes and goes.
pub(super) async fn watched<W: Write>(
    screen: &mut Screen<W>,
    simulator: &Simulator,
    mut command: Command,
) -> Result<Output, Error> {
    let began = Instant::now();
    let program = std::path::PathBuf::from(command.as_std().get_program());
    let mut seen = seen(&simulator.objects().await?);
    let run = command.output();
    tokio::pin!(run);
    loop {
        let ended = tokio::select! {
            output = &mut run => Some(output),
            () = tokio::time::sleep(GLANCE) => None,
        };
        let now = self::seen(&simulator.objects().await?);
        for (sign, (account, kind, id)) in
            now.difference(&seen).map(|new| ('+', new)).chain(seen.difference(&now).map(|gone| ('-', gone)))
        {
            screen.object(began.elapsed(), sign, side(account), &kind.replace('_', " "), short(id));
        }
        seen = now;
        if let Some(output) = ended {
            return output.map_err(|source| Error::Program { program, source });
        }
    }
}

fn seen(objects: &Objects) -> Seen {
    objects
        .each()
        .filter(|(_, kind, _)| !SILENT.contains(kind))
        .map(|(account, kind, id)| (account.to_owned(), kind.to_owned(), id.to_owned()))
        .collect()
}

/// Names an account by its profile.
fn side(account: &str) -> &str {
    PROFILES.iter().find(|(_, found)| *found == account).map_or(account, |(name, _)| name)
}

/// Takes from an ARN what names the object.
fn short(id: &str) -> &str {
    id.strip_prefix("arn:").and_then(|arn| arn.split_once('/')).map_or(id, |(_, name)| name)
}
