//! The fault script: what goes wrong, at which call.
//!
//! A fault counts the calls of its operation from the moment it was set and strikes at the n-th: once, so many `times`, or all
//! calls `for_ms` from there. `refuse`, `throttle`, `unavailable`, `reset` and `hang` strike before any effect; `lose_reply` and
//! `kill` after it (`kill` before it with `"when": "before"`). `fail`, `stall`, `miss`, `fail_items` and `set` change what the
//! call does or finds. The menu, with what each stands for, is in `README.md`.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::clock::Moment;

/// Says what happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strike {
    /// Answers an error, by default `AccessDenied`.
    Refuse,
    /// Answers the throttle error of the service.
    Throttle,
    /// Answers 503 `Unavailable`.
    Unavailable,
    /// Does what was asked, then drops the connection.
    LoseReply,
    /// Drops the connection, nothing done.
    Reset,
    /// Never answers, nothing done.
    Hang,
    /// Answers later.
    Delay,
    /// Answers later by a time of its own for each call, up to `ms`, and drops one connection in a hundred.
    BadNetwork,
    /// What the call makes ends in the state failed instead of becoming active or available.
    Fail,
    /// What the call sets in motion takes `ms` longer.
    Stall,
    /// The call finds none of the objects it names or lists, as if its replica had missed them.
    Miss,
    /// The first item of the call fails with a code, the others are done.
    FailItems,
    /// Forces a state, as `/_simulator/set` does, just before the call.
    Set,
    /// Kills the caller's process, where a test registered how.
    Kill,
}

/// Says on which side of the effect a kill falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Nothing was done yet.
    Before,
    /// It was done, the answer never came.
    #[default]
    After,
}

/// Holds one line of the script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Operation; `*` alone is any mutating one, `**` any at all, and within a name it stands for any text.
    pub operation: String,
    /// Which call of it, from 1.
    #[serde(default = "first")]
    pub nth: u64,
    /// What happens.
    #[serde(rename = "do")]
    pub strike: Strike,
    /// How many calls in a row from there.
    #[serde(default = "first")]
    pub times: u64,
    /// Only calls of this account.
    #[serde(default)]
    pub account: Option<String>,
    /// Code of a refusal.
    #[serde(default)]
    pub code: Option<String>,
    /// Message of a refusal.
    #[serde(default)]
    pub message: Option<String>,
    /// Status of a refusal.
    #[serde(default)]
    pub status: Option<u16>,
    /// Strikes every call from the n-th on for so many simulated milliseconds, whatever `times` says.
    #[serde(default)]
    pub for_ms: Option<u64>,
    /// Kind of the object whose state is forced.
    #[serde(default)]
    pub kind: Option<String>,
    /// Its id; without one the object of that kind that was made last.
    #[serde(default)]
    pub id: Option<String>,
    /// What is forced.
    #[serde(default)]
    pub set: Option<Map<String, Value>>,
    /// Simulated milliseconds of a delay, a stall or a bad network.
    #[serde(default)]
    pub ms: Option<u64>,
    /// Side of the effect a kill falls on.
    #[serde(default)]
    pub when: When,
    /// Calls counted so far.
    #[serde(skip)]
    pub(super) seen: u64,
    /// When it struck first.
    #[serde(skip)]
    pub(super) since: Option<Moment>,
}

fn first() -> u64 {
    1
}

impl Fault {
    /// Writes a line of the script: at the n-th call of an operation.
    pub fn at(operation: &str, nth: u64, strike: Strike) -> Self {
        Self {
            operation: operation.to_owned(),
            nth,
            strike,
            times: 1,
            account: None,
            code: None,
            message: None,
            status: None,
            ms: None,
            when: When::After,
            for_ms: None,
            kind: None,
            id: None,
            set: None,
            seen: 0,
            since: None,
        }
    }

    /// Gives a refusal its code.
    #[must_use]
    pub fn code(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }

    /// Lets it strike several calls in a row.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Lets it strike every call for some simulated milliseconds.
    #[must_use]
    pub fn for_ms(mut self, ms: u64) -> Self {
        self.for_ms = Some(ms);
        self
    }

