//! Spans and events → lines on standard error in the form that Terraform reads (hclog JSON).
//!
//! Terraform is strict: `@message` must be a string or Terraform itself crashes; `@timestamp` must
//! have exactly six fractional digits and a line must stay below 64 KiB, or it counts as plain text.
//! Only events of this crate are written at the chosen level: the HTTP and TLS libraries beneath
//! would log headers and with them secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::sync::Mutex;

use serde_json::{Map, Value as Json};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use super::calls::{self, Calls};
use crate::printable::printable;

/// Where the level comes from, the most special first.
const VARIABLES: [&str; 3] = ["TF_LOG_PROVIDER_PRIVATELINK", "TF_LOG_PROVIDER", "TF_LOG"];
/// Longest text of one field.
const MAX_FIELD: usize = 4096;
/// Longest line; Terraform's limit is 64 KiB.
const MAX_LINE: usize = 60_000;

/// Starts logging to standard error and counting calls, if the environment asks for one of them.
pub(super) fn start(lookup: impl Fn(&str) -> Option<String>, calls: &Calls) {
    let level = level(lookup);
    let counts = level >= LevelFilter::INFO || calls.is_written();
    if level == LevelFilter::OFF && !counts {
        return;
    }
    let counted = Targets::new().with_target(calls::TARGET, LevelFilter::DEBUG);
    let counted = counts.then(|| calls.clone().with_filter(counted));
    let subscriber = subscriber(level, std::io::stderr()).with(counted);
    // A second subscriber can only be one of a test, which then keeps its own.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

fn subscriber(
    level: LevelFilter,
    out: impl Write + Send + 'static,
) -> impl Subscriber + for<'a> LookupSpan<'a> + Send + Sync {
    tracing_subscriber::registry().with(Hclog { out: Mutex::new(out) }.with_filter(targets(level)))
}

/// Whose events are written at a level: ours, and warnings of the libraries. What these say below that may hold
/// replies of AWS with credentials in them, and is written at no level.
pub fn targets(level: LevelFilter) -> Targets {
    Targets::new().with_target("privatelink", level).with_default(level.min(LevelFilter::WARN))
}

/// The level of the first variable that is set; like Terraform, everything for a word it does not know.
fn level(lookup: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let word = VARIABLES.iter().filter_map(|name| lookup(name)).find(|word| !word.is_empty());
    match word.map(|word| word.to_ascii_uppercase()).as_deref() {
        None | Some("OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        Some(_) => LevelFilter::TRACE,
    }
}

struct Hclog<W> {
    out: Mutex<W>,
}

/// Fields of a span or an event, by name.
#[derive(Debug, Default)]
struct Fields(BTreeMap<String, Json>);

impl<S, W> Layer<S> for Hclog<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                for (name, value) in &outer.0 {
                    fields.0.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        let line = line(*metadata.level(), metadata.target(), jiff::Timestamp::now(), fields);
        if let Ok(mut out) = self.out.lock() {
            // Without standard error there is nobody to tell.
            let _ = out.write_all(line.as_bytes());
        }
    }
}

fn line(level: Level, target: &str, now: jiff::Timestamp, mut fields: Fields) -> String {
    let message = match fields.0.remove("message") {
        Some(Json::String(text)) => text,
        _ => String::new(),
    };
    let mut json = Map::new();
    json.insert("@level".to_owned(), level.as_str().to_ascii_lowercase().into());
    json.insert("@message".to_owned(), message.into());
    json.insert("@timestamp".to_owned(), now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string().into());
    json.insert("@module".to_owned(), target.replace("::", ".").into());
    let essential = json.clone();
    let said = fields.0.into_iter().filter(|(name, value)| !name.starts_with('@') && value.as_str() != Some(""));
    json.extend(said);
    let mut line = Json::Object(json).to_string();
    if line.len() > MAX_LINE {
        line = Json::Object(essential).to_string();
    }
    line.push('\n');
    line
}

impl Fields {
    fn text(&mut self, field: &Field, text: &str) {
        // Cut first: a long text is not to be copied whole.
        let cut = text.get(..text.floor_char_boundary(MAX_FIELD)).unwrap_or_default();
        let mut clean = printable(cut).into_owned();
        if cut.len() < text.len() {
            clean.push('…');
        }
        self.0.insert(field.name().to_owned(), clean.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
