//! Values that are known only in the apply, in a configuration whose objects exist.

use acceptance_tests::terraform::Outcome;

use super::{LATE, case};

pub(crate) async fn an_unknown_default_tag_replaces_nothing() -> Outcome {
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

/// What a user hangs on the results: one that follows the listeners, and one for each interface.
const DEPENDANTS: &str = "resource \"terraform_data\" \"fleet\" {\n  triggers_replace = \
                          [privatelink_service.orders.listeners[\"https\"].target_group_arn, \
                          privatelink_consumer.orders.dns_name]\n}\n\nresource \"terraform_data\" \"address\" {\n  for_each = \
                          privatelink_consumer.orders.network_interfaces\n  triggers_replace = each.value.ipv4\n}\n";

pub(crate) async fn an_unknown_tag_and_a_subnet_less_replace_no_dependant() -> Outcome {
    let case = case().await?;
    case.apply().await?;
    case.workspace.write("dependants.tf", DEPENDANTS)?;
    case.workspace.apply(&[]).await?.succeeded()?;
    let interfaces = case.landscape.get("consumer_subnet_ids").and_then(|ids| ids.as_array()).map_or(0, Vec::len);
    assert!(interfaces > 1);
    // A tag and a name that are known only in the apply.
    case.workspace.write("late.tf", &LATE.replace("VALUE", "\"live\""))?;
    case.workspace.replace("service.tf", "    Team = \"orders\"\n", "    Team = terraform_data.late.output\n")?;
    case.workspace.replace("consumer.tf", "    Team = \"shop\"\n", "    Team = terraform_data.late.output\n")?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?.in_one_line();
    assert!(planned.contains("1 to add, 2 to change, 0 to destroy"), "{planned}");
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    // One subnet less: its own element goes, the others stay known.
    let one = "slice(sort(var.consumer_subnet_ids), 0, 1)";
    case.workspace.replace("consumer.tf", "var.consumer_subnet_ids", one)?;
    let planned = case.workspace.plan(&[]).await?.ended_with(2)?.in_one_line();
    let destroyed = format!("0 to add, 1 to change, {} to destroy", interfaces - 1);
    assert!(planned.contains(&destroyed), "{destroyed}: {planned}");
    case.workspace.apply(&[]).await?.succeeded()?;
    case.is_settled().await?;
    case.destroy().await?;
    Ok(())
}
