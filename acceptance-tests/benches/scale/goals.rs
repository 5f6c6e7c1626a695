//! How many calls a stretch should make at most.

use crate::fleet::{Names, Shape};

/// Calls of an endpoint and its group that AWS takes one by one: the group, its rules, the endpoint, the group's removal.
const WRITES: usize = 4;

/// The goal of a stretch, where there is one.
pub(crate) fn wanted(shape: &Shape, what: &str) -> Option<usize> {
    let (consumers, services) = (shape.consumers, shape.services);
    let zones = if let Names::Shared(zones) = shape.names { zones } else { 0 };
    // One page for each kind of object, some before it is known that more ask, and one page of each zone.
    let pages = 30 + 3 * zones;
    Some(match what {
        "services: plan without changes" => services * 53 / 10,
        "consumers: plan without changes" if shape.names == Names::Own => consumers + consumers / 10 + 10,
        "consumers: plan of all new" | "consumers: plan without changes" => pages,
        "consumers: apply" => consumers * WRITES + 600,
        "consumers: destroy" => consumers * 12 / 5,
        _ => return None,
    })
}
