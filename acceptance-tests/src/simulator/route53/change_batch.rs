//! The body of ChangeResourceRecordSets, from XML to checked changes.
//!
//! Here is what can be judged without the zone: shape, types, limits. What the zone says is in `records.rs`.

use crate::simulator::error::ApiError;
use crate::simulator::params::Params;

use super::input::{self, invalid, invalid_xml};
use super::names;
use super::values;
use super::zone::{RecordData, RecordKey};

/// Most records in one batch, an UPSERT counting twice. Source: ChangeResourceRecordSets reference and quotas.
const RECORD_LIMIT: usize = 1000;
/// Most characters of all values in one batch, an UPSERT counting twice.
const CHARACTER_LIMIT: usize = 32_000;
/// Longest id the schema lets through: the reason why swapped alias fields are noticed.
const RESOURCE_ID_LIMIT: usize = 32;

/// Says what to do with a record set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Make a record that must not exist.
    Create,
    /// Make or replace a record.
    Upsert,
    /// Remove exactly this record.
    Delete,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Upsert => "UPSERT",
            Self::Delete => "DELETE",
        }
    }
}

/// Holds one change of a batch.
#[derive(Debug, Clone)]
pub struct Change {
    /// What to do.
    pub action: Action,
    /// With which record set.
    pub key: RecordKey,
    /// The data given.
    pub data: RecordData,
}

/// Holds a parsed batch.
#[derive(Debug)]
pub struct ChangeBatch {
    /// The caller's comment.
    pub comment: Option<String>,
    /// Changes in order.
    pub changes: Vec<Change>,
}

impl ChangeBatch {
    /// Parses and checks a request body.
    ///
    /// # Errors
    /// `InvalidInput` for a wrong shape, `InvalidChangeBatch` for wrong values and limits, `NotSimulated` for routing
    /// policies and types outside the chain.
    pub fn parse(params: &Params) -> Result<Self, ApiError> {
        let batch = input::need_structure(params, "ChangeBatch")?;
        let comment = batch.text("Comment").map(ToOwned::to_owned);
        let elements = batch.elements("Changes", "Change");
        if elements.is_empty() {
            return Err(invalid_xml(
                "cvc-minLength-valid: Value '' with length = '0' is not facet-valid with respect to minLength '1' for type 'Changes'.",
            ));
        }
        let changes = elements.into_iter().map(parse_change).collect::<Result<Vec<_>, _>>()?;
        // Weights, failover, health checks and the like: refused before anything is changed.
        input::refuse_unread(params, "ChangeResourceRecordSets")?;
        let batch = Self { comment, changes };
        batch.check_limits()?;
        batch.check_values()?;
        Ok(batch)
    }

    fn check_limits(&self) -> Result<(), ApiError> {
        let (mut records, mut characters) = (0, 0);
        for change in &self.changes {
            let times = if change.action == Action::Upsert { 2 } else { 1 };
            let (count, length) = match &change.data {
                RecordData::Values { values, .. } => (values.len(), values.iter().map(String::len).sum()),
                RecordData::Alias { dns_name, .. } => (1, dns_name.len()),
            };
            records += count * times;
            characters += length * times;
        }
        let mut messages = Vec::new();
        if records > RECORD_LIMIT {
            messages.push(format!("Number of records limit of {RECORD_LIMIT} exceeded."));
        }
        if characters > CHARACTER_LIMIT {
            messages.push(format!("Number of characters limit of {CHARACTER_LIMIT} exceeded."));
        }
        if messages.is_empty() { Ok(()) } else { Err(ApiError::change_batch(&messages)) }
    }

    fn check_values(&self) -> Result<(), ApiError> {
        let mut messages = Vec::new();
        for change in &self.changes {
            let RecordData::Values { values, .. } = &change.data else { continue };
            let record_type = &change.key.record_type;
            messages.extend(values.iter().filter_map(|value| values::check_value(record_type, value).err()));
            let distinct: std::collections::BTreeSet<&String> = values.iter().collect();
            if distinct.len() < values.len() {
                messages.push("Duplicate Resource Record: duplicate values in one record set".to_owned());
            }
            if record_type == "CNAME" && values.len() > 1 {
                messages.push(format!(
                    "RRSet of type CNAME with DNS name {} must have exactly one ResourceRecord",
                    change.key.name()
                ));
            }
        }
        if messages.is_empty() { Ok(()) } else { Err(ApiError::change_batch(&messages)) }
    }
}

fn parse_change(change: &Params) -> Result<Change, ApiError> {
    let action = match input::need(change, "Action")? {
        "CREATE" => Action::Create,
        "UPSERT" => Action::Upsert,
        "DELETE" => Action::Delete,
        other => {
            return Err(invalid_xml(&format!(
                "cvc-enumeration-valid: Value '{other}' is not facet-valid with respect to enumeration '[CREATE, DELETE, UPSERT]'."
            )));
        }
    };
    let set = input::need_structure(change, "ResourceRecordSet")?;
    let name = input::need(set, "Name")?;
    let record_type = input::need(set, "Type")?;
    values::check_type(record_type)?;
    let at = format!("Change with [Action={}, Name={name}, Type={record_type}, SetIdentifier=null]", action.word());
    let data = match (set.text("TTL"), set.structure("ResourceRecords"), set.structure("AliasTarget")) {
        (None, None, Some(alias)) => parse_alias(alias)?,
        (Some(ttl), Some(records), None) => {
            RecordData::Values { ttl: parse_ttl(ttl)?, values: parse_records(records)? }
        }
        (Some(_), None, None) => return Err(invalid_request(&format!("Missing field 'ResourceRecords' in {at}"))),
        (None, Some(_), None) => return Err(invalid_request(&format!("Missing field 'TTL' in {at}"))),
        (None, None, None) => return Err(expected_one(&format!("but found none in {at}"))),
        (_, _, Some(_)) => return Err(expected_one(&format!("but found more than one in {at}"))),
    };
    let normal = names::normalise(name).map_err(|reason| illegal_name(name, reason))?;
    Ok(Change { action, key: RecordKey::new(&normal, record_type), data })
}

