//! The story that the demo tells: apply, packet, second plan, destroy.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::screen::Screen;
use super::watch;
use crate::terraform::{self, CONSUMER, Error, Reach, Simulator, Tool, Workspace, examples};

/// How the demo runs.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How much faster than real the simulated AWS works.
    pub speed: u32,
    /// How long each step stays on the screen before the next one begins.
    pub pause: Duration,
    /// Whether the live page is opened in a browser.
    pub open: bool,
    /// Whether connection, simulator and folder stay, and the reader is told what to type.
    pub keep: bool,
}

const PORT: u16 = 443;

/// How long a private name may take until it resolves, on AWS's clock.
const PATIENCE: Duration = Duration::from_mins(5);

/// Tells the story and gives its last line, or the reason why it has none.
pub async fn run<W: Write>(screen: &mut Screen<W>, options: Options) -> Result<String, Error> {
    let tool = Tool::required()?;
    screen.heading("PrivateLink across two accounts, on a simulated AWS");
    screen.note(&format!("{} runs examples/complete; AWS works {} times as fast.", tool.version(), options.speed));
    screen.gap();

    let began = Instant::now();
    let this =
        std::env::current_exe().map_err(|error| Error::Broken(format!("the demo does not find itself: {error}")))?;
    let binaries = terraform::built(&this).await?;
    screen.done(began.elapsed(), "provider and simulator are built");

    let began = Instant::now();
    let mut workspace = Workspace::new(&tool, &binaries)?;
    let simulator = start(&workspace, &binaries, options).await?;
    let landscape = simulator.landscape().await?;
    let region = text(&landscape, "region")?.to_owned();
    workspace.connect(&simulator.url(), options.speed, &region)?;
    workspace.copy(&examples().join("complete"))?;
    workspace.variables(&landscape)?;
    let subnets = landscape.get("consumer_subnet_ids").and_then(Value::as_array).map_or(0, Vec::len);
    screen.done(
        began.elapsed(),
        &format!("simulated AWS on {}: two accounts, a VPC with {subnets} zones in each", simulator.url()),
    );
    watch_live(screen, &simulator, options);
    tokio::time::sleep(options.pause).await;

    let story = Instant::now();
    apply(screen, &simulator, &workspace).await?;
    tokio::time::sleep(options.pause).await;
    packet(screen, &simulator, &workspace, &landscape).await?;
    tokio::time::sleep(options.pause).await;
    second_plan(screen, &workspace).await?;
    tokio::time::sleep(options.pause).await;
    if options.keep {
        calls(screen, &simulator).await?;
        return stay(screen, &simulator, workspace);
    }
    destroy(screen, &simulator, &workspace).await?;
    calls(screen, &simulator).await?;
    Ok(format!(
        "demo passed: applied, reached, second plan empty, destroyed, nothing left, in {:.0} s",
        story.elapsed().as_secs_f64()
    ))
}

/// Says where everything can be watched, and opens it where that is wanted.
fn watch_live<W: Write>(screen: &mut Screen<W>, simulator: &Simulator, options: Options) {
    let page = format!("{}/", simulator.url());
    screen.note(&format!("Watch it live: {page}"));
    if options.open
        && let Err(error) = open::that_detached(&page)
    {
        screen.note(&format!("No browser opens it: {error}"));
    }
}

async fn start(workspace: &Workspace, binaries: &Path, options: Options) -> Result<Simulator, Error> {
    let program = binaries.join(format!("simulator{}", std::env::consts::EXE_SUFFIX));
    let log = workspace.settle("simulator.log", "")?;
    let speed = options.speed;
    Simulator::start(&terraform::Options {
        speed,
        keep: options.keep,
        log: Some(log),
        ..terraform::Options::new(program)
    })
    .await
}

async fn apply<W: Write>(screen: &mut Screen<W>, simulator: &Simulator, workspace: &Workspace) -> Result<(), Error> {
    screen.heading("terraform apply");
    let began = Instant::now();
    let arguments = ["apply", "-auto-approve", "-no-color"];
    let said = watch::watched(screen, simulator, workspace.command(&arguments)).await?;
    let applied = terraform::Run::of(arguments.join(" "), &said).succeeded()?;
    screen.done(began.elapsed(), summary(&applied, "Apply complete!"));
    Ok(())
}

