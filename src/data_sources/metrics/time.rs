//! Times as a person writes them: back from now, or at a moment.

use jiff::Timestamp;

use crate::aws::lookups::Span;
use crate::schema::formats;

/// A time as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// So many seconds before now.
    Back(i64),
    /// In seconds of Unix time.
    At(i64),
}

impl Time {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(moment) = text.parse::<Timestamp>() {
            return Some(Self::At(moment.as_second()));
        }
        let back = formats::duration(text)?;
        i64::try_from(back.as_secs()).ok().map(Self::Back)
    }

    fn seconds(self, now: i64) -> i64 {
        match self {
            Self::Back(seconds) => now.saturating_sub(seconds),
            Self::At(moment) => moment,
        }
    }
}

/// The stretch between two times: whole periods, so that a value is a period's and those who ask within one share their call.
///
/// None where it is empty.
pub(super) fn span(start: Time, end: Time, now: i64, period: i64) -> Option<Span> {
    let period = period.max(1);
    let start = start.seconds(now).div_euclid(period).saturating_mul(period);
    let end = end.seconds(now).saturating_add(period - 1).div_euclid(period).saturating_mul(period);
    (start < end).then_some(Span { start, end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_durations_back_from_now_or_moments() {
        assert_eq!(Time::parse("1h"), Some(Time::Back(3600)));
        assert_eq!(Time::parse("2026-01-01T00:00:00Z"), Some(Time::At(1_767_225_600)));
        assert_eq!(Time::parse("2026-01-01T01:00:00+01:00"), Some(Time::At(1_767_225_600)));
        for bad in ["", "yesterday", "-1h", "2026-01-01", "5"] {
            assert_eq!(Time::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_span_holds_whole_periods() {
        let now = 1_767_225_600 + 125;
        let found = span(Time::Back(600), Time::Back(0), now, 300).unwrap();
        assert_eq!((found.start - 1_767_225_600, found.end - 1_767_225_600), (-600, 300));
        assert_eq!(span(Time::Back(0), Time::Back(3600), now, 60), None);
        assert_eq!(span(Time::At(now + 900), Time::Back(0), now, 300), None);
    }
}
