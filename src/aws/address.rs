//! Addresses of services: checked before they are used, and shown without what they may hide.
//!
//! The SDK names an address that it cannot use together with the whole request, credentials and all. None such gets there.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use http::Uri;

use super::settings::Settings;
use crate::engine::{Class, Failure, Result};

/// The SDK's names of the services that are called, by us or for credentials.
const SERVICES: [&str; 8] =
    ["CloudWatch", "EC2", "Elastic Load Balancing v2", "Route 53", "Route53Profiles", "STS", "SSO", "SSO OIDC"];

/// Refuses addresses of the provider block, the environment and the profile that are none.
pub(super) fn check(settings: &Settings, config: &SdkConfig) -> Result<()> {
    let written = &settings.endpoints;
    for (name, address) in [
        ("ec2", &written.ec2),
        ("elbv2", &written.elbv2),
        ("route53", &written.route53),
        ("route53profiles", &written.route53profiles),
        ("sts", &written.sts),
        ("cloudwatch", &written.cloudwatch),
        ("sns", &written.sns),
    ] {
        if let Some(address) = address {
            is_usable(address).map_err(|why| refused(&format!("The address of {name}"), why).about("endpoints"))?;
        }
    }
    for service in SERVICES {
        if let Some(address) = found(config, service) {
            let whose =
                format!("The address of {service} in AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE> or the profile");
            is_usable(&address).map_err(|why| refused(&whose, why))?;
        }
    }
    Ok(())
}

/// The address that the SDK finds in environment or profile.
pub(super) fn found(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let own = key.ok().and_then(|key| config.service_config().and_then(|found| found.load_config(key)));
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}

/// Scheme, host and port of an address: neither a password, nor a path, nor a query.
pub(super) fn place(address: &str) -> String {
    let Ok(uri) = address.parse::<Uri>() else { return "an address that is none".to_owned() };
    let host = uri.host().unwrap_or_default();
    let scheme = uri.scheme_str().map(|scheme| format!("{scheme}://")).unwrap_or_default();
    let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{scheme}{host}{port}")
}

fn refused(whose: &str, why: &str) -> Failure {
    // The address itself may hold a password.
    Failure::new(Class::Invalid, format!("{whose} cannot be used: {why}"))
        .advise("Write it as https://host, https://host:port or https://host:port/path")
}

fn is_usable(address: &str) -> Result<(), &'static str> {
    if address.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err("it holds a blank, a line break or a control character");
    }
    let uri: Uri = address.parse().map_err(|_| "it is not a URL")?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("it begins with neither http:// nor https://");
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("it holds a user or a password");
    }
    if uri.host().is_none_or(str::is_empty) {
        return Err("it has no host");
    }
    let authority = uri.authority().map_or("", http::uri::Authority::as_str);
    if uri.port_u16().is_none() && uri.host().is_some_and(|host| host.len() < authority.len()) {
        return Err("its port is not a number");
    }
    if uri.query().is_some() {
        return Err("it has a query");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_url_with_a_host_and_no_secrets() {
        for good in
            ["http://127.0.0.1:4566", "https://vpce-1.ec2.example.dev/path", "http://[::1]:3", "https://localhost"]
        {
            assert_eq!(is_usable(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "localhost",
            "localhost:4566",
            "ec2.example.dev/x",
            "ftp://host",
            "http://",
            "http://ho st",
            "https://host\n",
            "https://host:port",
            "https://me:hush@host",
            "https://host?a=b",
            "{\"a\":1}",
            "https://\u{0}",
        ] {
            assert!(is_usable(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_place_holds_neither_password_nor_query() {
        assert_eq!(place("https://me:hush@host:8443/a?token=hush#b"), "https://host:8443");
        assert_eq!(place("not a url"), "an address that is none");
    }
}
