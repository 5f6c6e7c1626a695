//! Each rule is what makes its own tests pass: without it, and with everything else, they fail.

use acceptance_tests::simulator::rules::Rule;

use super::{accounts, admission, connections, endpoints, limits, permissions, private_dns, services, verification};
use crate::needed::assert_needed;

#[test]
fn tests_of_rules_fail_without_their_rule() {
    assert_needed(&[
        (Rule::BoundLoadBalancerStays, services::a_bound_load_balancer_cannot_be_deleted_until_its_service_is_deleted),
        (
            Rule::ConnectedServiceStays,
            services::a_service_with_connections_cannot_be_deleted_although_the_call_succeeds,
        ),
        (
            Rule::ServiceKeepsLoadBalancers,
            services::a_load_balancer_leaves_a_service_only_without_connections_and_never_as_the_last,
        ),
        (Rule::OneServicePerLoadBalancer, services::a_load_balancer_belongs_to_one_service),
        (
            Rule::HeldGroupStays,
            endpoints::a_deleted_endpoint_holds_group_and_subnet_for_a_while_and_is_listed_for_longer,
        ),
        (
            Rule::HeldNetworkStays,
            endpoints::a_deleted_endpoint_holds_group_and_subnet_for_a_while_and_is_listed_for_longer,
        ),
        (Rule::TransitionsTakeTime, endpoints::states_names_and_interfaces_take_time),
        (Rule::OneChangeAtATime, endpoints::a_change_sends_the_endpoint_back_to_pending_and_a_second_one_waits),
        (Rule::OnlyAvailableChange, endpoints::changes_before_acceptance_are_refused_unless_groups_are_read_otherwise),
        (Rule::OnlyAvailableChange, endpoints::changes_of_what_is_over_are_refused_in_every_state),
        (Rule::OnlyWaitingAccepted, connections::only_waiting_connections_can_be_accepted_and_other_ids_are_items),
        (Rule::RejectionIsFinal, connections::a_rejection_is_final_and_the_endpoint_stays),
        (
            Rule::DeletedIsListed,
            services::a_deleted_service_is_listed_for_a_while_and_deleting_it_again_is_an_item_not_found,
        ),
        (
            Rule::DeletedIsListed,
            endpoints::a_deleted_endpoint_holds_group_and_subnet_for_a_while_and_is_listed_for_longer,
        ),
        (Rule::AbsentDeletionIsTold, endpoints::deleting_several_endpoints_may_succeed_for_some),
        (
            Rule::AbsentDeletionIsTold,
            services::a_deleted_service_is_listed_for_a_while_and_deleting_it_again_is_an_item_not_found,
        ),
        (Rule::OnlyActiveServe, services::a_service_needs_a_network_load_balancer_that_exists_and_is_active),
        (Rule::CallerIsAdmitted, permissions::a_role_admits_only_itself_and_the_root_everybody_of_its_account),
        (Rule::ServiceIsOfTheRegion, admission::an_unknown_service_and_another_region_look_the_same),
        (Rule::FreshThingsSettle, admission::a_fresh_service_says_available_and_refuses_endpoints),
        (
            Rule::ReplicasLag,
            permissions::another_account_meets_a_permission_two_seconds_late_at_most_where_replicas_lag,
        ),
        (Rule::ZonesGoById, admission::zones_are_compared_by_id_not_by_name),
        (Rule::OneSubnetPerZone, admission::an_endpoint_has_one_subnet_per_zone),
        (Rule::PlacesAreOfTheVpc, admission::subnets_and_groups_must_exist_and_be_of_the_vpc),
        (Rule::DefaultGroup, admission::an_endpoint_without_groups_gets_the_default_group),
        (Rule::EndpointQuota, admission::a_vpc_has_a_quota_of_endpoints_that_rejected_ones_fill_too),
        (Rule::PrivateDnsGates, private_dns::the_gates_stand_in_aws_order_each_with_its_words),
        (Rule::NameIsTaken, private_dns::a_name_is_taken_until_the_interfaces_are_gone_and_both_ways),
        (Rule::PolicyNeedsSupport, admission::a_policy_on_a_customers_service_is_refused_or_ignored),
        (Rule::GatewayByDefault, admission::the_type_is_gateway_when_nobody_says_so),
        (Rule::FamiliesFit, admission::address_families_fit_service_subnets_and_records),
        (Rule::OneKindOfLoadBalancer, services::a_service_needs_exactly_one_kind_of_load_balancer),
        (
            Rule::AcceptanceByDefault,
            services::acceptance_is_required_unless_switched_off_and_only_later_connections_notice,
        ),
        (Rule::PrincipalGrammar, permissions::only_documented_principals_are_taken),
        (Rule::PermissionsAreASet, permissions::principals_are_a_set_with_stable_ids),
        (Rule::NewNameNewPair, services::a_new_private_name_brings_a_new_pair_that_waits_for_its_proof),
        (Rule::NameNeedsProof, verification::another_value_another_place_and_a_private_zone_prove_nothing),
        (Rule::NameNeedsProof, verification::a_record_lost_later_takes_the_proof_back),
        (Rule::EmptyNameClearsNothing, services::an_empty_private_name_does_not_clear_and_only_the_flag_removes),
        (
            Rule::ZonesOfBinding,
            services::a_new_zone_of_the_load_balancer_is_unseen_until_it_is_ready_and_the_service_refreshed,
        ),
        (Rule::RegionsCloseForEver, services::regions_come_slowly_and_closed_ones_stay_listed),
        (Rule::RegionsCloseForEver, services::regions_need_a_permission_of_their_own),
        (Rule::RegionsCloseForEver, accounts::a_custom_idle_timeout_and_other_regions_exclude_each_other),
        (Rule::PayerIsOneWay, services::the_owner_can_take_over_the_costs_and_never_give_them_back),
        (Rule::TagTypesMatch, services::tags_of_a_service_need_its_own_resource_type),
        (Rule::EmptyElements, services::an_empty_private_name_does_not_clear_and_only_the_flag_removes),
        (Rule::TokensReplay, services::the_same_token_gives_the_same_service),
        (Rule::TokensReplay, admission::the_same_token_gives_the_same_endpoint_even_after_its_deletion),
        (Rule::TokenBuckets, limits::fourteen_endpoints_at_once_need_thirty_three_seconds),
        (Rule::TokenBuckets, limits::the_organization_has_a_bucket_over_all_its_accounts),
        (Rule::RefusedCallsAreFree, limits::a_throttled_call_costs_no_token),
        (Rule::UnknownIdFailsList, endpoints::one_unknown_id_fails_the_list_and_the_filter_gives_the_rest),
        (Rule::ShortPages, limits::pages_may_be_short_or_empty_and_lists_have_no_order),
        (Rule::ReplicasLag, endpoints::a_state_may_go_back_for_one_read_and_an_object_vanish_from_one),
        (Rule::MixedItems, endpoints::deleting_several_endpoints_may_succeed_for_some),
        (Rule::RequestIds, limits::every_answer_and_every_refusal_carries_a_request_id),
    ]);
}
