//! Limits of calls and pages, as the SDK meets them, and what every answer carries.

use std::collections::BTreeSet;
use std::time::Duration;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::faults::{Fault, Strike};
use acceptance_tests::simulator::settings::Settings;
use aws_sdk_ec2::operation::RequestId;
use aws_sdk_ec2::types::Tag;
use futures_util::future::join_all;
use tokio::time::Instant;

use super::land::{CONSUMER, Land, code, refused};

/// A world with nothing but buckets in the way.
fn limited() -> Land {
    let settings = Settings { buckets: true, ..Settings::calm() };
    Land::in_world(World::new(1, settings, 1.0))
}

#[tokio::test(start_paused = true)]
pub(crate) async fn fourteen_endpoints_at_once_need_thirty_three_seconds() {
    let land = limited();
    let service = land.service(true).await;
    land.pass(60).await;
    let start = Instant::now();
    let made = (0..14).map(|_| async {
        loop {
            match land.new_endpoint(&service).send().await {
                Ok(made) => return made,
                refused => assert_eq!(code(refused), "RequestLimitExceeded"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    join_all(made).await;
    // Four at once, ten more at three in ten seconds.
    let took = start.elapsed();
    assert!((Duration::from_millis(33_300)..Duration::from_millis(33_600)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_throttled_call_costs_no_token() {
    let land = limited();
    let service = land.service(true).await;
    land.pass(60).await;
    for _ in 0..4 {
        land.new_endpoint(&service).send().await.unwrap();
    }
    for _ in 0..33 {
        assert_eq!(code(land.new_endpoint(&service).send().await), "RequestLimitExceeded");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    land.new_endpoint(&service).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn the_organization_has_a_bucket_over_all_its_accounts() {
    let land = limited();
    let service = land.service(true).await;
    land.pass(60).await;
    let start = || land.provider.start_vpc_endpoint_service_private_dns_verification().service_id(&service.id).send();
    // The service has no name: each of these is refused for that, and counts.
    for _ in 0..20 {
        assert_eq!(code(start().await), "InvalidParameter");
    }
    assert_eq!(code(start().await), "RequestLimitExceeded");
    // Another account of the organization has a full bucket of its own, and still has to wait.
    assert_eq!(code(land.new_endpoint(&service).send().await), "RequestLimitExceeded");
    // Reads are not limited so, and another Region is another bucket.
    land.consumer.describe_vpc_endpoints().send().await.unwrap();
    let elsewhere = land.ec2_in(CONSUMER, "eu-west-1");
    let absent = elsewhere.delete_vpc_endpoints().vpc_endpoint_ids("vpce-00000000000000000").send().await.unwrap();
    assert_eq!(absent.unsuccessful().len(), 1);
    land.pass(1).await;
    land.new_endpoint(&service).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn pages_may_be_short_or_empty_and_lists_have_no_order() {
    let settings = Settings { disorder: true, ..Settings::calm() };
    let land = Land::in_world(World::new(3, settings, 1.0));
    for number in 0..12 {
        let call = land.consumer.create_security_group().vpc_id(&land.vpc).group_name(format!("g{number}"));
        call.description("page").send().await.unwrap();
    }
    let (mut short, mut empty, mut orders) = (0, 0, BTreeSet::new());
    for _ in 0..60 {
        let page = land.consumer.describe_security_groups().max_results(6).send().await.unwrap();
        let groups: Vec<&str> = page.security_groups().iter().filter_map(|group| group.group_id()).collect();
        // There are more than a page of them: each of these lists goes on.
        assert!(page.next_token().is_some());
        empty += usize::from(groups.is_empty());
        short += usize::from(!groups.is_empty() && groups.len() < 6);
        orders.insert(groups.join(" "));
    }
    assert!(short > 0 && empty > 0 && orders.len() > 10, "{short} short, {empty} empty, {} orders", orders.len());
}

#[tokio::test(start_paused = true)]
pub(crate) async fn every_answer_and_every_refusal_carries_a_request_id() {
    let land = Land::calm();
    let is_id = |id: Option<&str>| assert!(id.is_some_and(|id| id.len() == 36), "{id:?}");
    is_id(land.provider.describe_vpcs().send().await.unwrap().request_id());
    is_id(land.provider.delete_vpc().vpc_id("vpc-0").send().await.unwrap_err().request_id());
    is_id(land.elb.describe_load_balancers().send().await.unwrap().request_id());
    is_id(land.elb.describe_load_balancers().names("absent").send().await.unwrap_err().request_id());
    is_id(land.provider_dns.list_hosted_zones().send().await.unwrap().request_id());
    is_id(land.provider_dns.get_hosted_zone().id("Z0").send().await.unwrap_err().request_id());
    // Words of any script arrive as they are, and times are the world's, whatever the caller's clock says.
    let mut fault = Fault::at("DescribeVpcs", 1, Strike::Refuse).code("UnauthorizedOperation");
    fault.message = Some("Zugriff für „é – 日本“ verweigert & <so>".to_owned());
    land.world.set_faults(vec![fault]);
    let (code, message) = refused(land.provider.describe_vpcs().send().await);
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("UnauthorizedOperation", "Zugriff für „é – 日本“ verweigert & <so>")
    );
    let arn = land.new_load_balancer("front", 1, &[]).await;
    let read = land.elb.describe_load_balancers().load_balancer_arns(arn).send().await.unwrap();
    let made = read.load_balancers()[0].created_time().unwrap().to_string();
    assert!(made.starts_with("2026-01-01T"), "{made}");
}

/// The ids of one list, page by page.
macro_rules! ids {
    ($call:expr, $id:ident) => {{
        let items: Result<Vec<_>, _> = $call.into_paginator().items().send().collect().await;
        let mut ids: Vec<String> = items.unwrap().iter().map(|item| item.$id().unwrap().to_owned()).collect();
        ids.sort();
        ids
    }};
}

/// The same list in one answer and in pages.
macro_rules! same {
    ($call:expr, $size:ident, $id:ident, $least:expr) => {{
        let (whole, pages) = (ids!($call, $id), ids!($call.$size(5), $id));
        assert!(whole.len() >= $least && whole.windows(2).all(|two| two[0] != two[1]), "{whole:?}");
        assert_eq!(whole, pages, stringify!($call));
    }};
}

#[tokio::test(start_paused = true)]
async fn every_list_gives_every_object_once_in_pages_of_any_size() {
    let land = Land::in_world(World::new(4, Settings { disorder: true, ..Settings::calm() }, 1.0));
    let service = land.service(false).await;
    for number in 0..7 {
        let vpc = land.consumer.create_vpc().cidr_block("10.77.0.0/16").send().await.unwrap().vpc.unwrap();
        let subnet = land.consumer.create_subnet().vpc_id(vpc.vpc_id().unwrap()).cidr_block("10.77.0.0/24");
        subnet.send().await.unwrap();
        land.new_endpoint(&service).subnet_ids(&land.subnets[0]).send().await.unwrap();
        land.new_load_balancer(&format!("page-{number}"), 1, &[]).await;
        let name = format!("page-{number}");
        let group = land.elb.create_target_group().name(&name).protocol("TCP".into()).port(443);
        group.vpc_id(&land.provider_vpc).send().await.unwrap();
        land.consumer.create_tags().resources(&land.vpc).tags(tag(&name)).send().await.unwrap();
    }
    land.pass(700).await;
    let (elb, provider, consumer) = (&land.elb, &land.provider, &land.consumer);
    same!(consumer.describe_vpcs(), max_results, vpc_id, 8);
    same!(consumer.describe_subnets(), max_results, subnet_id, 10);
    same!(consumer.describe_security_groups(), max_results, group_id, 9);
    same!(consumer.describe_security_group_rules(), max_results, security_group_rule_id, 17);
    same!(consumer.describe_network_interfaces(), max_results, network_interface_id, 7);
    same!(consumer.describe_vpc_endpoints(), max_results, vpc_endpoint_id, 7);
    same!(consumer.describe_tags(), max_results, key, 7);
    same!(provider.describe_instances(), max_results, reservation_id, 3);
    same!(provider.describe_network_interfaces(), max_results, network_interface_id, 10);
    same!(provider.describe_vpc_endpoint_connections(), max_results, vpc_endpoint_connection_id, 7);
    same!(provider.describe_vpc_endpoint_service_configurations(), max_results, service_id, 1);
    same!(elb.describe_load_balancers(), page_size, load_balancer_arn, 8);
    same!(elb.describe_target_groups(), page_size, target_group_arn, 7);
    // The SDK has no pages of these.
    let (mut names, mut token) = (Vec::new(), None::<String>);
    loop {
        let call = consumer.describe_vpc_endpoint_services().max_results(5).set_next_token(token);
        let page = call.send().await.unwrap();
        let own: BTreeSet<_> = page.service_details().iter().filter_map(|one| one.service_name()).collect();
        assert_eq!(page.service_names().iter().map(String::as_str).collect::<BTreeSet<_>>(), own);
        names.extend(page.service_details().iter().filter_map(|one| one.service_id().map(str::to_owned)));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let all = acceptance_tests::simulator::ec2::privatelink::aws_service::all("us-east-1").len() + 1;
    assert_eq!((names.len(), names.iter().collect::<BTreeSet<_>>().len()), (all, all), "AWS's and one more");
    let balancers = |names: &[&str]| {
        elb.describe_load_balancers().set_names(Some(names.iter().map(ToString::to_string).collect())).send()
    };
    assert_eq!(balancers(&["page-3", "page-1"]).await.unwrap().load_balancers().len(), 2);
    assert_eq!(code(balancers(&["page-3", "absent"]).await), "LoadBalancerNotFound");
}

fn tag(key: &str) -> Tag {
    Tag::builder().key(key).value("page").build()
}
