//! Refuses replies that look like AWS's and are not whole.
//!
//! The SDK's decoders take what they find: a document that was cut between two elements is a shorter list to them, and an
//! element with nothing in it is a list of nothing. Both would be read as "gone". What comes instead of AWS's answer, or of a part
//! of it, is no answer ([`super::error`] says what follows from that). Replies that are no XML are the decoders' alone.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_xml::decode::Document;

use super::operation;

/// The interceptor of clients whose service answers in JSON, of which the decoders refuse what is cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct WholeObjects;

/// The interceptor, one for each client whose service answers in XML.
#[derive(Debug, Clone, Copy)]
pub(super) struct WholeReplies;

/// Why a reply is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Defect {
    /// It was cut.
    #[error("it ends before its outermost element does")]
    Cut,
    /// A read is answered by an element with nothing in it.
    #[error("its outermost element has nothing in it")]
    Hollow,
}

impl Intercept for WholeReplies {
    fn name(&self) -> &'static str {
        "WholeReplies"
    }

    // Not earlier: before, the body is not read yet.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let reply = context.response();
        let is_read = config.load::<Metadata>().is_some_and(|metadata| operation::is_read(metadata.name()));
        match reply.body().bytes() {
            Some(body) if reply.status().is_success() => check(body, is_read).map_err(BoxError::from),
            _ => Ok(()),
        }
    }
}

impl Intercept for WholeObjects {
    fn name(&self) -> &'static str {
        "WholeObjects"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let reply = context.response();
        let is_hollow = |body: &[u8]| {
            let body = body.trim_ascii();
            body.is_empty() || body.strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii_start() == b"}")
        };
        match reply.body().bytes() {
            Some(body) if reply.status().is_success() && is_hollow(body) => Err(BoxError::from(Defect::Hollow)),
            _ => Ok(()),
        }
    }
}

/// Finds what keeps a reply from being an answer. Some writes are answered by an element with nothing in it; no read is.
fn check(body: &[u8], is_read: bool) -> Result<(), Defect> {
    let Ok(mut document) = Document::try_from(body) else { return Ok(()) };
    let Ok(mut root) = document.root_element() else { return Ok(()) };
    let name = root.start_el().local().to_owned();
    let is_empty = root.next_tag().is_none();
    let end = body.trim_ascii_end();
    let is_whole = end.ends_with(format!("</{name}>").as_bytes()) || (is_empty && end.ends_with(b"/>"));
    match (is_whole, is_empty && is_read) {
        (false, _) => Err(Defect::Cut),
        (true, true) => Err(Defect::Hollow),
        (true, false) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_whole_is_no_answer() {
        let list = "<?xml version=\"1.0\"?>\n<ListTags xmlns=\"x\"><Tag><Key>a</Key></Tag><Tag><Key>b</Key></Tag></ListTags>\n";
        assert_eq!(check(list.as_bytes(), true), Ok(()));
        for end in [list.len() / 2, list.find("<Tag><Key>b").unwrap(), list.len() - 4] {
            assert_eq!(check(&list.as_bytes()[..end], true), Err(Defect::Cut), "{}", &list[..end]);
        }
        for hollow in ["<ListTags></ListTags>", "<ListTags xmlns=\"x\"/>", "<ListTags> </ListTags>"] {
            assert_eq!(check(hollow.as_bytes(), true), Err(Defect::Hollow), "{hollow}");
            assert_eq!(check(hollow.as_bytes(), false), Ok(()), "{hollow}");
        }
        // These are the decoders' to judge.
        for other in ["", "noise", "{\"a\": 1}", "\u{feff}"] {
            assert_eq!(check(other.as_bytes(), true), Ok(()), "{other}");
        }
    }
}
