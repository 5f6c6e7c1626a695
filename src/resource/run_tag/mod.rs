//! One tag says that a run is at work on a composite, so that what an interrupted one made is found again.
//!
//! Core saves nothing of a run before it has returned. What a killed creation made is in no state, and what a killed
//! update made is in none either. So every run that makes objects writes a tag first, renews it while it works, and
//! says in it when it has ended. The tag tells until when the run holds the composite, which run it is, what it started from, and
//! words that lead to objects without tags ([`content`]).
//!
//! - A **creation** ([`creation`]) writes it with the call that makes the first object. Another creation of that type
//!   and name, made for the same purpose (subnets, service), takes over what stands still, under the uid of the
//!   interrupted run; what was made for another purpose is another resource's.
//! - An **update** ([`update`]) writes it on an object that the state names. Whoever comes next compares the record it
//!   started from with the state: where they are the same, the run was interrupted before Terraform saved anything, or
//!   made nothing, and what it left is looked for.
//!
//! One module each for what the tag says ([`content`]), for writing, renewing and ending it ([`writer`]), and for
//! judging it ([`watch`]): it moved, so that another run goes on; it stood still, so that its run is dead; or it was not
//! seen again. A creation takes over what stood still alone, for what is gone needs nobody. An update goes on from both,
//! for it looks for what else the run made.
//!
//! # Two values
//!
//! What a run is, `privatelink:run`, differs from run to run and is written once. That it goes on, and until when,
//! `privatelink:run-mark`, is the same value on the objects of many composites, so that hundreds of runs renew it, and end, in
//! a few calls; as one value, each would cost a call a term. Both are written together, and neither repeats the other.
//!
//! # Time
//!
//! Clocks of machines differ by minutes, so none of them is asked. Times in the tag are AWS's, as its replies tell. And
//! a run counts as interrupted only when its tag has stood still for a whole term by this process's own monotonic clock:
//! a run that lives renews it within that time, whatever anybody's clock says.

mod content;
mod creation;
mod update;
mod watch;
mod writer;

use std::time::Duration;

pub(super) use creation::{Before, Claims, Creation, claim};
pub(super) use update::{Update, found, leaves_orphans, removed};

/// The term. Longer would keep people waiting after an interruption, shorter would cost more renewals.
const HOLDS: Duration = Duration::from_mins(3);
/// How long before its end the tag is renewed, so that a slow call does not let it run out.
const AHEAD: Duration = Duration::from_secs(30);
/// After so long a failed renewal is tried again.
const SOON: Duration = Duration::from_secs(5);
