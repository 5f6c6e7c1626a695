//! The data source `privatelink_metrics`: what goes through an endpoint or a service, from CloudWatch.

mod config;
mod time;

pub use config::{Config, Datum};

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::aws::dimensions::{self, Dimensions};
use crate::aws::lookups::{Metric, Span};
use crate::aws::{Account, Aws};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::convincing;
use crate::resource::{DataSource, Unread};
use crate::value::{Attr, Number, Path};

use time::Time;

/// Seconds of CloudWatch's shortest period here.
const MINUTE: i64 = 60;

/// The data source.
#[derive(Debug, Clone, Copy)]
pub struct Metrics;

/// What is measured, and its parts by what tells them apart.
struct Subject {
    namespace: &'static str,
    metrics: &'static [&'static str],
    whole: Dimensions,
    parts: BTreeMap<String, Dimensions>,
}

impl DataSource for Metrics {
    const TYPE: &'static str = "privatelink_metrics";

    type Config = Config;
    type Client = Aws;

    fn check(config: &Config) -> Diagnostics {
        let mut found = Diagnostics::new();
        let mut refuse = |attribute: &str, summary: &str, detail: String| {
            found.push(Diagnostic::error(summary, detail).at(Path::attribute(attribute)));
        };
        match (&config.endpoint_id, &config.service_id) {
            (Attr::Null, Attr::Null) => {
                refuse("endpoint_id", "Nothing to measure", "Write endpoint_id or service_id.".to_owned());
            }
            (Attr::Known(_), Attr::Known(_)) => {
                let detail = "endpoint_id and service_id exclude each other; write one of them.";
                refuse("endpoint_id", "What is measured is not clear", detail.to_owned());
            }
            _ => {}
        }
        if let Some(metrics) = config.metrics.known() {
            let own = if config.endpoint_id.is_null() { dimensions::OF_SERVICE } else { dimensions::OF_ENDPOINT };
            for metric in metrics.iter().filter(|metric| !own.contains(&metric.as_str())) {
                let whose = if config.endpoint_id.is_null() { "an endpoint service" } else { "an endpoint" };
                let detail = format!("AWS has no metric {metric:?} of {whose}; write some of {}.", own.join(", "));
                refuse("metrics", "Unknown metric", detail);
            }
        }
        if let Some(period) = config.period.known().filter(|period| **period % MINUTE != 0) {
            let detail = format!("period must be a multiple of 60 seconds, got {period}.");
            refuse("period", "Invalid period", detail);
        }
        if config.per_endpoint == Attr::Known(true) && config.service_id.is_null() {
            let detail = "Only an endpoint service has several endpoints: write service_id, or leave per_endpoint out.";
            refuse("per_endpoint", "per_endpoint of an endpoint", detail.to_owned());
        }
        found
    }

    async fn read(aws: &Aws, config: &mut Config) -> Result<(), Unread> {
        let account = aws.account(config.peer_account.known().map(String::as_str))?.clone();
        let subject = match (config.endpoint_id.known(), config.service_id.known()) {
            (Some(id), _) => of_endpoint(&account, id, config).await?,
            (None, Some(id)) => of_service(&account, id, config).await?,
            (None, None) => return Ok(()),
        };
        let span = span(&account, config)?;
        let wanted = wanted(&subject, config);
        let metrics: Vec<Metric> = wanted.iter().map(|(_, metric)| metric.clone()).collect();
        let found = account.metric_data(span, &metrics).await?;
        config.id = config.endpoint_id.known().or_else(|| config.service_id.known()).cloned().into();
        config.namespace = Attr::Known(subject.namespace.to_owned());
        config.dimensions = Attr::Known(subject.whole);
        fill(config, wanted.into_iter().map(|(key, _)| key).zip(found).collect());
        Ok(())
    }
}

async fn of_endpoint(account: &Account, id: &str, config: &Config) -> Result<Subject, Unread> {
    let Some(endpoint) = convincing(|| account.endpoint_seen(id)).await? else {
        return Err(not_there("endpoint", "endpoint_id", id, &account.whereabouts().await).into());
    };
    let of =
        |subnet: Option<&str>| dimensions::of_endpoint(&endpoint.id, &endpoint.vpc_id, &endpoint.service_name, subnet);
    let mut parts = BTreeMap::new();
    if config.per_zone == Attr::Known(true) {
        parts.extend(endpoint.subnet_ids.iter().map(|subnet| (subnet.clone(), of(Some(subnet)))));
    }
    Ok(Subject { namespace: dimensions::ENDPOINTS, metrics: dimensions::OF_ENDPOINT, whole: of(None), parts })
}

