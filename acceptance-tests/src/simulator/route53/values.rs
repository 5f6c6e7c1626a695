//! Which values a record of each type may hold.
//!
//! Source: Route 53 developer guide, "Supported DNS record types". Types outside the chain are not simulated and say so.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::simulator::error::ApiError;

use super::names;

/// Longest string within a TXT value, and longest value.
const STRING_LIMIT: usize = 255;
const VALUE_LIMIT: usize = 4000;

/// Checks that the type is one this simulator knows.
///
/// # Errors
/// `InvalidInput` for what is no type; `NotSimulated` for types outside the chain.
pub fn check_type(record_type: &str) -> Result<(), ApiError> {
    match record_type {
        "A" | "AAAA" | "CNAME" | "TXT" | "NS" | "SOA" => Ok(()),
        "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS" => {
            Err(ApiError::not_simulated(format!("records of type {record_type}")))
        }
        other => Err(super::input::invalid_xml(&format!(
            "cvc-enumeration-valid: Value '{other}' is not facet-valid with respect to enumeration '[SOA, A, TXT, NS, CNAME, MX, \
             NAPTR, PTR, SRV, SPF, AAAA, CAA, DS, TLSA, SSHFP, SVCB, HTTPS]'."
        ))),
    }
}

/// Checks one value, answering with the reason AWS gives.
///
/// # Errors
/// The message for the `InvalidChangeBatch`.
pub fn check_value(record_type: &str, value: &str) -> Result<(), String> {
    let fatal =
        |problem: &str| Err(format!("Invalid Resource Record: FATAL problem: {problem} encountered with '{value}'"));
    if value.len() > VALUE_LIMIT {
        return fatal("CharacterStringTooLong (Value is too long)");
    }
    match record_type {
        "A" if value.parse::<Ipv4Addr>().is_err() => {
            fatal("ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)")
        }
        "AAAA" if value.parse::<Ipv6Addr>().is_err() => {
            fatal("AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)")
        }
        "CNAME" | "NS" if names::normalise(value).is_err() => {
            fatal("DomainNameInvalid (Value is not a valid domain name)")
        }
        "TXT" => match quoted_strings(value) {
            Err(problem) => fatal(problem),
            Ok(strings) if strings.iter().any(|string| string.len() > STRING_LIMIT) => {
                fatal("CharacterStringTooLong (Value is too long)")
            }
            Ok(_) => Ok(()),
        },
        "SOA" if value.split_whitespace().count() != 7 => fatal("SOARRDATAInvalid (Value must have seven fields)"),
        _ => Ok(()),
    }
}

/// Takes a TXT value apart into the strings between its quotes.
///
/// # Errors
/// AWS's name of what is wrong.
pub fn quoted_strings(value: &str) -> Result<Vec<String>, &'static str> {
    const UNQUOTED: &str = "InvalidCharacterString (Value should be enclosed in quotation marks)";
    let mut strings = Vec::new();
    let mut rest = value.trim();
    while !rest.is_empty() {
        let mut characters = rest.strip_prefix('"').ok_or(UNQUOTED)?.char_indices();
        let mut string = String::new();
        let end = loop {
            match characters.next() {
                None => return Err(UNQUOTED),
                Some((at, '"')) => break at,
                Some((_, '\\')) => string.push(characters.next().ok_or(UNQUOTED)?.1),
                Some((_, character)) => string.push(character),
            }
        };
        strings.push(string);
        // One quote opened the string, one closed it.
        rest = rest.get(end + 2..).unwrap_or_default().trim_start();
    }
    if strings.is_empty() { Err(UNQUOTED) } else { Ok(strings) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_need_quotes_and_addresses_must_be_addresses() {
        assert_eq!(quoted_strings("\"a b\" \"c\\\"d\"").unwrap(), ["a b", "c\"d"]);
        assert!(check_value("TXT", "vpce:abc").unwrap_err().contains("quotation marks"));
        assert!(check_value("TXT", "\"open").is_err());
        assert!(check_value("TXT", &format!("\"{}\"", "x".repeat(256))).unwrap_err().contains("too long"));
        assert!(check_value("A", "10.0.0.256").unwrap_err().contains("ARRDATAIllegalIPv4Address"));
        assert!(check_value("AAAA", "10.0.0.2").is_err());
        assert!(check_value("A", "10.0.0.2").is_ok());
    }

    #[test]
    fn types_outside_the_chain_are_refused_loudly() {
        assert_eq!(check_type("MX").unwrap_err().code, "NotSimulated");
        assert_eq!(check_type("X").unwrap_err().code, "InvalidInput");
    }
}
