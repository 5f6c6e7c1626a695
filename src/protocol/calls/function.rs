//! `GetFunctions` and `CallFunction`: names the functions, decodes the arguments, encodes the result.

use std::sync::Arc;

use super::diagnostics_field;
use crate::diagnostic::Diagnostic;
use crate::gather::Gather as _;
use crate::protocol::call::Call;
use crate::protocol::schema::function_message;
use crate::protocol::served::{Served, ServedFunction};
use crate::protocol::value::{ValueError, dynamic, from_msgpack_of, to_msgpack_of};
use crate::protocol::wire::tfplugin5::{self as proto, call_function, get_functions};
use crate::value::Value;

/// OpenTofu asks for a function that it did not find in the schema.
impl Call for get_functions::Request {
    const RPC: &'static str = "GetFunctions";
    type Response = get_functions::Response;

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let functions = served.functions.iter();
        let functions = functions.map(|(name, function)| ((*name).to_owned(), function_message(&function.signature)));
        Ok(get_functions::Response { functions: functions.gather(), ..Default::default() })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        get_functions::Response { diagnostics: vec![error], ..Default::default() }
    }

    diagnostics_field!();
}

/// Functions have no diagnostics, only one error text.
impl Call for call_function::Request {
    const RPC: &'static str = "CallFunction";
    type Response = call_function::Response;

    async fn attempt(self, served: Arc<Served>) -> Result<Self::Response, Diagnostic> {
        let function = served.function(&self.name)?;
        let (result, error) = match call(function, &self.arguments) {
            Ok(msgpack) => (Some(dynamic(msgpack)), None),
            Err(error) => (None, Some(error)),
        };
        Ok(call_function::Response { result, error })
    }

    fn refuse(self, error: proto::Diagnostic) -> Self::Response {
        let text = format!("{}: {}", error.summary, error.detail);
        let error = proto::FunctionError { text, function_argument: None };
        call_function::Response { result: None, error: Some(error) }
    }

    fn diagnostics(_response: &Self::Response) -> &[proto::Diagnostic] {
        &[]
    }
}

fn call(function: &ServedFunction, given: &[proto::DynamicValue]) -> Result<Vec<u8>, proto::FunctionError> {
    let parameters = &function.signature.parameters;
    if parameters.len() != given.len() {
        let text = format!("{} arguments are needed, {} were given", parameters.len(), given.len());
        return Err(proto::FunctionError { text, function_argument: None });
    }
    let mut arguments = Vec::with_capacity(given.len());
    for (index, (parameter, given)) in parameters.iter().zip(given).enumerate() {
        let argument = from_msgpack_of(&parameter.ty, &given.msgpack).and_then(usable);
        arguments.push(argument.map_err(|error| refusal(&error.to_string(), Some(index)))?);
    }
    let result = function.server.call(arguments).map_err(|refused| refusal(&refused.text, refused.argument))?;
    to_msgpack_of(&function.signature.output, &result)
        .map_err(|error| refusal(&format!("{error}. This is a bug in the provider: please report it."), None))
}

/// No parameter asks for null or unknown values, so core sends none.
fn usable(argument: Value) -> Result<Value, ValueError> {
    if argument.is_null() || !argument.is_wholly_known() {
        let path = crate::value::Path::root();
        return Err(ValueError { path, problem: "must be known and not null".to_owned() });
    }
    Ok(argument)
}

/// Core puts a full stop behind the text.
fn refusal(text: &str, argument: Option<usize>) -> proto::FunctionError {
    let text = text.trim_end_matches('.').to_owned();
    proto::FunctionError { text, function_argument: argument.and_then(|index| i64::try_from(index).ok()) }
}
