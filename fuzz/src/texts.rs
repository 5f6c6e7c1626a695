//! Texts that people and AWS write: import ids, formats, policies.

use privatelink::resource::ImportId;
use privatelink::schema::{formats, policy as policies};
use privatelink::value::Number;

/// What a person types after `terraform import ADDRESS`: parts that put together are what was typed. The formats of
/// AWS's ids, names and numbers are asked about the same text.
///
/// # Panics
/// Where they are not.
pub fn import_id(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(id) = ImportId::parse(text) {
        assert_eq!(id.to_string(), text);
        let _ = id.pair();
    }
    for format in formats::ALL {
        let _ = (format.holds)(text);
    }
    let _ = formats::duration(text);
    if let Ok(number) = text.parse::<Number>() {
        let written = number.to_string();
        assert_eq!(written.parse::<Number>(), Ok(number.clone()), "{text:?} is {written}");
        assert!(number.compare(&number).is_eq());
    }
}

/// Two policies, separated by NUL: sameness is mutual, and each is the same as itself and as its one form.
///
/// # Panics
/// Where they are not.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (left, right) = text.split_once('\0').unwrap_or((text, text));
    assert_eq!(policies::same(left, right), policies::same(right, left));
    for document in [left, right] {
        assert!(policies::same(document, document));
        let Some(one) = policies::canonical_text(document) else { continue };
        assert!(policies::same(document, &one), "{document} and {one}");
        assert_eq!(policies::canonical_text(&one).as_deref(), Some(one.as_str()));
        assert_eq!(policies::is_full_access(document), policies::is_full_access(&one));
    }
}
