//! Ctrl-C during an apply: Terraform ends, the state has what exists, and the next apply carries on. And `kill -9`, of
//! Terraform, of the provider, of both: in creations, updates and destroys, wherever it falls.
//!
//! `cargo test` kills three times. The long run is `KILLS=21 cargo test --test terraform_interrupted`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the long run is asked for, and tells how far it is"
)]

use std::path::Path;
use std::time::Duration;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Case, Options, Outcome, Source, Tool, on_path};
use tokio::process::Command;

suite!(
    Terraform: ctrl_c_keeps_what_exists_and_the_next_apply_converges,
    whatever_is_killed_the_next_run_goes_on_and_leaves_nothing
);

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
    case.arrives("orders.example.dev", 443).await?;
    case.destroy().await?;
    Ok(())
}

/// Who is killed.
#[derive(Debug, Clone, Copy)]
enum Victim {
    Provider,
    Terraform,
    Both,
}

const VICTIMS: [Victim; 3] = [Victim::Provider, Victim::Terraform, Victim::Both];

/// The processes that Terraform has started.
async fn children(parent: u32) -> Vec<String> {
    let listed = Command::new(on_path("ps").unwrap()).args(["-A", "-o", "pid=,ppid="]).output().await.unwrap();
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let pairs = text.lines().filter_map(|line| line.trim().split_once(char::is_whitespace));
    pairs.filter(|(_, of)| of.trim() == parent.to_string()).map(|(pid, _)| pid.to_owned()).collect()
}

/// Runs Terraform and kills the victim when so many changing calls have come; false where the run ended before.
async fn killed(
    case: &Case,
    arguments: &[&str],
    victim: Victim,
    calls: usize,
) -> Result<bool, Box<dyn std::error::Error>> {
    case.simulator.forget_calls().await?;
    let mut run = case.workspace.spawn(arguments)?;
    let pid = run.id().unwrap();
    loop {
        if run.try_wait()?.is_some() {
            return Ok(false);
        }
        if case.simulator.calls().await?.iter().filter(|call| call.mutating).count() >= calls {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let providers = children(pid).await;
    let mut dying = match victim {
        Victim::Provider => providers,
        Victim::Terraform => vec![pid.to_string()],
        Victim::Both => [vec![pid.to_string()], providers].concat(),
    };
    dying.insert(0, "-KILL".to_owned());
    Command::new(on_path("kill").unwrap()).args(&dying).status().await?;
    // Where only the provider dies, Terraform tells so and ends.
    let ended = case.workspace.finish(run, arguments).await?;
    assert_ne!(ended.code, Some(0), "{}", ended.said());
    // Nobody starts again sooner than AWS shows what was made: half a minute of its time.
    tokio::time::sleep(Duration::from_secs(30) / case.simulator.speed() + Duration::from_millis(200)).await;
    Ok(true)
}

async fn whatever_is_killed_the_next_run_goes_on_and_leaves_nothing() -> Outcome {
    let wanted: usize = std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    let (mut kills, mut round) = (0, 0);
    while kills < wanted {
        let options = Options { speed: 60, seed: 1 + round as u64, ..Options::new(simulator) };
        let case = Case::start_with(&Tool::required()?, &options, Source::Example("complete")).await?;
        let victim = |number: usize| VICTIMS[(round + number) % 3];
        let apply = ["apply", "-auto-approve", "-no-color", "-input=false"];
        let destroy = ["destroy", "-auto-approve", "-no-color", "-input=false"];
        // A creation; the numbers walk over the calls of both sides from round to round.
        kills += usize::from(killed(&case, &apply, victim(0), 2 + round * 5 % 23).await?);
        case.workspace.apply(&[]).await?.succeeded()?;
        case.is_settled().await?;
        case.packets_arrive(443).await?;
        for (kind, count) in [("load_balancer", 1), ("endpoint_service", 1), ("endpoint", 1)] {
            assert_eq!(case.simulator.objects().await?.of(kind).len(), count, "{kind}, round {round}");
        }
        // An update that makes objects, after which every other round destroys at once.
        let listener = "  listener {\n    name       = \"admin\"\n    port       = 9443\n    target_ids = var.provider_instance_ids\n  }\n";
        case.workspace.replace("service.tf", "  private_dns {", &format!("{listener}\n  private_dns {{"))?;
        kills += usize::from(killed(&case, &apply, victim(1), 1 + round % 6).await?);
        if round % 2 == 0 {
            case.workspace.apply(&[]).await?.succeeded()?;
            case.is_settled().await?;
        }
        case.packets_arrive(443).await?;
        // A destroy. Packets arrive until then; after the kill the endpoint may be gone, which the state does not know.
        kills += usize::from(killed(&case, &destroy, victim(2), 1 + round % 8).await?);
        case.destroy_unreached().await?;
        round += 1;
        println!("{kills} kills in {round} rounds");
    }
    Ok(())
}
