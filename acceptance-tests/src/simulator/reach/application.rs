//! The way through an application load balancer that is the target of a network load balancer.
//!
//! Traffic of endpoints comes from the network load balancer's node, whatever the client's address is (facts 13.6): that is what
//! the application load balancer's security groups see.

use crate::simulator::elbv2::lookup::{is_cross_zone, listener_on, targets};
use crate::simulator::elbv2::state::{DefaultAction, LoadBalancer, TargetGroup};
use crate::simulator::state::Region;

use super::groups;
use super::{At, Broken, Way, broken};

impl<'a> Way<'a> {
    /// From a node of the network load balancer through the application load balancer to one of its targets.
    pub(super) fn application(
        &mut self,
        region: &'a Region,
        (network, zone): (&'a LoadBalancer, &str),
        group: &TargetGroup,
    ) -> Result<(), Broken> {
        let now = self.now;
        let views = targets(region, &group.arn, now);
        let Some(view) = views.iter().find(|view| view.health.state == "healthy") else {
            let seen: Vec<String> = views.iter().map(|view| format!("{} {}", view.id, view.health.state)).collect();
            return broken(At::Target, format!("{} has no healthy target ({})", group.name, seen.join(", ")));
        };
        let alive = region.elbv2.load_balancers.get(&view.id).filter(|one| one.lives_at(now));
        let Some(application) = alive.filter(|one| one.state.at(now).is_active()) else {
            return broken(At::ApplicationLoadBalancer, format!("{} is not active", view.id));
        };
        let anywhere = is_cross_zone(network, group, now);
        let ready = |id: &str| anywhere || id == zone;
        let node = application.zones.at(now).iter().find(|node| node.ready <= now && ready(&node.zone_id));
        let Some(node) = node else {
            return broken(At::ApplicationLoadBalancer, format!("{} has no node in {zone}", application.name));
        };
        self.pass(At::ApplicationLoadBalancer, format!("{} in {}", application.name, node.zone_id));
        self.pass_groups_of(region, (network, zone), application, view.port)?;
        let Some(listener) = listener_on(region, &application.arn, view.port, now) else {
            let why = format!("{} has no listener on port {}", application.name, view.port);
            return broken(At::ApplicationLoadBalancerListener, why);
        };
        let settings = listener.settings.at(now);
        let what = format!("{} {} of {}", settings.protocol, view.port, application.name);
        self.pass(At::ApplicationLoadBalancerListener, what);
        match &settings.action {
            DefaultAction::FixedResponse { status, .. } => {
                self.pass(At::Target, format!("{} answers {status} itself", application.name));
                Ok(())
            }
            DefaultAction::Forward(_) | DefaultAction::Weighted(_) => {
                for arn in settings.served_groups() {
                    let group = self.group(region, arn, view.port)?;
                    self.healthy(region, application, group, &node.zone_id)?;
                }
                Ok(())
            }
        }
    }

    fn pass_groups_of(
        &mut self,
        region: &'a Region,
        (network, zone): (&'a LoadBalancer, &str),
        application: &LoadBalancer,
        port: u16,
    ) -> Result<(), Broken> {
        let asked = (self.request.protocol, port);
        let client = self.node(region, network, zone)?;
        let rule = groups::admitting(self.state, &client, application.security_groups.at(self.now), asked, true);
        let rule = rule.or_else(|why| broken(At::ApplicationLoadBalancerSecurityGroup, why))?;
        self.pass(At::ApplicationLoadBalancerSecurityGroup, rule);
        Ok(())
    }
}
