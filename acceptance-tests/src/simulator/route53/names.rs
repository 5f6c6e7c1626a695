//! Domain names as Route 53 stores, compares and orders them.
//!
//! Stored names are lower-case, end in a dot and write every character other than `a-z 0-9 - _ .` as `\ooo`, so `*.x` is
//! kept and answered as `\052.x.`. Lists follow the labels from the right ("com.example.www."). Source: Route 53 developer
//! guide, "DNS domain name format" and the reference of `ListResourceRecordSets`.

/// Says why a text is no domain name, in the words that follow the name in AWS's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("Domain name is empty")]
    Empty,
    /// A label between two dots is missing.
    #[error("Domain contains an empty label")]
    EmptyLabel,
    /// A label has more than 63 octets.
    #[error("Domain label is too long")]
    LabelTooLong,
    /// The whole name has more than 255 octets.
    #[error("Domain name is too long")]
    TooLong,
    /// A backslash is not followed by three octal digits.
    #[error("Domain contains an invalid escape")]
    Escape,
    /// A character outside ASCII, or a control character.
    #[error("Domain contains an invalid character")]
    Character,
}

/// Normalises a name: lower-case, escaped, with its trailing dot.
///
/// # Errors
/// A [`NameError`] when the text is no domain name.
pub fn normalise(name: &str) -> Result<String, NameError> {
    let bytes = unescape(name)?;
    let body = bytes.strip_suffix(&[Octet::Dot]).unwrap_or(&bytes);
    if body.is_empty() {
        return Err(NameError::Empty);
    }
    // One octet of length before each label, and the root's.
    if body.len() + 2 > 255 {
        return Err(NameError::TooLong);
    }
    let mut written = String::new();
    for label in body.split(|octet| *octet == Octet::Dot) {
        if label.is_empty() {
            return Err(NameError::EmptyLabel);
        }
        if label.len() > 63 {
            return Err(NameError::LabelTooLong);
        }
        for octet in label {
            write_octet(*octet, &mut written);
        }
        written.push('.');
    }
    Ok(written)
}

/// Tells whether a normalised name is the zone's own or lies below it.
pub fn is_within(name: &str, zone: &str) -> bool {
    name == zone || name.strip_suffix(zone).is_some_and(|head| head.ends_with('.'))
}

/// Gives the key by which AWS orders names: labels reversed, each with its dot.
pub fn order_key(name: &str) -> String {
    let mut labels: Vec<&str> = name.trim_end_matches('.').split('.').collect();
    labels.reverse();
    labels.join(".") + "."
}

/// Gives the name as people and DNS clients write it: `*` for `\052`, no trailing dot.
pub fn plain(name: &str) -> String {
    name.trim_end_matches('.').replace("\\052", "*")
}

/// Tells whether a normalised record name answers a query for a normalised name, as a wildcard or as itself.
pub fn answers(record: &str, query: &str) -> bool {
    record == query || record.strip_prefix("\\052.").is_some_and(|parent| query != parent && is_within(query, parent))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Octet {
    Dot,
    Byte(u8),
}

fn unescape(name: &str) -> Result<Vec<Octet>, NameError> {
    let mut octets = Vec::new();
    let mut bytes = name.bytes();
    while let Some(byte) = bytes.next() {
        octets.push(match byte {
            b'.' => Octet::Dot,
            b'\\' => {
                let mut value = 0_u32;
                for _ in 0..3 {
                    let digit = bytes.next().filter(|digit| (b'0'..=b'7').contains(digit));
                    value = value * 8 + u32::from(digit.ok_or(NameError::Escape)? - b'0');
                }
                Octet::Byte(u8::try_from(value).map_err(|_| NameError::Escape)?.to_ascii_lowercase())
            }
            0x21..=0x7e => Octet::Byte(byte.to_ascii_lowercase()),
            _ => return Err(NameError::Character),
        });
    }
    Ok(octets)
}

fn write_octet(octet: Octet, written: &mut String) {
    match octet {
        Octet::Byte(byte) if byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_' => {
            written.push(char::from(byte));
        }
        Octet::Byte(byte) => {
            written.push('\\');
            // Three octal digits.
            written.extend([byte >> 6, byte >> 3 & 7, byte & 7].map(|digit| char::from(b'0' + digit)));
        }
        Octet::Dot => written.push('.'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lowered_escaped_and_closed_with_a_dot() {
        assert_eq!(normalise("*.Example.DEV").unwrap(), "\\052.example.dev.");
        assert_eq!(normalise("\\052.example.dev.").unwrap(), "\\052.example.dev.");
        assert_eq!(normalise("_tok.example.dev").unwrap(), "_tok.example.dev.");
        assert_eq!(normalise("a..b"), Err(NameError::EmptyLabel));
        assert_eq!(normalise("."), Err(NameError::Empty));
        assert_eq!(normalise(&"a".repeat(64)), Err(NameError::LabelTooLong));
        assert_eq!(normalise(&"abc.".repeat(64)), Err(NameError::TooLong));
        assert_eq!(normalise("a b.com"), Err(NameError::Character));
        assert_eq!(normalise("a\\9.com"), Err(NameError::Escape));
    }

    #[test]
    fn a_name_lies_within_its_zone_by_whole_labels() {
        assert!(is_within("a.example.dev.", "example.dev."));
        assert!(is_within("example.dev.", "example.dev."));
        assert!(!is_within("badexample.dev.", "example.dev."));
    }

    #[test]
    fn a_wildcard_answers_for_what_lies_below_its_parent() {
        assert!(answers("\\052.x.com.", "a.b.x.com."));
        assert!(!answers("\\052.x.com.", "x.com."));
        assert!(answers("x.com.", "x.com."));
    }

    #[test]
    fn lists_follow_the_labels_from_the_right() {
        let mut names = vec!["b.example.dev.", "example.dev.", "a.b.example.dev.", "a.example.dev."];
        names.sort_by_key(|name| order_key(name));
        assert_eq!(names, ["example.dev.", "a.example.dev.", "b.example.dev.", "a.b.example.dev."]);
    }
}
