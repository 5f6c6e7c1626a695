//! How long AWS takes: the distributions of the facts, section 5.2, as named constants.
//!
//! A [`Span`] is drawn once per object with the seed. Half of the draws fall below P50, 95 % below P95, and the tail reaches
//! the worst case, rarely.

use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Describes a duration by its median, its 95th percentile and its worst case, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    p50: u64,
    p95: u64,
    worst: u64,
}

const fn seconds(p50: u64, p95: u64, worst: u64) -> Span {
    Span { p50: p50 * 1000, p95: p95 * 1000, worst: worst * 1000 }
}

impl Span {
    /// Half of the draws are shorter.
    pub const fn median(self) -> Duration {
        Duration::from_millis(self.p50)
    }

    /// No draw is longer.
    pub const fn worst(self) -> Duration {
        Duration::from_millis(self.worst)
    }

    /// Draws one duration.
    pub fn draw(self, rng: &mut ChaCha8Rng) -> Duration {
        let roll: f64 = rng.random();
        let within = |low: u64, high: u64, share: f64| {
            let width = Duration::from_millis(high.saturating_sub(low));
            Duration::from_millis(low) + width.mul_f64(share.clamp(0.0, 1.0))
        };
        if roll < 0.5 {
            within(self.p50 / 2, self.p50, roll / 0.5)
        } else if roll < 0.95 {
            within(self.p50, self.p95, (roll - 0.5) / 0.45)
        } else {
            // Cubed: the worst case exists, most of the tail is near P95.
            within(self.p95, self.worst, ((roll - 0.95) / 0.05).powi(3))
        }
    }
}

