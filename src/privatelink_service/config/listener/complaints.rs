//! What is wrong with a value of a listener, in words that follow its attribute's name.

use std::net::IpAddr;

use crate::links::target_group::OFF;
use crate::schema::formats;
use crate::value::Value;

pub(super) fn name_complaint(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    let fits = (1..=16).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !name.starts_with('-')
        && !name.ends_with('-');
    (!fits).then(|| format!("must be 1–16 small letters, digits and hyphens, without a hyphen at an end, got {name:?}"))
}

pub(super) fn target_complaint(value: &Value) -> Option<String> {
    let id = value.as_str()?;
    let instance = id.strip_prefix("i-").is_some_and(|rest| {
        matches!(rest.len(), 8 | 17) && rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    });
    let balancer = (formats::APPLICATION_LOAD_BALANCER_ARN.holds)(id);
    (!instance && !balancer && id.parse::<IpAddr>().is_err()).then(|| {
        format!(
            "must be the id of an instance such as \"i-0123456789abcdef0\", an IP address such as \"10.0.1.5\", or the ARN \
             of an application load balancer such as {:?}, got {id:?}",
            formats::APPLICATION_LOAD_BALANCER_ARN.example
        )
    })
}

pub(super) fn ssl_policy_complaint(value: &Value) -> Option<String> {
    let policy = value.as_str()?;
    (!policy.starts_with("ELBSecurityPolicy-")).then(|| {
        format!(
            "must be a security policy of Elastic Load Balancing such as \"ELBSecurityPolicy-TLS13-1-2-2021-06\", got \
             {policy:?}"
        )
    })
}

pub(super) fn matcher_complaint(value: &Value) -> Option<String> {
    let codes = value.as_str()?;
    let code = |text: &str| text.len() == 3 && text.parse::<u16>().is_ok_and(|code| (200..=599).contains(&code));
    let fits = codes.split(',').all(|part| match part.split_once('-') {
        Some((first, last)) => code(first) && code(last) && first <= last,
        None => code(part),
    });
    (!fits).then(|| {
        format!("must be status codes from 200 to 599 such as \"200\", \"200,202\" or \"200-399\", got {codes:?}")
    })
}

pub(super) fn health_path_complaint(value: &Value) -> Option<String> {
    let path = value.as_str()?;
    let fits = path.starts_with('/') && path.len() <= 1024;
    (!fits).then(|| format!("must be a path of at most 1024 characters such as \"/ready\", got {path:?}"))
}

pub(super) fn health_port_complaint(value: &Value) -> Option<String> {
    let port = value.as_str()?;
    let fits = port == "traffic-port" || port.parse::<u16>().is_ok_and(|port| port > 0);
    (!fits).then(|| format!("must be a port between 1 and 65535 or \"traffic-port\", got {port:?}"))
}

pub(super) fn least_count_complaint(value: &Value) -> Option<String> {
    let count = value.as_str()?;
    (!is_number(count, 1000)).then(|| format!("must be a number from 1 to 1000 such as \"1\", got {count:?}"))
}

pub(super) fn least_count_or_off_complaint(value: &Value) -> Option<String> {
    let count = value.as_str()?;
    let fits = count == OFF || is_number(count, 1000);
    (!fits).then(|| format!("must be a number from 1 to 1000 such as \"1\", or \"off\", got {count:?}"))
}

pub(super) fn least_percentage_complaint(value: &Value) -> Option<String> {
    let percentage = value.as_str()?;
    let fits = percentage == OFF || is_number(percentage, 100);
    (!fits).then(|| format!("must be a percentage from 1 to 100 such as \"50\", or \"off\", got {percentage:?}"))
}

/// Whether a text is a number from 1 on, spelled as AWS spells it.
fn is_number(text: &str, most: u16) -> bool {
    text.parse::<u16>().is_ok_and(|number| (1..=most).contains(&number) && number.to_string() == text)
}
