//! What the chain of causes behind an error of the SDK says, without what it must not say.

use std::error::Error;
use std::io;

use aws_smithy_http::endpoint::error::ResolveEndpointError;

/// Most characters of AWS's words that are shown; encoded authorization messages have about a thousand.
const LONGEST: usize = 4000;

/// Joins the chain of causes into one line, because the SDK's own line only names the layer.
///
/// Guarantees: of an address that cannot be used, it says that and no more. The SDK prints the whole request beside it.
pub(super) fn words(error: &(dyn Error + 'static)) -> String {
    let hidden = causes(error).find(|cause| cause.is::<ResolveEndpointError>()).map(ToString::to_string);
    let mut words: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = cause.to_string();
        // What wraps it may print it, too.
        if hidden.as_ref().is_some_and(|hidden| text.contains(hidden)) {
            words.push("the address of the service cannot be used".to_owned());
            break;
        }
        // Some print their source with themselves.
        if !words.last().is_some_and(|last| last.ends_with(&text)) {
            words.push(text);
        }
    }
    shortened(&words.join(": "), LONGEST)
}

/// AWS's words, as far as they are for people.
pub(super) fn told(words: &str) -> String {
    shortened(words, LONGEST)
}

/// The beginning of a text that is too long for people: whoever sends that is not AWS.
pub(super) fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The error and everything behind it. What an [`io::Error`] wraps is its own cause, which `source` passes over.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause: &&'a (dyn Error + 'static)| {
        match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped as &(dyn Error + 'static)),
            None => (*cause).source(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_cannot_be_used_hides_the_request_beside_it() {
        let inner = ResolveEndpointError::message("failed to apply endpoint `x` to request `Request { token: hush }`")
            .with_source(Some("hush".into()));
        let error = io::Error::other(inner);
        assert_eq!(words(&error), "the address of the service cannot be used");
    }

    #[test]
    fn what_an_io_error_wraps_is_said_once() {
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::TimedOut, "too slow"));
        assert_eq!(words(&wrapped), "too slow");
    }
}
