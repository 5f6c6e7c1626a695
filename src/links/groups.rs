//! Plan-time check of security groups that somebody else manages: they exist, and lie in the VPC that they are wanted
//! in. Not a link.

use std::collections::{BTreeMap, BTreeSet};

use super::subnets::convincing;
use crate::aws::Account;
use crate::engine::Failure;

/// Where groups are.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// Groups that do not exist.
    missing: BTreeSet<String>,
    /// By group: its VPC.
    found: BTreeMap<String, String>,
    /// Where was looked, in words.
    looked_in: String,
}

impl Groups {
    /// Looks at all of them together.
    pub async fn of(account: &Account, ids: &BTreeSet<String>) -> Result<Self, Failure> {
        let looks =
            ids.iter().map(|id| async move { Ok((id.clone(), convincing(|| account.vpc_of_group(id)).await?)) });
        let mut groups = Self::default();
        for (id, group) in futures_util::future::try_join_all(looks).await? {
            match group {
                Some(vpc_id) => {
                    groups.found.insert(id, vpc_id);
                }
                None => {
                    groups.missing.insert(id);
                }
            }
        }
        if !groups.missing.is_empty() {
            groups.looked_in = account.whereabouts().await;
        }
        Ok(groups)
    }

    /// Groups that are not there, as summary and detail: nothing in the run can cure an id that was written.
    pub fn missing(&self) -> Option<(&'static str, String)> {
        let missing: Vec<&str> = self.missing.iter().map(String::as_str).collect();
        (!missing.is_empty()).then(|| {
            let detail = format!(
                "There is no security group {} in {}. Correct the ids, the Region or the credentials.",
                missing.join(", "),
                self.looked_in
            );
            ("Security group not found", detail)
        })
    }

    /// Groups of other VPCs, as summary and detail. They may have been associated with this one, perhaps in this run.
    pub fn elsewhere(&self, vpc_id: &str) -> Option<(&'static str, String)> {
        let others = self.found.iter().filter(|(_, vpc)| *vpc != vpc_id);
        let others: Vec<String> = others.map(|(group, vpc)| format!("{group} lies in {vpc}")).collect();
        (!others.is_empty()).then(|| {
            let detail = format!(
                "{}, and the subnets in {vpc_id}. AWS takes groups of the subnets' own VPC, and those that were associated \
                 with it. Unless that is so, or this run does it, write groups of {vpc_id}.",
                others.join("; ")
            );
            ("Security group of another VPC", detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_are_missing_or_elsewhere_are_named() {
        let of = |pairs: &[(&str, &str)]| Groups {
            found: pairs.iter().map(|(group, vpc)| ((*group).to_owned(), (*vpc).to_owned())).collect(),
            ..Groups::default()
        };
        assert_eq!((of(&[("sg-1", "vpc-1")]).missing(), of(&[("sg-1", "vpc-1")]).elsewhere("vpc-1")), (None, None));
        let (summary, detail) = of(&[("sg-1", "vpc-1"), ("sg-2", "vpc-2")]).elsewhere("vpc-1").unwrap();
        assert_eq!(summary, "Security group of another VPC");
        assert!(detail.starts_with("sg-2 lies in vpc-2, and the subnets in vpc-1."), "{detail}");
        let gone =
            Groups { missing: ["sg-9".to_owned()].into(), looked_in: "account 1 in eu-west-1".into(), ..of(&[]) };
        let (summary, detail) = gone.missing().unwrap();
        assert_eq!(summary, "Security group not found");
        assert!(detail.starts_with("There is no security group sg-9 in account 1 in eu-west-1."), "{detail}");
    }
}
