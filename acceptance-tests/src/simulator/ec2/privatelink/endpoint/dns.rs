//! Names of PrivateLink: what endpoints and services are called in the DNS, and in which of AWS's zones.
//!
//! Pure text. Which entries an endpoint shows, and when, is `endpoint/describe.rs`; the hidden zone of a private name is
//! `private_dns/zone.rs`; resolving a name for a packet is `reach.rs`.

/// Hosted zones of `*.<region>.vpce.amazonaws.com`, one per Region. Source: facts 2, seen in live output for four of them.
const ZONES: &[(&str, &str)] = &[
    ("af-south-1", "Z09302161J80N9A7UTP7U"),
    ("ap-east-1", "Z2LIHJ7PKBEMWN"),
    ("ap-northeast-1", "Z2E726K9Y6RL4W"),
    ("ap-northeast-2", "Z27UANNT0PRK1T"),
    ("ap-northeast-3", "Z376B5OMM2JZL2"),
    ("ap-south-1", "Z2KVTB3ZLFM7JR"),
    ("ap-south-2", "Z0952991RWSF5AHIQDIY"),
    ("ap-southeast-1", "Z18LLCSTV4NVNL"),
    ("ap-southeast-2", "ZDK2GCRPAFKGO"),
    ("ap-southeast-3", "Z03881013RZ9BYYZO8N5W"),
    ("ap-southeast-4", "Z07508191CO1RNBX3X3AU"),
    ("ca-central-1", "ZRCXCF510Y6P9"),
    ("eu-central-1", "Z273ZU8SZ5RJPC"),
    ("eu-central-2", "Z045369019J4FUQ4S272E"),
    ("eu-north-1", "Z3OWWK6JFDEDGC"),
    ("eu-south-1", "Z2A5FDNRLY7KZG"),
    ("eu-south-2", "Z014396544HENR57XQCJ"),
    ("eu-west-1", "Z38GZ743OKFT7T"),
    ("eu-west-2", "Z7K1066E3PUKB"),
    ("eu-west-3", "Z1DWHTMFP0WECP"),
    ("me-central-1", "Z07122992YCEUCB9A9570"),
    ("me-south-1", "Z3B95P3VBGEQGY"),
    ("sa-east-1", "Z2LXUWEVLCVZIB"),
    ("us-east-1", "Z7HUB22UULQXV"),
    ("us-east-2", "ZC8PG0KIFKBRI"),
    ("us-gov-east-1", "Z2MU5TEIGO9WXB"),
    ("us-gov-west-1", "Z12529ZODG2B6H"),
    ("us-west-1", "Z12I86A8N7VCZO"),
    ("us-west-2", "Z1YSA3EXCYUU9Z"),
];

/// Returns the id of the public zone that holds a Region's endpoint names; a Region outside the table gets a made-up one.
pub fn zone_id(region: &str) -> String {
    ZONES.iter().find(|(name, _)| *name == region).map_or_else(
        || format!("Z0{}", region.to_uppercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>()),
        |(_, zone)| (*zone).to_owned(),
    )
}

/// Returns the Region whose endpoint names a public zone holds.
pub fn region_of_zone(zone_id: &str) -> Option<&'static str> {
    ZONES.iter().find(|(_, zone)| *zone == zone_id).map(|(region, _)| *region)
}

/// Returns the name under which consumers ask for a customer's service.
pub fn service_name(region: &str, service_id: &str) -> String {
    format!("com.amazonaws.vpce.{region}.{service_id}")
}

/// Returns the DNS domain under which all names of a service's endpoints lie.
pub fn service_domain(region: &str, service_id: &str) -> String {
    format!("{service_id}.{region}.vpce.amazonaws.com")
}

/// Returns an endpoint's Regional name.
pub fn regional(endpoint_id: &str, label: &str, domain: &str) -> String {
    format!("{endpoint_id}-{label}.{domain}")
}

/// Returns an endpoint's name in one zone, by the zone's name as the endpoint's owner knows it.
pub fn zonal(endpoint_id: &str, label: &str, zone: &str, domain: &str) -> String {
    format!("{endpoint_id}-{label}-{zone}.{domain}")
}

/// Writes a DNS name in the one form in which names are compared: lower case, no dot at the end, `*` itself for `\052`.
pub fn canonical(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase().replace("\\052", "*")
}

/// Tells whether an endpoint's name answers a query, as itself or as the wildcard that names of S3 are; both canonical.
pub fn answers(own: &str, query: &str) -> bool {
    own == query || own.strip_prefix("*.").is_some_and(|parent| query != parent && lies_within(query, parent))
}

/// Tells whether `name` is `zone` or lies below it; both canonical.
pub fn lies_within(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_form_that_aws_shows() {
        let domain = service_domain("us-east-1", "vpce-svc-0123456789abcdef0");
        assert_eq!(
            zonal("vpce-0abc", "a1b2c3d4", "us-east-1a", &domain),
            "vpce-0abc-a1b2c3d4-us-east-1a.vpce-svc-0123456789abcdef0.us-east-1.vpce.amazonaws.com"
        );
        assert_eq!(zone_id("us-east-1"), "Z7HUB22UULQXV");
    }

    #[test]
    fn a_name_lies_within_its_parents_and_not_within_a_look_alike() {
        assert!(lies_within("api.example.dev", "example.dev"));
        assert!(lies_within("example.dev", "example.dev"));
        assert!(!lies_within("badexample.dev", "example.dev"));
        assert_eq!(canonical("\\052.Example.dev."), "*.example.dev");
    }
}
