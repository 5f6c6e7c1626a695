//! The rules of AWS that the simulator enforces, numbered as in the list of invariants the project keeps.
//!
//! `README.md` beside this file is their table: what each says, where it is in the code, its source, and its tests. A world can
//! be made without one of them: that is how the tests show that each rule is what makes its own test pass.

use std::cell::RefCell;
use std::collections::BTreeSet;

macro_rules! rules {
    ($($number:literal $name:ident: $what:literal;)+) => {
        /// Names a rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $what] $name,)+
        }

        impl Rule {
            /// All rules, in order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Gives the number.
            pub const fn number(self) -> u32 {
                match self {
                    $(Self::$name => $number,)+
                }
            }

            /// Gives the name, as in the code.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }
        }
    };
}

rules! {
    1 BoundLoadBalancerStays: "A load balancer that a service holds cannot be deleted.";
    2 ConnectedServiceStays: "A service with connections cannot be deleted.";
    3 ServiceKeepsLoadBalancers: "No load balancer leaves a service with connections, the last one never.";
    4 OneServicePerLoadBalancer: "A load balancer belongs to one service.";
    5 HeldGroupStays: "A security group that an interface holds or a rule names cannot be deleted.";
    6 HeldNetworkStays: "A subnet or VPC with interfaces cannot be deleted.";
    7 TransitionsTakeTime: "States, names and interfaces come after a time.";
    8 OneChangeAtATime: "An endpoint that is being changed takes no other change.";
    9 OnlyAvailableChange: "An endpoint that waits, was rejected or goes away takes no change.";
    10 OnlyWaitingAccepted: "Only a connection that waits can be accepted.";
    11 RejectionIsFinal: "A rejected connection stays rejected.";
    12 DeletedIsListed: "What was deleted is listed for a while.";
    13 AbsentDeletionIsTold: "Deleting what is not there is answered as its kind is.";
    14 UsedTargetGroupStays: "A target group that a listener forwards to cannot be deleted.";
    15 ListenersFit: "One listener a port, one load balancer a target group, protocols that go together.";
    16 NamesAreUnique: "Load balancers and target groups of one name are one.";
    17 OnlyActiveServe: "Only an active load balancer can be bound.";
    18 DeletionProtection: "A protected load balancer cannot be deleted.";
    19 GroupsFromBirth: "Security groups come at birth and never go altogether.";
    20 SubnetsMoveInSteps: "Subnets are never swapped within a zone, and stay while endpoints are attached.";
    21 CallerIsAdmitted: "Only allowed principals find a service.";
    22 ServiceIsOfTheRegion: "A service is found in the Regions in which it is offered.";
    23 FreshThingsSettle: "A fresh service does not work yet.";
    24 ZonesGoById: "A subnet's zone must be one of the service's, by id.";
    25 OneSubnetPerZone: "An endpoint has one subnet in a zone.";
    26 PlacesAreOfTheVpc: "Subnets and security groups are of the endpoint's VPC.";
    27 DefaultGroup: "Without security groups an endpoint has its VPC's default one.";
    28 EndpointQuota: "A VPC holds so many endpoints, whatever their state.";
    29 PrivateDnsGates: "Private DNS needs attributes, a name, its proof and acceptance, in that order.";
    30 NameIsTaken: "A name belongs to one zone of a VPC, hidden ones included.";
    31 PolicyNeedsSupport: "A customer's service takes no endpoint policy.";
    32 GatewayByDefault: "An endpoint is a gateway when nobody says otherwise.";
    33 FamiliesFit: "Address families of service and endpoint go together.";
    34 OneKindOfLoadBalancer: "A service has network or gateway load balancers, one of both.";
    35 AcceptanceByDefault: "Connections need acceptance when nobody says otherwise.";
    36 PrincipalGrammar: "Principals have the documented forms.";
    37 PermissionsAreASet: "A principal is allowed once, under one id.";
    38 NewNameNewPair: "A new private name brings a new pair to be proven.";
    39 NameNeedsProof: "A name is verified by its record in the public DNS.";
    40 EmptyNameClearsNothing: "An empty private name does not remove it.";
    41 ZonesOfBinding: "A service has the zones of its binding until it is refreshed.";
    42 RegionsCloseForEver: "A closed Region cannot be removed again, and Regions need a permission.";
    43 PayerIsOneWay: "Costs move to the owner and never back.";
    44 TagTypesMatch: "Tags are of the type of what is made.";
    45 EmptyElements: "A service without a private name has the element all the same.";
    46 TokensReplay: "A ClientToken gives the first answer again.";
    47 RepliesGetLost: "A reply can be lost after the effect.";
    48 TokenBuckets: "Calls are limited.";
    49 RefusedCallsAreFree: "A throttled call costs no token.";
    50 UnknownIdFailsList: "One unknown id fails the list.";
    51 TwentyArns: "A call of load balancing names twenty at most.";
    52 PageSizes: "Page sizes and tokens are checked.";
    53 ShortPages: "Pages may be short or empty, and lists have no order.";
    54 ReplicasLag: "Reads lag behind writes.";
    55 MixedItems: "Some items of a call may fail while others succeed.";
    56 RulesAreExact: "A batch of security group rules is all or nothing, and knows what is there.";
    57 BatchesAreWhole: "A batch of records is all or nothing, one at a time.";
    58 ZonesAreKept: "Zones keep their references, records, last VPC and authorizations.";
    59 HealthTakesTime: "A target is healthy after its checks.";
    60 RequestIds: "Every answer carries a request id.";
}

thread_local! {
    static SWITCHED_OFF: RefCell<BTreeSet<Rule>> = const { RefCell::new(BTreeSet::new()) };
}

/// Runs something whose worlds are made, on this thread, without a rule.
pub fn without<T>(rule: Rule, run: impl FnOnce() -> T) -> T {
    struct Restore(BTreeSet<Rule>);
    impl Drop for Restore {
        fn drop(&mut self) {
            SWITCHED_OFF.with(|off| off.replace(std::mem::take(&mut self.0)));
        }
    }
    let before = switched_off();
    SWITCHED_OFF.with(|off| off.borrow_mut().insert(rule));
    let _restore = Restore(before);
    run()
}

/// Gives the rules that a world made now, on this thread, does without.
pub fn switched_off() -> BTreeSet<Rule> {
    SWITCHED_OFF.with(|off| off.borrow().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_numbered_from_one_to_sixty() {
        let numbers: Vec<u32> = Rule::ALL.iter().map(|rule| rule.number()).collect();
        assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
    }

    #[test]
    fn a_rule_is_off_for_its_run_alone() {
        assert!(switched_off().is_empty());
        assert_eq!(without(Rule::TwentyArns, switched_off), BTreeSet::from([Rule::TwentyArns]));
        assert!(std::panic::catch_unwind(|| without(Rule::TwentyArns, || panic!("as tests do"))).is_err());
        assert!(switched_off().is_empty());
    }
}
