//! Diagnosis: walks a connection over AWS's read calls, hop by hop, and says where it stops.
//!
//! | File | Hops |
//! | --- | --- |
//! | `names.rs` | `dns` |
//! | `endpoint.rs` | `endpoint`, `endpoint_security_group`, `connection` |
//! | `network.rs` | `network_acl`, `route` |
//! | `service.rs` | `service` |
//! | `balancers.rs` | `load_balancer`, `load_balancer_security_group`, `listener` |
//! | `application.rs` | `application_load_balancer` and the two behind it |
//! | `targets.rs` | `target_security_group`, `target` |
//!
//! It decides nothing that AWS does not show: a hop that these credentials cannot see is `unknown`, and says who sees it.
//! About twenty calls for each walk, none of which changes anything; what is broken is walked again before it is believed. [`Diagnosis`] is the result; [`report`] and [`mermaid`] write it down.

mod application;
mod balancers;
mod client;
mod endpoint;
pub mod mermaid;
mod names;
mod network;
pub mod report;
mod service;
mod sides;
mod targets;

use std::time::Duration;

use crate::aws::Aws;
use crate::engine::{Limits, Result};

use sides::Sides;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// The endpoint.
    pub endpoint_id: Option<String>,
    /// The endpoint service.
    pub service_id: Option<String>,
    /// The name that the client resolves; the endpoint's own where none is given.
    pub name: Option<String>,
    /// The port that it connects to.
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
    /// Its security groups.
    pub security_group_ids: Vec<String>,
    /// Its address.
    pub source_ip: Option<std::net::IpAddr>,
    /// Its subnet.
    pub subnet_id: Option<String>,
    /// The `peer_account` that owns the other side.
    pub peer_account: Option<String>,
}

/// What a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Connections, encrypted or not.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
}

impl Protocol {
    /// As rules of security groups write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    /// As rules of network ACLs write it.
    fn number(self) -> &'static str {
        match self {
            Self::Tcp => "6",
            Self::Udp => "17",
        }
    }
}

/// The hops, in the order in which traffic passes them.
pub const HOPS: [&str; 15] = [
    "dns",
    "endpoint",
    "network_acl",
    "route",
    "endpoint_security_group",
    "connection",
    "service",
    "load_balancer",
    "load_balancer_security_group",
    "listener",
    "application_load_balancer",
    "application_load_balancer_security_group",
    "application_load_balancer_listener",
    "target_security_group",
    "target",
];

/// How a hop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Traffic passes.
    Ok,
    /// Traffic ends here.
    Broken,
    /// These credentials, or what is known of the client, do not tell.
    Unknown,
}

impl State {
    /// `ok`, `broken`, `unknown`
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        }
    }
}

/// One hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// One of [`HOPS`].
    pub hop: &'static str,
    /// The object, by id, name or ARN.
    pub object: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub detail: String,
    /// What to do; empty where there is nothing to do.
    pub advice: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnosis {
    /// The hops, in the order of [`HOPS`].
    pub hops: Vec<Hop>,
}

impl Diagnosis {
    /// Whether traffic arrives; none where that cannot be seen from here.
    pub fn reachable(&self) -> Option<bool> {
        if self.broken().is_some() {
            return Some(false);
        }
        self.hops.iter().all(|hop| hop.state == State::Ok).then_some(true)
    }

    /// The first hop at which traffic ends.
    pub fn broken(&self) -> Option<&Hop> {
        self.hops.iter().find(|hop| hop.state == State::Broken)
    }

    /// The name of that hop.
    pub fn broken_at(&self) -> Option<&'static str> {
        self.broken().map(|hop| hop.hop)
    }

    fn add(&mut self, hop: &'static str, object: &str, state: State, detail: impl Into<String>, advice: &str) {
        let hop = Hop { hop, object: object.to_owned(), state, detail: detail.into(), advice: advice.to_owned() };
        if !self.hops.contains(&hop) {
            self.hops.push(hop);
        }
    }

    fn ok(&mut self, hop: &'static str, object: &str, detail: impl Into<String>) {
        self.add(hop, object, State::Ok, detail, "");
    }

    fn broken_hop(&mut self, hop: &'static str, object: &str, detail: impl Into<String>, advice: &str) {
        self.add(hop, object, State::Broken, detail, advice);
    }

    fn unknown(&mut self, hop: &'static str, object: &str, detail: impl Into<String>, advice: &str) {
        self.add(hop, object, State::Unknown, detail, advice);
    }

    /// Puts the hops into the order of the way; those of one kind stay as they were found.
    fn in_order(mut self) -> Self {
        self.hops.sort_by_key(|hop| HOPS.iter().position(|name| *name == hop.hop));
        self
    }
}

/// How often a way that is broken is walked at most: AWS's replicas miss an object now and then.
const MOST_WALKS: u32 = 3;
/// The time between two walks.
const PAUSE: Duration = Duration::from_secs(3);

/// Walks the connection; again where it is broken, until two walks in a row name the same hop.
///
/// # Errors
///
/// Where AWS cannot be asked: nothing that is broken is an error.
pub async fn diagnose(aws: &Aws, question: &Question) -> Result<Diagnosis> {
    let mut found = walk(aws, question).await?;
    for _ in 1..MOST_WALKS {
        if found.broken().is_none() || Limits::sleep(PAUSE).await.is_err() {
            break;
        }
        let again = walk(aws, question).await?;
        let agree = again.broken_at() == found.broken_at();
        found = again;
        if agree {
            break;
        }
    }
    Ok(found)
}

async fn walk(aws: &Aws, question: &Question) -> Result<Diagnosis> {
    let mut found = Diagnosis::default();
    let sides = Sides::find(aws, question).await?;
    let (client, placements) = endpoint::walk(&sides, question, &mut found).await?;
    service::walk(&sides, question, &client, placements, &mut found).await?;
    Ok(found.in_order())
}

/// The account whose credentials would see what cannot be seen from here.
fn seen_by(owner: Option<&str>, whose: &str) -> String {
    let account = owner.map(|owner| format!(" (account {owner})")).unwrap_or_default();
    format!(
        "Only the {whose}{account} sees this. Name its credentials in peer_account (--peer-profile on the command line), or \
         let it run the same diagnosis."
    )
}
