//! Each rule is what makes its own tests pass: without it, and with everything else, they fail.

use acceptance_tests::simulator::rules::Rule;

use crate::needed::assert_needed;

#[test]
fn tests_of_rules_fail_without_their_rule() {
    assert_needed(&[
        (Rule::HeldGroupStays, crate::a_group_named_in_a_rule_cannot_be_deleted),
        (Rule::HeldNetworkStays, crate::outsiders_build_a_network_with_the_api_itself),
        (Rule::AbsentDeletionIsTold, crate::a_group_named_in_a_rule_cannot_be_deleted),
        (Rule::TagTypesMatch, crate::tags_must_be_of_the_type_that_is_made),
        (Rule::TokensReplay, crate::a_client_token_gives_the_first_answer_again),
        (Rule::RepliesGetLost, crate::faults_strike_before_or_after_the_effect),
        (Rule::TokenBuckets, crate::a_throttled_call_has_no_effect_and_is_written_down),
        (Rule::PageSizes, crate::every_page_is_read_and_a_strange_page_size_refused),
        (Rule::ReplicasLag, crate::a_new_group_is_not_found_until_its_lag_is_over),
        (Rule::RulesAreExact, crate::rules_are_canonical_and_a_batch_is_all_or_nothing),
    ]);
}
