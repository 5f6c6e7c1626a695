//! The same connection in other forms: each applies, plans empty twice, carries packets and goes without a trace.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{CONSUMER, Case, Outcome, Source, Tool};

suite!(Terraform:
    records_live_in_a_zone_of_the_peer_account,
    a_service_without_acceptance_connects_at_once,
    an_existing_security_group_is_used_and_left_alone,
    two_listeners_carry_two_ports,
    the_text_record_may_live_in_a_zone_of_the_peer_account,
);

async fn case() -> Result<Case, Box<dyn std::error::Error>> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    Ok(Case::start(&Tool::required()?, simulator, Source::Example("complete")).await?)
}

async fn a_service_without_acceptance_connects_at_once() -> Outcome {
    let case = case().await?;
    case.workspace.replace("consumer.tf", "  accept {\n    peer_account = \"service\"\n  }\n", "")?;
    case.workspace.replace("service.tf", "\n  listener {", "\n  acceptance_required = false\n\n  listener {")?;
    case.apply().await?;
    case.arrives("orders.example.dev", 443).await?;
    let calls = case.simulator.calls().await?;
    assert!(calls.iter().all(|call| call.operation != "AcceptVpcEndpointConnections"));
    case.destroy().await?;
    Ok(())
}

async fn an_existing_security_group_is_used_and_left_alone() -> Outcome {
    let case = case().await?;
    let group = case.id("application_security_group_id").to_owned();
    let open = [
        ("GroupId", group.as_str()),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "443"),
        ("IpPermissions.1.ToPort", "443"),
        ("IpPermissions.1.Groups.1.GroupId", group.as_str()),
    ];
    case.simulator.act_as(CONSUMER, "ec2", "AuthorizeSecurityGroupIngress", &open).await?;
    let rule = case.simulator.objects().await?.of("security_group_rule").first().map(ToString::to_string);
    case.simulator.forget_calls().await?;

    let ingress = "  ingress {\n    description       = \"application\"\n    port              = 443\n    \
                   security_group_id = var.application_security_group_id\n  }\n";
    case.workspace.replace("consumer.tf", ingress, "  security_group_ids = [var.application_security_group_id]\n")?;
    case.apply().await?;
    case.arrives("orders.example.dev", 443).await?;
    let writes = case.writes().await?;
    assert!(!writes.iter().any(|write| write.contains("SecurityGroup")), "{writes:?}");
    case.workspace.destroy(&[]).await?.succeeded()?;

    // The rule is ours, in this test, and still there.
    let revoke = [("GroupId", group.as_str()), ("SecurityGroupRuleId.1", rule.as_deref().unwrap())];
    case.simulator.act_as(CONSUMER, "ec2", "RevokeSecurityGroupIngress", &revoke).await?;
    case.is_clean().await?;
    Ok(())
}

async fn two_listeners_carry_two_ports() -> Outcome {
    let case = case().await?;
    let second = "\n  listener {\n    name        = \"admin\"\n    port        = 8443\n    target_port = 9443\n    \
                  target_ids  = var.provider_instance_ids\n  }\n\n  # Consumers";
    case.workspace.replace("service.tf", "\n  # Consumers", second)?;
    let ingress = "\n  ingress {\n    port              = 8443\n    security_group_id = \
                   var.application_security_group_id\n  }\n\n  # The service";
    case.workspace.replace("consumer.tf", "\n  # The service", ingress)?;
    case.apply().await?;
    case.arrives("orders.example.dev", 443).await?;
    case.arrives("orders.example.dev", 8443).await?;

    case.workspace.replace("service.tf", "port        = 8443", "port        = 9000")?;
    case.workspace.replace("consumer.tf", "port              = 8443", "port              = 9000")?;
    case.apply().await?;
    case.arrives("orders.example.dev", 9000).await?;
    assert!(!case.reach("orders.example.dev", 8443).await?.reached);
    case.destroy().await?;
    Ok(())
}

async fn records_live_in_a_zone_of_the_peer_account() -> Outcome {
    let case = case().await?;
    // The service's account owns a private zone that the consumer's VPC sees.
    let zone = case.private_zone_of_the_service("internal.example").await?;
    let managed = "    zone_name = \"services.internal\"\n";
    let given = format!("    zone_id      = \"{zone}\"\n    peer_account = \"service\"\n");
    case.workspace.replace("consumer.tf", managed, &given)?;
    case.apply().await?;
    case.arrives("orders.internal.example", 443).await?;
    let objects = case.simulator.objects().await?;
    assert_eq!(objects.of("hosted_zone"), [zone.as_str()], "no zone is made beside the given one");
    case.workspace.destroy(&[]).await?.succeeded()?;
    let left = case.simulator.objects().await?;
    assert_eq!(
        left.each().map(|(_, kind, _)| kind).collect::<Vec<_>>(),
        ["hosted_zone"],
        "the given zone stays, empty"
    );
    Ok(())
}

async fn the_text_record_may_live_in_a_zone_of_the_peer_account() -> Outcome {
    let case = case().await?;
    // The credentials of the zone are named apart from those of the service.
    case.workspace.replace(
        "providers.tf",
        "  alias   = \"service\"\n  region  = var.region\n  profile = \"service\"\n",
        "  alias   = \"service\"\n  region  = var.region\n  profile = \"service\"\n\n  peer_account {\n    name    = \
         \"zones\"\n    profile = \"service\"\n  }\n",
    )?;
    case.workspace.replace(
        "service.tf",
        "    hosted_zone_id = var.public_zone_id\n",
        "    hosted_zone_id = var.public_zone_id\n    peer_account   = \"zones\"\n",
    )?;
    case.apply().await?;
    case.arrives("orders.example.dev", 443).await?;
    case.destroy().await?;
    Ok(())
}
