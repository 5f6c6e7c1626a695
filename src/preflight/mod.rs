//! What plans of several composites ask AWS about objects that are managed elsewhere, before anything is made.
//!
//! Nothing here is a link: what is asked is neither recorded nor waited for, and the links ask again when it counts.

pub mod groups;
pub mod peers;
pub mod subnets;
