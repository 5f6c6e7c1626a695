//! Where credentials come from: static keys, a profile, the SDK's chain, then roles one after another.
//!
//! The SDK caches what these give and asks again before it expires.

use std::path::Path;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::types::{PolicyDescriptorType, Tag};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::resolver::Resolver;
use super::settings::{AssumeRole, Identity, Settings, WebIdentity};
use super::{Operation, error};
use crate::engine::{Class, Failure, Result};

#[expect(deprecated, reason = "the new path is in a crate that we do not depend on otherwise")]
pub(super) type ProfileFiles = aws_config::profile::profile_file::ProfileFiles;
#[expect(deprecated, reason = "the new path is in a crate that we do not depend on otherwise")]
use aws_config::profile::profile_file::ProfileFileKind;

/// What a profile calls a container's credentials.
const CONTAINER: &str = "EcsContainer";
/// The session's name where none is written.
const SESSION: &str = "terraform-provider-privatelink";

/// Files of the provider block; none for the SDK's own places.
pub(super) fn profile_files(settings: &Settings) -> Option<ProfileFiles> {
    if settings.shared_config_files.is_empty() && settings.shared_credentials_files.is_empty() {
        return None;
    }
    let mut files = ProfileFiles::builder();
    if settings.shared_config_files.is_empty() {
        files = files.include_default_config_file(true);
    }
    if settings.shared_credentials_files.is_empty() {
        files = files.include_default_credentials_file(true);
    }
    #[expect(deprecated, reason = "see the import")]
    for path in &settings.shared_config_files {
        files = files.with_file(ProfileFileKind::Config, path);
    }
    #[expect(deprecated, reason = "see the import")]
    for path in &settings.shared_credentials_files {
        files = files.with_file(ProfileFileKind::Credentials, path);
    }
    Some(files.build())
}

/// The provider of these credentials: `base` where they are not named, the default chain where there is none.
pub(super) fn provider(
    settings: &Settings,
    identity: &Identity,
    base: Option<SharedCredentialsProvider>,
    config: &SdkConfig,
) -> Result<SharedCredentialsProvider> {
    let mut provider = static_keys(identity)?.map(SharedCredentialsProvider::new);
    if provider.is_none() && identity.profile.is_some() {
        provider = Some(SharedCredentialsProvider::new(profile(settings, identity, config)));
    }
    if let Some(role) = &identity.assume_role_with_web_identity {
        let client = sts(settings, config, None);
        provider = Some(SharedCredentialsProvider::new(WebIdentityRole { client, role: role.clone() }));
    }
    let mut provider = provider.or(base).unwrap_or_else(|| chain(settings, identity, config));
    for role in &identity.assume_role {
        let client = sts(settings, config, Some(provider));
        provider = SharedCredentialsProvider::new(AssumedRole { client, role: role.clone() });
    }
    Ok(provider)
}

fn static_keys(identity: &Identity) -> Result<Option<Credentials>> {
    match (&identity.access_key, &identity.secret_key) {
        (Some(access), Some(secret)) => {
            let token = identity.token.as_ref().map(|token| token.reveal().to_owned());
            check(access, secret.reveal(), token.as_deref())?;
            Ok(Some(Credentials::new(access, secret.reveal(), token, None, "provider block")))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(incomplete("secret_key")),
        (None, Some(_)) => Err(incomplete("access_key")),
    }
}

/// Credentials of any source, refused where they hold what no key has. Signing panics at it.
#[derive(Debug)]
struct Checked(SharedCredentialsProvider);

/// Lets pass only credentials that can be sent.
pub(super) fn checked(provider: SharedCredentialsProvider) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Checked(provider))
}

impl ProvideCredentials for Checked {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let keys = self.0.provide_credentials().await?;
            check(keys.access_key_id(), keys.secret_access_key(), keys.session_token())
                .map_err(CredentialsError::invalid_configuration)?;
            Ok(keys)
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.0.fallback_on_interrupt()
    }
}

/// Refuses keys with characters that no key has, and shows none of them.
fn check(access_key: &str, secret_key: &str, token: Option<&str>) -> Result<()> {
    let parts = [("access_key", access_key), ("secret_key", secret_key), ("token", token.unwrap_or_default())];
    match parts.into_iter().find(|(_, text)| !text.bytes().all(|byte| byte.is_ascii_graphic())) {
        None => Ok(()),
        Some((attribute, _)) => {
            let words = format!("{attribute} holds a blank, a line break or another character that no key has");
            Err(Failure::new(Class::Invalid, words)
                .advise("Check where it comes from; of a file that ends in a line break take trimspace(file(…))")
                .about(attribute))
        }
    }
}

