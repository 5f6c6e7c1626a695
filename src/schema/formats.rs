use std::net::{Ipv4Addr, Ipv6Addr};

use super::Format;

/// `subnet-0123456789abcdef0`
pub static SUBNET_ID: Format =
    Format { what: "a subnet id", example: "subnet-0123456789abcdef0", holds: |text| is_id(text, "subnet-") };

/// `sg-0123456789abcdef0`
pub static SECURITY_GROUP_ID: Format =
    Format { what: "a security group id", example: "sg-0123456789abcdef0", holds: |text| is_id(text, "sg-") };

/// `vpce-svc-0123456789abcdef0`
pub static SERVICE_ID: Format = Format {
    what: "the id of an endpoint service",
    example: "vpce-svc-0123456789abcdef0",
    holds: |text| is_id(text, "vpce-svc-"),
};

/// `vpce-0123456789abcdef0`
pub static ENDPOINT_ID: Format =
    Format { what: "the id of an endpoint", example: "vpce-0123456789abcdef0", holds: |text| is_id(text, "vpce-") };

/// `vpc-0123456789abcdef0`
pub static VPC_ID: Format =
    Format { what: "a VPC id", example: "vpc-0123456789abcdef0", holds: |text| is_id(text, "vpc-") };

/// `pl-0123456789abcdef0`
pub static PREFIX_LIST_ID: Format =
    Format { what: "a prefix list id", example: "pl-0123456789abcdef0", holds: |text| is_id(text, "pl-") };

/// `Z0123456789ABCDEFGHIJ`
pub static HOSTED_ZONE_ID: Format = Format {
    what: "a Route 53 hosted zone id",
    example: "Z0123456789ABCDEFGHIJ",
    holds: |text| {
        let text = text.strip_prefix(ZONE_PATH).unwrap_or(text);
        text.len() <= 32
            && text.starts_with('Z')
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    },
};

/// `rp-0123456789abcdef`
pub static PROFILE_ID: Format = Format {
    what: "the id of a Route 53 Profile",
    example: "rp-0123456789abcdef",
    holds: |text| {
        let rest = text.strip_prefix("rp-").unwrap_or_default();
        (8..=61).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    },
};

/// `us-east-1`
pub static REGION: Format = Format {
    what: "an AWS Region",
    example: "us-east-1",
    holds: |text| {
        let parts: Vec<&str> = text.split('-').collect();
        parts.len() >= 3
            && parts.iter().all(|part| {
                !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            })
            && parts.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
    },
};

/// `111111111111`
pub static ACCOUNT_ID: Format = Format {
    what: "an AWS account id",
    example: "111111111111",
    holds: |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()),
};

/// `appflow.amazonaws.com`
pub static SERVICE_PRINCIPAL: Format = Format {
    what: "a service principal",
    example: "appflow.amazonaws.com",
    holds: |text| {
        let bare = text.strip_suffix(".cn").unwrap_or(text);
        bare.strip_suffix(".amazonaws.com").is_some_and(|name| name.split('.').all(is_label))
    },
};

/// An organization, or a unit of one.
pub static ORGANIZATION_ARN: Format = Format {
    what: "the ARN of an organization or of a unit of one",
    example: "arn:aws:organizations::111111111111:organization/o-abcdefghij",
    holds: |text| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", _, "organizations", "", account, resource] = parts.as_slice() else { return false };
        let path: Vec<&str> = resource.split('/').collect();
        (ACCOUNT_ID.holds)(account)
            && match path.as_slice() {
                ["organization", organization] => organization.starts_with("o-"),
                ["ou", organization, unit] => organization.starts_with("o-") && unit.starts_with("ou-"),
                _ => false,
            }
    },
};

/// `10.0.0.0/16`
pub static CIDR_IPV4: Format =
    Format { what: "an IPv4 CIDR block", example: "10.0.0.0/16", holds: |text| text.parse::<ipnet::Ipv4Net>().is_ok() };

/// `2001:db8::/56`
pub static CIDR_IPV6: Format = Format {
    what: "an IPv6 CIDR block",
    example: "2001:db8::/56",
    holds: |text| text.parse::<ipnet::Ipv6Net>().is_ok(),
};

/// `10.0.1.5`
pub static IPV4: Format =
    Format { what: "an IPv4 address", example: "10.0.1.5", holds: |text| text.parse::<Ipv4Addr>().is_ok() };

/// `2001:db8::5`
pub static IPV6: Format =
    Format { what: "an IPv6 address", example: "2001:db8::5", holds: |text| text.parse::<Ipv6Addr>().is_ok() };

/// `30m`, `1h15m`
pub static DURATION: Format =
    Format { what: "a duration", example: "15m", holds: |text| super::formats::duration(text).is_some() };

