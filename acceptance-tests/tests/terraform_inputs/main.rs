//! What goes in is checked, by Terraform itself, and what a plan will do can be read.

mod destroy;
mod late;
mod modules;
mod plans;
mod unknown;
mod warnings;

use std::path::Path;

use acceptance_tests::suite;
use acceptance_tests::terraform::{Case, SERVICE, Source, Tool};
use serde_json::Value;

use destroy::{a_record_of_others_stops_no_destroy, a_subnet_that_is_gone_stops_no_destroy};
use late::{
    a_denial_is_told_once_with_its_action, an_address_that_is_no_url_is_refused_at_once,
    what_aws_would_refuse_later_is_one_error_of_the_plan, what_hashicorp_aws_takes_is_taken,
};
use modules::{
    a_key_that_a_module_left_out_is_refused_and_takes_nothing_along, blocks_over_an_unknown_value_may_turn_out_empty,
    null_for_a_required_argument_is_refused_on_a_living_chain, one_of_two_arguments_may_be_an_unknown_null,
    the_empties_of_a_module_are_taken,
};
use plans::{
    a_default_that_is_written_is_no_change, a_foreign_tag_is_copied_nowhere_by_ignore_changes,
    a_rejected_endpoint_is_told_by_a_plan_without_changes, a_state_that_lost_its_record_makes_no_second_chain,
    drift_is_told_in_words_and_healed,
};
use unknown::{an_unknown_default_tag_replaces_nothing, an_unknown_tag_and_a_subnet_less_replace_no_dependant};
use warnings::{
    a_decision_tells_whom_it_rejects_and_outlives_its_consumer,
    a_foreign_listener_on_our_target_group_is_named_at_plan, names_and_rules_that_go_are_told_and_open_nothing,
};

suite!(Terraform:
    a_key_that_a_module_left_out_is_refused_and_takes_nothing_along,
    null_for_a_required_argument_is_refused_on_a_living_chain,
    one_of_two_arguments_may_be_an_unknown_null,
    blocks_over_an_unknown_value_may_turn_out_empty,
    the_empties_of_a_module_are_taken,
    an_unknown_default_tag_replaces_nothing,
    an_unknown_tag_and_a_subnet_less_replace_no_dependant,
    what_aws_would_refuse_later_is_one_error_of_the_plan,
    what_hashicorp_aws_takes_is_taken,
    an_address_that_is_no_url_is_refused_at_once,
    a_denial_is_told_once_with_its_action,
    a_default_that_is_written_is_no_change,
    drift_is_told_in_words_and_healed,
    a_foreign_tag_is_copied_nowhere_by_ignore_changes,
    a_rejected_endpoint_is_told_by_a_plan_without_changes,
    names_and_rules_that_go_are_told_and_open_nothing,
    a_decision_tells_whom_it_rejects_and_outlives_its_consumer,
    a_foreign_listener_on_our_target_group_is_named_at_plan,
    a_state_that_lost_its_record_makes_no_second_chain,
    a_subnet_that_is_gone_stops_no_destroy,
    a_record_of_others_stops_no_destroy,
);

/// Something that is known only in the apply.
const LATE: &str = "resource \"terraform_data\" \"late\" {\n  input = VALUE\n}\n";

/// The service's account.
const OWNER: (&str, &str) = (SERVICE, "us-east-1");

async fn case() -> Result<Case, Box<dyn std::error::Error>> {
    let simulator = Path::new(env!("CARGO_BIN_EXE_simulator"));
    Ok(Case::start(&Tool::required()?, simulator, Source::Example("complete")).await?)
}

/// What outputs of the example name.
async fn id(case: &Case, output: &str) -> Result<String, Box<dyn std::error::Error>> {
    let outputs = case.workspace.outputs().await?;
    Ok(outputs.get(output).and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// Plans until it says so: one read right after a change may still show what was before.
async fn plan_that_says(case: &Case, words: &str) -> Result<String, Box<dyn std::error::Error>> {
    let mut planned = String::new();
    for _ in 0..6 {
        planned = case.workspace.plan(&[]).await?.in_one_line();
        if planned.contains(words) {
            return Ok(planned);
        }
    }
    Err(format!("no plan says {words:?}: {planned}").into())
}
