//! What is asked of objects whatever their service is: which are alive, and what faults and `/_simulator/set` make of them.

use serde_json::{Map, Value};

use super::clock::Moment;
use super::state::{Object, State};
use super::{ec2, elbv2, route53, route53profiles, sns, sts};

impl State {
    /// Lists what is alive now, without what the landscape made.
    pub fn objects(&self, now: Moment) -> Vec<Object> {
        let mut objects = ec2::objects(self, now);
        objects.extend(elbv2::objects(self, now));
        objects.extend(route53::objects(self, now));
        objects.extend(route53profiles::objects(self, now));
        objects.retain(|object| !self.landscape.contains(&object.id));
        objects.sort();
        objects
    }

    /// Lets an object end as failed where it would have become active or available; other objects take no notice.
    pub fn doom(&mut self, now: Moment, id: &str) {
        for (_, _, region) in self.regions_mut() {
            elbv2::forced::doom(&mut region.elbv2, now, id);
            ec2::privatelink::doom(&mut region.ec2.privatelink, now, id);
        }
    }

    /// Forces an object's state.
    pub fn force(&mut self, now: Moment, kind: &str, id: &str, fields: &Map<String, Value>) -> Result<(), String> {
        ec2::force(self, now, kind, id, fields)
            .or_else(|| elbv2::force(self, now, kind, id, fields))
            .or_else(|| route53::force(self, now, kind, id, fields))
            .or_else(|| route53profiles::force(self, now, kind, id, fields))
            .or_else(|| sns::force(self, now, kind, id, fields))
            .or_else(|| sts::force(self, now, kind, id, fields))
            .unwrap_or_else(|| Err(format!("no state of the kind '{kind}' can be forced")))
    }
}