async fn packet<W: Write>(
    screen: &mut Screen<W>,
    simulator: &Simulator,
    workspace: &Workspace,
    landscape: &Map<String, Value>,
) -> Result<(), Error> {
    let outputs = workspace.outputs().await?;
    let mut names = vec![text(&outputs, "private_name")?.to_owned()];
    names.extend(
        outputs.get("records").and_then(Value::as_object).into_iter().flat_map(|records| records.keys().cloned()),
    );
    for name in names {
        let name = name.trim_end_matches('.');
        screen.heading(&format!("A packet from the application in {} to {name}:{PORT}", text(&outputs, "vpc_id")?));
        let began = Instant::now();
        let from = json!({
            "account": CONSUMER,
            "vpc_id": text(&outputs, "vpc_id")?,
            "name": name,
            "port": PORT,
            "security_group_ids": [text(landscape, "application_security_group_id")?],
        });
        let way = arrival(simulator, &from).await?;
        for hop in &way.hops {
            screen.hop(&hop.at.replace('_', " "), &hop.detail);
        }
        if !way.reached {
            let (at, why) = (way.broken_at.unwrap_or_default(), way.why.unwrap_or_default());
            screen.broken(&at, &why);
            return Err(Error::Broken(format!("a packet to {name}:{PORT} ends at {at}: {why}")));
        }
        screen.done(began.elapsed(), "it arrives, from every zone");
    }
    Ok(())
}

/// Follows a packet until it arrives. AWS gives no sign when a private name resolves after it was switched on ("a few
/// minutes"), so Terraform is done a little earlier.
async fn arrival(simulator: &Simulator, from: &Value) -> Result<Reach, Error> {
    let patience = Instant::now() + PATIENCE.div_f64(f64::from(simulator.speed())).max(Duration::from_secs(1));
    loop {
        let way = simulator.reach(from).await?;
        if way.reached || Instant::now() > patience {
            return Ok(way);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn second_plan<W: Write>(screen: &mut Screen<W>, workspace: &Workspace) -> Result<(), Error> {
    screen.heading("terraform plan");
    let began = Instant::now();
    workspace.plan(&[]).await?.succeeded()?;
    screen.done(began.elapsed(), "no changes");
    Ok(())
}

async fn destroy<W: Write>(screen: &mut Screen<W>, simulator: &Simulator, workspace: &Workspace) -> Result<(), Error> {
    screen.heading("terraform destroy");
    let began = Instant::now();
    let arguments = ["destroy", "-auto-approve", "-no-color"];
    let said = watch::watched(screen, simulator, workspace.command(&arguments)).await?;
    let destroyed = terraform::Run::of(arguments.join(" "), &said).succeeded()?;
    let left = simulator.objects().await?;
    let left: Vec<String> = left.each().map(|(account, kind, id)| format!("{kind} {id} in {account}")).collect();
    if !left.is_empty() {
        return Err(Error::Broken(format!("destroy left {}", left.join(", "))));
    }
    screen.done(began.elapsed(), &format!("{} Nothing is left.", summary(&destroyed, "Destroy complete!")));
    Ok(())
}

async fn calls<W: Write>(screen: &mut Screen<W>, simulator: &Simulator) -> Result<(), Error> {
    let calls = simulator.calls().await?;
    let writes = calls.iter().filter(|call| call.mutating).count();
    let throttled = calls.iter().filter(|call| call.throttled).count();
    screen.gap();
    screen.note(&format!("{} calls to AWS, {writes} of them writes, {throttled} throttled.", calls.len()));
    Ok(())
}

/// Leaves everything in place and says how to go on.
fn stay<W: Write>(screen: &mut Screen<W>, simulator: &Simulator, workspace: Workspace) -> Result<String, Error> {
    let exports = workspace.environment().exports();
    let script = workspace.settle("environment.sh", &exports)?;
    let folder = workspace.folder();
    let tool = workspace.tool().name();
    workspace.keep();
    screen.heading("Everything stays in place. To go on, type");
    screen.plain(&format!("cd {}", folder.display()));
    screen.plain(&exports);
    screen.gap();
    screen.note(&format!("or all of it by `. {}`. Then, for example,", script.display()));
    screen.plain(&format!("{tool} plan"));
    screen.plain("aws --profile consumer ec2 describe-vpc-endpoints");
    screen.plain(&format!("curl {}/_simulator/objects", simulator.url()));
    screen.plain(&format!("{tool} destroy"));
    if let Some(id) = simulator.process_id() {
        screen.note("and at the end");
        screen.plain(&format!("kill {id}"));
    }
    Ok("demo passed: applied, reached, second plan empty; the connection stays".to_owned())
}

/// Finds the line in which Terraform sums up.
fn summary<'a>(run: &'a terraform::Run, beginning: &'a str) -> &'a str {
    run.stdout.lines().find(|line| line.starts_with(beginning)).unwrap_or(beginning)
}

fn text<'a>(values: &'a Map<String, Value>, name: &str) -> Result<&'a str, Error> {
    values
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| Error::Broken(format!("{name} is missing in what Terraform or the simulator gave")))
}
