//! The protocol of Route 53 Profiles: REST with JSON. Source: its model, `restJson1`.

use crate::simulator::envelope::WireResponse;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::request::WireRequest;
use crate::simulator::route53::routes::{Pattern, find};
use crate::simulator::xml::Xml;

/// Method, path with its labels in braces, operation.
const ROUTES: &[Pattern] = &[
    ("POST", "profile", "CreateProfile"),
    ("GET", "profile/{ProfileId}", "GetProfile"),
    ("DELETE", "profile/{ProfileId}", "DeleteProfile"),
    ("GET", "profiles", "ListProfiles"),
    ("POST", "profileresourceassociation", "AssociateResourceToProfile"),
    (
        "DELETE",
        "profileresourceassociation/profileid/{ProfileId}/resourcearn/{ResourceArn}",
        "DisassociateResourceFromProfile",
    ),
    ("GET", "profileresourceassociation/{ProfileResourceAssociationId}", "GetProfileResourceAssociation"),
    ("GET", "profileresourceassociations/profileid/{ProfileId}", "ListProfileResourceAssociations"),
];
/// Elements that are lists.
const LISTS: &[&str] = &["ProfileResourceAssociations", "ProfileSummaries"];
/// Elements that are numbers.
const NUMBERS: &[&str] = &["CreationTime", "ModificationTime"];

/// Reads operation and parameters of a request.
pub fn read(request: &WireRequest) -> Result<(String, Params), ApiError> {
    let below = request.path.trim_matches('/');
    let Some(route) = find(ROUTES, &request.method, below) else {
        return Err(ApiError::not_simulated(format!("{} {} of route53profiles", request.method, request.path)));
    };
    let mut params = Params::from_form(form_urlencoded::parse(request.query.as_bytes()).into_owned())?;
    for (name, value) in route.labels {
        params.insert(name, value);
    }
    let malformed = |why: String| ApiError::bad("SerializationException", why);
    if !request.body.is_empty() {
        let body: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&request.body).map_err(|error| malformed(error.to_string()))?;
        for (name, value) in body {
            let Some(text) = value.as_str() else { return Err(malformed(format!("{name} is no string"))) };
            params.insert(&name, text);
        }
    }
    Ok((route.operation.to_owned(), params))
}

/// Writes what an operation answered.
pub fn success(result: &Xml, request_id: &str) -> WireResponse {
    respond(200, &object(&result.tree()), request_id)
}

/// Writes an error.
pub fn failure(error: &ApiError, request_id: &str) -> WireResponse {
    let mut response = respond(error.status, &serde_json::json!({"Message": error.message}), request_id);
    response.headers.push(("x-amzn-errortype".to_owned(), error.code.clone()));
    response
}

fn respond(status: u16, body: &serde_json::Value, request_id: &str) -> WireResponse {
    let headers = [("content-type", "application/json"), ("x-amzn-requestid", request_id)];
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    WireResponse { status, headers, body: body.to_string().into_bytes() }
}

fn object(node: &Params) -> serde_json::Value {
    let entry = |(name, child): (&str, &Params)| (name.to_owned(), typed(name, child));
    serde_json::Value::Object(node.children().map(entry).collect())
}

fn typed(name: &str, node: &Params) -> serde_json::Value {
    let text = node.value().unwrap_or_default();
    if LISTS.contains(&name) {
        return node.children().map(|(_, item)| object(item)).collect::<Vec<_>>().into();
    }
    if NUMBERS.contains(&name) {
        return text.parse::<f64>().unwrap_or_default().into();
    }
    if node.children().next().is_some() { object(node) } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_bodies_become_parameters_and_answers_have_types() {
        let request = |method: &str, path: &str, body: &'static str| WireRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            body: bytes::Bytes::from_static(body.as_bytes()),
            ..WireRequest::default()
        };
        let arn =
            "/profileresourceassociation/profileid/rp-1/resourcearn/arn%3Aaws%3Aec2%3A%3A%3Avpc-endpoint%2Fvpce-1";
        let (operation, params) = read(&request("DELETE", arn, "")).unwrap();
        assert_eq!(operation, "DisassociateResourceFromProfile");
        assert_eq!(params.text("ResourceArn"), Some("arn:aws:ec2:::vpc-endpoint/vpce-1"));
        let (_, params) = read(&request("POST", "/profileresourceassociation", r#"{"Name":"a"}"#)).unwrap();
        assert_eq!(params.text("Name"), Some("a"));
        assert_eq!(read(&request("POST", "/profile", r#"{"Name":1}"#)).unwrap_err().code, "SerializationException");
        assert_eq!(read(&request("GET", "/profileassociations", "")).unwrap_err().status, 501);
        let items = [Xml::new().text("Id", "rpr-1").text("CreationTime", 1.5)];
        let answer = success(&Xml::new().members("ProfileResourceAssociations", items), "r");
        assert_eq!(answer.text(), r#"{"ProfileResourceAssociations":[{"CreationTime":1.5,"Id":"rpr-1"}]}"#);
        let none = success(&Xml::new().members("ProfileResourceAssociations", []), "r");
        assert_eq!(none.text(), r#"{"ProfileResourceAssociations":[]}"#);
    }
}
