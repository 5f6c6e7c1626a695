//! Private names of services as text: which are legal, and where in the public DNS their proof may stand.
//!
//! The guide: one name per service, lower case, labels of at most 63 characters, 255 in all, a leading `*.` allowed (facts 13.8).
//! The proof is a TXT record at `label.name` or `label.parent` for any parent domain, or at the name itself without the label.
//! When it is looked for is `private_dns/mod.rs`.

/// Tells whether AWS takes `name` as a private name.
pub fn is_legal(name: &str) -> bool {
    let plain = name.strip_prefix("*.").unwrap_or(name);
    name.len() <= 255
        && plain.contains('.')
        && plain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// Returns the names at which the proof counts, in the order in which AWS looks: under the label from the name up to its last parent
/// with a dot in it, then the bare name.
pub fn proof_names(name: &str, label: &str) -> Vec<String> {
    let domain = name.strip_prefix("*.").unwrap_or(name);
    let mut names = Vec::new();
    let mut parent = Some(domain);
    while let Some(current) = parent.filter(|current| current.contains('.')) {
        names.push(format!("{label}.{current}"));
        parent = current.split_once('.').map(|(_, rest)| rest);
    }
    names.push(domain.to_owned());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_names_are_lower_case_domains_with_an_optional_leading_star() {
        for name in ["api.example.dev", "*.example.dev", "a-b.c_d.example.dev"] {
            assert!(is_legal(name), "{name}");
        }
        let long = format!("{}.example.dev", "a".repeat(64));
        for name in [
            "",
            "example",
            "API.example.dev",
            "api..com",
            "api.*.com",
            "-a.example.dev",
            "api.example.dev.",
            long.as_str(),
        ] {
            assert!(!is_legal(name), "{name}");
        }
    }

    #[test]
    fn the_proof_counts_at_the_name_at_its_parents_and_bare() {
        assert_eq!(
            proof_names("*.api.example.dev", "_abc"),
            ["_abc.api.example.dev", "_abc.example.dev", "api.example.dev"]
        );
    }
}
