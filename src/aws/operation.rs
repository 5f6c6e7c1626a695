//! API operations by service: what a call is named in messages, limits and the error table.

use std::fmt;

/// An operation of one service, by AWS's name for it.
///
/// `account.call(Ec2("CreateVpcEndpoint"), …)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Of CloudWatch.
    CloudWatch(&'static str),
    /// Of EC2.
    Ec2(&'static str),
    /// Of Elastic Load Balancing, version 2.
    Elbv2(&'static str),
    /// Of Route 53.
    Route53(&'static str),
    /// Of Route 53 Profiles.
    Route53Profiles(&'static str),
    /// Of the Security Token Service.
    Sts(&'static str),
}

/// A service, for limits and the error table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// CloudWatch.
    CloudWatch,
    /// EC2.
    Ec2,
    /// Elastic Load Balancing, version 2.
    Elbv2,
    /// Route 53.
    Route53,
    /// Route 53 Profiles.
    Route53Profiles,
    /// Security Token Service.
    Sts,
}

impl Service {
    /// Its name in the addresses and the signatures of its calls.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CloudWatch => "monitoring",
            Self::Ec2 => "ec2",
            Self::Elbv2 => "elasticloadbalancing",
            Self::Route53 => "route53",
            Self::Route53Profiles => "route53profiles",
            Self::Sts => "sts",
        }
    }
}

/// Whether a call can change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It cannot.
    Read,
    /// It can.
    Write,
}

impl Operation {
    /// AWS's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CloudWatch(name)
            | Self::Ec2(name)
            | Self::Elbv2(name)
            | Self::Route53(name)
            | Self::Route53Profiles(name)
            | Self::Sts(name) => name,
        }
    }

    /// Whose it is.
    pub const fn service(self) -> Service {
        match self {
            Self::CloudWatch(_) => Service::CloudWatch,
            Self::Ec2(_) => Service::Ec2,
            Self::Elbv2(_) => Service::Elbv2,
            Self::Route53(_) => Service::Route53,
            Self::Route53Profiles(_) => Service::Route53Profiles,
            Self::Sts(_) => Service::Sts,
        }
    }

    /// Whether it changes anything, which AWS's names tell by their first word.
    pub fn kind(self) -> Kind {
        if is_read(self.name()) { Kind::Read } else { Kind::Write }
    }
}

/// Whether an operation of this name only reads, or may be repeated as if it did.
pub(super) fn is_read(name: &str) -> bool {
    ["Describe", "Get", "List", "AssumeRole"].iter().any(|verb| name.starts_with(verb))
}

/// AWS's name of it, for people.
impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CloudWatch => "CloudWatch",
            Self::Ec2 => "EC2",
            Self::Elbv2 => "Elastic Load Balancing",
            Self::Route53 => "Route 53",
            Self::Route53Profiles => "Route 53 Profiles",
            Self::Sts => "STS",
        })
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_told_from_writes_by_their_verb() {
        assert_eq!(Operation::Ec2("DescribeVpcEndpoints").kind(), Kind::Read);
        assert_eq!(Operation::Route53("ListResourceRecordSets").kind(), Kind::Read);
        assert_eq!(Operation::Route53("GetChange").kind(), Kind::Read);
        for write in
            ["CreateVpcEndpoint", "StartVpcEndpointServicePrivateDnsVerification", "AcceptVpcEndpointConnections"]
        {
            assert_eq!(Operation::Ec2(write).kind(), Kind::Write, "{write}");
        }
    }
}
