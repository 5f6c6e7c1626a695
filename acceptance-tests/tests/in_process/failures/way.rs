//! The ways in which a call fails.

use acceptance_tests::simulator::faults::{Fault, Strike};

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Refused,
    Throttled,
    Unavailable,
    ReplyLost,
    Hanging,
    Reset,
    Missed,
}

pub(super) const WAYS: [Way; 6] =
    [Way::Refused, Way::Throttled, Way::Unavailable, Way::ReplyLost, Way::Hanging, Way::Reset];

/// A read has no effect that its reply could lose.
pub(super) const WAYS_OF_READS: [Way; 6] =
    [Way::Refused, Way::Throttled, Way::Unavailable, Way::Hanging, Way::Reset, Way::Missed];

impl Way {
    /// Strikes the call of this number of its operation.
    pub(super) fn fault(self, place: &Place) -> Fault {
        // Calls that run beside each other may change places, so each is told by the number of its operation.
        let (calls, from) = (place.operation.as_str(), place.nth);
        // From there on the whole account is throttled.
        let (throttled, at) = if place.reads { (calls, from) } else { ("*", place.call) };
        match self {
            // A permission that is missing is missing for every attempt.
            Self::Refused => {
                Fault::at(&place.operation, place.nth, Strike::Refuse).code("UnauthorizedOperation").times(u64::MAX)
            }
            Self::Throttled => Fault::at(throttled, at, Strike::Throttle).times(u64::MAX),
            Self::Unavailable => Fault::at(calls, from, Strike::Unavailable).times(3),
            Self::ReplyLost => Fault::at(calls, from, Strike::LoseReply),
            Self::Hanging => Fault::at(calls, from, Strike::Hang),
            Self::Reset => Fault::at(calls, from, Strike::Reset),
            Self::Missed => Fault::at(calls, from, Strike::Miss),
        }
    }

    pub(super) fn has_struck(self, outcome: &str) -> bool {
        match self {
            Self::Refused => outcome == "UnauthorizedOperation",
            Self::Throttled => ["Throttling", "RequestLimitExceeded"].iter().any(|code| outcome.starts_with(code)),
            Self::Unavailable => outcome.contains("Unavailable"),
            Self::ReplyLost => outcome == "lost_reply",
            Self::Hanging => outcome == "hang",
            Self::Reset => outcome == "reset",
            Self::Missed => true,
        }
    }

    /// Whether the call cannot succeed in this run.
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Refused | Self::Throttled)
    }

    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Throttled => "throttled until the deadline",
            Self::Unavailable => "503 three times",
            Self::ReplyLost => "reply lost after the effect",
            Self::Hanging => "no reply",
            Self::Reset => "connection reset",
            Self::Missed => "nothing found once",
        }
    }
}

/// Which call fails: its number among the changing ones, and among those of its operation.
pub(super) struct Place {
    pub(super) reads: bool,
    pub(super) call: u64,
    pub(super) operation: String,
    pub(super) nth: u64,
}
