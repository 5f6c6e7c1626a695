//! The token buckets of the facts, section 8.
//!
//! EC2 counts per API, account and Region; ELBv2 per category and once more over all calls of an account; Route 53 per account
//! over all Regions. PrivateLink calls also draw from a bucket of the organization, whose size nobody publishes: a setting.
//! A refused call costs no token and has no effect.

use std::collections::BTreeMap;

use serde::Serialize;

use super::caller::{Caller, Service};
use super::clock::Moment;
use super::error::ApiError;
use super::limit::{Limit, limit};
use super::params::Params;
use super::settings::Settings;

/// CreateVpcEndpoint, ModifyVpcEndpoint, DeleteVpcEndpoints.
pub const ENDPOINT: Bucket = Bucket::Own(limit(4.0, 0.3));
/// Create, modify, delete of service configurations; accept and reject of connections.
pub const ENDPOINT_SERVICE: Bucket = Bucket::Own(limit(10.0, 1.0));
/// CreateTags, DeleteTags.
pub const TAGS: Bucket = Bucket::Own(limit(100.0, 10.0));
/// Every other mutating call of EC2.
pub const MUTATING: Bucket = Bucket::Own(limit(50.0, 5.0));
/// Describe calls of EC2.
pub const READING: Bucket = Bucket::Own(limit(100.0, 20.0));
/// DescribeSecurityGroups and DescribeNetworkInterfaces: the smaller bucket without filter and page size.
pub const READING_UNFILTERED_SMALLER: Bucket = Bucket::OwnSmallerUnfiltered(limit(100.0, 20.0), limit(50.0, 10.0));
/// CreateLoadBalancer and SetSubnets together.
pub const ELB_RESOURCE_INTENSIVE: Bucket = Bucket::Shared("resource-intensive", limit(10.0, 0.2));
/// RegisterTargets and DeregisterTargets together.
pub const ELB_REGISTRATION: Bucket = Bucket::Shared("registration", limit(20.0, 4.0));
/// All other mutating calls of ELBv2 together.
pub const ELB_MUTATING: Bucket = Bucket::Shared("mutating", limit(20.0, 3.0));
/// All Describe calls of ELBv2 together.
pub const ELB_READING: Bucket = Bucket::Shared("reading", limit(40.0, 10.0));
/// All calls of Route 53 of one account.
pub const ROUTE53: Bucket = Bucket::Shared("all", limit(5.0, 5.0));

/// All calls of Route 53 Profiles of one account and Region. AWS documents no limit: that of Route 53 Resolver is *assumed*.
pub const ROUTE53_PROFILES: Bucket = Bucket::Shared("all", limit(5.0, 5.0));

/// Calls of SNS, each of its own. Source: SNS quotas, 30 a second; how many at once is *assumed*.
pub const SNS: Bucket = Bucket::Own(limit(30.0, 30.0));

/// GetMetricData. Source: CloudWatch quotas, 50 a second; how many at once is *assumed*.
pub const METRIC_DATA: Bucket = Bucket::Own(limit(50.0, 50.0));

const ELB_ACCOUNT: Limit = limit(40.0, 10.0);

/// Says which bucket an operation draws from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bucket {
    /// None at all.
    Unlimited,
    /// One of its own.
    Own(Limit),
    /// One of its own, and a smaller one for calls without `Filter` and `MaxResults`.
    OwnSmallerUnfiltered(Limit, Limit),
    /// One shared by every operation with this category.
    Shared(&'static str, Limit),
}

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Moment,
    limit: Limit,
}

/// How full a bucket is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BucketLevel {
    /// Service, account, Region, and operation or category.
    pub name: String,
    /// Share of its tokens that is left, from 0 to 1.
    pub left: f64,
    /// Its tokens when it is full.
    pub capacity: f64,
}

/// Holds the levels of all buckets of a world.
#[derive(Debug, Clone, Default)]
pub struct Buckets {
    levels: BTreeMap<String, Level>,
    denied: u64,
}

impl Buckets {
    /// Takes a token from each bucket of a call, or refuses and takes none.
    pub fn take(
        &mut self,
        settings: &Settings,
        now: Moment,
        caller: &Caller,
        operation: (&str, bool, Bucket),
        params: &Params,
    ) -> Result<(), ApiError> {
        let wanted = wanted(settings, caller, operation, params);
        let full: Vec<(String, f64, Limit)> =
            wanted.iter().map(|(key, limit)| (key.clone(), self.level(key, *limit, now), *limit)).collect();
        if full.iter().any(|(_, tokens, _)| *tokens < 1.0) {
            self.denied += 1;
            return Err(throttled(caller, operation.0));
        }
        for (key, tokens, limit) in full {
            self.levels.insert(key, Level { tokens: tokens - 1.0, at: now, limit });
        }
        Ok(())
    }

    /// Takes a token from each bucket of a call, whether or not it has one.
    pub fn charge(
        &mut self,
        settings: &Settings,
        now: Moment,
        caller: &Caller,
        operation: (&str, bool, Bucket),
        params: &Params,
    ) {
        for (key, limit) in wanted(settings, caller, operation, params) {
            let tokens = self.level(&key, limit, now) - 1.0;
            self.levels.insert(key, Level { tokens, at: now, limit });
        }
    }

    /// Lists the buckets that anybody drew from, with the share of tokens that each has left.
    pub fn levels(&self, now: Moment) -> Vec<BucketLevel> {
        let level = |(key, level): (&String, &Level)| {
            let limit = level.limit;
            let tokens = (level.tokens + limit.refill * now.since(level.at).as_secs_f64()).min(limit.capacity);
            BucketLevel { name: key.clone(), left: (tokens / limit.capacity).clamp(0.0, 1.0), capacity: limit.capacity }
        };
        self.levels.iter().map(level).collect()
    }

