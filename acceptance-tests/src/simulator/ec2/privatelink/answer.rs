//! The forms of answer that PrivateLink's operations share.

use crate::simulator::error::ApiError;
use crate::simulator::paging::Page;
use crate::simulator::xml::Xml;

/// Answers `<return>true</return>`.
pub fn done() -> Xml {
    Xml::new().text("return", true)
}

/// Answers with the items that could not be done; the call itself succeeded.
pub fn unsuccessful(items: Vec<(String, ApiError)>) -> Xml {
    Xml::new().set(
        "unsuccessful",
        items.into_iter().map(|(id, error)| {
            Xml::new()
                .element("error", Xml::new().text("code", error.code).text("message", error.message))
                .text("resourceId", id)
        }),
    )
}

/// Answers with a page of a list.
pub fn listed(name: &str, page: Page) -> Xml {
    Xml::new().set(name, page.items).optional("nextToken", page.next)
}

/// Says that an id does not look like one.
pub fn malformed(code: &str, id: &str) -> ApiError {
    ApiError::bad(code, format!("Invalid Id: '{id}'"))
}

/// Tells whether an id has its prefix and 8 or 17 hexadecimal digits.
pub fn is_id(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|digits| {
        (digits.len() == 17 || digits.len() == 8)
            && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}
