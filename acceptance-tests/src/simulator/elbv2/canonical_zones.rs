//! The Route 53 zones in which each Region's load balancers have their names.
//!
//! Source: AWS General Reference, "Elastic Load Balancing endpoints".

use super::state::LoadBalancerKind;

const ZONES: [(&str, &str); 28] = [
    ("us-east-1", "Z26RNL4JYFTOTI"),
    ("us-east-2", "ZLMOA37VPKANP"),
    ("us-west-1", "Z24FKFUX50B4VW"),
    ("us-west-2", "Z18D5FSROUN65G"),
    ("ca-central-1", "Z2EPGBW3API2WT"),
    ("sa-east-1", "ZTK26PT1VY4CU"),
    ("eu-west-1", "Z2IFOLAFXWLO4F"),
    ("eu-west-2", "ZD4D7Y8KGAS4G"),
    ("eu-west-3", "Z1CMS0P5QUZ6D5"),
    ("eu-central-1", "Z3F0SRJ5LGBH90"),
    ("eu-central-2", "Z02239872DOALSIDCX66S"),
    ("eu-north-1", "Z1UDT6IFJ4EJM"),
    ("eu-south-1", "Z23146JA1KNAFP"),
    ("eu-south-2", "Z1011216NVTVYADP1SSV"),
    ("af-south-1", "Z203XCE67M25HM"),
    ("me-south-1", "Z3QSRYVP46NYYV"),
    ("me-central-1", "Z00282643NTTLPANJJG2P"),
    ("ap-east-1", "Z12Y7K3UBGUAD1"),
    ("ap-south-1", "ZVDDRBQ08TROA"),
    ("ap-south-2", "Z0711778386UTO08407HT"),
    ("ap-northeast-1", "Z31USIVHYNEOWT"),
    ("ap-northeast-2", "ZIBE1TIR4HY56"),
    ("ap-northeast-3", "Z1GWIQ4HH19I5X"),
    ("ap-southeast-1", "ZKVM4W9LS7TM"),
    ("ap-southeast-2", "ZCT6FZF388YCB"),
    ("ap-southeast-3", "Z01971771FYVNCOVWJU1G"),
    ("us-gov-east-1", "Z1ZSMQQ6Q24QQ8"),
    ("us-gov-west-1", "ZMG1MZ2THAWF1"),
];

const APPLICATION_ZONES: [(&str, &str); 15] = [
    ("us-east-1", "Z35SXDOTRQ7X7K"),
    ("us-east-2", "Z3AADJGX6KTTL2"),
    ("us-west-1", "Z368ELLRRE2KJ0"),
    ("us-west-2", "Z1H1FL5HABSF5"),
    ("ca-central-1", "ZQSVJUPU6J1EY"),
    ("sa-east-1", "Z2P70J7HTTTPLU"),
    ("eu-west-1", "Z32O12XQLNTSW2"),
    ("eu-west-2", "ZHURV8PSTC4K8"),
    ("eu-west-3", "Z3Q77PNBQS71R4"),
    ("eu-central-1", "Z215JYRZR1TBD5"),
    ("eu-north-1", "Z23TAZ6LKFMNIO"),
    ("ap-south-1", "ZP97RAFLXTNZK"),
    ("ap-northeast-1", "Z14GRHDCWA56QT"),
    ("ap-southeast-1", "Z1LMS91P8CMLE5"),
    ("ap-southeast-2", "Z1GM3OXH4ZPM65"),
];

/// Gives the zone id of a Region for a kind of load balancer; application load balancers have it only where it was looked up.
pub fn of_region(kind: LoadBalancerKind, region: &str) -> Option<&'static str> {
    let zones = match kind {
        LoadBalancerKind::Network => ZONES.as_slice(),
        LoadBalancerKind::Application => APPLICATION_ZONES.as_slice(),
    };
    zones.iter().find(|(known, _)| *known == region).map(|(_, zone)| *zone)
}

/// Tells whether a zone id is one of the load balancers' own.
pub fn is_known(zone_id: &str) -> bool {
    ZONES.iter().chain(&APPLICATION_ZONES).any(|(_, known)| *known == zone_id)
}
