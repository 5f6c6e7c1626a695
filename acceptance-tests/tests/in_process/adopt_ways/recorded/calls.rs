//! Calls of the query protocol, as somebody makes them who waits until AWS agrees.

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::request::WireRequest;
use acceptance_tests::simulator::world::Reply;
use acceptance_tests::terraform::element;
use form_urlencoded::Serializer;

use crate::consumer_setting::pass;

/// How often is asked before a refusal counts, and how many seconds lie between.
pub(super) const ATTEMPTS: usize = 40;
pub(super) const PAUSE: u64 = 30;

/// Refusals of what comes too early.
const EARLY: [&str; 6] =
    [".NotFound", "NotFound", "Throttling", "RequestLimitExceeded", "OperationInProgress", "IncorrectState"];

/// A call to EC2 or Elastic Load Balancing.
pub(super) struct Call<'a> {
    world: &'a World,
    account: String,
    service: &'static str,
    fields: Vec<(String, String)>,
}

impl<'a> Call<'a> {
    pub(super) fn new(world: &'a World, account: &str, service: &'static str, action: &str) -> Self {
        let version = if service == "ec2" { "2016-11-15" } else { "2015-12-01" };
        let fields = [("Action", action), ("Version", version)];
        let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
        Self { world, account: account.to_owned(), service, fields }
    }

    pub(super) fn with(mut self, name: &str, text: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), text.into()));
        self
    }

    pub(super) fn with_some(self, name: &str, text: Option<String>) -> Self {
        match text {
            Some(text) => self.with(name, text),
            None => self,
        }
    }

    /// `SubnetId.1`, `SubnetId.2`, …
    pub(super) fn list(self, name: &str, texts: &[String]) -> Self {
        texts.iter().enumerate().fold(self, |call, (place, text)| call.with(&format!("{name}.{}", place + 1), text))
    }

    /// Tags, as either service takes them: those of EC2 name the kind of the object.
    pub(super) fn tags(self, kind: &str, tags: &[(String, String)]) -> Self {
        if tags.is_empty() {
            return self;
        }
        let (call, list) = if self.service == "ec2" {
            (self.with("TagSpecification.1.ResourceType", kind), "TagSpecification.1.Tag")
        } else {
            (self, "Tags.member")
        };
        call.pairs(list, ["Key", "Value"], tags)
    }

    /// `Tags.member.1.Key`, `Tags.member.1.Value`, …
    pub(super) fn pairs(self, list: &str, names: [&str; 2], pairs: &[(String, String)]) -> Self {
        pairs.iter().enumerate().fold(self, |call, (place, (key, value))| {
            let at = |name: &str| format!("{list}.{}.{name}", place + 1);
            call.with(&at(names[0]), key).with(&at(names[1]), value)
        })
    }

    /// The answer, as soon as AWS agrees.
    pub(super) async fn send(self) -> String {
        let body = Serializer::new(String::new()).extend_pairs(&self.fields).finish();
        let credential = format!("{}/20261128/us-east-1/{}/aws4_request", self.account, self.service);
        let authorization = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0");
        for _ in 0..ATTEMPTS {
            let request = WireRequest {
                method: "POST".to_owned(),
                path: "/".to_owned(),
                authorization: authorization.clone(),
                body: body.clone().into(),
                ..WireRequest::default()
            };
            if let Reply::Answer(answer) = self.world.serve(request).await {
                let text = answer.text();
                if answer.status < 300 {
                    return text;
                }
                let code = element(&text, "Code").unwrap_or_default();
                assert!(EARLY.iter().any(|early| code.ends_with(early)) || answer.status >= 500, "{body}: {text}");
            }
            pass(PAUSE).await;
        }
        panic!("AWS never agrees to {body}");
    }
}

/// The text of an element that an answer must have.
pub(super) fn told(answer: &str, name: &str) -> String {
    element(answer, name).unwrap().to_owned()
}

/// The texts of every element of a name.
pub(super) fn all_told(answer: &str, name: &str) -> Vec<String> {
    let open = format!("<{name}>");
    let parts = answer.split(&open).skip(1);
    parts.map(|part| part.split('<').next().unwrap_or_default().to_owned()).collect()
}
