//! Diagrams of the diagnosis, parsed by mermaid itself: whatever AWS and people put into names and messages, GitHub shows it.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::process::Stdio;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Environment, MERMAID, Outcome, on_path};
use privatelink::diagnosis::mermaid::mermaid;
use privatelink::diagnosis::{Diagnosis, HOPS, Hop, State};
use tokio::io::AsyncWriteExt as _;

suite!(Mermaid: every_diagram_is_a_flowchart_for_mermaid);

/// Words that mean something to Mermaid, Markdown or HTML.
const STRANGE: [&str; 14] = [
    "orders.example.dev",
    "*.example.dev",
    "",
    "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/orders-1f0c9a2b/0123456789abcdef",
    "said \"no\" <at all> & 'never'",
    "`code` #35; %% comment",
    "end",
    "subgraph x [y]",
    "a --> b; c:::d",
    "{{{}}} [[]] (()) || // \\\\",
    "click hop_dns \"javascript:alert(1)\"",
    "line one\nline two\ttab\r\nthree",
    "Grüße, 中文, 🚧",
    "%%{init: {\"theme\": \"dark\"}}%% --- title: x ---",
];

fn hop(hop: &'static str, object: &str, state: State) -> Hop {
    let (detail, advice) = (object.to_owned(), object.to_owned());
    Hop { hop, object: object.to_owned(), state, detail, advice }
}

async fn every_diagram_is_a_flowchart_for_mermaid() -> Outcome {
    let mut diagrams = vec![mermaid(&Diagnosis::default())];
    for state in [State::Ok, State::Broken, State::Unknown] {
        // Each hop alone, all of them, and several objects at one of them.
        diagrams.extend(HOPS.iter().map(|name| mermaid(&Diagnosis { hops: vec![hop(name, "x", state)] })));
        for words in STRANGE {
            let hops = HOPS.iter().map(|name| hop(name, words, state)).collect();
            diagrams.push(mermaid(&Diagnosis { hops }));
        }
        let hops = STRANGE.iter().map(|words| hop("target", words, state)).collect();
        diagrams.push(mermaid(&Diagnosis { hops }));
    }
    let right = diagrams.len();
    // What is none shows that the parser is one.
    diagrams.push("flowchart LR\n  client --> [".to_owned());

    let node = on_path("node").ok_or("node is not on PATH")?;
    let folder = std::env::var_os(MERMAID).ok_or("no folder with mermaid")?;
    let mut command = Environment::default().command(&node);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mermaid/parse.mjs")).arg(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    child.stdin.take().unwrap().write_all(serde_json::to_string(&diagrams)?.as_bytes()).await?;
    let output = child.wait_with_output().await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let answers: Vec<String> = serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {said}"))?;
    assert_eq!(answers.len(), right + 1);
    for (diagram, answer) in diagrams.iter().zip(&answers).take(right) {
        assert_eq!(answer, "flowchart-v2", "{diagram}");
    }
    assert!(answers.last().unwrap().starts_with("Error: "), "{answers:?}");
    Ok(())
}
