//! The names of an endpoint, for whatever gives it any: private DNS, private hosted zones and records in them.
//!
//! [`blocks`] is what a configuration writes, [`chain`] the links that follow from it, [`record_names`] what the records
//! are, [`reflect`] how they show in attributes. Before a change [`conflicts`] looks at what stands in the way,
//! [`offered_names`] at what the service offers, [`leaving`] at what stays behind, [`profiles`] at the Route 53 Profile, and [`passing`]
//! tells the other resources of the run. [`discover`] finds the zones of an endpoint for an import, [`orphans`] what an interrupted run
//! has left, [`sharing`] what two resources of one endpoint have both, and [`undescribed`] which records are somebody else's. The endpoint
//! itself is not made here: see `links::endpoint` and `links::existing_endpoint`.

pub mod blocks;
pub mod chain;
pub mod conflicts;
pub mod discover;
pub mod leaving;
pub mod offered_names;
pub mod orphans;
pub mod passing;
pub mod profiles;
pub mod record_names;
mod records_of_others;
pub mod reflect;
pub mod sharing;
pub mod undescribed;
