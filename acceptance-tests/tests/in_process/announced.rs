//! What a plan does not say must not happen: every call of an apply that changes something is matched with a line of the
//! plan's `changes`.

use std::cell::Cell;

use acceptance_tests::simulator::audit::Call;
use privatelink::value::Value;

/// The objects whose lines announce an operation.
const OPERATIONS: &[(&str, &[&str])] = &[
    ("CreateVpcEndpoint", &["endpoint"]),
    ("ModifyVpcEndpoint", &["endpoint", "private dns"]),
    ("DeleteVpcEndpoints", &["endpoint"]),
    ("CreateVpcEndpointServiceConfiguration", &["endpoint service"]),
    ("ModifyVpcEndpointServiceConfiguration", &["endpoint service"]),
    ("DeleteVpcEndpointServiceConfigurations", &["endpoint service"]),
    ("ModifyVpcEndpointServicePermissions", &["permissions"]),
    ("CreateVpcEndpointConnectionNotification", &["notification"]),
    ("ModifyVpcEndpointConnectionNotification", &["notification"]),
    ("DeleteVpcEndpointConnectionNotifications", &["notification"]),
    ("StartVpcEndpointServicePrivateDnsVerification", &["dns verification"]),
    ("AcceptVpcEndpointConnections", &["connection", "connections"]),
    ("RejectVpcEndpointConnections", &["connection", "connections"]),
    ("AssociateResourceToProfile", &["profile association"]),
    ("DisassociateResourceFromProfile", &["profile association"]),
    // A default one that becomes a further one.
    ("AddListenerCertificates", &["additional certificates", "listener"]),
    ("RemoveListenerCertificates", &["additional certificates"]),
    ("ModifyCapacityReservation", &["minimum capacity"]),
    ("CreateSecurityGroup", &["security group"]),
    ("DeleteSecurityGroup", &["security group"]),
    ("AuthorizeSecurityGroupEgress", &["security group egress"]),
    ("RevokeSecurityGroupEgress", &["security group egress"]),
    ("AuthorizeSecurityGroupIngress", &["security group rules"]),
    ("RevokeSecurityGroupIngress", &["security group rules"]),
    ("UpdateSecurityGroupRuleDescriptionsIngress", &["security group rules"]),
    ("CreateLoadBalancer", &["load balancer"]),
    ("SetSubnets", &["load balancer"]),
    ("SetSecurityGroups", &["load balancer"]),
    ("SetIpAddressType", &["load balancer"]),
    ("ModifyLoadBalancerAttributes", &["load balancer"]),
    ("DeleteLoadBalancer", &["load balancer"]),
    ("CreateTargetGroup", &["target group"]),
    ("ModifyTargetGroup", &["target group"]),
    ("ModifyTargetGroupAttributes", &["target group"]),
    ("DeleteTargetGroup", &["target group"]),
    ("RegisterTargets", &["targets"]),
    ("DeregisterTargets", &["targets"]),
    ("CreateListener", &["listener"]),
    ("ModifyListener", &["listener"]),
    ("ModifyListenerAttributes", &["listener"]),
    ("DeleteListener", &["listener"]),
    ("CreateHostedZone", &["hosted zone"]),
    ("DeleteHostedZone", &["hosted zone"]),
    ("ChangeResourceRecordSets", &["records", "verification record"]),
    ("AssociateVPCWithHostedZone", &["zone association", "hosted zone"]),
    ("DisassociateVPCFromHostedZone", &["zone association", "hosted zone"]),
    ("CreateVPCAssociationAuthorization", &["zone association"]),
    ("DeleteVPCAssociationAuthorization", &["zone association"]),
];

/// Operations on tags, of which any object's line about tags, or about its creation, speaks.
const TAGGING: [&str; 5] = ["CreateTags", "DeleteTags", "AddTags", "RemoveTags", "ChangeTagsForResource"];

thread_local! {
    /// Applies that run in this test, and those that began so far.
    static APPLIES: Cell<(u32, u64)> = const { Cell::new((0, 0)) };
}

/// One apply, or what a person does by hand: its calls are its own only while nothing else runs in the same test.
pub(crate) struct Apply {
    began_alone: bool,
    number: u64,
}

impl Apply {
    pub(crate) fn begin() -> Self {
        let (running, begun) = APPLIES.get();
        APPLIES.set((running + 1, begun + 1));
        Self { began_alone: running == 0, number: begun + 1 }
    }

    pub(crate) fn is_alone(&self) -> bool {
        self.began_alone && APPLIES.get().1 == self.number
    }
}

impl Drop for Apply {
    fn drop(&mut self) {
        let (running, begun) = APPLIES.get();
        APPLIES.set((running.saturating_sub(1), begun));
    }
}

/// Calls that no line of a plan announced.
pub(crate) fn unannounced(planned: &Value, calls: &[Call]) -> Vec<String> {
    if planned.get("changes").is_unknown() {
        return vec!["the plan's changes are not known".to_owned()];
    }
    // After an import nothing was changed yet.
    let lines: Vec<&str> = planned.get("changes").as_list().into_iter().flatten().filter_map(Value::as_str).collect();
    let writes = calls.iter().filter(|call| call.mutating && call.service != "sts" && !is_note(call));
    writes.filter(|call| !is_announced(call, &lines)).map(|call| format!("{} of {lines:#?}", call.operation)).collect()
}

/// What the provider leaves for itself on the object that stands for a run: who works, until when.
pub(crate) fn is_note(call: &Call) -> bool {
    !call.tag_keys.is_empty() && call.tag_keys.iter().all(|key| key.starts_with("privatelink:run"))
}

fn is_announced(call: &Call, lines: &[&str]) -> bool {
    if TAGGING.contains(&call.operation.as_str()) {
        // A claim is a tag and nothing else. What may change may change its tags.
        let about_tags = |line: &&str| line.contains("tag") || line.starts_with("private dns claim: ");
        return lines.iter().any(|line| about_tags(line) || is_making(line) || line.contains("may change with"));
    }
    let operation = OPERATIONS.iter().find(|(operation, _)| *operation == call.operation);
    let (_, objects) = operation.unwrap_or_else(|| panic!("no line is known to announce {}", call.operation));
    let about = |line: &&&str| {
        let name = line.split(": ").next().unwrap_or_default();
        objects
            .iter()
            .any(|object| name == *object || name.strip_prefix(object).is_some_and(|key| key.starts_with(' ')))
    };
    let mut about = lines.iter().filter(about);
    match call.operation.strip_prefix("Create") {
        // A creation needs a line that says so.
        Some(_) => about.any(|line| is_making(line) || line.contains("may change with") || line.contains("let VPC")),
        None => about.next().is_some(),
    }
}

fn is_making(line: &str) -> bool {
    [": create", ": make a new one", ": remove it and make it anew", ": accept endpoint"]
        .iter()
        .any(|words| line.contains(words))
}
