//! A private name and the proof that it is its owner's.

use std::time::Duration;

use crate::simulator::clock::Moment;

use super::name::proof_names;

/// Time from a check without the record to the next one. *Assumed.*
pub const RETRY: Duration = Duration::from_mins(10);
/// Checks without the record that make a name fail. *Assumed.*
pub const ATTEMPTS: u32 = 3;
/// Time between the checks of a verified name. Source: PrivateLink guide, "re-checked daily".
pub const RECHECK: Duration = Duration::from_hours(24);

/// State of the proof, as both Describe calls spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Not proven, or proven no longer.
    Pending,
    /// Proven.
    Verified,
    /// Looked for in vain too often; a new start is possible.
    Failed,
}

impl Verification {
    /// Writes the state as AWS does.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pendingVerification",
            Self::Verified => "verified",
            Self::Failed => "failed",
        }
    }

    /// Reads a state as `/_simulator/set` gives it.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Verified, Self::Failed].into_iter().find(|state| state.name().eq_ignore_ascii_case(text))
    }
}

/// A service's private name with the pair that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateName {
    /// The name, lower case.
    pub name: String,
    /// Label of the TXT record: `_` and 20 characters.
    pub label: String,
    /// Value of the TXT record: `vpce:` and 20 characters.
    pub value: String,
    /// Where the proof stands.
    pub state: Verification,
    /// When AWS looks next.
    pub next_check: Moment,
    pub(in crate::simulator::ec2::privatelink) missed: u32,
}

impl PrivateName {
    /// Sets a name; `next_check` is when AWS looks without being asked.
    pub fn new(name: String, label: String, value: String, next_check: Moment) -> Self {
        Self { name, label, value, state: Verification::Pending, next_check, missed: 0 }
    }

    /// Asks for a check, not later than the one that is due anyway.
    pub fn start(&mut self, check: Moment) {
        self.next_check = self.next_check.min(check);
        self.missed = 0;
        if self.state == Verification::Failed {
            self.state = Verification::Pending;
        }
    }

    /// Makes every check that has become due; `lookup` tells the TXT values of a name in the public DNS.
    pub fn check(&mut self, now: Moment, lookup: impl Fn(&str, Moment) -> Vec<String>) {
        while self.next_check <= now {
            let at = self.next_check;
            let proven = proof_names(&self.name, &self.label).iter().any(|name| lookup(name, at).contains(&self.value));
            self.record(proven, at);
        }
    }

    fn record(&mut self, proven: bool, at: Moment) {
        if proven {
            self.missed = 0;
            self.state = Verification::Verified;
            self.next_check = at.after(RECHECK);
            return;
        }
        self.missed += 1;
        self.state = if self.missed >= ATTEMPTS { Verification::Failed } else { Verification::Pending };
        // A failed name is left alone until somebody starts again.
        self.next_check = if self.state == Verification::Failed { Moment::NEVER } else { at.after(RETRY) };
    }
}