    /// Counts the calls refused so far.
    pub fn denied(&self) -> u64 {
        self.denied
    }

    fn level(&self, key: &str, limit: Limit, now: Moment) -> f64 {
        self.levels.get(key).map_or(limit.capacity, |level| {
            (level.tokens + limit.refill * now.since(level.at).as_secs_f64()).min(limit.capacity)
        })
    }
}

fn wanted(
    settings: &Settings,
    caller: &Caller,
    (operation, mutating, bucket): (&str, bool, Bucket),
    params: &Params,
) -> Vec<(String, Limit)> {
    if !settings.buckets {
        return Vec::new();
    }
    // Route 53 counts per account over all Regions; its callers all sign for us-east-1.
    let place = format!("{}/{}/{}", caller.service.name(), caller.account, caller.region);
    let mut wanted = Vec::new();
    match bucket {
        Bucket::Unlimited => {}
        Bucket::Own(limit) => wanted.push((format!("{place}/{operation}"), limit)),
        Bucket::OwnSmallerUnfiltered(limit, smaller) => {
            if params.has("Filter") || params.has("MaxResults") {
                wanted.push((format!("{place}/{operation}"), limit));
            } else {
                wanted.push((format!("{place}/{operation}/unfiltered"), smaller));
            }
        }
        Bucket::Shared(category, limit) => wanted.push((format!("{place}/category:{category}"), limit)),
    }
    if caller.service == Service::ElbV2 {
        wanted.push((format!("{place}/account"), ELB_ACCOUNT));
    }
    if let Some(limit) = settings.organization_bucket
        && mutating
        && caller.service == Service::Ec2
        && operation.contains("VpcEndpoint")
    {
        wanted.push((format!("organization/{}", caller.region), limit));
    }
    // A neighbour who takes a steady share of the tokens leaves a smaller bucket.
    let left = 1.0 - settings.neighbour;
    for (_, limit) in &mut wanted {
        *limit = Limit { capacity: (limit.capacity * left).max(1.0), refill: limit.refill * left };
    }
    wanted
}

/// Makes the refusal of a call over its limit, in the form of its service.
pub fn throttled(caller: &Caller, operation: &str) -> ApiError {
    let mut error = match caller.service {
        Service::Ec2 => ApiError::new(
            503,
            "RequestLimitExceeded",
            format!(
                "Request limit exceeded. Account {} has been throttled on ec2:{operation} because it exceeded its request rate limit.",
                caller.account
            ),
        ),
        Service::Route53Profiles => ApiError::bad("ThrottlingException", "Rate exceeded"),
        Service::CloudWatch | Service::ElbV2 | Service::Route53 | Service::Sns | Service::Sts => {
            ApiError::bad("Throttling", "Rate exceeded")
        }
    };
    error.throttled = true;
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(service: Service) -> Caller {
        Caller::of("111111111111", "us-east-1", service)
    }

    #[test]
    fn four_endpoints_at_once_then_one_every_three_seconds() {
        let mut buckets = Buckets::default();
        let settings = Settings { organization_bucket: None, ..Settings::default() };
        let ec2 = caller(Service::Ec2);
        let mut take = |at| {
            buckets.take(&settings, Moment(at), &ec2, ("CreateVpcEndpoint", true, ENDPOINT), &Params::default()).is_ok()
        };
        assert!((0..4).all(|_| take(0)));
        assert!(!take(0) && !take(3000) && take(3400) && !take(3400));
    }

    #[test]
    fn a_neighbour_leaves_half_of_every_bucket() {
        let mut buckets = Buckets::default();
        let settings = Settings { organization_bucket: None, ..Settings::crowded() };
        let ec2 = caller(Service::Ec2);
        let mut take = |at| {
            buckets.take(&settings, Moment(at), &ec2, ("CreateVpcEndpoint", true, ENDPOINT), &Params::default()).is_ok()
        };
        assert!((0..2).all(|_| take(0)));
        assert!(!take(0) && !take(6000) && take(6700) && !take(6700));
    }

    #[test]
    fn load_balancer_reads_share_one_bucket_and_regions_do_not() {
        let mut buckets = Buckets::default();
        let settings = Settings::default();
        let elb = caller(Service::ElbV2);
        for n in 0..40 {
            let name = if n % 2 == 0 { "DescribeTargetHealth" } else { "DescribeListeners" };
            buckets.take(&settings, Moment(0), &elb, (name, false, ELB_READING), &Params::default()).unwrap();
        }
        let refused =
            buckets.take(&settings, Moment(0), &elb, ("DescribeTags", false, ELB_READING), &Params::default());
        assert_eq!(refused.unwrap_err().code, "Throttling");
        let other = Caller::of("111111111111", "eu-west-1", Service::ElbV2);
        assert!(
            buckets
                .take(&settings, Moment(0), &other, ("DescribeTags", false, ELB_READING), &Params::default())
                .is_ok()
        );
    }

    #[test]
    fn a_caller_within_its_own_bucket_can_be_over_the_organizations() {
        let mut buckets = Buckets::default();
        let settings = Settings { organization_bucket: Some(limit(2.0, 1.0)), ..Settings::default() };
        let mut take = |account: &str| {
            let caller = Caller::of(account, "us-east-1", Service::Ec2);
            buckets.take(&settings, Moment(0), &caller, ("CreateVpcEndpoint", true, ENDPOINT), &Params::default())
        };
        take("111111111111").unwrap();
        take("222222222222").unwrap();
        let refused = take("333333333333").unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (503, "RequestLimitExceeded"));
    }
}
