//! GetMetricData: many metrics over a time, in periods, by pages. Expressions, percentiles and other accounts' data are not simulated.

use std::collections::BTreeMap;

use rand::RngExt;

use crate::simulator::buckets::METRIC_DATA;
use crate::simulator::clock::Moment;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, reading};
use crate::simulator::params::Params;
use crate::simulator::session::Session;
use crate::simulator::xml::Xml;

use super::data::{Metric, Point};

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[reading("GetMetricData", METRIC_DATA, get)];

/// Queries of a call.
const MOST_QUERIES: usize = 500;
/// Data points of a page.
const MOST_POINTS: usize = 100_800;
/// Dimensions of a metric.
const MOST_DIMENSIONS: usize = 30;
/// Seconds for which CloudWatch keeps data of a minute, and of five minutes.
const RETENTION: [(i64, i64); 2] = [(63 * 86_400, 3600), (15 * 86_400, 300)];

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::bad("ValidationError", message)
}

fn missing(name: &str) -> ApiError {
    ApiError::bad("MissingParameter", format!("The parameter {name} is required."))
}

fn need<'a>(params: &'a Params, name: &str) -> Result<&'a str, ApiError> {
    params.text(name).filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
}

/// What one query wants.
struct Query<'a> {
    id: &'a str,
    label: &'a str,
    period: i64,
    statistic: Statistic,
    points: Vec<Point>,
}

#[derive(Clone, Copy)]
enum Statistic {
    Sum,
    Average,
    Minimum,
    Maximum,
    SampleCount,
}

