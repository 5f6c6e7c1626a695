//! What of an endpoint differs from what is wanted, what an update makes of it. Pure.

use std::collections::BTreeMap;

use super::{NetworkInterface, Spec, State, is_same_address};
use crate::aws::tags::{is_outdated, named};
use crate::engine::{Change, Field};
use crate::gather::Gather as _;
use crate::schema::policy;

pub(super) const SUBNETS: Field = "subnet_ids";
pub(super) const ADDRESSES: Field = "subnet_configuration";
pub(super) const GROUPS: Field = "security_group_ids";
pub(super) const ADDRESS_TYPE: Field = "ip_address_type";
pub(super) const RECORD_TYPE: Field = "dns_record_ip_type";
pub(super) const POLICY: Field = "policy";
pub(super) const TAGS: Field = "tags";
pub(super) const PRIVATE_DNS: Field = "private_dns_enabled";

/// AWS's word in one spelling: the wire says `pendingAcceptance`, the model `PendingAcceptance`.
pub(super) fn word(state: &str) -> String {
    let mut letters = state.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}

/// Whether the endpoint is in this state.
pub(super) fn is(state: &State, expected: &str) -> bool {
    state.state.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(expected))
}

pub(super) fn diff(spec: &Spec, state: &State) -> Change {
    // It will never work, or is on its way out by somebody else's hand. `rejected` is not among
    // them: only the owner of the service or a person can decide what follows.
    let is_lost = ["failed", "expired", "deleting", "deleted"].iter().any(|word| is(state, word));
    // One of the two may leave the Region to the name.
    let regions = spec.service_region.as_ref().zip(state.service_region.as_ref());
    let anew = differing([
        ("state", is_lost),
        ("service_name", spec.service_name != state.service_name),
        ("service_region", regions.is_some_and(|(wanted, found)| wanted != found)),
        ("vpc_id", spec.vpc_id != state.vpc_id),
    ]);
    if !anew.is_empty() {
        return Change::ReplaceAll(anew);
    }
    let fields = differences(spec, state);
    if fields.is_empty() { Change::None } else { Change::Update(fields) }
}

/// The settings that differ, of those that AWS changes in place.
pub(super) fn differences(spec: &Spec, state: &State) -> Vec<Field> {
    // AWS services may not say which records they have.
    let record_type = state.dns_record_ip_type.as_deref();
    differing([
        (SUBNETS, spec.subnet_ids != state.subnet_ids),
        (ADDRESSES, !moved_addresses(spec, state).is_empty()),
        (GROUPS, spec.security_group_ids != state.security_group_ids),
        (ADDRESS_TYPE, spec.ip_address_type != state.ip_address_type),
        (RECORD_TYPE, record_type.is_some_and(|found| found != spec.record_type())),
        (POLICY, !same_policy(spec.policy.as_deref(), state.policy.as_deref())),
        (TAGS, spec.tags_beside(state) != state.tags || is_outdated(state.named.as_ref(), &spec.base_name)),
        (PRIVATE_DNS, spec.without_private_dns && state.private_dns_enabled),
    ])
}

/// Subnets that stay and whose network interface has another address than the fixed one.
pub(super) fn moved_addresses<'a>(spec: &'a Spec, state: &'a State) -> Vec<&'a String> {
    let stays = |subnet_id: &&String| spec.subnet_ids.contains(*subnet_id) && state.subnet_ids.contains(*subnet_id);
    let moved = |subnet_id: &&String| {
        let (Some(fixed), Some(interfaces)) = (spec.addresses.get(*subnet_id), &state.network_interfaces) else {
            return false;
        };
        // Without a look at the interface nothing is known to differ.
        let interface = interfaces.values().find(|interface| interface.subnet_id == **subnet_id);
        interface.is_some_and(|interface| {
            let differs = |fixed: &Option<String>, found: &Option<String>| {
                fixed.as_ref().zip(found.as_ref()).is_some_and(|(fixed, found)| !is_same_address(fixed, found))
            };
            differs(&fixed.ipv4, &interface.ipv4) || differs(&fixed.ipv6, &interface.ipv6)
        })
    };
    spec.addresses.keys().filter(stays).filter(moved).collect()
}

fn differing<const N: usize>(fields: [(Field, bool); N]) -> Vec<Field> {
    fields.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
}

