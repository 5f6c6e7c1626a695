//! The Route 53 zone in which each Region's network load balancers have their names.
//!
//! Source: AWS General Reference, "Elastic Load Balancing endpoints", column for Network Load Balancers.

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

/// Gives the zone id of a Region.
pub fn of_region(region: &str) -> Option<&'static str> {
    ZONES.iter().find(|(known, _)| *known == region).map(|(_, zone)| *zone)
}

/// Tells whether a zone id is one of the load balancers' own.
pub fn is_known(zone_id: &str) -> bool {
    ZONES.iter().any(|(_, known)| *known == zone_id)
}
