//! A diagnosis as text for people: readable without colour, in 80 columns.

use std::fmt::Write as _;

use super::answer::{Diagnosis, Hop, State};

/// Columns of a terminal that everybody has.
const WIDTH: usize = 80;
/// Columns before what was found.
const INDENT: usize = 10;

/// Writes the report. `paint` may put colour around a word that says a state.
pub fn report(diagnosis: &Diagnosis, paint: impl Fn(State, &str) -> String) -> String {
    let mut text = String::new();
    for hop in &diagnosis.hops {
        write_hop(&mut text, hop, &paint);
    }
    text.push('\n');
    let (state, words) = summary(diagnosis);
    wrap(&mut text, &words, 0, |first| paint(state, first));
    text
}

/// What it comes to, in a sentence or two.
fn summary(diagnosis: &Diagnosis) -> (State, String) {
    match (diagnosis.broken(), diagnosis.reachable()) {
        (Some(hop), _) => {
            (State::Broken, format!("Broken at {}: {} — {}. {}", hop.hop, hop.object, hop.detail, hop.advice))
        }
        (None, Some(_)) => (State::Ok, "Reachable: every hop lets traffic through.".to_owned()),
        (None, None) => {
            let unseen = diagnosis.hops.iter().filter(|hop| hop.state == State::Unknown);
            let mut names: Vec<&str> = unseen.clone().map(|hop| hop.hop).collect();
            names.dedup();
            let advice = unseen.map(|hop| hop.advice.as_str()).next().unwrap_or_default();
            let words = format!(
                "Not known: nothing is broken as far as can be seen from here, but not seen: {}. {advice}",
                names.join(", ")
            );
            (State::Unknown, words)
        }
    }
}

fn write_hop(text: &mut String, hop: &Hop, paint: &impl Fn(State, &str) -> String) {
    let word = if hop.state == State::Broken { "BROKEN" } else { hop.state.word() };
    let _ = write!(text, "{}{}", paint(hop.state, word), " ".repeat(INDENT.saturating_sub(word.len())));
    let mut line = format!("{} {}", hop.hop, hop.object);
    if line.chars().count() > WIDTH - INDENT {
        // ARNs do not fit; their ends tell them apart.
        let short = hop.object.rsplit(':').next().unwrap_or_default();
        line = format!("{} {short}", hop.hop);
    }
    let mut first = String::new();
    wrap(&mut first, &line, INDENT, str::to_owned);
    text.push_str(first.trim_start());
    wrap(text, &hop.detail, INDENT, str::to_owned);
    if !hop.advice.is_empty() {
        wrap(text, &format!("-> {}", hop.advice), INDENT, str::to_owned);
    }
}

/// Breaks lines between words, and words that no line holds. `paint` is for the first word.
fn wrap(text: &mut String, words: &str, indent: usize, paint: impl Fn(&str) -> String) {
    let mut column = indent;
    text.push_str(&" ".repeat(indent));
    let most = WIDTH - indent;
    let pieces = words.split_whitespace().flat_map(|word| {
        let letters: Vec<char> = word.chars().collect();
        letters.chunks(most).map(|piece| piece.iter().collect::<String>()).collect::<Vec<_>>()
    });
    for (index, word) in pieces.enumerate() {
        let width = word.chars().count();
        if index > 0 {
            if column + 1 + width > WIDTH {
                text.push('\n');
                text.push_str(&" ".repeat(indent));
                column = indent;
            } else {
                text.push(' ');
                column += 1;
            }
        }
        text.push_str(&if index == 0 { paint(&word) } else { word });
        column += width;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnosis() -> Diagnosis {
        let mut found = Diagnosis::default();
        found.ok("dns", "orders.example.dev", "orders.example.dev is the private name of vpce-0123456789abcdef0");
        found.broken_hop(
            "connection",
            "vpce-0123456789abcdef0",
            "rejected",
            "Ask the owner of the service, who rejected the connection, to accept another endpoint of yours.",
        );
        found.unknown("target", "vpce-svc-0123456789abcdef0", "not visible", "Only the owner sees this.");
        found
    }

    #[test]
    fn the_report_fits_a_terminal_and_says_what_to_do() {
        let text = report(&diagnosis(), |_, word| word.to_owned());
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.starts_with("ok        dns orders.example.dev\n"), "{text}");
        assert!(
            text.contains("BROKEN    connection vpce-0123456789abcdef0\n          rejected\n          -> Ask"),
            "{text}"
        );
        assert!(text.contains("\nBroken at connection: vpce-0123456789abcdef0"), "{text}");
    }

    #[test]
    fn what_is_not_seen_is_not_called_reachable() {
        let mut found = Diagnosis::default();
        found.ok("dns", "a", "b");
        assert!(report(&found, |_, word| word.to_owned()).contains("Reachable"));
        found.unknown("target", "x", "not visible", "Only the owner sees this.");
        // Where a line ends is the width's business.
        let text = report(&found, |_, word| word.to_owned()).replace('\n', " ");
        assert!(text.contains("Not known") && text.contains("not seen: target"), "{text}");
    }
}
