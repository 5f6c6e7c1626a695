//! Keeps calls below AWS's request limits, so that a large apply is slow instead of refused.
//!
//! One limiter for each account and Region, its buckets those of AWS's throttling pages, refilled at
//! about 80 % of the documented rate: other people use the same account. A throttled call halves a
//! bucket's rate, each accepted one lets it grow again. It decides nothing about retries.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::operation::{Kind, Operation};

/// The share of AWS's refill that we allow ourselves.
const SHARE: f64 = 0.8;
/// How far throttles may slow a bucket down.
const SLOWEST: f64 = 0.05;
/// How much of the rate an accepted call gives back.
const RECOVERY: f64 = 0.05;

/// Buckets of one account and Region.
#[derive(Debug)]
pub struct Limiter {
    speed: f64,
    buckets: Mutex<BTreeMap<&'static str, Bucket>>,
}

/// One bucket of AWS's: its name here, capacity, and refill in tokens a second.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Limit {
    bucket: &'static str,
    capacity: f64,
    refill: f64,
}

#[derive(Debug)]
struct Bucket {
    /// May be below zero: what is promised to calls that wait already.
    tokens: f64,
    at: Instant,
    /// 1 when nothing was throttled lately.
    pace: f64,
}

impl Limiter {
    /// A limiter whose times are divided by `speed`.
    pub fn new(speed: u32) -> Self {
        Self { speed: f64::from(speed.max(1)), buckets: Mutex::default() }
    }

    /// Waits until one more call of this operation fits.
    pub async fn acquire(&self, operation: Operation) {
        let wait = limits(operation).iter().map(|limit| self.reserve(limit)).max().unwrap_or_default();
        if !wait.is_zero() {
            tracing::debug!(operation = operation.name(), wait_ms = wait.as_millis(), "waiting for a request token");
            tokio::time::sleep(wait).await;
        }
    }

    /// Learns from the answer: slows down after a throttle, speeds up again after success.
    pub fn learn(&self, operation: Operation, throttled: bool) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        for limit in limits(operation) {
            if let Some(bucket) = buckets.get_mut(limit.bucket) {
                if throttled {
                    bucket.pace = (bucket.pace / 2.0).max(SLOWEST);
                    bucket.tokens = bucket.tokens.min(0.0);
                } else {
                    bucket.pace = (bucket.pace + RECOVERY).min(1.0);
                }
            }
        }
    }

    /// Takes one token, which may still have to come, and says when it will be there.
    fn reserve(&self, limit: &Limit) -> Duration {
        let now = Instant::now();
        // One token stays for others: our clock and AWS's do not tick together.
        let capacity = (limit.capacity - 1.0).max(1.0);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(limit.bucket).or_insert(Bucket { tokens: capacity, at: now, pace: 1.0 });
        let refill = limit.refill * SHARE * self.speed * bucket.pace;
        let gained = now.saturating_duration_since(bucket.at).as_secs_f64() * refill;
        bucket.tokens = (bucket.tokens + gained).min(capacity) - 1.0;
        bucket.at = now;
        if bucket.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-bucket.tokens / refill) }
    }
}

/// The buckets that a call draws from.
///
/// Source: EC2 developer guide "Request throttling for the Amazon EC2 API", ELB "API throttling",
/// Route 53 developer guide "Quotas".
fn limits(operation: Operation) -> Vec<Limit> {
    const fn limit(bucket: &'static str, capacity: f64, refill: f64) -> Limit {
        Limit { bucket, capacity, refill }
    }
    match operation {
        Operation::Ec2(name) => vec![match name {
            "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => limit(name, 4.0, 0.3),
            "CreateVpcEndpointServiceConfiguration"
            | "ModifyVpcEndpointServiceConfiguration"
            | "DeleteVpcEndpointServiceConfigurations"
            | "AcceptVpcEndpointConnections"
            | "RejectVpcEndpointConnections" => limit(name, 10.0, 1.0),
            "CreateTags" | "DeleteTags" => limit(name, 100.0, 10.0),
            _ if operation.kind() == Kind::Read => limit(name, 100.0, 20.0),
            _ => limit(name, 50.0, 5.0),
        }],
        Operation::Elbv2(name) => {
            let own = match name {
                "CreateLoadBalancer" | "SetSubnets" => limit("elbv2 resource-intensive", 10.0, 0.2),
                "RegisterTargets" | "DeregisterTargets" => limit("elbv2 registration", 20.0, 4.0),
                _ if operation.kind() == Kind::Read => limit("elbv2 non-mutating", 40.0, 10.0),
                _ => limit("elbv2 mutating", 20.0, 3.0),
            };
            vec![limit("elbv2 account", 40.0, 10.0), own]
        }
        Operation::Route53(_) => vec![limit("route53 account", 5.0, 5.0)],
        Operation::Sts(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::Operation::{Ec2, Elbv2, Route53};
    use super::*;

    async fn time_for(limiter: &Limiter, operation: Operation, calls: u32) -> f64 {
        let start = Instant::now();
        for _ in 0..calls {
            limiter.acquire(operation).await;
            limiter.learn(operation, false);
        }
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_the_rest_waits_for_the_refill() {
        let limiter = Limiter::new(1);
        assert!(time_for(&limiter, Ec2("CreateVpcEndpoint"), 3).await < 0.001);
        let waited = time_for(&limiter, Ec2("CreateVpcEndpoint"), 11).await;
        let expected = 11.0 / (0.3 * SHARE);
        assert!((waited - expected).abs() < 0.5, "{waited} is not about {expected}");
    }

    #[tokio::test(start_paused = true)]
    async fn operations_of_ec2_do_not_slow_each_other_down() {
        let limiter = Limiter::new(1);
        time_for(&limiter, Ec2("CreateVpcEndpoint"), 4).await;
        assert!(time_for(&limiter, Ec2("ModifyVpcEndpoint"), 3).await < 0.001);
    }

    #[tokio::test(start_paused = true)]
    async fn subnets_and_new_load_balancers_share_one_bucket() {
        let limiter = Limiter::new(1);
        assert!(time_for(&limiter, Elbv2("CreateLoadBalancer"), 9).await < 0.001);
        assert!(time_for(&limiter, Elbv2("SetSubnets"), 1).await > 5.0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttle_halves_the_rate_and_success_restores_it() {
        let limiter = Limiter::new(1);
        time_for(&limiter, Route53("GetChange"), 4).await;
        limiter.learn(Route53("GetChange"), true);
        let slowed = time_for(&limiter, Route53("GetChange"), 1).await;
        assert!((slowed - 1.0 / (5.0 * SHARE * 0.5)).abs() < 0.05, "{slowed}");
        time_for(&limiter, Route53("GetChange"), 20).await;
        let restored = time_for(&limiter, Route53("GetChange"), 4).await;
        assert!((restored - 1.0).abs() < 0.05, "{restored}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_speed_divides_the_waits() {
        let (plain, fast) = (Limiter::new(1), Limiter::new(10));
        let slow = time_for(&plain, Ec2("DeleteVpcEndpoints"), 10).await;
        let quick = time_for(&fast, Ec2("DeleteVpcEndpoints"), 10).await;
        assert!((slow / quick - 10.0).abs() < 0.5, "{slow} against {quick}");
    }
}
