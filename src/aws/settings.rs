//! What the provider block says, as plain values.
//!
//! Nothing here reads the environment or makes a call; `client` turns it into SDK configuration.
//! `Debug` of everything below names secrets without showing them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// A value that must reach AWS and nobody else.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps the value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for signing only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Shows that something is there, not what.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl<S: Into<String>> From<S> for Secret {
    fn from(value: S) -> Self {
        Self::new(value)
    }
}

/// The provider block.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the provider block")]
pub struct Settings {
    /// Credentials and Region of the provider itself.
    pub identity: Identity,
    /// Files that hold profiles; empty for the SDK's own places.
    pub shared_config_files: Vec<String>,
    /// Files that hold keys; empty for the SDK's own places.
    pub shared_credentials_files: Vec<String>,
    /// Accounts in which this provider may work; empty for any.
    pub allowed_account_ids: BTreeSet<String>,
    /// Accounts in which it must not.
    pub forbidden_account_ids: BTreeSet<String>,
    /// Where the services are, other than at AWS's addresses.
    pub endpoints: Endpoints,
    /// How often a lost connection of a read is tried again.
    pub max_retries: Option<u32>,
    /// `standard` or `adaptive`.
    pub retry_mode: Option<String>,
    /// A PEM file of further certificate authorities.
    pub custom_ca_bundle: Option<String>,
    /// Trusts the authorities that the binary carries, too.
    pub use_embedded_ca_certificates: bool,
    /// Proxy of plain requests; its URL may hold a password.
    pub http_proxy: Option<Secret>,
    /// Proxy of TLS requests; its URL may hold a password.
    pub https_proxy: Option<Secret>,
    /// Hosts that are reached without a proxy, separated by commas.
    pub no_proxy: Option<String>,
    /// Asks to accept any certificate.
    pub insecure: bool,
    /// Uses FIPS endpoints.
    pub use_fips_endpoint: Option<bool>,
    /// Uses dual-stack endpoints.
    pub use_dualstack_endpoint: Option<bool>,
    /// Leaves out the call that proves the credentials.
    pub skip_credentials_validation: bool,
    /// Leaves out the call that tells the account.
    pub skip_requesting_account_id: bool,
    /// Accepts Regions of any spelling.
    pub skip_region_validation: bool,
    /// Further credentials, by the name that resources use.
    pub peers: BTreeMap<String, Identity>,
    /// Tags for every object that can carry tags.
    pub default_tags: BTreeMap<String, String>,
    /// Tags of others that are neither shown nor removed.
    pub ignore_tags: IgnoreTags,
}

/// One set of credentials.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Where to work; none for the environment's.
    pub region: Option<String>,
    /// A profile of the shared files.
    pub profile: Option<String>,
    /// The public half of static keys.
    pub access_key: Option<String>,
    /// The secret half.
    pub secret_key: Option<Secret>,
    /// The session token of temporary keys.
    pub token: Option<Secret>,
    /// Roles, each assumed with the credentials of the one before.
    pub assume_role: Vec<AssumeRole>,
    /// The role that a token of an identity provider opens; comes before `assume_role`.
    pub assume_role_with_web_identity: Option<WebIdentity>,
}

/// One role to assume.
#[derive(Debug, Clone, Default)]
pub struct AssumeRole {
    /// The role.
    pub role_arn: String,
    /// The session's name in CloudTrail.
    pub session_name: Option<String>,
    /// What the role's owner agreed with us.
    pub external_id: Option<Secret>,
    /// How long credentials live.
    pub duration: Option<Duration>,
    /// A policy that narrows the session; what may be reached is nobody else's matter.
    pub policy: Option<Secret>,
    /// Managed policies that narrow it.
    pub policy_arns: Vec<String>,
    /// Who is behind the session.
    pub source_identity: Option<String>,
    /// Tags of the session.
    pub tags: BTreeMap<String, String>,
    /// Those that following roles keep.
    pub transitive_tag_keys: BTreeSet<String>,
}

/// A role opened by an identity provider's token.
#[derive(Debug, Clone, Default)]
pub struct WebIdentity {
    /// The role.
    pub role_arn: String,
    /// The session's name in CloudTrail.
    pub session_name: Option<String>,
    /// The token.
    pub web_identity_token: Option<Secret>,
    /// A file that holds it; read anew each time.
    pub web_identity_token_file: Option<String>,
    /// How long credentials live.
    pub duration: Option<Duration>,
    /// A policy that narrows the session; what may be reached is nobody else's matter.
    pub policy: Option<Secret>,
    /// Managed policies that narrow it.
    pub policy_arns: Vec<String>,
}

/// Addresses of services; none for AWS's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// EC2.
    pub ec2: Option<String>,
    /// Elastic Load Balancing.
    pub elbv2: Option<String>,
    /// Route 53.
    pub route53: Option<String>,
    /// Route 53 Profiles.
    pub route53profiles: Option<String>,
    /// Security Token Service.
    pub sts: Option<String>,
    /// CloudWatch.
    pub cloudwatch: Option<String>,
    /// Simple Notification Service.
    pub sns: Option<String>,
}

/// Tags that other systems keep on our objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreTags {
    /// Keys.
    pub keys: BTreeSet<String>,
    /// Beginnings of keys.
    pub key_prefixes: BTreeSet<String>,
}

impl IgnoreTags {
    /// Whether a tag of this key is somebody else's matter.
    pub fn ignores(&self, key: &str) -> bool {
        self.keys.contains(key) || self.key_prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_of_the_whole_block_shows_no_secret() {
        let mut settings = Settings {
            identity: Identity {
                access_key: Some("AKIDEXAMPLE".into()),
                secret_key: Some("hush-key".into()),
                token: Some("hush-token".into()),
                assume_role: vec![AssumeRole { external_id: Some("hush-external".into()), ..AssumeRole::default() }],
                assume_role_with_web_identity: Some(WebIdentity {
                    web_identity_token: Some("hush-web".into()),
                    ..WebIdentity::default()
                }),
                ..Identity::default()
            },
            ..Settings::default()
        };
        settings.http_proxy = Some("http://me:hush-proxy@host".into());
        settings.https_proxy = Some("http://me:hush-proxy@host".into());
        settings.identity.assume_role[0].policy = Some("hush-policy".into());
        settings
            .peers
            .insert("partner".into(), Identity { secret_key: Some("hush-peer".into()), ..Identity::default() });
        let shown = format!("{settings:?}");
        assert!(!shown.contains("hush"), "{shown}");
        assert!(shown.contains("(secret)") && shown.contains("partner"), "{shown}");
    }

    #[test]
    fn tags_are_ignored_by_key_and_by_prefix() {
        let ignore = IgnoreTags { keys: ["Cost".to_owned()].into(), key_prefixes: ["k8s/".to_owned()].into() };
        assert!(ignore.ignores("Cost") && ignore.ignores("k8s/cluster"));
        assert!(!ignore.ignores("CostCenter") && !ignore.ignores("x/k8s/"));
    }
}
