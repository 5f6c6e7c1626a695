//! Accounts, their Regions and their clients: what calls of many resources share.
//!
//! [`Aws`] is what a link receives: the provider's settings seen from one resource's Region. Behind
//! it each pair of credentials and Region exists once, with its clients ([`super::sdk_clients`]), limits and reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::clock::Clock;
use super::limiter::Limiter;
use super::names_in_transit::NamesInTransit;
use super::operation::{Operation, Service};
use super::reads::Reads;
use super::record_changes::RecordChanges;
use super::sdk_clients::SdkClients;
use super::settings::{Endpoints, Settings};
use super::wiring::Wiring;
use super::writes::Writes;
use super::{connect, tags};
use crate::engine::{Class, Failure, Result};
use crate::gather::Gather as _;

/// AWS, seen from one resource's Region. Cheap to clone.
#[derive(Clone)]
pub struct Aws {
    home: Arc<Home>,
    region: String,
    own: Account,
    peers: BTreeMap<String, Account>,
}

struct Home {
    settings: Settings,
    speed: u32,
    own: Arc<Credentials>,
    peers: BTreeMap<String, Arc<Credentials>>,
    /// By credentials and Region.
    accounts: Mutex<BTreeMap<(Option<String>, String), Account>>,
    writes: Arc<Writes>,
    names_in_transit: Arc<NamesInTransit>,
    uids: Option<fn() -> String>,
}

/// One set of credentials in all Regions.
struct Credentials {
    /// The peer's name; none for the provider's own.
    name: Option<String>,
    config: SdkConfig,
    /// The peer's own Region.
    region: Option<String>,
    endpoints: Endpoints,
    id: OnceCell<Option<String>>,
    skip_id: bool,
    clock: Clock,
    /// Route 53 counts an account's calls of all Regions together.
    route53: Limiter,
    record_changes: RecordChanges,
    /// By hosted zone.
    zones: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Associations, by zone and VPC, that their makers left to others in this process.
    passed_on: Mutex<BTreeSet<(String, String)>>,
}

/// One set of credentials in one Region. Cheap to clone.
#[derive(Clone)]
pub struct Account(Arc<Inner>);

struct Inner {
    credentials: Arc<Credentials>,
    region: String,
    speed: u32,
    limiter: Limiter,
    ignore_tags: super::settings::IgnoreTags,
    reads: Reads,
    writes: Arc<Writes>,
    names_in_transit: Arc<NamesInTransit>,
    sdk_clients: SdkClients,
}

impl Aws {
    /// Reads profiles and the environment. Makes no call where the Region is given.
    pub async fn connect(settings: Settings, wiring: Wiring) -> Result<Self> {
        let config = connect::config(&settings, &settings.identity, None, &wiring).await?;
        let Some(region) = config.region().map(ToString::to_string) else {
            return Err(Failure::new(Class::Invalid, "No Region is configured")
                .advise("Set region in the provider block, AWS_REGION, or region in the profile")
                .about("region"));
        };
        connect::check_region(&settings, &region)?;
        let speed = wiring.clock_speed.unwrap_or_else(|| connect::clock_speed(&settings.endpoints, &config));
        let credentials = |name: Option<&String>, config: SdkConfig, region: Option<String>| {
            Arc::new(Credentials {
                name: name.cloned(),
                config,
                region,
                endpoints: settings.endpoints.clone(),
                id: OnceCell::new(),
                skip_id: settings.skip_requesting_account_id,
                clock: Clock::new(speed),
                route53: Limiter::new(speed),
                record_changes: RecordChanges::default(),
                zones: Mutex::default(),
                passed_on: Mutex::default(),
            })
        };
        let providers_own = config.credentials_provider();
        let own = credentials(None, config, None);
        let mut peers = BTreeMap::new();
        for (name, identity) in &settings.peers {
            let config = connect::config(&settings, identity, providers_own.clone(), &wiring).await?;
            if let Some(region) = &identity.region {
                connect::check_region(&settings, region)?;
            }
            peers.insert(name.clone(), credentials(Some(name), config, identity.region.clone()));
        }
        let has_views = wiring.views.unwrap_or_else(connect::has_views);
        let writes = if has_views { Writes::default() } else { Writes::without_views() };
        let (accounts, writes, names_in_transit) =
            (Mutex::default(), Arc::new(writes), Arc::new(NamesInTransit::new(speed)));
        let uids = wiring.uids;
        let home = Home { settings, speed, own, peers, accounts, writes, names_in_transit, uids };
        Ok(Self::at(Arc::new(home), region))
    }

    /// Refuses a Region that does not exist, unless the provider block says not to look.
    pub fn check_region(&self, region: &str) -> Result<()> {
        connect::check_region(&self.home.settings, region)
    }

