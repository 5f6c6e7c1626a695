//! Credentials, and the provider that they configure.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::aws::{Aws, Wiring};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::gather::Gather as _;
use crate::protocol::value::from_json;
use crate::provider::Provider;
use crate::resource::ProviderServer as _;
use crate::value::Value;

/// The version of Terraform that a plan here claims, for the log alone.
const VERSION: &str = "adopt";
/// The block of tags that are left alone, and its arguments.
const IGNORE_TAGS: &str = "ignore_tags";
const KEYS: &str = "keys";
const KEY_PREFIXES: &str = "key_prefixes";

/// Whose connections are looked for.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// A profile of the shared configuration files; by default the environment's credentials.
    pub profile: Option<String>,
    /// By default the environment's, or the profile's.
    pub region: Option<String>,
    /// Address of all of AWS's services, for a simulator.
    pub endpoint_url: Option<String>,
    /// Name of the provider block among several.
    pub alias: Option<String>,
    /// Names and profiles of the other accounts.
    pub peers: Vec<(String, String)>,
}

/// A configured provider.
#[derive(Debug)]
pub struct Side {
    /// Serves the resources.
    pub provider: Provider,
    /// Name of the provider block among several.
    pub alias: Option<String>,
    /// The provider block that was configured.
    pub config: Value,
    /// Where resources are that name no Region.
    pub region: String,
    /// The account of the credentials; none where they may not ask.
    pub account_id: Option<String>,
}

impl Side {
    /// Configures a provider as Terraform does, and asks whose the credentials are.
    pub async fn connect(identity: &Identity, wiring: Wiring) -> Result<Self, Diagnostics> {
        let provider = Provider::wired(wiring);
        let block = provider.schema().block;
        let config = |region: Option<&String>| {
            let written = identity.provider_block(&provider, region);
            from_json(&block, &written)
                .map_err(|error| Diagnostic::error("Cannot use these options", error.to_string()))
        };
        let open = config(identity.region.as_ref())?;
        let mut found = provider.validate(&open);
        found.extend(provider.configure(VERSION, &open).await);
        if found.has_errors() {
            return Err(found);
        }
        let aws = provider.aws(None).await?;
        let region = aws.region().to_owned();
        let account_id = match aws.account(None) {
            Ok(account) => account.id().await.ok().flatten(),
            Err(_) => None,
        };
        let config = config(Some(&region))?;
        Ok(Self { alias: identity.alias.clone(), config, region, account_id, provider })
    }

    /// AWS in a Region.
    pub(super) async fn aws(&self, region: &str) -> Result<Arc<Aws>, Diagnostic> {
        self.provider.aws(Some(region)).await
    }

    /// Keys of tags that are ignored.
    pub(super) fn ignored_tags(&self) -> impl Iterator<Item = &str> {
        let keys = self.config.get(IGNORE_TAGS).get(KEYS).as_list().unwrap_or_default();
        keys.iter().filter_map(Value::as_str)
    }

    /// Ignores these tags from now on, beside those that are ignored already. Whether that is news; without a configuration of its own
    /// nothing changes.
    pub(super) async fn ignore_tags(&mut self, keys: &BTreeSet<String>) -> bool {
        let Some(mut config) = self.config.as_map().cloned() else { return false };
        let mut block = self.config.get(IGNORE_TAGS).as_map().cloned().unwrap_or_default();
        let known = block.get(KEYS).and_then(Value::as_list).unwrap_or_default();
        let mut all: BTreeSet<String> = known.iter().filter_map(Value::as_str).map(str::to_owned).gather();
        let before = all.len();
        all.extend(keys.iter().cloned());
        if all.len() == before {
            return false;
        }
        block.insert(KEYS.to_owned(), Value::List(all.into_iter().map(Value::from).collect()));
        block.entry(KEY_PREFIXES.to_owned()).or_insert(Value::Null);
        config.insert(IGNORE_TAGS.to_owned(), Value::Map(block));
        let config = Value::Map(config);
        if self.provider.configure(VERSION, &config).await.has_errors() {
            return false;
        }
        self.config = config;
        true
    }

    /// `account 111111111111 in us-east-1`
    pub(super) fn place(&self, region: &str) -> String {
        match &self.account_id {
            Some(id) => format!("account {id} in {region}"),
            None => format!("the account of these credentials in {region}"),
        }
    }
}

impl Identity {
    /// The provider block, as JSON.
    fn provider_block(&self, provider: &Provider, region: Option<&String>) -> Json {
        let mut written = Map::new();
        let texts = [("region", region), ("profile", self.profile.as_ref())];
        written.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?)))));
        if let Some(url) = &self.endpoint_url
            && let Some(nested) = provider.schema().block.nested("endpoints")
        {
            let all: Map<String, Json> =
                nested.block.attributes.iter().map(|one| (one.name.to_owned(), json!(url))).collect();
            written.insert(nested.name.to_owned(), json!([all]));
        }
        let peers = self.peers.iter().map(|(name, profile)| json!({"name": name, "profile": profile}));
        written.insert("peer_account".to_owned(), peers.collect());
        Json::Object(written)
    }
}
