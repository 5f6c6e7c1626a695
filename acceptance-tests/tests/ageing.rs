//! What the newest SDK models at hand know and the simulator does not: it may refuse it as not simulated, never as if AWS did.
//!
//! Reads botocore, whichever Python has; skipped loudly without.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeMap;

use acceptance_tests::simulator::caller::Service;
use acceptance_tests::simulator::ec2::zones::REGIONS;
use acceptance_tests::simulator::request::WireRequest;
use acceptance_tests::simulator::services::operation;
use acceptance_tests::simulator::world::Reply;
use acceptance_tests::simulator::{World, landscape};
use acceptance_tests::suite;
use acceptance_tests::terraform::{Environment, Outcome, on_path};
use serde::Deserialize;
use serde_json::Value;

suite!(Boto3: what_the_models_know_is_simulated_or_refused_as_not_simulated);

#[derive(Deserialize)]
struct Models {
    version: String,
    filters: BTreeMap<String, Vec<String>>,
    enums: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    regions: Vec<String>,
    operations: BTreeMap<String, Vec<String>>,
}

async fn models() -> Result<Models, Box<dyn std::error::Error>> {
    let python = on_path("python3").ok_or("python3 is not on PATH")?;
    let mut command = Environment::default().command(&python);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/boto3/models.py"));
    let output = command.output().await?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

async fn ask(world: &World, fields: &str) -> (u16, String) {
    let request = WireRequest {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        authorization: "AWS4-HMAC-SHA256 Credential=222222222222/20261128/us-east-1/ec2/aws4_request, Signature=0"
            .to_owned(),
        body: format!("{fields}&Version=2016-11-15").into(),
        ..WireRequest::default()
    };
    match world.serve(request).await {
        Reply::Answer(answer) => (answer.status, answer.text()),
        _ => (0, String::new()),
    }
}

async fn what_the_models_know_is_simulated_or_refused_as_not_simulated() -> Outcome {
    let models = models().await?;
    let world = World::calm(1);
    let now = world.now();
    let ids = landscape::create(&mut world.lock(), now)?;
    let vpc = ids.get("consumer_vpc_id").and_then(Value::as_str).unwrap();
    let mut wrong = Vec::new();
    let mut open = 0;
    for (name, filters) in models.filters.iter().filter(|(name, _)| operation(Service::Ec2, name).is_some()) {
        for filter in filters {
            let asked =
                format!("Action={name}&ServiceId=vpce-svc-0123456789abcdef0&Filter.1.Name={filter}&Filter.1.Value.1=x");
            let (status, body) = ask(&world, &asked).await;
            open += usize::from(status == 501);
            if body.contains("The filter '") && status == 400 {
                wrong.push(format!("{name}: the filter {filter} is invalid"));
            }
        }
    }
    for (name, members) in models.enums.iter().filter(|(name, _)| operation(Service::Ec2, name).is_some()) {
        for (member, values) in members {
            for value in values {
                let (status, body) = ask(&world, &format!("Action={name}&VpcId={vpc}&{member}={value}")).await;
                open += usize::from(status == 501);
                let named = body.contains(&format!("({value})")) || body.contains(&format!("'{value}'"));
                // Types of endpoints are refused for what they do not match; the words differ.
                if status == 400 && named && body.contains("InvalidParameterValue") {
                    wrong.push(format!("{name}: {member} {value} is refused: {body}"));
                }
            }
        }
    }
    for region in models.regions.iter().filter(|region| !REGIONS.iter().any(|(known, ..)| known == region)) {
        wrong.push(format!("the Region {region} is unknown"));
    }
    let services = [("ec2", Service::Ec2), ("elbv2", Service::ElbV2), ("route53", Service::Route53)];
    let unknown = |(key, service): &(&str, Service)| {
        let all = models.operations.get(*key).into_iter().flatten();
        all.filter(|name| operation(*service, name).is_none()).count()
    };
    eprintln!(
        "botocore {}: {open} filters and values are refused as not simulated; operations outside: {:?}",
        models.version,
        services.iter().map(|service| (service.0, unknown(service))).collect::<Vec<_>>()
    );
    // Of the chain's own families nothing may be missing by accident.
    let own = models.operations.get("ec2").into_iter().flatten().filter(|name| name.contains("VpcEndpoint"));
    let missing: Vec<&String> = own.filter(|name| operation(Service::Ec2, name).is_none()).collect();
    eprintln!("operations on VPC endpoints that are not simulated: {missing:?}");
    if wrong.is_empty() { Ok(()) } else { Err(format!("refused as AWS would not: {wrong:#?}").into()) }
}
