//! The PrivateLink procedure with boto3, against a simulator with default settings; the procedure itself is `boto3/procedure.py`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Environment, Options, Outcome, Simulator, Workspace, on_path};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Child;

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
    command.arg(script).arg(simulator.url()).kill_on_drop(true);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    tokio::time::timeout(PATIENCE, procedure(&simulator, child)).await??;
    let left = simulator.objects().await?;
    assert!(left.each().next().is_none(), "{left:?}");
    Ok(())
}

/// Follows the script to its end; while its chain stands, that is adopted.
async fn procedure(simulator: &Simulator, mut child: Child) -> Outcome {
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (mut stdin, stdout) = stdin.zip(stdout).ok_or("the script has no pipes")?;
    let mut lines = BufReader::new(stdout).lines();
    if let Some(made) = lines.next_line().await? {
        adopted(simulator, &serde_json::from_str(&made)?).await?;
        stdin.write_all(b"\n").await?;
    }
    drop(stdin);
    let mut last = String::new();
    while let Some(line) = lines.next_line().await? {
        last = line;
    }
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    assert_eq!(last, "the whole procedure is done");
    Ok(())
}

/// Has the provider write down what was made, which Terraform takes over without a write.
async fn adopted(simulator: &Simulator, made: &Value) -> Outcome {
    let Some(workspace) = Workspace::over(simulator, Path::new(env!("CARGO_BIN_EXE_simulator"))).await? else {
        return Ok(());
    };
    let printed = workspace.adopt(&["--profile", "service", "--profile", "consumer"]).await?.succeeded()?.stdout;
    let text = |name: &str| made[name].as_str().unwrap_or_default();
    for words in [
        "# A plan imports 2 resources.\n# An apply changes nothing in AWS.\n",
        &format!("  id = \"{}\"\n", text("service")),
        &format!("  id = \"{}\"\n", text("endpoint")),
        &format!("zone_id = \"{}\"\n", text("zone")),
        &format!("\"{}\"\n", text("topic")),
        "# Only some objects of a connection carry the tags \"team\"",
        "    keys = [\"team\"]\n",
        "private_dns_enabled = true\n",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    workspace.adopt(&["--profile", "service", "--profile", "consumer", "--out", "."]).await?.succeeded()?;
    Ok(workspace.takes_over(simulator, "2 to import, 0 to add, 0 to change, 0 to destroy").await?)
}
