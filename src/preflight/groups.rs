//! Security groups that are managed elsewhere: they exist, and lie in the VPC that they are wanted in, or are associated with
//! it.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::Account;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Class, Result, sought};
use crate::gather::Gather as _;
use crate::value::Path;

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

/// Looks at groups that an argument newly names: whether they exist, and can be used in a VPC, as far as that is known.
pub async fn check(
    account: &Account,
    ids: &BTreeSet<String>,
    (vpc_id, planning): (Option<&str>, bool),
    place: Path,
    found: &mut Diagnostics,
) -> Result<()> {
    let groups = Groups::of(account, ids).await?;
    if let Some((summary, detail)) = groups.missing() {
        found.push(Diagnostic::error(summary, detail).at(place.clone()));
    }
    if let Some(vpc_id) = vpc_id
        && let Some(elsewhere) = groups.elsewhere(account, vpc_id).await?
    {
        found.push(elsewhere.told(planning).at(place));
    }
    Ok(())
}

impl Groups {
    /// Looks at all of them together.
    pub async fn of(account: &Account, ids: &BTreeSet<String>) -> Result<Self> {
        let (found, missing) = sought(ids, |id: String| async move { account.vpc_of_group(&id).await }).await?;
        let looked_in = if missing.is_empty() { String::new() } else { account.whereabouts().await };
        Ok(Self { missing, found, looked_in })
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

    /// Groups of other VPCs that cannot be used in this one. Only where there are groups of other VPCs AWS is asked which of them are
    /// associated with it.
    pub async fn elsewhere(&self, account: &Account, vpc_id: &str) -> Result<Option<Elsewhere>> {
        let others: BTreeSet<String> =
            self.found.iter().filter(|(_, vpc)| *vpc != vpc_id).map(|(group, _)| group.clone()).gather();
        if others.is_empty() {
            return Ok(None);
        }
        match account.groups_associated_with(vpc_id, &others).await {
            Ok(states) => Ok(self.unusable(vpc_id, &others, &states)),
            // It is a look more than the apply needs.
            Err(failure) if failure.class == Class::Denied => {
                let advice = failure.advice.clone().unwrap_or_default();
                let detail = format!(
                    "{}, and the subnets in {vpc_id}. Whether they are associated with it cannot be seen: {failure}. To see \
                     it, {advice}.",
                    self.places(&others)
                );
                Ok(Some(Elsewhere { detail, is_seen: false }))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Of these groups of other VPCs those whose associations, by these words of AWS, are not there or not coming.
    fn unusable(
        &self,
        vpc_id: &str,
        others: &BTreeSet<String>,
        states: &BTreeMap<String, String>,
    ) -> Option<Elsewhere> {
        let is_usable = |group: &String| {
            states.get(group).is_some_and(|word| ["associated", "associating"].contains(&word.as_str()))
        };
        let odd: BTreeSet<String> = others.iter().filter(|group| !is_usable(group)).cloned().gather();
        let first = odd.first()?;
        let detail = format!(
            "{}, and the subnets in {vpc_id}. AWS takes groups of the subnets' own VPC, and those that their owner has \
             associated with it: \"aws ec2 associate-security-group-vpc --group-id {first} --vpc-id {vpc_id}\" \
             (AssociateSecurityGroupVpc; aws_vpc_security_group_vpc_association in hashicorp/aws, applied before this one). \
             Default groups and default VPCs cannot be associated. Associate the groups, or write groups of {vpc_id}.",
            self.places(&odd)
        );
        Some(Elsewhere { detail, is_seen: true })
    }

    fn places(&self, groups: &BTreeSet<String>) -> String {
        let places = groups.iter().filter_map(|group| Some(format!("{group} lies in {}", self.found.get(group)?)));
        places.collect::<Vec<_>>().join("; ")
    }
}

/// Groups of other VPCs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// Which they are, and what to do.
    pub detail: String,
    /// Whether AWS told that they cannot be used.
    pub is_seen: bool,
}

impl Elsewhere {
    /// What is wrong: a warning in a plan, because another resource of the run may associate the groups before this one is applied.
    pub fn told(self, planning: bool) -> Diagnostic {
        let tell = if self.is_seen && !planning { Diagnostic::error } else { Diagnostic::warning };
        tell("Security group of another VPC", self.detail)
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
        let others = BTreeSet::from(["sg-2".to_owned(), "sg-3".to_owned()]);
        let groups = of(&[("sg-1", "vpc-1"), ("sg-2", "vpc-2"), ("sg-3", "vpc-2")]);
        assert_eq!(groups.missing(), None);
        let states = |word: &str| {
            BTreeMap::from([("sg-2".to_owned(), "associated".to_owned()), ("sg-3".to_owned(), word.to_owned())])
        };
        assert_eq!(groups.unusable("vpc-1", &others, &states("associating")), None);
        let odd = groups.unusable("vpc-1", &others, &states("disassociated")).unwrap();
        assert!(odd.detail.starts_with("sg-3 lies in vpc-2, and the subnets in vpc-1."), "{}", odd.detail);
        assert!(odd.detail.contains("associate-security-group-vpc --group-id sg-3 --vpc-id vpc-1"), "{}", odd.detail);
        assert!(odd.is_seen);
        let gone =
            Groups { missing: ["sg-9".to_owned()].into(), looked_in: "account 1 in eu-west-1".into(), ..of(&[]) };
        let (summary, detail) = gone.missing().unwrap();
        assert_eq!(summary, "Security group not found");
        assert!(detail.starts_with("There is no security group sg-9 in account 1 in eu-west-1."), "{detail}");
    }
}
