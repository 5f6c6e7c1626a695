//! The services of AWS itself that endpoints may name: a few, enough for policies and private names.
//!
//! They differ from customers' services in that everybody may use them, in every zone, that they take endpoint policies, that their
//! private names come from AWS and need no verification, and that nobody accepts. Their inside is not modelled: `reach` ends at
//! their door.

use super::endpoint_dns;

/// One service of AWS in one Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsService {
    /// Its name, `com.amazonaws.<region>.<short>`.
    pub name: String,
    /// Its id; AWS gives its own services one as well.
    pub id: String,
    /// Its last part, such as `sqs`.
    pub short: &'static str,
    /// Its Region.
    pub region: String,
    /// The names it takes over in a VPC with private DNS.
    pub private_names: Vec<String>,
    /// Whether it also has gateway endpoints, as S3 does.
    pub has_gateway: bool,
}

struct Row {
    short: &'static str,
    private: &'static [&'static str],
    has_gateway: bool,
}

const SERVICES: &[Row] = &[
    Row { short: "ec2", private: &["ec2.{region}.amazonaws.com"], has_gateway: false },
    Row {
        short: "elasticloadbalancing",
        private: &["elasticloadbalancing.{region}.amazonaws.com"],
        has_gateway: false,
    },
    Row { short: "logs", private: &["logs.{region}.amazonaws.com"], has_gateway: false },
    Row {
        short: "s3",
        private: &[
            "s3.{region}.amazonaws.com",
            "*.s3.{region}.amazonaws.com",
            "*.s3-accesspoint.{region}.amazonaws.com",
            "*.s3-control.{region}.amazonaws.com",
        ],
        has_gateway: true,
    },
    Row { short: "secretsmanager", private: &["secretsmanager.{region}.amazonaws.com"], has_gateway: false },
    Row { short: "sns", private: &["sns.{region}.amazonaws.com"], has_gateway: false },
    Row { short: "sqs", private: &["sqs.{region}.amazonaws.com"], has_gateway: false },
    Row { short: "ssm", private: &["ssm.{region}.amazonaws.com"], has_gateway: false },
    Row { short: "sts", private: &["sts.{region}.amazonaws.com"], has_gateway: false },
];

impl AwsService {
    /// Returns the domain under which its endpoints' names lie.
    pub fn domain(&self) -> String {
        format!("{}.{}.vpce.amazonaws.com", self.short, self.region)
    }

    /// Tells whether one of its private names is `name` or covers it.
    pub fn covers(&self, name: &str) -> bool {
        self.private_names.iter().any(|private| {
            private
                .strip_prefix("*.")
                .map_or(private == name, |parent| name != parent && endpoint_dns::lies_within(name, parent))
        })
    }
}

/// Returns the services of AWS in a Region, by name.
pub fn all(region: &str) -> Vec<AwsService> {
    SERVICES
        .iter()
        .enumerate()
        .map(|(index, row)| AwsService {
            name: format!("com.amazonaws.{region}.{}", row.short),
            id: format!("vpce-svc-{:017x}", 0xa_0000 + index),
            short: row.short,
            region: region.to_owned(),
            private_names: row.private.iter().map(|name| name.replace("{region}", region)).collect(),
            has_gateway: row.has_gateway,
        })
        .collect()
}

/// Returns the service of AWS with this name in this Region.
pub fn find(region: &str, name: &str) -> Option<AwsService> {
    all(region).into_iter().find(|service| service.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_of_aws_is_found_in_its_own_region_only() {
        let sqs = find("eu-west-1", "com.amazonaws.eu-west-1.sqs").unwrap();
        assert_eq!(sqs.private_names, ["sqs.eu-west-1.amazonaws.com"]);
        assert!(sqs.covers("sqs.eu-west-1.amazonaws.com"));
        assert!(find("eu-west-1", "com.amazonaws.us-east-1.sqs").is_none());
        assert!(find("eu-west-1", "com.amazonaws.eu-west-1.s3").unwrap().covers("bucket.s3.eu-west-1.amazonaws.com"));
    }
}
