//! The fault script: what goes wrong, at which call.
//!
//! A fault counts the calls of its operation from the moment it was set and strikes once, at the n-th. `refuse`, `throttle`,
//! `unavailable`, `reset` and `hang` strike before any effect; `lose_reply` and `kill` after it (`kill` before it with
//! `"when": "before"`).

use serde::{Deserialize, Serialize};

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
    /// Operation, `*` for any mutating one.
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
    /// Simulated milliseconds of a delay.
    #[serde(default)]
    pub ms: Option<u64>,
    /// Side of the effect a kill falls on.
    #[serde(default)]
    pub when: When,
    /// Calls counted so far.
    #[serde(skip)]
    seen: u64,
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
            seen: 0,
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
#[derive(Debug, Default)]
pub struct Faults {
    script: Vec<Fault>,
}

impl Faults {
    /// Replaces the script.
    pub fn set(&mut self, script: Vec<Fault>) {
        self.script = script;
    }

    /// Counts a call and gives the first fault that strikes it.
    pub fn strike(&mut self, operation: &str, mutating: bool, account: &str) -> Option<Fault> {
        let mut struck = None;
        for fault in &mut self.script {
            let named = fault.operation == operation || (fault.operation == "*" && mutating);
            let theirs = fault.account.as_deref().is_none_or(|only| only == account);
            if named && theirs {
                fault.seen += 1;
                let last = fault.nth.saturating_add(fault.times.saturating_sub(1));
                if struck.is_none() && (fault.nth..=last).contains(&fault.seen) {
                    struck = Some(fault.clone());
                }
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_the_nth_call_of_its_operation_once() {
        let mut faults = Faults::default();
        faults.set(vec![Fault::at("CreateListener", 2, Strike::Refuse).account("1")]);
        assert!(faults.strike("CreateListener", true, "1").is_none());
        assert!(faults.strike("CreateListener", true, "2").is_none());
        assert!(faults.strike("DeleteListener", true, "1").is_none());
        assert!(faults.strike("CreateListener", true, "1").is_some());
        assert!(faults.strike("CreateListener", true, "1").is_none());
    }

    #[test]
    fn the_control_routes_form_is_the_documented_one() {
        let script: Vec<Fault> =
            serde_json::from_str(r#"[{"operation":"CreateListener","nth":1,"do":"lose_reply"}]"#).unwrap();
        assert_eq!(script, [Fault::at("CreateListener", 1, Strike::LoseReply)]);
        assert!(serde_json::from_str::<Vec<Fault>>(r#"[{"operation":"X","do":"explode"}]"#).is_err());
    }
}
