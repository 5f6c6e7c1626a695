//! Whether the certificates and the trust store of a listener can be such as its load balancer takes, as far as ARNs say so.
//!
//! Whether there is such a certificate, and whether it is issued, is known to ACM alone, which is not asked: AWS
//! tells it when the listener is made. A trust store may be shared by another account.

use crate::aws::partition;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::privatelink_service::config::{ListenerBlock, ServiceConfig};
use crate::value::{Attr, Path};

/// Compares the certificates' Regions, partitions and accounts with those of the service, as far as they are known.
/// `account` is the service's.
pub(in crate::privatelink_service) fn check(config: &ServiceConfig, account: Option<&str>, found: &mut Diagnostics) {
    let Some(region) = config.region.known() else { return };
    for block in config.listener.known().into_iter().flatten() {
        check_trust_store(block, region, found);
        let further = block.additional_certificate_arns.known().into_iter().flatten();
        for arn in block.certificate_arn.known().into_iter().chain(further) {
            let Some(why) = complaint(arn, region, account) else { continue };
            let detail = format!(
                "Listener {:?} has the certificate {arn}, {why}. AWS takes one of ACM in the Region and the account of the \
                 load balancer, or a server certificate of IAM in that account.",
                block.label()
            );
            found.push(Diagnostic::error("Certificate of elsewhere", detail).at(Path::attribute("listener")));
        }
    }
}

/// Whether a listener names a certificate.
pub(in crate::privatelink_service) fn has_any(config: &ServiceConfig) -> bool {
    let has = |block: &ListenerBlock| {
        block.certificate_arn.known().is_some() || block.additional_certificate_arns.known().is_some()
    };
    config.listener.known().into_iter().flatten().any(has)
}

fn check_trust_store(block: &ListenerBlock, region: &str, found: &mut Diagnostics) {
    let store = block.mutual_authentication.clone().and_then(|written| written.trust_store_arn);
    if let Attr::Known(arn) = store
        && let Some(why) = complaint(&arn, region, None)
    {
        let detail = format!(
            "Listener {:?} has the trust store {arn}, {why}. AWS takes one of the Region of the load balancer.",
            block.label()
        );
        found.push(Diagnostic::error("Trust store of elsewhere", detail).at(Path::attribute("listener")));
    }
}

fn complaint(arn: &str, region: &str, account: Option<&str>) -> Option<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, theirs, _, place, owner, _] = parts.as_slice() else { return None };
    let own = partition(region);
    if *theirs != own {
        return Some(format!("which is of the partition {theirs}, and {region} of {own}"));
    }
    // A server certificate of IAM has no Region.
    if !place.is_empty() && *place != region {
        return Some(format!("which is of the Region {place}, and the service of {region}"));
    }
    let account = account.filter(|account| account != owner)?;
    Some(format!("which is of the account {owner}, and the service of {account}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_of_the_region_partition_and_account_of_the_load_balancer() {
        let own = Some("111111111111");
        for (arn, region, account, expected) in [
            ("arn:aws:acm:eu-west-1:111111111111:certificate/a", "eu-west-1", own, ""),
            ("arn:aws:acm:eu-west-1:222222222222:certificate/a", "eu-west-1", None, ""),
            ("arn:aws:iam::111111111111:server-certificate/a", "eu-west-1", own, ""),
            ("arn:aws:acm:us-east-1:111111111111:certificate/a", "eu-west-1", own, "of the Region us-east-1"),
            ("arn:aws:acm:eu-west-1:222222222222:certificate/a", "eu-west-1", own, "of the account 222222222222"),
            ("arn:aws:iam::222222222222:server-certificate/a", "eu-west-1", own, "of the account 222222222222"),
            ("arn:aws-cn:acm:eu-west-1:111111111111:certificate/a", "eu-west-1", own, "of the partition aws-cn"),
            ("arn:aws-us-gov:acm:us-gov-west-1:1:certificate/a", "us-gov-west-1", None, ""),
        ] {
            let told = complaint(arn, region, account).unwrap_or_default();
            assert_eq!(told.is_empty(), expected.is_empty(), "{arn}: {told}");
            assert!(told.contains(expected), "{arn}: {told}");
        }
    }
}
