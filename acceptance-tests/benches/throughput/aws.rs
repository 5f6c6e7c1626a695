//! Calls as they come over the wire, without the SDK: what is measured is the simulator.

use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::request::WireRequest;
use acceptance_tests::simulator::world::Reply;

/// One call: who asks which service for what.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) account: String,
    pub(crate) service: &'static str,
    pub(crate) body: String,
}

/// Asks EC2.
pub(crate) fn ec2(account: &str, body: impl Into<String>) -> Call {
    Call { account: account.to_owned(), service: "ec2", body: body.into() }
}

/// Asks ELBv2.
pub(crate) fn elb(account: &str, body: impl Into<String>) -> Call {
    Call { account: account.to_owned(), service: "elasticloadbalancing", body: body.into() }
}

/// A calm world without quotas in the way.
pub(crate) struct Aws {
    pub(crate) world: World,
}

impl Aws {
    pub(crate) fn new() -> Self {
        let world = World::calm(1);
        world.lock().settings.readings.endpoints_per_vpc = usize::MAX;
        Self { world }
    }

    /// Makes a call, which must succeed.
    pub(crate) async fn ask(&self, call: &Call) -> String {
        let version = if call.service == "ec2" { "2016-11-15" } else { "2015-12-01" };
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0",
            call.account, call.service
        );
        let request = WireRequest {
            method: "POST".into(),
            path: "/".into(),
            authorization,
            body: format!("{}&Version={version}", call.body).into(),
            ..WireRequest::default()
        };
        match self.world.serve(request).await {
            Reply::Answer(answer) if answer.status == 200 => answer.text(),
            Reply::Answer(answer) => panic!("{call:?}: {}", answer.text()),
            _ => panic!("{call:?}: no answer"),
        }
    }

    /// Makes a call and gives one field of the answer.
    pub(crate) async fn get(&self, call: &Call, name: &str) -> String {
        let answer = self.ask(call).await;
        let (_, rest) = answer.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{name} in {answer}"));
        rest.split('<').next().unwrap().to_owned()
    }

    /// Lets whatever is on its way arrive.
    pub(crate) async fn settle(&self) {
        tokio::time::sleep(Duration::from_hours(1)).await;
    }
}
