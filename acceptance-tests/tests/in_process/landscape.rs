//! The two accounts, and configurations that fit them.

use acceptance_tests::simulator::World;
use serde_json::{Value as Json, json};

use crate::core::{Terraform, ask_world};

/// Service type.
pub const SERVICE: &str = "privatelink_service";
/// Consumer type.
pub const CONSUMER: &str = "privatelink_consumer";

/// A world with both accounts in it, strict unless told otherwise.
pub struct Landscape {
    pub world: World,
    pub ids: Json,
}

impl Landscape {
    pub fn strict(seed: u64) -> Self {
        Self::of(World::strict(seed))
    }

    pub fn of(world: World) -> Self {
        let ids = ask_world(&world, "landscape", &json!({}));
        Self { world, ids }
    }

    /// The service's side with everything: TXT record in the public zone, verified name.
    pub fn service(&self) -> Json {
        json!({
            "name": "orders-api",
            "subnet_ids": self.ids["provider_subnet_ids"],
            "allowed_principals": [self.ids["consumer_account_id"]],
            "listener": [{
                "name": "https",
                "port": 443,
                "target_ids": self.ids["provider_instance_ids"],
            }],
            "private_dns": {"name": "orders.example.dev", "hosted_zone_id": self.ids["public_zone_id"]},
            "tags": {"team": "orders"},
        })
    }

    /// The consumer's side with everything: managed group, acceptance by the peer, private DNS, own zone.
    pub fn consumer(&self, service: &Json) -> Json {
        json!({
            "service_name": service["service_name"],
            "subnet_ids": self.ids["consumer_subnet_ids"],
            "ingress": [{"port": 443, "security_group_id": self.ids["application_security_group_id"]}],
            "accept": {"peer_account": "service"},
            "private_dns_enabled": true,
            "dns": [{"zone_name": "orders.internal", "record": [{"name": "@"}, {"name": "api"}]}],
            "tags": {"team": "shop"},
        })
    }

    /// Whether a packet of the application's arrives.
    pub fn reach(&self, name: &str) -> Json {
        let question = json!({
            "account": self.ids["consumer_account_id"],
            "vpc_id": self.ids["consumer_vpc_id"],
            "name": name,
            "port": 443,
            "security_group_ids": [self.ids["application_security_group_id"]],
        });
        ask_world(&self.world, "reach", &question)
    }

    pub async fn service_side(&self) -> Terraform {
        Terraform::service_only(&self.world).await
    }

    pub async fn consumer_side(&self) -> Terraform {
        Terraform::consumer_with_peer(&self.world).await
    }
}
