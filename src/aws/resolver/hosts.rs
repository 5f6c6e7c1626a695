//! `/etc/hosts`: an address and its names on each line.

use std::net::IpAddr;

/// The addresses that stand before a name, in their order.
pub(super) fn addresses(text: &[u8], name: &str) -> Vec<IpAddr> {
    let text = String::from_utf8_lossy(text);
    let mut found = Vec::new();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(Ok(address)) = words.next().map(str::parse) else { continue };
        if words.any(|word| word.trim_end_matches('.').eq_ignore_ascii_case(name)) {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_name_counts_and_what_is_no_line_does_not() {
        let text = b"# 192.0.2.9 aws\n192.0.2.1 a.example.dev AWS\tother # aws2\n::1 aws.\nnonsense aws\n\xff\xfe aws\n192.0.2.3\n";
        let of = |name| addresses(text, name).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(of("aws"), ["192.0.2.1", "::1"]);
        assert_eq!(of("A.Example.dev"), ["192.0.2.1"]);
        assert_eq!(of("aws2"), [""; 0]);
    }
}
