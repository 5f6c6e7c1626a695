//! Ctrl-C during an apply: Terraform ends, the state has what exists, and the next apply carries on.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::path::Path;
use std::time::Duration;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Case, Options, Outcome, Source, Tool, on_path};
use tokio::process::Command;

suite!(Terraform: ctrl_c_keeps_what_exists_and_the_next_apply_converges);

async fn ctrl_c_keeps_what_exists_and_the_next_apply_converges() -> Outcome {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    // Slow enough that the load balancer is still being made when the signal comes.
    let options = Options { speed: 30, ..Options::new(simulator) };
    let case = Case::start_with(&Tool::required()?, &options, Source::Example("complete")).await?;
    let arguments = ["apply", "-auto-approve", "-no-color"];
    let apply = case.workspace.spawn(&arguments)?;
    while case.simulator.objects().await?.of("load_balancer").is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // A terminal sends the signal to the whole group: Terraform and the provider.
    let group = format!("-{}", apply.id().unwrap());
    let kill = on_path("kill").unwrap();
    assert!(Command::new(kill).args(["-INT", "--", &group]).status().await?.success());
    let ended = case.workspace.finish(apply, &arguments).await?;
    assert_eq!(ended.code, Some(1), "{}", ended.said());
    assert!(ended.said().contains("Interrupt received"), "{}", ended.said());

    let objects = case.simulator.objects().await?;
    let balancer = objects.of("load_balancer");
    assert_eq!(balancer.len(), 1);
    let state = case.workspace.show().await?.to_string();
    assert!(state.contains(balancer[0]), "the state knows the load balancer: {state}");
    assert_eq!(objects.of("endpoint"), Vec::<&str>::new(), "the consumer was never begun");

    // An interrupted create is tainted: the plain apply removes what is there and starts again.
    case.apply().await?;
    assert_eq!(case.simulator.objects().await?.of("load_balancer").len(), 1);
    case.arrives("orders.example.com", 443).await?;
    case.destroy().await?;
    Ok(())
}
