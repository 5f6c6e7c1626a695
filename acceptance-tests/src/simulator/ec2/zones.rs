//! Regions and availability zones. Zone names are shuffled per account, zone ids are not (rule 24).

use rand::seq::SliceRandom;

use serde_json::{Map, Value};

use crate::simulator::buckets::READING;
use crate::simulator::ec2::filter::Filters;
use crate::simulator::ec2::state::subnet::Zone;
use crate::simulator::error::ApiError;
use crate::simulator::operation::{Operation, reading};
use crate::simulator::params::Params;
use crate::simulator::rng;
use crate::simulator::session::Session;
use crate::simulator::state::State;
use crate::simulator::xml::Xml;

/// Operations of this module.
pub const OPERATIONS: &[Operation] = &[
    reading("DescribeAvailabilityZones", READING, describe_availability_zones),
    reading("DescribeRegions", READING, describe_regions),
];

/// Region, prefix of its zone ids, number of zones, whether it must be opted into. Source: the endpoints of the SDKs' models, November 2026.
pub const REGIONS: &[(&str, &str, u8, bool)] = &[
    ("af-south-1", "afs1", 3, true),
    ("ap-east-1", "ape1", 3, true),
    ("ap-east-2", "ape2", 3, true),
    ("ap-northeast-1", "apne1", 3, false),
    ("ap-northeast-2", "apne2", 4, false),
    ("ap-northeast-3", "apne3", 3, false),
    ("ap-south-1", "aps1", 3, false),
    ("ap-south-2", "aps2", 3, true),
    ("ap-southeast-1", "apse1", 3, false),
    ("ap-southeast-2", "apse2", 3, false),
    ("ap-southeast-3", "apse3", 3, true),
    ("ap-southeast-4", "apse4", 3, true),
    ("ap-southeast-5", "apse5", 3, true),
    ("ap-southeast-6", "apse6", 3, true),
    ("ap-southeast-7", "apse7", 3, true),
    ("ca-central-1", "cac1", 3, false),
    ("ca-west-1", "caw1", 3, true),
    ("eu-central-1", "euc1", 3, false),
    ("eu-central-2", "euc2", 3, true),
    ("eu-north-1", "eun1", 3, false),
    ("eu-south-1", "eus1", 3, true),
    ("eu-south-2", "eus2", 3, true),
    ("eu-west-1", "euw1", 3, false),
    ("eu-west-2", "euw2", 3, false),
    ("eu-west-3", "euw3", 3, false),
    ("il-central-1", "ilc1", 3, true),
    ("me-central-1", "mec1", 3, true),
    ("me-south-1", "mes1", 3, true),
    ("me-west-1", "mew1", 3, true),
    ("mx-central-1", "mxc1", 3, true),
    ("sa-east-1", "sae1", 3, false),
    ("sa-west-1", "saw1", 3, true),
    ("us-east-1", "use1", 6, false),
    ("us-east-2", "use2", 3, false),
    ("us-west-1", "usw1", 3, false),
    ("us-west-2", "usw2", 4, false),
];

/// Tells whether there is a Region of that name.
pub fn exists(region: &str) -> bool {
    REGIONS.iter().any(|(name, ..)| *name == region)
}

/// Tells whether an account may work in a Region: those that must be opted into are closed until it did.
pub fn is_open(state: &State, account: &str, region: &str) -> bool {
    let opt_in = REGIONS.iter().any(|(name, _, _, opt_in)| *name == region && *opt_in);
    !opt_in || state.opted_in.contains(&(account.to_owned(), region.to_owned()))
}

/// Opts an account into a Region or out of it: `{"opted_in": true}`, by `<account>/<Region>`; `None` when the kind is not of this
/// module.
pub fn force(state: &mut State, kind: &str, id: &str, fields: &Map<String, Value>) -> Option<Result<(), String>> {
    if kind != "region" {
        return None;
    }
    let named = id.split_once('/').filter(|(_, region)| REGIONS.iter().any(|(name, ..)| name == region));
    let Some((account, region)) = named else { return Some(Err(format!("'{id}' is not <account>/<Region>"))) };
    let place = (account.to_owned(), region.to_owned());
    Some(match fields.get("opted_in").filter(|_| fields.len() == 1) {
        Some(Value::Bool(true)) => {
            state.opted_in.insert(place);
            Ok(())
        }
        Some(Value::Bool(false)) => {
            state.opted_in.remove(&place);
            Ok(())
        }
        _ => Err("a Region takes opted_in: true or false".to_owned()),
    })
}

