//! The service's side: whether the service is there, and what stands behind it.

use super::answer::Diagnosis;
use super::balancers;
use super::client::Client;
use super::placement::Placement;
use super::question::{Protocol, Question};
use super::sides::{Sides, seen_by};
use crate::aws::lookups::EndpointSeen;
use crate::engine::Result;
use crate::schema::{policy, service_name};

const HOP: &str = "service";
/// Hops that only the service's owner sees.
const OWNERS: [&str; 3] = ["load_balancer", "listener", "target"];
/// The port on which AWS's own services answer.
const AWS_PORT: u16 = 443;

/// From the service to its targets.
pub(super) async fn walk(
    sides: &Sides,
    question: &Question,
    client: &Client,
    placements: Vec<Placement>,
    found: &mut Diagnosis,
) -> Result<()> {
    if let Some(endpoint) = sides.endpoint()
        && service_name::id_in(&endpoint.service_name).is_none()
    {
        of_aws(endpoint, question, found);
        return Ok(());
    }
    let Some((account, service)) = &sides.service else { return unseen(sides, found).await };
    match service.state.as_str() {
        state if state.eq_ignore_ascii_case("available") => {
            let name = service.private_dns_name.as_deref().zip(service.private_dns_state.as_deref());
            let name = name.map(|(name, state)| format!(", private name {name} {state}")).unwrap_or_default();
            found.ok(HOP, &service.id, format!("{}{name}", service.state));
        }
        state if state.eq_ignore_ascii_case("pending") => {
            found.unknown(HOP, &service.id, "AWS is making it", "Look again in a minute or two.");
        }
        state => {
            found.broken_hop(
                HOP,
                &service.id,
                format!("it is {state}"),
                "Make another service, and let its consumers connect to that.",
            );
        }
    }
    let behind = balancers::Behind { account, service, question, client };
    behind.walk(&placements, sides.crosses_regions(), found).await
}

/// What is known of a service whose owner cannot be asked.
async fn unseen(sides: &Sides, found: &mut Diagnosis) -> Result<()> {
    let Some(id) = sides.service_id.clone() else { return Ok(()) };
    let mut owner = None;
    if let Some((account, endpoint)) = &sides.consumer {
        match account.service_detail_now(&endpoint.service_name, Some(&sides.service_region)).await? {
            Some(service_detail) => {
                owner = service_detail.owner;
                let of = owner.as_deref().map(|owner| format!(" of account {owner}")).unwrap_or_default();
                found.ok(HOP, &id, format!("AWS offers it{of}"));
            }
            None if sides.has_peer => {
                let detail = format!("{} show no such service in {}", sides.asked, sides.service_region);
                let advice = "The service is deleted, or belongs to another account: name that one's credentials.";
                found.broken_hop(HOP, &id, detail, advice);
                return Ok(());
            }
            None => {
                let detail =
                    "AWS does not offer it to this account: it is deleted, or its owner took the permission back";
                found.unknown(HOP, &id, detail, &seen_by(None, "service's owner"));
            }
        }
    } else {
        let detail = format!("{} shows no such service in {}", sides.asked, sides.service_region);
        found.unknown(HOP, &id, detail, &seen_by(None, "service's owner"));
    }
    let advice = seen_by(owner.as_deref(), "service's owner");
    for hop in OWNERS {
        found.unknown(hop, &id, "not visible from the consumer's side", &advice);
    }
    Ok(())
}

/// A service of AWS itself: what is behind it is AWS's.
fn of_aws(endpoint: &EndpointSeen, question: &Question, found: &mut Diagnosis) {
    let name = &endpoint.service_name;
    if (question.protocol, question.port) != (Protocol::Tcp, AWS_PORT) {
        let detail = format!("AWS's services do not answer on {} {}", question.protocol.word(), question.port);
        return found.broken_hop(HOP, name, detail, "Ask for TCP port 443.");
    }
    if endpoint.policy.as_deref().is_some_and(policy::lets_nobody) {
        let detail = format!("the policy of {} lets nobody in", endpoint.id);
        return found.broken_hop(HOP, name, detail, "Allow what the clients do in the endpoint's policy.");
    }
    found.ok(HOP, name, "a service of AWS");
}
