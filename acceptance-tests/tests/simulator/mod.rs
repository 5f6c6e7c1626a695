//! SDK clients of a world in this process, without retries: each call is one call.

use acceptance_tests::simulator::World;
use aws_sdk_ec2::config::{BehaviorVersion, Builder, Credentials, Region, SharedAsyncSleep, retry::RetryConfig};
use aws_smithy_async::rt::sleep::TokioSleep;

/// Account that offers services.
pub(crate) const PROVIDER: &str = "111111111111";
/// Account that consumes them.
pub(crate) const CONSUMER: &str = "222222222222";

pub(crate) fn ec2(world: &World, account: &str) -> aws_sdk_ec2::Client {
    ec2_with(world, account, |config| config)
}

pub(crate) fn ec2_with(world: &World, account: &str, change: impl FnOnce(Builder) -> Builder) -> aws_sdk_ec2::Client {
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(account, "secret", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .http_client(world.http_client());
    aws_sdk_ec2::Client::from_conf(change(config).build())
}
