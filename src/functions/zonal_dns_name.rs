//! `zonal_dns_name`.

use super::given;
use crate::resource::{Function, Refused};
use crate::schema::Rule;
use crate::value::Value;

crate::attributes! {
    /// Returns the name of an endpoint's network interface in one zone, from the endpoint's own name. AWS makes it from the name of the zone in the consumer's account, not from its id. Endpoints of a service in another Region have no zonal names.
    pub struct Parameters {
        /// Name of the endpoint, such as `dns_name` of `privatelink_consumer`.
        required dns_name: String => [Rule::Refuse(name_complaint)],
        /// Name of the zone, such as `us-east-1a`.
        required zone: String => [Rule::Refuse(zone_complaint)],
    }
}

/// The function.
#[derive(Debug, Clone, Copy)]
pub struct ZonalDnsName;

impl Function for ZonalDnsName {
    const NAME: &'static str = "zonal_dns_name";
    const SUMMARY: &'static str = "Name of an endpoint's network interface in one zone";
    type Parameters = Parameters;
    type Output = String;

    fn call(parameters: Parameters) -> Result<String, Refused> {
        let (dns_name, zone) = (given(parameters.dns_name), given(parameters.zone));
        let (endpoint, service) = dns_name.split_once('.').unwrap_or((&dns_name, ""));
        if endpoint.ends_with(&format!("-{zone}")) {
            return Ok(dns_name);
        }
        // A name of another zone: `vpce-`, the id and eight characters are the endpoint's, the rest is the zone's.
        if endpoint.split('-').count() > 3 {
            let text =
                format!("{dns_name:?} is the name of one zone already; write the endpoint's name for all zones.");
            return Err(Refused { parameter: "dns_name", text });
        }
        Ok(format!("{endpoint}-{zone}.{service}"))
    }
}

fn name_complaint(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    let fits = name.starts_with("vpce-")
        && (name.ends_with(".vpce.amazonaws.com") || name.ends_with(".vpce.amazonaws.com.cn"))
        && !name.starts_with("vpce-svc-");
    (!fits).then(|| {
        format!(
            "{name:?} is not the name of an endpoint. A right value looks like \
             \"vpce-0123456789abcdef0-abcdefgh.vpce-svc-0123456789abcdef0.us-east-1.vpce.amazonaws.com\"."
        )
    })
}

/// `use1-az1` is an id; AWS's zonal names hold `us-east-1a`. Local zones are `us-east-1-bos-1a`.
fn zone_complaint(value: &Value) -> Option<String> {
    let zone = value.as_str()?;
    let ends_in_letter = zone.bytes().last().is_some_and(|last| last.is_ascii_lowercase());
    let is_plain = zone.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if ends_in_letter && is_plain && zone.matches('-').count() >= 2 {
        return None;
    }
    let is_id = zone.rsplit('-').next().is_some_and(|last| last.starts_with("az"));
    Some(if is_id {
        format!(
            "{zone:?} is the id of a zone. Names of endpoints hold the zone's name in the consumer's account, such as \
             \"us-east-1a\"; the data source aws_availability_zones translates."
        )
    } else {
        format!("{zone:?} is not the name of a zone. A right value looks like \"us-east-1a\".")
    })
}
