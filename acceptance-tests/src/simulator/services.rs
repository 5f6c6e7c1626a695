//! The table of services: how the requests of each are read, which operations it has, how it answers.

use super::caller::{Caller, Service};
use super::envelope::{self, WireResponse};
use super::error::ApiError;
use super::operation::{self, Operation};
use super::params::Params;
use super::query;
use super::request::{Form, WireRequest};
use super::xml::Xml;
use super::{cloudwatch, ec2, elbv2, route53, route53profiles, sns, sts};

/// Holds a request that was understood.
#[derive(Debug)]
pub struct Call {
    /// Who.
    pub caller: Caller,
    /// Operation, in AWS's words.
    pub operation: String,
    /// Parameters.
    pub params: Params,
    /// Protocol.
    pub form: Form,
}

/// Reads operation and parameters of a request.
pub fn read(request: &WireRequest, caller: Caller) -> Result<Call, ApiError> {
    let form = Form::of(request);
    let (operation, params) = match (caller.service, form) {
        (Service::CloudWatch, Form::Cbor | Form::Json) => cloudwatch::wire::read(request, form)?,
        (Service::Route53Profiles, _) => route53profiles::wire::read(request)?,
        (Service::Route53, _) => route53::wire::read(request)?,
        (service, _) => query::read(request, service)?,
    };
    Ok(Call { caller, operation, params, form })
}

/// Finds an operation of a service.
pub fn operation(service: Service, name: &str) -> Option<Operation> {
    let tables = match service {
        Service::CloudWatch => cloudwatch::TABLES,
        Service::Ec2 => ec2::TABLES,
        Service::ElbV2 => elbv2::TABLES,
        Service::Route53 => route53::TABLES,
        Service::Route53Profiles => route53profiles::TABLES,
        Service::Sns => sns::TABLES,
        Service::Sts => sts::TABLES,
    };
    operation::find(tables, name)
}

/// Wraps what an operation answered.
pub fn success((service, form): (Service, Form), operation: &str, result: Xml, request_id: &str) -> WireResponse {
    match (service, form) {
        (Service::Route53Profiles, _) => route53profiles::wire::success(&result, request_id),
        (_, Form::Own) => envelope::success(service, operation, result, request_id),
        (_, Form::Cbor | Form::Json) => cloudwatch::wire::success(form, &result, request_id),
    }
}

/// Wraps an error. Without a service (the scope was not understood) EC2's form serves.
pub fn failure((service, form): (Option<Service>, Form), error: &ApiError, request_id: &str) -> WireResponse {
    match (service, form) {
        (Some(Service::Route53Profiles), _) => route53profiles::wire::failure(error, request_id),
        (Some(Service::CloudWatch), Form::Cbor | Form::Json) => cloudwatch::wire::failure(form, error, request_id),
        _ => envelope::failure(service, error, request_id),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;

    use super::*;
    use crate::simulator::caller;
    use crate::simulator::clock::Moment;

    #[test]
    fn a_scope_of_another_service_is_refused() {
        let request = WireRequest {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            authorization: "AWS4-HMAC-SHA256 Credential=1/20260101/us-east-1/ec2/aws4_request".to_owned(),
            body: Bytes::from_static(b"Action=DescribeLoadBalancers&Version=2015-12-01"),
            ..WireRequest::default()
        };
        let caller = caller::caller(&request, &BTreeMap::new(), Moment(0)).unwrap();
        assert_eq!(read(&request, caller).unwrap_err().code, "InvalidAction");
    }
}
