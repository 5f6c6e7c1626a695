//! Turns the provider block into the SDK's configuration.
//!
//! Order of the sources is the SDK's: what is written here wins over the environment, that over the
//! profile. It makes no call itself.

use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_types::app_name::AppName;
use aws_types::region::Region;

use super::settings::{Endpoints, Identity, Settings};
use super::wiring::Wiring;
use super::{address, credentials, http_client, regions, reply};
use crate::engine::{Class, Failure, Result};

/// Shown in AWS's logs as part of the user agent.
const APP: &str = concat!("terraform-provider-privatelink-", env!("CARGO_PKG_VERSION"));
/// Switches views off, with the word `off`.
const VIEWS: &str = "PRIVATELINK_VIEWS";
/// Divides waits when every service is on this machine.
const CLOCK_SPEED: &str = "PRIVATELINK_CLOCK_SPEED";

/// The SDK's configuration for one set of credentials; `base` are those of an identity that names none.
pub(super) async fn config(
    settings: &Settings,
    identity: &Identity,
    base: Option<SharedCredentialsProvider>,
    wiring: &Wiring,
) -> Result<SdkConfig> {
    let sleep = wiring.sleep.clone().unwrap_or_else(|| SharedAsyncSleep::new(TokioSleep::new()));
    let http = match &wiring.http_client {
        Some(client) => client.clone(),
        None => http_client::client(settings)?,
    };
    let app = AppName::new(APP).map_err(|cause| Failure::new(Class::Bug, cause.to_string()))?;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .app_name(app)
        .http_client(reply::guarded(http))
        .sleep_impl(sleep)
        .retry_config(retries(settings)?)
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(10))
                .operation_attempt_timeout(Duration::from_mins(1))
                .operation_timeout(Duration::from_mins(3))
                .build(),
        )
        .identity_cache(IdentityCache::lazy().build())
        .no_credentials();
    if let Some(time) = &wiring.time_source {
        loader = loader.time_source(time.clone());
    }
    let region = identity.region.as_ref().or(settings.identity.region.as_ref());
    if let Some(region) = region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &identity.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(files) = credentials::profile_files(settings) {
        loader = loader.profile_files(files);
    }
    if let Some(fips) = settings.use_fips_endpoint {
        loader = loader.use_fips(fips);
    }
    if let Some(dual_stack) = settings.use_dualstack_endpoint {
        loader = loader.use_dual_stack(dual_stack);
    }
    let config = loader.load().await;
    address::check(settings, &config)?;
    if let Some(region) = config.region() {
        is_label(region.as_ref())?;
    }
    let provider = credentials::provider(settings, identity, base, &config)?;
    Ok(config.into_builder().credentials_provider(credentials::checked(provider)).build())
}

/// Lost connections and throttled reads are tried again here; writes never, see `send_once`.
fn retries(settings: &Settings) -> Result<RetryConfig> {
    let mode = match settings.retry_mode.as_deref() {
        None | Some("standard" | "legacy") => RetryConfig::standard(),
        Some("adaptive") => RetryConfig::adaptive(),
        Some(other) => {
            return Err(Failure::new(Class::Invalid, format!("\"{other}\" is no retry mode"))
                .advise("Use \"standard\" or \"adaptive\"")
                .about("retry_mode"));
        }
    };
    Ok(mode.with_max_attempts(settings.max_retries.unwrap_or(2).saturating_add(1)))
}

/// Refuses a Region that does not exist, unless the settings say not to look.
pub(super) fn check_region(settings: &Settings, region: &str) -> Result<()> {
    is_label(region)?;
    if settings.skip_region_validation || regions::is_known(region) {
        return Ok(());
    }
    let alike = match regions::alike(region).as_slice() {
        [] => "Write it like \"eu-west-1\"".to_owned(),
        alike => format!("Regions of that area are: {}", alike.join(", ")),
    };
    Err(Failure::new(Class::Invalid, format!("\"{region}\" is no AWS Region"))
        .advise(format!("{alike}. For a Region that is newer than this release set skip_region_validation = true"))
        .about("region"))
}

/// Refuses what cannot be part of a host's name, as every Region is.
fn is_label(region: &str) -> Result<()> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if (1..=63).contains(&region.len()) && region.chars().all(fits) {
        return Ok(());
    }
    Err(Failure::new(Class::Invalid, format!("{region:?} cannot be an AWS Region"))
        .advise("Write it like \"eu-west-1\": letters, digits and hyphens")
        .about("region"))
}

/// The partition of a Region.
pub fn partition(region: &str) -> &'static str {
    const PARTITIONS: &[(&str, &str)] = &[
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS.iter().find(|(start, _)| region.starts_with(start)).map_or("aws", |(_, partition)| partition)
}

