//! Data of CloudWatch: what data sources ask for at about the same time, over the same stretch of time, is one call.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_cloudwatch::types::{self as cloudwatch, ScanBy};
use aws_smithy_types::DateTime;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::aws::client::Account;
use crate::aws::operation::Operation::CloudWatch;
use crate::aws::seen::{Datum, Span};
use crate::engine::{Class, Failure, Result};
use crate::gather::Gather as _;

/// Queries in one call.
const MOST: usize = 500;

/// A metric, and how it is summed up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Metric {
    /// `AWS/…`
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions, all that AWS publishes it with.
    pub dimensions: BTreeMap<String, String>,
    /// `Sum`, `Average`, …
    pub statistic: String,
    /// Seconds that one datum stands for.
    pub period: i32,
}

impl Metric {
    fn query(&self, id: &str) -> cloudwatch::MetricDataQuery {
        let dimension = |(name, value)| cloudwatch::Dimension::builder().name(name).value(value).build();
        let metric = cloudwatch::Metric::builder()
            .namespace(&self.namespace)
            .metric_name(&self.name)
            .set_dimensions(Some(self.dimensions.iter().map(dimension).collect()))
            .build();
        let stat = cloudwatch::MetricStat::builder().metric(metric).period(self.period).stat(&self.statistic).build();
        cloudwatch::MetricDataQuery::builder().id(id).metric_stat(stat).build()
    }

    /// What joins those who ask for the same.
    fn key(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|cause| Failure::new(Class::Bug, cause.to_string()))
    }
}

impl Account {
    /// The data of these metrics, oldest first, in the order of the metrics. A metric of which AWS has none has none here.
    pub async fn metric_data(&self, span: Span, metrics: &[Metric]) -> Result<Vec<Vec<Datum>>> {
        let readers = self.reads().metrics.of(span, MOST);
        let read = metrics.iter().map(|metric| {
            let (account, readers) = (self.clone(), Arc::clone(&readers));
            async move {
                let fetch = move |keys: Vec<String>| {
                    let account = account.clone();
                    async move { account.fetch_metrics(span, keys).await }
                };
                Ok(readers.get(&metric.key()?, fetch).await?.unwrap_or_default())
            }
        });
        try_join_all(read).await
    }

    async fn fetch_metrics(&self, span: Span, keys: Vec<String>) -> Result<Vec<(String, Vec<Datum>)>> {
        let queries = keys.iter().enumerate().map(|(index, key)| {
            let metric: Metric =
                serde_json::from_str(key).map_err(|cause| Failure::new(Class::Bug, cause.to_string()))?;
            Ok(metric.query(&id(index)))
        });
        let queries: Vec<cloudwatch::MetricDataQuery> = queries.try_gather()?;
        let asked = self
            .cloudwatch()
            .get_metric_data()
            .set_metric_data_queries(Some(queries))
            .start_time(DateTime::from_secs(span.start))
            .end_time(DateTime::from_secs(span.end))
            .scan_by(ScanBy::TimestampAscending);
        let mut found: BTreeMap<String, Vec<Datum>> = BTreeMap::new();
        let mut token = None;
        loop {
            let sent = asked.clone().set_next_token(token.clone()).send();
            let page = self.call(CloudWatch("GetMetricData"), sent).await?;
            for result in page.metric_data_results.unwrap_or_default() {
                let times = result.timestamps.unwrap_or_default().into_iter().map(|time| time.secs());
                let data = times.zip(result.values.unwrap_or_default());
                found.entry(result.id.unwrap_or_default()).or_default().extend(data);
            }
            let next = page.next_token.filter(|next| !next.is_empty());
            if next.is_none() || next == token {
                break;
            }
            token = next;
        }
        let data = |(index, key): (usize, String)| {
            let mut data = found.remove(&id(index)).unwrap_or_default();
            data.sort_by_key(|(time, _)| *time);
            (key, data)
        };
        Ok(keys.into_iter().enumerate().map(data).collect())
    }
}

/// The id of a query within its call: a lower-case letter comes first.
fn id(index: usize) -> String {
    format!("m{index}")
}
