//! Functions: names taken apart and put together, offline.
//!
//! One file each, listed in `provider`.

mod principal_arn;
mod service_id;
mod service_region;
mod zonal_dns_name;

pub use principal_arn::PrincipalArn;
pub use service_id::ServiceId;
pub use service_region::ServiceRegion;
pub use zonal_dns_name::ZonalDnsName;

use crate::value::Attr;

/// The value of a parameter. Core sends neither null nor unknown.
fn given(parameter: Attr<String>) -> String {
    match parameter {
        Attr::Known(text) => text,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Function, FunctionServer as _, ServedFunction};
    use crate::value::Value;

    fn call<F: Function>(arguments: &[&str]) -> Result<String, (Option<usize>, String)> {
        let arguments = arguments.iter().map(|text| Value::from(*text)).collect();
        match ServedFunction::<F>::new().call(arguments) {
            Ok(result) => Ok(result.as_str().unwrap().to_owned()),
            Err(refused) => Err((refused.argument, refused.text)),
        }
    }

    const NAME: &str = "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0";
    const ENDPOINT: &str = "vpce-0123456789abcdef0-abcdefgh.vpce-svc-0123456789abcdef0.us-east-1.vpce.amazonaws.com";

    #[test]
    fn names_of_services_are_taken_apart() {
        assert_eq!(call::<ServiceId>(&[NAME]).as_deref(), Ok("vpce-svc-0123456789abcdef0"));
        assert_eq!(call::<ServiceRegion>(&[NAME]).as_deref(), Ok("us-east-1"));
        assert_eq!(call::<ServiceRegion>(&["com.amazonaws.eu-west-1.sqs"]).as_deref(), Ok("eu-west-1"));
        for refused in [call::<ServiceId>(&["com.amazonaws.eu-west-1.sqs"]), call::<ServiceId>(&["orders"])] {
            assert_eq!(refused.unwrap_err().0, Some(0));
        }
        assert!(call::<ServiceRegion>(&["com.amazonaws.iam"]).unwrap_err().1.contains("names no Region"));
    }

    #[test]
    fn a_zonal_name_holds_the_name_of_the_zone() {
        let zonal =
            "vpce-0123456789abcdef0-abcdefgh-us-east-1a.vpce-svc-0123456789abcdef0.us-east-1.vpce.amazonaws.com";
        assert_eq!(call::<ZonalDnsName>(&[ENDPOINT, "us-east-1a"]).as_deref(), Ok(zonal));
        assert_eq!(call::<ZonalDnsName>(&[zonal, "us-east-1a"]).as_deref(), Ok(zonal));
        for (arguments, argument, words) in [
            ([zonal, "us-east-1b"], 0, "one zone already"),
            ([ENDPOINT, "use1-az1"], 1, "id of a zone"),
            ([ENDPOINT, "somewhere"], 1, "not the name of a zone"),
            (["orders.example.dev", "us-east-1a"], 0, "not the name of an endpoint"),
        ] {
            let (index, text) = call::<ZonalDnsName>(&arguments).unwrap_err();
            assert_eq!(index, Some(argument), "{text}");
            assert!(text.contains(words), "{text}");
        }
    }
}
