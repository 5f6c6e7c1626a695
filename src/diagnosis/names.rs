//! What a name means inside the endpoint's VPC.
//!
//! The most specific zone that the VPC sees decides; where it has no record, the name does not exist. Private zones, AWS's
//! hidden ones included, need both DNS attributes of the VPC.

use super::answer::Diagnosis;
use super::question::Question;
use super::sides::Sides;
use crate::aws::Account;
use crate::aws::lookups::{Answer, EndpointSeen, Interface, SeenZone};
use crate::engine::Result;

const HOP: &str = "dns";
/// Names behind a name that are followed.
const DEPTH: usize = 4;

/// Which interfaces a name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resolved {
    /// All of them.
    All,
    /// That in a zone, by the zone's name.
    Zone(String),
    /// Those with these addresses.
    At(Vec<String>),
}

impl Resolved {
    pub(super) fn leads_to(&self, interface: &Interface) -> bool {
        match self {
            Self::All => true,
            Self::Zone(zone) => interface.zone == *zone,
            Self::At(addresses) => interface.addresses.iter().any(|own| addresses.contains(&own.to_string())),
        }
    }
}

/// What stands at the end of a name.
enum End {
    Here(Resolved),
    Broken(String, String),
    Unknown(String, String),
}

struct Search<'a> {
    sides: &'a Sides,
    account: &'a Account,
    endpoint: &'a EndpointSeen,
    interfaces: &'a [Interface],
    zones: Vec<SeenZone>,
    sees_private: bool,
    steps: Vec<String>,
}

