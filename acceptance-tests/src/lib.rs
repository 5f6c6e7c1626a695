//! A strict AWS simulator for PrivateLink, and the tests that run the provider against it.
//!
//! The simulator shares no code with the provider. Start at [`simulator`]; [`terraform`] drives the real Terraform
//! against it, and [`demo`] shows the whole to a newcomer.

pub mod demo;
pub mod simulator;
pub mod terraform;