    /// The same seen from another Region; clients, limits and reads are shared with all that work there.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self::at(Arc::clone(&self.home), region.to_owned())
    }

    fn at(home: Arc<Home>, region: String) -> Self {
        let own = home.account(&home.own, &region);
        let peers = home.peers.iter().map(|(name, peer)| {
            let place = peer.region.as_deref().unwrap_or(&region);
            (name.clone(), home.account(peer, place))
        });
        let peers = peers.gather();
        Self { home, region, own, peers }
    }

    /// The account of these credentials: the provider's own, or a peer's by its name.
    ///
    /// A peer works in its own Region where it has one, else in the resource's.
    pub fn account(&self, name: Option<&str>) -> Result<&Account> {
        match name {
            None => Ok(&self.own),
            Some(name) => self.peers.get(name).ok_or_else(|| self.unknown_peer(name)),
        }
    }

    /// The account of these credentials in a Region of the caller's choice.
    pub fn account_in(&self, name: Option<&str>, region: &str) -> Result<Account> {
        let credentials = match name {
            None => &self.home.own,
            Some(name) => self.home.peers.get(name).ok_or_else(|| self.unknown_peer(name))?,
        };
        Ok(self.home.account(credentials, region))
    }

    /// The peer whose credentials are of this account; none where it is the provider's own. A peer whose credentials do not work
    /// is passed over.
    pub async fn peer_of(&self, account_id: &str) -> Option<&Account> {
        if self.own.id().await.ok().flatten().as_deref() == Some(account_id) {
            return None;
        }
        for peer in self.peers.values() {
            if peer.id().await.ok().flatten().as_deref() == Some(account_id) {
                return Some(peer);
            }
        }
        None
    }

    fn unknown_peer(&self, name: &str) -> Failure {
        let known: Vec<&str> = self.peers.keys().map(String::as_str).collect();
        let advice = if known.is_empty() {
            format!("Add peer_account {{ name = \"{name}\" … }} to the provider block")
        } else {
            format!("Use one of {}, or add a peer_account of this name to the provider block", known.join(", "))
        };
        Failure::new(Class::Invalid, format!("The provider block has no peer_account named \"{name}\""))
            .advise(advice)
            .about("peer_account")
    }

    /// A uid for the owner tags of a new composite, never the same twice.
    pub fn mint_uid(&self) -> String {
        self.home.uids.map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), |mint| mint())
    }

    /// The resource's Region.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// By how much waits are divided: 1 outside of tests and the demo.
    pub fn speed(&self) -> u32 {
        self.home.speed
    }

    /// AWS's time, as the last reply to the provider's own credentials told it; `None` before any.
    pub fn now(&self) -> Option<Timestamp> {
        self.own.0.credentials.clock.now()
    }

    /// The provider block.
    pub fn settings(&self) -> &Settings {
        &self.home.settings
    }

    /// Proves the credentials and holds the account against the allowed and forbidden ones.
    ///
    /// Makes no call when the settings skip both and name no accounts.
    pub async fn validate(&self) -> Result<()> {
        let settings = &self.home.settings;
        let listed = !settings.allowed_account_ids.is_empty() || !settings.forbidden_account_ids.is_empty();
        if settings.skip_requesting_account_id {
            if listed {
                return Err(Failure::new(
                    Class::Invalid,
                    "Accounts cannot be checked while skip_requesting_account_id is set",
                )
                .about("skip_requesting_account_id"));
            }
            if !settings.skip_credentials_validation {
                self.own.identify().await?;
            }
            return Ok(());
        }
        if settings.skip_credentials_validation && !listed {
            return Ok(());
        }
        let Some(id) = self.own.id().await? else { return Ok(()) };
        if settings.forbidden_account_ids.contains(&id) {
            return Err(Failure::new(Class::Invalid, format!("Account {id} is forbidden by forbidden_account_ids"))
                .about("forbidden_account_ids"));
        }
        if !settings.allowed_account_ids.is_empty() && !settings.allowed_account_ids.contains(&id) {
            return Err(Failure::new(Class::Invalid, format!("Account {id} is not among allowed_account_ids"))
                .about("allowed_account_ids"));
        }
        Ok(())
    }
}

impl Home {
    fn account(&self, credentials: &Arc<Credentials>, region: &str) -> Account {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let account = accounts.entry((credentials.name.clone(), region.to_owned())).or_insert_with(|| {
            Account(Arc::new(Inner {
                credentials: Arc::clone(credentials),
                region: region.to_owned(),
                speed: self.speed,
                limiter: Limiter::new(self.speed),
                ignore_tags: self.settings.ignore_tags.clone(),
                reads: Reads::new(&self.writes),
                writes: Arc::clone(&self.writes),
                names_in_transit: Arc::clone(&self.names_in_transit),
                sdk_clients: credentials.clients(region),
            }))
        });
        account.clone()
    }
}

impl Credentials {
    fn clients(&self, region: &str) -> SdkClients {
        SdkClients::new(self.config.clone(), region, self.endpoints.clone(), self.clock.clone())
    }
}

impl Account {
    /// The peer's name; none for the provider's own credentials.
    pub fn name(&self) -> Option<&str> {
        self.0.credentials.name.as_deref()
    }

    /// Where it works.
    pub fn region(&self) -> &str {
        &self.0.region
    }

