//! Attributes of the provider block, and the settings that they mean.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::settings::{AssumeRole, Endpoints, Identity, IgnoreTags, Secret, Settings, WebIdentity};
use crate::schema::{Rule, formats};
use crate::value::Attr;

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
}

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
        optional ec2: String,
        /// Elastic Load Balancing.
        optional elbv2: String,
        /// Route 53.
        optional route53: String,
        /// Security Token Service.
        optional sts: String,
        /// CloudWatch.
        optional cloudwatch: String,
        /// Simple Notification Service.
        optional sns: String,
    }
}

crate::attributes! {
    /// A second set of credentials that a resource names. Endpoints, proxies and retries are the provider's.
    pub(crate) struct PeerAccountBlock {
        /// Name that resources use.
        required name: String,
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
}

/// The settings of a block, or nothing while a value is unknown.
pub(super) fn settings(config: &ProviderConfig) -> Option<Settings> {
    let endpoints = repeated(&config.endpoints)?;
    let first = |pick: fn(&EndpointsBlock) -> &Attr<String>| -> Option<Option<String>> {
        endpoints
            .iter()
            .map(|block| pick(block).clone().settled())
            .find(|found| !matches!(found, Some(None)))
            .unwrap_or(Some(None))
    };
    let mut peers = BTreeMap::new();
    for peer in repeated(&config.peer_account)? {
        let identity = Identity {
            region: peer.region.clone().settled()?,
            profile: peer.profile.clone().settled()?,
            access_key: peer.access_key.clone().settled()?,
            secret_key: peer.secret_key.clone().settled()?.map(Secret::new),
            token: peer.token.clone().settled()?.map(Secret::new),
            assume_role: roles(&peer.assume_role)?,
            assume_role_with_web_identity: None,
        };
        peers.insert(peer.name.clone().settled()??, identity);
    }
    let identity = Identity {
        region: config.region.clone().settled()?,
        profile: config.profile.clone().settled()?,
        access_key: config.access_key.clone().settled()?,
        secret_key: config.secret_key.clone().settled()?.map(Secret::new),
        token: config.token.clone().settled()?.map(Secret::new),
        assume_role: roles(&config.assume_role)?,
        assume_role_with_web_identity: match config.assume_role_with_web_identity.clone().settled()? {
            Some(block) => Some(web_identity(&block)?),
            None => None,
        },
    };
    let flag = |value: &Attr<bool>| Some(value.settled()?.unwrap_or(false));
    Some(Settings {
        identity,
        shared_config_files: config.shared_config_files.clone().settled()?.unwrap_or_default(),
        shared_credentials_files: config.shared_credentials_files.clone().settled()?.unwrap_or_default(),
        allowed_account_ids: config.allowed_account_ids.clone().settled()?.unwrap_or_default(),
        forbidden_account_ids: config.forbidden_account_ids.clone().settled()?.unwrap_or_default(),
        endpoints: Endpoints {
            ec2: first(|block| &block.ec2)?,
            elbv2: first(|block| &block.elbv2)?,
            route53: first(|block| &block.route53)?,
            sts: first(|block| &block.sts)?,
            cloudwatch: first(|block| &block.cloudwatch)?,
            sns: first(|block| &block.sns)?,
        },
        max_retries: config.max_retries.settled()?.and_then(|retries| u32::try_from(retries).ok()),
        retry_mode: config.retry_mode.clone().settled()?,
        custom_ca_bundle: config.custom_ca_bundle.clone().settled()?,
        http_proxy: config.http_proxy.clone().settled()?.map(Secret::new),
        https_proxy: config.https_proxy.clone().settled()?.map(Secret::new),
        no_proxy: config.no_proxy.clone().settled()?,
        insecure: flag(&config.insecure)?,
        use_fips_endpoint: config.use_fips_endpoint.settled()?,
        use_dualstack_endpoint: config.use_dualstack_endpoint.settled()?,
        skip_credentials_validation: flag(&config.skip_credentials_validation)?,
        skip_requesting_account_id: flag(&config.skip_requesting_account_id)?,
        skip_region_validation: flag(&config.skip_region_validation)?,
        peers,
        default_tags: match config.default_tags.clone().settled()? {
            Some(block) => block.tags.settled()?.unwrap_or_default(),
            None => BTreeMap::new(),
        },
        ignore_tags: match config.ignore_tags.clone().settled()? {
            Some(block) => IgnoreTags {
                keys: block.keys.settled()?.unwrap_or_default(),
                key_prefixes: block.key_prefixes.settled()?.unwrap_or_default(),
            },
            None => IgnoreTags::default(),
        },
    })
}

fn repeated<T: Clone>(blocks: &Attr<Vec<T>>) -> Option<Vec<T>> {
    Some(blocks.clone().settled()?.unwrap_or_default())
}

fn roles(blocks: &Attr<Vec<AssumeRoleBlock>>) -> Option<Vec<AssumeRole>> {
    repeated(blocks)?.into_iter().map(role).collect()
}

fn role(block: AssumeRoleBlock) -> Option<AssumeRole> {
    Some(AssumeRole {
        role_arn: block.role_arn.settled()??,
        session_name: block.session_name.settled()?,
        external_id: block.external_id.settled()?.map(Secret::new),
        duration: block.duration.settled()?.and_then(|text| formats::duration(&text)),
        policy: block.policy.settled()?.map(Secret::new),
        policy_arns: block.policy_arns.settled()?.unwrap_or_default(),
        source_identity: block.source_identity.settled()?,
        tags: block.tags.settled()?.unwrap_or_default(),
        transitive_tag_keys: block.transitive_tag_keys.settled()?.unwrap_or_default(),
    })
}

fn web_identity(block: &WebIdentityBlock) -> Option<WebIdentity> {
    let block = block.clone();
    Some(WebIdentity {
        role_arn: block.role_arn.settled()??,
        session_name: block.session_name.settled()?,
        web_identity_token: block.web_identity_token.settled()?.map(Secret::new),
        web_identity_token_file: block.web_identity_token_file.settled()?,
        duration: block.duration.settled()?.and_then(|text| formats::duration(&text)),
        policy: block.policy.settled()?.map(Secret::new),
        policy_arns: block.policy_arns.settled()?.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_without_content_means_the_sdk_s_own_ways() {
        let settings = settings(&ProviderConfig::default()).unwrap();
        assert!(settings.identity.region.is_none() && settings.peers.is_empty() && !settings.insecure);
    }

    #[test]
    fn an_unknown_value_anywhere_means_no_settings_yet() {
        let unknown = ProviderConfig { secret_key: Attr::Unknown, ..ProviderConfig::default() };
        assert!(settings(&unknown).is_none());
        let peer = PeerAccountBlock {
            name: Attr::Known("owner".into()),
            region: Attr::Unknown,
            ..PeerAccountBlock::default()
        };
        let unknown = ProviderConfig { peer_account: Attr::Known(vec![peer]), ..ProviderConfig::default() };
        assert!(settings(&unknown).is_none());
    }
}
