//! What takes something from other people, or from the user's own names, warns in the plan.

use acceptance_tests::terraform::{CONSUMER, Outcome, element};

use super::{OWNER, case, id, plan_that_says};

/// A decision of the service's owner about the endpoint.
fn decision(endpoint: &str) -> String {
    format!(
        "resource \"privatelink_connection\" \"orders\" {{\n  provider    = privatelink.service\n  service_id  = \
         privatelink_service.orders.id\n  endpoint_id = {endpoint}\n}}\n"
    )
}

pub(crate) async fn names_and_rules_that_go_are_told_and_open_nothing() -> Outcome {
    let case = case().await?;
    let whole = "output \"everything\" {\n  value = [privatelink_service.orders, privatelink_consumer.orders]\n}\n";
    case.workspace.write("whole.tf", whole)?;
    case.apply().await?;
    let endpoint = id(&case, "endpoint_id").await?;
    let name = "  private_dns {\n    name           = \"orders.${var.domain}\"\n    hosted_zone_id = var.public_zone_id\n  }\n";
    case.workspace.replace("service.tf", name, "")?;
    case.workspace.replace("outputs.tf", "privatelink_service.orders.private_dns[0].name", "\"none\"")?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?.in_one_line();
    assert!(planned.contains("Warning: ") && planned.contains(&endpoint), "{planned}");
    assert!(planned.contains("0 to add, 1 to change, 0 to destroy"), "{planned}");
    case.workspace.replace("outputs.tf", "\"none\"", "privatelink_service.orders.private_dns[0].name")?;
    case.workspace.replace("service.tf", "  tags = {", &format!("{name}\n  tags = {{"))?;
    case.is_settled().await?;
    let rule = "  ingress {\n    description       = \"application\"\n    port              = 443\n    security_group_id = \
                var.application_security_group_id\n  }\n";
    case.workspace.replace("consumer.tf", rule, "")?;
    case.apply().await?;
    let rules = [("Filter.1.Name", "tag:privatelink:uid"), ("Filter.1.Value.1", "*")];
    let left = case.simulator.act_in(CONSUMER, "us-east-1", "ec2", "DescribeSecurityGroupRules", &rules).await?;
    assert!(!left.contains("<isEgress>false</isEgress>"), "the last rule that goes opens nothing: {left}");
    case.destroy_unreached().await?;
    Ok(())
}

pub(crate) async fn a_decision_tells_whom_it_rejects_and_outlives_its_consumer() -> Outcome {
    let case = case().await?;
    case.workspace.write("decision.tf", &decision("privatelink_consumer.orders.id"))?;
    case.apply().await?;
    let endpoint = id(&case, "endpoint_id").await?;
    // Another endpoint, that somebody made by hand, in its place.
    let owner = id(&case, "service_id").await?;
    case.workspace.write("decision.tf", &decision("\"vpce-0123456789abcdef0\""))?;
    let replaced = case.workspace.plan(&[]).await?.in_one_line();
    for words in ["A connection will be rejected", &endpoint, &owner] {
        assert!(replaced.contains(words), "{words}: {replaced}");
    }
    // The consumer goes; its owner's configuration still names it.
    case.workspace.write("decision.tf", &decision(&format!("\"{endpoint}\"")))?;
    case.workspace.write("consumer.tf", "")?;
    for output in ["endpoint_id", "vpc_id", "records"] {
        let from = match output {
            "endpoint_id" => "privatelink_consumer.orders.id",
            "vpc_id" => "privatelink_consumer.orders.vpc_id",
            _ => "privatelink_consumer.orders.records",
        };
        case.workspace.replace("outputs.tf", from, "\"none\"")?;
    }
    case.workspace.apply(&[]).await?.succeeded()?;
    let planned = case.workspace.plan(&[]).await?.succeeded()?.in_one_line();
    for words in ["No changes", "Warning: ", "was deleted", &endpoint, "Remove this resource"] {
        assert!(planned.contains(words), "{words}: {planned}");
    }
    case.destroy_unreached().await?;
    Ok(())
}

pub(crate) async fn a_foreign_listener_on_our_target_group_is_named_at_plan() -> Outcome {
    let case = case().await?;
    let further = "\n  listener {\n    name        = \"admin\"\n    port        = 9443\n    target_type = \"ip\"\n  }\n\n  # Consumers call";
    case.workspace.replace("service.tf", "\n  # Consumers call", further)?;
    let groups = "output \"admin\" {\n  value = privatelink_service.orders.listeners[\"admin\"].target_group_arn\n}\n\noutput \
                  \"balancer\" {\n  value = privatelink_service.orders.load_balancers[0].arn\n}\n";
    case.workspace.write("admin.tf", groups)?;
    case.apply().await?;
    let (group, balancer) = (id(&case, "admin").await?, id(&case, "balancer").await?);
    let foreign = [
        ("LoadBalancerArn", balancer.as_str()),
        ("Protocol", "TCP"),
        ("Port", "9999"),
        ("DefaultActions.member.1.Type", "forward"),
        ("DefaultActions.member.1.TargetGroupArn", group.as_str()),
    ];
    let made = case.simulator.act_in_time(OWNER, "elasticloadbalancing", "CreateListener", &foreign).await?;
    let foreign = element(&made, "ListenerArn")?.to_owned();
    case.workspace.replace("service.tf", further, "\n  # Consumers call")?;
    case.workspace.write("admin.tf", "")?;
    case.simulator.forget_calls().await?;
    let planned = plan_that_says(&case, "Target group in use").await?;
    assert!(planned.contains(&foreign) && planned.contains("TCP 9999"), "{planned}");
    let refused = case.workspace.apply(&[]).await?.ended_with(1)?.in_one_line();
    assert!(refused.contains("Target group in use") && refused.contains("delete-listener"), "{refused}");
    assert_eq!(case.writes().await?, Vec::<String>::new());
    let gone = [("ListenerArn", foreign.as_str())];
    case.simulator.act_in_time(OWNER, "elasticloadbalancing", "DeleteListener", &gone).await?;
    case.workspace.apply(&[]).await?.succeeded()?;
    case.destroy().await?;
    Ok(())
}
