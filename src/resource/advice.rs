//! What a person can do about each class of failure.

use crate::engine::{Class, Failure};

/// Limits that AWS raises for nobody.
const FIXED: [&str; 2] = ["TagLimitExceeded", "TooManyTags"];

/// What a person can do about a failure.
pub(super) fn advice_about(failure: &Failure) -> &'static str {
    if failure.class == Class::LimitExceeded && FIXED.contains(&failure.code.as_str()) {
        return "remove what is not needed and apply again. AWS does not raise this limit.";
    }
    advice(failure.class)
}

/// One or two sentences, always in the imperative.
const fn advice(class: Class) -> &'static str {
    match class {
        Class::Throttled => {
            "apply again later. AWS limits these calls for the whole account, so see what else calls it at the same time, \
             or ask AWS for a higher limit."
        }
        Class::Unavailable => {
            "check the connection and the AWS Health Dashboard, then apply again; AWS could not be reached or could not answer \
             for as long as this run was allowed to wait."
        }
        Class::NotYetVisible => {
            "check the ids in the configuration, the Region and the account: AWS shows these credentials no such object. One \
             that was made a moment ago appears within minutes; apply again then."
        }
        Class::InUse => "find out what still uses the object, free it, and apply again.",
        Class::Busy => "apply again when the other change of this object is done.",
        Class::Lost => {
            "apply again. The reply of AWS was lost, so the call may have worked; the next apply looks for its object \
             before it makes one."
        }
        Class::Denied => {
            "allow the operation for these credentials (the whole list is in examples/iam-policy.json), or renew them, and \
             apply again."
        }
        Class::Invalid => "correct the configuration and apply again.",
        Class::LimitExceeded => {
            "remove what is not needed or ask for a higher quota in the Service Quotas console, and apply again."
        }
        Class::Taken => {
            "an object that this resource did not make stands in the way. Remove or rename it, choose another name, or \
             import it."
        }
        Class::Kept => "nothing: the object stays for those who use it. Remove it when they have left.",
        Class::Unknown => "see what AWS says above, mend it, and apply again.",
        Class::Bug => {
            "this is a defect of the provider: please report it with this message. Nothing that exists was forgotten."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_advice() {
        for class in [
            Class::Throttled,
            Class::Unavailable,
            Class::NotYetVisible,
            Class::InUse,
            Class::Busy,
            Class::Lost,
            Class::Denied,
            Class::Invalid,
            Class::LimitExceeded,
            Class::Taken,
            Class::Kept,
            Class::Unknown,
            Class::Bug,
        ] {
            assert!(advice(class).ends_with(['.', ')']) && advice(class).len() > 20, "{class:?}");
        }
    }
}
