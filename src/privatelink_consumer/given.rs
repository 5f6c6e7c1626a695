//! A consumer beside others: its security group is named in place of being described, and records are left out, where something else
//! manages them.

use std::collections::BTreeSet;

use super::chain::SECURITY_GROUP;
use super::config::ConsumerConfig;
use crate::diagnostic::Diagnostics;
use crate::endpoint_names::undescribed;
use crate::engine::{LinkName, Record};
use crate::links::records::RecordSpec;
use crate::schema::Attributes as _;
use crate::value::{Attr, Path, Value};

/// The id of the security group that would be managed, as the state records it.
pub fn own_group(record: &Record) -> Option<&str> {
    record.links.get(&LinkName::from(SECURITY_GROUP))?.state.get("id")?.as_str()
}

/// The configuration that names a group and leaves its rules to others.
///
/// # Errors
/// A configuration that is none of a consumer.
pub fn beside_group(config: &Value, group_id: &str) -> Result<Value, Diagnostics> {
    let config = ConsumerConfig::decode(config, &Path::root())?;
    let beside = ConsumerConfig {
        security_group_ids: Attr::Known(BTreeSet::from([group_id.to_owned()])),
        ingress: Attr::Null,
        default_ingress: Attr::Null,
        egress: Attr::Null,
        ..config
    };
    Ok(beside.encode())
}

/// The configuration without records of given zones that are somebody else's, and which those are: by id of the zone and key of the record.
///
/// # Errors
/// A configuration that is none of a consumer.
pub fn beside_records(
    config: &Value,
    record: &Record,
    is_theirs: &dyn Fn(&str, &RecordSpec) -> bool,
) -> Result<(Value, BTreeSet<(String, String)>), Diagnostics> {
    let config = ConsumerConfig::decode(config, &Path::root())?;
    let (dns, theirs) = undescribed::beside(record, &config.dns, is_theirs);
    Ok((ConsumerConfig { dns, ..config }.encode(), theirs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privatelink_consumer::config::IngressBlock;

    #[test]
    fn a_group_of_others_is_named_and_not_described() {
        let mut record = Record::default();
        assert_eq!(own_group(&record), None);
        record.note_found(SECURITY_GROUP, &serde_json::json!({"id": "sg-01"}));
        assert_eq!(own_group(&record), Some("sg-01"));
        let described = ConsumerConfig {
            ingress: Attr::Known(vec![IngressBlock { port: Attr::Known(443), ..IngressBlock::default() }]),
            egress: Attr::Known("none".to_owned()),
            policy: Attr::Known("{}".to_owned()),
            ..ConsumerConfig::default()
        };
        let named =
            ConsumerConfig::decode(&beside_group(&described.encode(), "sg-01").unwrap(), &Path::root()).unwrap();
        assert_eq!(named.security_group_ids, Attr::Known(BTreeSet::from(["sg-01".to_owned()])));
        assert!(named.ingress.known().is_none_or(Vec::is_empty) && named.egress.is_null(), "{named:?}");
        assert!(named.policy.is_given());
    }
}