    /// The partition of its Region, such as `aws`.
    pub fn partition(&self) -> &'static str {
        connect::partition(self.region())
    }

    /// The account's id, asked for once; none where the settings say not to ask.
    pub async fn id(&self) -> Result<Option<String>> {
        let credentials = &self.0.credentials;
        if credentials.skip_id {
            return Ok(None);
        }
        credentials.id.get_or_try_init(|| self.identify()).await.cloned()
    }

    /// The account's id where it is a peer's and is known: what its zones are recorded with, which bear no ARN.
    pub async fn id_of_peer(&self) -> Option<String> {
        self.name()?;
        self.id().await.ok().flatten()
    }

    /// Where this looks, in words: the account, as far as it is known, and the Region.
    pub async fn whereabouts(&self) -> String {
        format!("{} in {}", self.owner_in_words().await, self.region())
    }

    /// The account in words, as far as it is known, with the name of the `peer_account` behind it where it is a peer's.
    pub async fn owner_in_words(&self) -> String {
        let id = self.id().await.ok().flatten();
        match (id, self.name()) {
            (Some(id), None) => format!("account {id}"),
            (Some(id), Some(name)) => format!("account {id} (peer_account {name:?})"),
            (None, None) => "the account of these credentials".to_owned(),
            (None, Some(name)) => format!("the account of peer_account {name:?}"),
        }
    }

    /// The same by what is known without a call.
    pub(super) fn in_words_without_asking(&self) -> String {
        let id = self.0.credentials.id.get().cloned().flatten();
        match (id, self.name()) {
            (Some(id), None) => format!("account {id}"),
            (Some(id), Some(name)) => format!("account {id} (peer_account {name:?})"),
            (None, None) => "the provider block".to_owned(),
            (None, Some(name)) => format!("peer_account {name:?}"),
        }
    }

    async fn identify(&self) -> Result<Option<String>> {
        let sent = self.0.sdk_clients.sts().get_caller_identity().send();
        Ok(self.call(Operation::Sts("GetCallerIdentity"), sent).await?.account)
    }

    /// AWS's time, as the last reply to these credentials told it; `None` before any.
    pub fn now(&self) -> Option<Timestamp> {
        self.0.credentials.clock.now()
    }

    /// What of an object's tags is the user's: neither ours, nor AWS's, nor in `ignore_tags`.
    pub fn user_tags(&self, observed: tags::Tags) -> tags::Tags {
        tags::of_user(observed, &self.0.ignore_tags)
    }

    /// Lets one change of a hosted zone, or of one record in it, follow the other, which AWS insists on.
    pub async fn lock_zone(&self, zone_id: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let zone = {
            let mut zones = self.0.credentials.zones.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(zones.entry(zone_id.to_owned()).or_default())
        };
        zone.lock_owned().await
    }

    /// Takes note that the maker of an association with a zone has left it to others.
    pub fn pass_on(&self, zone_id: &str, vpc_id: &str) {
        self.passed_on().insert((zone_id.to_owned(), vpc_id.to_owned()));
    }

    /// Whether the maker of an association left it to others in this process: AWS shows a new tag some time later.
    pub fn is_passed_on(&self, zone_id: &str, vpc_id: &str) -> bool {
        self.passed_on().contains(&(zone_id.to_owned(), vpc_id.to_owned()))
    }

    /// Takes note that an association is gone.
    pub fn end_passing_on(&self, zone_id: &str, vpc_id: &str) {
        self.passed_on().remove(&(zone_id.to_owned(), vpc_id.to_owned()));
    }

    fn passed_on(&self) -> std::sync::MutexGuard<'_, BTreeSet<(String, String)>> {
        self.0.credentials.passed_on.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn limiter(&self, service: Service) -> &Limiter {
        match service {
            Service::Route53 => &self.0.credentials.route53,
            _ => &self.0.limiter,
        }
    }

    pub(super) fn reads(&self) -> &Reads {
        &self.0.reads
    }

    pub(super) fn record_changes(&self) -> &RecordChanges {
        &self.0.credentials.record_changes
    }

    /// Names that pass from one resource to another, in the zones of all accounts.
    pub fn names_in_transit(&self) -> &NamesInTransit {
        &self.0.names_in_transit
    }

    /// A time of AWS on this provider's clock.
    pub(super) fn scaled(&self, time: Duration) -> Duration {
        time / self.0.speed.max(1)
    }

    pub(super) fn writes(&self) -> &Writes {
        &self.0.writes
    }

    /// CloudWatch's client.
    pub fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        self.0.sdk_clients.cloudwatch()
    }

    /// EC2's client.
    pub fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.0.sdk_clients.ec2()
    }

    /// Elastic Load Balancing's client.
    pub fn elbv2(&self) -> &aws_sdk_elasticloadbalancingv2::Client {
        self.0.sdk_clients.elbv2()
    }

    /// Route 53's client.
    pub fn route53(&self) -> &aws_sdk_route53::Client {
        self.0.sdk_clients.route53()
    }

    /// Route 53 Profiles' client.
    pub fn route53profiles(&self) -> &aws_sdk_route53profiles::Client {
        self.0.sdk_clients.route53profiles()
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("region", &self.region).field("peers", &self.peers.keys()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("name", &self.name()).field("region", &self.region()).finish_non_exhaustive()
    }
}
