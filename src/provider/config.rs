//! Attributes of the provider block.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Constraint, Count, Rule, formats};
use crate::value::Value;

crate::attributes! {
    /// Makes AWS PrivateLink one resource on each side: `privatelink_service` for whoever offers a service, `privatelink_consumer` for whoever uses it.
    pub(crate) struct ProviderConfig {
        /// Region; `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile's by default.
        optional region: String,
        /// Profile of the shared configuration files.
        optional profile: String,
        /// Shared configuration files instead of `~/.aws/config`.
        optional shared_config_files: Vec<String>,
        /// Shared credentials files instead of `~/.aws/credentials`.
        optional shared_credentials_files: Vec<String>,
        /// Access key. The SDK's usual chain by default: environment, SSO, process, web identity, container, instance metadata.
        sensitive access_key: String,
        /// Secret key.
        sensitive secret_key: String,
        /// Session token.
        sensitive token: String,
        /// Accounts in which the provider may work; excludes `forbidden_account_ids`.
        optional allowed_account_ids: BTreeSet<String> => [Rule::Is(&formats::ACCOUNT_ID)],
        /// Accounts in which the provider must not work; excludes `allowed_account_ids`.
        optional forbidden_account_ids: BTreeSet<String> => [Rule::Is(&formats::ACCOUNT_ID)],
        /// How often a lost connection of a read is tried again; 2 by default.
        optional max_retries: i64 => [Rule::Range(0, 100)],
        /// Retry mode of the AWS SDK.
        optional retry_mode: String => [Rule::OneOf(&["standard", "adaptive"])],
        /// PEM file with further certificate authorities; that of `AWS_CA_BUNDLE` by default.
        optional custom_ca_bundle: String,
        /// Proxy of plain requests.
        sensitive http_proxy: String,
        /// Proxy of TLS requests.
        sensitive https_proxy: String,
        /// Hosts that are reached without a proxy, separated by commas.
        optional no_proxy: String,
        /// Not supported: name the authority in `custom_ca_bundle` instead.
        optional insecure: bool,
        /// Use AWS's FIPS endpoints.
        optional use_fips_endpoint: bool,
        /// Use AWS's dual-stack endpoints.
        optional use_dualstack_endpoint: bool,
        /// Do not prove the credentials before the first use.
        optional skip_credentials_validation: bool,
        /// Do not ask for the account's id.
        optional skip_requesting_account_id: bool,
        /// Take Regions of any spelling.
        optional skip_region_validation: bool,
        /// Role to assume. Several blocks chain in their order.
        list assume_role: AssumeRoleBlock,
        /// Role that the token of an identity provider opens.
        single assume_role_with_web_identity: WebIdentityBlock,
        /// Tags for every object that can carry tags.
        single default_tags: DefaultTagsBlock,
        /// Tags of others that are neither shown nor removed.
        single ignore_tags: IgnoreTagsBlock,
        /// Addresses of services other than AWS's own; `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>` count too.
        set endpoints: EndpointsBlock,
        /// A second set of credentials that a resource names, for the other side of a connection.
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
        /// What the role's owner asks for.
        sensitive external_id: String,
        /// How long the credentials live, such as `1h`.
        optional duration: String => [Rule::Is(&formats::DURATION)],
        /// Policy that narrows the session, as JSON.
        sensitive policy: String,
        /// ARNs of managed policies that narrow the session.
        optional policy_arns: Vec<String>,
        /// Who is behind the session.
        optional source_identity: String,
        /// Tags of the session.
        optional tags: BTreeMap<String, String>,
        /// Keys of the tags that following roles keep.
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
        /// The token.
        sensitive web_identity_token: String,
        /// File that holds the token.
        optional web_identity_token_file: String,
        /// How long the credentials live, such as `1h`.
        optional duration: String => [Rule::Is(&formats::DURATION)],
        /// Policy that narrows the session, as JSON.
        sensitive policy: String,
        /// ARNs of managed policies that narrow the session.
        optional policy_arns: Vec<String>,
    }
}

crate::attributes! {
    /// Tags for every object that can carry tags.
    pub(crate) struct DefaultTagsBlock {
        /// The tags; a resource's own win.
        optional tags: BTreeMap<String, String> => [Rule::Refuse(crate::resource::tags_complaint)],
    }
}

crate::attributes! {
    /// Tags of others that are neither shown nor removed.
    pub(crate) struct IgnoreTagsBlock {
        /// Keys.
        optional keys: BTreeSet<String>,
        /// Beginnings of keys.
        optional key_prefixes: BTreeSet<String>,
    }
}

crate::attributes! {
    /// Addresses of services other than AWS's own.
    pub(crate) struct EndpointsBlock {
        /// EC2.
        optional ec2: String => [Rule::Refuse(endpoint_complaint)],
        /// Elastic Load Balancing.
        optional elbv2: String => [Rule::Refuse(endpoint_complaint)],
        /// Route 53.
        optional route53: String => [Rule::Refuse(endpoint_complaint)],
        /// Security Token Service.
        optional sts: String => [Rule::Refuse(endpoint_complaint)],
        /// CloudWatch.
        optional cloudwatch: String => [Rule::Refuse(endpoint_complaint)],
        /// Simple Notification Service.
        optional sns: String => [Rule::Refuse(endpoint_complaint)],
    }
}

crate::attributes! {
    /// A second set of credentials that a resource names. Endpoints, proxies and retries are the provider's.
    pub(crate) struct PeerAccountBlock {
        /// Name that resources use.
        required name: String => [Rule::Unique("Resources could not tell them apart.")],
        /// Region of its calls; the resource's by default.
        optional region: String,
        /// Profile of the shared configuration files.
        optional profile: String,
        /// Access key.
        sensitive access_key: String,
        /// Secret key.
        sensitive secret_key: String,
        /// Session token.
        sensitive token: String,
        /// Role to assume, with these credentials or else the provider's.
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
    (!fits).then(|| "This is not the URL of a service. A right value looks like \"http://localhost:4566\".".to_owned())
}
