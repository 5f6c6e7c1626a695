//! Names and tokens that AWS must find unique, made from whose object it is.
//!
//! Each is a pure function of the owner, so that a second attempt uses the same one, and a
//! replacement, whose generation differs, another.

use sha2::{Digest as _, Sha256};

use crate::engine::Owner;

/// The longest name that Elastic Load Balancing takes.
const LONGEST: usize = 32;
/// Digits of the hash.
const DIGITS: usize = 8;

/// A name of at most 32 characters: what people recognise, then a hash of the owner.
///
/// *Shape:* `orders-api-1f0c9a2b`.
pub fn object_name(base: &str, owner: &Owner) -> String {
    format!("{}{}", head(base), short(&hash(owner, "")))
}

/// Whether [`object_name`] may have made a name from this base.
pub fn is_made_of(name: &str, base: &str) -> bool {
    name.strip_prefix(&head(base))
        .is_some_and(|digits| digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// What people recognise.
fn head(base: &str) -> String {
    let kept: String = base
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character } else { '-' })
        .take(LONGEST - DIGITS - 1)
        .collect();
    match kept.trim_matches('-') {
        "" => "pl-".to_owned(),
        kept => format!("{kept}-"),
    }
}

/// Route 53's caller reference, from which a hosted zone is found again. It has at most 128 characters, so that a key, which
/// may be a domain, stands in it as its hash.
pub fn caller_reference(owner: &Owner) -> String {
    let key = owner.link.key().map(|key| format!(".{}", short(&digits_of([key])))).unwrap_or_default();
    format!("privatelink/{}/{}{key}/{}", owner.uid, owner.link.kind(), owner.generation)
}

/// Generation of its link that a zone of this uid was made as.
pub fn generation_in_reference(reference: &str, uid: &str) -> Option<u32> {
    let mut parts = reference.strip_prefix("privatelink/")?.strip_prefix(uid)?.strip_prefix('/')?.split('/');
    parts.nth(1)?.parse().ok()
}

/// EC2's client token: the same for the same owner and parameters, 64 ASCII characters.
///
/// `parameters` is whatever a change of must make another call, because AWS refuses a token that
/// comes back with other parameters.
pub fn client_token(owner: &Owner, parameters: &str) -> String {
    hash(owner, parameters)
}

fn hash(owner: &Owner, more: &str) -> String {
    digits_of([owner.uid.as_str(), owner.link.as_str(), &owner.generation.to_string(), more])
}

fn short(hash: &str) -> &str {
    hash.get(..DIGITS).unwrap_or(hash)
}

fn digits_of<const N: usize>(parts: [&str; N]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::LinkName;

    fn owner(generation: u32) -> Owner {
        Owner {
            resource: "service/orders-api".into(),
            uid: "9a1c3f8e-0000-4000-8000-000000000000".into(),
            link: LinkName::keyed("listener", "https"),
            generation,
            run_tags: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn names_fit_and_do_not_end_or_begin_with_a_hyphen() {
        for base in
            ["orders-api", "a", "a-name-of-twenty-four-ch", "exactly-twenty-two-cha-", "under_score.dot", "--", ""]
        {
            let name = object_name(base, &owner(0));
            assert!(name.len() <= 32, "{name}");
            assert!(!name.starts_with('-') && !name.ends_with('-') && !name.contains("--"), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name}");
        }
        assert!(object_name("orders-api", &owner(0)).starts_with("orders-api-"));
    }

    #[test]
    fn a_name_tells_what_it_was_made_of() {
        for base in ["orders-api", "under_score", "", "exactly-twenty-two-cha-and-more"] {
            assert!(is_made_of(&object_name(base, &owner(3)), base), "{base}");
        }
        for (name, base) in
            [("orders-api-1f0c9a2b", "orders"), ("orders-api", "orders-api"), ("orders-api-v2-1f0c9a2b", "orders-api")]
        {
            assert!(!is_made_of(name, base), "{name} {base}");
        }
    }

    #[test]
    fn a_name_tells_generations_links_and_owners_apart() {
        let first = object_name("orders-api", &owner(0));
        assert_eq!(first, object_name("orders-api", &owner(0)));
        assert_ne!(first, object_name("orders-api", &owner(1)));
        assert_ne!(first, object_name("orders-api", &Owner { uid: "other".into(), ..owner(0) }));
        assert_ne!(first, object_name("orders-api", &Owner { link: "load_balancer".into(), ..owner(0) }));
        assert_eq!(first, object_name("orders-api", &Owner { resource: "service/renamed".into(), ..owner(0) }));
    }

    #[test]
    fn a_reference_tells_its_generation_to_whom_knows_the_uid_and_fits_however_long_a_domain_is() {
        let zone = |name: &str| Owner { link: LinkName::keyed("hosted_zone", name), ..owner(3) };
        let owner = zone(&"a.".repeat(127));
        let reference = caller_reference(&owner);
        assert!(reference.starts_with(&format!("privatelink/{}/hosted_zone.", owner.uid)), "{reference}");
        assert!(reference.len() + 33 <= 128, "{reference}");
        assert_ne!(reference, caller_reference(&zone("b.internal")));
        assert_eq!(generation_in_reference(&reference, &owner.uid), Some(3));
        assert_eq!(generation_in_reference(&format!("{reference}/4f"), &owner.uid), Some(3));
        assert_eq!(generation_in_reference(&reference, "9a1c3f8e"), None);
        assert_eq!(generation_in_reference("terraform-1", &owner.uid), None);
    }

    #[test]
    fn a_client_token_fits_and_follows_the_parameters() {
        let token = client_token(&owner(0), "a");
        assert!(token.len() <= 64 && token.is_ascii());
        assert_eq!(token, client_token(&owner(0), "a"));
        assert_ne!(token, client_token(&owner(0), "b"));
        assert_ne!(token, client_token(&owner(1), "a"));
    }
}