/// `arn:aws:iam::111111111111:role/deploy`
pub static ROLE_ARN: Format = Format {
    what: "the ARN of an IAM role",
    example: "arn:aws:iam::111111111111:role/deploy",
    holds: |text| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        matches!(parts.as_slice(), ["arn", partition, "iam", "", account, resource]
            if partition.starts_with("aws") && (ACCOUNT_ID.holds)(account) && resource.starts_with("role/"))
    },
};

/// `arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/orders/0123456789abcdef`
pub static LOAD_BALANCER_ARN: Format = Format {
    what: "the ARN of a network load balancer",
    example: "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/orders/0123456789abcdef",
    holds: |text| is_arn(text, "elasticloadbalancing", &["loadbalancer/net/"]),
};

/// `arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/orders/0123456789abcdef`
pub static APPLICATION_LOAD_BALANCER_ARN: Format = Format {
    what: "the ARN of an application load balancer",
    example: "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/orders/0123456789abcdef",
    holds: |text| is_arn(text, "elasticloadbalancing", &["loadbalancer/app/"]),
};

/// `arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/orders/0123456789abcdef`
pub static TARGET_GROUP_ARN: Format = Format {
    what: "the ARN of a target group",
    example: "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/orders/0123456789abcdef",
    holds: |text| is_arn(text, "elasticloadbalancing", &["targetgroup/"]),
};

/// `arn:aws:acm:us-east-1:111111111111:certificate/…`, or a server certificate of IAM
pub static CERTIFICATE_ARN: Format = Format {
    what: "the ARN of a certificate",
    example: "arn:aws:acm:us-east-1:111111111111:certificate/01234567-89ab-cdef-0123-456789abcdef",
    holds: |text| is_arn(text, "acm", &["certificate/"]) || is_arn(text, "iam", &["server-certificate/"]),
};

/// `arn:aws:elasticloadbalancing:us-east-1:111111111111:truststore/clients/0123456789abcdef`
pub static TRUST_STORE_ARN: Format = Format {
    what: "the ARN of a trust store",
    example: "arn:aws:elasticloadbalancing:us-east-1:111111111111:truststore/clients/0123456789abcdef",
    holds: |text| is_arn(text, "elasticloadbalancing", &["truststore/"]),
};

/// `arn:aws:sns:us-east-1:111111111111:connections`
pub static TOPIC_ARN: Format = Format {
    what: "the ARN of an SNS topic",
    example: "arn:aws:sns:us-east-1:111111111111:connections",
    holds: |text| is_arn(text, "sns", &[""]),
};

/// `com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0`
pub static SERVICE_NAME: Format = Format {
    what: "the name of an endpoint service",
    example: "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
    holds: |text| {
        let parts: Vec<&str> = text.split('.').collect();
        let last = parts.last().copied().unwrap_or_default();
        // Of three parts are AWS's services without a Region in the name, such as IAM.
        (parts.len() >= 4 || (parts.len() == 3 && text.starts_with("com.amazonaws.")))
            && (!last.starts_with("vpce-svc-") || (SERVICE_ID.holds)(last))
            && parts.iter().all(|part| {
                !part.is_empty()
                    && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            })
    },
};

/// `orders.example.dev`, `*.orders.example.dev`
pub static PRIVATE_DNS_NAME: Format = Format {
    what: "a DNS name in lower case",
    example: "orders.example.dev",
    holds: |text| is_dns_name(text.strip_prefix("*.").unwrap_or(text)),
};

/// `example.internal`
pub static ZONE_NAME: Format = Format {
    what: "a zone name in lower case",
    example: "example.internal",
    holds: |text| is_dns_name(&without_dot(text)),
};

/// `orders`, `*`, `@`, `a.b`
pub static RECORD_NAME: Format = Format {
    what: "a record name relative to its zone",
    example: "orders",
    holds: |text| text == "@" || text == "*" || text.strip_prefix("*.").unwrap_or(text).split('.').all(is_label),
};

/// Every format.
pub static ALL: [&Format; 28] = [
    &SUBNET_ID,
    &SERVICE_ID,
    &ENDPOINT_ID,
    &SECURITY_GROUP_ID,
    &VPC_ID,
    &PREFIX_LIST_ID,
    &HOSTED_ZONE_ID,
    &PROFILE_ID,
    &REGION,
    &ACCOUNT_ID,
    &SERVICE_PRINCIPAL,
    &ORGANIZATION_ARN,
    &CIDR_IPV4,
    &CIDR_IPV6,
    &IPV4,
    &IPV6,
    &DURATION,
    &ROLE_ARN,
    &LOAD_BALANCER_ARN,
    &APPLICATION_LOAD_BALANCER_ARN,
    &TARGET_GROUP_ARN,
    &CERTIFICATE_ARN,
    &TRUST_STORE_ARN,
    &TOPIC_ARN,
    &SERVICE_NAME,
    &PRIVATE_DNS_NAME,
    &ZONE_NAME,
    &RECORD_NAME,
];

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