/// Lists the zones of a Region in the names of one account, by name.
pub fn zones(seed: u64, account: &str, region: &str) -> Vec<Zone> {
    let Some((_, prefix, count, _)) = REGIONS.iter().find(|(name, ..)| *name == region) else {
        return Vec::new();
    };
    let mut numbers: Vec<u8> = (1..=*count).collect();
    numbers.shuffle(&mut rng::stream(seed, &["zones", account, region], 0));
    (b'a'..)
        .zip(numbers)
        .map(|(letter, number)| Zone {
            name: format!("{region}{}", char::from(letter)),
            id: format!("{prefix}-az{number}"),
        })
        .collect()
}

fn describe_availability_zones(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let names = params.texts("ZoneName");
    let ids = params.texts("ZoneId");
    params.flag("AllAvailabilityZones")?;
    let filters = Filters::read(
        params,
        &[
            "group-name",
            "message",
            "opt-in-status",
            "parent-zone-id",
            "parent-zone-name",
            "region-name",
            "state",
            "zone-id",
            "zone-name",
            "zone-type",
        ],
    )?;
    let region = session.caller.region.clone();
    let zones = zones(session.state.seed, &session.caller.account, &region);
    for name in &names {
        if !zones.iter().any(|zone| zone.name == *name) {
            return Err(ApiError::bad("InvalidParameterValue", format!("Invalid availability zone: [{name}]")));
        }
    }
    for id in &ids {
        if !zones.iter().any(|zone| zone.id == *id) {
            return Err(ApiError::bad("InvalidParameterValue", format!("Invalid availability zone-id: [{id}]")));
        }
    }
    let items = zones
        .into_iter()
        .filter(|zone| names.is_empty() || names.contains(&zone.name))
        .filter(|zone| ids.is_empty() || ids.contains(&zone.id))
        .filter(|zone| {
            filters.pass(None, |name| {
                // No zone has news, and none is a local one with a parent.
                if name == "message" || name.starts_with("parent-zone") {
                    return Vec::new();
                }
                vec![match name {
                    "zone-id" => zone.id.clone(),
                    "zone-name" => zone.name.clone(),
                    "opt-in-status" => "opt-in-not-required".to_owned(),
                    "state" => "available".to_owned(),
                    "zone-type" => "availability-zone".to_owned(),
                    _ => region.clone(),
                }]
            })
        })
        .map(|zone| {
            Xml::new()
                .text("zoneName", &zone.name)
                .text("zoneId", &zone.id)
                .text("zoneState", "available")
                .text("regionName", &region)
                .text("groupName", &region)
                .text("networkBorderGroup", &region)
                .text("optInStatus", "opt-in-not-required")
                .text("zoneType", "availability-zone")
                .set("messageSet", [])
        });
    Ok(Xml::new().set("availabilityZoneInfo", items))
}

fn describe_regions(session: &mut Session<'_>, params: &Params) -> Result<Xml, ApiError> {
    let names = params.texts("RegionName");
    let account = session.caller.account.clone();
    let all = params.flag("AllRegions")?.unwrap_or(false);
    let filters = Filters::read(params, &["endpoint", "opt-in-status", "region-name"])?;
    for name in &names {
        if !REGIONS.iter().any(|(known, ..)| known == name) {
            return Err(ApiError::bad("InvalidParameterValue", format!("Invalid region: [{name}]")));
        }
    }
    let items = REGIONS.iter().filter_map(|(name, _, _, opt_in)| {
        let endpoint = format!("ec2.{name}.amazonaws.com");
        let open = is_open(session.state, &account, name);
        let status = match (opt_in, open) {
            (false, _) => "opt-in-not-required",
            (true, true) => "opted-in",
            (true, false) => "not-opted-in",
        };
        let listed = (all || open) && (names.is_empty() || names.iter().any(|wanted| wanted == name));
        let passes = filters.pass(None, |filter| {
            vec![match filter {
                "endpoint" => endpoint.clone(),
                "opt-in-status" => status.to_owned(),
                _ => (*name).to_owned(),
            }]
        });
        (listed && passes)
            .then(|| Xml::new().text("regionName", name).text("regionEndpoint", &endpoint).text("optInStatus", status))
    });
    Ok(Xml::new().set("regionInfo", items))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_see_the_same_zone_ids_under_different_names() {
        let of = |account| zones(1, account, "us-east-1");
        let (provider, consumer) = (of("111111111111"), of("222222222222"));
        assert_ne!(provider, consumer);
        let ids = |zones: Vec<Zone>| zones.into_iter().map(|zone| zone.id).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(ids(provider), ids(consumer));
        assert_eq!(of("111111111111"), of("111111111111"));
    }
}
