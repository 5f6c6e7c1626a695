//! Everything a world holds, by account and Region.

use std::collections::{BTreeMap, BTreeSet};

use super::audit::Audit;
use super::buckets::Buckets;
use super::caller::IssuedKey;
use super::consistency::Sights;
use super::ec2::State as Ec2;
use super::elbv2::State as ElasticLoadBalancing;
use super::faults::Faults;
use super::idempotency::ClientTokens;
use super::paging::Listings;
use super::route53::State as Route53;
use super::route53profiles::State as Profiles;
use super::rules::{self, Rule};
use super::settings::Settings;
use super::sns::State as Sns;
use super::sts::State as Sts;
use super::traffic::Traffic;

/// Holds one account's objects in one Region.
#[derive(Debug, Clone, Default)]
pub struct Region {
    /// VPCs, security groups, interfaces, endpoints and endpoint services.
    pub ec2: Ec2,
    /// Load balancers, listeners and target groups.
    pub elbv2: ElasticLoadBalancing,
    /// Route 53 Profiles.
    pub route53profiles: Profiles,
    /// Topics.
    pub sns: Sns,
}

/// Holds one account.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Regions by name.
    pub regions: BTreeMap<String, Region>,
}

/// Holds a whole world. Fields are open: rules cross accounts and services.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Readings and switches.
    pub settings: Settings,
    /// Rules it does without.
    pub off: BTreeSet<Rule>,
    /// The seed.
    pub seed: u64,
    /// How many simulated seconds pass in one of the caller's.
    pub speed: f64,
    /// Accounts by number.
    pub accounts: BTreeMap<String, Account>,
    /// Hosted zones of all accounts.
    pub route53: Route53,
    /// Roles and principals.
    pub sts: Sts,
    /// What was sent through endpoints.
    pub traffic: Traffic,
    /// Access keys issued by AssumeRole.
    pub keys: BTreeMap<String, IssuedKey>,
    /// How far the replicas are.
    pub sights: Sights,
    /// First answers of client tokens.
    pub client_tokens: ClientTokens,
    /// Listings under way.
    pub listings: Listings,
    /// Token buckets.
    pub buckets: Buckets,
    /// Fault script.
    pub faults: Faults,
    /// Record of calls.
    pub audit: Audit,
    /// Calls so far by account and operation: the place in the seed's stream.
    pub counts: BTreeMap<(String, String), u64>,
    /// Accounts with the Regions they opted into.
    pub opted_in: BTreeSet<(String, String)>,
    /// The object of each kind of id that was made last.
    pub latest: BTreeMap<String, String>,
    /// Ids the landscape made, which the leak list leaves out.
    pub landscape: BTreeSet<String>,
}

/// Names a live object for the leak list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Account of the owner.
    pub account: String,
    /// Region; `global` for Route 53.
    pub region: String,
    /// Kind of simulator.md, `load_balancer` for example.
    pub kind: &'static str,
    /// Id.
    pub id: String,
}

impl State {
    /// Starts an empty world.
    pub fn new(seed: u64, settings: Settings) -> Self {
        Self { settings, seed, off: rules::switched_off(), ..Self::default() }
    }

    /// Tells whether a rule is enforced.
    pub fn holds(&self, rule: Rule) -> bool {
        !self.off.contains(&rule)
    }

    /// Gives an account's Region, if anything was ever done there.
    pub fn region(&self, account: &str, region: &str) -> Option<&Region> {
        self.accounts.get(account)?.regions.get(region)
    }

    /// Gives an account's Region, made on first use.
    pub fn region_mut(&mut self, account: &str, region: &str) -> &mut Region {
        self.accounts.entry(account.to_owned()).or_default().regions.entry(region.to_owned()).or_default()
    }

    /// Walks every account's Regions: account, Region's name, Region.
    pub fn regions(&self) -> impl Iterator<Item = (&str, &str, &Region)> {
        self.accounts.iter().flat_map(|(number, account)| {
            account.regions.iter().map(move |(name, region)| (number.as_str(), name.as_str(), region))
        })
    }

    /// Walks every account's Regions to change them.
    pub fn regions_mut(&mut self) -> impl Iterator<Item = (&str, &str, &mut Region)> {
        self.accounts.iter_mut().flat_map(|(number, account)| {
            let number = number.as_str();
            account.regions.iter_mut().map(move |(name, region)| (number, name.as_str(), region))
        })
    }

    /// Notes an object as the latest of its kind.
    pub fn note_made(&mut self, id: &str) {
        self.latest.insert(kind_of_id(id).to_owned(), id.to_owned());
    }

    /// Gives the id of the object that was made last, of a kind of the control routes.
    pub fn latest_of(&self, kind: &str) -> Option<&str> {
        let prefix = match kind {
            "endpoint" | "connection" | "hidden_zone" => "vpce",
            "endpoint_service" => "vpce-svc",
            "security_group" => "sg",
            "instance" => "i",
            "load_balancer" => "loadbalancer",
            _ => return None,
        };
        self.latest.get(prefix).map(String::as_str)
    }
}

/// Gives what ids of one kind have in common: `vpce` of `vpce-0123`, `loadbalancer` of such an ARN.
fn kind_of_id(id: &str) -> &str {
    match id.splitn(6, ':').nth(5) {
        Some(path) => path.split('/').next().unwrap_or(path),
        None => id.rsplit_once('-').map_or(id, |(prefix, _)| prefix),
    }
}