async fn of_service(account: &Account, id: &str, config: &Config) -> Result<Subject, Unread> {
    let Some(service) = convincing(|| account.own_service(id)).await? else {
        return Err(not_there("endpoint service", "service_id", id, &account.whereabouts().await).into());
    };
    let mut parts = BTreeMap::new();
    if config.per_zone == Attr::Known(true) {
        let zones = service.availability_zones.iter();
        parts.extend(zones.map(|zone| (zone.clone(), dimensions::of_service_in_zone(id, zone))));
    }
    if config.per_endpoint == Attr::Known(true) {
        let connections = account.service_connections(id).await?.into_iter().map(|one| one.endpoint_id);
        let part = |endpoint: String| {
            let dimensions = dimensions::of_service_by_endpoint(id, &endpoint);
            (endpoint, dimensions)
        };
        parts.extend(connections.map(part));
    }
    let (namespace, metrics) = (dimensions::SERVICES, dimensions::OF_SERVICE);
    Ok(Subject { namespace, metrics, whole: dimensions::of_service(id), parts })
}

/// The times that are written, by AWS's clock.
fn span(account: &Account, config: &Config) -> Result<Span, Unread> {
    let now = account.now().unwrap_or_else(Timestamp::now).as_second();
    let time = |written: &Attr<String>, usual| written.known().and_then(|text| Time::parse(text)).unwrap_or(usual);
    let (start, end) = (time(&config.start, Time::Back(3600)), time(&config.end, Time::Back(0)));
    let period = config.period.known().copied().unwrap_or(300);
    time::span(start, end, now, period).ok_or_else(|| {
        let detail = "start must lie before end. Durations count back from now: \"1h\" lies before \"0s\".";
        Diagnostic::error("Empty time", detail).at(Path::attribute("start")).into()
    })
}

/// What is asked for, with the key of its series.
fn wanted(subject: &Subject, config: &Config) -> Vec<(String, Metric)> {
    let statistic = config.statistic.known().cloned().unwrap_or_default();
    let period = config.period.known().and_then(|period| i32::try_from(*period).ok()).unwrap_or(300);
    let is_meant = |name: &&&str| config.metrics.known().is_none_or(|metrics| metrics.contains(**name));
    let mut wanted = Vec::new();
    for name in subject.metrics.iter().filter(is_meant) {
        let metric = |dimensions: &Dimensions| Metric {
            namespace: subject.namespace.to_owned(),
            name: (*name).to_owned(),
            dimensions: dimensions.clone(),
            statistic: statistic.clone(),
            period,
        };
        wanted.push(((*name).to_owned(), metric(&subject.whole)));
        if *name != dimensions::ENDPOINTS_COUNT {
            wanted.extend(subject.parts.iter().map(|(part, own)| (format!("{name}/{part}"), metric(own))));
        }
    }
    wanted
}

#[expect(clippy::cast_precision_loss, reason = "there are fewer values than a float counts")]
fn fill(config: &mut Config, found: BTreeMap<String, Vec<(i64, f64)>>) {
    let of_all = |of: &dyn Fn(&[f64]) -> f64| {
        let filled = found.iter().filter(|(_, data)| !data.is_empty());
        let one = |(key, data): (&String, &Vec<(i64, f64)>)| {
            let values: Vec<f64> = data.iter().map(|(_, value)| *value).collect();
            (key.clone(), number(of(&values)))
        };
        Attr::Known(filled.map(one).collect())
    };
    config.sum = of_all(&|values| values.iter().sum());
    config.average = of_all(&|values| values.iter().sum::<f64>() / values.len() as f64);
    config.maximum = of_all(&|values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    let datum = |(time, value): (i64, f64)| Datum {
        time: Timestamp::from_second(time).ok().map(|time| time.to_string()).into(),
        value: Attr::Known(number(value)),
    };
    let series = found.into_iter().map(|(key, data)| (key, data.into_iter().map(datum).collect()));
    config.series = Attr::Known(series.collect());
}

/// CloudWatch has no other values than finite ones.
fn number(value: f64) -> Number {
    value.to_string().parse().unwrap_or(Number::Int(0))
}

fn not_there(what: &str, argument: &str, id: &str, whereabouts: &str) -> Diagnostic {
    let detail = format!(
        "There is no {what} {id} of {whereabouts}; CloudWatch shows its data to its owner only.\n\nWhat to do: check id and \
         region, or name the owner's credentials in peer_account."
    );
    Diagnostic::error(format!("No such {what}"), detail).at(Path::attribute(argument))
}
