//! The errors the simulated services answer with.
//!
//! An [`ApiError`] is a status, a code and a message; `envelope.rs` writes it in the form of the service that was called.
//! Codes and texts of single rules stay beside their rule; only those every service shares have a constructor here.

use serde::{Deserialize, Serialize};

/// Carries one error answer, without the service's envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// Code on the wire, for example `InvalidParameterValue`.
    pub code: String,
    /// Text for people, in AWS's words where they are known.
    pub message: String,
    /// Whether the caller went over a bucket, as opposed to being wrong.
    pub throttled: bool,
}

impl ApiError {
    /// Makes an error with a status of its own.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), throttled: false }
    }

    /// Makes a client error (400).
    pub fn bad(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    /// Makes Route 53's `InvalidChangeBatch`: all reasons in one message, in brackets, as the AWS CLI prints them.
    pub fn change_batch(reasons: &[String]) -> Self {
        Self::bad("InvalidChangeBatch", format!("[{}]", reasons.join(", ")))
    }

    /// Refuses what this simulator does not know: loud, so that a test fails instead of passing on a guess.
    pub fn not_simulated(what: impl AsRef<str>) -> Self {
        Self::new(
            501,
            "NotSimulated",
            format!("The simulator does not know {}. AWS may: teach it the rule before relying on it.", what.as_ref()),
        )
    }

    /// Refuses a call without a required parameter (EC2's form).
    pub fn missing(name: &str) -> Self {
        Self::bad("MissingParameter", format!("The request must contain the parameter {name}"))
    }

    /// Refuses a parameter whose value is out of its domain (EC2's form).
    pub fn invalid_value(name: &str, value: &str) -> Self {
        Self::bad("InvalidParameterValue", format!("Value ({value}) for parameter {name} is invalid."))
    }

    /// Refuses parameters that exclude each other (EC2's form).
    pub fn combination(message: impl Into<String>) -> Self {
        Self::bad("InvalidParameterCombination", message)
    }

    /// Refuses a general `InvalidParameter` (EC2's form).
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::bad("InvalidParameter", message)
    }

    /// Refuses because something still depends on the object.
    pub fn dependency(message: impl Into<String>) -> Self {
        Self::bad("DependencyViolation", message)
    }

    /// Answers that the service is not there for a moment.
    pub fn unavailable() -> Self {
        Self::new(503, "Unavailable", "The service is unavailable. Please try again shortly.")
    }
}
