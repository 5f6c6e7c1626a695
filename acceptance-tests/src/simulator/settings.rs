//! What AWS does not document, as settings; the default is the stricter reading (facts, section 19).
//!
//! Each field says which reading it stands for. [`Settings::calm`] switches off what disturbs (lag, backward steps, short
//! pages, disorder, buckets, latency); transitions and rules stay.

use serde::{Deserialize, Serialize};

use super::limit::{Limit, limit};

/// Holds the readings of one world.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, named where they are set")]
pub struct Settings {
    /// Read-after-write lag, one backward step per object, items that vanish for one read.
    pub lag: bool,
    /// Short and empty pages, lists in no order.
    pub disorder: bool,
    /// Token buckets.
    pub buckets: bool,
    /// Time on the wire of each call.
    pub latency: bool,
    /// Durations are drawn from their distributions (else: each is the median).
    pub spread: bool,
    /// Every duration and lag is the longest of its distribution, every object vanishes from one read and steps back once,
    /// and every replica of a zone lags until the change is INSYNC.
    pub longest: bool,
    /// The share of every bucket that other people of the accounts use up, from 0 to below 1.
    pub neighbour: f64,
    /// Bucket of all PrivateLink changes of the organization; its size is not published.
    pub organization_bucket: Option<Limit>,
    /// How many hours a ClientToken is remembered.
    pub client_token_hours: u64,
    /// How many times longer than drawn deleted things stay listed and their names taken.
    pub linger_factor: f64,
    /// Readings of the service modules by name; see their documentation for names and defaults.
    pub readings: Readings,
}

/// Holds the undocumented readings the service modules ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent readings, named where they are set")]
pub struct Readings {
    /// Accepting a connection that is not waiting is an item error (else: success).
    pub accept_again_is_an_error: bool,
    /// A rejected connection can be accepted later.
    pub accept_after_reject: bool,
    /// Removing a principal cuts connections that were accepted automatically.
    pub removed_principal_disconnects: bool,
    /// RemovePrivateDnsName is refused while an endpoint uses the name.
    pub private_name_held_by_endpoints: bool,
    /// Adding a subnet or security group the endpoint already has is an error.
    pub present_addition_is_an_error: bool,
    /// An endpoint policy on a customer's service is refused with `InvalidPolicyDocument` (else: ignored).
    pub endpoint_policy_is_refused: bool,
    /// An empty PrivateDnsName is an error (else: silently no change).
    pub empty_private_name_is_an_error: bool,
    /// The `vpc-endpoint-id` filter of DescribeVpcEndpointConnections is refused (TF PR#48442).
    pub connection_id_filter_is_refused: bool,
    /// Endpoints per VPC.
    pub endpoints_per_vpc: usize,
    /// Security groups per network interface.
    pub security_groups_per_interface: usize,
    /// The caller may use `vpce:AllowMultiRegion`.
    pub multi_region_allowed: bool,
    /// Rules per security group.
    pub rules_per_security_group: usize,
    /// Organization ARNs are allowed principals (else: `InvalidPrincipal`).
    pub organization_principals: bool,
    /// Security groups of an endpoint can be changed before its connection is accepted (else: `IncorrectState`).
    pub modify_groups_before_acceptance: bool,
    /// A hosted zone takes no change until the one before is INSYNC (else: for the second or two that Route 53 processes it). The
    /// stricter reading is not the default: under it, the hundreds of records that people make in one zone would take hours.
    pub zone_is_busy_until_in_sync: bool,
    /// Associating a VPC with a zone it already has is `ConflictingDomainExists` (else: success).
    pub associating_again_is_an_error: bool,
    /// A load balancer that is not active yet is `InvalidNetworkLoadBalancerArn.NotFound` for a service (else: `InvalidParameter`).
    pub inactive_load_balancer_is_not_found: bool,
    /// Endpoints that were rejected, failed or expired count against the quota of their VPC.
    pub dead_endpoints_fill_the_quota: bool,
    /// A ClientToken gives its first answer again even when what was made is gone (else: it makes another).
    pub client_token_outlives_its_object: bool,
    /// After how many hours a request that nobody answers is `expired`.
    pub unanswered_request_hours: u64,
    /// Code of the refusals whose code nobody confirmed (last load balancer, closed Region, missing address family, subnet under
    /// endpoints), instead of the likely one.
    pub unconfirmed_code: Option<String>,
    /// UDP listeners go on a dualstack load balancer.
    pub udp_on_dualstack: bool,
    /// An endpoint's hidden zone has the same id each time private DNS is switched on.
    pub hidden_zone_id_is_stable: bool,
    /// A target with nothing but its VPC's default group, as it was born, lets load balancers in: **more lenient than AWS**, for worlds
    /// whose instances were started without a thought of groups.
    pub default_group_admits_load_balancers: bool,
    /// A deleted load balancer keeps its name while Describe still shows it.
    pub deleted_load_balancer_holds_its_name: bool,
}

impl Default for Readings {
    fn default() -> Self {
        Self {
            accept_again_is_an_error: true,
            accept_after_reject: false,
            removed_principal_disconnects: false,
            private_name_held_by_endpoints: true,
            present_addition_is_an_error: true,
            endpoint_policy_is_refused: true,
            empty_private_name_is_an_error: true,
            connection_id_filter_is_refused: true,
            endpoints_per_vpc: 50,
            security_groups_per_interface: 5,
            multi_region_allowed: true,
            rules_per_security_group: 60,
            organization_principals: false,
            modify_groups_before_acceptance: false,
            zone_is_busy_until_in_sync: false,
            associating_again_is_an_error: true,
            inactive_load_balancer_is_not_found: false,
            dead_endpoints_fill_the_quota: true,
            client_token_outlives_its_object: true,
            unanswered_request_hours: 7 * 24,
            unconfirmed_code: None,
            udp_on_dualstack: false,
            hidden_zone_id_is_stable: false,
            default_group_admits_load_balancers: true,
            deleted_load_balancer_holds_its_name: true,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lag: true,
            disorder: true,
            buckets: true,
            latency: true,
            spread: true,
            longest: false,
            neighbour: 0.0,
            organization_bucket: Some(limit(20.0, 2.0)),
            client_token_hours: 24,
            linger_factor: 1.0,
            readings: Readings::default(),
        }
    }
}

impl Settings {
    /// A calm world in which everything takes the time that it typically takes: what is counted there depends
    /// on no luck.
    pub fn typical() -> Self {
        Self { spread: false, ..Self::calm() }
    }

    /// A strict world at its slowest: whatever may lag, does, for as long as it can.
    pub fn slowest() -> Self {
        Self { longest: true, ..Self::default() }
    }

    /// A strict world whose accounts are shared with others, who use up half of every bucket.
    pub fn crowded() -> Self {
        Self { neighbour: 0.5, ..Self::default() }
    }

    /// Switches off what disturbs; transitions and rules stay.
    pub fn calm() -> Self {
        Self { lag: false, disorder: false, buckets: false, latency: false, ..Self::default() }
    }
}
