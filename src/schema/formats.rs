use std::net::{Ipv4Addr, Ipv6Addr};

use super::Format;

/// Writes each format, and the list of all of them: what its values are in words, an example, and which texts are such values.
macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident: $what:literal, $example:literal, $holds:expr;)+) => {
        $($(#[$doc])* pub static $name: Format = Format { what: $what, example: $example, holds: $holds };)+

        /// Every format.
        pub static ALL: &[&Format] = &[$(&$name),+];
    };
}

formats! {
    /// `subnet-0123456789abcdef0`
    SUBNET_ID: "a subnet id", "subnet-0123456789abcdef0", |text| is_id(text, "subnet-");

    /// `sg-0123456789abcdef0`
    SECURITY_GROUP_ID: "a security group id", "sg-0123456789abcdef0", |text| is_id(text, "sg-");

    /// `vpce-svc-0123456789abcdef0`
    SERVICE_ID: "the id of an endpoint service", "vpce-svc-0123456789abcdef0", |text| is_id(text, "vpce-svc-");

    /// `vpce-0123456789abcdef0`
    ENDPOINT_ID: "the id of an endpoint", "vpce-0123456789abcdef0", |text| is_id(text, "vpce-");

    /// `vpc-0123456789abcdef0`
    VPC_ID: "a VPC id", "vpc-0123456789abcdef0", |text| is_id(text, "vpc-");

    /// `pl-0123456789abcdef0`
    PREFIX_LIST_ID: "a prefix list id", "pl-0123456789abcdef0", |text| is_id(text, "pl-");

    /// `Z0123456789ABCDEFGHIJ`
    HOSTED_ZONE_ID: "a Route 53 hosted zone id", "Z0123456789ABCDEFGHIJ", |text| {
        let text = text.strip_prefix(ZONE_PATH).unwrap_or(text);
        text.len() <= 32
            && text.starts_with('Z')
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };

    /// `rp-0123456789abcdef`
    PROFILE_ID: "the id of a Route 53 Profile", "rp-0123456789abcdef", |text| {
        let rest = text.strip_prefix("rp-").unwrap_or_default();
        (8..=61).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };

    /// `us-east-1`
    REGION: "an AWS Region", "us-east-1", |text| {
        let parts: Vec<&str> = text.split('-').collect();
        parts.len() >= 3
            && parts.iter().all(|part| {
                !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            })
            && parts.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
    };

    /// `111111111111`
    ACCOUNT_ID: "an AWS account id", "111111111111",
        |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());

    /// `appflow.amazonaws.com`
    SERVICE_PRINCIPAL: "a service principal", "appflow.amazonaws.com", |text| {
        let bare = text.strip_suffix(".cn").unwrap_or(text);
        bare.strip_suffix(".amazonaws.com").is_some_and(|name| name.split('.').all(is_label))
    };

    /// An organization, or a unit of one.
    ORGANIZATION_ARN: "the ARN of an organization or of a unit of one",
        "arn:aws:organizations::111111111111:organization/o-abcdefghij", |text| {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            let ["arn", _, "organizations", "", account, resource] = parts.as_slice() else { return false };
            let path: Vec<&str> = resource.split('/').collect();
            (ACCOUNT_ID.holds)(account)
                && match path.as_slice() {
                    ["organization", organization] => organization.starts_with("o-"),
                    ["ou", organization, unit] => organization.starts_with("o-") && unit.starts_with("ou-"),
                    _ => false,
                }
        };

    /// `10.0.0.0/16`
    CIDR_IPV4: "an IPv4 CIDR block", "10.0.0.0/16", |text| text.parse::<ipnet::Ipv4Net>().is_ok();

    /// `2001:db8::/56`
    CIDR_IPV6: "an IPv6 CIDR block", "2001:db8::/56", |text| text.parse::<ipnet::Ipv6Net>().is_ok();

    /// `10.0.1.5`
    IPV4: "an IPv4 address", "10.0.1.5", |text| text.parse::<Ipv4Addr>().is_ok();

    /// `2001:db8::5`
    IPV6: "an IPv6 address", "2001:db8::5", |text| text.parse::<Ipv6Addr>().is_ok();

    /// `30m`, `1h15m`
    DURATION: "a duration", "15m", |text| super::formats::duration(text).is_some();

    /// `arn:aws:iam::111111111111:role/deploy`
    ROLE_ARN: "the ARN of an IAM role", "arn:aws:iam::111111111111:role/deploy", |text| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        matches!(parts.as_slice(), ["arn", partition, "iam", "", account, resource]
            if partition.starts_with("aws") && (ACCOUNT_ID.holds)(account) && resource.starts_with("role/"))
    };

    /// `arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/orders/0123456789abcdef`
    LOAD_BALANCER_ARN: "the ARN of a network load balancer",
        "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/orders/0123456789abcdef",
        |text| is_arn(text, "elasticloadbalancing", &["loadbalancer/net/"]);

    /// `arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/orders/0123456789abcdef`
    APPLICATION_LOAD_BALANCER_ARN: "the ARN of an application load balancer",
        "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/orders/0123456789abcdef",
        |text| is_arn(text, "elasticloadbalancing", &["loadbalancer/app/"]);

    /// `arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/orders/0123456789abcdef`
    TARGET_GROUP_ARN: "the ARN of a target group",
        "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/orders/0123456789abcdef",
        |text| is_arn(text, "elasticloadbalancing", &["targetgroup/"]);

    /// `arn:aws:acm:us-east-1:111111111111:certificate/…`, or a server certificate of IAM
    CERTIFICATE_ARN: "the ARN of a certificate",
        "arn:aws:acm:us-east-1:111111111111:certificate/01234567-89ab-cdef-0123-456789abcdef",
        |text| is_arn(text, "acm", &["certificate/"]) || is_arn(text, "iam", &["server-certificate/"]);

    /// `arn:aws:elasticloadbalancing:us-east-1:111111111111:truststore/clients/0123456789abcdef`
    TRUST_STORE_ARN: "the ARN of a trust store",
        "arn:aws:elasticloadbalancing:us-east-1:111111111111:truststore/clients/0123456789abcdef",
        |text| is_arn(text, "elasticloadbalancing", &["truststore/"]);

    /// `arn:aws:sns:us-east-1:111111111111:connections`
    TOPIC_ARN: "the ARN of an SNS topic", "arn:aws:sns:us-east-1:111111111111:connections",
        |text| is_arn(text, "sns", &[""]);

    /// `com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0`
    SERVICE_NAME: "the name of an endpoint service", "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0", |text| {
        let parts: Vec<&str> = text.split('.').collect();
        let last = parts.last().copied().unwrap_or_default();
        // Of three parts are AWS's services without a Region in the name, such as IAM.
        (parts.len() >= 4 || (parts.len() == 3 && text.starts_with("com.amazonaws.")))
            && (!last.starts_with("vpce-svc-") || (SERVICE_ID.holds)(last))
            && parts.iter().all(|part| {
                !part.is_empty()
                    && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            })
    };

    /// `orders.example.dev`, `*.orders.example.dev`
    PRIVATE_DNS_NAME: "a DNS name in lower case", "orders.example.dev",
        |text| is_dns_name(text.strip_prefix("*.").unwrap_or(text));

    /// `example.internal`
    ZONE_NAME: "a zone name in lower case", "example.internal", |text| is_dns_name(&without_dot(text));

    /// `orders`, `*`, `@`, `a.b`
    RECORD_NAME: "a record name relative to its zone", "orders",
        |text| text == "@" || text == "*" || text.strip_prefix("*.").unwrap_or(text).split('.').all(is_label);
}

