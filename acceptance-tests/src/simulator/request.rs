//! A request as it comes in, before any service reads it.

use bytes::Bytes;

/// Holds a request as either door delivers it.
#[derive(Debug, Clone, Default)]
pub struct WireRequest {
    /// HTTP method.
    pub method: String,
    /// Path, without the query string.
    pub path: String,
    /// Query string.
    pub query: String,
    /// `Authorization` header.
    pub authorization: String,
    /// `X-Amz-Target` header: the operation of a JSON protocol.
    pub target: String,
    /// Body.
    pub body: Bytes,
}

/// Names the protocol of a request, which its answer follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// The service's own: the query protocol, or REST with XML.
    #[default]
    Own,
    /// Smithy RPC v2 with CBOR.
    Cbor,
    /// AWS JSON 1.0.
    Json,
}

impl Form {
    /// Tells the protocol of a request.
    pub fn of(request: &WireRequest) -> Self {
        if request.path.starts_with("/service/") {
            Self::Cbor
        } else if request.target.is_empty() {
            Self::Own
        } else {
            Self::Json
        }
    }
}