impl Spec {
    /// The wanted tags of an endpoint that exists.
    pub(super) fn tags_beside(&self, state: &State) -> BTreeMap<String, String> {
        let mut tags = self.tags.clone();
        if self.is_default_name && !state.tags.contains_key("Name") {
            tags.remove("Name");
        }
        tags
    }

    /// Which addresses the DNS names are to answer with.
    pub(super) fn record_type(&self) -> &str {
        self.dns_record_ip_type.as_deref().unwrap_or(&self.ip_address_type)
    }

    /// The wanted policy, none where it only says what AWS's own says.
    pub(super) fn effective_policy(&self) -> Option<&str> {
        self.policy.as_deref().filter(|document| !policy::is_full_access(document))
    }
}

fn same_policy(wanted: Option<&str>, found: Option<&str>) -> bool {
    match (wanted.filter(|document| !policy::is_full_access(document)), found) {
        (None, None) => true,
        (Some(wanted), Some(found)) => policy::same(wanted, found),
        _ => false,
    }
}

pub(super) fn forecast(spec: &Spec, state: &State) -> State {
    let mut next = State {
        subnet_ids: spec.subnet_ids.clone(),
        security_group_ids: spec.security_group_ids.clone(),
        ip_address_type: spec.ip_address_type.clone(),
        named: named(state.named.as_ref(), &spec.base_name, spec.tags_beside(state) != state.tags),
        tags: spec.tags_beside(state),
        private_dns_enabled: state.private_dns_enabled && !spec.without_private_dns,
        ..state.clone()
    };
    if state.dns_record_ip_type.as_deref().is_some_and(|found| found != spec.record_type()) {
        next.dns_record_ip_type = Some(spec.record_type().to_owned());
    }
    if !same_policy(spec.policy.as_deref(), state.policy.as_deref()) {
        next.policy = spec.effective_policy().map(str::to_owned);
    }
    let moved = moved_addresses(spec, state);
    if spec.ip_address_type != state.ip_address_type {
        next.network_interfaces = None;
        next.zonal_dns_names = None;
    } else if spec.subnet_ids != state.subnet_ids || !moved.is_empty() {
        next.network_interfaces = interfaces_by_zone(spec, state, &moved);
        next.zonal_dns_names = names_by_zone(spec, state, &next);
    }
    // An update that failed after its effect leaves the interfaces of before it in the record.
    let is_left = |one: &NetworkInterface| !spec.subnet_ids.contains(&one.subnet_id);
    if next.network_interfaces.as_ref().is_some_and(|found| found.values().any(is_left)) {
        (next.network_interfaces, next.zonal_dns_names) = (None, None);
    }
    // On its way it may get further while the update runs; rejected it stays.
    if !is(state, "available") && !is(state, "rejected") {
        (next.state, next.network_interfaces, next.zonal_dns_names) = (None, None, None);
    }
    next
}

/// The interfaces of subnets that stay, and those to be made without an id. `None` where a zone is not known.
fn interfaces_by_zone(spec: &Spec, state: &State, moved: &[&String]) -> Option<BTreeMap<String, NetworkInterface>> {
    let new = |subnet_id: &String| NetworkInterface { subnet_id: subnet_id.clone(), ..NetworkInterface::default() };
    let found = state.network_interfaces.as_ref()?.iter();
    let staying = found.filter(|(_, interface)| spec.subnet_ids.contains(&interface.subnet_id));
    let mut next: BTreeMap<String, NetworkInterface> = staying
        .map(|(zone, interface)| {
            let is_moved = moved.contains(&&interface.subnet_id);
            (zone.clone(), if is_moved { new(&interface.subnet_id) } else { interface.clone() })
        })
        .gather();
    for subnet_id in spec.subnet_ids.difference(&state.subnet_ids) {
        next.insert(spec.zones.get(subnet_id)?.clone(), new(subnet_id));
    }
    Some(next)
}

/// The names of zones whose subnet stays, and empty ones where a name is to come; across Regions there are none.
fn names_by_zone(spec: &Spec, state: &State, next: &State) -> Option<BTreeMap<String, String>> {
    let (names, before) = (state.zonal_dns_names.as_ref()?, state.network_interfaces.as_ref()?);
    if spec.subnet_ids == state.subnet_ids {
        return Some(names.clone());
    }
    let interfaces = next.network_interfaces.as_ref()?;
    if names.is_empty() && !before.is_empty() {
        return Some(BTreeMap::new());
    }
    let name = |(zone, interface): (&String, &NetworkInterface)| {
        let stays = before.get(zone).is_some_and(|before| before.subnet_id == interface.subnet_id);
        (zone.clone(), names.get(zone).filter(|_| stays).cloned().unwrap_or_default())
    };
    Some(interfaces.iter().map(name).gather())
}

