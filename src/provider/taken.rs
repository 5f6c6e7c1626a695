//! What the provider block means, as far as it is known.
//!
//! A value that is not known yet makes unknown only what depends on it: tags, the Region of resources that write none,
//! one peer; only without the provider's own way to AWS nothing can be asked.

use std::collections::{BTreeMap, BTreeSet};

use super::config::{AssumeRoleBlock, EndpointsBlock, PeerAccountBlock, ProviderConfig, WebIdentityBlock};
use crate::aws::settings::{AssumeRole, Endpoints, Identity, IgnoreTags, Secret, Settings, WebIdentity};
use crate::schema::formats;
use crate::value::Attr;

/// The settings of a block, and what is not known of them.
#[derive(Debug)]
pub(super) struct Taken {
    /// What is known; defaults in place of the rest.
    pub(super) settings: Settings,
    /// The Region as it is written.
    pub(super) region: Attr<String>,
    /// Whether the provider's own credentials or its way to AWS depend on something unknown.
    pub(super) is_open: bool,
    /// Whether a Region that is not written may come from a profile that is not known.
    pub(super) has_open_profile: bool,
    /// Tags for every object; `None` while one of them, or what is ignored, is unknown.
    pub(super) default_tags: Option<BTreeMap<String, String>>,
    /// Peers that are not known yet.
    pub(super) open_peers: OpenPeers,
}

/// Peers that are not known yet, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct OpenPeers {
    named: BTreeSet<String>,
    /// A name, or the blocks as a whole, are unknown: any peer that is not known may still come.
    is_any: bool,
    known: BTreeSet<String>,
}

impl OpenPeers {
    /// Whether this peer may become known later.
    pub(super) fn may_have(&self, name: &str) -> bool {
        self.named.contains(name) || (self.is_any && !self.known.contains(name))
    }
}

/// Reads values one by one, and remembers whether one was unknown.
#[derive(Default)]
struct Reader {
    met_unknown: bool,
}

impl Reader {
    fn get<T: Clone>(&mut self, value: &Attr<T>) -> Option<T> {
        let settled = value.clone().settled();
        self.met_unknown |= settled.is_none();
        settled.flatten()
    }

    fn secret(&mut self, value: &Attr<String>) -> Option<Secret> {
        self.get(value).map(Secret::new)
    }

    fn flag(&mut self, value: Attr<bool>) -> bool {
        self.get(&value).unwrap_or(false)
    }
}

/// Takes a block.
pub(super) fn take(config: &ProviderConfig) -> Taken {
    let mut profiles = Reader::default();
    let profile = profiles.get(&config.profile);
    let shared_config_files = profiles.get(&config.shared_config_files).unwrap_or_default();
    let shared_credentials_files = profiles.get(&config.shared_credentials_files).unwrap_or_default();
    let mut own = Reader { met_unknown: profiles.met_unknown };
    let identity = Identity {
        region: config.region.known().cloned(),
        profile,
        access_key: own.get(&config.access_key),
        secret_key: own.secret(&config.secret_key),
        token: own.secret(&config.token),
        assume_role: roles(&mut own, &config.assume_role),
        assume_role_with_web_identity: own
            .get(&config.assume_role_with_web_identity)
            .map(|block| web_identity(&mut own, &block)),
    };
    let mut tags = Reader::default();
    let default_tags = tags.get(&config.default_tags).and_then(|block| tags.get(&block.tags)).unwrap_or_default();
    let ignore_tags = tags.get(&config.ignore_tags).map(|block| IgnoreTags {
        keys: tags.get(&block.keys).unwrap_or_default(),
        key_prefixes: tags.get(&block.key_prefixes).unwrap_or_default(),
    });
    let (peers, open_peers) = peers(&config.peer_account);
    let settings = Settings {
        identity,
        shared_config_files,
        shared_credentials_files,
        allowed_account_ids: own.get(&config.allowed_account_ids).unwrap_or_default(),
        forbidden_account_ids: own.get(&config.forbidden_account_ids).unwrap_or_default(),
        endpoints: endpoints(&mut own, &config.endpoints),
        max_retries: own.get(&config.max_retries).and_then(|retries| u32::try_from(retries).ok()),
        retry_mode: own.get(&config.retry_mode),
        custom_ca_bundle: own.get(&config.custom_ca_bundle),
        use_embedded_ca_certificates: own.flag(config.use_embedded_ca_certificates),
        http_proxy: own.secret(&config.http_proxy),
        https_proxy: own.secret(&config.https_proxy),
        no_proxy: own.get(&config.no_proxy),
        insecure: own.flag(config.insecure),
        use_fips_endpoint: own.get(&config.use_fips_endpoint),
        use_dualstack_endpoint: own.get(&config.use_dualstack_endpoint),
        skip_credentials_validation: own.flag(config.skip_credentials_validation),
        skip_requesting_account_id: own.flag(config.skip_requesting_account_id),
        skip_region_validation: own.flag(config.skip_region_validation),
        peers,
        default_tags: default_tags.clone(),
        ignore_tags: ignore_tags.unwrap_or_default(),
    };
    Taken {
        settings,
        region: config.region.clone(),
        is_open: own.met_unknown,
        has_open_profile: profiles.met_unknown,
        default_tags: (!tags.met_unknown).then_some(default_tags),
        open_peers,
    }
}

