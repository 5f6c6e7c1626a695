use std::collections::BTreeSet;

use super::{EndpointService, Spec, State, compare};
use crate::aws::testing::{Answer, Script, Sent, ec2_refusal, ec2_reply};
use crate::engine::{Class, Link, Owner};

const ID: &str = "vpce-svc-0a1b2c3d4e5f60718";

fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
    items.map(str::to_owned).into()
}

fn spec() -> Spec {
    Spec {
        load_balancer_arns: set(["arn:nlb-a"]),
        acceptance_required: true,
        supported_ip_address_types: set(["ipv4"]),
        ..Spec::default()
    }
}

fn state() -> State {
    State {
        id: ID.into(),
        service_name: format!("com.amazonaws.vpce.eu-west-1.{ID}"),
        service_state: "Available".into(),
        load_balancer_arns: set(["arn:nlb-a"]),
        acceptance_required: true,
        supported_ip_address_types: set(["ipv4"]),
        private_dns_name: Some("orders.example.dev".into()),
        ..State::default()
    }
}

fn owner() -> Owner {
    Owner {
        resource: "service/orders".into(),
        uid: "u-1".into(),
        link: "endpoint_service".into(),
        generation: 0,
        run_tag: None,
    }
}

fn refused(code: &str) -> Answer {
    ec2_refusal(400, code)
}

fn services(sent: &Sent, word: &str, tags: &str) -> Answer {
    ec2_reply(
        sent,
        &format!(
            "<serviceConfigurationSet><item><serviceId>{ID}</serviceId><serviceState>{word}</serviceState>\
         <networkLoadBalancerArnSet><item>arn:nlb-a</item></networkLoadBalancerArnSet><tagSet>{tags}</tagSet></item>\
         </serviceConfigurationSet>"
        ),
    )
}

/// The account's id, which ARNs need.
fn identity() -> Answer {
    Answer::Reply(
        200,
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111111111111</Account></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>"
            .into(),
    )
}

#[tokio::test(start_paused = true)]
async fn all_settings_change_in_one_call_and_a_name_is_removed_by_saying_so() {
    let script = Script::new(|sent| ec2_reply(sent, "<return>true</return>"));
    let wanted = Spec { load_balancer_arns: set(["arn:nlb-b"]), acceptance_required: false, ..spec() };
    let fields = [compare::LOAD_BALANCERS, compare::ACCEPTANCE, compare::PRIVATE_NAME];
    EndpointService.update(&script.aws().await, &owner(), &wanted, &state(), &fields).await.unwrap();
    // A load balancer that leaves goes in a call of its own, after the new one came.
    assert_eq!(script.calls(), ["ModifyVpcEndpointServiceConfiguration"; 2]);
    let bodies = script.sent();
    for expected in ["AddNetworkLoadBalancerArn.1=arn%3Anlb-b", "AcceptanceRequired=false", "RemovePrivateDnsName=true"]
    {
        assert!(bodies[0].body.contains(expected), "{expected} in {}", bodies[0].body);
        assert!(!bodies[1].body.contains(expected), "{expected} in {}", bodies[1].body);
    }
    let leaving = "RemoveNetworkLoadBalancerArn.1=arn%3Anlb-a";
    assert!(!bodies[0].body.contains(leaving) && bodies[1].body.contains(leaving), "{leaving}");
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_that_serves_already_is_adopted_waited_for_or_taken() {
    let ours = "<item><key>privatelink:uid</key><value>u-1</value></item>\
                <item><key>privatelink:link</key><value>endpoint_service</value></item>";
    for (word, tags, expected) in [
        ("Available", ours, Ok(ID)),
        ("Available", "", Err(Class::Taken)),
        ("Deleting", ours, Err(Class::Busy)),
        ("Deleted", "", Err(Class::Invalid)),
    ] {
        let script = Script::new(move |sent| match sent.what.as_str() {
            "CreateVpcEndpointServiceConfiguration" => refused("InvalidParameter"),
            "GetCallerIdentity" => identity(),
            _ => services(sent, word, tags),
        });
        let made = EndpointService.create(&script.aws().await, &owner(), &spec()).await;
        assert_eq!(made.as_ref().map(|state| state.id.as_str()).map_err(|failure| failure.class), expected, "{word}");
        if let Err(failure) = made
            && failure.class == Class::Taken
        {
            assert!(failure.message.contains(ID), "{}", failure.message);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_connections_forbid_names_them() {
    let script = Script::new(|sent| match sent.what.as_str() {
        "DeleteVpcEndpointServiceConfigurations" => ec2_reply(
            sent,
            &format!(
                "<unsuccessful><item><resourceId>{ID}</resourceId><error><code>ExistingVpcEndpointConnections</code>\
             <message>Service has existing active VPC Endpoint connections!</message></error></item></unsuccessful>"
            ),
        ),
        _ => ec2_reply(
            sent,
            &format!(
                "<vpcEndpointConnectionSet><item><serviceId>{ID}</serviceId><vpcEndpointId>vpce-1</vpcEndpointId>\
                 <vpcEndpointOwner>222222222222</vpcEndpointOwner><vpcEndpointState>available</vpcEndpointState></item>\
                 </vpcEndpointConnectionSet>"
            ),
        ),
    });
    let failure = EndpointService.delete(&script.aws().await, &state()).await.unwrap_err();
    assert_eq!(failure.class, Class::Invalid);
    assert!(failure.message.contains("vpce-1 of account 222222222222 (available)"), "{}", failure.message);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_gone_is_deleted() {
    let script = Script::new(|sent| {
        ec2_reply(
            sent,
            &format!(
                "<unsuccessful><item><resourceId>{ID}</resourceId><error><code>InvalidVpcEndpointService.NotFound</code>\
             <message>gone</message></error></item></unsuccessful>"
            ),
        )
    });
    assert_eq!(EndpointService.delete(&script.aws().await, &state()).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_new_service_carries_name_token_and_tags_in_its_create_call() {
    let script = Script::new(|sent| match sent.what.as_str() {
        "GetCallerIdentity" => identity(),
        _ => ec2_reply(
            sent,
            &format!(
                "<serviceConfiguration><serviceId>{ID}</serviceId><serviceState>Available</serviceState>\
             </serviceConfiguration>"
            ),
        ),
    });
    let wanted = Spec { private_dns_name: Some("orders.example.dev".into()), ..spec() };
    let made = EndpointService.create(&script.aws().await, &owner(), &wanted).await.unwrap();
    assert_eq!(made.arn.as_deref(), Some(&*format!("arn:aws:ec2:eu-west-1:111111111111:vpc-endpoint-service/{ID}")));
    let body = &script.sent()[0].body;
    for expected in ["PrivateDnsName=orders.example.dev", "ClientToken=", "ResourceType=vpc-endpoint-service"] {
        assert!(body.contains(expected), "{expected} in {body}");
    }
}
