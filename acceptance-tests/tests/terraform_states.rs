//! State files of other releases in Terraform's hands.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panicking")]

use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Case, Outcome, Source, Tool};
use serde_json::{Value, json};

suite!(Terraform: states_with_other_keys_plan_empty_and_newer_ones_are_refused_by_name);

async fn states_with_other_keys_plan_empty_and_newer_ones_are_refused_by_name() -> Outcome {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    let case = Case::start(&Tool::required()?, simulator, Source::Example("complete")).await?;
    case.apply().await?;
    let path = case.workspace.folder().join("terraform.tfstate");
    let whole: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
    let edited = |edit: &dyn Fn(&str, &mut Value)| -> std::io::Result<()> {
        let mut state = whole.clone();
        for resource in state["resources"].as_array_mut().unwrap() {
            let kind = resource["type"].as_str().unwrap().to_owned();
            resource["instances"].as_array_mut().unwrap().iter_mut().for_each(|instance| edit(&kind, instance));
        }
        std::fs::write(&path, state.to_string())
    };

    // Another release had keys that this one does not know, and lacks some that it has.
    edited(&|_, instance| {
        let attributes = instance["attributes"].as_object_mut().unwrap();
        attributes.insert("of_another_release".to_owned(), json!({"deep": [1, 2]}));
        attributes.remove("availability_zone_ids");
    })?;
    // The refresh fills what is missing; without one the plan shows that, as it must.
    case.workspace.plan(&[]).await?.succeeded()?;

    edited(&|kind, instance| {
        if kind == "privatelink_service" {
            instance["schema_version"] = json!(7);
        }
    })?;
    let refused = case.workspace.plan(&[]).await?;
    assert_eq!(refused.code, Some(1), "{}", refused.said());
    assert!(refused.said().contains("privatelink_service") && refused.said().contains("newer"), "{}", refused.said());

    std::fs::write(&path, whole.to_string())?;
    case.destroy().await?;
    Ok(())
}
