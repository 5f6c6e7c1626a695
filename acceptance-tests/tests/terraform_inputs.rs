//! What goes in is checked, by Terraform itself: nulls and empties of modules, values that are known only in the apply.

use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Case, Outcome, Source, Tool};

suite!(Terraform:
    a_key_that_a_module_left_out_is_refused_and_takes_nothing_along,
    blocks_over_an_unknown_value_may_turn_out_empty,
    an_unknown_default_tag_replaces_nothing,
    the_empties_of_a_module_are_taken,
);

/// Something that is known only in the apply.
const LATE: &str = "resource \"terraform_data\" \"late\" {\n  input = VALUE\n}\n";

async fn case() -> Result<Case, Box<dyn std::error::Error>> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    Ok(Case::start(&Tool::required()?, simulator, Source::Example("complete")).await?)
}

/// `count` times as many listeners as a module's variable has entries.
const LISTENERS: &str = "\n  dynamic \"listener\" {\n    for_each = var.further\n    content {\n      name       = \
                         listener.value.name\n      port       = listener.value.port\n      target_ids = \
                         var.provider_instance_ids\n    }\n  }\n\n  # Consumers call";
const FURTHER: &str = "variable \"further\" {\n  type = list(object({ name = optional(string), port = number }))\n  default = \
                       VALUE\n}\n";

async fn a_key_that_a_module_left_out_is_refused_and_takes_nothing_along() -> Outcome {
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

async fn blocks_over_an_unknown_value_may_turn_out_empty() -> Outcome {
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

async fn an_unknown_default_tag_replaces_nothing() -> Outcome {
    let case = case().await?;
    case.apply().await?;
    case.workspace.write("late.tf", &LATE.replace("VALUE", "\"live\""))?;
    let tags = "  alias   = \"service\"\n\n  default_tags {\n    tags = {\n      Stage = terraform_data.late.output\n    \
                }\n  }\n";
    case.workspace.replace("providers.tf", "  alias   = \"service\"\n", tags)?;
    for more in [&["-refresh=false"][..], &[]] {
        let planned = case.workspace.plan(more).await?.ended_with(2)?.in_one_line();
        assert!(!planned.contains("forces replacement") && !planned.contains("must be replaced"), "{planned}");
        assert!(!planned.contains("not configured yet"), "{planned}");
        assert!(planned.contains("1 to add") && planned.contains("0 to destroy"), "{planned}");
    }
    let before = case.simulator.objects().await?;
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    let after = case.simulator.objects().await?;
    assert_eq!(before.of("endpoint_service"), after.of("endpoint_service"));
    case.workspace.replace("providers.tf", tags, "  alias   = \"service\"\n")?;
    case.destroy().await?;
    Ok(())
}

async fn the_empties_of_a_module_are_taken() -> Outcome {
    let case = case().await?;
    let empties = "\n  load_balancer_arns         = []\n  supported_regions          = []\n  supported_ip_address_types = \
                   []\n\n  load_balancer {\n    security_groups = []\n  }\n\n  # Consumers call";
    case.workspace.replace("service.tf", "\n  # Consumers call", empties)?;
    case.workspace.replace("service.tf", "    Team = \"orders\"\n", "    Team = \"orders\"\n    None = null\n")?;
    case.apply().await?;
    case.destroy().await?;
    Ok(())
}
