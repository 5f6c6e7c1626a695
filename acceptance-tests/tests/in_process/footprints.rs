//! What a world holds, object by object with every setting: whoever compares two of them sees what was touched.

use std::collections::BTreeMap;
use std::fmt::Debug;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::clock::Moment;
use acceptance_tests::simulator::ec2::privatelink::endpoint_service::EndpointService;
use acceptance_tests::simulator::route53::zone::Zone;
use acceptance_tests::simulator::state::Region;

/// Objects with their settings, by kind and id.
pub(crate) type Footprints = BTreeMap<String, String>;

/// The objects of a world, those of the landscape and those that AWS makes by itself included.
pub(crate) fn of(world: &World) -> Footprints {
    let now = world.now();
    let state = world.lock();
    let mut found = Footprints::new();
    for (_, _, region) in state.regions() {
        network(region, now, &mut found);
        privatelink(region, now, &mut found);
        balancing(region, now, &mut found);
        note(&mut found, "topic", &region.sns.topics);
    }
    for zone in state.route53.zones.values().filter(|zone| zone.exists_at(now)) {
        hosted_zone(zone, now, &mut found);
    }
    found
}

/// What differs: the first without the second, for each of the first's objects.
pub(crate) fn differing(before: &Footprints, after: &Footprints) -> Vec<String> {
    let touched = before.iter().filter(|(key, was)| after.get(*key) != Some(was));
    touched.map(|(key, was)| format!("{key}\n was {was}\n is  {:?}", after.get(key))).collect()
}

fn note<K: AsRef<str>, V: Debug>(found: &mut Footprints, kind: &str, objects: impl IntoIterator<Item = (K, V)>) {
    found.extend(objects.into_iter().map(|(id, object)| (format!("{kind} {}", id.as_ref()), format!("{object:?}"))));
}

fn network(region: &Region, now: Moment, found: &mut Footprints) {
    let ec2 = &region.ec2;
    note(found, "vpc", &ec2.vpcs);
    note(found, "subnet", &ec2.subnets);
    note(found, "network ACL", &ec2.acl_entries);
    note(found, "route table", &ec2.route_tables);
    note(found, "instance", &ec2.instances);
    note(found, "security group", &ec2.security_groups);
    note(found, "tags of", &ec2.tags);
    note(found, "network interface", ec2.network_interfaces.iter().filter(|(_, interface)| interface.alive(now)));
}

fn privatelink(region: &Region, now: Moment, found: &mut Footprints) {
    let link = &region.ec2.privatelink;
    let services = link.services.iter().filter(|(_, service)| service.is_live(now));
    note(found, "endpoint service", services.map(|(id, service)| (id, checked(service))));
    note(found, "endpoint", link.endpoints.iter().filter(|(_, endpoint)| endpoint.state.at(now).exists()));
    note(found, "hidden zones of", &link.hidden_zones);
    note(found, "connection", &link.connections);
    note(found, "notification", &link.notifications);
}

/// AWS looks at the proof of a private name again and again.
fn checked(service: &EndpointService) -> EndpointService {
    let mut service = service.clone();
    if let Some(name) = &mut service.private_name {
        name.next_check = Moment::NEVER;
    }
    service
}

fn balancing(region: &Region, now: Moment, found: &mut Footprints) {
    let elb = &region.elbv2;
    note(found, "load balancer", elb.load_balancers.iter().filter(|(_, balancer)| balancer.lives_at(now)));
    note(found, "target group", elb.target_groups.iter().filter(|(_, group)| group.exists_at(now)));
    note(found, "listener", elb.listeners.iter().filter(|(_, listener)| listener.exists_at(now)));
}

/// A zone without its records and associations, and each of these by itself: several parties write into one zone.
fn hosted_zone(zone: &Zone, now: Moment, found: &mut Footprints) {
    let id = &zone.id;
    note(found, "hosted zone", [(id, (&zone.name, &zone.owner, &zone.comment, &zone.authorizations, &zone.tags))]);
    let vpcs = zone.vpcs.at(now).iter();
    note(found, "association", vpcs.map(|association| (format!("{id} {}", association.vpc.vpc_id), association)));
    let records = zone.records.at(now).iter();
    note(found, "record", records.map(|(key, data)| (format!("{id} {} {}", key.name(), key.record_type), data)));
}
