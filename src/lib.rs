//! A Terraform and OpenTofu provider that makes AWS PrivateLink one resource on each side.
//!
//! From bytes to AWS and back, each layer using only those below it:
//!
//! | Module | For |
//! | --- | --- |
//! | `tool` | the command line of people |
//! | `adopt` | connections that exist, as a configuration |
//! | [`serve`] | how Terraform starts, trusts and stops this process |
//! | [`protocol`] | the plugin protocol: gRPC messages, msgpack, one function per RPC |
//! | [`resource`] | Terraform's verbs for any composite, data source and function: validate, plan, apply, read, import, call |
//! | [`schema`] | attributes: one list gives schema, struct, decoding, rules and documentation |
//! | [`engine`] | links, chains and records: order, waits, partial state, reverse delete |
//! | `privatelink_service`, `privatelink_consumer`, `privatelink_connection`, `privatelink_endpoint_dns` | the composites: their attributes and their chains |
//! | `data_sources`, `functions` | one folder or file each: attributes or parameters, and how results follow from them |
//! | `actions` | one folder each: what a service's owner does once, outside of any state |
//! | `diagnosis` | a connection, walked hop by hop over AWS's reads |
//! | `endpoint_names` | private DNS, zones and records of an endpoint, for every composite that has them |
//! | `preflight` | what plans of several composites ask AWS before anything is made |
//! | `links` | one AWS object each: find, read, diff, create, update, delete |
//! | `aws` | clients, error classes, limits, owner tags |
//! | `hcl` | Terraform's language, written and formatted |
//! | [`value`], [`diagnostic`] | what all of them speak |
//!
//! Four words of our own: a *composite* is a Terraform resource made of several AWS objects, a
//! *link* is one of them, a *chain* is their graph, a *record* is what exists, by link.
//!
//! Start reading at [`engine`] for the heart, at `privatelink_service::chain` for its use.

pub mod diagnostic;
pub mod engine;
pub mod protocol;
pub mod resource;
pub mod schema;
pub mod serve;
pub mod value;

mod gather;
mod printable;

#[cfg(feature = "aws")]
pub mod actions;
#[cfg(feature = "aws")]
pub mod adopt;
#[cfg(feature = "aws")]
pub mod hcl;

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "aws")]
pub mod data_sources;
#[cfg(feature = "aws")]
pub mod diagnosis;
#[cfg(feature = "aws")]
pub mod endpoint_names;
#[cfg(feature = "aws")]
pub mod functions;
#[cfg(feature = "aws")]
pub mod links;
#[cfg(feature = "aws")]
pub mod preflight;
#[cfg(feature = "aws")]
pub mod privatelink_connection;
#[cfg(feature = "aws")]
pub mod privatelink_consumer;
#[cfg(feature = "aws")]
pub mod privatelink_endpoint_dns;
#[cfg(feature = "aws")]
pub mod privatelink_service;
#[cfg(feature = "aws")]
pub mod provider;
#[cfg(feature = "aws")]
pub mod tool;
