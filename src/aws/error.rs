//! Turns what the SDK answers into the engine's failures: the one place that decides their class.
//!
//! A class comes from a table of codes, each row with its source; never from AWS's words. What a
//! person can do about each class is said where messages are made; retries are the engine's.

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_types::request_id::RequestId;

use super::error_table::{self, Row};
use super::operation::{Kind, Operation};
use super::whole_replies::Defect;
use super::words::{causes, shortened, told, words};
use super::{change_batch, reply};
use crate::engine::{Class, Failure};

/// What to do about replies that are not AWS's.
const STRANGER: &str = "Look at what answers in AWS's place: a proxy, a portal that asks to sign in, or an address in endpoints or \
                        AWS_ENDPOINT_URL that is no service of AWS";
/// Most characters of a code that are shown.
const LONGEST_CODE: usize = 200;

/// The failure of a call that was not made, because the run ends before AWS's limits would let it pass.
pub(super) fn unmade(operation: Operation, region: &str) -> Failure {
    let words = "the call was not made: AWS's request limits would have let it pass only after the end of this run";
    let mut failure = Failure::new(Class::Throttled, words);
    operation.name().clone_into(&mut failure.operation);
    region.clone_into(&mut failure.region);
    failure
}

/// How a call failed, without the type of its operation's errors.
enum End<'a> {
    Refused(&'a ErrorMetadata, &'a HttpResponse),
    Unreadable(&'a HttpResponse),
    NotDelivered,
    TooLate,
    NotMade,
    Other,
}

/// The failure behind an error of the SDK.
pub fn failure<E>(operation: Operation, region: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    // Here is only what depends on the operation's type, because it exists once for each.
    let end = match error {
        SdkError::ServiceError(context) => End::Refused(context.err().meta(), context.raw()),
        SdkError::ResponseError(context) => End::Unreadable(context.raw()),
        SdkError::DispatchFailure(_) => End::NotDelivered,
        SdkError::TimeoutError(_) => End::TooLate,
        SdkError::ConstructionFailure(_) => End::NotMade,
        _ => End::Other,
    };
    ended(operation, region, &end, (error, error.request_id()))
}

