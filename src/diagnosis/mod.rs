//! Diagnosis: walks a connection over AWS's read calls, hop by hop, and says where it stops.
//!
//! | File | Hops |
//! | --- | --- |
//! | `names.rs` | `dns` |
//! | `endpoint.rs` | `endpoint`, `endpoint_security_group`, `connection` |
//! | `network.rs` | `network_acl`, `route` |
//! | `service.rs` | `service` |
//! | `balancers.rs` | `load_balancer`, `load_balancer_security_group`, `listener` |
//! | `application.rs` | `application_load_balancer` and the two behind it |
//! | `targets.rs` | `target_security_group`, `target` |
//!
//! It decides nothing that AWS does not show: a hop that these credentials cannot see is `unknown`, and says who sees it.
//! About twenty calls for each walk, none of which changes anything; what is broken is walked again before it is believed. [`Diagnosis`] is the result; [`report`] and [`mermaid`] write it down.

mod answer;
mod application;
mod balancers;
mod client;
mod endpoint;
pub mod mermaid;
mod names;
mod network;
mod placement;
mod question;
pub mod report;
mod service;
mod sides;
mod targets;

use std::time::Duration;

use crate::aws::Aws;
use crate::engine::{Limits, Result};

use sides::Sides;

pub use answer::{Diagnosis, HOPS, Hop, State};
pub use question::{Protocol, Question};

/// How often a way that is broken is walked at most: AWS's replicas miss an object now and then.
const MOST_WALKS: u32 = 3;
/// The time between two walks.
const PAUSE: Duration = Duration::from_secs(3);

/// Walks the connection; again where it is broken, until two walks in a row name the same hop.
///
/// # Errors
///
/// Where AWS cannot be asked: nothing that is broken is an error.
pub async fn diagnose(aws: &Aws, question: &Question) -> Result<Diagnosis> {
    let mut found = walk(aws, question).await?;
    for _ in 1..MOST_WALKS {
        if found.broken().is_none() || Limits::sleep(PAUSE).await.is_err() {
            break;
        }
        let again = walk(aws, question).await?;
        let agree = again.broken_at() == found.broken_at();
        found = again;
        if agree {
            break;
        }
    }
    Ok(found)
}

async fn walk(aws: &Aws, question: &Question) -> Result<Diagnosis> {
    let mut found = Diagnosis::default();
    let sides = Sides::find(aws, question).await?;
    let (client, placements) = endpoint::walk(&sides, question, &mut found).await?;
    service::walk(&sides, question, &client, placements, &mut found).await?;
    Ok(found.in_order())
}
