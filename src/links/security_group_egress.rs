//! A managed security group that lets nothing out, without the rules that AWS gives each new group.
//!
//! Where the link leaves its chain and the group stays, the group gets those rules back. What others do to the rules of a
//! group that lets all out is theirs.

use std::time::Duration;

use aws_sdk_ec2::types as ec2;
use serde::{Deserialize, Serialize};

use crate::aws::Operation::Ec2;
use crate::aws::{Account, Aws, is_not_found};
use crate::engine::{Change, Failure, Field, Link, Observed, Owner, Pace};

const REVOKE: &str = "RevokeSecurityGroupEgress";
const AUTHORIZE: &str = "AuthorizeSecurityGroupEgress";

/// The link.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEgress;

/// The group that is to let nothing out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spec {
    /// The managed group.
    pub group_id: String,
    /// Whether its VPC has IPv6 addresses.
    pub has_ipv6: bool,
}

/// A group that lets nothing out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The group.
    pub group_id: String,
    /// Whether AWS gave it a rule for IPv6 addresses, too: in a VPC that has some.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_ipv6: bool,
}

impl Link for NoEgress {
    type Client = Aws;
    type Spec = Spec;
    type State = State;

    fn describe(&self, _spec: &Spec, _state: Option<&State>) -> Vec<String> {
        vec!["let nothing out".to_owned()]
    }

    fn describe_removal(&self, _state: &State) -> Vec<String> {
        vec!["let everything out".to_owned()]
    }

    fn pace(&self) -> Pace {
        Pace { retry: Duration::from_secs(2), ..Pace::AT_ONCE }
    }

    async fn find(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<Option<State>, Failure> {
        let open = rules_out(aws.account(None)?, &spec.group_id).await?;
        Ok(open.is_empty().then(|| shut(spec)))
    }

    async fn read(&self, aws: &Aws, state: &State) -> Result<Observed<State>, Failure> {
        let open = rules_out(aws.account(None)?, &state.group_id).await?;
        Ok(if open.is_empty() { Observed::Ready(state.clone()) } else { Observed::Absent })
    }

    fn diff(&self, spec: &Spec, state: &State) -> Change {
        if spec.group_id == state.group_id { Change::None } else { Change::Replace(vec!["group_id"]) }
    }

    fn forecast(&self, _spec: &Spec, state: &State) -> State {
        state.clone()
    }

    async fn create(&self, aws: &Aws, _owner: &Owner, spec: &Spec) -> Result<State, Failure> {
        let account = aws.account(None)?;
        let ids = rules_out(account, &spec.group_id).await?;
        if !ids.is_empty() {
            let sent = account.ec2().revoke_security_group_egress().group_id(&spec.group_id);
            account.call(Ec2(REVOKE), sent.set_security_group_rule_ids(Some(ids)).send()).await?;
        }
        Ok(shut(spec))
    }

    async fn update(
        &self,
        _aws: &Aws,
        _owner: &Owner,
        _spec: &Spec,
        state: &State,
        _fields: &[Field],
    ) -> Result<State, Failure> {
        Ok(state.clone())
    }

    /// Gives the group back what AWS gave it; one that is gone needs nothing.
    async fn delete(&self, aws: &Aws, state: &State) -> Result<(), Failure> {
        let account = aws.account(None)?;
        let all = ec2::IpPermission::builder().ip_protocol("-1");
        let all = all.ip_ranges(ec2::IpRange::builder().cidr_ip("0.0.0.0/0").build());
        let all =
            if state.has_ipv6 { all.ipv6_ranges(ec2::Ipv6Range::builder().cidr_ipv6("::/0").build()) } else { all };
        let sent =
            account.ec2().authorize_security_group_egress().group_id(&state.group_id).ip_permissions(all.build());
        match account.call(Ec2(AUTHORIZE), sent.send()).await {
            Ok(_) => Ok(()),
            // Somebody was first.
            Err(failure) if is_not_found(&failure) || failure.code == "InvalidPermission.Duplicate" => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

fn shut(spec: &Spec) -> State {
    State { group_id: spec.group_id.clone(), has_ipv6: spec.has_ipv6 }
}

/// Ids of the rules that let something out of a group.
pub async fn rules_out(account: &Account, group_id: &str) -> Result<Vec<String>, Failure> {
    let found = account.security_group_rules(group_id).await?;
    let out = found.iter().filter(|rule| rule.is_egress() == Some(true));
    Ok(out.filter_map(|rule| rule.security_group_rule_id().map(str::to_owned)).collect())
}