fn incomplete(missing: &'static str) -> Failure {
    Failure::new(Class::Invalid, format!("Static credentials lack {missing}"))
        .advise("Write access_key and secret_key together, or neither")
        .about(missing)
}

/// Credentials that nobody names: the SDK's default chain. The SDK's own would resolve the name of a container's server with
/// the C library, which a static binary cannot load the parts of. *Source of the order:* AWS SDKs and Tools Reference Guide,
/// "Standardized credential providers".
fn chain(settings: &Settings, identity: &Identity, config: &SdkConfig) -> SharedCredentialsProvider {
    let context = context(config);
    let chain = CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Profile", profile(settings, identity, config))
        .or_else("WebIdentityToken", WebIdentityTokenCredentialsProvider::builder().configure(&context).build())
        .or_else(CONTAINER, container(&context))
        .or_else("Ec2InstanceMetadata", ImdsCredentialsProvider::builder().configure(&context).build());
    SharedCredentialsProvider::new(chain)
}

/// What the SDK's providers work with.
fn context(config: &SdkConfig) -> ProviderConfig {
    let mut context = ProviderConfig::without_region()
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_region(config.region().cloned())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack());
    if let Some(client) = config.http_client() {
        context = context.with_http_client(client);
    }
    if let Some(sleep) = config.sleep_impl() {
        context = context.with_sleep_impl(sleep);
    }
    if let Some(time) = config.time_source() {
        context = context.with_time_source(time);
    }
    if let Some(retries) = config.retry_config() {
        context = context.with_retry_config(retries.clone());
    }
    if let Some(timeouts) = config.timeout_config() {
        context = context.with_timeout_config(timeouts.clone());
    }
    context
}

/// The server of a container's credentials, such as that of ECS, EKS or a tool on this machine.
fn container(context: &ProviderConfig) -> EcsCredentialsProvider {
    EcsCredentialsProvider::builder().configure(context).dns(Resolver::of_this_machine()).build()
}

/// A profile that is asked for by name wins over keys in the environment, as in hashicorp/aws.
fn profile(settings: &Settings, identity: &Identity, config: &SdkConfig) -> ProfileFileCredentialsProvider {
    let context = context(config);
    let provider = ProfileFileCredentialsProvider::builder().configure(&context);
    let mut provider = provider.with_custom_provider(CONTAINER, container(&context));
    if let Some(name) = &identity.profile {
        provider = provider.profile_name(name);
    }
    if let Some(files) = profile_files(settings) {
        provider = provider.profile_files(files);
    }
    provider.build()
}

fn sts(settings: &Settings, config: &SdkConfig, base: Option<SharedCredentialsProvider>) -> aws_sdk_sts::Client {
    let mut builder = config.to_builder();
    builder.set_credentials_provider(base);
    let mut sts = aws_sdk_sts::config::Builder::from(&builder.build());
    if let Some(address) = &settings.endpoints.sts {
        sts = sts.endpoint_url(address);
    }
    aws_sdk_sts::Client::from_conf(sts.build())
}

#[derive(Debug)]
struct AssumedRole {
    client: aws_sdk_sts::Client,
    role: AssumeRole,
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

impl AssumedRole {
    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        let role = &self.role;
        let tags = role.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags = tags.collect::<Result<Vec<_>, _>>().map_err(CredentialsError::invalid_configuration)?;
        let reply = self
            .client
            .assume_role()
            .role_arn(&role.role_arn)
            .role_session_name(role.session_name.as_deref().unwrap_or(SESSION))
            .set_external_id(role.external_id.as_ref().map(|id| id.reveal().to_owned()))
            .set_duration_seconds(seconds(role.duration))
            .set_policy(role.policy.as_ref().map(|policy| policy.reveal().to_owned()))
            .set_policy_arns(policies(&role.policy_arns))
            .set_source_identity(role.source_identity.clone())
            .set_tags((!tags.is_empty()).then_some(tags))
            .set_transitive_tag_keys(
                (!role.transitive_tag_keys.is_empty()).then(|| role.transitive_tag_keys.iter().cloned().collect()),
            )
            .send()
            .await
            .map_err(|cause| failed("AssumeRole", &self.client, &cause))?;
        keys(reply.credentials)
    }
}

