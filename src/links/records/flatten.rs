//! What AWS says of records, as our state, and the way back.

use std::collections::BTreeMap;

use aws_sdk_route53::types::{AliasTarget, ResourceRecord, ResourceRecordSet, RrType};

use super::{RecordSpec, RecordValue, plain};
use crate::aws::zone_change::{Found, defect};
use crate::engine::Result;
use crate::gather::Gather as _;

pub(super) fn expand(record: &RecordSpec) -> Result<ResourceRecordSet> {
    let set = ResourceRecordSet::builder().name(&record.name).r#type(RrType::from(record.kind.as_str()));
    let set = match &record.value {
        RecordValue::Alias { dns_name, zone_id, evaluate_target_health } => {
            let alias = AliasTarget::builder()
                .dns_name(dns_name)
                .hosted_zone_id(zone_id)
                .evaluate_target_health(*evaluate_target_health)
                .build();
            set.alias_target(alias.map_err(|cause| defect(&cause))?)
        }
        RecordValue::Cname { value, ttl_seconds } => {
            let value = ResourceRecord::builder().value(value).build().map_err(|cause| defect(&cause))?;
            set.resource_records(value).ttl(*ttl_seconds)
        }
    };
    set.build().map_err(|cause| defect(&cause))
}

pub(super) fn flatten(found: &Found) -> BTreeMap<String, RecordSpec> {
    found.values().map(record).map(|record| (record.key(), record)).gather()
}

pub(super) fn record(set: &ResourceRecordSet) -> RecordSpec {
    let value = match set.alias_target() {
        Some(alias) => RecordValue::Alias {
            dns_name: plain(alias.dns_name()),
            zone_id: alias.hosted_zone_id().to_owned(),
            evaluate_target_health: alias.evaluate_target_health(),
        },
        None => RecordValue::Cname {
            // Several values can only be somebody else's; shown in one line, they differ from ours.
            value: set.resource_records().iter().map(|one| plain(one.value())).collect::<Vec<_>>().join(" "),
            ttl_seconds: set.ttl().unwrap_or_default(),
        },
    };
    RecordSpec { name: plain(set.name()), kind: set.r#type().as_str().to_owned(), value }
}
