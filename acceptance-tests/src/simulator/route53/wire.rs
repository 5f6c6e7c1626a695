//! Route 53's protocol: REST with XML.

use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::request::WireRequest;

use super::routes::route;

/// Reads operation and parameters of a request.
pub fn read(request: &WireRequest) -> Result<(String, Params), ApiError> {
    let Some(route) = route(&request.method, &request.path) else {
        return Err(ApiError::not_simulated(format!("{} {} of route53", request.method, request.path)));
    };
    let mut params = Params::from_form(form_urlencoded::parse(request.query.as_bytes()).into_owned())?;
    for (name, value) in route.labels {
        params.insert(name, value);
    }
    let body = std::str::from_utf8(&request.body)
        .map_err(|_| ApiError::bad("InvalidInput", "Invalid XML ; the body is not UTF-8"))?;
    if !body.trim().is_empty() {
        params.insert_xml(body)?;
    }
    Ok((route.operation.to_owned(), params))
}
