//! Certificates of a TLS listener beside the default one, and those that its clients show.

use aws_sdk_elasticloadbalancingv2::types::{Certificate, MutualAuthenticationAttributes};
use serde_json::{Value as Json, json};

use crate::core::texts;
use crate::landscape::SERVICE;
use crate::service_bench::{Bench, NAME};

const STORE: &str = "arn:aws:elasticloadbalancing:us-east-1:111111111111:truststore/clients/0123456789abcdef";

fn arn(number: usize) -> String {
    format!("arn:aws:acm:us-east-1:111111111111:certificate/{number}1234567-89ab-cdef-0123-456789abcdef")
}

fn arns(numbers: &[usize]) -> Json {
    numbers.iter().map(|number| arn(*number)).collect()
}

/// A service with a listener over TLS and what else is written of it.
async fn made(seed: u64, more: Json) -> Bench {
    Bench::made(seed, |config, ids| {
        config.as_object_mut().unwrap().remove("private_dns");
        let mut listener = json!({"name": "tls", "port": 443, "protocol": "TLS", "certificate_arn": arn(0),
                                  "target_ids": ids["provider_instance_ids"]});
        listener.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config["listener"] = json!([listener]);
    })
    .await
}

/// Forgets the state, and finds all of it again.
async fn expect_import(bench: &mut Bench) {
    let id = bench.state()["id"].as_str().unwrap().to_owned();
    bench.terraform.forget(NAME);
    let found = bench.terraform.import(SERVICE, NAME, &id).await;
    assert!(!found.has_errors(), "{:#?}", texts(&found));
    let config = bench.config.clone();
    bench.terraform.expect_empty(SERVICE, NAME, &config).await;
}

#[tokio::test(start_paused = true)]
async fn further_certificates_come_in_one_call_and_go_in_another() {
    let mut bench = made(171, json!({})).await;
    let asked =
        |bench: &Bench| bench.land.world.calls().iter().any(|call| call.operation.contains("ListenerCertificates"));
    assert!(!asked(&bench), "nobody asks where nothing is written");
    let set = |numbers: &'static [usize]| {
        move |config: &mut Json, _: &Json| config["listener"][0]["additional_certificate_arns"] = arns(numbers)
    };
    let mut told = bench.change("two", set(&[1, 2])).await;
    told += &bench.change("two more, one less", set(&[2, 3, 4])).await;
    expect_import(&mut bench).await;
    told += &bench
        .change("the default one and another change places", |config, _| {
            config["listener"][0]["certificate_arn"] = json!(arn(2));
            config["listener"][0]["additional_certificate_arns"] = arns(&[0, 3, 4]);
        })
        .await;
    expect_import(&mut bench).await;
    told += &bench.change("none by name", set(&[])).await;
    told += &bench.change("one again", set(&[1])).await;
    told += &bench
        .change("left out", |config, _| {
            config["listener"][0].as_object_mut().unwrap().remove("additional_certificate_arns");
        })
        .await;
    told += &bench.change("once more", set(&[5])).await;
    told += &bench
        .change("no TLS any more", |config, ids| {
            config["listener"] = json!([{"name": "tls", "port": 443, "target_ids": ids["provider_instance_ids"]}]);
        })
        .await;
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn drift_of_further_certificates_is_named_and_healed() {
    let mut bench = made(172, json!({"additional_certificate_arns": arns(&[1])})).await;
    let listener = bench.link("listener.tls")["arn"].as_str().unwrap().to_owned();
    let certificate = |number: usize| Certificate::builder().certificate_arn(arn(number)).build();
    let elbv2 = bench.elbv2();
    elbv2.add_listener_certificates().listener_arn(&listener).certificates(certificate(9)).send().await.unwrap();
    let mut told = bench.heal("a certificate is added by hand").await;
    elbv2.remove_listener_certificates().listener_arn(&listener).certificates(certificate(1)).send().await.unwrap();
    told += &bench.heal("a certificate is removed by hand").await;
    elbv2.delete_listener().listener_arn(&listener).send().await.unwrap();
    told += &bench.heal("the listener goes with its certificates").await;
    insta::assert_snapshot!(told);
    bench.destroy().await;
}

#[tokio::test(start_paused = true)]
async fn clients_are_verified_in_place_and_drift_is_healed() {
    let mut bench = made(173, json!({})).await;
    let set =
        |written: Json| move |config: &mut Json, _: &Json| config["listener"][0]["mutual_authentication"] = written;
    let mut told = bench.change("verified", set(json!({"mode": "verify", "trust_store_arn": STORE}))).await;
    let listener = bench.link("listener.tls")["arn"].as_str().unwrap().to_owned();
    let modify = |mutual: MutualAuthenticationAttributes| {
        bench.elbv2().modify_listener().listener_arn(&listener).mutual_authentication(mutual).send()
    };
    modify(MutualAuthenticationAttributes::builder().mode("off").build()).await.unwrap();
    let lenient = MutualAuthenticationAttributes::builder().mode("verify").trust_store_arn(STORE);
    let lenient = lenient.ignore_client_certificate_expiry(true).build();
    told += &bench.heal("clients are not verified any more").await;
    let modify = bench.elbv2().modify_listener().listener_arn(&listener).mutual_authentication(lenient);
    modify.send().await.unwrap();
    told += &bench.heal("expired certificates pass").await;
    let lenient = json!({"mode": "verify", "trust_store_arn": STORE, "ignore_client_certificate_expiry": true});
    told += &bench.change("expired ones too", set(lenient)).await;
    expect_import(&mut bench).await;
    told += &bench.change("off", set(json!({"mode": "off"}))).await;
    told += &bench.change("left out", set(Json::Null)).await;
    insta::assert_snapshot!(told);
    assert_eq!(bench.link("listener.tls")["arn"], json!(listener), "in place");
    bench.destroy().await;
}
