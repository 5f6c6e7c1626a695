//! A diagnosis as a Mermaid diagram: the connection as it is, for pull requests and runbooks.

use std::fmt::Write as _;

use super::answer::{Diagnosis, HOPS, Hop, State};

/// Where the consumer's side ends.
const FIRST_OF_SERVICE: &str = "connection";
/// Objects of one hop that are named.
const MOST: usize = 3;

/// Writes the diagram.
pub fn mermaid(diagnosis: &Diagnosis) -> String {
    let mut text = String::from("flowchart LR\n  client([client])\n");
    let border = HOPS.iter().position(|name| *name == FIRST_OF_SERVICE).unwrap_or_default();
    let (consumer, service) = HOPS.split_at(border);
    let mut shown = vec!["client".to_owned()];
    for (side, hops) in [("consumer", consumer), ("service", service)] {
        let there: Vec<(&str, Vec<&Hop>)> = hops
            .iter()
            .map(|name| (*name, diagnosis.hops.iter().filter(|hop| hop.hop == *name).collect::<Vec<_>>()))
            .filter(|(_, found)| !found.is_empty())
            .collect();
        if there.is_empty() {
            continue;
        }
        let _ = writeln!(text, "  subgraph side_{side} [{side}]\n    direction LR");
        for (name, found) in there {
            let _ = writeln!(text, "    hop_{name}[\"{}\"]:::{}", label(name, &found), worst(&found).word());
            shown.push(format!("hop_{name}"));
        }
        text.push_str("  end\n");
    }
    let _ = writeln!(text, "  {}", shown.join(" --> "));
    text.push_str("  classDef ok fill:#d4edda,stroke:#28a745,color:#000\n");
    text.push_str("  classDef broken fill:#f8d7da,stroke:#dc3545,color:#000\n");
    text.push_str("  classDef unknown fill:#e2e3e5,stroke:#6c757d,color:#000,stroke-dasharray:4\n");
    text
}

fn worst(found: &[&Hop]) -> State {
    let has = |state: State| found.iter().any(|hop| hop.state == state);
    if has(State::Broken) {
        State::Broken
    } else if has(State::Unknown) {
        State::Unknown
    } else {
        State::Ok
    }
}

/// Hop, state, objects; what is wrong where something is.
fn label(name: &str, found: &[&Hop]) -> String {
    let state = worst(found);
    let mut lines = vec![format!("{}: {}", name.replace('_', " "), state.word())];
    let mut objects: Vec<&str> = Vec::new();
    for object in found.iter().map(|hop| hop.object.rsplit('/').next().unwrap_or_default()) {
        if !object.is_empty() && !objects.contains(&object) {
            objects.push(object);
        }
    }
    let more = objects.len().saturating_sub(MOST);
    lines.extend(objects.into_iter().take(MOST).map(str::to_owned));
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    if let Some(wrong) = found.iter().find(|hop| hop.state == state && state != State::Ok) {
        lines.push(shorten(&wrong.detail));
    }
    lines.iter().map(|line| escape(line)).collect::<Vec<_>>().join("<br/>")
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(59).chain(['…']).collect() }
}

/// A label in quotes takes everything but quotes, and Markdown or HTML means something in it.
fn escape(text: &str) -> String {
    text.replace('#', "#35;")
        .replace('"', "#quot;")
        .replace('<', "#lt;")
        .replace('>', "#gt;")
        .replace('`', "#96;")
        .replace('*', "#42;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_classes_and_strange_words_are_escaped() {
        let mut found = Diagnosis::default();
        found.ok("dns", "*.example.dev", "found");
        found.broken_hop("connection", "vpce-1", "said \"no\" <at all>", "");
        found.unknown("target", "arn:aws:x/orders", "not seen", "");
        let text = mermaid(&found);
        assert!(text.contains("hop_dns[\"dns: ok<br/>#42;.example.dev\"]:::ok"), "{text}");
        assert!(text.contains("said #quot;no#quot; #lt;at all#gt;"), "{text}");
        assert!(text.contains("client --> hop_dns --> hop_connection --> hop_target"), "{text}");
        assert!(text.contains("target: unknown<br/>orders<br/>not seen"), "{text}");
    }
}
