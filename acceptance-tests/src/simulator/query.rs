//! The query protocol: operation and parameters in a form, of every service that has no protocol of its own.

use super::caller::Service;
use super::error::ApiError;
use super::params::Params;
use super::request::WireRequest;

/// Reads operation and parameters of a request.
pub fn read(request: &WireRequest, service: Service) -> Result<(String, Params), ApiError> {
    if request.path != "/" || !matches!(request.method.as_str(), "POST" | "GET") {
        return Err(ApiError::not_simulated(format!("{} {} of {}", request.method, request.path, service.name())));
    }
    let fields = form_urlencoded::parse(request.query.as_bytes())
        .chain(form_urlencoded::parse(&request.body))
        .map(|(name, value)| (name.into_owned(), value.into_owned()));
    let params = Params::from_form(fields)?;
    let operation = params.text("Action").unwrap_or_default().to_owned();
    if operation.is_empty() {
        return Err(ApiError::bad("MissingAction", "The request must contain the parameter Action"));
    }
    match params.text("Version") {
        Some(version) if version == service.version() => Ok((operation, params)),
        other => Err(ApiError::bad(
            "InvalidAction",
            format!(
                "The action {operation} is not valid for this web service: {} has version {}, not '{}'.",
                service.name(),
                service.version(),
                other.unwrap_or_default()
            ),
        )),
    }
}
