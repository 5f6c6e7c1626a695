//! The engine on a fake world with invented times, on a paused clock.

mod build;
mod change;
mod exhaustive;
mod failures;
mod fake;
mod fixture;
mod gates;
mod random;
mod refreshing;
mod removing;
mod uncertain_creates;
mod waiting;
mod world;
