//! `service_region`.

use super::given;
use crate::resource::{Function, Refused};
use crate::schema::{Rule, formats, service_name};

crate::attributes! {
    /// Returns the Region of a service from its name, of endpoint services and of AWS's own. AWS's global services, such as `com.amazonaws.iam`, have none, and their names are an error.
    pub struct Parameters {
        /// Name of a service, such as `com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0` or `com.amazonaws.us-east-1.sqs`.
        required name: String => [Rule::Is(&formats::SERVICE_NAME)],
    }
}

/// The function.
#[derive(Debug, Clone, Copy)]
pub struct ServiceRegion;

impl Function for ServiceRegion {
    const NAME: &'static str = "service_region";
    const SUMMARY: &'static str = "Region of a service from its name";
    type Parameters = Parameters;
    type Output = String;

    fn call(parameters: Parameters) -> Result<String, Refused> {
        let name = given(parameters.name);
        service_name::region_in(&name).map(str::to_owned).ok_or_else(|| Refused {
            parameter: "name",
            text: format!(
                "{name:?} names no Region. Such a service of AWS lies in one Region, IAM and Route 53 in us-east-1."
            ),
        })
    }
}