fn ended(
    operation: Operation,
    region: &str,
    end: &End<'_>,
    (error, request_id): (&(dyn Error + 'static), Option<&str>),
) -> Failure {
    // Credentials had to be asked for first, and that call has its own name, words and class.
    if let Some(failure) = causes(error).find_map(|cause| cause.downcast_ref::<Failure>()) {
        return failure.clone();
    }
    let mut failure = classified(operation, end, error);
    operation.name().clone_into(&mut failure.operation);
    region.clone_into(&mut failure.region);
    failure.request_id = failure.request_id.or_else(|| request_id.map(str::to_owned));
    failure
}

fn classified(operation: Operation, end: &End<'_>, error: &(dyn Error + 'static)) -> Failure {
    match *end {
        End::Refused(meta, reply) => refused(operation, meta, reply),
        End::Unreadable(reply) => unreadable(operation, reply, error),
        End::NotDelivered if is_distrusted(error) => Failure::new(Class::Invalid, words(error)).advise(
            "Name the certificate of the authority in custom_ca_bundle or AWS_CA_BUNDLE, or install the authorities of \
             this machine (the package ca-certificates); use_embedded_ca_certificates = true trusts Mozilla's list, which \
             is in the provider",
        ),
        End::NotDelivered if was_never_sent(error) => Failure::new(Class::Unavailable, words(error)),
        End::NotDelivered | End::NotMade if lacks_time(error) => Failure::new(Class::Unavailable, words(error)),
        End::NotDelivered | End::NotMade if lacks_credentials(error) => Failure::new(Class::Denied, words(error))
            .advise(
                "Give the provider credentials: a profile, keys, a role to assume, or the environment of the AWS CLI; \
                 \"aws sts get-caller-identity\" shows what is found",
            ),
        End::TooLate | End::NotDelivered => Failure::new(unanswered(operation), words(error)),
        End::NotMade => Failure::new(Class::Bug, words(error)),
        End::Other => Failure::new(Class::Unknown, words(error)),
    }
}

fn refused(operation: Operation, meta: &ErrorMetadata, reply: &HttpResponse) -> Failure {
    let status = reply.status().as_u16();
    let batch = match meta.code() {
        None => reply.body().bytes().and_then(change_batch::refusal),
        Some(_) => None,
    };
    let (code, message) = match &batch {
        Some(words) => (change_batch::CODE, words.as_str()),
        None => (meta.code().unwrap_or_default(), meta.message().unwrap_or_default()),
    };
    let class = match classify(operation, code, Some(status)) {
        // Without a code of AWS's it is not known that AWS refused: a gateway may have cut the reply to a write that was done.
        Class::Unknown | Class::Unavailable if code.is_empty() && operation.kind() == Kind::Write => {
            unanswered(operation)
        }
        class => class,
    };
    let mut failure = Failure::new(class, told(message));
    failure.code = if code.is_empty() { format!("HTTP {status}") } else { shortened(code, LONGEST_CODE) };
    failure.request_id = meta.request_id().map(str::to_owned);
    if failure.message.is_empty() {
        if code.is_empty() {
            failure.message = reply::stranger(operation.service(), reply);
            return failure.advise(STRANGER);
        }
        "AWS gave no words with this code".clone_into(&mut failure.message);
    }
    failure
}

/// The failure behind a reply that is none of AWS, or none that is whole.
fn unreadable(operation: Operation, reply: &HttpResponse, error: &(dyn Error + 'static)) -> Failure {
    let mut failure = if causes(error).any(reply::is_too_large) {
        // Reading it again would take as long and fill as much.
        let class = if operation.kind() == Kind::Read { Class::Unknown } else { Class::Lost };
        Failure::new(class, reply::too_large(operation.service(), reply))
    } else if reply.body().bytes().is_none() {
        Failure::new(unanswered(operation), reply::cut(reply, &words(error)))
    } else {
        let mut words = reply::stranger(operation.service(), reply);
        if let Some(defect) = causes(error).find_map(|cause| cause.downcast_ref::<Defect>()) {
            words = format!("{words}: {defect}");
        }
        Failure::new(unanswered(operation), words).advise(STRANGER)
    };
    failure.code = format!("HTTP {}", reply.status().as_u16());
    failure
}

/// The failure behind one item of an `Unsuccessful` list, which AWS sends with HTTP 200.
pub fn unsuccessful(operation: Operation, region: &str, resource: &str, code: &str, message: &str) -> Failure {
    let words = if message.contains(resource) { message.to_owned() } else { format!("{resource}: {message}") };
    let mut failure = Failure::new(classify(operation, code, None), words);
    operation.name().clone_into(&mut failure.operation);
    region.clone_into(&mut failure.region);
    code.clone_into(&mut failure.code);
    failure
}

/// Whether AWS says that the object of the call itself does not exist.
///
/// A read makes an absence of it and a delete a success. After a create or change of something else
/// the same codes mean a parent that is not visible yet, which is what the class says.
pub fn is_not_found(failure: &Failure) -> bool {
    error_table::is_absence(&failure.code)
}

/// A reply about an object, `None` where AWS says that there is no such object.
pub fn if_present<T>(reply: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match reply {
        Ok(found) => Ok(Some(found)),
        Err(failure) if is_not_found(&failure) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Whether a refusal of a call about several things may be about one of them, so that the others are to be asked for alone.
pub(super) fn may_be_of_one(failure: &Failure) -> bool {
    !matches!(failure.class, Class::Throttled | Class::Unavailable | Class::Busy | Class::Lost)
}

/// The class of a code; `status` where a whole call failed.
fn classify(operation: Operation, code: &str, status: Option<u16>) -> Class {
    let row = error_table::ROWS.iter().find(|row| row.covers(operation.service(), operation.name(), code));
    match (row, status) {
        (Some(Row { class, source, .. }), _) => {
            tracing::debug!(code, ?class, source, "classified");
            *class
        }
        (None, Some(429)) => Class::Throttled,
        (None, Some(401 | 403)) => Class::Denied,
        (None, Some(500..)) => Class::Unavailable,
        (None, _) => Class::Unknown,
    }
}

/// The class of a call whose reply did not come or made no sense.
fn unanswered(operation: Operation) -> Class {
    match operation.kind() {
        Kind::Read => Class::Unavailable,
        Kind::Write => Class::Lost,
    }
}

/// Whether no byte of the request can have reached AWS.
fn was_never_sent(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|cause| {
            matches!(
                cause.kind(),
                io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable
            )
        })
    })
}

/// Whether the server's certificate is not trusted. It will not be at the next attempt either.
fn is_distrusted(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| matches!(cause.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))))
}

