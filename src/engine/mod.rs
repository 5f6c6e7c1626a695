//! The engine: one definition of order, waits, partial state and reverse delete for every chain.
//!
//! | To | Call | It uses |
//! | --- | --- | --- |
//! | plan | [`preview`] | chain and record; pure |
//! | create, update, resume | [`converge`] | chain, record, catalogue |
//! | destroy | [`remove`] | record and catalogue |
//! | remove what a dead run left | [`clear`] | retired objects and catalogue |
//! | read | [`refresh`] | record and catalogue |
//!
//! # Contract
//!
//! 1. **One writer.** Tasks report; only a run's loop changes the record. No locks.
//! 2. **Recorded before waited for.** `create` gives an id, the record has it, then looking begins.
//! 3. **The record always comes back:** after errors, deadline, stop, or a panic in a link.
//! 4. **A call that changes something is never cut off.** Deadline and stop end waits and starts. The caller
//!    keeps a run polled to its end, whatever becomes of the request that asked for it: a dropped
//!    run drops its calls and its record.
//! 5. **A failed link stops its descendants, not its siblings.** One failure, one problem; the report lists
//!    what was not reached. A stop is told once.
//! 6. **Retried by [`Class`], never by text,** with growing, jittered pauses until the deadline: throttled,
//!    unavailable, busy; in use for deletes; not yet visible for a minute after something was made.
//!    Everything else is an error at once.
//! 7. **Nothing is made twice, and nothing made is forgotten.** A create whose reply was lost, or whose run was
//!    killed, is looked for by owner first. Where looking fails too, the record keeps the uncertain creation, and the next run
//!    of any kind settles it.
//! 8. **AWS's reads lag.** For a minute after this run's own change, absence and old settings are not
//!    believed. A refresh believes what contradicts the record when a second read some seconds later agrees, an
//!    absence when it holds for half a minute; a removal that takes time ends with two absences.
//! 9. **Replacing one link** makes the new object, lets children switch, then deletes the old one. Until then it
//!    is in [`Record::retired`], which outlives failures. A break-first link goes before it is made.
//! 10. **Links that left the chain** go in the same closing pass, which runs only if nothing failed and nothing
//!     that exists is held behind a closed gate.
//! 11. **Deletes have an order of their own,** declared in the [`Catalogue`]; what goes with its container needs
//!     no call. A recorded kind that the catalogue does not know is a problem, and stays recorded.
//! 12. **A closed gate** ends the run behind it with a warning, or is waited for, as the link says. What is
//!     behind it is neither made nor changed.
//! 13. **Plan and run decide by the same code:** [`Compare`] of the links. After a run
//!     without problems the next preview has no changes; after one with errors it has some.
//!
//! The engine knows neither schema nor diagnostics nor AWS: what it has to say is in [`Outcome`].
//!
//! # A chain
//!
//! A spec function receives exactly the states that its link declared:
//!
//! ```
//! # use privatelink::engine::*;
//! # #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)] struct Made { id: String }
//! # struct Thing;
//! # impl Compare for Thing {
//! #     type Spec = String; type State = Made;
//! #     fn diff(&self, _: &String, _: &Made) -> Change { Change::None }
//! #     fn forecast(&self, _: &String, made: &Made) -> Made { made.clone() }
//! # }
//! # impl Link for Thing {
//! #     type Client = ();
//! #     async fn find(&self, _: &(), _: &Owner, _: &String) -> Result<Option<Made>, Failure> { Ok(None) }
//! #     async fn read(&self, _: &(), made: &Made) -> Result<Observed<Made>, Failure> { Ok(Observed::Ready(made.clone())) }
//! #     async fn create(&self, _: &(), _: &Owner, id: &String) -> Result<Made, Failure> { Ok(Made { id: id.clone() }) }
//! #     async fn update(&self, _: &(), _: &Owner, _: &String, made: &Made, _: &[Field]) -> Result<Made, Failure> { Ok(made.clone()) }
//! #     async fn delete(&self, _: &(), _: &Made) -> Result<(), Failure> { Ok(()) }
//! # }
//! # let (LoadBalancer, TargetGroup, Listener) = (Thing, Thing, Thing);
//! let mut chain = Chain::new();
//! let lb = chain.link("load_balancer", LoadBalancer, (), |()| Some("orders".to_owned()));
//! let group = chain.link("target_group", TargetGroup, (), |()| Some("orders".to_owned()));
//! chain.link("listener", Listener, (lb.exists(), group.exists()), |(lb, group)| {
//!     Some(format!("{} forwards to {}", lb.id, group.id))
//! });
//! # assert_eq!(preview(&chain, &Record::default()).steps.len(), 3);
//! ```
//!
//! A dependency that was not declared does not compile:
//!
//! ```compile_fail,E0308
//! # use privatelink::engine::*;
//! # #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)] struct Made { id: String }
//! # struct Thing;
//! # impl Compare for Thing {
//! #     type Spec = String; type State = Made;
//! #     fn diff(&self, _: &String, _: &Made) -> Change { Change::None }
//! #     fn forecast(&self, _: &String, made: &Made) -> Made { made.clone() }
//! # }
//! # impl Link for Thing {
//! #     type Client = ();
//! #     async fn find(&self, _: &(), _: &Owner, _: &String) -> Result<Option<Made>, Failure> { Ok(None) }
//! #     async fn read(&self, _: &(), made: &Made) -> Result<Observed<Made>, Failure> { Ok(Observed::Ready(made.clone())) }
//! #     async fn create(&self, _: &(), _: &Owner, id: &String) -> Result<Made, Failure> { Ok(Made { id: id.clone() }) }
//! #     async fn update(&self, _: &(), _: &Owner, _: &String, made: &Made, _: &[Field]) -> Result<Made, Failure> { Ok(made.clone()) }
//! #     async fn delete(&self, _: &(), _: &Made) -> Result<(), Failure> { Ok(()) }
//! # }
//! # let (LoadBalancer, TargetGroup, Listener) = (Thing, Thing, Thing);
//! # let mut chain = Chain::new();
//! # let lb = chain.link("load_balancer", LoadBalancer, (), |()| Some("orders".to_owned()));
//! # let group = chain.link("target_group", TargetGroup, (), |()| Some("orders".to_owned()));
//! chain.link("listener", Listener, (lb.exists(),), |(lb, group)| {
//!     Some(format!("{} forwards to {}", lb.id, group.id))
//! });
//! ```
//!
//! Read next: [`Link`], then `converge.rs`. Why it is so:
#![doc = include_str!("DESIGN.md")]

