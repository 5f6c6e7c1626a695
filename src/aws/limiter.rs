//! Keeps calls below AWS's request limits, so that a large apply is slow instead of refused.
//!
//! One limiter for each account and Region, its buckets those of AWS's throttling pages, refilled at
//! about 80 % of the documented rate: other people use the same account. Calls wait in line for a bucket, one of
//! them for the next token, so that all of them notice when it slows down. A throttled call takes a quarter of a
//! bucket's rate, each accepted one gives a little back. It decides nothing about retries.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::operation::{Kind, Operation};
use crate::engine::{Failure, LimitReached, Limits};

/// The share of AWS's refill that we allow ourselves.
const SHARE: f64 = 0.8;
/// How far throttles may slow a bucket down.
const SLOWEST: f64 = 0.05;
/// What a throttled call leaves of the rate. Halving it costs more time than the throttled calls that it saves: a
/// neighbour who uses half of a bucket leaves us five eighths of our rate.
const THROTTLED: f64 = 0.75;
/// How much of the rate an accepted call gives back.
const RECOVERY: f64 = 0.02;
/// A token that comes this soon is waited for even where the run is to end: it takes no longer than a call, and
/// what a sequence of calls has begun is better finished.
const SOON: Duration = Duration::from_secs(2);

/// Buckets of one account and Region.
#[derive(Debug)]
pub struct Limiter {
    speed: f64,
    buckets: Mutex<BTreeMap<&'static str, Arc<Bucket>>>,
    /// The last throttle of each operation, in AWS's words.
    refusals: Mutex<BTreeMap<&'static str, Failure>>,
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
    /// The line of calls; fair, first come, first served.
    line: tokio::sync::Mutex<()>,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    tokens: f64,
    at: Instant,
    /// 1 when nothing was throttled lately.
    pace: f64,
    /// When throttles slowed it down last.
    slowed: Option<Instant>,
}

impl Limiter {
    /// A limiter whose times are divided by `speed`.
    pub fn new(speed: u32) -> Self {
        Self { speed: f64::from(speed.max(1)), buckets: Mutex::default(), refusals: Mutex::default() }
    }

    /// Waits until one more call of this operation fits, or until the run around it must end. Time in line behind other calls of this
    /// process does not count for the run's deadline, unless AWS has slowed the line down.
    ///
    /// # Errors
    ///
    /// The limit of the run, when that comes first. The call is not to be made then.
    pub async fn acquire(&self, operation: Operation) -> Result<(), LimitReached> {
        for limit in limits(operation) {
            let bucket = self.bucket(&limit);
            let _turn = match bucket.line.try_lock() {
                Ok(turn) => turn,
                Err(_) => Limits::in_line(bucket.line.lock(), |_| bucket.pace()).await?,
            };
            while let Some(wait) = self.take(&bucket, &limit) {
                tracing::debug!(
                    operation = operation.name(),
                    wait_ms = wait.as_millis(),
                    "waiting for a request token"
                );
                if wait.as_secs_f64() * self.speed <= SOON.as_secs_f64() {
                    tokio::time::sleep(wait).await;
                } else {
                    Limits::sleep(wait).await?;
                }
            }
        }
        Ok(())
    }

    /// Learns from the answer to a call that was sent at a time: slows down after a throttle, speeds up again after
    /// success. Several calls that were under way together are one reason to slow down.
    pub fn learn(&self, operation: Operation, sent: Instant, refusal: Option<&Failure>) {
        let throttled = refusal.is_some();
        if let Some(refusal) = refusal {
            let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            refusals.insert(operation.name(), refusal.clone());
        }
        for limit in limits(operation) {
            let bucket = self.bucket(&limit);
            let mut level = bucket.level.lock().unwrap_or_else(PoisonError::into_inner);
            if throttled {
                level.slow_down(sent);
            } else {
                level.pace = (level.pace + RECOVERY).min(1.0);
            }
        }
    }

    /// Accounts for a request that the SDK repeats after a throttle: it draws a token without waiting for one, so that others wait
    /// the longer. `sent` is the time of the throttled one.
    pub fn repeat(&self, operation: Operation, sent: Instant) {
        for limit in limits(operation) {
            let bucket = self.bucket(&limit);
            let mut level = bucket.level.lock().unwrap_or_else(PoisonError::into_inner);
            level.slow_down(sent);
            level.tokens -= 1.0;
        }
    }

