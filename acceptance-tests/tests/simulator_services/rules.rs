//! Each rule is what makes its own tests pass: without it, and with everything else, they fail.

use acceptance_tests::simulator::rules::Rule;

use crate::needed::assert_needed;
use crate::{
    alias_records, hosted_zones, listeners, load_balancer_changes, load_balancers, private_zones, record_sets,
    target_groups, target_health,
};

#[test]
fn tests_of_rules_fail_without_their_rule() {
    assert_needed(&[
        (
            Rule::BoundLoadBalancerStays,
            load_balancers::a_bound_load_balancer_cannot_be_deleted_until_its_service_is_gone,
        ),
        (
            Rule::UsedTargetGroupStays,
            listeners::a_deleted_listener_is_not_found_and_frees_its_target_group_a_little_later,
        ),
        (Rule::ListenersFit, listeners::a_port_takes_one_listener),
        (Rule::ListenersFit, listeners::a_target_group_serves_one_load_balancer),
        (Rule::ListenersFit, listeners::protocols_of_listener_and_target_group_must_go_together),
        (Rule::NamesAreUnique, load_balancers::the_same_settings_give_the_same_load_balancer_and_others_are_refused),
        (Rule::NamesAreUnique, target_groups::the_same_settings_give_the_same_target_group_and_others_are_refused),
        (
            Rule::AbsentDeletionIsTold,
            listeners::a_deleted_listener_is_not_found_and_frees_its_target_group_a_little_later,
        ),
        (Rule::TransitionsTakeTime, load_balancers::a_load_balancer_is_provisioning_before_it_is_active),
        (Rule::TransitionsTakeTime, record_sets::a_record_is_listed_at_once_and_answered_when_in_sync),
        (
            Rule::DeletedIsListed,
            load_balancers::a_deleted_load_balancer_takes_its_listeners_along_and_leaves_its_interfaces_for_a_while,
        ),
        (Rule::DeletionProtection, load_balancers::deletion_protection_keeps_a_load_balancer),
        (Rule::GroupsFromBirth, load_balancer_changes::security_groups_cannot_come_after_birth_nor_all_go),
        (
            Rule::SubnetsMoveInSteps,
            load_balancer_changes::subnets_are_replaced_one_per_zone_and_never_swapped_within_one,
        ),
        (Rule::SubnetsMoveInSteps, load_balancer_changes::a_zone_cannot_go_while_endpoints_hang_on_the_load_balancer),
        (Rule::NameIsTaken, private_zones::a_name_an_endpoint_took_over_conflicts),
        (Rule::TokenBuckets, load_balancers::making_and_moving_load_balancers_share_ten_tokens),
        (Rule::NameIsTaken, private_zones::one_vpc_has_one_zone_of_a_name),
        (Rule::TokenBuckets, load_balancers::every_call_draws_from_the_forty_tokens_of_the_account),
        (Rule::TokenBuckets, record_sets::five_calls_a_second_are_all_an_account_has),
        (Rule::TwentyArns, load_balancers::twenty_arns_are_the_most_of_one_call_and_one_unknown_fails_all),
        (Rule::ReplicasLag, load_balancers::a_load_balancer_that_was_just_made_is_not_found_for_a_moment),
        (Rule::ReplicasLag, record_sets::a_replica_may_not_list_a_pending_change_yet),
        (Rule::BatchesAreWhole, record_sets::a_batch_is_applied_as_a_whole_or_not_at_all),
        (Rule::BatchesAreWhole, record_sets::one_change_of_a_zone_at_a_time),
        (Rule::ZonesAreKept, hosted_zones::a_caller_reference_is_used_up_for_ever),
        (Rule::ZonesAreKept, record_sets::a_zone_with_records_cannot_be_deleted),
        (Rule::ZonesAreKept, private_zones::the_last_vpc_stays_and_public_zones_have_none),
        (Rule::ZonesAreKept, private_zones::the_vpcs_account_associates_and_the_zones_account_allows_it_first),
        (Rule::ZonesAreKept, alias_records::an_alias_leads_to_a_load_balancer_that_exists_in_the_zone_given),
        (Rule::HealthTakesTime, target_health::a_deregistered_target_drains_and_can_be_taken_back),
        (Rule::HealthTakesTime, target_health::a_target_is_unused_then_initial_then_healthy),
    ]);
}