    /// Tells what a call meets on a bad network: how long it takes, and whether its connection drops.
    pub fn weather(&self, random: &mut ChaCha8Rng) -> (u64, bool) {
        let longest = self.ms.unwrap_or(5000).max(201);
        (random.random_range(200..longest), random.random_bool(0.01))
    }

    fn names(&self, operation: &str, mutating: bool) -> bool {
        match self.operation.as_str() {
            "*" => mutating,
            "**" => true,
            pattern => fits(pattern, operation),
        }
    }

    /// Counts a call of its operation and tells whether it strikes it.
    fn counts(&mut self, now: Moment) -> bool {
        self.seen += 1;
        if self.seen < self.nth {
            return false;
        }
        let since = *self.since.get_or_insert(now);
        match self.for_ms {
            Some(ms) => now.0 < since.0.saturating_add(ms),
            None => self.seen - self.nth < self.times,
        }
    }

    /// Gives a delay its length in simulated milliseconds.
    #[must_use]
    pub fn ms(mut self, ms: u64) -> Self {
        self.ms = Some(ms);
        self
    }

    /// Limits it to calls of one account.
    #[must_use]
    pub fn account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// Puts a kill before the effect.
    #[must_use]
    pub fn before(mut self) -> Self {
        self.when = When::Before;
        self
    }
}

/// Holds the script of a world.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    script: Vec<Fault>,
}

impl Faults {
    /// Replaces the script.
    pub fn set(&mut self, script: Vec<Fault>) {
        self.script = script;
    }

    /// Lists what may still strike.
    pub fn pending(&self) -> Vec<&Fault> {
        let waiting = self.script.iter().filter(|fault| match fault.for_ms {
            Some(_) => true,
            None => fault.seen < fault.nth.saturating_add(fault.times).saturating_sub(1),
        });
        waiting.collect()
    }

    /// Counts a call and gives the first fault that strikes it.
    pub fn strike(&mut self, now: Moment, operation: &str, mutating: bool, account: &str) -> Option<Fault> {
        let mut struck = None;
        for fault in &mut self.script {
            let theirs = fault.account.as_deref().is_none_or(|only| only == account);
            if fault.names(operation, mutating) && theirs && fault.counts(now) && struck.is_none() {
                struck = Some(fault.clone());
            }
        }
        struck
    }
}

/// Matches an operation's name against a pattern in which `*` is any text.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|left| {
            left.char_indices().any(|(at, _)| fits(rest, left.get(at..).unwrap_or_default())) || fits(rest, "")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_the_nth_call_of_its_operation_once() {
        let mut faults = Faults::default();
        faults.set(vec![Fault::at("CreateListener", 2, Strike::Refuse).account("1")]);
        assert!(faults.strike(Moment(0), "CreateListener", true, "1").is_none());
        assert!(faults.strike(Moment(0), "CreateListener", true, "2").is_none());
        assert!(faults.strike(Moment(0), "DeleteListener", true, "1").is_none());
        assert!(faults.strike(Moment(0), "CreateListener", true, "1").is_some());
        assert!(faults.strike(Moment(0), "CreateListener", true, "1").is_none());
    }

    #[test]
    fn a_storm_strikes_every_call_of_its_operations_for_its_time() {
        let mut faults = Faults::default();
        faults.set(vec![Fault::at("*VpcEndpoint*", 2, Strike::Throttle).for_ms(1000)]);
        let mut strike = |at, operation| faults.strike(Moment(at), operation, true, "1").is_some();
        assert!(!strike(0, "CreateVpcEndpoint"));
        assert!(!strike(0, "CreateVpc"));
        assert!(strike(5000, "DescribeVpcEndpoints") && strike(5999, "ModifyVpcEndpoint"));
        assert!(!strike(6000, "ModifyVpcEndpoint"));
        assert!(fits("**", "X") && fits("a*c", "abc") && fits("a*", "a") && !fits("a*c", "abd") && !fits("", "a"));
    }

    #[test]
    fn the_control_routes_form_is_the_documented_one() {
        let script: Vec<Fault> =
            serde_json::from_str(r#"[{"operation":"CreateListener","nth":1,"do":"lose_reply"}]"#).unwrap();
        assert_eq!(script, [Fault::at("CreateListener", 1, Strike::LoseReply)]);
        assert!(serde_json::from_str::<Vec<Fault>>(r#"[{"operation":"X","do":"explode"}]"#).is_err());
    }
}
