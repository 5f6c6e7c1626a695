//! The calls of a run: a sum of them at its end, and each as a line of a file where somebody wants to know.
//!
//! Fed by the events of `aws::call`, which hold no parameters and no replies. `PRIVATELINK_CALL_LOG` names the file; it is
//! appended to, because Terraform starts a process for each of its walks.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value as Json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// Where the events come from.
pub(super) const TARGET: &str = "privatelink::aws::call";
/// Names the file.
const VARIABLE: &str = "PRIVATELINK_CALL_LOG";

/// Counts calls, and writes them down. Clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls(Arc<Book>);

#[derive(Debug, Default)]
struct Book {
    file: Option<Mutex<File>>,
    sums: Mutex<BTreeMap<String, Sum>>,
}

/// What was done at one service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    calls: u64,
    requests: u64,
    throttled: u64,
    refused: u64,
    waited_ms: u64,
}

impl Calls {
    /// Opens the file that the environment names, if it names one.
    pub(super) fn new(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let Some(path) = lookup(VARIABLE).filter(|path| !path.is_empty()) else { return Self::default() };
        match OpenOptions::new().create(true).append(true).open(&path) {
            Ok(file) => Self(Arc::new(Book { file: Some(Mutex::new(file)), ..Book::default() })),
            Err(error) => {
                // There is no log yet that could say it.
                let _ = writeln!(std::io::stderr().lock(), "{VARIABLE} is ignored: {path}: {error}");
                Self::default()
            }
        }
    }

    /// Whether calls are written into a file.
    pub(super) fn is_written(&self) -> bool {
        self.0.file.is_some()
    }

    /// Writes the sums into the log.
    pub(super) fn tell(&self) {
        let sums = self.0.sums.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let of = |service: &str| sums.get(service).map(Sum::text).unwrap_or_default();
        if !sums.is_empty() {
            tracing::info!(
                ec2 = of("ec2"),
                elasticloadbalancing = of("elasticloadbalancing"),
                route53 = of("route53"),
                sts = of("sts"),
                "calls to AWS in this run"
            );
        }
    }

    fn take(&self, fields: &Map<String, Json>) {
        let number = |name: &str| fields.get(name).and_then(Json::as_u64).unwrap_or_default();
        let Some(service) = fields.get("service").and_then(Json::as_str) else { return };
        let mut sums = self.0.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = sums.entry(service.to_owned()).or_default();
        sum.waited_ms += number("waited_ms");
        if !fields.contains_key("elapsed_ms") {
            return;
        }
        sum.calls += 1;
        sum.requests += number("requests").max(1);
        if let Some(class) = fields.get("class").and_then(Json::as_str) {
            let count = if class == "Throttled" { &mut sum.throttled } else { &mut sum.refused };
            *count += 1;
        }
        drop(sums);
        self.write(fields);
    }

    fn write(&self, fields: &Map<String, Json>) {
        let Some(file) = &self.0.file else { return };
        let mut line = fields.clone();
        line.remove("message");
        line.insert("at".to_owned(), jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into());
        let line = format!("{}\n", Json::Object(line));
        // A disk that is full must not end a run.
        let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }
}

impl Sum {
    fn text(&self) -> String {
        format!(
            "{} calls, {} retries, {} throttled, {} refused, waited {:.1} s for request tokens",
            self.calls,
            self.requests.saturating_sub(self.calls),
            self.throttled,
            self.refused,
            std::time::Duration::from_millis(self.waited_ms).as_secs_f64()
        )
    }
}

impl<S: Subscriber> Layer<S> for Calls {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.take(&fields.0);
    }
}

#[derive(Default)]
struct Fields(Map<String, Json>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[test]
    fn each_call_is_a_line_and_all_are_summed_by_service() {
        let folder = std::env::temp_dir().join(format!("privatelink-calls-{}", uuid::Uuid::new_v4()));
        let path = folder.to_str().unwrap().to_owned();
        let calls = Calls::new(|name| (name == VARIABLE).then(|| path.clone()));
        assert!(calls.is_written());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(calls.clone()), || {
            let (operation, region) = ("GetChange", "us-east-1");
            tracing::debug!(service = "route53", operation, waited_ms = 1500_u64, "waited for a request token");
            tracing::debug!(
                service = "route53",
                operation,
                region,
                elapsed_ms = 12_u64,
                requests = 3_u64,
                "called AWS"
            );
            let class = format_args!("Throttled");
            tracing::debug!(
                service = "route53",
                operation,
                region,
                elapsed_ms = 9_u64,
                requests = 1_u64,
                ?class,
                code = "Throttling",
                "AWS refused"
            );
            tracing::debug!("something else");
        });
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!((lines[0]["operation"].as_str(), lines[0]["elapsed_ms"].as_u64()), (Some("GetChange"), Some(12)));
        assert_eq!(lines[1]["code"], "Throttling");
        let sum = calls.0.sums.lock().unwrap()["route53"];
        assert_eq!(sum, Sum { calls: 2, requests: 4, throttled: 1, refused: 0, waited_ms: 1500 });
        assert_eq!(sum.text(), "2 calls, 2 retries, 1 throttled, 0 refused, waited 1.5 s for request tokens");
    }

    #[test]
    fn without_the_variable_nothing_is_written_and_a_bad_path_stops_nobody() {
        assert!(!Calls::new(|_| None).is_written());
        assert!(!Calls::new(|_| Some("/nowhere/at/all".to_owned())).is_written());
    }
}
