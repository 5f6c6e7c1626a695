//! Attributes of the provider block.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Constraint, Count, Rule, formats};
use crate::value::Value;

crate::attributes! {
    /// Manages both sides of AWS PrivateLink, each as one resource: `privatelink_service` in the account that offers a service, `privatelink_consumer` in the account that uses it.
    pub(crate) struct ProviderConfig {
        /// AWS Region where the provider operates. Can also be set with `AWS_REGION` or `AWS_DEFAULT_REGION`, or in the profile.
        optional region: String,
        /// Name of the profile in the shared configuration files.
        optional profile: String,
        /// Paths of shared configuration files. Defaults to `~/.aws/config`.
        optional shared_config_files: Vec<String>,
        /// Paths of shared credentials files. Defaults to `~/.aws/credentials`.
        optional shared_credentials_files: Vec<String>,
        /// AWS access key. Without it, credentials come from the AWS SDK's chain: environment, SSO, process, web identity, container, instance metadata.
        sensitive access_key: String,
        /// AWS secret key.
        sensitive secret_key: String,
        /// Session token of temporary credentials.
        sensitive token: String,
        /// Account IDs in which the provider may operate. Conflicts with `forbidden_account_ids`.
        optional allowed_account_ids: BTreeSet<String> => [Rule::Is(&formats::ACCOUNT_ID)],
        /// Account IDs in which the provider must not operate. Conflicts with `allowed_account_ids`.
        optional forbidden_account_ids: BTreeSet<String> => [Rule::Is(&formats::ACCOUNT_ID)],
        /// Number of times that the SDK repeats a read whose connection was lost or which AWS throttled. Defaults to 2.
        optional max_retries: i64 => [Rule::Range(0, 100)],
        /// Retry mode of the AWS SDK.
        optional retry_mode: String => [Rule::OneOf(&["standard", "adaptive"])],
        /// Path of a PEM file with additional certificate authorities. Can also be set with `AWS_CA_BUNDLE`.
        optional custom_ca_bundle: String,
        /// Whether to trust the certificate authorities of Mozilla's list as of the release, besides those of the machine: for images without certificates.
        optional use_embedded_ca_certificates: bool,
        /// URL of a proxy for HTTP requests. Can also be set with `HTTP_PROXY`.
        sensitive http_proxy: String,
        /// URL of a proxy for HTTPS requests. Can also be set with `HTTPS_PROXY`.
        sensitive https_proxy: String,
        /// Comma-separated list of hosts that are reached without a proxy. Can also be set with `NO_PROXY`.
        optional no_proxy: String,
        /// Not supported: certificates are always verified. Name the certificate authority in `custom_ca_bundle` instead.
        optional insecure: bool,
        /// Whether to use AWS's FIPS endpoints.
        optional use_fips_endpoint: bool,
        /// Whether to use AWS's dual-stack endpoints.
        optional use_dualstack_endpoint: bool,
        /// Whether to skip the validation of the credentials by a call to STS.
        optional skip_credentials_validation: bool,
        /// Whether to skip the request of the account ID.
        optional skip_requesting_account_id: bool,
        /// Whether to skip the validation of Region names.
        optional skip_region_validation: bool,
        /// IAM role to assume. Several blocks are a chain of roles, assumed in their order.
        list assume_role: AssumeRoleBlock,
        /// IAM role to assume with a web identity token.
        single assume_role_with_web_identity: WebIdentityBlock,
        /// Tags that are added to every AWS object that supports tags.
        single default_tags: DefaultTagsBlock,
        /// Tags that are managed elsewhere: the provider neither shows nor removes them.
        single ignore_tags: IgnoreTagsBlock,
        /// Custom endpoint URLs by AWS service. Can also be set with `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`.
        set endpoints: EndpointsBlock,
        /// Additional credentials for the other side of a connection, which resources refer to by name.
        set peer_account: PeerAccountBlock,
    }
    constraints [
        Constraint {
            count: Count::AtMostOne,
            of: &["allowed_account_ids", "forbidden_account_ids"],
            summary: "Conflicting account lists",
            advice: "Write one of them.",
        },
        CREDENTIALS,
    ]
}

/// Holds for the provider's own credentials and for a peer's.
const CREDENTIALS: Constraint = Constraint {
    count: Count::Together,
    of: &["access_key", "secret_key"],
    summary: "Incomplete credentials",
    advice: "Write both, or neither for the credentials of the environment or a profile.",
};

