//! Drift of settings that few configurations have: TLS, address families, owner tags.

use std::time::Duration;

use aws_sdk_ec2::types as ec2;
use aws_sdk_elasticloadbalancingv2::types::{Certificate, IpAddressType, ProtocolEnum, Tag};
use serde_json::json;

use crate::core::texts;
use crate::service_bench::{Bench, NAME};

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:111111111111:certificate/01234567-89ab-cdef-0123-456789abcdef";
const NEXT: &str = "arn:aws:acm:us-east-1:111111111111:certificate/11111111-89ab-cdef-0123-456789abcdef";

impl Bench {
    /// Heals drift that is of this link alone, as the plan says.
    async fn heals(&mut self, title: &str, link: &str) {
        tokio::time::sleep(Duration::from_secs(60)).await;
        let told = self.heal(title).await;
        assert!(told.contains(&format!("\n  links: {link}\n")), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn drift_of_tls_is_named_and_healed() {
    let mut bench = Bench::made(76, |config, ids| {
        config.as_object_mut().unwrap().remove("private_dns");
        config["listener"] = json!([{
            "name": "tls", "port": 443, "protocol": "TLS", "certificate_arn": CERTIFICATE,
            "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "alpn_policy": "HTTP2Preferred",
            "target_ids": ids["provider_instance_ids"],
        }]);
    })
    .await;
    let (client, link) = (bench.elbv2(), "listener.tls");
    let arn = bench.link(link)["arn"].as_str().unwrap().to_owned();
    let modify = || client.modify_listener().listener_arn(&arn);
    let next = Certificate::builder().certificate_arn(NEXT).build();
    modify().certificates(next).send().await.unwrap();
    bench.heals("another certificate is shown", link).await;
    modify().ssl_policy("ELBSecurityPolicy-TLS13-1-3-2021-06").send().await.unwrap();
    bench.heals("another TLS policy is set", link).await;
    modify().alpn_policy("HTTP2Only").send().await.unwrap();
    bench.heals("another ALPN policy is set", link).await;
    modify().protocol(ProtocolEnum::Tcp).send().await.unwrap();
    bench.heals("the listener speaks TCP", link).await;
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_address_families_is_named_and_healed() {
    let mut bench = Bench::empty(77).await;
    let (subnets, _) = bench.subnets_of_both_families().await;
    bench.config.as_object_mut().unwrap().remove("private_dns");
    bench.config["subnet_ids"] = json!(subnets);
    bench.config["listener"] = json!([{"name": "https", "port": 443, "target_type": "ip"}]);
    bench.config["load_balancer"] = json!({"ip_address_type": "dualstack", "enable_prefix_for_ipv6_source_nat": "on"});
    bench.config["supported_ip_address_types"] = json!(["ipv4", "ipv6"]);
    let config = bench.config.clone();
    bench.terraform.apply(crate::landscape::SERVICE, NAME, &config).await;
    let (ec2, elbv2) = (bench.ec2(), bench.elbv2());
    let service = bench.state()["id"].as_str().unwrap().to_owned();
    let balancer = bench.link("load_balancer")["arn"].as_str().unwrap().to_owned();
    let off = elbv2.set_subnets().load_balancer_arn(&balancer).set_subnets(Some(subnets));
    off.enable_prefix_for_ipv6_source_nat("off".into()).send().await.unwrap();
    bench.heals("the prefixes are switched off", "load_balancer").await;
    let less = || {
        let modify = ec2.modify_vpc_endpoint_service_configuration().service_id(&service);
        modify.remove_supported_ip_address_types("ipv6").send()
    };
    less().await.unwrap();
    bench.heals("the service has a family less", "endpoint_service").await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    less().await.unwrap();
    tokio::time::sleep(Duration::from_secs(600)).await;
    let ipv4 = elbv2.set_ip_address_type().load_balancer_arn(&balancer).ip_address_type(IpAddressType::Ipv4);
    ipv4.send().await.unwrap();
    bench.heals("the load balancer has a family less", "endpoint_service, load_balancer").await;
    let found = bench.terraform.destroy(NAME).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
}

#[tokio::test(start_paused = true)]
async fn drift_of_the_name_in_the_owner_tags_is_named_and_healed() {
    let mut bench = Bench::plain(78).await;
    let (ec2, elbv2) = (bench.ec2(), bench.elbv2());
    let (key, value) = ("privatelink:resource", "service/stranger");
    for link in ["load_balancer", "target_group.https", "listener.https"] {
        let arn = bench.link(link)["arn"].as_str().unwrap().to_owned();
        let tag = Tag::builder().key(key).value(value).build();
        elbv2.add_tags().resource_arns(arn).tags(tag).send().await.unwrap();
        bench.heals("the owner tags name another service", link).await;
    }
    let tag = ec2::Tag::builder().key(key).value(value).build();
    ec2.create_tags().resources(bench.state()["id"].as_str().unwrap()).tags(tag).send().await.unwrap();
    bench.heals("the owner tags name another service", "endpoint_service").await;
    bench.destroy().await;
}
