//! Calls as bytes, for what an SDK would not send or not show.

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::request::WireRequest;
use acceptance_tests::simulator::world::Reply;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// The texts of every element of a name.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let open = format!("<{name}>");
        let parts = self.body.split(&open).skip(1);
        parts.map(|part| part.split('<').next().unwrap_or_default().to_owned()).collect()
    }

    /// AWS's code of a refusal; nothing when it is none.
    pub(crate) fn code(&self) -> String {
        if self.status < 300 { String::new() } else { self.all("Code").into_iter().next().unwrap_or_default() }
    }

    /// AWS's words of a refusal.
    pub(crate) fn message(&self) -> String {
        self.all("Message").into_iter().next().unwrap_or_default()
    }
}

pub(crate) fn signed(account: &str, region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={account}/20261128/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

pub(crate) async fn send(world: &World, request: WireRequest) -> Answer {
    match world.serve(request).await {
        Reply::Answer(answer) => Answer { status: answer.status, body: answer.text() },
        other => panic!("no answer: {other:?}"),
    }
}

/// Sends a form of the query protocol: `Action=…` and further fields, percent-encoded where needed.
pub(crate) async fn form(world: &World, account: &str, (region, service): (&str, &str), fields: &str) -> Answer {
    let version = match service {
        "ec2" => "2016-11-15",
        "elasticloadbalancing" => "2015-12-01",
        _ => "2011-06-15",
    };
    let request = WireRequest {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        authorization: signed(account, region, service),
        body: format!("{fields}&Version={version}").into(),
        ..WireRequest::default()
    };
    send(world, request).await
}

/// Sends a form to EC2 in the landscape's Region.
pub(crate) async fn ec2(world: &World, account: &str, fields: &str) -> Answer {
    form(world, account, ("us-east-1", "ec2"), fields).await
}
