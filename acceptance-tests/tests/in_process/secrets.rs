//! No credential, token or agreed secret shows in any log at any level, any diagnostic or any state.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use acceptance_tests::simulator::faults::{Fault, Strike};
use acceptance_tests::simulator::sts::assume_role::{SECRET, TOKEN};
use privatelink::diagnostic::Diagnostics;
use privatelink::resource::ProviderServer as _;
use serde_json::{Value as Json, json};
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;

use crate::core::{Terraform, texts, value_of};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Begins every marked secret.
const MARK: &str = "hush-";
/// Begins what a state may hold, because a person wrote it there, and no log.
const QUIET: &str = "murmur-";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

/// What one event goes to.
struct Tee(Vec<Lines>);

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for Lines(lines) in &self.0 {
            lines.lock().unwrap().extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps everything, and apart from it what the binary writes at its lowest level.
struct Ear {
    said: Lines,
    written: Lines,
    targets: Targets,
}

impl<'a> MakeWriter<'a> for Ear {
    type Writer = Tee;

    fn make_writer(&'a self) -> Tee {
        Tee(vec![self.said.clone()])
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Tee {
        let is_written = self.targets.would_enable(event.target(), event.level());
        let written = is_written.then(|| self.written.clone());
        Tee(written.into_iter().chain([self.said.clone()]).collect())
    }
}

/// Everything that anybody says, what of it the binary writes at its lowest level, and everything that is told.
#[derive(Default)]
struct Heard {
    said: Lines,
    written: Lines,
    told: Vec<(&'static str, String)>,
}

impl Heard {
    fn diagnostics(&mut self, what: &'static str, found: &Diagnostics) {
        self.told.push((what, texts(found).join("\n")));
    }

    fn states(&mut self, what: &'static str, terraform: &Terraform, names: &[&str]) {
        for name in names.iter().filter(|name| terraform.has(name)) {
            self.told.push((what, terraform.state(name).to_string()));
        }
        self.told.push((what, format!("{:?}", terraform.provider)));
    }

    fn holds_no_secret(&self, least: &[&str]) {
        let [said, written] = [&self.said, &self.written].map(|lines| {
            let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
            assert!(log.len() > 10_000, "only {} bytes", log.len());
            log
        });
        for words in least {
            assert!(said.contains(words), "nobody says {words:?}");
        }
        assert!(written.contains("called AWS") && written.contains("creating"), "{written}");
        assert!(said.contains(SECRET) && said.contains(TOKEN), "the SDK shows replies of AWS below what is written");
        for (place, text) in self.told.iter().map(|(place, text)| (*place, text)) {
            is_free(place, text, &[MARK, SECRET, TOKEN]);
        }
        is_free("what is said", &said, &[MARK, QUIET]);
        is_free("the log", &written, &[MARK, QUIET, SECRET, TOKEN]);
    }
}

fn is_free(place: &str, text: &str, marks: &[&str]) {
    if let Some(at) = marks.iter().find_map(|mark| text.find(mark)) {
        let from = text[..at].char_indices().rev().nth(300).map_or(0, |(at, _)| at);
        panic!("a secret in {place}: {}", text[from..].chars().take(400).collect::<String>());
    }
}

/// Static keys and a token, two roles, two proxies with passwords; the peer with keys and a role of its own.
fn block(account: &str, peer: &str) -> Json {
    let role = |account: &str, name: &str| {
        json!({
            "role_arn": format!("arn:aws:iam::{account}:role/{name}"),
            "external_id": format!("hush-external-{name}"),
            "policy": "{\"Statement\":[{\"Sid\":\"murmur-session\"}]}",
        })
    };
    json!({
        "access_key": account,
        "secret_key": "hush-secret",
        "token": "hush-token",
        "http_proxy": "http://somebody:hush-password@proxy.example.dev:3128",
        "https_proxy": "http://somebody:hush-password@proxy.example.dev:3128",
        "assume_role": [role("333333333333", "hub"), role(account, "spoke")],
        "peer_account": [{
            "name": "service",
            "access_key": peer,
            "secret_key": "hush-peer-secret",
            "token": "hush-peer-token",
            "assume_role": [role(peer, "accept")],
        }],
    })
}

#[tokio::test(start_paused = true)]
async fn no_secret_shows_in_a_trace_of_the_whole_chain_with_its_failures() {
    let mut heard = Heard::default();
    let ear = Ear {
        said: heard.said.clone(),
        written: heard.written.clone(),
        targets: privatelink::serve::targets(LevelFilter::TRACE),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(ear)
        .finish();
    // With one subscriber alone, an event that a thread of another test comes to first is taken to interest nobody.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _here = tracing::subscriber::set_default(subscriber);

    let land = Landscape::strict(301);
    let mut owner = Terraform::configured(&land.world, block("111111111111", "222222222222")).await;
    let mut user = Terraform::configured(&land.world, block("222222222222", "111111111111")).await;
    let service = land.service();

    // Refused, lost, throttled and unavailable: each with AWS's words in the answer.
    let strikes = [Strike::Refuse, Strike::LoseReply, Strike::Throttle, Strike::Unavailable, Strike::Reset];
    for (strike, operation) in strikes.into_iter().zip([
        "CreateVpcEndpointServiceConfiguration",
        "CreateTargetGroup",
        "CreateListener",
        "ModifyVpcEndpointServicePermissions",
        "ChangeResourceRecordSets",
    ]) {
        land.world.set_faults(vec![Fault::at(operation, 1, strike).times(40)]);
        let found = owner.try_apply(SERVICE, "api", &service).await;
        heard.diagnostics("a failed apply", &found);
        heard.states("a state after a failure", &owner, &["api"]);
        land.world.set_faults(Vec::new());
    }
    let found = owner.try_apply(SERVICE, "api", &service).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    heard.diagnostics("an apply", &found);
    let consumer = land.consumer(&owner.state("api"));
    land.world.set_faults(vec![Fault::at("AcceptVpcEndpointConnections", 1, Strike::Refuse)]);
    let found = user.try_apply(CONSUMER, "orders", &consumer).await;
    heard.diagnostics("a refused peer", &found);
    land.world.set_faults(Vec::new());
    let found = user.try_apply(CONSUMER, "orders", &consumer).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    heard.diagnostics("an apply", &found);
    heard.states("a state", &owner, &["api"]);
    heard.states("a state", &user, &["orders"]);

    // An endpoint policy is written into the state by whoever writes it, and into no log.
    let aws = json!({
        "service_name": "com.amazonaws.us-east-1.sqs",
        "subnet_ids": land.ids["consumer_subnet_ids"],
        "policy": "{\"Statement\":[{\"Sid\":\"murmur-policy\",\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}",
    });
    let found = user.try_apply(CONSUMER, "queue", &aws).await;
    heard.diagnostics("an apply with a policy", &found);
    let id = user.state("orders")["id"].as_str().unwrap().to_owned();
    user.forget("orders");
    let found = user.import(CONSUMER, "orders", &id).await;
    heard.diagnostics("an import", &found);
    heard.states("an imported state", &user, &["orders"]);
    for name in ["queue", "orders"] {
        let found = user.destroy(name).await;
        heard.diagnostics("a destroy", &found);
    }
    let found = owner.destroy("api").await;
    heard.diagnostics("a destroy", &found);

    // The token of an identity provider opens a role.
    let schema = owner.provider.schema();
    let web_identity = json!({
        "region": "us-east-1",
        "assume_role_with_web_identity": {
            "role_arn": "arn:aws:iam::111111111111:role/web",
            "web_identity_token": "hush-head.hush-claims.hush-signature",
            "policy": "{\"Statement\":[{\"Sid\":\"murmur-session\"}]}",
        },
    });
    for strike in [None, Some(Strike::Refuse), Some(Strike::Unavailable)] {
        let faults = strike.map(|strike| Fault::at("AssumeRoleWithWebIdentity", 1, strike).times(40));
        land.world.set_faults(faults.into_iter().collect());
        let found = owner.provider.configure("1.11.4", &value_of(&schema, &web_identity)).await;
        assert_eq!(found.has_errors(), strike.is_some(), "{:#?}", texts(&found));
        heard.diagnostics("a web identity", &found);
        heard.states("a provider with a web identity", &owner, &[]);
    }

    // Provider blocks that do not work.
    for (strike, operation) in [
        (Strike::Refuse, "AssumeRole"),
        (Strike::Refuse, "GetCallerIdentity"),
        (Strike::Unavailable, "AssumeRole"),
        (Strike::Hang, "GetCallerIdentity"),
    ] {
        land.world.set_faults(vec![Fault::at(operation, 1, strike).times(40)]);
        let mut block = block("111111111111", "222222222222");
        block["region"] = json!("us-east-1");
        let found = owner.provider.configure("1.11.4", &value_of(&schema, &block)).await;
        assert!(found.has_errors(), "{operation}");
        heard.diagnostics("a failed configure", &found);
        land.world.set_faults(Vec::new());
    }
    let table = [
        ("secret_key", json!("hush secret with blanks and \u{7f}")),
        ("http_proxy", json!("somebody:hush-password@not a proxy")),
        ("https_proxy", json!("ftp://somebody:hush-password@proxy:99999")),
        ("token", json!("hush-\u{0}token\n")),
    ];
    for (name, value) in table {
        let mut block = block("111111111111", "222222222222");
        block["region"] = json!("us-east-1");
        block[name] = value;
        let value = value_of(&schema, &block);
        heard.diagnostics("a refused block", &owner.provider.validate(&value));
        heard.diagnostics("a refused block", &owner.provider.configure("1.11.4", &value).await);
    }
    // A client of its own, as the binary has it: proxies are looked at, and nobody is called.
    for proxy in [
        "somebody:hush-password@not a proxy",
        "http://somebody:hush-password@[::1",
        "http://somebody:hush-password@proxy:1",
    ] {
        let alone = privatelink::provider::Provider::wired(privatelink::aws::Wiring::default());
        let mut block = block("111111111111", "222222222222");
        for (name, value) in [
            ("region", json!("us-east-1")),
            ("http_proxy", json!(proxy)),
            ("https_proxy", json!(proxy)),
            ("skip_credentials_validation", json!(true)),
            ("skip_requesting_account_id", json!(true)),
        ] {
            block[name] = value;
        }
        let value = value_of(&schema, &block);
        heard.diagnostics("a proxy", &alone.validate(&value));
        heard.diagnostics("a proxy", &alone.configure("1.11.4", &value).await);
        heard.told.push(("a provider with a proxy", format!("{alone:?}")));
    }
    heard.states("the provider", &owner, &[]);
    heard.holds_no_secret(&[
        "AssumeRole",
        "AssumeRoleWithWebIdentity",
        "CreateVpcEndpoint",
        "AccessDenied",
        "aws_smithy_runtime",
        "TRACE",
    ]);
}