/// What Route 53 writes before the id of a zone.
const ZONE_PATH: &str = "/hostedzone/";

/// The id of a hosted zone without its path.
pub fn bare_zone_id(text: &str) -> String {
    text.strip_prefix(ZONE_PATH).unwrap_or(text).to_owned()
}

/// An IP address in its shortest spelling; anything else as it is.
pub fn short_address(text: &str) -> String {
    text.parse::<std::net::IpAddr>().map_or_else(|_| text.to_owned(), |address| address.to_string())
}

/// A DNS name without the dot at its end.
pub fn without_dot(text: &str) -> String {
    text.strip_suffix('.').unwrap_or(text).to_owned()
}

/// A Go duration such as `1h15m`, `90s` or `1.5h`, as Terraform's `timeouts` blocks take it.
pub fn duration(text: &str) -> Option<std::time::Duration> {
    if text.is_empty() || text.contains([' ', ',', ':', 'P', 'p']) {
        return None;
    }
    let parsed = text.parse::<jiff::SignedDuration>().ok()?;
    std::time::Duration::try_from(parsed).ok()
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        matches!(rest.len(), 8 | 17) && rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn is_arn(text: &str, of: &str, beginnings: &[&str]) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, account, resource]
        if partition.starts_with("aws") && *service == of && (ACCOUNT_ID.holds)(account) && !resource.is_empty()
            && beginnings.iter().any(|beginning| resource.starts_with(beginning) && resource.len() > beginning.len()))
}

fn is_dns_name(text: &str) -> bool {
    text.len() <= 255 && text.contains('.') && text.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_example_has_its_own_form() {
        for format in ALL {
            assert!((format.holds)(format.example), "{}", format.what);
            assert!(!(format.holds)("Nonsense!"), "{}", format.what);
            assert!(!(format.holds)(""), "{}", format.what);
        }
    }

    #[test]
    fn go_durations_are_read_as_terraform_reads_them() {
        for (text, seconds) in [("30s", 30), ("15m", 900), ("1h15m", 4500), ("1.5h", 5400), ("2h45m30s", 9930)] {
            assert_eq!(duration(text).map(|duration| duration.as_secs()), Some(seconds), "{text}");
        }
        for text in ["", "15", "15 m", "m", "-5m", "1d2", "PT5M"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_service_name_with_a_broken_id_is_refused_and_one_of_aws_is_not() {
        for (text, holds) in [
            ("com.amazonaws.us-east-1.sqs", true),
            ("com.amazonaws.us-east-1.ecr.api", true),
            ("com.amazonaws.iam", true),
            ("com.amazonaws.route53", true),
            ("com.amazonaws.s3-global.accesspoint", true),
            ("aws.sagemaker.us-east-1.notebook", true),
            ("aws.api.us-east-1.bedrock-agentcore", true),
            ("cn.com.amazonaws.cn-north-1.sqs", true),
            ("cn.com.amazonaws.vpce.cn-north-1.vpce-svc-0123456789abcdef0", true),
            ("iam", false),
            ("com.amazonaws", false),
            ("com.amazonaws.", false),
            ("com.example.iam", false),
            ("com.amazonaws.vpce-svc-1", false),
            ("com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0", true),
            ("com.amazonaws.vpce.us-east-1.vpce-svc-1", false),
            ("com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdefg", false),
        ] {
            assert_eq!((SERVICE_NAME.holds)(text), holds, "{text}");
        }
    }

    #[test]
    fn upper_case_private_names_are_refused() {
        assert!(!(PRIVATE_DNS_NAME.holds)("Orders.example.dev"));
        assert!((PRIVATE_DNS_NAME.holds)("*.orders.example.dev"));
        assert!(!(PRIVATE_DNS_NAME.holds)("example"));
    }
}