    /// How AWS throttled this operation last: it says more than that a call was not made.
    pub fn refusal(&self, operation: Operation) -> Option<Failure> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).get(operation.name()).cloned()
    }

    fn bucket(&self, limit: &Limit) -> Arc<Bucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(limit.bucket).or_insert_with(|| {
            let level = Level { tokens: limit.most(), at: Instant::now(), pace: 1.0, slowed: None };
            Arc::new(Bucket { line: tokio::sync::Mutex::default(), level: Mutex::new(level) })
        });
        Arc::clone(bucket)
    }

    /// Takes a token, or says when there will be one.
    fn take(&self, bucket: &Bucket, limit: &Limit) -> Option<Duration> {
        let now = Instant::now();
        let mut level = bucket.level.lock().unwrap_or_else(PoisonError::into_inner);
        let refill = limit.refill * SHARE * self.speed * level.pace;
        let gained = now.saturating_duration_since(level.at).as_secs_f64() * refill;
        (level.tokens, level.at) = ((level.tokens + gained).min(limit.most()), now);
        // Times are rounded to nanoseconds.
        if level.tokens >= 1.0 - 1e-6 {
            level.tokens -= 1.0;
            return None;
        }
        Some(Duration::from_secs_f64((1.0 - level.tokens) / refill).max(Duration::from_millis(1)))
    }
}

impl Bucket {
    /// The part of its usual rate that throttles have left.
    fn pace(&self) -> f64 {
        self.level.lock().unwrap_or_else(PoisonError::into_inner).pace
    }
}

impl Level {
    /// Slows down because a request that was sent at this time was throttled, once for all that were under way together.
    fn slow_down(&mut self, sent: Instant) {
        if self.slowed.is_none_or(|slowed| sent > slowed) {
            self.pace = (self.pace * THROTTLED).max(SLOWEST);
            self.tokens = self.tokens.min(0.0);
            self.slowed = Some(Instant::now());
        }
    }
}

impl Limit {
    /// One token stays for others: our clock and AWS's do not tick together.
    fn most(&self) -> f64 {
        (self.capacity - 1.0).max(1.0)
    }
}

