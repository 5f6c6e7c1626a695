//! What nobody confirmed is a setting: the default is the stricter reading, and the other one can be had.

use acceptance_tests::simulator::clock::Moment;
use acceptance_tests::simulator::settings::Readings;
use aws_sdk_elasticloadbalancingv2::types::ProtocolEnum;
use serde_json::json;

use super::land::{Land, code};

impl Land {
    fn read(&self, change: impl FnOnce(&mut Readings)) {
        change(&mut self.world.lock().settings.readings);
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_that_is_not_active_is_a_bad_parameter_or_not_found() {
    let land = Land::calm();
    let arn = land.new_load_balancer("front", 1, &[]).await;
    let create = || land.provider.create_vpc_endpoint_service_configuration().network_load_balancer_arns(&arn).send();
    assert_eq!(code(create().await), "InvalidParameter");
    land.read(|readings| readings.inactive_load_balancer_is_not_found = true);
    assert_eq!(code(create().await), "InvalidNetworkLoadBalancerArn.NotFound");
}

#[tokio::test(start_paused = true)]
async fn dead_endpoints_fill_the_quota_or_do_not() {
    let land = Land::calm();
    let service = land.service(false).await;
    land.read(|readings| readings.endpoints_per_vpc = 1);
    let endpoint = land.endpoint(&service).await;
    land.force("endpoint", &endpoint, &json!({"state": "failed"}));
    assert_eq!(code(land.new_endpoint(&service).send().await), "VpcEndpointLimitExceeded");
    land.read(|readings| readings.dead_endpoints_fill_the_quota = false);
    land.new_endpoint(&service).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_outlives_what_it_made_or_does_not() {
    let land = Land::calm();
    let service = land.service(true).await;
    let create = || async {
        let made = land.new_endpoint(&service).client_token("one").send().await.unwrap();
        made.vpc_endpoint.unwrap().vpc_endpoint_id.unwrap()
    };
    let first = create().await;
    land.read(|readings| readings.client_token_outlives_its_object = false);
    assert_eq!(create().await, first);
    land.delete_endpoint(&first).await;
    land.pass(901).await;
    let second = create().await;
    assert_ne!(second, first);
    assert_eq!(create().await, second);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_answers_expires() {
    let land = Land::calm();
    let service = land.service(true).await;
    let endpoint = land.endpoint(&service).await;
    land.pass(7 * 24 * 3600 - 700).await;
    assert_eq!(land.state(&endpoint).await, "pendingAcceptance");
    land.pass(200).await;
    assert_eq!(land.state(&endpoint).await, "expired");
    // It holds nothing any more, and cannot be accepted.
    assert_eq!(land.accept(&service, &endpoint).await.len(), 1);
    assert!(land.delete_service(&service.id).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn refusals_without_a_confirmed_code_can_have_any() {
    let land = Land::calm();
    let service = land.service(true).await;
    let modify = || land.provider.modify_vpc_endpoint_service_configuration().service_id(&service.id);
    let last = || modify().remove_network_load_balancer_arns(&service.load_balancer).send();
    let closed = || modify().remove_supported_regions("eu-west-1").send();
    let family = || modify().add_supported_ip_address_types("ipv6").send();
    let subnet = || {
        let call = land.elb.set_subnets().load_balancer_arn(&service.load_balancer);
        call.subnets(&land.provider_subnets[0]).send()
    };
    land.endpoint(&service).await;
    for refused in [code(last().await), code(closed().await), code(family().await)] {
        assert_eq!(refused, "InvalidParameter");
    }
    assert_eq!(code(subnet().await), "InvalidConfigurationRequest");
    land.read(|readings| readings.unconfirmed_code = Some("Unheard.Of".to_owned()));
    for refused in [code(last().await), code(closed().await), code(family().await), code(subnet().await)] {
        assert_eq!(refused, "Unheard.Of");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_lingers_as_long_as_is_read() {
    let land = Land::calm();
    let service = land.service(true).await;
    land.world.lock().settings.linger_factor = 0.0;
    assert!(land.delete_service(&service.id).await.is_empty());
    land.pass(91).await;
    let read = land.provider.describe_vpc_endpoint_service_configurations().service_ids(&service.id).send().await;
    assert_eq!(code(read), "InvalidVpcEndpointServiceId.NotFound");
}

#[tokio::test(start_paused = true)]
async fn udp_goes_on_a_dualstack_load_balancer_where_that_is_read_so() {
    let land = Land::calm();
    let arn = land.load_balancer("front", 1).await;
    let call = land.elb.create_target_group().name("udp").protocol(ProtocolEnum::Udp).port(53);
    let made = call.vpc_id(&land.provider_vpc).send().await.unwrap();
    let group = made.target_groups()[0].target_group_arn().unwrap().to_owned();
    {
        let now = land.world.now();
        let mut state = land.world.lock();
        let region = state.region_mut("111111111111", "us-east-1");
        region.elbv2.load_balancers.get_mut(&arn).unwrap().ip_address_type.set(now, "dualstack".to_owned());
    }
    let listen = || {
        let forward = aws_sdk_elasticloadbalancingv2::types::Action::builder()
            .r#type(aws_sdk_elasticloadbalancingv2::types::ActionTypeEnum::Forward)
            .target_group_arn(&group)
            .build();
        let call = land.elb.create_listener().load_balancer_arn(&arn).protocol(ProtocolEnum::Udp).port(53);
        call.default_actions(forward).send()
    };
    assert_eq!(code(listen().await), "InvalidConfigurationRequest");
    land.read(|readings| readings.udp_on_dualstack = true);
    listen().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_hidden_zone_has_another_id_each_time_unless_it_is_read_as_stable() {
    for stable in [false, true] {
        let land = Land::calm();
        land.read(|readings| readings.hidden_zone_id_is_stable = stable);
        let service = land.service(false).await;
        land.verified_name(&service, "api.example.dev").await;
        let endpoint = land.endpoint(&service).await;
        let mut ids = Vec::new();
        for on in [true, false, true] {
            let call = land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint).private_dns_enabled(on);
            call.send().await.unwrap();
            land.pass(1200).await;
            let state = land.world.lock();
            let region = state.region("222222222222", "us-east-1").unwrap();
            let open =
                region.ec2.privatelink.hidden_zones.values().flatten().filter(|zone| zone.released_at == Moment::NEVER);
            ids.extend(open.map(|zone| zone.zone_id.clone()));
        }
        assert_eq!((ids.len(), ids[0] == ids[1]), (2, stable));
    }
}

#[tokio::test(start_paused = true)]
async fn a_partial_endpoint_can_be_forced_and_keeps_its_service() {
    let land = Land::calm();
    let service = land.service(false).await;
    let endpoint = land.endpoint(&service).await;
    land.force("endpoint", &endpoint, &json!({"state": "partial"}));
    assert_eq!(land.state(&endpoint).await, "partial");
    assert_eq!(land.delete_service(&service.id).await.len(), 1);
}