crate::attributes! {
    /// A role to assume.
    pub(crate) struct AssumeRoleBlock {
        /// ARN of the role.
        required role_arn: String => [Rule::Is(&formats::ROLE_ARN)],
        /// Name of the session in CloudTrail.
        optional session_name: String,
        /// External ID that the trust policy of the role requires.
        sensitive external_id: String,
        /// Duration of the session, such as `1h`.
        optional duration: String => [Rule::Is(&formats::DURATION)],
        /// Session policy in JSON, which restricts the permissions of the role.
        sensitive policy: String,
        /// ARNs of managed policies that are used as session policies.
        optional policy_arns: Vec<String>,
        /// Source identity of the session.
        optional source_identity: String,
        /// Tags of the session.
        optional tags: BTreeMap<String, String>,
        /// Keys of session tags that are passed to the following roles of a chain.
        optional transitive_tag_keys: BTreeSet<String>,
    }
}

crate::attributes! {
    /// A role that the token of an identity provider opens.
    pub(crate) struct WebIdentityBlock {
        /// ARN of the role.
        required role_arn: String => [Rule::Is(&formats::ROLE_ARN)],
        /// Name of the session in CloudTrail.
        optional session_name: String,
        /// Web identity token.
        sensitive web_identity_token: String,
        /// Path of a file that contains the web identity token.
        optional web_identity_token_file: String,
        /// Duration of the session, such as `1h`.
        optional duration: String => [Rule::Is(&formats::DURATION)],
        /// Session policy in JSON, which restricts the permissions of the role.
        sensitive policy: String,
        /// ARNs of managed policies that are used as session policies.
        optional policy_arns: Vec<String>,
    }
}

crate::attributes! {
    /// Tags for every object that can carry tags.
    pub(crate) struct DefaultTagsBlock {
        /// Map of tags. Tags of a resource override tags with the same key.
        optional tags: BTreeMap<String, String> => [Rule::Refuse(crate::resource::tags_complaint)],
    }
}

crate::attributes! {
    /// Tags of others that are neither shown nor removed.
    pub(crate) struct IgnoreTagsBlock {
        /// Exact tag keys.
        optional keys: BTreeSet<String>,
        /// Prefixes of tag keys.
        optional key_prefixes: BTreeSet<String>,
    }
}

crate::attributes! {
    /// Custom endpoint URLs by AWS service.
    pub(crate) struct EndpointsBlock {
        /// URL of the EC2 API.
        optional ec2: String => [Rule::Refuse(endpoint_complaint)],
        /// URL of the Elastic Load Balancing v2 API.
        optional elbv2: String => [Rule::Refuse(endpoint_complaint)],
        /// URL of the Route 53 API.
        optional route53: String => [Rule::Refuse(endpoint_complaint)],
        /// URL of the Route 53 Profiles API.
        optional route53profiles: String => [Rule::Refuse(endpoint_complaint)],
        /// URL of the STS API.
        optional sts: String => [Rule::Refuse(endpoint_complaint)],
        /// URL of the CloudWatch API.
        optional cloudwatch: String => [Rule::Refuse(endpoint_complaint)],
        /// URL of the SNS API.
        optional sns: String => [Rule::Refuse(endpoint_complaint)],
    }
}

crate::attributes! {
    /// Additional credentials that resources refer to by name. Endpoints, proxies and retries are those of the provider.
    pub(crate) struct PeerAccountBlock {
        /// Name by which resources refer to these credentials. Must be unique.
        required name: String => [Rule::Unique("Resources could not tell them apart.")],
        /// AWS Region of the calls. Defaults to the Region of the resource.
        optional region: String,
        /// Name of the profile in the shared configuration files.
        optional profile: String,
        /// AWS access key.
        sensitive access_key: String,
        /// AWS secret key.
        sensitive secret_key: String,
        /// Session token of temporary credentials.
        sensitive token: String,
        /// IAM role to assume, with these credentials or, without them, with those of the provider.
        list assume_role: AssumeRoleBlock,
    }
    constraints [CREDENTIALS]
}

/// An address that leads nowhere would be tried again and again.
fn endpoint_complaint(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let fits = text.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    // It may hold a password.
    (!fits).then(|| "must be the URL of a service such as \"http://localhost:4566\"".to_owned())
}