/// The failure of a call to STS, as every other call's is told.
fn failed<E>(
    operation: &'static str,
    client: &aws_sdk_sts::Client,
    cause: &SdkError<E, HttpResponse>,
) -> CredentialsError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let region = client.config().region().map(ToString::to_string).unwrap_or_default();
    CredentialsError::provider_error(error::failure(Operation::Sts(operation), &region, cause))
}

#[derive(Debug)]
struct WebIdentityRole {
    client: aws_sdk_sts::Client,
    role: WebIdentity,
}

impl ProvideCredentials for WebIdentityRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}

impl WebIdentityRole {
    async fn assume(&self) -> Result<Credentials, CredentialsError> {
        let role = &self.role;
        let token = match (&role.web_identity_token, &role.web_identity_token_file) {
            (Some(token), _) => token.reveal().to_owned(),
            (None, Some(path)) => {
                let bytes = read(Path::new(path), "assume_role_with_web_identity")
                    .map_err(CredentialsError::invalid_configuration)?;
                String::from_utf8(bytes).map_err(CredentialsError::invalid_configuration)?.trim().to_owned()
            }
            (None, None) => {
                return Err(CredentialsError::invalid_configuration(
                    "assume_role_with_web_identity needs web_identity_token or web_identity_token_file",
                ));
            }
        };
        let reply = self
            .client
            .assume_role_with_web_identity()
            .role_arn(&role.role_arn)
            .role_session_name(role.session_name.as_deref().unwrap_or(SESSION))
            .web_identity_token(token)
            .set_duration_seconds(seconds(role.duration))
            .set_policy(role.policy.as_ref().map(|policy| policy.reveal().to_owned()))
            .set_policy_arns(policies(&role.policy_arns))
            .send()
            .await
            .map_err(|cause| failed("AssumeRoleWithWebIdentity", &self.client, &cause))?;
        keys(reply.credentials)
    }
}

/// Reads a file that the provider block names.
fn read(path: &Path, attribute: &'static str) -> Result<Vec<u8>> {
    std::fs::read(path)
        .map_err(|cause| Failure::new(Class::Invalid, format!("{}: {cause}", path.display())).about(attribute))
}

fn seconds(duration: Option<std::time::Duration>) -> Option<i32> {
    duration.map(|duration| i32::try_from(duration.as_secs()).unwrap_or(i32::MAX))
}

fn policies(arns: &[String]) -> Option<Vec<PolicyDescriptorType>> {
    let policies: Vec<_> = arns.iter().map(|arn| PolicyDescriptorType::builder().arn(arn).build()).collect();
    (!policies.is_empty()).then_some(policies)
}

fn keys(found: Option<aws_sdk_sts::types::Credentials>) -> Result<Credentials, CredentialsError> {
    let Some(keys) = found else { return Err(CredentialsError::unhandled("STS gave no credentials")) };
    let expires = std::time::SystemTime::try_from(keys.expiration).map_err(CredentialsError::unhandled)?;
    Ok(Credentials::new(
        keys.access_key_id,
        keys.secret_access_key,
        Some(keys.session_token),
        Some(expires),
        "assumed role",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_cannot_be_sent_are_refused_and_not_shown() {
        for (access, secret, token, attribute) in [
            ("AKID\n", "hush", None, "access_key"),
            ("", "hush ", None, "secret_key"),
            ("AKID", "hush", Some("hush\u{0}"), "token"),
            ("AKÍD", "hush", Some("hush"), "access_key"),
        ] {
            let failure = check(access, secret, token).unwrap_err();
            assert_eq!(failure.attribute, Some(attribute));
            assert!(!format!("{failure:?}").contains("hush"), "{failure:?}");
        }
        check("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCY", Some("IQoJb3JpZ2luX2Vj//8=")).unwrap();
    }

    #[tokio::test]
    async fn keys_of_any_source_are_checked() {
        let keys = Credentials::new("AKID\n", "hush", None, None, "environment");
        let refused = checked(SharedCredentialsProvider::new(keys)).provide_credentials().await.unwrap_err();
        assert!(matches!(refused, CredentialsError::InvalidConfiguration(_)), "{refused:?}");
    }

    #[test]
    fn half_of_a_pair_of_keys_is_an_error_at_the_missing_half() {
        let half = Identity { access_key: Some("AKID".into()), ..Identity::default() };
        assert_eq!(static_keys(&half).unwrap_err().attribute, Some("secret_key"));
        let half = Identity { secret_key: Some("s".into()), ..Identity::default() };
        assert_eq!(static_keys(&half).unwrap_err().attribute, Some("access_key"));
        assert!(static_keys(&Identity::default()).unwrap().is_none());
    }
}