fn parse_alias(alias: &Params) -> Result<RecordData, ApiError> {
    let zone_id = input::need(alias, "HostedZoneId")?;
    let dns_name = input::need(alias, "DNSName")?;
    let evaluate_target_health = input::flag(alias, "EvaluateTargetHealth")?.ok_or_else(|| {
        invalid_xml("cvc-complex-type.2.4.b: The content of element 'AliasTarget' is not complete. One of '{EvaluateTargetHealth}' is expected.")
    })?;
    if zone_id.len() > RESOURCE_ID_LIMIT {
        return Err(invalid_xml(&format!(
            "cvc-maxLength-valid: Value '{zone_id}' with length = '{}' is not facet-valid with respect to maxLength \
             '{RESOURCE_ID_LIMIT}' for type 'ResourceId'",
            zone_id.len()
        )));
    }
    Ok(RecordData::Alias {
        zone_id: zone_id.trim_start_matches("/hostedzone/").to_owned(),
        dns_name: names::normalise(dns_name).map_err(|reason| illegal_name(dns_name, reason))?,
        evaluate_target_health,
    })
}

fn parse_records(list: &Params) -> Result<Vec<String>, ApiError> {
    let records = list.repeated("ResourceRecord");
    if records.is_empty() {
        return Err(invalid_xml(
            "cvc-complex-type.2.4.b: The content of element 'ResourceRecords' is not complete. One of '{ResourceRecord}' is expected.",
        ));
    }
    records.into_iter().map(|record| input::need(record, "Value").map(ToOwned::to_owned)).collect()
}

fn parse_ttl(text: &str) -> Result<u64, ApiError> {
    text.parse::<u64>()
        .ok()
        .filter(|ttl| *ttl <= 2_147_483_647)
        .ok_or_else(|| invalid_xml(&format!("cvc-datatype-valid.1.2.1: '{text}' is not a valid value for 'TTL'.")))
}

fn illegal_name(name: &str, reason: names::NameError) -> ApiError {
    ApiError::change_batch(&[format!("FATAL problem: DomainNameInvalid ({reason}) encountered with '{name}'")])
}

fn invalid_request(reason: &str) -> ApiError {
    invalid(format!("Invalid request: {reason}"))
}

fn expected_one(found: &str) -> ApiError {
    invalid_request(&format!(
        "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], {found}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(inside: &str) -> Result<ChangeBatch, ApiError> {
        let mut params = Params::default();
        let body = format!(
            "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>UPSERT</Action><ResourceRecordSet>{inside}\
             </ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        params.insert_xml(&body).unwrap();
        ChangeBatch::parse(&params)
    }

    #[test]
    fn an_alias_and_a_ttl_exclude_each_other() {
        let error = batch(
            "<Name>a.x.com</Name><Type>A</Type><TTL>1</TTL><AliasTarget><HostedZoneId>Z1</HostedZoneId><DNSName>b.x.com</DNSName>\
             <EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>",
        )
        .unwrap_err();
        assert_eq!(error.code, "InvalidInput");
        assert!(error.message.contains("found more than one"));
    }

    #[test]
    fn swapped_alias_fields_break_the_schema() {
        let error = batch(
            "<Name>a.x.com</Name><Type>A</Type><AliasTarget><HostedZoneId>vpce-0123456789abcdef0-abcdefgh.vpce.amazonaws.com\
             </HostedZoneId><DNSName>Z1</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>",
        )
        .unwrap_err();
        assert_eq!(error.code, "InvalidInput");
        assert!(error.message.contains("maxLength '32' for type 'ResourceId'"));
    }

    #[test]
    fn routing_policies_are_refused_loudly() {
        let error = batch(
            "<Name>a.x.com</Name><Type>A</Type><TTL>1</TTL><Weight>1</Weight>\
             <ResourceRecords><ResourceRecord><Value>10.0.0.1</Value></ResourceRecord></ResourceRecords>",
        )
        .unwrap_err();
        assert_eq!(error.code, "NotSimulated");
    }

    #[test]
    fn an_upsert_counts_twice_against_the_limit() {
        let address = |n: u32| format!("<ResourceRecord><Value>10.0.{}.{}</Value></ResourceRecord>", n / 250, n % 250);
        let records = (0..501).map(address).collect::<Vec<_>>().concat();
        let error = batch(&format!(
            "<Name>a.x.com</Name><Type>A</Type><TTL>1</TTL><ResourceRecords>{records}</ResourceRecords>"
        ))
        .unwrap_err();
        assert_eq!(error.message, "[Number of records limit of 1000 exceeded.]");
    }
}
