//! The live page at `/`: one embedded document, no build step and nothing from outside. It listens to `events.rs`.

/// Where the page is.
pub const PATH: &str = "/";
/// Where its events come from.
pub const EVENTS: &str = "/_simulator/events";
/// The page.
pub const HTML: &str = include_str!("page.html");