fn endpoints(reader: &mut Reader, blocks: &Attr<Vec<EndpointsBlock>>) -> Endpoints {
    let blocks = reader.get(blocks).unwrap_or_default();
    let mut first = |pick: fn(&EndpointsBlock) -> &Attr<String>| {
        let written = blocks.iter().map(pick).find(|address| !address.is_null());
        written.and_then(|address| reader.get(address))
    };
    Endpoints {
        ec2: first(|block| &block.ec2),
        elbv2: first(|block| &block.elbv2),
        route53: first(|block| &block.route53),
        route53profiles: first(|block| &block.route53profiles),
        sts: first(|block| &block.sts),
        cloudwatch: first(|block| &block.cloudwatch),
        sns: first(|block| &block.sns),
    }
}

fn peers(blocks: &Attr<Vec<PeerAccountBlock>>) -> (BTreeMap<String, Identity>, OpenPeers) {
    let (mut peers, mut open) = (BTreeMap::new(), OpenPeers::default());
    open.is_any = blocks.is_unknown();
    for block in blocks.known().into_iter().flatten() {
        let Some(name) = block.name.known() else {
            open.is_any = true;
            continue;
        };
        let mut reader = Reader::default();
        let identity = Identity {
            region: reader.get(&block.region),
            profile: reader.get(&block.profile),
            access_key: reader.get(&block.access_key),
            secret_key: reader.secret(&block.secret_key),
            token: reader.secret(&block.token),
            assume_role: roles(&mut reader, &block.assume_role),
            assume_role_with_web_identity: None,
        };
        if reader.met_unknown {
            open.named.insert(name.clone());
        } else {
            peers.insert(name.clone(), identity);
        }
    }
    open.known = peers.keys().cloned().collect();
    (peers, open)
}

fn roles(reader: &mut Reader, blocks: &Attr<Vec<AssumeRoleBlock>>) -> Vec<AssumeRole> {
    reader.get(blocks).unwrap_or_default().iter().map(|block| role(reader, block)).collect()
}

fn role(reader: &mut Reader, block: &AssumeRoleBlock) -> AssumeRole {
    AssumeRole {
        role_arn: reader.get(&block.role_arn).unwrap_or_default(),
        session_name: reader.get(&block.session_name),
        external_id: reader.secret(&block.external_id),
        duration: reader.get(&block.duration).and_then(|text| formats::duration(&text)),
        policy: reader.secret(&block.policy),
        policy_arns: reader.get(&block.policy_arns).unwrap_or_default(),
        source_identity: reader.get(&block.source_identity),
        tags: reader.get(&block.tags).unwrap_or_default(),
        transitive_tag_keys: reader.get(&block.transitive_tag_keys).unwrap_or_default(),
    }
}

fn web_identity(reader: &mut Reader, block: &WebIdentityBlock) -> WebIdentity {
    WebIdentity {
        role_arn: reader.get(&block.role_arn).unwrap_or_default(),
        session_name: reader.get(&block.session_name),
        web_identity_token: reader.secret(&block.web_identity_token),
        web_identity_token_file: reader.get(&block.web_identity_token_file),
        duration: reader.get(&block.duration).and_then(|text| formats::duration(&text)),
        policy: reader.secret(&block.policy),
        policy_arns: reader.get(&block.policy_arns).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::config::DefaultTagsBlock;

    #[test]
    fn a_block_without_content_means_the_sdk_s_own_ways() {
        let taken = take(&ProviderConfig::default());
        let settings = &taken.settings;
        assert!(settings.identity.region.is_none() && settings.peers.is_empty() && !settings.insecure);
        assert!(!taken.is_open && taken.default_tags.is_some() && !taken.open_peers.may_have("service"));
    }

    #[test]
    fn an_unknown_value_makes_unknown_what_depends_on_it() {
        let secret = take(&ProviderConfig { secret_key: Attr::Unknown, ..ProviderConfig::default() });
        assert!(secret.is_open && secret.default_tags.is_some() && !secret.has_open_profile);
        let region = take(&ProviderConfig { region: Attr::Unknown, ..ProviderConfig::default() });
        assert!(!region.is_open && region.region.is_unknown());
        let tags = DefaultTagsBlock { tags: Attr::Given };
        let tags = take(&ProviderConfig { default_tags: Attr::Known(tags), ..ProviderConfig::default() });
        assert!(!tags.is_open && tags.default_tags.is_none());
        let peer = |name: Attr<String>, secret_key: Attr<String>| PeerAccountBlock {
            name,
            secret_key,
            ..PeerAccountBlock::default()
        };
        let known = peer(Attr::Known("dns".into()), Attr::Known("x".into()));
        let open = peer(Attr::Known("owner".into()), Attr::Unknown);
        let of = |peers: Vec<PeerAccountBlock>| {
            take(&ProviderConfig { peer_account: Attr::Known(peers), ..ProviderConfig::default() })
        };
        let taken = of(vec![known.clone(), open]);
        assert!(!taken.is_open && taken.settings.peers.len() == 1);
        assert_eq!(["owner", "dns", "typo"].map(|name| taken.open_peers.may_have(name)), [true, false, false]);
        let taken = of(vec![known, peer(Attr::Unknown, Attr::Null)]);
        assert_eq!(["dns", "other"].map(|name| taken.open_peers.may_have(name)), [false, true]);
    }
}
