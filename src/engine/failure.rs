//! Why a call did not do what it should, and what the engine may do about it.

use std::fmt;

/// What a call gives, or why it did not do what it should.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// What kind of failure it is: decides retries and the advice to the person. Never decided by text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Too many calls; nothing happened.
    Throttled,
    /// The service is not able to answer now.
    Unavailable,
    /// A parent made a moment ago is not visible yet.
    NotYetVisible,
    /// Something else still holds the object.
    InUse,
    /// Another change of the same object is under way.
    Busy,
    /// The reply was lost: the call may have taken effect.
    Lost,
    /// Credentials lack a permission or are no longer valid.
    Denied,
    /// The request is wrong, and will be wrong again.
    Invalid,
    /// A quota is reached.
    LimitExceeded,
    /// An object of somebody else stands in the way.
    Taken,
    /// Others still use the object: it stays for them, and is this resource's no more. No error, of a deletion only.
    Kept,
    /// A code this provider does not know.
    Unknown,
    /// A defect of this provider.
    Bug,
}

/// One failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Decides what happens next.
    pub class: Class,
    /// The API operation, such as `CreateVpcEndpoint`; empty when no call was made.
    pub operation: String,
    /// Where it was called.
    pub region: String,
    /// AWS's code, unchanged.
    pub code: String,
    /// AWS's words, unchanged.
    pub message: String,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// What to do, where the link knows better than the class.
    pub advice: Option<String>,
    /// The attribute at fault, by its top-level name, where a configured value is the cause.
    pub attribute: Option<&'static str>,
}

impl Failure {
    /// A failure without a call behind it.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            operation: String::new(),
            region: String::new(),
            code: String::new(),
            message: message.into(),
            request_id: None,
            advice: None,
            attribute: None,
        }
    }

    /// The same with advice.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// The same with the attribute at fault.
    #[must_use]
    pub fn about(mut self, attribute: &'static str) -> Self {
        self.attribute = Some(attribute);
        self
    }
}

/// `CreateListener in eu-west-1: AccessDenied: <AWS's words>`
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{} in {}: ", self.operation, self.region)?;
        }
        if !self.code.is_empty() {
            write!(f, "{}: ", self.code)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
