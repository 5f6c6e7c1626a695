//! Route 53's refusal of a batch of records, which is no `ErrorResponse` like all others.
//!
//! *Shape:* `<InvalidChangeBatch><Messages><Message>…</Message></Messages></InvalidChangeBatch>`.
//! *Source:* Amazon Route 53 API reference, ChangeResourceRecordSets, Errors.

use aws_smithy_xml::decode::{Document, try_data};

/// The code of such a refusal.
pub(super) const CODE: &str = "InvalidChangeBatch";

/// AWS's words; none for any other body.
pub(super) fn refusal(body: &[u8]) -> Option<String> {
    let mut document = Document::try_from(body).ok()?;
    let mut root = document.root_element().ok()?;
    if !root.start_el().matches(CODE) {
        return None;
    }
    let mut words = Vec::new();
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().matches("Messages") {
            while let Some(mut message) = tag.next_tag() {
                words.push(try_data(&mut message).ok()?.into_owned());
            }
        }
    }
    Some(words.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_refused_batch_are_found_and_unescaped() {
        let body = br#"<?xml version="1.0"?>
<InvalidChangeBatch xmlns="https://route53.amazonaws.com/doc/2013-04-01/">
  <Messages><Message>name=&apos;a.example.dev.&apos; exists</Message><Message>second</Message></Messages>
  <RequestId>r-1</RequestId>
</InvalidChangeBatch>"#;
        assert_eq!(refusal(body).unwrap(), "name='a.example.dev.' exists; second");
    }

    #[test]
    fn another_body_is_left_to_the_sdk() {
        assert_eq!(refusal(b"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"), None);
        assert_eq!(refusal(b"no xml"), None);
        assert_eq!(refusal(b""), None);
    }
}