/// The Region whose name signs calls of Route 53 in the partition of `region`.
pub(super) fn route53_region(region: &str) -> &'static str {
    match partition(region) {
        "aws-cn" => "cn-northwest-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-iso-e" => "eu-isoe-west-1",
        "aws-iso-f" => "us-isof-south-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

/// Whether what one resource has read may serve others: unless `PRIVATELINK_VIEWS` is `off`.
pub(super) fn has_views() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads this variable, once")]
    let asked = std::env::var(VIEWS).ok();
    let is_off = asked.as_deref().is_some_and(|word| word.trim().eq_ignore_ascii_case("off"));
    if is_off {
        tracing::info!("{VIEWS}=off: each resource reads its objects by itself");
    }
    !is_off
}

/// By how much `PRIVATELINK_CLOCK_SPEED` divides waits: 1 unless every service is on this machine.
pub(super) fn clock_speed(endpoints: &Endpoints, config: &SdkConfig) -> u32 {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads this variable, once")]
    let asked = std::env::var(CLOCK_SPEED).ok();
    let services = [
        (&endpoints.ec2, "EC2"),
        (&endpoints.elbv2, "Elastic Load Balancing v2"),
        (&endpoints.route53, "Route 53"),
        (&endpoints.sts, "STS"),
    ];
    let addresses = services.map(|(written, id)| written.clone().or_else(|| address::found(config, id)));
    speed(asked.as_deref(), &addresses)
}

fn speed(asked: Option<&str>, addresses: &[Option<String>]) -> u32 {
    let Some(factor) = asked.and_then(|text| text.trim().parse::<u32>().ok()).filter(|factor| *factor > 1) else {
        return 1;
    };
    if addresses.iter().all(|address| address.as_deref().is_some_and(is_loopback)) {
        tracing::warn!(factor, "{CLOCK_SPEED} divides waits: every service is on this machine");
        return factor;
    }
    tracing::warn!("{CLOCK_SPEED} is ignored: it works only with services on this machine");
    1
}

fn is_loopback(address: &str) -> bool {
    let Ok(uri) = address.parse::<http::Uri>() else { return false };
    let Some(host) = uri.host() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_runs_faster_only_when_every_service_is_on_this_machine() {
        let local = |port: u16| Some(format!("http://127.0.0.1:{port}"));
        let all = [local(1), local(2), Some("http://[::1]:3".into()), Some("http://localhost:4/x".into())];
        assert_eq!(speed(Some("30"), &all), 30);
        assert_eq!(speed(None, &all), 1);
        assert_eq!(speed(Some("0"), &all), 1);
        assert_eq!(speed(Some("fast"), &all), 1);
        assert_eq!(speed(Some("30"), &[local(1), None]), 1);
        assert_eq!(speed(Some("30"), &[local(1), Some("https://127.0.0.1.example.dev".into())]), 1);
        assert_eq!(speed(Some("30"), &[local(1), Some("https://10.0.0.1".into())]), 1);
    }

    #[test]
    fn regions_are_checked_by_name_unless_told_not_to() {
        for good in ["eu-west-1", "us-gov-east-1", "ap-southeast-4", "us-isob-east-1", "eusc-de-east-1"] {
            assert!(check_region(&Settings::default(), good).is_ok(), "{good}");
        }
        for bad in ["", "eu-west", "eu-west-1a", "eu-west-9", "Ireland", "EU-WEST-1", "eu--1"] {
            let failure = check_region(&Settings::default(), bad).unwrap_err();
            assert_eq!((failure.class, failure.attribute), (Class::Invalid, Some("region")), "{bad}");
        }
        let failure = check_region(&Settings::default(), "sa-west-1").unwrap_err();
        assert!(failure.advice.unwrap_or_default().contains("sa-east-1"), "what was meant");
        let lenient = Settings { skip_region_validation: true, ..Settings::default() };
        assert!(check_region(&lenient, "on-premises").is_ok());
        for bad in ["", "on premises", "eu-west-1\n", "a.example.dev/", &"x".repeat(64)] {
            assert_eq!(
                check_region(&lenient, bad).unwrap_err().attribute,
                Some("region"),
                "{bad:?} is no part of a host"
            );
        }
    }

    #[test]
    fn a_region_tells_its_partition() {
        assert_eq!(partition("eu-west-1"), "aws");
        assert_eq!(partition("us-gov-west-1"), "aws-us-gov");
        assert_eq!(partition("us-iso-east-1"), "aws-iso");
        assert_eq!(partition("us-isob-east-1"), "aws-iso-b");
        assert_eq!(route53_region("cn-north-1"), "cn-northwest-1");
    }

    #[test]
    fn retry_modes_are_checked() {
        let wrong = Settings { retry_mode: Some("often".into()), ..Settings::default() };
        assert_eq!(retries(&wrong).unwrap_err().attribute, Some("retry_mode"));
        let often = Settings { max_retries: Some(4), ..Settings::default() };
        assert_eq!(retries(&often).unwrap().max_attempts(), 5);
    }
}
