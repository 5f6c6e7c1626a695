//! What an import finds: the names of an endpoint.

use super::chain::{ENDPOINT, PRIVATE_DNS, PRIVATE_DNS_CLAIM, PRIVATE_NAME};
use super::config::EndpointDnsConfig;
use crate::aws::{Aws, tags};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::endpoint_names::discover::{find_profile, find_zones};
use crate::engine::{Failure, Record};
use crate::links::{endpoint, private_dns, private_dns_claim, private_name};
use crate::resource::{Discovered, Undiscovered};
use crate::schema::formats;
use crate::value::Attr;

/// Finds the names of the endpoint `id`.
pub(super) async fn discover(client: &Aws, id: &str) -> Result<Discovered<EndpointDnsConfig>, Undiscovered> {
    if !(formats::ENDPOINT_ID.holds)(id) {
        let detail = format!(
            "{id:?} is not {}. Import the names of an endpoint by its id: terraform import ADDRESS {} (with @REGION for \
             another Region than the provider's).",
            formats::ENDPOINT_ID.what,
            formats::ENDPOINT_ID.example
        );
        return Err(Diagnostic::error("Invalid import id", detail).into());
    }
    walk(client, id).await?.ok_or_else(|| {
        let detail = format!(
            "There is no interface endpoint {id} in {} for these credentials, or it has no names besides AWS's own.",
            client.region()
        );
        Undiscovered::Absent(Diagnostic::error(format!("Cannot import the names of {id}"), detail))
    })
}

async fn walk(client: &Aws, id: &str) -> Result<Option<Discovered<EndpointDnsConfig>>, Failure> {
    let Some(endpoint) = endpoint::describe_endpoint(client, id).await? else { return Ok(None) };
    let account = client.account(None)?;
    let config = EndpointDnsConfig { endpoint_id: Attr::Known(id.to_owned()), ..EndpointDnsConfig::default() };
    let uid = config.uid();
    let mut record = Record::default();
    if let Some(dns_name) = &endpoint.dns_name {
        find_zones(client, &endpoint, dns_name, uid.as_deref(), &mut record).await?;
    }
    let is_claimed = account.ec2_tags(id).await?.contains_key(tags::PRIVATE_DNS);
    // Private DNS that a consumer has switched on is the consumer's.
    if is_claimed || (endpoint.private_dns_enabled && endpoint.named.is_none()) {
        let claim = private_dns_claim::State { endpoint_id: id.to_owned(), is_tagged: is_claimed };
        record.note_found(PRIVATE_DNS_CLAIM, &claim);
        record.note_found(PRIVATE_DNS, &private_dns::State { endpoint_id: id.to_owned(), ..Default::default() });
        let other = |region: &String| region != client.region();
        let name = private_name::State {
            service_name: endpoint.service_name.clone(),
            service_region: endpoint.service_region.clone().filter(other),
            proved: true,
            ..Default::default()
        };
        record.note_found(PRIVATE_NAME, &name);
        find_profile(account, &endpoint, &mut record).await;
    }
    if record.is_empty() {
        return Ok(None);
    }
    record.note_found(ENDPOINT, &endpoint);
    Ok(Some(Discovered { record, config, uid, notes: Diagnostics::new() }))
}
