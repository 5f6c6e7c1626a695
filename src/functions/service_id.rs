//! `service_id`.

use super::given;
use crate::resource::{Function, Refused};
use crate::schema::{Rule, formats, service_name};

crate::attributes! {
    /// Returns the id of the endpoint service, `vpce-svc-…`, from its name. A service of AWS itself has no id, and its name is an error.
    pub struct Parameters {
        /// Name of an endpoint service, such as `com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0`.
        required name: String => [Rule::Is(&formats::SERVICE_NAME)],
    }
}

/// The function.
#[derive(Debug, Clone, Copy)]
pub struct ServiceId;

impl Function for ServiceId {
    const NAME: &'static str = "service_id";
    const SUMMARY: &'static str = "Id of an endpoint service from its name";
    type Parameters = Parameters;
    type Output = String;

    fn call(parameters: Parameters) -> Result<String, Refused> {
        let name = given(parameters.name);
        service_name::id_in(&name).map(str::to_owned).ok_or_else(|| Refused {
            parameter: "name",
            text: format!(
                "{name:?} is a service of AWS itself, which has no id. A right value looks like {:?}.",
                formats::SERVICE_NAME.example
            ),
        })
    }
}