/// What an update leaves to be read: only a plan tells single elements of what is to come.
pub(super) fn changed(spec: &Spec, state: &State) -> State {
    let mut next = forecast(spec, state);
    let mut interfaces = next.network_interfaces.iter().flatten();
    if interfaces.any(|(_, interface)| interface.id.is_empty()) {
        (next.network_interfaces, next.zonal_dns_names) = (None, None);
    }
    next
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    type Edit = fn(&mut Spec);

    fn set<const N: usize>(items: [&str; N]) -> BTreeSet<String> {
        items.map(str::to_owned).into()
    }

    fn spec() -> Spec {
        Spec {
            service_name: "com.amazonaws.vpce.eu-west-1.vpce-svc-01".into(),
            service_region: Some("eu-west-1".into()),
            vpc_id: "vpc-1".into(),
            subnet_ids: set(["subnet-a", "subnet-b"]),
            addresses: BTreeMap::new(),
            security_group_ids: set(["sg-1"]),
            ip_address_type: "ipv4".into(),
            base_name: "orders".into(),
            tags: [("Name".to_owned(), "orders".to_owned())].into(),
            ..Spec::default()
        }
    }

    fn state() -> State {
        let subnet_id = spec().subnet_ids.first().cloned().unwrap_or_default();
        let interface = NetworkInterface { subnet_id, ..NetworkInterface::default() };
        State {
            id: "vpce-01".into(),
            arn: Some("arn:endpoint".into()),
            state: Some("available".into()),
            vpc_id: "vpc-1".into(),
            owner_id: Some("222222222222".into()),
            service_name: spec().service_name,
            service_region: Some("eu-west-1".into()),
            subnet_ids: spec().subnet_ids,
            security_group_ids: spec().security_group_ids,
            ip_address_type: "ipv4".into(),
            dns_record_ip_type: Some("ipv4".into()),
            dns_name: Some("vpce-01-x.example".into()),
            hosted_zone_id: Some("Z1".into()),
            zonal_dns_names: Some(BTreeMap::new()),
            network_interfaces: Some([("euw1-az1".to_owned(), interface)].into()),
            named: Some("orders".into()),
            tags: spec().tags,
            ..State::default()
        }
    }

    #[test]
    fn what_was_made_as_wanted_shows_no_difference() {
        assert_eq!(diff(&spec(), &state()), Change::None);
        let silent = State { service_region: None, dns_record_ip_type: None, ..state() };
        assert_eq!(diff(&spec(), &silent), Change::None, "AWS may leave out Region and record type");
        assert_eq!(diff(&Spec { service_region: None, ..spec() }, &state()), Change::None);
    }

    #[test]
    fn every_setting_that_aws_changes_in_place_is_one_field_of_an_update() {
        let table: [(Field, Edit); 6] = [
            (SUBNETS, |spec| spec.subnet_ids = set(["subnet-c"])),
            (GROUPS, |spec| spec.security_group_ids = set(["sg-2"])),
            (RECORD_TYPE, |spec| spec.dns_record_ip_type = Some("service-defined".into())),
            (POLICY, |spec| spec.policy = Some(r#"{"Statement":[]}"#.into())),
            (TAGS, |spec| spec.tags.clear()),
            (ADDRESS_TYPE, |spec| {
                spec.ip_address_type = "dualstack".into();
                spec.dns_record_ip_type = Some("ipv4".into());
            }),
        ];
        for (field, edit) in table {
            let mut spec = spec();
            edit(&mut spec);
            assert_eq!(diff(&spec, &state()), Change::Update(vec![field]));
            let next = forecast(&spec, &state());
            assert_eq!(diff(&spec, &next), Change::None, "a forecast of {field} is as wanted");
            assert_eq!((next.id, next.dns_name), (state().id, state().dns_name));
        }
    }

    #[test]
    fn a_fixed_address_differs_only_from_one_that_was_seen() {
        let pinned = |ipv4: &str, ipv6: &str| {
            let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let addresses = super::super::Addresses { ipv4: text(ipv4), ipv6: text(ipv6) };
            Spec { addresses: [("subnet-a".to_owned(), addresses)].into(), ..spec() }
        };
        let interface = NetworkInterface {
            id: "eni-1".into(),
            subnet_id: "subnet-a".into(),
            ipv4: Some("10.0.0.7".into()),
            ipv6: Some("2001:db8::7".into()),
        };
        let state = State { network_interfaces: Some([("az1".to_owned(), interface)].into()), ..state() };
        assert_eq!(diff(&pinned("10.0.0.7", "2001:DB8:0::7"), &state), Change::None);
        for other in [pinned("10.0.0.8", ""), pinned("", "2001:db8::8")] {
            assert_eq!(diff(&other, &state), Change::Update(vec![ADDRESSES]));
            let next = forecast(&other, &state);
            assert_eq!(diff(&other, &next), Change::None);
            let interface = &next.network_interfaces.unwrap()["az1"];
            assert_eq!((interface.id.as_str(), interface.subnet_id.as_str()), ("", "subnet-a"), "it is made anew");
        }
        let unseen = State { network_interfaces: Some(BTreeMap::new()), ..state.clone() };
        assert_eq!(diff(&pinned("10.0.0.8", ""), &unseen), Change::None);
        let leaving = Spec { subnet_ids: set(["subnet-b"]), ..pinned("10.0.0.8", "") };
        assert_eq!(diff(&leaving, &state), Change::Update(vec![SUBNETS]));
    }

    #[test]
    fn what_an_endpoint_is_born_with_needs_a_new_resource() {
        let table: [(Field, Edit); 3] = [
            ("service_name", |spec| spec.service_name = "com.amazonaws.vpce.eu-west-1.vpce-svc-02".into()),
            ("service_region", |spec| spec.service_region = Some("us-east-1".into())),
            ("vpc_id", |spec| spec.vpc_id = "vpc-2".into()),
        ];
        for (field, edit) in table {
            let mut spec = spec();
            edit(&mut spec);
            spec.tags.clear();
            assert_eq!(diff(&spec, &state()), Change::ReplaceAll(vec![field]));
        }
    }

    #[test]
    fn an_endpoint_that_will_never_work_needs_a_new_resource_but_a_rejected_one_does_not() {
        for word in ["failed", "Failed", "expired", "deleting"] {
            let state = State { state: Some(word.into()), ..state() };
            assert_eq!(diff(&spec(), &state), Change::ReplaceAll(vec!["state"]), "{word}");
        }
        for word in ["rejected", "pendingAcceptance", "pending"] {
            let state = State { state: Some(word.into()), ..state() };
            assert_eq!(diff(&spec(), &state), Change::None, "{word}");
        }
    }

    #[test]
    fn private_dns_that_nobody_wants_is_switched_off_and_else_left_to_its_own_link() {
        let on = State { private_dns_enabled: true, ..state() };
        assert_eq!(diff(&spec(), &on), Change::None);
        let without = Spec { without_private_dns: true, ..spec() };
        assert_eq!(diff(&without, &on), Change::Update(vec![PRIVATE_DNS]));
        assert_eq!(diff(&without, &forecast(&without, &on)), Change::None);
        assert_eq!(diff(&without, &state()), Change::None);
    }

    #[test]
    fn a_default_name_is_given_at_birth_and_never_pressed_upon_an_endpoint_without_one() {
        let named = |name: &str| BTreeMap::from([("Name".to_owned(), name.to_owned())]);
        let spec = Spec { tags: named("vpce-svc-01"), is_default_name: true, ..spec() };
        let found = |tags: BTreeMap<String, String>| State { tags, ..state() };
        assert_eq!(diff(&spec, &found(BTreeMap::new())), Change::None);
        assert_eq!(diff(&spec, &found(named("else"))), Change::Update(vec![TAGS]));
        let chosen = Spec { is_default_name: false, ..spec };
        assert_eq!(diff(&chosen, &found(BTreeMap::new())), Change::Update(vec![TAGS]));
    }

    #[test]
    fn another_name_is_an_update_of_tags_that_name_the_old_one() {
        let renamed = Spec { base_name: "shop".into(), ..spec() };
        assert_eq!(diff(&renamed, &state()), Change::Update(vec![TAGS]));
        assert_eq!(diff(&renamed, &forecast(&renamed, &state())), Change::None);
        assert_eq!(diff(&renamed, &State { named: None, ..state() }), Change::None, "imported: nothing to correct");
    }

    #[test]
    fn policies_are_compared_by_meaning() {
        const FULL: &str = r#"{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}"#;
        const ONE: &str = r#"{"Statement":[{"Action":["a","b"],"Effect":"Allow"}]}"#;
        const REORDERED: &str = r#"{"Statement":{"Effect":"Allow","Action":["b","a"]}}"#;
        let table = [
            (None, None, true),
            (Some(FULL), None, true),
            (Some(ONE), Some(REORDERED), true),
            (Some(ONE), None, false),
            (None, Some(ONE), false),
            (Some(FULL), Some(ONE), false),
        ];
        for (wanted, found, same) in table {
            let spec = Spec { policy: wanted.map(str::to_owned), ..spec() };
            let state = State { policy: found.map(str::to_owned), ..state() };
            let expected = if same { Change::None } else { Change::Update(vec![POLICY]) };
            assert_eq!(diff(&spec, &state), expected, "{wanted:?} {found:?}");
            assert_eq!(diff(&spec, &forecast(&spec, &state)), Change::None);
        }
    }

    #[test]
    fn a_forecast_leaves_open_what_only_aws_can_fill() {
        let tagged = forecast(&Spec { tags: BTreeMap::new(), ..spec() }, &state());
        assert!(tagged.network_interfaces.is_some() && tagged.state.as_deref() == Some("available"));
        let moved = forecast(&Spec { subnet_ids: set(["subnet-c"]), ..spec() }, &state());
        assert_eq!((moved.network_interfaces, moved.zonal_dns_names), (None, None));
        let waiting = State { state: Some("pendingAcceptance".into()), ..state() };
        let waiting = forecast(&Spec { tags: BTreeMap::new(), ..spec() }, &waiting);
        assert_eq!((waiting.state, waiting.network_interfaces), (None, None), "it may be accepted meanwhile");
    }

    #[test]
    fn a_subnet_that_comes_or_goes_changes_its_own_zone() {
        let interface = |subnet: &str| NetworkInterface {
            id: format!("eni-of-{subnet}"),
            subnet_id: subnet.into(),
            ..NetworkInterface::default()
        };
        let state = State {
            network_interfaces: Some(
                [("az1", "subnet-a"), ("az2", "subnet-b")].map(|(zone, id)| (zone.into(), interface(id))).into(),
            ),
            zonal_dns_names: Some(
                [("az1", "one"), ("az2", "two")].map(|(zone, name)| (zone.into(), name.into())).into(),
            ),
            ..state()
        };
        let of = |subnets: BTreeSet<String>, zones: &[(&str, &str)]| {
            let zones = zones.iter().map(|(id, zone)| ((*id).to_owned(), (*zone).to_owned())).collect();
            let next = forecast(&Spec { subnet_ids: subnets, zones, ..spec() }, &state);
            let ids = next.network_interfaces.map(|found| {
                found.into_iter().map(|(zone, interface)| format!("{zone} {}", interface.id)).collect::<Vec<_>>()
            });
            let names = next.zonal_dns_names.map(|found| found.into_values().collect::<Vec<_>>());
            (ids.unwrap_or_default(), names.unwrap_or_default())
        };
        let text = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
        assert_eq!(of(set(["subnet-b"]), &[]), (text(&["az2 eni-of-subnet-b"]), text(&["two"])), "one goes");
        assert_eq!(
            of(set(["subnet-a", "subnet-b", "subnet-c"]), &[("subnet-c", "az3")]),
            (text(&["az1 eni-of-subnet-a", "az2 eni-of-subnet-b", "az3 "]), text(&["one", "two", ""])),
            "one comes"
        );
        assert_eq!(
            of(set(["subnet-a", "subnet-d"]), &[("subnet-d", "az2")]),
            (text(&["az1 eni-of-subnet-a", "az2 "]), text(&["one", ""])),
            "another one of the same zone"
        );
        assert_eq!(of(set(["subnet-a", "subnet-c"]), &[]), (Vec::new(), Vec::new()), "in a zone that is not known");
    }

    #[test]
    fn states_get_one_spelling() {
        for (found, expected) in [("PendingAcceptance", "pendingAcceptance"), ("available", "available"), ("", "")] {
            assert_eq!(word(found), expected);
        }
    }
}
