//! Attributes of the data source `privatelink_metrics`.

use std::collections::{BTreeMap, BTreeSet};

use super::time;
use crate::schema::{Rule, formats};
use crate::value::{Number, Value};

/// Statistics of CloudWatch that are single numbers without further arguments.
const STATISTICS: &[&str] = &["Sum", "Average", "Minimum", "Maximum", "SampleCount"];

crate::attributes! {
    /// Reads what goes through an endpoint, or through an endpoint service of one's own, from CloudWatch.
    pub struct Config {
        /// Id of the endpoint, `vpce-…`. Exactly one of this and `service_id` is written.
        optional endpoint_id: String => [Rule::Is(&formats::ENDPOINT_ID)],
        /// Id of the endpoint service, `vpce-svc-…`.
        optional service_id: String => [Rule::Is(&formats::SERVICE_ID)],
        /// Metrics in AWS's spelling; all of the endpoint's or the service's by default.
        optional metrics: BTreeSet<String>,
        /// What becomes of the samples of a period.
        optional_computed statistic: String = "Sum" => [Rule::OneOf(STATISTICS)],
        /// Seconds that one value stands for, a multiple of 60.
        optional_computed period: i64 = 300 => [Rule::Range(60, 86400)],
        /// Beginning: a duration back from now such as `1h`, or a time such as `2026-11-28T22:00:00Z`.
        optional_computed start: String = "1h" => [Rule::Refuse(time_complaint)],
        /// End, written like `start`; now by default.
        optional_computed end: String = "0s" => [Rule::Refuse(time_complaint)],
        /// Whether there are series of each subnet of the endpoint, or of each zone of the service, besides the whole.
        optional_computed per_zone: bool = false,
        /// Whether there are series of each connected endpoint besides the whole. Needs `service_id`.
        optional_computed per_endpoint: bool = false,
        /// Region of the endpoint or service; the provider's by default.
        optional_computed region: String => [Rule::Is(&formats::REGION)],
        /// Name of the provider's `peer_account` that owns the endpoint or service; the provider's own by default.
        optional peer_account: String,
        /// The endpoint or service.
        computed id: String,
        /// Namespace of the metrics, such as `AWS/PrivateLinkEndpoints`.
        computed namespace: String,
        /// Dimensions of the whole, as an alarm needs them.
        computed dimensions: BTreeMap<String, String>,
        /// Values by metric, oldest first; by `<metric>/<subnet, zone or endpoint>` for the parts. A period without traffic has no value.
        computed series: BTreeMap<String, Vec<Datum>>,
        /// Sum of the values of each series that has any.
        computed sum: BTreeMap<String, Number>,
        /// Average of the values of each series that has any.
        computed average: BTreeMap<String, Number>,
        /// Largest value of each series that has any.
        computed maximum: BTreeMap<String, Number>,
    }
}

crate::attributes! {
    /// A value of a period.
    pub struct Datum {
        /// Beginning of the period, as `2026-11-28T22:40:00Z`.
        computed time: String,
        /// The value.
        computed value: Number,
    }
}

fn time_complaint(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let is_time = time::Time::parse(text).is_some();
    let right = "A right value looks like \"6h\" or \"2026-11-28T22:00:00Z\".";
    (!is_time).then(|| format!("{text:?} is neither a duration back from now nor a time. {right}"))
}
