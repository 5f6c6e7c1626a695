//! What Terraform reads of our log.

use std::sync::{Arc, Mutex};

use super::*;

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(level: LevelFilter, work: impl FnOnce()) -> Vec<Json> {
    let paper = Paper::default();
    tracing::subscriber::with_default(subscriber(level, paper.clone()), work);
    let text = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
    text.lines().inspect(|line| assert!(line.len() < 65_536)).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn chosen(variables: &[(&str, &str)]) -> LevelFilter {
    level(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, word)| (*word).to_owned()))
}

#[test]
fn an_event_carries_the_fields_of_its_spans() {
    let lines = logged(LevelFilter::DEBUG, || {
        let span = tracing::info_span!("rpc", tf_rpc = "ReadResource", tf_resource_type = "", size = 3_u64);
        span.in_scope(|| tracing::debug!(found = true, "received {}", "request"));
    });
    let line = lines[0].as_object().unwrap();
    assert_eq!(line["@level"], "debug");
    assert_eq!(line["@message"], "received request");
    assert_eq!(line["@module"], "privatelink.serve.log.tests");
    assert_eq!(line["tf_rpc"], "ReadResource");
    assert_eq!(line["size"], 3);
    assert_eq!(line["found"], true);
    assert!(!line.contains_key("tf_resource_type"), "empty fields are noise");
}

#[test]
fn timestamps_have_exactly_six_fractional_digits() {
    for (time, written) in [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z"),
        ("2026-01-02T03:04:05.1Z", "2026-01-02T03:04:05.100000Z"),
        ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456Z"),
    ] {
        let line = line(Level::INFO, "privatelink", time.parse().unwrap(), Fields::default());
        assert_eq!(serde_json::from_str::<Json>(&line).unwrap()["@timestamp"], written);
    }
}

#[test]
fn the_message_is_a_string_even_where_there_is_none() {
    let lines = logged(LevelFilter::INFO, || tracing::info!(count = 1));
    assert_eq!(lines[0]["@message"], "");
}

#[test]
fn lines_stay_short_whatever_is_logged() {
    let long = "\u{1}ä".repeat(100_000);
    let lines = logged(LevelFilter::INFO, || {
        tracing::info!(a = long, b = long, c = long, d = long, "{long}");
    });
    assert_eq!(lines[0]["@level"], "info");
}

#[test]
fn nothing_that_is_logged_commands_a_terminal() {
    let lines = logged(LevelFilter::INFO, || {
        let span = tracing::info_span!("rpc", name = "\u{9d}0;title\u{7}");
        span.in_scope(|| tracing::info!(words = "\u{1b}[2J", shown = %"\u{202e}", "AWS said \u{1b}c"));
    });
    assert_eq!(lines[0]["@message"], "AWS said \\u{1b}c");
    assert_eq!(lines[0]["words"], "\\u{1b}[2J");
    assert_eq!(lines[0]["shown"], "\\u{202e}");
    assert_eq!(lines[0]["name"], "\\u{9d}0;title\\u{7}");
}

#[test]
fn fields_cannot_replace_what_terraform_reads() {
    let mut fields = Fields::default();
    fields.0.insert("@level".to_owned(), 3.into());
    let line = line(Level::WARN, "privatelink", jiff::Timestamp::UNIX_EPOCH, fields);
    assert_eq!(serde_json::from_str::<Json>(&line).unwrap()["@level"], "warn");
}

#[test]
fn libraries_are_heard_only_when_they_warn() {
    let lines = logged(LevelFilter::TRACE, || {
        tracing::trace!(target: "hyper::proto", "authorization: secret");
        tracing::warn!(target: "hyper::proto", "broken");
        tracing::trace!("ours");
    });
    let messages: Vec<_> = lines.iter().map(|line| line["@message"].as_str().unwrap()).collect();
    assert_eq!(messages, ["broken", "ours"]);
}

#[test]
fn the_most_special_variable_wins_and_nothing_is_written_when_none_is_set() {
    assert_eq!(chosen(&[]), LevelFilter::OFF);
    assert_eq!(chosen(&[("TF_LOG", "info")]), LevelFilter::INFO);
    assert_eq!(chosen(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "WARN")]), LevelFilter::WARN);
    assert_eq!(chosen(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER_PRIVATELINK", "OFF")]), LevelFilter::OFF);
    assert_eq!(chosen(&[("TF_LOG", "JSON")]), LevelFilter::TRACE);
    assert_eq!(chosen(&[("TF_LOG", "loud")]), LevelFilter::TRACE);
}
