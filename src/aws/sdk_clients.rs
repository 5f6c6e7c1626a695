//! The SDK's clients of one account in one Region, each made when it is first asked for.
//!
//! All are made alike: the account's configuration, what watches its requests and replies, the address of the provider block.
//! The builders of the SDK's crates share no trait, so the list below is a macro's.

use std::sync::OnceLock;

use aws_types::region::Region;

use super::client::Account;
use super::connect;
use super::requests::CountRequests;
use super::send_once::SendWritesOnce;
use super::whole_replies::{WholeObjects, WholeReplies};

macro_rules! clients {
    ($(
        $(#[$doc:meta])*
        $visible:vis $name:ident: $sdk:ident, in $region:expr, watched by [$($interceptor:expr),*];
    )+) => {
        /// The clients.
        #[derive(Default)]
        pub(super) struct SdkClients {
            $($name: OnceLock<$sdk::Client>,)+
        }

        impl Account {
            $(
                $(#[$doc])*
                $visible fn $name(&self) -> &$sdk::Client {
                    self.sdk_clients().$name.get_or_init(|| {
                        let region = Region::new($region(self.region()));
                        let mut config = $sdk::config::Builder::from(&self.config(region))
                            $(.interceptor($interceptor))*
                            .interceptor(CountRequests)
                            .interceptor(self.clock());
                        // Without an address in the provider block, the one that the SDK found stays.
                        if let Some(address) = &self.endpoints().$name {
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
    /// CloudWatch's client. It only reads, and its replies are no XML.
    pub cloudwatch: aws_sdk_cloudwatch, in str::to_owned, watched by [];

    /// EC2's client.
    pub ec2: aws_sdk_ec2, in str::to_owned, watched by [SendWritesOnce, WholeReplies];

    /// Elastic Load Balancing's client.
    pub elbv2: aws_sdk_elasticloadbalancingv2, in str::to_owned, watched by [SendWritesOnce, WholeReplies];

    /// Route 53's client, which works in its partition's one signing Region.
    pub route53: aws_sdk_route53, in connect::route53_region, watched by [SendWritesOnce, WholeReplies];

    /// Route 53 Profiles' client. Its replies are JSON.
    pub route53profiles: aws_sdk_route53profiles, in str::to_owned, watched by [SendWritesOnce, WholeObjects];

    /// STS's client.
    pub(super) sts: aws_sdk_sts, in str::to_owned, watched by [SendWritesOnce, WholeReplies];
}