mod break_first;
mod catalogue;
mod chain;
mod closing_pass;
mod compare;
mod converge;
mod deadline;
mod decide;
mod describe;
mod erased;
mod failure;
mod link;
mod outcome;
mod parents;
mod preview;
mod problems;
mod reader;
mod reading;
mod record;
mod refresh;
mod removal;
mod remove;
mod repeated;
mod rounds;
mod run;
mod run_tag;
mod tasks;
mod uncertain_creates;
mod view;
mod wait;
mod wait_ready;
mod words;

pub use catalogue::{Catalogue, Kind};
pub use chain::Chain;
pub use compare::{Change, Compare, Fields, Gate, UNNAMED};
pub use converge::converge;
pub use deadline::Deadline;
pub use describe::changes;
pub use failure::{Class, Failure, Result};
pub use link::{Link, Observed, Owner, Pace};
pub use outcome::{Action, Cause, Outcome, Problem, Report, Severity};
pub use parents::{Edge, Handle, Need, Order, Parent, Parents, States};
pub use preview::{Preview, Step, preview, preview_assuming, preview_expected};
pub use reader::{Reader, Reading, Seen};
pub use record::{Entry, LinkName, Orphan, Record, Retired, UncertainCreate, identity};
pub use refresh::refresh;
pub use remove::{clear, make_way, remove};
pub use repeated::{convincing, seen, sought};
pub use rounds::{Rounds, Turn};
pub use run::{LimitReached, Limits, Run, Stop};
pub use run_tag::{LeadTag, RunKeys, RunMark, TaggedLead};
pub use view::View;
pub use wait::Retry;
pub use words::{Field, Words, both, differences, part_tags, short};

#[cfg(test)]
mod tests;