/// Resolves the name, and says which interfaces it leads to; all of them where it cannot be followed.
pub(super) async fn resolve(
    sides: &Sides,
    account: &Account,
    endpoint: &EndpointSeen,
    interfaces: &[Interface],
    question: &Question,
    found: &mut Diagnosis,
) -> Result<Resolved> {
    let Some(name) = question.name.clone().or_else(|| own_name(endpoint)) else {
        found.broken_hop(HOP, &endpoint.id, "the endpoint has no name yet", "Wait until AWS has made its names.");
        return Ok(Resolved::All);
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let (support, hostnames) = account.vpc_dns_attributes(&endpoint.vpc_id).await?;
    if !support {
        let detail = format!("{} has enableDnsSupport off, so it has no resolver", endpoint.vpc_id);
        found.broken_hop(
            HOP,
            &name,
            detail,
            "Switch enableDnsSupport of the VPC on, and enableDnsHostnames for private names.",
        );
        return Ok(Resolved::All);
    }
    let is_endpoint_name = name.ends_with(".vpce.amazonaws.com") || name.ends_with(".vpce.amazonaws.com.cn");
    // Names of endpoints are public, unless somebody made a private zone above them; nothing to ask Route 53 for then.
    let zones = if hostnames { account.zones_of_vpc(&endpoint.vpc_id, account.region()).await? } else { Vec::new() };
    let mut search = Search { sides, account, endpoint, interfaces, zones, sees_private: hostnames, steps: Vec::new() };
    let end = search.follow(&name).await?;
    let steps = search.steps.join(", ");
    Ok(match end {
        End::Here(resolved) => {
            found.ok(HOP, &name, if steps.is_empty() { format!("it is {}", endpoint.id) } else { steps });
            resolved
        }
        End::Broken(detail, advice) => {
            let hint = if is_endpoint_name { None } else { search.hint(&name) };
            found.broken_hop(HOP, &name, joined(&steps, &detail), &hint.unwrap_or(advice));
            Resolved::All
        }
        End::Unknown(detail, advice) => {
            found.unknown(HOP, &name, joined(&steps, &detail), &advice);
            Resolved::All
        }
    })
}

fn joined(steps: &str, detail: &str) -> String {
    if steps.is_empty() { detail.to_owned() } else { format!("{steps}; {detail}") }
}

/// The name that a client would use: a private one, else the endpoint's own.
fn own_name(endpoint: &EndpointSeen) -> Option<String> {
    let is_private = |name: &&String| !name.contains(".vpce.amazonaws.com") && !name.starts_with("*.");
    let private = endpoint.dns_names.iter().find(is_private).filter(|_| endpoint.private_dns_enabled);
    private.or_else(|| endpoint.dns_names.first()).cloned()
}

fn lies_within(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl Search<'_> {
    async fn follow(&mut self, name: &str) -> Result<End> {
        let mut name = name.to_owned();
        for _ in 0..DEPTH {
            let answer = match self.deciding_zone(&name) {
                Some(zone) if zone.is_hidden() => return self.hidden(&zone, &name).await,
                Some(zone) => self.ask_private(&zone, &name).await?,
                None => match self.of_endpoint(&name) {
                    Some(end) => return Ok(end),
                    None => self.ask_public(&name).await?,
                },
            };
            match answer {
                Ok(Answer::Name(next)) => {
                    // An alias to an endpoint is looked up by Route 53 itself.
                    if let Some(end) = self.of_endpoint(&next) {
                        if let End::Here(_) = &end {
                            self.steps.push(format!("{name} leads to {}", self.endpoint.id));
                        }
                        return Ok(end);
                    }
                    self.steps.push(format!("{name} leads to {next}"));
                    name = next;
                }
                Ok(Answer::Addresses(addresses)) => return Ok(self.at(&name, addresses)),
                Ok(Answer::Nothing | Answer::Other) => {
                    return Ok(End::Broken(format!("there is no address record {name}"), record_advice()));
                }
                Err(end) => return Ok(end),
            }
        }
        let detail = format!("the names behind it go further than {DEPTH} steps");
        Ok(End::Unknown(detail, "Shorten the chain of CNAME records, or name its last one.".to_owned()))
    }

    /// The most specific zone of the VPC that the name lies in.
    fn deciding_zone(&self, name: &str) -> Option<SeenZone> {
        let holds = |zone: &&SeenZone| match zone.name.strip_prefix("*.") {
            Some(parent) => name != parent && lies_within(name, parent),
            None => lies_within(name, &zone.name),
        };
        let zones = self.zones.iter().filter(|_| self.sees_private).filter(holds);
        zones.max_by_key(|zone| (zone.name.len(), !zone.is_hidden())).cloned()
    }

    /// A private name that AWS keeps for an endpoint of the VPC.
    async fn hidden(&mut self, zone: &SeenZone, name: &str) -> Result<End> {
        if !zone.name.starts_with("*.") && zone.name != name {
            let detail = format!("the private name {} hides everything below it, and has no record {name}", zone.name);
            let advice = "Use the private name itself, or give the service a wildcard name.".to_owned();
            return Ok(End::Broken(detail, advice));
        }
        if self.endpoint.private_dns_enabled && self.endpoint.dns_names.contains(&zone.name) {
            self.steps.push(format!("{name} is the private name of {}", self.endpoint.id));
            return Ok(End::Here(Resolved::All));
        }
        let endpoints = self.account.endpoints_of_vpc(&self.endpoint.vpc_id).await?;
        let answers = |other: &&crate::aws::lookups::EndpointSeen| {
            other.private_dns_enabled && other.id != self.endpoint.id && other.dns_names.contains(&zone.name)
        };
        Ok(match endpoints.iter().find(answers) {
            Some(other) => End::Broken(
                format!("{name} is the private name of {}, not of {}", other.id, self.endpoint.id),
                "Switch private DNS of one of the two endpoints off.".to_owned(),
            ),
            None => End::Unknown(
                format!("AWS keeps {} for an endpoint that does not show it (yet)", zone.name),
                "Look again in a few minutes.".to_owned(),
            ),
        })
    }

    /// A private zone, through the eyes of whoever owns it.
    async fn ask_private(&self, zone: &SeenZone, name: &str) -> Result<Result<Answer, End>> {
        for account in &self.sides.accounts {
            let owner = account.id().await?;
            if owner.as_deref().is_some_and(|owner| owner != zone.owner) {
                continue;
            }
            if let Some(answer) = account.answer_of_zone(&zone.zone_id, &zone.name, name).await? {
                return Ok(match answer {
                    Answer::Nothing | Answer::Other => {
                        let detail =
                            format!("the private zone {} ({}) has no address record {name}", zone.name, zone.zone_id);
                        Err(End::Broken(detail, record_advice()))
                    }
                    answer => Ok(answer),
                });
            }
        }
        let detail =
            format!("the private zone {} ({}) decides, which account {} owns", zone.name, zone.zone_id, zone.owner);
        let advice = format!("Ask account {} what the zone says of {name}, or name its credentials.", zone.owner);
        Ok(Err(End::Unknown(detail, advice)))
    }

    /// The public DNS, as far as the accounts hold the zone that decides.
    async fn ask_public(&mut self, name: &str) -> Result<Result<Answer, End>> {
        let labels: Vec<&str> = name.split('.').collect();
        for account in &self.sides.accounts {
            // From the name itself up to its last two labels.
            for start in 0..labels.len().saturating_sub(1).min(3) {
                let zone_name = labels.get(start..).unwrap_or_default().join(".");
                let Some(zone_id) = account.public_zones_named(&zone_name).await?.into_iter().next() else { continue };
                let Some(answer) = account.answer_of_zone(&zone_id, &zone_name, name).await? else { continue };
                return Ok(match answer {
                    Answer::Nothing | Answer::Other => {
                        let detail = format!("the public zone {zone_name} ({zone_id}) has no address record {name}");
                        Err(End::Broken(detail, record_advice()))
                    }
                    answer => Ok(answer),
                });
            }
        }
        let detail = format!("no private zone of {} holds {name}; the public DNS decides", self.endpoint.vpc_id);
        let advice = "Make a record in a private zone of the VPC (a dns block of privatelink_consumer), or use the endpoint's own name.";
        Ok(Err(End::Unknown(detail, advice.to_owned())))
    }

    /// The name of an endpoint, which the public DNS knows.
    fn of_endpoint(&self, name: &str) -> Option<End> {
        if !name.contains(".vpce.amazonaws.com") {
            return None;
        }
        if !self.endpoint.dns_names.iter().any(|own| own == name) {
            let detail = format!("{name} is no name of {}", self.endpoint.id);
            return Some(End::Broken(detail, "Point the record at the endpoint's own name.".to_owned()));
        }
        let label = name.split('.').next().unwrap_or_default();
        let zone = self.interfaces.iter().map(|one| &one.zone).find(|zone| label.ends_with(&format!("-{zone}")));
        Some(End::Here(zone.map_or(Resolved::All, |zone| Resolved::Zone(zone.clone()))))
    }

    fn at(&mut self, name: &str, addresses: Vec<String>) -> End {
        let list = addresses.join(", ");
        let resolved = Resolved::At(addresses);
        if self.interfaces.iter().any(|interface| resolved.leads_to(interface)) {
            self.steps.push(format!("{name} has the addresses {list}"));
            return End::Here(resolved);
        }
        let detail = format!("{name} has the addresses {list}, none of which is {}'s", self.endpoint.id);
        End::Broken(detail, "Make an alias of the endpoint's name instead; addresses go stale.".to_owned())
    }

    /// What would make a private name work.
    fn hint(&self, name: &str) -> Option<String> {
        let service = self.sides.service.as_ref().map(|(_, service)| service)?;
        let private = service.private_dns_name.as_deref()?;
        let fits = private == name || private.strip_prefix("*.").is_some_and(|parent| lies_within(name, parent));
        if !fits {
            return None;
        }
        let state = service.private_dns_state.as_deref().unwrap_or_default();
        if !state.eq_ignore_ascii_case("verified") {
            return Some(format!(
                "{name} is the service's private name, whose verification is {state}. Its owner publishes the TXT record and \
                 verifies it; then switch private_dns_enabled of the endpoint on."
            ));
        }
        if !self.sees_private {
            return Some(format!("Switch enableDnsHostnames of {} on: private names need it.", self.endpoint.vpc_id));
        }
        (!self.endpoint.private_dns_enabled)
            .then(|| format!("{name} is the service's private name: switch private_dns_enabled of the endpoint on."))
    }
}

fn record_advice() -> String {
    "Make a record of this name that is an alias of the endpoint's name (a record block in dns of privatelink_consumer)."
        .to_owned()
}