/// Whether credentials did not come in time.
fn lacks_time(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| matches!(cause.downcast_ref(), Some(CredentialsError::ProviderTimedOut(_))))
}

fn lacks_credentials(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.downcast_ref::<CredentialsError>().is_some())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::operation::create_vpc_endpoint::CreateVpcEndpointError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::body::SdkBody;

    use super::Operation::{Ec2, Elbv2, Route53};
    use super::*;

    type Reply = SdkError<CreateVpcEndpointError, HttpResponse>;

    const WRITE: Operation = Ec2("CreateVpcEndpoint");
    const READ: Operation = Ec2("DescribeVpcEndpoints");

    fn http(status: u16, body: &'static str) -> HttpResponse {
        HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
    }

    fn refused(code: &str, message: &str, status: u16) -> Reply {
        let meta = ErrorMetadata::builder().code(code).message(message).custom("aws_request_id", "r-1").build();
        SdkError::service_error(CreateVpcEndpointError::generic(meta), http(status, ""))
    }

    #[test]
    fn a_refusal_keeps_all_of_aws_words() {
        let failure = failure(WRITE, "eu-west-1", &refused("InvalidParameter", "AWS's words", 400));
        assert_eq!(failure.to_string(), "CreateVpcEndpoint in eu-west-1: InvalidParameter: AWS's words");
        assert_eq!((failure.class, failure.request_id.as_deref()), (Class::Invalid, Some("r-1")));
    }

    #[test]
    fn one_code_means_different_things_to_different_calls() {
        let code = refused("InvalidServiceName", "", 400);
        assert_eq!(failure(WRITE, "r", &code).class, Class::NotYetVisible);
        assert_eq!(failure(Ec2("DescribeVpcEndpointServices"), "r", &code).class, Class::Invalid);
    }

    #[test]
    fn codes_of_the_chain_have_their_classes() {
        let cases = [
            (WRITE, "RequestLimitExceeded", Class::Throttled),
            (WRITE, "Unavailable", Class::Unavailable),
            (WRITE, "InvalidGroup.NotFound", Class::NotYetVisible),
            (WRITE, "InvalidSubnetID.NotFound", Class::Invalid),
            (WRITE, "DuplicateSubnetsInSameZone", Class::Invalid),
            (WRITE, "VpcEndpointLimitExceeded", Class::LimitExceeded),
            (WRITE, "UnauthorizedOperation", Class::Denied),
            (WRITE, "ExpiredToken", Class::Denied),
            (Ec2("ModifyVpcEndpoint"), "OperationInProgress", Class::Busy),
            (Ec2("DeleteSecurityGroup"), "DependencyViolation", Class::InUse),
            (Elbv2("DeleteLoadBalancer"), "ResourceInUse", Class::InUse),
            (Elbv2("DeleteLoadBalancer"), "OperationNotPermitted", Class::Invalid),
            (Elbv2("CreateLoadBalancer"), "DuplicateLoadBalancerName", Class::Taken),
            (Elbv2("CreateLoadBalancer"), "TooManyLoadBalancers", Class::LimitExceeded),
            (Elbv2("CreateListener"), "TargetGroupNotFound", Class::NotYetVisible),
            (Elbv2("CreateListener"), "Throttling", Class::Throttled),
            (Route53("ChangeResourceRecordSets"), "PriorRequestNotComplete", Class::Busy),
            (Route53("ChangeResourceRecordSets"), "InvalidChangeBatch", Class::Invalid),
            (Route53("DeleteHostedZone"), "HostedZoneNotEmpty", Class::Taken),
            (WRITE, "SomethingNew", Class::Unknown),
        ];
        for (operation, code, class) in cases {
            assert_eq!(failure(operation, "r", &refused(code, "", 400)).class, class, "{operation} {code}");
        }
    }

    #[test]
    fn an_unknown_code_is_told_by_its_status() {
        assert_eq!(failure(WRITE, "r", &refused("New", "", 503)).class, Class::Unavailable);
        assert_eq!(failure(WRITE, "r", &refused("New", "", 403)).class, Class::Denied);
        assert_eq!(failure(WRITE, "r", &refused("New", "", 429)).class, Class::Throttled);
        assert_eq!(failure(WRITE, "r", &refused("", "", 400)).code, "HTTP 400");
    }

    #[test]
    fn a_lost_reply_matters_only_where_something_may_have_changed() {
        let reset = || io::Error::from(io::ErrorKind::ConnectionReset);
        for lost in [
            Reply::timeout_error("too slow"),
            Reply::dispatch_failure(ConnectorError::io(reset().into())),
            Reply::dispatch_failure(ConnectorError::timeout("too slow".into())),
            Reply::response_error("no XML", http(200, "<html>")),
        ] {
            assert_eq!(failure(WRITE, "r", &lost).class, Class::Lost, "{lost:?}");
            assert_eq!(failure(READ, "r", &lost).class, Class::Unavailable, "{lost:?}");
        }
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let never_sent = Reply::dispatch_failure(ConnectorError::io(refused.into()));
        assert_eq!(failure(WRITE, "r", &never_sent).class, Class::Unavailable);
    }

    #[test]
    fn a_status_without_a_code_is_no_refusal_of_a_write() {
        for status in [400, 404, 500, 502, 504] {
            assert_eq!(failure(WRITE, "r", &refused("", "", status)).class, Class::Lost, "{status}");
        }
        assert_eq!(failure(READ, "r", &refused("", "", 400)).class, Class::Unknown);
        assert_eq!(failure(READ, "r", &refused("", "", 502)).class, Class::Unavailable);
        // A proxy or a bucket that is empty lets nothing through.
        for (status, class) in [(403, Class::Denied), (429, Class::Throttled)] {
            assert_eq!(failure(WRITE, "r", &refused("", "", status)).class, class, "{status}");
        }
    }

    #[test]
    fn missing_credentials_are_a_matter_of_permission() {
        let missing = CredentialsError::not_loaded("no providers");
        let reply = Reply::dispatch_failure(ConnectorError::other(missing.into(), None));
        let failure = failure(WRITE, "r", &reply);
        assert_eq!(failure.class, Class::Denied);
        assert!(failure.message.contains("no providers"), "{failure}");
    }

    #[test]
    fn a_refused_batch_of_records_is_read_from_its_own_root() {
        let body = "<InvalidChangeBatch><Messages><Message>it exists</Message></Messages></InvalidChangeBatch>";
        let reply: Reply =
            SdkError::service_error(CreateVpcEndpointError::generic(ErrorMetadata::builder().build()), http(400, body));
        let failure = failure(Route53("ChangeResourceRecordSets"), "us-east-1", &reply);
        assert_eq!((failure.class, failure.code.as_str()), (Class::Invalid, "InvalidChangeBatch"));
        assert_eq!(failure.message, "it exists");
    }

    #[test]
    fn an_unsuccessful_item_is_a_failure_that_names_its_object() {
        let operation = Ec2("DeleteVpcEndpointServiceConfigurations");
        let failure = unsuccessful(operation, "r", "vpce-svc-1", "ExistingVpcEndpointConnections", "Service has …");
        assert_eq!((failure.class, failure.message.as_str()), (Class::InUse, "vpce-svc-1: Service has …"));
        let gone = unsuccessful(operation, "r", "vpce-svc-1", "InvalidVpcEndpointService.NotFound", "'vpce-svc-1' …");
        assert!(is_not_found(&gone));
        assert_eq!(gone.message, "'vpce-svc-1' …");
    }
}
