//! Answers and errors in XML, in the form of each service (facts, section 4).

use super::caller::Service;
use super::error::ApiError;
use super::xml::Xml;

fn namespace(service: Service) -> &'static str {
    match service {
        Service::CloudWatch => "http://monitoring.amazonaws.com/doc/2010-08-01/",
        Service::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
        Service::ElbV2 => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        Service::Route53 => "https://route53.amazonaws.com/doc/2013-04-01/",
        // It answers in JSON.
        Service::Route53Profiles => "",
        Service::Sns => "http://sns.amazonaws.com/doc/2010-03-31/",
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
    }
}

/// Holds an answer as either door delivers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl WireResponse {
    /// Gives the body as text, where it is one.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Wraps what an operation answered.
pub fn success(service: Service, operation: &str, result: Xml, request_id: &str) -> WireResponse {
    let root = format!("{operation}Response");
    let metadata = || Xml::new().element("ResponseMetadata", Xml::new().text("RequestId", request_id));
    let document = match service {
        Service::Ec2 => {
            Xml::new().text("requestId", request_id).join(result).root(&root, &[("xmlns", namespace(service))])
        }
        Service::Route53 => result.root(&root, &[("xmlns", namespace(service))]),
        Service::CloudWatch | Service::ElbV2 | Service::Route53Profiles | Service::Sns | Service::Sts => Xml::new()
            .element(&format!("{operation}Result"), result)
            .join(metadata())
            .root(&root, &[("xmlns", namespace(service))]),
    };
    respond(200, &document, request_id)
}

/// Wraps an error. Without a service (the scope was not understood) EC2's form serves.
pub fn failure(service: Option<Service>, error: &ApiError, request_id: &str) -> WireResponse {
    let code = Xml::new().text("Code", &error.code).text("Message", &error.message);
    let document = match service {
        None | Some(Service::Ec2) => Xml::new()
            .element("Errors", Xml::new().element("Error", code))
            .text("RequestID", request_id)
            .root("Response", &[]),
        Some(service) => {
            let kind = if error.status >= 500 { "Receiver" } else { "Sender" };
            Xml::new()
                .element("Error", Xml::new().text("Type", kind).join(code))
                .text("RequestId", request_id)
                .root("ErrorResponse", &[("xmlns", namespace(service))])
        }
    };
    respond(error.status, &document, request_id)
}

fn respond(status: u16, document: &Xml, request_id: &str) -> WireResponse {
    WireResponse {
        status,
        headers: vec![
            ("content-type".to_owned(), "text/xml;charset=UTF-8".to_owned()),
            ("x-amzn-requestid".to_owned(), request_id.to_owned()),
        ],
        body: document.document().into_bytes(),
    }
}
