//! Tests that walk every argument of the attribute lists, so that the next argument is covered too.

mod defaults;
mod destroy;
mod empties;
mod late;
mod provider_block;
mod required;
mod samples;
mod tags;
mod unknown;
mod warnings;
mod words;
