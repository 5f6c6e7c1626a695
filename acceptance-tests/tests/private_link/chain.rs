//! The whole chain once, from the service to the empty world, in a world with all of AWS's bad habits and in a calm one.

use acceptance_tests::simulator::World;
use serde_json::json;

use super::land::{Land, Service, item_codes};

#[tokio::test(start_paused = true)]
async fn a_chain_is_made_accepted_named_and_removed_without_a_trace() {
    let land = Land::calm();
    let before = land.world.lock().objects(land.world.now());
    assert!(before.is_empty(), "the landscape counts as given");
    let load_balancer = land.load_balancer("front", 3).await;
    let (group, listener) = land.backend(&load_balancer, "https", &land.instances).await;
    let service = land.service_of(load_balancer, true).await;
    let endpoint = land.endpoint(&service).await;
    assert_eq!(land.state(&endpoint).await, "pendingAcceptance");
    assert!(land.accept(&service, &endpoint).await.is_empty());
    land.pass(151).await;
    assert_eq!(land.state(&endpoint).await, "available");
    land.verified_name(&service, "api.example.dev").await;
    let call = land.consumer.modify_vpc_endpoint().vpc_endpoint_id(&endpoint).private_dns_enabled(true);
    call.send().await.unwrap();
    land.pass(301).await;
    let read = land.described(&endpoint).await;
    assert_eq!(read.dns_entries().last().unwrap().dns_name(), Some("api.example.dev"));

    assert_eq!(item_codes(&land.delete_service(&service.id).await), ["ExistingVpcEndpointConnections"]);
    assert!(land.delete_endpoint(&endpoint).await.is_empty());
    land.pass(31).await;
    assert!(land.delete_service(&service.id).await.is_empty());
    land.pass(91).await;
    land.elb.delete_listener().listener_arn(listener).send().await.unwrap();
    land.pass(60).await;
    land.elb.delete_load_balancer().load_balancer_arn(&service.load_balancer).send().await.unwrap();
    land.pass(60).await;
    land.elb.delete_target_group().target_group_arn(group).send().await.unwrap();
    land.pass(901).await;
    assert_eq!(land.world.lock().objects(land.world.now()), []);
}

/// Asks until the answer is as wanted, as a patient caller does.
async fn eventually<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> T {
    let mut attempts = 0;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        attempts += 1;
        assert!(attempts < 400, "it never happened");
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_patient_caller_gets_there_in_a_world_with_every_bad_habit() {
    for seed in 1..6 {
        let land = Land::in_world(World::strict(seed));
        let arn = eventually(async || {
            let call = land.elb.create_load_balancer().name("front").scheme("internal".into()).r#type("network".into());
            let made = call.set_subnets(Some(land.provider_subnets.clone())).send().await.ok()?;
            made.load_balancers()[0].load_balancer_arn().map(str::to_owned)
        })
        .await;
        let made = eventually(async || {
            let call = land.provider.create_vpc_endpoint_service_configuration().network_load_balancer_arns(&arn);
            call.client_token("one").send().await.ok()?.service_configuration
        })
        .await;
        let service = Service { id: made.service_id.unwrap(), name: made.service_name.unwrap(), load_balancer: arn };
        eventually(async || {
            let call = land.provider.modify_vpc_endpoint_service_permissions().service_id(&service.id);
            call.add_allowed_principals("*").send().await.ok()
        })
        .await;
        let endpoint = eventually(async || {
            let call = land.new_endpoint(&service).set_subnet_ids(Some(land.subnets.clone())).client_token("one");
            call.send().await.ok()?.vpc_endpoint?.vpc_endpoint_id
        })
        .await;
        eventually(async || {
            let call = land.provider.accept_vpc_endpoint_connections().service_id(&service.id);
            let answer = call.vpc_endpoint_ids(&endpoint).send().await.ok()?;
            answer.unsuccessful().is_empty().then_some(())
        })
        .await;
        eventually(async || {
            let call = land.consumer.describe_vpc_endpoints().vpc_endpoint_ids(&endpoint);
            let read = call.send().await.ok()?.vpc_endpoints?.pop()?;
            (read.state?.as_str() == "available").then_some(())
        })
        .await;
        let all = eventually(async || {
            let call = land.provider.describe_vpc_endpoint_connections();
            Some(call.send().await.ok()?.vpc_endpoint_connections()).filter(|all| !all.is_empty()).map(<[_]>::to_vec)
        })
        .await;
        assert_eq!(all[0].vpc_endpoint_id(), Some(endpoint.as_str()), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_seed_makes_one_chain() {
    let run = async || {
        let land = Land::in_world(World::calm(7));
        let service = land.service(false).await;
        let endpoint = land.endpoint(&service).await;
        land.force("endpoint", &endpoint, &json!({"state": "available"}));
        format!("{:?}", land.described(&endpoint).await)
    };
    assert_eq!(run().await, run().await);
}
