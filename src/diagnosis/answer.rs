//! What was found: the hops of a connection, and how each is.

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

    pub(super) fn add(
        &mut self,
        hop: &'static str,
        object: &str,
        state: State,
        detail: impl Into<String>,
        advice: &str,
    ) {
        let hop = Hop { hop, object: object.to_owned(), state, detail: detail.into(), advice: advice.to_owned() };
        if !self.hops.contains(&hop) {
            self.hops.push(hop);
        }
    }

    pub(super) fn ok(&mut self, hop: &'static str, object: &str, detail: impl Into<String>) {
        self.add(hop, object, State::Ok, detail, "");
    }

    pub(super) fn broken_hop(&mut self, hop: &'static str, object: &str, detail: impl Into<String>, advice: &str) {
        self.add(hop, object, State::Broken, detail, advice);
    }

    pub(super) fn unknown(&mut self, hop: &'static str, object: &str, detail: impl Into<String>, advice: &str) {
        self.add(hop, object, State::Unknown, detail, advice);
    }

    /// Puts the hops into the order of the way; those of one kind stay as they were found.
    pub(super) fn in_order(mut self) -> Self {
        self.hops.sort_by_key(|hop| HOPS.iter().position(|name| *name == hop.hop));
        self
    }
}
