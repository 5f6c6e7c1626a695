use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, Certificate, ListenerAttribute, ProtocolEnum};

use crate::support::{Scene, code, forward, message, pass};

#[tokio::test(start_paused = true)]
async fn a_listener_forwards_one_port_to_one_target_group() {
    let scene = Scene::calm();
    let balancer = scene.balancer("orders").await;
    let group = scene.group("orders").await;
    let arn = scene.listener(&balancer, 443, &group).await;
    assert!(arn.starts_with(&balancer.replace(":loadbalancer/", ":listener/")), "{arn}");
    let seen = scene.elb.describe_listeners().load_balancer_arn(&balancer).send().await.unwrap();
    let listener = &seen.listeners()[0];
    assert_eq!((listener.port(), listener.protocol()), (Some(443), Some(&ProtocolEnum::Tcp)));
    assert_eq!(listener.default_actions()[0].target_group_arn(), Some(group.as_str()));
    let groups = scene.elb.describe_target_groups().load_balancer_arn(&balancer).send().await.unwrap();
    assert_eq!(groups.target_groups()[0].load_balancer_arns(), [balancer.as_str()]);
    assert_eq!(code(scene.elb.describe_listeners().send().await), "ValidationError");
    assert_eq!(scene.objects("listener"), [arn]);
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_port_takes_one_listener() {
    let scene = Scene::calm();
    let balancer = scene.balancer("orders").await;
    let group = scene.group("orders").await;
    let first = scene.listener(&balancer, 443, &group).await;
    let again = scene.listener_call(&balancer, 443, &group).send().await;
    assert_eq!(message(again), "A listener already exists on this port for this load balancer");
    let second = scene.listener(&balancer, 8443, &group).await;
    let moved = scene.elb.modify_listener().listener_arn(&second).port(443).send().await;
    assert_eq!(code(moved), "DuplicateListener");
    scene.elb.modify_listener().listener_arn(&first).port(9443).send().await.unwrap();
    scene.elb.modify_listener().listener_arn(&second).port(443).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_target_group_serves_one_load_balancer() {
    let scene = Scene::calm();
    let (one, other) = (scene.balancer("one").await, scene.balancer("other").await);
    let group = scene.group("orders").await;
    scene.listener(&one, 443, &group).await;
    scene.listener(&one, 444, &group).await;
    let refused = scene.listener_call(&other, 443, &group).send().await;
    assert_eq!(code(refused), "TargetGroupAssociationLimit");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn protocols_of_listener_and_target_group_must_go_together() {
    let scene = Scene::calm();
    let balancer = scene.balancer("orders").await;
    let udp = scene.group_call("udp").protocol(ProtocolEnum::Udp).send().await.unwrap();
    let udp = udp.target_groups()[0].target_group_arn().unwrap().to_owned();
    let create = |protocol: ProtocolEnum| scene.listener_call(&balancer, 443, &udp).protocol(protocol).send();
    assert_eq!(code(create(ProtocolEnum::Tcp).await), "IncompatibleProtocols");
    assert_eq!(code(create(ProtocolEnum::Http).await), "UnsupportedProtocol");
    assert_eq!(code(create(ProtocolEnum::from("SMTP")).await), "ValidationError");
    create(ProtocolEnum::Udp).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_listener_needs_a_load_balancer_a_port_and_one_forward_action() {
    let scene = Scene::calm();
    let balancer = scene.balancer("orders").await;
    let group = scene.group("orders").await;
    let nobody = balancer.replace("/orders/", "/nobody/");
    assert_eq!(code(scene.listener_call(&nobody, 443, &group).send().await), "LoadBalancerNotFound");
    let unknown = group.replace("/orders/", "/nobody/");
    assert_eq!(code(scene.listener_call(&balancer, 443, &unknown).send().await), "TargetGroupNotFound");
    let portless = scene.elb.create_listener().load_balancer_arn(&balancer).protocol(ProtocolEnum::Tcp);
    assert_eq!(code(portless.default_actions(forward(&group)).send().await), "ValidationError");
    let two = scene.listener_call(&balancer, 443, &group).default_actions(forward(&group)).send().await;
    assert_eq!(code(two), "TooManyActions");
    let redirect = Action::builder().r#type(ActionTypeEnum::Redirect).build();
    let call = scene.elb.create_listener().load_balancer_arn(&balancer).protocol(ProtocolEnum::Tcp).port(443);
    assert_eq!(code(call.default_actions(redirect).send().await), "InvalidLoadBalancerAction");
}

#[tokio::test(start_paused = true)]
async fn a_target_group_of_another_vpc_is_refused() {
    let scene = Scene::calm();
    let balancer = scene.balancer("orders").await;
    let made = scene.ec2.create_vpc().cidr_block("10.50.0.0/16").send().await.unwrap();
    let vpc = made.vpc().unwrap().vpc_id().unwrap().to_owned();
    let made = scene.group_call("elsewhere").vpc_id(vpc).send().await.unwrap();
    let group = made.target_groups()[0].target_group_arn().unwrap().to_owned();
    assert_eq!(code(scene.listener_call(&balancer, 443, &group).send().await), "InvalidConfigurationRequest");
}

#[tokio::test(start_paused = true)]
async fn tls_needs_a_certificate_of_the_account_and_tcp_takes_none() {
    let scene = Scene::calm();
    let balancer = scene.balancer("orders").await;
    let group = scene.group("orders").await;
    let tls = || scene.listener_call(&balancer, 443, &group).protocol(ProtocolEnum::Tls);
    let certificate = |account: &str| {
        let arn = format!("arn:aws:acm:us-east-1:{account}:certificate/1b2c3d4e-0000-4000-8000-000000000000");
        Certificate::builder().certificate_arn(arn).build()
    };
    assert_eq!(code(tls().send().await), "ValidationError");
    assert_eq!(code(tls().certificates(certificate("999999999999")).send().await), "CertificateNotFound");
    let policy = tls().certificates(certificate("111111111111")).ssl_policy("Nonsense").send().await;
    assert_eq!(code(policy), "SSLPolicyNotFound");
    let made = tls().certificates(certificate("111111111111")).send().await.unwrap();
    assert_eq!(made.listeners()[0].ssl_policy(), Some("ELBSecurityPolicy-2016-08"));
    let tcp = scene.listener_call(&balancer, 444, &group).certificates(certificate("111111111111")).send().await;
    assert_eq!(code(tcp), "InvalidConfigurationRequest");
}

#[tokio::test(start_paused = true)]
pub(crate) async fn a_deleted_listener_is_not_found_and_frees_its_target_group_a_little_later() {
    let scene = Scene::calm();
    let balancer = scene.balancer("orders").await;
    let group = scene.group("orders").await;
    let listener = scene.listener(&balancer, 443, &group).await;
    let delete_group = || scene.elb.delete_target_group().target_group_arn(&group).send();
    let refused = delete_group().await;
    assert_eq!(message(refused), format!("Target group '{group}' is currently in use by a listener or a rule"));
    scene.elb.delete_listener().listener_arn(&listener).send().await.unwrap();
    assert_eq!(code(scene.elb.delete_listener().listener_arn(&listener).send().await), "ListenerNotFound");
    assert_eq!(code(delete_group().await), "ResourceInUse");
    pass(31).await;
    delete_group().await.unwrap();
    // Deleting what is gone succeeds.
    delete_group().await.unwrap();
    assert!(scene.objects("target_group").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_listener_has_an_idle_timeout_within_bounds() {
    let scene = Scene::calm();
    let balancer = scene.balancer("orders").await;
    let group = scene.group("orders").await;
    let listener = scene.listener(&balancer, 443, &group).await;
    let seen = scene.elb.describe_listener_attributes().listener_arn(&listener).send().await.unwrap();
    assert_eq!(seen.attributes()[0].value(), Some("350"));
    let modify = |value: &str| {
        let attribute = ListenerAttribute::builder().key("tcp.idle_timeout.seconds").value(value).build();
        scene.elb.modify_listener_attributes().listener_arn(&listener).attributes(attribute).send()
    };
    assert_eq!(code(modify("59").await), "ValidationError");
    modify("600").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_listener_shares_its_connections_out_by_weight() {
    use aws_sdk_elasticloadbalancingv2::types::{ForwardActionConfig, TargetGroupTuple};
    let scene = Scene::calm();
    let balancer = scene.balancer("front").await;
    let (blue, green) = (scene.group("blue").await, scene.group("green").await);
    let forward = |groups: &[(&str, i32)]| {
        let tuples = groups
            .iter()
            .map(|(arn, weight)| TargetGroupTuple::builder().target_group_arn(*arn).weight(*weight).build());
        let config = ForwardActionConfig::builder().set_target_groups(Some(tuples.collect())).build();
        Action::builder().r#type(ActionTypeEnum::Forward).order(1).forward_config(config).build()
    };
    let create = |action: Action| {
        let call = scene.elb.create_listener().load_balancer_arn(&balancer).protocol("TCP".into()).port(443);
        call.default_actions(action).send()
    };
    for wrong in [
        &[(blue.as_str(), 0), (green.as_str(), 0)],
        &[(blue.as_str(), 1), (blue.as_str(), 2)],
        &[(blue.as_str(), 1), (green.as_str(), 1000)],
    ] {
        assert_eq!(code(create(forward(wrong)).await), "ValidationError");
    }
    let made = create(forward(&[(&blue, 90), (&green, 10)])).await.unwrap();
    let shown = made.listeners()[0].default_actions()[0].forward_config().unwrap().target_groups().to_vec();
    assert_eq!(shown.iter().map(TargetGroupTuple::weight).collect::<Vec<_>>(), [Some(90), Some(10)]);
    for group in [&blue, &green] {
        assert_eq!(code(scene.elb.delete_target_group().target_group_arn(group).send().await), "ResourceInUse");
    }
}

/// A listener over TLS with the first certificate of the account.
async fn tls_listener(scene: &Scene, name: &str, port: i32) -> String {
    let balancer = scene.balancer(name).await;
    let group = scene.group(name).await;
    let made = scene.listener_call(&balancer, port, &group).protocol(ProtocolEnum::Tls).certificates(certificate(0));
    made.send().await.unwrap().listeners()[0].listener_arn().unwrap().to_owned()
}

fn certificate(number: usize) -> Certificate {
    let arn = format!("arn:aws:acm:us-east-1:111111111111:certificate/{number}b2c3d4e-0000-4000-8000-000000000000");
    Certificate::builder().certificate_arn(arn).build()
}

#[tokio::test(start_paused = true)]
async fn a_listener_over_tls_has_a_list_of_certificates_beside_the_default_one() {
    let scene = Scene::calm();
    let tls = tls_listener(&scene, "orders", 443).await;
    let add = |listener: &str, numbers: std::ops::Range<usize>| {
        let all = numbers.map(certificate).collect();
        scene.elb.add_listener_certificates().listener_arn(listener).set_certificates(Some(all)).send()
    };
    let remove = |number: usize| {
        scene.elb.remove_listener_certificates().listener_arn(&tls).certificates(certificate(number)).send()
    };
    add(&tls, 1..3).await.unwrap();
    // What is there already is no error, and the default one may be in the list, too.
    add(&tls, 0..2).await.unwrap();
    let seen = scene.elb.describe_listener_certificates().listener_arn(&tls).send().await.unwrap();
    let defaults: Vec<Option<bool>> = seen.certificates().iter().map(Certificate::is_default).collect();
    assert_eq!(defaults, [Some(true), Some(false), Some(false), Some(false)]);
    let page = scene.elb.describe_listener_certificates().listener_arn(&tls).page_size(3).send().await.unwrap();
    let rest = scene.elb.describe_listener_certificates().listener_arn(&tls).page_size(3);
    let rest = rest.marker(page.next_marker().unwrap()).send().await.unwrap();
    assert_eq!((page.certificates().len(), rest.certificates().len(), rest.next_marker()), (3, 1, None));
    assert_eq!(code(remove(0).await), "OperationNotPermitted");
    remove(2).await.unwrap();
    remove(2).await.unwrap();
    assert_eq!(code(add(&tls, 10..40).await), "TooManyCertificates");
    let foreign = Certificate::builder().certificate_arn("arn:aws:acm:us-east-1:999999999999:certificate/x").build();
    let call = scene.elb.add_listener_certificates().listener_arn(&tls).certificates(foreign);
    assert_eq!(code(call.send().await), "CertificateNotFound");
    let tcp = scene.elb.modify_listener().listener_arn(&tls).protocol(ProtocolEnum::Tcp).send().await.unwrap();
    assert!(tcp.listeners()[0].certificates().is_empty());
    assert_eq!(code(add(&tls, 1..2).await), "InvalidConfigurationRequest");
    let seen = scene.elb.describe_listener_certificates().listener_arn(&tls).send().await.unwrap();
    assert!(seen.certificates().is_empty(), "the list went with TLS");
}

#[tokio::test(start_paused = true)]
async fn a_listener_over_tls_verifies_its_clients_by_a_trust_store() {
    use aws_sdk_elasticloadbalancingv2::types::MutualAuthenticationAttributes as Mutual;
    const STORE: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:truststore/clients/0123456789abcdef";
    let scene = Scene::calm();
    let tls = tls_listener(&scene, "orders", 443).await;
    let modify = |mutual: Mutual| scene.elb.modify_listener().listener_arn(&tls).mutual_authentication(mutual).send();
    let mode = |mode: &str| Mutual::builder().mode(mode);
    let seen = scene.elb.describe_listeners().listener_arns(&tls).send().await.unwrap();
    assert_eq!(seen.listeners()[0].mutual_authentication().unwrap().mode(), Some("off"));
    assert_eq!(code(modify(mode("verify").build()).await), "ValidationError");
    assert_eq!(code(modify(mode("off").trust_store_arn(STORE).build()).await), "ValidationError");
    assert_eq!(code(modify(mode("passthrough").build()).await), "InvalidConfigurationRequest");
    let elsewhere = STORE.replace("us-east-1", "eu-west-1");
    assert_eq!(code(modify(mode("verify").trust_store_arn(elsewhere).build()).await), "TrustStoreNotFound");
    let changed = modify(mode("verify").trust_store_arn(STORE).build()).await.unwrap();
    let shown = changed.listeners()[0].mutual_authentication().unwrap();
    assert_eq!((shown.trust_store_arn(), shown.ignore_client_certificate_expiry()), (Some(STORE), Some(false)));
    // Whoever says nothing about it changes nothing of it.
    let kept = scene.elb.modify_listener().listener_arn(&tls).port(8443).send().await.unwrap();
    assert_eq!(kept.listeners()[0].mutual_authentication().unwrap().mode(), Some("verify"));
    let tcp = scene.elb.modify_listener().listener_arn(&tls).protocol(ProtocolEnum::Tcp).send().await.unwrap();
    assert!(tcp.listeners()[0].mutual_authentication().is_none());
    let refused = modify(mode("verify").trust_store_arn(STORE).build()).await;
    assert_eq!(code(refused), "InvalidConfigurationRequest");
}
