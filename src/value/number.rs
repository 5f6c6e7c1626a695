//! Terraform's numbers: arbitrary precision, kept as they came.

use std::fmt;
use std::str::FromStr;

/// A number. An integer of 64 bits or a decimal text; never a lossy float.
///
/// A decimal is kept in canonical form (no leading or trailing zeros, no exponent of zero), so that
/// equal numbers are equal values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Number {
    /// Exactly an `i64`.
    Int(i64),
    /// Anything else, as canonical decimal text.
    Decimal(String),
}

/// The text is not a number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a number")]
pub struct ParseNumberError(pub String);

impl Number {
    /// The integer, if it is one of 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Decimal(_) => None,
        }
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Decimal(text) => f.write_str(text),
        }
    }
}

/// Accepts what JSON and cty write: digits, a fraction, an exponent.
impl FromStr for Number {
    type Err = ParseNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseNumberError(text.to_owned());
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| wrong())?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !digits_only(whole) || !digits_only(fraction) {
            return Err(wrong());
        }
        // Longer than any number in a configuration, short enough to write out.
        if !(-4096..=4096).contains(&exponent) {
            return Err(wrong());
        }
        let mut digits = format!("{whole}{fraction}");
        let scale = i64::try_from(fraction.len()).map_err(|_| wrong())? - exponent;
        let (whole, fraction) = if scale <= 0 {
            digits.extend(std::iter::repeat_n('0', usize::try_from(-scale).map_err(|_| wrong())?));
            (digits, String::new())
        } else {
            let scale = usize::try_from(scale).map_err(|_| wrong())?;
            if digits.len() < scale {
                digits = format!("{}{digits}", "0".repeat(scale - digits.len()));
            }
            let fraction = digits.split_off(digits.len() - scale);
            (digits, fraction)
        };
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            rest => rest,
        };
        let fraction = fraction.trim_end_matches('0');
        let zero = whole == "0" && fraction.is_empty();
        let sign = if negative && !zero { "-" } else { "" };
        if fraction.is_empty() {
            let text = format!("{sign}{whole}");
            Ok(text.parse::<i64>().map_or(Self::Decimal(text), Self::Int))
        } else {
            Ok(Self::Decimal(format!("{sign}{whole}.{fraction}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn equal_numbers_have_one_form() {
        for (text, canonical) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("0.1", "0.1"),
            (".5", "0.5"),
            ("1e3", "1000"),
            ("15e-1", "1.5"),
            ("18446744073709551616", "18446744073709551616"),
            ("3.14159265358979323846", "3.14159265358979323846"),
            ("-9223372036854775808", "-9223372036854775808"),
        ] {
            assert_eq!(text.parse::<Number>().unwrap().to_string(), canonical, "{text}");
        }
        assert_eq!("9007199254740993".parse::<Number>().unwrap(), Number::Int(9_007_199_254_740_993));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "1x", "0x10", "1e", "1e99999", "Infinity", "٣"] {
            assert!(text.parse::<Number>().is_err(), "{text}");
        }
    }
}
