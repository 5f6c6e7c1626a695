//! Regions that exist, so that a slip of the pen is not taken for a Region that does not answer.
//!
//! Regions are opened more often than providers are released: `skip_region_validation` is for those between.

/// Every Region of every partition. *Source:* AWS General Reference, "AWS service endpoints"; `endpoints.json` of the SDKs.
const KNOWN: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// Whether there is such a Region, as far as this release knows.
pub(super) fn is_known(region: &str) -> bool {
    KNOWN.contains(&region)
}

/// The known Regions of the area of `region`, for a person who mistyped one. Those of partitions apart only where such a
/// one seems meant.
pub(super) fn alike(region: &str) -> Vec<&'static str> {
    let area = region.split('-').next().unwrap_or_default();
    let begins = format!("{area}-");
    let is_apart = |region: &str| region.contains("-iso") || region.contains("-gov");
    let known = KNOWN.iter().copied().filter(|known| known.starts_with(&begins));
    known.filter(|known| is_apart(known) == is_apart(region)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_that_does_not_exist_is_answered_with_those_of_its_area() {
        assert!(is_known("eu-west-3") && !is_known("eu-west-9"));
        assert_eq!(alike("sa-west-1"), ["sa-east-1"]);
        assert!(alike("eu-west-9").contains(&"eu-west-1") && !alike("eu-west-9").contains(&"eu-isoe-west-1"));
        assert_eq!(
            alike("us-gov-west-2"),
            [
                "us-gov-east-1",
                "us-gov-west-1",
                "us-iso-east-1",
                "us-iso-west-1",
                "us-isob-east-1",
                "us-isob-west-1",
                "us-isof-east-1",
                "us-isof-south-1"
            ]
        );
        assert_eq!(alike("atlantis-1"), [""; 0]);
    }
}
