//! The PrivateLink procedure with boto3, against a simulator with default settings; the procedure itself is `boto3/procedure.py`.

use std::process::Stdio;
use std::time::Duration;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Environment, Options, Outcome, Simulator, on_path};

suite!(Boto3: the_whole_procedure_is_spoken_with_boto3_without_one_unreadable_answer);

/// The procedure takes two minutes; a loaded machine some more.
const PATIENCE: Duration = Duration::from_mins(9);

async fn the_whole_procedure_is_spoken_with_boto3_without_one_unreadable_answer() -> Outcome {
    let simulator = Simulator::start(&Options::new(env!("CARGO_BIN_EXE_simulator"))).await?;
    let home = tempfile::tempdir()?;
    let mut environment = Environment::default();
    environment.set("HOME", home.path()).set("AWS_EC2_METADATA_DISABLED", "true");
    let python = on_path("python3").ok_or("python3 is not on PATH")?;
    let mut command = environment.command(&python);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/boto3/procedure.py");
    command.arg(script).arg(simulator.url()).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await??;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        return Err(said.concat().into());
    }
    let left = simulator.objects().await?;
    assert!(left.each().next().is_none(), "{left:?}");
    Ok(())
}
