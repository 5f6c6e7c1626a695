//! The way to AWS: certificates that are trusted, a proxy, and a guard around every reply.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::settings::Settings;
use super::trust;
use crate::engine::{Class, Failure, Result};

/// Builds the client for all services and credentials.
pub(super) fn client(settings: &Settings) -> Result<SharedHttpClient> {
    if settings.insecure {
        return Err(Failure::new(Class::Invalid, "Connections without checked certificates are not supported")
            .advise("Name the authority's certificate in custom_ca_bundle instead")
            .about("insecure"));
    }
    let tls = TlsContext::builder()
        .with_trust_store(trust::store(settings)?)
        .build()
        .map_err(|cause| Failure::new(Class::Invalid, cause.to_string()).about("custom_ca_bundle"))?;
    let proxy = proxy(settings)?;
    Ok(Builder::new().build_with_connector_fn(move |connection, components| {
        let mut connector = Connector::builder().proxy_config(proxy.clone());
        connector.set_connector_settings(connection.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        let connector = connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(tls.clone());
        // Elsewhere the system resolves names, with whatever networks and services it knows.
        #[cfg(not(target_os = "linux"))]
        return connector.build();
        #[cfg(target_os = "linux")]
        connector.build_with_resolver(super::resolver::Resolver::of_this_machine())
    }))
}

fn proxy(settings: &Settings) -> Result<ProxyConfig> {
    let wrong = |attribute: &'static str| {
        // The cause would show the text, and with it a password.
        move |_cause: aws_smithy_http_client::proxy::ProxyError| {
            Failure::new(Class::Invalid, "This is not the URL of a proxy")
                .advise("Write it as http://host:port, or http://user:password@host:port")
                .about(attribute)
        }
    };
    let proxy = match (&settings.http_proxy, &settings.https_proxy) {
        (None, None) => ProxyConfig::from_env(),
        (Some(plain), Some(tls)) if plain == tls => ProxyConfig::all(tls.reveal()).map_err(wrong("https_proxy"))?,
        // The client takes one proxy, and AWS is spoken to over TLS.
        (_, Some(tls)) => ProxyConfig::https(tls.reveal()).map_err(wrong("https_proxy"))?,
        // As in hashicorp/aws: the plain one serves both.
        (Some(plain), None) => ProxyConfig::all(plain.reveal()).map_err(wrong("http_proxy"))?,
    };
    Ok(match &settings.no_proxy {
        Some(rules) => proxy.no_proxy(rules),
        None => proxy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unchecked_connection_is_refused_with_what_to_write_instead() {
        let failure = client(&Settings { insecure: true, ..Settings::default() }).unwrap_err();
        assert_eq!(failure.attribute, Some("insecure"));
        assert!(failure.advice.is_some_and(|advice| advice.contains("custom_ca_bundle")));
    }

    #[test]
    fn proxies_are_checked() {
        let wrong = Settings { https_proxy: Some("not a url".into()), ..Settings::default() };
        assert_eq!(proxy(&wrong).unwrap_err().attribute, Some("https_proxy"));
    }
}
