//! CloudWatch's newer protocols: Smithy RPC v2 with CBOR, and AWS JSON 1.0. Source: `protocols` of its model in botocore 1.43.
//!
//! Requests become the parameters that the query protocol would have sent, answers are the same elements with types. Clients of both
//! send `x-amzn-query-mode` and read the query protocol's codes of errors from a header (`awsQueryCompatible`).

use ciborium::Value;

use crate::simulator::envelope::WireResponse;
use crate::simulator::error::ApiError;
use crate::simulator::params::Params;
use crate::simulator::request::{Form, WireRequest};
use crate::simulator::xml::Xml;

/// CloudWatch's name in both protocols.
const SERVICE: &str = "GraniteServiceVersion20100801";
/// Elements that are lists.
const LISTS: &[&str] = &["MetricDataResults", "Messages", "Timestamps", "Values"];
/// CBOR's tag of a time in seconds.
const TIME: u64 = 1;

/// Reads operation and parameters of a request.
pub fn read(request: &WireRequest, form: Form) -> Result<(String, Params), ApiError> {
    let parts = match form {
        Form::Cbor => request.path.strip_prefix("/service/").and_then(|rest| rest.split_once("/operation/")),
        _ => request.target.split_once('.'),
    };
    let Some((SERVICE, operation)) = parts else {
        return Err(ApiError::not_simulated(format!("{} {} {}", request.method, request.path, request.target)));
    };
    let mut fields = Vec::new();
    let malformed = |why: String| ApiError::bad("SerializationException", why);
    if form == Form::Cbor {
        let value: Value =
            ciborium::from_reader(request.body.as_ref()).map_err(|error| malformed(error.to_string()))?;
        flatten(&value, "", &mut fields)?;
    } else {
        let value: serde_json::Value =
            serde_json::from_slice(&request.body).map_err(|error| malformed(error.to_string()))?;
        flatten(&of_json(&value), "", &mut fields)?;
    }
    Ok((operation.to_owned(), Params::from_form(fields.into_iter())?))
}

fn of_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(flag) => Value::Bool(*flag),
        serde_json::Value::Number(number) => Value::Text(number.to_string()),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(items) => Value::Array(items.iter().map(of_json).collect()),
        serde_json::Value::Object(entries) => {
            Value::Map(entries.iter().map(|(key, value)| (Value::Text(key.clone()), of_json(value))).collect())
        }
    }
}

/// Writes a value as fields of the query protocol.
fn flatten(value: &Value, path: &str, fields: &mut Vec<(String, String)>) -> Result<(), ApiError> {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let text = match value {
        Value::Map(entries) => {
            for (key, value) in entries {
                flatten(value, &below(key.as_text().unwrap_or_default()), fields)?;
            }
            return Ok(());
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(item, &below(&format!("member.{}", index + 1)), fields)?;
            }
            return Ok(());
        }
        Value::Tag(TIME, time) => return flatten(time, path, fields),
        Value::Null => return Ok(()),
        Value::Text(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Integer(number) => i128::from(*number).to_string(),
        Value::Float(number) => number.to_string(),
        _ => return Err(ApiError::bad("SerializationException", format!("The value of {path} has no known type."))),
    };
    fields.push((path.to_owned(), text));
    Ok(())
}

/// Writes what an operation answered.
pub fn success(form: Form, result: &Xml, request_id: &str) -> WireResponse {
    respond(200, form, &structure(&result.tree()), request_id)
}

/// Writes an error.
pub fn failure(form: Form, error: &ApiError, request_id: &str) -> WireResponse {
    let entry = |key: &str, text: &str| (Value::Text(key.to_owned()), Value::Text(text.to_owned()));
    let body = Value::Map(vec![
        entry("__type", &format!("com.amazonaws.cloudwatch#{}", error.code)),
        entry("message", &error.message),
    ]);
    let mut response = respond(error.status, form, &body, request_id);
    let kind = if error.status >= 500 { "Receiver" } else { "Sender" };
    response.headers.push(("x-amzn-query-error".to_owned(), format!("{};{kind}", error.code)));
    response
}

