//! What a module's variables bring along: nulls, empties, blocks over values that are known only in the apply.

use acceptance_tests::terraform::Outcome;

use super::{LATE, case};

/// `count` times as many listeners as a module's variable has entries.
const LISTENERS: &str = "\n  dynamic \"listener\" {\n    for_each = var.further\n    content {\n      name       = \
                         listener.value.name\n      port       = listener.value.port\n      target_ids = \
                         var.provider_instance_ids\n    }\n  }\n\n  # Consumers call";
const FURTHER: &str = "variable \"further\" {\n  type = list(object({ name = optional(string), port = number }))\n  default = \
                       VALUE\n}\n";

pub(crate) async fn a_key_that_a_module_left_out_is_refused_and_takes_nothing_along() -> Outcome {
    let case = case().await?;
    case.workspace.replace("service.tf", "\n  # Consumers call", LISTENERS)?;
    case.workspace.write("further.tf", &FURTHER.replace("VALUE", "[{ name = \"admin\", port = 9443 }]"))?;
    case.apply().await?;
    let before = case.simulator.objects().await?;
    case.workspace.write("further.tf", &FURTHER.replace("VALUE", "[{ port = 9443 }]"))?;
    let refused = case.workspace.apply(&[]).await?.ended_with(1)?.in_one_line();
    for words in ["Missing listener.name", "name is required, and its value is null", "with port = 9443"] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    assert_eq!(case.simulator.objects().await?.of("listener"), before.of("listener"), "no listener went");
    case.workspace.write("further.tf", &FURTHER.replace("VALUE", "[]"))?;
    case.destroy().await?;
    Ok(())
}

pub(crate) async fn blocks_over_an_unknown_value_may_turn_out_empty() -> Outcome {
    let case = case().await?;
    let dynamic = |block: &str, content: &str| {
        format!(
            "\n  dynamic \"{block}\" {{\n    for_each = terraform_data.late.output\n    content {{\n      {content}\n    \
             }}\n  }}\n"
        )
    };
    let of_service =
        [dynamic("timeouts", "create = \"20m\""), dynamic("load_balancer", "ip_address_type = \"ipv4\"")].concat();
    case.workspace.replace("service.tf", "\n  # Consumers call", &format!("{of_service}\n  # Consumers call"))?;
    case.workspace.replace(
        "consumer.tf",
        "\n  # The service",
        &format!("{}\n  # The service", dynamic("timeouts", "create = \"20m\"")),
    )?;
    case.workspace.write("late.tf", &LATE.replace("VALUE", "[]"))?;
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    // And a living resource gets them, from a value that is unknown once more.
    case.workspace.write("late.tf", &LATE.replace("VALUE", "[\"once\"]"))?;
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    case.destroy().await?;
    Ok(())
}

pub(crate) async fn the_empties_of_a_module_are_taken() -> Outcome {
    let case = case().await?;
    let empties = "\n  load_balancer_arns         = []\n  supported_regions          = []\n  supported_ip_address_types = \
                   []\n\n  load_balancer {\n    security_groups = []\n  }\n\n  # Consumers call";
    case.workspace.replace("service.tf", "\n  # Consumers call", empties)?;
    case.workspace.replace("service.tf", "    Team = \"orders\"\n", "    Team = \"orders\"\n    None = null\n")?;
    case.apply().await?;
    case.destroy().await?;
    Ok(())
}

/// A value that a module's caller did not give.
const NONE: &str = "variable \"none\" {\n  type    = string\n  default = null\n}\n";

pub(crate) async fn null_for_a_required_argument_is_refused_on_a_living_chain() -> Outcome {
    let case = case().await?;
    let decision = |endpoint: &str| {
        format!(
            "resource \"privatelink_connection\" \"orders\" {{\n  provider    = privatelink.service\n  service_id  = \
             privatelink_service.orders.id\n  endpoint_id = {endpoint}\n}}\n"
        )
    };
    case.workspace.write("none.tf", NONE)?;
    case.workspace.write("decision.tf", &decision("privatelink_consumer.orders.id"))?;
    case.apply().await?;
    case.simulator.forget_calls().await?;
    let notification =
        "\n  connection_notification {\n    connection_notification_arn = var.none\n  }\n\n  # Consumers call";
    let second_peer = "  peer_account {\n    name    = var.none\n    profile = \"service\"\n  }\n\n  peer_account {";
    for (file, whole, without, path) in [
        ("service.tf", "\n  # Consumers call", notification, "connection_notification.connection_notification_arn"),
        ("service.tf", "    name       = \"https\"\n", "    name       = var.none\n", "listener.name"),
        ("consumer.tf", "privatelink_service.orders.service_name", "var.none", "service_name"),
        ("consumer.tf", "      name = \"orders\"\n", "      name = var.none\n", "dns.record.name"),
        ("decision.tf", "privatelink_consumer.orders.id", "var.none", "endpoint_id"),
        ("providers.tf", "  peer_account {", second_peer, "peer_account.name"),
    ] {
        case.workspace.replace(file, whole, without)?;
        let refused = case.workspace.plan(&[]).await?.ended_with(1)?.in_one_line();
        let words = format!("Missing {path}");
        assert!(refused.contains(&words), "{words}: {refused}");
        assert_eq!(refused.matches("Error: ").count(), 1, "{path}: one cause, one diagnostic: {refused}");
        assert!(!refused.contains("not configured yet"), "{path}: {refused}");
        case.workspace.replace(file, without, whole)?;
    }
    assert_eq!(case.writes().await?, Vec::<String>::new());
    case.is_settled().await?;
    case.destroy().await?;
    Ok(())
}

pub(crate) async fn one_of_two_arguments_may_be_an_unknown_null() -> Outcome {
    let case = case().await?;
    let group = "    security_group_id = var.application_security_group_id\n";
    let both = format!("{group}    cidr_ipv4         = terraform_data.late.output\n");
    case.workspace.replace("consumer.tf", group, &both)?;
    case.workspace.write("late.tf", &LATE.replace("VALUE", "null"))?;
    case.apply().await?;
    // Once both are known to be given, the rule is told.
    case.workspace.write("late.tf", &LATE.replace("VALUE", "\"10.20.0.0/16\""))?;
    let refused = case.workspace.apply(&[]).await?.ended_with(1)?.in_one_line();
    assert!(refused.contains("cidr_ipv4") && refused.contains("security_group_id"), "{refused}");
    case.workspace.replace("consumer.tf", &both, group)?;
    case.workspace.apply(&[]).await?.succeeded()?;
    case.destroy().await?;
    Ok(())
}
