//! What becomes due by itself: checks of private names, and interfaces that let go of security groups.
//!
//! Whoever plans something sets an alarm with the id it concerns, so that a call looks at what is due and not at everything there
//! is. An alarm too many does nothing.

use crate::simulator::clock::Moment;
use crate::simulator::ec2::state::State as Ec2;
use crate::simulator::route53::lookup::public_texts;
use crate::simulator::rules::Rule;
use crate::simulator::state::State;

use super::state::State as PrivateLink;

impl PrivateLink {
    /// Sets an alarm for a service or an endpoint.
    pub fn set_alarm(&mut self, at: Moment, id: &str) {
        if at != Moment::NEVER {
            self.alarms.insert((at, id.to_owned()));
        }
    }

    /// Sets the alarm for the next check of a service's private name.
    pub fn set_alarm_of_service(&mut self, id: &str) {
        if let Some(name) = self.services.get(id).and_then(|service| service.private_name.as_ref()) {
            let at = name.next_check;
            self.set_alarm(at, id);
        }
    }

    fn take_due(&mut self, now: Moment) -> Vec<String> {
        let mut due = Vec::new();
        while self.alarms.first().is_some_and(|(at, _)| *at <= now) {
            due.extend(self.alarms.pop_first().map(|(_, id)| id));
        }
        due
    }
}

/// Does what has become due, with the public DNS as it is before the next call changes it.
pub fn settle(state: &mut State, now: Moment) {
    let mut due: Vec<(String, String, String)> = Vec::new();
    for (account, name, region) in state.regions_mut() {
        let ids = region.ec2.privatelink.take_due(now);
        due.extend(ids.into_iter().map(|id| (account.to_owned(), name.to_owned(), id)));
    }
    for (account, region, id) in due {
        check_private_name(state, now, (&account, &region, &id));
        release_old_groups(&mut state.region_mut(&account, &region).ec2, now, &id);
    }
}

fn check_private_name(state: &mut State, now: Moment, (account, region, id): (&str, &str, &str)) {
    let link = |state: &State| state.region(account, region)?.ec2.privatelink.services.get(id).cloned();
    let Some(mut name) = link(state).filter(|service| service.is_live(now)).and_then(|service| service.private_name)
    else {
        return;
    };
    let value = name.value.clone();
    name.check(now, |record, at| {
        if state.holds(Rule::NameNeedsProof) { public_texts(state, record, at) } else { vec![value.clone()] }
    });
    let link = &mut state.region_mut(account, region).ec2.privatelink;
    if let Some(service) = link.services.get_mut(id) {
        service.private_name = Some(name);
    }
    link.set_alarm_of_service(id);
}

/// Lets interfaces go of the security groups that their endpoint has left, once the change is in effect.
fn release_old_groups(ec2: &mut Ec2, now: Moment, id: &str) {
    let endpoint = ec2.privatelink.endpoints.get_mut(id);
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.old_groups_until.is_some_and(|at| at <= now)) else {
        return;
    };
    endpoint.old_groups_until = None;
    for placement in &endpoint.placements {
        if let Some(interface) = ec2.network_interfaces.get_mut(&placement.interface_id) {
            interface.groups.clone_from(&endpoint.groups);
        }
    }
}
