//! Connections that exist, as the configuration that would have made them.
//!
//! [`of_account`] lists the anchors of an account, endpoint services and interface endpoints. Each is imported by the resource
//! itself, as `terraform import` does, and planned against the configuration that follows from its state: what is printed has been
//! planned, and what a plan of it would change is printed beside it. Nothing here writes to AWS, and nothing here knows an argument of
//! a resource: the attribute lists say what can be written and what goes without saying.
//!
//! [`of_state`] takes the anchors from a state of `aws_*` resources instead, and adds what brings them over: `moved` or `import`, and
//! `removed` for everything that has become a part. [`back`] goes the other way.

mod account;
mod back;
mod chain;
mod configuration;
mod held;
mod others;
mod parts;
mod registrars;
mod side;
mod state;
mod uneven;

pub use account::of_account;
pub use back::back;
pub use configuration::{File, files, label};
pub use side::{Identity, Side};
pub use state::{State, of_state};

use std::collections::BTreeMap;

use crate::value::Value;

/// Which connections are looked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Regions; empty for the one of the credentials' settings.
    pub regions: Vec<String>,
    /// What lies in this VPC alone.
    pub vpc_id: Option<String>,
    /// This service and its endpoints alone, by name.
    pub service_name: Option<String>,
}

/// What was found, and what of it becomes a resource.
#[derive(Debug, Default)]
pub struct Adopted {
    /// Resources, in the order of their files.
    pub chains: Vec<Chain>,
    /// Everything else.
    pub left: Vec<LeftAlone>,
    /// What was looked through, in words: `account 111111111111 in us-east-1`.
    pub places: Vec<String>,
    /// What comes from a state, beside the resources.
    pub taken_over: Option<TakenOver>,
}

/// What a configuration of `aws_*` resources has to let go of.
#[derive(Debug, Default)]
pub struct TakenOver {
    /// Resources whose instances have all become parts, as the configuration has them: `module.nlb.aws_lb.this`.
    pub removed: Vec<String>,
    /// Instances that have become parts beside others that have not: no `removed` block can name them.
    pub forgotten: Vec<String>,
    /// What stands for an id that another resource of the state has: `aws_subnet.a.id`.
    pub references: BTreeMap<String, String>,
}

impl Adopted {
    /// Whether nothing is missing that a person would have to see to.
    pub fn is_whole(&self) -> bool {
        !self.chains.is_empty() && self.left.iter().all(|one| one.is_meant)
    }

    fn extend(&mut self, other: Self) {
        self.chains.extend(other.chains);
        self.left.extend(other.left);
        self.places.extend(other.places.into_iter().filter(|place| !self.places.contains(place)).collect::<Vec<_>>());
    }
}

/// An object that is not printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftAlone {
    /// The object, such as `vpce-0123456789abcdef0 (com.amazonaws.us-east-1.s3)`.
    pub what: String,
    /// Why, and what to do.
    pub why: String,
    /// Whether it is no part of a connection that these resources could manage, so that nothing is missing.
    pub is_meant: bool,
}

/// A composite resource that describes what exists.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Place of the side whose credentials see it.
    pub side: usize,
    /// `privatelink_service`
    pub type_name: &'static str,
    /// Id of the anchor.
    pub id: String,
    /// Its Region.
    pub region: String,
    /// What the configuration that it comes from calls it.
    pub label: Option<String>,
    /// The address from which its state can be moved; an import where there is none.
    pub moved_from: Option<String>,
    /// What to write, as far as it does not go without saying.
    pub config: Value,
    /// What exists.
    pub state: Value,
    /// What a plan of it makes of that.
    pub planned: Value,
    /// What an apply of it would change, in the words of a plan.
    pub changes: Vec<String>,
    /// What a plan of it warns of.
    pub warnings: Vec<String>,
}