/// Network load balancer, provisioning → active.
pub const LOAD_BALANCER_PROVISIONING: Span = seconds(120, 200, 600);
/// Association of a security group with a further VPC, and its end; *assumed*.
pub const GROUP_VPC_CHANGE: Span = seconds(2, 10, 30);
/// Association of an endpoint with a Route 53 Profile, CREATING → COMPLETE; *assumed*.
pub const PROFILE_ASSOCIATION: Span = seconds(15, 60, 180);
/// The same, DELETING → gone; *assumed*.
pub const PROFILE_DISASSOCIATION: Span = seconds(15, 60, 180);
/// Network load balancer, delete → `LoadBalancerNotFound`.
pub const LOAD_BALANCER_DELETION: Span = seconds(3, 20, 30);
/// Network load balancer, delete → its interfaces released.
pub const LOAD_BALANCER_INTERFACES_RELEASE: Span = seconds(90, 300, 900);
/// Network load balancer, zone added → usable.
pub const LOAD_BALANCER_ADD_ZONE: Span = seconds(120, 240, 300);
/// Network load balancer, zone removed.
pub const LOAD_BALANCER_REMOVE_ZONE: Span = seconds(90, 180, 200);
/// Capacity reservation, pending → provisioned. Source: network load balancer user guide, "most within an hour".
pub const CAPACITY_PROVISIONING: Span = seconds(600, 3600, 10_800);
/// Target, initial → healthy.
pub const TARGET_HEALTHY: Span = seconds(90, 240, 300);
/// Endpoint service, created → endpoints can really be made.
pub const SERVICE_USABLE: Span = seconds(45, 180, 240);
/// Endpoint service, Deleting → Deleted.
pub const SERVICE_DELETION: Span = seconds(10, 60, 90);
/// Endpoint service, how long a Deleted one stays listed. *Assumed.*
pub const SERVICE_LINGER: Span = seconds(600, 600, 600);
/// Allowed principals, change → what another account's calls meet; only where replicas lag. Source:
/// `TestAccVPCEndpointConnectionAccepter_crossAccount` of hashicorp/aws, whose endpoint comes right after its permission.
pub const PERMISSION_VISIBLE: Span = seconds(0, 1, 2);
/// Endpoint, pending → available.
pub const ENDPOINT_AVAILABLE: Span = seconds(50, 150, 600);
/// Connection, endpoint created → the provider's account sees it.
pub const CONNECTION_VISIBLE: Span = seconds(2, 15, 30);
/// Connection, accepted → available.
pub const ACCEPT_AVAILABLE: Span = seconds(30, 90, 120);
/// Endpoint, subnets modified → available.
pub const MODIFY_SUBNETS: Span = seconds(60, 150, 300);
/// Endpoint, security groups modified → its interfaces let go of the groups it left. It stays available meanwhile.
pub const MODIFY_SECURITY_GROUPS: Span = seconds(10, 40, 60);
/// Endpoint, private DNS modified → available.
pub const MODIFY_PRIVATE_DNS: Span = seconds(30, 120, 180);
/// Endpoint, deleted → its interfaces released.
pub const ENDPOINT_INTERFACES_RELEASE: Span = seconds(75, 240, 900);
/// Endpoint, how long a deleted one stays listed. *Assumed.*
pub const ENDPOINT_LINGER: Span = seconds(300, 3600, 3600);
/// Hidden private zone, how long it outlives the interfaces. *Assumed.*
pub const HIDDEN_ZONE_LINGER: Span = seconds(30, 30, 30);
/// Domain verification, asked for with the TXT record in place → verified.
pub const VERIFICATION: Span = seconds(60, 600, 900);
/// Domain verification without being asked for. *Assumed.*
pub const VERIFICATION_BY_ITSELF: Span = seconds(900, 86_400, 86_400);
/// Endpoint's private name, enabled → resolves.
pub const PRIVATE_DNS_RESOLVABLE: Span = seconds(60, 180, 300);
/// Endpoint policy, set → effective.
pub const POLICY_EFFECT: Span = seconds(60, 300, 600);
/// Route 53, how long a zone is busy with a change before it takes the next one. Source: quotas page, "Route 53 can't process a
/// request before the next request arrives"; records of one zone are made by the hundred within minutes. The figures are *assumed*.
pub const ZONE_PROCESSING: Span = seconds(1, 2, 3);
/// Route 53, PENDING → INSYNC.
pub const RECORD_INSYNC: Span = seconds(35, 90, 600);
/// Read-after-write lag of most new objects.
pub const CREATED_VISIBLE: Span = seconds(1, 5, 10);
/// Read-after-write lag of a security group.
pub const SECURITY_GROUP_VISIBLE: Span = seconds(1, 10, 30);
/// Instance, pending → running.
pub const INSTANCE_RUNNING: Span = seconds(12, 40, 60);
/// Instance, shutting-down → terminated.
pub const INSTANCE_TERMINATION: Span = seconds(30, 60, 120);
/// Instance, how long a terminated one stays listed.
pub const INSTANCE_LINGER: Span = seconds(3600, 3600, 3600);
/// Supported Region of a service, Pending → Available, Deleting → Closed. *Assumed.*
pub const SUPPORTED_REGION_CHANGE: Span = seconds(30, 120, 300);

/// Metrics, the end of a minute → its data are there. *Assumed:* the guide promises one-minute data, not when they come.
pub const METRICS_VISIBLE: Span = seconds(60, 120, 300);

/// Time on the wire of one call.
pub const CALL_LATENCY: Span = Span { p50: 60, p95: 400, worst: 2000 };

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn draws_respect_median_percentile_and_worst_case() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let draws: Vec<Duration> = (0..4000).map(|_| ENDPOINT_AVAILABLE.draw(&mut rng)).collect();
        let below = |limit: u64| draws.iter().filter(|d| **d <= Duration::from_secs(limit)).count();
        assert!((1800..2200).contains(&below(50)));
        assert!((3700..3900).contains(&below(150)));
        assert_eq!(below(600), 4000);
        assert!(draws.iter().all(|d| d.as_secs() >= 25));
    }
}
