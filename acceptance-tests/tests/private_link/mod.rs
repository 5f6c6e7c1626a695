//! Two accounts with a world between them, and what the tests of each subject build in it.

mod accounts;
mod admission;
mod aws_services;
mod chain;
mod connections;
mod endpoints;
mod faults;
mod land;
mod limits;
mod metrics;
mod notifications;
mod permissions;
mod private_dns;
mod reach;
mod reach_application;
mod readings;
mod rules;
mod services;
mod topics;
mod verification;
