//! Every link that can be deleted and every setting that can be changed behind Terraform's back has a case that shows what
//! a refresh makes of it: exactly that differs, one apply heals it, and the next plans are empty.
//!
//! The cases are in `consumer_drift`, `service_drift` and the files beside them. This walks the catalogues and what real
//! runs record, and fails where a kind of link or a field of its state has neither a case nor a reason to have none.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::{LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerTypeEnum};
use privatelink::privatelink_connection::Decision;
use privatelink::privatelink_consumer::Consumer;
use privatelink::privatelink_service::Service;
use privatelink::resource::Composite;
use serde_json::{Value as Json, json};

use crate::consumer_setting::{Setting, USER};
use crate::core::{Plan, Terraform};
use crate::service_bench::Bench;

/// How a row is shown.
#[derive(Debug, Clone, Copy)]
enum By {
    /// A case with this title in one of the files, whose plan must say so in a line of `changes`.
    Case(&'static str, &'static str),
    /// There is none, because.
    Reason(&'static str),
}

use By::{Case, Reason};

const SOURCES: [&str; 19] = [
    include_str!("drift_matrix.rs"),
    include_str!("consumer_drift.rs"),
    include_str!("consumer_minimal.rs"),
    include_str!("service_drift.rs"),
    include_str!("consumer_connection.rs"),
    include_str!("consumer_acceptance.rs"),
    include_str!("consumer_addresses.rs"),
    include_str!("consumer_names.rs"),
    include_str!("consumer_profiles.rs"),
    include_str!("rare_drift.rs"),
    include_str!("service_existing.rs"),
    include_str!("service_acceptance.rs"),
    include_str!("service_certificates.rs"),
    include_str!("service_load_balancer.rs"),
    include_str!("service_protocols.rs"),
    include_str!("service_reach.rs"),
    include_str!("service_weights.rs"),
    include_str!("consumer_tags.rs"),
    include_str!("inputs/tags.rs"),
];

/// What identifies an object, or is fixed at its birth: nobody can change it.
const FIXED: By = Reason("fixed at its birth");
/// What AWS tells and nobody sets.
const TOLD: By = Reason("told by AWS, set by nobody");
/// The provider's own note, of which AWS knows nothing.
const OURS: By = Reason("the provider's own note");
/// A look at somebody else's object.
const LOOK: By = Reason("a look at somebody else's object: it is as it is seen");

/// The kind, the field of its state (`-` is the object itself), and how that is shown.
const MATRIX: &[(&str, &str, By)] = &[
    ("load_balancer", "-", Case("the load balancer is gone", "load balancer: create")),
    ("load_balancer", "arn", FIXED),
    ("load_balancer", "name", FIXED),
    ("load_balancer", "dns_name", TOLD),
    ("load_balancer", "zone_id", TOLD),
    ("load_balancer", "vpc_id", FIXED),
    ("load_balancer", "subnet_ids", Case("a zone less", "load balancer: subnets: add subnet-")),
    ("load_balancer", "addresses", FIXED),
    ("load_balancer", "availability_zones", TOLD),
    ("load_balancer", "security_groups", Reason("AWS gives none to one born without, and takes the last from none")),
    ("load_balancer", "lets_private_link_pass", Reason("a setting of security groups, which this one has none of")),
    (
        "load_balancer",
        "ip_address_type",
        Case("the load balancer has a family less", "load balancer: ip address type dualstack instead of ipv4"),
    ),
    (
        "load_balancer",
        "cross_zone",
        Case("load_balancing.cross_zone.enabled", "load balancer: cross-zone load balancing off instead of on"),
    ),
    (
        "load_balancer",
        "deletion_protection",
        Case("deletion_protection.enabled", "load balancer: deletion protection off instead of on"),
    ),
    (
        "load_balancer",
        "client_routing_policy",
        Case(
            "clients are sent elsewhere",
            "load balancer: client routing policy any_availability_zone instead of partial",
        ),
    ),
    (
        "load_balancer",
        "secondary_ips",
        Reason("AWS only adds to them: a plan that asks for fewer is an error, a case of service_load_balancer"),
    ),
    ("load_balancer", "zonal_shift", Case("a zonal shift is allowed", "load balancer: zonal shift off instead of on")),
    ("load_balancer", "access_logs", Case("logs are kept", "load balancer: access logs enabled off instead of on")),
    (
        "load_balancer",
        "source_nat_prefix",
        Case("the prefixes are switched off", "load balancer: prefixes for source NAT over IPv6 on"),
    ),
    ("load_balancer", "is_leaving", TOLD),
    ("load_balancer", "tags", Case("a tag changed", "load balancer: tag team = orders instead of other")),
    ("target_group", "-", Case("the group is gone", "target group https: create")),
    ("target_group", "arn", FIXED),
    ("target_group", "name", FIXED),
    ("target_group", "protocol", FIXED),
    ("target_group", "port", FIXED),
    ("target_group", "vpc_id", FIXED),
    (
        "target_group",
        "load_balancer_arn",
        Case("the listener forwards elsewhere", "target group https: serve load balancer orders-api-"),
    ),
    ("target_group", "is_ipv6", FIXED),
    ("target_group", "target_type", FIXED),
    (
        "target_group",
        "health_check",
        Case("health check's interval", "target group https: health check interval 30 instead of 10"),
    ),
    (
        "target_group",
        "deregistration_delay",
        Case("deregistration_delay.timeout_seconds", "target group https: deregistration delay 300 instead of 10"),
    ),
    (
        "target_group",
        "connection_termination",
        Case(
            "deregistration_delay.connection_termination.enabled",
            "target group https: connection termination off instead of on",
        ),
    ),
    (
        "target_group",
        "preserve_client_ip",
        Case("preserve_client_ip.enabled", "target group https: preserve client ip on instead of off"),
    ),
    (
        "target_group",
        "proxy_protocol_v2",
        Case("proxy_protocol_v2.enabled", "target group https: proxy protocol v2 off instead of on"),
    ),
    ("target_group", "stickiness", Case("stickiness.enabled", "target group https: stickiness off instead of on")),
    (
        "target_group",
        "cross_zone",
        Case(
            "load_balancing.cross_zone.enabled",
            "target group https: cross-zone load balancing use_load_balancer_config",
        ),
    ),
    (
        "target_group",
        "unhealthy_connection_termination",
        Case(
            "target_health_state.unhealthy.connection_termination.enabled",
            "target group https: unhealthy connection termination on instead of off",
        ),
    ),
    (
        "target_group",
        "unhealthy_draining_interval",
        Case(
            "unhealthy targets keep their connections",
            "target group https: unhealthy draining interval 0 instead of 60",
        ),
    ),
    (
        "target_group",
        "dns_failover",
        Case(
            "target_group_health.dns_failover.minimum_healthy_targets.count",
            "target group https: dns failover minimum healthy targets count 1 instead of off",
        ),
    ),
    (
        "target_group",
        "unhealthy_state_routing",
        Case(
            "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
            "target group https: unhealthy state routing minimum healthy targets percentage off instead of 50",
        ),
    ),
    ("target_group", "tags", Case("a tag removed", "target group https: add tag team = orders")),
    ("listener", "-", Case("the listener is gone", "listener https: create")),
    ("listener", "arn", FIXED),
    ("listener", "load_balancer_arn", FIXED),
    ("listener", "port", Case("the listener's port is changed", "listener https: port 443 instead of 444")),
    ("listener", "protocol", Case("the listener speaks TCP", "listener tls: protocol TLS instead of TCP")),
    ("listener", "target_group_arn", Case("the listener forwards elsewhere", "instead of stranger")),
    (
        "listener",
        "certificate_arn",
        Case(
            "another certificate is shown",
            "listener tls: certificate arn:aws:acm:us-east-1:111111111111:certificate/01234567",
        ),
    ),
    (
        "listener",
        "ssl_policy",
        Case(
            "another TLS policy is set",
            "listener tls: TLS policy ELBSecurityPolicy-TLS13-1-2-2021-06 instead of ELBSecurityPolicy-TLS13-1-3-2021-06",
        ),
    ),
    (
        "listener",
        "alpn_policy",
        Case("another ALPN policy is set", "listener tls: ALPN policy HTTP2Preferred instead of HTTP2Only"),
    ),
    ("listener", "tcp_idle_timeout_seconds", Case("the idle timeout is changed", ": TCP idle timeout ")),
    (
        "listener",
        "weight",
        Case("weights are shifted", "listener https: weight of its own target group 90 instead of 10"),
    ),
    (
        "listener",
        "weighted_target_groups",
        Case("another group is added", "listener https: no weight of target group green instead of 5"),
    ),
    (
        "listener",
        "trust_store_arn",
        Case("clients are not verified any more", "listener tls: mutual TLS with trust store clients"),
    ),
    (
        "listener",
        "ignores_client_expiry",
        Case("expired certificates pass", "listener tls: expired certificates of clients off instead of on"),
    ),
    ("additional_certificates", "-", Reason("a list that every listener over TLS has, and that goes with it")),
    ("additional_certificates", "listener_arn", Reason("the parent's id, fixed at its birth")),
    (
        "additional_certificates",
        "certificate_arns",
        Case("a certificate is added by hand", "additional certificates tls: remove arn:aws:acm:"),
    ),
    ("minimum_capacity", "-", Case("the reservation is gone", "minimum capacity: reserve 2750 units")),
    ("minimum_capacity", "load_balancer_arn", Reason("the parent's id, fixed at its birth")),
    (
        "minimum_capacity",
        "capacity_units",
        Case("more is reserved by hand", "minimum capacity: reserve 2750 units instead of 5500"),
    ),
    ("listener", "displaced", OURS),
    ("listener", "tags", Case("a tag is added", "listener https: remove tag intruder")),
    ("targets", "-", Case("all targets are deregistered", "targets https: register i-")),
    ("targets", "target_group_arn", Reason("the parent's id, fixed at its birth")),
    ("targets", "group_port", Reason("the group's port, fixed at its birth")),
    ("targets", "targets", Case("a stranger's target is registered", "targets https: deregister i-")),
    ("permissions", "-", Case("nobody is allowed", "permissions: allow arn:aws:iam::")),
    ("permissions", "service_id", Reason("the parent's id, fixed at its birth")),
    ("permissions", "principals", Case("everybody is allowed", "withdraw *")),
    (
        "permissions",
        "tags",
        Case("tags of a permission and a connection", "permissions: tag team = orders instead of else on arn:"),
    ),
    (
        "connections",
        "-",
        Reason("connections are of those who connect; rows of service_acceptance show who comes and goes"),
    ),
    ("connections", "service_id", Reason("the parent's id, fixed at its birth")),
    ("connections", "undecided", Case("three wait", "connections: accept vpce-")),
    ("connections", "accept", OURS),
    ("connections", "accepted", OURS),
    ("connections", "tags", OURS),
    (
        "connections",
        "mistagged",
        Case("tags of a permission and a connection", "connections: tag team = orders instead of else on vpce-"),
    ),
    ("notification", "-", Case("the notification is gone", "notification arn:aws:sns:")),
    ("notification", "id", FIXED),
    ("notification", "service_id", Reason("the parent's id, fixed at its birth")),
    ("notification", "endpoint_id", Reason("the parent's id, fixed at its birth")),
    ("notification", "topic_arn", Case("another topic", "topic arn:aws:sns:")),
    ("notification", "events", Case("other events", "events: ")),
    ("dns_verification", "-", Case("the name is removed", "dns verification: create")),
    ("dns_verification", "service_id", Reason("the parent's id, fixed at its birth")),
    ("dns_verification", "name", Case("the name is changed", "dns verification: ")),
    (
        "dns_verification",
        "state",
        Case("the verification failed", "dns verification: start the verification of orders.example.dev again"),
    ),
    (
        "dns_verification",
        "lost",
        Case("the verification is lost", "dns verification: start the verification of orders.example.dev again"),
    ),
    ("existing_load_balancers", "-", LOOK),
    ("existing_load_balancers", "load_balancers", LOOK),
    ("verification_record", "-", Case("the record is gone", "verification record: create TXT")),
    ("verification_record", "account", OURS),
    ("verification_record", "zone_id", FIXED),
    ("verification_record", "name", FIXED),
    ("verification_record", "value", Case("our value is gone, a stranger's is there", "verification record: ")),
    ("verification_record", "change_id", OURS),
    (
        "endpoint_service",
        "-",
        Reason(
            "the whole resource is planned anew: without_its_endpoint_service_the_resource_is_planned_anew_and_the_rest_is_removed",
        ),
    ),
    ("endpoint_service", "id", FIXED),
    ("endpoint_service", "arn", FIXED),
    ("endpoint_service", "service_name", FIXED),
    ("endpoint_service", "service_state", TOLD),
    (
        "endpoint_service",
        "load_balancer_arns",
        Case("a stranger's load balancer is attached", "endpoint service: load balancers: remove stranger"),
    ),
    (
        "endpoint_service",
        "acceptance_required",
        Case("acceptance is switched off", "endpoint service: acceptance required on instead of off"),
    ),
    (
        "endpoint_service",
        "private_dns_name",
        Case("a private name is set", "endpoint service: no private DNS name instead of"),
    ),
    ("endpoint_service", "private_dns_record", TOLD),
    ("endpoint_service", "private_dns_state", TOLD),
    (
        "endpoint_service",
        "supported_ip_address_types",
        Case("the service has a family less", "endpoint service: IP address types: add ipv6"),
    ),
    (
        "endpoint_service",
        "supported_regions",
        Case("a Region is added", "endpoint service: further Regions: remove us-west-2"),
    ),
    ("endpoint_service", "availability_zones", TOLD),
    ("endpoint_service", "availability_zone_ids", TOLD),
    ("endpoint_service", "base_endpoint_dns_names", TOLD),
    ("endpoint_service", "force_destroy", OURS),
    ("endpoint_service", "tags", Case("a tag is changed", "endpoint service: tag team = orders instead of")),
    (
        "connection",
        "-",
        Reason("a rejection is told and never undone: cases of consumer_acceptance and consumer_connection"),
    ),
    ("connection", "account", OURS),
    ("connection", "service_id", FIXED),
    ("connection", "service_region", FIXED),
    ("connection", "endpoint_id", FIXED),
    ("connection", "state", TOLD),
    ("connection", "rejects", OURS),
    ("connection", "connection_id", TOLD),
    ("connection", "endpoint_owner", TOLD),
    ("connection", "endpoint_region", TOLD),
    ("connection", "tags", Case("tags of a decided connection", "connection: tag customer = web instead of else")),
    ("network", "-", LOOK),
    ("network", "vpc_id", LOOK),
    ("network", "subnets", LOOK),
    ("network", "cidr_blocks", LOOK),
    ("network", "ipv6_cidr_blocks", LOOK),
    ("security_group", "-", Case("group deleted", "security group: create")),
    ("security_group", "id", FIXED),
    ("security_group", "arn", FIXED),
    ("security_group", "description", FIXED),
    ("security_group", "name", FIXED),
    ("security_group", "vpc_id", FIXED),
    ("security_group", "tags", Case("tag of the group", "security group: tag team = shop instead of else")),
    ("security_group_rules", "-", Case("last rule removed", "security group rules: allow tcp 443 from")),
    ("security_group_rules", "group_id", Reason("the parent's id, fixed at its birth")),
    (
        "security_group_rules",
        "ingress",
        Case("rule added", "security group rules: no longer allow tcp 22 from 0.0.0.0/0"),
    ),
    ("private_name", "-", LOOK),
    ("private_name", "service_name", LOOK),
    ("private_name", "service_region", LOOK),
    ("private_name", "names", LOOK),
    ("private_name", "verification", LOOK),
    ("private_name", "proved", LOOK),
    ("private_dns", "-", Case("private DNS off", "private dns: switch on for orders.example.dev")),
    ("private_dns", "endpoint_id", Reason("the parent's id, fixed at its birth")),
    ("private_dns", "private_dns_names", TOLD),
    (
        "private_dns",
        "inbound_resolver_only",
        Case(
            "S3 answers to resolvers alone",
            "private dns: for the whole VPC instead of only inbound resolver endpoints",
        ),
    ),
    ("security_group_egress", "-", Case("egress added", "security group egress: let nothing out")),
    ("security_group_egress", "group_id", FIXED),
    ("security_group_egress", "has_ipv6", OURS),
    ("hosted_zone", "-", Case("zone deleted", "hosted zone orders.internal: create")),
    ("hosted_zone", "zone_id", FIXED),
    ("hosted_zone", "name", FIXED),
    ("hosted_zone", "vpc_id", Case("association removed", "hosted zone orders.internal: VPC vpc-")),
    ("hosted_zone", "vpc_region", Case("association removed", "hosted zone orders.internal: VPC vpc-")),
    ("hosted_zone", "account", OURS),
    ("hosted_zone", "change_id", OURS),
    ("hosted_zone", "uid", OURS),
    ("hosted_zone", "tags", Case("tag of the zone", "hosted zone orders.internal: tag team = shop instead of else")),
    ("existing_zone", "-", Reason("told by name, for it is not ours to make: a_given_zone_that_is_gone_is_named")),
    ("existing_zone", "account", OURS),
    ("existing_zone", "zone_id", LOOK),
    ("existing_zone", "name", LOOK),
    ("zone_association", "-", Case("a further VPC is dissociated", "let VPC vpc-")),
    ("zone_association", "account", OURS),
    ("zone_association", "zone_id", FIXED),
    ("zone_association", "vpc_id", FIXED),
    ("zone_association", "vpc_region", FIXED),
    ("zone_association", "made", OURS),
    ("zone_association", "authorized", OURS),
    ("zone_association", "change_id", OURS),
    ("zone_association", "uid", OURS),
    ("additional_certificates", "default_arn", TOLD),
    ("profile_association", "-", Case("out of the Profile", "profile association: associate with rp-")),
    ("profile_association", "id", FIXED),
    ("profile_association", "profile_id", FIXED),
    ("profile_association", "resource_arn", FIXED),
    ("records", "-", Case("record deleted", "records orders.internal: create ")),
    ("records", "account", OURS),
    ("records", "endpoint_id", Reason("the parent's id, fixed at its birth")),
    ("records", "zone_id", FIXED),
    ("records", "records", Case("value changed", "instead of -> ")),
    ("records", "change_id", OURS),
    ("endpoint", "-", Reason("the whole resource is planned anew: cases of consumer_minimal and consumer_acceptance")),
    ("endpoint", "id", FIXED),
    ("endpoint", "arn", FIXED),
    ("endpoint", "state", TOLD),
    ("endpoint", "vpc_id", FIXED),
    ("endpoint", "owner_id", FIXED),
    ("endpoint", "service_name", FIXED),
    ("endpoint", "service_region", FIXED),
    ("endpoint", "subnet_ids", Case("subnet removed", "endpoint: subnets: add subnet-")),
    ("endpoint", "security_group_ids", Case("group added", "endpoint: security groups: remove sg-")),
    (
        "endpoint",
        "ip_address_type",
        Case("the endpoint has a family less", "endpoint: IP address type dualstack instead of ipv4"),
    ),
    (
        "endpoint",
        "dns_record_ip_type",
        Case("the endpoint's names have a family less", "endpoint: IP addresses in DNS records dualstack instead of"),
    ),
    ("endpoint", "policy", Case("policy changed", "endpoint: policy ")),
    ("endpoint", "dns_name", TOLD),
    ("endpoint", "hosted_zone_id", TOLD),
    ("endpoint", "zonal_dns_names", TOLD),
    ("endpoint", "private_dns_names", TOLD),
    ("endpoint", "private_dns_enabled", Case("private DNS on", "endpoint: private DNS off instead of on")),
    ("endpoint", "network_interfaces", TOLD),
    ("endpoint", "network_interface_ids", TOLD),
    ("endpoint", "tags", Case("tag removed", "endpoint: add tag ")),
    ("endpoint", "named", Case("the names in the owner tags are changed", ": owner tags: name ")),
    ("hosted_zone", "named", Case("the names in the owner tags are changed", ": owner tags: name ")),
    ("security_group", "named", Case("the names in the owner tags are changed", ": owner tags: name ")),
    ("endpoint_service", "named", Case("the owner tags name another service", ": owner tags: name ")),
    ("listener", "named", Case("the owner tags name another service", ": owner tags: name ")),
    ("load_balancer", "named", Case("the owner tags name another service", ": owner tags: name ")),
    ("target_group", "named", Case("the owner tags name another service", ": owner tags: name ")),
];

fn matrix() -> BTreeMap<(&'static str, &'static str), By> {
    let mut rows = BTreeMap::new();
    for (kind, field, by) in MATRIX {
        assert!(rows.insert((*kind, *field), *by).is_none(), "{kind} {field} stands twice");
    }
    rows
}

/// Kinds of recorded links with the fields of their states.
fn fields(side: &Terraform, name: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    for (link, text) in side.state(name)["record"].as_object().unwrap() {
        if ["owner_uid", "retired"].contains(&link.as_str()) {
            continue;
        }
        let entry: Json = serde_json::from_str(text.as_str().unwrap()).unwrap();
        let kind = link.split('.').next().unwrap().to_owned();
        let fields = entry["state"].as_object().unwrap().keys().cloned();
        found.entry(kind).or_default().extend(fields);
    }
}

#[tokio::test(start_paused = true)]
async fn every_link_and_every_setting_has_its_case_of_drift() {
    let mut found = BTreeMap::new();
    let mut setting = Setting::named(71).await;
    fields(&setting.owner, "api", &mut found);
    let whole = setting.config(json!({
        "ingress": [{"port": 443, "cidr_ipv4": "10.20.0.0/16"}],
        "accept": {"peer_account": "service"},
        "private_dns_enabled": true,
        "dns": [{"zone_name": "orders.internal", "record": [{"name": "@"}, {"name": "api", "ttl_seconds": 60}]}],
        "tags": {"team": "shop"},
    }));
    setting.apply(&whole).await;
    fields(&setting.user, "orders", &mut found);
    setting.destroy().await;
    let mut setting = Setting::open(72).await;
    let zone = setting.zone(USER, "shop.internal").await;
    let given = setting.config(json!({"dns": [{"zone_id": zone, "record": [{"name": "orders"}]}]}));
    setting.apply(&given).await;
    fields(&setting.user, "orders", &mut found);
    let bench = Bench::plain(73).await;
    fields(&bench.terraform, "api", &mut found);

    let catalogues = [Service::catalogue(), Consumer::catalogue(), Decision::catalogue()];
    let kinds: BTreeSet<String> =
        catalogues.iter().flat_map(|catalogue| catalogue.kinds().map(str::to_owned).collect::<Vec<_>>()).collect();
    let mut wanted: BTreeSet<(String, String)> = kinds.iter().map(|kind| (kind.clone(), "-".to_owned())).collect();
    for (kind, fields) in &found {
        wanted.extend(fields.iter().map(|field| (kind.clone(), field.clone())));
    }
    let rows = matrix();
    let missing: Vec<_> =
        wanted.iter().filter(|(kind, field)| !rows.contains_key(&(kind.as_str(), field.as_str()))).collect();
    assert!(missing.is_empty(), "neither a case nor a reason: {missing:#?}");
    for ((kind, field), by) in &rows {
        let known = kinds.contains(*kind);
        assert!(known, "{kind} {field}: there is no such kind");
        match by {
            Case(title, _) => assert!(
                // Its row in here does not count.
                SOURCES.iter().any(|source| {
                    source.replace(&format!("Case(\"{title}\""), "").contains(&format!("\"{title}\""))
                }),
                "{kind} {field}: no case is called {title:?}"
            ),
            Reason(why) => assert!(why.len() > 10, "{kind} {field}"),
        }
    }
    let cases = rows.values().filter(|by| matches!(by, Case(..))).count();
    println!("{} rows, {cases} with a case, {} with a reason", rows.len(), rows.len() - cases);
}

/// Expects that drift of this title was there and that the plan says what it does about it.
pub(crate) fn expect_row(terraform: &Terraform, name: &str, title: &str, plan: &Plan) {
    let lines = plan.planned.get("changes").as_list().unwrap_or_default().iter();
    let lines: Vec<String> = lines.filter_map(|line| line.as_str().map(str::to_owned)).collect();
    let Some(applied) = terraform.applied(name) else { return };
    assert_row(title, applied, &terraform.state(name)["record"], &lines);
}

/// Expects of a case of drift that its rows' settings differ from what was recorded, and that the plan says in words what
/// it does about each.
fn assert_row(title: &str, applied: &Json, refreshed: &Json, changes: &[String]) {
    let rows: Vec<_> = MATRIX.iter().filter(|(_, _, by)| matches!(by, Case(known, _) if *known == title)).collect();
    if rows.is_empty() {
        return;
    }
    let touched = |kind: &str, field: &str| {
        applied.as_object().unwrap().iter().filter(|(link, _)| link.split('.').next() == Some(kind)).any(
            |(link, old)| {
                let state =
                    |entry: &Json| serde_json::from_str::<Json>(entry.as_str().unwrap()).unwrap()["state"].clone();
                match refreshed.get(link) {
                    None => true,
                    Some(new) if field == "-" => state(old) != state(new),
                    Some(new) => state(old).get(field) != state(new).get(field),
                }
            },
        )
    };
    let touched: Vec<_> = rows.iter().filter(|(kind, field, _)| touched(kind, field)).collect();
    assert!(!touched.is_empty(), "{title}: nothing of {rows:?} differs");
    for (kind, field, by) in touched {
        let Case(_, words) = by else { continue };
        assert!(
            changes.iter().any(|line| line.contains(words)),
            "{title}, {kind} {field}: no {words:?} in {changes:#?}"
        );
    }
}

/// What a case of a link must say: that the plan names this link and no other.
fn names_only(told: &str, link: &str) {
    assert!(told.contains(&format!("\n  links: {link}\n")), "{told}");
}

#[tokio::test(start_paused = true)]
async fn drift_of_rarely_changed_settings_of_a_service_is_named_and_healed() {
    let mut bench = Bench::plain(74).await;
    let arn = bench.link("load_balancer")["arn"].as_str().unwrap().to_owned();
    let elbv2 = bench.elbv2();
    let set = |pairs: &[(&str, &str)]| {
        let attribute = |(key, value): &(&str, &str)| LoadBalancerAttribute::builder().key(*key).value(*value).build();
        let all = pairs.iter().map(attribute).collect();
        elbv2.modify_load_balancer_attributes().load_balancer_arn(&arn).set_attributes(Some(all)).send()
    };
    set(&[("dns_record.client_routing_policy", "partial_availability_zone_affinity")]).await.unwrap();
    names_only(&bench.heal("clients are sent elsewhere").await, "load_balancer");
    set(&[("zonal_shift.config.enabled", "true")]).await.unwrap();
    names_only(&bench.heal("a zonal shift is allowed").await, "load_balancer");
    set(&[("access_logs.s3.enabled", "true"), ("access_logs.s3.bucket", "somebody-s")]).await.unwrap();
    names_only(&bench.heal("logs are kept").await, "load_balancer");

    let service = bench.state()["id"].as_str().unwrap().to_owned();
    let ec2 = bench.ec2();
    let modify = || ec2.modify_vpc_endpoint_service_configuration().service_id(&service);
    modify().add_supported_regions("us-west-2").send().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    names_only(&bench.heal("a Region is added").await, "endpoint_service");
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;

    let subnet = bench.land.ids["provider_subnet_ids"][0].as_str().unwrap().to_owned();
    let made = elbv2.create_load_balancer().name("stranger").r#type(LoadBalancerTypeEnum::Network);
    let made = made.scheme(LoadBalancerSchemeEnum::Internal).subnets(subnet).send().await.unwrap();
    let stranger = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    tokio::time::sleep(std::time::Duration::from_secs(900)).await;
    modify().add_network_load_balancer_arns(&stranger).send().await.unwrap();
    names_only(&bench.heal("a stranger's load balancer is attached").await, "endpoint_service");
    elbv2.delete_load_balancer().load_balancer_arn(&stranger).send().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1200)).await;
    bench.destroy().await;
}
