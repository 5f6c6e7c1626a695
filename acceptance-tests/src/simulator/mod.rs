//! A small, strict AWS for PrivateLink.
//!
//! [`World`] holds accounts, Regions and their objects; `cloudwatch`, `ec2`, `elbv2`,
//! `route53`, `route53profiles`, `sns` and `sts` are the services. It shares no code
//! with the provider. Rules, with their sources, are listed in `README.md` beside this file.

pub mod audit;
pub mod buckets;
pub mod caller;
pub mod clock;
pub mod cloudwatch;
pub mod command;
pub mod connector;
pub mod consistency;
pub mod control;
pub mod durations;
pub mod ec2;
pub mod elbv2;
pub mod envelope;
pub mod error;
pub mod events;
pub mod faults;
pub mod http;
pub mod idempotency;
pub mod landscape;
pub mod limit;
pub mod listing;
pub mod objects;
pub mod operation;
pub mod page;
pub mod paging;
pub mod params;
pub mod query;
pub mod reach;
pub mod request;
pub mod rng;
pub mod role;
pub mod route53;
pub mod route53profiles;
pub mod rules;
pub mod send;
pub mod services;
pub mod session;
pub mod settings;
pub mod sns;
pub mod state;
pub mod sts;
pub mod timed;
pub mod traffic;
pub mod view;
pub mod world;
pub mod world_file;
pub mod xml;

pub use world::{Reply, World};
