//! A destroy, looked at in its plan: a managed zone stays with the records of others.

use std::collections::BTreeSet;

use super::chain::{HOSTED_ZONE, RECORDS, of_zone};
use crate::aws::Aws;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Record, Result, View};
use crate::gather::Gather as _;
use crate::links::{hosted_zone, records};
use crate::value::{Attr, Path};

/// Warns of each recorded managed zone that holds records of others.
pub async fn preflight(client: &Aws, record: &Record, found: &mut Diagnostics) -> Result<()> {
    let view = View::of(record);
    for link in record.links.keys().filter(|link| link.kind() == HOSTED_ZONE) {
        let (Attr::Known(zone), Some(key)) = (view.state::<hosted_zone::State>(link.as_str()), link.key()) else {
            continue;
        };
        let own: Attr<records::State> = view.state(of_zone(RECORDS, key).as_str());
        let own: BTreeSet<&String> = own.known().into_iter().flat_map(|own| own.records.keys()).gather();
        let all = client.account(None)?.records_in(&zone.zone_id).await?;
        let others: Vec<String> = all.keys().map(|key| format!("{} {}", key.name, key.kind)).collect();
        let others: Vec<&String> = others.iter().filter(|key| !own.contains(key)).take(10).collect();
        if others.is_empty() {
            continue;
        }
        let names: Vec<&str> = others.iter().map(|key| key.as_str()).collect();
        let detail = format!(
            "Zone {} ({}) holds records that this resource did not make: {}. Unless they go in the same run, the zone stays \
             with them and in the state, and the destroy ends with an error that says so.",
            zone.zone_id,
            zone.name,
            names.join(", ")
        );
        found.push(Diagnostic::warning("Zone with records of others", detail).at(Path::attribute("dns")));
    }
    Ok(())
}
