//! `adopt`: connections that exist, as a configuration.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::adopt::{Adopted, File, Identity, Side, State, Wanted, back, files, of_account, of_state};
use crate::aws::Wiring;
use crate::diagnostic::Diagnostics;
use crate::schema::formats;

/// The exit code where something is not adopted that should be, or nothing is there.
const NOT_WHOLE: u8 = 1;
/// The exit code where nothing could be read or written.
const FAILED: u8 = 2;

/// Exit codes: 0 everything is printed; 1 something is not, and the comments at the top say what and why, or nothing was found; 2 AWS
/// cannot be asked or nothing can be written.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Region; may be given several times. By default from the environment or the profile.
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,

    /// Profile of the shared configuration files; may be given several times, once for each account.
    #[arg(long = "profile", value_name = "PROFILE")]
    profiles: Vec<String>,

    /// Only endpoints in this VPC, and services whose load balancer is in it.
    #[arg(long, value_name = "VPC", value_parser = vpc_id)]
    vpc: Option<String>,

    /// Only this endpoint service and endpoints of it.
    #[arg(long, value_name = "NAME")]
    service_name: Option<String>,

    /// Address of AWS's services, for a simulator.
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,

    /// Takes over what hashicorp/aws manages: the file with the output of `terraform show -json`, or a state of version 4; - reads
    /// standard input. AWS is asked for the settings.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vpc", "service_name"])]
    state: Option<PathBuf>,

    /// The way back: prints the aws_* resources of everything in the state that this provider manages. AWS is not asked.
    #[arg(long, requires = "state", conflicts_with_all = ["regions", "profiles", "endpoint_url"])]
    reverse: bool,

    /// Writes a file for each connection into this folder, instead of everything to standard output. Files that exist stay.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

fn vpc_id(text: &str) -> Result<String, String> {
    if (formats::VPC_ID.holds)(text) {
        Ok(text.to_owned())
    } else {
        Err(format!("write an id such as {}", formats::VPC_ID.example))
    }
}

/// Looks, writes what was found, and says in the exit code whether it is whole.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let found = if arguments.reverse { the_way_back(arguments) } else { forward(arguments) };
    let (files, is_whole) = match found {
        Ok(found) => found,
        Err(why) => return failed(&why),
    };
    let written = match &arguments.out {
        Some(folder) => into_folder(folder, &files),
        None => to_output(&files),
    };
    match written {
        Ok(()) if is_whole => ExitCode::SUCCESS,
        Ok(()) => ExitCode::from(NOT_WHOLE),
        Err(why) => failed(&why),
    }
}

/// What is written, and whether nothing is missing.
type Found = Result<(Vec<File>, bool), String>;

fn forward(arguments: &Arguments) -> Found {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
    let (adopted, sides) = runtime.block_on(adopt(arguments))?;
    Ok((files(&adopted, &sides), adopted.is_whole()))
}

fn the_way_back(arguments: &Arguments) -> Found {
    let state = arguments.state.as_deref().map(read).transpose()?.unwrap_or_default();
    let (files, left) = back(&state);
    Ok((files, left.is_empty()))
}

async fn adopt(arguments: &Arguments) -> Result<(Adopted, Vec<Side>), String> {
    // Read first: what is wrong with it needs no AWS.
    let state = arguments.state.as_deref().map(read).transpose()?;
    let mut sides = Vec::new();
    for identity in identities(arguments) {
        sides.push(Side::connect(&identity, Wiring::default()).await.map_err(|found| in_words(&found))?);
    }
    if let Some(state) = state {
        let found = of_state(&mut sides, &state).await;
        return Ok((found, sides));
    }
    let wanted = Wanted {
        regions: arguments.regions.clone(),
        vpc_id: arguments.vpc.clone(),
        service_name: arguments.service_name.clone(),
    };
    let found = of_account(&mut sides, &wanted).await;
    Ok((found, sides))
}

/// The state in a file, or on standard input.
fn read(path: &Path) -> Result<State, String> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(drop)
    } else {
        std::fs::read(path).map(|found| bytes = found)
    };
    let failed = |why: String| format!("cannot read {}: {why}", path.display());
    read.map_err(|error| failed(error.to_string()))?;
    State::of_bytes(&bytes).map_err(failed)
}

/// A provider block for each profile, which knows the others as peers.
fn identities(arguments: &Arguments) -> Vec<Identity> {
    let plain = Identity {
        region: arguments.regions.first().cloned(),
        endpoint_url: arguments.endpoint_url.clone(),
        ..Identity::default()
    };
    let mut seen = BTreeSet::new();
    let profiles: Vec<&String> = arguments.profiles.iter().filter(|profile| seen.insert(*profile)).collect();
    match profiles.as_slice() {
        [] => vec![plain],
        [one] => vec![Identity { profile: Some((*one).clone()), ..plain }],
        several => several
            .iter()
            .map(|profile| Identity {
                profile: Some((*profile).clone()),
                alias: Some(crate::adopt::label(profile)),
                peers: several
                    .iter()
                    .filter(|other| *other != profile)
                    .map(|other| (crate::adopt::label(other), (*other).clone()))
                    .collect(),
                ..plain.clone()
            })
            .collect(),
    }
}

fn to_output(files: &[File]) -> Result<(), String> {
    let texts: Vec<String> = files.iter().map(|file| file.body.render()).collect();
    let mut out = std::io::stdout().lock();
    match out.write_all(texts.join("\n").as_bytes()).and_then(|()| out.flush()) {
        // A reader that went away has read enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("cannot write: {error}")),
        _ => Ok(()),
    }
}

/// Writes files that do not exist yet; with one that does, nothing is written.
fn into_folder(folder: &Path, files: &[File]) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
    let paths: Vec<PathBuf> = files.iter().map(|file| folder.join(&file.name)).collect();
    if let Some(path) = paths.iter().find(|path| path.exists()) {
        return Err(format!("{} exists already; name another folder, or move the file away", path.display()));
    }
    for (path, file) in paths.iter().zip(files) {
        let opened = OpenOptions::new().write(true).create_new(true).open(path);
        opened
            .and_then(|mut opened| opened.write_all(file.body.render().as_bytes()))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    let mut names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    names.push(String::new());
    let _ = std::io::stdout().lock().write_all(names.join("\n").as_bytes());
    Ok(())
}

fn in_words(found: &Diagnostics) -> String {
    let each = found.iter().filter(|one| one.is_error()).map(|one| format!("{}: {}", one.summary, one.detail));
    each.collect::<Vec<_>>().join("\n")
}

fn failed(text: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
    ExitCode::from(FAILED)
}