impl Statistic {
    fn parse(text: &str) -> Result<Self, ApiError> {
        Ok(match text {
            "Sum" => Self::Sum,
            "Average" => Self::Average,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            "SampleCount" => Self::SampleCount,
            percentile if percentile.starts_with('p') || percentile.contains('(') => {
                return Err(ApiError::not_simulated(format!("the statistic {percentile}")));
            }
            other => return Err(invalid(format!("The value {other} for parameter Stat is not supported."))),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a test are small")]
    fn of(self, values: &[f64]) -> f64 {
        let sum: f64 = values.iter().sum();
        match self {
            Self::Sum => sum,
            Self::Average => sum / values.len().max(1) as f64,
            Self::Minimum => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Maximum => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::SampleCount => values.len() as f64,
        }
    }
}

fn get(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let (start, end) = (time(params, "StartTime")?, time(params, "EndTime")?);
    if start >= end {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    let ascending = match params.text("ScanBy") {
        None | Some("TimestampDescending") => false,
        Some("TimestampAscending") => true,
        Some(other) => return Err(invalid(format!("The value {other} for parameter ScanBy is not supported."))),
    };
    let size = match params.number("MaxDatapoints")?.map(usize::try_from) {
        None => MOST_POINTS,
        Some(Ok(size)) if (1..=MOST_POINTS).contains(&size) => size,
        Some(_) => return Err(invalid(format!("The parameter MaxDatapoints must be between 1 and {MOST_POINTS}."))),
    };
    let asked = params.structures("MetricDataQueries");
    if asked.is_empty() {
        return Err(missing("MetricDataQueries"));
    }
    if asked.len() > MOST_QUERIES {
        let message = "The collection MetricDataQueries must not have a size greater than 500.";
        return Err(invalid(message));
    }
    let mut queries: Vec<Query<'_>> = Vec::new();
    for one in asked {
        let query = query(session, one, start, end)?;
        if queries.iter().any(|other| other.id == query.id) {
            return Err(invalid(format!(
                "The values for parameter id in MetricDataQueries are not unique: {}.",
                query.id
            )));
        }
        queries.push(query);
    }
    let fingerprint = fingerprint(&params.fingerprint(&["NextToken"]));
    let from = match params.text("NextToken").filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => place(token, fingerprint)
            .ok_or_else(|| ApiError::bad("InvalidNextToken", "The next token specified is invalid."))?,
    };
    let disorder = session.state.settings.disorder;
    Ok(answer(session, &queries, Page { start, ascending, from, size, fingerprint, disorder }))
}

fn query<'a>(session: &Session<'_>, asked: &'a Params, start: i64, end: i64) -> Result<Query<'a>, ApiError> {
    let id = need(asked, "Id")?;
    let is_id = id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && id.len() <= 255;
    if !is_id {
        return Err(invalid(format!(
            "The value {id} for parameter MetricDataQueries.member.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
        )));
    }
    let Some(measured) = asked.structure("MetricStat") else {
        return Err(ApiError::not_simulated(format!("the query {id} without MetricStat")));
    };
    let metric = measured.structure("Metric").ok_or_else(|| missing("Metric"))?;
    let (namespace, name) = (need(metric, "Namespace")?, need(metric, "MetricName")?);
    let mut dimensions = BTreeMap::new();
    for dimension in metric.structures("Dimensions") {
        dimensions.insert(need(dimension, "Name")?.to_owned(), need(dimension, "Value")?.to_owned());
    }
    if dimensions.len() > MOST_DIMENSIONS {
        return Err(invalid("The collection Dimensions must not have a size greater than 30."));
    }
    let period = measured.number("Period")?.ok_or_else(|| missing("Period"))?;
    if period < 1 || (period % 60 != 0 && ![1, 5, 10, 20, 30].contains(&period)) {
        return Err(invalid(format!("The value {period} for parameter Period is not a multiple of 60.")));
    }
    let now = session.now.unix_seconds();
    for (age, shortest) in RETENTION {
        if now - start > age && period % shortest != 0 {
            let message = format!("Data older than {} days have periods of {shortest} seconds.", age / 86_400);
            return Err(invalid(message));
        }
    }
    let statistic = Statistic::parse(need(measured, "Stat")?)?;
    let caller = &session.caller;
    let wanted = Metric { account: &caller.account, region: &caller.region, namespace, name, dimensions };
    // The start is rounded down to a whole period of its age.
    let from = Moment::of_unix_seconds(start - start.rem_euclid(60));
    let points = wanted.points(session.state, session.now, from, Moment::of_unix_seconds(end));
    let points = points.ok_or_else(|| ApiError::not_simulated(format!("the namespace {namespace}")))?;
    let label = asked.text("Label").unwrap_or(name);
    // Whether a query is to be returned matters beside expressions alone.
    asked.ignore("ReturnData");
    Ok(Query { id, label, period, statistic, points })
}

/// Which part of the data is answered.
#[derive(Clone, Copy)]
struct Page {
    start: i64,
    ascending: bool,
    from: usize,
    size: usize,
    fingerprint: u64,
    disorder: bool,
}

/// Writes one page. Each query has a result on each page, as AWS has it; a page that is not the last one is partial.
fn answer(session: &mut Session<'_>, queries: &[Query<'_>], page: Page) -> Xml {
    let series: Vec<Vec<(i64, f64)>> = queries.iter().map(|query| query.series(page.start, page.ascending)).collect();
    let all: usize = series.iter().map(Vec::len).sum();
    let left = all.saturating_sub(page.from);
    let mut size = page.size.min(left);
    if page.disorder && size > 1 && session.rng.random_bool(0.25) {
        size = session.rng.random_range(1..size);
    }
    let next = (size < left).then(|| page.from + size);
    let mut index = 0;
    let mut results = Vec::new();
    for (query, series) in queries.iter().zip(&series) {
        let shown: Vec<&(i64, f64)> = series
            .iter()
            .enumerate()
            .filter(|(own, _)| (page.from..page.from + size).contains(&(index + own)))
            .map(|(_, point)| point)
            .collect();
        index += series.len();
        let is_whole = next.is_none_or(|next| index <= next);
        let stamps = shown.iter().map(|(at, _)| stamp(*at));
        let result = Xml::new()
            .text("Id", query.id)
            .text("Label", query.label)
            .text_members("Timestamps", stamps)
            .text_members("Values", shown.iter().map(|(_, value)| *value))
            .text("StatusCode", if is_whole { "Complete" } else { "PartialData" });
        results.push(result);
    }
    let answer = Xml::new().members("MetricDataResults", results).members("Messages", []);
    answer.optional("NextToken", next.map(|next| format!("{:016x}{next:x}", page.fingerprint)))
}

impl Query<'_> {
    /// Its points by period, each with the beginning of the period in seconds.
    fn series(&self, start: i64, ascending: bool) -> Vec<(i64, f64)> {
        let mut periods: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        let origin = start - start.rem_euclid(self.period.max(60));
        for (at, value) in &self.points {
            let offset = at.unix_seconds() - origin;
            periods.entry(origin + offset - offset.rem_euclid(self.period)).or_default().push(*value);
        }
        let series = periods.into_iter().map(|(at, values)| (at, self.statistic.of(&values)));
        if ascending { series.collect() } else { series.rev().collect() }
    }
}

fn stamp(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|at| at.to_string()).unwrap_or_default()
}

/// Reads a time: ISO 8601 from the query protocol, seconds from the others.
fn time(params: &Params, name: &str) -> Result<i64, ApiError> {
    let text = need(params, name)?;
    let seconds = text.split('.').next().and_then(|whole| whole.parse::<i64>().ok());
    let time = seconds.or_else(|| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second));
    time.ok_or_else(|| invalid(format!("The value {text} for parameter {name} is not a time.")))
}

/// FNV-1a: what makes a token belong to its call.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn place(token: &str, wanted: u64) -> Option<usize> {
    let (head, rest) = token.split_at_checked(16)?;
    (u64::from_str_radix(head, 16).ok()? == wanted).then(|| usize::from_str_radix(rest, 16).ok())?
}