fn respond(status: u16, form: Form, body: &Value, request_id: &str) -> WireResponse {
    let mut headers = vec![("x-amzn-requestid".to_owned(), request_id.to_owned())];
    let mut bytes = Vec::new();
    if form == Form::Cbor {
        headers.push(("content-type".to_owned(), "application/cbor".to_owned()));
        headers.push(("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned()));
        // Writing into memory cannot fail.
        let _written = ciborium::into_writer(body, &mut bytes);
    } else {
        headers.push(("content-type".to_owned(), "application/x-amz-json-1.0".to_owned()));
        bytes = to_json(body).to_string().into_bytes();
    }
    WireResponse { status, headers, body: bytes }
}

fn structure(node: &Params) -> Value {
    let entries = node.children().map(|(name, child)| (Value::Text(name.to_owned()), typed(name, child)));
    Value::Map(entries.collect())
}

fn typed(name: &str, node: &Params) -> Value {
    if LISTS.contains(&name) {
        return Value::Array(node.children().map(|(_, item)| element(name, item)).collect());
    }
    element(name, node)
}

fn element(name: &str, node: &Params) -> Value {
    let text = node.value().unwrap_or_default();
    match name {
        "Timestamps" => {
            let seconds = text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second).unwrap_or_default();
            Value::Tag(TIME, Box::new(Value::Integer(seconds.into())))
        }
        "Values" => Value::Float(text.parse().unwrap_or_default()),
        _ if node.children().next().is_some() => structure(node),
        _ => Value::Text(text.to_owned()),
    }
}

fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Map(entries) => {
            let entry = |(key, value): &(Value, Value)| (key.as_text().unwrap_or_default().to_owned(), to_json(value));
            serde_json::Value::Object(entries.iter().map(entry).collect())
        }
        Value::Array(items) => serde_json::Value::Array(items.iter().map(to_json).collect()),
        Value::Tag(_, inner) => to_json(inner),
        Value::Integer(number) => i64::try_from(i128::from(*number)).unwrap_or_default().into(),
        Value::Float(number) => (*number).into(),
        other => other.as_text().unwrap_or_default().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_protocols_become_the_same_parameters() {
        let json = br#"{"MetricDataQueries":[{"Id":"a"}],"StartTime":1767225600,"ScanBy":null}"#;
        let from_json = WireRequest {
            target: format!("{SERVICE}.GetMetricData"),
            body: bytes::Bytes::from_static(json),
            ..WireRequest::default()
        };
        let text = |text: &str| Value::Text(text.to_owned());
        let query = Value::Map(vec![(text("Id"), text("a"))]);
        let time = Value::Tag(TIME, Box::new(Value::Integer(1_767_225_600.into())));
        let whole = Value::Map(vec![(text("MetricDataQueries"), Value::Array(vec![query])), (text("StartTime"), time)]);
        let mut body = Vec::new();
        ciborium::into_writer(&whole, &mut body).unwrap();
        let from_cbor = WireRequest {
            path: format!("/service/{SERVICE}/operation/GetMetricData"),
            body: body.into(),
            ..WireRequest::default()
        };
        for (request, form) in [(from_json, Form::Json), (from_cbor, Form::Cbor)] {
            assert_eq!(Form::of(&request), form);
            let (operation, params) = read(&request, form).unwrap();
            assert_eq!(operation, "GetMetricData");
            assert_eq!(params.structures("MetricDataQueries")[0].text("Id"), Some("a"), "{form:?}");
            assert_eq!(params.text("StartTime"), Some("1767225600"), "{form:?}");
        }
    }

    #[test]
    fn answers_have_types_and_errors_the_query_protocols_code() {
        let result = Xml::new().members(
            "MetricDataResults",
            [Xml::new()
                .text("Id", "a")
                .text_members("Timestamps", ["2026-01-01T00:01:00Z"])
                .text_members("Values", [1.5])],
        );
        let answer = success(Form::Json, &result, "r");
        let wanted = r#"{"MetricDataResults":[{"Id":"a","Timestamps":[1767225660],"Values":[1.5]}]}"#;
        assert_eq!(answer.text(), wanted);
        let refused = failure(Form::Cbor, &ApiError::bad("ValidationError", "no"), "r");
        assert!(refused.headers.contains(&("x-amzn-query-error".to_owned(), "ValidationError;Sender".to_owned())));
    }
}
