//! The SDK's clients of one account in one Region, each made when it is first asked for.
//!
//! All are made alike: the account's configuration, what watches its requests and replies, the address of the provider block.
//! The builders of the SDK's crates share no trait, so the list below is a macro's.

use std::sync::OnceLock;

use aws_config::SdkConfig;
use aws_types::region::Region;

use super::clock::Clock;
use super::connect;
use super::requests::CountRequests;
use super::send_once::SendWritesOnce;
use super::settings::Endpoints;
use super::whole_replies::{WholeObjects, WholeReplies};

macro_rules! clients {
    ($(
        $name:ident: $sdk:ident, in $region:expr, watched by [$($interceptor:expr),*];
    )+) => {
        /// The clients, and what all of them are made of.
        pub(super) struct SdkClients {
            /// With the credentials of the account.
            config: SdkConfig,
            region: String,
            endpoints: Endpoints,
            clock: Clock,
            $($name: OnceLock<$sdk::Client>,)+
        }

        impl SdkClients {
            /// Those of an account's configuration in a Region: `endpoints` are addresses that the provider block names, `clock`
            /// reads AWS's time from replies.
            pub(super) fn new(config: SdkConfig, region: &str, endpoints: Endpoints, clock: Clock) -> Self {
                Self { config, region: region.to_owned(), endpoints, clock, $($name: OnceLock::new(),)+ }
            }

            $(
                pub(super) fn $name(&self) -> &$sdk::Client {
                    self.$name.get_or_init(|| {
                        let region = Region::new($region(&self.region));
                        let mut config = $sdk::config::Builder::from(&self.config.to_builder().region(region).build())
                            $(.interceptor($interceptor))*
                            .interceptor(CountRequests)
                            .interceptor(self.clock.clone());
                        // Without an address in the provider block, the one that the SDK found stays.
                        if let Some(address) = &self.endpoints.$name {
                            config.set_endpoint_url(Some(address.clone()));
                        }
                        $sdk::Client::from_conf(config.build())
                    })
                }
            )+
        }
    };
}

clients! {
    // It only reads, and its replies are no XML.
    cloudwatch: aws_sdk_cloudwatch, in str::to_owned, watched by [];
    ec2: aws_sdk_ec2, in str::to_owned, watched by [SendWritesOnce, WholeReplies];
    elbv2: aws_sdk_elasticloadbalancingv2, in str::to_owned, watched by [SendWritesOnce, WholeReplies];
    // It works in its partition's one signing Region.
    route53: aws_sdk_route53, in connect::route53_region, watched by [SendWritesOnce, WholeReplies];
    // Its replies are JSON.
    route53profiles: aws_sdk_route53profiles, in str::to_owned, watched by [SendWritesOnce, WholeObjects];
    sts: aws_sdk_sts, in str::to_owned, watched by [SendWritesOnce, WholeReplies];
}