/// The buckets that a call draws from.
///
/// Source: EC2 developer guide "Request throttling for the Amazon EC2 API", ELB "API throttling",
/// Route 53 developer guide "Quotas", CloudWatch user guide "Service quotas".
fn limits(operation: Operation) -> Vec<Limit> {
    const fn limit(bucket: &'static str, capacity: f64, refill: f64) -> Limit {
        Limit { bucket, capacity, refill }
    }
    match operation {
        Operation::CloudWatch(name) => vec![limit(name, 50.0, 50.0)],
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
        // AWS documents none: that of Route 53 Resolver.
        Operation::Route53Profiles(_) => vec![limit("route53profiles account", 5.0, 5.0)],
        Operation::Sts(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::Operation::{Ec2, Elbv2, Route53};
    use super::*;
    use crate::engine::{Class, Deadline, Stop};

    fn throttle() -> Failure {
        Failure::new(Class::Throttled, "Rate exceeded")
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_the_sdk_repeats_draws_a_token_and_slows_down() {
        let operation = Route53("ListResourceRecordSets");
        let (usual, repeating) = (Limiter::new(1), Limiter::new(1));
        for limiter in [&usual, &repeating] {
            for _ in 0..4 {
                limiter.acquire(operation).await.unwrap();
            }
        }
        let sent = Instant::now();
        tokio::time::sleep(Duration::from_millis(100)).await;
        for _ in 0..3 {
            repeating.repeat(operation, sent);
        }
        let usual = time_for(&usual, operation, 1).await;
        let repeating = time_for(&repeating, operation, 1).await;
        // Three tokens more, at three quarters of the rate of four a second.
        assert!(usual < 0.3 && (0.9..1.4).contains(&repeating), "{usual} {repeating}");
    }

    async fn time_for(limiter: &Limiter, operation: Operation, calls: u32) -> f64 {
        let start = Instant::now();
        for _ in 0..calls {
            limiter.acquire(operation).await.unwrap();
            limiter.learn(operation, Instant::now(), None);
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
    async fn a_throttle_takes_a_quarter_of_the_rate_and_success_restores_it() {
        let limiter = Limiter::new(1);
        time_for(&limiter, Route53("GetChange"), 4).await;
        let before = Instant::now();
        tokio::time::advance(Duration::from_millis(1)).await;
        // Three that were under way together are told the same.
        for _ in 0..3 {
            limiter.learn(Route53("GetChange"), Instant::now(), Some(&throttle()));
        }
        limiter.learn(Route53("GetChange"), before, Some(&throttle()));
        let slowed = time_for(&limiter, Route53("GetChange"), 1).await;
        assert!((slowed - 1.0 / (5.0 * SHARE * THROTTLED)).abs() < 0.05, "{slowed}");
        time_for(&limiter, Route53("GetChange"), 20).await;
        let restored = time_for(&limiter, Route53("GetChange"), 4).await;
        assert!((restored - 1.0).abs() < 0.05, "{restored}");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_notices_that_the_rate_has_changed() {
        let limiter = Limiter::new(1);
        time_for(&limiter, Ec2("CreateVpcEndpoint"), 3).await;
        let start = Instant::now();
        let throttling = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            limiter.learn(Ec2("CreateVpcEndpoint"), Instant::now(), Some(&throttle()));
        };
        let (got, ()) = tokio::join!(limiter.acquire(Ec2("CreateVpcEndpoint")), throttling);
        assert_eq!(got, Ok(()));
        let (plain, slow) = (1.0 / (0.3 * SHARE), 1.0 / (0.3 * SHARE * THROTTLED));
        let waited = start.elapsed().as_secs_f64();
        assert!(waited > plain + 0.5 && waited < plain + slow, "{waited}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_must_end_waits_for_no_distant_token_and_leaves_it_to_others() {
        let limiter = Limiter::new(1);
        time_for(&limiter, Ec2("CreateVpcEndpoint"), 3).await;
        let stop = Stop::new();
        let limits = Limits { deadline: Deadline::after(Duration::from_hours(1)), stop: stop.clone(), speed: 1 };
        let start = Instant::now();
        let stopping = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stop.set();
        };
        let (got, ()) = tokio::join!(limits.over(limiter.acquire(Ec2("CreateVpcEndpoint"))), stopping);
        assert_eq!((got, start.elapsed()), (Err(LimitReached), Duration::from_secs(1)));
        let hurried = Limits { deadline: Deadline::after(Duration::from_secs(1)), stop: Stop::new(), speed: 1 };
        assert_eq!(hurried.over(limiter.acquire(Ec2("CreateVpcEndpoint"))).await, Err(LimitReached));
        let waited = time_for(&limiter, Ec2("CreateVpcEndpoint"), 1).await;
        assert!(waited < 1.0 / (0.3 * SHARE), "{waited}: the tokens that nobody used are still there");
        // A token that is there soon is worth the wait, stop or not.
        time_for(&limiter, Route53("GetChange"), 4).await;
        assert_eq!(limits.over(limiter.acquire(Route53("GetChange"))).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_line_behind_other_calls_does_not_count_for_the_deadline() {
        let limiter = Limiter::new(1);
        let start = Instant::now();
        let runs = (0..100).map(|_| async {
            let limits = Limits { deadline: Deadline::after(Duration::from_secs(60)), stop: Stop::new(), speed: 1 };
            let got = limits.over(limiter.acquire(Ec2("CreateVpcEndpoint"))).await;
            (got, limits.are_reached())
        });
        for end in futures_util::future::join_all(runs).await {
            assert_eq!(end, (Ok(()), false));
        }
        assert!(start.elapsed() > Duration::from_secs(400), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_a_line_that_aws_slows_down_counts() {
        let limiter = Limiter::new(1);
        time_for(&limiter, Ec2("CreateVpcEndpoint"), 3).await;
        for _ in 0..8 {
            tokio::time::advance(Duration::from_millis(1)).await;
            limiter.learn(Ec2("CreateVpcEndpoint"), Instant::now(), Some(&throttle()));
        }
        let runs = (0..10).map(|_| async {
            let limits = Limits { deadline: Deadline::after(Duration::from_secs(60)), stop: Stop::new(), speed: 1 };
            limits.over(limiter.acquire(Ec2("CreateVpcEndpoint"))).await
        });
        let ends = futures_util::future::join_all(runs).await;
        assert!(ends.iter().filter(|end| end.is_err()).count() >= 8, "{ends:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_speed_divides_the_waits() {
        let (plain, fast) = (Limiter::new(1), Limiter::new(10));
        let slow = time_for(&plain, Ec2("DeleteVpcEndpoints"), 10).await;
        let quick = time_for(&fast, Ec2("DeleteVpcEndpoints"), 10).await;
        assert!((slow / quick - 10.0).abs() < 0.5, "{slow} against {quick}");
    }
}
