//! Names what has to be allowed, for whom, where AWS denied a call.

use super::client::Account;
use super::operation::{Operation, Service};
use crate::engine::{Class, Failure};

/// Codes of credentials that are not valid, or not any more; no permission helps them.
const CREDENTIALS: [&str; 8] = [
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

impl Account {
    /// A denial with the action, the account and the peer in its advice.
    pub(super) fn explain_denial(&self, operation: Operation, failure: Failure) -> Failure {
        let is_denial = failure.class == Class::Denied && failure.advice.is_none();
        // Without a code of AWS's it was not AWS that answered.
        let is_denial = is_denial && !failure.code.starts_with("HTTP ");
        if !is_denial {
            return failure;
        }
        let whose = self.in_words_without_asking();
        let advice = if CREDENTIALS.contains(&failure.code.as_str()) {
            format!(
                "renew the credentials of {whose}, see that the clock of this machine is right, and apply again; \"aws sts \
                 get-caller-identity\" shows whether they work"
            )
        } else {
            format!(
                "allow {}:{} for the credentials of {whose} (every action is in examples/iam-policy.json), and apply again",
                prefix(operation.service()),
                operation.name()
            )
        };
        failure.advise(advice)
    }
}

/// The service's name in IAM policies.
const fn prefix(service: Service) -> &'static str {
    match service {
        Service::CloudWatch => "cloudwatch",
        Service::Ec2 => "ec2",
        Service::Elbv2 => "elasticloadbalancing",
        Service::Route53 => "route53",
        Service::Route53Profiles => "route53profiles",
        Service::Sts => "sts",
    }
}
